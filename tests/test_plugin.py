"""What a workflow declares: schedules name their slots, commands their people."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendar import SHANGHAI
from bot.model.event import TimerDue
from bot.plugin import ANYBODY, COMMANDERS, NoSettings, Workflow, command, daily, every, on, weekly

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=SHANGHAI)
)


def nothing(*_: object) -> tuple[()]:
    return ()


@pytest.mark.parametrize(
    ("moment", "slot"),
    [("2026-11-18 03:29", "2026-11-17"), ("2026-11-18 03:30", "2026-11-18")],
)
def test_a_daily_duty_begins_at_its_hour(moment, slot):
    here = datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)

    assert daily("03:30", "expire", nothing).last_slot(here) == slot


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        ("2026-11-16 08:59", "2026-11-09"),
        ("2026-11-16 09:00", "2026-11-16"),
        ("2026-11-22 23:59", "2026-11-16"),
    ],
)
def test_a_weekly_duty_begins_on_its_day_at_its_hour(moment, slot):
    here = datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)

    assert weekly(0, "09:00", "audit", nothing).last_slot(here) == slot


@given(MOMENTS, st.integers(0, 6), st.times(), st.timedeltas(timedelta(0), timedelta(days=30)))
def test_a_slot_has_begun_and_slots_never_go_back(moment, weekday, at, later):
    at = at.replace(second=0, microsecond=0)
    schedule = weekly(weekday, f"{at:%H:%M}", "audit", nothing)

    slot = schedule.last_slot(moment)

    begun = datetime.combine(datetime.fromisoformat(slot).date(), at, SHANGHAI)
    assert begun <= moment < begun + timedelta(days=7)
    assert begun.weekday() == weekday
    assert slot <= schedule.last_slot(moment + later)


@given(MOMENTS, st.integers(1, 600))
def test_a_short_slot_holds_the_moment(moment, minutes):
    slot = int(every(minutes, "pulse", nothing).last_slot(moment))

    assert slot * 60 <= moment.timestamp() < (slot + minutes) * 60


def test_an_hour_that_is_none_is_refused_where_it_is_written():
    with pytest.raises(ValueError, match="hour"):
        daily("24:30", "expire", nothing)


def test_what_is_not_said_is_what_is_most_careful():
    declared = Workflow(name="x")

    assert declared.settings is NoSettings
    assert (declared.listens, declared.commands, declared.schedules) == ((), (), ())
    assert command("查", nothing, help="查").by == COMMANDERS
    assert ANYBODY == ()
    assert on(TimerDue, nothing).kind is TimerDue
    assert daily("03:30", "expire", nothing).at == time(3, 30)

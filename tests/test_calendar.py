"""Working days, terms and working hours."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendar import SHANGHAI, Calendar, doubts, load_table, local, published
from bot.model.errors import BotError

HOURS = ((time(9), time(12)), (time(14), time(18)))
DAYS = st.dates(date(2019, 1, 1), date(2026, 11, 30))


def a_calendar(tables=None, **more):
    return Calendar(tables or {}, hours=HOURS, **more)


def shanghai(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start_on", "due_on"),
    [
        (date(2025, 9, 26), date(2025, 10, 13)),
        (date(2025, 9, 30), date(2025, 10, 16)),
        (date(2026, 2, 11), date(2026, 2, 27)),
        (date(2026, 2, 13), date(2026, 3, 2)),
        (date(2026, 9, 29), date(2026, 10, 14)),
    ],
)
def test_seven_working_days_follow_the_published_table(start_on, due_on):
    due = a_calendar().due(start_on, 7)

    assert due.on == due_on
    assert not due.provisional
    assert "国务院办公厅" in due.rule
    assert "7个工作日" in due.rule


@pytest.mark.parametrize("year", range(2019, 2027))
def test_the_fallback_rule_alone_is_never_later_than_the_published_table(year):
    """The term of HS-10/2 from every day of a year."""
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    guessing, knowing = a_calendar(known=lambda _: None), a_calendar(known=official)

    guesses = {day: (guessing.due(day, 7), knowing.due(day, 7)) for day in days}

    settled = {day: pair for day, pair in guesses.items() if not pair[1].provisional}
    assert len(settled) >= 345
    assert all(guess.provisional and guess.on <= due.on for guess, due in settled.values())


def test_a_term_that_reaches_into_an_unknown_year_is_provisional():
    due = a_calendar().due(date(2026, 12, 25), 7)

    assert due.provisional
    assert "暂定" in due.rule
    assert due.on == date(2027, 1, 2)


def test_a_provisional_term_is_settled_when_the_officers_table_arrives(tmp_path):
    table = tmp_path / "days.toml"
    table.write_text(TABLE_2027)

    due = a_calendar(load_table(table)).due(date(2026, 12, 25), 7)

    assert due.on == date(2027, 1, 5)
    assert not due.provisional
    assert "本单位工作日历表" in due.rule


def test_the_officers_table_comes_before_the_published_one():
    due = a_calendar({date(2026, 3, 3): False}).due(date(2026, 3, 2), 1)

    assert due.on == date(2026, 3, 4)


@cache
def official(day):
    return published(day)


@given(DAYS, st.integers(1, 15))
def test_the_never_late_rule_is_never_late(start_on, term):
    guess = a_calendar(known=lambda _: None).due(start_on, term)

    assert guess.provisional
    assert guess.on <= a_calendar(known=official).due(start_on, term).on


def test_no_day_of_the_never_late_rule_is_late_in_any_year():
    days = [date(2019, 1, 1) + timedelta(days=n) for n in range(365 * 8 - 30)]
    guessing, knowing = a_calendar(known=lambda _: None), a_calendar(known=official)

    late = [
        (day, term)
        for term in (1, 3, 7, 15)
        for day in days
        if guessing.due(day, term).on > knowing.due(day, term).on
    ]

    assert late == []


@given(st.integers(2006, 2025), st.integers(0, 364), st.integers(1, 15))
def test_a_table_that_ends_with_the_year_is_never_late(last_year, day_of_year, term):
    """What the notice for the next year does to December is not known before it is out."""

    def known_then(day):
        if day.year > last_year:
            return None
        return day.weekday() < 5 if (day.month, day.day) >= (12, 25) else official(day)

    start_on = date(last_year, 1, 1) + timedelta(days=day_of_year)

    guess = a_calendar(known=known_then).due(start_on, term)

    assert guess.on <= a_calendar(known=official).due(start_on, term).on


@given(DAYS, st.integers(0, 20), st.integers(1, 15), st.booleans())
def test_a_later_start_is_never_due_earlier(start_on, later, term, known):
    calendar = a_calendar(known=official if known else lambda _: None)

    first, second = (calendar.due(day, term) for day in (start_on, start_on + timedelta(later)))

    assert first.on <= second.on
    assert start_on < first.on < calendar.due(start_on, term + 1).on


def test_a_term_has_at_least_one_day():
    with pytest.raises(ValueError, match="at least 1"):
        a_calendar().due(date(2026, 3, 2), 0)


def test_a_day_too_far_away_is_refused_with_a_sentence():
    with pytest.raises(BotError, match="日期太远"):
        a_calendar().due(date(9998, 12, 28), 7)


def test_saturdays_of_an_unknown_year_are_not_expected_to_be_worked():
    calendar = a_calendar()

    assert not calendar.is_working_day(date(2027, 3, 6))
    assert calendar.is_working_day(date(2027, 3, 5))
    assert not calendar.is_working_day(date(2027, 1, 1))


def test_working_days_are_added_over_a_holiday():
    calendar = a_calendar()

    assert calendar.add_working_days(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert calendar.add_working_days(date(2026, 9, 30), 0) == date(2026, 9, 30)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-20 17:50", 30, "2026-11-23 09:20"),
        ("2026-11-20 17:30", 30, "2026-11-20 18:00"),
        ("2026-11-20 11:45", 30, "2026-11-20 14:15"),
        ("2026-11-21 10:00", 30, "2026-11-23 09:30"),
        ("2026-11-20 03:00", 420, "2026-11-20 18:00"),
        ("2026-11-20 03:00", 421, "2026-11-23 09:01"),
        ("2026-11-20 10:00", 0, "2026-11-20 10:00"),
        ("2026-11-20 13:00", 0, "2026-11-20 14:00"),
    ],
)
def test_working_minutes_count_only_working_hours(start, minutes, end):
    result = a_calendar().working_minutes_after(shanghai(start).astimezone(UTC), minutes)

    assert result == shanghai(end)
    assert result.tzinfo is UTC


def test_a_weekend_made_a_working_day_has_working_hours():
    calendar = a_calendar()

    assert calendar.is_working_time(shanghai("2026-10-10 09:00"))
    assert not calendar.is_working_time(shanghai("2026-10-10 12:00"))
    assert not calendar.is_working_time(shanghai("2026-10-11 09:00"))


MOMENTS = st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001
    datetime(2026, 11, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(MOMENTS, st.integers(0, 2000), st.integers(0, 2000))
def test_working_minutes_add_up(start, first, second):
    calendar = a_calendar(known=official)

    at_once = calendar.working_minutes_after(start, first + second)
    in_two = calendar.working_minutes_after(calendar.working_minutes_after(start, first), second)

    assert at_once <= in_two
    assert calendar.working_minutes_after(in_two, 0) == calendar.next_working_time(at_once)


@given(MOMENTS)
def test_the_next_working_time_is_working_time(start):
    calendar = a_calendar(known=official)

    found = calendar.next_working_time(start)

    assert found >= start
    assert calendar.is_working_time(found)
    assert (found == start) == calendar.is_working_time(start)


def test_local_shows_the_clock_in_china():
    assert local(datetime(2026, 11, 20, 16, 30, tzinfo=UTC)).isoformat() == (
        "2026-11-21T00:30:00+08:00"
    )


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        local(datetime(2026, 11, 20))  # noqa: DTZ001


@pytest.mark.parametrize(
    "hours",
    [(), ((time(12), time(9)),), ((time(14), time(18)), (time(9), time(12)))],
)
def test_working_hours_must_be_in_order(hours):
    with pytest.raises(ValueError, match="in order"):
        Calendar(hours=hours)


TABLE_2027 = """
[2027]
off = [
    2027-01-01, 2027-01-02, 2027-01-03,
    2027-02-05, 2027-02-08, 2027-02-09, 2027-02-10, 2027-02-11, 2027-02-12,
    2027-04-05,
    2027-05-01, 2027-05-02, 2027-05-03, 2027-05-04,
    2027-06-09,
    2027-09-15,
    2027-10-01, 2027-10-02, 2027-10-03, 2027-10-04, 2027-10-05, 2027-10-06, 2027-10-07,
]
working = [2026-12-26, 2027-02-06, 2027-10-09]
"""


def test_a_table_answers_for_every_day_of_its_year(tmp_path):
    path = tmp_path / "days.toml"
    path.write_text(TABLE_2027.replace("2026-12-26, ", ""))

    table = load_table(path)

    assert len(table) == 365
    assert not table[date(2027, 10, 7)]
    assert table[date(2027, 10, 9)]
    assert not table[date(2027, 10, 10)]


def test_a_notice_may_move_the_last_days_of_december(tmp_path):
    path = tmp_path / "days.toml"
    path.write_text(TABLE_2027)

    due = a_calendar(load_table(path)).due(date(2026, 12, 25), 1)

    assert due.on == date(2026, 12, 26)


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("2027-06-09", "2027-06-09, 2027-06-09", "2027-06-09：写了两次"),
        ("2027-02-06,", "2027-02-06, 2027-10-02,", "2027-10-02：既写了放假又写了上班"),
        ("2027-10-02, ", "", "2027-10-02：是法定节假日"),
        ("2027-06-09", "2028-06-09", "2028-06-09：不属于 2027 年"),
        ("2026-12-26", "2026-12-20", "2026-12-20：不属于 2027 年"),
        ("2027-02-06", "2027-02-17", "2027-02-17：本来就是星期一至五"),
        ("2027-06-09", "'2027-06-09'", "要写成 2027-01-01 这样的日期"),
        ("working", "works", "只能有 off"),
        ("[2027]", "[nian]", "这样的年份"),
        ("[2027]", "[2027", "TOML"),
        ("working = [", "working = 1 #", "日期的列表"),
    ],
)
def test_a_faulty_table_is_refused_with_file_and_day(tmp_path, right, wrong, complaint):
    path = tmp_path / "days.toml"
    path.write_text(TABLE_2027.replace(right, wrong))

    with pytest.raises(BotError, match=complaint) as refused:
        load_table(path)

    assert str(path) in str(refused.value)


@pytest.mark.parametrize("missing", ["2027-02-08", "2027-04-05", "2027-06-09", "2027-09-15"])
def test_a_holiday_of_the_moon_that_a_table_leaves_out_makes_no_term_late(tmp_path, missing):
    whole, short = tmp_path / "whole.toml", tmp_path / "short.toml"
    whole.write_text(TABLE_2027)
    short.write_text(TABLE_2027.replace(f"{missing},", ""))
    day = date.fromisoformat(missing) - timedelta(days=3)

    early = a_calendar(load_table(short)).due(day, 7)

    assert early.on < a_calendar(load_table(whole)).due(day, 7).on


def test_all_faults_of_a_table_are_told_at_once(tmp_path):
    path = tmp_path / "days.toml"
    path.write_text(TABLE_2027.replace("2027-10-02, ", "").replace("2027-06-09", "2028-06-09"))

    with pytest.raises(BotError) as refused:
        load_table(path)

    assert str(refused.value).count("\n") == 1


def test_a_missing_table_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(BotError, match="读不出来"):
        load_table(tmp_path / "none.toml")


def test_a_table_that_differs_from_the_published_days_is_doubted():
    table = {date(2026, 2, 14): False, date(2026, 2, 13): True}

    found = doubts(table)

    assert found == ("工作日历表 2026-02-14：公布的安排是上班，表里不是，请核对。",)


@pytest.mark.parametrize(("moved", "doubted"), [(5, False), (4, True)])
def test_a_year_with_a_worked_weekend_day_left_out_is_doubted(moved, doubted):
    off = [date(2027, 3, 1) + timedelta(days=days) for days in range(26)]
    weekdays = [day for day in off if day.weekday() < 5][:18]
    saturdays = [date(2027, 4, 3) + timedelta(weeks=weeks) for weeks in range(moved)]

    found = doubts(dict.fromkeys(weekdays, False) | dict.fromkeys(saturdays, True))

    assert bool(found) is doubted

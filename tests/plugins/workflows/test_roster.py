"""The roster is kept all at once or not at all; codes, holds and looks leave a record."""

from datetime import date, timedelta

import pytest

from bot.model.errors import BotError
from bot.model.event import CodesIssued, HoldPlaced, NameRevealed, RosterKept, RosterSubmitted
from bot.model.roster import RosterRow
from bot.plugin import Workflow, on
from plugins.workflows.roster import WORKFLOW
from tests.pipeline.desk import MORNING

IDENTITY = "11010519491231002X"
ROWS = (
    RosterRow(line=2, name="赵一", unit="预算科", staff_number="1001", identity=IDENTITY),
    RosterRow(line=3, name="周五", unit="财务科", staff_number="1005"),
)


def submitted(*rows: RosterRow, whole=True, reason="") -> RosterSubmitted:
    return RosterSubmitted(at=MORNING, rows=rows, whole=whole, identity_reason=reason)


def deeds(desk) -> list[str]:
    return [record.deed for _, record in desk.records.audit.latest(20)]


def test_who_was_named_in_a_form_and_who_is_new_stand_in_the_register(desk):
    (done,) = desk.take(submitted(*ROWS))

    assert done.exception(timeout=0) is None
    people = {person.name: person for person in desk.records.people.all()}
    assert (people["赵一"].id, people["赵一"].on_roster) == (1, True)
    assert people["周五"].unit == "财务科"
    assert not people["钱二"].on_roster
    assert deeds(desk) == ["roster.kept"]


def test_what_a_roster_changed_is_told_to_the_workflows(desk_with):
    heard: list[RosterKept] = []
    desk = desk_with(
        workflows=[
            WORKFLOW,
            Workflow(
                name="listener", listens=(on(RosterKept, lambda _, e: heard.append(e) or ()),)
            ),
        ]
    )
    desk.take(submitted(*ROWS))

    moved = RosterRow(line=2, name="赵一", unit="办公室", staff_number="1001")
    desk.take(submitted(moved))

    first, second = heard
    assert (first.added, first.changed) == (1, 1)
    assert (second.moved, second.left) == ((1,), (5,))


def test_one_row_that_is_unclear_keeps_all_of_them_out(desk):
    twins = (
        RosterRow(line=3, name="周五", unit="财务科"),
        RosterRow(line=9, name="周五", unit="财务科"),
    )

    (done,) = desk.take(submitted(ROWS[0], *twins))

    with pytest.raises(BotError, match="第 3、9 行"):
        done.result(timeout=0)
    assert not any(person.on_roster for person in desk.records.people.all())
    assert deeds(desk) == []


@pytest.mark.parametrize(("reason", "kept"), [("", None), ("  ", None), ("发放通行证", IDENTITY)])
def test_identity_numbers_are_kept_only_for_a_reason(desk, reason, kept):
    desk.take(submitted(*ROWS, reason=reason))

    assert desk.records.people.identity_of(1) == kept


def test_a_roster_without_a_reason_forgets_the_identity_numbers_of_the_last_one(desk):
    desk.take(submitted(*ROWS, reason="发放通行证"))

    desk.take(submitted(*ROWS))

    assert desk.records.people.identity_of(1) is None


def test_codes_are_kept_for_their_people(desk):
    desk.take(
        CodesIssued(at=MORNING, codes=((1, "K7M2P9"),), expires_at=MORNING + timedelta(days=7))
    )

    assert desk.records.codes.matching(1, "K7M2P9")
    assert deeds(desk) == ["codes.issued"]


def test_a_hold_begins_and_ends_with_a_record(desk):
    desk.take(HoldPlaced(at=MORNING, person=1, reason="纪检核查"))
    held = desk.records.people.held_for(1)
    desk.take(HoldPlaced(at=MORNING, person=1, reason=""))

    assert held == "纪检核查"
    assert desk.records.people.held_for(1) is None
    assert deeds(desk) == ["person.released", "person.held"]


def test_a_look_is_recorded_without_the_name(desk):
    desk.take(NameRevealed(at=MORNING, person=1, reason="核对赵一的登记"))

    (look,) = desk.records.people.looks_at(1)
    ((_, record),) = desk.records.audit.latest(5)
    assert look.reason == "核对赵一的登记"
    assert (record.deed, record.subject, record.detail) == ("name.revealed", "person:1", "")


def test_a_look_without_a_reason_is_refused(desk):
    (done,) = desk.take(NameRevealed(at=MORNING, person=1, reason=" "))

    with pytest.raises(BotError, match="理由"):
        done.result(timeout=0)
    assert desk.records.people.looks_at(1) == []


def test_the_rosters_index_is_built_once_and_again_when_somebody_changed(desk_with):
    seen: list[object] = []

    def look(context, _):
        roster = context.roster()
        seen.append((roster, roster.propose(card="财务科 周五", on=date(2026, 11, 18)).person))
        return ()

    desk = desk_with(workflows=[WORKFLOW, Workflow(name="looks", listens=(on(RosterKept, look),))])

    for rows in (ROWS, ROWS, ROWS[:1]):
        desk.take(submitted(*rows, whole=False))
    desk.take(submitted(*ROWS, RosterRow(line=4, name="吴六", unit="国库科"), whole=False))

    rosters = [roster for roster, _ in seen]
    assert rosters[0] is rosters[1] is rosters[2] is not rosters[3]
    assert [person.name for _, person in seen] == ["周五"] * 4


def test_nothing_of_a_refused_roster_stays(desk):
    desk.take(submitted(*ROWS, *ROWS, reason="发放通行证"))

    bodies = desk.records.connection.execute("SELECT state, body_sealed FROM inbox").fetchall()
    assert bodies == [("failed", None)]

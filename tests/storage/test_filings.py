"""Filings come back as they were written, and are found by what is asked of them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.model.action import RegisterGroup
from bot.model.filing import (
    ChangeKind,
    ChangeState,
    Deed,
    Edition,
    FilingState,
    FilingStep,
    Way,
)
from bot.model.group import Role
from storage.database import DatabaseError
from tests.storage.moments import MINUTE, NOW, a_filing, a_group_change

DAY = timedelta(days=1)
TODAY = date(2026, 11, 18)


@pytest.fixture
def filings(peopled):
    """Return the filings of a store with two groups."""
    peopled.groups.register(
        RegisterGroup(
            id=2, platform="qq", platform_id="2", account="qq:10001", name="国库科群", unit="国库科"
        ),
        NOW,
    )
    return peopled.filings


def ids(found):
    return [each.id for each in found]


def test_a_filing_comes_back_as_it_was(filings):
    filing = a_filing(
        state=FilingState.RECEIVED,
        provisional=True,
        edition=2,
        content_hash="c",
        formed_at=NOW,
        approved_by=2,
        approved_at=NOW + MINUTE,
        way=Way.MAIL,
        message_id="<1@example.test>",
        tries=3,
        sent_at=NOW + 2 * MINUTE,
        document_hash="d",
        receipt="甲1",
        reason="缺用途",
        overdue_at=NOW + 3 * MINUTE,
        closed_at=NOW + 4 * MINUTE,
    )

    filings.save(a_filing())
    filings.save(filing)

    assert filings.get(1) == filing
    assert filings.get(2) is None
    assert filings.next_id() == 2


def test_an_end_without_its_moment_is_refused(filings):
    with pytest.raises(DatabaseError, match="CHECK"):
        filings.save(a_filing(state=FilingState.RECEIVED))


def test_changes_come_back_as_they_were_decided(filings):
    first, second = a_group_change(), a_group_change(number=2, kind=ChangeKind.OWNER)
    filings.save(a_filing())
    filings.save_changes([second, first])

    decided = first.dismissed(1, NOW, "没有改名")
    filings.save_changes([decided])

    assert filings.changes(1) == [decided, second]
    assert filings.changes(1)[0].state is ChangeState.DISMISSED


def test_an_edition_is_never_changed(filings):
    content = {"name": "预算科\ud800", "changes": [{"before": "甲", "after": "乙"}]}
    first = Edition(filing=1, number=1, content=content, made_at=NOW)
    filings.save(a_filing())
    filings.keep_edition(first)

    with pytest.raises(DatabaseError, match="UNIQUE"):
        filings.keep_edition(replace(first, content={}))

    kept = filings.edition(1, 1)
    assert kept.content["changes"] == content["changes"]
    assert kept.content_hash == first.content_hash
    assert filings.editions(1) == [kept]
    assert filings.edition(1, 2) is None


def test_the_history_is_told_in_its_order(filings):
    steps = [
        FilingStep(filing=1, at=NOW + MINUTE, deed=Deed.CONFIRMED, by=1),
        FilingStep(filing=1, at=NOW, deed=Deed.REFUSED, detail="缺用途"),
    ]
    filings.save(a_filing())

    for each in steps:
        filings.keep_step(each)

    assert filings.steps(1) == steps


def test_a_change_joins_the_filing_whose_form_is_not_made(filings):
    filings.save(a_filing())
    before = filings.forming(1)

    filings.save(a_filing(state=FilingState.FORMED))
    filings.save(a_filing(id=2, group=2))

    assert before == a_filing()
    assert filings.forming(1) is None
    assert ids(filings.open_of_group(1)) == [1]


def test_filings_are_found_by_state_day_group_and_person(filings, peopled):
    ended = {"state": FilingState.DISMISSED, "closed_at": NOW}
    filings.save(a_filing(due_on=TODAY + DAY, opened_at=NOW - DAY))
    filings.save(a_filing(id=2, group=2, due_on=TODAY - DAY, state=FilingState.SENT))
    filings.save(a_filing(id=3, due_on=TODAY - 2 * DAY, **ended))
    filings.save(a_filing(id=4, due_on=TODAY, opened_at=NOW + DAY))
    peopled.groups.appoint(1, Role.OWNER, 2, NOW)

    assert ids(filings.open()) == [2, 4, 1]
    assert ids(filings.overdue(TODAY)) == [2]
    assert ids(filings.due_between(TODAY, TODAY + DAY)) == [4, 1]
    assert ids(filings.in_state(FilingState.SENT, FilingState.DISMISSED)) == [2, 3]
    assert ids(filings.of_group(1)) == [1, 3, 4]
    assert ids(filings.open_of(1)) == [2]
    assert filings.latest(1).id == 4
    assert {group: each.id for group, each in filings.latest_of_each().items()} == {1: 4, 2: 2}
    assert ids(filings.all()) == [1, 2, 3, 4]
    assert ids(filings.all(NOW)) == [2, 3, 4]


def test_what_a_filing_said_is_forgotten_after_its_term_but_not_that_it_was(filings):
    for number, closed_at in ((1, NOW), (2, NOW + DAY)):
        filings.save(
            a_filing(
                id=number,
                state=FilingState.RECEIVED,
                receipt="甲1",
                reason="缺用途",
                closed_at=closed_at,
            )
        )
        filings.save_changes([a_group_change(filing=number, reason="看错了")])
        filings.keep_edition(Edition(filing=number, number=1, content={"a": "b"}, made_at=NOW))
        filings.keep_step(FilingStep(filing=number, at=NOW, deed=Deed.REFUSED, detail="缺用途"))

    forgotten = filings.expire(NOW + MINUTE)

    (change,), (step,) = filings.changes(1), filings.steps(1)
    assert forgotten == 1
    assert (filings.get(1).receipt, filings.get(1).reason) == ("甲1", "")
    assert (change.before, change.after, change.reason, step.detail) == ("", "", "", "")
    assert filings.editions(1) == []
    assert filings.get(2).reason == "缺用途"
    assert filings.changes(2)[0].after == "预算一科工作群"
    assert filings.steps(2)[0].detail == "缺用途"
    assert len(filings.editions(2)) == 1


@pytest.mark.parametrize(
    "asked",
    [
        "SELECT id FROM filings WHERE group_id = 1 AND closed_at IS NULL ORDER BY id DESC LIMIT 1",
        "SELECT id FROM filings WHERE group_id = 1 ORDER BY id DESC LIMIT 1",
        "SELECT id FROM filings WHERE closed_at IS NULL AND due_on < '2026-11-18' ORDER BY due_on",
        "SELECT id FROM filings WHERE state IN ('sent', 'unknown') ORDER BY id",
        "SELECT * FROM filing_changes WHERE filing = 1 ORDER BY number",
        "SELECT * FROM filing_steps WHERE filing = 1 ORDER BY id",
        "SELECT at FROM group_listed WHERE group_id = 1",
        "SELECT day, messages FROM group_days WHERE group_id = 1 AND day >= 20000",
    ],
)
def test_what_is_asked_for_every_event_is_found_by_an_index(filings, connection, asked):
    plan = connection.execute(f"EXPLAIN QUERY PLAN {asked}").fetchall()

    assert not any(step[3].startswith("SCAN") for step in plan), plan

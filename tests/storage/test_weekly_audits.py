"""Weekly audits and the one series of numbers by which a person answers."""

from datetime import date, datetime, timedelta

import pytest

from bot.model.action import RegisterGroup
from bot.model.alert import AlertState
from bot.model.errors import BotError
from bot.model.join import JoinRequest
from bot.model.weekly_audit import (
    AuditItem,
    AuditReason,
    ItemDecision,
    Removal,
    WeeklyAudit,
)
from tests.storage.moments import MINUTE, NOW, an_alert

DAY = timedelta(days=1)
WEEK = "2026-W47"


def an_audit(number: int = 1, week: str = WEEK, drawn: datetime = NOW) -> WeeklyAudit:
    opened = WeeklyAudit(id=number, group=1, week=week, opened_at=NOW)
    return opened.asked(drawn_at=drawn, members=46, complete=True, recipient=1, due_at=NOW + DAY)


def an_item(number: int, **changes) -> AuditItem:
    values = {
        "audit": 1,
        "number": number,
        "user": f"200{number}",
        "shown": "预算科 张明",
        "reason": AuditReason.LEFT,
        "person": 2,
        "proposed": (2, 1),
        "on": date(2026, 9, 1),
    }
    return AuditItem(**(values | changes))


def test_an_audit_comes_back_at_every_stage(peopled):
    audit = an_audit()
    stages = [
        WeeklyAudit(id=1, group=1, week=WEEK, opened_at=NOW),
        audit,
        audit := audit.reminded(NOW + DAY, NOW + 2 * DAY),
        audit := audit.escalated(NOW + 2 * DAY, NOW + 3 * DAY, 2),
        audit := audit.overdue(NOW + 3 * DAY),
        audit := audit.answered(1, NOW + 4 * DAY),
        audit.closed(NOW + 4 * DAY),
    ]

    found = []
    for stage in stages:
        peopled.audits.save(stage)
        found.append(peopled.audits.get(1))

    assert found == stages
    assert peopled.audits.next_id() == 2


def test_an_item_comes_back_with_what_was_decided_and_done(peopled):
    items = [an_item(11), an_item(12, person=None, proposed=(), on=None)]
    peopled.audits.save(an_audit())
    peopled.audits.save_items(items)
    before = peopled.audits.items(1)

    removed = items[0].decided(ItemDecision.REMOVE, 1, NOW, "已调走").removing(Removal.ASKED, NOW)
    peopled.audits.save_items([removed])

    assert before == items
    assert peopled.audits.items(1) == [removed, items[1]]
    assert peopled.audits.item(1, 11) == (an_audit(), removed)
    assert peopled.audits.item(1, 13) is None
    assert peopled.audits.item(2, 11) is None


def test_a_removal_is_found_by_group_and_account_while_the_audit_is_open(peopled):
    peopled.audits.save(an_audit())
    removed = an_item(11).decided(ItemDecision.REMOVE, 1, NOW)
    peopled.audits.save_items([removed, an_item(12)])

    found = peopled.audits.removals(1, "20011")

    assert found == [removed]
    assert peopled.audits.removals(1, "20012") == peopled.audits.removals(2, "20011") == []
    peopled.audits.save(an_audit().closed(NOW))
    assert peopled.audits.removals(1, "20011") == []


def test_audits_are_found_by_week_and_by_who_has_to_answer(peopled):
    first, second = an_audit().lapsed(NOW), an_audit(2, "2026-W48")
    for audit in (first, second):
        peopled.audits.save(audit)

    assert peopled.audits.of_week(1, WEEK) == first
    assert peopled.audits.in_week("2026-W48") == [second]
    assert peopled.audits.latest(1) == second
    assert peopled.audits.open() == peopled.audits.open_of(1) == [second]
    assert peopled.audits.open_of(2) == []
    assert peopled.audits.of_week(1, "2026-W49") is None


def test_a_number_means_the_latest_list(peopled):
    peopled.audits.save(an_audit().lapsed(NOW))
    peopled.audits.save(an_audit(2, "2026-W48"))
    peopled.audits.save_items([an_item(11)])
    peopled.audits.save_items([an_item(11, audit=2)])

    audit, item = peopled.audits.item(1, 11)

    assert (audit.id, item.audit) == (2, 2)


def test_audits_and_their_items_are_forgotten_after_their_term(peopled):
    peopled.audits.save(an_audit())
    peopled.audits.save_items([an_item(11)])

    assert peopled.audits.expire(NOW) == 0
    assert peopled.audits.expire(NOW + MINUTE) == 1
    assert peopled.audits.items(1) == []


def test_who_is_erased_is_nameless_in_old_lists(peopled):
    peopled.audits.save(an_audit())
    decided = an_item(11).decided(ItemDecision.KEEP, 1, NOW, "返聘")
    peopled.audits.save_items([decided, an_item(12, person=None)])

    peopled.people.erase(2, NOW)

    one, two = peopled.audits.items(1)
    assert (one.user, one.shown, one.note) == ("", "", "")
    assert (one.reason, one.decision) == (AuditReason.LEFT, ItemDecision.KEEP)
    assert two == an_item(12, person=None)


def test_one_series_of_numbers_serves_alerts_lists_and_requests(peopled):
    peopled.alerts.save(an_alert(number=1))
    peopled.audits.save(an_audit())
    numbers = peopled.audits.free_numbers(1, 3)
    peopled.audits.save_items([an_item(number) for number in numbers])
    fifth = peopled.alerts.next_number(1)
    peopled.joins.save(
        JoinRequest(
            id=1, group=1, user="20019", flag="f", recipient=1, number=fifth, asked_at=NOW + DAY
        )
    )

    assert numbers == [2, 3, 4]
    assert fifth == 5
    assert peopled.alerts.next_number(1) == 6
    assert peopled.alerts.next_number(2) == 1


def test_a_number_comes_back_only_when_nothing_open_has_it(peopled):
    peopled.alerts.save(an_alert(number=998, state=AlertState.CLOSED))
    peopled.audits.save(an_audit())
    peopled.audits.save_items([an_item(number) for number in (999, 1)])

    while_open = peopled.audits.free_numbers(1, 1)
    peopled.audits.save(an_audit(drawn=NOW - DAY).closed(NOW))

    assert while_open == [2]
    assert peopled.audits.free_numbers(1, 2) == [999, 1]


def test_a_long_list_leaves_numbers_for_alerts(peopled):
    peopled.audits.save(an_audit())

    numbers = peopled.audits.free_numbers(1, 5000)
    peopled.audits.save_items([an_item(number) for number in numbers])

    assert len(numbers) == 599
    assert peopled.audits.free_numbers(1, 1) == []
    assert peopled.alerts.next_number(1) == 600


def test_when_no_number_is_left_an_alert_says_so(peopled):
    for number in range(1, 1000):
        peopled.alerts.save(an_alert(id=number, number=number, sender=str(number)))

    with pytest.raises(BotError, match="999 件"):
        peopled.alerts.next_number(1)


def test_the_audits_of_one_week_come_by_group(peopled):
    for number in range(2, 4):
        peopled.groups.register(
            RegisterGroup(
                id=number,
                platform="qq",
                platform_id=f"70000{number}",
                account="qq:10001",
                name="群",
                unit="科",
            ),
            NOW,
        )
        peopled.audits.save(
            WeeklyAudit(id=number, group=number, week=WEEK, opened_at=NOW, recipient=1)
        )

    assert [each.group for each in peopled.audits.in_week(WEEK)] == [2, 3]

"""Findings, alerts and appeals come back as they were written, sealed meanwhile."""

from dataclasses import replace

import pytest

from bot.model.alert import Alert, AlertState, Appeal, Decision
from bot.model.finding import Judgement, Severity, Topic
from bot.model.group import Role
from storage.database import DatabaseError
from tests.storage.moments import MINUTE, NOW, a_finding, an_alert


def test_a_finding_comes_back_as_it_was_kept(peopled):
    kept = peopled.findings.add(a_finding())

    assert kept == a_finding(id=1)
    assert peopled.findings.on_message(1, "900") == [kept]


def test_the_same_finding_is_kept_once(peopled):
    peopled.findings.add(a_finding())

    again = peopled.findings.add(a_finding(found_at=NOW + 9 * MINUTE))

    assert again is None
    assert len(peopled.findings.on_message(1, "900")) == 1


def test_no_excerpt_of_classified_matter_can_be_kept_at_all(peopled):
    secret = a_finding(topic=Topic.CLASSIFIED, severity=Severity.CRITICAL)

    with pytest.raises(DatabaseError, match="CHECK"):
        peopled.findings.add(secret)

    assert peopled.findings.add(replace(secret, excerpt=None)).excerpt is None


def test_what_was_decided_about_an_alert_is_kept_with_its_findings(peopled):
    kept = peopled.findings.add(a_finding())
    peopled.alerts.save(an_alert())

    peopled.findings.attach([kept.id], 1)
    peopled.findings.judge(1, Judgement.FALSE_POSITIVE)
    peopled.findings.mark_recalled(1, "900", NOW)
    peopled.findings.mark_recalled(1, "900", NOW + MINUTE)

    assert peopled.findings.of_alert(1) == [
        replace(kept, alert=1, judgement=Judgement.FALSE_POSITIVE, recalled_at=NOW)
    ]


def test_excerpts_are_forgotten_after_the_matter_was_closed_and_not_before(peopled):
    under_closed = peopled.findings.add(a_finding(message_id="1"))
    under_open = peopled.findings.add(a_finding(message_id="2"))
    peopled.findings.add(a_finding(message_id="3", found_at=NOW))
    peopled.alerts.save(an_alert().decided(Decision.CONFIRMED, 1, NOW))
    peopled.alerts.save(an_alert(id=2, number=2))
    peopled.findings.attach([under_closed.id], 1)
    peopled.findings.attach([under_open.id], 2)

    first = peopled.findings.expire_excerpts(NOW)
    second = peopled.findings.expire_excerpts(NOW + MINUTE)

    left = [peopled.findings.on_message(1, each)[0].excerpt for each in "123"]
    assert (first, second) == (0, 2)
    assert left == [None, "线上百家乐", None]


@pytest.mark.parametrize(
    "alert",
    [
        an_alert(),
        an_alert(
            state=AlertState.CLOSED,
            count=7,
            caught_up=True,
            told_at=NOW,
            due_at=NOW + 30 * MINUTE,
            decision=Decision.FALSE_POSITIVE,
            decided_by=2,
            decided_at=NOW + MINUTE,
        ),
        an_alert(tier=Role.COMMITTEE, state=AlertState.HELD, reason="", clauses=()),
    ],
)
def test_an_alert_comes_back_as_it_was_saved(peopled, alert: Alert):
    peopled.alerts.save(alert)

    assert peopled.alerts.get(alert.id) == alert


def test_an_alert_is_saved_again_as_it_now_is(peopled):
    peopled.alerts.save(an_alert())
    closed = an_alert().grown(3, Severity.CRITICAL).decided(Decision.REMINDED, 1, NOW, "已谈话")

    peopled.alerts.save(closed)

    assert peopled.alerts.get(1) == closed
    assert peopled.alerts.next_id() == 2


def test_two_open_alerts_never_share_a_number(peopled):
    peopled.alerts.save(an_alert())

    with pytest.raises(DatabaseError, match="UNIQUE"):
        peopled.alerts.save(an_alert(id=2))


def test_an_alert_without_a_row_is_none(records):
    assert records.alerts.get(1) is None


def test_an_appeal_comes_back_as_it_was_saved(peopled):
    peopled.alerts.save(an_alert())
    appeal = Appeal(
        id=peopled.alerts.next_appeal_id(), alert=1, sender="20013", text="是工作", made_at=NOW
    )

    peopled.alerts.save_appeal(appeal)

    assert peopled.alerts.appeals_of(1) == [appeal]
    assert peopled.alerts.next_appeal_id() == 2

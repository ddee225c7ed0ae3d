"""Moments and values that the tests of the store share."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.model.alert import Alert
from bot.model.filing import ChangeKind, Filing, GroupChange, Noticed
from bot.model.finding import Finding, Mode, Severity, Span, Topic, Why
from bot.model.group import Role

NOW = datetime(2026, 11, 18, 1, 30, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_finding(**changes: Any) -> Finding:
    """Return a finding in group 1."""
    values: dict[str, Any] = {
        "id": 0,
        "group": 1,
        "account": "qq:10001",
        "message_id": "900",
        "sender": "20013",
        "sender_card": "预算科 张明",
        "posted_at": NOW,
        "found_at": NOW + MINUTE,
        "rule": "gambling",
        "version": 3,
        "topic": Topic.GAMBLING,
        "severity": Severity.HIGH,
        "clauses": ("HS-12(2)~gambling", "HS-13"),
        "spans": (Span(start=2, end=5), Span(start=9, end=11)),
        "why": Why(signals=("赌博用语", "联系方式"), foldings=("全角",)),
        "mode": Mode.ENFORCE,
        "excerpt": "线上百家乐",
        "excerpt_start": 0,
        "caught_up": True,
    }
    return Finding(**(values | changes))


def an_alert(**changes: Any) -> Alert:
    """Return an alert to person 1 in group 1."""
    values: dict[str, Any] = {
        "id": 1,
        "group": 1,
        "rule": "gambling",
        "topic": Topic.GAMBLING,
        "severity": Severity.HIGH,
        "sender": "20013",
        "sender_card": "预算科 张明",
        "recipient": 1,
        "tier": Role.OWNER,
        "number": 1,
        "opened_at": NOW,
        "first_posted_at": NOW - MINUTE,
        "message_id": "900",
        "clauses": ("HS-12(2)~gambling",),
        "reason": "是通知 不是广告",
    }
    return Alert(**(values | changes))


def a_filing(**changes: Any) -> Filing:
    """Return a filing of group 1."""
    values: dict[str, Any] = {
        "id": 1,
        "group": 1,
        "opened_at": NOW,
        "starts_at": NOW - MINUTE,
        "due_on": date(2026, 11, 27),
        "rule": "自次日起算7个工作日。",
    }
    return Filing(**(values | changes))


def a_group_change(**changes: Any) -> GroupChange:
    """Return a change of group 1 in filing 1."""
    values: dict[str, Any] = {
        "filing": 1,
        "number": 1,
        "group": 1,
        "kind": ChangeKind.RENAMED,
        "before": "预算科工作群",
        "after": "预算一科工作群",
        "earliest_at": NOW - MINUTE,
        "latest_at": NOW,
        "noticed_at": NOW,
        "how": Noticed.COMPARED,
    }
    return GroupChange(**(values | changes))

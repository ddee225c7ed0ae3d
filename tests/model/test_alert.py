"""The life cycle of an alert: closed stays closed, and it is decided exactly once."""
# ruff: noqa: D102 - steps and invariants are sentences themselves

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.model.alert import Alert, AlertState, Decision
from bot.model.errors import BotError
from bot.model.finding import Decider, Severity, Topic
from bot.model.group import Role

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)


def an_alert(topic: Topic = Topic.GAMBLING, severity: Severity = Severity.HIGH) -> Alert:
    return Alert(
        id=1,
        group=1,
        rule="gambling",
        topic=topic,
        severity=severity,
        sender="20013",
        recipient=1,
        tier=Role.OWNER,
        number=1,
        state=AlertState.HELD,
        opened_at=NOON,
        first_posted_at=NOON,
        message_id="1",
    )


class LifeCycle(RuleBasedStateMachine):
    """Everything that may happen to an alert, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.alert = an_alert()
        self.closed: Alert | None = None
        self.decisions = 0
        self.now = NOON

    def attempt(self, step, *values) -> None:
        self.now += timedelta(minutes=1)
        before = self.alert
        try:
            self.alert = step(*values)
        except BotError:
            assert self.alert is before
            return
        if self.alert.decision is not None:
            self.decisions += 1
            self.closed = self.closed or self.alert

    @rule()
    def tell(self) -> None:
        self.attempt(self.alert.told, self.now, None)

    @rule(count=st.integers(1, 9), severity=st.sampled_from(Severity))
    def merge(self, count: int, severity: Severity) -> None:
        self.attempt(self.alert.grown, count, severity)

    @rule(by=st.integers(1, 5))
    def ask_recall(self, by: int) -> None:
        self.attempt(self.alert.recalling, by)

    @rule()
    def fail_recall(self) -> None:
        self.attempt(self.alert.still_standing)

    @rule(decision=st.sampled_from(Decision), by=st.integers(1, 5))
    def decide(self, decision: Decision, by: int) -> None:
        self.attempt(self.alert.decided, decision, by, self.now)

    @invariant()
    def closed_stays_closed(self) -> None:
        if self.closed is not None:
            assert self.alert == self.closed

    @invariant()
    def is_decided_exactly_once(self) -> None:
        assert self.decisions == (0 if self.alert.is_open else 1)

    @invariant()
    def a_decision_names_who_and_when(self) -> None:
        decided = (self.alert.decision, self.alert.decided_at)
        if self.alert.is_open:
            assert decided == (None, None)
        else:
            assert None not in (*decided, self.alert.decided_by)

    @invariant()
    def only_a_recall_under_way_names_somebody_before_the_decision(self) -> None:
        if self.alert.state in {AlertState.HELD, AlertState.OPEN}:
            assert self.alert.decided_by is None

    @invariant()
    def its_severity_never_falls(self) -> None:
        assert self.alert.severity >= Severity.HIGH


TestLifeCycle = LifeCycle.TestCase


@pytest.mark.parametrize("topic", Topic)
def test_only_what_the_product_itself_detects_goes_at_once(topic: Topic):
    alert = an_alert(topic, Severity.CRITICAL)

    expected = topic.decided_by is Decider.BUILT_IN and topic is not Topic.OFF_TOPIC
    assert alert.at_once == expected


@pytest.mark.parametrize("severity", Severity)
def test_only_critical_and_high_go_at_once(severity: Severity):
    assert an_alert(severity=severity).at_once == (severity >= Severity.HIGH)


def test_a_decision_about_a_closed_alert_is_refused_with_its_number():
    closed = an_alert().decided(Decision.CONFIRMED, 1, NOON)

    with pytest.raises(BotError, match="1 号已办结"):
        closed.decided(Decision.RECALLED, 2, NOON)

"""The life cycle of an alert, from a finding to a person's decision."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.model.errors import BotError
from bot.model.finding import OPERATORS_OWN, Decider, Severity, Topic
from bot.model.group import Role


class AlertState(StrEnum):
    """Where an alert stands."""

    HELD = "held"
    OPEN = "open"
    RECALLING = "recalling"
    CLOSED = "closed"


class Decision(StrEnum):
    """What a person decided about an alert."""

    RECALLED = "recalled"
    REMINDED = "reminded"
    FALSE_POSITIVE = "false_positive"
    CONFIRMED = "confirmed"
    REPORTED = "reported"

    @property
    def label(self) -> str:
        """The decision as people read it."""
        return {
            Decision.RECALLED: "已撤回",
            Decision.REMINDED: "已提醒",
            Decision.FALSE_POSITIVE: "误报",
            Decision.CONFIRMED: "已确认",
            Decision.REPORTED: "已上报",
        }[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One matter for one person: findings of one rule, one sender, one hour (merged).

    `number` is from the recipient's running series (1-999) and belongs to this alert while it is
    open. `tier` is the role in which the recipient got it; an escalation is a new alert of the
    next tier with `source` set to the first one, and a decision about either closes both.
    """

    id: int
    group: int
    rule: str
    topic: Topic
    severity: Severity
    sender: str = field(repr=False)
    sender_card: str = field(default="", repr=False)
    recipient: int
    tier: Role
    number: int
    state: AlertState = AlertState.OPEN
    opened_at: datetime
    first_posted_at: datetime
    count: int = 1
    message_id: str
    clauses: tuple[str, ...] = ()
    source: int | None = None
    caught_up: bool = False
    told_at: datetime | None = None
    due_at: datetime | None = None
    decision: Decision | None = None
    decided_by: int | None = None
    decided_at: datetime | None = None
    reason: str = field(default="", repr=False)

    @property
    def classified(self) -> bool:
        """Whether the alert takes the secret path."""
        return self.topic is Topic.CLASSIFIED

    @property
    def low_key(self) -> bool:
        """Whether the alert only asks the owner to look: off_topic, or an operator's own list."""
        return low_key(self.topic, self.rule)

    @property
    def at_once(self) -> bool:
        """Whether the alert is told at once instead of in a digest; silence carries it on."""
        return self.severity.at_once and not self.low_key

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.state is not AlertState.CLOSED

    def grown(self, count: int, severity: Severity) -> "Alert":
        """Return the alert with `count` more findings merged into it."""
        self._must_be_open()
        return replace(self, count=self.count + count, severity=max(self.severity, severity))

    def told(self, at: datetime, due_at: datetime | None) -> "Alert":
        """Return the alert as told to its recipient, who should decide until `due_at`."""
        self._must_be_open()
        state = AlertState.OPEN if self.state is AlertState.HELD else self.state
        return replace(self, state=state, told_at=at, due_at=due_at)

    def recalling(self, by: int) -> "Alert":
        """Return the alert while a recall that a person asked for is under way."""
        self._must_be_open()
        return replace(self, state=AlertState.RECALLING, decided_by=by)

    def still_standing(self) -> "Alert":
        """Return the alert after a recall that did not happen: open again."""
        if self.state is not AlertState.RECALLING:
            raise BotError(f"{self.number} 号没有在撤回。")
        return replace(self, state=AlertState.OPEN, decided_by=None)

    def decided(self, decision: Decision, by: int, at: datetime, reason: str = "") -> "Alert":
        """Return the alert closed by a person's decision.

        Raises BotError when somebody decided before.
        """
        self._must_be_open()
        return replace(
            self,
            state=AlertState.CLOSED,
            decision=decision,
            decided_by=by,
            decided_at=at,
            reason=reason,
        )

    def _must_be_open(self) -> None:
        if not self.is_open:
            raise BotError(f"{self.number} 号已办结，不用再处置。")


def low_key(topic: Topic, rule: str) -> bool:
    """Whether a finding can only ask the owner to look: off_topic, or an operator's own list."""
    if rule.startswith(OPERATORS_OWN):
        return True
    return topic is Topic.OFF_TOPIC or topic.decided_by is not Decider.BUILT_IN


class AppealState(StrEnum):
    """Where an appeal stands."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True, slots=True)
class Appeal:
    """A sender's objection to what was done about his message; the office answers it."""

    id: int
    alert: int
    sender: str = field(repr=False)
    text: str = field(repr=False)
    made_at: datetime
    state: AppealState = AppealState.OPEN

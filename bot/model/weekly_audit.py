"""The weekly audit of a group's members (HS-11): the list, its items and what was decided."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from bot.model.errors import BotError


class AuditState(StrEnum):
    """Where a weekly audit stands; OVERDUE can still be answered until the next week's list."""

    DRAWING = "drawing"
    ASKED = "asked"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    OVERDUE = "overdue"
    CLOSED = "closed"
    LAPSED = "lapsed"

    @property
    def label(self) -> str:
        """The state as people read it."""
        return {
            AuditState.DRAWING: "正在取名单",
            AuditState.ASKED: "待核查",
            AuditState.REMINDED: "已催办",
            AuditState.ESCALATED: "已报分管领导",
            AuditState.OVERDUE: "逾期",
            AuditState.CLOSED: "已核查",
            AuditState.LAPSED: "逾期未核查",
        }[self]


_ENDED = frozenset({AuditState.CLOSED, AuditState.LAPSED})


@dataclass(frozen=True, kw_only=True, slots=True)
class WeeklyAudit:
    """One group's audit of one week (`2026-W47`).

    `members` and `complete` are of the list drawn at `drawn_at`; nobody is removed on the word of
    one that is not complete. `recipient` is who has to answer, `escalated_to` the leader in charge
    who was told. `due_at` is when the next step is taken where nobody answers.
    """

    id: int
    group: int
    week: str
    state: AuditState = AuditState.DRAWING
    opened_at: datetime
    drawn_at: datetime | None = None
    members: int = 0
    complete: bool = False
    recipient: int | None = None
    due_at: datetime | None = None
    reminded_at: datetime | None = None
    escalated_at: datetime | None = None
    escalated_to: int | None = None
    overdue_at: datetime | None = None
    answered_by: int | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for its list or for decisions."""
        return self.state not in _ENDED

    def asked(
        self,
        *,
        drawn_at: datetime | None,
        members: int,
        complete: bool,
        recipient: int | None,
        due_at: datetime | None,
    ) -> "WeeklyAudit":
        """Return the audit with its list drawn and its owner asked."""
        self._must_be(AuditState.DRAWING)
        return replace(
            self,
            state=AuditState.ASKED,
            drawn_at=drawn_at,
            members=members,
            complete=complete,
            recipient=recipient,
            due_at=due_at,
        )

    def redrawn(self, *, drawn_at: datetime, members: int) -> "WeeklyAudit":
        """Return the audit with a complete list in the place of one that was not."""
        if not self.is_open or self.complete:
            raise BotError("这次核查不用再取名单。")
        return replace(self, drawn_at=drawn_at, members=members, complete=True)

    def reminded(self, at: datetime, due_at: datetime) -> "WeeklyAudit":
        """Return the audit after a reminder."""
        self._must_be(AuditState.ASKED)
        return replace(self, state=AuditState.REMINDED, reminded_at=at, due_at=due_at)

    def escalated(self, at: datetime, due_at: datetime, to: int | None) -> "WeeklyAudit":
        """Return the audit after the leader in charge was told."""
        self._must_be(AuditState.ASKED, AuditState.REMINDED)
        return replace(
            self, state=AuditState.ESCALATED, escalated_at=at, escalated_to=to, due_at=due_at
        )

    def overdue(self, at: datetime) -> "WeeklyAudit":
        """Return the audit as it stands in the register when nobody answered in time."""
        self._must_be(AuditState.ASKED, AuditState.REMINDED, AuditState.ESCALATED)
        return replace(self, state=AuditState.OVERDUE, overdue_at=at, due_at=None)

    def answered(self, by: int, at: datetime) -> "WeeklyAudit":
        """Return the audit after somebody decided about items; the latest one stands."""
        if not self.is_open or self.state is AuditState.DRAWING:
            raise BotError("这次核查已结束，请看最新的名单。")
        return replace(self, answered_by=by, answered_at=at)

    def restarted(self) -> "WeeklyAudit":
        """Return the audit waiting for a list again: the ids of the last one are gone."""
        if not self.is_open:
            raise BotError("这次核查已结束，请看最新的名单。")
        return replace(
            self,
            state=AuditState.DRAWING,
            drawn_at=None,
            members=0,
            complete=False,
            recipient=None,
            due_at=None,
        )

    def closed(self, at: datetime) -> "WeeklyAudit":
        """Return the audit when every item is decided and what was to be done is done."""
        if not self.is_open or self.state is AuditState.DRAWING:
            raise BotError("这次核查已结束，请看最新的名单。")
        return replace(self, state=AuditState.CLOSED, closed_at=at, due_at=None)

    def lapsed(self, at: datetime) -> "WeeklyAudit":
        """Return the audit when the next week's list takes its place and it was not finished."""
        if not self.is_open:
            raise BotError("这次核查已结束。")
        return replace(self, state=AuditState.LAPSED, closed_at=at, due_at=None)

    def _must_be(self, *states: AuditState) -> None:
        if self.state not in states:
            raise BotError(f"这次核查{self.state.label}。")


class AuditReason(StrEnum):
    """Why somebody stands on the list."""

    NO_RECORD = "no_record"
    LEFT = "left"
    MOVED = "moved"
    OTHER_UNIT = "other_unit"
    SAME_NAME = "same_name"
    UNKNOWN_ACCOUNT = "unknown_account"
    ROBOT = "robot"

    @property
    def label(self) -> str:
        """The reason as people read it; a date stands before it."""
        return {
            AuditReason.NO_RECORD: "无实名",
            AuditReason.LEFT: "离职",
            AuditReason.MOVED: "调离",
            AuditReason.OTHER_UNIT: "非本单位",
            AuditReason.SAME_NAME: "与他人同名",
            AuditReason.UNKNOWN_ACCOUNT: "账号不明",
            AuditReason.ROBOT: "机器人",
        }[self]


class ItemDecision(StrEnum):
    """What a person decided about an item: 移, 补, 留."""

    REMOVE = "remove"
    VERIFY = "verify"
    KEEP = "keep"

    @property
    def label(self) -> str:
        """The decision as people read it."""
        return {
            ItemDecision.REMOVE: "移出",
            ItemDecision.VERIFY: "补实名",
            ItemDecision.KEEP: "留",
        }[self]


class Removal(StrEnum):
    """How far a removal has come; REMOVED only when an event or a fresh list shows it.

    RELISTED: the account's id ended with a login, and the member stands on a new list.
    """

    ASKED = "asked"
    BY_HAND = "by_hand"
    FAILED = "failed"
    STILL_THERE = "still_there"
    REMOVED = "removed"
    RELISTED = "relisted"

    @property
    def label(self) -> str:
        """The state as people read it."""
        return {
            Removal.ASKED: "正在移出",
            Removal.BY_HAND: "待手工移出",
            Removal.FAILED: "平台未同意移出",
            Removal.STILL_THERE: "仍在群内",
            Removal.REMOVED: "已移出",
            Removal.RELISTED: "重新登录后另列",
        }[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditItem:
    """One member on the list; `number` is from the recipient's running series (1-999).

    `person` is whose account it is, where that is confirmed; `proposed` are the people whom card
    and nickname may mean; `on` is the date that belongs to the reason.
    """

    audit: int
    number: int
    user: str = field(repr=False)
    shown: str = field(default="", repr=False)
    reason: AuditReason
    person: int | None = None
    proposed: tuple[int, ...] = ()
    on: date | None = None
    decision: ItemDecision | None = None
    note: str = field(default="", repr=False)
    decided_by: int | None = None
    decided_at: datetime | None = None
    removal: Removal | None = None
    removal_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide, or a removal has not been seen."""
        if self.removal in {Removal.REMOVED, Removal.RELISTED}:
            return False
        return self.decision in {None, ItemDecision.REMOVE}

    def decided(self, decision: ItemDecision, by: int, at: datetime, note: str = "") -> "AuditItem":
        """Return the item with a person's decision.

        Raises BotError when somebody else decided, or a removal is under way or done.
        """
        if self.removal is Removal.RELISTED:
            raise BotError(f"{self.number} 号是重新登录前的编号，请看最新的名单。")
        if self.decision is None and self.removal is Removal.REMOVED:
            raise BotError(f"{self.number} 号已经不在群里，不用再处理。")
        another = self.decision is not None and self.decided_by != by
        if another or self.removal in {Removal.ASKED, Removal.REMOVED}:
            assert self.decision is not None
            raise BotError(f"{self.number} 号已定为“{self.decision.label}”，不用再处理。")
        return replace(
            self,
            decision=decision,
            decided_by=by,
            decided_at=at,
            note=note,
            removal=None,
            removal_at=None,
        )

    def gone(self, at: datetime) -> "AuditItem":
        """Return the item after the member left the group, removed or by himself."""
        return replace(self, removal=Removal.REMOVED, removal_at=at)

    def relisted(self, at: datetime) -> "AuditItem":
        """Return the item after the id of its member ended with a login."""
        return replace(self, removal=Removal.RELISTED, removal_at=at)

    def removing(self, removal: Removal, at: datetime) -> "AuditItem":
        """Return the item with how far its removal has come."""
        if self.decision is not ItemDecision.REMOVE:
            raise BotError(f"{self.number} 号没有定为移出。")
        if self.removal is Removal.REMOVED:
            return self
        return replace(self, removal=removal, removal_at=at)

"""Filing with the party committee office (HS-3, HS-8, HS-10): changes of groups, and their filings."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.model.errors import BotError
from bot.model.group import Group, Person, Role

Content = dict[str, str | list[dict[str, str]]]
"""What a form says: its fields by key, each a text or the rows of a table; kept as JSON."""

_SHANGHAI = timedelta(hours=8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A form to be made when it is sent: which form, what it says, and the name of its file."""

    form: str
    file: str
    content: Content = field(repr=False)


def hash_of(content: Content) -> str:
    """Return the sha256 of a content, the same for the same content in whatever order."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


class Matter(StrEnum):
    """What a filing is about (HS-10/2)."""

    OPENING = "opening"
    CHANGE = "change"
    CLOSING = "closing"

    @property
    def label(self) -> str:
        """The matter as the form says it."""
        return {Matter.OPENING: "开通", Matter.CHANGE: "变更", Matter.CLOSING: "注销"}[self]


class ChangeKind(StrEnum):
    """What of a group has changed."""

    OPENED = "opened"
    RENAMED = "renamed"
    OWNER = "owner"
    ADMINISTRATORS = "administrators"
    LEADER = "leader"
    UNIT = "unit"
    PURPOSE = "purpose"
    JOIN_WAY = "join_way"
    RULES = "rules"
    CONTACT = "contact"
    SCALE = "scale"
    DORMANT = "dormant"
    DISSOLVED = "dissolved"
    REMOVED = "removed"

    @property
    def label(self) -> str:
        """The kind as people read it."""
        return {
            ChangeKind.OPENED: "开通",
            ChangeKind.RENAMED: "群名",
            ChangeKind.OWNER: "群主",
            ChangeKind.ADMINISTRATORS: "群管理员",
            ChangeKind.LEADER: "分管领导",
            ChangeKind.UNIT: "归属科室",
            ChangeKind.PURPOSE: "用途",
            ChangeKind.JOIN_WAY: "入群方式",
            ChangeKind.RULES: "群规",
            ChangeKind.CONTACT: "联系方式",
            ChangeKind.SCALE: "成员规模",
            ChangeKind.DORMANT: "活跃程度",
            ChangeKind.DISSOLVED: "注销",
            ChangeKind.REMOVED: "机器人被移出",
        }[self]

    @property
    def matter(self) -> Matter:
        """What a filing with such a change is about."""
        if self is ChangeKind.OPENED:
            return Matter.OPENING
        closing = self in {ChangeKind.DISSOLVED, ChangeKind.REMOVED}
        return Matter.CLOSING if closing else Matter.CHANGE


class Noticed(StrEnum):
    """How a change was noticed: LIVE ones have a known moment, COMPARED ones only an interval."""

    LIVE = "live"
    COMPARED = "compared"
    STATED = "stated"

    @property
    def label(self) -> str:
        """How, as people read it."""
        return {
            Noticed.LIVE: "平台当时通知",
            Noticed.COMPARED: "比对名单发现",
            Noticed.STATED: "工作人员填报",
        }[self]


class ChangeState(StrEnum):
    """Where a change stands."""

    NOTICED = "noticed"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"

    @property
    def label(self) -> str:
        """The state as people read it."""
        return {
            ChangeState.NOTICED: "待确认",
            ChangeState.CONFIRMED: "已确认",
            ChangeState.DISMISSED: "不成立",
        }[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupChange:
    """One noticed fact about one group; `number` counts within its filing, from 1.

    It happened between `earliest_at` and `latest_at`, which are equal where the moment is known.
    `decided_by` is None for what an operator or the bot itself decided.
    """

    filing: int
    number: int
    group: int
    kind: ChangeKind
    before: str = field(default="", repr=False)
    after: str = field(default="", repr=False)
    earliest_at: datetime
    latest_at: datetime
    noticed_at: datetime
    how: Noticed
    state: ChangeState = ChangeState.NOTICED
    decided_by: int | None = None
    decided_at: datetime | None = None
    reason: str = field(default="", repr=False)

    @property
    def counts(self) -> bool:
        """Whether it is part of its filing: not dismissed."""
        return self.state is not ChangeState.DISMISSED

    @property
    def is_blind(self) -> bool:
        """Whether only an interval is known in which it happened."""
        return self.earliest_at < self.latest_at

    def confirmed(self, by: int | None, at: datetime) -> "GroupChange":
        """Return the change as a person confirmed it."""
        if self.state is ChangeState.CONFIRMED:
            raise BotError(f"“{self.kind.label}”这一项已确认，不用再确认。")
        return replace(self, state=ChangeState.CONFIRMED, decided_by=by, decided_at=at, reason="")

    def dismissed(self, by: int | None, at: datetime, reason: str) -> "GroupChange":
        """Return the change as one that is none, for a reason."""
        if self.state is ChangeState.DISMISSED:
            raise BotError(f"“{self.kind.label}”这一项已定为不成立，不用再说。")
        if not reason.strip():
            raise BotError("请写明不成立的理由。")
        return replace(
            self, state=ChangeState.DISMISSED, decided_by=by, decided_at=at, reason=reason
        )


def undone_by(
    changes: Sequence[GroupChange], kind: ChangeKind, after: str
) -> tuple[GroupChange, ...]:
    """Return the changes that a return to an earlier value undoes, oldest first.

    Of A→B and B→C, C→B undoes the second and C→A both. An opening or closing is not undone so.
    """
    if kind.matter is not Matter.CHANGE:
        return ()
    same = [each for each in changes if each.kind is kind and each.counts]
    for index in reversed(range(len(same))):
        if same[index].before == after:
            return tuple(same[index:])
    return ()


def matter_of(changes: Sequence[GroupChange]) -> Matter:
    """Return what a filing of these changes is about: closing before opening before change."""
    matters = {each.kind.matter for each in changes if each.counts}
    return next((m for m in (Matter.CLOSING, Matter.OPENING) if m in matters), Matter.CHANGE)


def missing(
    group: Group,
    *,
    owners: Sequence[Person],
    administrators: Sequence[Person],
    leaders: Sequence[Person],
    matter: Matter = Matter.CHANGE,
) -> tuple[str, ...]:
    """Return what the register lacks for a complete filing, as people call it (HS-8, HS-10/1).

    The administrator is somebody beside the owner. A closing needs no rules of a group that is gone.
    """
    stated = {
        "归属科室": group.unit,
        "用途": group.purpose,
        "入群方式": group.join_way,
        "群规": group.rules,
        "批准人": group.approver,
        "批准日期": group.approved_on,
        "联系人及联系方式": group.contact,
    }
    if matter is Matter.CLOSING:
        stated = {"归属科室": group.unit}
    dedicated = {each.id for each in administrators} - {each.id for each in owners}
    needed = {"群名": group.name, **stated, "群主": owners, "专职群管理员（群主以外）": dedicated}
    return tuple(name for name, value in {**needed, "分管领导": leaders}.items() if not value)


class FilingState(StrEnum):
    """Where a filing stands; being overdue is a fact beside it."""

    NOTICED = "noticed"
    CONFIRMED = "confirmed"
    FORMED = "formed"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    BOUNCED = "bounced"
    REFUSED = "refused"
    RECEIVED = "received"
    WITHDRAWN = "withdrawn"
    DISMISSED = "dismissed"

    @property
    def label(self) -> str:
        """The state as people read it."""
        return {
            FilingState.NOTICED: "待群主确认",
            FilingState.CONFIRMED: "已确认，待填表",
            FilingState.FORMED: "待分管领导审核",
            FilingState.APPROVED: "已审核，待报送",
            FilingState.SENDING: "正在报送",
            FilingState.SENT: "已报送，待回执",
            FilingState.UNKNOWN: "报送结果不明",
            FilingState.BOUNCED: "未送达",
            FilingState.REFUSED: "被退回",
            FilingState.RECEIVED: "已备案",
            FilingState.WITHDRAWN: "已撤回",
            FilingState.DISMISSED: "无需备案",
        }[self]

    @property
    def is_end(self) -> bool:
        """Whether nothing comes after it."""
        return self in {FilingState.RECEIVED, FilingState.WITHDRAWN, FilingState.DISMISSED}

    @property
    def waits_for(self) -> Role | None:
        """Whose turn it is; None where it is the bot's, or nobody's."""
        return {
            FilingState.NOTICED: Role.OWNER,
            FilingState.CONFIRMED: Role.OWNER,
            FilingState.FORMED: Role.LEADER,
            FilingState.SENT: Role.COMMITTEE,
            FilingState.UNKNOWN: Role.OWNER,
            FilingState.BOUNCED: Role.OWNER,
            FilingState.REFUSED: Role.OWNER,
        }.get(self)


class Way(StrEnum):
    """How a form reaches the officer."""

    MAIL = "mail"
    FOLDER = "folder"
    PRIVATE = "private"
    BY_HAND = "by_hand"

    @property
    def label(self) -> str:
        """The way as people read it."""
        return {
            Way.MAIL: "电子邮件",
            Way.FOLDER: "共享文件夹",
            Way.PRIVATE: "私聊",
            Way.BY_HAND: "当面或纸质报送",
        }[self]


_OPEN = frozenset(state for state in FilingState if not state.is_end)
_FORMING = frozenset({FilingState.NOTICED, FilingState.CONFIRMED})
_MAYBE_ARRIVED = frozenset(
    {FilingState.SENDING, FilingState.SENT, FilingState.UNKNOWN, FilingState.BOUNCED}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filing:
    """The changes of one group that go into one form; `id` is its number, office-wide.

    The term runs from `starts_at`, the earliest moment of its changes; `rule` is the sentence on
    which `due_on` rests. `edition` counts the forms made (0: none yet), `content_hash` is of the
    present one and `document_hash` of the bytes that were sent. `message_id` stays the same for all
    tries of an edition. `reason` is why it was sent back, refused or withdrawn.
    """

    id: int
    group: int
    state: FilingState = FilingState.NOTICED
    opened_at: datetime
    starts_at: datetime
    due_on: date
    provisional: bool = False
    rule: str = ""
    edition: int = 0
    content_hash: str = ""
    formed_at: datetime | None = None
    approved_by: int | None = None
    approved_at: datetime | None = None
    way: Way | None = None
    message_id: str = ""
    tries: int = 0
    sent_at: datetime | None = None
    document_hash: str = ""
    receipt: str = ""
    reason: str = field(default="", repr=False)
    overdue_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def label(self) -> str:
        """The number as forms write it: `2026-0037`; people type 37."""
        return f"{(self.opened_at + _SHANGHAI).year}-{self.id:04d}"

    @property
    def is_open(self) -> bool:
        """Whether it still has to be done."""
        return not self.state.is_end

    @property
    def is_forming(self) -> bool:
        """Whether its form is not made yet, so that changes join it and are decided."""
        return self.state in _FORMING

    def is_overdue(self, today: date) -> bool:
        """Whether its term is over and there is no receipt."""
        return self.is_open and self.due_on < today

    def judged(self, changes: Sequence[GroupChange], at: datetime) -> "Filing":
        """Return the filing as all its changes now make it: noticed, confirmed or dismissed.

        A change that joins, or one more decided, is judged so. Give it its term anew afterwards.
        """
        self._must_be(*_FORMING, hint="备案表已生成，要改请先退回。")
        live = [each for each in changes if each.counts]
        if not live:
            return replace(self, state=FilingState.DISMISSED, closed_at=at)
        sure = all(each.state is ChangeState.CONFIRMED for each in live)
        return replace(
            self,
            state=FilingState.CONFIRMED if sure else FilingState.NOTICED,
            starts_at=min(each.earliest_at for each in live),
        )

    def timed(self, on: date, *, provisional: bool, rule: str, today: date) -> "Filing":
        """Return the filing with its term as the calendar gives it now.

        It is no longer overdue where a table has moved its last day to today or later.
        """
        relieved = on != self.due_on and on >= today
        return replace(
            self,
            due_on=on,
            provisional=provisional,
            rule=rule,
            overdue_at=None if relieved else self.overdue_at,
        )

    def formed(self, content: Content, at: datetime) -> "Filing":
        """Return the filing with the next edition of its form made; `missing` must be empty."""
        self._must_be(FilingState.CONFIRMED)
        return replace(
            self,
            state=FilingState.FORMED,
            edition=self.edition + 1,
            content_hash=hash_of(content),
            formed_at=at,
            approved_by=None,
            approved_at=None,
            way=None,
            message_id="",
            tries=0,
            sent_at=None,
            document_hash="",
            reason="",
        )

    def approved(self, by: int | None, at: datetime) -> "Filing":
        """Return the filing as the leader in charge approved it."""
        self._must_be(FilingState.FORMED)
        return replace(self, state=FilingState.APPROVED, approved_by=by, approved_at=at)

    def sent_back(self, reason: str) -> "Filing":
        """Return the filing as the leader sent it back, before it was sent; its form is made anew."""
        self._must_be(FilingState.FORMED, FilingState.APPROVED)
        return replace(
            self,
            state=FilingState.CONFIRMED,
            reason=_said(reason, "退回"),
            approved_by=None,
            approved_at=None,
        )

    def sending(self, way: Way, message_id: str = "") -> "Filing":
        """Return the filing as it is being sent; a message-id of an earlier try stays."""
        self._must_be(FilingState.APPROVED)
        return replace(
            self,
            state=FilingState.SENDING,
            way=way,
            message_id=self.message_id or message_id,
            tries=self.tries + 1,
        )

    def failed(self) -> "Filing":
        """Return the filing after a try of which it is certain that nothing arrived."""
        self._must_be(FilingState.SENDING)
        return replace(self, state=FilingState.APPROVED)

    def unknown(self) -> "Filing":
        """Return the filing after a try of which nobody can tell whether it arrived."""
        self._must_be(FilingState.SENDING)
        return replace(self, state=FilingState.UNKNOWN)

    def sent(self, at: datetime, document_hash: str = "") -> "Filing":
        """Return the filing as it was taken: by a server, a folder or a person's own hand.

        From APPROVED or BOUNCED a person handed it in himself; from UNKNOWN he saw that it arrived.
        """
        self._must_be(
            FilingState.SENDING, FilingState.UNKNOWN, FilingState.APPROVED, FilingState.BOUNCED
        )
        by_hand = self.state in {FilingState.APPROVED, FilingState.BOUNCED}
        return replace(
            self,
            state=FilingState.SENT,
            way=Way.BY_HAND if by_hand else self.way,
            sent_at=at,
            document_hash=document_hash or self.document_hash,
            reason="",
        )

    def bounced(self, reason: str) -> "Filing":
        """Return the filing as one that did not arrive for good: a server's refusal, a bounce."""
        self._must_be(FilingState.SENDING, FilingState.SENT, FilingState.UNKNOWN)
        return replace(self, state=FilingState.BOUNCED, reason=_said(reason, "未送达"))

    def resent(self) -> "Filing":
        """Return the filing to be sent once more, on a person's yes."""
        self._must_be(FilingState.UNKNOWN, FilingState.BOUNCED)
        return replace(self, state=FilingState.APPROVED, reason="")

    def refused(self, reason: str) -> "Filing":
        """Return the filing as the officer refused it; it is corrected and formed anew."""
        self._must_be(*_MAYBE_ARRIVED)
        return replace(self, state=FilingState.REFUSED, reason=_said(reason, "退回"))

    def corrected(self) -> "Filing":
        """Return a filing that was refused or did not arrive, to be formed as the next edition."""
        self._must_be(FilingState.REFUSED, FilingState.BOUNCED)
        return replace(self, state=FilingState.CONFIRMED)

    def received(self, receipt: str, at: datetime) -> "Filing":
        """Return the filing with the officer's receipt, which proves that it arrived."""
        self._must_be(*_MAYBE_ARRIVED, FilingState.APPROVED, FilingState.REFUSED)
        if not receipt.strip():
            raise BotError("请写明回执编号。")
        return replace(self, state=FilingState.RECEIVED, receipt=receipt.strip(), closed_at=at)

    def withdrawn(self, reason: str, at: datetime) -> "Filing":
        """Return the filing as one that is no longer asked for."""
        self._must_be(*_OPEN - {FilingState.SENDING})
        return replace(
            self, state=FilingState.WITHDRAWN, reason=_said(reason, "撤回"), closed_at=at
        )

    def overdue(self, at: datetime) -> "Filing":
        """Return the filing with when it became overdue; only the first time counts."""
        self._must_be(*_OPEN)
        return self if self.overdue_at else replace(self, overdue_at=at)

    def _must_be(self, *states: FilingState, hint: str = "") -> None:
        if self.state not in states:
            raise BotError(f"备案 {self.id} 号{self.state.label}，现在不能这样办理。{hint}")


def _said(reason: str, what: str) -> str:
    if not reason.strip():
        raise BotError(f"请写明{what}的原因。")
    return reason.strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """One edition of a filing's form: what it says, frozen; kept as proof and never changed."""

    filing: int
    number: int
    content: Content = field(repr=False)
    made_at: datetime

    @property
    def content_hash(self) -> str:
        """The sha256 of what it says."""
        return hash_of(self.content)


class Deed(StrEnum):
    """What was done about a filing, as its history tells it."""

    NOTICED = "noticed"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    UNDONE = "undone"
    TERM_MOVED = "term_moved"
    FORMED = "formed"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    SENDING = "sending"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SENT = "sent"
    CARRIED = "carried"
    ARRIVED = "arrived"
    BY_HAND = "by_hand"
    BOUNCED = "bounced"
    RESENT = "resent"
    REFUSED = "refused"
    CORRECTED = "corrected"
    RECEIVED = "received"
    WITHDRAWN = "withdrawn"
    REMINDED = "reminded"
    OVERDUE = "overdue"

    @property
    def label(self) -> str:
        """The deed as people read it."""
        return {
            Deed.NOTICED: "发现变更",
            Deed.CONFIRMED: "确认属实",
            Deed.DISMISSED: "定为不成立",
            Deed.UNDONE: "备案前已改回",
            Deed.TERM_MOVED: "期限重算",
            Deed.FORMED: "生成备案表",
            Deed.APPROVED: "审核同意",
            Deed.SENT_BACK: "审核退回",
            Deed.SENDING: "开始报送",
            Deed.FAILED: "未发出",
            Deed.UNKNOWN: "报送结果不明",
            Deed.SENT: "已报送",
            Deed.CARRIED: "对方服务器答复",
            Deed.ARRIVED: "核实已送达",
            Deed.BY_HAND: "手工报送",
            Deed.BOUNCED: "未送达",
            Deed.RESENT: "同意重新报送",
            Deed.REFUSED: "机关党委退回",
            Deed.CORRECTED: "改正，重新填表",
            Deed.RECEIVED: "收到回执",
            Deed.WITHDRAWN: "撤回",
            Deed.REMINDED: "提醒",
            Deed.OVERDUE: "逾期",
        }[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class FilingStep:
    """A line of a filing's history; `by` is None for the bot and the console."""

    filing: int
    at: datetime
    deed: Deed
    by: int | None = None
    detail: str = field(default="", repr=False)


class FilingAnswer(StrEnum):
    """What a person says about a filing, in the chat or at the desk."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    FORM = "form"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    SENT_BY_HAND = "sent_by_hand"
    ARRIVED = "arrived"
    RESEND = "resend"
    BOUNCED = "bounced"
    CORRECT = "correct"
    RECEIPT = "receipt"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"

    @property
    def label(self) -> str:
        """The answer as people read it."""
        return {
            FilingAnswer.CONFIRM: "确认",
            FilingAnswer.DISMISS: "不成立",
            FilingAnswer.FORM: "填表",
            FilingAnswer.APPROVE: "同意",
            FilingAnswer.SEND_BACK: "退回修改",
            FilingAnswer.SENT_BY_HAND: "已手工报送",
            FilingAnswer.ARRIVED: "已送达",
            FilingAnswer.RESEND: "重发",
            FilingAnswer.BOUNCED: "未送达",
            FilingAnswer.CORRECT: "改正",
            FilingAnswer.RECEIPT: "回执",
            FilingAnswer.REFUSE: "不予备案",
            FilingAnswer.WITHDRAW: "撤回",
        }[self]

"""Everything that leaves a decision: changes of our records, and what is sent.

`Action = Change | Outgoing`. A Change is applied inside the transaction of the event that caused
it; an Outgoing is written to the outbox in that transaction and sent after it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum

from bot.model.alert import Alert, Appeal
from bot.model.event import Event
from bot.model.finding import Judgement
from bot.model.group import GroupState, Person, Role
from bot.model.message import Standing


class Lane(IntEnum):
    """The order of sending per account; a lane waits for at most one send of a lower one."""

    CRITICAL = 0
    ALERT = 1
    DIGEST = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """Something for people or a question to a platform.

    `ref` comes back in OutgoingSettled; `marker` is a stretch of the text by which a send of
    unknown outcome is looked up in the history.
    """

    account: str
    lane: Lane = Lane.ALERT
    ref: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SayPrivately(Outgoing):
    """A private message to one user; `via_group` names the group both are in, where one is."""

    user: str = field(repr=False)
    text: str = field(repr=False)
    marker: str = ""
    via_group: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SayInGroup(Outgoing):
    """A message in a group; never repeats offending or personal content."""

    group: str
    text: str = field(repr=False)
    mention: str | None = field(default=None, repr=False)
    marker: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recall(Outgoing):
    """Take a message back; believed only when an event or the history shows it."""

    group: str
    message_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerFriendRequest(Outgoing):
    """Accept somebody who asks to be a friend of the bot."""

    flag: str = field(repr=False)
    accept: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawGroups(Outgoing):
    """Ask for the list of groups; answered by GroupsDrawn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawMembers(Outgoing):
    """Ask for a group's members; answered by MembersDrawn."""

    group: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawHistory(Outgoing):
    """Ask for what was missed since `since`; `last_seen` is the id that must overlap."""

    group: str
    since: datetime
    last_seen: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LookUp(Outgoing):
    """Ask whether a message still stands; answered by MessageLookedUp."""

    group: str
    message_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change of our records."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveAlert(Change):
    """Keep an alert as it now is; a new one brings the id its reader promised."""

    alert: Alert


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveAppeal(Change):
    """Keep an appeal as it now is."""

    appeal: Appeal


@dataclass(frozen=True, kw_only=True, slots=True)
class AttachFindings(Change):
    """Put findings under an alert."""

    findings: tuple[int, ...]
    alert: int


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeFindings(Change):
    """Keep what a person decided about the findings of an alert."""

    alert: int
    judgement: Judgement


@dataclass(frozen=True, kw_only=True, slots=True)
class AllowPhrase(Change):
    """Teach a rule that a phrase is harmless, as one person proposed and another agreed."""

    rule: str
    phrase: str = field(repr=False)
    proposed_by: int
    agreed_by: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkRecalled(Change):
    """Keep that a message is gone from its group."""

    group: int
    message_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterGroup(Change):
    """Bring a group into the register, with the id its reader promised."""

    id: int
    platform: str
    platform_id: str
    account: str
    name: str
    unit: str
    purpose: str = ""
    join_way: str = ""
    rules: str = ""
    approver: str = ""
    approved_on: date | None = None
    trial_until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RenameGroup(Change):
    """Keep a group's new name."""

    group: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SetGroupState(Change):
    """Keep that a group is worked in, dissolved, or that the bot was removed from it."""

    group: int
    state: GroupState


@dataclass(frozen=True, kw_only=True, slots=True)
class ObserveGroup(Change):
    """Keep what a fresh member list shows of a group."""

    group: int
    member_count: int
    standing: Standing | None
    owner_user: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticePosted(Change):
    """Keep which version of the notice stands in a group."""

    group: int
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause(Change):
    """Hold back what is not critical in a group until a moment; None ends it."""

    group: int
    until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EnrolPerson(Change):
    """Bring a person into the register, with the id its reader promised, and his account."""

    person: Person
    platform: str
    user: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Appoint(Change):
    """Give a person a role in a group, or in the whole office where `group` is None."""

    person: int
    role: Role
    group: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenDialogue(Change):
    """Keep what a conversation with a person needs, sealed, until it expires."""

    person: int
    kind: str
    body: str = field(repr=False)
    expires_at: datetime
    tries: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class CloseDialogue(Change):
    """Forget a conversation."""

    person: int
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wake(Change):
    """Set a timer: TimerDue(key) comes at or after `at`; the same key again moves it."""

    key: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Append(Change):
    """Put an event into the inbox; it is handled next, never recursively."""

    event: Event


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenBlind(Change):
    """Begin a blind interval of a group; one that stands open stays as it is."""

    group: int
    since: datetime
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CloseBlind(Change):
    """End a group's open blind interval: it was caught up, or stays unseen up to `until`."""

    group: int
    until: datetime
    caught_up: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Expire(Change):
    """Forget what is past its term: message ids, excerpts of closed alerts, dialogues, logs."""

    message_ids_before: datetime
    excerpts_before: datetime
    settled_before: datetime
    audit_before: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Record(Change):
    """A row of the hash-chained audit: who did what to what; no message text, no names."""

    actor: str
    deed: str
    subject: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyDone(Change):
    """Keep that a slot of a duty is done, so that it is not done again."""

    job: str
    slot: str


Sending = SayPrivately | SayInGroup | Recall | AnswerFriendRequest
Question = DrawGroups | DrawMembers | DrawHistory | LookUp
Action = (
    SaveAlert
    | SaveAppeal
    | AttachFindings
    | JudgeFindings
    | AllowPhrase
    | MarkRecalled
    | RegisterGroup
    | RenameGroup
    | SetGroupState
    | ObserveGroup
    | NoticePosted
    | Pause
    | EnrolPerson
    | Appoint
    | OpenDialogue
    | CloseDialogue
    | Wake
    | Append
    | OpenBlind
    | CloseBlind
    | Expire
    | Record
    | DutyDone
    | Sending
    | Question
)

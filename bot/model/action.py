"""Everything that leaves a decision: changes of our records, and what is sent.

`Action = Change | Outgoing`. A Change is applied inside the transaction of the event that caused
it; an Outgoing is written to the outbox in that transaction and sent after it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum

from bot.model.alert import Alert, Appeal
from bot.model.event import Event
from bot.model.filing import Document, Edition, Filing, FilingStep, GroupChange
from bot.model.finding import Judgement
from bot.model.group import Activity, GroupState, Member, Person, Role, Scale
from bot.model.join import JoinRequest
from bot.model.member import Account
from bot.model.message import Standing
from bot.model.rights import DataRequest, Look
from bot.model.weekly_audit import AuditItem, WeeklyAudit


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
class AnswerJoinRequest(Outgoing):
    """Let somebody into a group, or not; believed only when he is seen in the group."""

    group: str
    flag: str = field(repr=False)
    accept: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveMember(Outgoing):
    """Remove a member; believed only when an event or a fresh list shows that he is gone."""

    group: str
    user: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SendMail(Outgoing):
    """A mail with one document, from the account `mail:<sender>`; answered by FilingCarried.

    `message_id` (with its angle brackets) is the same for all tries.
    """

    to: tuple[str, ...] = field(repr=False)
    subject: str
    text: str = field(repr=False)
    message_id: str
    document: Document


@dataclass(frozen=True, kw_only=True, slots=True)
class PutFile(Outgoing):
    """A document put into the folder of the account `folder:<name>`; answered by FilingCarried."""

    document: Document


@dataclass(frozen=True, kw_only=True, slots=True)
class AcceptInvitation(Outgoing):
    """Go into a group to which the bot was invited; believed only when it is seen in the group."""

    flag: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RenameGroupChat(Outgoing):
    """Give a group another name at the platform; believed when an event or the list shows it."""

    group: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Announce(Outgoing):
    """Put up a group's announcement (群公告) in the place of the one that stands there."""

    group: str
    text: str = field(repr=False)


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
    contact: str = field(default="", repr=False)
    approver: str = ""
    approved_on: date | None = None
    opened_on: date | None = None
    filed_as: str = ""
    trial_until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RenameGroup(Change):
    """Keep a group's new name, as it is seen now."""

    group: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AmendGroup(Change):
    """Keep what people state of a group; None leaves as it is."""

    group: int
    account: str | None = None
    unit: str | None = None
    purpose: str | None = None
    join_way: str | None = None
    rules: str | None = None
    contact: str | None = field(default=None, repr=False)
    approver: str | None = field(default=None, repr=False)
    approved_on: date | None = None
    opened_on: date | None = None
    filed_as: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteGroup(Change):
    """Keep which size and activity of a group were last taken note of; None leaves as it is."""

    group: int
    scale: Scale | None = None
    activity: Activity | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SeeGroups(Change):
    """Keep that groups stood in their account's list under the names that the register has."""

    groups: tuple[int, ...]


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
    """Bring a person into the register, with the id its reader promised, and his account.

    Who is already there gets the account only; without a user there is none. `login` as in Account.
    """

    person: Person
    platform: str
    user: str = field(default="", repr=False)
    login: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Appoint(Change):
    """Give a person a role in a group, or in the whole office where `group` is None."""

    person: int
    role: Role
    group: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dismiss(Change):
    """Take a role from a person."""

    person: int
    role: Role
    group: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveRoster(Change):
    """Keep people as a roster states them, all at once; new ones bring the ids they will have.

    `identities` are (person, identity number); without any, all that were kept are forgotten.
    """

    people: tuple[Person, ...] = field(repr=False)
    identities: tuple[tuple[int, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold(Change):
    """Keep a person's records beyond their term, for a reason; None ends it."""

    person: int
    reason: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ErasePerson(Change):
    """Forget who a person is; refused while a hold keeps him or he has a role."""

    person: int


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepLook(Change):
    """Keep that somebody saw a whole name, and why."""

    look: Look


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmAccount(Change):
    """Keep whose account it is; an earlier confirmation of that account ends."""

    account: Account


@dataclass(frozen=True, kw_only=True, slots=True)
class UnlinkAccount(Change):
    """Keep that an account is nobody's any more."""

    platform: str
    user: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class EndLogin(Change):
    """End what hung on the ids of an account's last login, where ids change with each.

    Nobody is confirmed any more, member lists begin anew, and what waits to be said to somebody in
    private through the account is not said.
    """

    account: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepBeyondLogin(Change):
    """Keep for good what was confirmed through an account, whose ids turn out to be stable."""

    account: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueCodes(Change):
    """Keep one-time codes of people (person, code), hashed; a person's earlier ones end."""

    codes: tuple[tuple[int, str], ...] = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class UseCode(Change):
    """Keep that one of a person's codes has been used."""

    person: int
    code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class CountTry(Change):
    """Keep that a code was wrong: for the account, and for the person it was tried for."""

    platform: str
    user: str = field(repr=False)
    person: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepMembers(Change):
    """Keep a group's member list; one that is not complete lets nobody go and brings nobody back."""

    group: int
    members: tuple[Member, ...] = field(repr=False)
    complete: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepMember(Change):
    """Keep that somebody is in a group, before a list shows him."""

    group: int
    member: Member


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberGone(Change):
    """Keep that somebody is no longer in a group."""

    group: int
    user: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class AskMember(Change):
    """Keep that a new member was asked who he is, and until when he should have a record."""

    group: int
    user: str = field(repr=False)
    due_on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveJoinRequest(Change):
    """Keep a request to join as it now is; a new one brings the id its reader promised."""

    request: JoinRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveAudit(Change):
    """Keep a weekly audit as it now is; a new one brings the id its reader promised."""

    audit: WeeklyAudit


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveAuditItems(Change):
    """Keep items of weekly audits as they now are."""

    items: tuple[AuditItem, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveDataRequest(Change):
    """Keep a request about somebody's own data; a new one brings the id its reader promised."""

    request: DataRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveFiling(Change):
    """Keep a filing as it now is; a new one brings the id its reader promised."""

    filing: Filing


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveGroupChanges(Change):
    """Keep changes of filings as they now are; their filings are kept before them."""

    changes: tuple[GroupChange, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepEdition(Change):
    """Keep an edition of a filing's form; one that is kept is never changed."""

    edition: Edition


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepFilingStep(Change):
    """Keep a line of a filing's history."""

    step: FilingStep


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
    """Forget what is past its term: message ids, excerpts of closed alerts, dialogues, logs.

    `left_before`: who left the office or a group before that moment, and joins decided before.
    """

    message_ids_before: datetime
    excerpts_before: datetime
    settled_before: datetime
    audit_before: datetime
    left_before: datetime


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


Sending = (
    SayPrivately
    | SayInGroup
    | Recall
    | AnswerFriendRequest
    | AnswerJoinRequest
    | RemoveMember
    | AcceptInvitation
    | RenameGroupChat
    | Announce
    | SendMail
    | PutFile
)
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
    | AmendGroup
    | NoteGroup
    | SeeGroups
    | SetGroupState
    | ObserveGroup
    | NoticePosted
    | Pause
    | EnrolPerson
    | Appoint
    | Dismiss
    | SaveRoster
    | Hold
    | ErasePerson
    | KeepLook
    | ConfirmAccount
    | UnlinkAccount
    | EndLogin
    | KeepBeyondLogin
    | IssueCodes
    | UseCode
    | CountTry
    | KeepMembers
    | KeepMember
    | MemberGone
    | AskMember
    | SaveJoinRequest
    | SaveAudit
    | SaveAuditItems
    | SaveDataRequest
    | SaveFiling
    | SaveGroupChanges
    | KeepEdition
    | KeepFilingStep
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

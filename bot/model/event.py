"""Everything that enters: what happened on a platform, what people decided, what came due.

An event is in the past tense. `at` is when it happened; an event of a platform names the watching
account (`platform:id`), and its groups and users by the platform's own ids.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from bot.model.filing import ChangeKind, FilingAnswer, Noticed
from bot.model.finding import Finding, Flagged
from bot.model.group import GroupListing, Member, Role
from bot.model.message import Attachment, Message, Standing
from bot.model.roster import RosterRow


class Ability(StrEnum):
    """What a platform's adapter can do at all; a group's present powers narrow it.

    What needs one that is not declared fails as "unsupported". Who can recall can also look up.
    """

    RECALL = "recall"
    REMOVE = "remove"
    RENAME = "rename"
    HISTORY = "history"
    PRIVATE_HISTORY = "private_history"
    PRIVATE = "private"
    STABLE_IDS = "stable_ids"
    JOIN_REQUESTS = "join_requests"
    INVITATIONS = "invitations"
    FRIEND_REQUESTS = "friend_requests"
    ANNOUNCE = "announce"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened."""

    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformEvent(Event):
    """Something that happened on a platform, seen by one account."""

    account: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MessagePosted(PlatformEvent):
    """Somebody wrote in a group, or privately to the bot."""

    message: Message
    caught_up: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRecalled(PlatformEvent):
    """A message was taken back by its sender or by `operator`."""

    group: str
    message_id: str
    operator: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class FileShared(PlatformEvent):
    """A file was put into a group's folder."""

    group: str
    user: str = field(repr=False)
    file: Attachment


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberJoined(PlatformEvent):
    """Somebody joined a group; `user` may be the bot itself."""

    group: str
    user: str = field(repr=False)
    operator: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberLeft(PlatformEvent):
    """Somebody left a group; `removed` is None where the platform cannot tell."""

    group: str
    user: str = field(repr=False)
    operator: str = field(default="", repr=False)
    removed: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BotRemoved(PlatformEvent):
    """The watching account itself is no longer in the group; `since` as in GroupRenamed."""

    group: str
    operator: str = field(default="", repr=False)
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StandingChanged(PlatformEvent):
    """An account became administrator of a group, or ceased to be."""

    group: str
    user: str = field(repr=False)
    standing: Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class CardChanged(PlatformEvent):
    """A member's in-group card changed, as the platform says; it is sometimes wrong."""

    group: str
    user: str = field(repr=False)
    card: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinRequested(PlatformEvent):
    """Somebody asks to join a group; `flag` is what an answer must carry."""

    group: str
    user: str = field(repr=False)
    comment: str = field(default="", repr=False)
    flag: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class FriendRequested(PlatformEvent):
    """Somebody asks the bot to be a friend."""

    user: str = field(repr=False)
    comment: str = field(default="", repr=False)
    flag: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class InvitedToGroup(PlatformEvent):
    """Somebody invites the bot into a group; `group` is empty where only its `name` is told."""

    group: str
    user: str = field(repr=False)
    flag: str = field(repr=False)
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRenamed(PlatformEvent):
    """A group has another name than before.

    It happened at `at`, or where lists were compared some time between `since`, when the old name
    was last seen, and `at`.
    """

    group: str
    name: str
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnerChanged(PlatformEvent):
    """A group has another owner at the platform than before; `since` as in GroupRenamed."""

    group: str
    owner: str = field(repr=False)
    before: str = field(default="", repr=False)
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupDissolved(PlatformEvent):
    """A group is gone; `since` as in GroupRenamed."""

    group: str
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountConnected(PlatformEvent):
    """An account is online; `abilities` are what its implementation can do.

    `same_login` says that it only went silent for a while: ids of people mean who they meant.
    """

    name: str
    abilities: frozenset[Ability]
    same_login: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionLost(PlatformEvent):
    """An account went offline; `at` is when it was last certainly heard."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupsDrawn(PlatformEvent):
    """The answer to DrawGroups: every group the account is in."""

    groups: tuple[GroupListing, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MembersDrawn(PlatformEvent):
    """The answer to DrawMembers; `complete` is False where the list may be stale or cut short."""

    group: str
    members: tuple[Member, ...]
    complete: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryDrawn(PlatformEvent):
    """The end of catching up: `overlaps` says whether the history reached the last message seen.

    The messages themselves come before it, as MessagePosted marked caught up.
    """

    group: str
    since: datetime
    overlaps: bool
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ScreeningReturned(PlatformEvent):
    """A slow screening (long text) is back; the text itself is not part of it."""

    group: str
    message_id: str
    sender: str = field(repr=False)
    card: str = field(default="", repr=False)
    posted_at: datetime
    caught_up: bool
    reason: str
    flagged: tuple[Flagged, ...]
    complete: bool


class Presence(StrEnum):
    """Whether a message still stands in its group."""

    PRESENT = "present"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageLookedUp(PlatformEvent):
    """The answer to LookUp."""

    group: str
    message_id: str
    presence: Presence


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountConfirmed(PlatformEvent):
    """It became certain whose account a user's is; `account` is the one that watches him."""

    user: str = field(repr=False)
    person: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandGiven(PlatformEvent):
    """Somebody wrote a command line to the bot; in private unless `group` is set."""

    user: str = field(repr=False)
    text: str = field(repr=False)
    quotes: str | None = None
    group: str | None = None
    message_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeedReleased(PlatformEvent):
    """A person gave the code for what had been shown to him; the workflow of that deed does it."""

    user: str = field(repr=False)
    person: int
    deed: str
    subject: int
    targets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonNamed:
    """A person as a form names him: by name, unit (or staff number) and the account he uses.

    Where people are known by a code only, he has no account yet.
    """

    name: str = field(repr=False)
    unit: str = ""
    user: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupSubmitted(Event):
    """An operator registers a group (HS-3, HS-8): owner, administrator and leader by name.

    `opened_on` is when it was opened, `filed_as` the receipt of a filing made before.
    """

    platform: str
    platform_id: str
    account: str
    name: str
    unit: str
    purpose: str = ""
    join_way: str = ""
    rules: str = ""
    contact: str = field(default="", repr=False)
    approver: str
    approved_on: date | None = None
    opened_on: date | None = None
    filed_as: str = ""
    owner: PersonNamed
    administrators: tuple[PersonNamed, ...]
    leader: PersonNamed
    submitted_by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupAmended(Event):
    """An operator states anew what the register says of a group; None leaves as it is.

    `account` is another of the bot's own, which is in the group. `happened_on` is the day of the
    change, where it was not the day it is told.
    """

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
    owner: PersonNamed | None = None
    administrators: tuple[PersonNamed, ...] | None = None
    leader: PersonNamed | None = None
    happened_on: date | None = None
    submitted_by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RolesChanged(Event):
    """Others than before hold a role in a group, as people decided; ids of people."""

    group: int
    role: Role
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeNoticed(Event):
    """Something of a group has changed that is to be filed; `at` is when it was noticed.

    It happened between `earliest_at` and `latest_at`. `before` and `after` are as the form says
    them, for people to read.
    """

    group: int
    kind: ChangeKind
    before: str = field(default="", repr=False)
    after: str = field(default="", repr=False)
    earliest_at: datetime
    latest_at: datetime
    how: Noticed


@dataclass(frozen=True, kw_only=True, slots=True)
class FilingAnswered(Event):
    """A person decided about a filing at the desk; `by` is None where he is not named.

    `changes` are numbers within the filing that CONFIRM or DISMISS means (none: all of them);
    `text` is the reason, or the receipt's number.
    """

    number: int
    answer: FilingAnswer
    text: str = field(default="", repr=False)
    changes: tuple[int, ...] = ()
    by: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FilingCarried(Event):
    """A server or folder took a document: what was sent, to whom, and what it answered.

    Handled before the OutgoingSettled of the same `ref`.
    """

    ref: str
    sha256: str
    message_id: str = ""
    recipients: tuple[str, ...] = field(default=(), repr=False)
    refused: tuple[str, ...] = field(default=(), repr=False)
    answer: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeRoleGiven(Event):
    """An operator names the person who holds a role of the whole office (COMMITTEE or DUTY)."""

    role: str
    platform: str
    person: PersonNamed


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterSubmitted(Event):
    """An operator hands in the office's roster, read and checked; all of it is kept or nothing.

    `whole` says that who does not stand in it has left. Identity numbers are kept only with
    `identity_reason`; without one, those kept before are forgotten.
    """

    rows: tuple[RosterRow, ...] = field(repr=False)
    whole: bool
    identity_reason: str = ""
    submitted_by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterKept(Event):
    """A roster is in the register; follows RosterSubmitted and names whom it concerns."""

    added: int
    changed: int
    moved: tuple[int, ...]
    left: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CodesIssued(Event):
    """An operator printed one-time codes: (person, code), several for one; older ones end."""

    codes: tuple[tuple[int, str], ...] = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldPlaced(Event):
    """An operator keeps somebody's records beyond their term, or no longer where `reason` is empty."""

    person: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NameRevealed(Event):
    """An operator looks at a whole name, or all that is kept of somebody, and said why."""

    person: int
    reason: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingsReplayed(Event):
    """An operator runs a rule, or all, over the excerpts that are kept; nothing of them is shown."""

    rule: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRegistered(Event):
    """A group came into the register; follows GroupSubmitted."""

    group: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WatcherChanged(Event):
    """Another account watches a group than `before`; follows GroupAmended."""

    group: int
    before: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TimerDue(Event):
    """A timer that a workflow set has come due; the handler rereads the state."""

    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyDue(Event):
    """A recurring duty of a workflow has come due for one slot."""

    job: str
    slot: str


class OutcomeState(StrEnum):
    """How a send ended; UNKNOWN is never resent blindly."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class OutgoingSettled(Event):
    """A send ended; `ref` is the one its workflow gave it."""

    ref: str
    state: OutcomeState
    reason: str = ""
    message_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingsMade(Event):
    """Screening found something in one message of one registered group."""

    group: int
    findings: tuple[Finding, ...]

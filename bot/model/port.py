"""What the core needs from outside: clocks, seals, platforms, and readers of the records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from bot.model.action import Outgoing
from bot.model.alert import Alert, Appeal
from bot.model.event import Ability, Event, OutcomeState
from bot.model.filing import Edition, Filing, FilingState, FilingStep, GroupChange
from bot.model.finding import Finding
from bot.model.group import Group, Person, Role
from bot.model.join import JoinRequest
from bot.model.member import Account, Code, KnownMember, MemberList
from bot.model.rights import DataRequest, Look
from bot.model.weekly_audit import AuditItem, WeeklyAudit


class Clock(Protocol):
    """Tells the time; the only source of it."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""


class Seal(Protocol):
    """Seals personal information; `place` says which table, column and row it belongs to."""

    def seal(self, text: str, *, place: str) -> bytes:
        """Return the text sealed for one place."""

    def unseal(self, sealed: bytes, *, place: str) -> str:
        """Return the text again; raises BotError on another key or place, or on tampering."""

    def index(self, text: str, *, place: str) -> bytes:
        """Return a keyed hash for look-ups by equality."""


class Inflow(Protocol):
    """The one door in: where adapters and deliveries put events."""

    async def put(self, event: Event) -> None:
        """Hand over one event; waits while too many are waiting."""


OFFLINE = "offline"
"""The reason of an outcome when nothing was sent because the account is not connected."""
ANOTHER_LOGIN = "another_login"
"""The reason of an outcome when nothing was sent because the user's id is of an earlier login."""
UNWATCHED = frozenset({"ambiguous", "unknown_room"})
"""The reasons of a list that was not drawn because the account cannot tell which group it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How one attempt of a send ended; `answers` are the events that a question brought."""

    state: OutcomeState
    reason: str = ""
    message_id: str | None = None
    answers: tuple[Event, ...] = field(default=(), repr=False)


class Adapter(Protocol):
    """One account at one chat platform."""

    @property
    def name(self) -> str:
        """The account's name in the configuration."""

    @property
    def account(self) -> str | None:
        """The account as `platform:id` once it is known."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What this implementation can do, as far as is known."""

    @property
    def trouble(self) -> str | None:
        """What keeps the account from working, as a sentence for people; None when it works."""

    async def run(self, inflow: Inflow) -> None:
        """Connect, hand over events and reconnect, until cancelled.

        Puts AccountConnected after each login and ConnectionLost after each loss.
        """

    async def perform(self, action: Outgoing) -> Outcome:
        """Do one thing and say how it ended; never raises for what the platform did."""

    async def find(self, action: Outgoing, *, since: datetime) -> Outcome:
        """Look up a send of unknown outcome in the history by its marker.

        DONE: it stands there. FAILED: the history reaches back to `since` and it is not there.
        UNKNOWN: nobody can tell.
        """


class Groups(Protocol):
    """Reads the register of groups and the roles in them."""

    def get(self, group: int) -> Group:
        """Return a group; raises BotError for an unknown one."""

    def at(self, platform: str, platform_id: str) -> Group | None:
        """Return the registered group with a platform's id."""

    def all(self) -> Sequence[Group]:
        """Return every group in which the bot works, by id."""

    def whole_register(self) -> Sequence[Group]:
        """Return every group that was ever registered, by id."""

    def watched_by(self, account: str) -> Sequence[Group]:
        """Return the groups that one account watches, by id."""

    def next_id(self) -> int:
        """Return the id that the next group will have."""

    def holders(self, group: int, role: Role) -> Sequence[Person]:
        """Return who holds a role in a group."""

    def roles_of(self, person: int) -> Sequence[tuple[int | None, Role]]:
        """Return the roles of a person, each with its group (None: the whole office)."""

    def in_office(self, role: Role) -> Sequence[Person]:
        """Return who holds a role of the whole office."""

    def last_seen(self, group: int) -> tuple[str, datetime] | None:
        """Return the group's watermark: id and time of the last message seen."""

    def blind_since(self, group: int) -> datetime | None:
        """Return the beginning of the group's open blind interval."""

    def blind_intervals(self, group: int) -> Sequence[tuple[datetime, datetime | None, str, bool]]:
        """Return since, until, cause and whether it was caught up, oldest first."""

    def unscreened_count(self, group: int) -> int:
        """Return how many messages of a group were not fully screened."""

    def listed_at(self, group: int) -> datetime | None:
        """Return when a group last stood in its account's list under the name it has here."""

    def messages_per_day(self, group: int, since: date) -> Mapping[date, int]:
        """Return how many messages a group had on each day that had any; 90 days are kept."""

    def message_counts(self, since: date) -> Mapping[int, int]:
        """Return how many messages each group had since a day; groups without any are left out."""


class People(Protocol):
    """Reads the register of people and their accounts."""

    def get(self, person: int) -> Person:
        """Return a person; raises BotError for an unknown one."""

    def with_account(self, platform: str, user: str) -> Person | None:
        """Return whose account it is."""

    def once_with_account(self, platform: str, user: str) -> Person | None:
        """Return whose account it is, or was at an earlier login."""

    def account_of(self, person: int, through: str) -> str | None:
        """Return the user id by which a watching account (or any of a platform) reaches a person."""

    def next_id(self) -> int:
        """Return the id that the next person will have."""

    def all(self) -> Sequence[Person]:
        """Return everybody who is known, by id: the same tuple until one of them changes."""

    def named(self, name: str, *, without: str = "") -> Sequence[Person]:
        """Return who has exactly this name, by id; `without` an account reached through one."""

    def numbered(self, staff_number: str) -> Sequence[Person]:
        """Return who has this staff number, by id."""

    def accounts_of(self, person: int) -> Sequence[Account]:
        """Return the accounts confirmed as a person's, oldest first."""

    def account(self, platform: str, user: str) -> Account | None:
        """Return how an account was confirmed, where it is."""

    def leavers_with_roles(self, on: date) -> Sequence[Person]:
        """Return who holds a role though his last day is before a day, by id."""

    def identity_of(self, person: int) -> str | None:
        """Return a person's identity number, where it is kept; every look is recorded."""

    def held_for(self, person: int) -> str | None:
        """Return why a person's records are kept beyond their term, where they are."""

    def looks_at(self, person: int) -> Sequence[Look]:
        """Return who saw a person's whole name, and why, oldest first."""


class Codes(Protocol):
    """Reads one-time codes and the tries that failed."""

    def of(self, person: int) -> Sequence[Code]:
        """Return the codes that a person got last, used and expired ones too."""

    def matching(self, person: int, code: str) -> Code | None:
        """Return which of a person's codes it is, used and expired or not."""

    def tries_by(self, platform: str, user: str, *, since: datetime) -> int:
        """Return how often an account gave a wrong code since a moment."""

    def tries_for(self, person: int, *, since: datetime) -> int:
        """Return how often a wrong code was given for a person since a moment."""


class Members(Protocol):
    """Reads who is in which group, as the latest lists showed it."""

    def of(self, group: int) -> Sequence[KnownMember]:
        """Return who is in a group, by number."""

    def numbered(self, group: int, number: int) -> KnownMember | None:
        """Return who in a group has a number."""

    def get(self, group: int, user: str) -> KnownMember | None:
        """Return a member of a group, also one who has left."""

    def of_account(self, platform: str, user: str) -> Sequence[KnownMember]:
        """Return an account's presence in every group, also where it has left."""

    def earlier(self, group: int) -> Sequence[KnownMember]:
        """Return who was in a group before and was confirmed then, latest first."""

    def due(self, on: date) -> Sequence[KnownMember]:
        """Return the members without a record whose time to get one ended before a day."""

    def newcomers(self, group: int) -> Sequence[KnownMember]:
        """Return who came after the group's first list, has no record and was not asked yet."""

    def administrators(self, group: int) -> Sequence[KnownMember]:
        """Return who is owner or administrator of a group at its platform, by number."""

    def drawn(self, group: int) -> MemberList | None:
        """Return what is known of a group's latest list."""


class JoinRequests(Protocol):
    """Reads requests to join groups."""

    def get(self, request: int) -> JoinRequest | None:
        """Return a request."""

    def next_id(self) -> int:
        """Return the id that the next request will have."""

    def by_flag(self, group: int, flag: str) -> JoinRequest | None:
        """Return the latest request of a group with a platform's flag."""

    def by_number(self, person: int, number: int) -> JoinRequest | None:
        """Return what a number means to a person: the open request, else the latest one."""

    def open_of(self, person: int) -> Sequence[JoinRequest]:
        """Return the requests a person still has to decide, by number."""

    def open_in(self, group: int, user: str | None = None) -> Sequence[JoinRequest]:
        """Return the open requests of a group, or only one account's, oldest first."""


class WeeklyAudits(Protocol):
    """Reads the weekly audits and their items."""

    def get(self, audit: int) -> WeeklyAudit | None:
        """Return an audit."""

    def next_id(self) -> int:
        """Return the id that the next audit will have."""

    def free_numbers(self, person: int, count: int) -> Sequence[int]:
        """Return the next free numbers (1-999) of a person's series, those of alerts included."""

    def of_week(self, group: int, week: str) -> WeeklyAudit | None:
        """Return a group's audit of one week."""

    def in_week(self, week: str) -> Sequence[WeeklyAudit]:
        """Return every group's audit of one week, by group."""

    def latest(self, group: int) -> WeeklyAudit | None:
        """Return a group's latest audit."""

    def open(self) -> Sequence[WeeklyAudit]:
        """Return the audits that are not finished, by id."""

    def open_of(self, person: int) -> Sequence[WeeklyAudit]:
        """Return the audits a person has to answer, by id."""

    def items(self, audit: int) -> Sequence[AuditItem]:
        """Return the items of an audit in the order of the list."""

    def item(self, person: int, number: int) -> tuple[WeeklyAudit, AuditItem] | None:
        """Return what a number means to a person in the latest audit that used it."""

    def removals(self, group: int, user: str) -> Sequence[AuditItem]:
        """Return the items of open audits by which an account is to be removed from a group."""


class DataRequests(Protocol):
    """Reads what people asked about their own data."""

    def get(self, request: int) -> DataRequest | None:
        """Return a request."""

    def next_id(self) -> int:
        """Return the id that the next request will have."""

    def open(self) -> Sequence[DataRequest]:
        """Return the requests without an outcome, oldest first."""

    def of_account(self, account: str, user: str) -> Sequence[DataRequest]:
        """Return what somebody asked one watching account, oldest first."""

    def all(self) -> Sequence[DataRequest]:
        """Return every request, oldest first."""


class Filings(Protocol):
    """Reads the filings, their changes, forms and histories."""

    def get(self, filing: int) -> Filing | None:
        """Return a filing."""

    def next_id(self) -> int:
        """Return the id that the next filing will have."""

    def forming(self, group: int) -> Filing | None:
        """Return the filing of a group whose form is not made, which the next change joins."""

    def open_of_group(self, group: int) -> Sequence[Filing]:
        """Return a group's filings that have to be done, by id."""

    def open_of(self, person: int) -> Sequence[Filing]:
        """Return the open filings of the groups in which a person has a role, by id."""

    def open(self) -> Sequence[Filing]:
        """Return the filings that have to be done, by last day and id."""

    def overdue(self, on: date) -> Sequence[Filing]:
        """Return the open filings whose last day is before a day, oldest first."""

    def due_between(self, first: date, last: date) -> Sequence[Filing]:
        """Return the open filings whose last day lies between two days, both included."""

    def in_state(self, *states: FilingState) -> Sequence[Filing]:
        """Return the filings in some states, by id."""

    def of_group(self, group: int) -> Sequence[Filing]:
        """Return every filing of a group, oldest first."""

    def latest(self, group: int) -> Filing | None:
        """Return a group's latest filing."""

    def latest_of_each(self) -> Mapping[int, Filing]:
        """Return every group's latest filing."""

    def all(self, since: datetime | None = None) -> Sequence[Filing]:
        """Return every filing, or those opened since a moment, by id."""

    def changes(self, filing: int) -> Sequence[GroupChange]:
        """Return the changes of a filing, by number."""

    def edition(self, filing: int, number: int) -> Edition | None:
        """Return an edition of a filing's form."""

    def editions(self, filing: int) -> Sequence[Edition]:
        """Return the editions of a filing's form, oldest first."""

    def steps(self, filing: int) -> Sequence[FilingStep]:
        """Return a filing's history, oldest first."""


class Findings(Protocol):
    """Reads findings."""

    def of_alert(self, alert: int) -> Sequence[Finding]:
        """Return the findings under an alert: those of its own rule first, each oldest first."""

    def on_message(self, group: int, message_id: str) -> Sequence[Finding]:
        """Return the findings on one message."""


class Alerts(Protocol):
    """Reads alerts, appeals and the numbers they hold."""

    def get(self, alert: int) -> Alert | None:
        """Return an alert."""

    def next_id(self) -> int:
        """Return the id that the next alert will have."""

    def next_number(self, person: int) -> int:
        """Return the next free number (1-999) of a person's series."""

    def by_number(self, person: int, number: int) -> Alert | None:
        """Return what a number means to a person: the open alert, else the latest closed one."""

    def by_quote(self, account: str, message_id: str, person: int) -> Alert | None:
        """Return the alert that a message of ours told a person."""

    def open_of(self, person: int) -> Sequence[Alert]:
        """Return the alerts a person still has to decide, by number."""

    def open_in(self, group: int) -> Sequence[Alert]:
        """Return the open alerts of a group, by id."""

    def merging(
        self, *, group: int, rule: str, sender: str, recipient: int, since: datetime
    ) -> Alert | None:
        """Return the open alert into which another finding merges."""

    def family(self, alert: Alert) -> Sequence[Alert]:
        """Return an alert, its source and its escalations."""

    def held(self) -> Sequence[Alert]:
        """Return what waits for a digest, by recipient and number."""

    def told_since(self, person: int, since: datetime) -> int:
        """Return how many alerts a person was sent at once since a moment."""

    def on_message(self, group: int, message_id: str) -> Sequence[Alert]:
        """Return the alerts that a message is part of."""

    def next_appeal_id(self) -> int:
        """Return the id that the next appeal will have."""

    def appeals_of(self, alert: int) -> Sequence[Appeal]:
        """Return the appeals about an alert."""

    def against(self, platform: str, sender: str) -> Sequence[Alert]:
        """Return the decided alerts about one sender, newest first, for an appeal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialogue:
    """What a conversation holds while it waits for the person's next line."""

    body: str = field(repr=False)
    expires_at: datetime
    tries: int


class Duties(Protocol):
    """Reads which slots of recurring duties have been done."""

    def done(self, job: str, slot: str) -> bool:
        """Whether a slot has been done."""

    def last(self, job: str) -> datetime | None:
        """Return when a duty was last done."""


class Dialogues(Protocol):
    """Reads conversations under way."""

    def open_with(self, person: int, kind: str, *, now: datetime) -> Dialogue | None:
        """Return a conversation that has not expired."""

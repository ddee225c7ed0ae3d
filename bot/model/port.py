"""What the core needs from outside: clocks, seals, platforms, and readers of the records."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.model.action import Outgoing
from bot.model.alert import Alert, Appeal
from bot.model.event import Ability, Event, OutcomeState
from bot.model.finding import Finding
from bot.model.group import Group, Person, Role


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


class People(Protocol):
    """Reads the register of people and their accounts."""

    def get(self, person: int) -> Person:
        """Return a person; raises BotError for an unknown one."""

    def with_account(self, platform: str, user: str) -> Person | None:
        """Return whose account it is."""

    def account_of(self, person: int, platform: str) -> str | None:
        """Return a person's user id at a platform."""

    def next_id(self) -> int:
        """Return the id that the next person will have."""


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

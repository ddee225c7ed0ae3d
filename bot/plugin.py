"""For workflow authors: what a workflow declares, and all that its decisions may depend on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Generic, Protocol, TypeVar

from bot.calendar import Calendar
from bot.model.action import Action
from bot.model.event import Ability, CommandGiven, Event
from bot.model.finding import Clause
from bot.model.group import Person, Role
from bot.model.port import (
    Alerts,
    Codes,
    DataRequests,
    Dialogues,
    Duties,
    Filings,
    Findings,
    Groups,
    JoinRequests,
    Members,
    People,
    WeeklyAudits,
)
from bot.people.roster import Roster
from bot.screening.rule import Rule

S = TypeVar("S")
E = TypeVar("E", bound=Event)

COMMANDERS = (Role.OWNER, Role.ADMINISTRATOR, Role.LEADER, Role.COMMITTEE, Role.DUTY)
ANYBODY: tuple[Role, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """What people are told about the office that runs the bot."""

    name: str = "本单位"
    contact: str = "机关党委"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Terms in days; excerpts count from the day the matter was closed, people from leaving."""

    message_ids_days: int = 30
    excerpts_days_after_close: int = 30
    settled_days: int = 30
    audit_days: int = 1096
    people_days_after_leaving: int = 180


class Clauses(Protocol):
    """Finds the clauses that bind the office's groups."""

    def by_code(self, code: str) -> Clause:
        """Return a clause; raises BotError for an unknown one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Context(Generic[S]):
    """Everything a decision may depend on; workflows read it and yield actions.

    `roster()` is the index that proposes whose account it is.
    """

    now: datetime
    settings: S
    calendar: Calendar
    office: Office
    groups: Groups
    people: People
    codes: Codes
    members: Members
    joins: JoinRequests
    audits: WeeklyAudits
    requests: DataRequests
    filings: Filings
    roster: Callable[[], Roster]
    findings: Findings
    alerts: Alerts
    dialogues: Dialogues
    duties: Duties
    clauses: Clauses
    rules: Mapping[str, Rule]
    verbs: Sequence["Command"]
    abilities: Mapping[str, frozenset[Ability]]
    online: Mapping[str, bool]
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A command as it reaches its handler: who asked, and what was understood.

    `person` is None for somebody who is not in the register, or is there on an owner's word only;
    only ANYBODY's commands get one.
    """

    event: CommandGiven
    person: Person | None
    verb: str
    numbers: tuple[int, ...]
    rest: str = field(repr=False)
    tail: str = field(repr=False)


Handler = Callable[[Context[Any], Any], Iterable[Action]]
Answerer = Callable[[Context[Any], Asked], Iterable[Action]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """A handler of one kind of event."""

    kind: type[Event]
    handle: Handler


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A verb in the private chat, who may use it, and the line that 帮助 shows."""

    verb: str
    handle: Answerer
    by: tuple[Role, ...]
    help: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """A recurring duty; `last_slot(now)` names the latest slot that should have begun."""

    job: str
    handle: Handler
    weekday: int | None = None
    at: time | None = None
    every_minutes: int | None = None

    def last_slot(self, local: datetime) -> str:
        """Return the slot of a local moment: a day (with a week for weekly), or a minute.

        Before the day's hour the slot is yesterday's, which a newly started bot does not owe.
        """
        if self.every_minutes is not None:
            minutes = int(local.timestamp()) // 60 // self.every_minutes * self.every_minutes
            return str(minutes)
        day: date = local.date()
        if self.at is not None and local.time() < self.at:
            day = date.fromordinal(day.toordinal() - 1)
        if self.weekday is not None:
            day = date.fromordinal(day.toordinal() - (day.weekday() - self.weekday) % 7)
        return day.isoformat()


@dataclass(frozen=True, kw_only=True, slots=True)
class NoSettings:
    """The settings of a workflow that has none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Workflow:
    """One duty of the regulation: what it listens to, its commands and its schedules."""

    name: str
    settings: type[Any] = NoSettings
    listens: tuple[Listener, ...] = ()
    commands: tuple[Command, ...] = ()
    schedules: tuple[Schedule, ...] = ()


def on(kind: type[E], handle: Callable[[Context[Any], E], Iterable[Action]]) -> Listener:
    """Listen to one kind of event."""
    return Listener(kind=kind, handle=handle)


def command(
    verb: str,
    handle: Answerer,
    *,
    by: tuple[Role, ...] = COMMANDERS,
    help: str,  # noqa: A002
) -> Command:
    """Answer a verb written in private; `help` is the line that 帮助 shows."""
    return Command(verb=verb, handle=handle, by=by, help=help)


def daily(at: str, job: str, handle: Handler) -> Schedule:
    """Do something every day at HH:MM in Asia/Shanghai."""
    return Schedule(job=job, handle=handle, at=time.fromisoformat(at))


def weekly(day: int, at: str, job: str, handle: Handler) -> Schedule:
    """Do something every week: `day` 0 is Monday; at HH:MM in Asia/Shanghai."""
    return Schedule(job=job, handle=handle, weekday=day, at=time.fromisoformat(at))


def every(minutes: int, job: str, handle: Handler) -> Schedule:
    """Do something every so many minutes."""
    return Schedule(job=job, handle=handle, every_minutes=minutes)

"""A worker at its desk: the real store and decider, letters kept, a clock that stands still."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from bot.bootstrap import Plugins, clauses_for, make_engine
from bot.calendar import Calendar
from bot.metrics import Metrics
from bot.model.action import Outgoing, RegisterGroup
from bot.model.event import Event, MessagePosted
from bot.model.finding import Flagged
from bot.model.group import Person, Role
from bot.model.message import Message
from bot.people.latest import LatestRoster
from bot.pipeline.decide import Decider
from bot.pipeline.screen import Screen, Screened, SlowScreening, screened
from bot.pipeline.worker import Arrived, Tick, Worker
from bot.plugin import Context, Office, Workflow
from bot.vault import Vault
from storage.database import Connection, open_store
from storage.outbox import Letter
from storage.unit_of_work import UnitOfWork

MORNING = datetime(2026, 11, 18, 1, 30, tzinfo=UTC)  # a Wednesday, 09:30 in Shanghai
ACCOUNT, PLACE = "qq:10001", "700001"
GROUP = 1
OWNER, LEADER, COMMITTEE, DUTY, MEMBER = "20011", "20001", "20003", "20004", "20013"
HOURS = ((time(9), time(12)), (time(14), time(18)))
GAMBLING = "线上百家乐真人开户送88元，下注稳赚，加微信 demo8888"


@dataclass
class StandingClock:
    """A clock that moves only when told."""

    moment: datetime = MORNING

    def now(self) -> datetime:
        """Return the moment."""
        return self.moment

    def move(self, **by: float) -> None:
        """Move on."""
        self.moment += timedelta(**by)


@dataclass
class Desk:
    """A worker and what it works with; `sent` are the actions it handed on."""

    worker: Worker
    records: UnitOfWork
    clock: StandingClock
    metrics: Metrics
    sent: list[Outgoing] = field(default_factory=list)

    def take(self, *events: Event) -> list[Future[None]]:
        """Let events arrive in one batch; return how each ended."""
        ended: list[Future[None]] = [Future() for _ in events]
        self.worker.run_batch([Arrived(e, done) for e, done in zip(events, ended, strict=True)])
        return ended

    def tick(self, **later: float) -> None:
        """Move the clock on and ask what is due."""
        self.clock.move(**later)
        self.worker.run_batch([Tick()])

    def posted(self, number: int | str, text: str = "收到", **changes: Any) -> MessagePosted:
        """Return a message in the registered group."""
        values: dict[str, Any] = {
            "account": ACCOUNT,
            "group": PLACE,
            "id": str(number),
            "sender": MEMBER,
            "card": "预算科 张明",
            "text": text,
            "posted_at": self.clock.now(),
        }
        caught_up = changes.pop("caught_up", False)
        message = Message(**(values | changes))
        return MessagePosted(
            at=message.posted_at, account=message.account, message=message, caught_up=caught_up
        )


class Letterbox:
    """Where letters go: into a list."""

    def __init__(self, sent: list[Outgoing]) -> None:
        self._sent = sent

    def __call__(self, letters: Sequence[Letter]) -> None:
        """Keep what is sent."""
        self._sent += [letter.action for letter in letters]


def sit_down(
    folder: Path,
    loaded: Plugins,
    *,
    workflows: Sequence[Workflow] | None = None,
    settings: Mapping[str, object] | None = None,
    screen: Screen | None = None,
    slow: SlowScreening | None = None,
    cited: bool = True,
    clock: StandingClock | None = None,
    connection: Connection | None = None,
) -> Desk:
    """Return a worker over the store in a folder; the second one continues where one ended."""
    clock = clock or StandingClock()
    vault = Vault.open(folder / "vault.key", create=True)
    records = UnitOfWork(connection or open_store(folder / "qungui.db"), vault)
    find = clauses_for(loaded)
    sent: list[Outgoing] = []
    roster = LatestRoster(records.people)
    chosen = loaded.workflows if workflows is None else tuple(workflows)

    def context(settings: object) -> Context[Any]:
        return Context(
            now=clock.now(),
            settings=settings,
            calendar=Calendar({}, hours=HOURS),
            office=Office(),
            groups=records.groups,
            people=records.people,
            codes=records.codes,
            members=records.members,
            joins=records.joins,
            audits=records.audits,
            requests=records.requests,
            filings=records.filings,
            roster=roster,
            findings=records.findings,
            alerts=records.alerts,
            dialogues=records.dialogues,
            duties=records.duties,
            clauses=loaded.clauses,
            rules={rule.code: rule for rule in loaded.rules},
            verbs=tuple(each for workflow in chosen for each in workflow.commands),
            abilities={},
            online={ACCOUNT: True},
        )

    def cite(flagged: Flagged) -> tuple[str, ...]:
        return tuple(clause.code for clause in find(flagged.flag.topic)) if cited else ()

    engine = None if screen else make_engine(loaded)
    metrics = Metrics()
    worker = Worker(
        records=records,
        decider=Decider(chosen, settings or {}, context),
        screen=screen or (lambda text: screened(engine, text)),
        cite=cite,
        slow=slow or SlowScreening(lambda: lambda _: Screened()),
        clock=clock,
        metrics=metrics,
        post=Letterbox(sent),
    )
    return Desk(worker=worker, records=records, clock=clock, metrics=metrics, sent=sent)


def furnish(records: UnitOfWork) -> None:
    """Bring one group, its people and the office into the register, past its trial."""
    people = (
        (OWNER, "赵一", Role.OWNER),
        (LEADER, "钱二", Role.LEADER),
        (COMMITTEE, "孙三", Role.COMMITTEE),
        (DUTY, "李四", Role.DUTY),
    )
    records.groups.register(
        RegisterGroup(
            id=GROUP,
            platform="qq",
            platform_id=PLACE,
            account=ACCOUNT,
            name="预算科工作群",
            unit="预算科",
        ),
        MORNING,
    )
    for number, (user, name, role) in enumerate(people, start=1):
        records.people.enrol(Person(id=number, name=name), "qq", user, MORNING)
        records.groups.appoint(number, role, None if role.of_office else GROUP, MORNING)

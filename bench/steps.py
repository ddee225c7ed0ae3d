"""Where the time goes: the steps of an ordinary message, and what one alert costs on its way out."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from statistics import median
from typing import Any

from bench.frames import ACCOUNT, group_messages
from bench.office import an_office
from bench.table import Benchmark, Table, times
from bench.throughput import one_core
from bot.adapters.onebot import decode
from bot.bootstrap import load_plugins, make_engine
from bot.clock import SystemClock
from bot.model.event import Event, OutcomeState
from bot.pipeline.screen import screened
from bot.pipeline.worker import Arrived, SendingBegins, SendingEnded, Tick
from storage.outbox import Letter
from storage.unit_of_work import UnitOfWork

MESSAGES, ALERTS, BATCH, GROUPS = 20_000, 500, 500, 10
_GAMBLING = "线上百家乐真人开户送88元，下注稳赚，加微信 demo8888"
_SETTINGS = {"merge_minutes": 0, "flood_count": 1_000_000}


class Letters:
    """A post that keeps what it is given."""

    def __init__(self) -> None:
        self.kept: list[Letter] = []

    def __call__(self, letters: Sequence[Letter]) -> None:
        """Keep letters."""
        self.kept += letters

    def online(self) -> Mapping[str, bool]:
        """Return the one account."""
        return {ACCOUNT: True}

    def abilities(self) -> Mapping[str, Any]:
        """Return no abilities."""
        return {}


class Timed:
    """A connection that adds up what its commits take."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.seconds = 0.0
        self.commits = 0

    def execute(self, sql: str, *values: Any) -> Any:
        """Run one statement."""
        if sql != "COMMIT":
            return self._connection.execute(sql, *values)
        begun = time.perf_counter()
        done = self._connection.execute(sql)
        self.seconds += time.perf_counter() - begun
        self.commits += 1
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def run(scale: float) -> Table:
    """Measure each step by itself, in one thread on one core."""
    logging.disable(logging.CRITICAL)
    with one_core():
        rows = [*_ordinary(times(MESSAGES, scale, least=BATCH)), *_alert(times(ALERTS, scale))]
    return Table(
        title="steps: where the time goes, one thread, one core",
        head=("step", "µs", "of it the commit µs"),
        rows=[
            (name, f"{total:,.1f}", f"{commit:,.1f}" if commit else "")
            for name, total, commit in rows
        ],
        verdict="no target; the budgets above are made of these",
        notes=(
            f"an ordinary message: the mean over batches of {BATCH}",
            "an alert: the median of single ones, each a batch and a commit of its own",
        ),
    )


_Row = tuple[str, float, float]


def _ordinary(count: int) -> list[_Row]:
    loaded, clock = load_plugins(), SystemClock()
    engine = make_engine(loaded)
    frames = group_messages(count, groups=GROUPS, one_violation_in=0)
    events: list[Any] = []

    def read() -> None:
        events.extend(decode(frame, account=ACCOUNT, now=clock.now()) for frame in frames)

    def look() -> None:
        for event in events:
            screened(engine, event.message.readable)

    def work() -> None:
        for start in range(0, count, BATCH):
            office.worker.run_batch([Arrived(event) for event in events[start : start + BATCH]])

    with an_office(loaded, groups=GROUPS, post=Letters(), around=_timed) as office:
        timer: Any = office.records.connection
        look_twice = [
            _took(read) / count * 1e6,
            _took(look) / count * 1e6,
            _took(look) / count * 1e6,
        ]
        timer.seconds = 0.0
        worked = _took(work) / count * 1e6
    return [
        ("message: decode", look_twice[0], 0.0),
        ("message: screen", look_twice[2], 0.0),
        ("message: worker (identify, screen, decide, record)", worked, timer.seconds / count * 1e6),
    ]


def _alert(count: int) -> list[_Row]:
    loaded, clock = load_plugins(), SystemClock()
    post = Letters()
    found: dict[str, list[tuple[float, float]]] = {}

    def step(name: str, item: Any) -> None:
        before = timer.seconds
        took = _took(lambda: office.worker.run_batch([item]))
        found.setdefault(name, []).append((took * 1e6, (timer.seconds - before) * 1e6))

    frames = group_messages(count, groups=GROUPS, one_violation_in=1, violation=_GAMBLING)
    with an_office(loaded, groups=GROUPS, post=post, around=_timed, alerts=_SETTINGS) as office:
        timer: Any = office.records.connection
        for frame in frames:
            post.kept.clear()
            event = decode(frame, account=ACCOUNT, now=clock.now())
            assert isinstance(event, Event)
            step("alert: message to outbox row", Arrived(event))
            (letter,) = post.kept
            step("alert: keep that the send begins", SendingBegins(letter.id, Future()))
            step("alert: settle the send", SendingEnded(letter, OutcomeState.DONE, message_id="1"))
        for _ in range(10):
            step("the alarm clock asks what is due", Tick())
    return [
        (name, median(took for took, _ in each), median(commit for _, commit in each))
        for name, each in found.items()
    ]


def _timed(records: UnitOfWork) -> UnitOfWork:
    raw: Any = Timed(records.connection)
    return UnitOfWork(raw, records.inbox._seal)  # noqa: SLF001 - the same vault


def _took(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


BENCHMARK = Benchmark(name="steps", run=run)

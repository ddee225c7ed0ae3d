"""Filing in a large office: every group renamed in one list, each noticed and opened as a filing."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta

from bench.frames import ACCOUNT, FIRST_GROUP
from bench.office import an_office
from bench.table import Benchmark, Table, times
from bot.bootstrap import load_plugins
from bot.clock import SystemClock
from bot.model.event import GroupsDrawn
from bot.model.group import GroupListing
from bot.pipeline.worker import Arrived, Tick
from storage.unit_of_work import UnitOfWork

GROUPS, SECONDS = 10_000, 120.0


def run(scale: float) -> Table:
    """Register groups, let one list show a new name of each, and measure until all are filings."""
    logging.disable(logging.CRITICAL)
    groups = times(GROUPS, scale, least=10)
    with an_office(load_plugins(), groups=groups, post=_Nowhere()) as office:
        worker, records = office.worker, office.records
        drawn = GroupsDrawn(
            at=SystemClock().now() + timedelta(minutes=1),
            account=ACCOUNT,
            groups=tuple(
                GroupListing(platform_id=str(FIRST_GROUP + index), name=f"新{index + 1}工作群")
                for index in range(groups)
            ),
        )
        seconds, busy = _timed(lambda done: worker.run_batch([Arrived(drawn, done)]))
        ticks, _ = _timed(lambda done: worker.run_batch([Tick(done)]))
        opened, waiting = _counted(records)
        assert opened == groups, f"{opened} of {groups} are filings"
    return Table(
        title="filing: every group of a large office renamed in one list",
        head=("groups", "filings", "waiting", "seconds", "of it CPU", "next tick"),
        rows=[
            (
                f"{groups:,}",
                f"{opened:,}",
                str(waiting),
                f"{seconds:.1f}",
                f"{busy:.1f}",
                f"{ticks:.1f} s",
            )
        ],
        verdict=f"{seconds:.1f} s (target: {SECONDS:.0f} s)",
        notes=(
            "noticed from one GroupsDrawn, opened with its term, its change and its history sealed",
            "through the worker, in as many batches as it makes of it itself",
        ),
    )


def _timed(work: Callable[[Future[None]], None]) -> tuple[float, float]:
    started, begun = time.perf_counter(), time.process_time()
    done: Future[None] = Future()
    work(done)
    done.result(timeout=0)
    return time.perf_counter() - started, time.process_time() - begun


def _counted(records: UnitOfWork) -> tuple[int, int]:
    opened, waiting = (
        records.connection.execute(query).fetchone()[0]
        for query in (
            "SELECT count(*) FROM filings WHERE state = 'noticed'",
            "SELECT count(*) FROM inbox WHERE state = 'waiting'",
        )
    )
    return int(opened), int(waiting)


class _Nowhere:
    """Where letters go: the outbox has them."""

    def __call__(self, letters: object) -> None:
        pass

    def online(self) -> dict[str, bool]:
        return {ACCOUNT: True}

    def abilities(self) -> dict[str, frozenset[str]]:
        return {}


BENCHMARK = Benchmark(name="filing", run=run)

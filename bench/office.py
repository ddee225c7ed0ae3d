"""An office of any size for benchmarks: a store on disk, registered groups, a real worker."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.frames import ACCOUNT, FIRST_GROUP
from bot.adapters.onebot import OneBotSettings
from bot.bootstrap import Plugins, make_calendar, make_worker, opened
from bot.clock import SystemClock
from bot.config import Config
from bot.metrics import Metrics
from bot.model.event import Event, GroupSubmitted, OfficeRoleGiven, PersonNamed
from bot.model.group import Role
from bot.pipeline.worker import Arrived, Worker
from storage.unit_of_work import UnitOfWork

PLATFORM = "qq"


@dataclass(frozen=True, kw_only=True)
class Office:
    """A worker over a store with registered groups; nothing is sent, letters stay in the outbox."""

    worker: Worker
    records: UnitOfWork
    metrics: Metrics
    config: Config


@contextlib.contextmanager
def an_office(
    loaded: Plugins,
    *,
    groups: int,
    post: Any,
    around: Callable[[UnitOfWork], UnitOfWork] = lambda records: records,
    alerts: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[Office]:
    """Open a temporary store, register the groups without trial, and make their worker."""
    with tempfile.TemporaryDirectory(prefix="qungui-bench-") as folder:
        kinds = loaded.workflow_settings
        config = Config.default_for_sandbox(
            folder=Path(folder),
            settings=OneBotSettings(way="forward", url="ws://127.0.0.1:1"),
            token="unused",
            workflows={
                "registration": kinds["registration"](trial_working_days=0),
                "alerts": kinds["alerts"](**alerts),
            },
        )
        with opened(config) as opened_records:
            records = around(opened_records)
            clock, metrics = SystemClock(), Metrics()
            worker = make_worker(
                records,
                config,
                loaded,
                clock=clock,
                calendar=make_calendar(config),
                metrics=metrics,
                post=post,
            )
            submit_all(worker, registrations(groups, clock))
            yield Office(worker=worker, records=records, metrics=metrics, config=config)


def submit_all(worker: Worker, events: Sequence[Event]) -> None:
    """Run events through a worker that has not been started; what goes wrong is raised."""
    for start in range(0, len(events), 500):
        some = events[start : start + 500]
        waiting: list[Future[None]] = [Future() for _ in some]
        worker.run_batch([Arrived(event, done) for event, done in zip(some, waiting, strict=True)])
        for done in waiting:
            done.result(timeout=0)


def registrations(groups: int, clock: SystemClock) -> list[Event]:
    """Return the events that register groups, each with an owner of its own."""
    leader = PersonNamed(name="韩逸舟", unit="局领导", user="20001")
    now = clock.now()
    roles: list[Event] = [
        OfficeRoleGiven(
            at=now,
            role=role.value,
            platform=PLATFORM,
            person=PersonNamed(name=name, unit="机关", user=user),
        )
        for role, name, user in (
            (Role.COMMITTEE, "沈若溪", "20003"),
            (Role.DUTY, "贺云帆", "20004"),
        )
    ]
    return roles + [
        GroupSubmitted(
            at=now,
            platform=PLATFORM,
            platform_id=str(FIRST_GROUP + index),
            account=ACCOUNT,
            name=f"第{index + 1}工作群",
            unit="预算科",
            approver=leader.name,
            owner=PersonNamed(name=f"陆知远{index}", unit="预算科", user=str(1_000_000 + index)),
            administrators=(),
            leader=leader,
            filed_as="机备1",  # else each would be a filing to open
        )
        for index in range(groups)
    ]

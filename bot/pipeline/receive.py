"""Receive: the one door in, from the event loop to the worker; one supervised task per account."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from bot.log import event_logger
from bot.model.event import AccountConnected, Event
from bot.model.port import Adapter, Inflow
from bot.pipeline.worker import Arrived, Ask, Tick, Worker
from storage.unit_of_work import UnitOfWork

T = TypeVar("T")

FULL = 20_000
_RESTART_SECONDS = (1.0, 60.0)
_log = event_logger("qungui.receive")


class Door:
    """Takes events from adapters, people and the clock; waits while the worker is behind."""

    def __init__(self, worker: Worker, connected: Callable[[], None]) -> None:
        self._worker = worker
        self._connected = connected

    async def put(self, event: Event) -> None:
        """Hand over one event; what waited for an account goes out once it is there."""
        if isinstance(event, AccountConnected):
            self._connected()
        self._worker.submit(Arrived(event))
        # The worker is a thread: there is no event of this loop to wait for.
        while self._worker.waiting > FULL:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def put_and_wait(self, event: Event) -> None:
        """Hand over one event and return once it is committed."""
        done: Future[None] = Future()
        self._worker.submit(Arrived(event, done))
        await asyncio.wrap_future(done)

    async def tick(self) -> None:
        """Ask what is due, and return once that is committed."""
        done: Future[None] = Future()
        self._worker.submit(Tick(done))
        await asyncio.wrap_future(done)

    async def read(self, read: Callable[[UnitOfWork], T]) -> T:
        """Read the records in the worker's thread, after all that came before."""
        found: list[T] = []
        done: Future[None] = Future()
        self._worker.submit(Ask(lambda records: found.append(read(records)), done))
        await asyncio.wrap_future(done)
        return found[0]


async def supervise(adapter: Adapter, inflow: Inflow) -> None:
    """Run an adapter; one that raises is a bug: it is said, and started again after a while."""
    wait, longest = _RESTART_SECONDS
    while True:
        try:
            await adapter.run(inflow)
        except Exception as error:
            _log.fault("adapter ended", error, adapter=adapter.name)
        await asyncio.sleep(wait)
        wait = min(wait * 2, longest)

"""One account of ours behind a real wechaty gateway, and what it tells."""

# ruff: noqa: D102 - the names say it

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.wechaty.adapter import WechatyAdapter
from bot.adapters.wechaty.settings import Timing, WechatySettings
from bot.clock import SystemClock
from bot.model.event import (
    AccountConnected,
    MessagePosted,
)
from tests.adapters.peer import EventType, Inbox
from tests.peers.wechaty_gateway import (
    BOT,
    CURRENT,
    OLD,
    WechatyGateway,
)

ACCOUNT = f"wechat:{BOT}"
QUICK = Timing(ready=0, backoff=0.05, backoff_limit=0.2, refused_limit=0.2, between_parts=0)
HASTY = replace(QUICK, answer=0.5, again=0.01, rest=0.5)
both = pytest.mark.parametrize("generation", [OLD, CURRENT])


class Patient(Inbox):
    """Waits long: a gateway takes its time on a busy machine."""

    async def wait_for(self, kind: type[EventType], times: int = 1) -> EventType:
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: len(self.of(kind)) >= times)
        return self.of(kind)[times - 1]

    async def wait_for_text(self, text: str) -> MessagePosted:
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: text in self.texts())
        return next(each for each in self.of(MessagePosted) if each.message.text == text)

    def texts(self) -> list[str]:
        return [each.message.text for each in self.of(MessagePosted)]


class Counts:
    """Counts as the metrics do, and lets a test wait for one."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self._came = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, kind: str, reason: str) -> None:
        self.told.append((kind, reason))
        task = asyncio.ensure_future(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait_for(self, kind: str, reason: str, times: int = 1) -> None:
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: self.told.count((kind, reason)) >= times)

    async def _tell(self) -> None:
        async with self._came:
            self._came.notify_all()


def an_adapter(gateway: WechatyGateway, folder: Path, **changes: object) -> WechatyAdapter:
    stated = {"endpoint": gateway.endpoint, **changes.pop("settings", {})}
    given = {
        "settings": WechatySettings(**stated),
        "token": gateway.token,
        "folder": folder,
        "out": lambda _: None,
        "clock": SystemClock(),
        "count": lambda *_: None,
        "timing": QUICK,
        **changes,
    }
    return WechatyAdapter("微信号", **given)


@contextlib.asynccontextmanager
async def running(adapter: WechatyAdapter, *, connected: bool = True) -> AsyncIterator[Patient]:
    inbox = Patient()
    task = asyncio.create_task(adapter.run(inbox))
    try:
        if connected:
            waiting = asyncio.create_task(inbox.wait_for(AccountConnected))
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                waiting.cancel()
            else:
                await waiting
        yield inbox
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

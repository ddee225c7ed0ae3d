"""One account of ours at a stand-in web WeChat, and what it tells."""

# ruff: noqa: D102 - the names say it

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from bot.adapters.itchat.adapter import ItchatAdapter
from bot.adapters.itchat.settings import ItchatSettings, Timing
from bot.model.action import (
    DrawMembers,
    SayInGroup,
)
from bot.model.event import (
    AccountConnected,
    Event,
    MembersDrawn,
    OutcomeState,
)
from tests.adapters.peer import FixedClock, Inbox, Sleeps
from tests.peers.web_wechat.server import WebWechat

pytest.importorskip("itchat", reason="needs itchat-uos")


EventType = TypeVar("EventType", bound=Event)
ACCOUNT = "wechat:office1"
GROUP = "room:预算科工作群"
QUICK = Timing(connect=5, answer=5, poll=5, silence=30, give_up=60, backoff=1, between_parts=0)
IMPATIENT = replace(QUICK, poll=0.5, silence=0.8, give_up=60)


class Letters(Inbox):
    """An inbox that waits as long as threads and long polls of a busy machine may take."""

    async def wait_for(self, kind: type[EventType], times: int = 1) -> EventType:
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: len(self.of(kind)) >= times)
        return self.of(kind)[times - 1]


class Screen:
    """A terminal that a test can wait for: `texts` are what was shown."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._shown = asyncio.Event()

    def __call__(self, text: str) -> None:
        self.texts.append(text)
        self._shown.set()

    async def shows(self, times: int = 1) -> None:
        async with asyncio.timeout(60):
            while len(self.texts) < times:
                self._shown.clear()
                await self._shown.wait()


def a_world(peer: WebWechat) -> WebWechat:
    peer.world.friend("wang", "王小明")
    peer.world.friend("li", "李小红")
    peer.world.friend("zhao", "赵强")
    peer.world.friend("news", "某公众号", public=True)
    peer.world.room("budget", "预算科工作群", "wang=预算科 王小明", "li")
    return peer


@pytest.fixture
def peer() -> Iterator[WebWechat]:
    with WebWechat() as peer:
        yield a_world(peer)


@pytest.fixture
def telephone() -> Iterator[WebWechat]:
    """Return a service that waits until somebody scans."""
    with WebWechat(scans=False) as peer:
        yield a_world(peer)


@pytest.fixture
def an_adapter(tmp_path: Path) -> Callable[..., ItchatAdapter]:
    def make(peer: WebWechat, name: str = "微信号", **changes: object) -> ItchatAdapter:
        stated = {"self_id": "office1", "server": peer.url}
        for key in ("self_id", "nickname"):
            if key in changes:
                stated[key] = changes.pop(key)
        rest: dict[str, object] = {
            "settings": ItchatSettings(**stated),  # type: ignore[arg-type]
            "folder": tmp_path,
            "out": lambda _: None,
            "clock": FixedClock(),
            "count": lambda *_: None,
            "timing": QUICK,
            "sleep": Sleeps(),
            "chance": lambda: 1.0,
            **changes,
        }
        return ItchatAdapter(name, **rest)  # type: ignore[arg-type]

    return make


@contextlib.asynccontextmanager
async def running(adapter: ItchatAdapter, *, connected: bool = True) -> AsyncIterator[Letters]:
    """Run an adapter while a test looks at what it hands over."""
    inbox = Letters()
    task = asyncio.create_task(adapter.run(inbox))
    try:
        if connected:
            await inbox.wait_for(AccountConnected)
        yield inbox
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def drawn(adapter: ItchatAdapter, group: str = GROUP) -> MembersDrawn:
    outcome = await adapter.perform(DrawMembers(account=ACCOUNT, group=group))
    assert outcome.state is OutcomeState.DONE, outcome.reason
    return next(each for each in outcome.answers if isinstance(each, MembersDrawn))


async def user_of(adapter: ItchatAdapter, nickname: str) -> str:
    members = (await drawn(adapter)).members
    return next(each.user for each in members if each.nickname == nickname)


def in_group(text: str = "请遵守群规 7", **fields: object) -> SayInGroup:
    return SayInGroup(account=ACCOUNT, group=GROUP, text=text, **fields)

"""A stage for journeys: the whole bot, connected to the sandbox, at a known moment."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Plugins, load_plugins
from bot.calendar import SHANGHAI
from bot.pipeline.deliver import Pace
from bot.playground import Playground, playground
from storage.unit_of_work import UnitOfWork

BUDGET, TREASURY, NOTICES, PRIVATE_PARTY = 700001, 700002, 700003, 700009
BOT = 10001
LEADER, COMMITTEE, DUTY = 20001, 20003, 20004
OWNER, ADMINISTRATOR, ZHANG, CHENG, FANG, STRANGER = 20011, 20012, 20013, 20014, 20015, 20016
TREASURY_OWNER, MENG = 20021, 20022

GAMBLING = "线上百家乐真人开户送88元，下注稳赚，加微信 demo8888"
SECRET = "请按机密★10年的那份办"
MOBILE = "王大明的手机是13812345678，有事打他"
LINK = "点这里领取补贴 http://icbc.com.login-verify.tk/a.apk"

MORNING = datetime(2026, 11, 18, 9, 30, tzinfo=SHANGHAI)  # a Wednesday, in working hours


@dataclass
class Stage:
    """What a journey does and sees."""

    play: Playground

    @property
    def world(self) -> Any:
        """The chat world."""
        return self.play.sandbox.world

    def post(self, user: int, text: str, group: int = BUDGET) -> int:
        """Somebody writes in a group."""
        return self.world.post(user, group, text)

    def tell(self, user: int, text: str) -> int:
        """Somebody writes to the bot in private."""
        return self.world.say(user, BOT, text)

    def read(self, user: int) -> list[str]:
        """Return what the bot has written to somebody in private, oldest first."""
        return [post.text for post in self.world.inbox_of(user)]

    def posted(self, group: int = BUDGET) -> list[str]:
        """Return what the bot has posted in a group, oldest first."""
        return [post.text for post in self.world.posts_in(group) if post.sender == BOT]

    async def comes(self, user: int, *parts: str, seconds: float = 5.0) -> str:
        """Wait for a private message to somebody that contains all parts, and return it."""

        def found(_: object) -> bool:
            return any(all(part in text for part in parts) for text in self.read(user))

        assert await self.play.sandbox.until(found, timeout=seconds), (parts, self.read(user))
        return next(t for t in reversed(self.read(user)) if all(part in t for part in parts))

    async def appears(self, *parts: str, group: int = BUDGET, seconds: float = 5.0) -> str:
        """Wait for a post of the bot in a group that contains all parts, and return it."""

        def found(_: object) -> bool:
            return any(all(part in text for part in parts) for text in self.posted(group))

        assert await self.play.sandbox.until(found, timeout=seconds), (parts, self.posted(group))
        return next(t for t in reversed(self.posted(group)) if all(part in t for part in parts))

    async def settled(self) -> None:
        """Wait until the worker has nothing left and what it sent was settled."""
        for _ in range(3):
            await self.play.bot.door.read(lambda _: None)
            deadline = asyncio.get_running_loop().time() + 5
            while await self.play.bot.door.read(
                lambda records: (
                    records.outbox.counts().get("sending", 0)
                    + records.outbox.counts().get("waiting", 0)
                )
            ):
                assert asyncio.get_running_loop().time() < deadline, "sends do not settle"
                await asyncio.sleep(0.01)

    async def later(self, **by: float) -> None:
        """Move the clock forward and do what falls due."""
        await self.play.clock.advance(timedelta(**by).total_seconds())
        await self.settled()

    async def until(self, moment: datetime) -> None:
        """Move the clock forward to a moment."""
        await self.later(seconds=(moment - self.play.clock.now()).total_seconds())

    async def heard(self) -> None:
        """Wait until the bot has handled all that was written so far, and what came of it."""
        before = len(self.read(FANG))
        self.tell(FANG, "群规")

        def answered(_: object) -> bool:
            return len(self.read(FANG)) > before

        assert await self.play.sandbox.until(answered, timeout=20), "the bot does not answer"
        await self.settled()

    async def records(self, read: Callable[[UnitOfWork], Any]) -> Any:
        """Read the records."""
        return await self.play.bot.door.read(read)


Journey = Callable[[Stage], Awaitable[None]]


@pytest.fixture(scope="session")
def loaded() -> Plugins:
    """Every plugin, read once."""
    return load_plugins()


@pytest.fixture
def on_stage(loaded: Plugins, tmp_path: Path) -> Callable[..., None]:
    """Run a journey: `on_stage(journey, alerts=AlertSettings(...), starts_at=...)`."""

    @contextlib.asynccontextmanager
    async def stage(
        starts_at: datetime, pace: Pace, settings: dict[str, object], using: Plugins
    ) -> AsyncIterator[Stage]:
        async with playground(
            using,
            folder=tmp_path / "data",
            starts_at=starts_at.astimezone(UTC),
            pace=pace,
            settings=settings,
            alarm=False,
        ) as play:
            assert await play.ready(), "the bot did not greet every registered group"
            made = Stage(play=play)
            await made.settled()
            yield made

    def run(
        journey: Callable[[Stage], Coroutine[Any, Any, None]],
        *,
        starts_at: datetime = MORNING,
        pace: Pace | None = None,
        using: Plugins | None = None,
        **settings: object,
    ) -> None:
        async def whole() -> None:
            quick = pace or Pace(between=0.0, look_after=(0.05, 0.1), offline=0.05)
            async with stage(starts_at, quick, settings, using or loaded) as made:
                await journey(made)

        asyncio.run(asyncio.wait_for(whole(), 60))

    return run


@pytest.fixture
def on_site(loaded: Plugins, tmp_path: Path) -> Callable[..., None]:
    """Run a journey in which bots come and go: `on_site(journey, heartbeat=0.05)`."""
    from tests.journeys.site import a_site

    def run(journey: Callable[[Any], Coroutine[Any, Any, None]], **options: Any) -> None:
        async def whole() -> None:
            async with a_site(loaded, tmp_path, **options) as site:
                await journey(site)

        asyncio.run(asyncio.wait_for(whole(), 120))

    return run

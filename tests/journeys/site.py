"""A site for journeys: a sandbox that stays while bots come and go on one store."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import SecretStr

from bot.adapters.onebot import OneBotSettings, Timing
from bot.bootstrap import Bot, Plugins, opened
from bot.config import Account, Config
from bot.config import Office as OfficeSettings
from bot.config import Store as StoreSettings
from bot.config import Web as WebSettings
from bot.model.event import Event
from bot.pipeline.deliver import Pace
from bot.playground import Playground, SandboxClock, registrations
from bot.sandbox.server import SandboxServer
from tests.journeys.conftest import BOT, MORNING, Stage

QUICK = Timing(
    settle=0.0, between_parts=0.0, backoff=0.05, backoff_limit=0.2, answer=2.0, closing=0.2
)
AT_ONCE = Pace(between=0.0, look_after=(0.05, 0.1), offline=0.02)
PATIENCE = 20.0


@dataclass
class Site:
    """A sandbox with its clock, and the folder in which one bot after the other keeps its store."""

    sandbox: SandboxServer
    clock: SandboxClock
    folder: Path
    loaded: Plugins

    @property
    def world(self) -> Any:
        """The chat world."""
        return self.sandbox.world

    def account(self, bot: int = BOT, *, token: str = "", **changes: Any) -> Account:
        """Return how a bot reaches one of its accounts in the sandbox."""
        reach: dict[str, Any] = {
            "way": "forward",
            "url": f"{self.sandbox.ws_url}?self_id={bot}",
            "self_id": str(bot),
        }
        return Account(
            name=f"账号{bot}",
            platform="onebot",
            settings=OneBotSettings(**reach | changes),
            token=SecretStr(token or self.sandbox.token),
            pace_seconds=0,
        )

    def config(self, *accounts: Account, **settings: object) -> Config:
        """Return the configuration of a bot on this site's store."""
        kinds = self.loaded.workflow_settings
        chosen = {"registration": kinds["registration"](trial_working_days=0)} | settings
        return Config(
            office=OfficeSettings(name="云江市财政局", contact="机关党委 8001"),
            store=StoreSettings(folder=self.folder),
            web=WebSettings(port=0),
            accounts=accounts or (self.account(),),
            workflows=MappingProxyType(chosen),
        )

    def quick_alerts(self) -> Any:
        """Return settings by which every finding is an alert of its own, told at once."""
        kind = self.loaded.workflow_settings["alerts"]
        return kind(merge_minutes=0, flood_count=10_000, caught_up_seconds=1)

    @contextlib.asynccontextmanager
    async def bot(
        self,
        *accounts: Account,
        timing: Timing = QUICK,
        pace: Pace = AT_ONCE,
        register: Iterable[Event] = (),
        loaded: Plugins | None = None,
        **settings: object,
    ) -> AsyncIterator[Stage]:
        """Run a bot on the store until the block ends."""
        bot = Bot(
            self.config(*accounts, **settings),
            loaded or self.loaded,
            clock=self.clock.clock,
            timing=timing,
            pace=pace,
            alarm=False,
        )
        async with bot.running():
            self.clock.bot = bot
            for event in register:
                await bot.door.put_and_wait(event)
            try:
                yield Stage(play=Playground(bot=bot, sandbox=self.sandbox, clock=self.clock))
            finally:
                self.clock.bot = None

    def registrations(self) -> list[Event]:
        """Return the events that register the invented office."""
        return registrations(self.sandbox.office, self.clock.now())

    @contextlib.asynccontextmanager
    async def registered(self, *accounts: Account, **options: Any) -> AsyncIterator[Stage]:
        """Run a bot that has registered the office, greeted every group and told its owners."""
        async with self.bot(*accounts, register=self.registrations(), **options) as stage:
            assert await stage.play.ready(PATIENCE), "the bot did not greet every group"
            await stage.settled()
            yield stage

    def records(self, read: Callable[[Any], Any]) -> Any:
        """Read the records while no bot runs."""
        with opened(self.config()) as records:
            return read(records)


@contextlib.asynccontextmanager
async def a_site(
    loaded: Plugins, folder: Path, *, starts_at: datetime = MORNING, heartbeat: float = 30.0
) -> AsyncIterator[Site]:
    """Open a site; its clock begins at a moment and runs with the machine's."""
    clock = SandboxClock(starts_at.astimezone(UTC))
    async with SandboxServer(control=clock, heartbeat=heartbeat) as sandbox:
        yield Site(sandbox=sandbox, clock=clock, folder=folder / "data", loaded=loaded)


async def becomes(look: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> bool:
    """Wait until a look says yes; for what no chat event announces."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await look():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True

"""A site for journeys over web WeChat: the real itchat against a stand-in of the service."""

import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import SecretStr

from bot.adapters.itchat.settings import ItchatSettings, Timing
from bot.bootstrap import Bot, Plugins
from bot.clock import MovableClock
from bot.config import Account, Config
from bot.config import Office as OfficeSettings
from bot.config import Store as StoreSettings
from bot.config import Web as WebSettings
from bot.model.event import CodesIssued, GroupSubmitted, PersonNamed, RosterSubmitted
from bot.model.roster import RosterRow
from bot.people.codes import new_code, shown_code
from bot.pipeline.deliver import Pace
from storage.unit_of_work import UnitOfWork
from tests.journeys.site import becomes
from tests.peers.web_wechat.server import WebWechat

ACCOUNT: Final = "wechat:office1"
ROOM: Final = "room:预算科工作群"
OWNER, ADMINISTRATOR, LEADER = "王小明", "李小红", "赵强"
QUICK: Final = Timing(
    connect=10, answer=10, poll=10, silence=60, give_up=120, backoff=0.05, between_parts=0
)
AT_ONCE: Final = Pace(between=0.0, look_after=(0.05, 0.1), offline=0.02)
PATIENCE: Final = 30.0


@dataclass
class ItchatSite:
    """A running bot on web WeChat; `codes` are each person's codes that were not used yet."""

    bot: Bot
    peer: WebWechat
    clock: MovableClock
    codes: dict[str, list[str]] = field(default_factory=dict)

    def post(self, who: str, text: str, room: str = "budget") -> str:
        """Somebody writes in a room; return the message's id."""
        return self.peer.post(room, who, text, CreateTime=int(self.clock.now().timestamp()))

    def tell(self, who: str, text: str) -> None:
        """Somebody writes to the bot in private."""
        self.peer.post(None, who, text, CreateTime=int(self.clock.now().timestamp()))

    def prove(self, who: str, name: str) -> None:
        """Somebody gives his next code in private."""
        self.tell(who, f"实名 {shown_code(self.codes[name].pop(0))}")

    def read(self, who: str) -> list[str]:
        """Return what the bot wrote to somebody in private, oldest first, over all logins."""
        names = {f"@{self._hash(login, who)}" for login in range(1, self.peer.world.login + 1)}
        return [text for to, text in list(self.peer.sent) if to in names]

    def posted(self, room: str = "budget") -> list[str]:
        """Return what the bot wrote in a room, oldest first, over all logins."""
        names = {f"@@{self._hash(login, room)}" for login in range(1, self.peer.world.login + 1)}
        return [text for to, text in list(self.peer.sent) if to in names]

    async def comes(self, who: str, *parts: str, times: int = 1) -> str:
        """Wait for a private message to somebody that contains all parts; return the latest."""
        return await self._said(lambda: self.read(who), parts, times)

    async def appears(self, *parts: str, room: str = "budget") -> str:
        """Wait for a post of the bot in a room that contains all parts; return the latest."""
        return await self._said(lambda: self.posted(room), parts, 1)

    async def later(self, **by: float) -> None:
        """Move the clock forward and do what falls due."""
        self.clock.move(timedelta(**by))
        await self.bot.door.tick()
        await self.settled()

    async def settled(self) -> None:
        """Wait until what was to be sent was settled, and what came of it."""

        async def nothing_waits() -> bool:
            counts = await self.records(lambda records: records.outbox.counts())
            return not counts.get("sending", 0) + counts.get("waiting", 0)

        for _ in range(3):
            assert await becomes(nothing_waits, PATIENCE), "sends do not settle"

    async def heard(self) -> None:
        """Wait until the bot has handled all that was written so far, and what came of it."""
        before = sum("群规：" in text for text in self.read("zhou"))
        self.tell("zhou", "群规")
        await self.comes("zhou", "群规：", times=before + 1)
        await self.settled()

    async def logs_in_again(self) -> None:
        """Let another login kick the account, which is scanned at once."""
        before = self.peer.world.login
        self.peer.retcode("1101")

        async def is_back() -> bool:
            listed = await self.records(lambda records: records.members.drawn(1))
            works = self.bot.adapters[0].trouble is None
            return self.peer.world.login > before and works and listed is not None

        async def has_gone() -> bool:
            return self.peer.world.login > before

        assert await becomes(has_gone, PATIENCE), "no new login"
        assert await becomes(is_back, PATIENCE), self.bot.adapters[0].trouble
        await self.settled()

    async def draw(self) -> None:
        """Let the rounds draw groups and members."""
        await self.later(minutes=11)

    async def records(self, read: Callable[[UnitOfWork], Any]) -> Any:
        """Read the records."""
        return await self.bot.door.read(read)

    async def issue_codes(self, count: int = 3) -> None:
        """Print codes for everybody who is known."""
        people = await self.records(lambda records: records.people.all())
        self.codes = {each.name: [new_code(each.id) for _ in range(count)] for each in people}
        made = [(each.id, code) for each in people for code in self.codes[each.name]]
        now = self.clock.now()
        await self.bot.door.put_and_wait(
            CodesIssued(at=now, codes=tuple(made), expires_at=now + timedelta(days=90))
        )

    async def _said(self, read: Callable[[], list[str]], parts: tuple[str, ...], times: int) -> str:
        def found() -> list[str]:
            return [text for text in read() if all(part in text for part in parts)]

        async def there() -> bool:
            return len(found()) >= times

        assert await becomes(there, PATIENCE), (parts, read())
        return found()[-1]

    def _hash(self, login: int, key: str) -> str:
        return hashlib.sha256(f"{login}:{key}".encode()).hexdigest()[:32]


def populate(peer: WebWechat) -> None:
    """Let the invented office live in the world: owner wang, administrator li, leader zhao."""
    world = peer.world
    for key, name in (("wang", OWNER), ("li", ADMINISTRATOR), ("zhao", LEADER)):
        world.friend(key, name)
    world.friend("zhou", "周末愉快")
    world.room(
        "budget", "预算科工作群", f"wang=预算科 {OWNER}", f"li=预算科 {ADMINISTRATOR}",
        f"zhao={LEADER}", "zhou=预算科 周明",
    )  # fmt: skip


def registration(now: datetime) -> GroupSubmitted:
    """Return the form of the group: nobody has an account before he proves himself."""
    return GroupSubmitted(
        at=now,
        platform="wechat",
        platform_id=ROOM,
        account=ACCOUNT,
        name="预算科工作群",
        unit="预算科",
        purpose="预算工作",
        join_way="群主邀请",
        rules="只谈工作",
        contact="办公室 0000-8001",
        approver=LEADER,
        approved_on=date(2026, 3, 2),
        filed_as="机备2025-7",
        owner=PersonNamed(name=OWNER, unit="预算科"),
        administrators=(PersonNamed(name=ADMINISTRATOR, unit="预算科"),),
        leader=PersonNamed(name=LEADER),
        submitted_by="operator",
    )


def a_roster(now: datetime) -> RosterSubmitted:
    """Return the office's roster."""
    rows = ((OWNER, "预算科"), (ADMINISTRATOR, "预算科"), (LEADER, "局领导"), ("周明", "预算科"))
    return RosterSubmitted(
        at=now,
        rows=tuple(
            RosterRow(line=line, name=name, unit=unit)
            for line, (name, unit) in enumerate(rows, start=2)
        ),
        whole=True,
        submitted_by="operator",
    )


@contextlib.asynccontextmanager
async def an_itchat_site(
    loaded: Plugins, folder: Path, *, starts_at: datetime, **settings: object
) -> AsyncIterator[ItchatSite]:
    """Run a bot on web WeChat whose group is registered and listed; nobody is confirmed."""
    clock = MovableClock(starts_at.astimezone(UTC) - MovableClock().now())
    kinds = loaded.workflow_settings
    chosen = {"registration": kinds["registration"](trial_working_days=0)} | settings
    with WebWechat() as peer:
        populate(peer)
        config = Config(
            office=OfficeSettings(name="云江市财政局", contact="机关党委 8001"),
            store=StoreSettings(folder=folder / "data"),
            web=WebSettings(port=0),
            accounts=(
                Account(
                    name="微信号",
                    platform="itchat",
                    settings=ItchatSettings(self_id="office1", server=peer.url),
                    token=SecretStr(""),
                    pace_seconds=0,
                ),
            ),
            workflows=MappingProxyType(chosen),
        )
        bot = Bot(config, loaded, clock=clock, timing=QUICK, pace=AT_ONCE, alarm=False)
        async with bot.running():
            site = ItchatSite(bot=bot, peer=peer, clock=clock)

            async def works() -> bool:
                return bot.adapters[0].trouble is None

            assert await becomes(works, PATIENCE), bot.adapters[0].trouble
            for event in (a_roster(clock.now()), registration(clock.now())):
                await bot.door.put_and_wait(event)
            await site.appears("群规助手须知")
            await site.issue_codes()
            await site.settled()
            yield site


Journey = Callable[[ItchatSite], Awaitable[None]]

"""A site for journeys over a wechaty gateway: a real one, of either protocol, on loopback."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import SecretStr

from bot.adapters.wechaty import Timing, WechatySettings
from bot.bootstrap import Bot, Plugins
from bot.clock import MovableClock
from bot.config import Account, Config, FilingFolder
from bot.config import Office as OfficeSettings
from bot.config import Store as StoreSettings
from bot.config import Web as WebSettings
from bot.model.event import (
    CodesIssued,
    GroupSubmitted,
    OfficeRoleGiven,
    PersonNamed,
    RosterSubmitted,
)
from bot.model.group import Role
from bot.model.roster import RosterRow
from bot.people.codes import new_code, shown_code
from bot.pipeline.deliver import Pace
from storage.unit_of_work import UnitOfWork
from tests.journeys.site import becomes
from tests.peers.wechaty_gateway import BOT, WechatyGateway, a_gateway

ACCOUNT: Final = f"wechat:{BOT}"
ROOM: Final = "19000000003@chatroom"
OTHER_ROOM: Final = "19000000004@chatroom"
"""A room that nobody registered, and in which the account is not."""
NAME: Final = "预算科工作群"
OWNER, ADMINISTRATOR, LEADER = "wxid_wang", "wxid_li", "wxid_zhao"
OFFICER, MEMBER, LEAVER, STRANGER = "wxid_qian", "wxid_zhou", "wxid_sun", "wxid_cai"
PEOPLE: Final = MappingProxyType(
    {
        OWNER: ("王小明", "预算科"),
        ADMINISTRATOR: ("李小红", "预算科"),
        LEADER: ("赵强", "局领导"),
        OFFICER: ("钱进", "机关党委"),
        MEMBER: ("周明", "预算科"),
        LEAVER: ("孙悦", "预算科"),
    }
)
WORLD: Final = MappingProxyType(
    {
        "me": BOT,
        "contacts": {
            BOT: {"name": "群规"},
            STRANGER: {"name": "路过"},
            **{user: {"name": name} for user, (name, _) in PEOPLE.items()},
        },
        "rooms": {
            ROOM: {
                "topic": NAME,
                "owner": OWNER,
                "admins": [ADMINISTRATOR, BOT],
                "members": {
                    BOT: "",
                    OWNER: "预算科 王小明",
                    ADMINISTRATOR: "预算科 李小红",
                    LEADER: "",
                    MEMBER: "预算科 周明",
                    LEAVER: "预算科 孙悦",
                },
            },
            OTHER_ROOM: {"topic": "国库科工作群", "owner": STRANGER, "members": {STRANGER: ""}},
        },
    }
)
QUICK: Final = Timing(
    ready=0, backoff=0.05, backoff_limit=0.2, refused_limit=0.2, between_parts=0, again=0.05
)
AT_ONCE: Final = Pace(between=0.0, look_after=(0.05, 0.1), offline=0.02)
PATIENCE: Final = 60.0


@dataclass
class WechatySite:
    """A running bot on a gateway; `codes` are each person's codes that were not used yet."""

    bot: Bot
    gateway: WechatyGateway
    clock: MovableClock
    codes: dict[str, list[str]] = field(default_factory=dict)

    async def post(self, user: str, text: str, room: str = ROOM) -> str:
        """Somebody writes in a room; return the message's id."""
        return await self.gateway.post(text, sender=user, room=room)

    async def tell(self, user: str, text: str) -> None:
        """Somebody writes to the bot in private."""
        await self.gateway.post(text, sender=user, room=None)

    async def prove(self, user: str) -> None:
        """Somebody gives his next code in private."""
        name, _ = PEOPLE[user]
        await self.tell(user, f"实名 {shown_code(self.codes[name].pop(0))}")

    async def read(self, where: str) -> list[str]:
        """Return what the bot wrote to somebody in private, or in a room, oldest first."""
        return [each["text"] for each in await self.gateway.sent() if each["to"] == where]

    async def comes(self, where: str, *parts: str, times: int = 1) -> str:
        """Wait for a message to somebody, or in a room, with all parts; return the latest."""

        async def found() -> list[str]:
            return [t for t in await self.read(where) if all(part in t for part in parts)]

        async def there() -> bool:
            return len(await found()) >= times

        assert await becomes(there, PATIENCE), (parts, await self.read(where))
        return (await found())[-1]

    async def calls(self, name: str) -> list[dict[str, Any]]:
        """Return what the bot asked of the world by one call, oldest first."""
        seen = await self.gateway.do("seen")
        return [each for each in seen["calls"] if each["call"] == name]

    async def room(self, room: str = ROOM) -> dict[str, Any]:
        """Return a room as it is in the world now."""
        found: dict[str, Any] = (await self.gateway.do("seen"))["rooms"][room]
        return found

    async def later(self, **by: float) -> None:
        """Move the clock forward and do what falls due."""
        self.clock.move(timedelta(**by))
        await self.gateway.do("ahead", by=ahead(self.clock))
        await self.bot.door.tick()
        await self.settled()

    async def until(self, moment: datetime) -> None:
        """Move the clock forward to a moment."""
        await self.later(seconds=(moment - self.clock.now()).total_seconds())

    async def settled(self) -> None:
        """Wait until what was to be sent was settled, and what came of it."""

        async def nothing_waits() -> bool:
            counts = await self.records(lambda records: records.outbox.counts())
            return not counts.get("sending", 0) + counts.get("waiting", 0)

        for _ in range(3):
            assert await becomes(nothing_waits, PATIENCE), "sends do not settle"

    async def heard(self) -> None:
        """Wait until the bot has handled all that was written so far, and what came of it."""
        before = sum("群规：" in text for text in await self.read(MEMBER))
        await self.tell(MEMBER, "群规")
        await self.comes(MEMBER, "群规：", times=before + 1)
        await self.settled()

    async def is_back(self) -> None:
        """Wait until the bot works again on a gateway that died and was started anew."""
        await self.gateway.do("ahead", by=ahead(self.clock))

        async def connected() -> bool:
            return self.bot.adapters[0].trouble is None and await self.records(
                lambda records: any(
                    each[1] is not None for each in records.groups.blind_intervals(1)
                )
            )

        assert await becomes(connected, PATIENCE), self.bot.adapters[0].trouble

    async def logs_in_again(self) -> None:
        """Let the account log in anew; return when its members were listed again."""
        await self.gateway.do("again")
        await self.heard()

        async def listed() -> bool:
            return await self.records(lambda records: records.members.drawn(1)) is not None

        assert await becomes(listed, PATIENCE), "the members were not listed after the login"
        await self.settled()

    async def records(self, read: Callable[[UnitOfWork], Any]) -> Any:
        """Read the records."""
        return await self.bot.door.read(read)

    async def opened(self) -> int:
        """Return how many matters of the group wait for a decision."""
        return len(await self.records(lambda records: records.alerts.open_in(1)))

    async def hand_in_roster(self, *, left: dict[str, date] | None = None) -> None:
        """Hand in the office's roster; some have left."""
        await self.bot.door.put_and_wait(
            RosterSubmitted(
                at=self.clock.now(),
                rows=tuple(
                    RosterRow(line=line, name=name, unit=unit, left_on=(left or {}).get(user))
                    for line, (user, (name, unit)) in enumerate(PEOPLE.items(), start=2)
                ),
                whole=True,
                submitted_by="operator",
            )
        )

    async def issue_codes(self, count: int = 3) -> None:
        """Print codes for everybody who is known."""
        people = await self.records(lambda records: records.people.all())
        self.codes = {each.name: [new_code(each.id) for _ in range(count)] for each in people}
        made = [(each.id, code) for each in people for code in self.codes[each.name]]
        now = self.clock.now()
        await self.bot.door.put_and_wait(
            CodesIssued(at=now, codes=tuple(made), expires_at=now + timedelta(days=90))
        )


def ahead(clock: MovableClock) -> int:
    """Return how many milliseconds a clock is ahead of the machine's."""
    return round((clock.now() - MovableClock().now()) / timedelta(milliseconds=1))


def named(user: str, *, stable: bool) -> PersonNamed:
    """Return a person as a form names him: with his account where ids last."""
    name, unit = PEOPLE[user]
    return PersonNamed(name=name, unit=unit, user=user if stable else "")


def registration(now: datetime, *, stable: bool) -> GroupSubmitted:
    """Return the form of the group, with nothing missing."""
    return GroupSubmitted(
        at=now,
        platform="wechat",
        platform_id=ROOM,
        account=ACCOUNT,
        name=NAME,
        unit="预算科",
        purpose="预算工作",
        join_way="群主邀请",
        rules="只谈工作",
        contact="办公室 0000-8001",
        approver="赵强",
        approved_on=date(2026, 3, 2),
        filed_as="机备2025-7",
        owner=named(OWNER, stable=stable),
        administrators=(named(ADMINISTRATOR, stable=stable),),
        leader=named(LEADER, stable=stable),
        submitted_by="operator",
    )


@contextlib.asynccontextmanager
async def a_wechaty_site(
    loaded: Plugins,
    folder: Path,
    *,
    generation: str,
    starts_at: datetime,
    stable: bool = True,
    put_into: Path | None = None,
    **settings: object,
) -> AsyncIterator[WechatySite]:
    """Run a bot on a gateway, with its group registered, told of it and listed.

    `stable` says whether ids of people outlive a login; where they do not, nobody is confirmed.
    """
    clock = MovableClock(starts_at.astimezone(UTC) - MovableClock().now())
    kinds = loaded.workflow_settings
    chosen = {"registration": kinds["registration"](trial_working_days=0)} | settings
    async with a_gateway(generation, world={**WORLD, "ahead": ahead(clock)}) as gateway:
        config = Config(
            office=OfficeSettings(name="云江市财政局", contact="机关党委 8001"),
            store=StoreSettings(folder=folder / "data"),
            web=WebSettings(port=0),
            accounts=(
                Account(
                    name="微信号",
                    platform="wechaty",
                    settings=WechatySettings(endpoint=gateway.endpoint, stable_ids=stable),
                    token=SecretStr(gateway.token),
                    pace_seconds=0,
                ),
            ),
            filing_folder=None if put_into is None else FilingFolder(path=put_into),
            workflows=MappingProxyType(chosen),
        )
        bot = Bot(config, loaded, clock=clock, timing=QUICK, pace=AT_ONCE, alarm=False)
        async with bot.running():
            site = WechatySite(bot=bot, gateway=gateway, clock=clock)

            async def works() -> bool:
                return bot.adapters[0].trouble is None

            assert await becomes(works, PATIENCE), bot.adapters[0].trouble
            await site.hand_in_roster()
            await bot.door.put_and_wait(registration(clock.now(), stable=stable))
            await bot.door.put_and_wait(
                OfficeRoleGiven(
                    at=clock.now(),
                    role=Role.COMMITTEE.value,
                    platform="wechat",
                    person=named(OFFICER, stable=stable),
                )
            )
            await site.comes(ROOM, "群规助手须知")
            await site.issue_codes()
            await site.settled()
            yield site


Journey = Callable[[WechatySite], Awaitable[None]]

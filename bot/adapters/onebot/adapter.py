"""One QQ account: connects or is connected to, again and again, and speaks through its session."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime
from typing import Final

from starlette.websockets import WebSocket

from bot.adapters.onebot import actions
from bot.adapters.onebot.frame import PLATFORM
from bot.adapters.onebot.link import Link, Lost, ReverseLink, Timing, open_link
from bot.adapters.onebot.session import LOG, Count, Oddities, Session
from bot.model.action import Outgoing
from bot.model.errors import BotError
from bot.model.event import Ability, OutcomeState
from bot.model.port import Clock, Inflow, Outcome

_USUAL: Final = Timing()
_WAITING: Final = "还没有连上"
_TROUBLES: Final = (
    ("token", "对方不接受访问令牌：请核对两边的 token"),
    ("address", "连接地址写得不对：请检查配置里的 url"),
    ("unreachable", "连不上对方：请确认 QQ 端（NapCat、LuckyLilliaBot 等）已启动，地址和端口正确"),
    ("http", "对方拒绝连接：请核对配置里的 url"),
    (
        "no_events",
        "连上了，但对方不发事件：请核对 url 的路径，并确认对方开的是 OneBot v11 的正向 WebSocket",
    ),
    ("greeting", "连上了，但对方不应答：请查看 QQ 端的日志"),
    ("login", "QQ 端还没有登录：请在 QQ 端登录账号"),
    ("other_account", "QQ 端登录的不是配置里的账号：请核对 self_id"),
    ("silent", "对方没有响应，正在重新连接"),
    ("closed", "连接断开，正在重新连接"),
)
_ACCOUNT_OFFLINE: Final = "QQ 端说账号已离线：请在 QQ 端重新登录"


class OneBotAdapter:
    """One account behind OneBot v11; implements the port Adapter.

    With a `url` we connect to the peer (forward); without one the peer connects to the web
    application (reverse), which needs to know the `self_id`. Raises BotError for settings that
    cannot work. `count(kind, reason)` is told of every frame that was dropped and of every
    connection that failed (kind "connection").
    """

    def __init__(
        self,
        name: str,
        *,
        url: str | None = None,
        token: str,
        self_id: str | None = None,
        clock: Clock,
        count: Count,
        timing: Timing = _USUAL,
        sleep: actions.Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        if not token:
            raise BotError(f"账号 {name} 没有访问令牌：请给它和 QQ 端设置同一个 token")
        if url is None and not self_id:
            raise BotError(f"账号 {name} 用反向连接，请写明它的 QQ 号（self_id）")
        self.self_id: Final = self_id
        self.token: Final = token
        self._name = name
        self._url = url
        self._clock = clock
        self._count = count
        self._timing = timing
        self._sleep = sleep
        self._chance = chance
        self._oddities = Oddities(name, count)
        self._session: Session | None = None
        self._account = f"{PLATFORM}:{self_id}" if self_id else None
        self._abilities: frozenset[Ability] = frozenset()
        self._trouble = _WAITING
        self._offer: asyncio.Future[tuple[Link, asyncio.Event]] | None = None

    @property
    def name(self) -> str:
        """The account's name in the configuration."""
        return self._name

    @property
    def account(self) -> str | None:
        """The account as `qq:id` once it is known."""
        session = self._session
        return (session.account if session else None) or self._account

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the peer can do, as far as is known; empty before the first login."""
        session = self._session
        return session.abilities if session and session.greeted else self._abilities

    @property
    def implementation(self) -> str:
        """What the peer calls itself; empty while there is none."""
        return self._session.implementation if self._session else ""

    @property
    def reverse(self) -> bool:
        """Whether the peer connects to us."""
        return self._url is None

    @property
    def trouble(self) -> str | None:
        """What keeps the account from working, as a sentence for people; None when it works."""
        session = self._session
        if session is None or not session.greeted:
            return self._trouble
        return None if session.online else _ACCOUNT_OFFLINE

    async def run(self, inflow: Inflow) -> None:
        """Connect, hand over events and reconnect, until cancelled."""
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            reason = await (self._await_peer(inflow) if self.reverse else self._connect(inflow))
            failures = 1 if loop.time() - began >= self._timing.steady else failures + 1
            self._trouble = dict(_TROUBLES).get(reason.partition(":")[0], _WAITING)
            self._count("connection", reason)
            LOG.warning("connection ended", adapter=self._name, reason=reason)
            if not self.reverse:
                await self._sleep(self._backoff(failures))

    async def perform(self, action: Outgoing) -> Outcome:
        """Do one thing and say how it ended; FAILED("offline") where nothing was sent."""
        session = self._session
        if session is None or not session.online:
            return actions.OFFLINE
        return await actions.perform(session, action, sleep=self._sleep)

    async def find(self, action: Outgoing, *, since: datetime) -> Outcome:
        """Look up a send of unknown outcome in the history by its marker."""
        session = self._session
        if session is None or not session.online:
            return Outcome(state=OutcomeState.UNKNOWN, reason="offline")
        return await actions.find(session, action, since=since)

    async def accept(self, socket: WebSocket) -> None:
        """Serve a connection that the peer opened and that is authenticated, until it ends.

        A second one is refused; but then the first one has to show that it still lives.
        """
        if self._offer is None or self._offer.done():
            reason = "second" if self._session else "not_ready"
            self._count("connection", reason)
            LOG.warning(
                "a connection to us was refused: the account has one, or is not running",
                adapter=self._name,
                reason=reason,
            )
            if self._session:
                self._session.doubt()
            await socket.close()
            return
        ended = asyncio.Event()
        offer, self._offer = self._offer, None
        try:
            await socket.accept()
        except BaseException:
            self._offer = offer
            raise
        if not offer.done():
            offer.set_result((ReverseLink(socket), ended))
            await ended.wait()

    async def _connect(self, inflow: Inflow) -> str:
        try:
            link = await open_link(self._url or "", token=self.token, timing=self._timing)
        except Lost as lost:
            return lost.reason
        return await self._serve(link, inflow)

    async def _await_peer(self, inflow: Inflow) -> str:
        self._offer = asyncio.get_running_loop().create_future()
        try:
            link, ended = await self._offer
        finally:
            self._offer = None
        try:
            return await self._serve(link, inflow)
        finally:
            ended.set()

    async def _serve(self, link: Link, inflow: Inflow) -> str:
        self._session = Session(
            link,
            name=self._name,
            self_id=self.self_id,
            clock=self._clock,
            timing=self._timing,
            oddities=self._oddities,
        )
        try:
            return await self._session.serve(inflow)
        finally:
            if self._session.greeted:
                self._account = self._session.account
                self._abilities = self._session.abilities
            self._session = None

    def _backoff(self, failures: int) -> float:
        """Return the seconds to wait: doubling up to the limit, between half of it and all."""
        doubled = self._timing.backoff * 2.0 ** min(failures - 1, 16)
        return min(doubled, self._timing.backoff_limit) * (0.5 + self._chance() / 2)

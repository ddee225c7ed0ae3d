"""One WeChat account behind a wechaty gateway: connects again and again, and speaks by its session."""

import asyncio
import random
import re
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.adapters import Count, qr_code
from bot.adapters.wechaty import actions
from bot.adapters.wechaty.gateway import Gateway, Refused, Unanswered
from bot.adapters.wechaty.mending import load
from bot.adapters.wechaty.reading import PLATFORM
from bot.adapters.wechaty.session import LOG, Said, Session, abilities
from bot.adapters.wechaty.settings import Timing, WechatySettings
from bot.model.action import Outgoing
from bot.model.errors import BotError
from bot.model.event import Ability, OutcomeState
from bot.model.port import OFFLINE, Clock, Inflow, Outcome

_USUAL: Final = Timing()
_SAID: Final = 200
_WAITING: Final = "还没有连上"
_TROUBLES: Final = (
    ("token", "网关不接受令牌：请核对两边的 token"),
    ("tls", "和网关的加密连接建立不了：请核对配置里的 tls、tls_ca、tls_name"),
    ("unreachable", "连不上网关：请确认 wechaty 网关已启动，endpoint 正确"),
    (
        "hung_up",
        "网关一接通就断开：请核对配置里的 tls 和网关是否一致，并确认 endpoint 上是 wechaty 网关",
    ),
    ("second", "这个网关正被另一个程序使用：一个网关只能接一个程序，请关掉另一个，或换一个网关"),
    ("other_account", "网关登录的不是配置里的账号：请核对 self_id，或用对的手机重新扫码"),
    ("login", "网关没有说登录的是哪个账号：请查看网关的日志"),
    ("silent", "网关没有响应，正在重新连接"),
    ("closed", "和网关的连接断开，正在重新连接"),
    ("refused", "网关拒绝了连接：请查看网关的日志"),
)
_AWAY: Final = frozenset({"unreachable", "hung_up", "closed", "silent"})
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class WechatyAdapter:
    """One account behind a wechaty gateway; implements the port Adapter.

    `folder` is where the image of a login's QR code is put, `out` is given it as text.
    `count(kind, reason)` is told of every connection that ended (kind "connection") and of what
    could not be read. Raises BotError where the libraries are missing or there is no token.
    """

    def __init__(
        self,
        name: str,
        *,
        settings: WechatySettings,
        token: str,
        folder: Path,
        out: Callable[[str], None],
        clock: Clock,
        count: Count,
        timing: Timing = _USUAL,
        sleep: actions.Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        load()
        if not token:
            raise BotError(f"账号 {name} 没有令牌：请给它和网关设置同一个 token")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise BotError(f"账号 {name} 的令牌只能有英文字母、数字和符号，不能有空格")
        self.qr_path: Final = folder / f"wechat-login-{re.sub(r'[^0-9A-Za-z一-鿿]', '_', name)}.png"
        self._name = name
        self._settings = settings
        self._token = token
        self._out = out
        self._clock = clock
        self._count = count
        self._timing = timing
        self._sleep = sleep
        self._chance = chance
        self._said: Said = deque(maxlen=_SAID)
        self._session: Session | None = None
        self._account = f"{PLATFORM}:{settings.self_id}" if settings.self_id else None
        self._trouble = _WAITING

    @property
    def name(self) -> str:
        """The account's name in the configuration."""
        return self._name

    @property
    def account(self) -> str | None:
        """The account as `wechat:id` once it is known."""
        session = self._session
        return (session.account if session else None) or self._account

    @property
    def abilities(self) -> frozenset[Ability]:
        """What WeChat lets an account do through a gateway."""
        return abilities(self._settings)

    @property
    def trouble(self) -> str | None:
        """What keeps the account from working, as a sentence for people; None when it works."""
        session = self._session
        if session is None or not session.open:
            return self._trouble
        return None if session.online else session.trouble

    async def run(self, inflow: Inflow) -> None:
        """Connect, hand over events and reconnect, until cancelled."""
        if not self._settings.tls and self._settings.host not in _HERE:
            LOG.warning(
                "without TLS, messages and the token can be read on the way to the gateway",
                adapter=self._name,
            )
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            reason = await self._serve(inflow)
            failures = 1 if loop.time() - began >= self._timing.steady else failures + 1
            kind = reason.partition(":")[0]
            self._trouble = dict(_TROUBLES).get(kind, _WAITING)
            self._count("connection", reason)
            LOG.warning("connection ended", adapter=self._name, reason=reason)
            await self._sleep(self._backoff(failures, away=kind in _AWAY))

    async def perform(self, action: Outgoing) -> Outcome:
        """Do one thing and say how it ended; FAILED("offline") where nothing was sent."""
        session = self._session
        if session is None or not session.online:
            return actions.NOT_SENT
        return await actions.perform(session, action, sleep=self._sleep)

    async def find(self, action: Outgoing, *, since: datetime) -> Outcome:
        """Say how a send of unknown outcome ended: only what the gateway showed us is known."""
        del since
        session = self._session
        if session is None or not session.online:
            return Outcome(state=OutcomeState.UNKNOWN, reason=OFFLINE)
        return await actions.find(session, action, self._said)

    async def file(self, message_id: str) -> bytes | None:
        """Return a file that was posted; None where it cannot be had now."""
        session = self._session
        if session is None or not session.online:
            return None
        try:
            return await session.gateway.file(message_id)
        except (Refused, Unanswered):
            return None

    async def _serve(self, inflow: Inflow) -> str:
        self._session = session = Session(
            Gateway(self._settings, self._token, self._timing),
            self._settings,
            name=self._name,
            clock=self._clock,
            timing=self._timing,
            count=self._count,
            said=self._said,
            show=self._show,
            hide=lambda: qr_code.forget(self.qr_path),
        )
        try:
            return await session.serve(inflow)
        finally:
            self._account = session.account or self._account
            self._session = None

    def _show(self, code: str) -> str:
        try:
            qr_code.show(code, self.qr_path, self._out)
        except BotError as error:
            self._out(str(error))
        return str(self.qr_path)

    def _backoff(self, failures: int, *, away: bool) -> float:
        """Return the seconds to wait: doubling up to a limit, between half of it and all."""
        limit = self._timing.backoff_limit if away else self._timing.refused_limit
        doubled = self._timing.backoff * 2.0 ** min(failures - 1, 16)
        return min(doubled, limit) * (0.5 + self._chance() / 2)

"""One WeChat account through web WeChat (itchat): best effort, a person scans at every login."""

import asyncio
import random
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.adapters import Count, qr_code
from bot.adapters.itchat import actions
from bot.adapters.itchat.decode import Seen
from bot.adapters.itchat.library import load
from bot.adapters.itchat.login import LOG
from bot.adapters.itchat.rooms import Rooms
from bot.adapters.itchat.session import ABILITIES, PLATFORM, STARTING, Session
from bot.adapters.itchat.settings import ItchatSettings, Timing
from bot.model.action import Outgoing
from bot.model.errors import BotError
from bot.model.event import Ability, OutcomeState
from bot.model.port import Clock, Inflow, Outcome

_USUAL: Final = Timing()
_TROUBLES: Final = (
    ("1100", "手机上退出了网页微信，请重新扫码登录"),
    ("1101", "账号在别处登录了网页微信，这里已下线，请重新扫码登录"),
    ("1102", "登录已失效，请重新扫码登录"),
    ("1205", "操作太频繁，微信暂时限制了这个账号，请过一会儿再扫码登录"),
    ("refused", "微信拒绝这个账号登录网页版{code}：请换一个账号，或改用 wechaty"),
    ("other_account", "扫码登录的不是配置里的账号：请核对 nickname，用对的手机重新扫码"),
    ("unreachable", "连不上微信：请检查网络，恢复后会给出新的二维码"),
    ("silent", "微信很久没有响应，请重新扫码登录"),
    ("malformed", "微信的应答看不懂，正在重试"),
    ("login", "登录没有完成，正在重试，请等新的二维码"),
)
_AGAIN: Final = "登录断开，正在重新登录，请等新的二维码"


class ItchatAdapter:
    """One account that logs in to web WeChat; implements the port Adapter.

    `folder` is where the image of a login's QR code and the names of renamed rooms are kept, `out`
    is given the code as text. `count(kind, reason)` is told of every login that ended
    (kind "connection") and of what could not be read. Raises BotError where itchat is missing.
    """

    def __init__(
        self,
        name: str,
        *,
        settings: ItchatSettings,
        folder: Path,
        out: Callable[[str], None],
        clock: Clock,
        count: Count,
        timing: Timing = _USUAL,
        sleep: actions.Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._itchat = load()
        self._name = name
        self._settings = settings
        self._out = out
        self._clock = clock
        self._count = count
        self._timing = timing
        self._sleep = sleep
        self._chance = chance
        stem = re.sub(r"\W", "_", name)
        self.qr_path: Final = folder / f"wechat-login-{stem}.png"
        self._rooms = Rooms(settings.self_id, folder / f"wechat-renamed-{stem}.json")
        self._seen = Seen()
        self._session: Session | None = None
        self._trouble = STARTING

    @property
    def name(self) -> str:
        """The account's name in the configuration."""
        return self._name

    @property
    def account(self) -> str:
        """The account as `wechat:self_id`, as the operator named it."""
        return f"{PLATFORM}:{self._settings.self_id}"

    @property
    def abilities(self) -> frozenset[Ability]:
        """What web WeChat can do: no recall, no history, no lasting ids."""
        return ABILITIES

    @property
    def trouble(self) -> str | None:
        """What keeps the account from working, as a sentence for people; None when it works."""
        session = self._session
        if session is not None and session.online:
            return None
        if session is None:
            return self._trouble
        ended = "" if session.entered or self._trouble == STARTING else f"{self._trouble}。"
        return f"{ended}{session.trouble}"

    async def run(self, inflow: Inflow) -> None:
        """Ask for a login, hand over events, and ask again, until cancelled."""
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            reason = await self._serve(inflow)
            failures = 1 if loop.time() - began >= self._timing.steady else failures + 1
            self._count("connection", reason)
            LOG.warning("login ended", adapter=self._name, reason=reason)
            await self._sleep(self._backoff(failures))

    async def perform(self, action: Outgoing) -> Outcome:
        """Do one thing and say how it ended; FAILED("offline") where nothing was sent."""
        session = self._session
        if session is None or not session.online:
            return actions.NOT_SENT
        return await actions.perform(session, action, sleep=self._sleep)

    async def find(self, action: Outgoing, *, since: datetime) -> Outcome:
        """Look up a send of unknown outcome: without a history only a removal can be seen."""
        del since
        session = self._session
        if session is None or not session.online:
            return Outcome(state=OutcomeState.UNKNOWN, reason="offline")
        return await actions.find(session, action)

    async def _serve(self, inflow: Inflow) -> str:
        self._session = session = Session(
            self._itchat,
            self._settings,
            name=self._name,
            clock=self._clock,
            timing=self._timing,
            count=self._count,
            rooms=self._rooms,
            seen=self._seen,
            inflow=inflow,
            show=self._show,
            hide=lambda: qr_code.forget(self.qr_path),
        )
        try:
            reason = await session.serve()
        finally:
            self._session = None
        if reason != "qr_expired":  # why a code is asked for stays true
            self._trouble = _sentence(reason)
        return reason

    def _show(self, address: str) -> str:
        try:
            qr_code.show(address, self.qr_path, self._out)
        except BotError as error:
            self._out(str(error))
        return str(self.qr_path)

    def _backoff(self, failures: int) -> float:
        """Return the seconds to wait: doubling up to the limit, between half of it and all."""
        doubled = self._timing.backoff * 2.0 ** min(failures - 1, 16)
        return min(doubled, self._timing.backoff_limit) * (0.5 + self._chance() / 2)


def _sentence(reason: str) -> str:
    kind, _, code = reason.partition(":")
    told = dict(_TROUBLES).get(kind, _AGAIN)
    return told.replace("{code}", f"（{code}）" if code else "")

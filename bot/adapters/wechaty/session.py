"""One connection to a gateway, from the opening of its events to its loss."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bot.adapters.wechaty.fetching import Fetching
from bot.adapters.wechaty.gateway import Gateway, Lost, Refused, Unanswered
from bot.adapters.wechaty.kinds import Kind
from bot.adapters.wechaty.notices import read_event
from bot.adapters.wechaty.reading import PLATFORM
from bot.adapters.wechaty.settings import Timing, WechatySettings
from bot.log import event_logger
from bot.model.event import Ability, AccountConnected, ConnectionLost
from bot.model.port import Clock, Inflow

LOG: Final = event_logger("qungui.wechaty")
Count = Callable[[str, str], None]
Said = deque[tuple[str, str]]
"""What the account itself was last seen to write: conversation and text."""

_WAITING: Final = 500
_SCANNED: Final = 3
_CONFIRMED: Final = 4
_ALIVE: Final = frozenset({Kind.HEARTBEAT, Kind.DONG, Kind.RESET, Kind.POST})
_NOT_LOGGED_IN: Final = "网关连上了，但微信还没有登录：请等二维码，用手机微信扫码登录"
_SCAN: Final = "请用手机微信扫码登录，二维码在终端里，也在图片 {path}"
_CONFIRM: Final = "已经扫码，请在手机上点确认登录"
_LOGGED_OUT: Final = "微信已退出登录，请重新扫码登录"
_ABILITIES: Final = frozenset(
    {
        Ability.REMOVE,
        Ability.RENAME,
        Ability.PRIVATE,
        Ability.INVITATIONS,
        Ability.FRIEND_REQUESTS,
        Ability.ANNOUNCE,
    }
)


@dataclass(frozen=True, slots=True)
class _Came:
    kind: int
    payload: Any
    at: datetime
    fetching: "asyncio.Task[Any] | None" = None


class Session:
    """Reads the stream of events and hands them over in order, what they need fetched beside it.

    Every login is a new beginning for the core: ConnectionLost, where it was online, and
    AccountConnected. So is a message that cannot be read: since then the account was blind.
    `open` says whether the gateway has said anything yet, `online` whether it is logged in.
    """

    def __init__(
        self,
        gateway: Gateway,
        settings: WechatySettings,
        *,
        name: str,
        clock: Clock,
        timing: Timing,
        count: Count,
        said: Said,
        show: Callable[[str], str],
        hide: Callable[[], None],
    ) -> None:
        self.open = False
        self.online = False
        self.account = ""
        self.abilities = abilities(settings)
        self.trouble = _NOT_LOGGED_IN
        self.gateway = gateway
        self.timing = timing
        self.fetching: Final = Fetching(gateway, timing)
        self._settings = settings
        self._name = name
        self._clock = clock
        self._count = count
        self._said = said
        self._show = show
        self._hide = hide
        self._queue: asyncio.Queue[_Came | None] = asyncio.Queue(_WAITING)
        self._opened = asyncio.Event()
        self._came = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._heard_at = clock.now()
        self._in_hand: datetime | None = None
        self._unread_since: datetime | None = None
        self._whole_at: float | None = None
        self._code = ""
        self._noted: set[tuple[str, str]] = set()

    async def serve(self, inflow: Inflow) -> str:
        """Serve until the connection is lost; return why, as a short code."""
        reading = asyncio.create_task(self._read())
        handing = asyncio.create_task(self._hand_over(inflow))
        tasks = [reading, handing, asyncio.create_task(self._attend())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            reason = _reason([task for task in tasks if task.done()])
            if reason == "closed" and not self.open:
                reason = "hung_up"
            await self._hand_over_the_rest(reading, handing)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.fetching.stop()
            self.gateway.close()
        if self.online:
            await self._offline(inflow, reason)
        return reason

    def now(self) -> datetime:
        """Return the present moment."""
        return self._clock.now()

    @property
    def whole(self) -> bool:
        """Whether the gateway has had time to learn of all rooms since the login."""
        return self._whole_at is not None and self._loop.time() >= self._whole_at

    async def _read(self) -> None:
        async with aclosing(self.gateway.events(self._opened)) as events:
            async for kind, payload in events:
                now = self._clock.now()
                self._heard, self._heard_at = self._loop.time(), now
                self.open = True
                self._came.set()
                if kind in _ALIVE:
                    continue
                self.fetching.forget(kind, payload)
                if kind == Kind.DIRTY:
                    continue
                fetching = self.fetching.begin(kind, payload)
                await self._queue.put(_Came(kind, payload, now, fetching))

    async def _hand_over(self, inflow: Inflow) -> None:
        while (came := await self._queue.get()) is not None:
            self._in_hand = came.at
            await self._handle(came, inflow)
            self._in_hand = None

    async def _hand_over_the_rest(
        self, reading: "asyncio.Task[None]", handing: "asyncio.Task[None]"
    ) -> None:
        """Hand over what was read before the connection ended, as far as it is complete."""
        reading.cancel()
        self.fetching.hurry()
        rest = asyncio.create_task(self._queue.put(None))
        await asyncio.wait([handing], timeout=self.timing.rest)
        rest.cancel()
        if self._in_hand:
            self._missed(self._in_hand)
        while not self._queue.empty():
            if (came := self._queue.get_nowait()) is not None:
                self._missed(came.at)

    async def _handle(self, came: _Came, inflow: Inflow) -> None:
        match came.kind:
            case Kind.LOGIN:
                await self._logged_in(str(came.payload.get("contactId") or ""), came.at, inflow)
            case Kind.LOGOUT:
                self.trouble = _LOGGED_OUT
                if self.online:
                    await self._offline(inflow, "account_offline")
            case Kind.SCAN:
                self._scan(came.payload)
            case Kind.READY:
                self._whole_at = self._loop.time()
            case Kind.ERROR:
                # The stream goes on after it; its words may hold what people wrote.
                self._note("error", "reported")
            case _ if not self.online:
                self._note(_name_of(came.kind), "before_login")
            case _:
                await self._happened(came, inflow)

    async def _happened(self, came: _Came, inflow: Inflow) -> None:
        found: Any = None
        try:
            if came.fetching:
                found = await came.fetching
        except (Refused, Unanswered) as error:
            await self._unreadable(came, error.reason, inflow)
            return
        if came.kind == Kind.MESSAGE:
            self._overhear(found.message)
        events = read_event(came.kind, came.payload, found, account=self.account, now=came.at)
        if events is None:
            self._note(_name_of(came.kind), "malformed")
        for event in events or ():
            await inflow.put(event)

    async def _unreadable(self, came: _Came, reason: str, inflow: Inflow) -> None:
        self._note(_name_of(came.kind), f"unreadable:{reason}")
        if came.kind != Kind.MESSAGE:
            return
        if self.fetching.hurried:
            self._missed(came.at)
            return
        await self._lost(inflow, came.at, "unreadable")
        await self._announce(inflow, same_login=True)

    async def _logged_in(self, user: str, at: datetime, inflow: Inflow) -> None:
        if not user or (self._settings.self_id and user != self._settings.self_id):
            raise Lost("other_account" if user else "login")
        if self.online:
            await self._offline(inflow, "login_again", at)
        self._hide()
        self._code = ""
        self.account = f"{PLATFORM}:{user}"
        self.fetching.forget_all()
        self._whole_at = self._loop.time() + self.timing.ready
        self.online = True
        LOG.info("account online", adapter=self._name)
        await self._announce(inflow)

    async def _announce(self, inflow: Inflow, *, same_login: bool = False) -> None:
        await inflow.put(
            AccountConnected(
                at=self._clock.now(),
                account=self.account,
                name=self._name,
                abilities=self.abilities,
                same_login=same_login,
            )
        )

    async def _offline(self, inflow: Inflow, reason: str, at: datetime | None = None) -> None:
        self.online = False
        LOG.info("account offline", adapter=self._name, reason=reason)
        known = [each for each in (at or self._heard_at, self._unread_since) if each]
        await self._lost(inflow, min(known), reason)

    async def _lost(self, inflow: Inflow, at: datetime, reason: str) -> None:
        # What was on its way to us then is lost with it, and is a little older than what came.
        since = at - timedelta(seconds=self.timing.lag)
        await inflow.put(ConnectionLost(at=since, account=self.account, reason=reason))

    def _missed(self, at: datetime) -> None:
        self._unread_since = min(self._unread_since or at, at)

    def _scan(self, payload: Any) -> None:
        status, code = payload.get("status"), payload.get("qrcode")
        if status in {_SCANNED, _CONFIRMED}:
            self.trouble = _CONFIRM
        elif isinstance(code, str) and code:
            if code != self._code:
                self._code = code
                path = self._show(code)
            else:
                return
            self.trouble = _SCAN.format(path=path)

    def _overhear(self, raw: Any) -> None:
        if raw.talker == self.account.partition(":")[2] and raw.text:
            self._said.append((raw.room or raw.listener, raw.text))

    async def _attend(self) -> None:
        """Let the puppet begin, then watch over the gateway's silence."""
        await self._opened.wait()
        try:
            await self.gateway.start()
        except Refused as refused:
            self._note("start", refused.reason)
        except Unanswered:
            raise Lost("silent") from None
        self._heard = self._loop.time() - self.timing.silence
        while True:
            rest = self._heard + self.timing.silence - self._loop.time()
            if rest > 0:
                await asyncio.sleep(rest)
            elif self._queue.full():
                # While the bot is busy nothing is read: that silence is ours, not the gateway's.
                await asyncio.sleep(self.timing.again)
            else:
                await self._ding()

    async def _ding(self) -> None:
        self._came.clear()
        try:
            await self.gateway.ding()
            async with asyncio.timeout(self.timing.probe):
                await self._came.wait()
        except (Refused, Unanswered, TimeoutError):
            if not self._queue.full():
                raise Lost("silent") from None

    def _note(self, kind: str, reason: str) -> None:
        if (kind, reason) not in self._noted:
            self._noted.add((kind, reason))
            LOG.warning(
                "an event of the gateway is odd; more of its kind are only counted",
                adapter=self._name,
                kind=kind,
                reason=reason,
            )
        self._count(kind, reason)


def abilities(settings: WechatySettings) -> frozenset[Ability]:
    """Return what an account can do: WeChat lets nobody recall others' messages or see the past."""
    return _ABILITIES | ({Ability.STABLE_IDS} if settings.stable_ids else set())


def _name_of(kind: int) -> str:
    try:
        return Kind(kind).name.lower()
    except ValueError:
        return "unknown"


def _reason(ended: "list[asyncio.Task[None]]") -> str:
    """Return why a connection ended; anything but a loss is a bug and raised."""
    for task in ended:
        error = task.exception()
        if isinstance(error, Lost):
            return error.reason
        if error is not None:
            raise error
    raise RuntimeError("a session ended without a reason")

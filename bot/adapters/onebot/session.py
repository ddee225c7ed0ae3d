"""One connection from its first frame to its loss: the same for both ways."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.adapters.onebot.decode import Answer, Dropped, decode
from bot.adapters.onebot.frame import PLATFORM
from bot.adapters.onebot.link import Link, Lost, Timing
from bot.adapters.onebot.notice import Meta
from bot.log import event_logger
from bot.model.event import (
    Ability,
    AccountConnected,
    ConnectionLost,
    Event,
    FileShared,
    MessagePosted,
)
from bot.model.message import Attachment, AttachmentKind
from bot.model.port import Clock, Inflow

LOG: Final = event_logger("qungui.onebot")
Count = Callable[[str, str], None]

_TOKEN_REFUSED: Final = frozenset({1401, 1403})
_TWIN_SPAN: Final = timedelta(minutes=1)
_KINDS_LIMIT: Final = 64
_COMMON: Final = frozenset(
    {
        Ability.RECALL,
        Ability.REMOVE,
        Ability.RENAME,
        Ability.PRIVATE,
        Ability.STABLE_IDS,
        Ability.JOIN_REQUESTS,
        Ability.INVITATIONS,
        Ability.FRIEND_REQUESTS,
        Ability.ANNOUNCE,
        Ability.HISTORY,
    }
)


class Unanswered(Exception):  # noqa: N818 - not a fault: what happened is unknown
    """A call went out and no answer came; `reason` is "timeout" or "lost"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Oddities:
    """Counts what is dropped; logs each kind once, never its content."""

    def __init__(self, name: str, count: Count) -> None:
        self._name = name
        self._count = count
        self._logged: set[tuple[str, str]] = set()

    def note(self, dropped: Dropped) -> None:
        """Count one dropped frame; what is known and not needed is no oddity."""
        if dropped.reason == "ignored":
            return
        seen = (dropped.kind, dropped.reason)
        if seen not in self._logged:
            if len(self._logged) >= _KINDS_LIMIT:
                self._count("other", dropped.reason)
                return
            self._logged.add(seen)
            LOG.warning(
                "a frame was dropped; more of its kind are only counted",
                adapter=self._name,
                kind=dropped.kind,
                reason=dropped.reason,
            )
        self._count(*seen)


class Session:
    """One connection: greets, hands over events, answers calls, notices silence.

    `self_id` is the account that is expected, None where any is welcome.
    """

    def __init__(
        self,
        link: Link,
        *,
        name: str,
        self_id: str | None,
        clock: Clock,
        timing: Timing,
        oddities: Oddities,
    ) -> None:
        self.online = False
        self.greeted = False
        self.implementation = ""
        self.abilities: frozenset[Ability] = frozenset()
        self.account = f"{PLATFORM}:{self_id}" if self_id else ""
        self.timing = timing
        self._link = link
        self._name = name
        self._self_id = self_id
        self._clock = clock
        self._oddities = oddities
        self._pending: dict[str, asyncio.Future[Answer | None]] = {}
        self._calls = 0
        self._closed = False
        self._events_come = asyncio.Event()
        self._doubted = asyncio.Event()
        self._early: list[Event] | None = []
        self._says_online = True
        self._interval = timing.heartbeat
        self._handing_over = False
        self._heard = asyncio.get_running_loop().time()
        self._heard_at = clock.now()
        self._files: dict[tuple[str, str, str, int], tuple[type[Event], datetime]] = {}

    async def serve(self, inflow: Inflow) -> str:
        """Serve until the connection is lost; return why, as a short code."""
        tasks = [
            asyncio.create_task(self._read(inflow)),
            asyncio.create_task(self._attend(inflow)),
        ]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._closed = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for future in self._pending.values():
                if not future.done():
                    future.set_result(None)
            await self._link.close()
        reason = _reason(next(iter(ended)))
        if reason != "other_account":
            for event in self._early or ():
                await inflow.put(event)
        await self._announce(inflow, online=False, reason=reason)
        return reason

    async def ask(
        self,
        action: str,
        params: Mapping[str, object] | None = None,
        *,
        within: float | None = None,
    ) -> Answer:
        """Call an action; raises Unanswered where no answer comes in time."""
        self._calls += 1
        echo = f"q{self._calls}"
        future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        if self._closed:
            raise Unanswered("lost")
        self._pending[echo] = future
        try:
            async with asyncio.timeout(within or self.timing.answer):
                await self._link.send(
                    json.dumps({"action": action, "params": params or {}, "echo": echo})
                )
                answer = await future
        except TimeoutError:
            raise Unanswered("timeout") from None
        except Lost:
            raise Unanswered("lost") from None
        finally:
            self._pending.pop(echo, None)
        if answer is None:
            raise Unanswered("lost")
        return answer

    def now(self) -> datetime:
        """Return the present moment."""
        return self._clock.now()

    def forget(self, ability: Ability) -> None:
        """Keep that the peer cannot do something after all."""
        self.abilities -= {ability}

    def doubt(self) -> None:
        """Ask the peer at once whether it still lives."""
        self._doubted.set()

    async def _read(self, inflow: Inflow) -> None:
        loop = asyncio.get_running_loop()
        while True:
            frame = await self._link.receive()
            now = self._clock.now()
            decoded = decode(frame, account=self.account or None, now=now)
            self._heard = loop.time()
            if not isinstance(decoded, Answer | Meta):
                self._heard_at = now
            match decoded:
                case Event():
                    self._events_come.set()
                    if not self._is_twin(decoded):
                        await self._hand_over(decoded, inflow)
                case Answer():
                    self._settle(decoded)
                case Meta():
                    await self._hear(decoded, inflow)
                case Dropped():
                    self._oddities.note(decoded)

    async def _hand_over(self, event: Event, inflow: Inflow) -> None:
        if self._early is not None:
            self._early.append(event)
            return
        # While the bot is busy nothing is read: that silence is ours, not the peer's.
        self._handing_over = True
        await inflow.put(event)
        self._handing_over = False

    def _settle(self, answer: Answer) -> None:
        future = self._pending.get(answer.echo)
        if future is not None:
            if not future.done():
                future.set_result(answer)
        elif not answer.ok and answer.retcode in _TOKEN_REFUSED:
            raise Lost("token")

    async def _hear(self, meta: Meta, inflow: Inflow) -> None:
        self._events_come.set()
        if meta.interval:
            self._interval = meta.interval
        if not self.account and meta.self_id:
            self.account = f"{PLATFORM}:{meta.self_id}"
        await self._believe(meta.online is not False, inflow)

    async def _attend(self, inflow: Inflow) -> None:
        """Greet the peer, hand over what came meanwhile, then watch over its silence."""
        try:
            async with asyncio.timeout(self.timing.events):
                await self._events_come.wait()
        except TimeoutError:
            raise Lost("no_events") from None
        await self._greet()
        if self._says_online:
            await self._announce(inflow, online=True)
        while self._early:
            await inflow.put(self._early[0])
            del self._early[0]
        self._early = None
        await self._believe(self._says_online, inflow)
        await self._watch(inflow)

    async def _greet(self) -> None:
        try:
            login = await self.ask("get_login_info")
            version = await self.ask("get_version_info")
            status = await self.ask("get_status")
        except Unanswered:
            raise Lost("greeting") from None
        user = str(_field(login, "user_id") or "")
        if not (login.ok and user):
            raise Lost("login")
        if self._self_id and user != self._self_id:
            raise Lost("other_account")
        self.account = f"{PLATFORM}:{user}"
        self.implementation = str(_field(version, "app_name") or "")
        self.abilities = _abilities(self.implementation)
        self._says_online = _field(status, "online") is not False
        self._heard_at = self._clock.now()
        self.greeted = True

    async def _watch(self, inflow: Inflow) -> None:
        loop = asyncio.get_running_loop()
        while True:
            limit = max(self.timing.silence, self.timing.silent_beats * self._interval)
            rest = limit if self._handing_over else self._heard + limit - loop.time()
            try:
                async with asyncio.timeout(max(0.0, rest)):
                    await self._doubted.wait()
            except TimeoutError:
                if self._handing_over or loop.time() - self._heard < limit:
                    continue
            self._doubted.clear()
            try:
                status = await self.ask("get_status", within=self.timing.probe)
            except Unanswered:
                if self._handing_over:
                    continue
                raise Lost("silent") from None
            online = _field(status, "online")
            if isinstance(online, bool):
                await self._believe(online, inflow)

    async def _believe(self, online: bool, inflow: Inflow) -> None:
        self._says_online = online
        if online:
            self._heard_at = self._clock.now()
        if self._early is None:
            await self._announce(inflow, online=online, reason="account_offline")

    async def _announce(self, inflow: Inflow, *, online: bool, reason: str = "") -> None:
        if online == self.online:
            return
        self.online = online
        LOG.info(
            "account online" if online else "account offline",
            adapter=self._name,
            reason=reason,
            peer=self.implementation,
        )
        await inflow.put(
            AccountConnected(
                at=self._clock.now(),
                account=self.account,
                name=self._name,
                abilities=self.abilities,
            )
            if online
            else ConnectionLost(at=self._heard_at, account=self.account, reason=reason)
        )

    def _is_twin(self, event: Event) -> bool:
        """Whether it is the second of the two events that LuckyLilliaBot sends for one file."""
        match event:
            case FileShared():
                group, user, file = event.group, event.user, event.file
            case MessagePosted(message=message) if message.group and not message.text:
                match message.attachments:
                    case (Attachment(kind=AttachmentKind.FILE) as file,):
                        group, user = message.group, message.sender
                    case _:
                        return False
            case _:
                return False
        key = (group, user, file.name, file.size)
        form, at = self._files.pop(key, (type(event), event.at))
        if form is not type(event) and abs(event.at - at) <= _TWIN_SPAN:
            return True
        recent = event.at - _TWIN_SPAN
        self._files = {key: seen for key, seen in self._files.items() if seen[1] >= recent}
        self._files[key] = (type(event), event.at)
        return False


def _abilities(implementation: str) -> frozenset[Ability]:
    # A peer that is not known is taken at the best until it answers 1404.
    if "go-cqhttp" in implementation.lower():
        return _COMMON
    return _COMMON | {Ability.PRIVATE_HISTORY}


def _field(answer: Answer, name: str) -> object:
    return answer.data.get(name) if isinstance(answer.data, dict) else None


def _reason(task: asyncio.Task[None]) -> str:
    """Return why a connection ended; anything but a loss is a bug and raised."""
    error = task.exception()
    if isinstance(error, Lost):
        return error.reason
    raise error or RuntimeError("a session ended without a reason")

"""One login from its QR code to its end, on the side of the event loop."""

import asyncio
import html
from collections.abc import Callable, Iterator
from datetime import datetime
from types import ModuleType
from typing import Final

from bot.adapters import Count
from bot.adapters.itchat.calls import Calls, Unanswered, look_at
from bot.adapters.itchat.decode import (
    Frame,
    Names,
    Note,
    Seen,
    is_from_somebody,
    read_event,
    read_frame,
    read_note,
)
from bot.adapters.itchat.library import plain
from bot.adapters.itchat.login import LOG, Came, Changed, Code, Entered, Login, Over, Scanned
from bot.adapters.itchat.rooms import Difference, Rooms, Snapshot
from bot.adapters.itchat.settings import ItchatSettings, Timing
from bot.adapters.itchat.wire import Ended
from bot.model.event import (
    Ability,
    AccountConnected,
    BotRemoved,
    ConnectionLost,
    Event,
    GroupRenamed,
    MemberJoined,
    MemberLeft,
)
from bot.model.port import Clock, Inflow

PLATFORM: Final = "wechat"
ABILITIES: Final = frozenset({Ability.PRIVATE, Ability.REMOVE})
STARTING: Final = "正在取登录二维码"
_SCAN: Final = "请用手机微信扫二维码登录：终端里有，也存成了图片 {path}"
_CONFIRM: Final = "二维码已扫，请在手机上点“登录”"
_SILENT: Final = "微信没有响应，正在等它恢复；不恢复就要重新扫码登录"


class Session:
    """One login: shows its code, hands over events, sends, notices silence.

    `show` shows a QR address and returns where its image lies; `hide` removes the image.
    """

    def __init__(
        self,
        itchat: ModuleType,
        settings: ItchatSettings,
        *,
        name: str,
        clock: Clock,
        timing: Timing,
        count: Count,
        rooms: Rooms,
        seen: Seen,
        inflow: Inflow,
        show: Callable[[str], str],
        hide: Callable[[], None],
    ) -> None:
        self.account = f"{PLATFORM}:{settings.self_id}"
        self.online = False
        self.entered = False
        self.trouble = STARTING
        self.timing = timing
        self.rooms = rooms
        self._itchat = itchat
        self._name = name
        self._clock = clock
        self._count = count
        self._seen = seen
        self._inflow = inflow
        self._over = False
        self._announced = False
        self._show = show
        self._hide = hide
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._heard_at = clock.now()
        self._own = ""
        self._strangers: set[tuple[str, str]] = set()
        self._login = Login(itchat, settings, timing=timing, heard=self._hear)
        self.calls = Calls(self._login.core, timing=timing, name=name)

    async def serve(self) -> str:
        """Serve until the login ends; return why, as a short code."""
        self._login.start(self._name)
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._watch())]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._over = True
            self._login.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.calls.close()
            self._hide()
        reason = _reason(next(iter(ended)))
        await self._announce(online=False, reason=reason)
        return reason

    async def look(self, room: str, note: Note | None = None) -> Snapshot | None:
        """Look at a room anew and hand over what changed; a note only adds to that.

        Raises Unanswered. None: the service does not know the room.
        """
        seen = await self.calls.ask(look_at, room)
        if self._over:  # what it shows is of an earlier login
            raise Unanswered("offline")
        if seen is None:
            return None
        changed = self.rooms.compare(seen)
        if changed.renamed:
            self._tell_ambiguous()
        group = self.rooms.group_of(room)
        for event in self._changes(room, group, changed, note) if group else ():
            await self._inflow.put(event)
        return seen

    def _changes(
        self, room: str, group: str, changed: Difference, note: Note | None
    ) -> Iterator[Event]:
        now, account = self.now(), self.account
        if changed.renamed:
            name = self.rooms.topic_of(room)
            yield GroupRenamed(at=now, account=account, group=group, name=name)
        inviter = self.rooms.user_shown_as(room, note.inviter) if note and note.inviter else None
        for user in changed.joined:
            yield MemberJoined(
                at=now, account=account, group=group, user=user, operator=inviter or ""
            )
        meant = note if len(changed.left) == 1 else None
        for user in changed.left:
            yield MemberLeft(
                at=now,
                account=account,
                group=group,
                user=user,
                operator=self.rooms.self_id if meant and meant.by_us else "",
                removed=True if meant and meant.removal else None,
            )

    def now(self) -> datetime:
        """Return the present moment."""
        return self._clock.now()

    def _hear(self) -> None:
        # Called in the library's thread: two assignments, each read on its own.
        self._heard = self._loop.time()
        self._heard_at = self._clock.now()

    async def _read(self) -> None:
        while True:
            match await self._login.queue.get():
                case Code(address=address):
                    self.trouble = _SCAN.format(path=self._show(address))
                    LOG.info("a login is asked for: scan the QR code", adapter=self._name)
                case Scanned():
                    self.trouble = _CONFIRM
                case Entered() as entered:
                    await self._enter(entered)
                case Changed(rooms=rooms):
                    for room in rooms:
                        await self._look_again(room)
                case Came(message=message):
                    await self._take(message)
                case Over(reason=reason):
                    raise Ended(reason)
            self._login.taken()

    async def _enter(self, entered: Entered) -> None:
        self._hide()
        self._own = entered.own
        self.rooms.begin(
            entered.own, [(room, html.unescape(topic)) for room, topic in entered.rooms]
        )
        self._hear()
        self.entered = True
        self._tell_ambiguous()
        await self._announce(online=True)

    async def _take(self, message: object) -> None:
        event: Event | None = None
        try:
            frame = read_frame(message, own=self._own, now=self.now())
            if frame is None or not self._seen.first(frame.id):
                return
            if frame.room is not None and (note := read_note(frame)) is not None:
                await self._look_again(frame.room, note)
            else:
                event = await self._event(frame)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            LOG.fault("a message could not be read", error, adapter=self._name)
            self._count("message", "malformed")
            return
        if event is not None:
            await self._inflow.put(event)

    async def _event(self, frame: Frame) -> Event | None:
        if frame.room is None:
            return None if self._is_public(frame.sender) else self._read_event(frame, None)
        if is_from_somebody(frame) and frame.sender is not None:
            await self._meet(frame.room, frame.sender)
        group = self.rooms.group_of(frame.room)
        if group is None:
            self._count("message", "no_one_room")
            return None
        return self._read_event(frame, group)

    def _read_event(self, frame: Frame, group: str | None) -> Event | None:
        room = frame.room or ""
        person = self.rooms.person(room, frame.sender or "")
        own = self.rooms.person(room, self._own)
        names = Names(
            account=self.account,
            group=group,
            sender=self.rooms.user_of(frame.sender) if frame.sender else "",
            card=person.shown if person else "",
            own=(own.card, own.nickname) if own else (),
        )
        return read_event(frame, names, lambda text: plain(self._itchat, text))

    def _is_public(self, user: str | None) -> bool:
        """Whether it is an official account: those write by themselves."""
        return any(each["UserName"] == user for each in self._login.core.mpList)

    async def _meet(self, room: str, sender: str) -> None:
        """Look at a room once for somebody who writes and is not known in it."""
        if self.rooms.person(room, sender) is not None or (room, sender) in self._strangers:
            return
        self._strangers.add((room, sender))
        known = self.rooms.topic_of(room)
        await self._look_again(room)
        if not known:
            self._tell_ambiguous()

    async def _look_again(self, room: str, note: Note | None = None) -> None:
        try:
            seen = await self.look(room, note)
        except Unanswered as unanswered:
            self._count("look", unanswered.reason)
            return
        group = self.rooms.group_of(room)
        if group and note and note.of_us and (seen is None or self._own not in seen.people):
            await self._inflow.put(BotRemoved(at=self.now(), account=self.account, group=group))

    def _tell_ambiguous(self) -> None:
        if self.rooms.ambiguous:
            LOG.warning(
                "rooms with the same name are not worked in",
                adapter=self._name,
                names=len(self.rooms.ambiguous),
            )

    async def _watch(self) -> None:
        """Notice that the service has gone silent, and that it is back."""
        timing = self.timing
        while True:
            await asyncio.sleep(min(timing.silence, timing.give_up) / 4)
            if not self.entered or self._login.handing_over:
                self._heard = self._loop.time()  # nobody polls: no silence of the service
                continue
            silent = self._loop.time() - self._heard
            if silent >= timing.give_up:
                raise Ended("silent")
            if silent >= timing.silence:
                self.trouble = _SILENT
            await self._announce(online=silent < timing.silence, reason="silent")

    async def _announce(self, *, online: bool, reason: str = "") -> None:
        if online == self.online:
            return
        self.online = online
        LOG.info(
            "account online" if online else "account offline", adapter=self._name, reason=reason
        )
        before, self._announced = self._announced, self._announced or online
        await self._inflow.put(
            AccountConnected(
                at=self.now(),
                account=self.account,
                name=self._name,
                abilities=ABILITIES,
                same_login=before,
            )
            if online
            else ConnectionLost(at=self._heard_at, account=self.account, reason=reason)
        )


def _reason(task: asyncio.Task[None]) -> str:
    """Return why a login ended; anything but an end is a bug and raised."""
    error = task.exception()
    if isinstance(error, Ended):
        return error.reason
    raise error or RuntimeError("a login ended without a reason")

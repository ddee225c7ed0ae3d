"""Asks the gateway for what its events only name: messages, cards, invitations, people's names.

Several are fetched at a time, beside the stream; the session takes them in the order they came.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

from bot.adapters.wechaty.gateway import Gateway, Names, Refused, Room, Unanswered
from bot.adapters.wechaty.kinds import Dirty, Kind, Type
from bot.adapters.wechaty.reading import Fetched, needs_card
from bot.adapters.wechaty.settings import Timing

T = TypeVar("T")
_AT_ONCE: Final = 16
_TRIES: Final = 3
_NAMES_LIMIT: Final = 20_000


class Fetching:
    """Fetches beside the stream, and remembers rooms and names until something says they changed."""

    def __init__(self, gateway: Gateway, timing: Timing) -> None:
        self.hurried = False
        self._gateway = gateway
        self._timing = timing
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._running: set[asyncio.Task[Any]] = set()
        self._rooms: dict[str, Room] = {}
        self._names: dict[tuple[str, str], Names] = {}

    def begin(self, kind: int, payload: Mapping[str, Any]) -> "asyncio.Task[Any] | None":
        """Begin to fetch what an event names; None where it says everything itself."""
        wanted: Coroutine[Any, Any, Any]
        match kind:
            case Kind.MESSAGE:
                wanted = self._message(str(payload.get("messageId") or ""))
            case Kind.ROOM_INVITE:
                wanted = self._invitation(str(payload.get("roomInvitationId") or ""))
            case Kind.FRIENDSHIP:
                wanted = self._friendship(str(payload.get("friendshipId") or ""))
            case _:
                return None
        task = asyncio.create_task(self._limited(wanted))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def forget(self, kind: int, payload: Mapping[str, Any]) -> None:
        """Forget what an event says has changed."""
        room = str(payload.get("roomId") or "")
        if kind in {Kind.ROOM_JOIN, Kind.ROOM_LEAVE, Kind.ROOM_TOPIC}:
            self.forget_room(room)
        elif kind == Kind.DIRTY:
            subject = str(payload.get("payloadId") or "")
            match payload.get("payloadType"):
                case Dirty.ROOM:
                    self._rooms.pop(subject, None)
                case Dirty.ROOM_MEMBER:
                    self.forget_room(subject)
                case Dirty.CONTACT:
                    self._names = {
                        key: names for key, names in self._names.items() if key[1] != subject
                    }

    def forget_room(self, room: str) -> None:
        """Forget a room and what its members are called."""
        self._rooms.pop(room, None)
        self._names = {key: names for key, names in self._names.items() if key[0] != room}

    def forget_all(self) -> None:
        """Forget everything: another login may know it by other ids."""
        self._rooms.clear()
        self._names.clear()

    def hurry(self) -> None:
        """Try nothing again: the connection has ended."""
        self.hurried = True

    async def stop(self) -> None:
        """End what is still being fetched."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def names(self, room: str, user: str) -> Names | None:
        """Return what a member is called; None where the gateway does not say."""
        known = self._names.get((room, user))
        if known is None:
            try:
                known = await self._gateway.names(room, user)
            except (Refused, Unanswered):
                return None
            if len(self._names) >= _NAMES_LIMIT:
                self._names.clear()
            self._names[room, user] = known
        return known

    async def _message(self, number: str) -> Fetched:
        message = await self._patiently(lambda: self._gateway.message(number))
        card: Mapping[str, Any] | None = {}
        if needs_card(message.type):
            mini = message.type == Type.MINI_PROGRAM
            try:
                card = await self._patiently(lambda: self._gateway.card(number, mini_program=mini))
            except Refused:
                card = None
        if not message.room:
            return Fetched(message=message, card=card)
        called = {}
        for user in dict.fromkeys((message.talker, *message.mentions)):
            if user and (names := await self.names(message.room, user)):
                called[user] = names
        room = await self._room(message.room)
        return Fetched(message=message, card=card, room=room, names=called)

    async def _room(self, number: str) -> Room | None:
        room = self._rooms.get(number)
        if room is None:
            try:
                room = self._rooms[number] = await self._gateway.room(number)
            except (Refused, Unanswered):
                return None
        return room

    async def _invitation(self, number: str) -> tuple[str, str]:
        return await self._patiently(lambda: self._gateway.invitation(number))

    async def _friendship(self, number: str) -> tuple[str, str, int]:
        return await self._patiently(lambda: self._gateway.friendship(number))

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask again a few times: what is not read now is not read at all."""
        for _ in range(_TRIES - 1):
            try:
                return await ask()
            except (Refused, Unanswered):
                if self.hurried:
                    raise
                await asyncio.sleep(self._timing.again)
        return await ask()

    async def _limited(self, wanted: Coroutine[Any, Any, T]) -> T:
        async with self._slots:
            return await wanted

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits for it is told; nobody else need be

"""The wire: connections that bots hold to the world, and the last frames that went over them."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import websockets
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bot.sandbox import codes, events, onebot
from bot.sandbox.things import Happening
from bot.sandbox.world import World

FRAMES_KEPT = 200
FRAME_SHOWN = 4_000
OUTBOX_LIMIT = 20_000

Send = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One frame as it went over the wire; `inbound` means from the bot to the world."""

    number: int
    at: float
    bot: int
    inbound: bool
    text: str


@dataclass(eq=False, kw_only=True, slots=True)
class Link:
    """One open connection of a bot account."""

    bot: int
    way: str
    outbox: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(OUTBOX_LIMIT))

    def push(self, frame: str | None) -> None:
        """Put a frame in line; None, or a line that is too long, ends the connection."""
        try:
            self.outbox.put_nowait(frame)
        except asyncio.QueueFull:
            self.outbox = asyncio.Queue()
            self.outbox.put_nowait(None)


class Wire:
    """All connections to one world; `heartbeat` is in seconds."""

    def __init__(self, world: World, *, heartbeat: float = 30.0) -> None:
        self.world = world
        self.heartbeat = heartbeat
        self.links: list[Link] = []
        self.frames: deque[Frame] = deque(maxlen=FRAMES_KEPT)
        self._frames_seen = 0
        self._reachable = asyncio.Event()
        self._dials: set[asyncio.Task[None]] = set()
        self._heard(None)
        world.listeners.append(self._heard)

    async def talk(self, bot: int, way: str, receive: AsyncIterator[str], send: Send) -> None:
        """Serve one connection until either side ends it or the bot is switched offline."""
        link = Link(bot=bot, way=way)
        self.links.append(link)
        self._send(link, events.lifecycle(self.world, bot))
        self.world.touch()
        tasks = [
            asyncio.create_task(self._read(link, receive)),
            asyncio.create_task(_write(link, send)),
            asyncio.create_task(self._beat(link)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.links.remove(link)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.world.touch()

    def dial(
        self, url: str, *, bot: int | None = None, token: str = "", retry: float = 3.0
    ) -> asyncio.Task[None]:
        """Connect to a bot that is the server (reverse WebSocket), again and again until stopped."""
        bot = self.world.bots[0] if bot is None else bot
        task = asyncio.create_task(self._dial(url, bot, token, retry))
        self._dials.add(task)
        task.add_done_callback(self._dials.discard)
        return task

    async def stop(self) -> None:
        """End all connections."""
        self.world.listeners.remove(self._heard)
        dials = tuple(self._dials)
        for task in dials:
            task.cancel()
        await asyncio.gather(*dials, return_exceptions=True)
        self.cut()

    def cut(self) -> None:
        """End the connections there are; what is in line is no longer sent."""
        for link in self.links:
            link.outbox = asyncio.Queue() if link.outbox.full() else link.outbox
            link.push(None)

    def connected(self, bot: int | None = None) -> bool:
        """Tell whether any bot, or that one, holds a connection."""
        return any(bot in (None, link.bot) for link in self.links)

    def _heard(self, happening: Happening | None) -> None:
        if self.world.switches.offline:
            self._reachable.clear()
            self.cut()
            return
        self._reachable.set()
        if happening is None or not happening.bots:
            return
        for link in self.links:
            if link.bot in happening.bots:
                for event in events.events(self.world, happening, link.bot):
                    self._send(link, event)

    def _send(self, link: Link, event: codes.Json) -> None:
        if self.world.switches.silent_peer:
            return
        frame = codes.encode(event)
        self._record(link.bot, frame, inbound=False)
        link.push(frame)

    def _record(self, bot: int, text: str, *, inbound: bool) -> None:
        self._frames_seen += 1
        self.frames.append(
            Frame(
                number=self._frames_seen,
                at=self.world.now(),
                bot=bot,
                inbound=inbound,
                text=text[:FRAME_SHOWN],
            )
        )

    async def _read(self, link: Link, receive: AsyncIterator[str]) -> None:
        async for text in receive:
            self._record(link.bot, text, inbound=True)
            try:
                request: object = codes.decode(text)
            except ValueError:
                request = None
            answer = onebot.answer(self.world, link.bot, request)
            if answer is not None:
                self._send(link, answer)
            self.world.touch()

    async def _beat(self, link: Link) -> None:
        while True:
            await asyncio.sleep(self.heartbeat)
            self._send(link, events.heartbeat(self.world, link.bot, self.heartbeat))

    async def _dial(self, url: str, bot: int, token: str, retry: float) -> None:
        headers = {"X-Self-ID": str(bot), "X-Client-Role": "Universal"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        while True:
            await self._reachable.wait()
            with contextlib.suppress(OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                async with websockets.connect(
                    url, additional_headers=headers, max_size=None, proxy=None
                ) as peer:
                    await self.talk(bot, "reverse", _texts(peer), peer.send)
            await asyncio.sleep(retry)


async def _texts(peer: websockets.ClientConnection) -> AsyncIterator[str]:
    async for message in peer:
        yield message if isinstance(message, str) else message.decode(errors="replace")


async def _write(link: Link, send: Send) -> None:
    while (frame := await link.outbox.get()) is not None:
        await send(frame)

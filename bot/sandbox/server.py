"""The sandbox as a server in the running loop, with what tests and the demo do in its world."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Self

import uvicorn

from bot.sandbox import stories
from bot.sandbox.app import make_app
from bot.sandbox.clock import Control, OffsetClock
from bot.sandbox.desk import Desk
from bot.sandbox.links import Wire
from bot.sandbox.office import OFFICE, Office, default_world
from bot.sandbox.page import Sight
from bot.sandbox.things import Happening, RefusedError
from bot.sandbox.world import World

PAGE_PACE = 0.8


class SandboxServer:
    """A world behind a loopback port: OneBot v11 for bots, a page for people.

    `port` 0 takes a free one; `heartbeat` is in seconds. After `start` the addresses are readable.
    """

    def __init__(
        self,
        world: World | None = None,
        control: Control | None = None,
        *,
        office: Office | None = None,
        desk: Desk | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        heartbeat: float = 30.0,
    ) -> None:
        self.control: Control = control or OffsetClock()
        self.office = office or OFFICE
        self.world = world or default_world(lambda: self.control.now().timestamp(), self.office)
        self.token = secrets.token_urlsafe(16) if token is None else token
        self.host = host
        self.port = port
        self.wire = Wire(self.world, heartbeat=heartbeat)
        self.desk = desk
        self.sight = Sight(self.world, self.wire, self.control, self.office, desk)
        self._waiting: set[asyncio.Event] = set()
        self._story: asyncio.Task[None] | None = None
        self._serving: asyncio.Task[None] | None = None
        self._uvicorn = _Uvicorn(
            uvicorn.Config(
                make_app(self),
                ws="websockets-sansio",
                ws_max_size=64 * 1024 * 1024,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=2,
            )
        )
        self.world.listeners.append(self._heard)

    @property
    def ws_url(self) -> str:
        """The address of the forward WebSocket."""
        return f"ws://{self.host}:{self.port}/onebot/v11/ws"

    @property
    def page_url(self) -> str:
        """The address of the page."""
        return f"http://{self.host}:{self.port}/"

    async def start(self) -> None:
        """Take the port and serve in the running loop; OSError if the port is taken."""
        listening = socket.create_server((self.host, self.port))
        # asyncio sets this only on sockets that name their protocol, which these do not.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listening.getsockname()[1]
        self._serving = asyncio.create_task(self._uvicorn.serve(sockets=[listening]))
        # uvicorn has no event for "started".
        while not self._uvicorn.started and not self._serving.done():  # noqa: ASYNC110
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """End every connection and the server itself."""
        if self._story is not None:
            self._story.cancel()
            await asyncio.gather(self._story, return_exceptions=True)
        await self.wire.stop()
        self._uvicorn.should_exit = True
        if self._serving is not None:
            await self._serving

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def dial(self, url: str, *, bot: int | None = None, token: str = "") -> None:
        """Connect a bot account to a bot that is the server (reverse WebSocket)."""
        self.wire.dial(url, bot=bot, token=token)

    def connected(self) -> bool:
        """Tell whether any bot holds a connection."""
        return self.wire.connected()

    async def until(self, condition: Callable[[World], bool], timeout: float = 5.0) -> bool:  # noqa: ASYNC109
        """Wait until the condition holds of the world; False if it did not within `timeout`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while not condition(self.world):
            left = end - loop.time()
            if left <= 0:
                return False
            await self.changed(left)
        return True

    async def changed(self, seconds: float) -> None:
        """Return at the next change of the world, or after that many seconds."""
        waiting = asyncio.Event()
        self._waiting.add(waiting)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(waiting.wait(), seconds)
        finally:
            self._waiting.discard(waiting)

    async def play(self, name: str, narrate: stories.Narrate, *, pace: float = 0.0) -> bool:
        """Play a story, `pace` seconds between steps; return whether each expected effect came."""
        return await stories.play(self, name, narrate, pace=pace)

    def tell(self, story: str) -> None:
        """Start playing a story for the page; one at a time."""
        if self._story is not None and not self._story.done():
            raise RefusedError("上一个剧本还没有演完")
        self._story = asyncio.create_task(self._tell(story))

    async def register(self, group: int, answers: Mapping[str, str | list[int]]) -> None:
        """Register a group at the office's desk with what was filled in, or refuse."""
        known = self.office.group(group)
        if self.desk is None or known is None or known.registered or not known.unit:
            raise RefusedError("这个群不能登记")
        known = replace(known, name=self.world.group(group).name)
        chosen = {
            key: [(self._name(user), user) for user in answer]
            for key, answer in answers.items()
            if isinstance(answer, list)
        }
        texts = {key: answer for key, answer in answers.items() if isinstance(answer, str)}
        await self.desk.register(known, texts, chosen)
        users = {key: tuple(user for _, user in people) for key, people in chosen.items()}
        self.office = self.sight.office = self.office.with_group(
            replace(
                known,
                owner=users["owner"][0],
                administrators=users.get("administrator", ()),
                leader=users["leader"][0],
                registered=True,
            )
        )
        self.world.touch()

    def _name(self, user: int) -> str:
        person = self.office.person(user)
        return person.name if person else self.world.display_name(user)

    async def _tell(self, story: str) -> None:
        telling = self.sight.telling
        telling.name, telling.lines, telling.running, telling.came_true = story, [], True, None

        def narrate(line: str) -> None:
            telling.lines.append(line)
            self.world.touch()

        try:
            telling.came_true = await self.play(story, narrate, pace=PAGE_PACE)
        finally:
            telling.running = False
            self.world.touch()

    def _heard(self, happening: Happening) -> None:
        del happening
        for waiting in self._waiting:
            waiting.set()


class _Uvicorn(uvicorn.Server):
    """Uvicorn without its own signal handlers: the program that starts the sandbox has them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

"""A small OneBot v11 peer on loopback, and the fakes that an adapter stands on in tests."""

# ruff: noqa: D101, D102 - the names say it

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Self, TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bot.adapters.onebot import OneBotAdapter, Timing
from bot.model.event import AccountConnected, Event

EventType = TypeVar("EventType", bound=Event)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TOKEN = "a-token-of-the-tests"
CALM = Timing(settle=0, between_parts=0, closing=0.2)
QUICK = Timing(
    handshake=2,
    events=0.15,
    answer=0.25,
    probe=0.1,
    silence=0.15,
    heartbeat=0.05,
    backoff=1,
    settle=0,
    between_parts=0,
    closing=0.2,
)


class FixedClock:
    def now(self) -> datetime:
        return NOW


class Inbox:
    """An inflow that keeps what is put and lets a test wait for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._came = asyncio.Condition()

    async def put(self, event: Event) -> None:
        async with self._came:
            self.events.append(event)
            self._came.notify_all()

    async def wait_for(self, kind: type[EventType], times: int = 1) -> EventType:
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: len(self.of(kind)) >= times)
        return self.of(kind)[times - 1]

    def of(self, kind: type[EventType]) -> list[EventType]:
        return [event for event in self.events if isinstance(event, kind)]


class Sleeps:
    """A sleep that never takes long, remembers how long it should have been, and can end a test."""

    def __init__(self, enough: int = 10_000) -> None:
        self.asked: list[float] = []
        self._enough = enough
        self.done = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        if len(self.asked) >= self._enough:
            self.done.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)


class Peer:
    """Speaks like LuckyLilliaBot; `answers` replaces answers (a value, a function, or None)."""

    def __init__(self, *, lifecycle: bool = True, beats: bool = False, user: int = 10001) -> None:
        self.answers: dict[str, object] = {
            "get_login_info": {"user_id": user, "nickname": "机器人"},
            "get_version_info": {"app_name": "NapCat.Onebot"},
            "get_status": {"online": True, "good": True},
        }
        self.calls: list[tuple[str, dict[str, object]]] = []
        self.connections = 0
        self.mute = False
        self.url = ""
        self.user = user
        self._lifecycle = lifecycle
        self._beats = beats
        self._sockets: list[ServerConnection] = []
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(self._attend, "127.0.0.1", 0, max_size=2**26, close_timeout=0.2)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def called(self, action: str) -> list[dict[str, object]]:
        return [params for name, params in self.calls if name == action]

    async def post(self, frame: object) -> None:
        text = frame if isinstance(frame, str | bytes) else json.dumps(frame, ensure_ascii=False)
        await self._sockets[-1].send(text, text=True)

    async def drop(self) -> None:
        await self._sockets[-1].close()

    async def _attend(self, socket: ServerConnection) -> None:
        self.connections += 1
        self._sockets.append(socket)
        request = socket.request
        if request is None or request.headers.get("Authorization") != f"Bearer {TOKEN}":
            await socket.send(json.dumps({"status": "failed", "retcode": 1403, "data": None}))
            await socket.close(1008, "invalid access token")
            return
        with contextlib.suppress(ConnectionClosed):
            await self.serve(socket.send, socket)

    async def serve(
        self, send: Callable[[str], object], frames: AsyncIterator[str | bytes]
    ) -> None:
        if self._lifecycle:
            await send(json.dumps(meta(self.user, "lifecycle", sub_type="connect")))  # type: ignore[misc]
        if self._beats:
            beat = meta(self.user, "heartbeat", interval=50, status={"online": True, "good": True})
            await send(json.dumps(beat))  # type: ignore[misc]
        async for frame in frames:
            call = json.loads(frame)
            self.calls.append((call["action"], call["params"]))
            answer = self._answer(call["action"], call["params"])
            if answer is not None and not self.mute:
                await send(json.dumps({**answer, "echo": call["echo"]}))  # type: ignore[misc]

    def _answer(self, action: str, params: dict[str, object]) -> dict[str, object] | None:
        if action not in self.answers:
            return failed(1404)
        answer = self.answers[action]
        if callable(answer):
            answer = answer(params)
        if isinstance(answer, dict) and "retcode" in answer:
            return answer
        if answer is None:
            return None
        return {"status": "ok", "retcode": 0, "data": answer}


def failed(retcode: int, message: str = "") -> dict[str, object]:
    return {"status": "failed", "retcode": retcode, "data": None, "message": message}


def meta(user: int, kind: str, **fields: object) -> dict[str, object]:
    return {
        "time": 1795277987,
        "self_id": user,
        "post_type": "meta_event",
        "meta_event_type": kind,
        **fields,
    }


def message(text: str, number: int = 7, **fields: object) -> dict[str, object]:
    return {
        "time": 1795277987,
        "self_id": 10001,
        "post_type": "message",
        "message_type": "group",
        "sub_type": "normal",
        "group_id": 700001,
        "user_id": 20002,
        "message_id": number,
        "message": [{"type": "text", "data": {"text": text}}],
        "raw_message": text,
        "sender": {"user_id": 20002, "nickname": "小李", "card": "", "role": "member"},
        **fields,
    }


def an_adapter(url: str | None, **changes: object) -> OneBotAdapter:
    settings: dict[str, object] = {
        "token": TOKEN,
        "self_id": "10001",
        "clock": FixedClock(),
        "count": lambda *_: None,
        "timing": CALM,
        "sleep": Sleeps(),
        "chance": lambda: 1.0,
        **changes,
    }
    return OneBotAdapter("主号", url=url, **settings)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(adapter: OneBotAdapter, *, connected: bool = True) -> AsyncIterator[Inbox]:
    """Run an adapter while a test looks at what it hands over."""
    inbox = Inbox()
    task = asyncio.create_task(adapter.run(inbox))
    try:
        if connected:
            await inbox.wait_for(AccountConnected)
        yield inbox
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

"""The sandbox's web application: OneBot over forward WebSocket, and the page with its deeds."""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Protocol
from urllib.parse import urlsplit

from fastapi import Body, FastAPI, Request, Response, WebSocket
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.websockets import WebSocketDisconnect

from bot.sandbox import codes, onebot
from bot.sandbox.clock import Control, next_morning
from bot.sandbox.desk import Desk
from bot.sandbox.links import Wire
from bot.sandbox.page import Looking, Sight, Wanted, do
from bot.sandbox.things import RefusedError
from bot.sandbox.world import World

STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
REDRAW = 0.06

Next = Callable[[Request], Awaitable[Response]]


class Parts(Protocol):
    """What the application serves; the server has them all."""

    world: World
    wire: Wire
    sight: Sight
    control: Control
    desk: Desk | None
    token: str
    host: str

    async def changed(self, seconds: float) -> None:
        """Return at the next change of the world, or after that many seconds."""
        ...

    def tell(self, story: str) -> None:
        """Start playing a story, or refuse."""
        ...

    async def register(self, group: int, answers: Mapping[str, str | list[int]]) -> None:
        """Register a group at the office's desk with what was filled in, or refuse."""
        ...


def make_app(parts: Parts) -> FastAPI:
    """Build the application over the parts of a server."""
    app = FastAPI(title="群规沙盒", docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_guard(parts.host))
    app.add_api_websocket_route("/onebot/v11/ws", _onebot(parts))
    app.add_api_websocket_route("/live", _live(parts))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _add_page(app, parts)
    _add_desk(app, parts)
    return app


def _add_page(app: FastAPI, parts: Parts) -> None:
    @app.get("/")
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.post("/api/deeds/{name}")
    async def deed(name: str, wanted: Wanted) -> dict[str, bool]:
        do(parts.world, name, wanted)
        return {"ok": True}

    @app.post("/api/switches")
    async def switch(changes: Annotated[dict[str, bool | str], Body()]) -> dict[str, bool]:
        parts.world.switch(**changes)
        return {"ok": True}

    @app.post("/api/clock/{step}")
    async def clock(step: str) -> dict[str, str]:
        now = parts.control.now()
        seconds = {"10m": 600.0, "1h": 3600.0}.get(step)
        if step == "morning":
            seconds = (next_morning(parts.control) - now).total_seconds()
        if seconds is None:
            raise RefusedError("没有这个时钟步长")
        await parts.control.advance(seconds)
        parts.world.touch()
        return {"now": parts.control.now().isoformat()}

    @app.post("/api/stories/{name}")
    async def story(name: str) -> dict[str, bool]:
        parts.tell(name)
        return {"ok": True}

    @app.exception_handler(RefusedError)
    async def refused(request: Request, error: RefusedError) -> JSONResponse:
        del request
        return JSONResponse({"error": str(error)}, status_code=409)


def _add_desk(app: FastAPI, parts: Parts) -> None:
    @app.post("/api/groups/{group}")
    async def register(
        group: int, answers: Annotated[dict[str, str | list[int]], Body()]
    ) -> dict[str, bool]:
        await parts.register(group, answers)
        return {"ok": True}

    @app.get("/forms/{name}")
    async def form(name: str) -> FileResponse:
        for path in parts.desk.forms() if parts.desk else ():
            if path.name == name:
                return FileResponse(path, filename=name)
        raise RefusedError("没有这份备案表")


def _guard(own: str) -> Callable[[Request, Next], Awaitable[Response]]:
    async def guard(request: Request, call_next: Next) -> Response:
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if not _ours(host, own) or (origin and not _same_host(origin, host)):
            return JSONResponse({"error": "来源不被允许"}, status_code=403)
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-cache"
        return response

    return guard


def _onebot(parts: Parts) -> Callable[[WebSocket], Awaitable[None]]:
    async def endpoint(socket: WebSocket) -> None:
        if parts.world.switches.offline:
            await socket.send_denial_response(Response(status_code=503))
            return
        await socket.accept()
        if not _token_fits(socket, parts.token):
            await socket.send_text(codes.encode(onebot.BAD_TOKEN))
            await socket.close(1008, "invalid access token")
            return
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await parts.wire.talk(
                _bot_asked_for(socket, parts.world), "forward", _texts(socket), socket.send_text
            )
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await socket.close(1001)

    return endpoint


def _live(parts: Parts) -> Callable[[WebSocket], Awaitable[None]]:
    async def endpoint(socket: WebSocket) -> None:
        host, origin = socket.headers.get("host", ""), socket.headers.get("origin", "")
        if not (_ours(host, parts.host) and _same_host(origin, host)):
            await socket.close()
            return
        await socket.accept()
        looking = Looking()
        wake = asyncio.Event()

        async def follow() -> None:
            async for text in _texts(socket):
                looking.follow(_read_json(text))
                wake.set()

        async def show() -> None:
            await wake.wait()
            while True:
                wake.clear()
                shown = parts.world.version
                await socket.send_text(codes.encode(parts.sight.view(looking)))
                await asyncio.sleep(REDRAW)
                if parts.world.version == shown:
                    await _first(wake.wait(), parts.changed(5.0))

        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await _first(follow(), show())

    return endpoint


async def _first(*waits: Awaitable[object]) -> None:
    """Wait for the first of them, end the others, and raise what the first raised."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _texts(socket: WebSocket) -> AsyncIterator[str]:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        yield message.get("text") or (message.get("bytes") or b"").decode(errors="replace")


def _read_json(text: str) -> object:
    try:
        return codes.decode(text)
    except ValueError:
        return None


def _token_fits(socket: WebSocket, token: str) -> bool:
    given = socket.headers.get("authorization", "").removeprefix("Bearer ").strip()
    given = given or socket.query_params.get("access_token", "")
    return hmac.compare_digest(given.encode(), token.encode())


def _bot_asked_for(socket: WebSocket, world: World) -> int:
    asked = socket.headers.get("x-self-id") or socket.query_params.get("self_id") or ""
    return int(asked) if asked.isdecimal() and int(asked) in world.bots else world.bots[0]


def _ours(host: str, own: str) -> bool:
    """Tell whether the page was asked for by an address of this machine: a name may be rebound."""
    return urlsplit(f"//{host}").hostname in {"127.0.0.1", "localhost", "::1", own}


def _same_host(origin: str, host: str) -> bool:
    return bool(host) and urlsplit(origin).netloc == host

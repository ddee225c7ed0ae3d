"""The web application: it takes reverse connections and answers to health checks."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

Endpoint = Callable[[WebSocket], Awaitable[None]]


def make_app(
    *, doors: Mapping[str, Endpoint], healthy: Callable[[], bool], metrics: Callable[[], bytes]
) -> Starlette:
    """Return the application; `doors` are the paths by which chat peers connect to us."""

    async def health(_: Request) -> Response:
        return Response("ok\n" if healthy() else "not online\n", 200 if healthy() else 503)

    async def counters(_: Request) -> Response:
        return Response(metrics(), media_type="text/plain; version=0.0.4")

    return Starlette(
        routes=[
            *(WebSocketRoute(path, endpoint) for path, endpoint in doors.items()),
            Route("/healthz", health),
            Route("/metrics", counters),
        ]
    )

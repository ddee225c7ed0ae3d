"""The web application: it takes reverse connections and answers to health checks."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Response, WebSocket

Endpoint = Callable[[WebSocket], Awaitable[None]]
REVERSE_PATHS = ("/onebot/v11/ws", "/onebot/v11/ws/", "/onebot/v11", "/ws")


def make_app(
    *, reverse: Endpoint, healthy: Callable[[], bool], metrics: Callable[[], bytes]
) -> FastAPI:
    """Return the application; it listens on loopback unless the configuration says otherwise."""
    app = FastAPI(title="qungui", docs_url=None, redoc_url=None, openapi_url=None)
    for path in REVERSE_PATHS:
        app.add_api_websocket_route(path, reverse)

    @app.get("/healthz")
    def health() -> Response:
        return Response("ok\n" if healthy() else "not online\n", 200 if healthy() else 503)

    @app.get("/metrics")
    def counters() -> Response:
        return Response(metrics(), media_type="text/plain; version=0.0.4")

    return app

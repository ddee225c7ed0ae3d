"""A bare OneBot client, to look at the sandbox from the wire."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import websockets

from bot.sandbox.server import SandboxServer


class Client:
    """A OneBot client that keeps events and answers apart."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.events: list[dict] = []
        self._calls = 0

    async def frame(self) -> dict:
        """Return the next frame, whatever it is."""
        return json.loads(await asyncio.wait_for(self.socket.recv(), 5))

    async def event(self) -> dict:
        """Return the next event."""
        if self.events:
            return self.events.pop(0)
        frame = await self.frame()
        assert "post_type" in frame, frame
        return frame

    async def call(self, action: str, **params: object) -> dict:
        """Ask for an action and return its answer."""
        self._calls += 1
        echo = f"c{self._calls}"
        await self.socket.send(json.dumps({"action": action, "params": params, "echo": echo}))
        while True:
            frame = await self.frame()
            if frame.get("echo") == echo:
                return frame
            self.events.append(frame)


@asynccontextmanager
async def connected(server: SandboxServer, query: str = "") -> AsyncIterator[Client]:
    """Connect a client and let the lifecycle event pass."""
    headers = {"Authorization": f"Bearer {server.token}"}
    async with websockets.connect(
        server.ws_url + query, additional_headers=headers, proxy=None
    ) as socket:
        client = Client(socket)
        assert (await client.event())["meta_event_type"] == "lifecycle"
        yield client

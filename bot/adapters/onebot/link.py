"""The wire: one WebSocket to a OneBot peer, whichever side opened it, and how long we wait."""

from dataclasses import dataclass
from typing import Final, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
)

MAX_FRAME: Final = 64 * 2**20
_POLICY_VIOLATION: Final = 1008


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """How long to wait for what, in seconds.

    `handshake` and `events` bound the beginning of a connection; `answer` a call; a peer silent
    for `silent_beats` heartbeats, at least `silence`, is asked and has `probe` to answer; a
    connection that held for `steady` starts the backoff anew; `settle` lies between the two
    member lists, `between_parts` between the parts of a long text.
    """

    handshake: float = 10
    events: float = 5
    answer: float = 10
    probe: float = 5
    silence: float = 15
    heartbeat: float = 30
    silent_beats: float = 3
    backoff: float = 1
    backoff_limit: float = 60
    steady: float = 60
    settle: float = 3
    between_parts: float = 1.5
    closing: float = 1


class Lost(Exception):  # noqa: N818 - a connection that ends is no error of ours
    """The connection is of no use any more; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Link(Protocol):
    """One open connection."""

    async def send(self, frame: str) -> None:
        """Send one frame; raises Lost."""

    async def receive(self) -> bytes | str:
        """Return the next frame; raises Lost when there will be none."""

    async def close(self) -> None:
        """Close the connection; a closed one stays closed."""


class ForwardLink:
    """A connection that we opened."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, frame: str) -> None:
        """Send one frame; raises Lost."""
        try:
            await self._socket.send(frame)
        except ConnectionClosed as closed:
            raise _ended(_code(closed)) from None

    async def receive(self) -> bytes:
        """Return the next frame undecoded; raises Lost."""
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed as closed:
            raise _ended(_code(closed)) from None

    async def close(self) -> None:
        """Close the connection."""
        await self._socket.close()


class ReverseLink:
    """A connection that the peer opened to the web application."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def send(self, frame: str) -> None:
        """Send one frame; raises Lost."""
        try:
            await self._socket.send_text(frame)
        except (WebSocketDisconnect, RuntimeError):
            raise Lost("closed") from None

    async def receive(self) -> bytes | str:
        """Return the next frame; raises Lost."""
        try:
            message = await self._socket.receive()
        except RuntimeError:
            raise Lost("closed") from None
        if message["type"] != "websocket.receive":
            raise _ended(message.get("code"))
        text: str | None = message.get("text")
        return text if text is not None else message.get("bytes") or b""

    async def close(self) -> None:
        """Close the connection where it is still open."""
        if WebSocketState.DISCONNECTED in {
            self._socket.client_state,
            self._socket.application_state,
        }:
            return
        try:
            await self._socket.close()
        except (WebSocketDisconnect, RuntimeError):
            return


async def open_link(url: str, *, token: str, timing: Timing) -> ForwardLink:
    """Connect to a peer; raises Lost with the reason.

    The library's own keep-alive is off: the session notices a silent peer by its heartbeat, and
    a peer that is busy with a large frame must not lose its connection for a late pong.
    """
    try:
        socket = await connect(
            url,
            additional_headers={"Authorization": f"Bearer {token}"},
            compression=None,
            proxy=None,
            open_timeout=timing.handshake,
            close_timeout=timing.closing,
            ping_interval=None,
            max_size=MAX_FRAME,
        )
    except InvalidStatus as refused:
        status = refused.response.status_code
        raise Lost("token" if status in {401, 403} else f"http:{status}") from None
    except InvalidURI:
        raise Lost("address") from None
    except (OSError, TimeoutError, InvalidHandshake, EOFError):
        raise Lost("unreachable") from None
    return ForwardLink(socket)


def _code(closed: ConnectionClosed) -> int | None:
    return closed.rcvd.code if closed.rcvd else closed.sent.code if closed.sent else None


def _ended(code: int | None) -> Lost:
    if code == _POLICY_VIOLATION:
        return Lost("token")
    return Lost(f"closed:{code}" if code else "closed")

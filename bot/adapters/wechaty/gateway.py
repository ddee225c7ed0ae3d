"""One connection to a gateway: its stream of events, and calls that all end in time.

`PuppetService` serves for its calls only, over a channel of our own: its start stops the puppet
first, takes a token from the environment, knows no TLS, and its loop ends at the first error event.
Several calls of it are broken with one protocol or the other; those are made with `protocol`.
"""

import asyncio
import base64
import json
import re
import ssl
from collections.abc import AsyncGenerator, Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from bot.adapters.wechaty.kinds import Dirty
from bot.adapters.wechaty.mending import load
from bot.adapters.wechaty.settings import Timing, WechatySettings

T = TypeVar("T")
MAX_FILE: Final = 64 * 2**20
Event = tuple[int, Mapping[str, Any]]
_UUID_BOX: Final = 7
_GAVE_UP: Final = re.compile("time(d |-| )?out", re.IGNORECASE)


class Lost(Exception):  # noqa: N818 - a connection that ends is no error of ours
    """The connection is of no use any more; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unanswered(Exception):  # noqa: N818 - not a fault: what happened is unknown
    """A call went out and no answer came; `reason` is "timeout" or "lost"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """The gateway answered that it did not do it; `reason` is the name of its status."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """A room as the gateway describes it."""

    topic: str
    owner: str
    administrators: frozenset[str]
    members: frozenset[str] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """What a member is called in a room, and by himself."""

    alias: str = field(repr=False)
    name: str = field(repr=False)


class Gateway:
    """A channel to one gateway; nothing of it is shared with another account.

    Calls raise Unanswered or Refused; opening and the stream of events raise Lost. Raises BotError
    where the libraries are not installed.
    """

    def __init__(self, settings: WechatySettings, token: str, timing: Timing) -> None:
        library = load()
        from grpclib.client import Channel  # noqa: PLC0415 - the base product has no grpclib
        from grpclib.config import Configuration  # noqa: PLC0415
        from wechaty_grpc.wechaty import PuppetStub  # type: ignore[import-untyped] # noqa: PLC0415
        from wechaty_puppet import PuppetOptions  # type: ignore[import-untyped] # noqa: PLC0415

        from bot.adapters.wechaty import protocol  # noqa: PLC0415 - needs betterproto

        self._timing = timing
        self._protocol = protocol
        name = settings.tls_name or None
        config = Configuration(ssl_target_name_override=name) if settings.tls and name else None
        tls = _trusting(settings) if settings.tls else None
        self._channel = Channel(settings.host, settings.port, ssl=tls, config=config)
        # The current protocol reads the token from :authority; the old one reads none.
        self._channel._authority = token  # noqa: SLF001 - grpclib has no other way
        self._puppet = library.PuppetService(
            PuppetOptions(end_point=settings.endpoint, token=token)
        )
        self._puppet._puppet_stub = PuppetStub(self._channel)  # noqa: SLF001 - see above

    async def events(self, opened: asyncio.Event) -> AsyncGenerator[Event, None]:
        """Yield each event's kind and payload; raises Lost, also where another client has them.

        `opened` is set when the gateway has been asked for them.
        """
        from grpclib.const import Cardinality  # noqa: PLC0415

        route = f"{self._protocol.ROUTE}Event"
        kinds = (self._protocol.Empty, self._protocol.EventResponse)
        with _losing():
            request = self._channel.request(route, Cardinality.UNARY_STREAM, *kinds)
            async with request as stream:
                async with asyncio.timeout(self._timing.connect):
                    await stream.send_message(self._protocol.Empty(), end=True)
                opened.set()
                async for event in stream:
                    yield event.type, _object(event.payload)
        raise Lost("closed")

    async def start(self) -> None:
        """Let the puppet begin, where it has not; one that runs is left as it is."""
        await self._ask(self._puppet.puppet_stub.start())

    async def ding(self) -> None:
        """Ask for a dong in the stream of events."""
        await self._ask(self._puppet.ding("qungui"), within=self._timing.probe)

    async def rooms(self) -> list[str]:
        """Return the ids of all rooms."""
        return list(await self._ask(self._puppet.room_list()))

    async def room(self, room: str, *, fresh: bool = False) -> Room:
        """Return a room; a fresh one is read anew by the gateway first."""
        if fresh:
            await self._dirty(Dirty.ROOM, room)
        read = await self._ask(self._puppet.room_payload(room))
        return Room(
            topic=read.topic,
            owner=read.owner_id,
            administrators=frozenset(read.admin_ids),
            members=frozenset(read.member_ids),
        )

    async def members(self, room: str) -> list[str]:
        """Return who is in a room, read anew by the gateway."""
        await self._dirty(Dirty.ROOM_MEMBER, room)
        return list(await self._ask(self._puppet.room_members(room)))

    async def names(self, room: str, user: str) -> Names:
        """Return what a member is called."""
        read = await self._ask(self._puppet.room_member_payload(room, user))
        return Names(alias=read.room_alias, name=read.name)

    async def message(self, message: str) -> Any:
        """Return a message as `protocol.MessageResponse`."""
        return await self._call("MessagePayload", message, self._protocol.MessageResponse)

    async def card(self, message: str, *, mini_program: bool) -> Mapping[str, Any]:
        """Return what a link or a mini program shows and where it leads."""
        stub = self._puppet.puppet_stub
        if mini_program:
            return _object((await self._ask(stub.message_mini_program(id=message))).mini_program)
        return _object((await self._ask(stub.message_url(id=message))).url_link)

    async def file(self, message: str) -> bytes | None:
        """Return the content of a file, at most 64 MB; None where it is elsewhere (an address)."""
        box = _object((await self._ask(self._puppet.puppet_stub.message_file(id=message))).filebox)
        if isinstance(box.get("base64"), str):
            return base64.b64decode(box["base64"])
        if (box.get("type") or box.get("boxType")) == _UUID_BOX:
            return await self._ask(self._download(str(box["uuid"])), within=self._timing.download)
        return None

    async def invitation(self, invitation: str) -> tuple[str, str]:
        """Return who invites us, and the topic of the room."""
        stub = self._puppet.puppet_stub
        read = await self._ask(stub.room_invitation_payload(id=invitation))
        return read.inviter_id, read.topic

    async def accept_invitation(self, invitation: str) -> None:
        """Go into a room to which we were invited."""
        await self._ask(self._puppet.room_invitation_accept(invitation))

    async def friendship(self, friendship: str) -> tuple[str, str, int]:
        """Return who it is, what he says, and what it is (2: he asks)."""
        read = await self._ask(self._puppet.puppet_stub.friendship_payload(id=friendship))
        return read.contact_id, read.hello, int(read.type)

    async def accept_friendship(self, friendship: str) -> None:
        """Become the friend of somebody who asks."""
        await self._ask(self._puppet.friendship_accept(friendship))

    async def say(self, conversation: str, text: str, mentions: list[str]) -> str | None:
        """Send a text; return its id where the gateway says it."""
        kinds = self._protocol
        request = kinds.SendTextRequest(conversation=conversation, text=text, mentions=mentions)
        sent = await self._call("MessageSendText", request, kinds.TextResponse)
        return sent.text or sent.old_text.value or None

    async def set_topic(self, room: str, topic: str) -> None:
        """Rename a room."""
        await self._set("RoomTopic", room, topic)

    async def announce(self, room: str, text: str) -> None:
        """Put up a room's announcement."""
        await self._set("RoomAnnounce", room, text)

    async def remove(self, room: str, user: str) -> None:
        """Remove a member."""
        await self._ask(self._puppet.room_delete(room, user))

    def close(self) -> None:
        """Close the channel; a closed one stays closed."""
        self._channel.close()

    async def _set(self, call: str, subject: str, text: str) -> None:
        kinds = self._protocol
        both = kinds.TextRequest(id=subject, old_text=kinds.StringValue(value=text), text=text)
        await self._call(call, both, kinds.TextResponse)

    async def _dirty(self, kind: int, subject: str) -> None:
        stub = self._puppet.puppet_stub
        await self._ask(stub.dirty_payload(type=kind, id=subject))

    async def _download(self, uuid: str) -> bytes:
        from grpclib.const import Cardinality  # noqa: PLC0415

        kinds = (self._protocol.ById, self._protocol.Chunk)
        route = f"{self._protocol.ROUTE}Download"
        content = bytearray()
        async with self._channel.request(route, Cardinality.UNARY_STREAM, *kinds) as stream:
            await stream.send_message(self._protocol.ById(id=uuid), end=True)
            async for piece in stream:
                content += piece.chunk
                if len(content) > MAX_FILE:
                    raise Refused("TOO_LARGE")
        return bytes(content)

    async def _call(self, call: str, request: Any, answer: Any) -> Any:
        """Make one call of ours; a text stands for the id of what is asked for."""
        asked = self._protocol.ById(id=request) if isinstance(request, str) else request
        stub = self._puppet.puppet_stub
        route = f"{self._protocol.ROUTE}{call}"
        return await self._ask(stub._unary_unary(route, asked, answer))  # noqa: SLF001 - as stubs do

    async def _ask(self, call: Awaitable[T], *, within: float | None = None) -> T:
        from grpclib import GRPCError, Status  # noqa: PLC0415
        from grpclib.exceptions import ProtocolError, StreamTerminatedError  # noqa: PLC0415

        try:
            async with asyncio.timeout(within or self._timing.answer):
                return await call
        except TimeoutError:
            raise Unanswered("timeout") from None
        except (StreamTerminatedError, ProtocolError, OSError):
            raise Unanswered("lost") from None
        except GRPCError as error:
            if error.status is Status.UNAVAILABLE:
                raise Unanswered("lost") from None
            # A puppet that gave up waiting does not know either whether it was done.
            if error.status is Status.DEADLINE_EXCEEDED or _GAVE_UP.search(error.message or ""):
                raise Unanswered("timeout") from None
            raise Refused(error.status.name) from None


class _losing:  # noqa: N801 - reads as a verb
    """Turns what ends a stream of events into Lost."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None or isinstance(error, Lost):
            return
        from grpclib import GRPCError, Status  # noqa: PLC0415
        from grpclib.exceptions import ProtocolError, StreamTerminatedError  # noqa: PLC0415

        match error:
            case GRPCError(status=Status.UNAUTHENTICATED):
                raise Lost("token") from None
            case GRPCError(status=Status.ALREADY_EXISTS):
                raise Lost("second") from None
            case GRPCError():
                raise Lost(f"refused:{error.status.name}") from None
            case ssl.SSLError():
                raise Lost("tls") from None
            case TimeoutError() | OSError():
                raise Lost("unreachable") from None
            case StreamTerminatedError() | ProtocolError():
                raise Lost("closed") from None


def _object(text: str) -> Mapping[str, Any]:
    """Read a JSON object; anything else is an empty one."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _trusting(settings: WechatySettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.tls_ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    return context

# ruff: noqa: RUF009 - betterproto declares its fields by calls
"""The messages of the protocol in both its generations, where wechaty-grpc 0.20 knows only the old.

The current protocol moved texts that are set (topic, announcement, alias) and ids that are answered
to new field numbers; a request here carries both, an answer is read from either. Import it only
after `mending.load()`: it needs betterproto, which the base product does not bring.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import betterproto


@dataclass
class Empty(betterproto.Message):
    """A request or an answer without fields."""


@dataclass
class StringValue(betterproto.Message):
    """A text in a wrapper, as the old protocol has it."""

    value: str = betterproto.string_field(1)


@dataclass
class ById(betterproto.Message):
    """A request that names one thing."""

    id: str = betterproto.string_field(1)


@dataclass
class EventResponse(betterproto.Message):
    """One event; `payload` is JSON."""

    type: int = betterproto.int32_field(1)
    payload: str = betterproto.string_field(2)


@dataclass
class TextRequest(betterproto.Message):
    """Sets a topic, an announcement or an alias."""

    id: str = betterproto.string_field(1)
    old_text: StringValue = betterproto.message_field(2)
    text: str = betterproto.string_field(3)


@dataclass
class TextResponse(betterproto.Message):
    """Answers a topic or an announcement that was asked for, or the id of a sent message."""

    old_text: StringValue = betterproto.message_field(1)
    text: str = betterproto.string_field(2)


@dataclass
class SendTextRequest(betterproto.Message):
    """A text to a room or a contact; `mentions` are ids."""

    conversation: str = betterproto.string_field(1)
    text: str = betterproto.string_field(2)
    mentions: list[str] = betterproto.string_field(3)


@dataclass
class MessageResponse(betterproto.Message):
    """One message; `timestamp` is in seconds or milliseconds, `receive_time` only current."""

    id: str = betterproto.string_field(1)
    filename: str = betterproto.string_field(2)
    text: str = betterproto.string_field(3)
    timestamp: int = betterproto.uint64_field(4)
    type: int = betterproto.int32_field(5)
    talker: str = betterproto.string_field(6)
    room: str = betterproto.string_field(7)
    listener: str = betterproto.string_field(8)
    mentions: list[str] = betterproto.string_field(9)
    receive_time: datetime = betterproto.message_field(10)


@dataclass
class Chunk(betterproto.Message):
    """A piece of a file."""

    chunk: bytes = betterproto.bytes_field(1)


ROUTE: Final = "/wechaty.Puppet/"

"""The shapes of OneBot v11 frames, and what can be saved of those that do not fit.

The common shape is read in one strict step. A frame that is refused (a lone surrogate, a null, a
list where text belongs) is read again field by field: what is right in it is kept.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import UnionType
from typing import Final, TypeVar, get_args, get_origin

import msgspec

PLATFORM: Final = "qq"
_PREFIX: Final = len(PLATFORM) + 1


class SegmentData(msgspec.Struct, gc=False):
    """What segments of any kind hold."""

    text: str | None = ""
    qq: int | str | None = None
    id: int | str | None = None
    file: str | None = ""
    name: str | None = ""
    url: str | None = ""
    file_size: int | str | None = 0
    title: str | None = ""
    data: msgspec.Raw = msgspec.Raw()
    content: msgspec.Raw = msgspec.Raw()


class Segment(msgspec.Struct, gc=False):
    """One piece of a message."""

    type: str = ""
    data: SegmentData | None = None


class Sender(msgspec.Struct, gc=False):
    """Who wrote a message."""

    user_id: int | str | None = None
    card: str | None = ""
    nickname: str | None = ""
    role: str | None = ""


class Status(msgspec.Struct, gc=False):
    """The status in a heartbeat."""

    online: bool | None = None


class File(msgspec.Struct, gc=False):
    """The file in a group_upload notice."""

    name: str | None = ""
    size: int | str | None = 0
    url: str | None = ""


class Frame(msgspec.Struct, gc=False):
    """Every frame: an event, a message of a history, or an answer."""

    post_type: str = ""
    time: int = 0
    self_id: int | str | None = None
    message_type: str = ""
    notice_type: str = ""
    request_type: str = ""
    meta_event_type: str = ""
    sub_type: str | None = ""
    group_id: int | str | None = None
    user_id: int | str | None = None
    operator_id: int | str | None = None
    message_id: int | str | None = None
    message: str | list[Segment] | None = None
    raw_message: str | None = ""
    sender: Sender | None = None
    file: File | None = None
    name: str | None = ""
    name_new: str | None = ""
    card_new: str | None = ""
    comment: str | None = ""
    flag: int | str | None = None
    interval: int | None = None
    status: str | Status | None = None
    retcode: int | None = None
    wording: str | None = ""
    echo: int | str | None = None
    data: msgspec.Raw = msgspec.Raw()


_StructType = TypeVar("_StructType", bound=msgspec.Struct)
_from_timestamp = datetime.fromtimestamp
_read_strictly = msgspec.json.Decoder(Frame).decode
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_KEPT_AS_THEY_ARE: Final = frozenset({"text", "message", "raw_message"})


def read_frame(frame: bytes | str) -> Frame | None:
    """Read one frame; None where nothing of it can be used."""
    try:
        return _read_strictly(frame)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return salvage_frame(loads(frame))


def loads(text: bytes | str | msgspec.Raw) -> object:
    """Read JSON of any origin, lone surrogates included; None where it cannot be read."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        pass
    try:
        plain = text if isinstance(text, str) else bytes(text).decode("utf-8", "replace")
        return json.loads(plain)
    except (ValueError, RecursionError):
        return None


def salvage_frame(value: object) -> Frame | None:
    """Keep of a decoded frame what fits; None where it is no object."""
    return salvage(Frame, value) if isinstance(value, dict) else None


def salvage(kind: type[_StructType], value: Mapping[str, object]) -> _StructType:
    """Keep of a value what fits its struct, field by field."""
    kept = {}
    for known in msgspec.structs.fields(kind):
        if known.name in value:
            found = _fit(known.name, known.type, value[known.name])
            if found is not msgspec.UNSET:
                kept[known.name] = found
    return kind(**kept)


def _fit(name: str, wanted: object, value: object) -> object:
    """Return the value as the wanted type, or UNSET."""
    if wanted is msgspec.Raw:
        try:
            return msgspec.Raw(json.dumps(value).encode())
        except RecursionError:
            return msgspec.UNSET
    choices = get_args(wanted) if isinstance(wanted, UnionType) else (wanted,)
    for choice in choices:
        if isinstance(value, dict) and _is_struct(choice):
            return salvage(choice, value)
        if isinstance(value, list) and get_origin(choice) is list:
            (item,) = get_args(choice)
            return [salvage(item, each) for each in value if isinstance(each, dict)]
    if isinstance(value, str) and name not in _KEPT_AS_THEY_ARE:
        value = scrub(value)
    try:
        return msgspec.convert(value, wanted, strict=False)
    except (msgspec.ValidationError, UnicodeError, RecursionError):
        return msgspec.UNSET


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def as_id(value: int | str | None) -> str:
    """Return an id as text, empty where there is none."""
    return "" if value is None else str(value)


def self_id_of(account: str) -> str:
    """Return the id of an account written `qq:id`."""
    return account[_PREFIX:]


def moment(seconds: int, now: datetime) -> datetime:
    """Return a time in seconds since 1970 as a moment, or `now` where it is none."""
    try:
        return _from_timestamp(seconds, UTC) if seconds > 0 else now
    except (ValueError, OverflowError, OSError):
        return now


def as_size(value: int | str | None) -> int:
    """Return a size in bytes, 0 where none is told."""
    try:
        return max(0, int(value or 0))
    except ValueError:
        return 0


def scrub(text: str) -> str:
    """Return a text without lone surrogates."""
    return _SURROGATE.sub("\ufffd", text)

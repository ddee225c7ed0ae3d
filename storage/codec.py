"""Times as integers, and events and actions as text, for the columns of the store."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from types import ModuleType
from typing import TypeVar

import msgspec

from bot.model import action, event

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Return a moment as microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the moment again."""
    return _EPOCH + timedelta(microseconds=micros)


def maybe_micros(moment: datetime | None) -> int | None:
    """Return a moment that may be missing as microseconds."""
    return None if moment is None else to_micros(moment)


def maybe_moment(micros: int | None) -> datetime | None:
    """Return a moment that may be missing."""
    return None if micros is None else from_micros(micros)


def maybe_day(text: str | None) -> date | None:
    """Return a day that may be missing, from its ISO text."""
    return date.fromisoformat(text) if text else None


def encode(value: event.Event | action.Outgoing) -> tuple[str, str]:
    """Return a value's kind and its JSON text."""
    return type(value).__name__, to_text(value)


def to_text(value: object) -> str:
    """Return a value's JSON text, which knows no lone surrogates: each becomes a question mark."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_without_surrogates(msgspec.to_builtins(value))).decode()


def decode_event(kind: str, text: str) -> event.Event:
    """Return the event again; raises KeyError for a kind that this version does not know."""
    return msgspec.json.decode(text, type=_events()[kind])


def decode_outgoing(kind: str, text: str) -> action.Outgoing:
    """Return the outgoing action again; raises KeyError for an unknown kind."""
    return msgspec.json.decode(text, type=_outgoing()[kind])


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value


@cache
def _events() -> Mapping[str, type[event.Event]]:
    return _kinds(event, event.Event)


@cache
def _outgoing() -> Mapping[str, type[action.Outgoing]]:
    return _kinds(action, action.Outgoing)


def _kinds(module: ModuleType, root: type[T]) -> Mapping[str, type[T]]:
    # Not __subclasses__: a dataclass with slots is made twice, and the first one lingers.
    named = vars(module).items()
    return {name: kind for name, kind in named if isinstance(kind, type) and issubclass(kind, root)}

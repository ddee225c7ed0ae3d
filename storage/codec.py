"""Times as integers, and events and actions as text, for the columns of the store."""

from datetime import UTC, datetime, timedelta
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


def encode(value: event.Event | action.Outgoing) -> tuple[str, str]:
    """Return a value's kind and its JSON text.

    JSON knows no lone surrogates: a message that holds one keeps it as its escape's replacement.
    """
    try:
        text = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        text = msgspec.json.encode(_without_surrogates(msgspec.to_builtins(value))).decode()
    return type(value).__name__, text


def decode_event(kind: str, text: str) -> event.Event:
    """Return the event again; raises KeyError for a kind that this version does not know."""
    return msgspec.json.decode(text, type=_subclasses(event.Event)[kind])


def decode_outgoing(kind: str, text: str) -> action.Outgoing:
    """Return the outgoing action again; raises KeyError for an unknown kind."""
    return msgspec.json.decode(text, type=_subclasses(action.Outgoing)[kind])


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value


def _subclasses(root: type[T]) -> dict[str, type[T]]:
    found: dict[str, type[T]] = {}
    for kind in root.__subclasses__():
        found[kind.__name__] = kind
        found.update(_subclasses(kind))
    return found

"""Reads messages: what the gateway says of one into text, mentions and attachments.

Text is what a text message says, as delivered, without the `@name` of those it mentions: they stand
in `mentions` ("all" for everybody). A name is taken out only where it is the very name of somebody
who is mentioned, so that nothing can be hidden behind an @.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from bot.adapters.wechaty.gateway import Names, Room
from bot.adapters.wechaty.kinds import Type
from bot.model.event import MessagePosted, MessageRecalled, PlatformEvent
from bot.model.message import Attachment, AttachmentKind, Message, Standing

PLATFORM: Final = "wechat"

_EVERYBODY: Final = frozenset({"announcement@all", "notify@all", "all"})
_ALL_NAMES: Final = ("所有人", "All")
_TEXTS: Final = frozenset({Type.TEXT, Type.NOTE})
_CARDS: Final = frozenset({Type.LINK, Type.MINI_PROGRAM})
_SILENT: Final = frozenset({Type.EMOTICON})
_ATTACHMENTS: Final[Mapping[int, AttachmentKind]] = MappingProxyType(
    {
        Type.FILE: AttachmentKind.FILE,
        Type.IMAGE: AttachmentKind.IMAGE,
        Type.HISTORY: AttachmentKind.FORWARD,
        Type.LINK: AttachmentKind.CARD,
        Type.MINI_PROGRAM: AttachmentKind.CARD,
    }
)
# Puppets give seconds or milliseconds; as seconds, this one is in the year 5138.
_MILLISECONDS_FROM: Final = 100_000_000_000
_AFTER_A_NAME: Final = "(?:\u2005|\u2004|\\s|$)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A message and what had to be asked for it: its card, its room, and what people are called.

    The card is None where the gateway does not give it.
    """

    message: Any = field(repr=False)
    card: Mapping[str, Any] | None = field(default_factory=dict, repr=False)
    room: Room | None = None
    names: Mapping[str, Names] = field(default_factory=dict, repr=False)


def needs_card(kind: int) -> bool:
    """Whether a message's words stand in a card that has to be asked for."""
    return kind in _CARDS


def standing_in(room: Room | None, user: str) -> Standing | None:
    """Return what a room lets an account do; None where the room is not known."""
    if room is None:
        return None
    if user == room.owner:
        return Standing.OWNER
    return Standing.ADMINISTRATOR if user in room.administrators else Standing.MEMBER


def read(fetched: Fetched, *, account: str, now: datetime) -> PlatformEvent | None:
    """Return what a message means; None for one of our own, or without a sender."""
    raw = fetched.message
    own = account.partition(":")[2]
    if not raw.talker and not raw.room:
        return None
    if raw.type == Type.RECALLED:
        if not (raw.room and raw.text):
            return None
        return MessageRecalled(
            at=moment(raw.timestamp, now),
            account=account,
            group=raw.room,
            message_id=raw.text,
            operator=raw.talker,
        )
    if raw.talker in {"", own}:
        return None
    called = fetched.names.get(raw.talker)
    message = Message(
        account=account,
        group=raw.room or None,
        id=raw.id,
        sender=raw.talker,
        card=(called.alias or called.name) if called else "",
        standing=standing_in(fetched.room, raw.talker) if raw.room else None,
        text=_text(fetched) if raw.type in _TEXTS else "",
        attachments=_attachments(fetched),
        mentions=tuple("all" if user in _EVERYBODY else user for user in raw.mentions),
        posted_at=moment(raw.timestamp, now),
    )
    return MessagePosted(at=message.posted_at, account=account, message=message)


def moment(timestamp: object, now: datetime) -> datetime:
    """Return a gateway's time, which may be in seconds or milliseconds; `now` where it has none."""
    if not isinstance(timestamp, int | float) or isinstance(timestamp, bool) or timestamp <= 0:
        return now
    seconds = timestamp / 1000 if timestamp >= _MILLISECONDS_FROM else timestamp
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return now


def _text(fetched: Fetched) -> str:
    text: str = fetched.message.text
    for user in fetched.message.mentions:
        for name in _called(user, fetched.names):
            shorter = re.sub(f"@{re.escape(name)}{_AFTER_A_NAME}", "", text, count=1)
            if shorter != text:
                text = shorter
                break
    return text


def _called(user: str, names: Mapping[str, Names]) -> Sequence[str]:
    if user in _EVERYBODY:
        return _ALL_NAMES
    known = names.get(user)
    return [name for name in (known.alias, known.name) if name] if known else []


def _attachments(fetched: Fetched) -> tuple[Attachment, ...]:
    raw = fetched.message
    if raw.type in _TEXTS or raw.type in _SILENT:
        return ()
    kind = _ATTACHMENTS.get(raw.type, AttachmentKind.OTHER)
    name, url = raw.filename, ""
    if fetched.card is None:
        kind, name = AttachmentKind.OTHER, ""  # a card's words count as read, these are not
    elif raw.type in _CARDS:
        name = _words(fetched.card, "title", "description")
        url = _words(fetched.card, "url") or _words(fetched.card, "pagePath")
    elif kind is AttachmentKind.FORWARD:
        name = raw.id
    return (Attachment(kind=kind, name=name, url=url),)


def _words(card: Mapping[str, Any], *keys: str) -> str:
    """Join what is text, each once."""
    words = dict.fromkeys(card.get(key) for key in keys)
    return " ".join(word for word in words if isinstance(word, str) and word)

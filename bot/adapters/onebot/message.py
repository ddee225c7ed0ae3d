"""Reads messages: segments or CQ codes into text, mentions and attachments.

Text is what the text (and markdown) segments say, joined, exactly as delivered, even where it
holds lone surrogates. A mention adds nothing to the text: it stands in `mentions` ("all" for
everybody). Cards, files, pictures and merged forwards become attachments: a card's words are its
name, a merged forward's id is. Ids and names never hold lone surrogates.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from bot.adapters.onebot.frame import (
    Frame,
    Segment,
    SegmentData,
    Sender,
    as_id,
    as_size,
    loads,
    moment,
    salvage,
    salvage_frame,
    scrub,
    self_id_of,
)
from bot.model.message import Attachment, AttachmentKind, Message, Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """One message of a history; `own` where the watching account wrote it, `gone` where empty."""

    message: Message
    own: bool
    gone: bool


_STANDINGS: Final[Mapping[str | None, Standing]] = MappingProxyType(
    {
        "owner": Standing.OWNER,
        "admin": Standing.ADMINISTRATOR,
        "member": Standing.MEMBER,
    }
)
_SILENT_SEGMENTS: Final = frozenset(
    {"face", "dice", "rps", "poke", "shake", "anonymous", "new_dice", "new_rps"}
)
_ATTACHMENTS: Final[Mapping[str, AttachmentKind]] = MappingProxyType(
    {
        "image": AttachmentKind.IMAGE,
        "file": AttachmentKind.FILE,
        "forward": AttachmentKind.FORWARD,
        "json": AttachmentKind.CARD,
        "xml": AttachmentKind.CARD,
        "share": AttachmentKind.CARD,
        "music": AttachmentKind.CARD,
    }
)
_CODE: Final = re.compile(r"\[CQ:([A-Za-z0-9_.-]+)((?:,[^,\[\]]*)*)\]")
_Parts = tuple[str, tuple[Attachment, ...], tuple[str, ...], str | None]
_NOBODY: Final = Sender()
_EMPTY: Final = SegmentData()


def past(value: object, *, account: str, now: datetime) -> Past | None:
    """Read one message of a history or of get_msg; None where it is no message of a chat."""
    frame = salvage_frame(value)
    message = read_message(frame, account, now) if frame else None
    if frame is None or message is None:
        return None
    return Past(
        message=message,
        own=message.sender == self_id_of(account),
        gone=not (frame.message or frame.raw_message),
    )


def read_message(frame: Frame, account: str, now: datetime) -> Message | None:
    """Return the message of a frame; None where its writer, id or group is missing."""
    sender = frame.sender or _NOBODY
    user = frame.user_id if frame.user_id is not None else sender.user_id
    number = frame.message_id
    in_group = frame.message_type != "private"
    group = frame.group_id
    if user is None or number is None or (in_group and group is None):
        return None
    content = frame.message if frame.message is not None else frame.raw_message or ""
    segments = list(_segments(content)) if isinstance(content, str) else content
    first = segments[0] if len(segments) == 1 else None
    if first and first.type == "text" and first.data:  # most messages: no need to collect
        parts: _Parts = first.data.text or "", (), (), None
    else:
        parts = _parts(segments)
    text, attachments, mentions, quotes = parts
    return Message(
        account=account,
        group=str(group) if in_group else None,
        id=str(number),
        sender=str(user),
        card=sender.card or sender.nickname or "",
        standing=_STANDINGS.get(sender.role) if in_group else None,
        text=text,
        attachments=attachments,
        mentions=mentions,
        quotes=quotes,
        posted_at=moment(frame.time, now),
    )


def _parts(segments: list[Segment]) -> _Parts:
    texts: list[str] = []
    mentions: list[str] = []
    attachments: list[Attachment] = []
    quotes = None
    for segment in segments:
        data = segment.data or _EMPTY
        match segment.type:
            case "text":
                texts.append(data.text or "")
            case "at":
                mentions.append(as_id(data.qq))
            case "reply":
                quotes = as_id(data.id) or None
            case "markdown":
                texts.append(_text(loads(data.content)))
            case kind if kind not in _SILENT_SEGMENTS:
                attachments.append(_attachment(kind, data))
    return "".join(texts), tuple(attachments), tuple(mentions), quotes


def _attachment(kind: str, data: SegmentData) -> Attachment:
    name, url, size = data.name or data.file or "", data.url or "", as_size(data.file_size)
    match kind:
        case "image" | "file":
            pass
        case "forward":
            name = as_id(data.id)
        case "share" | "music":
            name = _words(data.title, loads(data.content))
        case "json":
            name, url = _card(data.data)
        case "xml":
            name = _words(loads(data.data))
        case _:
            name = kind
    return Attachment(
        kind=_ATTACHMENTS.get(kind, AttachmentKind.OTHER), name=name, url=url, size=size
    )


def _card(raw: msgspec.Raw) -> tuple[str, str]:
    """Return the words that a card (JSON in a string) shows, and the address it leads to."""
    card = loads(raw)
    if isinstance(card, str):
        card = loads(card)
    if not isinstance(card, dict):
        return "", ""
    meta = card.get("meta")
    views = meta.values() if isinstance(meta, dict) else ()
    shown = [view for view in views if isinstance(view, dict)]
    words = [card.get("prompt"), *(view.get(key) for view in shown for key in ("title", "desc"))]
    links = [view.get(key) for view in shown for key in ("jumpUrl", "qqdocurl", "url")]
    return _words(*words), _words(next((link for link in links if _text(link)), ""))


def _segments(text: str) -> Iterator[Segment]:
    """Read a message written as a string with CQ codes."""
    end = 0
    for code in _CODE.finditer(text):
        if code.start() > end:
            yield _text_segment(text[end : code.start()])
        end = code.end()
        pairs = (pair.partition("=") for pair in code[2].split(",")[1:])
        values: dict[str, object] = {key: _unescape(value) for key, _, value in pairs}
        yield Segment(type=code[1], data=salvage(SegmentData, values))
    if end < len(text):
        yield _text_segment(text[end:])


def _text_segment(text: str) -> Segment:
    return Segment(type="text", data=SegmentData(text=_unescape(text)))


def _unescape(text: str) -> str:
    if "&" not in text:
        return text
    plain = text.replace("&#91;", "[").replace("&#93;", "]").replace("&#44;", ",")
    return plain.replace("&amp;", "&")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _words(*values: object) -> str:
    """Join what is text, each once."""
    words = dict.fromkeys(value for value in values if isinstance(value, str) and value)
    return scrub(" ".join(words))

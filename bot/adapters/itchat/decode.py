"""Reads a message as the web-WeChat service sends it.

itchat's own reading takes what has a line break for the account's own words, and asks the service
for members in between; so only its restoring of emoji, line breaks and entities is used.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bot.model.event import Event, MessagePosted, MessageRecalled
from bot.model.message import Attachment, AttachmentKind, Message

_SENDER: Final = re.compile(r"(@[0-9A-Za-z_-]+):<br/>")
_RECALLED: Final = re.compile(r"<msgid>(\d+)</msgid>")
_OPERATORS: Final = re.compile(r'^\s*"\s*(?P<by>[^"]+?)\s*"邀请')
_TEXT, _NOTE, _RECALL, _APP = 1, 10000, 10002, 49
_KINDS: Final = {
    3: AttachmentKind.IMAGE,
    47: AttachmentKind.IMAGE,
    34: AttachmentKind.OTHER,
    43: AttachmentKind.OTHER,
    62: AttachmentKind.OTHER,
    42: AttachmentKind.CARD,
}
_MOST_SEEN: Final = 10_000
_APP_FILE, _APP_FORWARD, _APP_REPLY = 6, 19, 57


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A line the service put into a room: a hint that something changed, believed only by a look.

    Names stand in it as their bearers chose them, so what it says can be forged.
    """

    text: str = field(repr=False)

    @property
    def removal(self) -> bool:
        """Whether it speaks of somebody who was removed."""
        return "移出" in self.text

    @property
    def by_us(self) -> bool:
        """Whether it speaks of whom the account itself removed."""
        return self.text.lstrip().startswith("你将")

    @property
    def of_us(self) -> bool:
        """Whether it says that the account itself was removed."""
        return self.removal and self.text.lstrip().startswith("你被")

    @property
    def inviter(self) -> str:
        """The shown name of who invited, where it says so."""
        found = _OPERATORS.match(self.text)
        return found["by"] if found else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What every message has: `room` is None in private; no `sender` where the service speaks."""

    id: str
    kind: int
    room: str | None
    sender: str | None = field(repr=False)
    content: str = field(repr=False)
    at: datetime
    raw: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """How ids are told: the account, a room's group, the sender's id and shown name, our names."""

    account: str
    group: str | None
    sender: str = field(repr=False)
    card: str = field(repr=False)
    own: tuple[str, ...]


class Seen:
    """The ids of the latest messages, over all logins: the service hands out some twice."""

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}

    def first(self, number: str) -> bool:
        """Take in an id; False where it was there before."""
        if number in self._ids:
            return False
        self._ids[number] = None
        if len(self._ids) > _MOST_SEEN:
            del self._ids[next(iter(self._ids))]
        return True


def read_frame(message: object, *, own: str, now: datetime) -> Frame | None:
    """Return what a message has in common with all; None where it is none or the account's own."""
    if not isinstance(message, dict):
        return None
    source, target = str(message.get("FromUserName") or ""), str(message.get("ToUserName") or "")
    number = str(message.get("MsgId") or message.get("NewMsgId") or "")
    if not number or not source.startswith("@") or source == own:
        return None
    content = str(message.get("Content") or "")
    room, sender = (source, None) if source.startswith("@@") else (None, source)
    if room is not None and (found := _SENDER.match(content)):
        sender, content = found[1], content[found.end() :]
    if room is None and target != own:
        return None
    return Frame(
        id=number,
        kind=_number(message.get("MsgType")),
        room=room,
        sender=sender,
        content=content,
        at=_moment(message.get("CreateTime"), now),
        raw=message,
    )


def read_note(frame: Frame) -> Note | None:
    """Return a note of a room; None where the message is none."""
    if frame.kind != _NOTE or frame.room is None or frame.sender is not None:
        return None
    return Note(text=html.unescape(re.sub(r"<[^>]*>", "", frame.content)))


def is_from_somebody(frame: Frame) -> bool:
    """Whether a person wrote it, so that his name is of interest."""
    return frame.sender is not None and (
        frame.kind in {_TEXT, _APP, _RECALL} or frame.kind in _KINDS
    )


def read_event(frame: Frame, names: Names, plain: Callable[[str], str]) -> Event | None:
    """Return what a message means; None where it is nothing for us."""
    if frame.kind == _RECALL:
        found = _RECALLED.search(html.unescape(frame.content))
        if found is None or names.group is None:
            return None
        return MessageRecalled(
            at=frame.at,
            account=names.account,
            group=names.group,
            message_id=found[1],
            operator=names.sender,
        )
    if not is_from_somebody(frame):
        return None
    text, attachments = _content(frame, plain)
    text, mentioned = _without_mention(text, names.own) if frame.room else (text, False)
    message = Message(
        account=names.account,
        group=names.group,
        id=frame.id,
        sender=names.sender,
        card=names.card,
        text=text,
        attachments=attachments,
        mentions=(names.account.partition(":")[2],) if mentioned else (),
        posted_at=frame.at,
    )
    return MessagePosted(at=frame.at, account=names.account, message=message)


def _content(frame: Frame, plain: Callable[[str], str]) -> tuple[str, tuple[Attachment, ...]]:
    if frame.kind == _TEXT:
        return plain(frame.content), ()
    title = html.unescape(str(frame.raw.get("FileName") or ""))
    url, size = "", 0
    kind = _KINDS.get(frame.kind, AttachmentKind.CARD)
    if frame.kind == _APP:
        app = _number(frame.raw.get("AppMsgType"))
        if app == _APP_REPLY:  # an answer that quotes: its words stand where a link has its title
            return title, ()
        if app == _APP_FILE:
            kind, size = AttachmentKind.FILE, _number(frame.raw.get("FileSize"))
        elif app == _APP_FORWARD:
            kind = AttachmentKind.FORWARD
        else:
            url = html.unescape(str(frame.raw.get("Url") or ""))
    elif kind is AttachmentKind.CARD:
        card = frame.raw.get("RecommendInfo")
        title = str(card.get("NickName") or "") if isinstance(card, dict) else ""
    return "", (Attachment(kind=kind, name=title, url=url, size=size),)


def _without_mention(text: str, own: tuple[str, ...]) -> tuple[str, bool]:
    """Take a mention of the account from a text: it is no word of the text, as on other platforms."""
    for name in own:
        found = name and re.search(rf"@{re.escape(name)}(?:\u2005|\s|$)", text)
        if found:
            return text[: found.start()] + text[found.end() :], True
    return text, False


def _number(value: object) -> int:
    digits = str(value if value is not None else "")
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def _moment(value: object, now: datetime) -> datetime:
    seconds = _number(value)
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**32 else now

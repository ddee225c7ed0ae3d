"""Reads OneBot v11 frames: bytes in, one value out; pure, and never raises."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.adapters.onebot.frame import (
    PLATFORM,
    Frame,
    as_id,
    loads,
    moment,
    read_frame,
    self_id_of,
)
from bot.adapters.onebot.message import read_message
from bot.adapters.onebot.notice import IGNORED, READERS, Meta, Seen, read_meta
from bot.model.event import Event, MessagePosted


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the peer answers to a call.

    `unsure` marks the time-out of risk control, after which nobody knows whether it was sent.
    """

    echo: str
    ok: bool
    retcode: int
    unsure: bool
    data: object = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropped:
    """A frame that becomes no event: its kind (`notice.notify.poke`) and why.

    `reason` is "ignored" for what is known and not needed, else "unknown" or "malformed".
    """

    kind: str
    reason: str


Decoded = Event | Answer | Meta | Dropped
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


def decode(frame: bytes | str, *, account: str | None, now: datetime) -> Decoded:
    """Read one frame; `now` stands in for a time the frame does not tell.

    Without an `account` (before the login is known) the frame's own self_id names it.
    """
    read = read_frame(frame)
    if read is None:
        return Dropped(kind="frame", reason="malformed")
    if account is None and read.self_id is not None:
        account = f"{PLATFORM}:{as_id(read.self_id)}"
    if read.post_type == "message" and account:
        return _posted(read, account, now)
    if not read.post_type and (read.retcode is not None or read.echo is not None):
        return _answer(read)
    return _event(read, account or "", now)


def _posted(frame: Frame, account: str, now: datetime) -> Event | Dropped:
    message = read_message(frame, account, now)
    if message is None:
        return Dropped(kind="message", reason="malformed")
    if message.sender == self_id_of(account):
        return Dropped(kind="message_sent", reason="ignored")
    return MessagePosted(at=message.posted_at, account=account, message=message)


def _answer(frame: Frame) -> Answer:
    retcode = frame.retcode or 0
    said = f"{frame.message if isinstance(frame.message, str) else ''}{frame.wording or ''}"
    return Answer(
        echo=as_id(frame.echo),
        ok=frame.status in {"ok", "async"} if isinstance(frame.status, str) else retcode == 0,
        retcode=retcode,
        unsure=retcode == 1200 and "Timeout" in said and "sendMsg" in said,
        data=loads(frame.data),
    )


def _event(frame: Frame, account: str, now: datetime) -> Event | Meta | Dropped:
    kinds = {
        "notice": frame.notice_type,
        "request": frame.request_type,
        "meta_event": frame.meta_event_type,
    }
    kind = ".".join(
        part if _NAME.fullmatch(part) else "odd"
        for part in (frame.post_type, kinds.get(frame.post_type, ""))
        if part
    )
    if kind in {"notice.notify", "request.group"}:
        sub = frame.sub_type or ""
        kind = f"{kind}.{sub if _NAME.fullmatch(sub) else 'odd'}"
    if kind in IGNORED:
        return Dropped(kind=kind, reason="ignored")
    reader = READERS.get(kind)
    if reader is None and kind:
        return Dropped(kind=kind, reason="unknown")
    if reader is None or not (account or reader is read_meta):
        return Dropped(kind=kind or "frame", reason="malformed")
    seen = Seen(
        frame=frame,
        account=account,
        at=moment(frame.time, now),
        group=as_id(frame.group_id),
        user=as_id(frame.user_id),
        operator=as_id(frame.operator_id),
    )
    return reader(seen) or Dropped(kind=kind, reason="malformed")

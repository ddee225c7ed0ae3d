"""Reads what is no message: notices, requests, and what the peer says about itself.

`READERS` names every kind that becomes an event; `IGNORED` what is known and not needed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.adapters.onebot.frame import (
    Frame,
    Status,
    as_id,
    as_size,
    self_id_of,
)
from bot.model.event import (
    BotRemoved,
    CardChanged,
    Event,
    FileShared,
    FriendRequested,
    GroupDissolved,
    GroupRenamed,
    InvitedToGroup,
    JoinRequested,
    MemberJoined,
    MemberLeft,
    MessageRecalled,
    StandingChanged,
)
from bot.model.message import Attachment, AttachmentKind, Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class Meta:
    """What the peer says about itself; `online` and `interval` (seconds) only where it says so."""

    self_id: str
    online: bool | None = None
    interval: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What notices and requests have in common, ids as text."""

    frame: Frame
    account: str
    at: datetime
    group: str
    user: str
    operator: str


IGNORED: Final = frozenset(
    {
        "notice.group_ban",
        "notice.group_title",
        "notice.friend_add",
        "notice.friend_recall",
        "notice.essence",
        "notice.group_msg_emoji_like",
        "notice.reaction",
        "notice.client_status",
        "notice.offline_file",
        "notice.online_file_receive",
        "notice.online_file_send",
        "notice.flash_file",
        "notice.bot_online",
        "notice.notify.poke",
        "notice.notify.poke_recall",
        "notice.notify.lucky_king",
        "notice.notify.honor",
        "notice.notify.title",
        "notice.notify.input_status",
        "notice.notify.profile_like",
        "notice.notify.gray_tip",
        "message_sent",
    }
)


def read_meta(seen: Seen) -> Meta:
    """Return what a lifecycle event or a heartbeat says."""
    frame = seen.frame
    online = frame.status.online if isinstance(frame.status, Status) else None
    interval = frame.interval / 1000 if frame.interval else None
    return Meta(self_id=as_id(frame.self_id), online=online, interval=interval)


def _went_offline(seen: Seen) -> Meta:
    return Meta(self_id=as_id(seen.frame.self_id), online=False)


def _joined(seen: Seen) -> Event | None:
    if not (seen.group and seen.user):
        return None
    return MemberJoined(
        at=seen.at,
        account=seen.account,
        group=seen.group,
        user=seen.user,
        operator=seen.operator,
    )


def _left(seen: Seen) -> Event | None:
    # A leave may be a removal: an account that is no administrator is not told.
    sub = seen.frame.sub_type
    if sub == "disband":
        return _dissolved(seen)
    if not seen.group or not (seen.user or sub == "kick_me"):
        return None
    if sub == "kick_me" or seen.user == self_id_of(seen.account):
        return BotRemoved(
            at=seen.at, account=seen.account, group=seen.group, operator=seen.operator
        )
    return MemberLeft(
        at=seen.at,
        account=seen.account,
        group=seen.group,
        user=seen.user,
        operator=seen.operator,
        removed=True if sub == "kick" else None,
    )


def _dissolved(seen: Seen) -> Event | None:
    if not seen.group:
        return None
    return GroupDissolved(at=seen.at, account=seen.account, group=seen.group)


def _renamed(seen: Seen) -> Event | None:
    name = seen.frame.name_new or seen.frame.name
    if not (seen.group and name):
        return None
    return GroupRenamed(at=seen.at, account=seen.account, group=seen.group, name=name)


def _card_changed(seen: Seen) -> Event | None:
    if not (seen.group and seen.user):
        return None
    return CardChanged(
        at=seen.at,
        account=seen.account,
        group=seen.group,
        user=seen.user,
        card=seen.frame.card_new or "",
    )


def _standing_changed(seen: Seen) -> Event | None:
    standing = {"set": Standing.ADMINISTRATOR, "unset": Standing.MEMBER}.get(
        seen.frame.sub_type or ""
    )
    if standing is None or not (seen.group and seen.user):
        return None
    return StandingChanged(
        at=seen.at, account=seen.account, group=seen.group, user=seen.user, standing=standing
    )


def _file_shared(seen: Seen) -> Event | None:
    file = seen.frame.file
    if file is None or not (seen.group and seen.user):
        return None
    shared = Attachment(
        kind=AttachmentKind.FILE, name=file.name or "", url=file.url or "", size=as_size(file.size)
    )
    return FileShared(
        at=seen.at, account=seen.account, group=seen.group, user=seen.user, file=shared
    )


def _recalled(seen: Seen) -> Event | None:
    number = as_id(seen.frame.message_id)
    if not (seen.group and number):
        return None
    return MessageRecalled(
        at=seen.at,
        account=seen.account,
        group=seen.group,
        message_id=number,
        operator=seen.operator,
    )


def _wants_to_join(seen: Seen) -> Event | None:
    flag = as_id(seen.frame.flag)
    if not (seen.group and seen.user and flag):
        return None
    return JoinRequested(
        at=seen.at,
        account=seen.account,
        group=seen.group,
        user=seen.user,
        comment=seen.frame.comment or "",
        flag=flag,
    )


def _invites(seen: Seen) -> Event | None:
    flag = as_id(seen.frame.flag)
    if not (seen.group and seen.user and flag):
        return None
    return InvitedToGroup(
        at=seen.at, account=seen.account, group=seen.group, user=seen.user, flag=flag
    )


def _befriends(seen: Seen) -> Event | None:
    flag = as_id(seen.frame.flag)
    if not (seen.user and flag):
        return None
    return FriendRequested(
        at=seen.at,
        account=seen.account,
        user=seen.user,
        comment=seen.frame.comment or "",
        flag=flag,
    )


READERS: Final[Mapping[str, Callable[[Seen], Event | Meta | None]]] = MappingProxyType(
    {
        "meta_event.lifecycle": read_meta,
        "meta_event.heartbeat": read_meta,
        "notice.bot_offline": _went_offline,
        "notice.group_increase": _joined,
        "notice.group_decrease": _left,
        "notice.group_dismiss": _dissolved,
        "notice.notify.group_name": _renamed,
        "notice.group_name_change": _renamed,
        "notice.group_card": _card_changed,
        "notice.group_admin": _standing_changed,
        "notice.group_upload": _file_shared,
        "notice.group_recall": _recalled,
        "request.group.add": _wants_to_join,
        "request.group.invite": _invites,
        "request.friend": _befriends,
    }
)

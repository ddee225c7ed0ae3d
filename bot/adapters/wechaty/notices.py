"""Reads events: messages and requests with what was fetched for them, and notices of rooms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot.adapters.wechaty.kinds import Kind
from bot.adapters.wechaty.reading import moment, read
from bot.model.event import (
    BotRemoved,
    FriendRequested,
    GroupRenamed,
    InvitedToGroup,
    MemberJoined,
    MemberLeft,
    PlatformEvent,
)

_ASKS_TO_BE_A_FRIEND: Final = 2
Events = tuple[PlatformEvent, ...]


def read_event(
    kind: int, payload: Mapping[str, Any], found: Any, *, account: str, now: datetime
) -> Events | None:
    """Return what an event means, several where several people joined; None where malformed.

    `found` is what Fetching fetched for it.
    """
    match kind:
        case Kind.MESSAGE:
            event = read(found, account=account, now=now)
            return (event,) if event else ()
        case Kind.ROOM_INVITE:
            inviter, topic = found
            flag = str(payload["roomInvitationId"])
            # The protocol tells the room's name, not its id.
            return (
                InvitedToGroup(
                    at=now, account=account, group="", user=inviter, flag=flag, name=topic
                ),
            )
        case Kind.FRIENDSHIP:
            user, hello, asks = found
            if asks != _ASKS_TO_BE_A_FRIEND or not user:
                return ()
            flag = str(payload["friendshipId"])
            return (FriendRequested(at=now, account=account, user=user, comment=hello, flag=flag),)
    return _notice(kind, payload, account, now) or None


def _notice(kind: int, payload: Mapping[str, Any], account: str, now: datetime) -> Events:
    group = _id(payload.get("roomId"))
    at = moment(payload.get("timestamp"), now)
    if not group:
        return ()
    match kind:
        case Kind.ROOM_JOIN:
            inviter = _id(payload.get("inviterId"))
            return tuple(
                MemberJoined(at=at, account=account, group=group, user=user, operator=inviter)
                for user in _ids(payload.get("inviteeIdList"))
            )
        case Kind.ROOM_LEAVE:
            remover = _id(payload.get("removerId"))
            users = _ids(payload.get("removeeIdList"))
            return tuple(_left(at, account, group, user, remover) for user in users)
        case Kind.ROOM_TOPIC:
            name = _id(payload.get("newTopic"))
            return (GroupRenamed(at=at, account=account, group=group, name=name),) if name else ()
    return ()


def _left(at: datetime, account: str, group: str, user: str, remover: str) -> PlatformEvent:
    if user == account.partition(":")[2]:
        return BotRemoved(at=at, account=account, group=group, operator=remover)
    # Who goes by himself is his own remover, or has none: then nobody can tell.
    return MemberLeft(
        at=at,
        account=account,
        group=group,
        user=user,
        operator=remover,
        removed=True if remover and remover != user else None,
    )


def _id(value: object) -> str:
    return value if isinstance(value, str) else ""


def _ids(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else ()
    return tuple(each for each in listed if isinstance(each, str) and each)

"""Identify: which registered group an event belongs to; what belongs to none is dropped unread."""

from typing import NamedTuple

from bot.model.event import (
    AccountConnected,
    BotRemoved,
    CardChanged,
    CommandGiven,
    ConnectionLost,
    Event,
    FileShared,
    FriendRequested,
    GroupDissolved,
    GroupRenamed,
    GroupsDrawn,
    HistoryDrawn,
    InvitedToGroup,
    JoinRequested,
    MemberJoined,
    MemberLeft,
    MembersDrawn,
    MessageLookedUp,
    MessagePosted,
    MessageRecalled,
    OwnerChanged,
    ScreeningReturned,
    StandingChanged,
)
from bot.model.group import Group, GroupState
from storage.codec import to_micros
from storage.groups import MessageKey
from storage.unit_of_work import UnitOfWork

_OF_A_GROUP = (
    MessageRecalled,
    FileShared,
    MemberJoined,
    MemberLeft,
    BotRemoved,
    StandingChanged,
    CardChanged,
    JoinRequested,
    GroupRenamed,
    OwnerChanged,
    GroupDissolved,
    MembersDrawn,
    HistoryDrawn,
    MessageLookedUp,
    ScreeningReturned,
)
_OF_AN_ACCOUNT = (AccountConnected, ConnectionLost, GroupsDrawn, FriendRequested, InvitedToGroup)


class Identified(NamedTuple):
    """An event that is ours; `durable_key` is set where it must first be a row of the inbox.

    `message` names a message that was posted: two of the same name are one, and its repeat.
    """

    event: Event
    group: Group | None = None
    message: MessageKey | None = None
    durable_key: str | None = None


def identify(event: Event, records: UnitOfWork) -> tuple[Identified, ...]:
    """Return what an event means to us: nothing, one thing, or a message and a command in it.

    Messages of groups that are not registered, or that another account watches, end here. A
    private message is a command line and nothing else.
    """
    if isinstance(event, MessagePosted):
        return _message(event, records)
    if isinstance(event, _OF_A_GROUP):
        group = _watched(event.account, event.group, records)
        return () if group is None else (Identified(event=event, group=group),)
    if isinstance(event, _OF_AN_ACCOUNT):
        return (Identified(event=event),)
    return (Identified(event=event, durable_key=""),)


def _message(event: MessagePosted, records: UnitOfWork) -> tuple[Identified, ...]:
    message = event.message
    if message.group is None:
        given = CommandGiven(
            at=event.at,
            account=message.account,
            user=message.sender,
            text=message.text[:1000],
            quotes=message.quotes,
            message_id=message.id,
        )
        key = f"{message.account}:{message.id}:{int(event.at.timestamp())}"
        return (Identified(event=given, durable_key=key),)
    group = _watched(event.account, message.group, records)
    if group is None:
        return ()
    posted = Identified(
        event=event,
        group=group,
        message=(to_micros(message.posted_at), group.id, message.account, message.id),
    )
    if not message.mentions or event.caught_up:
        return (posted,)
    if message.account.partition(":")[2] not in message.mentions:
        return (posted,)
    given = CommandGiven(
        at=event.at,
        account=message.account,
        user=message.sender,
        text=message.text[:1000],
        group=message.group,
        message_id=message.id,
    )
    return (posted, Identified(event=given, durable_key=f"{message.account}:{message.id}"))


def _watched(account: str, platform_id: str, records: UnitOfWork) -> Group | None:
    platform, _, _ = account.partition(":")
    group = records.groups.at(platform, platform_id)
    if group is None or group.account != account or group.state is not GroupState.REGISTERED:
        return None
    return group

"""What leaves through web WeChat: sends, and the questions it can answer.

It has no history: a send without an answer stays unknown. A text leaves by `send_msg` only.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from bot.adapters.itchat.calls import Unanswered
from bot.adapters.itchat.session import Session
from bot.adapters.splitting import split
from bot.model.action import (
    DrawGroups,
    DrawMembers,
    Outgoing,
    RemoveMember,
    SayInGroup,
    SayPrivately,
)
from bot.model.event import GroupsDrawn, MembersDrawn, OutcomeState
from bot.model.group import GroupListing
from bot.model.port import OFFLINE, Outcome

TEXT_LIMIT: Final = 1_000
NOT_SENT: Final = Outcome(state=OutcomeState.FAILED, reason=OFFLINE)

Sleep = Callable[[float], Awaitable[None]]


async def perform(session: Session, action: Outgoing, *, sleep: Sleep = asyncio.sleep) -> Outcome:
    """Do one thing and say how it ended; a send without an answer ends UNKNOWN."""
    match action:
        case SayPrivately(user=user, text=text):
            to = session.rooms.user_name(user)
            outcome = await _say(session, to, text, sleep) if to else _failed("another_login")
        case SayInGroup(group=group, text=text, mention=mention):
            room = session.rooms.room_of(group)
            called = _called(session, room, mention)
            outcome = (
                await _say(session, room, f"{called}{text}", sleep)
                if room
                else _no_room(session, group)
            )
        case RemoveMember():
            outcome = await _remove(session, action)
        case DrawGroups():
            outcome = _draw_groups(session)
        case DrawMembers(group=group):
            outcome = await _draw_members(session, group)
        case _:
            outcome = _failed("unsupported")
    return outcome


async def find(session: Session, action: Outgoing) -> Outcome:
    """Look up how a send ended: only a removal can be seen afterwards, in the list."""
    gone = isinstance(action, RemoveMember) and await _is_gone(session, action)
    state = OutcomeState.DONE if gone else OutcomeState.UNKNOWN
    return Outcome(state=state, reason="" if gone else "history")


async def _is_gone(session: Session, action: RemoveMember) -> bool:
    room, user = session.rooms.room_of(action.group), session.rooms.user_name(action.user)
    if room is None or user is None:
        return False
    try:
        seen = await session.look(room)
    except Unanswered:
        return False
    return seen is not None and seen.whole and user not in seen.people


async def _say(session: Session, to: str, text: str, sleep: Sleep) -> Outcome:
    """Send every part; what fails after a part that stands is UNKNOWN, for resending repeats."""
    first: Outcome | None = None
    for part in split(text, limit=TEXT_LIMIT):
        if first is not None:
            await sleep(session.timing.between_parts)
        sent = await _send(session, part, to)
        if sent.state is not OutcomeState.DONE:
            partly = Outcome(state=OutcomeState.UNKNOWN, reason="partly")
            return sent if first is None else replace(partly, message_id=first.message_id)
        first = first or sent
    return first or Outcome(state=OutcomeState.DONE)


async def _send(session: Session, text: str, to: str) -> Outcome:
    try:
        answer = await session.calls.ask(_send_text, text, to)
    except Unanswered as unanswered:
        if unanswered.reason == OFFLINE:
            return NOT_SENT
        return Outcome(state=OutcomeState.UNKNOWN, reason=unanswered.reason)
    number = answer.get("MsgID")
    return replace(_judged(answer), message_id=str(number) if number else None)


async def _remove(session: Session, action: RemoveMember) -> Outcome:
    room, user = session.rooms.room_of(action.group), session.rooms.user_name(action.user)
    if room is None:
        return _no_room(session, action.group)
    if user is None:
        return _failed("another_login")
    try:
        return _judged(await session.calls.ask(_remove_member, room, user))
    except Unanswered as unanswered:
        if unanswered.reason == OFFLINE:
            return NOT_SENT
        return Outcome(state=OutcomeState.UNKNOWN, reason=unanswered.reason)


def _draw_groups(session: Session) -> Outcome:
    """Tell what this login has seen: the service lists only rooms that were saved or spoke."""
    rooms = session.rooms
    drawn = GroupsDrawn(
        at=session.now(),
        account=session.account,
        groups=tuple(
            GroupListing(platform_id=group, name=rooms.topic_of(room))
            for room, group in rooms.known
        ),
    )
    return Outcome(state=OutcomeState.DONE, answers=(drawn,))


async def _draw_members(session: Session, group: str) -> Outcome:
    room = session.rooms.room_of(group)
    if room is None:
        return _no_room(session, group)
    try:
        seen = await session.look(room)
    except Unanswered as unanswered:
        return _failed(unanswered.reason)
    if seen is None:
        return _failed("refused:unknown")
    drawn = MembersDrawn(
        at=session.now(),
        account=session.account,
        group=group,
        members=session.rooms.members(seen),
        complete=seen.whole,
    )
    return Outcome(state=OutcomeState.DONE, answers=(drawn,))


def _called(session: Session, room: str | None, mention: str | None) -> str:
    """Return how somebody is called in a room; nobody is where his name is not known."""
    user = session.rooms.user_name(mention) if mention else None
    person = session.rooms.person(room, user) if room and user else None
    return f"@{person.shown}\u2005" if person and person.shown else ""


def _no_room(session: Session, group: str) -> Outcome:
    # Not "refused": a room that was not listed may be there all the same.
    return _failed("ambiguous" if session.rooms.is_ambiguous(group) else "unknown_room")


def _judged(answer: Any) -> Outcome:  # itchat's ReturnValue
    code = answer["BaseResponse"].get("Ret")
    if code == 0:
        return Outcome(state=OutcomeState.DONE)
    if code in {-1000, -1004}:  # itchat's own: no answer that can be read
        return Outcome(state=OutcomeState.UNKNOWN, reason="malformed")
    return _failed(f"refused:{code}")


def _failed(reason: str) -> Outcome:
    return Outcome(state=OutcomeState.FAILED, reason=reason)


def _send_text(core: Any, text: str, to: str) -> Any:  # itchat has no types
    return core.send_msg(text, to)


def _remove_member(core: Any, room: str, user: str) -> Any:  # itchat has no types
    return core.delete_member_from_chatroom(room, [{"UserName": user}])

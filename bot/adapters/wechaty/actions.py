"""What leaves for a gateway: sends, and questions whose answers come back as events.

WeChat shows no history: a send of unknown outcome is believed only when the gateway has shown it
to us as the account's own message; what was missed stays missed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bot.adapters.splitting import split
from bot.adapters.wechaty.gateway import Names, Refused, Room, Unanswered
from bot.adapters.wechaty.reading import standing_in
from bot.adapters.wechaty.session import Said, Session
from bot.model.action import (
    AcceptInvitation,
    Announce,
    AnswerFriendRequest,
    DrawGroups,
    DrawMembers,
    Outgoing,
    RemoveMember,
    RenameGroupChat,
    SayInGroup,
    SayPrivately,
)
from bot.model.event import Event, GroupsDrawn, MembersDrawn, OutcomeState
from bot.model.group import GroupListing, Member
from bot.model.message import Standing
from bot.model.port import OFFLINE, Outcome

# The delivery knows this one: nothing was sent, it may be tried again when the account is back.
NOT_SENT: Final = Outcome(state=OutcomeState.FAILED, reason=OFFLINE)
TEXT_LIMIT: Final = 2_000

_UNSUPPORTED: Final = Outcome(state=OutcomeState.FAILED, reason="unsupported")
_DONE: Final = Outcome(state=OutcomeState.DONE)
_AT_ONCE: Final = 8
_NOBODY: Final[frozenset[str]] = frozenset()

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


async def perform(session: Session, action: Outgoing, *, sleep: Sleep = asyncio.sleep) -> Outcome:
    """Do one thing and say how it ended; a send without an answer ends UNKNOWN."""
    try:
        match action:
            case DrawGroups() | DrawMembers():
                return await _answer(session, action)
            case SayPrivately() | SayInGroup():
                return await _say(session, action, sleep)
            case _:
                return await _do(session, action)
    except Refused as refused:
        return Outcome(state=OutcomeState.FAILED, reason=f"refused:{refused.reason}")
    except Unanswered as unanswered:
        return Outcome(state=OutcomeState.UNKNOWN, reason=unanswered.reason)


async def find(session: Session, action: Outgoing, said: Said) -> Outcome:
    """Say how a send of unknown outcome ended, where that was seen; see Adapter.find."""
    match action:
        case SayPrivately(user=to) | SayInGroup(group=to):
            marks = [
                action.marker if action.marker and action.marker in part else part
                for part in split(action.text, limit=TEXT_LIMIT)
            ]
            texts = [text for conversation, text in said if conversation == to]
            if all(any(mark.strip() in text for text in texts) for mark in marks):
                return _DONE
        case RemoveMember():
            try:
                there = await session.gateway.members(action.group)
            except (Refused, Unanswered):
                there = []
            if there and action.user not in there:
                return _DONE
    return Outcome(state=OutcomeState.UNKNOWN, reason="history")


async def _do(session: Session, action: Outgoing) -> Outcome:
    match action:
        case AnswerFriendRequest():
            # WeChat knows no refusal: who is not accepted is left waiting.
            if action.accept:
                await session.gateway.accept_friendship(action.flag)
        case RemoveMember():
            await session.gateway.remove(action.group, action.user)
        case AcceptInvitation():
            await session.gateway.accept_invitation(action.flag)
        case RenameGroupChat():
            await session.gateway.set_topic(action.group, action.name)
        case Announce():
            await session.gateway.announce(action.group, action.text)
        case _:
            return _UNSUPPORTED
    return _DONE


async def _say(session: Session, action: SayPrivately | SayInGroup, sleep: Sleep) -> Outcome:
    """Send every part; what fails after a part that stands is UNKNOWN, for resending repeats."""
    first: Outcome | None = None
    for part in split(action.text, limit=TEXT_LIMIT):
        if first is not None:
            await sleep(session.timing.between_parts)
        try:
            number = await _say_part(session, action, part, opening=first is None)
        except (Refused, Unanswered):
            if first is None:
                raise
            return Outcome(state=OutcomeState.UNKNOWN, reason="partly", message_id=first.message_id)
        first = first or Outcome(state=OutcomeState.DONE, message_id=number)
    return first or _DONE


async def _say_part(
    session: Session, action: SayPrivately | SayInGroup, text: str, *, opening: bool
) -> str | None:
    match action:
        case SayPrivately(user=user):
            return await session.gateway.say(user, text, [])
        case SayInGroup(group=group, mention=mention):
            if not (mention and opening):
                return await session.gateway.say(group, text, [])
            names = await session.fetching.names(group, mention)
            # WeChat shows a mention only where the text has it too, closed by this space.
            called = f"@{names.alias or names.name}\u2005" if names else ""
            return await session.gateway.say(group, f"{called}{text}", [mention])


async def _answer(session: Session, question: DrawGroups | DrawMembers) -> Outcome:
    """Ask what changes nothing: a question that was lost may simply be asked again."""
    try:
        match question:
            case DrawGroups():
                if not session.whole:
                    return NOT_SENT
                answer = await _draw_groups(session)
            case DrawMembers(group=group):
                answer = await _draw_members(session, group)
    except Unanswered as unanswered:
        if unanswered.reason == "timeout":
            return Outcome(state=OutcomeState.FAILED, reason="timeout")
        return NOT_SENT
    return Outcome(state=OutcomeState.DONE, answers=(answer,))


async def _draw_groups(session: Session) -> Event:
    numbers = await session.gateway.rooms()
    rooms = await _several(numbers, lambda number: _room(session, number))
    return GroupsDrawn(
        at=session.now(),
        account=session.account,
        groups=tuple(
            GroupListing(
                platform_id=number,
                name=room.topic if room else "",
                member_count=len(room.members) or None if room else None,
                owner=room.owner or None if room else None,
            )
            for number, room in zip(numbers, rooms, strict=True)
        ),
    )


async def _draw_members(session: Session, group: str) -> Event:
    room = await session.gateway.room(group, fresh=True)
    users = await session.gateway.members(group)
    session.fetching.forget_room(group)
    names = await _several(users, lambda user: _names(session, group, user))
    return MembersDrawn(
        at=session.now(),
        account=session.account,
        group=group,
        members=tuple(
            Member(
                user=user,
                card=called.alias if called else "",
                nickname=called.name if called else "",
                standing=standing_in(room, user) or Standing.MEMBER,
            )
            for user, called in zip(users, names, strict=True)
        ),
        complete=bool(users) and None not in names and room.members in {frozenset(users), _NOBODY},
    )


async def _room(session: Session, number: str) -> Room | None:
    try:
        return await session.gateway.room(number, fresh=True)
    except Refused:
        return None


async def _names(session: Session, group: str, user: str) -> Names | None:
    try:
        return await session.gateway.names(group, user)
    except Refused:
        return None


async def _several(wanted: list[str], ask: Callable[[str], Awaitable[T]]) -> list[T]:
    """Ask for each, some at a time; return the answers in the same order."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def in_turn(number: str) -> T:
        async with slots:
            return await ask(number)

    return await asyncio.gather(*(in_turn(each) for each in wanted))

"""What leaves for a OneBot peer: sends, and questions whose answers come back as events."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.adapters.onebot.decode import Answer
from bot.adapters.onebot.message import Past, past
from bot.adapters.onebot.session import Session, Unanswered
from bot.adapters.splitting import split
from bot.model.action import (
    AcceptInvitation,
    Announce,
    AnswerFriendRequest,
    AnswerJoinRequest,
    DrawGroups,
    DrawHistory,
    DrawMembers,
    LookUp,
    Outgoing,
    Recall,
    RemoveMember,
    RenameGroupChat,
    SayInGroup,
    SayPrivately,
)
from bot.model.event import (
    Ability,
    Event,
    GroupsDrawn,
    HistoryDrawn,
    MembersDrawn,
    MessageLookedUp,
    MessagePosted,
    OutcomeState,
    Presence,
)
from bot.model.group import GroupListing, Member
from bot.model.message import Standing
from bot.model.port import Outcome

# The delivery knows this one: nothing was sent, it may be tried again when the account is back.
OFFLINE: Final = Outcome(state=OutcomeState.FAILED, reason="offline")
TEXT_LIMIT: Final = 1_000
HISTORY_COUNT: Final = 200

# Peers cap or thin out a page; one shorter than any of their caps holds the whole chat.
_SMALLEST_PAGE: Final = 15
_UNKNOWN_ACTION: Final = 1404
_CLOCKS_DIFFER: Final = timedelta(seconds=5)
_NEEDED: Final = (
    ("get_group_msg_history", Ability.HISTORY),
    ("get_friend_msg_history", Ability.PRIVATE_HISTORY),
)
_STANDINGS: Final = {"owner": Standing.OWNER, "admin": Standing.ADMINISTRATOR}

Sleep = Callable[[float], Awaitable[None]]


class _Refused(Exception):  # noqa: N818 - an answer, not an error
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


async def perform(session: Session, action: Outgoing, *, sleep: Sleep = asyncio.sleep) -> Outcome:
    """Do one thing and say how it ended; a send without an answer ends UNKNOWN."""
    try:
        match action:
            case SayPrivately() | SayInGroup():
                outcome = await _say(session, action, sleep)
            case DrawGroups() | DrawMembers() | DrawHistory() | LookUp():
                outcome = await _answer(session, action, sleep)
            case _:
                outcome = await _do(session, action)
    except _Refused as refused:
        outcome = refused.outcome
    except Unanswered as unanswered:
        outcome = Outcome(state=OutcomeState.UNKNOWN, reason=unanswered.reason)
    return outcome


async def find(session: Session, action: Outgoing, *, since: datetime) -> Outcome:
    """Look up in the history how a send ended; see Adapter.find."""
    try:
        match action:
            case SayPrivately():
                history = await _history(
                    session, "get_friend_msg_history", user_id=_number(action.user)
                )
                state = _sent(history, action, since)
            case SayInGroup():
                state = _sent(await _group_history(session, action.group), action, since)
            case Recall():
                state = _recalled(await _presence(session, action.group, action.message_id))
            case RemoveMember():
                # A list may be an old one: it can show who is gone, it does not hide who is there.
                there = {member.user for member in await _members(session, action.group)}
                gone = bool(there) and action.user not in there
                state = OutcomeState.DONE if gone else OutcomeState.UNKNOWN
            case _:
                state = OutcomeState.UNKNOWN
    except (_Refused, Unanswered):
        state = OutcomeState.UNKNOWN
    return Outcome(state=state, reason="" if state is OutcomeState.DONE else "history")


async def _do(session: Session, action: Outgoing) -> Outcome:
    call = _call(action)
    if call is None:
        return Outcome(state=OutcomeState.FAILED, reason="unsupported")
    name, params = call
    await _want(session, name, **params)
    return Outcome(state=OutcomeState.DONE)


def _call(action: Outgoing) -> tuple[str, dict[str, object]] | None:  # noqa: PLR0911 - a line each
    """Return the one call that does it, where its answer tells no more than that it was taken."""
    match action:
        case Recall(message_id=message):
            return "delete_msg", {"message_id": _number(message)}
        case AnswerFriendRequest(flag=flag, accept=accept):
            return "set_friend_add_request", {"flag": flag, "approve": accept}
        case AnswerJoinRequest(flag=flag, accept=accept, reason=reason):
            answer = {"flag": flag, "sub_type": "add", "approve": accept, "reason": reason}
            return "set_group_add_request", answer
        case AcceptInvitation(flag=flag):
            return "set_group_add_request", {"flag": flag, "sub_type": "invite", "approve": True}
        case RemoveMember(group=group, user=user):
            kick = {"group_id": _number(group), "user_id": _number(user)}
            return "set_group_kick", {**kick, "reject_add_request": False}
        case RenameGroupChat(group=group, name=name):
            return "set_group_name", {"group_id": _number(group), "group_name": name}
        case Announce(group=group, text=text):
            return "_send_group_notice", {"group_id": _number(group), "content": text}
    return None


async def _say(session: Session, action: SayPrivately | SayInGroup, sleep: Sleep) -> Outcome:
    """Send every part; what fails after a part that stands is UNKNOWN, for resending repeats."""
    first: Outcome | None = None
    for part in split(action.text, limit=TEXT_LIMIT):
        if first is not None:
            await sleep(session.timing.between_parts)
        try:
            sent = await _say_part(session, action, part, opening=first is None)
        except (_Refused, Unanswered):
            if first is None:
                raise
            return Outcome(state=OutcomeState.UNKNOWN, reason="partly", message_id=first.message_id)
        first = first or sent
    return first or Outcome(state=OutcomeState.DONE)


async def _say_part(
    session: Session, action: SayPrivately | SayInGroup, text: str, *, opening: bool
) -> Outcome:
    segments: list[dict[str, object]] = [{"type": "text", "data": {"text": text}}]
    match action:
        case SayPrivately(user=user, via_group=group):
            # The group is what lets a stranger be reached; for a friend it changes nothing.
            via = {"group_id": _number(group)} if group else {}
            data = await _want(
                session, "send_private_msg", user_id=_number(user), message=segments, **via
            )
        case SayInGroup(group=group, mention=mention):
            if mention and opening:
                segments[0]["data"] = {"text": f" {text}"}
                segments.insert(0, {"type": "at", "data": {"qq": mention}})
            data = await _want(session, "send_group_msg", group_id=_number(group), message=segments)
    number = data.get("message_id") if isinstance(data, dict) else None
    return Outcome(state=OutcomeState.DONE, message_id=None if number is None else str(number))


async def _answer(
    session: Session, question: DrawGroups | DrawMembers | DrawHistory | LookUp, sleep: Sleep
) -> Outcome:
    """Ask what changes nothing: a question that was lost may simply be asked again."""
    try:
        match question:
            case DrawGroups():
                answers = [await _draw_groups(session)]
            case DrawMembers(group=group):
                answers = [await _draw_members(session, group, sleep)]
            case DrawHistory():
                answers = await _draw_history(session, question)
            case LookUp(group=group, message_id=message_id):
                looked_up = MessageLookedUp(
                    at=session.now(),
                    account=session.account,
                    group=group,
                    message_id=message_id,
                    presence=await _presence(session, group, message_id),
                )
                answers = [looked_up]
    except Unanswered as unanswered:
        return replace(OFFLINE, reason="timeout") if unanswered.reason == "timeout" else OFFLINE
    return Outcome(state=OutcomeState.DONE, answers=tuple(answers))


async def _draw_groups(session: Session) -> Event:
    rows = _rows(await _want(session, "get_group_list", no_cache=True))
    return GroupsDrawn(
        at=session.now(),
        account=session.account,
        groups=tuple(
            GroupListing(
                platform_id=str(row["group_id"]),
                name=str(row.get("group_name") or ""),
                member_count=_count(row.get("member_count")),
                owner=str(row["owner_id"]) if row.get("owner_id") else None,
            )
            for row in rows
            if row.get("group_id")
        ),
    )


async def _draw_members(session: Session, group: str, sleep: Sleep) -> Event:
    """Ask twice: the first answer may come from a cache that it makes the peer refresh."""
    before = await _members(session, group)
    await sleep(session.timing.settle)
    members = await _members(session, group)
    users = {member.user for member in members}
    complete = bool(users) and users == {member.user for member in before}
    return MembersDrawn(
        at=session.now(),
        account=session.account,
        group=group,
        members=tuple(members),
        complete=complete and await _counts_agree(session, group, len(users)),
    )


async def _members(session: Session, group: str) -> list[Member]:
    data = await _want(session, "get_group_member_list", group_id=_number(group), no_cache=True)
    members = {
        str(row["user_id"]): Member(
            user=str(row["user_id"]),
            card=str(row.get("card") or ""),
            nickname=str(row.get("nickname") or ""),
            standing=_STANDINGS.get(str(row.get("role")), Standing.MEMBER),
            robot=row.get("is_robot") is True,
        )
        for row in _rows(data)
        if row.get("user_id")
    }
    return list(members.values())


async def _counts_agree(session: Session, group: str, count: int) -> bool:
    """Compare with the peer's own count; NapCat's answer for one group may be an old one."""
    with contextlib.suppress(_Refused):
        info = await _want(session, "get_group_info", group_id=_number(group), no_cache=True)
        told = _count(info.get("member_count")) if isinstance(info, dict) else None
        if told in {None, count}:
            return True
    with contextlib.suppress(_Refused):
        for row in _rows(await _want(session, "get_group_list", no_cache=True)):
            if str(row.get("group_id")) == group:
                return _count(row.get("member_count")) in {None, count}
    return False


async def _draw_history(session: Session, question: DrawHistory) -> list[Event]:
    try:
        messages = await _group_history(session, question.group)
    except _Refused as refused:
        if refused.outcome.reason == "unsupported":
            raise
        messages = []  # a group without messages is answered with a failure
    since = question.since.replace(microsecond=0)
    missed = [
        MessagePosted(
            at=each.message.posted_at,
            account=session.account,
            message=each.message,
            caught_up=True,
        )
        for each in messages
        if not (each.own or each.gone) and each.message.posted_at >= since
    ]
    overlaps = any(
        each.message.id == question.last_seen or each.message.posted_at < since for each in messages
    )
    end = HistoryDrawn(
        at=session.now(),
        account=session.account,
        group=question.group,
        since=question.since,
        overlaps=overlaps,
        count=len(missed),
    )
    return [*missed, end]


async def _presence(session: Session, group: str, message_id: str) -> Presence:
    """Believe the history first; get_msg answers from a cache that outlives a recall."""
    history: list[Past] | None = None
    with contextlib.suppress(_Refused):
        history = await _group_history(session, group)
    for each in history or ():
        if each.message.id == message_id:
            return Presence.GONE if each.gone else Presence.PRESENT
    kept: Past | None = None
    with contextlib.suppress(_Refused):
        data = await _want(session, "get_msg", message_id=_number(message_id))
        kept = past(data, account=session.account, now=session.now())
    if history is not None and _covers(history, kept.message.posted_at if kept else None):
        return Presence.GONE
    return Presence.PRESENT if kept and not kept.gone else Presence.UNKNOWN


async def _group_history(session: Session, group: str) -> list[Past]:
    return await _history(session, "get_group_msg_history", group_id=_number(group))


async def _history(session: Session, action: str, **params: object) -> list[Past]:
    """Return the latest messages, oldest first, each once; raises _Refused, Unanswered."""
    needed = dict(_NEEDED)[action]
    if needed not in session.abilities:
        raise _Refused(Outcome(state=OutcomeState.FAILED, reason="unsupported"))
    data = await _want(session, action, count=HISTORY_COUNT, **params)
    rows = data.get("messages") if isinstance(data, dict) else data
    now = session.now()
    read = (past(row, account=session.account, now=now) for row in _rows(rows))
    once = {each.message.id: each for each in read if each is not None}
    return sorted(once.values(), key=lambda each: each.message.posted_at)


def _covers(history: list[Past], moment: datetime | None) -> bool:
    """Whether a history reaches back to a moment, or holds the whole chat."""
    if moment is not None and history and history[0].message.posted_at < moment:
        return True
    return 0 < len(history) < _SMALLEST_PAGE


def _sent(history: list[Past], action: SayPrivately | SayInGroup, since: datetime) -> OutcomeState:
    earliest = since - _CLOCKS_DIFFER
    texts = [
        each.message.text for each in history if each.own and each.message.posted_at >= earliest
    ]
    parts = split(action.text, limit=TEXT_LIMIT)
    marks = [action.marker if action.marker and action.marker in part else part for part in parts]
    stand = [any(mark.strip() in text for text in texts) for mark in marks]
    if all(stand):
        return OutcomeState.DONE
    absent = not any(stand) and _covers(history, earliest)
    return OutcomeState.FAILED if absent else OutcomeState.UNKNOWN


def _recalled(presence: Presence) -> OutcomeState:
    return {
        Presence.GONE: OutcomeState.DONE,
        Presence.PRESENT: OutcomeState.FAILED,
        Presence.UNKNOWN: OutcomeState.UNKNOWN,
    }[presence]


async def _want(session: Session, action: str, **params: object) -> object:
    """Return the data of a good answer; raises _Refused with what a bad one means."""
    answer: Answer = await session.ask(action, params)
    if answer.ok:
        return answer.data
    if answer.unsure:
        raise _Refused(Outcome(state=OutcomeState.UNKNOWN, reason="timeout"))
    if answer.retcode == _UNKNOWN_ACTION:
        needed = dict(_NEEDED).get(action)
        if needed:
            session.forget(needed)
        raise _Refused(Outcome(state=OutcomeState.FAILED, reason="unsupported"))
    raise _Refused(Outcome(state=OutcomeState.FAILED, reason=f"refused:{answer.retcode}"))


def _rows(data: object) -> Iterable[dict[str, object]]:
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _number(text: str) -> int | str:
    """Return an id as the number that the standard asks for."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() else text

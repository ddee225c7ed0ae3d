"""Invitations: the bot goes into registered groups only, and elsewhere after the office's yes.

A group's name is no identity: where only a name is told, and where nobody registered the group,
the committee office is asked. Nobody answers: nothing is accepted.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, Final

from bot.calendar import local
from bot.model.action import (
    AcceptInvitation,
    Action,
    Lane,
    OpenDialogue,
    Record,
    SayPrivately,
    Wake,
)
from bot.model.errors import BotError
from bot.model.event import InvitedToGroup, OutcomeState, OutgoingSettled, TimerDue
from bot.model.group import Group, GroupState, Person, Role
from bot.plugin import Asked, Context, Workflow, command, on

LAPSES: Final = timedelta(days=3)
_KEPT: Final = timedelta(days=366)
_KIND: Final = "invitations"
_REF: Final = "invitation"
_LAPSE: Final = "invitations.lapse"
_LAST_NUMBER: Final = 999
_AT_MOST: Final = 9
_LONGEST_NAME: Final = 30

Ctx = Context[Any]


@dataclass(frozen=True, kw_only=True)
class _Invitation:
    """One that waits for an answer: `group` is the platform's id, where it was told."""

    account: str
    group: str
    name: str = field(repr=False)
    user: str = field(repr=False)
    flag: str = field(repr=False)
    until: float

    @property
    def key(self) -> tuple[str, ...]:
        """What one person's repeated invitation has in common with the first."""
        return (self.account, self.group, self.name, self.user)

    @property
    def place(self) -> str:
        """The group as people read it."""
        return f"“{self.name}”" if self.name else f"群号 {self.group}"


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    """What waits for one officer, by number; numbers are not given again for a long time."""

    last: int
    each: Mapping[int, _Invitation]


def invited(context: Ctx, event: InvitedToGroup) -> Iterator[Action]:
    """Go into a registered group; about any other the office is asked."""
    known = context.groups.at(event.account.partition(":")[0], event.group) if event.group else None
    if known is not None and known.account == event.account and _may_be_entered(known):
        yield Record(actor="bot", deed="invitation.accept_asked", subject=f"group:{known.id}")
        yield AcceptInvitation(account=event.account, flag=event.flag)
        return
    officer = _officer(context, event.account)
    if officer is None:
        yield Record(actor="bot", deed="invitation.nobody", subject="account")
        return
    person, user = officer
    waiting = _waiting(context, person)
    until = context.now + LAPSES
    name = known.name if known else event.name
    invitation = _Invitation(
        account=event.account,
        group=event.group,
        name=" ".join(name.split())[:_LONGEST_NAME],
        user=event.user,
        flag=event.flag,
        until=until.timestamp(),
    )
    if len(waiting.each) >= _AT_MOST or invitation.key in {
        each.key for each in waiting.each.values()
    }:
        yield Record(actor="bot", deed="invitation.ignored", subject=f"person:{person.id}")
        return
    number = waiting.last % _LAST_NUMBER + 1
    yield _keep(context, person, _Waiting(last=number, each={**waiting.each, number: invitation}))
    yield Wake(key=f"{_LAPSE}:{person.id}:{number}", at=until)
    yield Record(actor="bot", deed="invitation.asked", subject=_subject(person.id, number))
    text = _question(context, number, invitation, known)
    yield SayPrivately(
        account=event.account,
        lane=Lane.DIGEST,
        user=user,
        text=text,
        marker=text.partition("\n")[0],
    )


def accept(context: Ctx, asked: Asked) -> Iterator[Action]:
    """进群3: go into a group; 进群: the invitations that wait."""
    assert asked.person is not None
    waiting = _waiting(context, asked.person)
    if not asked.numbers:
        yield _reply(asked, _listed(waiting))
        return
    for number in _numbers(asked, waiting):
        invitation = waiting.each[number]
        yield Record(
            actor=f"person:{asked.person.id}",
            deed="invitation.accept_asked",
            subject=_subject(asked.person.id, number),
        )
        yield AcceptInvitation(
            account=invitation.account,
            ref=f"{_REF}:{asked.person.id}:{number}:{invitation.account}",
            flag=invitation.flag,
        )
    yield _keep(context, asked.person, _without(waiting, asked.numbers))
    yield _reply(asked, f"{_said(asked)} 号：已请平台接受邀请，结果马上告诉您。")


def decline(context: Ctx, asked: Asked) -> Iterator[Action]:
    """不进群3: stay away from a group."""
    assert asked.person is not None
    waiting = _waiting(context, asked.person)
    for number in _numbers(asked, waiting):
        yield Record(
            actor=f"person:{asked.person.id}",
            deed="invitation.declined",
            subject=_subject(asked.person.id, number),
        )
    yield _keep(context, asked.person, _without(waiting, asked.numbers))
    yield _reply(asked, f"{_said(asked)} 号：不进群，邀请人不会收到通知。")


def settled(context: Ctx, event: OutgoingSettled) -> Iterator[Action]:
    """Tell who said yes what the platform said."""
    name, _, rest = event.ref.partition(":")
    if name != _REF:
        return
    person, number, account = rest.split(":", 2)
    yield Record(
        actor="platform",
        deed=f"invitation.{event.state.value}",
        subject=_subject(int(person), int(number)),
        detail=event.reason,
    )
    said = {
        OutcomeState.DONE: "平台已接受。没有登记的群我不看也不说话，请登记（qungui group add）。",
        OutcomeState.FAILED: "平台没有接受，邀请可能已过期，请对方再邀请一次。",
        OutcomeState.UNKNOWN: "平台没有回音，请看机器人是否已在群里；不在就请对方再邀请一次。",
    }[event.state]
    yield from _tell(context, int(person), account, f"{number} 号进群邀请：{said}")


def lapse(context: Ctx, event: TimerDue) -> Iterator[Action]:
    """Let an invitation go that nobody answered."""
    name, _, rest = event.key.partition(":")
    if name != _LAPSE:
        return
    person, number = (int(each) for each in rest.split(":"))
    officer = context.people.get(person)
    waiting = _waiting(context, officer)
    invitation = waiting.each.get(number)
    if invitation is None or invitation.until > context.now.timestamp():
        return
    yield _keep(context, officer, _without(waiting, [number]))
    yield Record(actor="bot", deed="invitation.lapsed", subject=_subject(person, number))
    text = (
        f"{number} 号进群邀请（{invitation.place}）{LAPSES.days} 天没有回复，没有进群。无需回复。"
    )
    yield from _tell(context, person, invitation.account, text)


def _may_be_entered(group: Group) -> bool:
    """Whether a registered group has not ended; one that removed the bot may want it back."""
    return group.state is not GroupState.DISSOLVED


def _officer(context: Ctx, account: str) -> tuple[Person, str] | None:
    """Return who of the committee office can be written to through an account."""
    today = local(context.now).date()
    for person in context.groups.in_office(Role.COMMITTEE):
        user = context.people.account_of(person.id, account)
        if user is not None and (person.left_on is None or person.left_on >= today):
            return person, user
    return None


def _question(context: Ctx, number: int, invitation: _Invitation, known: Group | None) -> str:
    platform = invitation.account.partition(":")[0]
    person = context.people.with_account(platform, invitation.user)
    who = f"尾号{invitation.user[-4:]}（没有登记）" if person is None else _who(person)
    alike = [each for each in context.groups.all() if invitation.name == each.name]
    if known is not None:
        note = "这个群登记为已注销。" if not _may_be_entered(known) else "这个群由另一个账号看管。"
    elif invitation.name and alike:
        note = "登记表里有同名的群，但群名不能证明就是它，请先问清。"
    else:
        note = "这个群没有登记。没有登记的群我不看也不说话。"
    return (
        f"【进群邀请 {number}】{invitation.place}\n邀请人：{who}\n{note}\n"
        f"回复：进群{number}　不进群{number}（{LAPSES.days} 天不回复就不进）"
    )


def _listed(waiting: _Waiting) -> str:
    if not waiting.each:
        return "没有等您回复的进群邀请。"
    lines = [f"【进群邀请 {len(waiting.each)} 件】"]
    lines += [f"{number} {each.place}" for number, each in waiting.each.items()]
    first = next(iter(waiting.each))
    return "\n".join([*lines, f"回复：进群{first}　不进群{first}"])


def _numbers(asked: Asked, waiting: _Waiting) -> list[int]:
    """Return the numbers that a line means; raises BotError with what to write instead."""
    if not asked.numbers:
        raise BotError(f"请写上编号，例如：{asked.verb}3；回复“进群”看等您回复的邀请。")
    for number in asked.numbers:
        if number not in waiting.each:
            raise BotError(f"没有等您回复的 {number} 号进群邀请，可能已回复或已过期。")
    return list(dict.fromkeys(asked.numbers))


def _without(waiting: _Waiting, numbers: Sequence[int]) -> _Waiting:
    left = {number: each for number, each in waiting.each.items() if number not in numbers}
    return _Waiting(last=waiting.last, each=left)


def _waiting(context: Ctx, person: Person) -> _Waiting:
    dialogue = context.dialogues.open_with(person.id, _KIND, now=context.now)
    if dialogue is None:
        return _Waiting(last=0, each={})
    body = json.loads(dialogue.body)
    each = {int(number): _Invitation(**fields) for number, fields in body["each"].items()}
    return _Waiting(last=body["last"], each=each)


def _keep(context: Ctx, person: Person, waiting: _Waiting) -> OpenDialogue:
    return OpenDialogue(
        person=person.id,
        kind=_KIND,
        body=json.dumps(
            {
                "last": waiting.last,
                "each": {number: asdict(each) for number, each in waiting.each.items()},
            }
        ),
        expires_at=context.now + _KEPT,
    )


def _tell(context: Ctx, person: int, account: str, text: str) -> Iterator[Action]:
    user = context.people.account_of(person, account)
    if user is not None:
        yield SayPrivately(account=account, user=user, text=text, marker=text)


def _subject(person: int, number: int) -> str:
    return f"{_REF}:{person}:{number}"


def _said(asked: Asked) -> str:
    return "、".join(str(number) for number in dict.fromkeys(asked.numbers))


def _who(person: Person) -> str:
    return f"{person.masked}/{person.unit}" if person.unit else person.masked


def _reply(asked: Asked, text: str) -> SayPrivately:
    return SayPrivately(account=asked.event.account, user=asked.event.user, text=text)


WORKFLOW = Workflow(
    name="invitations",
    listens=(
        on(InvitedToGroup, invited),
        on(OutgoingSettled, settled),
        on(TimerDue, lapse),
    ),
    commands=(
        command(
            "进群", accept, by=(Role.COMMITTEE,), help="进群3　让我接受进群邀请（进群 看有哪些）"
        ),
        command("不进群", decline, by=(Role.COMMITTEE,), help="不进群3　不接受邀请"),
    ),
)

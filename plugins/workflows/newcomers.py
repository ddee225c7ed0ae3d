"""Newcomers (HS-11/1): who is in a group without a real-name record is asked once, in private.

The name stands after `members`, so that a list or a join is kept before it is looked at here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bot.calendar import local
from bot.model.action import Action, AskMember, DutyDone, Lane, Record, SayPrivately, Wake
from bot.model.event import MemberJoined, MembersDrawn, OutcomeState, OutgoingSettled, TimerDue
from bot.model.group import Group, Person, Role
from bot.model.member import KnownMember
from bot.people.matching import match_members
from bot.plugin import Context, Workflow, on

_TIMER: Final = "newcomers"
_UNREACHED: Final = "newcomers.unreached"
_SHOWN: Final = 10
_TOLD: Final = (Role.OWNER, Role.ADMINISTRATOR, Role.LEADER)


@dataclass(frozen=True, kw_only=True)
class NewcomersSettings:
    """How long a newcomer has to get a record, and how joins are gathered into one message.

    More than `ask_most` at once are not written to one by one: so many do not join, they are found.
    """

    working_days: int = 3
    gather_minutes: int = 3
    ask_most: int = 20


Ctx = Context[NewcomersSettings]


def notice(context: Ctx, event: MemberJoined | MembersDrawn) -> Iterator[Action]:
    """Wait a few minutes from the first newcomer on: others may come, or a record."""
    group = context.groups.at(event.account.partition(":")[0], event.group)
    found = _newcomers(context, group) if group else ()
    if group and found:
        first = min(each.first_seen_at for each in found)
        yield Wake(
            key=f"{_TIMER}:{group.id}",
            at=max(context.now, first + timedelta(minutes=context.settings.gather_minutes)),
        )


def ask(context: Ctx, event: TimerDue) -> Iterator[Action]:
    """Ask each newcomer of a group who he is, and tell the owner of all of them at once."""
    name, _, number = event.key.partition(":")
    if name != _TIMER:
        return
    group = context.groups.get(int(number))
    found = _newcomers(context, group)
    if not found:
        return
    due_on = context.calendar.add_working_days(
        local(context.now).date(), context.settings.working_days
    )
    one_by_one = len(found) <= context.settings.ask_most
    for each in found:
        yield AskMember(group=group.id, user=each.user, due_on=due_on)
        yield Record(
            actor="bot",
            deed="member.asked",
            subject=f"group:{group.id}",
            detail=f"number:{each.number} until {due_on}",
        )
        if one_by_one:
            text = _to_newcomer(context, group, due_on)
            yield SayPrivately(
                account=group.account,
                lane=Lane.DIGEST,
                ref=f"{_TIMER}:{group.id}:{each.number}",
                user=each.user,
                text=text,
                marker=text[:40],
                via_group=group.platform_id,
            )
    yield from _tell(context, group, found, due_on, asked=one_by_one)


def not_reached(context: Ctx, event: OutgoingSettled) -> Iterator[Action]:
    """Ask the owner, once a day, to pass on what could not be said in private."""
    name, _, rest = event.ref.partition(":")
    if name != _TIMER or event.state is OutcomeState.DONE:
        return
    group_id, _, number = rest.partition(":")
    group = context.groups.get(int(group_id))
    slot = f"{group.id}:{local(context.now).date()}"
    told = _told(context, group)
    if told is None or context.duties.done(_UNREACHED, slot):
        return
    yield DutyDone(job=_UNREACHED, slot=slot)
    yield SayPrivately(
        account=group.account,
        lane=Lane.DIGEST,
        user=told[1],
        text=f"“{group.name}”有新成员我私聊不到（如 {number} 号）。请您转告没有实名的人："
        "把群名片改成“科室 姓名”由您确认，或领确认码后私聊我“实名 确认码”。",
        marker=f"“{group.name}”有新成员我私聊不到",
        via_group=group.platform_id,
    )


def _newcomers(context: Ctx, group: Group) -> Sequence[KnownMember]:
    own = group.account.partition(":")[2]
    return [each for each in context.members.newcomers(group.id) if each.user != own]


def _to_newcomer(context: Ctx, group: Group, due_on: date) -> str:
    return (
        f"您好，我是“{group.name}”的合规助手。工作群成员要有实名记录（群里不公开），您还没有。"
        f"请在 {_day(due_on)}前办其中一项：\n"
        "1 把本群名片（群昵称）改成“科室 姓名”，例如“预算科 张三”，由群主核对；\n"
        "2 有单位发的确认码，回复我：实名 确认码\n"
        f"到期没有实名的，会列入群成员核查。有疑问请联系群主或{context.office.contact}。"
    )


def _tell(
    context: Ctx, group: Group, found: Sequence[KnownMember], due_on: date, *, asked: bool
) -> Iterator[Action]:
    """Tell the owner, or who stands in for him, in one message."""
    told = _told(context, group)
    if told is None:
        yield Record(actor="bot", deed="member.nobody_told", subject=f"group:{group.id}")
        return
    person, user = told
    proposals = match_members(
        context.roster(),
        group,
        context.members.of(group.id),
        earlier=context.members.earlier(group.id),
        on=local(context.now).date(),
    )
    lines = [f"【新成员】{group.name} 新来 {len(found)} 人没有实名："]
    sure = []
    for each in found[:_SHOWN]:
        proposal = proposals[each.number]
        meant = proposal.person
        if meant is not None:
            sure.append(each.number)
        lines.append(
            f"{each.number} {each.masked}"
            + (f" → {meant.masked}/{meant.unit}？" if meant else f" {proposal.why}")
        )
    if len(found) > _SHOWN:
        lines.append(f"（还有 {len(found) - _SHOWN} 人）")
    said = "已私聊请他们说明身份，" if asked else ""
    lines.append(f"{said}{_day(due_on)}还没有实名的，列入下次核查。")
    held = context.groups.roles_of(person.id)
    groups = {where for where, role in held if where is not None and role in _TOLD}
    if len(groups) > 1:
        lines.append(f"您认得的请确认：先回复“成员 {group.name}”，再回复“实名 编号”。")
    else:
        number = (sure or [found[0].number])[0]
        accept = f"实名{number}，或：" if sure else ""
        lines.append(f"您认得的请回复：{accept}实名 {number}=张三/预算科")
    text = "\n".join(lines)
    yield SayPrivately(
        account=group.account,
        lane=Lane.ALERT,
        user=user,
        text=text,
        marker=lines[0],
        via_group=group.platform_id,
    )


def _told(context: Ctx, group: Group) -> tuple[Person, str] | None:
    """Return who is told, with the account: the owner, or who stands in for him."""
    return next(
        (
            (person, user)
            for role in _TOLD
            for person in context.groups.holders(group.id, role)
            if (user := context.people.account_of(person.id, group.account)) is not None
        ),
        None,
    )


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日"


WORKFLOW = Workflow(
    name="newcomers",
    settings=NewcomersSettings,
    listens=(
        on(MemberJoined, notice),
        on(MembersDrawn, notice),
        on(TimerDue, ask),
        on(OutgoingSettled, not_reached),
    ),
)

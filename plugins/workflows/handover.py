"""Handover (HS-8): owner or administrator changes with both sides' word; one who just leaves is told.

The owner at the platform is another matter: he is changed there by hand, and looked for afterwards.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from bot.calendar import SHANGHAI, local
from bot.model.action import (
    Action,
    Append,
    Appoint,
    CloseDialogue,
    Dismiss,
    DutyDone,
    OpenDialogue,
    Record,
    SayPrivately,
    Wake,
)
from bot.model.errors import BotError
from bot.model.event import (
    DutyDue,
    MemberLeft,
    MembersDrawn,
    OwnerChanged,
    RolesChanged,
    RosterKept,
    TimerDue,
)
from bot.model.group import Group, GroupState, Person, Role
from bot.model.member import KnownMember
from bot.plugin import ANYBODY, Asked, Context, Workflow, command, daily, on

_OFFER: Final = "handover"
_OFFERED: Final = "handover.to"
_CHOSEN: Final = "handover.seat"
_LAPSED: Final = "handover.lapsed"
_CHECK: Final = "handover.check"
_MISSING: Final = "handover.missing"
_CHOICE_LIVES: Final = timedelta(minutes=30)
_IN_GROUP: Final = (Role.OWNER, Role.ADMINISTRATOR)
_BY: Final = (*_IN_GROUP, Role.LEADER)
_ABOVE: Final = {Role.OWNER: Role.LEADER, Role.ADMINISTRATOR: Role.OWNER}
_SHOWN: Final = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class HandoverSettings:
    """How long a successor has to answer, and when the owner at the platform is looked at."""

    accept_days: int = 3
    check_working_days: int = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Seat:
    """A role in a group that somebody may hand over: his own, or of one below him who is gone."""

    group: Group
    role: Role
    holder: Person

    @property
    def named(self) -> str:
        """The seat as people call it."""
        return f"“{self.group.name}”的{self.role.label}"


Ctx = Context[HandoverSettings]


def hand_over(context: Ctx, asked: Asked) -> Iterator[Action]:
    """交接: choose the seat (交接群1), see who can take it, and name him (交接12)."""
    assert asked.person is not None
    seats = list(_seats(context, asked.person))
    if not seats:
        raise BotError("登记表里没有您可以交接的职务。")
    choice = re.match(r"群\s*(\d{1,4})", asked.tail)
    if choice is not None:
        if not 1 <= int(choice[1]) <= len(seats):
            raise BotError(f"请在 1 到 {len(seats)} 之间选，例如：交接群1。")
        seat = seats[int(choice[1]) - 1]
        yield OpenDialogue(
            person=asked.person.id,
            kind=_CHOSEN,
            body=json.dumps([seat.group.id, seat.role.value, seat.holder.id]),
            expires_at=context.now + _CHOICE_LIVES,
        )
        yield _reply(asked, _candidates(context, seat))
    elif asked.numbers:
        yield from _offer(context, asked, _chosen(context, asked.person, seats), asked.numbers[0])
    elif len(seats) == 1:
        yield _reply(asked, _candidates(context, seats[0]))
    else:
        lines = [
            f"{n} {each.named}" + ("" if each.holder.id == asked.person.id else "（原任已离开）")
            for n, each in enumerate(seats[:_SHOWN], start=1)
        ]
        yield _reply(asked, "\n".join(["【交接】交接哪一个？", *lines, "请回复：交接群1"]))


def accept(context: Ctx, asked: Asked) -> Iterator[Action]:
    """接受: the successor agrees; the register changes, and everybody concerned hears it."""
    heir, seat, by = _offered(context, asked)
    unfit = _unfit(context, seat, context.members.get(seat.group.id, asked.event.user))
    if unfit:
        raise BotError(f"现在不能接任：{unfit}。")
    group, role = seat.group, seat.role
    yield CloseDialogue(person=heir.id, kind=_OFFER)
    yield CloseDialogue(person=by.id, kind=_OFFERED)
    before = [each.id for each in context.groups.holders(group.id, role)]
    after = [*(each for each in before if each != seat.holder.id), heir.id]
    yield Dismiss(person=seat.holder.id, role=role, group=group.id)
    yield Appoint(person=heir.id, role=role, group=group.id)
    yield Append(
        event=RolesChanged(
            at=context.now, group=group.id, role=role, before=tuple(before), after=tuple(after)
        )
    )
    yield Record(
        actor=f"person:{heir.id}",
        deed="handover.done",
        subject=f"group:{group.id}",
        detail=f"{role.value} person:{seat.holder.id} to person:{heir.id} by person:{by.id}",
    )
    done = f"【交接】{seat.named}已由{seat.holder.masked}交给{heir.masked}，登记已变更。"
    step = _at_the_platform(context, seat, heir)
    yield _reply(asked, f"{done}\n{step}今后的提醒发给您，私聊我“帮助”看能做什么。")
    leaders = context.groups.holders(group.id, Role.LEADER)
    yield from _tell(context, group, (by, seat.holder, *leaders), f"{done}\n{step}", heir)
    if role is Role.OWNER and not _owns(context, group, heir):
        yield _look_later(context, group)


def decline(context: Ctx, asked: Asked) -> Iterator[Action]:
    """不接受: the successor does not agree; nothing changes."""
    heir, seat, by = _offered(context, asked)
    yield CloseDialogue(person=heir.id, kind=_OFFER)
    yield CloseDialogue(person=by.id, kind=_OFFERED)
    yield Record(
        actor=f"person:{heir.id}", deed="handover.declined", subject=f"group:{seat.group.id}"
    )
    yield _reply(asked, f"已告诉{by.masked}，登记不变。")
    text = f"【交接】{heir.masked}没有接受{seat.named}，登记不变。可以另选一位，私聊我“交接”。"
    yield from _tell(context, seat.group, (by,), text, heir)


def lapse(context: Ctx, event: TimerDue) -> Iterator[Action]:
    """Tell whoever named a successor that there was no answer."""
    name, _, rest = event.key.partition(":")
    if name != _LAPSED:
        return
    by, to = map(int, rest.split(":"))
    offered = context.dialogues.open_with(by, _OFFERED, now=context.now)
    if offered is None or context.dialogues.open_with(to, _OFFER, now=context.now) is not None:
        return
    body = json.loads(offered.body)
    if body["to"] != to:
        return
    group = context.groups.get(body["group"])
    heir = context.people.get(to)
    yield CloseDialogue(person=by, kind=_OFFERED)
    yield Record(actor="bot", deed="handover.lapsed", subject=f"group:{group.id}")
    text = f"【交接】{heir.masked}没有答复，交接已失效，登记不变。需要时请再私聊我“交接”。"
    yield from _tell(context, group, (context.people.get(by),), text)


def look_again(context: Ctx, event: TimerDue) -> Iterator[Action]:
    """Remind of an owner who is in the register, and not yet at the platform."""
    name, _, number = event.key.partition(":")
    if name != _CHECK:
        return
    group = context.groups.get(int(number))
    owners = context.groups.holders(group.id, Role.OWNER)
    if group.state is not GroupState.REGISTERED or not group.owner_user or not owners:
        return
    if any(_owns(context, group, each) for each in owners):
        return
    yield Record(actor="bot", deed="handover.unfinished", subject=f"group:{group.id}")
    former = context.people.with_account(group.platform, group.owner_user)
    people = (*([former] if former else ()), *owners)
    text = (
        f"【交接】“{group.name}”登记的群主已是{owners[0].masked}，QQ 里还没有转让。"
        "请原群主在 QQ 打开群设置，进“群管理”，点“转让群”，选新群主。"
    )
    yield from _tell(
        context, group, (*people, *context.groups.holders(group.id, Role.LEADER)), text
    )
    yield _look_later(context, group)


def owner_changed(context: Ctx, event: OwnerChanged) -> Iterator[Action]:
    """Say whether the new owner at the platform is the one in the register."""
    group = _group(context, event)
    if group is None:
        return
    owners = context.groups.holders(group.id, Role.OWNER)
    leaders = context.groups.holders(group.id, Role.LEADER)
    person = context.people.with_account(group.platform, event.owner)
    if person is not None and any(person.id == each.id for each in owners):
        yield Record(actor="platform", deed="handover.seen", subject=f"group:{group.id}")
        before = context.people.with_account(group.platform, event.before)
        text = f"【交接】“{group.name}”的 QQ 群主已是{person.masked}，与登记一致，交接完成。"
        yield from _tell(context, group, (person, *([before] if before else ()), *leaders), text)
        return
    yield Record(actor="platform", deed="group.owner_changed", subject=f"group:{group.id}")
    now = person.masked if person else "没有实名的账号"
    text = (
        f"【群变动】“{group.name}”的群主换了账号，现在是{now}，登记的群主未变。"
        "如属实请登记的群主私聊我“交接”，对方接受后登记变更；不属实请马上联系原群主。"
    )
    yield from _tell(context, group, (*owners, *(leaders or _committee(context))), text)


def left(context: Ctx, event: MemberLeft) -> Iterator[Action]:
    """Tell at once that an owner or administrator has left the group without handover."""
    group = _group(context, event)
    person = context.people.with_account(event.account.partition(":")[0], event.user)
    if group is None or person is None:
        return
    if any(user != event.user for user in _present(context, group, person)):
        return  # he is there with another account
    for where, role in context.groups.roles_of(person.id):
        if where == group.id and role in _IN_GROUP:
            yield from _missing(context, group, role, person, "out of the group")


def listed(context: Ctx, event: MembersDrawn) -> Iterator[Action]:
    """Notice in a complete list whom no event told to have left."""
    group = _group(context, event)
    if group is None or not event.complete or group.state is not GroupState.REGISTERED:
        return
    here = {each.user for each in event.members}
    for role in _IN_GROUP:
        for holder in context.groups.holders(group.id, role):
            mine = _users(context, group, holder)
            if mine and not here.intersection(mine):
                yield from _missing(context, group, role, holder, "out of the group")


def left_office(context: Ctx, _: RosterKept | DutyDue) -> Iterator[Action]:
    """Tell who has left the office and still holds a role."""
    for person in context.people.leavers_with_roles(local(context.now).date()):
        others = []
        for where, role in context.groups.roles_of(person.id):
            if where is not None and role in _ABOVE:
                group = context.groups.get(where)
                yield from _missing(context, group, role, person, "out of the office")
            else:
                others.append((where, role))
        if others:
            yield from _missing_above(context, person, others)


def _missing(
    context: Ctx, group: Group, role: Role, person: Person, cause: str
) -> Iterator[Action]:
    """Record and tell that a seat was left without handover, once a week until that is mended."""
    if group.state is not GroupState.REGISTERED or not (
        slot := _fresh_slot(context, f"{group.id}:{role.value}:{person.id}:{cause}")
    ):
        return
    yield DutyDone(job=_MISSING, slot=slot)
    yield Record(
        actor="bot",
        deed="handover.missing",
        subject=f"group:{group.id}",
        detail=f"{role.value} person:{person.id} {cause}",
    )
    gone = f"已不在“{group.name}”" if cause == "out of the group" else _left_on(person)
    text = (
        f"【没有交接】{person.masked}{gone}，仍登记为“{group.name}”的{role.label}。\n"
        f"请私聊我“交接”，从群成员中定新的{role.label}，对方接受后登记变更。\n"
        "在此之前，他没有处置的提醒会超时上报。"
    )
    above = _above(context, group, role, person)
    yield from _tell(context, group, above or _committee(context), text, person)


def _missing_above(
    context: Ctx, person: Person, roles: Sequence[tuple[int | None, Role]]
) -> Iterator[Action]:
    """Record and tell the office, in one message, which duties above the groups are left."""
    slot = _fresh_slot(context, f"0:{person.id}")
    if slot is None:
        return
    yield DutyDone(job=_MISSING, slot=slot)
    for where, role in roles:
        yield Record(
            actor="bot",
            deed="handover.missing",
            subject=f"group:{where}" if where is not None else f"role:{role.value}",
            detail=f"{role.value} person:{person.id} out of the office",
        )
    labels = "、".join(dict.fromkeys(role.label for _, role in roles))
    groups = sum(where is not None for where, _ in roles)
    of = f"（{groups} 个群）" if groups else ""
    text = (
        f"【没有交接】{person.masked}{_left_on(person)}，仍登记为{labels}{of}。"
        "请定接任人，由维护人员更新登记；在此之前，发给他的提醒可能没有人看。"
    )
    for group in context.groups.all()[:1]:
        yield from _tell(context, group, _committee(context), text, person)


def _fresh_slot(context: Ctx, what: str) -> str | None:
    """Return the slot of something that is told once a week; None when it was told."""
    year, week, _ = local(context.now).isocalendar()
    slot = f"{what}:{year}-{week}"
    return None if context.duties.done(_MISSING, slot) else slot


def _left_on(person: Person) -> str:
    return f"已离开本单位（最后工作日 {person.left_on}）"


def _above(context: Ctx, group: Group, role: Role, person: Person) -> Sequence[Person]:
    """Return who hears of an empty seat: of an administrator's the owner too, always the leader."""
    roles = (Role.LEADER,) if role is Role.OWNER else (Role.OWNER, Role.LEADER)
    found = (each for above in roles for each in context.groups.holders(group.id, above))
    return [
        each
        for each in found
        if each.id != person.id and context.people.account_of(each.id, group.account)
    ]


def _seats(context: Ctx, person: Person) -> Iterator[Seat]:
    for where, role in context.groups.roles_of(person.id):
        if where is None:
            continue
        group = context.groups.get(where)
        if group.state is not GroupState.REGISTERED:
            continue
        if role in _IN_GROUP:
            yield Seat(group=group, role=role, holder=person)
        for below, above in _ABOVE.items():
            if above is role:
                for holder in context.groups.holders(group.id, below):
                    if holder.id != person.id and _is_gone(context, group, holder):
                        yield Seat(group=group, role=below, holder=holder)


def _chosen(context: Ctx, person: Person, seats: Sequence[Seat]) -> Seat:
    """Return the seat that is meant; raises BotError where there are several and none was chosen."""
    if len(seats) == 1:
        return seats[0]
    dialogue = context.dialogues.open_with(person.id, _CHOSEN, now=context.now)
    chosen = json.loads(dialogue.body) if dialogue else None
    for seat in seats:
        if chosen == [seat.group.id, seat.role.value, seat.holder.id]:
            return seat
    raise BotError("您有几个职务可以交接，请先回复“交接”选一个。")


def _candidates(context: Ctx, seat: Seat) -> str:
    """Return who can take a seat, by number, and how to name him."""
    members = context.members.of(seat.group.id)
    fit = [each for each in members if _unfit(context, seat, each) is None]
    unproved = sum(
        each.how is not None and not each.how.proves and not each.robot for each in members
    )
    lines = [f"【交接】{seat.named}交给谁？"]
    for member in fit[:_SHOWN]:
        assert member.person is not None
        person = context.people.get(member.person)
        lines.append(f"{member.number} {person.masked}　{person.unit}".rstrip())
    if len(fit) > _SHOWN:
        lines.append(f"（还有 {len(fit) - _SHOWN} 人没有列出，可以直接写编号）")
    if unproved:
        lines.append(f"另有 {unproved} 人没有本人凭码实名，先凭码实名才能接任。")
    if fit:
        lines.append(f"请回复：交接{fit[0].number}（编号换成接任人的）。对方接受后登记才变。")
    else:
        lines.append("群里还没有可以接任的人：接任人要在群内，并且本人凭码实名。")
    return "\n".join(lines)


def _unfit(context: Ctx, seat: Seat, member: KnownMember | None) -> str | None:
    """Return why a member cannot take a seat; None when he can."""
    if member is None or member.left_at is not None:
        return "不在群里"
    if member.robot or member.person is None or member.how is None:
        return "没有实名"
    if not member.how.proves:
        return "没有本人凭码实名，请先凭码实名"
    for role in (seat.role, Role.LEADER):  # who watches over an owner is not the owner
        if (seat.group.id, role) in context.groups.roles_of(member.person):
            return f"已经是本群{role.label}"
    return "已离开本单位" if _has_left(context, context.people.get(member.person)) else None


def _offer(context: Ctx, asked: Asked, seat: Seat, number: int) -> Iterator[Action]:
    assert asked.person is not None
    by, group = asked.person, seat.group
    member = context.members.numbered(group.id, number)
    unfit = _unfit(context, seat, member)
    if unfit or member is None or member.person is None:
        raise BotError(f"{number} 号不能接任{seat.named}：{unfit}。回复“交接”看谁可以。")
    heir = context.people.get(member.person)
    waiting = context.dialogues.open_with(heir.id, _OFFER, now=context.now)
    if waiting is not None and json.loads(waiting.body)["by"] != by.id:
        raise BotError(f"{heir.masked}还有一项交接没有答复，请过后再试。")
    earlier = context.dialogues.open_with(by.id, _OFFERED, now=context.now)
    if earlier is not None:
        yield CloseDialogue(person=json.loads(earlier.body)["to"], kind=_OFFER)
    days = context.settings.accept_days
    until = context.now + timedelta(days=days)
    place = {"group": group.id, "role": seat.role.value, "holder": seat.holder.id}
    yield OpenDialogue(
        person=heir.id, kind=_OFFER, body=json.dumps({**place, "by": by.id}), expires_at=until
    )
    yield OpenDialogue(
        person=by.id,
        kind=_OFFERED,
        body=json.dumps({**place, "to": heir.id}),
        expires_at=until + timedelta(days=1),
    )
    yield Wake(key=f"{_LAPSED}:{by.id}:{heir.id}", at=until)
    yield Record(
        actor=f"person:{by.id}",
        deed="handover.proposed",
        subject=f"group:{group.id}",
        detail=f"{seat.role.value} to person:{heir.id}",
    )
    yield SayPrivately(
        account=group.account,
        user=member.user,
        text=f"【交接】{by.masked}请您接任{seat.named}。\n"
        f"{_WHAT_IT_MEANS[seat.role]}\n"
        f"同意请回复：接受　不同意请回复：不接受（{days} 天内有效）",
        marker=f"【交接】{by.masked}请您接任{seat.named}",
        via_group=group.platform_id,
    )
    waits = sum(each.group == group.id for each in context.alerts.open_of(by.id))
    first = f"您还有 {waits} 件待办，请先办结。" if waits else ""
    yield _reply(
        asked,
        f"已请{heir.masked}接任{seat.named}，{days} 天内有效。"
        f"对方回复“接受”后登记才变，并告诉分管领导。{first}",
    )


def _offered(context: Ctx, asked: Asked) -> tuple[Person, Seat, Person]:
    """Return successor, seat and who named him; raises BotError unless all still hold."""
    heir = asked.person
    waiting = context.dialogues.open_with(heir.id, _OFFER, now=context.now) if heir else None
    if heir is None or waiting is None:
        raise BotError("没有等您答复的交接，或已经过期。")
    body = json.loads(waiting.body)
    by = context.people.get(body["by"])
    for seat in _seats(context, by):
        if (seat.group.id, seat.role, seat.holder.id) == (
            body["group"],
            Role(body["role"]),
            body["holder"],
        ):
            return heir, seat, by
    raise BotError(f"{by.masked}现在已不能交接这个职务，请联系{context.office.contact}。")


def _at_the_platform(context: Ctx, seat: Seat, heir: Person) -> str:
    """Return what has to be done at the platform by hand."""
    if seat.role is Role.ADMINISTRATOR:
        return f"请群主在 QQ 群设置里把{heir.masked}设为管理员，并取消{seat.holder.masked}。"
    if _owns(context, seat.group, heir):
        return ""
    return (
        f"QQ 里的群主还要转让：原群主打开群设置，进“群管理”，点“转让群”，选{heir.masked}。"
        "转让后我会告诉各位。"
    )


def _owns(context: Ctx, group: Group, person: Person) -> bool:
    """Whether the owner at the platform is one of a person's accounts."""
    return group.owner_user in _users(context, group, person)


def _is_gone(context: Ctx, group: Group, person: Person) -> bool:
    """Whether somebody has left the office, or no account of his is in the group any more."""
    if _has_left(context, person):
        return True
    if context.members.drawn(group.id) is None or not _users(context, group, person):
        return False
    return not any(_present(context, group, person))


def _has_left(context: Ctx, person: Person) -> bool:
    return person.left_on is not None and person.left_on < local(context.now).date()


def _present(context: Ctx, group: Group, person: Person) -> Iterator[str]:
    for user in _users(context, group, person):
        member = context.members.get(group.id, user)
        if member is not None and member.left_at is None:
            yield user


def _users(context: Ctx, group: Group, person: Person) -> list[str]:
    where, accounts = group.platform, context.people.accounts_of(person.id)
    return [each.user for each in accounts if where == each.platform]


def _look_later(context: Ctx, group: Group) -> Wake:
    today = local(context.now).date()
    day = context.calendar.add_working_days(today, context.settings.check_working_days)
    return Wake(key=f"{_CHECK}:{group.id}", at=datetime.combine(day, time(9, 30), SHANGHAI))


def _committee(context: Ctx) -> Sequence[Person]:
    return context.groups.in_office(Role.COMMITTEE)


def _tell(
    context: Ctx,
    group: Group,
    people: Iterable[Person],
    text: str,
    *without: Person,
) -> Iterator[Action]:
    """Say something to people in private, to each once."""
    told = {each.id for each in without}
    for person in people:
        user = context.people.account_of(person.id, group.account)
        if user is not None and person.id not in told:
            told.add(person.id)
            yield SayPrivately(
                account=group.account,
                user=user,
                text=text,
                marker=text,
                via_group=group.platform_id,
            )


def _reply(asked: Asked, text: str) -> SayPrivately:
    return SayPrivately(account=asked.event.account, user=asked.event.user, text=text)


def _group(context: Ctx, event: Any) -> Group | None:  # every event of a group has these two
    platform, _, _ = event.account.partition(":")
    return context.groups.at(platform, event.group)


_WHAT_IT_MEANS: Final = {
    Role.OWNER: "群主要处置机器人私聊发来的提醒，每周核查成员，审入群申请。",
    Role.ADMINISTRATOR: "群管理员协助群主处置提醒、核对成员。",
}

WORKFLOW = Workflow(
    name="handover",
    settings=HandoverSettings,
    listens=(
        on(MemberLeft, left),
        on(MembersDrawn, listed),
        on(OwnerChanged, owner_changed),
        on(RosterKept, left_office),
        on(TimerDue, lapse),
        on(TimerDue, look_again),
    ),
    commands=(
        command("交接", hand_over, by=_BY, help="交接　把群主或管理员交给下一任（交接12）"),
        command("接受", accept, by=ANYBODY, help="接受　答复交接（不同意写：不接受）"),
        command("不接受", decline, by=ANYBODY, help="不接受　不同意接任"),
    ),
    schedules=(daily("08:50", "left_office", left_office),),
)

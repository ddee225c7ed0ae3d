"""Members' rights (个人信息保护法 44-50): 我的数据, 更正, 注销; every request is registered."""

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.calendar import local
from bot.model.action import (
    Action,
    DutyDone,
    ErasePerson,
    Lane,
    Record,
    SaveDataRequest,
    SayPrivately,
)
from bot.model.errors import BotError
from bot.model.event import DutyDue
from bot.model.group import Person, Role
from bot.model.member import KnownMember
from bot.model.rights import DataRequest, RequestKind, RequestState
from bot.plugin import ANYBODY, Asked, Context, Workflow, command, daily

_LONGEST: Final = 500
_ANSWERERS: Final = (Role.OWNER, Role.LEADER, Role.COMMITTEE)
_REMINDED: Final = "rights.reminded"
_NUMBERED: Final = re.compile(r"\D{0,3}(\d{1,9})\s*号?[\s,:、.。]*(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class RightsSettings:
    """After how many days without an answer those who have to give it are reminded."""

    remind_days: int = 15


Ctx = Context[RightsSettings]


def my_data(context: Ctx, asked: Asked) -> Iterator[Action]:
    """我的数据: what is kept about the one who asks, why and until when."""
    lines = ["【我的数据】只发给您本人", *_about(context, asked)]
    if not _asked_today(context, asked, RequestKind.COPY):
        yield from _register(context, _request(context, asked, RequestKind.COPY), "已告知")
    yield _reply(context, asked, "\n".join(lines))


def correct(context: Ctx, asked: Asked) -> Iterator[Action]:
    """更正 内容: something kept is wrong; the owner, else the office, answers."""
    if not asked.tail:
        raise BotError("请写明哪里不对、应该是什么，例如：更正 我已调到国库科。")
    if waiting := _waiting(context, asked, RequestKind.CORRECT):
        raise BotError(f"您的更正请求已登记（登记号 {waiting.id}），有结果会告诉您，不用重复提交。")
    request = _request(context, asked, RequestKind.CORRECT, asked.tail[:_LONGEST])
    yield SaveDataRequest(request=request)
    yield _made(request)
    told = yield from _pass_on(context, request, _handlers(context, request))
    cut = f"内容较长，只登记了前 {_LONGEST} 字。" if len(asked.tail) > _LONGEST else ""
    where = f"已送{told}，处理后会告诉您" if told else f"请同时联系{context.office.contact}"
    yield _reply(context, asked, f"【更正】已登记（登记号 {request.id}），{where}。{cut}")


def erase(context: Ctx, asked: Asked) -> Iterator[Action]:
    """注销: who has left is forgotten; a member hears what would happen."""
    if waiting := _waiting(context, asked, RequestKind.ERASE):
        raise BotError(f"您的注销请求已登记（登记号 {waiting.id}），办结后会告诉您，不用重复提交。")
    request = _request(context, asked, RequestKind.ERASE)
    person = asked.person
    hindered = _hindrance(context, request)
    open_matters = _open_matters(context, request)
    if hindered is not None:
        if not _asked_today(context, asked, RequestKind.ERASE):
            yield from _register(context, request, hindered, RequestState.REFUSED)
        yield _reply(context, asked, f"【注销】{hindered}")
    elif open_matters:
        yield SaveDataRequest(request=request)
        yield _made(request)
        told = yield from _pass_on(context, request, _office(context, request))
        also = "" if told else f"请同时联系{context.office.contact}。"
        yield _reply(
            context,
            asked,
            f"【注销】已登记（登记号 {request.id}）。还有 {open_matters} 件与您有关的事项"
            f"没有办结，由机关党委办结后删除，会告诉您。{also}",
        )
    else:
        answer = _erased(context, request)
        if person is not None:
            yield ErasePerson(person=person.id)
        if person is not None or not _asked_today(context, asked, RequestKind.ERASE):
            yield from _register(context, request, answer)
        yield _reply(context, asked, f"【注销】{answer}")


def answer(context: Ctx, asked: Asked) -> Iterator[Action]:
    """答复N 内容: a request was dealt with; its maker hears how."""
    request, words = _asked_about(context, asked)
    if request.kind is RequestKind.ERASE and request.person is not None:
        hindered = _hindrance(context, request)
        if hindered is not None or _open_matters(context, request):
            raise BotError("现在还不能注销：他还在群里、担任职务或有事项没有办结，请先办结。")
        yield ErasePerson(person=request.person)
        words = f"{_erased(context, request)}{words}"
    yield from _close(context, asked, request, RequestState.DONE, words)


def refuse(context: Ctx, asked: Asked) -> Iterator[Action]:
    """驳回N 理由: a request is not followed; its maker hears why, and whom he may turn to."""
    request, words = _asked_about(context, asked)
    yield from _close(context, asked, request, RequestState.REFUSED, words)


def remind(context: Ctx, _: DutyDue) -> Iterator[Action]:
    """Remind of requests that wait too long those who can answer them, and the office."""
    today = local(context.now).date()
    if not context.calendar.is_working_day(today):
        return
    for request in context.requests.open():
        days = (today - local(request.made_at).date()).days
        slot = f"{request.id}:{days // context.settings.remind_days}"
        if days < context.settings.remind_days or context.duties.done(_REMINDED, slot):
            continue
        yield DutyDone(job=_REMINDED, slot=slot)
        yield Record(actor="bot", deed="data_request.waits", subject=_subject(request))
        people = {
            each.id: each for each in (*_handlers(context, request), *_office(context, request))
        }
        yield from _pass_on(context, request, list(people.values()), waited=days)


def _about(context: Ctx, asked: Asked) -> Iterator[str]:
    """Yield what is kept about the one who asks, by kind; no message of his is repeated."""
    terms, person = context.terms, asked.person
    member_of = _presence(context, asked.event.account, asked.event.user)
    if _unproved(context, asked.event.account, asked.event.user):
        yield f"身份：群主确认过，您本人还没有凭码确认，实名记录暂不显示。{_how_to_prove(context)}"
    elif person is None:
        yield "身份：没有实名记录，这个账号没有对应到人"
    else:
        yield from _identity(context, asked, person)
        yield from _roles(context, person)
    here = [each for each in member_of if each.left_at is None]
    if here:
        names = "、".join(context.groups.get(each.group).name for each in here)
        yield f"在群：{names}；存群名片和昵称，退群 {terms.people_days_after_leaving} 天后删除"
    for each in member_of:
        if each.left_at is not None:
            yield f"已退：{context.groups.get(each.group).name}，{_expiry(context, each.left_at)}前删除"
    yield from _findings(context, asked)
    requests = context.requests.of_account(asked.event.account, asked.event.user)
    if requests:
        yield f"请求：{len(requests)} 件，存处理结果 {terms.audit_days} 天"
    if person is not None and (looks := len(context.people.looks_at(person.id))):
        yield f"看全名：{looks} 次，谁看、为什么看都有登记"
    if person is not None and context.people.held_for(person.id) is not None:
        yield "按法律要求，您的记录到期后仍要保存一段时间"
    yield (
        f"每周核查结果、操作记录：存 {terms.audit_days} 天，操作记录里没有姓名和原文\n"
        "为什么存：办法第十一条要求后台实名、每周核查。姓名、账号和片段加密保存，"
        "只有管理人员能看\n"
        "哪里不对请写：更正 内容　离开后要删除请写：注销\n"
        f"有疑问请联系{context.office.contact}"
    )


def _identity(context: Ctx, asked: Asked, person: Person) -> Iterator[str]:
    platform, _, _ = asked.event.account.partition(":")
    account = context.people.account(platform, asked.event.user)
    who = " ".join(filter(None, (person.name, person.unit, person.post)))
    how = f"（{local(account.linked_at):%Y-%m-%d} {account.how.label}）" if account else ""
    yield f"身份：{who}{how}"
    kinds = [
        "姓名、科室、职务、账号",
        "工号" if person.staff_number else "",
        "身份证号" if context.people.identity_of(person.id) else "",
    ]
    days = context.terms.people_days_after_leaving
    until = f"离职 {days} 天后删除"
    if person.left_on is not None:
        until = f"{person.left_on + timedelta(days=days):%Y-%m-%d} 前删除"
    yield f"实名记录：{'、'.join(filter(None, kinds))}；{until}"


def _roles(context: Ctx, person: Person) -> Iterator[str]:
    held = [
        f"{context.groups.get(where).name}{role.label}" if where is not None else role.label
        for where, role in context.groups.roles_of(person.id)
    ]
    if held:
        yield f"职责：{'、'.join(held)}"


def _findings(context: Ctx, asked: Asked) -> Iterator[str]:
    platform, _, _ = asked.event.account.partition(":")
    alerts = context.alerts.against(platform, asked.event.user)
    if not alerts:
        return
    count = sum(each.count for each in alerts)
    days = context.terms.excerpts_days_after_close
    closed = [each.decided_at for each in alerts if each.decided_at is not None]
    if len(closed) == len(alerts):
        until = f"片段最晚 {local(max(closed) + timedelta(days=days)):%Y-%m-%d} 删除"
    else:
        until = f"片段在办结 {days} 天后删除"
    yield f"问题记录：{count} 条（{len(alerts)} 件），{until}"


def _hindrance(context: Ctx, request: DataRequest) -> str | None:
    """Return why somebody cannot be forgotten now, as he is told; None when he can."""
    days = context.terms.people_days_after_leaving
    here = [each for each in _presence_of(context, request) if each.left_at is None]
    unproved = _unproved(context, request.account, request.user)
    if here:
        prove = f"届时要先凭码确认是您本人：{_how_to_prove(context)}" if unproved else ""
        return (
            f"您还在 {len(here)} 个工作群，后台实名是在群的条件，现在不能删除。退群后，"
            f"群名片和昵称 {days} 天后自动删除；离职后，实名记录 {days} 天后自动删除，"
            f"也可以到时再写“注销”马上删除。{prove}"
        )
    if unproved:
        return f"还没有凭码确认是您本人，不能注销。{_how_to_prove(context)}"
    return _reason_to_keep(context, request.person) if request.person is not None else None


def _reason_to_keep(context: Ctx, who: int) -> str | None:
    """Return why the record of somebody who is in no group any more stays, as he is told."""
    if context.people.held_for(who) is not None:
        return (
            "按法律要求，您的记录还要保存一段时间，期满后删除；"
            f"这期间除保存外不作他用。有疑问请联系{context.office.contact}。"
        )
    if context.groups.roles_of(who):
        return "您还担任群主、管理员等职务，请先办理交接（私聊我“交接”），再写“注销”。"
    person = context.people.get(who)
    today = local(context.now).date()
    if person.on_roster and (person.left_on is None or person.left_on >= today):
        return (
            "您还在本单位花名册上，实名记录在职期间保存；"
            f"您退群的记录在退群 {context.terms.people_days_after_leaving} 天后自动删除。离职后再写“注销”可以马上删除。"
        )
    return None


def _erased(context: Ctx, request: DataRequest) -> str:
    """Return what a person is told whose record is forgotten, and what stays until when."""
    if request.person is not None:
        return "您的实名记录、账号对应和退群记录已删除。处理记录不含姓名，按规定保存。"
    left = [each.left_at for each in _presence_of(context, request) if each.left_at is not None]
    if not left:
        return "没有保存您的资料，不用注销。"
    return f"这个账号没有实名记录。退群记录 {_expiry(context, max(left))}前自动删除。"


def _unproved(context: Ctx, account: str, user: str) -> bool:
    """Whether an owner's word, and nothing else, says whose account it is."""
    known = context.people.account(account.partition(":")[0], user)
    return known is not None and not known.how.proves


def _how_to_prove(context: Ctx) -> str:
    contact = context.office.contact
    return f"请到{contact}领确认码，私聊我：实名 确认码。领不到的（如已离职）请联系{contact}办理。"


def _open_matters(context: Ctx, request: DataRequest) -> int:
    platform, _, _ = request.account.partition(":")
    return sum(each.decision is None for each in context.alerts.against(platform, request.user))


def _request(context: Ctx, asked: Asked, kind: RequestKind, text: str = "") -> DataRequest:
    known = context.people.account(asked.event.account.partition(":")[0], asked.event.user)
    return DataRequest(
        id=context.requests.next_id(),
        kind=kind,
        account=asked.event.account,
        user=asked.event.user,
        person=known.person if known else None,
        text=text,
        made_at=context.now,
    )


def _register(
    context: Ctx, request: DataRequest, words: str, state: RequestState = RequestState.DONE
) -> Iterator[Action]:
    """Keep a request whose outcome is known at once."""
    yield SaveDataRequest(request=request.closed(state, context.now, answer=words))
    yield _made(request, state.value)


def _made(request: DataRequest, outcome: str = "") -> Record:
    return Record(
        actor="member",
        deed=f"data_request.{request.kind.value}",
        subject=_subject(request),
        detail=outcome,
    )


def _subject(request: DataRequest) -> str:
    return f"data_request:{request.id}"


def _waiting(context: Ctx, asked: Asked, kind: RequestKind) -> DataRequest | None:
    mine = context.requests.of_account(asked.event.account, asked.event.user)
    return next((e for e in mine if e.kind is kind and e.state is RequestState.OPEN), None)


def _asked_today(context: Ctx, asked: Asked, kind: RequestKind) -> bool:
    """Whether the same was asked today: it is answered again, and registered once."""
    today = local(context.now).date()
    return any(
        each.kind is kind and local(each.made_at).date() == today
        for each in context.requests.of_account(asked.event.account, asked.event.user)
    )


def _presence(context: Ctx, account: str, user: str) -> Sequence[KnownMember]:
    return context.members.of_account(account.partition(":")[0], user)


def _presence_of(context: Ctx, request: DataRequest) -> Sequence[KnownMember]:
    return _presence(context, request.account, request.user)


def _expiry(context: Ctx, left_at: datetime) -> str:
    until = left_at + timedelta(days=context.terms.people_days_after_leaving)
    return f"{local(until):%Y-%m-%d} "


def _handlers(context: Ctx, request: DataRequest) -> Sequence[Person]:
    """Return who is asked: the owners of his group, that of his unit first; else the office."""
    unit = context.people.get(request.person).unit if request.person else ""
    groups = [
        context.groups.get(each.group)
        for each in _presence_of(context, request)
        if each.left_at is None
    ]
    for group in sorted(groups, key=lambda group: group.unit != unit):
        for role in (Role.OWNER, Role.LEADER):
            found = _others(context, context.groups.holders(group.id, role), request)
            if found:
                return found
    return _office(context, request)


def _office(context: Ctx, request: DataRequest) -> Sequence[Person]:
    return _others(context, context.groups.in_office(Role.COMMITTEE), request)


def _others(context: Ctx, people: Sequence[Person], request: DataRequest) -> Sequence[Person]:
    """Return who of some people can be written to and is not the one who asks."""
    return [
        each
        for each in people
        if each.id != request.person and context.people.account_of(each.id, request.account)
    ]


def _pass_on(
    context: Ctx, request: DataRequest, people: Sequence[Person], *, waited: int = 0
) -> Generator[Action, None, str]:
    """Tell people of a request; return how the first of them is called, "" if nobody was told."""
    whose = "未实名成员"
    if request.person is not None:
        person = context.people.get(request.person)
        whose = f"{person.masked}（{person.unit}）" if person.unit else person.masked
    head = f"【{request.kind.label}请求 {request.id}】{whose}"
    late = f"已等了 {waited} 天，请尽快答复。\n" if waited else ""
    words = f"内容：{request.text}\n" if request.text else ""
    told = ""
    for each in people:
        user = context.people.account_of(each.id, request.account)
        if user is None or user == request.user:
            continue
        told = told or each.masked
        yield SayPrivately(
            account=request.account,
            lane=Lane.ALERT,
            user=user,
            text=f"{head}\n{late}{words}核实后请回复：答复{request.id} 内容\n"
            f"不能办的：驳回{request.id} 理由（对方会看到）",
            marker=head,
        )
    return told


def _asked_about(context: Ctx, asked: Asked) -> tuple[DataRequest, str]:
    """Return the request that is meant, and the words; raises BotError unless he may answer it."""
    assert asked.person is not None
    found = _NUMBERED.fullmatch(asked.tail)
    mine = [e for e in context.requests.open() if _may_answer(context, asked.person, e)]
    waiting = (
        f"等您答复的有：{'、'.join(str(e.id) for e in mine[:20])}" if mine else "没有等您答复的"
    )
    if found is None:
        raise BotError(f"请写上登记号，例如：{asked.verb}3 内容。{waiting}。")
    number, words = int(found[1]), found[2].strip()[:_LONGEST]
    request = context.requests.get(number)
    if request is None or not _may_answer(context, asked.person, request):
        raise BotError(f"没有等您答复的 {number} 号请求；{waiting}。")
    if request.state is not RequestState.OPEN:
        request.closed(request.state, context.now)
    if not words:
        raise BotError(f"请写明结果，对方会看到，例如：{asked.verb}{number} 已在名册中改为国库科。")
    return request, words


def _may_answer(context: Ctx, person: Person, request: DataRequest) -> bool:
    """Whether somebody may answer: of the office, or in charge of his groups; never his own."""
    if person.id == request.person:
        return False
    groups = {each.group for each in _presence_of(context, request)}
    return any(
        role in _ANSWERERS and (where is None or where in groups)
        for where, role in context.groups.roles_of(person.id)
    )


def _close(
    context: Ctx, asked: Asked, request: DataRequest, state: RequestState, words: str
) -> Iterator[Action]:
    assert asked.person is not None
    closed = request.closed(state, context.now, by=asked.person.id, answer=words)
    yield SaveDataRequest(request=closed)
    yield Record(
        actor=f"person:{asked.person.id}",
        deed=f"data_request.{state.value}",
        subject=_subject(request),
    )
    after = "" if state is RequestState.DONE else f"\n有异议请联系{context.office.contact}。"
    yield SayPrivately(
        account=request.account,
        user=request.user,
        text=f"【{request.kind.label}】登记号 {request.id}，{state.label}：{words}{after}",
        marker=f"【{request.kind.label}】登记号 {request.id}，",
        via_group=_via(context, request.account, request.user),
    )
    yield _reply(context, asked, f"{request.id} 号请求已登记为{state.label}，已告诉对方。")


def _reply(context: Ctx, asked: Asked, text: str) -> SayPrivately:
    account, user = asked.event.account, asked.event.user
    return SayPrivately(
        account=account, user=user, text=text, via_group=_via(context, account, user)
    )


def _via(context: Ctx, account: str, user: str) -> str | None:
    """Return a group through which somebody can be written to who is no friend of the bot."""
    for each in _presence(context, account, user):
        group = context.groups.get(each.group)
        if each.left_at is None and group.account == account:
            return group.platform_id
    return None


WORKFLOW = Workflow(
    name="rights",
    settings=RightsSettings,
    commands=(
        command("我的数据", my_data, by=ANYBODY, help="我的数据　看存了您的什么、为什么、到哪天"),
        command("更正", correct, by=ANYBODY, help="更正 内容　您的资料有误"),
        command("注销", erase, by=ANYBODY, help="注销　离开后删除您的资料"),
        command("答复", answer, by=_ANSWERERS, help="答复5 内容　答复成员的更正、注销请求"),
        command("驳回", refuse, by=_ANSWERERS, help="驳回5 理由　不能办的请求，说明理由"),
    ),
    schedules=(daily("09:20", "remind", remind),),
)

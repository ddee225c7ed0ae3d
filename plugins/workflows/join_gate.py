"""The join gate (HS-11/1): who asks to join is matched with the roster, and a person decides."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bot.calendar import local
from bot.model.action import (
    Action,
    AnswerJoinRequest,
    CloseDialogue,
    ConfirmAccount,
    Lane,
    OpenDialogue,
    Record,
    SaveJoinRequest,
    SayPrivately,
    Wake,
)
from bot.model.errors import BotError
from bot.model.event import (
    Ability,
    JoinRequested,
    MemberJoined,
    MembersDrawn,
    OutcomeState,
    OutgoingSettled,
    TimerDue,
)
from bot.model.group import Group, Person, Role, mask_card
from bot.model.join import JoinRequest, JoinState
from bot.model.member import Account, Confirmation
from bot.people.meant import meant
from bot.people.proposal import Proposal, Reason, Verdict
from bot.plugin import Asked, Context, Workflow, command, on

LAPSES: Final = timedelta(days=7)
SWITCHED_ON: Final = timedelta(days=366)
_BY: Final = (Role.OWNER, Role.ADMINISTRATOR, Role.LEADER)
_REF: Final = "join"
_HINT: Final = "join.hint"
_LAPSE: Final = "join_gate.lapse"
_REFUSE: Final = "join_gate.refuse"
_SWITCH: Final = "join_gate.refuses"
_LONGEST_REASON: Final = 30
_SHOWN: Final = 24
_ROOM: Final = 12
_ANSWER: Final = re.compile(r".*(?:答案|回答)\s*[:：]", re.DOTALL)
_EDGES: Final = ' \t\r\n=＝,.:;，。：；“”"'
_STATE: Final = re.compile(r"[\s,:，：]*(开|打开|开启|关|关闭)(?:[\s,，:：]+(.*))?", re.DOTALL)
_HOW_TO_ASK: Final = "请在验证信息里写清科室和姓名，例如：预算科 张三"
_AUTOMATIC: Final = "验证信息与花名册对不上，请写清科室和姓名再申请"


@dataclass(frozen=True, kw_only=True)
class JoinGateSettings:
    """How long somebody whose answer matches nobody has to ask again, where refusing is on."""

    hint_minutes: int = 30


Ctx = Context[JoinGateSettings]


def requested(context: Ctx, event: JoinRequested) -> Iterator[Action]:
    """Match a request to join with the roster, and put it to the owner."""
    group = _group(context, event.account, event.group)
    if group is None:
        return
    known = context.joins.by_flag(group.id, event.flag)
    if known is not None and known.state is not JoinState.GONE:
        return  # the same event again
    before = context.joins.open_in(group.id, event.user)
    for each in before:
        yield SaveJoinRequest(request=each.decided(JoinState.GONE, None, context.now))
    proposal = _whose(context, group, event)
    recipient = next(iter(_recipients(context, group)), None)
    number = context.alerts.next_number(recipient[0].id) if recipient else 0
    clear = proposal.verdict is Verdict.CLEAR and proposal.person is not None
    request = JoinRequest(
        id=context.joins.next_id(),
        group=group.id,
        user=event.user,
        comment=event.comment,
        flag=event.flag,
        recipient=recipient[0].id if recipient else None,
        number=number,
        proposed=proposal.person.id if clear and proposal.person else None,
        asked_at=context.now,
    )
    yield SaveJoinRequest(request=request)
    yield Wake(key=f"{_LAPSE}:{request.id}", at=context.now + LAPSES)
    yield Record(
        actor="platform",
        deed="join.requested",
        subject=f"join:{request.id}",
        detail=f"group:{group.id} {proposal.verdict.value}",
    )
    if _may_refuse(context, group, proposal):
        yield from _hint_or_refuse(context, group, request, asked_again=bool(before))
    else:
        yield from _ask(context, group, request, proposal)


def accept(context: Ctx, asked: Asked) -> Iterator[Action]:
    """同意4, 同意4=张三/预算科: let somebody in as one person of the roster."""
    words = asked.rest.strip(_EDGES)
    found = _open_requests(context, asked)
    if words and len(found) > 1:
        raise BotError("写姓名时请一件一件来，例如：同意4=张三/预算科")
    assert asked.person is not None
    decided: list[tuple[Group, JoinRequest]] = []
    for group, request in found:
        person = _let_in_as(context, group, request, words)
        if person.id in {each.proposed for _, each in decided}:
            raise BotError(f"{_who(person)}只能对一个申请，请先核实是哪一个。")
        decided.append(
            (
                group,
                replace(
                    request,
                    proposed=person.id,
                    decided_by=asked.person.id,
                    decided_at=context.now,
                ),
            )
        )
    lines = []
    for group, request in decided:
        yield from _answer(group, request, accept=True, by=f"person:{asked.person.id}")
        assert request.proposed is not None
        who = _who(context.people.get(request.proposed))
        lines.append(f"{request.number} 号（{group.name}）：已请平台放行{who}，进群后告诉您。")
    yield _reply(asked, "\n".join(lines))


def refuse(context: Ctx, asked: Asked) -> Iterator[Action]:
    """拒绝4 理由: somebody is not let in; he reads the reason."""
    reason = asked.rest.strip(_EDGES)
    found = _open_requests(context, asked)
    if not reason:
        raise BotError(
            f"请写理由，申请人会看到，例如：拒绝{found[0][1].number} 请写清科室和姓名再申请"
        )
    assert asked.person is not None
    for group, request in found:
        decided = replace(
            request,
            decided_by=asked.person.id,
            decided_at=context.now,
            reason=reason[:_LONGEST_REASON],
        )
        yield from _answer(group, decided, accept=False, by=f"person:{asked.person.id}")
    numbers = "、".join(str(request.number) for _, request in found)
    yield _reply(asked, f"{numbers} 号：已请平台拒绝，申请人会看到理由。")


def to_decide(context: Ctx, asked: Asked) -> Iterator[Action]:
    """入群: the requests that wait, and where refusing by itself is on."""
    assert asked.person is not None
    groups = _groups(context, asked.person)
    waiting = [(group, request) for group in groups for request in context.joins.open_in(group.id)]
    lines = [f"【入群申请 {len(waiting)} 件】"] if waiting else ["没有等您处理的入群申请。"]
    for group, request in waiting[:_ROOM]:
        state = "（已处理，等平台）" if request.decided_at else ""
        who = f"→ {_who(context.people.get(request.proposed))}" if request.proposed else "对不上人"
        lines.append(f"{request.number} {group.name} {_shown(request)} {who}{state}")
    if len(waiting) > _ROOM:
        lines.append(f"（还有 {len(waiting) - _ROOM} 件，处理一些后再回复“入群”）")
    first = next((request for _, request in waiting if not request.decided_at), None)
    if first is not None:
        lines.append(_answers(first))
    lines += [
        f"“{group.name}”对不上花名册的申请会自动拒绝；关掉请回复：入群自动拒绝 关 {group.name}"
        for group in groups
        if _switched_on(context, group)
    ]
    yield _reply(asked, "\n".join(lines))


def switch(context: Ctx, asked: Asked) -> Iterator[Action]:
    """入群自动拒绝 开/关: whether requests that match nobody are refused without a person."""
    assert asked.person is not None
    found = _STATE.fullmatch(asked.tail)
    if found is None:
        raise BotError("请写：入群自动拒绝 开，或：入群自动拒绝 关")
    held = context.groups.roles_of(asked.person.id)
    groups = [
        context.groups.get(where)
        for where, role in held
        if where is not None and role is Role.OWNER
    ]
    words = (found[2] or "").strip(_EDGES)
    groups = [group for group in groups if words in group.name]
    exact = [group for group in groups if group.name == words]
    if len(exact or groups) != 1:
        raise BotError(f"请写上群名，例如：入群自动拒绝 {found[1]} 预算科工作群")
    group = (exact or groups)[0]
    kind, is_on = f"{_SWITCH}:{group.id}", found[1].startswith(("开", "打"))
    yield Record(
        actor=f"person:{asked.person.id}",
        deed=f"join.refuses_{'on' if is_on else 'off'}",
        subject=f"group:{group.id}",
    )
    if not is_on:
        yield CloseDialogue(person=asked.person.id, kind=kind)
        yield _reply(asked, f"“{group.name}”的入群申请都由您处理，不自动拒绝。")
        return
    ends = context.now + SWITCHED_ON
    yield OpenDialogue(person=asked.person.id, kind=kind, body="{}", expires_at=ends)
    yield _reply(
        asked,
        f"已打开：“{group.name}”的入群申请，在花名册上一个人也对不上的，先提示申请人一次，"
        f"仍对不上就自动拒绝并告诉您；其余的仍由您处理。{local(ends):%Y-%m-%d} 自动关闭，"
        "随时可回复“入群自动拒绝 关”。",
    )


def joined(context: Ctx, event: MemberJoined) -> Iterator[Action]:
    """Believe an approval when the one who asked is in the group."""
    group = _group(context, event.account, event.group)
    for request in context.joins.open_in(group.id, event.user) if group else ():
        assert group is not None
        yield from _came_in(context, group, request)


def listed(context: Ctx, event: MembersDrawn) -> Iterator[Action]:
    """See in a fresh list who was let in without an event that told it."""
    group = _group(context, event.account, event.group)
    waiting = context.joins.open_in(group.id) if group else ()
    if group is None or not waiting:
        return
    here = {each.user for each in event.members}
    for request in waiting:
        if request.user in here:
            yield from _came_in(context, group, request)


def settled(context: Ctx, event: OutgoingSettled) -> Iterator[Action]:
    """Take note of what the platform said to an answer, or to a hint."""
    name, _, number = event.ref.partition(":")
    if name not in {_REF, _HINT}:
        return
    request = context.joins.get(int(number))
    if request is None or not request.is_open:
        return
    group = context.groups.get(request.group)
    if name == _HINT:
        if event.state is not OutcomeState.DONE:
            yield from _refuse_by_itself(context, group, request)
        return
    if event.state is OutcomeState.DONE:
        if request.reason:
            yield _ended(context, request, JoinState.REFUSED)
            yield Record(actor="platform", deed="join.refused", subject=f"join:{request.id}")
        return
    yield Record(
        actor="platform",
        deed=f"join.answer_{event.state.value}",
        subject=f"join:{request.id}",
        detail=event.reason,
    )
    if event.state is OutcomeState.FAILED:
        yield _ended(context, request, JoinState.GONE)
        text = "平台没有接受，可能已在 QQ 里处理过，或申请已过期"
    else:
        text = "平台没有回音，不知道是否生效"
    yield from _tell(
        context,
        group,
        request,
        f"{request.number} 号入群申请（{group.name}）：{text}。请到 QQ 群通知里看一下。",
        by=request.decided_by,
    )


def carry_on(context: Ctx, event: TimerDue) -> Iterator[Action]:
    """Let a request lapse that nobody answered, or refuse one that was not put right."""
    name, _, number = event.key.partition(":")
    if name not in {_LAPSE, _REFUSE}:
        return
    request = context.joins.get(int(number))
    if request is None or not request.is_open:
        return
    group = context.groups.get(request.group)
    if name == _REFUSE:
        yield from _refuse_by_itself(context, group, request)
        return
    yield _ended(context, request, JoinState.GONE)
    yield Record(actor="bot", deed="join.lapsed", subject=f"join:{request.id}")
    if request.decided_at is None:
        text = f"{request.number} 号入群申请（{group.name}）{LAPSES.days} 天没有处理，已失效。无需回复。"
        yield from _tell(context, group, request, text)


def _whose(context: Ctx, group: Group, event: JoinRequested) -> Proposal:
    """Return who asks: as he writes, and as his account was confirmed before."""
    account = context.people.account(group.platform, event.user)
    unit, today = group.unit, local(context.now).date()
    if account is None:
        proposal = meant(context.roster(), event.comment, unit=unit, on=today)
    else:
        proposal = context.roster().propose(
            card=event.comment, unit=unit, on=today, earlier=account.person
        )
    person = proposal.person
    if person is None:
        return proposal
    here = {each.person for each in context.members.of(group.id) if each.user != event.user}
    asking = {each.proposed for each in context.joins.open_in(group.id) if each.user != event.user}
    if person.id in here | asking:
        return replace(proposal, verdict=Verdict.UNSURE, reasons=(Reason.CLAIMED_TWICE,))
    return proposal


def _ask(context: Ctx, group: Group, request: JoinRequest, proposal: Proposal) -> Iterator[Action]:
    """Put a request to its recipient."""
    if request.recipient is None:
        yield Record(actor="bot", deed="join.nobody", subject=f"join:{request.id}")
        return
    wrote = f"，写的是：{_shown(request)}" if request.comment.strip() else "，没有写验证信息"
    person = proposal.person
    if request.proposed is not None and person is not None:
        verdict = f"与花名册相符：{_who(person)}（{proposal.why}）"
        if _of_another_unit(context, group, person):
            verdict += "\n注意：不是本群科室的人"
    else:
        verdict = f"请先核实是谁：{_why_not(proposal)}"
    text = (
        f"【入群 {request.number}】{group.name}\n尾号{request.user[-4:]} 申请入群{wrote}\n"
        f"{verdict}\n{_answers(request)}"
    )
    yield from _tell(context, group, request, text, marker=f"【入群 {request.number}】")


def _of_another_unit(context: Ctx, group: Group, person: Person) -> bool:
    units = (group.unit, person.unit)
    if not all(units) or group.unit == context.office.name:
        return False
    return group.unit not in person.unit and person.unit not in group.unit


def _why_not(proposal: Proposal) -> str:
    person, since = proposal.person, proposal.since
    if person is not None and proposal.verdict in {Verdict.LEFT, Verdict.MOVED}:
        day = f"{since.month}月{since.day}日" if since else ""
        return f"{_who(person)}{day}已{'离开' if proposal.verdict is Verdict.LEFT else '调走'}"
    if Reason.SAME_NAME in proposal.reasons:
        return f"有 {len(proposal.people)} 人同名"
    return proposal.why


def _answers(request: JoinRequest) -> str:
    n = request.number
    accept = f"同意{n}" if request.proposed else f"同意{n}=张三/预算科（写花名册上的人）"
    return f"回复：{accept}　拒绝{n} 理由"


def _let_in_as(context: Ctx, group: Group, request: JoinRequest, words: str) -> Person:
    """Return as whom somebody is let in; raises BotError where that is not clear."""
    n, today = request.number, local(context.now).date()
    if not words and request.proposed is None:
        raise BotError(f"没有实名的人不能进群。请写明是谁，例如：同意{n}=张三/预算科")
    if words:
        found = meant(context.roster(), words, unit=group.unit, on=today)
        if found.person is None:
            raise BotError(
                f"{n} 号没有放行：{_why_not(found)}。请照花名册写姓名和科室，"
                f"同名的写工号，例如：同意{n}=张三/预算科"
            )
        person = found.person
    else:
        assert request.proposed is not None
        person = context.people.get(request.proposed)
    if person.left_on is not None and person.left_on < today:
        raise BotError(f"{_who(person)}已离开，不能放行。请回复：拒绝{n} 理由")
    other = next((m for m in context.members.of(group.id) if m.person == person.id), None)
    if other is not None and other.user != request.user:
        raise BotError(f"{_who(person)}已在群里（{other.number} 号），请先核实。")
    for each in context.joins.open_in(group.id):
        if each.proposed == person.id and each.decided_at is not None and not each.reason:
            raise BotError(f"已按 {each.number} 号放行{_who(person)}，请先核实是哪一个。")
    return person


def _answer(group: Group, request: JoinRequest, *, accept: bool, by: str) -> Iterator[Action]:
    """Ask the platform to let somebody in, or not; the request stays open until that is seen."""
    yield SaveJoinRequest(request=request)
    yield Record(
        actor=by,
        deed="join.accept_asked" if accept else "join.refuse_asked",
        subject=f"join:{request.id}",
    )
    yield AnswerJoinRequest(
        account=group.account,
        ref=f"{_REF}:{request.id}",
        group=group.platform_id,
        flag=request.flag,
        accept=accept,
        reason=request.reason,
    )


def _came_in(context: Ctx, group: Group, request: JoinRequest) -> Iterator[Action]:
    """Close a request of somebody who is in the group, and keep who he is where that was said."""
    n = request.number
    by_us = request.decided_by is not None and not request.reason and request.proposed is not None
    if not by_us:
        yield _ended(context, request, JoinState.GONE)
        yield Record(actor="platform", deed="join.by_hand", subject=f"join:{request.id}")
        text = f"{n} 号入群申请（{group.name}）：已有人在 QQ 里放行，人已进群。无需回复。"
        yield from _tell(context, group, request, text)
        return
    yield _ended(context, request, JoinState.ACCEPTED)
    yield Record(actor="platform", deed="join.accepted", subject=f"join:{request.id}")
    assert request.proposed is not None
    person = context.people.get(request.proposed)
    known = context.people.account(group.platform, request.user)
    done = "实名已记录"
    if context.groups.roles_of(person.id) and (known is None or known.person != person.id):
        done = "有管理职责，要本人凭确认码确认后才算实名"
    elif known is None:
        yield ConfirmAccount(
            account=Account(
                platform=group.platform,
                user=request.user,
                person=person.id,
                how=Confirmation.OWNER,
                confirmed_by=request.decided_by,
                linked_at=context.now,
                login=_login(context, group.account),
            )
        )
        yield Record(
            actor=f"person:{request.decided_by}",
            deed="account.confirmed",
            subject=f"person:{person.id}",
            detail=f"{Confirmation.OWNER.value} join:{request.id}",
        )
    elif known.person != person.id:
        done = "但这个账号以前确认为另一个人，请核实后用“实名”更正"
    text = f"{n} 号（{group.name}）：{_who(person)}已进群，{done}。无需回复。"
    yield from _tell(context, group, request, text, by=request.decided_by)


def _may_refuse(context: Ctx, group: Group, proposal: Proposal) -> bool:
    """Whether a request may be refused without a person: it matches nobody of a real roster."""
    return (
        proposal.verdict is Verdict.NONE
        and _switched_on(context, group)
        and any(person.on_roster for person in context.people.all())
    )


def _switched_on(context: Ctx, group: Group) -> bool:
    """Whether the present owner himself has switched refusing on."""
    return any(
        context.dialogues.open_with(owner.id, f"{_SWITCH}:{group.id}", now=context.now)
        for owner in context.groups.holders(group.id, Role.OWNER)
    )


def _hint_or_refuse(
    context: Ctx, group: Group, request: JoinRequest, *, asked_again: bool
) -> Iterator[Action]:
    """Tell somebody once how to ask; who asks again in vain is refused."""
    if asked_again:
        yield from _refuse_by_itself(context, group, request)
        return
    yield SayPrivately(
        account=group.account,
        lane=Lane.DIGEST,
        ref=f"{_HINT}:{request.id}",
        user=request.user,
        text=f"您好，您申请加入“{group.name}”，验证信息和花名册对不上。{_HOW_TO_ASK}，再申请一次。",
        marker=f"申请加入“{group.name}”",
    )
    yield Wake(
        key=f"{_REFUSE}:{request.id}",
        at=context.now + timedelta(minutes=context.settings.hint_minutes),
    )


def _refuse_by_itself(context: Ctx, group: Group, request: JoinRequest) -> Iterator[Action]:
    if request.decided_at is not None or not _switched_on(context, group):
        return
    refused = replace(request, decided_at=context.now, reason=_AUTOMATIC)
    yield from _answer(group, refused, accept=False, by="bot")
    text = (
        f"【入群】{group.name}：尾号{request.user[-4:]} 的申请在花名册上对不上人，"
        "已按您的设置拒绝。无需回复。"
    )
    yield from _tell(context, group, request, text, lane=Lane.DIGEST)


def _ended(context: Ctx, request: JoinRequest, state: JoinState) -> SaveJoinRequest:
    at = request.decided_at or context.now
    return SaveJoinRequest(request=request.decided(state, request.decided_by, at, request.reason))


def _open_requests(context: Ctx, asked: Asked) -> list[tuple[Group, JoinRequest]]:
    """Return the requests that a line means; raises BotError with what to write instead."""
    if not asked.numbers:
        raise BotError(f"请写上编号，例如：{asked.verb}4；回复“入群”看等您处理的申请。")
    return [_open_request(context, asked, number) for number in dict.fromkeys(asked.numbers)]


def _open_request(context: Ctx, asked: Asked, number: int) -> tuple[Group, JoinRequest]:
    """Return the request with a number: one's own, else an owner's in one's groups."""
    assert asked.person is not None
    own = context.joins.by_number(asked.person.id, number)
    groups = {group.id: group for group in _groups(context, asked.person)}
    others = [
        request
        for group in groups
        for request in context.joins.open_in(group)
        if request.number == number and request.recipient != asked.person.id
    ]
    if own is not None and own.is_open:
        found = own
    elif len(others) == 1:
        found = others[0]
    elif others:
        raise BotError(f"有几个群都有 {number} 号申请，请各群的群主处理。")
    elif own is not None:
        raise BotError(f"{number} 号入群申请{own.state.label}，不用再处理。")
    else:
        raise BotError(f"没有 {number} 号入群申请，回复“入群”看等您处理的。")
    if found.group not in groups:
        raise BotError("这个群的入群申请现在不归您处理。")
    if found.decided_at is not None:
        by = context.people.get(found.decided_by).masked if found.decided_by else "系统"
        raise BotError(f"{number} 号已由{by}处理，正等平台，不用再写。")
    return groups[found.group], found


def _groups(context: Ctx, person: Person) -> list[Group]:
    held = context.groups.roles_of(person.id)
    own = sorted({where for where, role in held if where is not None and role in _BY})
    return [context.groups.get(where) for where in own]


def _recipients(context: Ctx, group: Group) -> Sequence[tuple[Person, str]]:
    """Return who decides for a group, with the account, the owner first."""
    return [
        (person, user)
        for role in _BY
        for person in context.groups.holders(group.id, role)
        if (user := context.people.account_of(person.id, group.account)) is not None
    ]


def _tell(
    context: Ctx,
    group: Group,
    request: JoinRequest,
    text: str,
    *,
    by: int | None = None,
    marker: str = "",
    lane: Lane = Lane.ALERT,
) -> Iterator[Action]:
    """Tell the one who decided, else the one who was asked."""
    person = by or request.recipient
    user = person and context.people.account_of(person, group.account)
    if user:
        yield SayPrivately(
            account=group.account,
            lane=lane,
            user=user,
            text=text,
            marker=marker or text,
            via_group=group.platform_id,
        )


def _shown(request: JoinRequest) -> str:
    """Return what somebody wrote, with all that may be a name masked; QQ itself shows the whole."""
    wrote = " ".join(_ANSWER.sub("", request.comment).split())
    return mask_card(wrote[:_SHOWN]) or f"尾号{request.user[-4:]}"


def _who(person: Person) -> str:
    return f"{person.masked}/{person.unit}" if person.unit else person.masked


def _login(context: Ctx, account: str) -> str | None:
    """Return for which login a confirmation holds; None where ids are stable, and it lasts."""
    stable = Ability.STABLE_IDS in context.abilities.get(account, frozenset())
    return None if stable else account


def _group(context: Ctx, account: str, platform_id: str) -> Group | None:
    return context.groups.at(account.partition(":")[0], platform_id)


def _reply(asked: Asked, text: str) -> SayPrivately:
    return SayPrivately(account=asked.event.account, user=asked.event.user, text=text)


WORKFLOW = Workflow(
    name="join_gate",
    settings=JoinGateSettings,
    listens=(
        on(JoinRequested, requested),
        on(MemberJoined, joined),
        on(MembersDrawn, listed),
        on(OutgoingSettled, settled),
        on(TimerDue, carry_on),
    ),
    commands=(
        command("入群", to_decide, by=_BY, help="入群　列出等您处理的入群申请"),
        command("同意", accept, by=_BY, help="同意4　放行入群（同意4=张三/预算科）"),
        command("拒绝", refuse, by=_BY, help="拒绝4 理由　不放行"),
        command(
            "入群自动拒绝",
            switch,
            by=(Role.OWNER,),
            help="入群自动拒绝 开　对不上花名册的自动拒绝（平时是关）",
        ),
    ),
)

"""What people answer in private: 核查, 移11, 补12=赵六/财务科, 留13 理由, 全留 理由; several at once."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bot.calendar import local
from bot.confirming import ask_code
from bot.model.action import (
    Action,
    ConfirmAccount,
    OpenDialogue,
    Record,
    SaveAudit,
    SaveAuditItems,
    SayPrivately,
)
from bot.model.errors import BotError
from bot.model.event import Ability
from bot.model.group import Group, Person, Role
from bot.model.member import Account, Confirmation
from bot.model.weekly_audit import (
    AuditItem,
    AuditReason,
    AuditState,
    ItemDecision,
    WeeklyAudit,
)
from bot.people.answers import Answer, read_answers
from bot.people.meant import meant
from bot.people.proposal import Verdict
from bot.people.vouching import check_vouched
from bot.plugin import Asked
from plugins.workflows.weekly_audit.items import check, finish, settle_known
from plugins.workflows.weekly_audit.judging import doubts
from plugins.workflows.weekly_audit.removing import (
    REMOVE,
    UnreliableListError,
    draw,
    effect,
    removable,
    take_by_hand,
)
from plugins.workflows.weekly_audit.wording import (
    Audits,
    by_hand,
    can_remove,
    is_about,
    line,
    listed,
    the_audit,
)

_SHOWN: Final = "weekly_audit.shown"
_HOURS: Final = timedelta(hours=8)
_LEAD: Final = " \t\r\n/#\u200b\ufeff"
_LONGEST_NOTE: Final = 200
_NAMED: Final = 12
_AGREES: Final = frozenset({"确认", "是的", "对的", "没错", "同意"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """An item of an open audit, as a number means it to somebody."""

    audit: WeeklyAudit
    group: Group
    item: AuditItem


def show(context: Audits, asked: Asked) -> Iterator[Action]:
    """核查: the open audit, or which ones there are."""
    assert asked.person is not None
    person = asked.person
    audits = _open_audits(context, person)
    if asked.rest:
        audits = [each for each in audits if asked.rest in context.groups.get(each.group).name]
    if not audits:
        raise BotError("没有待办的周核查" + (f"（{asked.rest[:12]}）。" if asked.rest else "。"))
    if len(audits) > 1:
        yield _reply(asked, _several(context, audits))
        return
    audit = audits[0]
    group = context.groups.get(audit.group)
    yield OpenDialogue(
        person=person.id, kind=_SHOWN, body=str(audit.id), expires_at=context.now + _HOURS
    )
    if not audit.complete:
        yield draw(audit, group)
    yield from settle_known(context, audit, group, doubts(context, group))
    items = context.audits.items(audit.id)
    yield _reply(asked, listed(context, audit, group, items, reader=person))
    yield from finish(context, audit.id)


def answer(context: Audits, asked: Asked) -> Iterator[Action]:
    """Do what a line of answers says; what is not understood is told, the rest is done."""
    assert asked.person is not None
    answers = read_answers(asked.event.text.lstrip(_LEAD))
    audits = _open_audits(context, asked.person)
    said: list[str] = []
    removals: list[_Found] = []
    kept: list[int] = []
    touched: dict[int, None] = {}
    redraw: dict[int, Action] = {}
    for each in answers:
        try:
            for found in _meant(context, asked.person, each, answers, audits):
                if each.decision is ItemDecision.REMOVE:
                    item = removable(context, asked.person, found.audit, found.group, found.item)
                    removals.append(replace(found, item=item))
                    continue
                if told := (yield from _decide(context, asked.person, found, each)):
                    said.append(told)
                else:
                    kept.append(found.item.number)
                touched[found.audit.id] = None
        except UnreliableListError as error:
            said.append(str(error))
            redraw[error.audit.id] = draw(error.audit, context.groups.get(error.audit.group))
        except BotError as error:
            said.append(str(error))
    yield from redraw.values()
    if kept:
        said.insert(0, f"{_shortened(kept)} 号留下，理由已记录。")
    yield from _remove(context, asked, removals, said)
    for audit in touched:
        yield from finish(context, audit)


def _remove(
    context: Audits, asked: Asked, removals: Sequence[_Found], said: list[str]
) -> Iterator[Action]:
    """Ask for a code where the bot can remove; else say how to do it by hand."""
    assert asked.person is not None
    audits = {found.audit.id: found for found in removals}
    if len(audits) > 1:
        said.append("一次只移一个群的人，请分开写。")
        removals = []
    here = [f.item for f in removals if can_remove(context, f.group, f.item)]
    hand = [f.item for f in removals if not can_remove(context, f.group, f.item)]
    for found in audits.values() if hand else ():
        yield SaveAudit(audit=found.audit.answered(asked.person.id, context.now))
        yield from take_by_hand(context, found.audit, hand)
        said += [f"{line(context, item)}：待手工移出" for item in hand]
        said.append(by_hand(context, found.group))
    if not here:
        yield _reply(asked, "\n".join(said))
        return
    found = removals[0]
    said.append(effect(context, found.group, here))
    yield from ask_code(
        context,
        asked,
        deed=REMOVE,
        subject=found.audit.id,
        targets=[str(item.number) for item in here],
        effect="\n".join(said),
    )


def _decide(
    context: Audits, person: Person, found: _Found, given: Answer
) -> Generator[Action, None, str]:
    """Keep or name somebody; return what was done, as a line (nothing for who is just kept)."""
    check(context, person, found.audit, found.group, found.item)
    if given.decision is ItemDecision.KEEP:
        if not given.note:
            raise BotError(
                f"{found.item.number} 号留下要写理由，例如：留{found.item.number} 借调至年底"
            )
        item = found.item.decided(
            ItemDecision.KEEP, person.id, context.now, given.note[:_LONGEST_NOTE]
        )
        told = ""
    else:
        item, told = yield from _named(context, person, found, given.who)
    yield SaveAudit(audit=the_audit(context, found.audit.id).answered(person.id, context.now))
    yield SaveAuditItems(items=(item,))
    yield Record(
        actor=f"person:{person.id}",
        deed=f"audit.{given.decision.value}",
        subject=f"audit:{found.audit.id}",
        detail=str(item.number),
    )
    return told


def _named(
    context: Audits, person: Person, found: _Found, who: str
) -> Generator[Action, None, tuple[AuditItem, str]]:
    """Confirm whose account it is; somebody of another unit still needs a decision."""
    group, number = found.group, found.item.number
    item = found.item.decided(ItemDecision.VERIFY, person.id, context.now)
    whom = _whom(context, found, who)
    user = context.people.account_of(whom.id, group.account)
    if user == item.user:
        raise BotError(f"{number} 号已经是{whom.masked}的实名账号。")
    known = context.people.account(group.platform, item.user)
    check_vouched(
        number,
        whom,
        how=known.how if known else None,
        robot=item.reason is AuditReason.ROBOT,
        has_role=bool(context.groups.roles_of(whom.id)),
        contact=context.office.contact,
    )
    if any(each.person == whom.id for each in context.members.of(group.id)):
        raise BotError(
            f"{number} 号没有补：{whom.masked}在本群已有实名账号，一人一个。请移{number} 或 留{number} 理由。"
        )
    stable = Ability.STABLE_IDS in context.abilities.get(group.account, frozenset())
    yield ConfirmAccount(
        account=Account(
            platform=group.platform,
            user=item.user,
            person=whom.id,
            how=Confirmation.OWNER,
            confirmed_by=person.id,
            linked_at=context.now,
            login=None if stable else group.account,
        )
    )
    roster = context.roster()
    here = roster.propose(card="", unit=group.unit, on=local(context.now).date(), earlier=whom.id)
    if here.verdict is Verdict.MOVED or not roster.is_of(whom.id, group.unit):
        kept = replace(found.item, person=whom.id)
        return kept, (
            f"{number} 号实名已补：{whom.masked}（{whom.unit}）。不是本单位的人，请再定："
            f"移{number} 或 留{number} 理由"
        )
    return replace(item, person=whom.id), f"{number} 号实名已补：{whom.masked}（{whom.unit}）。"


def _whom(context: Audits, found: _Found, who: str) -> Person:
    """Return the one person of the roster whom an answer names; BotError with what to write."""
    number, proposed = found.item.number, found.item.proposed
    if who in _AGREES:
        if len(proposed) != 1:
            raise BotError(f"{number} 号请写姓名和科室，例如：补{number}=赵六/财务科")
        return context.people.get(proposed[0])
    today = local(context.now).date()
    proposal = meant(context.roster(), who, unit=found.group.unit, on=today)
    if proposal.verdict is Verdict.LEFT:
        raise BotError(
            f"{number} 号没有补：{proposal.people[0].masked}已离开单位，可以移{number}。"
        )
    if proposal.person is not None:
        return proposal.person
    if proposal.verdict is Verdict.UNSURE:
        raise BotError(
            f"{number} 号没有补：{proposal.why}，请写全姓名、科室和职务或工号，例如：补{number}=赵六/财务科 科员"
        )
    raise BotError(f"{number} 号没有补：花名册上没有这个人，请核对姓名和科室。")


def _meant(
    context: Audits,
    person: Person,
    given: Answer,
    answers: Sequence[Answer],
    audits: Sequence[WeeklyAudit],
) -> Sequence[_Found]:
    """Return the items that one answer is about; 全留 is about all that are not named."""
    if given.number is not None:
        return [_numbered(context, person, given.number, audits)]
    if not given.note:
        raise BotError("全部留下要写理由，例如：全留 都是借调人员")
    audit = _the_one(context, person, audits)
    group = context.groups.get(audit.group)
    named = {each.number for each in answers}
    items = [
        _Found(audit=audit, group=group, item=item)
        for item in context.audits.items(audit.id)
        if item.decision is None
        and item.is_open
        and item.number not in named
        and not is_about(context, item, group, person)
    ]
    if not items:
        raise BotError("没有还要定的了。")
    return items


def _numbered(
    context: Audits, person: Person, number: int, audits: Sequence[WeeklyAudit]
) -> _Found:
    found = [
        _Found(audit=audit, group=context.groups.get(audit.group), item=item)
        for audit in audits
        for item in context.audits.items(audit.id)
        if item.number == number
    ]
    if len(found) > 1:
        shown = _shown(context, person)
        found = [each for each in found if each.audit.id == shown] or found
    if not found:
        raise BotError(f"没有 {number} 号。回复“核查”看现在的编号。")
    if len(found) > 1:
        names = "、".join(f"“{each.group.name}”" for each in found[:5])
        raise BotError(f"{names}都有 {number} 号，请先回复：核查 {found[0].group.name}")
    return found[0]


def _the_one(context: Audits, person: Person, audits: Sequence[WeeklyAudit]) -> WeeklyAudit:
    """Return the audit that a line without numbers is about."""
    if len(audits) > 1:
        shown = _shown(context, person)
        audits = [each for each in audits if each.id == shown] or audits
    if not audits:
        raise BotError("没有待办的周核查。")
    if len(audits) > 1:
        raise BotError(_several(context, audits))
    return audits[0]


def _open_audits(context: Audits, person: Person) -> list[WeeklyAudit]:
    """Return the audits that wait for a person, or for somebody else of his groups."""
    groups = {
        where
        for where, role in context.groups.roles_of(person.id)
        if where is not None and role in {Role.OWNER, Role.ADMINISTRATOR, Role.LEADER}
    }
    audits = {each.id: each for each in context.audits.open_of(person.id)}
    audits |= {
        each.id: each
        for each in context.audits.open()
        if each.group in groups or each.escalated_to == person.id
    }
    return [audits[key] for key in sorted(audits) if audits[key].state is not AuditState.DRAWING]


def _shown(context: Audits, person: Person) -> int | None:
    dialogue = context.dialogues.open_with(person.id, _SHOWN, now=context.now)
    return int(dialogue.body) if dialogue else None


def _several(context: Audits, audits: Sequence[WeeklyAudit]) -> str:
    lines = [f"【周核查】{len(audits)} 个群待办："]
    for audit in audits[:20]:
        count = sum(item.is_open for item in context.audits.items(audit.id))
        lines.append(f"{context.groups.get(audit.group).name}　{count} 项，{audit.state.label}")
    lines.append(f"看哪个请写群名，例如：核查 {context.groups.get(audits[0].group).name}")
    return "\n".join(lines)


def _shortened(numbers: Sequence[int]) -> str:
    shown = "、".join(map(str, numbers[:_NAMED]))
    return f"{shown} 等 {len(numbers)} 个" if len(numbers) > _NAMED else shown


def _reply(asked: Asked, text: str) -> SayPrivately:
    return SayPrivately(account=asked.event.account, user=asked.event.user, text=text)

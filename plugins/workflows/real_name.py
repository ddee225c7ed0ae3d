"""Real names (HS-11/1): the owner confirms whose account it is, or the member proves it by a code."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from bot.calendar import local
from bot.model.action import (
    Action,
    Append,
    ConfirmAccount,
    CountTry,
    OpenDialogue,
    Record,
    SayPrivately,
    UseCode,
)
from bot.model.errors import BotError
from bot.model.event import Ability, AccountConfirmed
from bot.model.group import Group, Person, Role
from bot.model.member import Account, Confirmation, KnownMember
from bot.model.weekly_audit import ItemDecision
from bot.people.answers import read_answers
from bot.people.codes import read_code, whose_code
from bot.people.matching import match_members
from bot.people.meant import meant
from bot.people.proposal import Proposal, Reason, Verdict
from bot.people.vouching import check_vouched
from bot.plugin import ANYBODY, Asked, Context, Workflow, command

TRIES: Final = 3
TRIED_WITHIN: Final = timedelta(days=1)
LIST_LIVES: Final = timedelta(hours=2)
SHOWN: Final = 12
_ROOM: Final = 420
_GROUPS: Final = 20
_LIST: Final = "members"
_BY: Final = (Role.OWNER, Role.ADMINISTRATOR, Role.LEADER)
_NEXT: Final = re.compile(r"(?:再看)?(?:下一?页|继续|后面的?|更多)")
_RANGE: Final = re.compile(r"第?\s*(\d{1,3})\s*号?\s*(?:[-~至到]+\s*(\d{1,3})\s*号?)?")
_ONLY_NUMBERS: Final = re.compile(r"[第号\d\s,、;.和]*\d[号\s,、;.]*")
_EDGES: Final = " \t\r\n,.:;!，。：；！、“”\"'《》「」"
_MISTAKE: Final = (
    "确认码不对、用过了或过期了，没有确认。请照纸条核对；"
    "一个账号一天试三次、一张纸条试三次，之后要换新码，请联系{contact}。"
)

Ctx = Context[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Matched:
    """Who is in a group, and whose accounts the unconfirmed ones may be, by their numbers."""

    group: Group
    members: Sequence[KnownMember] = field(repr=False)
    proposals: Mapping[int, Proposal] = field(repr=False)

    @property
    def waiting(self) -> Sequence[KnownMember]:
        """Who has no confirmed real name, by number."""
        return [each for each in self.members if each.number in self.proposals]


def members(context: Ctx, asked: Asked) -> Iterator[Action]:
    """成员: counts, and who has no confirmed real name, a phone screen at a time."""
    assert asked.person is not None
    groups, tail = _groups(context, asked.person), asked.tail.strip(_EDGES)
    wanted = _wanted(context, asked.person, groups, tail)
    if wanted is None:
        yield _reply(asked, _which(groups, wrong=bool(tail)))
        return
    group, first, last = wanted
    matched = match(context, group)
    if context.members.drawn(group.id) is None:
        raise BotError(f"“{group.name}”的成员名单还没有取到，请过十分钟再回复“成员”。")
    shown, text = _page(context, matched, first, last)
    yield _remember(context, asked.person, group, shown)
    yield _reply(asked, text)


def real_name(context: Ctx, asked: Asked) -> Iterator[Action]:
    """实名: with a code a member proves himself, with numbers an owner confirms members."""
    code = read_code(asked.tail)
    if code is not None:
        yield from _prove(context, asked, code)
        return
    groups = _groups(context, asked.person) if asked.person else []
    if asked.person is None or not groups:
        raise BotError(
            "请写纸条上的确认码，例如：实名 K7QM-3XP-D9A。"
            f"没有确认码，请联系{context.office.contact}。"
        )
    matched = match(context, _meant_group(context, asked, asked.person, groups))
    chosen = _chosen(context, matched, asked.tail)
    given = [person.id for _, person in chosen]
    for member, person in chosen:
        _must_be_free(context, matched, member, person)
        if given.count(person.id) > 1:
            raise BotError(f"{person.masked}写给了不止一个编号，请一人一个账号。")
    for member, person in chosen:
        yield from _confirm(context, matched.group, member, person, asked.person)
    yield _remember(context, asked.person, matched.group, max(m.number for m, _ in chosen))
    yield _reply(asked, _done(context, matched, chosen))


def match(context: Ctx, group: Group) -> Matched:
    """Match a group's unconfirmed members with the roster; the bot itself is left out."""
    own = group.account.partition(":")[2]
    everybody = [each for each in context.members.of(group.id) if each.user != own]
    proposals = match_members(
        context.roster(),
        group,
        everybody,
        earlier=context.members.earlier(group.id),
        on=local(context.now).date(),
    )
    return Matched(group=group, members=everybody, proposals=proposals)


def _prove(context: Ctx, asked: Asked, code: str) -> Iterator[Action]:
    """Confirm an account by a code; whatever is wrong, the answer is the same."""
    platform, user = asked.event.account.partition(":")[0], asked.event.user
    issued = context.codes.of(whose_code(code))
    given = context.codes.matching(whose_code(code), code)
    whose = issued[0].person if issued else 0
    since = max((each.used_at or each.issued_at for each in issued), default=context.now)
    known = context.people.account(platform, user)
    tried = context.codes.tries_by(platform, user, since=context.now - TRIED_WITHIN)
    tried_for = context.codes.tries_for(whose, since=since)
    right = (
        given is not None and given.used_at is None and context.now < given.expires_at,
        bool(issued) and not _has_left(context, context.people.get(whose)),
        known is None or known.person == whose or known.how is Confirmation.OWNER,
        tried < TRIES,
        tried_for < TRIES,
    )
    if not all(right):
        if tried < TRIES:
            yield CountTry(platform=platform, user=user, person=whose or None)
            yield Record(actor="member", deed="code.wrong", subject=f"person:{whose or '-'}")
        yield _reply(asked, _MISTAKE.format(contact=context.office.contact))
        return
    person = context.people.get(whose)
    yield UseCode(person=person.id, code=code)
    yield ConfirmAccount(
        account=Account(
            platform=platform,
            user=user,
            person=person.id,
            how=Confirmation.CODE,
            linked_at=context.now,
            login=_login(context, asked.event.account),
        )
    )
    yield Record(
        actor=f"person:{person.id}",
        deed="account.confirmed",
        subject=f"person:{person.id}",
        detail=Confirmation.CODE.value,
    )
    left = sum(
        each.used_at is None and context.now < each.expires_at
        for each in context.codes.of(person.id)
    )
    slip = (
        f"这个码已作废；纸条上还有 {left} 个码，机器人每次重新登录后用一个，请收好。"
        if left
        else "确认码已作废，纸条可以撕掉。"
    )
    yield _reply(asked, f"确认好了：这个账号是{_who(person)}本人，已记为实名。{slip}")
    yield Append(
        event=AccountConfirmed(
            at=context.now, account=asked.event.account, user=user, person=person.id
        )
    )


def _chosen(context: Ctx, matched: Matched, tail: str) -> list[tuple[KnownMember, Person]]:
    """Return whom a line confirms, all of it or nothing; raises BotError with what to write."""
    if _ONLY_NUMBERS.fullmatch(tail):
        numbers = dict.fromkeys(int(each) for each in re.findall(r"\d+", tail))
        return [_as_proposed(context, matched, number) for number in numbers]
    try:
        answers = read_answers(f"实名{tail}")
    except BotError:  # what it says is about the audit's list
        answers = ()
    if not answers or any(each.decision is not ItemDecision.VERIFY for each in answers):
        raise BotError("没有看懂。一个编号写一个人，例如：实名 12=张三/预算科 13=李四/国库科")
    chosen = []
    for answer in answers:
        assert answer.number is not None
        member = _member(matched, answer.number)
        found = meant(
            context.roster(),
            answer.who,
            unit=matched.group.unit,
            on=local(context.now).date(),
        )
        if found.person is None:
            raise BotError(f"{answer.number} 号没有确认：{_what_to_write(found, answer.number)}")
        chosen.append((member, found.person))
    return chosen


def _as_proposed(context: Ctx, matched: Matched, number: int) -> tuple[KnownMember, Person]:
    member = _member(matched, number)
    if member.person is not None:
        raise BotError(
            f"{number} 号已确认为{_who(context.people.get(member.person))}，"
            f"要改请写姓名和科室，例如：实名 {number}=张三/预算科"
        )
    proposal = matched.proposals.get(number)
    if proposal is None or proposal.person is None:
        why = _what_to_write(proposal, number) if proposal else "这是机器人账号。"
        raise BotError(f"{number} 号没有确认：{why}")
    return member, proposal.person


def _member(matched: Matched, number: int) -> KnownMember:
    found = next((each for each in matched.members if each.number == number), None)
    if found is None:
        raise BotError(f"“{matched.group.name}”的名单上没有 {number} 号，回复“成员”看编号。")
    return found


def _must_be_free(context: Ctx, matched: Matched, member: KnownMember, person: Person) -> None:
    """Raise BotError unless an owner's word may make the account this person's."""
    if member.person == person.id:
        raise BotError(f"{member.number} 号已经确认为{_who(person)}，不用再写。")
    check_vouched(
        member.number,
        person,
        how=member.how,
        robot=member.robot,
        has_role=bool(context.groups.roles_of(person.id)),
        contact=context.office.contact,
    )
    other = next((each for each in matched.members if each.person == person.id), None)
    if other is not None:
        raise BotError(
            f"{_who(person)}在本群已确认为 {other.number} 号，一人一个账号；"
            f"如果 {other.number} 号写错了，请先改那个。"
        )


def _confirm(
    context: Ctx, group: Group, member: KnownMember, person: Person, by: Person
) -> Iterator[Action]:
    yield ConfirmAccount(
        account=Account(
            platform=group.platform,
            user=member.user,
            person=person.id,
            how=Confirmation.OWNER,
            confirmed_by=by.id,
            linked_at=context.now,
            login=_login(context, group.account),
        )
    )
    yield Record(
        actor=f"person:{by.id}",
        deed="account.confirmed",
        subject=f"person:{person.id}",
        detail=f"{Confirmation.OWNER.value} group:{group.id} number:{member.number}",
    )


def _page(context: Ctx, matched: Matched, first: int, last: int | None) -> tuple[int, str]:
    """Return the last number that is shown, and a screen of the list from a number on."""
    waiting = [
        each
        for each in matched.waiting
        if first <= each.number and (last is None or each.number <= last)
    ]
    lines = [_head(context, matched)]
    if not matched.waiting:
        return 0, f"{lines[0]}\n都有实名记录，不用处理。"
    if not waiting:
        return 0, f"{lines[0]}\n这一段没有要确认的。回复“成员”从头看。"
    alike = Counter(each.masked for each in matched.waiting)
    room, shown = _ROOM, 0
    for each in waiting[:SHOWN]:
        proposal = matched.proposals[each.number]
        tail = f"（尾号{each.user[-4:]}）" if alike[each.masked] > 1 else ""
        line = f"{each.number} {each.masked}{tail} {_proposed(proposal)}"
        room -= len(line) + 1
        if shown and room < 0:
            break
        lines.append(line)
        shown += 1
    if len(waiting) > shown:
        lines.append(f"还有 {len(waiting) - shown} 人，回复：成员 下一页")
    lines.append(_example(matched, waiting[:shown]))
    return waiting[shown - 1].number, "\n".join(lines)


def _head(context: Ctx, matched: Matched) -> str:
    drawn = context.members.drawn(matched.group.id)
    robots = sum(each.robot for each in matched.members)
    named = sum(each.person is not None for each in matched.members)
    counts = [f"已实名 {named}", f"未实名 {len(matched.proposals)}"]
    if robots:
        counts.append(f"机器人 {robots}")
    at = f"名单取于 {local(drawn.drawn_at):%m-%d %H:%M}" if drawn else ""
    cut = "" if drawn and drawn.complete else "，可能不全"
    return f"【成员】{matched.group.name} {len(matched.members)} 人 {at}{cut}\n{'，'.join(counts)}"


def _proposed(proposal: Proposal) -> str:
    person = proposal.person
    if person is None:
        return _why_not(proposal)
    since = f"{proposal.since.month}月{proposal.since.day}日" if proposal.since else ""
    if proposal.verdict is Verdict.LEFT:
        return f"→ {_who(person)}？{since}已离开"
    if proposal.verdict is Verdict.MOVED:
        return f"→ {_who(person)}？{since}已调走"
    return f"→ {_who(person)}？"


def _why_not(proposal: Proposal) -> str:
    """Return in a few words why nobody is proposed."""
    if Reason.SAME_NAME in proposal.reasons:
        return f"{len(proposal.people)} 人同名，请写科室"
    return proposal.why or "对不上"


def _what_to_write(proposal: Proposal, number: int) -> str:
    if Reason.SAME_NAME in proposal.reasons:
        return (
            f"有 {len(proposal.people)} 人同名，请写上科室，"
            f"同科室的写工号，例如：实名 {number}=张三/预算科"
        )
    return f"{_why_not(proposal)}。请照花名册写姓名和科室，例如：实名 {number}=张三/预算科"


def _example(matched: Matched, shown: Sequence[KnownMember]) -> str:
    sure = [each.number for each in shown if matched.proposals[each.number].person is not None]
    number = next((each.number for each in shown if each.number not in sure), shown[0].number)
    accept = f"对的请回复：实名 {' '.join(map(str, sure[:SHOWN]))}\n" if sure else ""
    return f"{accept}要自己写的：实名 {number}=张三/预算科"


def _done(context: Ctx, matched: Matched, chosen: Sequence[tuple[KnownMember, Person]]) -> str:
    lines = [f"【实名】{matched.group.name}"]
    for member, person in chosen:
        gone = "，已离开，请在核查时处理" if _has_left(context, person) else ""
        lines.append(f"{member.number} {member.masked} 已记为{_who(person)}{gone}")
    numbers = {member.number for member, _ in chosen}
    left = [each for each in matched.waiting if each.number not in numbers]
    lines.append(f"还有 {len(left)} 人未实名，回复“成员”查看。" if left else "全部成员都有实名了。")
    return "\n".join(lines)


def _groups(context: Ctx, person: Person) -> list[Group]:
    """Return the groups for whose members the person answers."""
    held = context.groups.roles_of(person.id)
    own = sorted({where for where, role in held if where is not None and role in _BY})
    return [context.groups.get(where) for where in own]


def _wanted(
    context: Ctx, person: Person, groups: Sequence[Group], tail: str
) -> tuple[Group, int, int | None] | None:
    """Return which stretch of whose list is asked for; None where it is not clear of which group."""
    if _NEXT.fullmatch(tail):
        return (*_open_list(context, person, groups), None)
    group = _named(groups, tail)
    if group is not None:
        return group, 1, None
    ranged = _RANGE.fullmatch(tail)
    if ranged is None or (len(groups) > 1 and not ranged[2]):
        return None
    group, _ = _open_list(context, person, groups)
    return group, int(ranged[1]), int(ranged[2]) if ranged[2] else None


def _named(groups: Sequence[Group], tail: str) -> Group | None:
    """Return the group that is meant: the only one, by its place among several, or by its name."""
    if not tail and len(groups) == 1:
        return groups[0]
    if tail.isdecimal() and len(groups) > 1 and 0 < int(tail) <= len(groups):
        return groups[int(tail) - 1]
    found = [each for each in groups if tail and not tail.isdecimal() and tail in each.name]
    exact = [each for each in found if each.name == tail]
    return exact[0] if exact else found[0] if len(found) == 1 else None


def _which(groups: Sequence[Group], *, wrong: bool) -> str:
    if len(groups) == 1:
        return "请这样写：成员　成员 下一页　成员 20-40"
    lines = ["没有看懂是哪个群。" if wrong else "您负责几个群，先选一个："]
    lines += [f"{place} {group.name}" for place, group in enumerate(groups[:_GROUPS], start=1)]
    if len(groups) > _GROUPS:
        lines.append(f"（还有 {len(groups) - _GROUPS} 个，请写群名）")
    lines.append(f"请回复：成员 1，或：成员 {groups[0].name[:12]}")
    return "\n".join(lines)


def _remember(context: Ctx, person: Person, group: Group, last: int) -> OpenDialogue:
    return OpenDialogue(
        person=person.id,
        kind=_LIST,
        body=json.dumps({"group": group.id, "last": last}),
        expires_at=context.now + LIST_LIVES,
    )


def _open_list(context: Ctx, person: Person, groups: Sequence[Group]) -> tuple[Group, int]:
    """Return the group whose list the person is reading, and the number from which to go on."""
    dialogue = context.dialogues.open_with(person.id, _LIST, now=context.now)
    if dialogue is not None:
        body = json.loads(dialogue.body)
        group = next((each for each in groups if each.id == body["group"]), None)
        if group is not None:
            return group, body["last"] + 1
    if len(groups) == 1:
        return groups[0], 1
    raise BotError("您负责几个群，请先回复“成员”选一个群。")


def _meant_group(context: Ctx, asked: Asked, person: Person, groups: Sequence[Group]) -> Group:
    """Return in which group's list a number is meant; raises BotError where it may be another's."""
    dialogue = context.dialogues.open_with(person.id, _LIST, now=context.now)
    if dialogue is None:
        for number in asked.numbers:
            item = context.audits.item(person.id, number)
            if item is not None and item[0].is_open:
                raise BotError(
                    f"核查名单里也有 {number} 号：核查的请写“补{number}=张三/预算科”；"
                    "成员名单的请先回复“成员”。"
                )
    return _open_list(context, person, groups)[0]


def _who(person: Person) -> str:
    return f"{person.masked}/{person.unit}" if person.unit else person.masked


def _has_left(context: Ctx, person: Person) -> bool:
    today: date = local(context.now).date()
    return person.left_on is not None and person.left_on < today


def _login(context: Ctx, account: str) -> str | None:
    """Return for which login a confirmation holds; None where ids are stable, and it lasts."""
    stable = Ability.STABLE_IDS in context.abilities.get(account, frozenset())
    return None if stable else account


def _reply(asked: Asked, text: str) -> SayPrivately:
    return SayPrivately(account=asked.event.account, user=asked.event.user, text=text)


WORKFLOW = Workflow(
    name="real_name",
    commands=(
        command("成员", members, by=_BY, help="成员　看谁没有实名（成员 下一页）"),
        command(
            "实名",
            real_name,
            by=ANYBODY,
            help="实名 确认码　确认本人；群主：实名12　实名 12=张三/预算科",
        ),
    ),
)

"""What people say of filings in private: 备案, 备案 37 属实, 备案 37 同意, 回执 37 编号, 退回 37 理由."""

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.model.action import Action, KeepLook, Record
from bot.model.errors import BotError
from bot.model.filing import Filing, FilingAnswer, FilingState
from bot.model.group import Group, Person, Role
from bot.model.register import filing_state
from bot.model.rights import Look
from bot.plugin import Asked
from plugins.forms.filing import FORM
from plugins.workflows.filing.history import history
from plugins.workflows.filing.judging import judge
from plugins.workflows.filing.lines import EDGES, Said, is_numbered, read, read_as
from plugins.workflows.filing.news import content_text
from plugins.workflows.filing.people import (
    approvers,
    confirmers,
    lacking,
    named_in,
    owners,
    turn,
)
from plugins.workflows.filing.receipts import act
from plugins.workflows.filing.sending import content_to_send
from plugins.workflows.filing.wording import (
    Filings,
    change_line,
    due_text,
    head,
    reply,
    state_line,
)

_ROOM: Final = 700
_WHOLE: Final = 1500
_LONGEST: Final = 200
_GROUPS: Final = 10
_MANY: Final = 50
_SHOW: Final = "经过"
_PRINT: Final = "全文"
_ALL: Final = "全部"
_OF_THE_GROUP: Final = frozenset({Role.OWNER, Role.ADMINISTRATOR, Role.LEADER})
_ANY: Final = _OF_THE_GROUP | {Role.COMMITTEE}
_MAY: Final[Mapping[FilingAnswer, frozenset[Role]]] = MappingProxyType(
    {
        FilingAnswer.CONFIRM: _OF_THE_GROUP,
        FilingAnswer.DISMISS: _OF_THE_GROUP,
        FilingAnswer.WITHDRAW: frozenset({Role.OWNER, Role.LEADER}),
        FilingAnswer.RECEIPT: frozenset({Role.COMMITTEE}),
        FilingAnswer.REFUSE: frozenset({Role.COMMITTEE}),
    }
)
_ANSWERS: Final[Mapping[FilingState, tuple[str, ...]]] = MappingProxyType(
    {
        FilingState.NOTICED: ("备案 {n} 属实", "备案 {n} 不实 1 理由"),
        FilingState.CONFIRMED: ("备案 {n} 不实 1 理由",),
        FilingState.FORMED: ("备案 {n} 同意", "备案 {n} 退回 理由"),
        FilingState.APPROVED: ("备案 {n} 已报（已当面报送）",),
        FilingState.SENT: ("备案 {n} 未到 理由（对方说没有收到）",),
        FilingState.UNKNOWN: ("备案 {n} 已到", "备案 {n} 再发"),
        FilingState.BOUNCED: ("备案 {n} 再发", "备案 {n} 改正", "备案 {n} 已报（已当面报送）"),
        FilingState.REFUSED: ("备案 {n} 改正（改好登记后）",),
    }
)
_NOT_SENT: Final = frozenset({FilingState.FORMED, FilingState.APPROVED})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reader:
    """Who asks, and what he is in which group."""

    person: Person
    roles: Mapping[int | None, frozenset[Role]]

    @property
    def is_officer(self) -> bool:
        """Whether he receives filings."""
        return Role.COMMITTEE in self.roles.get(None, frozenset())

    def in_group(self, group: int) -> frozenset[Role]:
        """Return what he is for a group, by the group or by the office."""
        own = self.roles.get(group, frozenset()) & _OF_THE_GROUP
        return own | {Role.COMMITTEE} if self.is_officer else own


def file(context: Filings, asked: Asked) -> Iterator[Action]:
    """备案: what waits; 备案 37: the whole of it; 备案 37 属实 and the other answers."""
    reader = _reader(context, asked)
    if not is_numbered(asked):
        yield reply(asked, _list(context, reader, asked.rest))
        return
    said = read(asked)
    if said.answer is None:
        filing, group = _found(context, reader, said.numbers[0])
        if said.words.startswith(_PRINT):
            yield from _print(context, asked, reader, filing)
            return
        yield reply(asked, _whole(context, reader, filing, group, said.words))
        return
    yield from _answer(context, asked, reader, said)


def give_receipt(context: Filings, asked: Asked) -> Iterator[Action]:
    """回执 37 编号: the officer has received it."""
    yield from _answer(
        context, asked, _reader(context, asked), read_as(asked, FilingAnswer.RECEIPT)
    )


def send_back(context: Filings, asked: Asked) -> Iterator[Action]:
    """退回 37 理由: the leader before it was sent, the officer after."""
    yield from _answer(
        context, asked, _reader(context, asked), read_as(asked, FilingAnswer.SEND_BACK)
    )


def _answer(context: Filings, asked: Asked, reader: _Reader, said: Said) -> Iterator[Action]:
    """Do what was said of each filing; what cannot be done is told, the rest is done."""
    assert said.answer is not None
    if len(said.numbers) > 1 and (said.items or said.answer is FilingAnswer.RECEIPT):
        raise BotError(f"一次写了几件，请分开写，例如：备案 {said.numbers[0]} 属实 1")
    if len(said.numbers) > _MANY:
        raise BotError(f"一次最多写 {_MANY} 件。")
    told = []
    for number in dict.fromkeys(said.numbers):
        try:
            filing, group = _found(context, reader, number)
            told.append((yield from _do(context, reader, filing, group, said)))
        except BotError as error:
            told.append(str(error))
    yield reply(asked, "\n".join(told))


def _do(
    context: Filings, reader: _Reader, filing: Filing, group: Group, said: Said
) -> Generator[Action, None, str]:
    answer, by = said.answer, reader.person.id
    assert answer is not None
    if answer is FilingAnswer.SEND_BACK and filing.state not in _NOT_SENT:
        answer = FilingAnswer.REFUSE
    if filing.state.is_end:
        receipt = f"（回执 {filing.receipt}）" if filing.receipt else ""
        raise BotError(f"备案 {filing.id} {filing.state.label}{receipt}，不用再办。")
    _check(context, reader, filing, group, answer)
    words = said.words[:_LONGEST]
    if answer in {FilingAnswer.CONFIRM, FilingAnswer.DISMISS}:
        if answer is FilingAnswer.DISMISS:
            words = _reason(context, filing, said)
        return (yield from judge(context, filing, answer, by=by, numbers=said.items, text=words))
    return (yield from act(context, filing, answer, by=by, text=words))


def _check(
    context: Filings, reader: _Reader, filing: Filing, group: Group, answer: FilingAnswer
) -> None:
    """Raise BotError unless somebody may answer so; nobody approves what he confirmed himself."""
    roles = reader.in_group(group.id)
    if answer in {FilingAnswer.APPROVE, FilingAnswer.SEND_BACK}:
        if any(each.id == reader.person.id for each in approvers(context, filing, group)):
            return
        if reader.person.id in confirmers(context, filing):
            raise BotError(
                f"备案 {filing.id} 的变更是您确认的，不能自己审核，由其他分管领导或机关党委审核。"
            )
        raise BotError(f"备案 {filing.id} 由分管领导审核，您不用回复。")
    if roles & _MAY.get(answer, _ANY):
        return
    if answer in {FilingAnswer.RECEIPT, FilingAnswer.REFUSE}:
        raise BotError(f"备案 {filing.id} {filing.state.label}，{answer.label}由机关党委办理。")
    if answer in {FilingAnswer.CONFIRM, FilingAnswer.DISMISS}:
        raise BotError(f"备案 {filing.id} 由群主确认，您不用回复。")
    raise BotError(f"备案 {filing.id} 这样办由群主或分管领导回复。")


def _reason(context: Filings, filing: Filing, said: Said) -> str:
    """Return why changes are none; BotError where it does not say which, or not why."""
    live = [each for each in context.filings.changes(filing.id) if each.counts]
    if len(live) > 1 and not said.items and not said.words.startswith(_ALL):
        raise BotError(
            f"备案 {filing.id} 有 {len(live)} 项，请写明哪项不实，例如：备案 {filing.id} 不实 "
            f"{live[-1].number} 理由；都不实：备案 {filing.id} 不实 {_ALL} 理由"
        )
    words = said.words.removeprefix(_ALL).strip(EDGES)[:_LONGEST]
    if not words:
        item = f" {said.items[0]}" if said.items else ""
        raise BotError(f"请写理由，例如：备案 {filing.id} 不实{item} 平台显示有误")
    return words


def _found(context: Filings, reader: _Reader, number: int) -> tuple[Filing, Group]:
    """Return a filing that somebody may see; BotError does not tell which others there are."""
    filing = context.filings.get(number)
    if filing is None or not reader.in_group(filing.group):
        raise BotError(f"没有归您办的备案 {number} 号。回复“备案”看编号。")
    return filing, context.groups.get(filing.group)


def _list(context: Filings, reader: _Reader, wanted: str) -> str:
    """Return what waits for somebody, the oldest first, and how his groups stand."""
    seen = context.filings.open() if reader.is_officer else _of_his(context, reader)
    pairs = [(each, context.groups.get(each.group)) for each in seen]
    pairs = [each for each in pairs if wanted in each[1].name]
    mine = [each for each in pairs if _is_turn(context, reader, *each)]
    own = {each.id for each, _ in mine}
    others = [each for each in pairs if each[0].id not in own]
    lines = [
        f"【备案】等您办的 {len(mine)} 件" + (f"，其余在办 {len(others)} 件" if others else "")
    ]
    room = _ROOM
    for shown, (filing, group) in enumerate([*mine, *others]):
        line = state_line(context, filing, group)
        room -= len(line) + 1
        if shown and room < 0:
            lines.append(f"（没有列完，还有 {len(pairs) - shown} 件；只看一个群：备案 群名）")
            break
        lines.append(line)
    if pairs:
        lines.append(f"看内容和怎么办，请回复：备案 {[*mine, *others][0][0].id}")
    lines += _settled(context, reader, {each.group for each, _ in pairs}, wanted)
    return "\n".join(lines)


def _settled(context: Filings, reader: _Reader, open_: set[int], wanted: str) -> Sequence[str]:
    """Return how those of his groups stand that have nothing open, where they are few."""
    rest = [each for each in reader.roles if each is not None and each not in open_]
    groups = [group for each in rest if wanted in (group := context.groups.get(each)).name]
    if len(groups) > _GROUPS:
        return [f"另有 {len(groups)} 个群没有在办的备案。看一个群：备案 群名"]
    return [
        f"{each.name}：{filing_state(each, context.filings.latest(each.id))}" for each in groups
    ]


def _whole(context: Filings, reader: _Reader, filing: Filing, group: Group, words: str) -> str:
    """Return all of a filing; with 经过 its history."""
    if words.startswith(_SHOW):
        return _shortened(
            history(filing, group, filings=context.filings, people=context.people),
            f"（没有列完，全部请办公室看：qungui filing show {filing.id}）",
        )
    if words:
        raise BotError(
            f"没有看懂“{words[:12]}”。请写：备案 {filing.id} 属实，或：备案 {filing.id} 不实 1 理由；"
            f"只看内容：备案 {filing.id}"
        )
    lines = [
        f"{head(filing, group)}　{filing.state.label}",
        *(change_line(context, each) for each in context.filings.changes(filing.id)),
    ]
    if filing.is_open:
        lines.append(f"{due_text(context, filing)}。{filing.rule}")
    if filing.is_forming and (wanting := lacking(context, filing, group)):
        lines.append(f"登记还缺：{'、'.join(wanting)}。请告诉办公室补上（qungui group edit）。")
    if filing.reason:
        lines.append(f"原因：{filing.reason}")
    if filing.receipt:
        lines.append(f"回执：{filing.receipt}")
    edition = context.filings.edition(filing.id, filing.edition) if filing.edition else None
    offered = _offered(context, reader, filing, group)
    if edition is not None and not filing.is_forming:
        made = f"备案表第 {edition.number} 版"
        approves = filing.state is FilingState.FORMED and offered
        lines += [f"{made}：", content_text(context, edition.content)] if approves else []
        offered = [*offered, f"备案 {filing.id} 全文（{made}，有全名，可照着填）"]
    lines.append("回复：\n" + "\n".join([*offered, f"备案 {filing.id} 经过"]))
    return "\n".join(lines)


def _shortened(lines: Sequence[str], more: str) -> str:
    """Return lines that fit a phone; of a long history the middle is left out."""
    room = _WHOLE - len(more)
    if sum(len(each) + 1 for each in lines) <= room:
        return "\n".join(lines)
    first, last = list(lines), list[str]()
    while first and room > _WHOLE // 2:
        last.insert(0, first.pop())
        room -= len(last[0]) + 1
    kept = []
    for line in first:
        if (room := room - len(line) - 1) < 0:
            break
        kept.append(line)
    return "\n".join([*kept, more, *last])


def _print(context: Filings, asked: Asked, reader: _Reader, filing: Filing) -> Iterator[Action]:
    """Show the form with whole names to who has to fill it in on paper; that is a look."""
    content = content_to_send(filing, filings=context.filings, people=context.people)
    reason = f"看备案表 {filing.label}"
    for person in named_in(context, filing):
        look = Look(person=person, by=reader.person.id, reason=reason, at=context.now)
        yield KeepLook(look=look)
    yield Record(
        actor=f"person:{reader.person.id}", deed="filing.form_shown", subject=f"filing:{filing.id}"
    )
    note = "" if filing.approved_at else "\n（还没有审核，先不要报送）"
    yield reply(asked, f"{FORM.text(content)}{note}")


def _offered(context: Filings, reader: _Reader, filing: Filing, group: Group) -> Sequence[str]:
    """Return the answers that somebody can give now."""
    roles = reader.in_group(group.id)
    answers = _ANSWERS.get(filing.state, ())
    if filing.state is FilingState.FORMED:
        mine = any(each.id == reader.person.id for each in approvers(context, filing, group))
        answers = answers if mine else ()
    elif filing.is_forming and not roles & _OF_THE_GROUP:
        answers = ()
    elif filing.state is FilingState.CONFIRMED and filing.reason:
        answers = _ANSWERS[FilingState.REFUSED]
    elif Role.COMMITTEE in roles and filing.state in {FilingState.SENDING, FilingState.SENT}:
        answers = ("回执 {n} 编号", "退回 {n} 理由")
    return [each.format(n=filing.id) for each in answers]


def _is_turn(context: Filings, reader: _Reader, filing: Filing, group: Group) -> bool:
    """Whether it is somebody's turn; for the officer only what waits for the office is looked at."""
    role, roles = filing.state.waits_for, reader.in_group(group.id)
    if role is Role.COMMITTEE or role is None or role is Role.LEADER:
        people = turn(context, filing, group)
    else:
        people = owners(context, group) if roles & _OF_THE_GROUP else ()
    return any(each.id == reader.person.id for each in people)


def _of_his(context: Filings, reader: _Reader) -> Sequence[Filing]:
    found = context.filings.open_of(reader.person.id)
    return sorted(
        (each for each in found if reader.in_group(each.group)),
        key=lambda each: (each.due_on, each.id),
    )


def _reader(context: Filings, asked: Asked) -> _Reader:
    assert asked.person is not None
    roles: defaultdict[int | None, set[Role]] = defaultdict(set)
    for where, role in context.groups.roles_of(asked.person.id):
        roles[where].add(role)
    return _Reader(
        person=asked.person, roles={where: frozenset(held) for where, held in roles.items()}
    )

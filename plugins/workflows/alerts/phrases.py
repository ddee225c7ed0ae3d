"""放行: what was judged a false positive is an allowed phrase once a second person agrees."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.model.action import (
    Action,
    AllowPhrase,
    CloseDialogue,
    OpenDialogue,
    Record,
    SayPrivately,
)
from bot.model.alert import Alert, Decision
from bot.model.errors import BotError
from bot.model.finding import Finding
from bot.model.group import Group, Person, Role
from bot.plugin import Asked
from bot.screening.links import find_links
from bot.screening.numbers import find_numbers
from bot.screening.text import FoldingTable, View, with_digits
from plugins.workflows.alerts.closing import objection
from plugins.workflows.alerts.matters import matter
from plugins.workflows.alerts.senders import sender_of
from plugins.workflows.alerts.telling import holders
from plugins.workflows.alerts.wording import Alerts, reply

LIVES: Final = timedelta(days=7)
SHORTEST: Final = 2
LONGEST: Final = 30
_ASKED: Final = (Role.ADMINISTRATOR, Role.OWNER, Role.LEADER, Role.COMMITTEE)
_QUOTES: Final = "“”\"'「」《》 \u3000"
_DIGITS: Final = re.compile(r"[0-9](?:[^0-9]{0,2}[0-9]){4}")
_NUMBER: Final = re.compile(r"\d{1,3}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What a second person is asked: may a rule be taught this phrase, as somebody proposed."""

    number: int
    alert: Alert
    by: int
    phrase: str = field(repr=False)


def offer(context: Alerts, alert: Alert) -> str:
    """Return the line that offers 放行 after a false positive; empty where nothing can be taught."""
    if alert.classified or all(each.excerpt is None for each in _findings(context, alert)):
        return ""
    return (
        f"\n要让类似说法今后不再提醒，请回复：放行{alert.number} 短语"
        "（照抄原话里的几个字，另一位管理人员同意后生效）"
    )


def propose(context: Alerts, asked: Asked) -> Iterator[Action]:
    """放行N 短语: ask a second person whether a rule may be taught the phrase."""
    found = matter(context, asked)
    alert, group = found.alert, found.group
    phrase = found.words.strip(_QUOTES)
    _must_be_teachable(context, alert, phrase)
    second = next(iter(_seconds(context, alert, group, found.person.id)), None)
    if second is None:
        raise BotError("这个群没有第二位管理人员可以同意，不能放行；请先登记管理员或分管领导。")
    person, user = second
    number = objection(alert)
    yield OpenDialogue(
        person=person.id,
        kind=f"phrase:{number}",
        body=json.dumps({"alert": alert.id, "by": found.person.id, "phrase": phrase}),
        expires_at=context.now + LIVES,
    )
    yield Record(
        actor=f"person:{found.person.id}",
        deed="phrase.proposed",
        subject=f"rule:{alert.rule}",
        detail=f"alert:{alert.id}",
    )
    yield SayPrivately(
        account=group.account,
        user=user,
        text=f"【放行 {number}】{group.name}：{found.person.masked}把一条“{alert.topic.label}”提醒"
        f"判为误报，建议今后放行这几个字：\n“{phrase}”\n"
        "放行后，所有工作群里落在这几个字以内的内容不再按这条规则提醒，其余照常检查。\n"
        f"同意请回复：同意放行{number}　不同意请回复：不同意{number}（{LIVES.days} 天内有效）",
        marker=f"【放行 {number}】",
        via_group=group.platform_id,
    )
    yield reply(asked, f"已请{person.masked}确认，同意后“{phrase}”今后不再按这条规则提醒。")


def agree(context: Alerts, asked: Asked) -> Iterator[Action]:
    """同意放行N: the second person agrees, and the rule is taught the phrase."""
    assert asked.person is not None
    found = _proposal(context, asked, asked.person)
    _must_be_teachable(context, found.alert, found.phrase)
    yield AllowPhrase(
        rule=found.alert.rule,
        phrase=found.phrase,
        proposed_by=found.by,
        agreed_by=asked.person.id,
    )
    yield from _settle(context, asked, found, "phrase.allowed")
    yield reply(asked, f"放行 {found.number} 已生效：“{found.phrase}”今后不再按这条规则提醒。")


def disagree(context: Alerts, asked: Asked) -> Iterator[Action]:
    """不同意N: the second person does not agree; nothing changes."""
    assert asked.person is not None
    found = _proposal(context, asked, asked.person)
    yield from _settle(context, asked, found, "phrase.refused")
    yield reply(asked, f"放行 {found.number} 没有通过，规则不变，已告诉建议的人。")


def _proposal(context: Alerts, asked: Asked, person: Person) -> Proposal:
    """Return what the person was asked, if he may still answer; else raises BotError."""
    written = _NUMBER.search(asked.tail)
    number = asked.numbers[0] if asked.numbers else int(written[0]) if written else None
    if number is None:
        raise BotError(f"请写上编号，例如：{asked.verb}12。")
    dialogue = context.dialogues.open_with(person.id, f"phrase:{number}", now=context.now)
    body = json.loads(dialogue.body) if dialogue else {}
    alert = context.alerts.get(body["alert"]) if body else None
    if alert is None:
        raise BotError(f"没有等您答复的放行 {number}，或已超过 {LIVES.days} 天。")
    group = context.groups.get(alert.group)
    if person.id not in {each.id for each, _ in _seconds(context, alert, group, body["by"])}:
        raise BotError("这件事现在不归您答复。")
    return Proposal(number=number, alert=alert, by=body["by"], phrase=body["phrase"])


def _settle(context: Alerts, asked: Asked, found: Proposal, deed: str) -> Iterator[Action]:
    """End a proposal, record it and tell the one who made it."""
    assert asked.person is not None
    group = context.groups.get(found.alert.group)
    yield CloseDialogue(person=asked.person.id, kind=f"phrase:{found.number}")
    yield Record(
        actor=f"person:{asked.person.id}",
        deed=deed,
        subject=f"rule:{found.alert.rule}",
        detail=f"alert:{found.alert.id} proposed_by person:{found.by}",
    )
    user = context.people.account_of(found.by, group.account)
    if user is not None:
        done = "同意了，放行已生效" if deed == "phrase.allowed" else "没有同意，规则不变"
        yield SayPrivately(
            account=group.account,
            user=user,
            text=f"您建议放行的“{found.phrase}”：{asked.person.masked}{done}。",
            via_group=group.platform_id,
        )


def _must_be_teachable(context: Alerts, alert: Alert, phrase: str) -> None:
    """Raise BotError with what to write instead, unless the rule may be taught the phrase."""
    again = f"例如：放行{alert.number} 棋牌室改造"
    if alert.classified:
        raise BotError("涉密事项不产生放行用语：误报只销这一件，规则不变。")
    if alert.decision is not Decision.FALSE_POSITIVE:
        raise BotError(f"判为误报的才能放行，请先回复：误报{alert.number} 理由")
    rule = context.rules.get(alert.rule)
    if rule is None:
        raise BotError("这条规则已经不用了，不用放行。")
    kept = [each for each in _findings(context, alert) if each.excerpt is not None]
    if not kept:
        raise BotError("没有保存原文，或已到期清除，无法核对，不能放行。")
    if not SHORTEST <= len(phrase) <= LONGEST:
        raise BotError(f"请照抄原话里的几个字，{SHORTEST}到{LONGEST}个字，{again}")
    plain = with_digits(phrase.translate(FoldingTable(squeeze=False)))
    if any(find_numbers(plain)) or any(find_links(plain)) or _DIGITS.search(plain):
        raise BotError("短语里不能有号码、网址和长数字，请换几个字。")
    table = FoldingTable(squeeze=True)
    wanted = phrase.translate(table)
    if wanted in {phrase.translate(table) for phrase in rule.allows}:
        raise BotError("这几个字已经放行了。")
    if len(wanted) < SHORTEST or wanted in {word.translate(table) for word in rule.words}:
        raise BotError(f"放行它等于不再检查这个词，请连同前后的字一起写，{again}")
    if not any(_covers(wanted, table, each) for each in kept):
        raise BotError(f"原话里被提醒的地方没有这几个字，请照抄那一处连同前后的字，{again}")


def _covers(wanted: str, table: FoldingTable, finding: Finding) -> bool:
    """Whether a folded phrase stands in the kept excerpt around a span."""
    view = View(finding.excerpt or "", table)
    places = (
        view.span(found.start(), found.end())
        for found in re.finditer(re.escape(wanted), view.folded)
    )
    return any(
        start <= span.start - finding.excerpt_start and span.end - finding.excerpt_start <= end
        for start, end in places
        for span in finding.spans
    )


def _findings(context: Alerts, alert: Alert) -> Sequence[Finding]:
    return context.findings.of_alert(alert.source or alert.id)


def _seconds(
    context: Alerts, alert: Alert, group: Group, proposer: int
) -> Iterator[tuple[Person, str]]:
    """Yield who may agree, with the account: never the proposer, nor the sender."""
    for role in _ASKED:
        for person in holders(context, group, role):
            user = context.people.account_of(person.id, group.account)
            sender = sender_of(context, group, alert.sender, alert.sender_card)
            if person.id != proposer and user and (sender is None or sender.id != person.id):
                yield person, user

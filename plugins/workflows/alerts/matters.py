"""Which matter a line means, and whether this person may handle it; nobody judges his own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.model.alert import Alert
from bot.model.errors import BotError
from bot.model.group import Group, Person, Role
from bot.plugin import Asked
from plugins.workflows.alerts.senders import sender_of
from plugins.workflows.alerts.wording import Alerts, clock

_FIRST_WORD = re.compile(r"[“「〔]?([^\s,，:：”」〕]{2,})[”」〕]?[\s,，:：]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Matter:
    """An alert as one person handles it; `words` is what he wrote besides verb and number."""

    person: Person
    alert: Alert
    group: Group
    words: str = field(repr=False)


def matter(context: Alerts, asked: Asked) -> Matter:
    """Return what a number, or the quoted alert, means to the person.

    Raises BotError with a sentence that says what to write instead.
    """
    assert asked.person is not None
    alert, words = _find(context, asked, asked.person)
    group = context.groups.get(alert.group)
    if about(context, alert, group, asked.person):
        raise BotError("这件事涉及您本人，由别人处置；如有异议可以申诉。")
    return Matter(person=asked.person, alert=alert, group=group, words=words)


def open_matter(context: Alerts, asked: Asked) -> Matter:
    """Return a matter that somebody still has to decide; else say who decided it and when."""
    found = matter(context, asked)
    if not found.alert.is_open:
        raise BotError(decided(context, found.alert, found.person))
    return found


def decided(context: Alerts, alert: Alert, reader: Person) -> str:
    """Return the sentence that says who decided an alert, and when."""
    by = alert.decided_by and context.people.get(alert.decided_by)
    who = "" if not by else "由您" if by.id == reader.id else f"由{by.masked}"
    when = f" {clock(context, alert.decided_at)} " if alert.decided_at else ""
    how = f"（{alert.decision.label}）" if alert.decision else ""
    return f"{alert.number} 号已{when}{who}办结{how}，不用再处置。"


def may_handle(context: Alerts, person: Person, alert: Alert, group: Group) -> bool:
    """Whether an alert is the person's own, or of a group he answers for, and not about him."""
    if about(context, alert, group, person):
        return False
    return alert.recipient == person.id or (
        alert.tier is Role.OWNER and alert.group in _groups(context, person)
    )


def of_others(context: Alerts, person: Person) -> Sequence[Alert]:
    """Return what the owners of the person's groups still have to decide, and he may."""
    own = {each.source for each in context.alerts.open_of(person.id)}
    return [
        each
        for group in _groups(context, person)
        for each in context.alerts.open_in(group)
        if each.tier is Role.OWNER
        and each.recipient != person.id
        and each.told_at is not None
        and each.id not in own
        and not about(context, each, context.groups.get(group), person)
    ]


def about(context: Alerts, alert: Alert, group: Group, person: Person) -> bool:
    """Whether the person is the sender whom an alert is about."""
    sender = sender_of(context, group, alert.sender, alert.sender_card)
    return sender is not None and sender.id == person.id


def _find(context: Alerts, asked: Asked, person: Person) -> tuple[Alert, str]:
    quoted = asked.event.quotes and context.alerts.by_quote(
        asked.event.account, asked.event.quotes, person.id
    )
    if len(asked.numbers) > 1:
        raise BotError(f"请一件一件来，例如：{asked.verb}{asked.numbers[0]}。")
    if quoted:
        if asked.numbers and asked.numbers[0] != quoted.number:
            raise BotError(
                f"您引用的是 {quoted.number} 号，写的是 {asked.numbers[0]} 号，请只说一个。"
            )
        return quoted, asked.rest
    if not asked.numbers:
        number = next((each.number for each in context.alerts.open_of(person.id)), 3)
        raise BotError(f"请写上编号，例如：{asked.verb}{number}；编号见提醒，或回复“待办”。")
    return _numbered(context, asked, person, asked.numbers[0])


def _numbered(context: Alerts, asked: Asked, person: Person, number: int) -> tuple[Alert, str]:
    """Return what a number means: his own, or an owner's in his groups, told apart by the group."""
    own = context.alerts.by_number(person.id, number)
    found = [own] if own else []
    for group in _groups(context, person):
        for owner in context.groups.holders(group, Role.OWNER):
            each = owner.id != person.id and context.alerts.by_number(owner.id, number)
            if each and each.group == group and each.tier is Role.OWNER:
                found.append(each)
    words = asked.rest
    word = _FIRST_WORD.match(words)
    named = [each for each in found if word and word[1] in context.groups.get(each.group).name]
    if word and len(named) == 1 and len(found) > 1:
        return named[0], words[word.end() :]
    if own and own.is_open:
        return own, words
    found = [each for each in found if each.is_open] or found
    if not found:
        raise BotError(f"没有 {number} 号。回复“待办”看现有的编号。")
    if len(found) > 1:
        names = "、".join(f"“{context.groups.get(each.group).name}”" for each in found[:5])
        example = context.groups.get(found[0].group).name[:3]
        raise BotError(
            f"{names}都有 {number} 号，请加上群名，例如：{asked.verb}{number} {example}。"
        )
    return found[0], words


def _groups(context: Alerts, person: Person) -> Sequence[int]:
    """Return the groups whose owner's alerts the person may handle too."""
    roles = {Role.OWNER, Role.ADMINISTRATOR, Role.LEADER}
    return sorted(
        {
            where
            for where, role in context.groups.roles_of(person.id)
            if where is not None and role in roles
        }
    )

"""The items of an audit: who decides, what is new, and the end when nothing is open."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.calendar import local
from bot.model.action import Action, Record, SaveAudit, SaveAuditItems
from bot.model.errors import BotError
from bot.model.group import Group, Person, Role
from bot.model.weekly_audit import (
    AuditItem,
    AuditReason,
    AuditState,
    ItemDecision,
    WeeklyAudit,
)
from plugins.workflows.weekly_audit.judging import Doubt, doubts
from plugins.workflows.weekly_audit.wording import (
    Audits,
    heading,
    is_about,
    listed,
    say,
    summary,
    the_audit,
    week_of,
)

_CHAIN = (Role.OWNER, Role.LEADER, Role.COMMITTEE)


def deciders(context: Audits, group: Group) -> Sequence[Person]:
    """Return who is asked, one after the other: owner, leader in charge, office; no leavers."""
    return [
        person
        for person in answerable(context, group)
        if context.people.account_of(person.id, group.account) is not None
    ]


def answerable(context: Audits, group: Group) -> Sequence[Person]:
    """Return who is to be asked, also where he cannot be written to as long as he is unconfirmed."""
    today = local(context.now).date()
    people = {
        person.id: person
        for role in _CHAIN
        for person in (
            context.groups.in_office(role)
            if role.of_office
            else context.groups.holders(group.id, role)
        )
        if person.left_on is None or person.left_on >= today
    }
    return list(people.values())


def check(
    context: Audits, person: Person, audit: WeeklyAudit, group: Group, item: AuditItem
) -> None:
    """Raise BotError unless the person may decide about an item now."""
    audit.answered(person.id, context.now)
    roles = {
        role for where, role in context.groups.roles_of(person.id) if where in {None, group.id}
    }
    upper = bool(roles & {Role.LEADER, Role.COMMITTEE})
    if not upper and not roles & {Role.OWNER, Role.ADMINISTRATOR}:
        raise BotError("这次核查现在不归您办理。")
    if is_about(context, item, group, person):
        raise BotError(f"{item.number} 号是您本人，由别人定。")
    owners = context.groups.holders(group.id, Role.OWNER)
    if not upper and any(is_about(context, item, group, each) for each in owners):
        raise BotError(f"{item.number} 号是群主，由分管领导定。")


def new_items(context: Audits, audit: WeeklyAudit, found: Sequence[Doubt]) -> tuple[AuditItem, ...]:
    """Return items for those who need a decision, as far as there are numbers.

    Who was kept lately for the same reason stays so, and comes after those who are asked about.
    """
    kept = _kept(context, audit)
    before = [kept.get((each.member.user, each.reason)) for each in found]
    pairs = sorted(zip(found, before, strict=True), key=lambda pair: pair[1] is not None)
    numbers = context.audits.free_numbers(audit.recipient or 0, len(pairs))
    return tuple(
        _item(audit, doubt, number, earlier)
        for (doubt, earlier), number in zip(pairs, numbers, strict=False)
    )


def unlisted(context: Audits, audit: WeeklyAudit, found: Sequence[Doubt]) -> list[Doubt]:
    """Return who of those that need a decision is not on the list of an audit yet."""
    listed_ = {item.user for item in context.audits.items(audit.id)}
    return [each for each in found if each.member.user not in listed_]


def settle_known(
    context: Audits, audit: WeeklyAudit, group: Group, found: Sequence[Doubt]
) -> Iterator[Action]:
    """Close the items of those who got a real name meanwhile: by their code, or with 实名."""
    in_doubt = {each.member.user for each in found}
    done = []
    for item in context.audits.items(audit.id):
        if not item.is_open or item.decision is not None or item.user in in_doubt:
            continue
        account = context.people.account(group.platform, item.user)
        if account is not None:
            by = account.confirmed_by or account.person
            known = item.decided(ItemDecision.VERIFY, by, context.now)
            done.append(replace(known, person=account.person))
    yield SaveAuditItems(items=tuple(done))


def finish(context: Audits, number: int) -> Iterator[Action]:
    """Close an audit when everything is decided and done; who is new is asked about first."""
    audit = the_audit(context, number)
    if not audit.is_open or audit.state is AuditState.DRAWING or not audit.complete:
        return
    group = context.groups.get(audit.group)
    found = doubts(context, group)
    yield from settle_known(context, audit, group, found)
    if any(item.is_open for item in context.audits.items(number)):
        return
    more = unlisted(context, audit, found)
    added = new_items(context, audit, more)
    yield SaveAuditItems(items=added)
    if any(item.is_open for item in added):
        yield from tell(context, audit, group, added, said="还有这些：")
    elif len(added) == len(more):
        yield from close(context, audit, group)


def close(context: Audits, audit: WeeklyAudit, group: Group) -> Iterator[Action]:
    """End an audit that left nothing open, and say so."""
    items = context.audits.items(audit.id)
    yield SaveAudit(audit=audit.closed(context.now))
    yield Record(actor="bot", deed="audit.closed", subject=f"audit:{audit.id}")
    done = f"本周核查已完成（{summary(items)}）。" if items else "都已实名，没有要处理的。"
    text = f"{heading(context, audit, group)}\n{done}无需回复。"
    for person in dict.fromkeys((audit.answered_by, audit.recipient)):
        if person is not None:
            yield from say(context, context.people.get(person), group, text)


def tell(
    context: Audits,
    audit: WeeklyAudit,
    group: Group,
    items: Sequence[AuditItem],
    *,
    said: str = "",
) -> Iterator[Action]:
    """Send a list to who has to answer; what concerns himself goes to the one after him."""
    for person in deciders(context, group):
        yield from say(
            context, person, group, listed(context, audit, group, items, reader=person, said=said)
        )
        items = [each for each in items if each.is_open and is_about(context, each, group, person)]
        said = f"这些涉及{person.masked}本人，请您定："
        if not items:
            return


def _item(audit: WeeklyAudit, doubt: Doubt, number: int, earlier: AuditItem | None) -> AuditItem:
    item = AuditItem(
        audit=audit.id,
        number=number,
        user=doubt.member.user,
        shown=doubt.member.shown,
        reason=doubt.reason,
        person=doubt.person,
        proposed=doubt.proposed,
        on=doubt.on,
    )
    if earlier is None:
        return item
    return replace(
        item,
        decision=earlier.decision,
        note=earlier.note,
        decided_by=earlier.decided_by,
        decided_at=earlier.decided_at,
    )


def _kept(context: Audits, audit: WeeklyAudit) -> dict[tuple[str, AuditReason], AuditItem]:
    """Return who was kept in the week before and why he was listed, while that decision lasts."""
    before = context.audits.of_week(audit.group, week_of(audit.opened_at - timedelta(days=7)))
    since = context.now - timedelta(days=context.settings.keep_days)
    return {
        (item.user, item.reason): item
        for item in (context.audits.items(before.id) if before else ())
        if item.decision is ItemDecision.KEEP and item.decided_at and item.decided_at >= since
    }

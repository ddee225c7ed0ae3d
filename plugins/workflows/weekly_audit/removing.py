"""A removal is done after its code, and believed when an event or a fresh list shows it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.model.action import (
    Action,
    DrawMembers,
    Lane,
    Record,
    RemoveMember,
    SaveAudit,
    SaveAuditItems,
    SayPrivately,
    Wake,
)
from bot.model.errors import BotError
from bot.model.event import DeedReleased, MemberLeft, OutcomeState, OutgoingSettled
from bot.model.group import Group, Person
from bot.model.weekly_audit import AuditItem, ItemDecision, Removal, WeeklyAudit
from plugins.workflows.weekly_audit.items import check, finish
from plugins.workflows.weekly_audit.wording import (
    Audits,
    by_hand,
    can_remove,
    is_fresh,
    line,
    say,
    the_audit,
    who,
)

REMOVE: Final = "weekly_audit.remove"
LOOK: Final = "weekly_audit.look"
_SOON: Final = timedelta(seconds=30)
_STARTED: Final = frozenset({Removal.ASKED, Removal.BY_HAND, Removal.FAILED})


class UnreliableListError(BotError):
    """Nobody may be removed on the word of the list that there is; a fresh one is needed."""

    def __init__(self, audit: WeeklyAudit, number: int) -> None:
        super().__init__(
            f"{number} 号现在不能移：名单不完整或太旧，不能凭它移人。"
            "我正在重新取，请过几分钟再说一次。"
        )
        self.audit = audit


def removable(
    context: Audits, person: Person, audit: WeeklyAudit, group: Group, item: AuditItem
) -> AuditItem:
    """Return the item decided as a removal; BotError where that must not be."""
    check(context, person, audit, group, item)
    if not audit.complete or not is_fresh(context, context.members.drawn(group.id)):
        raise UnreliableListError(audit, item.number)
    return item.decided(ItemDecision.REMOVE, person.id, context.now)


def effect(context: Audits, group: Group, items: Sequence[AuditItem]) -> str:
    """Return what a removal would do, for the person who asks for it."""
    lines = "\n".join(line(context, item) for item in items)
    return f"将从“{group.name}”移出 {len(items)} 人：\n{lines}"


def take_by_hand(
    context: Audits, audit: WeeklyAudit, items: Sequence[AuditItem]
) -> Iterator[Action]:
    """Keep that somebody removes members himself, and look at a fresh list after a while."""
    yield SaveAuditItems(items=tuple(each.removing(Removal.BY_HAND, context.now) for each in items))
    yield Record(
        actor=f"person:{items[0].decided_by}",
        deed="audit.removal_by_hand",
        subject=f"audit:{audit.id}",
        detail=_numbers(items),
    )
    yield _look(context, audit)


def released(context: Audits, event: DeedReleased) -> Iterator[Action]:
    """Remove whom a code released; state, power and list are checked again."""
    if event.deed != REMOVE:
        return
    person = context.people.get(event.person)

    def reply(text: str) -> SayPrivately:
        return SayPrivately(account=event.account, user=event.user, text=text)

    try:
        audit, group, items = _targets(context, person, event)
    except BotError as error:
        yield reply(str(error))
        return
    yield SaveAudit(audit=audit.answered(person.id, context.now))
    yield SaveAuditItems(items=tuple(each.removing(Removal.ASKED, context.now) for each in items))
    yield Record(
        actor=f"person:{person.id}",
        deed="audit.removal_asked",
        subject=f"audit:{audit.id}",
        detail=_numbers(items),
    )
    for item in items:
        yield RemoveMember(
            account=group.account,
            ref=f"removal:{audit.id}:{item.number}",
            group=group.platform_id,
            user=item.user,
        )
    yield reply(f"正在移出 {len(items)} 人，看到他们确实退出后告诉您。")


def answered(context: Audits, event: OutgoingSettled) -> Iterator[Action]:
    """Wait for the proof of a removal, or say at once that the platform refused it."""
    name, _, rest = event.ref.partition(":")
    if name != "removal":
        return
    audit_id, _, number = rest.partition(":")
    audit = context.audits.get(int(audit_id))
    item = next((i for i in context.audits.items(int(audit_id)) if i.number == int(number)), None)
    if audit is None or item is None or item.removal is not Removal.ASKED:
        return
    if event.state is not OutcomeState.FAILED:
        yield Wake(key=f"{LOOK}:{audit.id}", at=context.now + 2 * _SOON)
        return
    group = context.groups.get(audit.group)
    failed = item.removing(Removal.FAILED, context.now)
    yield SaveAuditItems(items=(failed,))
    yield from _tell(context, group, failed, f"平台没有同意移出。{by_hand(context, group)}")
    yield _look(context, audit)


def left(context: Audits, event: MemberLeft) -> Iterator[Action]:
    """Believe that somebody is gone whom the platform reports as gone."""
    group = context.groups.at(event.account.partition(":")[0], event.group)
    audit = group and context.audits.latest(group.id)
    if group is not None and audit and audit.is_open:
        gone = [item for item in context.audits.items(audit.id) if item.user == event.user]
        yield from _gone(context, audit, group, [item for item in gone if item.is_open])
        yield from finish(context, audit.id)


def believe(context: Audits, audit: WeeklyAudit, group: Group) -> Iterator[Action]:
    """Compare what should have been done with a complete list that has just come."""
    drawn = context.members.drawn(group.id)
    assert drawn is not None
    gone, there = [], []
    for item in context.audits.items(audit.id):
        member = context.members.get(group.id, item.user)
        if not item.is_open:
            continue
        if member is None or member.left_at is not None:
            gone.append(item)
        elif item.removal in _STARTED:
            assert item.removal_at is not None
            if drawn.drawn_at >= item.removal_at + _patience(context, item):
                there.append(item.removing(Removal.STILL_THERE, context.now))
    yield from _gone(context, audit, group, gone)
    yield SaveAuditItems(items=tuple(there))
    for item in there:
        yield from _tell(context, group, item, f"新名单里还有他。{by_hand(context, group)}")
        yield _look(context, audit)


def look(context: Audits, audit: WeeklyAudit, group: Group) -> Iterator[Action]:
    """Draw a fresh list while somebody waits to be seen gone."""
    if audit.is_open and is_removing(context, audit):
        yield draw(audit, group)


def is_removing(context: Audits, audit: WeeklyAudit) -> bool:
    """Whether somebody is to be removed and has not been seen gone."""
    return any(
        item.is_open and item.decision is ItemDecision.REMOVE
        for item in context.audits.items(audit.id)
    )


def draw(audit: WeeklyAudit, group: Group) -> DrawMembers:
    """Return the question for a fresh list."""
    return DrawMembers(
        account=group.account, lane=Lane.DIGEST, ref=f"audit:{audit.id}", group=group.platform_id
    )


def _targets(
    context: Audits, person: Person, event: DeedReleased
) -> tuple[WeeklyAudit, Group, Sequence[AuditItem]]:
    audit = the_audit(context, event.subject)
    group = context.groups.get(audit.group)
    numbered = {str(item.number): item for item in context.audits.items(audit.id)}
    items = [removable(context, person, audit, group, numbered[each]) for each in event.targets]
    if not all(can_remove(context, group, item) for item in items):
        raise BotError(
            f"我在“{group.name}”的权限变了，一个也没有移，请重新回复：移{items[0].number}"
        )
    return audit, group, items


def _gone(
    context: Audits, audit: WeeklyAudit, group: Group, items: Sequence[AuditItem]
) -> Iterator[Action]:
    if not items:
        return
    yield SaveAuditItems(items=tuple(item.gone(context.now) for item in items))
    for item in items:
        yield Record(
            actor="platform",
            deed="audit.gone",
            subject=f"audit:{audit.id}",
            detail=str(item.number),
        )
    if any(item.is_open for item in context.audits.items(audit.id)):
        for item in items:
            yield from _tell(context, group, item, "已不在群里。")


def _tell(context: Audits, group: Group, item: AuditItem, what: str) -> Iterator[Action]:
    """Tell who decided about a member how it went."""
    if item.decided_by is not None:
        text = f"【周核查】{group.name} {item.number} 号 {who(context, item)}：{what}"
        yield from say(context, context.people.get(item.decided_by), group, text, lane=Lane.ALERT)


def _look(context: Audits, audit: WeeklyAudit) -> Wake:
    minutes = context.settings.by_hand_minutes
    return Wake(key=f"{LOOK}:{audit.id}", at=context.now + timedelta(minutes=minutes))


def _patience(context: Audits, item: AuditItem) -> timedelta:
    if item.removal is Removal.ASKED:
        return _SOON
    return timedelta(minutes=context.settings.by_hand_minutes)


def _numbers(items: Sequence[AuditItem]) -> str:
    return " ".join(str(item.number) for item in items)

"""What time brings: a list that is late, a reminder, the leader in charge, overdue."""

from collections.abc import Iterator
from typing import Final

from bot.model.action import Action, Record, SaveAudit, Wake
from bot.model.event import TimerDue
from bot.model.group import Group
from bot.model.weekly_audit import AuditState, WeeklyAudit
from plugins.workflows.weekly_audit.items import deciders, finish, tell
from plugins.workflows.weekly_audit.opening import (
    AGAIN,
    DUE,
    LIST,
    MORE,
    lapse,
    list_is_late,
    next_morning,
    open_some,
    try_again,
    works,
)
from plugins.workflows.weekly_audit.removing import LOOK, look
from plugins.workflows.weekly_audit.wording import Audits, listed, say, the_audit

_NO_LIST: Final = "一直没有取到完整的名单，本周核查还没有完成，请看看机器人是否在线、是否在群里。"


def due(context: Audits, event: TimerDue) -> Iterator[Action]:
    """Take the step that a timer stands for; the audit as it now is decides."""
    if event.key == MORE:
        yield from open_some(context)
        return
    name, _, number = event.key.partition(":")
    step = {LIST: list_is_late, AGAIN: try_again, LOOK: look, DUE: _urge}.get(name)
    audit = context.audits.get(int(number)) if step else None
    if step is None or audit is None or not audit.is_open:
        return
    group = context.groups.get(audit.group)
    yield from step(context, audit, group) if works(group) else lapse(context, audit)


def _urge(context: Audits, audit: WeeklyAudit, group: Group) -> Iterator[Action]:
    """Remind the owner, then tell the leader in charge, then keep that it is overdue."""
    if audit.due_at is None or context.now < audit.due_at:
        return
    yield from finish(context, audit.id)
    audit = the_audit(context, audit.id)
    match audit.state:
        case AuditState.ASKED:
            yield from _remind(context, audit, group)
        case AuditState.REMINDED:
            yield from _escalate(context, audit, group)
        case AuditState.ESCALATED:
            yield from _overdue(context, audit, group)
        case _:
            return
    yield from look(context, audit, group)


def _remind(context: Audits, audit: WeeklyAudit, group: Group) -> Iterator[Action]:
    due_at = next_morning(context)
    yield SaveAudit(audit=audit.reminded(context.now, due_at))
    yield Wake(key=f"{DUE}:{audit.id}", at=due_at)
    yield Record(actor="bot", deed="audit.reminded", subject=f"audit:{audit.id}")
    items = context.audits.items(audit.id)
    said = "催办：这些还没有办完。" if any(item.is_open for item in items) else _NO_LIST
    yield from tell(context, audit, group, items, said=said)


def _escalate(context: Audits, audit: WeeklyAudit, group: Group) -> Iterator[Action]:
    people = deciders(context, group)
    upper = next((each for each in people if each.id != audit.recipient), None)
    due_at = next_morning(context)
    yield SaveAudit(audit=audit.escalated(context.now, due_at, upper.id if upper else None))
    yield Wake(key=f"{DUE}:{audit.id}", at=due_at)
    yield Record(
        actor="bot",
        deed="audit.escalated",
        subject=f"audit:{audit.id}",
        detail=f"to person:{upper.id}" if upper else "to nobody",
    )
    if upper is None:
        return
    owner = context.people.get(audit.recipient).masked if audit.recipient else "群主"
    items = context.audits.items(audit.id)
    said = f"{owner}没有按时核查，请您督促或代为办理。"
    if not any(item.is_open for item in items):
        said = _NO_LIST
    yield from say(
        context, upper, group, listed(context, audit, group, items, reader=upper, said=said)
    )


def _overdue(context: Audits, audit: WeeklyAudit, group: Group) -> Iterator[Action]:
    yield SaveAudit(audit=audit.overdue(context.now))
    yield Record(actor="bot", deed="audit.overdue", subject=f"audit:{audit.id}")
    text = f"【周核查】{group.name} {audit.week} 逾期未核查，已记入台账；仍可办理，请回复：核查"
    for person in (audit.recipient, audit.escalated_to):
        if person is not None:
            yield from say(context, context.people.get(person), group, text)

"""The week begins: fresh lists are drawn, some at a time, and the owners are asked."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final

from bot.calendar import SHANGHAI, local
from bot.model.action import Action, DutyDone, Record, SaveAudit, SaveAuditItems, Wake
from bot.model.event import (
    Ability,
    AccountConfirmed,
    AccountConnected,
    DutyDue,
    OutcomeState,
    OutgoingSettled,
)
from bot.model.group import Group, GroupState, Role
from bot.model.weekly_audit import AuditState, WeeklyAudit
from plugins.workflows.weekly_audit.items import (
    answerable,
    close,
    deciders,
    finish,
    new_items,
    tell,
    unlisted,
)
from plugins.workflows.weekly_audit.judging import doubts
from plugins.workflows.weekly_audit.removing import LOOK, believe, draw, is_removing
from plugins.workflows.weekly_audit.wording import Audits, is_fresh, say, week_of

MORE: Final = "weekly_audit.more"
LIST: Final = "weekly_audit.list"
AGAIN: Final = "weekly_audit.again"
DUE: Final = "weekly_audit.due"
_WEEK: Final = "weekly_audit.week"
_NO_ROSTER: Final = "weekly_audit.no_roster"
_PAUSE: Final = timedelta(minutes=1)
_AGAIN: Final = timedelta(minutes=10)


def begin(context: Audits, _: DutyDue) -> Iterator[Action]:
    """Open the week's audits once it is time; a bot that was off does it when it is back."""
    week, lately = week_of(context.now), context.now - _PAUSE
    if not context.duties.done(_WEEK, week) and all(
        audit.opened_at <= lately for audit in context.audits.in_week(week)
    ):
        yield from open_some(context)


def open_some(context: Audits) -> Iterator[Action]:
    """Open the audits of the next groups, a few per account and minute."""
    week, due_at = week_of(context.now), _due_at(context)
    if due_at is None or context.now < due_at or context.duties.done(_WEEK, week):
        return
    opened = {audit.group for audit in context.audits.in_week(week)}
    left = [
        group
        for group in context.groups.all()
        if group.id not in opened and group.registered_at <= due_at
    ]
    if not left:
        yield DutyDone(job=_WEEK, slot=week)
        return
    if not any(person.on_roster for person in context.people.all()):
        yield from _no_roster(context, left[0], week)
        return
    begun: defaultdict[str, int] = defaultdict(int)
    for group in left:
        if context.online.get(group.account) and (
            begun[group.account] < context.settings.lists_per_minute
        ):
            begun[group.account] += 1
            yield from _open(context, group, week)
    if begun:
        yield Wake(key=MORE, at=context.now + _PAUSE)


def ask(context: Audits, audit: WeeklyAudit, group: Group) -> Iterator[Action]:
    """Compare the list with the roster and ask the owner about those who need it."""
    drawn = context.members.drawn(group.id)
    people = deciders(context, group)
    if not people and answerable(context, group):
        return  # it goes on when one of them has confirmed whose account it is
    found = doubts(context, group)
    due_at = next_morning(context)
    asked = audit.asked(
        drawn_at=drawn.drawn_at if drawn else None,
        members=drawn.count if drawn else 0,
        complete=is_fresh(context, drawn),
        recipient=people[0].id if people else None,
        due_at=due_at,
    )
    yield SaveAudit(audit=asked)
    items = new_items(context, asked, found)
    yield SaveAuditItems(items=items)
    open_ = [item for item in items if item.is_open]
    yield Record(
        actor="bot",
        deed="audit.asked",
        subject=f"audit:{audit.id}",
        detail=f"members {asked.members} complete {asked.complete} items {len(open_)}"
        f" of {len(found)}",
    )
    if asked.complete and not open_ and len(items) == len(found):
        yield from close(context, asked, group)
        return
    yield Wake(key=f"{DUE}:{audit.id}", at=due_at)
    more = len(found) - len(items)
    said = f"另有 {more} 人编号不够，定了这些再列。" if more else ""
    yield from tell(context, asked, group, items, said=said)
    if not asked.complete:
        yield Wake(key=f"{AGAIN}:{audit.id}", at=context.now + _AGAIN)


def another_login(context: Audits, event: AccountConnected) -> Iterator[Action]:
    """Begin open audits anew where ids change with each login: those on the lists mean nobody."""
    if Ability.STABLE_IDS in event.abilities or event.same_login:
        return
    for audit in context.audits.open():
        group = context.groups.get(audit.group)
        if group.account != event.account or audit.state is AuditState.DRAWING:
            continue
        items = [item for item in context.audits.items(audit.id) if item.is_open]
        yield SaveAuditItems(items=tuple(item.relisted(context.now) for item in items))
        yield SaveAudit(audit=audit.restarted())
        yield Record(actor="bot", deed="audit.restarted", subject=f"audit:{audit.id}")


def confirmed(context: Audits, event: AccountConfirmed) -> Iterator[Action]:
    """Go on with what waited for somebody who can be asked now."""
    for audit in context.audits.open():
        group = context.groups.get(audit.group)
        people = deciders(context, group) if group.account == event.account else ()
        if not people or people[0].id != event.person:
            continue
        if audit.state is AuditState.DRAWING:
            late = timedelta(minutes=context.settings.list_minutes)
            yield Wake(key=f"{LIST}:{audit.id}", at=context.now + late)
            yield draw(audit, group)
        elif any(item.is_open for item in context.audits.items(audit.id)):
            yield from tell(context, audit, group, context.audits.items(audit.id))


def list_came(context: Audits, event: OutgoingSettled) -> Iterator[Action]:
    """Go on with a fresh list; without one, try again."""
    name, _, number = event.ref.partition(":")
    audit = context.audits.get(int(number)) if name == "audit" else None
    if audit is None or not audit.is_open:
        return
    group, drawn = context.groups.get(audit.group), context.members.drawn(audit.group)
    came = event.state is OutcomeState.DONE and drawn is not None and drawn.complete
    if audit.state is AuditState.DRAWING:
        if came:
            yield from ask(context, audit, group)
        else:
            yield Wake(key=f"{AGAIN}:{audit.id}", at=context.now + _AGAIN)
    elif came:
        yield from _compare(context, audit, group)
    elif not audit.complete and audit.state is not AuditState.OVERDUE:
        yield Wake(key=f"{AGAIN}:{audit.id}", at=context.now + _AGAIN)
    elif is_removing(context, audit):
        minutes = context.settings.by_hand_minutes
        yield Wake(key=f"{LOOK}:{audit.id}", at=context.now + timedelta(minutes=minutes))


def list_is_late(context: Audits, audit: WeeklyAudit, group: Group) -> Iterator[Action]:
    """Go on with the list that is kept where no fresh one came in time; it says how old it is."""
    if audit.state is AuditState.DRAWING:
        yield from ask(context, audit, group)


def try_again(_: Audits, audit: WeeklyAudit, group: Group) -> Iterator[Action]:
    """Draw a list once more while none is complete."""
    if audit.is_open and not audit.complete:
        yield draw(audit, group)


def lapse(context: Audits, audit: WeeklyAudit) -> Iterator[Action]:
    """End an audit that was not finished: the next one begins, or the group is no more."""
    yield SaveAudit(audit=audit.lapsed(context.now))
    yield Record(actor="bot", deed="audit.lapsed", subject=f"audit:{audit.id}")


def works(group: Group) -> bool:
    """Whether a group is still worked in."""
    return group.state is GroupState.REGISTERED


def next_morning(context: Audits) -> datetime:
    """Return when the next step is taken: the next working day, at the hour of the audit."""
    day = context.calendar.add_working_days(local(context.now).date(), 1)
    return _at(context, day.toordinal())


def _no_roster(context: Audits, group: Group, week: str) -> Iterator[Action]:
    """Say once a week that there is nothing to compare with, instead of asking about everybody."""
    if context.duties.done(_NO_ROSTER, week):
        return
    yield DutyDone(job=_NO_ROSTER, slot=week)
    yield Record(actor="bot", deed="audit.no_roster", subject=f"week:{week}")
    text = "【周核查】还没有花名册，没法核查群成员。请办公室导入（qungui roster import），导入后自动开始。"
    for officer in context.groups.in_office(Role.COMMITTEE):
        yield from say(context, officer, group, text)


def _open(context: Audits, group: Group, week: str) -> Iterator[Action]:
    before = context.audits.latest(group.id)
    if before is not None and before.is_open:
        yield from lapse(context, before)
    audit = WeeklyAudit(
        id=context.audits.next_id(), group=group.id, week=week, opened_at=context.now
    )
    yield SaveAudit(audit=audit)
    yield Record(actor="bot", deed="audit.opened", subject=f"audit:{audit.id}", detail=week)
    late = timedelta(minutes=context.settings.list_minutes)
    yield Wake(key=f"{LIST}:{audit.id}", at=context.now + late)
    yield draw(audit, group)


def _compare(context: Audits, audit: WeeklyAudit, group: Group) -> Iterator[Action]:
    """Believe what a complete list shows; one that was not complete before is now the list."""
    late = not audit.complete
    if late:
        drawn = context.members.drawn(group.id)
        assert drawn is not None
        audit = audit.redrawn(drawn_at=drawn.drawn_at, members=drawn.count)
        yield SaveAudit(audit=audit)
        more = unlisted(context, audit, doubts(context, group))
        yield SaveAuditItems(items=new_items(context, audit, more))
    yield from believe(context, audit, group)
    items = context.audits.items(audit.id)
    if late and any(item.is_open for item in items):
        yield from tell(context, audit, group, items, said="名单已取全，请按这份定：")
    yield from finish(context, audit.id)


def _due_at(context: Audits) -> datetime | None:
    """Return when this week's audit begins; None in a week without a working day from then on."""
    today = local(context.now).date()
    monday = today.toordinal() - today.weekday()
    for day in range(monday + context.settings.weekday - 1, monday + 7):
        if context.calendar.is_working_day(today.fromordinal(day)):
            return _at(context, day)
    return None


def _at(context: Audits, day: int) -> datetime:
    hour = time.fromisoformat(context.settings.at)
    return datetime.combine(datetime.fromordinal(day), hour, SHANGHAI).astimezone(UTC)

"""A change was noticed: it joins the filing of its group that is not formed, or opens the next."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.calendar import local
from bot.model.action import (
    Action,
    DutyDone,
    Record,
    SaveFiling,
    SaveGroupChanges,
    SayPrivately,
    Wake,
)
from bot.model.event import ChangeNoticed, TimerDue
from bot.model.filing import (
    ChangeKind,
    ChangeState,
    Deed,
    Filing,
    FilingState,
    GroupChange,
    Matter,
    Noticed,
    undone_by,
)
from bot.model.group import Group, Person, Role
from plugins.workflows.filing.clock import timed
from plugins.workflows.filing.forming import form_if_ready
from plugins.workflows.filing.judging import RETURNED, UNDONE, corrected
from plugins.workflows.filing.people import lacking, owners
from plugins.workflows.filing.wording import (
    Filings,
    change_line,
    change_text,
    due_text,
    head,
    record,
    step,
    tell,
)

TELL: Final = "filing.tell"
_TOLD: Final = "filing.told"
_UNDONE: Final = "filing.undone"
_ROOM: Final = 700
_NOT_SENT: Final = (FilingState.APPROVED, FilingState.FORMED)
_SUPERSEDED: Final = "群已注销，与注销一并备案"


def notice(context: Filings, event: ChangeNoticed) -> Iterator[Action]:
    """Open a filing for a change, or let it join the one that is not formed yet.

    What goes back to an earlier value before it was filed undoes that change. What is stated anew
    after a refusal corrects what was refused. A group's end takes along what was not filed.
    """
    group = context.groups.get(event.group)
    open_ = _not_filed(context, group)
    so_far = [each for filing in open_ for each in context.filings.changes(filing.id)]
    so_far.sort(key=lambda each: (each.noticed_at, each.filing, each.number))
    if undone := undone_by(so_far, event.kind, event.after):
        for filing in open_:
            if own := [each for each in undone if each.filing == filing.id]:
                back = event if filing.id == undone[-1].filing else None
                yield from _undo(context, filing, own, back)
        return
    forming = _joined(open_, event)
    known = context.filings.changes(forming.id) if forming else ()
    if _is_known(known, event):
        return
    if forming is not None and not forming.is_forming:
        deed, detail, forming = _taken_back(forming, event)
        yield SaveFiling(filing=forming)
        yield step(context, forming, deed, detail=detail)
        yield record(forming, deed)
    filing = forming or _new(context, event)
    change = _change(event, filing, known)
    filing = timed(context, filing.judged([*known, change], context.now))
    yield SaveFiling(filing=filing)
    yield SaveGroupChanges(changes=(change,))
    yield step(context, filing, Deed.NOTICED, detail=f"第{change.number}项")
    yield record(filing, Deed.NOTICED, detail=f"{change.kind.value} group:{group.id}")
    yield from _tell_soon(context, filing, group)


def tell_due(context: Filings, event: TimerDue) -> Iterator[Action]:
    """Tell somebody in one message what was noticed since he was told last."""
    name, _, number = event.key.partition(":")
    if name != TELL:
        return
    person = context.people.get(int(number))
    news: dict[str, list[tuple[Filing, Group]]] = {}
    for filing in _forming(context, person):
        group = context.groups.get(filing.group)
        if all(each.id != person.id for each in owners(context, group)):
            continue
        changes = context.filings.changes(filing.id)
        fresh = [each for each in changes if not _was_told(context, each, person)]
        for each in fresh:
            yield DutyDone(job=_TOLD, slot=_slot(each, person))
        told = len(fresh) < len(changes)
        if any(each.counts or (told and each.reason == UNDONE) for each in fresh):
            news.setdefault(group.account, []).append((filing, group))
    for found in news.values():
        yield from _told(context, person, found)


def tell_undone(context: Filings, event: TimerDue) -> Iterator[Action]:
    """Tell who had heard of a filing that nothing is left of it."""
    name, _, number = event.key.partition(":")
    filing = context.filings.get(int(number)) if name == _UNDONE else None
    if filing is None or filing.is_open:
        return
    group = context.groups.get(filing.group)
    for person in owners(context, group):
        if any(_was_told(context, each, person) for each in context.filings.changes(filing.id)):
            text = f"{head(filing, group)}\n{UNDONE}，不用备案，无需回复。"
            yield from tell(context, person, group, text)


def opened_text(context: Filings, filing: Filing, group: Group) -> str:
    """Return what an owner reads of a filing: what was noticed, until when, what to reply."""
    changes = context.filings.changes(filing.id)
    live = [each for each in changes if each.counts]
    lines = [head(filing, group), f"发现 {len(live)} 项情况，要向机关党委备案："]
    room = _ROOM
    for shown, each in enumerate(changes):
        line = change_line(context, each)
        room -= len(line) + 1
        if shown and room < 0:
            lines.append(
                f"（没有列完，还有 {len(changes) - shown} 项，全部请看：备案 {filing.id}）"
            )
            break
        lines.append(line)
    lines.append(due_text(context, filing))
    if filing.reason:
        lines.append(f"上次退回的原因：{filing.reason}")
    if wanting := lacking(context, filing, group):
        lines.append(f"登记还缺：{'、'.join(wanting)}。请告诉办公室补上（qungui group edit）。")
    lines += dict.fromkeys(question for each in live if (question := _question(each)))
    lines.append(f"属实请回复：备案 {filing.id} 属实")
    if len(live) == 1:
        lines.append(f"不属实：备案 {filing.id} 不实 理由")
    elif live:
        lines.append(f"有一项不属实：备案 {filing.id} 不实 {live[-1].number} 理由")
    return "\n".join(lines)


def _question(change: GroupChange) -> str:
    """Return what somebody has to look at before he says that a change is so."""
    seen = change.how is not Noticed.STATED and change.state is ChangeState.NOTICED
    if change.kind.matter is Matter.CLOSING and not (
        change.kind is ChangeKind.DISSOLVED and change.how is Noticed.LIVE
    ):
        return "群已注销才算属实；群还在用，请回复不实，并把我拉回群里。"
    if change.kind is ChangeKind.OWNER and seen and "没有登记" in change.after:
        return "平台上的群主换了，登记的群主没有变：换人了请用“交接”，没换人请把群主转回来。"
    return ""


def soon(context: Filings) -> datetime:
    """Return when somebody is told: after a while in which more may come, in working hours."""
    minutes = context.settings.gather_minutes
    return context.calendar.next_working_time(context.now + timedelta(minutes=minutes))


def _told(
    context: Filings, person: Person, found: Sequence[tuple[Filing, Group]]
) -> Iterator[SayPrivately]:
    """Yield one message about one filing, or about several."""
    _, group = found[0]
    if len(found) == 1:
        yield from tell(context, person, group, opened_text(context, *found[0]))
        return
    found = sorted(found, key=lambda each: (each[0].due_on, each[0].id))
    at = f"{local(context.now):%m-%d %H:%M}"
    lines = [f"【备案】{len(found)} 个群有情况要向机关党委备案（{at}）"]
    room = _ROOM
    for shown, (filing, place) in enumerate(found):
        changes = [each for each in context.filings.changes(filing.id) if each.counts]
        what = "；".join(change_text(context, each) for each in changes)
        line = f"{filing.id} {place.name}　{what}　{due_text(context, filing)}"
        room -= len(line) + 1
        if shown and room < 0:
            lines.append(f"（没有列完，还有 {len(found) - shown} 件，回复“备案”看）")
            break
        lines.append(line)
    first = found[0][0].id
    lines.append(f"看哪件：备案 {first}　属实：备案 {first} 属实（可以一次写几个编号）")
    yield from tell(context, person, group, "\n".join(lines))


def _undo(
    context: Filings, filing: Filing, undone: Sequence[GroupChange], back: ChangeNoticed | None
) -> Iterator[Action]:
    """Take back what was changed back before it was filed; the rest is filed as it was.

    The change back is kept in the filing of the latest that it undoes.
    """
    known = context.filings.changes(filing.id)
    new = [] if back is None else [_change(back, filing, known)]
    if filing.state in RETURNED:
        filing = corrected(filing)
    elif not filing.is_forming:
        filing = replace(filing.sent_back(UNDONE), reason="")
        yield step(context, filing, Deed.SENT_BACK, detail=UNDONE)
    ended = [each.dismissed(None, context.now, UNDONE) for each in (*undone, *new)]
    fresh = {each.number: each for each in ended}
    judged = filing.judged([fresh.get(each.number, each) for each in (*known, *new)], context.now)
    judged = timed(context, judged) if judged.is_open else judged
    yield SaveFiling(filing=judged)
    yield SaveGroupChanges(changes=tuple(ended))
    items = "、".join(str(each.number) for each in ended)
    yield step(context, judged, Deed.UNDONE, detail=f"第{items}项")
    yield record(judged, Deed.UNDONE, detail=f"changes {items}")
    if judged.is_open:
        yield from _tell_soon(context, judged, context.groups.get(filing.group))
    else:
        yield Wake(key=f"{_UNDONE}:{filing.id}", at=soon(context))
    if judged.state is FilingState.CONFIRMED:
        yield from form_if_ready(context, judged.id)


def _tell_soon(context: Filings, filing: Filing, group: Group) -> Iterator[Action]:
    """Tell who is asked about it, after a while in which more may come, in working hours."""
    people = owners(context, group)
    for person in people:
        yield Wake(key=f"{TELL}:{person.id}", at=soon(context))
    if not people:
        yield Record(actor="bot", deed="filing.unreachable", subject=f"filing:{filing.id}")


def _not_filed(context: Filings, group: Group) -> Sequence[Filing]:
    """Return a group's filings that were not sent or came back, the latest first."""
    return [
        each
        for each in reversed(context.filings.open_of_group(group.id))
        if each.is_forming or each.state in {*_NOT_SENT, *RETURNED}
    ]


def _joined(filings: Sequence[Filing], event: ChangeNoticed) -> Filing | None:
    """Return the filing that a change joins; what is stated is first of all a correction."""
    stated = event.how is Noticed.STATED
    closing = event.kind.matter is Matter.CLOSING

    def rank(filing: Filing) -> int | None:
        if filing.is_forming:
            return 1
        if filing.state is FilingState.REFUSED or (filing.state in RETURNED and stated):
            return 0 if stated else 2
        return 3 if closing else None

    ranked = [(order, each) for each in filings if (order := rank(each)) is not None]
    return min(ranked, key=lambda each: each[0], default=(0, None))[1]


def _taken_back(filing: Filing, event: ChangeNoticed) -> tuple[Deed, str, Filing]:
    """Return a filing whose form is made anew because of a change, and how that is told."""
    closing = event.kind.matter is Matter.CLOSING
    if filing.state in RETURNED:
        taken = replace(filing.corrected(), reason="") if closing else corrected(filing)
        return Deed.CORRECTED, f"{event.kind.label}有变更", taken
    return Deed.SENT_BACK, _SUPERSEDED, replace(filing.sent_back(_SUPERSEDED), reason="")


def _is_known(changes: Sequence[GroupChange], event: ChangeNoticed) -> bool:
    """Whether the latest change of the same kind says the same: noticed twice, in two ways."""
    same = [each for each in changes if each.kind is event.kind and each.counts]
    return bool(same) and (same[-1].before, same[-1].after) == (event.before, event.after)


def _new(context: Filings, event: ChangeNoticed) -> Filing:
    return Filing(
        id=context.filings.next_id(),
        group=event.group,
        opened_at=context.now,
        starts_at=event.earliest_at,
        due_on=local(context.now).date(),
    )


def _change(event: ChangeNoticed, filing: Filing, known: Sequence[GroupChange]) -> GroupChange:
    return GroupChange(
        filing=filing.id,
        number=len(known) + 1,
        group=event.group,
        kind=event.kind,
        before=event.before,
        after=event.after,
        earliest_at=event.earliest_at,
        latest_at=max(event.earliest_at, event.latest_at),
        noticed_at=event.at,
        how=event.how,
    )


def _forming(context: Filings, person: Person) -> Sequence[Filing]:
    """Return the filings without a form that somebody may be asked about."""
    found = {each.id: each for each in context.filings.open_of(person.id) if each.is_forming}
    if (None, Role.COMMITTEE) in context.groups.roles_of(person.id):
        forming = context.filings.in_state(FilingState.NOTICED, FilingState.CONFIRMED)
        found |= {each.id: each for each in forming}
    return list(found.values())


def _was_told(context: Filings, change: GroupChange, person: Person) -> bool:
    return context.duties.done(_TOLD, _slot(change, person))


def _slot(change: GroupChange, person: Person) -> str:
    return f"{change.filing}:{change.number}:{person.id}"

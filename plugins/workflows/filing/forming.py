"""The form of a filing: made by itself once all is confirmed and nothing is missing (HS-8, HS-10/1)."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.calendar import local
from bot.model.action import Action, DutyDone, KeepEdition, SaveFiling, Wake
from bot.model.event import GroupAmended, RolesChanged, TimerDue
from bot.model.filing import (
    Deed,
    Edition,
    Filing,
    FilingState,
    GroupChange,
    Noticed,
)
from bot.model.group import Group
from bot.registration import entry_of
from plugins.forms.filing import content_of
from plugins.workflows.filing.news import NEWS, announce
from plugins.workflows.filing.people import lacking, owners
from plugins.workflows.filing.wording import Filings, head, record, step, tell, the_filing

AGAIN: Final = "filing.form"
_TOLD: Final = "filing.lacking"


def form_if_ready(context: Filings, number: int) -> Iterator[Action]:
    """Make the form of a filing that is confirmed, and show it to who approves.

    Where the register lacks something, the owner is told once what it is.
    """
    filing = the_filing(context, number)
    if not is_ready(context, filing):
        return
    group = context.groups.get(filing.group)
    if wanting := lacking(context, filing, group):
        yield from _ask_for(context, filing, group, wanting)
        return
    changes = context.filings.changes(filing.id)
    content = content_of(
        entry_of(context, group, context.now),
        filing,
        changes,
        office=context.office.name,
        filled_by=_filled_by(context, changes),
        on=local(context.now).date(),
    )
    filing = filing.formed(content, context.now)
    edition = Edition(filing=filing.id, number=filing.edition, content=content, made_at=context.now)
    yield SaveFiling(filing=filing)
    yield KeepEdition(edition=edition)
    detail = f"第{filing.edition}版，内容 sha256 {filing.content_hash}"
    yield step(context, filing, Deed.FORMED, detail=detail)
    yield record(filing, Deed.FORMED, detail=f"edition {filing.edition}")
    yield from announce(context, filing.id)


def is_ready(context: Filings, filing: Filing) -> bool:
    """Whether all is confirmed, and corrected where a form of it was sent back or refused."""
    if filing.state is not FilingState.CONFIRMED:
        return False
    formed_at = filing.formed_at
    if not filing.reason or formed_at is None:
        return True
    return any(
        each.noticed_at >= formed_at and each.how is Noticed.STATED
        if each.counts
        else each.noticed_at < formed_at <= (each.decided_at or formed_at)
        for each in context.filings.changes(filing.id)
    )


def amended(context: Filings, event: GroupAmended) -> Iterator[Action]:
    """Look again once what was stated stands in the register: nothing may be missing any more."""
    yield from _look_again(context, event.group)


def appointed(context: Filings, event: RolesChanged) -> Iterator[Action]:
    """Look again once a role has another holder; whose turn it now is hears what waits for him."""
    yield from _look_again(context, event.group)
    for filing in context.filings.open_of_group(event.group):
        if not filing.is_forming and filing.state.waits_for is event.role:
            yield Wake(key=f"{NEWS}:{filing.id}", at=context.now)


def again(context: Filings, event: TimerDue) -> Iterator[Action]:
    """Make a form that something was missing for, or tell now what could not be told at night."""
    name, _, number = event.key.partition(":")
    filing = context.filings.get(int(number)) if name == AGAIN else None
    if filing is not None:
        yield from form_if_ready(context, filing.id)


def _filled_by(context: Filings, changes: Sequence[GroupChange]) -> str:
    """Return who stands for what the form says: those who confirmed it."""
    people = dict.fromkeys(each.decided_by for each in changes if each.counts)
    named = [context.people.get(each).name for each in people if each is not None]
    return "、".join(named) or "（工作人员代填）"


def _look_again(context: Filings, group: int) -> Iterator[Action]:
    filing = context.filings.forming(group)
    if filing is not None and filing.state is FilingState.CONFIRMED:
        # A timer comes after all that this event brings; also a change that joins the filing.
        yield Wake(key=f"{AGAIN}:{filing.id}", at=context.now)


def _ask_for(
    context: Filings, filing: Filing, group: Group, wanting: Sequence[str]
) -> Iterator[Action]:
    slot = f"{filing.id}:{'、'.join(wanting)}"
    if context.duties.done(_TOLD, slot):
        return
    if not context.calendar.is_working_time(context.now):
        at = context.calendar.next_working_time(context.now)
        yield Wake(key=f"{AGAIN}:{filing.id}", at=at)
        return
    yield DutyDone(job=_TOLD, slot=slot)
    yield record(filing, Deed.FORMED, detail=f"not yet, {len(wanting)} fields are missing")
    text = (
        f"{head(filing, group)}　还不能填表\n"
        f"登记还缺：{'、'.join(wanting)}。\n"
        "请告诉办公室补上（qungui group edit），补齐后自动填表送审，不用回复。"
    )
    for person in owners(context, group):
        yield from tell(context, person, group, text)

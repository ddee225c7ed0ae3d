"""What waited until it was certain whose account it is: filings that are his to do are told."""

from collections.abc import Iterator

from bot.model.action import Action, Wake
from bot.model.event import AccountConfirmed
from bot.model.group import Role
from plugins.workflows.filing.opening import TELL, soon
from plugins.workflows.filing.people import turn
from plugins.workflows.filing.wording import Filings, state_line, tell

_SHOWN = 12


def confirmed(context: Filings, event: AccountConfirmed) -> Iterator[Action]:
    """Tell somebody what he was not told of yet, and what waits for his answer."""
    person = context.people.get(event.person)
    yield Wake(key=f"{TELL}:{person.id}", at=soon(context))
    officer = (None, Role.COMMITTEE) in context.groups.roles_of(person.id)
    found = context.filings.open() if officer else context.filings.open_of(person.id)
    waiting = []
    for filing in found:
        group = context.groups.get(filing.group)
        if not filing.is_forming and group.account == event.account:
            waiting += [(filing, group)] if person in turn(context, filing, group) else []
    if not waiting:
        return
    lines = [f"【备案】{len(waiting)} 件一直在等您："]
    lines += [state_line(context, filing, group) for filing, group in waiting[:_SHOWN]]
    if len(waiting) > _SHOWN:
        lines.append(f"（还有 {len(waiting) - _SHOWN} 件，回复“备案”看）")
    lines.append(f"看哪件请回复：备案 {waiting[0][0].id}")
    yield from tell(context, person, waiting[0][1], "\n".join(lines))

"""What waited until it was certain whose account it is: told at once, nobody about himself."""

from collections.abc import Iterator
from typing import Final

from bot.model.action import Action, Lane, SayPrivately
from bot.model.alert import Alert, AlertState
from bot.model.event import AccountConfirmed
from plugins.workflows.alerts.matters import about
from plugins.workflows.alerts.telling import first_recipient, pass_on, send
from plugins.workflows.alerts.wording import Alerts, listed, verbs

_ONE_BY_ONE: Final = 3
_ROOM: Final = 650


def confirmed(context: Alerts, event: AccountConfirmed) -> Iterator[Action]:
    """Tell somebody what is open under his number, and pass on what turns out to be about him."""
    person = context.people.get(event.person)
    mine: list[Alert] = []
    for alert in context.alerts.open_of(person.id):
        group = context.groups.get(alert.group)
        if about(context, alert, group, person):
            yield from _to_another(context, alert)
        elif group.account == event.account and alert.state is not AlertState.HELD:
            mine.append(alert)
    if len(mine) <= _ONE_BY_ONE:
        for alert in mine:
            yield from send(context, alert, context.groups.get(alert.group))
        return
    mine.sort(key=lambda each: (each.group, each.number))
    head = f"【待办 {len(mine)} 件】这些一直在等您："
    first = mine[0]
    yield SayPrivately(
        account=event.account,
        lane=Lane.ALERT,
        ref=f"digest:{first.id}",
        user=event.user,
        text=f"{head}\n{listed(context, mine, _ROOM)}\n按编号回复，例如：看{first.number}"
        f"  {verbs(context, first, context.groups.get(first.group))}",
        marker=head,
    )


def _to_another(context: Alerts, alert: Alert) -> Iterator[Action]:
    group = context.groups.get(alert.group)
    upper = first_recipient(context, group, alert.sender, alert.sender_card)
    told = {each.recipient for each in context.alerts.family(alert)}
    if upper is not None and upper[1].id not in told:
        yield from pass_on(context, alert, group, *upper)

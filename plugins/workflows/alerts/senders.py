"""Who wrote what an alert is about, also where ids of people change with each login."""

from typing import Final

from bot.model.event import Ability
from bot.model.group import Group, Person, Role
from plugins.workflows.alerts.wording import Alerts

_HOLDERS: Final = (Role.OWNER, Role.ADMINISTRATOR, Role.LEADER)


def sender_of(context: Alerts, group: Group, sender: str, card: str) -> Person | None:
    """Return who wrote something: by his account, as it is confirmed or was at an earlier login.

    Where ids change, who has a duty is also taken for the sender when the card bears his name:
    nobody receives or judges what may be a finding about himself.
    """
    known = context.people.once_with_account(group.platform, sender)
    if known is not None:
        return known
    if Ability.STABLE_IDS in context.abilities.get(group.account, frozenset()):
        return None
    people = [each for role in _HOLDERS for each in context.groups.holders(group.id, role)]
    people += [
        each for role in (Role.COMMITTEE, Role.DUTY) for each in context.groups.in_office(role)
    ]
    return next((each for each in people if each.name and each.name in card), None)

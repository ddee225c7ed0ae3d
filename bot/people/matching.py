"""A whole group at once: whose accounts its unconfirmed members may be, nobody proposed twice."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from bot.model.group import Group
from bot.model.member import KnownMember
from bot.people.proposal import Proposal
from bot.people.roster import Roster, without_rivals


def match_members(
    roster: Roster,
    group: Group,
    members: Sequence[KnownMember],
    *,
    earlier: Iterable[KnownMember] = (),
    on: date,
) -> dict[int, Proposal]:
    """Return a proposal for each member without a confirmed real name, by his number.

    Robots are left out. `earlier` are those who were confirmed in the group before: who is shown
    exactly like one of them may be him, after a login that changed all ids.
    """
    before: defaultdict[str, set[int]] = defaultdict(set)
    for known in earlier:
        if known.person is not None and known.shown:
            before[known.shown].add(known.person)
    found = {}
    for each in members:
        if each.person is None and not each.robot:
            alike = before[each.shown]
            found[each.number] = roster.propose(
                card=each.card,
                nickname=each.nickname,
                unit=group.unit,
                on=on,
                earlier=next(iter(alike)) if len(alike) == 1 else None,
            )
    return without_rivals(found, [each.person for each in members if each.person is not None])

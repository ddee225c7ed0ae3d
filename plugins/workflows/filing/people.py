"""Who is concerned with a filing: who confirms, who approves, who receives, whose turn it is."""

from collections.abc import Sequence
from typing import Final, Protocol

from bot.calendar import local
from bot.model.filing import Filing, FilingState, Way, matter_of, missing
from bot.model.group import Group, Person, Role
from bot.model.port import Filings as FilingsReader
from bot.model.port import Groups
from plugins.workflows.filing.wording import Filings

_CONFIRM: Final = (Role.OWNER, Role.ADMINISTRATOR, Role.LEADER, Role.COMMITTEE)


def people_of(context: Filings, group: Group, role: Role) -> Sequence[Person]:
    """Return who holds a role for a group and can be written to; no leavers."""
    today = local(context.now).date()
    held = (
        context.groups.in_office(role) if role.of_office else context.groups.holders(group.id, role)
    )
    return [
        each
        for each in held
        if (each.left_on is None or each.left_on >= today)
        and context.people.account_of(each.id, group.account) is not None
    ]


def owners(context: Filings, group: Group) -> Sequence[Person]:
    """Return who is asked about changes: the owner; without one whoever comes after him."""
    found = (people_of(context, group, role) for role in _CONFIRM)
    return next((each for each in found if each), ())


def officers(context: Filings, group: Group) -> Sequence[Person]:
    """Return who receives filings: the committee office."""
    return people_of(context, group, Role.COMMITTEE)


def confirmers(context: Filings, filing: Filing) -> frozenset[int]:
    """Return who has decided about the changes that stand in a filing."""
    return frozenset(
        each.decided_by
        for each in context.filings.changes(filing.id)
        if each.counts and each.decided_by is not None
    )


def approvers(context: Filings, filing: Filing, group: Group) -> Sequence[Person]:
    """Return who approves: the leaders in charge; nobody his own word, then it is the office."""
    own = confirmers(context, filing)
    for role in (Role.LEADER, Role.COMMITTEE):
        found = [each for each in people_of(context, group, role) if each.id not in own]
        if found:
            return found
    return ()


def turn(context: Filings, filing: Filing, group: Group) -> Sequence[Person]:
    """Return whose turn it is; nobody while the bot itself is at it."""
    role = filing.state.waits_for
    if role is Role.LEADER:
        return approvers(context, filing, group)
    if role is Role.COMMITTEE:
        return officers(context, group)
    by_hand = filing.state is FilingState.APPROVED and context.settings.way == Way.BY_HAND.value
    return owners(context, group) if role is Role.OWNER or by_hand else ()


class Registers(Protocol):
    """What is read to see whether a form can be made; a Context is one, and the store."""

    @property
    def groups(self) -> Groups:
        """The register of groups."""

    @property
    def filings(self) -> FilingsReader:
        """The filings."""


def lacking(records: Registers, filing: Filing, group: Group) -> Sequence[str]:
    """Return what the register lacks for a filing's form, as people call it (HS-8, HS-10/1)."""
    holders = records.groups.holders
    return missing(
        group,
        owners=holders(group.id, Role.OWNER),
        administrators=holders(group.id, Role.ADMINISTRATOR),
        leaders=holders(group.id, Role.LEADER),
        matter=matter_of(records.filings.changes(filing.id)),
    )


def may_approve(records: Registers, filing: Filing) -> Sequence[Person]:
    """Return who may have approved on paper: as `approvers`, also without an account."""
    changes = records.filings.changes(filing.id)
    own = {each.decided_by for each in changes if each.counts}
    held = (
        records.groups.holders(filing.group, Role.LEADER),
        records.groups.in_office(Role.COMMITTEE),
    )
    found = ([each for each in people if each.id not in own] for people in held)
    return next((each for each in found if each), ())


def named_in(records: Registers, filing: Filing) -> Sequence[int]:
    """Return whom a form may name: who holds a role in the group, confirmed or approved."""
    roles = (Role.OWNER, Role.ADMINISTRATOR, Role.LEADER)
    held = {each.id for role in roles for each in records.groups.holders(filing.group, role)}
    decided = {each.decided_by for each in records.filings.changes(filing.id)}
    return sorted(each for each in held | decided | {filing.approved_by} if each is not None)

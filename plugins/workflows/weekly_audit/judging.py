"""Who needs a decision: a group's members, compared with the roster."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.calendar import local
from bot.model.group import Group, Person, Role
from bot.model.member import KnownMember
from bot.model.weekly_audit import AuditReason
from bot.people.matching import match_members
from bot.people.proposal import Proposal, Reason, Verdict
from bot.people.roster import Roster
from bot.plugin import Context

_UNREADABLE = {Reason.NO_NAME, Reason.SHARED, Reason.RELATIVE}
_OF_THE_UNIT = {None, Role.OWNER, Role.ADMINISTRATOR}
_CHOICES = 3
_WORD = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """Somebody who needs a decision, and why; `person` is confirmed, `proposed` are not."""

    member: KnownMember
    reason: AuditReason
    person: int | None = None
    proposed: tuple[int, ...] = ()
    on: date | None = None


def doubts(context: Context[Any], group: Group) -> list[Doubt]:
    """Return who of a group's kept members needs a decision, by number.

    Who may still get a record in time (the join gate's term) is left in peace.
    """
    roster, today = context.roster(), local(context.now).date()
    own = {account.partition(":")[2] for account in {group.account, *context.abilities}}
    members = [each for each in context.members.of(group.id) if each.user not in own]
    duty = _duty(context, group)
    known = [each for each in members if each.person is not None and not each.robot]
    found = {each.user: _of_known(roster, each, group, today, duty) for each in known}
    found |= {
        each.user: Doubt(member=each, reason=AuditReason.ROBOT) for each in members if each.robot
    }
    proposals = match_members(
        roster, group, members, earlier=context.members.earlier(group.id), on=today
    )
    found |= {
        each.user: _of_unknown(each, proposals[each.number])
        for each in members
        if each.number in proposals and not _in_term(each, today)
    }
    return [doubt for each in members if (doubt := found.get(each.user)) is not None]


def _duty(context: Context[Any], group: Group) -> dict[int, Role]:
    """Return who is in the group because of a role, whatever his unit, and his highest role."""
    return {
        person.id: role
        for role in (Role.ADMINISTRATOR, Role.OWNER, Role.DUTY, Role.LEADER, Role.COMMITTEE)
        for person in (
            context.groups.in_office(role)
            if role.of_office
            else context.groups.holders(group.id, role)
        )
    }


def _in_term(member: KnownMember, today: date) -> bool:
    return member.due_on is not None and today <= member.due_on


def _of_known(
    roster: Roster, member: KnownMember, group: Group, today: date, duty: dict[int, Role]
) -> Doubt | None:
    assert member.person is not None
    person = roster.get(member.person)
    own_card = person is not None and _is_own(member.card, person)
    proposal = roster.propose(
        card="" if own_card else member.card,
        nickname="" if own_card else member.nickname,
        unit=group.unit,
        on=today,
        earlier=member.person,
    )
    named = person is not None and person.name in member.shown
    role = duty.get(member.person)
    if proposal.verdict is Verdict.LEFT:
        reason = AuditReason.LEFT
    elif proposal.verdict is Verdict.MOVED and role in _OF_THE_UNIT:
        reason = AuditReason.MOVED
    elif role is not None:
        return None
    elif proposal.person is None and not named:
        reason = AuditReason.UNKNOWN_ACCOUNT
    elif not roster.is_of(member.person, group.unit):
        reason = AuditReason.OTHER_UNIT
    else:
        return None
    return Doubt(member=member, reason=reason, person=member.person, on=proposal.since)


def _is_own(card: str, person: Person) -> bool:
    """Whether a card says no more than who he is, so that nothing is to be weighed."""
    rest = card.replace(person.name, "", 1)
    return rest != card and not _WORD.search(rest.replace(person.unit, "", 1))


def _of_unknown(member: KnownMember, proposal: Proposal) -> Doubt:
    return Doubt(
        member=member,
        reason=_reason(member, proposal),
        proposed=tuple(each.id for each in proposal.people[:_CHOICES]),
        on=proposal.since or member.due_on,
    )


def _reason(member: KnownMember, proposal: Proposal) -> AuditReason:
    said = set(proposal.reasons)
    named = {Verdict.LEFT: AuditReason.LEFT, Verdict.MOVED: AuditReason.MOVED}
    if proposal.verdict in named:
        return named[proposal.verdict]
    if Reason.SAME_NAME in said:
        return AuditReason.SAME_NAME
    if Reason.CLAIMED_TWICE in said or not member.shown or said & _UNREADABLE:
        return AuditReason.UNKNOWN_ACCOUNT
    return AuditReason.OTHER_UNIT if Reason.OTHER_UNIT in said else AuditReason.NO_RECORD

"""Whom an alert is told: the owner, after him duty and leader; nobody twice or about himself."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.model.action import Action, Lane, Record, SaveAlert, SayPrivately, Wake
from bot.model.alert import Alert
from bot.model.finding import Finding, Severity
from bot.model.group import Group, Person, Role
from plugins.workflows.alerts.holding import of_trial
from plugins.workflows.alerts.secret import wake_secret
from plugins.workflows.alerts.senders import sender_of
from plugins.workflows.alerts.wording import Alerts, alert_text, marker

UNDECIDED: Final = "alerts.undecided"
_CHAIN: Final = (Role.OWNER, Role.DUTY, Role.LEADER)
_SECRET_CHAIN: Final = (*_CHAIN, Role.COMMITTEE)


def tell(
    context: Alerts, alert: Alert, group: Group, findings: Sequence[Finding] = ()
) -> Iterator[Action]:
    """Send an alert to its recipient now, and wait for his decision.

    `findings` are those under the alert, where they are not recorded yet.
    """
    yield from shown(context, alert, group)
    if alert.classified and alert.source is None:
        yield from wake_secret(alert)
    yield from send(context, alert, group, findings)


def send(
    context: Alerts, alert: Alert, group: Group, findings: Sequence[Finding] = ()
) -> Iterator[Action]:
    """Write an alert to its recipient; one whose account is not confirmed gets it when it is."""
    user = context.people.account_of(alert.recipient, group.account)
    if user is None:
        yield Record(actor="bot", deed="alert.unreachable", subject=f"alert:{alert.id}")
        return
    findings = findings or context.findings.of_alert(alert.source or alert.id)
    yield SayPrivately(
        account=group.account,
        lane=Lane.CRITICAL if alert.severity is Severity.CRITICAL else Lane.ALERT,
        ref=f"alert:{alert.id}",
        user=user,
        text=alert_text(context, alert, group, findings),
        marker=marker(alert),
        via_group=group.platform_id,
    )


def shown(context: Alerts, alert: Alert, group: Group) -> Iterator[Action]:
    """Keep that an alert was told, and when silence carries it on."""
    settings = context.settings
    if alert.classified:
        due_at = context.now + timedelta(minutes=settings.decide_minutes)
    else:
        due_at = context.calendar.working_minutes_after(context.now, settings.decide_minutes)
    yield SaveAlert(alert=alert.told(context.now, due_at))
    if alert.at_once and (alert.classified or not of_trial(group, alert)):
        yield Wake(key=f"{UNDECIDED}:{alert.id}", at=due_at)


def pass_on(
    context: Alerts, alert: Alert, group: Group, role: Role, person: Person
) -> Iterator[Action]:
    """Open the same matter for somebody further up and tell him."""
    upper = Alert(
        id=context.alerts.next_id(),
        group=alert.group,
        rule=alert.rule,
        topic=alert.topic,
        severity=alert.severity,
        sender=alert.sender,
        sender_card=alert.sender_card,
        recipient=person.id,
        tier=role,
        number=context.alerts.next_number(person.id),
        opened_at=context.now,
        first_posted_at=alert.first_posted_at,
        count=alert.count,
        message_id=alert.message_id,
        clauses=alert.clauses,
        source=alert.source or alert.id,
        caught_up=alert.caught_up,
    )
    yield SaveAlert(alert=upper)
    yield Record(
        actor="bot",
        deed="alert.passed_on",
        subject=f"alert:{alert.id}",
        detail=f"to {role.value} as alert:{upper.id}",
    )
    yield from tell(context, upper, group)


def first_recipient(
    context: Alerts, group: Group, sender: str, card: str
) -> tuple[Role, Person] | None:
    """Return who is told first: the owner; about the owner the leader; about him the office."""
    person = sender_of(context, group, sender, card)
    roles = {
        role
        for where, role in (context.groups.roles_of(person.id) if person else ())
        if where in {None, group.id}
    }
    if Role.LEADER in roles:
        chain: tuple[Role, ...] = (Role.COMMITTEE,)
    elif Role.OWNER in roles or sender == group.owner_user:
        chain = (Role.LEADER, Role.COMMITTEE)
    else:
        chain = (Role.OWNER, Role.LEADER, Role.COMMITTEE)
    for role in chain:
        for holder in holders(context, group, role):
            if person is None or holder.id != person.id:
                return role, holder
    return None


def next_recipient(context: Alerts, group: Group, alert: Alert) -> tuple[Role, Person] | None:
    """Return who is told after an alert's recipient: nobody twice, nobody about himself.

    Who can be written to goes before those whose account is not confirmed.
    """
    chain = _SECRET_CHAIN if alert.classified else _CHAIN
    family = {each.recipient for each in context.alerts.family(alert)}
    sender = sender_of(context, group, alert.sender, alert.sender_card)
    after = chain.index(alert.tier) + 1 if alert.tier in chain else len(chain)
    found = [
        (role, holder)
        for role in chain[after:]
        for holder in holders(context, group, role)
        if holder.id not in family and (sender is None or holder.id != sender.id)
    ]
    reached = (
        each for each in found if context.people.account_of(each[1].id, group.account) is not None
    )
    return next(reached, found[0] if found else None)


def holders(context: Alerts, group: Group, role: Role) -> Sequence[Person]:
    """Return who holds a role, in the group or in the office."""
    if role.of_office:
        return context.groups.in_office(role)
    return context.groups.holders(group.id, role)

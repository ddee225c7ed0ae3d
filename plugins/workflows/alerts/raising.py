"""From a finding to an alert: merge, hold or tell, and escalate when nobody decides."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.model.action import (
    Action,
    AttachFindings,
    Record,
    SaveAlert,
    SayInGroup,
    Wake,
)
from bot.model.alert import Alert, AlertState, low_key
from bot.model.event import FindingsMade, OutcomeState, OutgoingSettled, TimerDue
from bot.model.finding import Finding, Severity
from bot.model.group import Group, Role
from plugins.workflows.alerts.digests import digest
from plugins.workflows.alerts.holding import DIGEST, FLOOD, held_for, in_flood, once, paused
from plugins.workflows.alerts.secret import SECRET, remind_of_secret
from plugins.workflows.alerts.telling import (
    UNDECIDED,
    first_recipient,
    next_recipient,
    pass_on,
    tell,
)
from plugins.workflows.alerts.wording import NUDGE, Alerts

_MOMENT: Final = timedelta(minutes=1)
_NUDGED: Final = timedelta(hours=1)


def raise_alerts(context: Alerts, event: FindingsMade) -> Iterator[Action]:
    """Tell the right person of findings, or hold them for a digest.

    One message is one matter: its gravest finding leads, the others stand under the same alert.
    """
    group = context.groups.get(event.group)
    lead = max(event.findings, key=_gravity)
    findings = sorted(event.findings, key=lambda each: each.rule != lead.rule)
    yield from _raise(context, group, findings)


def _gravity(finding: Finding) -> tuple[bool, bool, Severity]:
    return finding.classified, not low_key(finding.topic, finding.rule), finding.severity


def _raise(context: Alerts, group: Group, findings: Sequence[Finding]) -> Iterator[Action]:
    first = findings[0]
    severity = max(each.severity for each in findings if each.rule == first.rule)
    chosen = first_recipient(context, group, first.sender, first.sender_card)
    if chosen is None:
        yield Record(actor="bot", deed="alert.nobody", subject=f"group:{group.id}")
        return
    tier, recipient = chosen
    known = None
    if not first.classified:  # a state secret is told alone, each time
        known = context.alerts.merging(
            group=group.id,
            rule=first.rule,
            sender=first.sender,
            recipient=recipient.id,
            since=context.now - timedelta(minutes=context.settings.merge_minutes),
        )
    if known is not None:
        alert = known.grown(1, severity)
        told_before = known.state is AlertState.OPEN and alert.at_once == known.at_once
    else:
        alert = Alert(
            id=context.alerts.next_id(),
            group=group.id,
            rule=first.rule,
            topic=first.topic,
            severity=severity,
            sender=first.sender,
            sender_card=first.sender_card,
            recipient=recipient.id,
            tier=tier,
            number=context.alerts.next_number(recipient.id),
            state=AlertState.HELD,
            opened_at=context.now,
            first_posted_at=first.posted_at,
            message_id=first.message_id,
            clauses=first.clauses,
            caught_up=first.caught_up,
        )
        told_before = False
        if alert.low_key and tier is not Role.OWNER:
            # It can only ask the owner to look: about himself it asks nobody.
            yield Record(actor="bot", deed="alert.low_key", subject=f"group:{group.id}")
            return
        yield Record(
            actor="bot",
            deed="alert.opened",
            subject=f"alert:{alert.id}",
            detail=f"group:{group.id} rule:{alert.rule} {severity.word}",
        )
    held = held_for(context, group, alert)
    if held is None and not told_before:
        yield from tell(context, alert, group, () if known else findings)
    else:
        yield SaveAlert(alert=alert)
    yield AttachFindings(findings=tuple(each.id for each in findings), alert=alert.id)
    if held is not None and alert.state is AlertState.HELD:
        yield held


def carry_on(context: Alerts, event: TimerDue) -> Iterator[Action]:
    """Do what a timer of ours asks: escalate, send a digest, or recall the 24-hour clock."""
    name, _, rest = event.key.partition(":")
    if name == UNDECIDED:
        yield from _escalate(context, int(rest))
    elif name == DIGEST:
        person, kind = rest.split(":")[:2]
        yield from digest(context, int(person), kind)
    elif name == SECRET:
        number, _, hours = rest.partition(":")
        yield from remind_of_secret(context, int(number), int(hours))


def _escalate(context: Alerts, number: int) -> Iterator[Action]:
    alert = context.alerts.get(number)
    if alert is None or not alert.is_open:
        return
    group = context.groups.get(alert.group)
    again = f"{UNDECIDED}:{alert.id}"
    if alert.state is AlertState.RECALLING:
        yield Wake(key=again, at=context.now + _MOMENT)
    elif alert.severity is not Severity.CRITICAL and paused(context, group):
        assert group.paused_until is not None
        yield Wake(key=again, at=group.paused_until)
    elif (upper := next_recipient(context, group, alert)) is not None:
        yield from pass_on(context, alert, group, *upper)


def notice_delivery(context: Alerts, event: OutgoingSettled) -> Iterator[Action]:
    """Say “请私聊我：待办” in the group where a private alert did not certainly arrive."""
    name, _, number = event.ref.partition(":")
    if event.state is OutcomeState.DONE or name not in {"alert", "digest", FLOOD}:
        return
    alert = context.alerts.get(int(number))
    if alert is None or not alert.is_open:
        return
    yield Record(
        actor="bot",
        deed=f"alert.delivery_{event.state.value}",
        subject=f"alert:{alert.id}",
        detail=event.reason,
    )
    group = context.groups.get(alert.group)
    nudged = f"nudge:{group.id}"
    user = context.people.account_of(alert.recipient, group.account)
    if (
        alert.tier is not Role.OWNER
        or user is None
        or name == FLOOD
        or in_flood(context, alert.recipient)
        or context.dialogues.open_with(alert.recipient, nudged, now=context.now)
    ):
        return
    yield once(alert.recipient, nudged, context.now + _NUDGED)
    yield SayInGroup(
        account=group.account,
        group=group.platform_id,
        mention=user,
        text=NUDGE,
        marker=NUDGE,
    )

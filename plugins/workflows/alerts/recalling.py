"""A recall is believed only when an event or the platform's own record shows it."""

from collections.abc import Iterator
from datetime import timedelta

from bot.model.action import Action, Lane, LookUp, MarkRecalled, SaveAlert, SayPrivately, Wake
from bot.model.alert import Alert, AlertState
from bot.model.event import (
    MessageLookedUp,
    MessageRecalled,
    OutcomeState,
    OutgoingSettled,
    Presence,
    TimerDue,
)
from bot.model.group import Group
from plugins.workflows.alerts.closing import settle_recall
from plugins.workflows.alerts.wording import Alerts, not_recalled

CHECK = "alerts.recall"
CHECK_AFTER = timedelta(seconds=8)


def answered(context: Alerts, event: OutgoingSettled) -> Iterator[Action]:
    """Wait for the proof of a recall, or say at once that it was refused."""
    name, _, number = event.ref.partition(":")
    if name != "recall":
        return
    alert = context.alerts.get(int(number))
    if alert is None or alert.state is not AlertState.RECALLING:
        return
    if event.state is OutcomeState.FAILED:
        yield from _did_not_happen(context, alert, "平台拒绝了撤回")
    else:
        yield Wake(key=f"{CHECK}:{alert.id}", at=context.now + CHECK_AFTER)


def shown(context: Alerts, event: MessageRecalled) -> Iterator[Action]:
    """Believe a recall that the platform reports."""
    yield from _gone(context, event.account, event.group, event.message_id)


def look_again(context: Alerts, event: TimerDue) -> Iterator[Action]:
    """Ask the platform whether the messages still stand, when no event showed the recall."""
    name, _, number = event.key.partition(":")
    if name != CHECK:
        return
    alert = context.alerts.get(int(number))
    if alert is None or alert.state is not AlertState.RECALLING:
        return
    group = context.groups.get(alert.group)
    for message_id in _standing(context, alert):
        yield LookUp(
            account=group.account,
            lane=Lane.DIGEST,
            ref=f"look:{alert.id}",
            group=group.platform_id,
            message_id=message_id,
        )


def looked_up(context: Alerts, event: MessageLookedUp) -> Iterator[Action]:
    """Believe, or deny, a recall by what the platform still holds."""
    if event.presence is Presence.GONE:
        yield from _gone(context, event.account, event.group, event.message_id)
        return
    group = _group(context, event.account, event.group)
    if group is None:
        return
    sentence = (
        "平台说已撤回，但消息还在群里"
        if event.presence is Presence.PRESENT
        else "没有看到撤回成功的凭据"
    )
    for alert in context.alerts.on_message(group.id, event.message_id):
        if alert.state is AlertState.RECALLING:
            yield from _did_not_happen(context, alert, sentence)


def not_answered(context: Alerts, event: OutgoingSettled) -> Iterator[Action]:
    """Say that nobody can tell when even the look-up failed."""
    name, _, number = event.ref.partition(":")
    if name != "look" or event.state is OutcomeState.DONE:
        return
    alert = context.alerts.get(int(number))
    if alert is not None and alert.state is AlertState.RECALLING:
        yield from _did_not_happen(context, alert, "没有看到撤回成功的凭据")


def _gone(context: Alerts, account: str, platform_id: str, message_id: str) -> Iterator[Action]:
    group = _group(context, account, platform_id)
    if group is None:
        return
    yield MarkRecalled(group=group.id, message_id=message_id)
    for alert in context.alerts.on_message(group.id, message_id):
        if alert.state is not AlertState.RECALLING or _standing(context, alert):
            continue
        assert alert.decided_by is not None
        person = context.people.get(alert.decided_by)
        yield from settle_recall(context, alert, person, group)


def _did_not_happen(context: Alerts, alert: Alert, what: str) -> Iterator[Action]:
    assert alert.decided_by is not None
    group = context.groups.get(alert.group)
    user = context.people.account_of(alert.decided_by, group.account)
    yield SaveAlert(alert=alert.still_standing())
    if user is not None:
        yield SayPrivately(
            account=group.account,
            user=user,
            text=not_recalled(alert, what),
            marker=f"{alert.number} 号没有撤回成功",
            via_group=group.platform_id,
        )


def _standing(context: Alerts, alert: Alert) -> list[str]:
    findings = context.findings.of_alert(alert.source or alert.id)
    return list(dict.fromkeys(each.message_id for each in findings if each.recalled_at is None))


def _group(context: Alerts, account: str, platform_id: str) -> Group | None:
    platform, _, _ = account.partition(":")
    return context.groups.at(platform, platform_id)

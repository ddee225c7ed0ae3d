"""Digests: what waited for its hour, in one private message."""

from collections.abc import Iterator

from bot.model.action import Action, Lane, Record, SayPrivately
from bot.model.alert import Alert
from bot.model.finding import Severity
from bot.model.group import Group
from plugins.workflows.alerts.holding import (
    CAUGHT_UP,
    FLOOD,
    REGULAR,
    TRIAL,
    of_trial,
    paused,
    wake_digest,
)
from plugins.workflows.alerts.telling import shown
from plugins.workflows.alerts.wording import Alerts, clock, listed, severity_note, verbs

_ROOM = 650


def digest(context: Alerts, person: int, kind: str) -> Iterator[Action]:
    """Tell a person in one message what has waited for this digest."""
    held: list[Alert] = []
    groups: dict[int, Group] = {}
    for alert in context.alerts.held():
        if alert.recipient != person:
            continue
        group = groups.setdefault(alert.group, context.groups.get(alert.group))
        if of_trial(group, alert) is not (kind == TRIAL):
            continue
        if kind == CAUGHT_UP and not alert.caught_up:
            continue
        if kind != TRIAL and paused(context, group):
            assert group.paused_until is not None
            yield wake_digest(person, REGULAR, group.paused_until)
            continue
        held.append(alert)
    if not held:
        return
    held.sort(key=lambda alert: (alert.group, -alert.severity, alert.number))
    for alert in held:
        yield from shown(context, alert, groups[alert.group])
    first = held[0]
    group = groups[first.group]
    user = context.people.account_of(person, group.account)
    if user is None:
        yield Record(actor="bot", deed="alert.unreachable", subject=f"alert:{first.id}")
        return
    title = {TRIAL: "试运行汇总", CAUGHT_UP: "补查汇总", FLOOD: "集中汇总"}.get(kind, "汇总")
    head = f"【{title} {len(held)} 件】{clock(context, context.now)}"
    urgent = any(alert.at_once for alert in held) and kind != TRIAL
    note = severity_note(Severity.HIGH if urgent else Severity.LOW)
    yield SayPrivately(
        account=group.account,
        lane=Lane.DIGEST,
        ref=f"{FLOOD if kind == FLOOD else 'digest'}:{first.id}",
        user=user,
        text=f"{head} {note}\n{listed(context, held, _ROOM)}\n"
        f"按编号回复，例如：看{first.number}  {verbs(context, first, group)}",
        marker=head,
        via_group=group.platform_id,
    )


def release(context: Alerts, group: Group) -> Iterator[Action]:
    """Tell soon what a pause of the group held back."""
    for person in {each.recipient for each in context.alerts.held() if each.group == group.id}:
        yield wake_digest(person, REGULAR, context.now)

"""The 24-hour clock of classified matter, until it is entered as reported."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.model.action import Action, Lane, SayPrivately, Wake
from bot.model.alert import Alert, Decision
from bot.model.group import Role
from plugins.workflows.alerts.senders import sender_of
from plugins.workflows.alerts.wording import REPORT_WITHIN, Alerts, clock, report_until, who

SECRET: Final = "alerts.secret"  # noqa: S105 - the key of a timer


def wake_secret(alert: Alert) -> Iterator[Wake]:
    """Return the timers of the 24-hour clock: four hours before its end, and at it."""
    for hours in (20, 24):
        at = alert.first_posted_at + timedelta(hours=hours)
        yield Wake(key=f"{SECRET}:{alert.id}:{hours}", at=at)


def remind_of_secret(context: Alerts, number: int, hours: int) -> Iterator[Action]:
    """Remind everybody who can report, unless leader, office or a false alarm ended the matter."""
    alert = context.alerts.get(number)
    if alert is None:
        return
    family = context.alerts.family(alert)
    if any(
        each.decision is Decision.FALSE_POSITIVE
        or (each.decision is not None and each.tier in {Role.LEADER, Role.COMMITTEE})
        for each in family
    ):
        return
    group = context.groups.get(alert.group)
    over = context.now >= alert.first_posted_at + REPORT_WITHIN
    if over and timedelta(hours=hours) < REPORT_WITHIN:
        return
    told = {each.recipient: each for each in family}
    people = [
        *told,
        *(
            holder.id
            for role in (Role.LEADER, Role.COMMITTEE)
            for holder in (
                context.groups.in_office(role)
                if role.of_office
                else context.groups.holders(group.id, role)
            )
        ),
    ]
    sender = sender_of(context, group, alert.sender, alert.sender_card)
    hours_left = round((alert.first_posted_at + REPORT_WITHIN - context.now).total_seconds() / 3600)
    left = "已满 24 小时" if over else f"还剩 {hours_left} 小时（到 {report_until(alert)}）"
    for person in dict.fromkeys(people):
        user = context.people.account_of(person, group.account)
        if user is None or (sender is not None and sender.id == person):
            continue
        mine = told.get(person)
        answer = ""
        if mine is not None and mine.is_open:
            verb = "确认" if mine.tier in {Role.LEADER, Role.COMMITTEE} else "上报"
            answer = f"报告后请回复：{verb}{mine.number}"
        yield SayPrivately(
            account=group.account,
            lane=Lane.CRITICAL,
            user=user,
            text=f"【涉密时限】{left}：{group.name} {clock(context, alert.first_posted_at)}"
            f" {who(context, alert, group)}的疑似涉密事项还没有登记为已报告保密办。{answer}",
            marker="【涉密时限】",
            via_group=group.platform_id,
        )

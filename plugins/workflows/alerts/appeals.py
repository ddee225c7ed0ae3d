"""申诉: the sender objects, and the office hears it."""

from collections.abc import Iterator

from bot.model.action import Action, Lane, Record, SaveAppeal, SayPrivately
from bot.model.alert import Appeal
from bot.model.errors import BotError
from bot.model.group import Role
from bot.plugin import Asked
from plugins.workflows.alerts.handling import reply
from plugins.workflows.alerts.wording import Alerts, cited, clock


def appeal(context: Alerts, asked: Asked) -> Iterator[Action]:
    """Take an objection to what was done about one's own message, and pass it to the office."""
    platform, _, _ = asked.event.account.partition(":")
    mine = [each for each in context.alerts.against(platform, asked.event.user) if each.decision]
    if asked.numbers:
        mine = [each for each in mine if each.id % 1000 == asked.numbers[0]]
    if not mine:
        raise BotError("没有找到可以申诉的处置。编号见给您的告知，例如：申诉12 理由。")
    if len(mine) > 1 and not asked.numbers:
        numbers = "、".join(str(each.id % 1000) for each in mine[:5])
        raise BotError(f"请写上编号，例如：申诉{mine[0].id % 1000} 理由（可申诉：{numbers}）。")
    if not asked.rest:
        raise BotError(f"请写明理由，例如：申诉{mine[0].id % 1000} 这是工作通知。")
    alert = mine[0]
    group = context.groups.get(alert.group)
    made = Appeal(
        id=context.alerts.next_appeal_id(),
        alert=alert.id,
        sender=asked.event.user,
        text=asked.rest[:500],
        made_at=context.now,
    )
    yield SaveAppeal(appeal=made)
    yield Record(
        actor="sender", deed="appeal.made", subject=f"alert:{alert.id}", detail=f"appeal:{made.id}"
    )
    officers = context.groups.in_office(Role.COMMITTEE)
    for officer in officers:
        user = context.people.account_of(officer.id, platform)
        if user is None or user == asked.event.user:
            continue
        by = context.people.get(alert.decided_by).masked if alert.decided_by else "系统"
        decision = alert.decision.label if alert.decision else ""
        yield SayPrivately(
            account=group.account,
            lane=Lane.ALERT,
            user=user,
            text=f"【申诉 {made.id}】{group.name}\n"
            f"处置：{alert.topic.label}，{by} {decision}，{cited(context, alert)}，"
            f"消息时间 {clock(context, alert.first_posted_at)}\n"
            f"申诉理由：{made.text}\n请核实后当面或私下答复发送人。",
            marker=f"【申诉 {made.id}】",
        )
    if officers:
        yield reply(asked, "申诉已登记并送机关党委，处理后会答复您。")
    else:
        yield reply(asked, f"申诉已登记。请同时联系{context.office.contact}。")

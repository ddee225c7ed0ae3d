"""申诉: the sender objects, and the office hears it."""

from collections.abc import Iterator

from bot.model.action import Action, Lane, Record, SaveAppeal, SayPrivately
from bot.model.alert import Alert, Appeal, AppealState, Decision
from bot.model.errors import BotError
from bot.model.group import Role
from bot.plugin import Asked
from plugins.workflows.alerts.closing import objection
from plugins.workflows.alerts.wording import RECALLED, Alerts, cited, clock, reply, standing

_LONGEST = 500


def appeal(context: Alerts, asked: Asked) -> Iterator[Action]:
    """Take an objection to what was done about one's own message, and pass it to the office."""
    alert = _decided_about(context, asked)
    if not asked.rest:
        raise BotError(f"请写明理由，例如：申诉{objection(alert)} 这是工作通知。")
    if any(each.state is AppealState.OPEN for each in context.alerts.appeals_of(alert.id)):
        raise BotError(f"申诉{objection(alert)} 已经登记，机关党委处理后会答复您，不用重复提交。")
    made = Appeal(
        id=context.alerts.next_appeal_id(),
        alert=alert.id,
        sender=asked.event.user,
        text=asked.rest[:_LONGEST],
        made_at=context.now,
    )
    yield SaveAppeal(appeal=made)
    yield Record(
        actor="sender", deed="appeal.made", subject=f"alert:{alert.id}", detail=f"appeal:{made.id}"
    )
    told = False
    for action in _tell_office(context, alert, made):
        told = True
        yield action
    cut = f"理由较长，只登记了前 {_LONGEST} 字。" if len(asked.rest) > _LONGEST else ""
    if told:
        yield reply(asked, f"申诉{objection(alert)} 已登记并送机关党委，处理后会答复您。{cut}")
    else:
        yield reply(
            asked, f"申诉{objection(alert)} 已登记。请同时联系{context.office.contact}。{cut}"
        )


def _decided_about(context: Alerts, asked: Asked) -> Alert:
    """Return the decided matter about one's own message; nobody learns of other people's."""
    platform, _, _ = asked.event.account.partition(":")
    decided = [
        each
        for each in context.alerts.against(platform, asked.event.user)
        if each.decision is not Decision.FALSE_POSITIVE and _told(context, each)
    ]
    mine = [each for each in decided if not asked.numbers or objection(each) == asked.numbers[0]]
    numbers = "、".join(str(objection(each)) for each in decided[:5])
    if not decided:
        raise BotError("没有找到对您的处置，不用申诉。有疑问请联系" + context.office.contact + "。")
    if not mine:
        raise BotError(
            f"没有找到这个编号，您可以申诉的是：{numbers}。例如：申诉{objection(decided[0])} 理由。"
        )
    if len(mine) > 1 and not asked.numbers:
        raise BotError(f"请写上编号（可申诉：{numbers}），例如：申诉{objection(mine[0])} 理由。")
    return mine[0]


def _told(context: Alerts, alert: Alert) -> bool:
    """Whether the sender was told: of a decision, or that his classified message was recalled."""
    if alert.decision is not None:
        return True
    return alert.classified and standing(context.findings.of_alert(alert.id)) == RECALLED


def _tell_office(context: Alerts, alert: Alert, made: Appeal) -> Iterator[Action]:
    group = context.groups.get(alert.group)
    done = "尚未办结"
    if alert.decision and alert.decided_by:
        done = f"由{context.people.get(alert.decided_by).masked}办结：{alert.decision.label}"
    for officer in context.groups.in_office(Role.COMMITTEE):
        user = context.people.account_of(officer.id, group.account)
        if user is None or user == made.sender:
            continue
        yield SayPrivately(
            account=group.account,
            lane=Lane.ALERT,
            user=user,
            text=f"【申诉 {made.id}】{group.name}\n"
            f"{clock(context, alert.first_posted_at)} 的消息，{alert.topic.label}，"
            f"{done}，依据 {cited(context, alert)}\n"
            f"申诉理由：{made.text}\n请核实后当面或私下答复发送人。",
            marker=f"【申诉 {made.id}】",
            via_group=group.platform_id,
        )

"""A decision closes a matter for everybody who has it; the others and the sender are told."""

from collections.abc import Iterator

from bot.model.action import Action, JudgeFindings, Lane, Record, SaveAlert, SayPrivately
from bot.model.alert import Alert, Decision
from bot.model.event import OutcomeState, OutgoingSettled
from bot.model.finding import Judgement
from bot.model.group import Group, Person
from plugins.workflows.alerts.matters import Matter
from plugins.workflows.alerts.wording import (
    Alerts,
    cited,
    clock,
    may_confirm,
    named,
    report_until,
    who,
)


def close(context: Alerts, found: Matter, decision: Decision) -> Iterator[Action]:
    """Close a matter for everybody who has it, and tell the sender and the others."""
    alert, person, group = found.alert, found.person, found.group
    if decision is not Decision.REPORTED:
        wrong = decision is Decision.FALSE_POSITIVE
        yield JudgeFindings(
            alert=alert.source or alert.id,
            judgement=Judgement.FALSE_POSITIVE if wrong else Judgement.CONFIRMED,
        )
    for each in context.alerts.family(alert):
        if each.is_open:
            yield SaveAlert(alert=each.decided(decision, person.id, context.now, found.words))
        elif each.decision is not Decision.REPORTED:
            continue
        if each.told_at is not None and each.recipient != person.id:
            yield from _tell_other(context, each, decision, person, group)
    yield Record(
        actor=f"person:{person.id}", deed=f"alert.{decision.value}", subject=f"alert:{alert.id}"
    )
    if decision is not Decision.FALSE_POSITIVE:
        yield from tell_sender(context, alert, decision, group)


def tell_sender(
    context: Alerts, alert: Alert, decision: Decision, group: Group
) -> Iterator[Action]:
    """Tell the sender privately what was done, under which clause, and how to object."""
    deed = {
        Decision.RECALLED: "已由群管理方撤回",
        Decision.REMINDED: "不符合群规，请今后注意",
        Decision.CONFIRMED: "经核实不符合规定，已记录",
        Decision.REPORTED: "已报上级处理",
        Decision.FALSE_POSITIVE: "经核实没有问题",
    }[decision]
    several = f"等 {alert.count} 条消息" if alert.count > 1 else ""
    number = objection(alert)
    yield SayPrivately(
        account=group.account,
        lane=Lane.DIGEST,
        ref=f"sender:{alert.id}",
        user=alert.sender,
        text=f"您 {clock(context, alert.first_posted_at)} 在“{group.name}”发的消息{several}{deed}。\n"
        f"依据：{cited(context, alert)}（{alert.topic.label}）\n"
        f"有异议请回复：申诉{number} 理由。由机关党委处理，群里的人看不到。",
        marker=f"申诉{number} 理由",
        via_group=group.platform_id,
    )


def not_told(context: Alerts, event: OutgoingSettled) -> Iterator[Action]:
    """Say so to the one who decided when what was promised to be said did not arrive."""
    name, _, number = event.ref.partition(":")
    if name not in {"sender", "neutral"} or event.state is OutcomeState.DONE:
        return
    alert = context.alerts.get(int(number))
    if alert is None or alert.decided_by is None:
        return
    group = context.groups.get(alert.group)
    user = context.people.account_of(alert.decided_by, group.account)
    if user is None:
        return
    what = (
        f"没能私聊告知发送人 {who(context, alert, group)}。请您转告处置结果，"
        f"有异议可私聊我：申诉{objection(alert)} 理由。"
        if name == "sender"
        else "群里的中性提醒没有发出去，需要时请您在群里提醒一句。"
    )
    yield SayPrivately(
        account=group.account,
        lane=Lane.DIGEST,
        user=user,
        text=f"{alert.number} 号（{named(alert, group)}）：{what}",
        via_group=group.platform_id,
    )


def objection(alert: Alert) -> int:
    """Return the number by which a sender names the matter when he objects (1-999)."""
    return ((alert.source or alert.id) - 1) % 999 + 1


def settle_recall(context: Alerts, alert: Alert, person: Person, group: Group) -> Iterator[Action]:
    """Do what follows when all messages of an alert are gone, as somebody had asked."""
    text = f"{alert.number} 号已办结（{named(alert, group)}）：消息已撤回，会私下告知发送人。"
    if alert.classified:
        # Taking it away ends nothing: a state secret in the open is also reported.
        yield SaveAlert(alert=alert.still_standing())
        yield from tell_sender(context, alert, Decision.RECALLED, group)
        answer = "确认" if may_confirm(alert) else "上报"
        text = (
            f"{alert.number} 号的消息已撤回。事情还没完：请在 {report_until(alert)} 前报告保密办，"
            f"然后回复：{answer}{alert.number}；不是涉密请回复：误报{alert.number} 理由"
        )
    else:
        found = Matter(person=person, alert=alert, group=group, words="")
        yield from close(context, found, Decision.RECALLED)
    user = context.people.account_of(person.id, group.account)
    if user is not None:
        yield SayPrivately(account=group.account, user=user, text=text, via_group=group.platform_id)


def _tell_other(
    context: Alerts, other: Alert, decision: Decision, person: Person, group: Group
) -> Iterator[Action]:
    user = context.people.account_of(other.recipient, group.account)
    if user is not None:
        yield SayPrivately(
            account=group.account,
            lane=Lane.DIGEST,
            user=user,
            text=f"{other.number} 号（{named(other, group)}）{clock(context, context.now)}"
            f" 已由{person.masked}办结：{decision.label}。无需回复。",
            marker=f"{other.number} 号（{named(other, group)}）",
            via_group=group.platform_id,
        )

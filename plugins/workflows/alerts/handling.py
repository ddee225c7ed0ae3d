"""What the owner does by reply: 看 为什么 撤回 提醒 误报 确认 上报, each checked when carried out."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.confirming import Pending, ask_code, is_code, redeem
from bot.model.action import (
    Action,
    Append,
    Lane,
    Recall,
    Record,
    SaveAlert,
    SayInGroup,
)
from bot.model.alert import Alert, AlertState, Decision
from bot.model.errors import BotError
from bot.model.event import DeedReleased
from bot.model.finding import Topic
from bot.model.group import Group, Person, Role
from bot.plugin import Asked
from bot.screening.excerpt import masked
from plugins.workflows.alerts.closing import close
from plugins.workflows.alerts.holding import in_flood, once
from plugins.workflows.alerts.matters import (
    Matter,
    about,
    decided,
    matter,
    may_handle,
    of_others,
    open_matter,
)
from plugins.workflows.alerts.phrases import offer
from plugins.workflows.alerts.senders import sender_of
from plugins.workflows.alerts.telling import holders, pass_on, shown
from plugins.workflows.alerts.wording import (
    NEUTRAL,
    Alerts,
    by_hand,
    can_recall,
    clock,
    listed,
    marker,
    may_confirm,
    named,
    reply,
    standing,
    unlinked,
    verbs,
    who,
)

_QUIET: Final = timedelta(minutes=10)
_ROOM: Final = 420
_RECALL: Final = "recall"
_REPORT: Final = "report"


def to_do(context: Alerts, asked: Asked) -> Iterator[Action]:
    """待办: what this person still has to decide, and what others have in his groups."""
    assert asked.person is not None
    own = sorted(
        (
            each
            for each in context.alerts.open_of(asked.person.id)
            if not about(context, each, context.groups.get(each.group), asked.person)
        ),
        key=lambda each: (each.group, each.number),
    )
    others = of_others(context, asked.person)
    text = "您名下没有待办。" if others else "没有待办。"
    if own:
        for each in own:
            if each.told_at is None:
                yield from shown(context, each, context.groups.get(each.group))
        text = f"【待办 {len(own)} 件】\n{listed(context, own, _ROOM)}\n{_example(context, own[0])}"
    if others:
        text += (
            f"\n\n群主名下还有 {len(others)} 件，您也可以处置：\n{listed(context, others, _ROOM)}"
        )
        if own or len({each.group for each in others}) > 1:
            group = context.groups.get(others[0].group)
            text += f"\n这些请在编号后写群名，例如：看{others[0].number} {group.name[:12]}"
        else:
            text += f"\n{_example(context, others[0])}"
    yield reply(asked, text)


def look(context: Alerts, asked: Asked) -> Iterator[Action]:
    """看N: the kept excerpt; every look is recorded."""
    found = matter(context, asked)
    alert, group = found.alert, found.group
    findings = context.findings.of_alert(alert.source or alert.id)
    first = findings[0] if findings else None
    if alert.classified:
        text = "涉密事项不留存原文，无法查看。请到群里当面核对，不要复制转发。"
    elif first is None or first.excerpt is None:
        text = "没有保存原文，或已到期清除；请到群里核对。"
    else:
        # Other people's numbers stay masked: an owner decides without copying them about.
        hidden = first.topic is Topic.PERSONAL_INFORMATION
        kept = masked(first.excerpt, first.excerpt_start, first.spans) if hidden else first.excerpt
        text = f"摘录（仅供处置，请勿转发）：\n{unlinked(kept)}"
    count = f"，同类共 {alert.count} 条，以下是第一条" if alert.count > 1 else ""
    last = (
        f"回复：{verbs(context, alert, group)}"
        if alert.is_open
        else decided(context, alert, found.person)
    )
    yield _looked(found, "excerpt")
    yield reply(
        asked,
        f"{marker(alert)}{group.name} {alert.topic.label}\n"
        f"{who(context, alert, group)} {clock(context, alert.first_posted_at)}"
        f" {standing(findings)}{count}\n{text}\n{last}",
    )


def why(context: Alerts, asked: Asked) -> Iterator[Action]:
    """为什么N: rule, version, signals and foldings by name, clauses with their wording."""
    found = matter(context, asked)
    alert = found.alert
    findings = context.findings.of_alert(alert.source or alert.id)
    rule = context.rules.get(alert.rule)
    lines = [
        f"{marker(alert)}{found.group.name}",
        f"规则：{rule.title if rule else alert.rule}"
        + (f"（第 {findings[0].version} 版）" if findings else ""),
    ]
    if findings:
        lines.append(f"依据的特征：{'、'.join(findings[0].why.signals)}")
        if findings[0].why.foldings:
            lines.append(f"还原过的写法：{'、'.join(findings[0].why.foldings)}")
    for code in alert.clauses[:3]:
        clause = context.clauses.by_code(code)
        lines.append(f"{clause.citation}：{clause.wording[:120]}")
    if alert.is_open:
        lines.append(f"如果没有问题，请回复：误报{alert.number} 理由")
    yield _looked(found, "reasons")
    yield reply(asked, "\n".join(lines))


def recall(context: Alerts, asked: Asked) -> Iterator[Action]:
    """撤回N: one message at once; several only after a code."""
    found = open_matter(context, asked)
    alert, group = found.alert, found.group
    messages = _recallable(context, alert, group)
    if len(messages) > 1:
        yield from ask_code(
            context,
            asked,
            deed=_RECALL,
            subject=alert.id,
            targets=messages,
            effect=f"将撤回“{group.name}”里 {who(context, alert, group)}的 {len(messages)} 条消息"
            f"（{alert.number} 号，{alert.topic.label}）。",
        )
    else:
        yield from _recall(found, messages)


def remind(context: Alerts, asked: Asked) -> Iterator[Action]:
    """提醒N: a neutral sentence in the group, and the sender is told privately."""
    found = open_matter(context, asked)
    alert, group = found.alert, found.group
    if alert.classified:
        raise BotError("涉密事项不在群里提醒，以免引起议论；请直接联系发送人撤回。")
    said = f"neutral:{group.id}"
    if in_flood(context, alert.recipient):
        done = "这会儿群里违规消息多，群里不再发言，只私下告知发送人"
    elif context.dialogues.open_with(alert.recipient, said, now=context.now):
        done = "群里刚提醒过，这次只私下告知发送人"
    else:
        done = "会在群里发一句中性提醒，并私下告知发送人"
        yield once(alert.recipient, said, context.now + _QUIET)
        yield SayInGroup(
            account=group.account,
            group=group.platform_id,
            text=NEUTRAL,
            marker=NEUTRAL,
            ref=f"neutral:{alert.id}",
        )
    yield from close(context, found, Decision.REMINDED)
    yield reply(asked, f"{alert.number} 号已办结（{named(alert, group)}）：{done}。")


def false_positive(context: Alerts, asked: Asked) -> Iterator[Action]:
    """误报N 理由: nothing was wrong; the rule learns nothing by itself."""
    found = open_matter(context, asked)
    alert = found.alert
    if not found.words:
        raise BotError(f"请写明理由，例如：误报{alert.number} 是会议通知。")
    yield from close(context, found, Decision.FALSE_POSITIVE)
    yield reply(
        asked,
        f"{alert.number} 号已办结（{named(alert, found.group)}）：按误报销掉，谢谢指正。"
        + offer(context, alert),
    )


def confirm(context: Alerts, asked: Asked) -> Iterator[Action]:
    """确认N: it was so, and needs nothing more; 确认 7F3: a code that was asked for."""
    if not asked.numbers and is_code(asked.tail):
        pending = yield from redeem(context, asked)
        if pending is not None:
            yield from _released(context, asked, pending)
        return
    found = open_matter(context, asked)
    alert = found.alert
    if "误报" in found.words:
        raise BotError(f"“确认”是说属实。如果没有问题，请回复：误报{alert.number} 理由")
    if not may_confirm(alert):
        raise BotError(
            f"疑似涉密事项要报分管领导：属实请回复“上报{alert.number}”，"
            f"不是请回复“误报{alert.number} 理由”。"
        )
    yield from close(context, found, Decision.CONFIRMED)
    yield reply(
        asked,
        f"{alert.number} 号已办结（{named(alert, found.group)}）：属实，已记录在案，会私下告知发送人。",
    )


def report(context: Alerts, asked: Asked) -> Iterator[Action]:
    """上报N: to the leader in charge, from him to the office; only after a code."""
    found = open_matter(context, asked)
    alert, group = found.alert, found.group
    role, upper = _upwards(context, alert, group)
    yield from ask_code(
        context,
        asked,
        deed=_REPORT,
        subject=alert.id,
        targets=[str(upper.id)],
        effect=f"将把 {alert.number} 号（{named(alert, group)}）上报{role.label} {upper.masked}，由其处置。",
    )


def _released(context: Alerts, asked: Asked, pending: Pending) -> Iterator[Action]:
    """Do what a code released; state, power and identity are checked again."""
    assert asked.person is not None
    person = asked.person
    if pending.deed not in {_RECALL, _REPORT}:
        yield Append(
            event=DeedReleased(
                at=context.now,
                account=asked.event.account,
                user=asked.event.user,
                person=person.id,
                deed=pending.deed,
                subject=pending.subject,
                targets=pending.targets,
            )
        )
        return
    alert = context.alerts.get(pending.subject)
    assert alert is not None
    group = context.groups.get(alert.group)
    if not alert.is_open:
        raise BotError(decided(context, alert, person))
    if not may_handle(context, person, alert, group):
        raise BotError("这件事现在不归您处置。")
    found = Matter(person=person, alert=alert, group=group, words="")
    if pending.deed == _RECALL:
        left = _recallable(context, alert, group)
        if not set(left) <= set(pending.targets):
            raise BotError(
                f"同一人又发了新的，现在共 {len(left)} 条，请重新回复：撤回{alert.number}"
            )
        yield from _recall(found, left)
        return
    role, upper = _upwards(context, alert, group)
    if [str(upper.id)] != list(pending.targets):
        raise BotError(f"上报的对象变了，请重新回复：上报{alert.number}")
    yield from close(context, found, Decision.REPORTED)
    yield from pass_on(context, alert, group, role, upper)
    yield reply(
        asked,
        f"{alert.number} 号已办结（{named(alert, group)}）：已上报{role.label} {upper.masked}，结果会告诉您。",
    )


def _recallable(context: Alerts, alert: Alert, group: Group) -> list[str]:
    """Return the messages that a recall would take away now; raises BotError when it cannot."""
    if alert.state is AlertState.RECALLING:
        raise BotError(f"{alert.number} 号正在撤回，结果马上告诉您。")
    if not can_recall(context, alert, group):
        raise BotError(by_hand(alert))
    findings = context.findings.of_alert(alert.source or alert.id)
    left = dict.fromkeys(each.message_id for each in findings if each.recalled_at is None)
    if not left:
        verb = "确认" if may_confirm(alert) else "上报"
        raise BotError(
            f"{alert.number} 号的消息已经不在群里了。请回复“{verb}{alert.number}”"
            f"或“误报{alert.number} 理由”办结。"
        )
    return list(left)


def _recall(found: Matter, messages: Sequence[str]) -> Iterator[Action]:
    alert, group = found.alert, found.group
    yield SaveAlert(alert=alert.recalling(found.person.id))
    yield Record(
        actor=f"person:{found.person.id}", deed="alert.recall_asked", subject=f"alert:{alert.id}"
    )
    for message_id in messages:
        yield Recall(
            account=group.account,
            lane=Lane.ALERT,
            ref=f"recall:{alert.id}",
            group=group.platform_id,
            message_id=message_id,
        )


def _upwards(context: Alerts, alert: Alert, group: Group) -> tuple[Role, Person]:
    """Return to whom a person reports; raises BotError where that one knows already."""
    sender = sender_of(context, group, alert.sender, alert.sender_card)
    family = {each.recipient for each in context.alerts.family(alert)}
    roles = (
        (Role.COMMITTEE,)
        if alert.tier in {Role.LEADER, Role.COMMITTEE}
        else (Role.LEADER, Role.COMMITTEE)
    )
    for role in roles:
        for holder in holders(context, group, role):
            if sender is not None and holder.id == sender.id:
                continue
            if holder.id in family:
                raise BotError(f"{role.label} {holder.masked}已经收到这件事，不用再上报。")
            return role, holder
    raise BotError("登记表里没有可以上报的人，请当面报告。")


def _example(context: Alerts, alert: Alert) -> str:
    group = context.groups.get(alert.group)
    return f"按编号回复，例如：看{alert.number}  {verbs(context, alert, group)}"


def _looked(found: Matter, what: str) -> Record:
    return Record(
        actor=f"person:{found.person.id}",
        deed="alert.looked",
        subject=f"alert:{found.alert.id}",
        detail=what,
    )

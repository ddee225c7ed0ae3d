"""What the owner does by reply: 看 为什么 撤回 提醒 误报 确认 上报, each checked when carried out."""

import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.model.action import (
    Action,
    CloseDialogue,
    JudgeFindings,
    Lane,
    OpenDialogue,
    Recall,
    Record,
    SaveAlert,
    SayInGroup,
    SayPrivately,
)
from bot.model.alert import Alert, Decision
from bot.model.errors import BotError
from bot.model.finding import Judgement, Topic
from bot.model.group import Group, Person, Role
from bot.plugin import Asked
from bot.screening.excerpt import masked
from plugins.workflows.alerts.raising import holders, pass_on
from plugins.workflows.alerts.wording import (
    NEUTRAL,
    Alerts,
    by_hand,
    can_recall,
    cited,
    clock,
    listed,
    marker,
    who,
)

CODE = "code"
CODE_LIVES = timedelta(minutes=5)
TRIES = 3


def look(context: Alerts, asked: Asked) -> Iterator[Action]:
    """看N: the kept excerpt; every look is recorded."""
    person, alert, group = _matter(context, asked)
    findings = context.findings.of_alert(alert.source or alert.id)
    first = findings[0] if findings else None
    if alert.classified:
        text = "涉密事项不留存原文，无法查看。请到群里当面核对，不要复制转发。"
    elif first is None or first.excerpt is None:
        text = "摘录已到期清除，不再保存。"
    else:
        # Other people's numbers stay masked: an owner decides without copying them about.
        hidden = first.topic is Topic.PERSONAL_INFORMATION
        shown = masked(first.excerpt, first.excerpt_start, first.spans)
        text = f"摘录（仅供处置，请勿转发）：\n{shown if hidden else first.excerpt}"
    yield _looked(person, alert, "excerpt")
    yield reply(
        asked,
        f"{marker(alert)}{group.name}\n{who(context, alert, group)}"
        f" {clock(context, alert.first_posted_at)}，共 {alert.count} 条\n{text}",
    )


def why(context: Alerts, asked: Asked) -> Iterator[Action]:
    """为什么N: rule, version, signals and foldings by name, clauses with their wording."""
    person, alert, group = _matter(context, asked)
    findings = context.findings.of_alert(alert.source or alert.id)
    first = findings[0]
    rule = context.rules.get(alert.rule)
    lines = [
        f"{marker(alert)}{group.name}",
        f"规则：{rule.title if rule else alert.rule}（{alert.rule} 第 {first.version} 版）",
        f"依据的特征：{'、'.join(first.why.signals)}",
    ]
    if first.why.foldings:
        lines.append(f"还原过的写法：{'、'.join(first.why.foldings)}")
    for code in alert.clauses[:3]:
        clause = context.clauses.by_code(code)
        lines.append(f"{clause.citation}：{clause.wording[:120]}")
    lines.append(f"判断有误请回复：误报{alert.number} 理由")
    yield _looked(person, alert, "reasons")
    yield reply(asked, "\n".join(lines))


def recall(context: Alerts, asked: Asked) -> Iterator[Action]:
    """撤回N: one message at once; several only after a code."""
    person, alert, group = _open_matter(context, asked)
    if not can_recall(context, alert, group):
        raise BotError(by_hand(alert.number))
    messages = _standing_messages(context, alert)
    if len(messages) > 1:
        yield from _ask_code(
            context,
            asked,
            "recall",
            alert,
            f"将撤回 {group.name} 里同一人的 {len(messages)} 条消息。",
        )
        return
    yield from _recall(person, alert, group, messages)


def remind(context: Alerts, asked: Asked) -> Iterator[Action]:
    """提醒N: a neutral sentence in the group, and the sender is told privately."""
    person, alert, group = _open_matter(context, asked)
    if alert.classified:
        raise BotError("涉密事项不在群里提醒，以免引起议论；请直接联系发送人撤回。")
    yield SayInGroup(account=group.account, group=group.platform_id, text=NEUTRAL, marker=NEUTRAL)
    yield from close(context, alert, Decision.REMINDED, person, group)
    yield reply(asked, f"{alert.number} 号已办结：群里已发中性提醒，并私下告知发送人。")


def false_positive(context: Alerts, asked: Asked) -> Iterator[Action]:
    """误报N 理由: nothing was wrong; the rule learns nothing by itself."""
    person, alert, group = _open_matter(context, asked)
    if not asked.rest:
        raise BotError(f"请写明理由，例如：误报{alert.number} 是会议通知。")
    yield JudgeFindings(alert=alert.source or alert.id, judgement=Judgement.FALSE_POSITIVE)
    yield from close(context, alert, Decision.FALSE_POSITIVE, person, group, reason=asked.rest)
    yield reply(asked, f"{alert.number} 号已按误报办结，谢谢指正。")


def confirm(context: Alerts, asked: Asked) -> Iterator[Action]:
    """确认N: it was so, and needs nothing more; 确认 7F3: a code that was asked for."""
    if not asked.numbers and asked.tail:
        yield from _redeem(context, asked)
        return
    person, alert, group = _open_matter(context, asked)
    yield JudgeFindings(alert=alert.source or alert.id, judgement=Judgement.CONFIRMED)
    yield from close(context, alert, Decision.CONFIRMED, person, group, reason=asked.rest)
    yield reply(asked, f"{alert.number} 号已确认并记录在案。")


def report(context: Alerts, asked: Asked) -> Iterator[Action]:
    """上报N: to the leader in charge, from him to the office; only after a code."""
    _, alert, group = _open_matter(context, asked)
    role, person = _upwards(context, alert, group)
    yield from _ask_code(
        context,
        asked,
        "report",
        alert,
        f"将把 {alert.number} 号（{group.name}，{alert.topic.label}）上报{role.label} {person.masked}。",
    )


def close(
    context: Alerts,
    alert: Alert,
    decision: Decision,
    person: Person,
    group: Group,
    *,
    reason: str = "",
) -> Iterator[Action]:
    """Close a matter for everybody who has it, and tell the sender and the others."""
    for each in context.alerts.family(alert):
        if each.is_open:
            yield SaveAlert(alert=each.decided(decision, person.id, context.now, reason))
            if each.id != alert.id and each.told_at is not None:
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
        Decision.REMINDED: "被认为不符合群规，请今后注意",
        Decision.CONFIRMED: "经核实不符合规定，已记录",
        Decision.REPORTED: "已报上级处理",
        Decision.FALSE_POSITIVE: "经核实没有问题",
    }[decision]
    number = alert.source or alert.id
    yield SayPrivately(
        account=group.account,
        lane=Lane.DIGEST,
        user=alert.sender,
        text=f"您{clock(context, alert.first_posted_at)}在“{group.name}”发的消息{deed}。\n"
        f"依据：{cited(context, alert)}（{alert.topic.label}）\n"
        f"如有异议，请回复：申诉{number % 1000} 理由。申诉由机关党委处理。",
        marker=f"申诉{number % 1000}",
        via_group=group.platform_id,
    )


def begin_recall(alert: Alert, group: Group, messages: Sequence[str]) -> Iterator[Action]:
    """Ask the platform to take messages back; believed only when it is shown."""
    for message_id in messages:
        yield Recall(
            account=group.account,
            lane=Lane.ALERT,
            ref=f"recall:{alert.id}",
            group=group.platform_id,
            message_id=message_id,
        )


def reply(asked: Asked, text: str) -> SayPrivately:
    """Answer the person who asked, in private."""
    return SayPrivately(account=asked.event.account, user=asked.event.user, text=text)


def find(context: Alerts, asked: Asked) -> Alert:
    """Return the alert that a number, or the quoted message, means to the person.

    His own series comes first; else the number is looked for in the groups he answers for.
    """
    assert asked.person is not None
    person = asked.person
    if not asked.numbers:
        quoted = asked.event.quotes and context.alerts.by_quote(
            asked.event.account, asked.event.quotes, person.id
        )
        if quoted:
            return quoted
        raise BotError(f"请写上编号，例如：{asked.verb}3；编号见提醒或“待办”。")
    if len(asked.numbers) > 1:
        raise BotError(f"请一件一件来，例如：{asked.verb}{asked.numbers[0]}。")
    number = asked.numbers[0]
    own = context.alerts.by_number(person.id, number)
    if own is not None:
        return own
    found = [each for each in within_reach(context, person) if each.number == number]
    if not found:
        raise BotError(f"没有 {number} 号待办。回复“待办”看现有的编号。")
    if len(found) > 1:
        raise BotError(f"有几个群都有 {number} 号，请由收到提醒的人处置，或引用那条提醒回复。")
    return found[0]


def within_reach(context: Alerts, person: Person) -> Sequence[Alert]:
    """Return the open alerts of others in the groups a person answers for."""
    groups = {
        where
        for where, role in context.groups.roles_of(person.id)
        if where is not None and role in {Role.OWNER, Role.ADMINISTRATOR, Role.LEADER}
    }
    return [
        each
        for group in sorted(groups)
        for each in context.alerts.open_in(group)
        if each.recipient != person.id and each.source is None and each.told_at is not None
    ]


def to_do(context: Alerts, asked: Asked) -> Iterator[Action]:
    """待办: what this person still has to decide, and what others have in his groups."""
    assert asked.person is not None
    own = sorted(
        context.alerts.open_of(asked.person.id), key=lambda each: (each.group, each.number)
    )
    for each in own:
        if each.told_at is None:
            yield SaveAlert(alert=each.told(context.now, None))
    if own:
        example = own[0].number
        text = (
            f"【待办 {len(own)} 件】\n{listed(context, own)}\n"
            f"回复：看{example}  撤回{example}  提醒{example}  误报{example} 理由  确认{example}"
            f"  上报{example}  为什么{example}"
        )
    else:
        text = "没有待办。"
    others = within_reach(context, asked.person)
    if others:
        text += f"\n\n您管理的群里，其他人名下还有 {len(others)} 件：\n{listed(context, others)}"
    yield reply(asked, text)


def _matter(context: Alerts, asked: Asked) -> tuple[Person, Alert, Group]:
    assert asked.person is not None
    alert = find(context, asked)
    group = context.groups.get(alert.group)
    mine = context.people.with_account(group.platform, alert.sender)
    if mine is not None and mine.id == asked.person.id:
        raise BotError("这件事涉及您本人，由别人处置；如有异议可以申诉。")
    return asked.person, alert, group


def _open_matter(context: Alerts, asked: Asked) -> tuple[Person, Alert, Group]:
    person, alert, group = _matter(context, asked)
    if not alert.is_open:
        by = context.people.get(alert.decided_by).masked if alert.decided_by else "系统"
        done = alert.decision.label if alert.decision else "已办结"
        when = clock(context, alert.decided_at) if alert.decided_at else ""
        raise BotError(f"{alert.number} 号{when}已由{by}办结（{done}），不用再处置。")
    return person, alert, group


def _standing_messages(context: Alerts, alert: Alert) -> list[str]:
    findings = context.findings.of_alert(alert.source or alert.id)
    standing = dict.fromkeys(each.message_id for each in findings if each.recalled_at is None)
    return list(standing) or [alert.message_id]


def _recall(
    person: Person, alert: Alert, group: Group, messages: Sequence[str]
) -> Iterator[Action]:
    yield SaveAlert(alert=alert.recalling(person.id))
    yield Record(
        actor=f"person:{person.id}", deed="alert.recall_asked", subject=f"alert:{alert.id}"
    )
    yield from begin_recall(alert, group, messages)


def _upwards(context: Alerts, alert: Alert, group: Group) -> tuple[Role, Person]:
    sender = context.people.with_account(group.platform, alert.sender)
    family = {each.recipient for each in context.alerts.family(alert)}
    roles = (
        (Role.COMMITTEE,)
        if alert.tier in {Role.LEADER, Role.COMMITTEE}
        else (Role.LEADER, Role.COMMITTEE)
    )
    for role in roles:
        for holder in holders(context, group, role):
            if holder.id not in family and (sender is None or holder.id != sender.id):
                return role, holder
    raise BotError("上级都已知情，或登记表里没有可上报的人；请当面报告。")


def _ask_code(
    context: Alerts, asked: Asked, deed: str, alert: Alert, effect: str
) -> Iterator[Action]:
    """Show what will happen and ask for a code bound to person, action and target."""
    assert asked.person is not None
    code = _new_code()
    yield OpenDialogue(
        person=asked.person.id,
        kind=CODE,
        body=json.dumps({"code": code, "deed": deed, "alert": alert.id}),
        expires_at=context.now + CODE_LIVES,
    )
    yield reply(asked, f"{effect}\n5 分钟内回复：确认 {code}")


def _redeem(context: Alerts, asked: Asked) -> Iterator[Action]:
    assert asked.person is not None
    person = asked.person
    dialogue = context.dialogues.open_with(person.id, CODE, now=context.now)
    if dialogue is None:
        raise BotError("没有等待确认的操作，或已超过 5 分钟，请重新发出原来的指令。")
    pending = json.loads(dialogue.body)
    if asked.tail.strip().upper() != pending["code"]:
        if dialogue.tries + 1 >= TRIES:
            yield CloseDialogue(person=person.id, kind=CODE)
            yield reply(asked, "确认码三次不对，操作已取消，请重新发出原来的指令。")
            return
        yield OpenDialogue(
            person=person.id,
            kind=CODE,
            body=dialogue.body,
            expires_at=dialogue.expires_at,
            tries=dialogue.tries + 1,
        )
        yield reply(asked, "确认码不对，请核对后再回复。")
        return
    yield CloseDialogue(person=person.id, kind=CODE)
    alert = context.alerts.get(pending["alert"])
    assert alert is not None
    if not alert.is_open:
        raise BotError(f"{alert.number} 号刚刚已办结，不用再处置。")
    group = context.groups.get(alert.group)
    if pending["deed"] == "recall":
        messages = _standing_messages(context, alert)
        yield from _recall(person, alert, group, messages)
        return
    role, upper = _upwards(context, alert, group)
    yield SaveAlert(alert=alert.decided(Decision.REPORTED, person.id, context.now))
    yield Record(actor=f"person:{person.id}", deed="alert.reported", subject=f"alert:{alert.id}")
    yield from pass_on(context, alert, group, role, upper)
    yield reply(asked, f"{alert.number} 号已上报{role.label} {upper.masked}。")


def _tell_other(
    context: Alerts, other: Alert, decision: Decision, person: Person, group: Group
) -> Iterator[Action]:
    user = context.people.account_of(other.recipient, group.platform)
    if user is not None and other.recipient != person.id:
        yield SayPrivately(
            account=group.account,
            lane=Lane.DIGEST,
            user=user,
            text=f"{other.number} 号（{group.name}）已由{person.masked}办结：{decision.label}。无需回复。",
            marker=f"{other.number} 号",
            via_group=group.platform_id,
        )


def _looked(person: Person, alert: Alert, what: str) -> Record:
    return Record(
        actor=f"person:{person.id}", deed="alert.looked", subject=f"alert:{alert.id}", detail=what
    )


def _new_code() -> str:
    """Return three signs, a digit, a letter, a digit: never mistaken for an alert's number."""
    return secrets.choice("23456789") + secrets.choice("ABCDEFH") + secrets.choice("23456789")

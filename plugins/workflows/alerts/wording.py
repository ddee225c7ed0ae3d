"""What people read: short, private, decidable with one thumb; never the matched text in a group."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.calendar import local
from bot.model.action import SayPrivately
from bot.model.alert import Alert, AlertState, Decision
from bot.model.event import Ability
from bot.model.finding import Finding, Severity, Topic
from bot.model.group import Group, Role, mask_card
from bot.model.message import Standing
from bot.plugin import Asked, Context
from bot.screening.excerpt import masked
from plugins.workflows.alerts.settings import AlertSettings

NEUTRAL: Final = "请文明发言，遵守群规。"
NUDGE: Final = "请私聊我：待办"
REPORT_WITHIN: Final = timedelta(hours=24)
_SHOWN: Final = 40
_CARD: Final = 16
_ADDRESS: Final = re.compile(r"(?<=[0-9A-Za-z])\.(?=[0-9A-Za-z-]*[A-Za-z])")

Alerts = Context[AlertSettings]


def reply(asked: Asked, text: str) -> SayPrivately:
    """Answer the person who asked, in private."""
    return SayPrivately(account=asked.event.account, user=asked.event.user, text=text)


def marker(alert: Alert) -> str:
    """Return the stretch by which the alert is found again in a chat's history."""
    return f"【待处置 {alert.number}】"


def named(alert: Alert, group: Group) -> str:
    """Return the matter in a few words, so that nobody mistakes one number for another."""
    return f"{group.name} {alert.topic.label}"


def alert_text(context: Alerts, alert: Alert, group: Group, findings: Sequence[Finding]) -> str:
    """Return an alert as its recipient reads it on a phone."""
    if alert.classified:
        body = _first_aid(context, alert, group)
    else:
        first = findings[0] if findings else None
        count = f"（同类 {alert.count} 条）" if alert.count > 1 else ""
        body = [
            (
                f"{who(context, alert, group)} {clock(context, alert.first_posted_at)}"
                f" {alert.topic.label}{count} · {cited(context, alert)}"
            ),
            f"片段：{snippet(first)}   状态：{standing(findings)}",
        ]
    caught_up = "（补查）" if alert.caught_up else ""
    lines = [f"{marker(alert)}{alert.severity.label} | {group.name}{caught_up}"]
    if alert.tier is not Role.OWNER:
        lines.append(f"（{_why_you(context, alert)}）")
    lines += [*body, f"回复：{verbs(context, alert, group)}"]
    if not can_recall(context, alert, group) and standing(findings) != RECALLED:
        lines.append(by_hand(alert))
    return "\n".join(lines)


def _first_aid(context: Alerts, alert: Alert, group: Group) -> list[str]:
    return [
        (
            f"{who(context, alert, group)} {clock(context, alert.first_posted_at)}"
            f" 疑似国家秘密标志 · {cited(context, alert)}"
        ),
        "原文不留存。请马上：",
        "1 让发送人撤回，谁都不转发、不截图、不下载",
        "2 群里不议论、不复述",
        f"3 {report_until(alert)} 前报告保密办（联系：{context.office.contact}）",
    ]


def report_until(alert: Alert) -> str:
    """Return until when a state secret in the open is to be reported."""
    return local(alert.first_posted_at + REPORT_WITHIN).strftime("%m月%d日 %H:%M")


def line(context: Alerts, alert: Alert, group: Group) -> str:
    """Return an alert as one line of a list."""
    count = f"×{alert.count}" if alert.count > 1 else ""
    caught_up = " 补查" if alert.caught_up else ""
    look = " 请看是否合适" if alert.low_key else ""
    state = " 撤回中" if alert.state is AlertState.RECALLING else ""
    return (
        f"{alert.number} {alert.severity.label} {alert.topic.label}{count}"
        f" {who(context, alert, group)} {clock(context, alert.first_posted_at)}"
        f"{look}{caught_up}{state}"
    )


def listed(context: Alerts, alerts: Sequence[Alert], room: int) -> str:
    """Return alerts as numbered lines under their groups, in `room` characters.

    What does not fit is counted, so that nobody takes a list cut short for the whole.
    """
    lines: list[str] = []
    group: Group | None = None
    for shown, alert in enumerate(alerts):
        more: list[str] = []
        if group is None or alert.group != group.id:
            group = context.groups.get(alert.group)
            more.append(f"〔{group.name}〕")
        more.append(line(context, alert, group))
        room -= sum(len(each) + 1 for each in more)
        if room < 0:
            lines.append(f"（没有列完，还有 {len(alerts) - shown} 件；办结一些后再回复“待办”）")
            break
        lines += more
    return "\n".join(lines)


def verbs(context: Alerts, alert: Alert, group: Group) -> str:
    """Return the answers that can be carried out now, each with the alert's number."""
    n = alert.number
    offered = [f"撤回{n}"] if can_recall(context, alert, group) else []
    if not alert.classified:
        offered.append(f"提醒{n}")
    offered.append(f"误报{n} 理由")
    if may_confirm(alert):
        offered.append(f"确认{n}")
    if alert.tier is not Role.COMMITTEE:
        offered.append(f"上报{n}")
    return "  ".join([*offered, f"为什么{n}"])


def may_confirm(alert: Alert) -> bool:
    """Whether 确认 ends the matter: below the leader a state secret is reported, not just noted."""
    return not alert.classified or alert.tier in {Role.LEADER, Role.COMMITTEE}


def can_recall(context: Alerts, alert: Alert, group: Group) -> bool:
    """Whether the bot can take the message back: by the platform, and by its standing there.

    At QQ an administrator cannot recall what the owner or another administrator wrote.
    """
    if Ability.RECALL not in context.abilities.get(group.account, frozenset()):
        return False
    if group.standing is Standing.OWNER:
        return True
    return group.standing is Standing.ADMINISTRATOR and alert.sender != group.owner_user


def by_hand(alert: Alert) -> str:
    """Return how to recall without the bot."""
    return f"机器人撤不了这条消息：请在群里长按它手工撤回，再回复“{_closing(alert)}”。"


def _closing(alert: Alert) -> str:
    return f"{'确认' if may_confirm(alert) else '上报'}{alert.number}"


def not_recalled(alert: Alert, what: str) -> str:
    """Return what a person reads when a recall did not happen, and how to do it by hand."""
    return (
        f"{alert.number} 号没有撤回成功：{what}。请在群里长按该消息手工撤回，"
        f"再回复“{_closing(alert)}”；也可以再试“撤回{alert.number}”。"
    )


def who(context: Alerts, alert: Alert, group: Group) -> str:
    """Return the sender masked: by the register, else by his card."""
    person = context.people.once_with_account(group.platform, alert.sender)
    if person is not None:
        return f"{person.masked}（{person.unit}）" if person.unit else person.masked
    return mask_card(alert.sender_card[:_CARD]) or "未登记成员"


def clock(context: Alerts, moment: datetime) -> str:
    """Return a moment as people say it: the hour today, else with the day."""
    there, today = local(moment), local(context.now).date()
    return there.strftime("%H:%M" if there.date() == today else "%m-%d %H:%M")


def cited(context: Alerts, alert: Alert) -> str:
    """Return the first clause an alert rests on, as it is cited."""
    if not alert.clauses:
        return "无对应条款"
    first = context.clauses.by_code(alert.clauses[0]).citation
    more = len(alert.clauses) - 1
    return f"{first} 等{more + 1}条" if more else first


def snippet(finding: Finding | None) -> str:
    """Return a short masked stretch around the first signal."""
    if finding is None or finding.excerpt is None:
        return "（不显示）"
    if finding.topic is Topic.PERSONAL_INFORMATION:
        return f"（含{'、'.join(finding.why.signals)}，不显示）"
    shown = masked(finding.excerpt, finding.excerpt_start, finding.spans).lstrip("…")
    at = max(0, shown.find("*") - _SHOWN // 3)
    cut = " ".join(shown[at : at + _SHOWN].split())
    before = "…" if at > 0 or finding.excerpt_start > 0 else ""
    after = "…" if at + _SHOWN < len(shown) else ""
    return f"{before}{unlinked(cut)}{after}"


def unlinked(text: str) -> str:
    """Return a text whose addresses no phone makes clickable: `a[.]com`."""
    return _ADDRESS.sub("[.]", text)


def standing(findings: Sequence[Finding]) -> str:
    """Return whether the messages of an alert still stand in the group."""
    gone = bool(findings) and all(each.recalled_at for each in findings)
    return RECALLED if gone else "未撤回"


def severity_note(severity: Severity) -> str:
    """Return what a severity means for the reader."""
    return "请尽快处置" if severity.at_once else "不急，今天方便时处置"


def _why_you(context: Alerts, alert: Alert) -> str:
    source = alert.source and context.alerts.get(alert.source)
    if not source:
        return "发送人是群主或分管领导，按规定直接报您"
    if source.decision is Decision.REPORTED:
        by = (
            context.people.get(source.decided_by).masked if source.decided_by else source.tier.label
        )
        return f"{by}上报，请您处理"
    return f"{source.tier.label}未及时处置，转您处理"


RECALLED: Final = "已撤回"

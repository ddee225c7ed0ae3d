"""What people read: short, private, decidable with one thumb; never the matched text in a group."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.calendar import local
from bot.model.alert import Alert, AlertState
from bot.model.event import Ability
from bot.model.finding import Finding, Severity
from bot.model.group import Group, Role, mask_card
from bot.model.message import Standing
from bot.plugin import Context
from bot.screening.excerpt import masked
from plugins.workflows.alerts.settings import AlertSettings

NEUTRAL = "请文明发言，遵守群规。"
NUDGE = "请私聊我：待办"
MOST = 900
REPORT_WITHIN = timedelta(hours=24)
_SHOWN = 40

Alerts = Context[AlertSettings]


def marker(alert: Alert) -> str:
    """Return the stretch by which the alert is found again in a chat's history."""
    return f"【待处置 {alert.number}】"


def alert_text(context: Alerts, alert: Alert, group: Group, findings: Sequence[Finding]) -> str:
    """Return an alert as its recipient reads it on a phone."""
    if alert.classified:
        return _classified_text(context, alert, group)
    first = findings[0] if findings else None
    count = f"（同类 {alert.count} 条）" if alert.count > 1 else ""
    lines = [
        f"{marker(alert)}{alert.severity.label} | {group.name}{_marks(alert)}",
        (
            f"{who(context, alert, group)} {clock(context, alert.first_posted_at)}"
            f" {alert.topic.label}{count} · {cited(context, alert)}"
        ),
        f"片段：{snippet(first)}   状态：{_standing(findings)}",
        f"回复：{verbs(context, alert, group)}",
    ]
    if alert.tier is not Role.OWNER:
        lines.insert(1, f"（{_why_you(alert)}）")
    return "\n".join(lines)


def _classified_text(context: Alerts, alert: Alert, group: Group) -> str:
    until = local(alert.first_posted_at + REPORT_WITHIN).strftime("%m月%d日 %H:%M")
    n = alert.number
    lines = [
        f"{marker(alert)}{alert.severity.label} | {group.name}{_marks(alert)}",
        (
            f"{who(context, alert, group)} {clock(context, alert.first_posted_at)}"
            f" 疑似国家秘密标志 · {cited(context, alert)}"
        ),
        "原文不留存、不转发。请马上：",
        "1 请发送人撤回；不转发、不截图、不下载",
        "2 群里不议论、不复述",
        f"3 联系保密办和{context.office.contact}，{until} 前报告",
        f"回复：{verbs(context, alert, group)}",
    ]
    if alert.tier is not Role.OWNER:
        lines.insert(1, f"（{_why_you(alert)}）")
    if not can_recall(context, alert, group):
        lines.append(by_hand(n))
    return "\n".join(lines)


def line(context: Alerts, alert: Alert, group: Group) -> str:
    """Return an alert as one line of a list."""
    count = f"×{alert.count}" if alert.count > 1 else ""
    caught_up = " 补查" if alert.caught_up else ""
    state = " 撤回中" if alert.state is AlertState.RECALLING else ""
    return (
        f"{alert.number} {alert.severity.label} {alert.topic.label}{count}"
        f" {who(context, alert, group)} {clock(context, alert.first_posted_at)}{caught_up}{state}"
    )


def listed(context: Alerts, alerts: Sequence[Alert]) -> str:
    """Return alerts as numbered lines under their groups; what does not fit is counted."""
    lines: list[str] = []
    size = 0
    group: Group | None = None
    for shown, alert in enumerate(alerts):
        if group is None or alert.group != group.id:
            group = context.groups.get(alert.group)
            lines.append(f"〔{group.name}〕")
        lines.append(line(context, alert, group))
        size += len(lines[-1]) + len(group.name) // 2
        if size > MOST - 300 and shown + 1 < len(alerts):
            lines.append(f"（名单未列完，还有 {len(alerts) - shown - 1} 件）")
            break
    return "\n".join(lines)


def verbs(context: Alerts, alert: Alert, group: Group) -> str:
    """Return the answers that can be carried out now, each with the alert's number."""
    n = alert.number
    offered = [f"撤回{n}"] if can_recall(context, alert, group) else []
    if not alert.classified:
        offered.append(f"提醒{n}")
    offered += [f"误报{n} 理由", f"确认{n}", f"上报{n}", f"为什么{n}"]
    return "  ".join(offered)


def can_recall(context: Alerts, alert: Alert, group: Group) -> bool:
    """Whether the bot can take the message back: by the platform, and by its standing there.

    At QQ an administrator cannot recall what the owner or another administrator wrote.
    """
    if Ability.RECALL not in context.abilities.get(group.account, frozenset()):
        return False
    if group.standing is Standing.OWNER:
        return True
    return group.standing is Standing.ADMINISTRATOR and alert.sender != group.owner_user


def by_hand(number: int) -> str:
    """Return how to recall without the bot."""
    return f"机器人在该群不能撤回这条消息，请在群里长按消息手工撤回，然后回复“确认{number}”。"


def who(context: Alerts, alert: Alert, group: Group) -> str:
    """Return the sender masked: by the register, else by his card."""
    person = context.people.with_account(group.platform, alert.sender)
    if person is not None:
        return f"{person.masked}（{person.unit}）" if person.unit else person.masked
    return mask_card(alert.sender_card) or "未登记成员"


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
    shown = masked(finding.excerpt, finding.excerpt_start, finding.spans)
    at = max(0, finding.spans[0].start - finding.excerpt_start - _SHOWN // 3)
    cut = " ".join(shown[at : at + _SHOWN].split())
    before = "…" if at > 0 or finding.excerpt_start > 0 else ""
    after = "…" if at + _SHOWN < len(shown) else ""
    return f"{before}{cut}{after}"


def severity_note(severity: Severity) -> str:
    """Return what a severity means for the reader."""
    return "请尽快处置" if severity.at_once else "无需马上回复"


def _marks(alert: Alert) -> str:
    return "（补查）" if alert.caught_up else ""


def _why_you(alert: Alert) -> str:
    if alert.source is not None:
        return (
            "群主未及时处置，转您处理" if alert.tier is not Role.COMMITTEE else "上报事项，请您处理"
        )
    return "发送人是群主或上级，依规直接报您"


def _standing(findings: Sequence[Finding]) -> str:
    return "已撤回" if findings and all(each.recalled_at for each in findings) else "未撤回"

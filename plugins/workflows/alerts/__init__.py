"""Alerts (HS-9, HS-11/2): findings reach the owner privately, and he handles them by reply."""

from bot.model.event import (
    AccountConfirmed,
    FindingsMade,
    MessageLookedUp,
    MessageRecalled,
    OutgoingSettled,
    TimerDue,
)
from bot.plugin import ANYBODY, Workflow, command, on
from plugins.workflows.alerts.appeals import appeal
from plugins.workflows.alerts.closing import not_told
from plugins.workflows.alerts.handling import (
    confirm,
    false_positive,
    look,
    recall,
    remind,
    report,
    to_do,
    why,
)
from plugins.workflows.alerts.pausing import pause, resume
from plugins.workflows.alerts.phrases import agree, disagree, propose
from plugins.workflows.alerts.raising import carry_on, notice_delivery, raise_alerts
from plugins.workflows.alerts.recalling import (
    answered,
    look_again,
    looked_up,
    not_answered,
    shown,
)
from plugins.workflows.alerts.settings import AlertSettings
from plugins.workflows.alerts.waiting import confirmed

WORKFLOW = Workflow(
    name="alerts",
    settings=AlertSettings,
    listens=(
        on(FindingsMade, raise_alerts),
        on(TimerDue, carry_on),
        on(TimerDue, look_again),
        on(OutgoingSettled, notice_delivery),
        on(OutgoingSettled, not_told),
        on(OutgoingSettled, answered),
        on(OutgoingSettled, not_answered),
        on(AccountConfirmed, confirmed),
        on(MessageRecalled, shown),
        on(MessageLookedUp, looked_up),
    ),
    commands=(
        command("待办", to_do, help="待办　列出要您处置的事项"),
        command("看", look, help="看3　看摘录（留下查看记录）"),
        command("为什么", why, help="为什么3　看依据的规则和条款"),
        command("撤回", recall, help="撤回3　撤回那条消息"),
        command("提醒", remind, help="提醒3　群里发一句中性提醒，私下告知发送人"),
        command("误报", false_positive, help="误报3 理由　没有问题，销掉"),
        command("放行", propose, help="放行3 短语　误报过的说法今后不再提醒（要第二人同意）"),
        command("同意放行", agree, help="同意放行3　答复别人提出的放行"),
        command("不同意", disagree, help="不同意3　答复别人提出的放行"),
        command("确认", confirm, help="确认3　属实，记录在案"),
        command("上报", report, help="上报3　报分管领导（要确认码）"),
        command("暂停", pause, help="暂停30分　暂缓非紧急提醒，最长两小时"),
        command("恢复", resume, help="恢复　结束暂停"),
        command("申诉", appeal, by=ANYBODY, help="申诉12 理由　对处置有异议，送机关党委"),
    ),
)

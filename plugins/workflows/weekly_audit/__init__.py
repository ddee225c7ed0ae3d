"""The weekly audit (HS-11/2): the owner decides about those who may not belong in his group."""

from bot.model.event import (
    AccountConfirmed,
    AccountConnected,
    DeedReleased,
    MemberLeft,
    OutgoingSettled,
    TimerDue,
)
from bot.model.group import Role
from bot.plugin import Workflow, command, every, on
from plugins.workflows.weekly_audit.answering import answer, show
from plugins.workflows.weekly_audit.following import due
from plugins.workflows.weekly_audit.opening import another_login, begin, confirmed, list_came
from plugins.workflows.weekly_audit.removing import answered, left, released
from plugins.workflows.weekly_audit.settings import WeeklyAuditSettings

_BY = (Role.OWNER, Role.ADMINISTRATOR, Role.LEADER, Role.COMMITTEE)

WORKFLOW = Workflow(
    name="weekly_audit",
    settings=WeeklyAuditSettings,
    listens=(
        on(AccountConnected, another_login),
        on(AccountConfirmed, confirmed),
        on(TimerDue, due),
        on(OutgoingSettled, list_came),
        on(OutgoingSettled, answered),
        on(MemberLeft, left),
        on(DeedReleased, released),
    ),
    commands=(
        command("核查", show, by=_BY, help="核查　看本周群成员核查还有哪些要定"),
        command("移", answer, by=_BY, help="移11　移出群（要确认码）"),
        command("补", answer, by=_BY, help="补12=赵六/财务科　补实名"),
        command("留", answer, by=_BY, help="留13 理由　留在群里"),
        command("全留", answer, by=_BY, help="全留 理由　没写到的都留下；可以一行写几项"),
    ),
    schedules=(every(5, "begin", begin),),
)

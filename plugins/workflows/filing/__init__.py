"""Filing (HS-3, HS-8, HS-10): what changes of a group reaches the committee office, with proof."""

from bot.model.event import (
    AccountConfirmed,
    ChangeNoticed,
    FilingAnswered,
    FilingCarried,
    GroupAmended,
    OutgoingSettled,
    RolesChanged,
    TimerDue,
)
from bot.model.group import Role
from bot.plugin import Workflow, command, every, on
from plugins.workflows.filing import forming, news, sending
from plugins.workflows.filing.answering import file, give_receipt, send_back
from plugins.workflows.filing.clock import keep_time
from plugins.workflows.filing.opening import notice, tell_due, tell_undone
from plugins.workflows.filing.receipts import answered
from plugins.workflows.filing.settings import FilingSettings
from plugins.workflows.filing.waiting import confirmed

_BY = (Role.OWNER, Role.ADMINISTRATOR, Role.LEADER, Role.COMMITTEE)

WORKFLOW = Workflow(
    name="filing",
    settings=FilingSettings,
    listens=(
        on(ChangeNoticed, notice),
        on(AccountConfirmed, confirmed),
        on(TimerDue, tell_due),
        on(TimerDue, tell_undone),
        on(GroupAmended, forming.amended),
        on(RolesChanged, forming.appointed),
        on(TimerDue, forming.again),
        on(TimerDue, news.due),
        on(TimerDue, sending.due),
        on(FilingCarried, sending.carried),
        on(OutgoingSettled, sending.settled),
        on(FilingAnswered, answered),
    ),
    commands=(
        command("备案", file, by=_BY, help="备案　看等您办的备案（备案37 看一件，备案37 属实）"),
        command("回执", give_receipt, by=_BY, help="回执37 编号　机关党委收到备案"),
        command("退回", send_back, by=_BY, help="退回37 理由　备案要改（领导审核、机关党委）"),
    ),
    schedules=(every(10, "clock", keep_time),),
)

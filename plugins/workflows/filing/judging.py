"""Changes are judged: a person says that they are so, or that one is none and why."""

from collections.abc import Generator, Sequence
from dataclasses import replace

from bot.model.action import Action, SaveFiling, SaveGroupChanges
from bot.model.errors import BotError
from bot.model.filing import (
    ChangeState,
    Deed,
    Filing,
    FilingAnswer,
    FilingState,
    GroupChange,
)
from plugins.workflows.filing.clock import timed
from plugins.workflows.filing.forming import form_if_ready, is_ready
from plugins.workflows.filing.wording import Filings, record, step, the_filing

UNDONE = "备案前已改回"
RETURNED = (FilingState.REFUSED, FilingState.BOUNCED)
"""Where a form came back; it is not filed."""

_LONGEST_REASON = 200


def corrected(filing: Filing) -> Filing:
    """Return a filing that came back to be formed anew; why an officer refused it stays to be seen."""
    refused = filing.state is FilingState.REFUSED
    return replace(filing.corrected(), reason=filing.reason if refused else "")


def judge(
    context: Filings,
    filing: Filing,
    answer: FilingAnswer,
    *,
    by: int | None,
    numbers: Sequence[int] = (),
    text: str = "",
) -> Generator[Action, None, str]:
    """Confirm or dismiss changes of a filing (without numbers: all that it is about).

    `by` is None for the operator. Returns the sentence for who said it; raises BotError for numbers
    that there are not, without a reason, and once the form is made.
    """
    confirms = answer is FilingAnswer.CONFIRM
    if filing.state in RETURNED and not confirms:
        filing = corrected(filing)
    if not filing.is_forming:
        raise BotError(_too_late(filing))
    changes = context.filings.changes(filing.id)
    reason = text.strip()[:_LONGEST_REASON]
    decided = [
        each.confirmed(by, context.now) if confirms else each.dismissed(by, context.now, reason)
        for each in _meant(filing, changes, numbers, confirms=confirms)
    ]
    fresh = {each.number: each for each in decided}
    judged = filing.judged([fresh.get(each.number, each) for each in changes], context.now)
    judged = timed(context, judged) if judged.is_open else judged
    yield SaveFiling(filing=judged)
    yield SaveGroupChanges(changes=tuple(decided))
    deed = Deed.CONFIRMED if confirms else Deed.DISMISSED
    items = "、".join(str(each.number) for each in decided)
    why = f"，理由：{reason}" if reason and not confirms else ""
    yield step(context, filing, deed, by=by, detail=f"第{items}项{why}")
    yield record(filing, deed, by=by, actor="operator", detail=f"changes {items}")
    if judged.state is FilingState.CONFIRMED:
        yield from form_if_ready(context, filing.id)
    said = f"第{items}项{'已确认' if confirms else '定为不成立，理由已记录'}。"
    return f"备案 {filing.id} {said}{_what_next(context, the_filing(context, filing.id))}"


def _meant(
    filing: Filing, changes: Sequence[GroupChange], numbers: Sequence[int], *, confirms: bool
) -> Sequence[GroupChange]:
    numbered = {each.number: each for each in changes}
    if unknown := [each for each in numbers if each not in numbered]:
        raise BotError(
            f"备案 {filing.id} 没有第 {unknown[0]} 项，只有 {len(changes)} 项。回复“备案 {filing.id}”看。"
        )
    if numbers:
        chosen = [numbered[each] for each in dict.fromkeys(numbers)]
        if undone := next((each for each in chosen if each.reason == UNDONE), None):
            raise BotError(f"第 {undone.number} 项{UNDONE}，不用再定。")
        return chosen
    open_ = [
        each for each in changes if (each.state is ChangeState.NOTICED if confirms else each.counts)
    ]
    if not open_:
        raise BotError(f"备案 {filing.id} 的变更都已确认，不用再确认。")
    return open_


def _too_late(filing: Filing) -> str:
    if filing.state in {FilingState.FORMED, FilingState.APPROVED}:
        return (
            f"备案 {filing.id} {filing.state.label}，备案表已生成。"
            f"要改请分管领导先回复：退回 {filing.id} 理由"
        )
    if filing.state is FilingState.REFUSED:
        return f"备案 {filing.id} 被退回，请先改正登记，再回复：备案 {filing.id} 改正"
    return f"备案 {filing.id} {filing.state.label}，变更不用再定了。"


def _what_next(context: Filings, filing: Filing) -> str:
    match filing.state:
        case FilingState.DISMISSED:
            return "没有要备案的了，这件办结。"
        case FilingState.NOTICED:
            return "还有没确认的，回复“备案 " + f"{filing.id}”看。"
        case FilingState.FORMED:
            return "备案表已生成，等分管领导审核。"
        case FilingState.CONFIRMED if not is_ready(context, filing):
            return f"上次退回的（{filing.reason}）还没改：改好登记后回复：备案 {filing.id} 改正"
        case FilingState.CONFIRMED:
            return "登记补齐后自动生成备案表。"
        case _:
            return ""

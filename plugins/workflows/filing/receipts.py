"""What people decide about a form: approve it, hand it in, take it, refuse it; by chat or at the desk."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.model.action import Action, SaveFiling
from bot.model.errors import BotError
from bot.model.event import FilingAnswered
from bot.model.filing import Deed, Filing, FilingAnswer, FilingState
from plugins.workflows.filing.forming import form_if_ready
from plugins.workflows.filing.judging import judge
from plugins.workflows.filing.news import announce
from plugins.workflows.filing.people import lacking, may_approve
from plugins.workflows.filing.sending import send
from plugins.workflows.filing.wording import Filings, record, step, the_filing

_LONGEST: Final = 200
_JUDGED: Final = (FilingAnswer.CONFIRM, FilingAnswer.DISMISS)


def answered(context: Filings, event: FilingAnswered) -> Iterator[Action]:
    """Do what somebody at the desk says; BotError for what cannot be done now."""
    filing, by = the_filing(context, event.number), event.by
    if event.answer is FilingAnswer.APPROVE:
        may = [each.id for each in may_approve(context, filing)]
        if by not in may:
            raise BotError(
                f"备案 {filing.id} 由分管领导审核，不能审核自己确认的；请写明是谁审核的。"
            )
    if event.answer in _JUDGED:
        yield from judge(
            context, filing, event.answer, by=by, numbers=event.changes, text=event.text
        )
    else:
        yield from act(context, filing, event.answer, by=by, text=event.text)


def act(
    context: Filings, filing: Filing, answer: FilingAnswer, *, by: int | None, text: str = ""
) -> Generator[Action, None, str]:
    """Do one answer about a filing and return the sentence for who gave it.

    `by` is None for the operator; rights are checked before. Raises BotError for what cannot be
    done in the filing's state, or without a reason or number.
    """
    if answer is FilingAnswer.FORM:
        yield from form_if_ready(context, filing.id)
        return _stands(context, filing.id)
    said = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    said = said[:_LONGEST]
    deed, after = _next(context, filing, answer, by, said)
    yield SaveFiling(filing=after)
    yield step(context, after, deed, by=by, detail=said)
    yield record(after, deed, by=by, actor="operator")
    match answer:
        case FilingAnswer.APPROVE | FilingAnswer.RESEND:
            yield from send(context, after.id)
        case FilingAnswer.CORRECT:
            yield from form_if_ready(context, after.id)
        case _:
            yield from announce(context, after.id, but=by)
    return _stands(context, after.id)


def _next(
    context: Filings, filing: Filing, answer: FilingAnswer, by: int | None, said: str
) -> tuple[Deed, Filing]:
    """Return what an answer does to a filing, and the name of that in its history."""
    deed, states, change = _DOES[answer]
    if states and filing.state not in states:
        raise BotError(f"备案 {filing.id} {filing.state.label}，现在不能这样办理。")
    return deed, change(filing, by, said, context.now)


def _resent(filing: Filing) -> Filing:
    """Return a filing that goes out at once; one that waits for its next try waits no longer."""
    return filing if filing.state is FilingState.APPROVED else filing.resent()


def _corrected(filing: Filing) -> Filing:
    """Return a filing to be formed anew, also after the leader sent it back."""
    if filing.state is FilingState.NOTICED and filing.reason:
        raise BotError(
            f"备案 {filing.id} 有改动还没确认，确认后自动重新填表：备案 {filing.id} 属实"
        )
    sent_back = filing.state is FilingState.CONFIRMED and filing.reason
    return replace(filing if sent_back else filing.corrected(), reason="")


def _stands(context: Filings, number: int) -> str:
    """Return how a filing stands now, as the answer to who changed it."""
    filing = the_filing(context, number)
    said = _STANDS.get(filing.state, filing.state.label)
    if filing.state is FilingState.CONFIRMED:
        wanting = lacking(context, filing, context.groups.get(filing.group))
        said = _STANDS_BACK if filing.reason else f"登记还缺：{'、'.join(wanting)}，补齐后自动填表"
    elif filing.state is FilingState.APPROVED and filing.tries:
        said = "已审核，正在重试报送"
    return f"备案 {filing.id} {said.format(n=filing.id, receipt=filing.receipt)}。"


_Does = Callable[[Filing, int | None, str, datetime], Filing]
_DOES: Final[Mapping[FilingAnswer, tuple[Deed, tuple[FilingState, ...], _Does]]] = MappingProxyType(
    {
        FilingAnswer.APPROVE: (Deed.APPROVED, (), lambda f, by, _, at: f.approved(by, at)),
        FilingAnswer.SEND_BACK: (Deed.SENT_BACK, (), lambda f, _, said, __: f.sent_back(said)),
        FilingAnswer.SENT_BY_HAND: (
            Deed.BY_HAND,
            (FilingState.APPROVED, FilingState.BOUNCED),
            lambda f, _, __, at: f.sent(at),
        ),
        FilingAnswer.ARRIVED: (
            Deed.ARRIVED,
            (FilingState.UNKNOWN,),
            lambda f, _, __, at: f.sent(at),
        ),
        FilingAnswer.RESEND: (Deed.RESENT, (), lambda f, _, __, ___: _resent(f)),
        FilingAnswer.BOUNCED: (Deed.BOUNCED, (), lambda f, _, said, __: f.bounced(said)),
        FilingAnswer.CORRECT: (Deed.CORRECTED, (), lambda f, _, __, ___: _corrected(f)),
        FilingAnswer.RECEIPT: (Deed.RECEIVED, (), lambda f, _, said, at: f.received(said, at)),
        FilingAnswer.REFUSE: (Deed.REFUSED, (), lambda f, _, said, __: f.refused(said)),
        FilingAnswer.WITHDRAW: (Deed.WITHDRAWN, (), lambda f, _, said, at: f.withdrawn(said, at)),
    }
)
_STANDS_BACK: Final = "已退回，原因已告诉群主"
_STANDS: Final = MappingProxyType(
    {
        FilingState.APPROVED: "已审核，等手工报送，送到后群主回复：备案 {n} 已报",
        FilingState.SENDING: "正在报送，结果会告诉群主",
        FilingState.RECEIVED: "已办结，回执 {receipt}",
        FilingState.REFUSED: "已退回，原因已告诉群主，改正后会再报",
    }
)

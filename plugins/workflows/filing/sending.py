"""A form that was approved goes to the officer: by mail, folder, private message, or by hand.

Each try is one or more letters of the outbox, written together with the state SENDING. What is
certain not to have arrived is tried again later; what nobody can tell waits for a person.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from bot.calendar import local
from bot.model.action import Action, DutyDone, Lane, PutFile, SaveFiling, SendMail, Wake
from bot.model.errors import BotError
from bot.model.event import FilingCarried, OutcomeState, OutgoingSettled, TimerDue
from bot.model.filing import Content, Deed, Document, Filing, FilingState, Way
from bot.model.group import Group
from bot.model.port import Filings as Reader
from bot.model.port import People
from plugins.forms.filing import FORM, file_name, reviewed
from plugins.workflows.filing.news import REFUSED, announce, still_here
from plugins.workflows.filing.people import officers
from plugins.workflows.filing.wording import (
    Filings,
    due_text,
    record,
    step,
    tell,
    the_filing,
)

MAIL: Final = "mail:office"
FOLDER: Final = "folder:filing"
SEND: Final = "filing.send"
LATE: Final = "filing.late"
_REF: Final = "filing"
_NO_FORM: Final = "refused: form"
_REASONS: Final = MappingProxyType(
    {
        "offline": "连不上对方",
        "temporary: missing": "备案文件夹不在",
        "temporary: not_writable": "备案文件夹不能写入",
        "temporary: full": "备案文件夹所在的磁盘满了",
        "temporary: unreachable": "连不上邮件服务器",
        "temporary: timeout": "对方没有响应",
        "temporary: lost": "连接断开",
        "temporary: auth": "邮件服务器不接受用户名或密码",
        "temporary: certificate": "邮件服务器的证书不可信",
        "temporary: sender": "邮件服务器不许用这个发件人",
        "refused: form": "备案表做不出来，请检查表格模板",
        "refused: address": "收件地址不对，请核对 recipients",
        "not_configured": "配置文件里没有写怎么发",
    }
)
_ENDS: Final = (Deed.FAILED, Deed.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Try:
    """What a letter was: the try of an edition, and to how many people at once it went."""

    filing: int
    edition: int
    number: int
    of: int = 1


def send(context: Filings, number: int) -> Iterator[Action]:
    """Send the form of an approved filing, by the way that the settings name."""
    filing = the_filing(context, number)
    if filing.state is not FilingState.APPROVED:
        return
    group = context.groups.get(filing.group)
    way = Way(context.settings.way)
    private = way is Way.PRIVATE
    if private and not context.calendar.is_working_time(context.now):
        yield _wake(filing, context.calendar.next_working_time(context.now) - context.now, context)
        return
    if way is Way.BY_HAND or (private and not officers(context, group)):
        yield from announce(context, filing.id)
        return
    content = content_to_send(filing, filings=context.filings, people=context.people)
    filing = filing.sending(way, _message_id(context, filing) if way is Way.MAIL else "")
    yield SaveFiling(filing=filing)
    letters = list(_letters(context, filing, group, content))
    whom = "、".join(_whom(context, filing, group))
    detail = f"{way.label}，第{filing.tries}次" + (f"，发往 {whom}" if whom else "")
    yield step(context, filing, Deed.SENDING, detail=detail)
    yield record(filing, Deed.SENDING, detail=f"{way.value}, try {filing.tries}")
    if filing.tries == 1:
        yield _watch(context, filing)
    yield from letters


def due(context: Filings, event: TimerDue) -> Iterator[Action]:
    """Try again what certainly did not arrive; see what has not gone out for hours."""
    name, _, rest = event.key.partition(":")
    if name not in {SEND, LATE}:
        return
    number, _, edition = rest.partition(":")
    filing = context.filings.get(int(number))
    if filing is None:
        return
    if name == SEND:
        yield from send(context, filing.id)
    elif filing.edition == int(edition):
        yield from _late(context, filing)


def content_to_send(filing: Filing, *, filings: Reader, people: People) -> Content:
    """Return what the present edition says, with who approved it: the same at every try.

    Raises BotError where no form was made.
    """
    edition = filings.edition(filing.id, filing.edition)
    if edition is None:
        raise BotError(f"备案 {filing.id} {filing.state.label}，还没有备案表。")
    if filing.approved_at is None or filing.approved_by is None:
        return edition.content
    name = people.get(filing.approved_by).name
    return reviewed(edition.content, by=name, on=local(filing.approved_at).date())


def carried(context: Filings, event: FilingCarried) -> Iterator[Action]:
    """Keep what a server or folder took, and what it answered: the proof of sending."""
    tried = _read(event.ref)
    filing = context.filings.get(tried.filing) if tried else None
    if tried is None or filing is None:
        return
    if filing.edition == tried.edition:
        filing = replace(filing, document_hash=event.sha256)
        yield SaveFiling(filing=filing)
    said = {
        "收件": "、".join(event.recipients),
        REFUSED: "、".join(event.refused),
        "答复": event.answer,
        "邮件编号": event.message_id,
        "文件 sha256": event.sha256,
    }
    detail = "；".join(f"{name} {value}" for name, value in said.items() if value)
    yield step(context, filing, Deed.CARRIED, detail=detail)


def settled(context: Filings, event: OutgoingSettled) -> Iterator[Action]:
    """Take the outcome of a try: sent, to be tried again, refused for good, or not known."""
    tried = _read(event.ref)
    filing = context.filings.get(tried.filing) if tried else None
    if tried is None or filing is None:
        return
    if (filing.edition, filing.tries) != (tried.edition, tried.number):
        return
    done = event.state is OutcomeState.DONE
    if done and filing.state in {FilingState.SENDING, FilingState.UNKNOWN}:
        yield from _sent(context, filing)
    elif not done and filing.state is FilingState.SENDING:
        yield from _not_sent(context, filing, event, tried.of)


def _not_sent(
    context: Filings, filing: Filing, event: OutgoingSettled, of: int
) -> Iterator[Action]:
    """Keep why a letter was not taken; when all have ended, decide what comes next."""
    unknown = event.state is OutcomeState.UNKNOWN
    reason = _lost(event.reason) if unknown else _failure(event.reason)
    yield step(context, filing, Deed.UNKNOWN if unknown else Deed.FAILED, detail=reason)
    ended = _ended(context, filing)
    if len(ended) < of:
        return
    if Deed.UNKNOWN in ended:
        yield SaveFiling(filing=filing.unknown())
        yield record(filing, Deed.UNKNOWN)
        yield from announce(context, filing.id)
    elif event.reason.startswith("refused") and event.reason != _NO_FORM:
        yield SaveFiling(filing=filing.bounced(reason))
        yield step(context, filing, Deed.BOUNCED, detail=reason)
        yield record(filing, Deed.BOUNCED)
        yield from announce(context, filing.id)
    else:
        yield SaveFiling(filing=filing.failed())
        yield record(filing, Deed.FAILED)
        minutes = context.settings.retry_minutes
        after = minutes[min(filing.tries, len(minutes)) - 1]
        yield _wake(filing, timedelta(minutes=after), context)


def _late(context: Filings, filing: Filing) -> Iterator[Action]:
    sending = filing.state is FilingState.SENDING
    if not sending and not (filing.state is FilingState.APPROVED and filing.tries):
        return
    if not context.calendar.is_working_time(context.now):
        at = context.calendar.next_working_time(context.now)
        yield Wake(key=f"{LATE}:{filing.id}:{filing.edition}", at=at)
    elif (
        sending and filing.way is not Way.PRIVATE and _begun(context, filing) <= _hours_ago(context)
    ):
        # Servers and folders answer within minutes: this outcome will not come any more.
        yield SaveFiling(filing=filing.unknown())
        yield step(context, filing, Deed.UNKNOWN, detail="没有记下结果")
        yield record(filing, Deed.UNKNOWN)
        yield from announce(context, filing.id)
    else:
        slot = f"{filing.id}:{filing.edition}"
        if not context.duties.done(LATE, slot):
            yield DutyDone(job=LATE, slot=slot)
            yield from still_here(context, filing)
        if sending:
            yield _watch(context, filing)


def _begun(context: Filings, filing: Filing) -> datetime:
    """Return when the present try began."""
    steps = context.filings.steps(filing.id)
    return next((each.at for each in reversed(steps) if each.deed is Deed.SENDING), context.now)


def _hours_ago(context: Filings) -> datetime:
    return context.now - timedelta(hours=context.settings.tell_after_hours)


def _watch(context: Filings, filing: Filing) -> Wake:
    """Look after some hours of work whether an edition has gone out."""
    minutes = context.settings.tell_after_hours * 60
    at = context.calendar.working_minutes_after(context.now, minutes)
    return Wake(key=f"{LATE}:{filing.id}:{filing.edition}", at=at)


def _sent(context: Filings, filing: Filing) -> Iterator[Action]:
    written = ""
    if filing.way is Way.PRIVATE:
        written = hashlib.sha256(_private(context, filing).encode()).hexdigest()
    filing = filing.sent(context.now, written)
    yield SaveFiling(filing=filing)
    detail = f"sha256 {filing.document_hash}" if filing.document_hash else ""
    yield step(context, filing, Deed.SENT, detail=detail)
    yield record(filing, Deed.SENT)
    yield from announce(context, filing.id)


def _letters(context: Filings, filing: Filing, group: Group, content: Content) -> Iterator[Action]:
    ref = f"{_REF}:{filing.id}:{filing.edition}:{filing.tries}"
    document = Document(form=FORM.name, file=file_name(content), content=content)
    match filing.way:
        case Way.MAIL:
            yield SendMail(
                account=MAIL,
                lane=Lane.DIGEST,
                ref=ref,
                to=context.settings.recipients,
                subject=f"{FORM.title} {filing.label} {group.name}（{content['edition']}）",
                text=_mail(context, filing, group, content),
                message_id=filing.message_id,
                document=document,
            )
        case Way.FOLDER:
            yield PutFile(account=FOLDER, lane=Lane.DIGEST, ref=ref, document=document)
        case Way.PRIVATE:
            people = officers(context, group)
            text = _private(context, filing)
            for place, person in enumerate(people, start=1):
                several = f":{place}:{len(people)}"
                yield from tell(context, person, group, text, ref=ref + several)


def _private(context: Filings, filing: Filing) -> str:
    content = content_to_send(filing, filings=context.filings, people=context.people)
    return (
        f"【备案表 {filing.label}】{content['edition']}\n{FORM.text(content)}\n"
        f"收到请回复：回执 {filing.id} 编号\n要退回请回复：退回 {filing.id} 理由"
    )


def _mail(context: Filings, filing: Filing, group: Group, content: Content) -> str:
    return (
        f"{context.office.name}报送工作群“{group.name}”的{content['matter']}备案表，见附件。\n"
        f"备案编号 {filing.label}，{due_text(context, filing)}。\n\n"
        f"收到请私聊群规机器人回复：回执 {filing.id} 编号\n"
        f"要退回请回复：退回 {filing.id} 理由\n"
        f"也可以告诉{context.office.contact}代为登记。\n"
    )


def _message_id(context: Filings, filing: Filing) -> str:
    """Return the id of an edition's mail, the same however often it is made."""
    _, _, host = context.settings.recipients[0].rpartition("@")
    seed = f"{context.office.name}:{filing.id}:{filing.edition}:{filing.content_hash}"
    return f"<qungui.{hashlib.sha256(seed.encode()).hexdigest()[:32]}@{host}>"


def _whom(context: Filings, filing: Filing, group: Group) -> list[str]:
    if filing.way is Way.MAIL:
        return list(context.settings.recipients)
    return [each.masked for each in officers(context, group)] if filing.way is Way.PRIVATE else []


def _ended(context: Filings, filing: Filing) -> list[Deed]:
    """Return how the letters of the present try ended so far, of those that were not taken."""
    ended: list[Deed] = []
    for each in context.filings.steps(filing.id):
        if each.deed is Deed.SENDING:
            ended = []
        elif each.deed in _ENDS:
            ended.append(each.deed)
    return ended


def _read(ref: str) -> _Try | None:
    """Return what a letter's ref names; None for those of others."""
    name, _, rest = ref.partition(":")
    parts = rest.split(":")
    if name != _REF or len(parts) not in {3, 5}:
        return None
    filing, edition, number = (int(each) for each in parts[:3])
    return _Try(filing, edition, number, int(parts[4]) if len(parts) > 3 else 1)


def _failure(reason: str) -> str:
    """Say in words why something certainly did not arrive."""
    code = reason.partition(":")[2].strip()
    known = next((text for key, text in _REASONS.items() if reason.startswith(key)), "")
    if known:
        return f"{known}（{reason}）"
    return (
        f"对方拒收（{code}）"
        if reason.startswith("refused")
        else f"对方暂时不收（{code or reason}）"
    )


def _lost(reason: str) -> str:
    return f"发送途中断开，不知道对方收到没有（{reason or 'unknown'}）"


def _wake(filing: Filing, after: timedelta, context: Filings) -> Wake:
    return Wake(key=f"{SEND}:{filing.id}", at=context.now + after)

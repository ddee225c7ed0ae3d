"""What people read of a filing: short, private, names masked, and always what to reply."""

import re
from datetime import date, datetime
from typing import Final

from bot.calendar import local
from bot.model.action import KeepFilingStep, Lane, Record, SayPrivately
from bot.model.errors import BotError
from bot.model.filing import ChangeKind, ChangeState, Deed, Filing, FilingStep, GroupChange
from bot.model.group import Group, GroupState, Person, mask_name
from bot.model.port import People
from bot.plugin import Asked, Context
from plugins.workflows.filing.settings import FilingSettings

Filings = Context[FilingSettings]

_LONGEST: Final = 60
_OF_PEOPLE: Final = frozenset(
    {ChangeKind.OWNER, ChangeKind.ADMINISTRATORS, ChangeKind.LEADER, ChangeKind.CONTACT}
)
_TOKEN: Final = re.compile(r"（[^（）]*）|[^\s\d、，,；;：:（）()“”。]+")
_NO_NAME: Final = "账号尾号"
_KNOWN: Final = re.compile(r"[^\s\d、，,；;：:]+")
_DIGITS: Final = re.compile(r"\d{5,}")


def head(filing: Filing, group: Group) -> str:
    """Return how every message about a filing begins."""
    return f"【备案 {filing.id}】{group.name}"


def change_line(context: Filings, change: GroupChange) -> str:
    """Return a change as one numbered line: what, from what to what, and when it happened."""
    state = "" if change.state is ChangeState.NOTICED else f"〔{change.state.label}〕"
    return f"{change.number} {change_text(context, change)}（{happened(context, change)}）{state}"


def change_text(context: Filings, change: GroupChange) -> str:
    """Return what changed from what to what, names masked."""
    before, after = (
        _short(shown(context.people, change.kind, each)) for each in (change.before, change.after)
    )
    said = f"{before} → {after}" if before and after else after or before
    return f"{change.kind.label}：{said}" if said else change.kind.label


def happened(context: Filings, change: GroupChange) -> str:
    """Return when a change happened; where only an interval is known, that is said."""
    last = moment(context, change.latest_at)
    if not change.is_blind:
        return last
    return f"{moment(context, change.earliest_at)}至{last}之间，具体时间不知道，期限从最早算起"


def due_text(context: Filings, filing: Filing) -> str:
    """Return until when a filing has to be done."""
    provisional = "（暂定）" if filing.provisional else ""
    late = "，已逾期" if filing.is_overdue(local(context.now).date()) else ""
    return f"最迟{day(context, filing.due_on)}{provisional}{late}"


def state_line(context: Filings, filing: Filing, group: Group) -> str:
    """Return a filing as one line of a list: number, group, where it stands, until when."""
    return f"{filing.id} {group.name} {filing.state.label}，{due_text(context, filing)}"


def shown(people: People, kind: ChangeKind, text: str) -> str:
    """Return what a change says, with names and numbers of people masked; not units in brackets."""
    if kind not in _OF_PEOPLE:
        return text

    def hidden(found: re.Match[str]) -> str:
        token = found[0]
        if token.startswith("（"):
            return f"（{masked(token[1:-1])}）"
        return token if token == _NO_NAME else mask_name(token)

    def masked(inside: str) -> str:
        return _KNOWN.sub(lambda f: mask_name(f[0]) if people.named(f[0]) else f[0], inside)

    named = _TOKEN.sub(hidden, text)
    return _DIGITS.sub(lambda found: f"{found[0][:3]}****{found[0][-2:]}", named)


def day(context: Filings, on: date) -> str:
    """Return a day as people say it; another year's with its year."""
    year = "" if on.year == local(context.now).year else f"{on.year}年"
    return f"{year}{on.month}月{on.day}日"


def moment(context: Filings, at: datetime) -> str:
    """Return a moment as people say it."""
    there = local(at)
    return f"{day(context, there.date())}{there:%H:%M}"


def reply(asked: Asked, text: str) -> SayPrivately:
    """Answer the person who asked, in private."""
    return SayPrivately(account=asked.event.account, user=asked.event.user, text=text)


def tell(
    context: Filings,
    person: Person,
    group: Group,
    text: str,
    *,
    lane: Lane = Lane.DIGEST,
    ref: str = "",
) -> list[SayPrivately]:
    """Return a private message to somebody; nothing where he has no account there."""
    user = context.people.account_of(person.id, group.account)
    if user is None:
        return []
    return [
        SayPrivately(
            account=group.account,
            lane=lane,
            ref=ref,
            user=user,
            text=text,
            marker=text.partition("\n")[0],
            via_group=_via(context, group, user),
        )
    ]


def step(
    context: Filings, filing: Filing, deed: Deed, *, by: int | None = None, detail: str = ""
) -> KeepFilingStep:
    """Return a line for a filing's history, of now."""
    return KeepFilingStep(
        step=FilingStep(filing=filing.id, at=context.now, deed=deed, by=by, detail=detail)
    )


def record(
    filing: Filing, deed: Deed, *, by: int | None = None, actor: str = "bot", detail: str = ""
) -> Record:
    """Return a row of the audit: a person's deed, or another actor's; `detail` names nobody."""
    return Record(
        actor=actor if by is None else f"person:{by}",
        deed=f"filing.{deed.value}",
        subject=f"filing:{filing.id}",
        detail=detail,
    )


def the_filing(context: Filings, number: int) -> Filing:
    """Return a filing as it now is; BotError for an unknown number."""
    filing = context.filings.get(number)
    if filing is None:
        raise BotError(f"没有备案 {number} 号。回复“备案”看编号。")
    return filing


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def _via(context: Filings, group: Group, user: str) -> str | None:
    """Return a group through which somebody can be written to who is no friend of the bot."""
    if group.state is GroupState.REGISTERED:
        return group.platform_id
    for each in context.members.of_account(group.platform, user):
        other = context.groups.get(each.group)
        if (
            each.left_at is None
            and other.account == group.account
            and other.state is GroupState.REGISTERED
        ):
            return other.platform_id
    return None

"""A filing's whole history as lines, for the chat and the command line: the proof (HS-10/2)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain

from bot.calendar import local
from bot.model.filing import Edition, Filing, GroupChange
from bot.model.group import Group, Person
from bot.model.port import Filings, People
from plugins.workflows.filing.wording import shown

Named = Callable[[int | None], str]


def history(
    filing: Filing, group: Group, *, filings: Filings, people: People, whole: bool = False
) -> Sequence[str]:
    """Return what happened to a filing, oldest first; names are masked unless `whole`.

    What changed from what to what, when that was noticed, who confirmed it, which form (sha256),
    when it was sent by which way to whom, what was answered, and the receipt.
    """

    def named(person: int | None) -> str:
        return "" if person is None else _name(people.get(person), whole=whole)

    changes = filings.changes(filing.id)
    provisional = "（暂定）" if filing.provisional else ""
    late = f"，{moment(filing.overdue_at)} 起逾期" if filing.overdue_at else ""
    lines = [
        f"备案 {filing.label}　{group.name}　{filing.state.label}",
        f"期限 {filing.due_on}{provisional}{late}。{filing.rule}",
        *chain.from_iterable(_change(each, named, people, whole=whole) for each in changes),
        *(_edition(each, filing) for each in filings.editions(filing.id)),
        *_sending(filing),
        "经过：",
        *(
            " ".join(filter(None, (moment(each.at), each.deed.label, named(each.by), each.detail)))
            for each in filings.steps(filing.id)
        ),
    ]
    # A name or a receipt must not command a terminal.
    return ["".join(map(_printable, line)) for line in lines]


def _printable(character: str) -> str:
    return character if character.isprintable() or character == "\u3000" else " "


def moment(at: datetime) -> str:
    """Return a moment as a record writes it."""
    return f"{local(at):%Y-%m-%d %H:%M:%S}"


def _change(change: GroupChange, named: Named, people: People, *, whole: bool) -> Sequence[str]:
    before, after = (
        each if whole else shown(people, change.kind, each)
        for each in (change.before, change.after)
    )
    when = moment(change.latest_at)
    if change.is_blind:
        when = f"{moment(change.earliest_at)} 至 {when} 之间（期间没有看到，按最早起算）"
    lines = [
        f"变更 {change.number} {change.kind.label}：由“{before}”变为“{after}”",
        f"　发生 {when}",
        f"　发现 {moment(change.noticed_at)}，{change.how.label}",
    ]
    if change.decided_at is None:
        return [*lines, f"　{change.state.label}"]
    who = named(change.decided_by) or "值守人员或系统"
    reason = f"，理由：{change.reason}" if change.reason else ""
    return [*lines, f"　{change.state.label} {moment(change.decided_at)} {who}{reason}"]


def _edition(edition: Edition, filing: Filing) -> str:
    now = "（现行）" if edition.number == filing.edition else ""
    return (
        f"备案表 第{edition.number}版{now} {moment(edition.made_at)}"
        f" 内容 sha256 {edition.content_hash}"
    )


def _sending(filing: Filing) -> Sequence[str]:
    lines = []
    if filing.way is not None:
        tries = f"，第 {filing.tries} 次" if filing.tries else ""
        lines.append(f"报送 {filing.way.label}{tries}　{filing.message_id}".rstrip())
    if filing.sent_at is not None:
        document = f" 文件 sha256 {filing.document_hash}" if filing.document_hash else ""
        lines.append(f"送出 {moment(filing.sent_at)}{document}")
    if filing.receipt:
        lines.append(f"回执 {filing.receipt}")
    if filing.reason:
        lines.append(f"原因 {filing.reason}")
    return lines


def _name(person: Person, *, whole: bool) -> str:
    return person.name if whole else person.masked

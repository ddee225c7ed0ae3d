"""The record of a weekly audit (HS-11/2), as it is printed and filed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.calendar import local
from bot.model.errors import BotError
from bot.model.group import Group, mask_card
from bot.model.port import Groups, People, WeeklyAudits
from bot.model.weekly_audit import (
    AuditItem,
    AuditReason,
    AuditState,
    ItemDecision,
    Removal,
    WeeklyAudit,
)
from bot.office_open import Paper, Table, docx, xlsx

TITLE = "互联网工作群组成员每周核查记录"
_HEAD = ("编号", "成员", "事由", "处理", "说明", "经办人、时间", "结果")
_CARD = 16


class Records(Protocol):
    """The readers that a record is made from."""

    @property
    def groups(self) -> Groups:
        """The register of groups."""

    @property
    def people(self) -> People:
        """The register of people."""

    @property
    def audits(self) -> WeeklyAudits:
        """The weekly audits."""


@dataclass(frozen=True, kw_only=True)
class AuditRecord:
    """What is known of one group's audit of one week; `name` says how a person is shown."""

    group: Group
    audit: WeeklyAudit
    items: Sequence[AuditItem]
    office: str
    name: Callable[[int], str]

    @property
    def people(self) -> Sequence[int]:
        """Return whom the record names."""
        audit = self.audit
        named = {audit.recipient, audit.escalated_to, audit.answered_by}
        named |= {each for item in self.items for each in (item.person, item.decided_by)}
        return sorted(each for each in named if each is not None)


def find(records: Records, group: str, week: str, *, office: str) -> AuditRecord:
    """Return the record of a group, named by number or name, and a week (its latest without one).

    Names are masked. Raises BotError where there is none, or several.
    """
    wanted = group.strip()
    found = [
        each
        for each in records.groups.all()
        if wanted in {str(each.id), each.platform_id} or (wanted and wanted in each.name)
    ]
    exact = [each for each in found if wanted in {str(each.id), each.platform_id, each.name}]
    found = exact or found
    if len(found) != 1:
        names = "、".join(each.name for each in found[:5])
        raise BotError(
            f"有几个群叫“{wanted}”：{names}，请写群号。" if found else f"没有登记的群“{wanted}”。"
        )
    chosen = found[0]
    audits = records.audits
    audit = audits.of_week(chosen.id, week) if week else audits.latest(chosen.id)
    if audit is None:
        raise BotError(f"“{chosen.name}”没有{week or ''}的核查记录，周次写成 2026-W47 这样。")
    return AuditRecord(
        group=chosen,
        audit=audit,
        items=audits.items(audit.id),
        office=office,
        name=lambda person: records.people.get(person).masked or "已删除",
    )


def text(record: AuditRecord) -> str:
    """Return the record for the terminal."""
    lines = [TITLE, *(f"{label}：{value}" for label, value in _facts(record)), ""]
    lines += ["　".join(each for each in row if each) for row in _rows(record)]
    lines += ["", _counted(record.items)]
    return "\n".join(lines)


def as_docx(record: AuditRecord) -> bytes:
    """Return the record as a Word document."""
    return docx(_paper(record))


def as_xlsx(record: AuditRecord) -> bytes:
    """Return the record as a workbook."""
    return xlsx(_paper(record), sheet=f"周核查 {record.audit.week}")


def _paper(record: AuditRecord) -> Paper:
    facts = Table(widths=(12, 48), rows=_facts(record), headings=0)
    items = Table(widths=(6, 14, 18, 8, 14, 16, 12), rows=[_HEAD, *_rows(record)])
    nobody = "名单上没有需要处理的成员。"
    return Paper(
        title=TITLE,
        parts=(
            record.office,
            facts,
            items if record.items else nobody,
            _counted(record.items),
            "依据：办法第十一条第二款（每周检查群组成员，对不应加入人员予以剔除出群）。",
            "群主（签字）：　　　　　　　　　分管领导（签字）：",
        ),
    )


def _facts(record: AuditRecord) -> list[tuple[str, str]]:
    audit = record.audit
    drawn = "没有取到"
    if audit.drawn_at is not None:
        drawn = f"{_moment(audit.drawn_at)}，{audit.members} 人，"
        drawn += "完整" if audit.complete else "不完整，没有凭它移出任何人"
    facts = [
        ("群名", record.group.name),
        ("归属科室", record.group.unit),
        ("周次", _week(audit.week)),
        ("名单取于", drawn),
        ("核查人", record.name(audit.answered_by) if audit.answered_by else _nobody(audit)),
    ]
    steps = (
        ("催办", audit.reminded_at, None),
        ("报分管领导", audit.escalated_at, audit.escalated_to),
        ("逾期", audit.overdue_at, None),
        ("最后处理", audit.answered_at, None),
        ("办结", audit.closed_at, None),
    )
    facts += [
        (label, _moment(at) + (f"　{record.name(who)}" if who else ""))
        for label, at, who in steps
        if at is not None
    ]
    return [*facts, ("状态", audit.state.label)]


def _nobody(audit: WeeklyAudit) -> str:
    return "不需要处理" if audit.state is AuditState.CLOSED else "尚未核查"


def _rows(record: AuditRecord) -> list[tuple[str, ...]]:
    return [
        (
            str(item.number),
            _member(record, item),
            _reason(item),
            item.decision.label if item.decision else "",
            item.note,
            _decided(record, item),
            _result(item),
        )
        for item in record.items
    ]


def _member(record: AuditRecord, item: AuditItem) -> str:
    if item.person is not None:
        return record.name(item.person)
    return mask_card(item.shown[:_CARD]) or (f"尾号{item.user[-4:]}" if item.user else "已删除")


def _reason(item: AuditItem) -> str:
    dated = {AuditReason.LEFT, AuditReason.MOVED}
    when = f"{item.on.month}月{item.on.day}日" if item.on and item.reason in dated else ""
    return when + item.reason.label


def _decided(record: AuditRecord, item: AuditItem) -> str:
    if item.decided_by is None or item.decided_at is None:
        return ""
    return f"{record.name(item.decided_by)} {_moment(item.decided_at)}"


def _result(item: AuditItem) -> str:
    if item.decision is None:
        return "自行退群" if item.removal is Removal.REMOVED else "未处理"
    if item.removal is None:
        return "已办"
    seen = f" {_moment(item.removal_at)}" if item.removal_at else ""
    return f"{item.removal.label}{seen}"


def _counted(items: Sequence[AuditItem]) -> str:
    done = "，".join(
        f"{each.label} {sum(item.decision is each and not item.is_open for item in items)}"
        for each in ItemDecision
    )
    return f"合计 {len(items)} 项：{done}，未办完 {sum(item.is_open for item in items)}。"


def _week(week: str) -> str:
    monday = datetime.strptime(f"{week}-1", "%G-W%V-%u").date()  # noqa: DTZ007 - a date only
    sunday = monday + timedelta(days=6)
    return f"{week}（{_day(monday)}至{_day(sunday)}）"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _moment(at: datetime) -> str:
    return f"{local(at):%Y-%m-%d %H:%M}"

"""The printed record of a weekly audit: everything that was decided, and nobody's whole name."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

from docx import Document
from docx.shared import Mm

from bot.model.group import Group
from bot.model.weekly_audit import (
    AuditItem,
    AuditReason,
    AuditState,
    ItemDecision,
    Removal,
    WeeklyAudit,
)
from bot.roster.table import Row
from bot.roster.workbook import workbook_tables
from plugins.forms.weekly_audit import AuditRecord, as_docx, as_xlsx, text

AT = datetime(2026, 11, 16, 1, tzinfo=UTC)
NAMES: Mapping[int, str] = {1: "陆*", 2: "张*"}
GROUP = Group(
    id=1,
    platform="qq",
    platform_id="700001",
    account="qq:10001",
    name="预算科工作群",
    unit="预算科",
    registered_at=AT,
)
AUDIT = WeeklyAudit(
    id=1,
    group=1,
    week="2026-W47",
    state=AuditState.CLOSED,
    opened_at=AT,
    drawn_at=AT,
    members=46,
    complete=True,
    recipient=1,
    answered_by=1,
    answered_at=AT,
    closed_at=AT,
)


def item(number: int, **changes: object) -> AuditItem:
    values = {"audit": 1, "number": number, "user": "30001234", "reason": AuditReason.NO_RECORD}
    return AuditItem(**(values | changes))


RECORD = AuditRecord(
    group=GROUP,
    audit=AUDIT,
    items=(
        item(
            11,
            person=2,
            reason=AuditReason.LEFT,
            on=date(2026, 9, 1),
            decision=ItemDecision.REMOVE,
            decided_by=1,
            decided_at=AT,
            removal=Removal.REMOVED,
            removal_at=AT,
        ),
        item(
            12,
            shown="预算科 王小明",
            decision=ItemDecision.KEEP,
            note="=1+1 <借调>\x07 & 年底",
            decided_by=1,
            decided_at=AT,
        ),
        item(13),
    ),
    office="云江市财政局",
    name=lambda person: NAMES[person],
)


def test_the_text_says_who_checked_when_and_what_was_done():
    told = text(RECORD)

    assert "核查人：陆*" in told
    assert "名单取于：2026-11-16 09:00，46 人，完整" in told
    assert "11　张*　9月1日离职　移出　陆* 2026-11-16 09:00　已移出 2026-11-16 09:00" in told
    assert "12　预算科 王*　无实名　留" in told
    assert "13　尾号1234　无实名　未处理" in told
    assert "合计 3 项：移出 1，补实名 0，留 1，未办完 1。" in told


def test_an_incomplete_list_is_named_as_such():
    told = text(replace(RECORD, audit=replace(AUDIT, complete=False), items=()))

    assert "不完整，没有凭它移出任何人" in told


def test_the_workbook_reads_back_as_text_without_a_formula(tmp_path: Path):
    path = tmp_path / "核查.xlsx"
    path.write_bytes(as_xlsx(RECORD))

    (table,) = workbook_tables(path)
    cells = [
        [cell.text for cell in each.cells.values()]
        for each in table.read(lambda _: None)
        if isinstance(each, Row)
    ]

    assert table.name == "周核查 2026-W47"
    assert ["编号", "成员", "事由", "处理", "说明", "经办人、时间", "结果"] in cells
    assert any("=1+1 <借调> & 年底" in row for row in cells)


def test_the_document_opens_and_holds_every_cell():
    document = Document(BytesIO(as_docx(RECORD)))

    said = [paragraph.text for paragraph in document.paragraphs]
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]

    assert said[0] == "互联网工作群组成员每周核查记录"
    assert any("=1+1 <借调> & 年底" in cell for cell in cells)
    assert round(document.sections[0].page_width / Mm(1)) == 210

"""The register as a table: everything is in it, and comes back as people stated it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot.model.errors import BotError
from bot.model.filing import Filing, FilingState
from bot.model.group import Activity, Group, Person
from bot.model.register import REGISTER, RegisterEntry, Source
from plugins.forms.group_register import as_xlsx, read_register

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
GROUP = Group(
    id=1,
    platform="qq",
    platform_id="700001",
    account="qq:10001",
    name="预算科工作群",
    unit="预算科",
    purpose="=1+1",
    join_way="群主邀请",
    rules="1.实名进群。\n2.只谈工作。",
    contact="陆一鸣 0000-2300000",
    approver="周文",
    approved_on=date(2026, 3, 2),
    registered_at=AT,
    member_count=46,
    drawn_at=AT,
)
ENTRY = RegisterEntry(
    group=GROUP,
    owners=[Person(id=1, name="陆一鸣")],
    administrators=[Person(id=2, name="张晓"), Person(id=4, name="何田")],
    leaders=[Person(id=3, name="周文")],
    accounts={1: "20011", 2: "20012", 3: "20013", 4: "20014"},
    activity=Activity.BUSY,
    filing=Filing(
        id=37,
        group=1,
        state=FilingState.SENT,
        opened_at=AT,
        starts_at=AT,
        due_on=date(2026, 12, 1),
    ),
)
OTHER = replace(ENTRY, group=replace(GROUP, id=2, platform_id="700002", name="国库科工作群"))
STATED = [each for each in REGISTER if each.source is Source.STATED]

Write = Callable[..., Path]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    path = tmp_path / "登记表.xlsx"
    path.write_bytes(as_xlsx([ENTRY, OTHER], office="云江市财政局", on=date(2026, 11, 24)))
    return path


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a table with the stated headings, each row over the usual values."""

    def write(*rows: Mapping[str, object], headings: Mapping[str, str] | None = None) -> Path:
        book = Workbook()
        page = book.active
        shown = {each.key: each.heading for each in STATED} | (headings or {})
        page.append(list(shown.values()))
        for row in rows:
            cells = {**ENTRY.cells(), "purpose": "联系工作", **row}
            page.append([cells.get(key) for key in shown])
        path = tmp_path / "导入.xlsx"
        book.save(path)
        return path

    return write


def test_the_register_comes_back_as_it_was_stated(exported):
    read = read_register(exported)

    assert read.faults == ()
    assert [row.line for row in read.rows] == [5, 6]
    assert read.rows[0].cells == {each.key: ENTRY.cells()[each.key] for each in STATED}
    assert read.rows[1].cells["platform_id"] == "700002"


def test_the_workbook_has_every_field_and_says_where_it_comes_from(exported):
    page = load_workbook(exported).active

    sources = [cell.value for cell in page[3]]
    headings = [cell.value for cell in page[4]]
    values = [cell.value or "" for cell in page[5]]

    assert headings == [each.heading for each in REGISTER]
    assert sources == [each.source.label for each in REGISTER]
    assert values == [ENTRY.cells()[each.key] for each in REGISTER]
    assert "已报送，待回执（2026-0037）" in values


def test_the_workbook_is_set_to_be_read_and_printed(exported):
    page = load_workbook(exported).active

    assert page.freeze_panes == "E5"
    assert (page.print_title_rows, page.print_title_cols) == ("$1:$4", "$A:$D")
    assert page["D4"].value == "群名"
    assert {cell.font.name for cell in page[4]} == {"宋体"}
    assert {cell.font.name for cell in page[5]} == {"仿宋"}
    assert {cell.data_type for cell in page[5]} <= {"s", "n"}  # empty ones read as numbers
    assert page["F5"].value == "=1+1"


def test_what_is_observed_is_not_read_back(exported):
    book = load_workbook(exported)
    column = [each.key for each in REGISTER].index("member_count") + 1
    book.active.cell(5, column).value = "9999"
    book.save(exported)

    read = read_register(exported)

    assert "member_count" not in read.rows[0].cells
    assert read.faults == ()


def test_a_register_without_groups_is_written_all_the_same(tmp_path):
    path = tmp_path / "空.xlsx"
    path.write_bytes(as_xlsx([], office="云江市财政局", on=date(2026, 11, 24)))

    with pytest.raises(BotError, match="下面没有群"):
        read_register(path)


def test_numbers_and_days_of_a_spreadsheet_are_read_as_text(write):
    path = write({"platform_id": 700001, "owner_user": 20011.0, "approved_on": date(2026, 3, 2)})

    (row,) = read_register(path).rows

    assert row.cells["platform_id"] == "700001"
    assert row.cells["owner_user"] == "20011"
    assert row.cells["approved_on"] == "2026-03-02"


def test_one_faulty_row_holds_the_whole_file_back(write):
    path = write({}, {"platform_id": 1.5, "owner": "#N/A"}, {"platform_id": "700003"})

    read = read_register(path)

    assert read.rows == ()
    assert read.faults == (
        "第 3 行：群号要写成文字，不要写成带小数或科学记数的数字。",
        "第 3 行：群主显示为 #N/A，请改成文字。",
    )


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"platform_id": 1e22}, "第 2 行：群号要写成文字"),
        ({"rules": "长" * 1000}, "第 2 行：群规太长，最多 999 个字"),
        ({"approved_on": 10**9}, "第 2 行：批准日期要写成 2026-11-20 这样的日期"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told_with_its_place(write, row, complaint):
    (fault,) = read_register(write(row)).faults

    assert fault.startswith(complaint)


def test_a_group_that_stands_twice_is_told(write):
    read = read_register(write({}, {"name": "另一个名字"}))

    assert read.faults == ("第 3 行：群号与第 2 行重复。",)


def test_merged_cells_are_told(exported):
    book = load_workbook(exported)
    book.active.merge_cells("E5:E6")
    book.save(exported)

    assert read_register(exported).faults == (
        "第 5 行：归属科室是合并的单元格，请取消合并，每行各填各的。",
    )


def test_a_field_without_a_column_is_not_stated(write, tmp_path):
    book = Workbook()
    book.active.append(["群号", "群名", "用途"])
    book.active.append(["700001", "预算科工作群", None])
    path = tmp_path / "少.xlsx"
    book.save(path)

    (row,) = read_register(path).rows

    assert row.cells == {"platform_id": "700001", "name": "预算科工作群", "purpose": ""}


@pytest.mark.parametrize(
    ("headings", "complaint"),
    [
        ({"rules": "群归"}, "有不认识的列：群归；可以有："),
        ({"rules": "用途"}, "“用途”不止一次"),
        ({"platform_id": "号"}, "没有“群号”“群名”这几列"),
    ],
)
def test_headings_that_are_not_understood_are_told(write, headings, complaint):
    with pytest.raises(BotError, match=complaint):
        read_register(write({}, headings=headings))


def test_a_file_that_is_no_workbook_is_told(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"no workbook")

    with pytest.raises(BotError, match=r"a\.xlsx"):
        read_register(path)
    with pytest.raises(BotError, match="请检查文件是否存在"):
        read_register(tmp_path / "none.xlsx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_text_table_is_read_as_spreadsheet_programs_save_it(tmp_path, encoding):
    path = tmp_path / "群.csv"
    lines = [
        "群号,群名,群规,批准日期",
        '="0700001",预算科工作群,"一、只谈工作\n二、不发广告",2026/3/2',
    ]
    path.write_bytes("\r\n".join(lines).encode(encoding))

    (row,) = read_register(path).rows

    assert row.line == 2
    assert row.cells == {
        "platform_id": "0700001",
        "name": "预算科工作群",
        "rules": "一、只谈工作\n二、不发广告",
        "approved_on": "2026/3/2",
    }


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00\x80\xff", '群号,群名\n"700001'.encode(), b"a,b\n1,2", b"", b"<html>"],
    ids=["no text", "an open quote", "other columns", "empty", "a page"],
)
def test_what_is_no_text_table_is_told(tmp_path, content):
    path = tmp_path / "群.csv"
    path.write_bytes(content)

    with pytest.raises(BotError, match="群"):
        read_register(path)

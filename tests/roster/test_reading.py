"""Rosters as offices keep them: everybody is read once, every problem is named with its row."""

import tracemalloc
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.errors import BotError
from bot.roster import LARGEST, MOST_PEOPLE, RosterFile, read_roster
from bot.roster.table import clean
from bot.roster.workbook import MOST_UNPACKED
from tests.roster.workbooks import Error, Formula, Runs, Value, workbook

HEAD = ("姓名", "科室", "职务", "工号", "离职日期")
LU = ("陆知远", "预算科", "科长", "1001", None)
SU = ("苏映雪", "国库科", "科员", "1002", None)
IDENTITY = "11010519491231002X"


def read(path: Path, *, keep_identity: bool = False, sheet: str = "") -> RosterFile:
    return read_roster(path, keep_identity=keep_identity, progress=lambda _: None, sheet=sheet)


def read_rows(tmp_path: Path, *rows: tuple[Value, ...], **options) -> RosterFile:
    """Read a workbook of these rows."""
    keep = options.pop("keep_identity", False)
    return read(workbook(tmp_path / "名册.xlsx", rows, **options), keep_identity=keep)


def read_text(tmp_path: Path, text: str | bytes) -> RosterFile:
    path = tmp_path / "名册.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(path)


def said(file: RosterFile) -> list[str]:
    return [str(problem) for problem in file.problems]


def people(file: RosterFile) -> list[tuple[str, ...]]:
    return [(each.name, each.unit, each.post, each.staff_number) for each in file.rows]


def test_a_plain_workbook_is_read(tmp_path):
    file = read_rows(tmp_path, HEAD, LU, SU)

    assert people(file) == [LU[:4], SU[:4]]
    assert [each.line for each in file.rows] == [2, 3]
    assert (file.problems, file.notes) == ((), ())


@pytest.mark.parametrize("options", [{"prefix": "x"}, {"places": False}])
def test_workbooks_of_other_programs_are_read_too(tmp_path, options):
    file = read_rows(tmp_path, HEAD, LU, (), SU, **options)

    assert people(file) == [LU[:4], SU[:4]]
    assert [each.line for each in file.rows] == [2, 4]


def test_a_title_above_and_blank_rows_between_are_passed_over(tmp_path):
    file = read_rows(
        tmp_path, ("示范局在职人员名册",), ("2026年11月",), HEAD, LU, (), (None, " "), HEAD, SU
    )

    assert [each.line for each in file.rows] == [4, 8]
    assert file.problems == ()


def test_headings_of_two_rows_are_read_together(tmp_path):
    file = read_rows(
        tmp_path,
        ("姓名", "所在单位", None, "离开", None),
        (None, "处室", "岗位", "离职日期", "原因"),
        ("陆知远", "预算科", "科长", "2026-9-1", "退休"),
        merged=["A1:A2", "B1:C1", "D1:E1"],
    )

    (person,) = file.rows
    assert (person.unit, person.post, person.left_on) == ("预算科", "科长", date(2026, 9, 1))
    assert file.notes == ("没有用到的列：原因",)


@pytest.mark.parametrize(
    ("name", "unit"),
    [("姓  名", "科（室）"), ("*姓名", "部门(全称)"), ("人员姓名：", "所在处室"), ("名字", "单位")],
)
def test_headings_are_known_however_they_are_written(tmp_path, name, unit):
    file = read_rows(tmp_path, ("序号", unit, name), (1, "预算科", "陆知远"))

    assert people(file) == [("陆知远", "预算科", "", "")]


def test_of_unit_and_section_the_section_is_read_and_the_other_named(tmp_path):
    file = read_rows(tmp_path, ("单位", "科室", "姓名"), ("示范局", "预算科", "陆知远"))

    assert people(file) == [("陆知远", "预算科", "", "")]
    assert file.notes == ("没有用到的列：单位",)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("陆 知远", "陆知远"),
        ("张　明 ", "张明"),
        ("\u200b苏映雪\n", "苏映雪"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("Ｊｏｈｎ Smith", "John Smith"),
        (Runs(("欧阳", "若兰"), reading="オウヨウ"), "欧阳若兰"),
        ("陆_x0020_知远", "陆知远"),
        ("\U00020bb7野", "\U00020bb7野"),
        ("\U0002ebf0野", "\U0002ebf0野"),
        ("\u202e陆\u2066知远\x7f", "陆知远"),
    ],
)
def test_names_are_cleaned_but_not_changed(tmp_path, written, name):
    file = read_rows(tmp_path, HEAD, (written, "预算科"))

    assert [each.name for each in file.rows] == [name]


@pytest.mark.parametrize(
    ("written", "number"),
    [(1001, "1001"), (1001.0, "1001"), ("００１２", "0012"), (" A-12 ", "A-12"), ("'0012", "0012"),
     ("/", "")],
)  # fmt: skip
def test_staff_numbers_are_text_however_they_are_stored(tmp_path, written, number):
    file = read_rows(tmp_path, HEAD, ("陆知远", "预算科", None, written))

    assert [each.staff_number for each in file.rows] == [number]


@pytest.mark.parametrize(
    "written",
    [46266, 46266.5, "2026-09-01", "2026/9/1", "2026.9.1", "2026年9月1日", 20260901, "２０２６－９－１",
     "2026-09-01 00:00:00", "46266", Formula("EDATE(F2,1)", 46266)],
)  # fmt: skip
def test_days_are_read_as_they_are_written_or_counted(tmp_path, written):
    file = read_rows(tmp_path, HEAD, (*LU[:4], written))

    assert [each.left_on for each in file.rows] == [date(2026, 9, 1)]


def test_days_may_be_counted_from_1904(tmp_path):
    file = read_rows(tmp_path, HEAD, (*LU[:4], 44804), epoch_1904=True)

    assert [each.left_on for each in file.rows] == [date(2026, 9, 1)]


@pytest.mark.parametrize("written", ["", "无", "-", "——", "/"])
def test_no_day_is_no_day(tmp_path, written):
    file = read_rows(tmp_path, HEAD, (*LU[:4], written))

    assert [each.left_on for each in file.rows] == [None]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ((None, "预算科"), "第 3 行 姓名：没有填，请补上，或把这一行删去。"),
        (("王", "预算科"), "第 3 行 姓名：只有一个字，请写全名。"),
        (("王大明（退休）", "预算科"), "第 3 行 姓名：里有数字、括号或其他符号，请只写姓名。"),
        (("王大明13800000000", "预算科"), "第 3 行 姓名：里有数字、括号或其他符号，请只写姓名。"),
        (
            ("注以上人员均已核对无误由综合科负责解释并报机关党委备案存查一份", "预算科"),
            "超过 30 个字",
        ),
        (("王大明", None), "第 3 行 科室：没有填，请补上。"),
        (("王大明", "预" * 51), "第 3 行 科室：超过 50 个字"),
        (("王大明", "预算科", "13812345678"), "第 3 行 职务：里有像手机号或证件号的长号码"),
        (("王大明", "预算科", None, IDENTITY), "第 3 行 工号：写的是身份证号或手机号"),
        (("王大明", "预算科", None, "13812345678"), "第 3 行 工号：写的是身份证号或手机号"),
        (("王大明", "预算科", None, "１.2E+05"), "第 3 行 工号：变成了科学计数"),
        (("王大明", "预算科", None, "无号，临时"), "第 3 行 工号：要写字母和数字"),
        (("王大明", "预算科", None, None, "2026-02-30"), "第 3 行 离职日期：没有这一天，请核对。"),
        (("王大明", "预算科", None, None, "2026.9"), "第 3 行 离职日期：不是一个日期"),
        (("王大明", "预算科", None, None, "九月"), "第 3 行 离职日期：不是一个日期"),
        (("王大明", "预算科", None, None, 2026.9), "第 3 行 离职日期：不是一个日期"),
        (("王大明", Formula("VLOOKUP(A3,X,2)")), "第 3 行 科室：是公式，没有算好的结果"),
        (("王大明", Formula("F(A3)", hollow=True)), "第 3 行 科室：是公式，没有算好的结果"),
        (("王大明", Formula("F(A3)", "")), "第 3 行 科室：没有填，请补上。"),
        (("王大明", Error("#N/A")), "第 3 行 科室：显示为 #N/A，请改成文字。"),
    ],
)
def test_a_problem_is_named_with_its_row_and_column(tmp_path, row, problem):
    file = read_rows(tmp_path, HEAD, LU, row, SU)

    (told,) = said(file)
    assert problem in told
    assert "王大明" not in told
    assert [each.line for each in file.rows] == [2, 4]


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        (("陆知远", "预算科"), ("陆知远", "预算科"), "与第 2 行同名同科室"),
        (LU, ("陆知远", "预算科"), "与第 2 行同名同科室"),
        (LU, ("苏映雪", "国库科", "", 1001), "第 3 行 工号：与第 2 行的工号相同"),
    ],
)
def test_people_who_cannot_be_told_apart_are_named_with_both_rows(tmp_path, first, second, problem):
    file = read_rows(tmp_path, HEAD, first, second)

    (told,) = said(file)
    assert problem in told


def test_two_of_one_name_with_numbers_of_their_own_are_two_people(tmp_path):
    file = read_rows(tmp_path, HEAD, LU, ("陆知远", "预算科", "科员", "1009"))

    assert len(file.rows) == 2
    assert file.problems == ()


@pytest.mark.parametrize("state", ["退休", "已调出", "离岗", "去世", "不在岗"])
def test_who_is_said_to_be_gone_needs_a_day(tmp_path, state):
    head = ("姓名", "科室", "人员状态", "退休时间", "调离时间")
    file = read_rows(
        tmp_path, head,
        ("陆知远", "预算科", "在职"), ("苏映雪", "国库科", state),
        ("韩逸舟", "国库科", state, "2026-9-1"),
        ("周安", "国库科", state, "2026-9-1", "2026-9-2"),
    )  # fmt: skip

    assert [each.line for each in file.rows] == [2, 4]
    assert [(each.row, each.column) for each in file.problems] == [(3, "人员状态"), (5, "退休时间")]


@pytest.mark.parametrize("state", ["在职", "未离职", "是", "借调在岗", "", "在编（原退役军人）"])
def test_who_is_said_to_be_there_needs_none(tmp_path, state):
    file = read_rows(tmp_path, ("姓名", "科室", "是否在岗"), ("陆知远", "预算科", state))

    assert file.problems == ()


@given(st.text())
def test_what_was_cleaned_is_clean(text):
    assert clean(clean(text)) == clean(text)


def test_a_unit_merged_over_rows_belongs_to_each_of_them(tmp_path):
    file = read_rows(
        tmp_path, ("科室", "姓名"),
        ("预算科", "陆知远"), (None, "苏映雪"), (None, None), ("国库科", "韩逸舟"),
        merged=["A2:A4"],
    )  # fmt: skip

    assert [(each.name, each.unit) for each in file.rows] == [
        ("陆知远", "预算科"),
        ("苏映雪", "预算科"),
        ("韩逸舟", "国库科"),
    ]
    assert file.notes == ("“科室”有合并的单元格，1 行按合并的内容读入",)


@pytest.mark.parametrize("merged", ["A3:A4", "A3:B3", "D3:D4"])
def test_other_merged_cells_are_problems_of_their_rows(tmp_path, merged):
    file = read_rows(tmp_path, HEAD, LU, SU, ("韩逸舟", "国库科"), merged=[merged, "A1:E1"])

    assert 3 in {problem.row for problem in file.problems}
    assert any("是合并的单元格" in problem.text for problem in file.problems)
    assert 3 not in {person.line for person in file.rows}


def test_hidden_rows_and_formulas_are_read_and_told(tmp_path):
    file = read_rows(
        tmp_path, HEAD, LU, ("苏映雪", Formula("B2", "预算科")), hidden=[2], merged=["A9:B9"]
    )

    assert [each.unit for each in file.rows] == ["预算科", "预算科"]
    assert file.notes == (
        "有 1 行是隐藏的，也读入了（第 2 行）",
        "“科室”有 1 格是公式，按保存时的结果读入（第 3 行）",
    )


def test_phones_are_never_read_and_identity_numbers_only_when_asked_for(tmp_path):
    head = ("姓名", "科室", "身份证号码", "联系电话", "备注")
    row = ("陆知远", "预算科", IDENTITY, "13812345678", "病假")
    without = read_rows(tmp_path, head, row)
    kept = read_rows(tmp_path, head, row, keep_identity=True)

    assert without.rows[0].identity == ""
    assert without.notes == (
        "不导入电话：联系电话（用不到的不留）",
        "不导入身份证号码（确有需要时加 --identity 理由）",
        "没有用到的列：备注",
    )
    assert kept.rows[0].identity == IDENTITY
    assert "13812345678" not in str([kept.rows[0].name, kept.rows[0].post, kept.notes])
    assert IDENTITY not in repr(kept)


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("110105194912310021", "校验不符，没有这样的号码"),
        ("11010519491331002X", "校验不符"),
        ("110105491231002", "不是 18 位"),
        (110105194912310000, "是数字格式，后几位已经丢失"),
    ],
)
def test_an_impossible_identity_number_is_named_but_not_shown(tmp_path, number, problem):
    file = read_rows(
        tmp_path, ("姓名", "科室", "身份证号"), ("陆知远", "预算科", number), keep_identity=True
    )

    (told,) = said(file)
    assert told.startswith("第 2 行 身份证号：")
    assert problem in told
    assert str(number) not in told


def test_one_identity_number_is_one_persons(tmp_path):
    rows = (("陆知远", "预算科", IDENTITY.lower()), ("苏映雪", "国库科", f" {IDENTITY}"))
    file = read_rows(tmp_path, ("姓名", "科室", "身份证号"), *rows, keep_identity=True)

    assert said(file) == ["第 3 行 身份证号：与第 2 行的身份证号相同，请核对。"]


def test_of_several_sheets_the_one_that_is_a_roster_is_read(tmp_path):
    path = workbook(tmp_path / "名册.xlsx", [("说明",)], [HEAD, LU], names=["说明", "在职"])

    assert people(read(path)) == [LU[:4]]


def test_of_several_rosters_one_must_be_named(tmp_path):
    path = workbook(
        tmp_path / "名册.xlsx", [HEAD, LU], [HEAD, SU], [HEAD, LU], names=["在职", "离退", "旧"],
        hidden_sheets=["旧"],
    )  # fmt: skip

    with pytest.raises(BotError, match=r"在职、离退.*--sheet"):
        read(path)
    assert people(read(path, sheet="离退")) == [SU[:4]]
    with pytest.raises(BotError, match="“没有”"):
        read(path, sheet="没有")


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (("名单", "科室"), "没有“姓名”这一列"),
        (("姓名", "职务"), "缺少“科室”"),
        (("姓名", "科室", "姓 名", "科室"), "“姓名、科室”出现了不止一次"),
    ],
)
def test_headings_that_do_not_fit_are_said(tmp_path, head, sentence):
    with pytest.raises(BotError, match=sentence):
        read_rows(tmp_path, head, ("陆知远", "预算科"))


def test_headings_without_people_are_said(tmp_path):
    with pytest.raises(BotError, match="没有人员"):
        read_rows(tmp_path, HEAD, ())


# Text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_is_read_in_whatever_encoding_and_with_whatever_separator(
    tmp_path, encoding, separator
):
    rows = [HEAD, LU, ("欧阳㼆", "国库科", "科员", '="0012"', "2026-9-1")]
    text = "\r\n".join(separator.join(cell or "" for cell in row) for row in rows)

    file = read_text(tmp_path, text.encode(encoding))

    assert people(file) == [LU[:4], ("欧阳㼆", "国库科", "科员", "0012")]


def test_a_row_over_several_lines_is_one_row(tmp_path):
    file = read_text(tmp_path, '姓名,科室,备注\n陆知远,预算科,"一\n二"\n\n,国库科\n')

    assert [each.line for each in file.rows] == [2]
    assert [each.row for each in file.problems] == [4]


def test_a_letter_that_cannot_be_read_is_a_problem_of_its_row(tmp_path):
    rows = [
        b"\xe5\xa7\x93\xe5\x90\x8d,\xe7\xa7\x91\xe5\xae\xa4",
        "陆知远,预算科".encode(),
        b"\xcb\xd5\xd3\xb3,\xb9\xfa",
    ]
    file = read_text(tmp_path, b"\n".join(rows))

    assert {problem.row for problem in file.problems} == {3}
    assert "有认不出的字" in said(file)[0]
    assert [each.line for each in file.rows] == [2]


def test_a_formula_in_text_is_a_problem(tmp_path):
    file = read_text(tmp_path, "姓名,科室\n陆知远,=B1\n")

    assert "第 2 行 科室：是公式" in said(file)[0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('姓名,科室\n陆知远,"预算科\n苏映雪,国库科\n', "第 2 行起读不下去"),
        ("姓名,科室\n".encode("big5"), "没有“姓名”这一列"),
        (bytes(range(256)) * 40, "没有“姓名”这一列"),
        (b"", "没有“姓名”这一列"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧格式或加了密码"),
        (b"PK\x03\x04 and no more", "已损坏"),
        ("<html><table><tr><td>姓名</td>", "网页格式"),
    ],
)
def test_what_is_no_roster_is_said_in_a_sentence(tmp_path, content, sentence):
    with pytest.raises(BotError, match=sentence):
        read_text(tmp_path, content)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(BotError, match="读不出来"):
        read(tmp_path / "没有.xlsx")
    with pytest.raises(BotError, match="不是文件"):
        read(tmp_path)


# Harm


def test_a_workbook_with_macros_is_refused_by_name_and_by_content(tmp_path):
    named = workbook(tmp_path / "名册.xlsm", [HEAD, LU])
    inside = workbook(tmp_path / "名册.xlsx", [HEAD, LU], more={"xl/vbaProject.bin": b"\0"})

    for path in (named, inside):
        with pytest.raises(BotError, match=r"宏.*另存为"):
            read(path)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "名册.xlsx"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)

    with pytest.raises(BotError, match="超过 50 MB"):
        read(path)


def test_a_bomb_is_refused_before_it_goes_off(tmp_path):
    more = {f"xl/media/{n}": bytes(MOST_UNPACKED // 8 + 1) for n in range(8)}
    path = workbook(tmp_path / "名册.xlsx", [HEAD, LU], more=more)
    tracemalloc.start()

    with pytest.raises(BotError, match="解开后超过"):
        read(path)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size < 1 << 20
    assert peak < 4 << 20


def test_a_part_that_is_larger_than_it_says_is_refused(tmp_path):
    path = workbook(tmp_path / "名册.xlsx", [HEAD, LU, *[(f"人{'甲' * 20}", "科")] * 5000])
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    content = path.read_bytes()
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (2000).to_bytes(4, "little")))

    with pytest.raises(BotError, match="已损坏"):
        read(path)


def test_entities_are_refused(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>'
    path = workbook(tmp_path / "名册.xlsx", [HEAD, LU], more={"xl/sharedStrings.xml": bomb})

    with pytest.raises(BotError, match="已损坏"):
        read(path)


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"]
)
@pytest.mark.parametrize("content", ["", "<a><b></a>", "<sst/>", "text"])
def test_a_damaged_part_is_said_and_no_half_is_read(tmp_path, part, content):
    path = workbook(tmp_path / "名册.xlsx", [HEAD, LU], more={part: content})

    with pytest.raises(BotError, match=r"名册\.xlsx"):
        read(path)


def test_rows_out_of_order_are_no_workbook(tmp_path):
    rows = "".join(f'<row r="{n}"><c t="str"><v>姓名</v></c></row>' for n in (1, 2, 2))
    sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>"
    path = workbook(tmp_path / "名册.xlsx", [HEAD], more={"xl/worksheets/sheet1.xml": sheet})

    with pytest.raises(BotError, match="已损坏"):
        read(path)


def test_every_cut_of_a_workbook_is_said_in_a_sentence(tmp_path):
    whole = workbook(tmp_path / "名册.xlsx", [HEAD, LU, SU]).read_bytes()
    cut = tmp_path / "半.xlsx"

    for size in range(4, len(whole), 37):
        cut.write_bytes(whole[:size])
        with pytest.raises(BotError, match=r"半\.xlsx"):
            read(cut)


def test_too_many_rows_are_refused(tmp_path):
    with pytest.raises(BotError, match="超过 100000 行"):
        read_text(tmp_path, "姓名,科室\n" + "陆知远,预算科\n" * (MOST_PEOPLE + 1))


# Size


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_roster_of_fifty_thousand_is_read_in_little_memory(tmp_path, kind):
    rows = [(f"{_name(n)}", f"第{n % 300}科", "科员", str(100000 + n), None) for n in range(50_000)]
    if kind == "xlsx":
        path = workbook(tmp_path / "名册.xlsx", [HEAD, *rows])
    else:
        path = tmp_path / "名册.csv"
        text = "\n".join(",".join(cell or "" for cell in row) for row in [HEAD, *rows])
        path.write_text(text, encoding="utf-8")
    told: list[float] = []
    tracemalloc.start()

    file = read_roster(path, keep_identity=False, progress=told.append)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(file.rows) == 50_000
    assert told == sorted(told)
    assert len(told) > 10
    assert told[-1] == 1.0
    assert peak < 200 << 20


def _name(number: int) -> str:
    return "".join(chr(0x4E00 + digit * 7 + 11) for digit in divmod(number, 250))

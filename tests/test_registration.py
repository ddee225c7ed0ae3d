"""Tables of groups to import: every problem named with its row, nothing taken in by halves."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.model.errors import BotError
from bot.registration import COLUMNS, read_table

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
HEAD = ",".join(COLUMNS)
GOOD = (
    "10001,700001,预算科工作群,预算科,预算编制,群主邀请,只谈工作,韩逸舟,2026-11-01,"
    "陆知远,20011,苏映雪、张明,20012、20013,韩逸舟,20001"
)


def table(tmp_path: Path, *rows: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "groups.csv"
    path.write_bytes("\r\n".join([HEAD, *rows]).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_read_as_excel_saves_it(tmp_path, encoding):
    read = read_table(table(tmp_path, GOOD, encoding=encoding), now=NOW, account=None)

    (form,) = read.forms
    assert read.faults == ()
    assert (form.account, form.platform_id, form.name) == ("qq:10001", "700001", "预算科工作群")
    assert [(each.name, each.user) for each in form.administrators] == [
        ("苏映雪", "20012"),
        ("张明", "20013"),
    ]
    assert form.approved_on is not None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("700001", ""), "没有填群号"),
        (("700001", "7.00001E+05"), "群号要写数字"),
        (("20011", "二〇〇一一"), "账号要写数字"),
        (("10001", "小助手"), "机器人账号要写数字"),
        (("2026-11-01", "十一月一日"), "批准日期要写成 2026-11-20 这样"),
        (("苏映雪、张明", "苏映雪"), "管理员的姓名和账号个数不一样"),
        (("20001", "20011"), "账号尾号 0011 写了两个姓名"),
    ],
)
def test_a_row_with_a_problem_is_named(tmp_path, change, fault):
    read = read_table(table(tmp_path, GOOD.replace(*change)), now=NOW, account=None)

    assert read.forms == ()
    (said,) = read.faults
    assert "第 2 行" in said
    assert fault in said


def test_a_group_that_stands_twice_is_named_with_both_rows(tmp_path):
    read = read_table(table(tmp_path, GOOD, ",,,", GOOD), now=NOW, account=None)

    (said,) = read.faults
    assert "第 4 行" in said
    assert "与第 2 行重复" in said


def test_rows_without_an_account_take_the_only_one(tmp_path):
    row = GOOD.replace("10001,", ",", 1)

    with_one = read_table(table(tmp_path, row), now=NOW, account="10009")
    with_none = read_table(table(tmp_path, row), now=NOW, account=None)

    assert with_one.forms[0].account == "qq:10009"
    assert "没有填账号" in with_none.faults[0]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00\x80\xff", HEAD.encode() + b'\n"700001', b"a,b\n1,2", b""],
    ids=["no text", "an open quote", "other columns", "empty"],
)
def test_what_is_no_table_is_said_in_a_sentence(tmp_path, content):
    path = tmp_path / "groups.csv"
    path.write_bytes(content)

    with pytest.raises(BotError, match="groups"):
        read_table(path, now=NOW, account=None)

"""Command lines as people type them on a phone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import read_line

VERBS = (
    "帮助", "状态", "待办", "看", "为什么", "撤回", "提醒", "误报", "确认", "上报", "暂停", "恢复",
    "申诉", "群规",
)  # fmt: skip


@pytest.mark.parametrize(
    "typed",
    [
        "撤回3", "撤回 3", "撤回３", "撤回3号", "撤回 第3号", "3撤回", "3号撤回", "第3号 撤回", "３撤回",
        " 撤回3 ", "撤回：3", "撤回3。", "撤回3！", "/撤回3", "请撤回3", "#撤回 3 号", "撤回③",
        "撤回【待处置 3】", "撤回\n3", "\u200b撤回3", "撤回3条", "撤回#3",
    ],
)  # fmt: skip
def test_a_recall_is_understood_however_it_is_typed(typed: str):
    line = read_line(typed, VERBS)

    assert line is not None
    assert (line.verb, line.numbers, line.rest) == ("撤回", (3,), "")


@pytest.mark.parametrize(
    ("typed", "numbers", "rest"),
    [
        ("误报3 是会议通知", (3,), "是会议通知"),
        ("误报3，是会议通知", (3,), "是会议通知"),
        ("误报3是会议通知。", (3,), "是会议通知"),
        ("误报3号是会议通知", (3,), "是会议通知"),
        ("误报3：通知，不是广告", (3,), "通知，不是广告"),
        ("3误报 是会议通知", (3,), "是会议通知"),
        ("误报3 12月5日的会议通知", (3,), "12月5日的会议通知"),
        ("误报3 2026年预算", (3,), "2026年预算"),
        ("误报3条例通知", (3,), "条例通知"),
        ("误报 是会议通知", (), "是会议通知"),
    ],
)
def test_a_reason_is_kept_as_it_was_written(typed: str, numbers: tuple[int, ...], rest: str):
    line = read_line(typed, VERBS)

    assert line is not None
    assert (line.verb, line.numbers, line.rest) == ("误报", numbers, rest)


@pytest.mark.parametrize(
    "typed", ["撤回3 4", "撤回3、4", "撤回3，4号", "撤回3和4", "撤回3-4", "3撤回4", "撤回3 4。"]
)
def test_several_numbers_are_seen_as_several(typed: str):
    line = read_line(typed, VERBS)

    assert line is not None
    assert line.numbers == (3, 4)


@pytest.mark.parametrize("typed", ["确认 7F3", "确认7f3", "确认７Ｆ３", "7f3确认", "确认：7F3"])
def test_a_code_is_never_taken_for_a_number(typed: str):
    line = read_line(typed, VERBS)

    assert line is not None
    assert (line.verb, line.numbers) == ("确认", ())
    assert "7F3" in line.tail.upper()


@pytest.mark.parametrize(
    "typed", ["", "   ", "好的", "收到", "3", "不要撤回3", "7F3", "\ufeff", "🙂"]
)
def test_what_names_no_verb_is_no_command(typed: str):
    assert read_line(typed, VERBS) is None


def test_the_longest_verb_wins():
    line = read_line("看见3", ("看", "看见"))

    assert line is not None
    assert (line.verb, line.numbers) == ("看见", (3,))


def test_a_number_beyond_the_series_is_no_number():
    line = read_line("撤回1234", VERBS)

    assert line is not None
    assert line.numbers == ()


@given(st.text(max_size=60))
def test_any_line_can_be_read(text: str):
    for typed in (text, f"误报3 {text}"):
        line = read_line(typed, VERBS)
        assert line is None or (line.verb in VERBS and line.rest in typed)


@given(
    st.integers(1, 999), st.sampled_from(["", " ", "　", ":", "第"]), st.sampled_from(["", "号"])
)
def test_every_number_of_the_series_is_read(number: int, before: str, after: str):
    line = read_line(f"撤回{before}{number}{after}", VERBS)

    assert line is not None
    assert line.numbers == (number,)

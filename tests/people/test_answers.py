"""What owners answer about members, as they type it on a phone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.errors import BotError
from bot.people.answers import read_answers


def read(text: str) -> list[tuple[str, int | None, str]]:
    return [
        (each.decision.value, each.number, each.who or each.note) for each in read_answers(text)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "移11 补12=赵六/财务科 留13 理由",
        "移11补12=赵六/财务科留13理由",
        "移11，补12＝赵六/财务科，留13 理由",
        "移１１；补１２＝赵六/财务科；留１３：理由。",
        "移11号 补12号=赵六/财务科 留13号 理由",
        "移11\n补12=赵六/财务科\n留13 理由",
        "请移11 补12赵六/财务科 留13 理由",
        "11移 12=赵六/财务科 13留 理由",
        "移出11 补录12：赵六/财务科 保留13 理由",
    ],
)
def test_a_line_of_decisions_is_understood_however_it_is_typed(text: str):
    assert read(text) == [
        ("remove", 11, ""),
        ("verify", 12, "赵六/财务科"),
        ("keep", 13, "理由"),
    ]


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("全留", [("keep", None, "")]),
        ("全留 都是本科人员", [("keep", None, "都是本科人员")]),
        ("移11，其余全留", [("remove", 11, ""), ("keep", None, "")]),
        ("移11、12和13", [("remove", 11, ""), ("remove", 12, ""), ("remove", 13, "")]),
        ("移11 12", [("remove", 11, ""), ("remove", 12, "")]),
        ("移11-13", [("remove", 11, ""), ("remove", 12, ""), ("remove", 13, "")]),
        ("移11 已调离", [("remove", 11, "已调离")]),
        ("移11 3月调离", [("remove", 11, "3月调离")]),
        ("留13、14 借调", [("keep", 13, "借调"), ("keep", 14, "借调")]),
        ("留13 2026年底前借调", [("keep", 13, "2026年底前借调")]),
        ("留13 下月移交工作", [("keep", 13, "下月移交工作")]),
        ("留13 全部留任", [("keep", 13, "全部留任")]),
        ("留13 借调，移14", [("keep", 13, "借调"), ("remove", 14, "")]),
        ("12张三", [("verify", 12, "张三")]),
        ("12 张三 预算科", [("verify", 12, "张三 预算科")]),
        ("12=张三/预算科", [("verify", 12, "张三/预算科")]),
        ("实名 12=张三/预算科 13=李四", [("verify", 12, "张三/预算科"), ("verify", 13, "李四")]),
        ("补12=买买提·艾山/农业科 移3", [("verify", 12, "买买提·艾山/农业科"), ("remove", 3, "")]),
        ("移11 12=张三", [("remove", 11, ""), ("verify", 12, "张三")]),
    ],
)
def test_other_ways_to_answer(text: str, read_as: list[tuple[str, int | None, str]]):
    assert read(text) == read_as


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "没有写编号"),
        ("好的", "没看懂“好的”"),
        ("移", "没看懂“移”"),
        ("移张三", "没看懂“移张三”"),
        ("移11楼", "没看懂“移11楼”"),
        ("留13 移11楼办公", "没看懂“移11楼办公”"),
        ("移11 12 张三", "没看懂“移11 12 张三”"),
        ("补12", "12号后面请写姓名和科室，例如：补12=赵六/财务科"),
        ("补12 13=赵六", "12号后面请写姓名和科室"),
        ("补12 13 赵六", "一个编号补一个人"),
        ("移11 留11", "11号写了不止一次"),
        ("全留 全留", "“全留”写了不止一次"),
        ("移0", "没有0号"),
        ("移1000", "没有1000号"),
        ("移13-11", "13到11看不懂"),
        ("移1-900", "1到900看不懂"),
        ("全移", "不能一次全部移出"),
        ("移全部", "不能一次全部移出"),
    ],
)
def test_what_is_not_understood_is_told_with_an_example(text: str, told: str):
    with pytest.raises(BotError, match=told):
        read_answers(text)


@given(st.text(alphabet="移补留实名全都1230 =，、-号张三/预算科的\n", max_size=30))
def test_every_line_is_read_or_refused_and_none_is_half_read(text: str):
    try:
        answers = read_answers(text)
    except BotError:
        return
    numbers = [answer.number for answer in answers]

    assert answers
    assert len(numbers) == len(set(numbers))

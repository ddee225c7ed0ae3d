"""One-time codes and the slips they are printed on."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.group import Person
from bot.people.codes import ALPHABET, new_code, read_code, shown_code, whose_code
from bot.people.slips import A_PAGE, slips

PEOPLE = st.integers(min_value=1, max_value=5_000_000)


@given(PEOPLE)
def test_a_code_says_whom_it_is_for(person: int):
    assert whose_code(new_code(person)) == person


@given(PEOPLE, st.sampled_from(["{}", " {}", "“{}”", "：{}。"]), st.booleans())
def test_a_code_is_read_however_it_is_typed(person: int, around: str, small: bool):
    code = new_code(person)
    typed = around.format(shown_code(code).replace("-", " - "))

    assert read_code(typed.lower() if small else typed) == code


@given(PEOPLE)
def test_a_code_is_never_a_number_and_has_nothing_that_looks_alike(person: int):
    code = new_code(person)

    assert not code.isdecimal()
    assert set(code) <= set(ALPHABET)
    assert not set("01ILOU") & set(ALPHABET)


def test_two_codes_of_one_person_differ():
    assert len({new_code(7) for _ in range(100)}) == 100


@pytest.mark.parametrize("text", ["12", "12 13 14 15 16", "12=张三/预算科", "", "张三", "A1", "？"])
def test_what_is_no_code_is_not_read_as_one(text: str):
    assert read_code(text) is None


@pytest.mark.parametrize("code", ["ABCDEF", "0000ABCDEF", "ILOUABCDEF", "A" * 9])
def test_what_cannot_be_a_code_is_nobodys(code: str):
    assert whose_code(code) == 0


def test_a_slip_says_who_until_when_and_what_to_do():
    person = Person(id=12, name="张三", unit="预算科")
    code = new_code(12)

    text = slips(
        [(person, [code])],
        office="云江市财政局",
        contact="机关党委 8001",
        last_day=date(2026, 12, 5),
    )

    for told in (
        "云江市财政局",
        "预算科　张三",
        f"确认码：{shown_code(code)}",
        "2026年12月5日前有效，只能用一次",
        f"实名 {shown_code(code)}",
        "不要给别人",
        "交回机关党委 8001",
    ):
        assert told in text


def test_a_sheet_holds_so_many_slips():
    people = [(Person(id=n, name="张三", unit="预算科"), [new_code(n)]) for n in range(1, 12)]

    pages = slips(people, office="局", contact="8001", last_day=date(2026, 12, 5)).split("\f")

    assert [page.count("剪开") for page in pages] == [A_PAGE, A_PAGE, 1]
    assert all(page.count("\n") < 64 for page in pages)


def test_a_slip_for_several_logins_holds_a_code_for_each():
    person = Person(id=12, name="张三", unit="预算科")
    codes = [new_code(12) for _ in range(20)]

    text = slips([(person, codes)] * 3, office="局", contact="8001", last_day=date(2026, 12, 5))

    pages = text.split("\f")
    assert all(text.count(f"□ {shown_code(code)}") == 3 for code in codes)
    assert "每次重新登录后用一个" in text
    assert [page.count("剪开") for page in pages] == [2, 1]
    assert all(page.count("\n") < 64 for page in pages)

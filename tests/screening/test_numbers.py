"""Numbers of people: check digits, groupings, and what only looks like one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.screening.numbers import (
    PROVINCES,
    NumberKind,
    check_digit,
    find_numbers,
    is_bank_card,
    is_identity_number,
    is_mobile,
    luhn,
)


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    """Draw invented identity numbers with a right check digit."""
    born = draw(st.dates(min_value=date(1930, 1, 1), max_value=date(2020, 12, 31)))
    county = draw(st.integers(0, 9999))
    order = draw(st.integers(0, 999))
    seventeen = f"{draw(st.sampled_from(sorted(PROVINCES)))}{county:04}{born:%Y%m%d}{order:03}"
    return seventeen + check_digit(seventeen)


@given(number=identity_numbers())
def test_a_number_with_its_check_digit_is_an_identity_number(number: str):
    assert is_identity_number(number)
    assert [one.kind for one in find_numbers(f"身份证{number}号")] == [NumberKind.IDENTITY]


@given(number=identity_numbers(), place=st.integers(0, 16), other=st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number: str, place: int, other: int):
    digit = str((int(number[place]) + other) % 10)

    wrong = number[:place] + digit + number[place + 1 :]

    assert not is_identity_number(wrong)


@given(number=identity_numbers())
def test_grouping_changes_nothing(number: str):
    grouped = f"{number[:6]} {number[6:14]} {number[14:]}"

    (found,) = find_numbers(grouped)

    assert found.digits == number
    assert found.spread


@pytest.mark.parametrize(
    "text",
    ["138001380001", "a13800138000", "13 500 200 300", "2026112113800138000", "12345678901"],
)
def test_what_only_contains_the_digits_is_no_mobile(text: str):
    assert list(find_numbers(text)) == []


def test_two_mobiles_side_by_side_are_two():
    found = list(find_numbers("13800138000 13900139000"))

    assert [one.digits for one in found] == ["13800138000", "13900139000"]


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_mobile_is_found_where_its_segment_is_in_use(number: str):
    found = list(find_numbers(f"电话{number}。"))

    assert bool(found) == is_mobile(number)


@given(st.from_regex(r"62[0-9]{14,17}", fullmatch=True))
def test_exactly_one_last_digit_makes_a_card(number: str):
    cards = [number[:-1] + str(digit) for digit in range(10)]

    assert sum(map(is_bank_card, cards)) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("6222 0212 3456 7890 128", NumberKind.CARD),
        ("6222021234567890129", NumberKind.DOUBTFUL_CARD),
        ("341000198504121233", NumberKind.DOUBTFUL_IDENTITY),
        ("34112519750625308543", NumberKind.IDENTITY),
        ("11273020190605310643", None),
        ("幺三八零零幺三八零零零", NumberKind.MOBILE),
        ("一三八 零零一三 八零零零", NumberKind.MOBILE),
        ("138零零一三八零零零", NumberKind.MOBILE),
        ("一一零一零五一九四九一二三一零零二X", None),
        ("附件一13800138000", NumberKind.MOBILE),
        ("6222021234567890", NumberKind.DOUBTFUL_CARD),
        ("8622021234567890123", None),
        ("一二三四五六七八九十一二三", None),
    ],
)
def test_each_kind_is_told(text: str, kind: NumberKind | None):
    assert [one.kind for one in find_numbers(text)] == ([kind] if kind else [])


def test_luhn_knows_the_number_of_the_standard():
    assert luhn("79927398713")
    assert not luhn("79927398710")


def test_a_doubtful_number_never_hides_a_mobile():
    found = list(find_numbers("13800138000 1990010"))

    assert [one.kind for one in found] == [NumberKind.MOBILE]

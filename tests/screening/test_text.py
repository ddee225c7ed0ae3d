"""Folding: different spellings meet, and every stretch leads back to the original."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.screening.text import FoldingTable, Mended, View, with_digits

PLAIN = FoldingTable(squeeze=False)
SQUEEZED = FoldingTable(squeeze=True)
ANY_TEXT = st.text(
    st.characters() | st.sampled_from("澳門賭博①❿Ⓥ️⃣\u200b·　Ａ１ß㈱℃\ud800"), max_size=40
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ＢＥＴ３６５", "bet365"),
        ("澳門賭場", "澳门赌场"),
        ("赌\u200b博", "赌博"),
        ("1️⃣3️⃣①❽⑩", "131810"),
        ("𝗕𝗲𝘁", "bet"),
        ("赌 · 博", "赌博"),
        ("赌\ud800博", "赌博"),
        ("莪们呮湉", "我们只湉"),
        ("🅑🅔🅣", "bet"),
        ("🇻🇽", "vx"),
        ("вет", "bet"),
        ("➕v🔟", "加v10"),
    ],
)
def test_a_disguise_is_squeezed_to_the_word(written: str, folded: str):
    view = View(written, SQUEEZED)

    assert view.folded == folded


@pytest.mark.parametrize("table", [PLAIN, SQUEEZED], ids=["plain", "squeezed"])
@given(text=ANY_TEXT)
def test_folding_twice_is_folding_once(table: FoldingTable, text: str):
    once = View(text, table).folded

    assert View(once, table).folded == once


@pytest.mark.parametrize("table", [PLAIN, SQUEEZED], ids=["plain", "squeezed"])
@given(text=ANY_TEXT, data=st.data())
def test_a_stretch_leads_back_to_what_folds_to_it(
    table: FoldingTable, text: str, data: st.DataObject
):
    view = View(text, table)
    if not view.folded:
        return
    start = data.draw(st.integers(0, len(view.folded) - 1))
    end = data.draw(st.integers(start + 1, len(view.folded)))

    first, beyond = view.span(start, end)

    assert 0 <= first < beyond <= len(text)
    assert view.folded[start:end] in View(text[first:beyond], table).folded


@given(text=ANY_TEXT, data=st.data())
def test_a_position_of_the_original_is_found_in_the_view(text: str, data: st.DataObject):
    view = View(text, PLAIN)
    index = data.draw(st.integers(0, len(text)))

    assert view.position(index) == len(View(text[:index], PLAIN).folded)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("电话一三八零零一三八零零零", "电话13800138000"),
        ("幺三八〇〇幺三八〇〇〇", "13800138000"),
        ("1三8零零1三8零零零", "13800138000"),
        ("二〇二六年十一月二十一日", "二〇二六年十一月二十一日"),
        ("三五个人一二百块", "三五个人一二百块"),
    ],
)
def test_long_runs_of_numerals_read_as_digits(written: str, read: str):
    assert with_digits(written) == read


def test_a_mended_view_reads_what_was_meant_and_leads_back():
    view = View("玩du  bo吧\u200b，赌·场在", PLAIN)

    mended = Mended(view, [(10, 13, "赌场"), (1, 7, "赌博")])

    assert mended.folded == "玩赌博吧,赌场在"
    assert [mended.span(1, 3), mended.span(2, 3), mended.span(5, 7)] == [(1, 7), (1, 7), (10, 13)]
    assert [mended.position(index) for index in (0, 1, 7, 10, 13)] == [0, 1, 3, 5, 7]

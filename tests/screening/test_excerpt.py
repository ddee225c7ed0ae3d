"""Excerpts: short, covering the signals, and masked so that a person still understands."""

from hypothesis import given
from hypothesis import strategies as st

from bot.model.finding import Span
from bot.screening.excerpt import LIMIT, excerpt, masked


def test_what_was_matched_is_starred_out():
    shown = masked("请加微信领取", 0, [Span(start=2, end=4)])

    assert shown == "请加**领取"


def test_numbers_beside_the_spans_are_starred_out_too():
    shown = masked("电话13800138000找我", 0, [])

    assert shown == "电话********找我"


@given(before=st.integers(0, 400), length=st.integers(1, 150), after=st.integers(0, 400))
def test_an_excerpt_covers_its_span(before: int, length: int, after: int):
    text = "前" * before + "中" * length + "后" * after

    kept, start = excerpt(text, [Span(start=before, end=before + length)])

    assert len(kept) <= LIMIT
    assert text[start : start + len(kept)] == kept
    assert kept.count("中") == length


@given(before=st.integers(0, 400), length=st.integers(1, 400))
def test_nothing_of_a_span_is_left_when_masked(before: int, length: int):
    text = "前" * before + "中" * length + "后"
    spans = [Span(start=before, end=before + length)]

    kept, start = excerpt(text, spans)

    assert "中" not in masked(kept, start, spans)

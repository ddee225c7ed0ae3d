"""The engine: one pass, spans in the original, faults contained, any length."""

import pickle
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.finding import Mode, Severity, Span, Topic
from bot.screening.engine import (
    LONG_TEXT,
    MAX_SPANS,
    Engine,
    EngineSpec,
    merge_spans,
    pieces,
    screen_in_process,
)
from bot.screening.rule import Answer, Hit, Rule, Sighting
from plugins.rules import classified, gambling, malicious_link, personal_information

RULES = (classified.RULE, gambling.RULE, malicious_link.RULE, personal_information.RULE)
ENGINE = Engine(RULES)
PIECES_OF_TEXT = st.sampled_from(
    [
        *(text for rule in RULES for text in (*rule.flags, *rule.passes)),
        "，",
        "\n",
        "\ud83d",
        "好的",
    ]
)


def a_rule(code: str = "sample", *, words: tuple[str, ...] = ("样品",), check=None) -> Rule:
    def say_all(sighting: Sighting) -> Iterator[Answer]:
        for word in sighting.words:
            span = Span(start=word.start, end=word.end)
            yield Hit(spans=(span,), signals=("词语",), foldings=word.foldings)

    return Rule(
        code=code,
        version=1,
        topic=Topic.ADVERTISEMENT,
        severity=Severity.LOW,
        title="样品",
        words=dict.fromkeys(words, 1),
        check=check or say_all,
    )


def load_rules(_: Path) -> Iterable[Rule]:
    return RULES


def test_spans_are_code_points_of_the_original():
    text = "😀看看\u200b澳·門新葡京，加微信 bocai888"

    (flag,) = (each for each in ENGINE.screen(text).flags if each.rule == "gambling")

    assert text[flag.start : flag.end].endswith("新葡京")


def test_a_rule_that_raises_stops_no_other():
    def fail(_: Sighting) -> Iterable[Answer]:
        raise ValueError("boom")

    engine = Engine([a_rule("broken", check=fail), a_rule("sound")])

    screening = engine.screen("一个样品")

    assert screening.failed == ("broken",)
    assert not screening.complete
    assert [flag.rule for flag in screening.flags] == ["sound"]


def test_a_mode_of_the_office_replaces_the_rules_own():
    engine = Engine([a_rule()], {"sample": Mode.OBSERVE})

    (flag,) = engine.screen("样品").flags

    assert flag.mode is Mode.OBSERVE


def test_a_word_of_one_character_is_refused():
    with pytest.raises(ValueError, match="不足2个字"):
        Engine([a_rule(words=("赌",))])


def test_two_rules_of_one_code_are_refused():
    with pytest.raises(ValueError, match="同一个代码"):
        Engine([a_rule(), a_rule()])


def test_a_flood_of_a_word_hides_nothing_that_comes_later():
    engine = Engine([a_rule(words=("样品", "真货"))])
    text = "样品" * 3_000 + "真货" + "好的" * 600 + "样品"

    (flag,) = engine.screen(text).flags

    found = {text[span.start : span.end] for span in flag.spans}
    assert any(each.endswith("真货") for each in found)
    assert flag.spans[-1] == Span(start=len(text) - 2, end=len(text))


@pytest.mark.parametrize("text", ["下一个路口 交通管制", "路口，交通", "路口/交通"])
def test_words_are_not_glued_across_their_boundaries(text: str):
    engine = Engine([a_rule(words=("口交",))])

    screening = engine.screen(text)

    assert screening.flags == ()


@pytest.mark.parametrize("text", ["样 品", "样*品", "样\u200b品", "樣品", "买样-品吗", "样_品"])
def test_a_word_that_was_taken_apart_is_found(text: str):
    engine = Engine([a_rule()])

    (flag,) = engine.screen(text).flags

    assert flag.why.foldings


def test_latin_words_end_where_the_letters_end():
    engine = Engine([a_rule(words=("bet365",))])

    found = [
        bool(engine.screen(text).flags)
        for text in ("bet365", "alphabet365", "bet3650", "a bet365 b")
    ]

    assert found == [True, False, False, True]


@given(parts=st.lists(PIECES_OF_TEXT, max_size=6))
def test_spans_are_sorted_apart_and_within_the_text(parts: list[str]):
    text = "".join(parts)

    screening = ENGINE.screen(text)

    assert screening.complete
    for flag in screening.flags:
        assert flag.spans
        edges = [edge for span in flag.spans for edge in (span.start, span.end)]
        assert edges == sorted(set(edges))
        assert edges[0] >= 0
        assert edges[-1] <= len(text)


@given(parts=st.lists(PIECES_OF_TEXT, max_size=6))
def test_a_repeat_changes_nothing(parts: list[str]):
    text = "".join(parts)

    assert ENGINE.screen(text) == ENGINE.screen(text)


@given(st.text(st.characters(), max_size=60))
def test_no_text_whatever_makes_it_fail(text: str):
    assert ENGINE.screen(text).complete


@pytest.mark.parametrize("text", ["", " ", "\n", "\ud800", "\ud83d\udc00", "\x00"])
def test_nothing_to_see_is_clean(text: str):
    assert ENGINE.screen(text).flags == ()


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=20))
def test_merged_spans_cover_the_same(stretches: list[tuple[int, int]]):
    spans = [Span(start=start, end=start + length) for start, length in stretches]

    merged = merge_spans(spans)

    assert {at for span in merged for at in range(span.start, span.end)} == {
        at for span in spans for at in range(span.start, span.end)
    }


@pytest.mark.parametrize("length", [LONG_TEXT + 1, 3 * LONG_TEXT, 10 * LONG_TEXT])
@pytest.mark.parametrize("filler", ["普", "普通的话。", "a"])
def test_pieces_overlap_and_reach_the_end(length: int, filler: str):
    text = (filler * length)[:length]

    cuts = list(pieces(text))

    assert cuts[0][0] == 0
    assert cuts[-1][1] == length
    assert all(after[0] < before[1] < after[1] for before, after in pairwise(cuts))


@pytest.mark.parametrize("at", [0, LONG_TEXT - 5, LONG_TEXT - 1, 2 * LONG_TEXT - 410, 50_000])
def test_a_long_text_is_screened_to_its_last_character(at: int):
    offence = "，身份证11010519491231002X，"
    text = "普" * at + offence + "普" * (60_000 - at)

    (flag,) = ENGINE.screen(text).flags

    assert flag.spans == (Span(start=at + 4, end=at + 22),)


@pytest.mark.parametrize(
    "unit", ["普通的工作消息。", "百家乐", "13800138000 ", "http://a.tk/x ", "1 ", "机密 ", "🎲"]
)
def test_a_megabyte_takes_seconds_not_minutes(unit: str):
    text = unit * (300_000 // len(unit))

    before = time.perf_counter()
    screening = ENGINE.screen(text)

    assert screening.complete
    assert time.perf_counter() - before < 20
    assert all(len(flag.spans) <= MAX_SPANS for flag in screening.flags)


def test_a_worker_process_answers_the_same():
    spec = EngineSpec(folders=(Path("rules"),), load=load_rules)
    text = gambling.RULE.flags[0]

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as workers:
        screening = workers.submit(
            screen_in_process, pickle.loads(pickle.dumps(spec)), text
        ).result()

    assert screening == ENGINE.screen(text)

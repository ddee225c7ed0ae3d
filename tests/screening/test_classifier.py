"""The classifier: what a text resembles as a whole, where, and what the engine makes of it."""

import json
from pathlib import Path

import pytest

from bench.classifier import stamp
from bench.corpora import load_rules
from bot.model.finding import Severity, Topic
from bot.screening.classifier import MODEL, PASSAGE, Classifier, shipped
from bot.screening.engine import HARMLESS, WORDING, Engine

JUDGING = Path(__file__).parents[1] / "corpus" / "judging.jsonl"
BLUNT = "今晚缺一个打麻将的，五十块底，输了微信转账"
TALE = (
    "今晚十点开桌，一把五十，谁来替我两圈。昨晚那把三千块翻成八千，你们真不跟？"
    "输了微信转账，赢了当场提走。下班来我宿舍炸两把，带零钱。"
)
WORK = "请各科室今天下班前把预算执行情况报到财务科汇总"
FEW = ("gambling\t0.5 0.1\t0.01\t1\tx", "赌\t]}!*", "来赌\t]}!*")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_rules())


def test_the_model_was_trained_on_the_examples_that_stand_here():
    head = MODEL.read_text("utf-8").split("\n", 1)[0]

    assert head.split("\t")[-1] == stamp()


def test_an_offence_resembles_its_topic_and_work_resembles_none():
    likeness = shipped().likeness(BLUNT)

    assert likeness is not None
    assert max(likeness.topics, key=likeness.topics.__getitem__) is Topic.GAMBLING
    assert shipped().likeness(WORK) is None


def test_the_most_offending_passage_of_a_long_text_is_named():
    text = WORK * 12 + TALE * 3 + WORK * 12

    likeness = shipped().likeness(text)

    assert likeness is not None
    assert likeness.end - likeness.start <= PASSAGE
    assert likeness.start < len(WORK * 12) + len(TALE * 3)
    assert likeness.end > len(WORK * 12)


def test_what_speaks_for_a_topic_lies_within_the_passage():
    start, end = shipped().telling(BLUNT, Topic.GAMBLING)

    assert 0 <= start < end <= len(BLUNT)


@pytest.mark.parametrize("text", ["", "好", "\U0001f600\U0001f600", "的" * 20_000])
def test_odd_texts_resemble_nothing(text: str):
    assert shipped().likeness(text, thorough=True) is None


@pytest.mark.parametrize(
    "lines",
    [(), ("gambling",), ("gambling\t0.5\t0.01\t1\tx", FEW[1])],
    ids=["none", "head", "bias"],
)
def test_what_is_no_model_is_refused(lines: tuple[str, ...]):
    with pytest.raises(ValueError, match=r"."):
        Classifier(lines)


def test_a_hit_by_wording_says_so_and_is_no_graver_than_medium(engine: Engine):
    (flag,) = (
        each
        for each in engine.screen("昨晚那把三千块翻成八千，你们真不跟？").flags
        if each.rule == "gambling"
    )

    assert flag.why.signals == (WORDING,)
    assert flag.severity <= Severity.MEDIUM
    assert flag.spans


def test_words_in_harmless_wording_are_acquitted_by_name(engine: Engine):
    opinions = engine.opinions("请把百家乐纪录片的字幕稿发我校对")
    (gambling,) = (each for each in opinions if each.rule.code == "gambling")

    assert gambling.hits == ()
    assert [answer.by for answer in gambling.acquittals] == [HARMLESS]


def test_texts_of_a_hand_that_taught_nothing_are_judged_well(engine: Engine):
    rows = [json.loads(line) for line in JUDGING.read_text("utf-8").splitlines()]
    office = [row for row in rows if row["part"] == "office"]
    seen = [{flag.topic.value for flag in engine.screen(row["text"]).flags} for row in office]

    offending = [
        row["topic"] in topics
        for row, topics in zip(office, seen, strict=True)
        if row["topic"] != "clean"
    ]
    alarms = [
        bool(topics - {"off_topic"})
        for row, topics in zip(office, seen, strict=True)
        if row["topic"] == "clean"
    ]

    assert sum(offending) >= 0.8 * len(offending)
    assert sum(alarms) <= 0.02 * len(alarms)

"""Weighing: what adds up to an offence, and what does not."""

from bot.model.finding import Severity, Topic
from bot.screening.engine import Engine
from bot.screening.rule import Rule
from bot.screening.signals import Signal
from bot.screening.weighing import Scales, crossed, graded, weigher

SCALES = Scales(
    label="样品用语",
    enough=4,
    signals={Signal.HANDLE: 2, Signal.CONTACT: 1, Signal.WORK: -2, Signal.JOKES: -2},
    lone_severity=Severity.LOW,
    offered_severity=Severity.HIGH,
)


def an_engine() -> Engine:
    rule = Rule(
        code="sample",
        version=1,
        topic=Topic.ADVERTISEMENT,
        severity=Severity.LOW,
        title="样品",
        words=graded(
            telling="青鸟牌", strong="白鹭牌", doubtful="红杉牌 蓝鲸牌", weak="樱桃 核桃 葡萄 枇杷"
        ),
        check=weigher(SCALES),
    )
    return Engine([rule])


def test_a_telling_word_is_enough():
    (flag,) = an_engine().screen("有青鸟牌").flags

    assert flag.severity is Severity.LOW


def test_a_strong_word_needs_somebody_to_reach():
    alone, offered = map(an_engine().screen, ("有白鹭牌", "有白鹭牌，加微信"))

    assert alone.flags == ()
    assert offered.flags[0].severity is Severity.HIGH


def test_ordinary_words_alone_never_offend():
    screening = an_engine().screen("樱桃核桃葡萄枇杷，加微信 guo8899")

    assert screening.flags == ()


def test_talk_about_work_eases_what_is_not_telling():
    screening = an_engine().screen("请各科室报送红杉牌、蓝鲸牌采购项目材料")

    assert screening.flags == ()


def test_the_same_word_again_weighs_nothing_more():
    screening = an_engine().screen("红杉牌，红杉牌，红杉牌")

    assert screening.flags == ()


def test_words_far_apart_do_not_add_up():
    screening = an_engine().screen("红杉牌" + "很好" * 50 + "蓝鲸牌")

    assert screening.flags == ()


def test_a_joke_eases_even_a_telling_word():
    screening = an_engine().screen("青鸟牌哈哈哈")

    assert screening.flags == ()


def test_crossed_words_are_all_combinations():
    words = crossed("甲 乙", "一 二")

    assert words.split() == ["甲一", "甲二", "乙一", "乙二"]

"""Disguises: every word a rule declares is found however it is written, and chance stays chance."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.finding import Severity, Span, Topic
from bot.screening.engine import Engine
from bot.screening.rule import Answer, Hit, Rule, Sighting

COMPANY = "，加微信 abc12345"


def a_rule(words: dict[str, int], *, alone: int = 1, pattern: str = "") -> Rule:
    def say_all(sighting: Sighting) -> Iterator[Answer]:
        for word in sighting.words:
            span = Span(start=word.start, end=word.end)
            yield Hit(spans=(span,), signals=(word.word,), foldings=word.foldings)
        if pattern and pattern in sighting.plain:
            start = sighting.plain.index(pattern)
            yield Hit(spans=(sighting.span(start, start + len(pattern)),), signals=("式样",))

    return Rule(
        code="sample",
        version=1,
        topic=Topic.GAMBLING,
        severity=Severity.LOW,
        title="样品",
        words=words,
        alone=alone,
        check=say_all,
    )


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine([a_rule(dict.fromkeys(("赌博", "百家乐", "博彩", "贷款", "反感情绪"), 1))])


def found(engine: Engine, text: str) -> list[str]:
    return [
        text[span.start : span.end] for flag in engine.screen(text).flags for span in flag.spans
    ]


@pytest.mark.parametrize(
    ("text", "written", "folding"),
    [
        ("一起百\u200b家乐吧", "百\u200b家乐", "零宽字符"),
        ("一起百*家*乐吧", "百*家*乐", "插入符号"),
        ("去百 家乐吧", "百 家乐", "插入符号"),
        ("一起賭博吧", "賭博", "繁体字"),
        ("一起赌愽吧", "赌愽", "火星文"),
        ("一起𝕓𝕔吧，加微信 abc12345", "𝕓𝕔", "缩写"),
        ("一起贝者十尃吧", "贝者十尃", "拆字"),
        ("一起贝者博吧", "贝者博", "拆字"),
        ("一起貝 者 博吧", "貝 者 博", "拆字"),
        ("一起dubo吧", "dubo", "拼音"),
        ("一起du bo吧", "du bo", "拼音"),
        ("一起DuBo吧" + COMPANY, "DuBo", "拼音"),
        ("一起赌bo吧", "赌bo", "拼音"),
        ("bai jia le来吗", "bai jia le", "拼音"),
        ("ｂａｉｊｉａｌｅ来吗", "ｂａｉｊｉａｌｅ", "拼音"),
        ("有fanganqingxu呢", "fanganqingxu", "拼音"),
        ("摆佳乐来吗", "摆佳乐", "谐音字"),
        ("玩睹搏吗" + COMPANY, "睹搏", "谐音字"),
        ("办货款吗" + COMPANY, "", ""),
        ("小额钬贷欸吗" + COMPANY, "贷欸", "形近字"),
        ("来bc吗" + COMPANY, "bc", "缩写"),
    ],
)
def test_a_disguised_word_is_found_where_it_stands_and_the_disguise_is_named(
    engine: Engine, text: str, written: str, folding: str
):
    flags = engine.screen(text).flags

    assert found(engine, text) == ([written] if written else [])
    assert [folding in flag.why.foldings for flag in flags] == ([True] if written else [])


@pytest.mark.parametrize(
    "text",
    [
        "我们目睹博物馆开馆" + COMPANY,
        "他在读博三年了" + COMPANY,
        "一起睹搏吧",
        "这次bc类项目",
        "见 http://dubo.example/dubo/a.html",
        "邮箱 wang.dubo@example.com",
        "账号是dubo888",
        "联系人 Du Bo",
        "Dubois 先生",
        "女子博览会，赌 气 博 弈",
        "白家，乐山",
        "下一个路口 交通管制",
    ],
)
def test_what_is_simply_said_is_no_disguise(engine: Engine, text: str):
    screening = engine.screen(text)

    assert screening.flags == ()


def test_two_syllables_need_company_near_them_and_three_do_not(engine: Engine):
    far = "，" + "普通的话" * 40

    flagged = [
        bool(engine.screen(text).flags)
        for text in ("睹搏", f"睹搏{COMPANY}", f"睹搏{far}{COMPANY}", "摆佳乐")
    ]

    assert flagged == [False, True, False, True]


def test_a_space_between_two_words_joins_nothing():
    engine = Engine([a_rule({"口交": 1, "性爱": 1})])

    flagged = [
        bool(engine.screen(text).flags)
        for text in ("路口 交通", "女性 爱好者", "出口 交货", "他要口 交吗")
    ]

    assert flagged == [False, False, False, True]


def test_patterns_of_a_rule_read_the_word_that_was_meant():
    engine = Engine([a_rule({"机密": 1}, pattern="机密★十年")])
    texts = ("机密★十年", "机·密★十年", "機mi★十年", "木几密★十年")

    signals = [engine.screen(text).flags[0].why.signals for text in texts]
    spans = [engine.screen(text).flags[0].spans for text in texts]

    assert signals == [("机密", "式样")] * len(texts)
    assert spans == [(Span(start=0, end=len(text)),) for text in texts]


def test_nothing_that_acquits_is_found_in_disguise():
    rule = replace(a_rule({"赌博": 1}), allows=("赌博危害大",))
    engine = Engine([rule])

    flagged = [
        bool(engine.screen(text).flags)
        for text in ("讲赌博危害大", "讲赌博wei害大", "讲赌博威海搭")
    ]

    assert flagged == [False, True, True]


def test_words_of_a_graded_rule_that_only_help_are_not_looked_at_alone():
    engine = Engine([a_rule({"彩票": 1, "赌场": 3})])

    flagged = [bool(engine.screen(text).flags) for text in ("买彩票", "买彩票，去赌场")]

    assert flagged == [False, True]


def test_a_rule_that_needs_weight_is_patient_until_something_stands_beside():
    engine = Engine([a_rule({"投注": 2, "赌场": 4}, alone=4)])

    flagged = [
        bool(engine.screen(text).flags)
        for text in ("投注", "赌场", "投注，私聊", "投注 abc123", "投注一百块")
    ]

    assert flagged == [False, True, True, True, True]


def test_opinions_show_what_a_patient_rule_saw():
    engine = Engine([a_rule({"投注": 2, "赌场": 4}, alone=4)])

    (opinion,) = engine.opinions("投注")

    assert [word.word for word in opinion.words] == ["投注"]


def test_without_disguises_only_what_is_written_is_found():
    engine = Engine([a_rule({"百家乐": 1})], disguises=False)

    flagged = [bool(engine.screen(text).flags) for text in ("百家乐", "baijiale", "摆佳乐")]

    assert flagged == [True, False, False]


@given(
    parts=st.lists(
        st.sampled_from(
            [*"贝者十尃赌博百家乐摆佳，。 ", "du", "bo", "bai ", "一三", "加微信", "\u200b"]
        ),
        max_size=12,
    )
)
def test_spans_stay_within_the_text_whatever_is_mixed(engine: Engine, parts: list[str]):
    text = "".join(parts)

    screening = engine.screen(text)

    assert screening.complete
    assert all(
        0 <= span.start < span.end <= len(text) for flag in screening.flags for span in flag.spans
    )


@pytest.mark.parametrize(
    "unit",
    ["摆佳乐", "baijiale", "bai jia le ", "贝者", "一三八零", "zhuangzhuangq", "睹搏加微信", "bc "],
)
def test_twice_the_text_takes_about_twice_the_time(engine: Engine, unit: str):
    once, twice = unit * (8_000 // len(unit)), unit * (16_000 // len(unit))

    first, second = (min(_seconds(engine, text) for _ in range(3)) for text in (once, twice))

    assert second < 6 * first + 0.2


def _seconds(engine: Engine, text: str) -> float:
    before = time.process_time()
    engine.screen(text)
    return time.process_time() - before

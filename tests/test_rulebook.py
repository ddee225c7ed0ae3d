"""The rules in use: lists and allowed phrases come and go, and a bad build changes nothing."""

import pickle
from pathlib import Path

import pytest

from bot.bootstrap import load_plugins
from bot.model.finding import Mode, Severity, Span, Topic
from bot.pipeline.screen import screened_apart
from bot.rulebook import ALLOWED_HERE, OfficeRules, Rulebook
from bot.screening.engine import screen_in_process
from bot.screening.rule import Acquittal, Hit, Need, Rule


def by_word(sighting):
    for word in sighting.words:
        yield Hit(spans=(Span(start=word.start, end=word.end),), signals=("词语",))


def by_link(sighting):
    for link in sighting.links:
        yield Hit(spans=(Span(start=link.start, end=link.end),), signals=("网址",))


def a_rule(code: str = "fruit", topic: Topic = Topic.ADVERTISEMENT, **changes) -> Rule:
    values = {
        "code": code,
        "version": 1,
        "topic": topic,
        "severity": Severity.LOW,
        "title": "测试规则",
        "words": {"苹果": 1},
        "check": by_word,
    }
    return Rule(**values | changes)


def flagged(book: Rulebook, text: str) -> list[str]:
    return [flag.rule for flag in book.current().engine.screen(text).flags]


def test_inside_an_allowed_phrase_its_rule_finds_nothing():
    book = Rulebook([a_rule(), a_rule("other")])

    renewed = book.refresh((("fruit", "苹果采摘"),))

    assert renewed
    assert flagged(book, "苹果采摘活动") == ["other"]
    assert flagged(book, "苹果便宜，苹果采摘也有") == ["fruit", "other"]
    assert not book.refresh((("fruit", "苹果采摘"),))


def test_a_hit_that_rests_on_no_word_is_acquitted_inside_a_phrase_too():
    rule = a_rule(words={}, needs=(Need.LINK,), check=by_link)
    book = Rulebook([rule], office=OfficeRules(phrases=(("fruit", "去 fruit.example 看菜单"),)))

    opinions = book.current().engine.opinions("大家去 fruit.example 看菜单")

    assert opinions[0].acquittals == (Acquittal(spans=(Span(start=4, end=17),), by=ALLOWED_HERE),)
    assert flagged(book, "去 fruit.example 付款") == ["fruit"]


def test_what_is_classified_learns_no_phrase():
    rule = a_rule(topic=Topic.CLASSIFIED)

    book = Rulebook([rule], office=OfficeRules(phrases=(("fruit", "苹果采摘"),)))

    assert flagged(book, "苹果采摘活动") == ["fruit"]


def test_a_build_that_fails_leaves_the_rules_as_they_were():
    book = Rulebook([a_rule()])

    renewed = book.refresh((("fruit", "苹"),))

    assert not renewed
    assert flagged(book, "苹果") == ["fruit"]
    assert "仍用原来的" in book.faults[0]


def test_who_holds_a_build_can_finish_with_it(tmp_path: Path):
    book = Rulebook([a_rule()], office=OfficeRules(word_lists=(tmp_path,)))
    held = book.current()

    (tmp_path / "rumour.txt").write_text("蓝月亮传闻\n", "utf-8")
    book.refresh(())

    assert flagged(book, "蓝月亮传闻") == ["operator_rumour"]
    assert held.engine.screen("蓝月亮传闻").flags == ()
    assert "operator_rumour" not in held.rules


def test_a_list_without_a_clause_is_said_to_be_only_observed(tmp_path: Path):
    (tmp_path / "heroes.txt").write_text("蓝月亮传闻\n", "utf-8")

    book = Rulebook(
        [], office=OfficeRules(word_lists=(tmp_path,)), cited=lambda topic: topic is Topic.RUMOUR
    )

    assert book.faults == ("单位自备词表：英雄烈士：启用的制度里没有对应条款，只记录，不提醒。",)


def test_a_mode_of_the_configuration_holds_for_an_operators_list(tmp_path: Path):
    (tmp_path / "rumour.txt").write_text("蓝月亮传闻\n", "utf-8")

    book = Rulebook(
        [],
        office=OfficeRules(word_lists=(tmp_path,)),
        modes={"operator_rumour": Mode.OBSERVE},
    )

    (flag,) = book.current().engine.screen("蓝月亮传闻").flags
    assert flag.mode is Mode.OBSERVE


@pytest.mark.parametrize("text", ["听说蓝月亮传闻是真的", "福利苹果：苹果采摘"])
def test_another_process_reads_the_same_rules_and_notices_a_change(tmp_path: Path, text: str):
    (tmp_path / "rumour.txt").write_text("绿茶计划\n", "utf-8")
    book = Rulebook(load_plugins().rules, office=OfficeRules(word_lists=(tmp_path,)))
    before = book.current().spec

    (tmp_path / "rumour.txt").write_text("蓝月亮传闻\n福利苹果\n", "utf-8")
    book.refresh((("operator_rumour", "福利苹果：苹果采摘"),))
    sent = pickle.loads(pickle.dumps(book.current().spec))

    assert sent == book.current().spec
    assert hash(sent) == hash(book.current().spec)
    assert sent != before
    assert screen_in_process(sent, text) == book.current().engine.screen(text)
    assert pickle.loads(pickle.dumps(screened_apart)) is screened_apart

"""An operator's own words: read line by line, only ever a question to the owner, reloaded."""

import os
from pathlib import Path

import pytest

from bot.model.errors import BotError
from bot.model.finding import Severity, Topic
from bot.screening.engine import Engine
from bot.screening.operator_list import is_operators, operator_rules
from bot.screening.reloading import Reloading


def write(path: Path, content: str) -> Path:
    path.write_text(content, "utf-8")
    return path


def test_a_list_makes_a_low_rule_of_its_topic(tmp_path: Path):
    write(tmp_path / "rumour.txt", "\ufeff# 本单位\n蓝月亮传闻  # 举例\n\n封城消息\n")

    loaded = operator_rules(tmp_path)
    (flag,) = Engine(loaded.rules).screen("听说蓝 月 亮 传 闻了吗").flags

    assert loaded.faults == ()
    assert (flag.topic, flag.severity) == (Topic.RUMOUR, Severity.LOW)
    assert is_operators(flag.rule)
    assert flag.why.signals == ("单位自备词表",)


def test_a_toml_list_has_words_and_allowed_phrases(tmp_path: Path):
    path = write(
        tmp_path / "a.toml",
        'topic = "sensitive"\nwords = ["绿茶计划"]\nallows = ["绿茶计划书店"]\n',
    )

    engine = Engine(operator_rules(path).rules)

    assert len(engine.screen("绿茶计划").flags) == 1
    assert engine.screen("去绿茶计划书店买书").flags == ()


def test_lists_of_one_topic_make_one_rule(tmp_path: Path):
    write(tmp_path / "rumour.txt", "蓝月亮传闻")
    write(tmp_path / "more.toml", 'topic = "rumour"\nwords = ["紫月亮传闻"]')

    (rule,) = operator_rules(tmp_path).rules

    assert sorted(rule.words) == ["紫月亮传闻", "蓝月亮传闻"]


def test_a_built_in_topic_may_have_a_list_too(tmp_path: Path):
    write(tmp_path / f"{Topic.GAMBLING.label}.txt", "绿茶计划")

    (rule,) = operator_rules(tmp_path).rules

    assert (rule.topic, rule.severity) == (Topic.GAMBLING, Severity.LOW)


def test_a_single_character_is_refused_with_its_line(tmp_path: Path):
    write(tmp_path / "rumour.txt", "蓝月亮传闻\n赌\n！啊！\n" + "长" * 61)

    loaded = operator_rules(tmp_path)

    assert loaded.faults == (
        "rumour.txt 第2行不足2个字，单字会误伤日常用语，没有启用。",
        "rumour.txt 第3行不足2个字，单字会误伤日常用语，没有启用。",
        "rumour.txt 第4行超过60个字，没有启用，请只写关键的词语。",
    )
    assert list(loaded.rules[0].words) == ["蓝月亮传闻"]


def test_a_bad_word_of_a_toml_list_is_named_with_its_line(tmp_path: Path):
    path = write(tmp_path / "rumour.toml", 'words = [\n  "蓝月亮传闻",\n  "赌",\n]\n')

    assert operator_rules(path).faults == (
        "rumour.toml 第3行不足2个字，单字会误伤日常用语，没有启用。",
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.toml", "topic = \nwords = []", "a.toml 第1行不是 TOML"),
        ("rumour.toml", 'words = "一个词"', "words 要写成"),
        ("rumour.toml", 'words = ["词语"]\nword = 1', "不认识 word"),
        ("nonsense.txt", "蓝月亮传闻", "主题“nonsense”不认识"),
        ("encouraged.txt", "蓝月亮传闻", "主题“encouraged”不认识"),
    ],
)
def test_a_list_that_cannot_serve_is_told_and_stops_no_other(
    tmp_path: Path, name: str, content: str, told: str
):
    write(tmp_path / "sensitive.txt", "蓝月亮传闻")
    write(tmp_path / name, content)

    loaded = operator_rules(tmp_path)

    assert [told in fault for fault in loaded.faults] == [True]
    assert [rule.topic for rule in loaded.rules] == [Topic.SENSITIVE]


def test_a_list_written_by_windows_is_read(tmp_path: Path):
    (tmp_path / "rumour.txt").write_bytes("蓝月亮传闻\r\n".encode("gbk"))

    (rule,) = operator_rules(tmp_path).rules

    assert list(rule.words) == ["蓝月亮传闻"]


def test_a_changed_file_is_in_use_after_the_next_look(tmp_path: Path):
    path = write(tmp_path / "rumour.txt", "蓝月亮传闻")
    reloading = Reloading(lambda: Engine(operator_rules(tmp_path).rules), [tmp_path])
    before = reloading.current()

    write(path, "蓝月亮传闻\n紫月亮传闻")
    changed = reloading.refresh()

    assert changed
    assert before.screen("紫月亮传闻").flags == ()
    assert len(reloading.current().screen("紫月亮传闻").flags) == 1


def test_a_file_of_the_same_size_is_noticed_by_its_time(tmp_path: Path):
    path = write(tmp_path / "rumour.txt", "蓝月亮传闻")
    reloading = Reloading(lambda: operator_rules(tmp_path), [tmp_path])

    write(path, "紫月亮传闻")
    os.utime(path, ns=(1, 1))

    assert reloading.refresh()


def test_nothing_is_built_while_nothing_changes(tmp_path: Path):
    write(tmp_path / "rumour.txt", "蓝月亮传闻")
    reloading = Reloading(lambda: operator_rules(tmp_path), [tmp_path])
    first = reloading.current()

    assert not reloading.refresh()
    assert reloading.current() is first


def test_files_that_come_and_go_are_noticed(tmp_path: Path):
    reloading = Reloading(lambda: operator_rules(tmp_path), [tmp_path, tmp_path / "gone"])
    path = write(tmp_path / "rumour.txt", "蓝月亮传闻")
    came = reloading.refresh()
    path.unlink()

    assert (came, reloading.refresh()) == (True, True)
    assert reloading.current().rules == ()


def test_a_build_that_fails_leaves_the_last_good_one(tmp_path: Path):
    path = write(tmp_path / "list.txt", "good")

    def make() -> str:
        content = path.read_text("utf-8")
        if content != "good":
            raise BotError("写错了。")
        return content

    reloading = Reloading(make, [tmp_path])
    write(path, "broken")
    changed = reloading.refresh()

    assert not changed
    assert reloading.current() == "good"
    assert reloading.fault == "词表或黑名单没有更新，仍用原来的：写错了。"


def test_a_list_may_not_be_about_classified_matter(tmp_path: Path):
    write(tmp_path / "classified.txt", "蓝月亮计划")

    loaded = operator_rules(tmp_path)

    assert loaded.rules == ()
    assert loaded.faults == ("classified.txt：涉密只认密级标志，不能用词表，这个词表没有启用。",)

"""replay: what stays, what vanishes, what cannot be decided; no text is shown, each look is kept."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.onebot import OneBotSettings
from bot.bootstrap import load_plugins
from bot.model.finding import Finding, Mode, Severity, Span, Topic, Why
from bot.replay import CAVEAT, CORPUS, Labelled, fate, read_corpus, replayed, tried, with_word
from bot.rulebook import Rulebook
from tests.pipeline.desk import ACCOUNT, GROUP, MORNING, furnish
from tests.test_cli import CONFIG, ROOT, run, sentence
from tests.test_rulebook import a_rule


def a_finding(excerpt: str | None, rule: str = "fruit", **changes) -> Finding:
    values = {
        "id": 0,
        "group": GROUP,
        "account": ACCOUNT,
        "message_id": "1",
        "sender": "20013",
        "posted_at": MORNING,
        "found_at": MORNING,
        "rule": rule,
        "version": 1,
        "topic": Topic.ADVERTISEMENT,
        "severity": Severity.LOW,
        "clauses": (),
        "spans": (Span(start=0, end=2),),
        "why": Why(signals=("词语",)),
        "mode": Mode.ENFORCE,
        "excerpt": excerpt,
    }
    return Finding(**values | changes)


@pytest.mark.parametrize(
    ("finding", "says"),
    [
        (a_finding("卖苹果"), "STAYS"),
        (a_finding("卖梨"), "VANISHES"),
        (a_finding("苹果采摘"), "VANISHES"),
        (a_finding(None), "EXPIRED"),
        (a_finding("卖苹果", excerpt_start=7), "CUT"),
        (a_finding("卖苹果" + "。" * 197), "CUT"),
        (a_finding(None, topic=Topic.CLASSIFIED), "CLASSIFIED"),
    ],
)
def test_a_finding_stays_vanishes_or_cannot_be_decided(finding: Finding, says: str):
    engine = Rulebook([a_rule(allows=("苹果采摘",))]).current().engine

    assert fate(finding, engine).name == says


def test_the_lines_of_a_rule_count_records_examples_and_corpus():
    rule = a_rule(flags=("卖苹果", "卖梨"), passes=("开会",))
    corpus = [
        Labelled(text="苹果两块", topics=frozenset({"advertisement"}), may=frozenset()),
        Labelled(text="吃苹果了", topics=frozenset(), may=frozenset()),
        Labelled(text="苹果多", topics=frozenset(), may=frozenset({"advertisement"})),
    ]
    findings = [a_finding("卖苹果"), a_finding("卖梨"), a_finding(None)]

    lines = list(replayed(findings, Rulebook([rule]).current().engine, [rule], corpus))

    assert lines == [
        "测试规则（fruit，第 1 版）",
        "  已记录：3 件，仍会提示 1 件，不再提示 1 件，无法判断 1 件（片段未保存或已到期 1 件）",
        "  规则自带的例子：该提示的 2 条，提示 1 条；不该提示的 1 条，提示 0 条",
        "  语料：该提示的 1 条，提示 1 条；不该提示的 1 条，提示 1 条",
    ]


def test_a_word_on_trial_says_what_it_would_hit():
    engine = Rulebook([a_rule(passes=("采摘活动",)), with_word("采摘")]).current().engine
    corpus = [Labelled(text="采摘园", topics=frozenset(), may=frozenset())]
    findings = [a_finding("苹果采摘"), a_finding("苹果采摘", "other"), a_finding(None)]

    lines = list(tried(findings, engine, corpus))

    assert "片段 1 条" in lines[1]
    assert lines[1].endswith("会命中 1 条")
    assert lines[2].endswith("1 条，会命中 1 条")
    assert lines[3].endswith("1 条，会命中 1 条")


def test_the_corpus_of_a_checkout_is_read_and_an_installed_program_has_none(tmp_path: Path):
    assert CORPUS == ROOT / "tests" / "corpus" / "messages.jsonl"
    assert len(read_corpus()) > 100
    assert read_corpus(tmp_path / "messages.jsonl") == ()


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an office with a store that holds findings."""
    from bot.bootstrap import opened
    from bot.clock import SystemClock
    from bot.config import Config

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUNGUI_TOKEN", "s3cret")
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    made = Config.default_for_sandbox(
        folder=tmp_path / "data",
        settings=OneBotSettings(way="forward", url="ws://127.0.0.1:1"),
        token="x",
    )
    gambling = next(rule for rule in load_plugins().rules if rule.code == "gambling")
    now = SystemClock().now()
    with opened(made) as records, records.transaction():
        furnish(records)
        for number, text in enumerate((gambling.flags[0], "秘密花园在哪里", None)):
            records.findings.add(a_finding(text, "gambling", message_id=str(number), found_at=now))
        old = a_finding(None, "gambling", message_id="9", found_at=now - timedelta(days=31))
        records.findings.add(old)
    return tmp_path


def audit(folder: Path) -> list[tuple[str, str]]:
    from bot.vault import Vault
    from storage.database import open_reader
    from storage.unit_of_work import UnitOfWork

    connection = open_reader(folder / "data" / "qungui.db")
    records = UnitOfWork(connection, Vault.open(folder / "data" / "vault.key"))
    rows = [(record.deed, record.subject) for _, record in records.audit.latest(9)]
    connection.close()
    return rows


def test_a_replay_shows_no_text_and_is_recorded(recorded: Path):
    result = run("replay", "--rule", "gambling")

    assert result.exit_code == 0, result.output
    assert "已记录：4 件，仍会提示 1 件，不再提示 1 件，无法判断 2 件" in result.stdout
    assert "语料：该提示的" in result.stdout
    assert result.stdout.rstrip().endswith(CAVEAT)
    assert "秘密花园" not in result.output
    assert audit(recorded) == [("findings.replayed", "rule:gambling")]


def test_a_replay_of_everything_and_of_a_word_are_recorded_too(recorded: Path):
    every, word = run("replay"), run("replay", "--word", "秘密花园")

    assert every.stdout.count("已记录：") == len(load_plugins().rules)
    assert "片段 2 条（都是别的规则提示过的），会命中 1 条" in word.stdout
    assert audit(recorded) == [("findings.replayed", "rule:*")] * 2


def test_a_replay_takes_another_configuration(recorded: Path):
    (recorded / "words").mkdir()
    (recorded / "words" / "rumour.txt").write_text("秘密花园\n", "utf-8")
    other = CONFIG.replace("[web]", '[screening]\nword_lists = ["words"]\n[web]')
    (recorded / "other.toml").write_text(other, "utf-8")

    result = run("replay", "--rule", "operator_rumour", "--config", "other.toml")

    assert "单位自备词表：谣言（operator_rumour，第 1 版）" in result.stdout
    assert "operator_rumour" in sentence(run("replay", "--rule", "nothing", "-c", "other.toml"))


def test_a_word_too_short_and_a_missing_store_are_sentences(recorded: Path):
    short = sentence(run("replay", "--word", "花"))
    (recorded / "data" / "qungui.db").unlink()
    missing = sentence(run("replay"))

    assert "至少要2个字" in short
    assert "还没有数据文件" in missing


def test_explain_tells_the_numbers_of_the_last_thirty_days(recorded: Path):
    result = run("explain", "gambling")

    assert "最近 30 天：发现 3 件，判为误报 0 件，属实 0 件，未判 3 件" in result.stdout
    assert "放行的用语：0 个" in result.stdout
    assert "已知识别不到的情形：" in result.stdout


def test_explain_tells_the_mode_of_the_configuration(recorded: Path):
    text = CONFIG + '[rules.gambling]\nmode = "observe"\n'
    (recorded / "config.toml").write_text(text, "utf-8")

    assert "方式：观察（只记录，不提醒）" in run("explain", "gambling").stdout

"""The corpus: ordinary work talk stays quiet, invented violations are found, and so is page spam."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.corpora import load_rules
from bot.model.finding import Mode
from bot.screening.engine import Engine
from bot.screening.rule import Rule

RULES = load_rules()
HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared"
REGULATIONS = SHARED / "regulations"
RECALL_FLOOR = 0.95
PRECISION_FLOOR = 0.85
FALSE_ALARMS_AT_MOST = 2


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(RULES)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return list(map(json.loads, (HERE / "messages.jsonl").read_text("utf-8").splitlines()))


def enforced(engine: Engine, text: str) -> list[str]:
    """Return the rules that would alert an owner of a text."""
    return [flag.rule for flag in engine.screen(text).flags if flag.mode is Mode.ENFORCE]


def test_clean_messages_hardly_ever_alert(engine: Engine, rows: list[dict[str, Any]]):
    clean = [row["text"] for row in rows if not row["topics"]]

    flagged = [text for text in clean if enforced(engine, text)]

    assert len(clean) >= 500
    assert len(flagged) <= FALSE_ALARMS_AT_MOST, flagged


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_keeps_its_floors(engine: Engine, rows: list[dict[str, Any]], rule: Rule):
    found = [
        row for row in rows if rule.code in {flag.rule for flag in engine.screen(row["text"]).flags}
    ]
    meant = [row for row in rows if rule.code in row["topics"]]

    right = sum(rule.code in row["topics"] for row in found)
    tolerated = sum(rule.code in row.get("may", ()) for row in found)

    assert right >= RECALL_FLOOR * len(meant)
    assert right >= PRECISION_FLOOR * (len(found) - tolerated)


def test_ordinary_work_talk_raises_nothing(engine: Engine):
    messages = (HERE / "ordinary_work_talk.txt").read_text("utf-8").splitlines()

    flagged = [message for message in messages if enforced(engine, message)]

    assert len(messages) >= 150
    assert flagged == []


def test_invented_violations_are_found_under_their_topic(engine: Engine):
    rows = list(map(json.loads, (HERE / "violations.jsonl").read_text("utf-8").splitlines()))
    asked = Counter(row["topic"] for row in rows)
    found = Counter(
        row["topic"]
        for row in rows
        if row["topic"] in {flag.topic.value for flag in engine.screen(row["text"]).flags}
    )

    assert len(rows) >= 80
    assert {topic: found[topic] / asked[topic] >= RECALL_FLOOR for topic in asked} == dict.fromkeys(
        asked, True
    )


@pytest.mark.skipif(
    not REGULATIONS.is_dir(), reason="needs the regulations in ../shared/regulations"
)
def test_the_polluted_page_is_found_and_no_line_that_forbids(engine: Engine):
    found = [
        (path.name[:3], number)
        for path in sorted(REGULATIONS.glob("0*.txt"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if enforced(engine, line)
    ]

    assert found == [("003", 1), ("003", 3), ("003", 4), ("003", 6)]

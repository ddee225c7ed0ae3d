"""The corpus: ordinary work talk stays quiet, invented violations are found, and so is page spam."""

import json
from collections import Counter
from pathlib import Path

import pytest

from bot.screening.engine import Engine
from plugins.rules import classified, gambling, malicious_link, personal_information

HERE = Path(__file__).parent
REGULATIONS = HERE.parents[2] / "shared" / "regulations"
RECALL_FLOOR = 0.95


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine((classified.RULE, gambling.RULE, malicious_link.RULE, personal_information.RULE))


def test_ordinary_work_talk_raises_nothing(engine: Engine):
    messages = (HERE / "ordinary_work_talk.txt").read_text("utf-8").splitlines()

    flagged = [message for message in messages if engine.screen(message).flags]

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
        if engine.screen(line).flags
    ]

    assert found == [("003", 1), ("003", 3), ("003", 4), ("003", 6)]

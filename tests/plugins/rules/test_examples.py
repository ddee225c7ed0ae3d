"""Every rule keeps the promises that its own example texts make."""

import pytest

from bench.corpora import load_rules
from bot.model.finding import Mode
from bot.screening.engine import Engine
from bot.screening.rule import Rule

RULES = load_rules()
FLAGGED = [
    pytest.param(rule, text, id=f"{rule.code}:{text[:20]}") for rule in RULES for text in rule.flags
]
PASSED = [
    pytest.param(rule, text, id=f"{rule.code}:{text[:20]}")
    for rule in RULES
    for text in rule.passes
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(RULES)


@pytest.mark.parametrize(("rule", "text"), FLAGGED)
def test_a_text_of_flags_is_flagged_by_its_rule_and_by_none_graver(
    engine: Engine, rule: Rule, text: str
):
    screening = engine.screen(text)

    severities = {flag.rule: flag.severity for flag in screening.flags}
    assert rule.code in severities
    assert severities[rule.code] == max(severities.values())
    assert screening.complete


@pytest.mark.parametrize(("rule", "text"), PASSED)
def test_a_text_of_passes_is_flagged_by_no_rule_that_is_enforced(
    engine: Engine, rule: Rule, text: str
):
    screening = engine.screen(text)

    assert [flag.rule for flag in screening.flags if flag.mode is Mode.ENFORCE] == []
    assert rule.code not in {flag.rule for flag in screening.flags}
    assert screening.complete


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_says_what_it_flags_and_what_it_misses(rule: Rule):
    module = __import__(f"plugins.rules.{rule.code}", fromlist=["RULE"])

    assert all(part in module.__doc__ for part in ("Flags:", "Does not flag:", "Known misses:"))
    assert rule.flags
    assert rule.passes
    assert rule.known_misses

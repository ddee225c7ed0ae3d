"""Every rule keeps the promises that its own example texts make."""

import pytest

from bot.screening.engine import Engine
from bot.screening.rule import Rule
from plugins.rules import classified, gambling, malicious_link, personal_information

RULES = (classified.RULE, gambling.RULE, malicious_link.RULE, personal_information.RULE)
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
def test_a_text_of_flags_is_flagged_by_its_rule_alone(engine: Engine, rule: Rule, text: str):
    screening = engine.screen(text)

    assert [flag.rule for flag in screening.flags] == [rule.code]
    assert screening.complete


@pytest.mark.parametrize(("rule", "text"), PASSED)
def test_a_text_of_passes_is_flagged_by_no_rule(engine: Engine, rule: Rule, text: str):
    screening = engine.screen(text)

    assert screening.flags == ()
    assert screening.complete


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_says_what_it_flags_and_what_it_misses(rule: Rule):
    module = __import__(f"plugins.rules.{rule.code}", fromlist=["RULE"])

    assert all(part in module.__doc__ for part in ("Flags:", "Does not flag:", "Known misses:"))
    assert rule.flags
    assert rule.passes
    assert rule.known_misses

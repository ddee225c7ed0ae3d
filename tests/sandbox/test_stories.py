"""The texts of the stories are what the rules flag, so that the demo shows what it says."""

import re

import pytest

from bot.sandbox import stories
from bot.screening.engine import Engine
from plugins.rules import classified, gambling, malicious_link

ENGINE = Engine([classified.RULE, gambling.RULE, malicious_link.RULE])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (stories.ADVERTISEMENT, "gambling"),
        (stories.OWNERS_OFFENCE, "gambling"),
        (stories.MISSED, "gambling"),
        (stories.MARKED, "classified"),
    ],
)
def test_a_story_posts_what_is_told_at_once(text, rule):
    flags = ENGINE.screen(text).flags

    assert [flag.rule for flag in flags if flag.severity.at_once] == [rule]


def test_the_harmless_text_is_harmless():
    assert ENGINE.screen(stories.HARMLESS).flags == ()


def test_links_lead_nowhere():
    texts = stories.ADVERTISEMENT + stories.OWNERS_OFFENCE + stories.MISSED

    hosts = re.findall(r"https?://([^/\s]+)", texts)

    assert len(hosts) == 3
    assert all(host.endswith((".example", ".test")) for host in hosts)

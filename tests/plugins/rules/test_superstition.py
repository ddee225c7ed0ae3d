"""Superstition: fortune-tellers and chain letters are found, heritage and good wishes are not."""

import pytest

from bot.model.finding import Severity
from bot.screening.engine import Engine
from plugins.rules.superstition import RULE

FLAGGED = (
    "小吴你印堂发黑，我认识个先生能给你破",
    "碟仙谁玩过，中午请一次",
    "许愿必灵，转发8个好友，福报无量",
    "数字能量测手机号，换吉号联系我",
)
PASSED = (
    "寺庙景区门票收入请按非税管理",
    "宗教活动场所财务监督管理办法印发",
    "明天冬至，祝大家冬至安康，记得吃饺子",
    "垃圾转运站建设项目已验收",
    "土改运动史料征集",
    "这次体检一切正常，老天保佑",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine([RULE])


@pytest.mark.parametrize("text", [*RULE.flags, *FLAGGED])
def test_fortune_telling_and_charms_are_found(engine: Engine, text: str):
    screening = engine.screen(text)

    assert [flag.rule for flag in screening.flags] == [RULE.code]


@pytest.mark.parametrize("text", [*RULE.passes, *PASSED])
def test_heritage_and_good_wishes_pass(engine: Engine, text: str):
    screening = engine.screen(text)

    assert screening.flags == ()
    assert screening.complete


def test_belief_alone_is_mild(engine: Engine):
    (flag,) = engine.screen("昨晚我们请碟仙，真的来了").flags

    assert flag.severity is Severity.LOW


def test_an_offer_is_graver(engine: Engine):
    (flag,) = engine.screen("在线算命，一卦88，加微信 suan8888").flags

    assert flag.severity is Severity.MEDIUM

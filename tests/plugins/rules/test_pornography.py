"""Pornography: solicitation and obscene material are found, medicine and road works are not."""

import pytest

from bot.model.finding import Severity
from bot.screening.engine import Engine
from plugins.rules.pornography import RULE

FLAGGED = (
    "95后美女 可上门 可酒店 看图满意再付",
    "想要资源的宝子点我头像，都是没删的",
    "丝袜美腿，视频一对一，先看后买",
    "高端外围，附近约会，到付",
    "换妻俱乐部，真实夫妻，审核进群",
)
PASSED = (
    "妇幼保健院宫颈癌疫苗采购项目",
    "疾控中心艾滋病防治经费请审核",
    "你老公真好，还给你做饭",
    "晚上去酒店接我一下",
    "十字路口交警在查酒驾",
    "境内射频设备检测报告",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine([RULE])


@pytest.mark.parametrize("text", [*RULE.flags, *FLAGGED])
def test_solicitation_is_found(engine: Engine, text: str):
    screening = engine.screen(text)

    assert [flag.rule for flag in screening.flags] == [RULE.code]


@pytest.mark.parametrize("text", [*RULE.passes, *PASSED])
def test_ordinary_life_and_prevention_pass(engine: Engine, text: str):
    screening = engine.screen(text)

    assert screening.flags == ()
    assert screening.complete


def test_a_word_alone_is_milder(engine: Engine):
    (flag,) = engine.screen("谁有小黄片").flags

    assert flag.severity is Severity.MEDIUM


def test_an_offer_is_grave(engine: Engine):
    (flag,) = engine.screen("约炮吗，加微信 yue5588").flags

    assert flag.severity is Severity.HIGH

"""Violence: threats and trade in weapons and drugs are found, figures of speech are not."""

import pytest

from bot.model.finding import Severity
from bot.screening.engine import Engine
from plugins.rules.violence import RULE

FLAGGED = (
    "老子今晚就弄死你",
    "等着，我找人去你店里把玻璃全砸了",
    "谁再拆我老宅，我点煤气罐一起上天",
    "袖珍手枪，可打钢珠，货到付款",
    "三唑仑、催情水批发，五十支起",
    "监狱实拍打架流血合集，进群",
)
PASSED = (
    "这破打印机，真想砸了它",
    "我都快被这个审计整死了",
    "把这笔支出砍了，领导不同意",
    "公安反映辖区有人贩卖气枪，已立案",
    "炸药库、烟花爆竹仓库安全检查安排",
    "你弄死我算了，这表改了八遍",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine([RULE])


@pytest.mark.parametrize("text", [*RULE.flags, *FLAGGED])
def test_threats_and_unlawful_goods_are_found(engine: Engine, text: str):
    screening = engine.screen(text)

    assert [flag.rule for flag in screening.flags] == [RULE.code]


@pytest.mark.parametrize("text", [*RULE.passes, *PASSED])
def test_figures_of_speech_and_police_work_pass(engine: Engine, text: str):
    screening = engine.screen(text)

    assert screening.flags == ()
    assert screening.complete


def test_a_threat_is_grave(engine: Engine):
    (flag,) = engine.screen("我要砍死你").flags

    assert flag.severity is Severity.HIGH


def test_a_prohibition_inside_a_threat_acquits_nobody(engine: Engine):
    screening = engine.screen("让他全家不得安宁")

    assert screening.flags

"""Fraud: schemes and impostors are found, warnings and the office's own money are not."""

import pytest

from bot.model.finding import Severity
from bot.screening.engine import Engine
from plugins.rules.fraud import RULE

FLAGGED = (
    "京东放单，一单佣金10-30，每天50单，立返",
    "急用钱的看过来，有身份证就能下，10分钟到账",
    "老师内部消息，明天涨停，跟着买稳赚",
    "爸，我手机掉水里了，这是同学的微信，急着交钱，你先转",
    "在家手工串珠，一天180，收押金500，做完全退",
    "你的医保卡即将停用，请按1转人工核实",
)
PASSED = (
    "请各单位按时缴纳工会福利采购的礼盒款，每盒120元",
    "医保电子凭证激活步骤见附件，请转告家里老人",
    "专项债项目收益与融资自求平衡方案",
    "小微企业贷款风险补偿资金申报，每户不超过50万元",
    "领导干部投资股票、基金情况请如实填报",
    "请注意网络刷单诈骗，近期本单位已有两人被骗",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine([RULE])


@pytest.mark.parametrize("text", [*RULE.flags, *FLAGGED])
def test_schemes_are_found(engine: Engine, text: str):
    screening = engine.screen(text)

    assert [flag.rule for flag in screening.flags] == [RULE.code]


@pytest.mark.parametrize("text", [*RULE.passes, *PASSED])
def test_warnings_and_ordinary_money_pass(engine: Engine, text: str):
    screening = engine.screen(text)

    assert screening.flags == ()
    assert screening.complete


def test_an_offer_of_a_loan_is_grave(engine: Engine):
    (flag,) = engine.screen("贷款秒批，加微信 dk6688").flags

    assert flag.severity is Severity.HIGH


def test_a_warning_may_quote_the_account_of_the_impostor(engine: Engine):
    screening = engine.screen("警惕！有人冒充局长加微信 wang_2026 要求转账")

    assert screening.flags == ()


def test_what_stands_among_words_of_betting_is_left_to_that_rule(engine: Engine):
    (flag,) = engine.screen("百家乐代理，资金盘，日赚500，加微信 bjl8899").flags

    assert flag.severity is Severity.LOW

"""Gambling: offers are found, prohibitions, reports and vegetables are not."""

import pytest

from bot.model.finding import Severity
from bot.screening.engine import Engine
from plugins.rules.gambling import RULE

FLAGGED = (
    "凤凰彩票 送38 提款快",
    "棋牌新平台 无需实名 一元起提",
    "专业玩彩十年，一天三百到五百，非诚勿扰",
    "想回血的老哥来，昨天带五个兄弟全红",
    "公海赌船周五发船，筹码一比一，洗码高",
    "电子老虎机试玩账号免费领，赢的可以提",
)
PASSED = (
    "老干部活动中心麻将桌、棋牌桌采购是否合规，请资产科答复",
    "彩票店主培训经费从彩票发行费列支",
    "体育场馆免费低收费开放补助，足球、篮球场地都算",
    "昨天打麻将输了两百，今天不打了",
    "请同志们不要参与网络赌博、刷单、虚拟币交易",
    "光伏电站年收益测算，投资回收期8年",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine([RULE])


@pytest.mark.parametrize("text", [*RULE.flags, *FLAGGED])
def test_offers_of_gambling_are_found(engine: Engine, text: str):
    screening = engine.screen(text)

    assert [flag.rule for flag in screening.flags] == [RULE.code]


@pytest.mark.parametrize("text", [*RULE.passes, *PASSED])
def test_what_only_speaks_of_gambling_passes(engine: Engine, text: str):
    screening = engine.screen(text)

    assert screening.flags == ()
    assert screening.complete


def test_a_bare_mention_is_milder_than_an_offer(engine: Engine):
    (flag,) = engine.screen("推牌九炸金花都会玩").flags

    assert flag.severity is Severity.MEDIUM


def test_an_offer_with_an_account_is_grave(engine: Engine):
    (flag,) = engine.screen("百家乐开户，加微信 bjl8899").flags

    assert flag.severity is Severity.HIGH


def test_who_forbids_and_leaves_an_account_is_not_believed(engine: Engine):
    screening = engine.screen("严禁赌博！百家乐新葡京加微信 bjl8899")

    assert screening.flags


def test_a_prohibition_that_links_to_the_regulation_is_believed(engine: Engine):
    screening = engine.screen("严禁参与百家乐等网络赌博，详见 http://www.example.com/notice")

    assert screening.flags == ()

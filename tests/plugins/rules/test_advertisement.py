"""Advertisement: what is promoted is found, procurement and what somebody bought is not."""

import pytest

from bot.model.finding import Severity
from bot.screening.engine import Engine
from plugins.rules.advertisement import RULE

FLAGGED = (
    "出各种微信小号，带实名，可解封，量大优惠",
    "快速减肥，一个月瘦20斤，无效退款",
    "传奇新开一秒，装备全爆，散人天堂",
    "公司注册、代账报税，首月0元，找财税小杨薇信 caishui77",
    "五一云南双飞六天1980纯玩无购物，旅行社小程",
    "阿胶糕今天下单立减50",
)
PASSED = (
    "中秋节慰问品采购询价：月饼礼盒每份不超过200元，请供应商报价",
    "物业通知：疏通下水道，三楼卫生间暂停使用",
    "信息系统渗透测试报告已出，请整改高危漏洞",
    "这个面膜真好用，推荐给你",
    "减肥真难，我一个月才瘦两斤",
    "短视频宣传片点赞量、播放量作为绩效指标是否合适？",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine([RULE])


@pytest.mark.parametrize("text", [*RULE.flags, *FLAGGED])
def test_promotion_is_found(engine: Engine, text: str):
    screening = engine.screen(text)

    assert [flag.rule for flag in screening.flags] == [RULE.code]


@pytest.mark.parametrize("text", [*RULE.passes, *PASSED])
def test_procurement_and_everyday_talk_pass(engine: Engine, text: str):
    screening = engine.screen(text)

    assert screening.flags == ()
    assert screening.complete


def test_unlawful_trade_is_grave(engine: Engine):
    (flag,) = engine.screen("私家侦探，查开房记录").flags

    assert flag.severity is Severity.HIGH


def test_open_commerce_is_milder(engine: Engine):
    (flag,) = engine.screen("全屋定制，免费量房，欢迎进店").flags

    assert flag.severity is Severity.MEDIUM

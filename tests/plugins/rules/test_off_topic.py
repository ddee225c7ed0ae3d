"""Off topic: leisure put to everybody is observed, the office's own votes and forms are not."""

import pytest

from bot.model.finding import Mode, Severity
from bot.screening.engine import Engine
from plugins.rules.off_topic import RULE

FLAGGED = (
    "求给38号宝贝投票，每天三票",
    "谁追那个综艺了，给我打投",
    "叮咚买菜新人券30减15，用我的码注册",
    "有没有养多肉的，晒图求教",
    "晚安心语：放下执念，送给群里每一位",
)
PASSED = (
    "请大家关注公众号，每日推送政策解读",
    "有谁的U盘落在打印室了，来我这里取",
    "请大家不要在群里发红包、拉票、发广告",
    "周末加班的同志请报名订餐",
    "股票账户年报需要报备吗",
    "抖音政务号粉丝突破十万，宣传科辛苦了",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine([RULE])


@pytest.mark.parametrize("text", [*RULE.flags, *FLAGGED])
def test_leisure_put_to_everybody_is_noticed(engine: Engine, text: str):
    screening = engine.screen(text)

    assert [flag.rule for flag in screening.flags] == [RULE.code]


@pytest.mark.parametrize("text", [*RULE.passes, *PASSED])
def test_the_offices_own_matters_pass(engine: Engine, text: str):
    screening = engine.screen(text)

    assert screening.flags == ()
    assert screening.complete


def test_off_topic_is_only_observed_and_low(engine: Engine):
    (flag,) = engine.screen("拼多多帮我砍一刀").flags

    assert (flag.mode, flag.severity) == (Mode.OBSERVE, Severity.LOW)

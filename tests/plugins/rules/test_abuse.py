"""Abuse: insults aimed at somebody are found, exclamations and teasing are not."""

import pytest

from bot.model.finding import Severity
from bot.screening.engine import Engine
from plugins.rules.abuse import RULE

FLAGGED = (
    "一看你就是个没爹妈教的货",
    "你们这群键盘侠，脑子都被狗吃了",
    "丑成这样还出来吓人，回炉重造吧你",
    "同性恋都是变态，趁早滚蛋",
    "某地的人普遍素质低，都偷东西",
)
PASSED = (
    "领导说这个方案像垃圾，重写吧",
    "这个供应商太坑了，报价翻倍还不肯降",
    "群众来电骂人，大家耐心一点，做好解释",
    "黑人牙膏等洗漱用品不能报销",
    "孤儿基本生活补助提标，每人每月1600元",
    "哈哈哈你这个傻瓜，钥匙不就在桌上",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine([RULE])


@pytest.mark.parametrize("text", [*RULE.flags, *FLAGGED])
def test_insults_are_found(engine: Engine, text: str):
    screening = engine.screen(text)

    assert [flag.rule for flag in screening.flags] == [RULE.code]


@pytest.mark.parametrize("text", [*RULE.passes, *PASSED])
def test_exclamations_and_criticism_pass(engine: Engine, text: str):
    screening = engine.screen(text)

    assert screening.flags == ()
    assert screening.complete


def test_abuse_is_never_called_grave_by_itself(engine: Engine):
    (flag,) = engine.screen("你这个废物，白眼狼").flags

    assert flag.severity is Severity.MEDIUM

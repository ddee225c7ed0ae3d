"""The table of docs/wechat.zh-CN.md says what the adapters declare."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.adapters.itchat.session import ABILITIES as ITCHAT
from bot.adapters.onebot.session import _COMMON as ONEBOT
from bot.adapters.wechaty.session import abilities
from bot.adapters.wechaty.settings import WechatySettings
from bot.model.event import Ability

DOCUMENT = Path(__file__).parent.parent / "docs" / "wechat.zh-CN.md"
WECHATY = abilities(WechatySettings(endpoint="127.0.0.1:1"))
ROWS = {
    "收群消息、私聊、@": {Ability.PRIVATE},
    "撤回别人的消息": {Ability.RECALL},
    "移出成员": {Ability.REMOVE},
    "入群申请由机器人放行": {Ability.JOIN_REQUESTS},
    "机器人被邀请进群": {Ability.INVITATIONS},
    "改群名、发群公告、接受好友": {Ability.RENAME, Ability.ANNOUNCE, Ability.FRIEND_REQUESTS},
    "补查离线时的消息": {Ability.HISTORY},
}


def table() -> Mapping[str, tuple[str, ...]]:
    """Return what the document says of QQ, wechaty and itchat, by row."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in DOCUMENT.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    return {row[0]: tuple(row[1:]) for row in rows if len(row) == 4}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_empty_exactly_where_the_account_cannot(row):
    said = [not cell.startswith("—") for cell in table()[row]]

    assert said == [ROWS[row] <= each for each in (ONEBOT, WECHATY, ITCHAT)]


def test_whether_ids_last_is_said_as_declared():
    (row,) = (cells for name, cells in table().items() if name == "每个人的编号长期不变")

    stable = abilities(WechatySettings(endpoint="127.0.0.1:1", stable_ids=True))
    declared = [Ability.STABLE_IDS in each for each in (ONEBOT, WECHATY, stable, ITCHAT)]
    assert row == ("有", "看网关", "—")
    assert declared == [True, False, True, False]


def test_no_ability_is_forgotten():
    told = set().union(*ROWS.values()) | {Ability.STABLE_IDS, Ability.PRIVATE_HISTORY}

    assert told == set(Ability)

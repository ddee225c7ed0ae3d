"""The whole product over web WeChat: nobody is anybody before he proves it after that login."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from bot.calendar import SHANGHAI
from tests.journeys.conftest import GAMBLING, MORNING

pytest.importorskip("itchat", reason="needs itchat-uos")

TABLES = ("messages", "unscreened", "findings", "alerts", "members", "blind_intervals")
MONDAY = datetime(2026, 11, 23, 8, 50, tzinfo=SHANGHAI)


@pytest.fixture
def on_itchat(loaded, tmp_path) -> Callable[..., None]:
    """Run a journey: `on_itchat(journey, starts_at=...)`."""
    from tests.journeys.itchat_site import an_itchat_site

    def run(journey: Callable[[Any], Any], *, starts_at=MORNING, **settings: object) -> None:
        async def whole() -> None:
            async with an_itchat_site(loaded, tmp_path, starts_at=starts_at, **settings) as site:
                await journey(site)

        asyncio.run(asyncio.wait_for(whole(), 180))

    return run


def test_an_alert_waits_for_the_owner_and_comes_when_he_has_proved_himself(on_itchat):
    async def journey(site):
        site.post("zhou", GAMBLING)
        await site.heard()

        assert await opened(site) == 1
        assert site.read("wang") == []

        site.prove("wang", "王小明")
        alert = await site.comes("wang", "【待处置 1】")
        site.tell("wang", "撤回1")
        by_hand = await site.comes("wang", "手工撤回", "机器人撤不了")
        site.tell("wang", "确认1")
        await site.comes("wang", "1 号已办结")

        assert "撤回1" not in alert
        assert "长按它手工撤回" in by_hand
        assert await opened(site) == 0
        assert not any("百家乐" in text for text in site.posted())

    on_itchat(journey)


def test_nobody_commands_before_he_has_proved_himself_and_after_the_next_login(on_itchat):
    async def journey(site):
        site.tell("wang", "状态")
        await site.comes("wang", "实名")
        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了")
        site.tell("wang", "状态")
        await site.comes("wang", "〔预算科工作群〕")
        before = len(site.read("wang"))

        await site.logs_in_again()
        site.post("zhou", GAMBLING)
        site.tell("wang", "待办")
        site.tell("zhou", "成员")
        await site.heard()
        quiet = site.read("wang")[before:]

        assert await opened(site) == 1
        assert not any("【待" in text or "【成员" in text for text in quiet)
        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了", "还有 1 个码")
        await site.comes("wang", "【待处置 1】")

    on_itchat(journey)


def test_what_the_owner_may_have_written_himself_goes_to_his_leader_only(on_itchat):
    async def journey(site):
        site.post("wang", GAMBLING)
        await site.heard()
        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了")
        site.prove("zhao", "赵强")
        await site.comes("zhao", "【待处置 1】", "直接报您")
        site.tell("wang", "待办")
        await site.comes("wang", "没有待办")

        await site.logs_in_again()
        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了", times=2)
        site.tell("wang", "待办")
        await site.comes("wang", "没有待办", times=2)

        assert not any("待处置" in text for text in site.read("wang"))

    on_itchat(journey)


def test_a_finding_about_somebody_unknown_is_taken_away_when_he_turns_out_to_be_the_owner(
    on_itchat,
):
    async def journey(site):
        site.peer.world.rooms["budget"].members["wang"] = "海阔天空"
        await site.draw()
        site.post("wang", GAMBLING)
        await site.heard()
        site.prove("zhao", "赵强")
        await site.comes("zhao", "确认好了")

        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了")
        await site.comes("zhao", "【待处置 1】")
        site.tell("wang", "看1")
        await site.comes("wang", "涉及您本人")

        assert not any("待处置" in text for text in site.read("wang"))

    on_itchat(journey)


def test_the_next_one_who_is_known_gets_what_the_owner_does_not_decide(on_itchat):
    async def journey(site):
        site.prove("zhao", "赵强")
        await site.comes("zhao", "确认好了")

        site.post("zhou", GAMBLING)
        await site.heard()
        await site.later(minutes=31)

        await site.comes("zhao", "【待处置", "群主未及时处置")
        assert site.read("wang") == []

    on_itchat(journey)


def test_a_login_makes_nobody_a_newcomer_but_who_comes_after_it_is_one(on_itchat):
    async def journey(site):
        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了")
        await site.logs_in_again()
        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了", times=2)
        await site.draw()
        await site.later(minutes=5)

        assert not any("新成员" in text for text in site.read("wang"))
        assert site.read("zhou") == []

        site.peer.world.friend("sun", "小孙")
        site.peer.world.rooms["budget"].members["sun"] = "预算科 孙梅"
        await site.draw()
        await site.later(minutes=5)
        await site.comes("wang", "【新成员】", "新来 1 人")

    on_itchat(journey)


def test_who_was_confirmed_before_a_login_is_proposed_again(on_itchat):
    async def journey(site):
        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了")
        site.prove("zhou", "周明")
        await site.comes("zhou", "确认好了")
        site.peer.world.rooms["budget"].members["zhou"] = ""
        await site.draw()

        await site.logs_in_again()
        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了", times=2)
        site.tell("wang", "成员")

        assert "周* → 周*/预算科？" in await site.comes("wang", "【成员】")

    on_itchat(journey)


def test_a_group_is_asked_once_for_its_owner_and_the_operator_is_told(on_itchat):
    async def journey(site):
        await site.later(minutes=11)
        asked = await site.appears("私聊我确认身份")
        status = await site.bot.answer({"do": "status"})
        await site.logs_in_again()
        await site.later(minutes=11)

        assert "实名 确认码" in asked
        assert any("1 个群的群主在本次登录后还没有确认身份" in each for each in status["faults"])
        assert sum("确认身份" in text for text in site.posted()) == 1

        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了")
        status = await site.bot.answer({"do": "status"})
        assert status["faults"] == []

    on_itchat(journey)


def test_a_group_that_cannot_be_told_from_another_is_said_to_be_unseen(on_itchat):
    async def journey(site):
        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了")
        site.peer.world.room("other", "预算科工作群", "zhou")
        site.post("zhou", "大家好", room="other")
        await site.heard()
        await site.draw()
        await site.comes("wang", "【群变动】", "同名")
        site.post("zhou", GAMBLING)
        await site.heard()
        status = await site.bot.answer({"do": "status"})
        await site.draw()

        assert any("1 个登记的群现在看不到" in each for each in status["faults"])
        assert sum("同名" in text for text in site.read("wang")) == 1
        assert await opened(site) == 0
        assert await blind(site) == [("ambiguous", False)]

        del site.peer.world.rooms["other"]
        await site.logs_in_again()
        await site.draw()
        assert [ended for cause, ended in await blind(site) if cause == "ambiguous"] == [True]

    on_itchat(journey)


def test_the_weekly_list_begins_anew_after_a_login_and_the_owner_decides(on_itchat):
    async def journey(site):
        await site.later(minutes=15)
        assert await audit(site) == ("drawing", 0)

        site.prove("wang", "王小明")
        first = await site.comes("wang", "【周核查】预算科工作群 5人")
        await site.logs_in_again()
        assert (await audit(site))[0] == "drawing"
        site.prove("wang", "王小明")
        listed = await site.comes("wang", "【周核查】预算科工作群 5人", times=2)
        gone = number(listed, "预算科 周*")

        assert len(first.splitlines()) == len(listed.splitlines())
        assert set(numbers(first)).isdisjoint(numbers(listed))
        site.tell("wang", f"移{numbers(first)[0]}")
        await site.comes("wang", "看最新的名单")
        site.tell("wang", f"移{gone}")
        code = re.search(r"确认 (\w+)", await site.comes("wang", "将从", "移出 1 人"))[1]
        site.tell("wang", f"确认 {code}")
        await site.comes("wang", "正在移出")
        await site.later(minutes=16)
        await site.comes("wang", f"{gone} 号", "已不在群里")

        assert "zhou" not in site.peer.world.rooms["budget"].members
        site.tell("wang", "全留 都是本科室的人")
        await site.comes("wang", "【周核查】", "已完成")

    on_itchat(journey, starts_at=MONDAY)


def test_a_renamed_room_is_filed_through_owner_and_leader_also_over_a_login(on_itchat, loaded):
    async def journey(site):
        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了")
        site.peer.world.rooms["budget"].topic = "预算科业务群"
        await site.draw()
        await site.later(minutes=30)
        await site.comes("wang", "备案", "预算科业务群", "属实请回复：备案 1 属实")
        await site.logs_in_again()
        site.tell("wang", "备案 1 属实")
        await site.comes("wang", "还不知道您是谁")
        site.prove("wang", "王小明")
        await site.comes("wang", "确认好了", times=2)

        site.tell("wang", "备案 1 属实")
        await site.heard()
        site.prove("zhao", "赵强")
        await site.comes("zhao", "【备案】1 件一直在等您")
        site.tell("zhao", "备案 1 同意")
        await site.comes("wang", "已审核，请手工报送")

        group = await site.records(lambda records: records.groups.get(1))
        assert (group.name, group.platform_id) == ("预算科业务群", "room:预算科工作群")

    filing = loaded.workflow_settings["filing"](way="by_hand")
    on_itchat(journey, filing=filing)


async def audit(site) -> tuple[str, int]:
    def read(records):
        found = records.audits.latest(1)
        return found.state.value, len(records.audits.items(found.id))

    return await site.records(read)


def numbers(text: str) -> list[int]:
    return [int(each) for each in re.findall(r"^(\d+) ", text, re.MULTILINE)]


def number(text: str, who: str) -> int:
    return next(int(line.split()[0]) for line in text.splitlines() if who in line)


async def blind(site) -> list[tuple[str, bool]]:
    spans = await site.records(lambda records: records.groups.blind_intervals(1))
    return [(cause, until is not None) for _, until, cause, _ in spans]


async def opened(site) -> int:
    return len(await site.records(lambda records: records.alerts.open_in(1)))


def test_a_room_that_nobody_registered_leaves_nothing_behind(on_itchat, caplog, tmp_path):
    caplog.set_level("INFO")

    async def journey(site):
        site.peer.world.room("family", "一家人", "wang", "zhou=海鲜十斤")
        before = [await site.records(rows_of(table)) for table in TABLES]
        site.post("zhou", f"海鲜十斤 {GAMBLING}", room="family")
        site.peer.post("family", "zhou", "<msg/>", MsgType=49, AppMsgType=6, FileName="海鲜十斤")
        site.peer.recall("family", "zhou", site.post("zhou", "海鲜十斤", room="family"))
        await site.heard()

        assert [await site.records(rows_of(table)) for table in TABLES] == before
        assert site.posted("family") == []

    on_itchat(journey)

    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert "海鲜十斤".encode() not in kept
    assert "海鲜十斤" not in caplog.text


def rows_of(table: str) -> Callable[[Any], int]:
    """Return what counts a table's rows."""
    query = f"SELECT count(*) FROM {table}"
    return lambda records: records.connection.execute(query).fetchone()[0]

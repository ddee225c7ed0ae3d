"""The whole product over a wechaty gateway, of the current protocol and of the old one."""

import asyncio
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from bot.calendar import SHANGHAI
from tests.journeys.conftest import GAMBLING, MORNING
from tests.peers.wechaty_gateway import BOT, CURRENT, OLD, need_node

pytest.importorskip("grpclib", reason="needs the wechaty libraries")

ACCOUNT, ROOM = f"wechat:{BOT}", "19000000003@chatroom"
OTHER_ROOM = "19000000004@chatroom"
OWNER, LEADER, OFFICER = "wxid_wang", "wxid_zhao", "wxid_qian"
MEMBER, LEAVER, STRANGER = "wxid_zhou", "wxid_sun", "wxid_cai"


@pytest.fixture
def on_wechaty(loaded, tmp_path) -> Callable[..., None]:
    """Run a journey: `on_wechaty(journey, stable=False, starts_at=...)`."""
    from tests.journeys.wechaty_site import a_wechaty_site

    need_node()

    def run(
        journey: Callable[[Any], Any],
        *,
        generation: str = CURRENT,
        starts_at=MORNING,
        way: str = "by_hand",
        **settings: object,
    ) -> None:
        settings["filing"] = loaded.workflow_settings["filing"](way=way)

        async def whole() -> None:
            async with a_wechaty_site(
                loaded, tmp_path, generation=generation, starts_at=starts_at, **settings
            ) as site:
                await journey(site)

        asyncio.run(asyncio.wait_for(whole(), 300))

    return run


TABLES = ("messages", "unscreened", "findings", "alerts", "members", "blind_intervals")
both = pytest.mark.parametrize("generation", [OLD, CURRENT])


@both
def test_a_finding_reaches_the_owner_who_removes_it_by_hand_and_closes_it(on_wechaty, generation):
    async def journey(site):
        await site.post(MEMBER, GAMBLING)
        alert = await site.comes(OWNER, "【待处置 1】")
        await site.tell(OWNER, "撤回1")
        by_hand = await site.comes(OWNER, "机器人撤不了", "手工撤回", times=2)
        await site.tell(OWNER, "提醒1")
        reminder = await site.comes(ROOM, "遵守群规")
        await site.comes(OWNER, "1 号已办结")

        assert "撤回1" not in alert
        assert "周*" in alert
        assert "长按它手工撤回" in by_hand
        assert "百家乐" not in reminder
        assert await site.calls("recall") == []
        assert await site.opened() == 0

    on_wechaty(journey, generation=generation)


def test_what_the_account_cannot_do_is_not_promised(on_wechaty):
    async def journey(site):
        powers = await site.comes(OWNER, "我在“预算科工作群”里")
        await site.tell(OWNER, "状态")
        status = await site.comes(OWNER, "〔预算科工作群〕")

        assert "管理员" in powers
        assert "请在群里手工撤回" in powers
        assert "不能撤回" in status

    on_wechaty(journey)


def test_a_false_alarm_is_closed_without_a_word_in_the_room(on_wechaty):
    async def journey(site):
        await site.post(MEMBER, GAMBLING)
        await site.comes(OWNER, "【待处置 1】")
        before = await site.read(ROOM)
        await site.tell(OWNER, "误报1 在转发反诈提醒")
        await site.comes(OWNER, "1 号已办结")
        await site.heard()

        assert await site.read(ROOM) == before
        assert await site.opened() == 0

    on_wechaty(journey)


def test_what_a_member_takes_back_himself_is_seen(on_wechaty):
    async def journey(site):
        message = await site.post(MEMBER, GAMBLING)
        await site.comes(OWNER, "【待处置 1】")
        await site.gateway.post(message, sender=MEMBER, room=ROOM, kind="recall")
        await site.heard()
        await site.tell(OWNER, "看1")

        await site.comes(OWNER, "已撤回")

    on_wechaty(journey)


def test_a_gateway_that_was_down_leaves_a_blind_interval_and_the_work_goes_on(on_wechaty):
    async def journey(site):
        await site.gateway.die()
        await site.gateway.start()
        await site.is_back()
        await site.post(MEMBER, GAMBLING)
        await site.comes(OWNER, "【待处置 1】")

        spans = await site.records(lambda records: records.groups.blind_intervals(1))
        assert [(until is not None, caught_up) for _, until, _, caught_up in spans] == [
            (True, False)
        ]

    on_wechaty(journey)


def test_where_ids_change_nobody_is_anybody_before_he_proves_himself_after_that_login(on_wechaty):
    async def journey(site):
        await site.post(MEMBER, GAMBLING)
        await site.tell(OWNER, "待办")
        await site.comes(OWNER, "实名 确认码")
        assert not any("待处置" in text for text in await site.read(OWNER))
        await site.prove(OWNER)
        await site.comes(OWNER, "确认好了", "还有 2 个码")
        await site.comes(OWNER, "【待处置 1】")

        await site.logs_in_again()
        before = len(await site.read(OWNER))
        await site.tell(OWNER, "确认1")
        await site.tell(OWNER, "成员")
        await site.heard()
        assert not any(
            "办结" in text or "成员】" in text for text in (await site.read(OWNER))[before:]
        )
        assert await site.opened() == 1
        await site.prove(OWNER)
        await site.comes(OWNER, "确认好了", "还有 1 个码")
        await site.tell(OWNER, "确认1")
        await site.comes(OWNER, "1 号已办结")

    on_wechaty(journey, stable=False)


def test_where_ids_last_a_login_changes_nothing(on_wechaty):
    async def journey(site):
        await site.tell(OWNER, "状态")
        await site.comes(OWNER, "〔预算科工作群〕")
        await site.logs_in_again()
        await site.tell(OWNER, "状态")
        await site.comes(OWNER, "〔预算科工作群〕", times=2)

    on_wechaty(journey)


def test_an_owner_confirms_whose_account_it_is_and_a_member_proves_himself(on_wechaty):
    async def journey(site):
        await site.prove(MEMBER)
        await site.comes(MEMBER, "确认好了", "周*/预算科")
        await site.later(minutes=11)
        await site.tell(OWNER, "成员")
        listed = await site.comes(OWNER, "【成员】预算科工作群 5 人")
        number = next(line for line in listed.splitlines() if "孙*" in line).split()[0]
        await site.tell(OWNER, f"实名 {number}")
        await site.comes(OWNER, "【实名】", f"{number} ", "已记为孙*/预算科")

        accounts = await site.records(
            lambda records: {
                each.name: records.people.account_of(each.id, ACCOUNT)
                for each in records.people.all()
            }
        )
        assert accounts["周明"] == MEMBER
        assert accounts["孙悦"] == LEAVER

    on_wechaty(journey)


def test_the_weekly_audit_removes_who_left_when_the_owner_gives_the_code(on_wechaty):
    async def journey(site):
        await site.prove(MEMBER)
        await site.prove(LEAVER)
        await site.hand_in_roster(left={LEAVER: date(2026, 11, 20)})
        await site.gateway.do("join", room=ROOM, user=STRANGER, by=OWNER)
        await site.until(datetime(2026, 11, 23, 9, tzinfo=SHANGHAI))
        text = await site.comes(OWNER, "【周核查】预算科工作群", "11月20日离职", "账号不明")
        gone, nameless = re.findall(r"^(\d+) ", text, re.MULTILINE)

        await site.tell(OWNER, f"移{gone} 留{nameless} 借调来的")
        shown = await site.comes(OWNER, "将从“预算科工作群”移出 1 人", "确认 ")
        assert LEAVER in (await site.room())["members"]
        await site.tell(OWNER, re.search(r"确认 \w+", shown)[0])
        await site.comes(OWNER, "本周核查已完成", "移出 1，留 1")

        assert LEAVER not in (await site.room())["members"]
        assert STRANGER in (await site.room())["members"]
        items = await site.records(lambda records: records.audits.items(1))
        assert [each.removal and each.removal.value for each in items] == ["removed", None]

    on_wechaty(journey)


def test_where_the_account_is_no_administrator_people_remove_and_a_fresh_list_shows_it(on_wechaty):
    async def journey(site):
        await site.gateway.do("admins", room=ROOM, users=[])
        await site.prove(MEMBER)
        await site.prove(LEAVER)
        await site.hand_in_roster(left={LEAVER: date(2026, 11, 20)})
        await site.until(datetime(2026, 11, 23, 9, tzinfo=SHANGHAI))
        text = await site.comes(OWNER, "【周核查】预算科工作群", "11月20日离职")
        (gone,) = re.findall(r"^(\d+) ", text, re.MULTILINE)
        await site.tell(OWNER, f"移{gone}")
        await site.comes(OWNER, "手工移出")
        await site.gateway.do("leave", room=ROOM, user=LEAVER, by=OWNER)

        await site.comes(OWNER, "本周核查已完成", "移出 1")

    on_wechaty(journey)


@pytest.mark.parametrize("way", ["by_hand", "folder"])
def test_a_renamed_room_is_confirmed_approved_filed_and_received(on_wechaty, tmp_path, way):
    shared = tmp_path / "shared"
    shared.mkdir()

    async def journey(site):
        await site.gateway.do("topic", room=ROOM, topic="预算绩效科工作群", by=OWNER)
        await site.heard()
        await site.later(minutes=11)
        text = await site.comes(OWNER, "【备案 1】", "要向机关党委备案")
        await site.tell(OWNER, "备案 1 属实")
        form = await site.comes(LEADER, "【备案 1】", "请审核")
        await site.tell(LEADER, "备案 1 同意")
        if way == "by_hand":
            await site.comes(OWNER, "【备案 1】", "请手工报送")
            await site.tell(OWNER, "备案 1 已报")
        await site.comes(OFFICER, "【备案 1】", "请出具回执")
        await site.tell(OFFICER, "回执 1 机备〔2026〕9号")
        await site.comes(OWNER, "已备案", "机备〔2026〕9号")

        assert "1 群名：预算科工作群 → 预算绩效科工作群（11月18日09:3" in text
        assert "预算绩效科工作群" in form
        assert (await site.records(lambda records: records.groups.get(1))).name == (
            "预算绩效科工作群"
        )
        assert [each.suffix for each in shared.glob("*.docx")] == (
            [".docx"] if way == "folder" else []
        )

    settings = {"put_into": shared} if way == "folder" else {}
    on_wechaty(journey, way=way, **settings)


def test_whom_the_account_was_removed_by_is_a_change_to_file(on_wechaty):
    async def journey(site):
        await site.gateway.do("leave", room=ROOM, user=BOT, by=OWNER)
        await site.heard()
        await site.later(minutes=11)

        await site.comes(OWNER, "【备案 1】", "把我拉回群里")

    on_wechaty(journey)


@both
def test_an_invitation_waits_for_the_officers_yes(on_wechaty, generation):
    async def journey(site):
        await site.gateway.do("invite", room=OTHER_ROOM, by=STRANGER)
        asked = await site.comes(OFFICER, "【进群邀请 1】", "“国库科工作群”")
        assert BOT not in (await site.room(OTHER_ROOM))["members"]
        await site.tell(OFFICER, "进群1")
        await site.comes(OFFICER, "平台已接受", "请登记")
        await site.post(STRANGER, GAMBLING, OTHER_ROOM)
        await site.heard()

        assert "没有登记" in asked
        assert BOT in (await site.room(OTHER_ROOM))["members"]
        assert await site.read(OTHER_ROOM) == []
        assert await site.opened() == 0

    on_wechaty(journey, generation=generation)


def test_an_invitation_that_nobody_answers_is_not_accepted(on_wechaty):
    async def journey(site):
        await site.gateway.do("invite", room=OTHER_ROOM, by=STRANGER)
        await site.comes(OFFICER, "【进群邀请 1】")
        await site.later(days=3, minutes=1)
        await site.comes(OFFICER, "1 号进群邀请", "没有进群")

        assert await site.calls("accept") == []
        assert BOT not in (await site.room(OTHER_ROOM))["members"]

    on_wechaty(journey)


def test_a_room_that_nobody_registered_leaves_nothing_behind(on_wechaty, caplog, tmp_path):
    caplog.set_level("INFO")

    async def journey(site):
        await site.gateway.do("join", room=OTHER_ROOM, user=BOT, by=STRANGER)
        await site.heard()
        before = [await site.records(rows_of(table)) for table in TABLES]
        message = await site.post(STRANGER, f"海鲜十斤 {GAMBLING}", OTHER_ROOM)
        for kind in ("image", "file", "link"):
            card = {"title": "海鲜十斤", "url": "https://example.com"}
            await site.gateway.post(
                "海鲜十斤", sender=STRANGER, room=OTHER_ROOM, kind=kind, card=card
            )
        await site.gateway.post(message, sender=STRANGER, room=OTHER_ROOM, kind="recall")
        await site.heard()

        assert [await site.records(rows_of(table)) for table in TABLES] == before
        assert await site.read(OTHER_ROOM) == []

    on_wechaty(journey)

    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert "海鲜十斤".encode() not in kept
    assert "海鲜十斤" not in caplog.text


def rows_of(table: str) -> Callable[[Any], int]:
    """Return what counts a table's rows."""
    query = f"SELECT count(*) FROM {table}"
    return lambda records: records.connection.execute(query).fetchone()[0]

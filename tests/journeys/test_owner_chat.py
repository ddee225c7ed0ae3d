"""Part 5: what the owner says in private, and what is done and answered."""

import re
from datetime import datetime

import pytest

from bot.calendar import SHANGHAI
from tests.journeys.conftest import (
    ADMINISTRATOR,
    BOT,
    BUDGET,
    CHENG,
    COMMITTEE,
    GAMBLING,
    LEADER,
    MENG,
    MOBILE,
    MORNING,
    NOTICES,
    OWNER,
    TREASURY,
    TREASURY_OWNER,
    ZHANG,
    Stage,
)


async def alerted(stage: Stage, number: int = 1, sender: int = ZHANG, text: str = GAMBLING) -> int:
    """Let somebody post, wait for the owner's alert, and return the message."""
    message = stage.post(sender, text)
    await stage.comes(OWNER, f"【待处置 {number}】", seconds=20)
    return message


async def answer(stage: Stage, user: int, line: str) -> str:
    """Say a line and return the next private message."""
    before = len(stage.read(user))
    stage.tell(user, line)

    def came(_: object) -> bool:
        return len(stage.read(user)) > before

    assert await stage.play.sandbox.until(came, timeout=20), line
    return stage.read(user)[before]


def stands(stage: Stage, message: int, group: int = BUDGET) -> bool:
    return any(p.id == message and p.recalled_by is None for p in stage.world.posts_in(group))


def pending_code(text: str) -> str:
    found = re.search(r"确认 ([2-9][A-H][2-9])", text)
    assert found, text
    return found[1]


def wrong(code: str) -> str:
    return ("3" if code[0] != "3" else "4") + code[1:]


async def decision(stage: Stage, alert: int = 1):
    return await stage.records(lambda records: records.alerts.get(alert))


def test_help_lists_what_the_owner_may_say(on_stage):
    async def journey(stage: Stage) -> None:
        text = await answer(stage, OWNER, "帮助")

        for verb in (
            "待办",
            "看3",
            "为什么3",
            "撤回3",
            "提醒3",
            "误报3",
            "确认3",
            "上报3",
            "暂停30分",
        ):
            assert verb in text
        for part in ("提醒处置：", "成员与实名：", "周核查：", "本人："):
            assert part in text
        assert len(text.splitlines()) <= 15
        assert len(text) <= 400

    on_stage(journey)


@pytest.mark.parametrize("said", ["帮助 成员", "帮助成员", "帮助 实名", "帮助 拒绝"])
def test_help_explains_a_part_of_it(on_stage, said):
    async def journey(stage: Stage) -> None:
        text = await answer(stage, OWNER, said)

        assert "成员　看谁没有实名" in text
        assert "拒绝4 理由　不放行" in text
        assert "撤回" not in text
        assert len(text.splitlines()) <= 15

    on_stage(journey)


def test_help_about_something_else_is_the_whole_help(on_stage):
    async def journey(stage: Stage) -> None:
        assert "提醒处置：" in await answer(stage, OWNER, "帮助 天气")
        assert "移11" not in await answer(stage, ZHANG, "帮助 核查")

    on_stage(journey)


def test_help_tells_a_member_only_what_is_for_everybody(on_stage):
    async def journey(stage: Stage) -> None:
        text = await answer(stage, ZHANG, "帮助")

        assert "申诉" in text
        assert "撤回" not in text

    on_stage(journey)


def test_status_says_whether_the_group_is_watched_and_what_waits(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)

        text = await answer(stage, OWNER, "状态")

        assert "预算科工作群" in text
        assert "在线检查" in text
        assert "待办 1 件" in text

    on_stage(journey)


def test_to_do_lists_numbers_and_says_what_to_answer(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        await alerted(stage, 2, CHENG)

        text = await answer(stage, OWNER, "待办")

        assert "【待办 2 件】" in text
        assert "1 高 赌博 预算科 张* 09:3" in text
        assert "看1  撤回1" in text
        assert "张明" not in text

    on_stage(journey)


def test_to_do_of_nothing_says_so(on_stage):
    async def journey(stage: Stage) -> None:
        assert await answer(stage, OWNER, "待办") == "没有待办。"

    on_stage(journey)


def test_to_do_shows_and_tells_what_waited_for_the_digest(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, MOBILE)
        await stage.heard()

        text = await answer(stage, OWNER, "待办")

        assert "1 中 个人隐私" in text
        await stage.until(datetime(2026, 11, 18, 11, 31, tzinfo=SHANGHAI))
        await stage.heard()
        assert not any("汇总" in each for each in stage.read(OWNER))

    on_stage(journey)


def test_looking_shows_the_excerpt_unlinked_and_is_recorded(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage, text="点这里领取补贴 http://icbc.com.login-verify.tk/a.apk")

        text = await answer(stage, OWNER, "看1")

        assert "点这里领取补贴" in text
        assert "icbc.com" not in text
        assert "icbc[.]com" in text
        deeds = await stage.records(
            lambda records: records.connection.execute(
                "SELECT actor, detail FROM audit WHERE deed = 'alert.looked'"
            ).fetchall()
        )
        assert len(deeds) == 1

    on_stage(journey)


def test_other_peoples_numbers_stay_masked_for_the_owner_too(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, MOBILE)
        await stage.heard()

        listed = await answer(stage, OWNER, "待办")
        shown = await answer(stage, OWNER, "看1")

        assert "13812345678" not in listed + shown
        assert "王大明" not in listed

    on_stage(journey)


def test_why_names_rule_signals_and_clause_but_not_the_words(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)

        text = await answer(stage, OWNER, "为什么1")

        assert "规则：" in text
        assert "赌博用语" in text
        assert "办法第十二条（二）" in text
        assert "误报1 理由" in text
        assert "百家乐" not in text

    on_stage(journey)


@pytest.mark.parametrize("line", ["撤回 1", "撤回１", "撤回1号", "1撤回", "请撤回1。"])
def test_a_recall_is_carried_out_however_it_is_typed(on_stage, line: str):
    async def journey(stage: Stage) -> None:
        message = await alerted(stage)

        stage.tell(OWNER, line)

        await stage.comes(OWNER, "1 号已办结", "消息已撤回", seconds=20)
        assert not stands(stage, message)

    on_stage(journey)


def test_an_alert_can_be_quoted_instead_of_numbered(on_stage):
    async def journey(stage: Stage) -> None:
        message = await alerted(stage)
        await alerted(stage, 2, CHENG)
        await stage.settled()
        quoted = next(p for p in stage.world.inbox_of(OWNER) if "【待处置 1】" in p.text)

        stage.world.say(
            OWNER,
            BOT,
            (
                {"type": "reply", "data": {"id": str(quoted.id)}},
                {"type": "text", "data": {"text": "撤回"}},
            ),
        )

        await stage.comes(OWNER, "1 号已办结", seconds=20)
        assert not stands(stage, message)

    on_stage(journey)


def test_a_quote_and_another_number_do_nothing(on_stage):
    async def journey(stage: Stage) -> None:
        message = await alerted(stage)
        await alerted(stage, 2, CHENG)
        await stage.settled()
        quoted = next(p for p in stage.world.inbox_of(OWNER) if "【待处置 1】" in p.text)

        stage.world.say(
            OWNER,
            BOT,
            (
                {"type": "reply", "data": {"id": str(quoted.id)}},
                {"type": "text", "data": {"text": "撤回2"}},
            ),
        )

        await stage.comes(OWNER, "引用的是 1 号", "写的是 2 号", seconds=20)
        assert stands(stage, message)

    on_stage(journey)


def test_a_reminder_is_neutral_in_the_group_and_private_to_the_sender(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)

        stage.tell(OWNER, "提醒1")

        assert await stage.appears("请文明发言", seconds=20) == "请文明发言，遵守群规。"
        told = await stage.comes(
            ZHANG, "不符合群规", "办法第十二条（二）", "申诉1 理由", seconds=20
        )
        assert "百家乐" not in told
        await stage.comes(OWNER, "1 号已办结", "群里发一句中性提醒", seconds=20)

    on_stage(journey)


def test_the_neutral_sentence_is_not_repeated_at_once(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        await alerted(stage, 2, CHENG)

        await answer(stage, OWNER, "提醒1")
        await stage.settled()
        text = await answer(stage, OWNER, "提醒2")

        assert "群里刚提醒过" in text
        await stage.settled()
        assert sum("请文明发言" in each for each in stage.posted()) == 1
        await stage.comes(CHENG, "申诉2 理由", seconds=20)

    on_stage(journey)


def test_a_false_positive_needs_a_reason_and_tells_the_sender_nothing(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)

        asked = await answer(stage, OWNER, "误报1")
        text = await answer(stage, OWNER, "误报1，是会议通知，不是广告")

        assert asked == "请写明理由，例如：误报1 是会议通知。"
        assert "1 号已办结" in text
        await stage.heard()
        assert stage.read(ZHANG) == []
        closed = await decision(stage)
        assert closed.reason == "是会议通知，不是广告"
        findings = await stage.records(lambda records: records.findings.of_alert(1))
        assert {each.judgement.value for each in findings} == {"false_positive"}

    on_stage(journey)


def test_a_confirmation_is_kept_and_told_to_the_sender(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)

        text = await answer(stage, OWNER, "确认1")

        assert "1 号已办结" in text
        assert "已记录在案" in text
        await stage.comes(ZHANG, "经核实不符合规定", "申诉1 理由", "机关党委", seconds=20)

    on_stage(journey)


def test_confirming_that_it_is_a_false_positive_is_asked_back(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)

        text = await answer(stage, OWNER, "确认1是误报")

        assert "误报1 理由" in text
        assert (await decision(stage)).is_open

    on_stage(journey)


def test_a_report_upwards_is_done_only_after_its_code(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)

        asked = await answer(stage, OWNER, "上报1")
        await stage.heard()
        before = stage.read(LEADER)
        done = await answer(stage, OWNER, f"确认 {pending_code(asked)}")

        assert "分管领导 韩*" in asked
        assert not any("待处置" in each for each in before)
        assert "已上报分管领导 韩*" in done
        await stage.comes(LEADER, "【待处置 1】", "陆*上报，请您处理", seconds=20)
        await stage.comes(ZHANG, "已报上级处理", "申诉1 理由", seconds=20)

    on_stage(journey)


def test_who_reported_hears_what_became_of_it(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        asked = await answer(stage, OWNER, "上报1")
        await answer(stage, OWNER, f"确认 {pending_code(asked)}")
        await stage.comes(LEADER, "【待处置 1】", seconds=20)

        stage.tell(LEADER, "确认1")

        await stage.comes(OWNER, "1 号（预算科工作群 赌博）", "韩*办结：已确认", seconds=20)

    on_stage(journey)


@pytest.mark.parametrize("typed", ["确认{}", "确认　{}", "{}确认", "确认：{}。"])
def test_a_code_may_be_typed_loosely(on_stage, typed: str):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        asked = await answer(stage, OWNER, "上报1")

        done = await answer(stage, OWNER, typed.format(pending_code(asked).lower()))

        assert "已上报" in done

    on_stage(journey)


def test_three_wrong_codes_call_it_off(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        code = pending_code(await answer(stage, OWNER, "上报1"))

        answers = [await answer(stage, OWNER, f"确认 {wrong(code)}") for _ in range(3)]
        late = await answer(stage, OWNER, f"确认 {code}")

        assert "还可以试 2 次" in answers[0]
        assert "还可以试 1 次" in answers[1]
        assert "操作已取消" in answers[2]
        assert "没有等待确认的操作" in late
        assert (await decision(stage)).is_open

    on_stage(journey)


def test_a_code_expires_after_five_minutes(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        code = pending_code(await answer(stage, OWNER, "上报1"))
        await stage.later(minutes=5, seconds=1)

        late = await answer(stage, OWNER, f"确认 {code}")

        assert "已超过 5 分钟" in late
        assert (await decision(stage)).is_open

    on_stage(journey)


def test_a_code_works_once(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        code = pending_code(await answer(stage, OWNER, "上报1"))
        await answer(stage, OWNER, f"确认 {code}")
        await stage.settled()

        again = await answer(stage, OWNER, f"确认 {code}")

        assert "没有等待确认的操作" in again

    on_stage(journey)


def test_a_code_is_bound_to_the_person_who_was_asked(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        code = pending_code(await answer(stage, OWNER, "上报1"))

        other = await answer(stage, ADMINISTRATOR, f"确认 {code}")

        assert "没有等待确认的操作" in other
        assert (await decision(stage)).is_open

    on_stage(journey)


def test_a_code_does_nothing_when_somebody_else_decided_meanwhile(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        code = pending_code(await answer(stage, OWNER, "上报1"))
        await answer(stage, ADMINISTRATOR, "误报1 是演练")
        await stage.comes(OWNER, "苏*办结：误报", seconds=20)

        late = await answer(stage, OWNER, f"确认 {code}")

        assert "由苏*办结（误报）" in late
        await stage.heard()
        assert not any("待处置" in each for each in stage.read(LEADER))

    on_stage(journey)


def test_recalling_several_messages_asks_for_a_code(on_stage):
    async def journey(stage: Stage) -> None:
        messages = [await alerted(stage), stage.post(ZHANG, GAMBLING + "。")]
        await stage.heard()
        asked = await answer(stage, OWNER, "撤回1")
        standing = [stands(stage, each) for each in messages]

        stage.tell(OWNER, f"确认 {pending_code(asked)}")

        await stage.comes(OWNER, "1 号已办结", "消息已撤回", seconds=20)
        assert "2 条消息" in asked
        assert standing == [True, True]
        assert not any(stands(stage, each) for each in messages)
        await stage.comes(ZHANG, "等 2 条消息已由群管理方撤回", seconds=20)

    on_stage(journey)


def test_a_code_recalls_nothing_that_it_did_not_show(on_stage):
    async def journey(stage: Stage) -> None:
        messages = [await alerted(stage), stage.post(ZHANG, GAMBLING + "。")]
        await stage.heard()
        code = pending_code(await answer(stage, OWNER, "撤回1"))
        messages.append(stage.post(ZHANG, GAMBLING + "！"))
        await stage.heard()

        text = await answer(stage, OWNER, f"确认 {code}")

        assert "现在共 3 条，请重新回复：撤回1" in text
        assert all(stands(stage, each) for each in messages)

    on_stage(journey)


def test_a_refused_recall_is_told_with_how_to_do_it_by_hand(on_stage):
    async def journey(stage: Stage) -> None:
        message = await alerted(stage, sender=ADMINISTRATOR)

        stage.tell(OWNER, "撤回1")

        text = await stage.comes(OWNER, "没有撤回成功", seconds=20)
        assert "平台拒绝了撤回" in text
        assert "手工撤回" in text
        assert "确认1" in text
        assert stands(stage, message)
        assert (await decision(stage)).is_open

    on_stage(journey)


def test_a_recall_that_only_says_ok_is_not_believed(on_stage):
    async def journey(stage: Stage) -> None:
        message = await alerted(stage)
        stage.world.switch(hollow_recall=True)

        stage.tell(OWNER, "撤回1")
        await stage.heard()
        await stage.later(seconds=10)

        await stage.comes(OWNER, "没有撤回成功", "消息还在群里", "手工撤回", seconds=20)
        assert stands(stage, message)
        assert not any("已办结" in each for each in stage.read(OWNER))
        assert (await decision(stage)).is_open

    on_stage(journey)


def test_after_a_recall_by_hand_the_owner_confirms(on_stage):
    async def journey(stage: Stage) -> None:
        message = await alerted(stage, sender=ADMINISTRATOR)
        stage.world.recall(OWNER, message)
        await stage.heard()

        recalled = await answer(stage, OWNER, "撤回1")
        done = await answer(stage, OWNER, "确认1")

        assert "已经不在群里" in recalled
        assert "1 号已办结" in done

    on_stage(journey)


def test_where_the_bot_cannot_recall_the_alert_does_not_offer_it(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(MENG, GAMBLING, NOTICES)
        alert = await stage.comes(20031, "【待处置 1】", seconds=20)

        refused = await answer(stage, 20031, "撤回1")

        assert "撤回1" not in alert
        assert "手工撤回" in alert
        assert "手工撤回" in refused

    on_stage(journey)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("撤回", "请写上编号，例如：撤回1"),
        ("撤回1 2", "请一件一件来，例如：撤回1"),
        ("撤回9", "没有 9 号"),
        ("好的", "您有 2 件待办"),
        ("🙂", "您有 2 件待办"),
        ("确认", "请写上编号，例如：确认1"),
        ("确认 7Z", "没有等待确认的操作"),
    ],
)
def test_an_unclear_line_does_nothing_and_says_what_to_write(on_stage, line: str, says: str):
    async def journey(stage: Stage) -> None:
        message = await alerted(stage)
        await alerted(stage, 2, CHENG)

        text = await answer(stage, OWNER, line)

        assert says in text
        assert stands(stage, message)
        assert (await decision(stage)).is_open

    on_stage(journey)


def test_thanks_with_nothing_open_need_no_answer(on_stage):
    async def journey(stage: Stage) -> None:
        await stage.heard()
        before = stage.read(OWNER)

        stage.tell(OWNER, "好的。")
        await stage.heard()

        assert stage.read(OWNER) == before

    on_stage(journey)


def test_the_second_to_decide_hears_who_decided_and_when(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        await answer(stage, ADMINISTRATOR, "确认1")
        await stage.comes(OWNER, "1 号（预算科工作群 赌博）09:3", "苏*办结：已确认", seconds=20)
        await stage.settled()

        text = await answer(stage, OWNER, "撤回1")
        again = await answer(stage, ADMINISTRATOR, "误报1 看错了")

        assert re.search(r"1 号已 09:3\d 由苏\*办结（已确认）", text)
        assert re.search(r"1 号已 09:3\d 由您办结（已确认）", again)

    on_stage(journey)


def test_administrators_see_and_handle_the_owners_numbers(on_stage):
    async def journey(stage: Stage) -> None:
        message = await alerted(stage)

        listed = await answer(stage, ADMINISTRATOR, "待办")
        stage.tell(ADMINISTRATOR, "撤回1")

        assert "群主名下还有 1 件，您也可以处置" in listed
        assert "看1  撤回1" in listed
        await stage.comes(ADMINISTRATOR, "1 号已办结", seconds=20)
        await stage.comes(OWNER, "苏*办结：已撤回", seconds=20)
        assert not stands(stage, message)

    on_stage(journey)


def test_a_leader_with_two_groups_says_which_one_he_means(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        stage.post(MENG, GAMBLING, TREASURY)
        await stage.comes(TREASURY_OWNER, "【待处置 1】", seconds=20)

        unclear = await answer(stage, LEADER, "误报1 是演练")
        done = await answer(stage, LEADER, "误报1 国库科 是演练")

        assert "“预算科工作群”、“国库科工作群”都有 1 号" in unclear
        assert "1 号已办结（国库科工作群" in done
        await stage.comes(TREASURY_OWNER, "韩*办结：误报", seconds=20)
        assert (await decision(stage, 1)).is_open
        assert (await decision(stage, 2)).reason == "是演练"

    on_stage(journey)


def test_an_owner_of_one_group_cannot_touch_another(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)

        text = await answer(stage, TREASURY_OWNER, "确认1")

        assert "没有 1 号" in text
        assert (await decision(stage)).is_open

    on_stage(journey)


def test_nobody_judges_what_is_about_himself(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage, sender=ADMINISTRATOR)

        text = await answer(stage, ADMINISTRATOR, "误报1 没事")
        listed = await answer(stage, ADMINISTRATOR, "待办")

        assert "涉及您本人" in text
        assert listed == "没有待办。"
        assert (await decision(stage)).is_open

    on_stage(journey)


def test_anybody_else_gets_one_polite_sentence_a_day(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)

        first = await answer(stage, CHENG, "撤回1")
        stage.tell(CHENG, "撤回1")
        stage.tell(CHENG, "您好")
        await stage.heard()
        said = list(stage.read(CHENG))
        await stage.later(days=1)
        next_day = await answer(stage, CHENG, "撤回1")

        assert first == "您好，我是工作群的合规助手，这项操作请联系群主或管理员。"
        assert said == [first]
        assert next_day == first
        assert (await decision(stage)).is_open

    on_stage(journey)


def test_a_command_written_in_the_group_is_answered_in_private_only(on_stage):
    async def journey(stage: Stage) -> None:
        message = await alerted(stage)
        before = stage.posted()

        stage.world.post(
            OWNER,
            BUDGET,
            (
                {"type": "at", "data": {"qq": str(BOT)}},
                {"type": "text", "data": {"text": " 撤回1"}},
            ),
        )

        await stage.comes(OWNER, "请在这里（私聊）对我说", seconds=20)
        await stage.heard()
        assert stage.posted() == before
        assert stands(stage, message)
        assert (await decision(stage)).is_open

    on_stage(journey)


def test_the_office_commands_what_reached_it(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(LEADER, GAMBLING)
        await stage.comes(COMMITTEE, "【待处置 1】", seconds=20)

        text = await answer(stage, COMMITTEE, "确认1")

        assert "1 号已办结" in text

    on_stage(journey)


def test_two_groups_of_one_owner_share_one_series(on_stage):
    async def journey(stage: Stage) -> None:
        await stage.records(
            lambda records: records.connection.execute(
                "UPDATE roles SET person = (SELECT person FROM roles WHERE role = 'owner'"
                " AND group_id = 1) WHERE role = 'owner' AND group_id = 2"
            )
        )
        await alerted(stage)
        stage.post(MENG, GAMBLING, TREASURY)

        alert = await stage.comes(OWNER, "【待处置 2】", seconds=20)

        assert "国库科工作群" in alert
        listed = await answer(stage, OWNER, "待办")
        assert listed.index("预算科工作群") < listed.index("国库科工作群")

    on_stage(journey)


def test_a_number_is_not_reused_while_it_is_open(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        await alerted(stage, 2, CHENG)
        await stage.settled()
        await stage.records(
            lambda records: records.connection.execute(
                "UPDATE alerts SET number = 998 WHERE id = 2"
            )
        )
        await alerted(stage, 999, ADMINISTRATOR)

        stage.post(20015, GAMBLING)
        await stage.heard()

        assert [each.number for each in await open_of_owner(stage)] == [1, 2, 998, 999]

    on_stage(journey)


async def open_of_owner(stage: Stage):
    def read(records):
        person = records.people.with_account("qq", str(OWNER))
        return records.alerts.open_of(person.id)

    return await stage.records(read)


def test_pausing_holds_back_what_is_not_critical_and_the_leader_knows(on_stage):
    async def journey(stage: Stage) -> None:
        said = await answer(stage, OWNER, "暂停30分")
        await stage.comes(LEADER, "陆*", "“预算科工作群”", "暂停到 10:0", seconds=20)

        stage.post(ZHANG, GAMBLING)
        await stage.heard()
        held = list(stage.read(OWNER))
        stage.post(CHENG, "请按机密★10年的那份办")
        await stage.comes(OWNER, "【待处置 2】紧急", seconds=20)
        found = await stage.records(lambda records: records.findings.of_alert(1))
        await stage.later(minutes=31)

        assert "非紧急提醒暂停到 10:0" in said
        assert held == [each for each in held if "待处置" not in each]
        assert len(found) == 1
        await stage.comes(OWNER, "【汇总 1 件】", "1 高 赌博", seconds=20)

    on_stage(journey)


def test_resuming_ends_the_pause_and_brings_what_was_held(on_stage):
    async def journey(stage: Stage) -> None:
        await answer(stage, OWNER, "暂停1小时")
        stage.post(ZHANG, GAMBLING)
        await stage.heard()

        said = await answer(stage, OWNER, "恢复")
        await stage.later(seconds=1)

        assert "已恢复提醒" in said
        await stage.comes(OWNER, "【汇总 1 件】", seconds=20)
        stage.post(CHENG, GAMBLING)
        await stage.comes(OWNER, "【待处置 2】", seconds=20)

    on_stage(journey)


def test_a_pause_does_not_swallow_the_digest_that_falls_into_it(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, MOBILE)
        await stage.heard()
        await stage.until(datetime(2026, 11, 18, 11, 0, tzinfo=SHANGHAI))
        await answer(stage, OWNER, "暂停60分")

        await stage.until(datetime(2026, 11, 18, 11, 31, tzinfo=SHANGHAI))
        await stage.heard()
        during = list(stage.read(OWNER))
        await stage.until(datetime(2026, 11, 18, 12, 1, tzinfo=SHANGHAI))

        assert not any("汇总" in each for each in during)
        await stage.comes(OWNER, "【汇总 1 件】", seconds=20)

    on_stage(journey)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("暂停3小时", "最长 120 分钟"),
        ("暂停121分", "最长 120 分钟"),
        ("暂停0分", "最短 1 分钟"),
        ("暂停", "请写明时长，例如：暂停30分"),
        ("暂停1天", "请写明时长"),
        ("暂停半小时", "暂停到 10:0"),
        ("暂停 2小时", "暂停到 11:3"),
        ("暂停30", "暂停到 10:0"),
        ("恢复", "没有暂停中的群"),
    ],
)
def test_a_pause_states_its_length_and_lasts_two_hours_at_most(on_stage, line: str, says: str):
    async def journey(stage: Stage) -> None:
        assert says in await answer(stage, OWNER, line)

    on_stage(journey)


def test_one_pause_cannot_be_drawn_out_by_the_next(on_stage):
    async def journey(stage: Stage) -> None:
        await answer(stage, OWNER, "暂停120分")
        await stage.later(minutes=110)

        text = await answer(stage, OWNER, "暂停120分")

        assert "不能连续延长" in text

    on_stage(journey)


def test_what_could_not_be_told_to_the_sender_is_said(on_stage):
    async def journey(stage: Stage) -> None:
        await alerted(stage)
        stage.world.leave(ZHANG, BUDGET)
        stage.world.friends.clear()
        for user in (OWNER, 20015):
            stage.world.befriend(user, BOT)
        for group in (NOTICES,):
            stage.world.leave(ZHANG, group)

        stage.tell(OWNER, "确认1")

        text = await stage.comes(OWNER, "没能私聊告知发送人 预算科 张*", seconds=20)
        assert "申诉1 理由" in text

    on_stage(journey)


def test_no_text_is_longer_than_a_phone_shows(on_stage):
    async def journey(stage: Stage) -> None:
        for number in range(1, 31):
            stage.post((ZHANG, CHENG, ADMINISTRATOR)[number % 3], f"{GAMBLING}{number}")
            await stage.later(minutes=61)
        await stage.heard()

        for line in ("待办", "帮助", "状态", "群规", "看1", "为什么1"):
            await answer(stage, OWNER, line)
            await answer(stage, ADMINISTRATOR, line)
        await stage.settled()

        listed = next(each for each in stage.read(OWNER) if "【待办 30 件】" in each)
        assert re.search(r"没有列完，还有 \d+ 件", listed)
        for user in stage.world.accounts:
            for text in stage.read(user):
                assert len(text) <= 1000

    on_stage(journey, starts_at=MORNING)


def test_a_member_who_asks_in_the_group_is_answered_privately_once_a_day(on_stage):
    async def journey(stage: Stage) -> None:
        before = stage.posted()

        for line in (" 群规", " 撤回1", " 帮助"):
            mention = {"type": "at", "data": {"qq": str(BOT)}}
            stage.world.post(ZHANG, BUDGET, (mention, {"type": "text", "data": {"text": line}}))
        await stage.heard()

        assert len(stage.read(ZHANG)) == 1
        assert "请在这里（私聊）对我说" in stage.read(ZHANG)[0]
        assert stage.posted() == before

    on_stage(journey)


def test_two_bots_do_not_talk_for_ever(on_stage):
    async def journey(stage: Stage) -> None:
        def echo(_: object) -> bool:
            said = [p for p in stage.world.chat(CHENG, BOT) if p.sender == BOT]
            back = [p for p in stage.world.chat(CHENG, BOT) if p.sender == CHENG]
            if len(said) >= len(back):
                stage.tell(CHENG, f"收到：{said[-1].text}" if said else "你好")
            return len(back) > 5

        assert not await stage.play.sandbox.until(echo, timeout=2)
        await stage.heard()

        assert len(stage.read(CHENG)) == 1

    on_stage(journey)

"""Part 5 of the spine: findings reach the right person, at the right moment, and no more often."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.calendar import SHANGHAI
from bot.model.finding import Severity, Span, Topic
from bot.screening.rule import Hit, Rule
from plugins.workflows.alerts.settings import AlertSettings
from plugins.workflows.registration import RegistrationSettings
from tests.journeys.conftest import (
    ADMINISTRATOR,
    BOT,
    BUDGET,
    CHENG,
    COMMITTEE,
    DUTY,
    FANG,
    GAMBLING,
    LEADER,
    LINK,
    MENG,
    MOBILE,
    MORNING,
    OWNER,
    SECRET,
    TREASURY,
    TREASURY_OWNER,
    ZHANG,
    Stage,
)

MEMBERS = (ADMINISTRATOR, ZHANG, CHENG, FANG)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def alerts_in(texts: list[str]) -> list[str]:
    return [each for each in texts if "【待处置" in each or "汇总" in each]


def rule_about(topic: Topic, severity: Severity = Severity.HIGH) -> Rule:
    """Return a rule that flags the word 苹果 and nothing else."""

    def check(sighting):
        for word in sighting.words:
            yield Hit(spans=(Span(start=word.start, end=word.end),), signals=("测试用语",))

    return Rule(
        code=f"test_{topic.value}",
        version=1,
        topic=topic,
        severity=severity,
        title="测试规则",
        words={"苹果": 1},
        check=check,
    )


def test_a_finding_reaches_the_owner_privately_and_the_group_sees_nothing(on_stage):
    async def journey(stage: Stage) -> None:
        before = stage.posted()

        stage.post(ZHANG, GAMBLING)

        alert = await stage.comes(OWNER, "【待处置 1】", seconds=20)
        assert "百家乐" not in alert
        assert "张明" not in alert
        assert "办法第十二条（二）" in alert
        assert "撤回1  提醒1  误报1 理由  确认1  上报1  为什么1" in alert
        await stage.heard()
        assert stage.posted() == before

    on_stage(journey)


def test_a_recall_by_reply_is_carried_out_and_the_sender_is_told_how_to_object(on_stage):
    async def journey(stage: Stage) -> None:
        message = stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)

        stage.tell(OWNER, "撤回1")

        await stage.comes(OWNER, "1 号已办结", seconds=20)
        assert message not in [
            post.id for post in stage.world.posts_in(BUDGET) if post.recalled_by is None
        ]
        told = await stage.comes(ZHANG, "申诉1", "办法第十二条（二）", seconds=20)
        assert "已由群管理方撤回" in told
        assert "“预算科工作群”" in told
        assert "机关党委" in told

    on_stage(journey)


def test_same_rule_person_and_hour_make_one_alert(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)

        stage.post(ZHANG, GAMBLING + "！")
        stage.post(ZHANG, GAMBLING + "。")
        await stage.heard()

        assert len(alerts_in(stage.read(OWNER))) == 1
        stage.tell(OWNER, "待办")
        await stage.comes(OWNER, "1 高 赌博×3", seconds=20)

    on_stage(journey)


def test_another_person_rule_group_or_hour_makes_another_alert(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)

        stage.post(CHENG, GAMBLING)
        stage.post(ZHANG, LINK)
        stage.post(MENG, GAMBLING, TREASURY)
        await stage.heard()
        await stage.later(minutes=61)
        stage.post(ZHANG, GAMBLING)

        await stage.comes(OWNER, "【待处置 2】", "程*", seconds=20)
        await stage.comes(OWNER, "【待处置 3】", "病毒链接", seconds=20)
        await stage.comes(OWNER, "【待处置 4】", "赌博", seconds=20)
        await stage.comes(TREASURY_OWNER, "【待处置 1】", seconds=20)

    on_stage(journey)


def test_what_comes_after_a_decision_is_a_new_alert(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        stage.tell(OWNER, "确认1")
        await stage.comes(OWNER, "1 号已办结", seconds=20)

        stage.post(ZHANG, GAMBLING)

        await stage.comes(OWNER, "【待处置 2】", seconds=20)

    on_stage(journey)


def test_a_held_alert_that_grows_worse_goes_at_once(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, MOBILE)
        await stage.heard()
        before = alerts_in(stage.read(OWNER))

        stage.post(ZHANG, "名单：13812345678、13912345679、13712345670，请核对")

        await stage.comes(OWNER, "【待处置 1】高", "（同类 2 条）", seconds=20)
        assert before == []

    on_stage(journey)


def test_a_told_alert_that_grows_worse_is_told_again(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, MOBILE)
        await stage.until(at(18, 11, 31))
        stage.post(CHENG, MOBILE)
        await stage.heard()
        stage.tell(OWNER, "待办")
        await stage.comes(OWNER, "2 中 个人隐私", seconds=20)

        stage.post(CHENG, "名单：13812345678、13912345679、13712345670，请核对")

        await stage.comes(OWNER, "【待处置 2】高", seconds=20)

    on_stage(journey, starts_at=at(18, 11, 0))


@pytest.mark.parametrize(
    ("posted_at", "digest_at"),
    [
        (at(18, 9, 30), at(18, 11, 30)),
        (at(18, 14, 0), at(18, 17, 0)),
        (at(18, 19, 0), at(19, 11, 30)),
        (at(20, 17, 30), at(23, 11, 30)),  # Friday evening: Monday
        (at(21, 10, 0), at(23, 11, 30)),  # Saturday: Monday
    ],
)
def test_medium_and_low_wait_for_the_digest_of_a_working_day(
    on_stage, posted_at: datetime, digest_at: datetime
):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, MOBILE)
        stage.post(CHENG, MOBILE)
        await stage.heard()
        await stage.until(digest_at - timedelta(minutes=1))
        early = alerts_in(stage.read(OWNER))

        await stage.until(digest_at + timedelta(seconds=1))

        digest = await stage.comes(OWNER, "【汇总 2 件】", seconds=20)
        assert early == []
        assert "不急" in digest
        assert "〔预算科工作群〕" in digest
        assert "1 中 个人隐私 预算科 张*" in digest
        assert "2 中 个人隐私 预算科 程*" in digest
        assert "看1  撤回1  提醒1  误报1 理由  确认1  上报1" in digest
        assert "138" not in digest
        await stage.heard()
        assert len(alerts_in(stage.read(OWNER))) == 1

    on_stage(journey, starts_at=posted_at)


def test_a_digest_is_answered_by_number(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, MOBILE)
        stage.post(CHENG, MOBILE)
        await stage.heard()
        await stage.until(at(18, 11, 31))
        await stage.comes(OWNER, "【汇总 2 件】", seconds=20)

        stage.tell(OWNER, "误报2 是对外公布的值班电话")

        await stage.comes(OWNER, "2 号已办结", seconds=20)

    on_stage(journey)


def test_a_high_finding_goes_at_once_at_night_too(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)

        await stage.comes(OWNER, "【待处置 1】高", seconds=20)

    on_stage(journey, starts_at=at(21, 23, 30))


def test_a_flood_makes_one_private_digest_and_no_post_in_the_group(on_stage):
    async def journey(stage: Stage) -> None:
        before = stage.posted()
        for user in MEMBERS:
            stage.post(user, GAMBLING)
            stage.post(user, LINK)
        await stage.heard()
        one_by_one = alerts_in(stage.read(OWNER))

        await stage.later(minutes=10)

        digest = await stage.comes(OWNER, "【集中汇总 5 件】", seconds=20)
        assert len(one_by_one) == 3
        assert "请尽快处置" in digest
        await stage.heard()
        assert len(alerts_in(stage.read(OWNER))) == 4
        assert stage.posted() == before

    on_stage(journey, alerts=AlertSettings(flood_count=3))


def test_a_flood_that_goes_on_still_brings_its_digest(on_stage):
    async def journey(stage: Stage) -> None:
        for _ in range(6):
            for user in MEMBERS:
                stage.post(user, GAMBLING)
                stage.post(user, LINK)
            await stage.heard()
            await stage.later(minutes=3)

        assert any("【集中汇总" in each for each in stage.read(OWNER))

    on_stage(journey, alerts=AlertSettings(flood_count=2, merge_minutes=1))


def test_in_a_flood_a_reminder_stays_out_of_the_group(on_stage):
    async def journey(stage: Stage) -> None:
        before = stage.posted()
        for user in MEMBERS:
            stage.post(user, GAMBLING)
        await stage.comes(OWNER, "【待处置 3】", seconds=20)
        await stage.heard()

        stage.tell(OWNER, "提醒2")

        await stage.comes(OWNER, "2 号已办结", "群里不再发言", seconds=20)
        await stage.settled()
        assert stage.posted() == before

    on_stage(journey, alerts=AlertSettings(flood_count=3))


def test_in_a_flood_a_lost_message_leads_to_no_post_in_the_group(on_stage):
    async def journey(stage: Stage) -> None:
        before = stage.posted()
        for user in MEMBERS:
            stage.post(user, GAMBLING)
        await stage.comes(OWNER, "【待处置 3】", seconds=20)
        await stage.settled()
        stage.world.switch(private_fails=True)

        await stage.later(minutes=10)
        stage.world.switch(private_fails=False)
        await stage.heard()

        assert not any("汇总" in each for each in stage.read(OWNER))
        assert stage.posted() == before

    on_stage(journey, alerts=AlertSettings(flood_count=3))


def test_where_a_private_message_fails_the_group_says_only_come_to_me(on_stage):
    async def journey(stage: Stage) -> None:
        before = stage.posted()
        stage.world.switch(private_fails=True)

        stage.post(ZHANG, GAMBLING)
        await stage.appears("请私聊我：待办", seconds=20)
        stage.post(CHENG, GAMBLING)
        await stage.settled()
        await stage.later(minutes=20)
        stage.world.switch(private_fails=False)
        await stage.heard()

        said = stage.posted()[len(before) :]
        assert len(said) == 1
        post = [each for each in stage.world.posts_in(BUDGET) if each.sender == BOT][-1]
        assert [each["type"] for each in post.segments] == ["at", "text"]
        assert post.segments[0]["data"]["qq"] == str(OWNER)
        assert post.segments[1]["data"]["text"].strip() == "请私聊我：待办"
        stage.tell(OWNER, "待办")
        await stage.comes(OWNER, "【待办 2 件】", seconds=20)

    on_stage(journey)


def test_after_an_hour_the_group_may_say_it_again(on_stage):
    async def journey(stage: Stage) -> None:
        stage.world.switch(private_fails=True)
        stage.post(ZHANG, GAMBLING)
        await stage.appears("请私聊我：待办", seconds=20)
        await stage.settled()
        await stage.later(minutes=61)

        stage.post(CHENG, GAMBLING)

        assert await stage.play.sandbox.until(
            lambda _: sum("请私聊我" in each for each in stage.posted()) == 2, timeout=20
        )

    on_stage(journey)


def test_a_digest_that_fails_also_leads_to_the_sentence_in_the_group(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(MENG, MOBILE, TREASURY)
        await stage.heard()
        stage.world.switch(private_fails=True)

        await stage.until(at(18, 11, 31))

        await stage.appears("请私聊我：待办", group=TREASURY, seconds=20)
        assert not any("请私聊我" in each for each in stage.posted())

    on_stage(journey)


def test_a_text_in_the_group_never_holds_the_matter(on_stage):
    async def journey(stage: Stage) -> None:
        stage.world.switch(private_fails=True)
        stage.post(ZHANG, GAMBLING)
        await stage.appears("请私聊我：待办", seconds=20)
        stage.world.switch(private_fails=False)
        await stage.settled()
        stage.tell(OWNER, "提醒1")
        await stage.appears("请文明发言", seconds=20)

        for text in stage.posted():
            assert not re.search("百家乐|张|广告已|待处置", text)

    on_stage(journey)


@pytest.mark.parametrize("topic", [Topic.SENSITIVE, Topic.CONSTITUTION, Topic.OFF_TOPIC])
def test_operator_list_and_off_topic_hits_are_low_key_and_never_escalate(
    on_stage, loaded, topic: Topic
):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, "今天的苹果真好")
        await stage.heard()
        early = alerts_in(stage.read(OWNER))

        await stage.until(at(18, 11, 31))
        digest = await stage.comes(OWNER, "【汇总 1 件】", seconds=20)
        await stage.later(days=3)
        await stage.heard()

        assert early == []
        assert "不急" in digest
        assert "请看是否合适" in digest
        for user in (DUTY, LEADER, COMMITTEE):
            assert alerts_in(stage.read(user)) == []

    using = replace(loaded, rules=(*loaded.rules, rule_about(topic, Severity.CRITICAL)))
    on_stage(journey, using=using)


def test_an_operator_list_hit_on_the_owner_goes_to_nobody(on_stage, loaded):
    async def journey(stage: Stage) -> None:
        stage.post(OWNER, "今天的苹果真好")
        await stage.heard()
        await stage.later(days=3)
        await stage.heard()

        for user in (OWNER, ADMINISTRATOR, DUTY, LEADER, COMMITTEE):
            assert alerts_in(stage.read(user)) == []
        kept = await stage.records(
            lambda records: records.connection.execute("SELECT topic FROM findings").fetchall()
        )
        assert kept == [("sensitive",)]

    on_stage(journey, using=replace(loaded, rules=(rule_about(Topic.SENSITIVE),)))


def test_a_new_group_gets_one_digest_a_day_and_nothing_escalates(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        stage.post(CHENG, MOBILE)
        await stage.heard()
        await stage.until(at(18, 11, 31))
        await stage.until(at(18, 16, 59))
        early = alerts_in(stage.read(OWNER))
        await stage.until(at(18, 17, 1))
        first = await stage.comes(OWNER, "【试运行汇总 2 件】", seconds=20)
        stage.post(MENG, GAMBLING, TREASURY)
        stage.post(ZHANG, LINK)
        await stage.heard()
        await stage.until(at(19, 17, 1))
        await stage.comes(OWNER, "【试运行汇总 1 件】", seconds=20)
        await stage.comes(TREASURY_OWNER, "【试运行汇总 1 件】", seconds=20)
        await stage.until(at(20, 12, 0))
        await stage.heard()

        assert early == []
        assert "1 高 赌博" in first
        assert "请尽快" not in first
        assert len(alerts_in(stage.read(OWNER))) == 2
        for user in (DUTY, LEADER):
            assert alerts_in(stage.read(user)) == []

    on_stage(journey, registration=RegistrationSettings(trial_working_days=5))


def test_what_was_found_on_the_last_evening_of_the_trial_is_not_forgotten(on_stage):
    async def journey(stage: Stage) -> None:
        await stage.until(at(25, 18, 30))  # the fifth working day after Wednesday the 18th
        stage.post(ZHANG, GAMBLING)
        await stage.heard()
        early = alerts_in(stage.read(OWNER))

        await stage.until(at(26, 17, 1))

        await stage.comes(OWNER, "【试运行汇总 1 件】", seconds=20)
        assert early == []
        stage.post(CHENG, GAMBLING)
        await stage.comes(OWNER, "【待处置 2】", seconds=20)

    on_stage(journey, registration=RegistrationSettings(trial_working_days=5))


def test_classified_matter_is_told_at_once_in_the_trial_too(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, SECRET)

        await stage.comes(OWNER, "【待处置 1】紧急", seconds=20)
        await stage.later(minutes=31)
        await stage.comes(DUTY, "【待处置 1】紧急", seconds=20)

    on_stage(journey, registration=RegistrationSettings(trial_working_days=5))


def test_no_text_of_an_alert_or_digest_is_too_long(on_stage):
    async def journey(stage: Stage) -> None:
        for turn in range(40):
            stage.post(MEMBERS[turn % 4], MOBILE)
            await stage.heard()
            await stage.later(minutes=2)
        await stage.until(at(18, 11, 31))

        digest = await stage.comes(OWNER, "【汇总", seconds=20)
        assert re.search(r"还有 \d+ 件", digest)
        assert all(len(each) <= 1000 for each in stage.read(OWNER))

    on_stage(journey, starts_at=MORNING, alerts=AlertSettings(merge_minutes=1))

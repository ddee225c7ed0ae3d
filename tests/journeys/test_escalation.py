"""Part 5: nobody decides, nobody judges himself, and a decision holds for everybody."""

from datetime import datetime

import pytest

from bot.calendar import SHANGHAI
from plugins.workflows.alerts.settings import AlertSettings
from tests.journeys.conftest import (
    ADMINISTRATOR,
    BUDGET,
    COMMITTEE,
    DUTY,
    GAMBLING,
    LEADER,
    MOBILE,
    OWNER,
    TREASURY,
    TREASURY_OWNER,
    ZHANG,
    Stage,
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def alerts_in(texts: list[str]) -> list[str]:
    return [each for each in texts if "【待处置" in each or "汇总" in each]


def test_silence_carries_it_to_the_duty_person_and_then_to_the_leader(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        await stage.later(minutes=29)
        early = alerts_in(stage.read(DUTY))

        await stage.later(minutes=2)
        duty = await stage.comes(DUTY, "【待处置 1】", seconds=20)
        not_yet = alerts_in(stage.read(LEADER))
        await stage.later(minutes=31)
        leader = await stage.comes(LEADER, "【待处置 1】", seconds=20)
        await stage.later(days=5)
        await stage.heard()

        assert early == []
        assert not_yet == []
        assert "群主未及时处置，转您处理" in duty
        assert "群主未及时处置，转您处理" in leader
        assert alerts_in(stage.read(COMMITTEE)) == []
        assert [len(alerts_in(stage.read(each))) for each in (OWNER, DUTY, LEADER)] == [1, 1, 1]

    on_stage(journey)


@pytest.mark.parametrize(
    ("posted_at", "still", "then"),
    [
        (at(20, 18, 30), at(23, 9, 29), at(23, 9, 31)),  # Friday evening: Monday morning
        (at(18, 11, 45), at(18, 14, 14), at(18, 14, 16)),  # over the noon break
        (at(21, 10, 0), at(23, 9, 29), at(23, 9, 31)),  # Saturday
    ],
)
def test_only_working_minutes_count(on_stage, posted_at: datetime, still: datetime, then: datetime):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        await stage.until(still)
        early = alerts_in(stage.read(DUTY))

        await stage.until(then)

        await stage.comes(DUTY, "【待处置 1】", seconds=20)
        assert early == []

    on_stage(journey, starts_at=posted_at)


def test_medium_never_escalates(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, MOBILE)
        await stage.heard()
        await stage.until(at(18, 11, 31))
        await stage.comes(OWNER, "【汇总 1 件】", seconds=20)

        await stage.later(days=5)
        await stage.heard()

        for user in (DUTY, LEADER, COMMITTEE):
            assert alerts_in(stage.read(user)) == []

    on_stage(journey)


def test_what_was_seen_in_the_to_do_list_escalates_like_what_was_told(on_stage):
    async def journey(stage: Stage) -> None:
        stage.tell(OWNER, "暂停30分")
        await stage.comes(OWNER, "暂停到", seconds=20)
        stage.post(ZHANG, GAMBLING)
        await stage.heard()
        stage.tell(OWNER, "待办")
        await stage.comes(OWNER, "【待办 1 件】", seconds=20)

        await stage.later(minutes=31)

        await stage.comes(DUTY, "【待处置 1】", seconds=20)

    on_stage(journey)


def test_a_pause_puts_off_escalation_until_it_ends(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        stage.tell(OWNER, "暂停60分")
        await stage.comes(OWNER, "暂停到", seconds=20)
        await stage.later(minutes=40)
        await stage.heard()
        early = alerts_in(stage.read(DUTY))

        await stage.later(minutes=21)

        await stage.comes(DUTY, "【待处置 1】", seconds=20)
        assert early == []

    on_stage(journey)


def test_a_recall_that_failed_does_not_stop_the_clock(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        await stage.later(minutes=29, seconds=55)
        stage.world.switch(hollow_recall=True)
        stage.tell(OWNER, "撤回1")
        await stage.heard()
        await stage.later(seconds=6)
        during = alerts_in(stage.read(DUTY))
        await stage.later(seconds=10)
        await stage.comes(OWNER, "没有撤回成功", seconds=20)

        await stage.later(minutes=2)

        await stage.comes(DUTY, "【待处置 1】", seconds=20)
        assert during == []

    on_stage(journey)


def test_a_decision_ends_it_for_everybody_and_they_are_told(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        await stage.later(minutes=31)
        await stage.comes(DUTY, "【待处置 1】", seconds=20)
        await stage.later(minutes=31)
        await stage.comes(LEADER, "【待处置 1】", seconds=20)

        stage.tell(DUTY, "确认1")

        for user in (OWNER, LEADER):
            told = await stage.comes(
                user, "1 号（预算科工作群 赌博）", "贺*办结：已确认", seconds=20
            )
            assert "10:3" in told
            assert "无需回复" in told
        await stage.comes(ZHANG, "申诉1 理由", seconds=20)
        states = await stage.records(
            lambda records: records.connection.execute(
                "SELECT DISTINCT state FROM alerts"
            ).fetchall()
        )
        assert states == [("closed",)]
        assert sum("申诉1" in each for each in stage.read(ZHANG)) == 1

    on_stage(journey)


def test_a_report_by_the_duty_person_ends_the_owners_too(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        await stage.later(minutes=31)
        await stage.comes(DUTY, "【待处置 1】", seconds=20)
        stage.tell(DUTY, "上报1")
        asked = await stage.comes(DUTY, "确认 ", "5 分钟内", seconds=20)
        code = asked.partition("回复：")[2].splitlines()[0]

        stage.tell(DUTY, code)

        await stage.comes(LEADER, "【待处置 1】", "贺*上报，请您处理", seconds=20)
        await stage.comes(OWNER, "贺*办结：已上报", seconds=20)
        open_ones = await stage.records(lambda records: records.alerts.open_in(1))
        assert [each.tier.value for each in open_ones] == ["leader"]

    on_stage(journey)


def test_who_knows_already_needs_no_report(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        await stage.later(minutes=31)
        await stage.later(minutes=31)
        await stage.comes(LEADER, "【待处置 1】", seconds=20)

        stage.tell(OWNER, "上报1")

        await stage.comes(OWNER, "分管领导 韩*已经收到这件事", seconds=20)

    on_stage(journey)


def test_the_owners_own_finding_goes_to_the_leader_and_he_neither_sees_nor_judges_it(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(OWNER, GAMBLING)
        alert = await stage.comes(LEADER, "【待处置 1】", seconds=20)

        stage.tell(OWNER, "待办")
        await stage.comes(OWNER, "没有待办", seconds=20)
        stage.tell(OWNER, "误报1 没事")
        await stage.comes(OWNER, "没有 1 号", seconds=20)
        stage.tell(ADMINISTRATOR, "待办")
        await stage.comes(ADMINISTRATOR, "没有待办", seconds=20)

        assert "发送人是群主或分管领导" in alert
        assert alerts_in(stage.read(OWNER)) == []
        closed = await stage.records(lambda records: records.alerts.get(1))
        assert closed.is_open

    on_stage(journey)


def test_a_new_owner_at_the_platform_is_an_owner_too(on_stage):
    async def journey(stage: Stage) -> None:
        stage.world.transfer(OWNER, BUDGET, ZHANG)
        await stage.later(minutes=11)
        await stage.later(minutes=11)
        await stage.heard()

        stage.post(ZHANG, GAMBLING)

        await stage.comes(LEADER, "【待处置 1】", seconds=20)
        assert alerts_in(stage.read(OWNER)) == []

    on_stage(journey)


def test_the_leaders_own_finding_goes_to_the_office(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(LEADER, GAMBLING)

        await stage.comes(COMMITTEE, "【待处置 1】", "发送人是群主或分管领导", seconds=20)
        await stage.later(days=2)
        await stage.heard()
        for user in (OWNER, DUTY, LEADER):
            assert alerts_in(stage.read(user)) == []

    on_stage(journey)


def test_the_duty_persons_own_finding_passes_him_over(on_stage):
    async def journey(stage: Stage) -> None:
        stage.world.join(DUTY, TREASURY)
        stage.post(DUTY, GAMBLING, TREASURY)
        await stage.comes(TREASURY_OWNER, "【待处置 1】", seconds=20)

        await stage.later(minutes=31)

        await stage.comes(LEADER, "【待处置 1】", seconds=20)
        assert alerts_in(stage.read(DUTY)) == []

    on_stage(journey)


def test_an_alert_in_somebody_elses_hand_takes_its_state_from_the_decision(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        stage.tell(OWNER, "误报1 是反诈宣传")
        await stage.comes(OWNER, "1 号已办结", seconds=20)

        await stage.later(days=2)
        await stage.heard()

        for user in (DUTY, LEADER):
            assert alerts_in(stage.read(user)) == []

    on_stage(journey)


def test_what_a_flood_put_into_a_digest_escalates_too(on_stage):
    async def journey(stage: Stage) -> None:
        for user in (ZHANG, ADMINISTRATOR):
            stage.post(user, GAMBLING)
        await stage.heard()
        await stage.later(minutes=10)
        await stage.comes(OWNER, "【集中汇总 1 件】", seconds=20)

        await stage.later(minutes=31)

        assert await stage.play.sandbox.until(
            lambda _: len(alerts_in(stage.read(DUTY))) == 2, timeout=20
        )

    on_stage(journey, alerts=AlertSettings(flood_count=1))


def test_what_a_leader_reports_reaches_the_office(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(OWNER, GAMBLING)
        await stage.comes(LEADER, "【待处置 1】", seconds=20)
        stage.tell(LEADER, "上报1")
        asked = await stage.comes(LEADER, "上报机关党委 沈*", "5 分钟内", seconds=20)

        stage.tell(LEADER, asked.partition("回复：")[2].splitlines()[0])

        await stage.comes(COMMITTEE, "【待处置 1】", "韩*上报，请您处理", seconds=20)
        await stage.heard()
        assert not any("待处置" in each for each in stage.read(OWNER))

    on_stage(journey)

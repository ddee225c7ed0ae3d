"""Part 5: the sender is told what was done and how to object, and the office hears the objection."""

import pytest

from tests.journeys.conftest import (
    CHENG,
    COMMITTEE,
    FANG,
    GAMBLING,
    LEADER,
    OWNER,
    SECRET,
    ZHANG,
    Stage,
)


async def decided(stage: Stage, sender: int = ZHANG, number: int = 1, line: str = "确认") -> None:
    """Let somebody offend and the owner decide."""
    stage.post(sender, GAMBLING)
    await stage.comes(OWNER, f"【待处置 {number}】", seconds=20)
    stage.tell(OWNER, f"{line}{number}" + (" 是演练" if line == "误报" else ""))
    await stage.comes(OWNER, f"{number} 号已办结", seconds=20)
    await stage.heard()


async def appeals(stage: Stage, alert: int = 1):
    return await stage.records(lambda records: records.alerts.appeals_of(alert))


@pytest.mark.parametrize("line", ["申诉1 这是反诈宣传，不是广告", "申诉 这是反诈宣传，不是广告"])
def test_an_objection_reaches_the_office(on_stage, line: str):
    async def journey(stage: Stage) -> None:
        await decided(stage)

        stage.tell(ZHANG, line)

        heard = await stage.comes(COMMITTEE, "【申诉 1】预算科工作群", seconds=20)
        assert "这是反诈宣传，不是广告" in heard
        assert "陆*办结：已确认" in heard
        assert "张" not in heard
        await stage.comes(ZHANG, "申诉1 已登记并送机关党委", seconds=20)
        await stage.heard()
        for user in (OWNER, LEADER):
            assert not any("申诉理由" in each for each in stage.read(user))
        kept = await appeals(stage)
        assert [each.text for each in kept] == ["这是反诈宣传，不是广告"]

    on_stage(journey)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("申诉1", "请写明理由，例如：申诉1"),
        ("申诉", "请写明理由，例如：申诉1"),
        ("申诉7 没有的事", "没有找到这个编号，您可以申诉的是：1"),
        ("申诉2 没有的事", "没有找到这个编号，您可以申诉的是：1"),
    ],
)
def test_an_unclear_objection_is_answered_with_what_to_write(on_stage, line: str, says: str):
    async def journey(stage: Stage) -> None:
        await decided(stage)
        await decided(stage, CHENG, 2)

        stage.tell(ZHANG, line)

        await stage.comes(ZHANG, says, seconds=20)
        assert await appeals(stage) == []
        assert await appeals(stage, 2) == []
        assert not any("【申诉" in each for each in stage.read(COMMITTEE))

    on_stage(journey)


def test_somebody_about_whom_nothing_was_decided_learns_nothing(on_stage):
    async def journey(stage: Stage) -> None:
        await decided(stage)

        stage.tell(CHENG, "申诉1 凭什么")

        await stage.comes(CHENG, "没有找到对您的处置", seconds=20)
        assert await appeals(stage) == []

    on_stage(journey)


def test_a_false_positive_leaves_nothing_to_object_to(on_stage):
    async def journey(stage: Stage) -> None:
        await decided(stage, line="误报")

        stage.tell(ZHANG, "申诉1 凭什么")

        await stage.comes(ZHANG, "没有找到对您的处置", seconds=20)

    on_stage(journey)


def test_with_several_decisions_the_number_is_asked_for(on_stage):
    async def journey(stage: Stage) -> None:
        await decided(stage)
        await decided(stage, ZHANG, 2, "提醒")

        stage.tell(ZHANG, "申诉 都是误会")

        await stage.comes(ZHANG, "可申诉：2、1", "申诉2 理由", seconds=20)
        assert await appeals(stage) == []

    on_stage(journey)


def test_the_same_objection_is_taken_once(on_stage):
    async def journey(stage: Stage) -> None:
        await decided(stage)
        stage.tell(ZHANG, "申诉1 是误会")
        await stage.comes(ZHANG, "已登记并送机关党委", seconds=20)

        stage.tell(ZHANG, "申诉1 真的是误会")

        await stage.comes(ZHANG, "不用重复提交", seconds=20)
        assert len(await appeals(stage)) == 1

    on_stage(journey)


def test_a_long_reason_is_cut_and_that_is_said(on_stage):
    async def journey(stage: Stage) -> None:
        await decided(stage)

        stage.tell(ZHANG, "申诉1 " + "冤" * 800)

        await stage.comes(ZHANG, "只登记了前 500 字", seconds=20)
        heard = await stage.comes(COMMITTEE, "【申诉 1】", seconds=20)
        assert len(heard) <= 1000

    on_stage(journey)


def test_an_objection_by_a_sole_officer_is_not_sent_to_himself(on_stage):
    async def journey(stage: Stage) -> None:
        stage.world.join(COMMITTEE, 700001)
        await decided(stage, COMMITTEE)

        stage.tell(COMMITTEE, "申诉1 是误会")

        await stage.comes(COMMITTEE, "申诉1 已登记。请同时联系机关党委", seconds=20)
        assert not any("【申诉" in each for each in stage.read(COMMITTEE))
        assert stage.read(FANG)

    on_stage(journey)


def test_an_open_classified_matter_is_not_given_away_by_a_question(on_stage):
    async def journey(stage: Stage) -> None:
        await decided(stage)
        stage.post(ZHANG, SECRET)
        await stage.comes(OWNER, "【待处置 2】", seconds=20)

        stage.tell(ZHANG, "申诉9 是误会")

        text = await stage.comes(ZHANG, "您可以申诉的是：1。", seconds=20)
        assert "2" not in text

    on_stage(journey)

"""Part 5 of the spine: a finding reaches the owner, who handles it by reply."""

from tests.journeys.conftest import BUDGET, GAMBLING, OWNER, ZHANG, Stage


def test_a_finding_reaches_the_owner_privately_and_the_group_sees_nothing(on_stage):
    async def journey(stage: Stage) -> None:
        before = stage.posted()

        stage.post(ZHANG, GAMBLING)

        alert = await stage.comes(OWNER, "【待处置 1】")
        assert "百家乐" not in alert
        assert "张明" not in alert
        assert "办法第十二条" in alert
        assert stage.posted() == before

    on_stage(journey)


def test_a_recall_by_reply_is_carried_out_and_the_sender_is_told_how_to_object(on_stage):
    async def journey(stage: Stage) -> None:
        message = stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】")

        stage.tell(OWNER, "撤回1")

        await stage.comes(OWNER, "1 号已办结")
        assert message not in [
            post.id for post in stage.world.posts_in(BUDGET) if post.recalled_by is None
        ]
        await stage.comes(ZHANG, "申诉1", "办法第十二条")

    on_stage(journey)

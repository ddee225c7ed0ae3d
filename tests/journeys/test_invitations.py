"""Who invites the bot: a registered group has it at once, any other after the office's yes."""

from tests.journeys.conftest import BOT, BUDGET, COMMITTEE, OWNER, STRANGER, Stage
from tests.journeys.site import PATIENCE

NEW_GROUP = 700008


def test_a_registered_group_that_lost_the_bot_invites_it_back(on_stage):
    async def journey(stage: Stage) -> None:
        stage.world.kick(OWNER, BUDGET, BOT)
        await stage.heard()
        assert stage.world.invite(OWNER, BUDGET, BOT)

        def is_back(_: object) -> bool:
            return BOT in stage.world.groups[BUDGET].members

        assert await stage.play.sandbox.until(is_back, timeout=PATIENCE)
        assert not any("进群邀请" in text for text in stage.read(COMMITTEE))

    on_stage(journey)


def test_another_group_has_the_bot_after_the_officers_yes(on_stage):
    async def journey(stage: Stage) -> None:
        stage.world.add_group(NEW_GROUP, "读书群", STRANGER)
        stage.world.invite(STRANGER, NEW_GROUP, BOT)
        asked = await stage.comes(
            COMMITTEE, "【进群邀请 1】", f"群号 {NEW_GROUP}", seconds=PATIENCE
        )
        assert BOT not in stage.world.groups[NEW_GROUP].members
        stage.tell(COMMITTEE, "进群1")
        await stage.comes(COMMITTEE, "平台已接受", "请登记", seconds=PATIENCE)

        assert "尾号0016" in asked
        assert BOT in stage.world.groups[NEW_GROUP].members
        assert stage.posted(NEW_GROUP) == []

    on_stage(journey)

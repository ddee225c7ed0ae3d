"""Part 2: renames, owners, dissolution, powers and removal are noticed, with or without an event."""

from typing import Any

import pytest

from bot.model.filing import ChangeKind, GroupChange
from bot.model.group import GroupState
from bot.model.message import Standing
from bot.sandbox.things import Rank
from tests.journeys.conftest import (
    BOT,
    BUDGET,
    GAMBLING,
    LEADER,
    NOTICES,
    OWNER,
    STRANGER,
    ZHANG,
    Stage,
)
from tests.journeys.site import PATIENCE, Site, becomes

OWNER_OF_NOTICES = 20031
ADMINISTRATOR = 20012
OUTSIDER = 29999


async def group_of(stage: Stage, platform_id: int = BUDGET) -> Any:
    """Return a group of the register by its id at the platform."""
    return await stage.records(lambda records: records.groups.at("qq", str(platform_id)))


async def noticed(stage: Stage, kind: ChangeKind) -> list[GroupChange]:
    """Return what was noticed of a kind in the budget's group."""
    group = await group_of(stage)
    return await stage.records(
        lambda records: [
            change
            for filing in records.filings.of_group(group.id)
            for change in records.filings.changes(filing.id)
            if change.kind is kind
        ]
    )


async def questions(stage: Stage) -> int:
    """Return how many questions were put into the outbox."""
    return await stage.records(
        lambda records: records.connection.execute(
            "SELECT count(*) FROM outbox WHERE kind IN ('DrawGroups', 'DrawMembers', 'DrawHistory')"
        ).fetchone()[0]
    )


async def renamed(stage: Stage, name: str) -> None:
    """Wait until the register knows a group by its new name."""

    async def known() -> bool:
        return (await group_of(stage)).name == name

    assert await becomes(known)


def test_a_rename_is_noticed_by_its_event(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.rename(OWNER, BUDGET, "预算绩效科工作群")

            await renamed(stage, "预算绩效科工作群")
            (change,) = await noticed(stage, ChangeKind.RENAMED)
            assert (change.before, change.after) == ("预算科工作群", "预算绩效科工作群")
            assert not change.is_blind
            assert not [text for text in stage.read(OWNER) if "【群变动】" in text]
            await stage.later(minutes=15)
            told = await stage.comes(OWNER, "【备案", "预算绩效科工作群", seconds=PATIENCE)
            assert "机关党委备案" in told

    on_site(journey)


def test_a_rename_without_an_event_is_noticed_in_the_next_list(on_site):
    async def journey(site: Site) -> None:
        site.world.switch(flavour="llbot")
        async with site.registered() as stage:
            stage.world.rename(OWNER, BUDGET, "预算绩效科工作群")
            await stage.settled()
            before = (await group_of(stage)).name

            await stage.later(minutes=10)

            assert before == "预算科工作群"
            await renamed(stage, "预算绩效科工作群")
            await stage.later(minutes=10)
            (change,) = await noticed(stage, ChangeKind.RENAMED)
            assert change.is_blind

    on_site(journey)


@pytest.mark.parametrize("flavour", ["napcat", "llbot"])
def test_another_owner_is_noticed_in_the_member_list_and_told_once(on_site, flavour):
    async def journey(site: Site) -> None:
        site.world.switch(flavour=flavour)
        async with site.registered() as stage:
            stage.world.transfer(OWNER, BUDGET, ZHANG)
            for _ in range(3):
                await stage.later(minutes=10)

            for user in (OWNER, LEADER):
                told = [text for text in stage.read(user) if "群主换了账号" in text]
                assert len(told) == 1
                assert "预算科工作群" in told[0]
            assert (await group_of(stage)).owner_user == str(ZHANG)

    on_site(journey)


@pytest.mark.parametrize("flavour", ["napcat", "llbot"])
def test_a_dissolution_is_noticed_by_the_event_of_either_implementation(on_site, flavour):
    async def journey(site: Site) -> None:
        site.world.switch(flavour=flavour)
        async with site.registered() as stage:
            stage.world.dissolve(OWNER, BUDGET)

            for user in (OWNER, LEADER):
                told = await stage.comes(user, "【群变动】", "已解散", seconds=PATIENCE)
                assert "不再检查" in told
            assert (await group_of(stage)).state is GroupState.DISSOLVED
            (change,) = await noticed(stage, ChangeKind.DISSOLVED)
            assert (change.after, change.is_blind) == ("已解散", False)

    on_site(journey)


def test_a_dissolution_during_an_absence_is_noticed_by_list_and_refused_members(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.switch(offline=True)
            stage.world.dissolve(OWNER, BUDGET)
            stage.world.switch(offline=False)

            await stage.comes(OWNER, "【群变动】", "已解散或机器人已不在群内", seconds=PATIENCE)
            assert (await group_of(stage)).state is GroupState.DISSOLVED

    on_site(journey)


def test_a_group_that_was_never_entered_is_not_called_dissolved(on_site):
    async def journey(site: Site) -> None:
        site.world.groups[NOTICES].members.pop(BOT)
        async with site.bot(register=site.registrations()) as stage:
            await stage.comes(OWNER_OF_NOTICES, "请群主把我拉进群", seconds=PATIENCE)
            await stage.later(minutes=10)
            await stage.later(minutes=10)
            assert (await group_of(stage, NOTICES)).state is GroupState.REGISTERED

            stage.world.join(BOT, NOTICES, invited_by=OWNER_OF_NOTICES)

            await stage.appears("群规助手须知", group=NOTICES, seconds=PATIENCE)
            changes = [text for text in stage.read(OWNER_OF_NOTICES) if "【群变动】" in text]
            assert changes == []

    on_site(journey)


def test_the_removal_of_the_bot_is_told_and_work_there_ends(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.kick(OWNER, BUDGET, BOT)

            await stage.comes(OWNER, "【群变动】", "已把机器人移出", seconds=PATIENCE)
            assert (await group_of(stage)).state is GroupState.REMOVED
            stage.post(ZHANG, GAMBLING)
            await stage.settled()
            assert not [text for text in stage.read(OWNER) if "【待处置" in text]

    on_site(journey)


def test_a_bot_that_is_let_in_again_works_again_and_says_what_it_did_not_see(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.kick(OWNER, BUDGET, BOT)
            await stage.comes(OWNER, "已把机器人移出", seconds=PATIENCE)
            await stage.later(minutes=30)
            stage.world.join(BOT, BUDGET, invited_by=OWNER)

            await stage.later(minutes=10)

            await stage.comes(OWNER, "【群变动】", "恢复检查", seconds=PATIENCE)
            group = await group_of(stage)
            assert group.state is GroupState.REGISTERED
            spans = await stage.records(lambda records: records.groups.blind_intervals(group.id))
            assert [caught_up for _, _, _, caught_up in spans] == [False]
            stage.post(ZHANG, GAMBLING)
            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)

    on_site(journey)


def test_powers_are_looked_at_again_when_they_change(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            await stage.comes(OWNER_OF_NOTICES, "普通成员，不能撤回", seconds=PATIENCE)

            stage.world.set_admin(OWNER_OF_NOTICES, NOTICES, BOT, admin=True)
            await stage.comes(OWNER_OF_NOTICES, "有管理员权限", seconds=PATIENCE)
            first = (await group_of(stage, NOTICES)).standing
            stage.world.set_admin(OWNER_OF_NOTICES, NOTICES, BOT, admin=False)

            async def seen() -> bool:
                return (await group_of(stage, NOTICES)).standing is Standing.MEMBER

            assert first is Standing.ADMINISTRATOR
            assert await becomes(seen)

    on_site(journey)


def test_a_list_that_was_cut_short_does_not_say_that_the_bot_is_gone(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            before = await group_of(stage)
            stage.world.switch(stale_lists=True)
            stage.world.seat(BUDGET, BOT, rank=Rank.ADMIN)
            for number in range(5):
                stage.world.add_account(30000 + number, f"新同事{number}")
                stage.world.join(30000 + number, BUDGET)
                await stage.later(minutes=10)

            after = await group_of(stage)
            assert after.standing is before.standing
            assert not [text for text in stage.read(OWNER) if "不在“预算科工作群”" in text]

    on_site(journey)


def test_a_friend_request_is_accepted_from_the_register_and_from_members_only(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            site.world.friends.discard((BOT, ADMINISTRATOR))
            stage.world.add_account(OUTSIDER, "过路人")

            stage.world.befriend_request(ADMINISTRATOR, BOT, "我是苏映雪")
            stage.world.befriend_request(STRANGER, BOT, "我是纪安之")
            stage.world.befriend_request(OUTSIDER, BOT, "加一下")

            async def befriended() -> bool:
                both = (ADMINISTRATOR, STRANGER)
                return all(stage.world.are_friends(each, BOT) for each in both)

            assert await becomes(befriended)
            await stage.settled()
            assert not stage.world.are_friends(OUTSIDER, BOT)
            assert [request.user for request in stage.world.requests.values()] == [OUTSIDER]

    on_site(journey)


def test_while_an_account_is_offline_no_questions_pile_up(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.switch(offline=True)

            async def gone() -> bool:
                return stage.play.bot.adapters[0].trouble is not None

            assert await becomes(gone)
            before = await questions(stage)
            for _ in range(6):
                await stage.play.clock.advance(600)

            assert await questions(stage) == before

    on_site(journey)

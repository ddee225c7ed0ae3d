"""Part 7, coverage: what was not seen is said; what was missed is caught up, once."""

from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.onebot import Timing
from bot.bootstrap import submit_offline
from bot.clock import SystemClock
from bot.model.port import Groups
from bot.sandbox.things import Posted
from storage.codec import to_micros
from tests.journeys.conftest import (
    BUDGET,
    CHENG,
    FANG,
    GAMBLING,
    MENG,
    MOBILE,
    OWNER,
    SECRET,
    TREASURY,
    TREASURY_OWNER,
    ZHANG,
    Stage,
)
from tests.journeys.site import PATIENCE, QUICK, Site, becomes

LOTTERY = "六合彩特码资料，百家乐真人荷官，加微信 lucky6688 稳赚"


async def intervals(stage: Stage, platform_id: int = BUDGET) -> list[Any]:
    """Return the blind intervals of a group, by its id at the platform."""

    def read(groups: Groups) -> list[Any]:
        group = groups.at("qq", str(platform_id))
        assert group is not None
        return list(groups.blind_intervals(group.id))

    return await stage.records(lambda records: read(records.groups))


async def closed(stage: Stage, platform_id: int = BUDGET, count: int = 1) -> list[Any]:
    """Wait until a group has so many blind intervals, all of them closed; return them."""

    async def look() -> bool:
        found = await intervals(stage, platform_id)
        return len(found) >= count and all(until is not None for _, until, _, _ in found)

    assert await becomes(look), await intervals(stage, platform_id)
    return await intervals(stage, platform_id)


async def offline(stage: Stage) -> None:
    """Cut the bot off, and wait until its records say so."""
    before = len(await intervals(stage))
    stage.world.switch(offline=True)

    async def look() -> bool:
        return len(await intervals(stage)) > before

    assert await becomes(look)


def test_a_lost_connection_opens_a_blind_interval_where_the_bot_was_last_heard(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.post(ZHANG, "上午好")
            await stage.settled()
            heard = site.clock.now()

            await offline(stage)

            for group in (BUDGET, TREASURY):
                ((since, until, cause, caught_up),) = await intervals(stage, group)
                assert abs(since - heard) < timedelta(seconds=20)
                assert since <= site.clock.now()
                assert (until, caught_up) == (None, False)
                assert cause

    on_site(journey)


def test_after_an_absence_what_was_missed_comes_as_one_digest_and_the_interval_is_caught_up(
    on_site,
):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.post(ZHANG, "上午好")
            await stage.settled()
            await offline(stage)
            stage.post(ZHANG, GAMBLING)
            stage.post(CHENG, MOBILE)
            stage.post(FANG, "收到")

            stage.world.switch(offline=False)
            ((_, _, _, caught_up),) = await closed(stage)
            await stage.later(seconds=30)

            digest = await stage.comes(OWNER, "【补查汇总 2 件】", seconds=PATIENCE)
            assert "赌博" in digest
            assert caught_up
            assert not [text for text in stage.read(OWNER) if "【待处置" in text]

    on_site(journey)


def test_classified_matter_that_was_missed_is_told_at_once_and_alone(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.post(ZHANG, "上午好")
            await stage.settled()
            await offline(stage)
            stage.post(ZHANG, SECRET)
            stage.post(CHENG, GAMBLING)

            stage.world.switch(offline=False)

            alert = await stage.comes(OWNER, "【待处置", "国家秘密", seconds=PATIENCE)
            assert "补查" in alert
            assert not [text for text in stage.read(OWNER) if "汇总" in text]

    on_site(journey)


def test_what_was_seen_live_is_not_screened_again_after_an_absence(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.post(ZHANG, GAMBLING)
            await stage.comes(OWNER, "【待处置 1】")
            await offline(stage)

            stage.world.switch(offline=False)
            await closed(stage)
            await stage.later(seconds=30)

            alerts = [text for text in stage.read(OWNER) if "【待处置" in text or "汇总" in text]
            assert len(alerts) == 1
            found = await stage.records(lambda records: len(records.findings.of_alert(1)))
            assert found == 1

    on_site(journey)


def test_the_same_event_twice_is_screened_once(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            number = stage.post(ZHANG, GAMBLING)
            await stage.comes(OWNER, "【待处置 1】")

            post = stage.world.message(number)
            for _ in range(3):
                for listener in stage.world.listeners:
                    listener(Posted(post=post, bots=(10001,)))
            await stage.settled()
            stage.post(CHENG, MOBILE)
            await stage.settled()

            counted = await stage.records(
                lambda records: [each.count for each in records.alerts.open_in(1)]
            )
            assert counted[0] == 1

    on_site(journey)


def test_without_a_history_the_interval_stays_blind_and_the_owner_is_told_of_a_long_one(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.switch(no_history=True)
            await offline(stage)
            stage.post(ZHANG, GAMBLING)
            await stage.later(minutes=12)

            stage.world.switch(offline=False)

            ((_, _, _, caught_up),) = await closed(stage)
            assert not caught_up
            told = await stage.comes(OWNER, "【盲区】", "预算科工作群", seconds=PATIENCE)
            assert "机器人离线" in told
            stage.tell(OWNER, "状态")
            status = await stage.comes(OWNER, "【状态】", seconds=PATIENCE)
            assert "盲区（没检查到）" in status

    on_site(journey)


def test_a_short_blind_interval_is_kept_and_nobody_is_disturbed(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.switch(no_history=True)
            await offline(stage)
            await stage.later(minutes=2)

            stage.world.switch(offline=False)

            ((_, _, _, caught_up),) = await closed(stage)
            await stage.settled()
            assert not caught_up
            assert not [text for text in stage.read(OWNER) if "【盲区】" in text]

    on_site(journey)


def test_a_history_that_no_longer_reaches_back_leaves_the_interval_blind(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.post(ZHANG, "上午好")
            await stage.settled()
            await stage.later(minutes=1)
            await offline(stage)
            await stage.later(minutes=12)
            for number in range(205):
                stage.post(FANG, f"第 {number} 号通知已阅")
            stage.post(ZHANG, GAMBLING)

            stage.world.switch(offline=False)

            ((_, _, _, caught_up),) = await closed(stage)
            assert not caught_up
            await stage.later(seconds=30)
            await stage.comes(OWNER, "【补查汇总 1 件】", seconds=PATIENCE)
            await stage.comes(OWNER, "【盲区】", seconds=PATIENCE)

    on_site(journey)


def test_what_was_seen_after_an_absence_began_does_not_prove_it_away(on_site):
    """A live message that came before the history was drawn overlaps nothing of the absence."""

    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            await stage.later(minutes=1)
        began = site.clock.now()
        await site.clock.advance(600)
        for number in range(205):
            site.world.post(FANG, BUDGET, f"第 {number} 号通知已阅")
        live = site.world.message(site.world.post(CHENG, BUDGET, "我来了"))

        def seen_live(records: Any) -> None:
            records.groups.open_blind(1, began, "closed")
            name = (to_micros(site.clock.now()), 1, "qq:10001", str(live.id))
            records.groups.see([name])
            records.groups.pass_by(name)
            records.groups.committed()
            records.groups.keep_watermarks()

        site.records(seen_live)

        async with site.bot() as stage:
            ((since, _, _, caught_up),) = await closed(stage)
            assert since == began
            assert not caught_up

    on_site(journey)


def test_a_bot_that_is_started_again_catches_up_from_where_it_was(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.post(ZHANG, "上午好")
            await stage.later(minutes=1)
        stopped = site.clock.now()
        await site.clock.advance(3600)
        site.world.post(ZHANG, BUDGET, GAMBLING)

        async with site.bot() as stage:
            ((since, _, cause, caught_up),) = await closed(stage)
            await stage.later(seconds=30)

            await stage.comes(OWNER, "【补查汇总 1 件】", seconds=PATIENCE)
            assert caught_up
            assert cause == "not running"
            assert stopped - timedelta(minutes=2) < since <= stopped

    on_site(journey)


def test_a_peer_that_comes_back_long_after_the_bot_hides_no_absence(on_site):
    """The bot was down, came back, and its peer only an hour later: both hours are one absence."""

    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.post(ZHANG, "上午好")
            await stage.later(minutes=1)
        stopped = site.clock.now()
        site.world.switch(offline=True, no_history=True)
        await site.clock.advance(3600)
        async with site.bot() as stage:
            for _ in range(3):
                await stage.later(minutes=20)

            site.world.switch(offline=False)

            ((since, until, _, caught_up),) = await closed(stage)
            assert since <= stopped
            assert until - since > timedelta(minutes=110)
            assert not caught_up

    on_site(journey)


def test_the_first_start_ever_owes_nothing(on_site):
    async def journey(site: Site) -> None:
        site.world.post(ZHANG, BUDGET, GAMBLING)
        await site.clock.advance(60)

        async with site.registered() as stage:
            await stage.later(minutes=1)

            assert await intervals(stage) == []
            assert not [text for text in stage.read(OWNER) if "【" in text]
            seen = await stage.records(lambda records: records.groups.last_seen(1))
            assert seen is None

    on_site(journey)


def test_a_bot_that_dies_right_after_its_first_start_owes_what_came_since(on_site):
    """No message was seen and no minute has passed: being connected counts."""

    async def journey(site: Site) -> None:
        async with site.registered():
            pass
        await site.clock.advance(60)
        site.world.post(ZHANG, BUDGET, GAMBLING)

        async with site.bot() as stage:
            await closed(stage)
            await stage.later(seconds=30)

            await stage.comes(OWNER, "【补查汇总 1 件】", seconds=PATIENCE)

    on_site(journey)


def test_a_group_registered_while_no_bot_ran_is_owed_nothing_of_the_time_before(on_site, loaded):
    async def journey(site: Site) -> None:
        submit_offline(site.config(), loaded, site.registrations())
        site.world.post(ZHANG, BUDGET, GAMBLING)
        await site.clock.advance(3600)

        async with site.bot() as stage:
            assert await stage.play.ready(PATIENCE)
            await stage.later(minutes=1)

            assert await intervals(stage) == []
            assert not [text for text in stage.read(OWNER) if "汇总" in text]

    on_site(journey, starts_at=SystemClock().now())  # as offline commands do


def test_nothing_older_than_the_watermark_is_screened(on_site):
    async def journey(site: Site) -> None:
        site.world.post(ZHANG, BUDGET, GAMBLING)
        await site.clock.advance(60)
        async with site.registered() as stage:
            stage.post(FANG, "上午好")
            await stage.settled()
            await offline(stage)
            stage.post(CHENG, MOBILE)

            stage.world.switch(offline=False)
            await closed(stage)
            await stage.later(seconds=30)

            digest = await stage.comes(OWNER, "【补查汇总 1 件】", seconds=PATIENCE)
            assert "赌博" not in digest

    on_site(journey)


def test_a_silent_peer_is_noticed_and_its_silence_is_blind(on_site):
    timing = Timing(
        settle=0, between_parts=0, events=0.5, answer=0.5, probe=0.2, silence=0.3, heartbeat=0.05,
        backoff=0.05, backoff_limit=0.2, closing=0.2,
    )  # fmt: skip

    async def journey(site: Site) -> None:
        async with site.registered(timing=timing) as stage:
            stage.post(FANG, "上午好")
            await stage.settled()
            stage.world.switch(silent_peer=True)

            async def noticed() -> bool:
                return bool(await intervals(stage))

            assert await becomes(noticed)
            adapter = stage.play.bot.adapters[0]
            assert adapter.trouble is not None
            stage.post(ZHANG, GAMBLING)
            stage.world.switch(silent_peer=False)
            ((_, _, _, caught_up),) = await closed(stage)
            await stage.later(seconds=30)
            assert caught_up
            await stage.comes(OWNER, "【补查汇总 1 件】", seconds=PATIENCE)

    on_site(journey, heartbeat=0.05)


@pytest.mark.parametrize("flavour", ["napcat", "llbot"])
def test_an_interval_is_caught_up_with_either_implementation(on_site, flavour):
    async def journey(site: Site) -> None:
        site.world.switch(flavour=flavour)
        async with site.registered(timing=QUICK) as stage:
            stage.post(MENG, "上午好", TREASURY)
            await stage.settled()
            await offline(stage)
            stage.post(MENG, LOTTERY, TREASURY)

            stage.world.switch(offline=False)
            ((_, _, _, caught_up),) = await closed(stage, TREASURY)
            await stage.later(seconds=30)

            assert caught_up
            await stage.comes(TREASURY_OWNER, "【补查汇总 1 件】", seconds=PATIENCE)

    on_site(journey)

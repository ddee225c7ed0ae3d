"""Part 2, sending: what may or may not have arrived ends as exactly one alert, or is said."""

import pytest

from bot.pipeline.deliver import Pace
from bot.sandbox.things import Posted
from tests.journeys.conftest import CHENG, GAMBLING, OWNER, ZHANG, Stage
from tests.journeys.site import PATIENCE, Site, becomes


def alerts_of(stage: Stage, user: int = OWNER) -> list[str]:
    """Return the alerts that somebody was sent, oldest first."""
    return [text for text in stage.read(user) if "【待处置" in text]


async def outcomes(stage: Stage) -> dict[str, int]:
    """Return how the sends of alerts ended, by state."""

    def read(records):
        rows = records.connection.execute(
            "SELECT state, count(*) FROM outbox WHERE ref LIKE 'alert:%' GROUP BY state"
        )
        return dict(rows.fetchall())

    return await stage.records(read)


async def alerts_settled(stage: Stage, count: int = 1) -> dict[str, int]:
    """Wait until so many sends of alerts are settled; return their outcomes."""

    async def look() -> bool:
        found = await outcomes(stage)
        return sum(found.get(state, 0) for state in ("done", "failed", "unknown")) >= count

    assert await becomes(look), await outcomes(stage)
    return await outcomes(stage)


def test_a_send_that_times_out_and_arrived_is_found_and_not_sent_again(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.switch(sending="times_out_delivered")

            stage.post(ZHANG, GAMBLING)

            assert await alerts_settled(stage) == {"done": 1}
            assert len(alerts_of(stage)) == 1

    on_site(journey)


def test_a_send_that_times_out_and_did_not_arrive_is_sent_again_once(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            for number in range(20):  # a chat longer than a page whose end cannot be told
                stage.world.say(OWNER, 10001, f"第 {number} 句")
            await stage.settled()
            await stage.later(minutes=1)
            stage.world.switch(sending="times_out_lost")
            stage.post(ZHANG, GAMBLING)

            async def sending() -> bool:
                return (await outcomes(stage)).get("sending", 0) == 1

            assert await becomes(sending)
            stage.world.switch(sending="normal")

            assert await alerts_settled(stage) == {"done": 1}
            assert len(alerts_of(stage)) == 1

    on_site(journey)


@pytest.mark.parametrize("sending", ["times_out_delivered", "times_out_lost", "unanswered"])
def test_without_a_history_the_outcome_stays_unknown_and_is_kept_for_a_person(on_site, sending):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.switch(sending=sending, no_history=True)

            stage.post(ZHANG, GAMBLING)

            assert await alerts_settled(stage) == {"unknown": 1}
            assert len(alerts_of(stage)) == (sending == "times_out_delivered")
            assert await stage.records(lambda records: records.outbox.unknown_refs()) == ["alert:1"]
            stage.world.switch(sending="normal")
            stage.tell(OWNER, "待办")
            await stage.comes(OWNER, "赌博", seconds=PATIENCE)

    on_site(journey)


def test_a_send_that_is_never_answered_is_looked_up(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.switch(sending="unanswered")
            stage.post(ZHANG, GAMBLING)

            async def sending() -> bool:
                return (await outcomes(stage)).get("sending", 0) == 1

            assert await becomes(sending)
            stage.world.switch(sending="normal")

            assert await alerts_settled(stage) == {"done": 1}
            assert len(alerts_of(stage)) == 1

    on_site(journey)


def test_a_connection_lost_in_the_middle_of_a_send_loses_no_alert(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            for round_, sending in enumerate(("times_out_delivered", "unanswered"), start=1):
                if sending == "unanswered":
                    stage.world.switch(sending=sending)
                    stage.post(CHENG, GAMBLING)
                else:
                    # The alert arrives, and its answer never does: the line is cut behind it.
                    cut_when_told(stage)
                    stage.post(ZHANG, GAMBLING)

                async def begun(count: int = round_) -> bool:
                    return sum((await outcomes(stage)).values()) == count

                assert await becomes(begun)
                stage.play.sandbox.wire.cut()
                stage.world.switch(sending="normal")

                found = await alerts_settled(stage, round_)
                assert found == {"done": round_}
                assert len(alerts_of(stage)) == round_

    on_site(journey)


def cut_when_told(stage: Stage) -> None:
    """Cut the connection at the moment at which the owner is sent an alert."""
    world = stage.world

    def cut(happening: object) -> None:
        if isinstance(happening, Posted) and happening.post.peer == OWNER:
            stage.play.sandbox.wire.cut()
            world.listeners.remove(cut)

    world.listeners.append(cut)


def test_alerts_of_an_absence_wait_and_arrive_once_when_it_ends(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.switch(sending="unanswered")
            stage.post(ZHANG, GAMBLING)
            stage.post(CHENG, GAMBLING)

            async def written() -> bool:
                return sum((await outcomes(stage)).values()) == 2

            assert await becomes(written)
            stage.world.switch(offline=True)
            stage.world.switch(sending="normal")
            await stage.play.clock.advance(600)

            stage.world.switch(offline=False)

            assert await alerts_settled(stage, 2) == {"done": 2}
            assert len(alerts_of(stage)) == len(set(alerts_of(stage))) == 2

    on_site(journey)


@pytest.mark.parametrize("sending", ["times_out_delivered", "unanswered"])
def test_a_bot_stopped_in_the_middle_of_a_send_looks_before_it_sends_again(on_site, sending):
    patient = Pace(between=0.0, look_after=(60.0,), offline=0.02)

    async def journey(site: Site) -> None:
        async with site.registered(pace=patient) as stage:
            stage.world.switch(sending=sending)
            stage.post(ZHANG, GAMBLING)

            async def begun() -> bool:
                return (await outcomes(stage)).get("sending", 0) == 1

            assert await becomes(begun)
        site.world.switch(sending="normal")

        async with site.bot() as stage:
            assert await alerts_settled(stage) == {"done": 1}
            assert len(alerts_of(stage)) == 1

    on_site(journey)


def test_a_refused_private_message_becomes_a_neutral_nudge_in_the_group(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.switch(private_fails=True)

            stage.post(ZHANG, GAMBLING)

            nudge = await stage.appears("请私聊我：待办", seconds=PATIENCE)
            assert "百家乐" not in nudge
            assert "张明" not in nudge
            assert await alerts_settled(stage) == {"failed": 1}

    on_site(journey)


def test_a_recall_that_says_ok_and_does_nothing_is_not_believed(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            message = stage.post(ZHANG, GAMBLING)
            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)
            stage.world.switch(hollow_recall=True)

            stage.tell(OWNER, "撤回1")
            for _ in range(4):
                await stage.later(minutes=2)

            assert stage.world.message(message).recalled_by is None
            assert not [text for text in stage.read(OWNER) if "1 号已办结" in text]

    on_site(journey)

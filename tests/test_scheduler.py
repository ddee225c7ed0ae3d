"""The alarm clock: it rings until it is stopped, whatever the answer to "what is due?"."""

import asyncio
import logging

from bot.scheduler import AlarmClock


def test_it_rings_again_after_a_ring_that_raised(caplog):
    async def whole() -> int:
        rings = 0
        often = asyncio.Event()

        async def due() -> None:
            nonlocal rings
            rings += 1
            if rings == 2:
                often.set()
            raise ZeroDivisionError

        alarm = AlarmClock(due)
        alarm.start()
        await asyncio.wait_for(often.wait(), 60)
        alarm.stop()
        return rings

    with caplog.at_level(logging.CRITICAL, logger="apscheduler"):
        rings = asyncio.run(whole())

    assert rings == 2


def test_stopping_what_never_began_is_fine():
    async def whole() -> None:
        AlarmClock(asyncio.sleep).stop()

    asyncio.run(whole())


def test_a_moved_machine_clock_is_noticed_and_asked_about(caplog):
    async def whole() -> list[str]:
        asked: list[str] = []

        async def due() -> None:
            asked.append("due")

        alarm = AlarmClock(due)
        await alarm._ring()
        alarm._drift -= 3600.0
        with caplog.at_level("WARNING"):
            await alarm._ring()
        return asked

    assert asyncio.run(whole()) == ["due", "due"]
    assert [each.message for each in caplog.records] == ["the clock was moved"]

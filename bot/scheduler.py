"""APScheduler as the alarm clock that asks "what is due?"; the only module that imports it.

What has run is a row written with its work, so the alarm clock itself keeps nothing: its job store
is in memory, and a run that was missed is simply asked for once.
"""

import time
from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.calendar import SHANGHAI
from bot.log import event_logger

EVERY_SECONDS = 1
JUMP_SECONDS = 5.0
_log = event_logger("qungui.scheduler")


class AlarmClock:
    """Calls `due` every second, and notices when the machine's clock was moved."""

    def __init__(self, due: Callable[[], Awaitable[None]]) -> None:
        self._due = due
        self._drift: float | None = None
        self._scheduler = AsyncIOScheduler(timezone=SHANGHAI)
        self._scheduler.add_job(
            self._ring,
            "interval",
            seconds=EVERY_SECONDS,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )

    def start(self) -> None:
        """Begin, in the running loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """End."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _ring(self) -> None:
        drift = time.time() - time.monotonic()
        if self._drift is not None and abs(drift - self._drift) > JUMP_SECONDS:
            _log.warning("the clock was moved", seconds=round(drift - self._drift))
        self._drift = drift
        await self._due()

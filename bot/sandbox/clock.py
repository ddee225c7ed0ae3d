"""The sandbox's clock: what the page moves forward, and the one used when the sandbox runs alone."""

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol, runtime_checkable

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Control(Protocol):
    """The clock that the bot and the sandbox share; the composition root hands it in."""

    def now(self) -> datetime:
        """Return the present moment, aware."""
        ...

    async def advance(self, seconds: float) -> None:
        """Move the clock forward by that many seconds and do whatever falls due."""
        ...


@runtime_checkable
class WorkingMornings(Protocol):
    """What a control may offer besides: it knows the office's working days."""

    def next_working_morning(self) -> datetime:
        """Return the next working day at 09:00 in Asia/Shanghai, aware."""
        ...


class OffsetClock:
    """The machine's clock with an offset that only grows."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> datetime:
        """Return the machine's moment plus the offset, in UTC."""
        return datetime.fromtimestamp(time.time() + self._offset, tz=UTC)

    async def advance(self, seconds: float) -> None:
        """Grow the offset; nothing else hangs on this clock."""
        self._offset += max(0.0, seconds)


def next_morning(control: Control) -> datetime:
    """Return the control's next working morning, or else the next weekday at 09:00."""
    if isinstance(control, WorkingMornings):
        return control.next_working_morning()
    now = control.now().astimezone(SHANGHAI)
    morning = now.replace(hour=9, minute=0, second=0, microsecond=0)
    while morning <= now or morning.weekday() >= 5:
        morning += timedelta(days=1)
    return morning

"""The machine's clock, and one that can be moved forward."""

from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the Clock


class MovableClock:
    """A clock that runs with the machine's, from a moment that can be moved forward."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        """Return the present moment in UTC, as far as this clock is concerned."""
        return datetime.now(UTC) + self._ahead  # noqa: TID251 - this is the Clock

    def move(self, by: timedelta) -> None:
        """Move forward; a clock that went back would make timers ring twice."""
        if by < timedelta():
            raise ValueError("a clock is only moved forward")
        self._ahead += by

"""Clocks: aware, in UTC, and only ever moved forward."""

from datetime import UTC, timedelta

import pytest

from bot.clock import MovableClock, SystemClock


@pytest.mark.parametrize("clock", [SystemClock(), MovableClock()])
def test_a_clock_tells_an_aware_moment_in_utc(clock):
    assert clock.now().tzinfo is UTC


def test_a_clock_runs_on():
    clock = MovableClock(timedelta(days=3))

    assert clock.now() <= clock.now()


def test_a_moved_clock_is_ahead_by_what_it_was_moved():
    clock, machine = MovableClock(), SystemClock()

    clock.move(timedelta(days=2))
    clock.move(timedelta(hours=1))

    ahead = clock.now() - machine.now()
    assert timedelta(days=2, minutes=59) < ahead < timedelta(days=2, minutes=61)


def test_a_clock_is_never_moved_back():
    clock = MovableClock()

    with pytest.raises(ValueError, match="forward"):
        clock.move(timedelta(seconds=-1))

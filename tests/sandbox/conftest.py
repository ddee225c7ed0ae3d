"""What the sandbox's tests share: a world whose clock stands still."""

import pytest

from bot.sandbox.office import default_world
from bot.sandbox.world import World

MOMENT = 1_795_277_985.0


@pytest.fixture
def world() -> World:
    """Return the invented office, at a moment that does not move."""
    return default_world(lambda: MOMENT)

"""A desk with a furnished register for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Plugins, load_plugins
from tests.pipeline.desk import Desk, furnish, sit_down


@pytest.fixture(scope="session")
def loaded() -> Plugins:
    """Read every plugin once."""
    return load_plugins()


@pytest.fixture
def desk_with(loaded: Plugins, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Return what makes a desk with a furnished register: `desk_with(workflows=[...])`."""
    made: list[Desk] = []

    def make(**how: Any) -> Desk:
        desk = sit_down(tmp_path, loaded, **how)
        if not made:
            furnish(desk.records)
        made.append(desk)
        return desk

    yield make
    for desk in made:
        desk.worker.stop()
        desk.records.connection.close()


@pytest.fixture
def desk(desk_with: Callable[..., Desk]) -> Desk:
    """Return a desk with the product's own workflows and rules."""
    return desk_with()

"""A store in a temporary folder, with a vault of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model.action import RegisterGroup
from bot.model.group import Person
from bot.vault import Vault
from storage.database import Connection, open_store
from storage.unit_of_work import UnitOfWork
from tests.storage.moments import NOW

GROUP, OWNER, LEADER = 1, 1, 2


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """Make a key file."""
    return Vault.open(tmp_path / "vault.key", create=True)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Open the store for writing."""
    opened = open_store(tmp_path / "qungui.db")
    yield opened
    opened.close()


@pytest.fixture
def records(connection: Connection, vault: Vault) -> UnitOfWork:
    """Return every table, empty."""
    return UnitOfWork(connection, vault)


@pytest.fixture
def peopled(records: UnitOfWork) -> UnitOfWork:
    """Return every table, with one group and two people in the register."""
    records.people.enrol(Person(id=OWNER, name="赵一", unit="预算科"), "qq", "20011", NOW)
    records.people.enrol(Person(id=LEADER, name="钱二", post="副局长"), "qq", "20001", NOW)
    records.groups.register(
        RegisterGroup(
            id=GROUP,
            platform="qq",
            platform_id="700001",
            account="qq:10001",
            name="预算科工作群",
            unit="预算科",
        ),
        NOW,
    )
    return records

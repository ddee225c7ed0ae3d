"""Transactions and savepoints: all of it or nothing."""

import pytest

from bot.model.action import Record, RegisterGroup
from bot.model.group import Person, Role
from storage.database import DatabaseError, open_store
from storage.unit_of_work import UnitOfWork
from tests.storage.moments import NOW


class UndoneError(Exception):
    """What a test raises to undo."""


def set_and_raise(records, key):
    records.timers.set(key, NOW)
    raise UndoneError


def rename_and_raise(records):
    records.groups.rename(1, "另一个名字")
    assert records.groups.at("qq", "700001").name == "另一个名字"
    raise UndoneError


def test_what_was_written_together_is_committed_together(peopled, vault, tmp_path):
    with peopled.transaction():
        peopled.timers.set("alert:1", NOW)
        peopled.audit.add(Record(actor="bot", deed="x", subject="y"), NOW)

    other = open_store(tmp_path / "qungui.db")
    again = UnitOfWork(other, vault)
    assert again.timers.next_due() == NOW
    assert len(again.audit.latest(5)) == 1
    other.close()


def test_a_transaction_that_raises_leaves_nothing(peopled):
    with pytest.raises(UndoneError), peopled.transaction():
        set_and_raise(peopled, "alert:1")

    assert peopled.timers.next_due() is None
    assert not peopled.connection.in_transaction


def test_a_savepoint_that_raises_takes_back_only_what_is_within(peopled):
    with peopled.transaction():
        peopled.timers.set("alert:1", NOW)
        with pytest.raises(UndoneError), peopled.savepoint():
            set_and_raise(peopled, "alert:2")
        peopled.timers.set("alert:3", NOW)

    assert [key for key, _ in peopled.timers.take_due(NOW)] == ["alert:1", "alert:3"]


def test_savepoints_within_each_other_are_undone_one_by_one(peopled):
    with peopled.transaction(), peopled.savepoint():
        peopled.timers.set("outer", NOW)
        with pytest.raises(UndoneError), peopled.savepoint():
            set_and_raise(peopled, "inner")

    assert [key for key, _ in peopled.timers.take_due(NOW)] == ["outer"]


def test_a_failed_statement_within_a_savepoint_is_survived(peopled):
    with peopled.transaction():
        peopled.timers.set("alert:1", NOW)
        with pytest.raises(DatabaseError), peopled.savepoint():
            peopled.groups.appoint(99, Role.OWNER, 1, NOW)

    assert peopled.timers.next_due() == NOW


def test_what_was_read_of_a_group_is_forgotten_when_its_change_is_undone(peopled):
    assert peopled.groups.at("qq", "700001").name == "预算科工作群"

    with pytest.raises(UndoneError), peopled.transaction():
        rename_and_raise(peopled)

    assert peopled.groups.at("qq", "700001").name == "预算科工作群"


def test_a_group_that_was_not_there_is_not_remembered_as_missing(peopled):
    change = RegisterGroup(
        id=2, platform="qq", platform_id="700002", account="qq:10001", name="国库群", unit="国库科"
    )
    assert peopled.groups.at("qq", "700002") is None

    peopled.groups.register(change, NOW)

    assert peopled.groups.at("qq", "700002").name == "国库群"


def test_one_writer_waits_for_the_other(peopled, vault, tmp_path):
    other = open_store(tmp_path / "qungui.db")
    other.execute("PRAGMA busy_timeout=1")
    waiting = UnitOfWork(other, vault)

    with peopled.transaction():
        peopled.timers.set("alert:1", NOW)
        with pytest.raises(DatabaseError, match="locked"), waiting.transaction():
            pass

    with waiting.transaction():
        waiting.people.enrol(Person(id=9, name="孙三"), "qq", "20019", NOW)
    assert peopled.people.get(9).name == "孙三"
    other.close()

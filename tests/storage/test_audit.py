"""The audit chain: whatever was changed, removed or added by hand is found."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.action import Record
from tests.storage.moments import MINUTE, NOW

RECORDS = st.builds(Record, actor=st.text(max_size=5), deed=st.text(max_size=5), subject=st.text())


def write(records, count):
    for number in range(count):
        records.audit.add(
            Record(actor="bot", deed=f"deed.{number}", subject=f"alert:{number}", detail="x"),
            NOW + number * MINUTE,
        )
    records.audit.mark_end()


def write_and_raise(records):
    write(records, 1)
    raise ZeroDivisionError


def test_an_empty_chain_is_whole(records):
    assert records.audit.broken_at() is None


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(RECORDS, max_size=6))
def test_a_chain_that_only_grows_is_whole(records, rows):
    for row in rows:
        records.audit.add(row, NOW)
    records.audit.mark_end()

    assert records.audit.broken_at() is None


CHANGES = {
    "id": "id + 100",
    "at": "at + 1",
    "actor": "actor || ' '",
    "deed": "deed || ' '",
    "subject": "''",
    "detail": "'another'",
    "before": "x'01'",
    "hash": "x'01'",
}


@pytest.mark.parametrize("row", [1, 2, 6])
@pytest.mark.parametrize("column", CHANGES)
def test_any_changed_row_is_found(records, column, row):
    write(records, 6)

    records.connection.execute(
        f"UPDATE audit SET {column} = {CHANGES[column]} WHERE id = ?", (row,)
    )

    assert records.audit.broken_at() == row


@pytest.mark.parametrize("row", range(1, 7))
def test_any_removed_row_is_found_the_last_one_too(records, row):
    write(records, 6)

    records.connection.execute("DELETE FROM audit WHERE id = ?", (row,))

    assert records.audit.broken_at() == row


def test_a_chain_cut_off_at_the_end_is_found(records):
    write(records, 6)

    records.connection.execute("DELETE FROM audit WHERE id > 3")

    assert records.audit.broken_at() == 4


def test_removing_everything_is_found(records):
    write(records, 3)

    records.connection.execute("DELETE FROM audit")

    assert records.audit.broken_at() == 1


def test_two_rows_that_changed_places_are_found(records):
    write(records, 4)

    records.connection.execute("UPDATE audit SET id = -1 WHERE id = 2")
    records.connection.execute("UPDATE audit SET id = 2 WHERE id = 3")
    records.connection.execute("UPDATE audit SET id = 3 WHERE id = -1")

    assert records.audit.broken_at() == 2


def test_a_row_added_by_hand_is_found(records):
    write(records, 2)

    records.connection.execute(
        "INSERT INTO audit SELECT 3, at, actor, deed, subject, detail, hash, zeroblob(32)"
        " FROM audit WHERE id = 2"
    )

    assert records.audit.broken_at() == 3


def test_a_deed_that_is_undone_leaves_no_row_and_no_gap(records):
    write(records, 2)

    with pytest.raises(ZeroDivisionError), records.transaction():
        write_and_raise(records)
    with records.transaction(), pytest.raises(ZeroDivisionError), records.savepoint():
        write_and_raise(records)
    write(records, 1)

    assert records.audit.broken_at() is None
    assert len(records.audit.latest(10)) == 3


def test_the_latest_rows_come_newest_first(records):
    write(records, 3)

    found = records.audit.latest(2)

    assert [record.deed for _, record in found] == ["deed.2", "deed.1"]
    assert found[0][0] == NOW + timedelta(minutes=2)


def test_old_rows_expire_and_what_is_left_still_proves_itself(records):
    write(records, 6)

    with records.transaction():
        gone = records.audit.expire(NOW + 3 * MINUTE, NOW + timedelta(days=1))

    assert gone == 3
    assert records.audit.broken_at() is None
    assert [each.deed for _, each in records.audit.latest(10)] == [
        "audit.expired", "deed.5", "deed.4", "deed.3",
    ]  # fmt: skip


def test_rows_that_somebody_cut_off_at_the_beginning_are_missed(records):
    write(records, 6)
    with records.transaction():
        records.audit.expire(NOW + 2 * MINUTE, NOW + timedelta(days=1))

    records.connection.execute("DELETE FROM audit WHERE id = 3")

    assert records.audit.broken_at() == 3


def test_the_last_row_never_expires(records):
    write(records, 3)

    with records.transaction():
        records.audit.expire(NOW + timedelta(days=9), NOW + timedelta(days=9))

    assert records.audit.broken_at() is None
    assert len(records.audit.latest(10)) == 2

"""The opened store: its settings, its schema, and how faults are told."""

import re
from pathlib import Path

import pytest
import sqlite_utils
from pysqlite3 import dbapi2

from bot.model.errors import BotError
from bot.vault import Vault
from storage.database import (
    DatabaseError,
    back_up,
    check,
    open_reader,
    open_store,
    pending_steps,
    upgrade,
)
from storage.migrations import MIGRATIONS
from storage.unit_of_work import UnitOfWork

TEXT_COLUMNS = {
    "people": {"unit", "post", "left_on", "moved_on", "former_unit"},
    "accounts": {"platform", "how", "login"},
    "looks": set(),
    "members": {"standing", "due_on"},
    "member_lists": set(),
    "codes": set(),
    "code_tries": set(),
    "join_requests": {"state"},
    "weekly_audits": {"week", "state"},
    "audit_items": {"reason", "proposed", "on_day", "decision", "removal"},
    "data_requests": {"kind", "account", "state"},
    "groups": {
        "platform", "platform_id", "account", "name", "unit", "purpose", "join_way", "rules",
        "approved_on", "state", "trial_until", "standing", "opened_on", "filed_as", "noted_scale",
        "noted_activity",
    },
    "group_listed": set(),
    "group_days": set(),
    "filings": {
        "state", "due_on", "rule", "content_hash", "way", "message_id", "document_hash", "receipt",
    },
    "filing_changes": {"kind", "how", "state"},
    "filing_editions": {"content_hash"},
    "filing_steps": {"deed"},
    "roles": {"role"},
    "messages": {"account", "message_id"},
    "alerts": {"rule", "topic", "tier", "state", "message_id", "clauses", "decision"},
    "findings": {
        "account", "message_id", "rule", "topic", "clauses", "spans", "why", "mode", "judgement",
    },
    "appeals": {"state"},
    "phrases": {"rule"},
    "unscreened": {"account", "message_id", "reason"},
    "watermarks": {"message_id"},
    "inbox": {"key", "kind", "state", "trouble"},
    "outbox": {"account", "ref", "kind", "state", "message_id", "reason"},
    "timers": {"key"},
    "duties": {"job"},
    "dialogues": {"kind"},
    "blind_intervals": {"cause"},
    "audit": {"actor", "deed", "subject", "detail"},
    "_sqlite_migrations": {"migration_set", "name", "applied_at"},
}  # fmt: skip
"""Text that may stand unsealed. A group's name belongs to the group; everything of a person
(name, card, account, what he wrote) is sealed or a keyed hash. Think before you add one."""

BLOBS = re.compile(r"_sealed$|_index$|^(before|hash)$")


def tables(connection):
    return [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
    ]


def columns(connection, table):
    rows = connection.execute(f"PRAGMA table_xinfo({table})")
    return {row[1]: row[2] for row in rows}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 30_000),
    ],
)
def test_the_writing_connection_is_durable_and_checks_references(connection, setting, value):
    found = connection.execute(f"PRAGMA {setting}").fetchone()[0]

    assert found == value


def test_every_table_is_strict(connection):
    lax = [
        name
        for _, name, kind, _, _, strict in connection.execute("PRAGMA main.table_list")
        if kind == "table" and not strict and not name.startswith(("sqlite_", "_sqlite"))
    ]

    assert lax == []


def test_text_stands_open_only_in_columns_that_were_thought_about(connection):
    found = {
        table: {
            column
            for column, kind in columns(connection, table).items()
            if kind in {"TEXT", "ANY", ""}
        }
        for table in tables(connection)
    }

    for table, allowed in found.items():
        assert allowed == TEXT_COLUMNS[table], table


def test_bytes_are_sealed_or_hashed(connection):
    unnamed = [
        f"{table}.{column}"
        for table in tables(connection)
        for column, kind in columns(connection, table).items()
        if kind == "BLOB" and not BLOBS.search(column)
    ]

    assert unnamed == []


def test_the_name_of_who_approved_a_group_is_sealed(connection):
    found = columns(connection, "groups")

    assert found["approver_sealed"] == "BLOB"


def test_every_reference_has_a_table(connection):
    found = [
        row[2]
        for table in tables(connection)
        for row in connection.execute(f"PRAGMA foreign_key_list({table})")
    ]

    assert found
    assert set(found) <= set(tables(connection))


def test_a_row_that_refers_to_nothing_is_refused(connection):
    with pytest.raises(DatabaseError, match="FOREIGN KEY"):
        connection.execute("INSERT INTO roles VALUES (99, 'owner', NULL, 0)")


def test_the_schema_from_zero_is_that_of_one_step_after_the_other(tmp_path: Path):
    stepwise = open_store(tmp_path / "stepwise.db", migrate=False)
    whole = open_store(tmp_path / "whole.db")
    database = sqlite_utils.Database(stepwise)

    for step in pending_steps(stepwise)[1:]:
        MIGRATIONS.apply(database, stop_before=step)
        assert pending_steps(stepwise)[0] == step
    upgrade(stepwise)

    schema = "SELECT name, sql FROM sqlite_schema ORDER BY name"
    assert stepwise.execute(schema).fetchall() == whole.execute(schema).fetchall()
    assert upgrade(stepwise) == ()
    stepwise.close()
    whole.close()


def test_the_groups_of_an_older_store_are_there_after_the_step(tmp_path: Path, vault: Vault):
    older = open_store(tmp_path / "older.db", migrate=False)
    MIGRATIONS.apply(sqlite_utils.Database(older), stop_before="m003_filings")
    approver = vault.seal("钱二", place="groups.approver:1")
    older.execute(
        "INSERT INTO groups (id, platform, platform_id, account, name, approver_sealed, state,"
        " registered_at) VALUES (1, 'qq', '7', 'qq:1', '群', ?, 'registered', 0)",
        (approver,),
    )

    steps = upgrade(older)

    group = UnitOfWork(older, vault).groups.get(1)
    assert steps == ("m003_filings",)
    assert (group.approver, group.contact, group.filed_as) == ("钱二", "", "")
    assert group.noted_scale is None
    older.close()


def test_a_failed_step_leaves_the_store_as_it_was(connection):
    before = connection.execute("SELECT sql FROM sqlite_schema").fetchall()
    steps = sqlite_utils.migrations.Migrations("qungui")

    @steps()
    def m999_breaks(db):
        db.execute("CREATE TABLE half (id INTEGER) STRICT")
        db.execute("CREATE TABLE half (id INTEGER) STRICT")

    with pytest.raises(DatabaseError):
        steps.apply(sqlite_utils.Database(connection))

    assert connection.execute("SELECT sql FROM sqlite_schema").fetchall() == before


def test_a_store_of_a_newer_version_is_refused_with_a_sentence(tmp_path: Path):
    path = tmp_path / "qungui.db"
    newer = open_store(path)
    newer.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('qungui', 'm999_of_tomorrow', '2030-01-01')"
    )
    newer.close()

    with pytest.raises(BotError, match="更新版本"):
        open_store(path)


def test_a_file_that_is_no_store_is_told_in_a_sentence(tmp_path: Path):
    path = tmp_path / "qungui.db"
    path.write_bytes(b"this is no database at all" * 400)

    with pytest.raises(BotError, match="请用最近的备份恢复"):
        open_store(path)


def test_a_damaged_page_is_found(tmp_path: Path):
    path = tmp_path / "qungui.db"
    connection = open_store(path)
    connection.executemany(
        "INSERT INTO timers VALUES (?, ?)", ((f"alert:{n}", n) for n in range(2000))
    )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    content[-40960:-8192] = b"\x55" * (40960 - 8192)
    path.write_bytes(content)
    damaged = open_reader(path)

    try:
        said = check(damaged)
    except DatabaseError as error:
        said = str(error)

    assert said != "ok"
    damaged.close()


@pytest.mark.parametrize(
    ("version", "refused"),
    [("3.40.1", True), ("3.51.2", True), ("3.51.3", False), ("3.53.4", False), ("4.0.0", False)],
)
def test_a_library_that_can_corrupt_is_refused(monkeypatch, tmp_path, version, refused):
    monkeypatch.setattr(dbapi2, "sqlite_version", version)

    if refused:
        with pytest.raises(BotError, match=version):
            open_store(tmp_path / "qungui.db")
    else:
        open_store(tmp_path / "qungui.db").close()


def test_a_reader_is_told_when_there_is_nothing_to_read(tmp_path: Path):
    with pytest.raises(BotError, match="还没有数据文件"):
        open_reader(tmp_path / "qungui.db")


def test_a_reader_beside_the_writer_reads_what_is_committed_and_writes_nothing(
    connection, tmp_path
):
    reader = open_reader(tmp_path / "qungui.db")
    connection.execute("INSERT INTO timers VALUES ('alert:1', 5)")

    found = reader.execute("SELECT key FROM timers").fetchall()

    assert found == [("alert:1",)]
    with pytest.raises(DatabaseError, match="readonly"):
        reader.execute("DELETE FROM timers")
    reader.close()


def test_a_copy_beside_the_writer_opens_and_holds_everything(connection, tmp_path):
    connection.execute("INSERT INTO timers VALUES ('alert:1', 5)")

    size = back_up(connection, tmp_path / "copy.db")

    copy = open_store(tmp_path / "copy.db")
    assert copy.execute("SELECT * FROM timers").fetchall() == [("alert:1", 5)]
    assert check(copy) == "ok"
    assert size > 0
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0
    copy.close()


def test_a_backup_overwrites_nothing(connection, tmp_path):
    (tmp_path / "copy.db").write_text("precious")

    with pytest.raises(BotError, match="已存在"):
        back_up(connection, tmp_path / "copy.db")

    assert (tmp_path / "copy.db").read_text() == "precious"

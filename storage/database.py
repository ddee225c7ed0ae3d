"""Opens the store: SQLite of the pysqlite3 build through sqlite-utils, migrated to the present schema.

Debian 12's own SQLite (3.40) can corrupt a WAL database when the log is reset; sqlite-utils takes
the pysqlite3 build by itself, and opening is refused on any library inside the affected range.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import sqlite_utils
from pysqlite3 import dbapi2

from bot.model.errors import BotError
from storage.migrations import MIGRATIONS

DatabaseError: type[Exception] = dbapi2.DatabaseError
Row = tuple[Any, ...]  # what SQLite gives back has the types of the STRICT columns


class Cursor(Protocol):
    """What is used of a cursor of the untyped pysqlite3."""

    rowcount: int

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Row]:
        """Return the remaining rows."""

    def __iter__(self) -> Iterator[Row]: ...


class Connection(Protocol):
    """What is used of a connection of the untyped pysqlite3."""

    in_transaction: bool

    def execute(self, sql: str, values: Sequence[object] = ..., /) -> Cursor:
        """Run one statement."""

    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> Cursor:
        """Run one statement for every row."""

    def close(self) -> None:
        """Close the connection."""


_UNAVAILABLE = frozenset({5, 6, 7, 8, 10, 11, 13, 14, 26})
"""BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB."""

SAFE_SQLITE = (3, 51, 3)
BUSY_SECONDS = 30.0
CACHE_KIB = 32 * 1024


def open_store(path: Path, *, migrate: bool = True) -> Connection:
    """Return a writing connection: WAL, synchronous FULL, foreign keys on, autocommit.

    Raises BotError when the library is unsafe, the file is no store, or a newer qungui wrote it.
    """
    _refuse_unsafe_library()
    connection = _connect(str(path))
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        if migrate:
            upgrade(connection)
    except DatabaseError as error:
        connection.close()
        raise BotError(f"数据文件 {path} 打不开（{error}），请用最近的备份恢复。") from error
    return connection


def open_reader(path: Path) -> Connection:
    """Return a connection that can only read; it may be open beside a running bot."""
    _refuse_unsafe_library()
    if not path.exists():
        raise BotError(f"还没有数据文件 {path}，请先运行 qungui run 或 qungui migrate。")
    connection = _connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.execute("PRAGMA query_only=ON")
    return connection


def upgrade(connection: Connection) -> tuple[str, ...]:
    """Apply every pending schema step, each in a transaction of its own; return their names."""
    database = _with_sqlite_utils(connection)
    known = {step.name for step in MIGRATIONS._migrations}  # noqa: SLF001 - no public list
    applied = {step.name for step in MIGRATIONS.applied(database)}
    if applied - known:
        raise BotError("数据文件由更新版本的 qungui 写成，请升级程序后再打开。")
    pending = tuple(step.name for step in MIGRATIONS.pending(database))
    MIGRATIONS.apply(database)
    return pending


def pending_steps(connection: Connection) -> tuple[str, ...]:
    """Return the names of the schema steps that have not been applied."""
    database = _with_sqlite_utils(connection)
    return tuple(step.name for step in MIGRATIONS.pending(database))


def back_up(source: Connection, target: Path) -> int:
    """Write a consistent copy beside a running bot; return its size in bytes."""
    if target.exists():
        raise BotError(f"{target} 已存在，请换一个文件名。")
    source.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)
    return target.stat().st_size


def is_unavailable(error: Exception) -> bool:
    """Whether the store could not be read or written: a full disk, a lock, a fault of the disk."""
    # The low byte is the kind of an extended code.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNAVAILABLE


def check(connection: Connection) -> str:
    """Return 'ok', or what SQLite's quick check found."""
    return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])


def _with_sqlite_utils(connection: Connection) -> sqlite_utils.Database:
    raw: Any = connection  # sqlite-utils names the standard library's class, and takes both
    return sqlite_utils.Database(raw, execute_plugins=False)


def _connect(target: str, *, uri: bool = False) -> Connection:
    connection: Connection = dbapi2.connect(
        target, uri=uri, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
    return connection


def _refuse_unsafe_library() -> None:
    version = tuple(int(part) for part in dbapi2.sqlite_version.split("."))
    if version < SAFE_SQLITE:
        raise BotError(
            f"SQLite {dbapi2.sqlite_version} 可能损坏数据，请安装 requirements.lock 里的 pysqlite3。"
        )

"""Where sealed bytes lie in the store: which keys they need, and how they get a new one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.model.errors import BotError
from bot.model.port import Seal
from storage.database import Connection

BATCH = 500
_VERSION: Final = b"\x01"


class Keyring(Seal, Protocol):
    """A Seal that tells with what everything begins that it seals from now on."""

    @property
    def head(self) -> bytes:
        """The bytes that name the present key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table with sealed columns; `row` is the SQL that names a row in the place of a seal."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...] = ("id",)
    row: str = "id"

    def place(self, column: str) -> str:
        """Return the SQL of a column's place."""
        return f"'{self.name}.{column}:' || {self.row}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """How far resealing has come: the last row that was looked at."""

    table: int = 0
    key: tuple[Any, ...] | None = None


def heads(connection: Connection) -> Mapping[bytes, int]:
    """Return what sealed bytes begin with, and how many begin so."""
    found: dict[bytes, int] = {}
    for table, column in _columns(connection):
        for head, count in connection.execute(
            f"SELECT substr({column}_sealed, 1, {_HEAD}), count(*) FROM {table.name}"
            f" WHERE length({column}_sealed) > 0 GROUP BY 1"
        ):
            found[head] = found.get(head, 0) + count
    return found


def prove(connection: Connection, seal: Seal) -> frozenset[bytes]:
    """Return what sealed bytes begin with; raises BotError unless every key of them is there.

    Of each key one example must open; a single row that was damaged is no wrong key.
    """
    opened: set[bytes] = set()
    refused: dict[bytes, BotError] = {}
    for table, column in _columns(connection):
        sealed = f"{column}_sealed"
        for (head,) in connection.execute(
            f"SELECT DISTINCT substr({sealed}, 1, {_HEAD}) FROM {table.name}"
            f" WHERE length({sealed}) > 0"
        ).fetchall():
            if head in opened or head[:1] != _VERSION:  # what is no seal at all names no key
                continue
            example, place = connection.execute(
                f"SELECT {sealed}, {table.place(column)} FROM {table.name}"
                f" WHERE length({sealed}) > 0 AND substr({sealed}, 1, {_HEAD}) = ? LIMIT 1",
                (head,),
            ).fetchone()
            try:
                seal.unseal(example, place=place)
            except BotError as error:
                refused.setdefault(head, error)
            else:
                opened.add(head)
                refused.pop(head, None)
    if refused:
        raise next(iter(refused.values()))
    return frozenset(opened)


def reseal(
    connection: Connection, keyring: Keyring, position: Position, limit: int = BATCH
) -> Position | None:
    """Seal with the present key what lies in the next rows; None after the last of all.

    What does not open stays as it is. Belongs in a transaction.
    """
    if position.table >= len(TABLES):
        return None
    table = TABLES[position.table]
    key = ", ".join(table.key)
    wanted = ", ".join(f"{each}_sealed, {table.place(each)}" for each in table.columns)
    after = f"WHERE ({key}) > ({', '.join('?' * len(table.key))})" if position.key else ""
    rows = connection.execute(
        f"SELECT {key}, {wanted} FROM {table.name} {after} ORDER BY {key} LIMIT {limit}",
        position.key or (),
    ).fetchall()
    width = len(table.key)
    row_is = " AND ".join(f"{each} = ?" for each in table.key)
    for row in rows:
        pairs = zip(table.columns, row[width::2], row[width + 1 :: 2], strict=True)
        for column, sealed, place in pairs:
            renewed = _renewed(keyring, sealed, place)
            if renewed is not None:
                connection.execute(
                    f"UPDATE {table.name} SET {column}_sealed = ? WHERE {row_is}",
                    (renewed, *row[:width]),
                )
    if len(rows) < limit:
        return Position(table=position.table + 1)
    return Position(table=position.table, key=rows[-1][:width])


def _renewed(keyring: Keyring, sealed: bytes | None, place: str) -> bytes | None:
    if not sealed or sealed.startswith(keyring.head):
        return None
    try:
        return keyring.seal(keyring.unseal(sealed, place=place), place=place)
    except BotError:  # damaged: whoever needs it hears so
        return None


def _columns(connection: Connection) -> Iterator[tuple[Table, str]]:
    """Yield the sealed columns that this store has; one of an older version has fewer."""
    for table in TABLES:
        there = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
        yield from ((table, each) for each in table.columns if f"{each}_sealed" in there)


_HEAD: Final = 6
TABLES: Final = (
    Table(name="people", columns=("name", "staff", "identity", "hold")),
    Table(name="accounts", columns=("user",), key=("platform", "user_index"), row="person"),
    Table(name="looks", columns=("reason",)),
    Table(name="groups", columns=("approver", "owner", "contact")),
    Table(
        name="members",
        columns=("user", "shown"),
        key=("group_id", "user_index"),
        row="group_id || ':' || lower(hex(user_index))",
    ),
    Table(name="alerts", columns=("sender", "card", "reason")),
    Table(name="findings", columns=("sender", "card", "excerpt")),
    Table(name="appeals", columns=("sender", "text")),
    Table(name="phrases", columns=("phrase",)),
    Table(name="inbox", columns=("body",), row="kind"),
    Table(name="outbox", columns=("body",), row="kind"),
    Table(
        name="dialogues",
        columns=("body",),
        key=("person", "kind"),
        row="person || ':' || kind",
    ),
    Table(name="join_requests", columns=("user", "comment", "flag", "reason")),
    Table(name="audit_items", columns=("user", "shown", "note"), row="audit || ':' || number"),
    Table(name="data_requests", columns=("user", "text", "answer")),
    Table(name="filings", columns=("reason",)),
    Table(
        name="filing_changes",
        columns=("before", "after", "reason"),
        key=("filing", "number"),
        row="filing || ':' || number",
    ),
    Table(
        name="filing_editions",
        columns=("content",),
        key=("filing", "number"),
        row="filing || ':' || number",
    ),
    Table(name="filing_steps", columns=("detail",), row="filing"),
)

"""The audit trail: one row per deed, each hashed over the one before it.

SQLite's `user_version` holds the last row's id, so that rows cut off at the end are missed too.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from bot.model.action import Record
from storage.codec import from_micros, to_micros
from storage.database import Connection, Row

_FIRST = bytes(32)
_EXPIRED = "audit.expired"


class SqliteAudit:
    """Who did what to what; rows are only ever added."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._added = False

    def add(self, record: Record, now: datetime) -> None:
        """Add a row, in the transaction of the deed it records."""
        last = self._connection.execute(
            "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1"
        ).fetchone()
        number, before = (last[0] + 1, last[1]) if last else (1, _FIRST)
        row = (
            number,
            to_micros(now),
            record.actor,
            record.deed,
            record.subject,
            record.detail,
            before,
        )
        self._connection.execute(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, _hash(row))
        )
        self._added = True

    def mark_end(self) -> None:
        """Write the last row's id into the file's head, before the transaction commits."""
        if self._added:
            last = self._connection.execute("SELECT max(id) FROM audit").fetchone()[0]
            self._connection.execute(f"PRAGMA user_version = {last or 0:d}")
            self._added = False

    def broken_at(self) -> int | None:
        """Return the id of the first row that was changed or is missing; None: all stand."""
        before, expected = self._anchor()
        for row in self._connection.execute("SELECT * FROM audit ORDER BY id"):
            if row[0] != expected or row[6] != before or row[7] != _hash(row[:7]):
                return expected
            before, expected = row[7], expected + 1
        last = self._connection.execute("PRAGMA user_version").fetchone()[0]
        return None if last == expected - 1 else expected

    def expire(self, before: datetime, now: datetime) -> int:
        """Forget rows from before a moment, oldest first; return how many.

        The last row forgotten is named, with its hash, by a row of the chain itself: so what is
        left can still be proved, and rows that somebody else cut off at the beginning are missed.
        """
        last = self._connection.execute(
            "SELECT id, hash FROM audit WHERE id < (SELECT coalesce(min(id), (SELECT max(id)"
            " FROM audit)) FROM audit WHERE at >= ?) ORDER BY id DESC LIMIT 1",
            (to_micros(before),),
        ).fetchone()
        if last is None:
            return 0
        named = f"{last[0]}:{last[1].hex()}"
        self.add(Record(actor="bot", deed=_EXPIRED, subject="audit", detail=named), now)
        return int(self._connection.execute("DELETE FROM audit WHERE id <= ?", (last[0],)).rowcount)

    def latest(self, count: int) -> Sequence[tuple[datetime, Record]]:
        """Return the latest rows, newest first."""
        rows = self._connection.execute(
            "SELECT at, actor, deed, subject, detail FROM audit ORDER BY id DESC LIMIT ?", (count,)
        ).fetchall()
        return [
            (from_micros(at), Record(actor=actor, deed=deed, subject=subject, detail=detail))
            for at, actor, deed, subject, detail in rows
        ]

    def _anchor(self) -> tuple[bytes, int]:
        """Return the hash before the first row that should stand, and its id."""
        row = self._connection.execute(
            "SELECT detail FROM audit WHERE deed = ? ORDER BY id DESC LIMIT 1", (_EXPIRED,)
        ).fetchone()
        if row is None:
            return _FIRST, 1
        number, _, last = row[0].partition(":")
        return bytes.fromhex(last), int(number) + 1


def _hash(row: Row) -> bytes:
    fields = [field.hex() if isinstance(field, bytes) else field for field in row]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=True).encode()).digest()

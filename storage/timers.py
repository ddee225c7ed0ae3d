"""Timers that workflows set, and the slots of recurring duties that have been done."""

from collections.abc import Sequence
from datetime import datetime

from bot.model.port import Seal
from storage.codec import from_micros, to_micros
from storage.database import Connection


class SqliteTimers:
    """When to wake whom."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set(self, key: str, at: datetime) -> None:
        """Set a timer; the same key again moves it."""
        self._connection.execute(
            "INSERT INTO timers VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at",
            (key, to_micros(at)),
        )

    def take_due(self, now: datetime) -> Sequence[tuple[str, datetime]]:
        """Remove and return what is due, earliest first."""
        rows = self._connection.execute(
            "DELETE FROM timers WHERE due_at <= ? RETURNING key, due_at", (to_micros(now),)
        ).fetchall()
        return [(key, from_micros(due)) for key, due in sorted(rows, key=lambda row: row[1])]

    def next_due(self) -> datetime | None:
        """Return when the next timer comes due."""
        row = self._connection.execute("SELECT min(due_at) FROM timers").fetchone()
        return None if row[0] is None else from_micros(row[0])


class SqliteDuties:
    """Which slots of which duties have been done; a slot may name an account, so it is hashed."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def done(self, job: str, slot: str) -> bool:
        """Whether a slot has been done."""
        return (
            self._connection.execute(
                "SELECT 1 FROM duties WHERE job = ? AND slot_index = ?",
                (job, self._slot(slot)),
            ).fetchone()
            is not None
        )

    def last(self, job: str) -> datetime | None:
        """Return when a duty was last done."""
        row = self._connection.execute(
            "SELECT max(done_at) FROM duties WHERE job = ?", (job,)
        ).fetchone()
        return None if row[0] is None else from_micros(row[0])

    def claim(self, job: str, slot: str, now: datetime) -> bool:
        """Keep that a slot is done, in the transaction of its work; False when it was before."""
        cursor = self._connection.execute(
            "INSERT INTO duties VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (job, self._slot(slot), to_micros(now)),
        )
        return bool(cursor.rowcount == 1)

    def expire(self, before: datetime) -> int:
        """Forget old slots; return how many."""
        return int(
            self._connection.execute(
                "DELETE FROM duties WHERE done_at < ?", (to_micros(before),)
            ).rowcount
        )

    def _slot(self, slot: str) -> bytes:
        return self._seal.index(slot, place="duties.slot")

"""Dialogues: what a conversation needs until its next line, sealed, with an expiry."""

from datetime import datetime

from bot.model.action import OpenDialogue
from bot.model.port import Dialogue, Seal
from storage.codec import from_micros, to_micros
from storage.database import Connection


class SqliteDialogues:
    """Conversations under way, at most one of each kind per person."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def open_with(self, person: int, kind: str, *, now: datetime) -> Dialogue | None:
        """Return a conversation that has not expired."""
        row = self._connection.execute(
            "SELECT body_sealed, expires_at, tries FROM dialogues"
            " WHERE person = ? AND kind = ? AND expires_at > ?",
            (person, kind, to_micros(now)),
        ).fetchone()
        if row is None:
            return None
        return Dialogue(
            body=self._seal.unseal(row[0], place=f"dialogues.body:{person}:{kind}"),
            expires_at=from_micros(row[1]),
            tries=row[2],
        )

    def open(self, change: OpenDialogue) -> None:
        """Keep a conversation, in place of an earlier one of its kind."""
        self._connection.execute(
            "INSERT OR REPLACE INTO dialogues VALUES (?, ?, ?, ?, ?)",
            (
                change.person,
                change.kind,
                self._seal.seal(change.body, place=f"dialogues.body:{change.person}:{change.kind}"),
                to_micros(change.expires_at),
                change.tries,
            ),
        )

    def close(self, person: int, kind: str) -> None:
        """Forget a conversation."""
        self._connection.execute(
            "DELETE FROM dialogues WHERE person = ? AND kind = ?", (person, kind)
        )

    def expire(self, now: datetime) -> int:
        """Forget expired conversations; return how many."""
        return int(
            self._connection.execute(
                "DELETE FROM dialogues WHERE expires_at <= ?", (to_micros(now),)
            ).rowcount
        )

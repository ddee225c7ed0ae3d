"""Phrases that two people have allowed: inside them a rule finds nothing any more."""

from datetime import datetime

from bot.model.action import AllowPhrase
from bot.model.port import Seal
from storage.codec import to_micros
from storage.database import Connection


class SqlitePhrases:
    """The allowed phrases of every rule, sealed; rows are only ever added."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def add(self, change: AllowPhrase, now: datetime) -> None:
        """Keep a phrase; one that stands there already stays as it is."""
        number = self._connection.execute(
            "SELECT coalesce(max(id), 0) + 1 FROM phrases"
        ).fetchone()[0]
        self._connection.execute(
            "INSERT INTO phrases VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (rule, phrase_index) DO NOTHING",
            (
                number,
                change.rule,
                self._seal.seal(change.phrase, place=f"phrases.phrase:{number}"),
                self._seal.index(change.phrase, place=f"phrases.phrase:{change.rule}"),
                change.proposed_by,
                change.agreed_by,
                to_micros(now),
            ),
        )

    def all(self) -> tuple[tuple[str, str], ...]:
        """Return every phrase with the code of its rule before it, oldest first."""
        rows = self._connection.execute(
            "SELECT id, rule, phrase_sealed FROM phrases ORDER BY id"
        ).fetchall()
        return tuple(
            (rule, self._seal.unseal(sealed, place=f"phrases.phrase:{number}"))
            for number, rule, sealed in rows
        )

    def count(self, rule: str) -> int:
        """Return how many phrases a rule has been taught."""
        return int(
            self._connection.execute(
                "SELECT count(*) FROM phrases WHERE rule = ?", (rule,)
            ).fetchone()[0]
        )

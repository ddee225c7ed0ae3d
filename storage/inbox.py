"""The inbox: decisions, timers, outcomes and slow results, kept before they are acknowledged."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import MsgspecError

from bot.model.errors import BotError
from bot.model.event import Event
from bot.model.port import Seal
from storage.codec import decode_event, encode, to_micros
from storage.database import Connection


class SqliteInbox:
    """Events that wait to be handled, in the order in which they came."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def add(self, event: Event, now: datetime, key: str | None = None) -> int | None:
        """Keep an event and return its row; None when one with the same key is known."""
        kind, text = encode(event)
        row = self._connection.execute(
            "INSERT INTO inbox (key, kind, body_sealed, state, arrived_at)"
            " VALUES (?, ?, ?, 'waiting', ?) ON CONFLICT (key) DO NOTHING RETURNING id",
            (key, kind, self._seal.seal(text, place=f"inbox.body:{kind}"), to_micros(now)),
        ).fetchone()
        return None if row is None else int(row[0])

    def waiting(self) -> Iterator[tuple[int, Event]]:
        """Yield what waits, oldest first, also what is added meanwhile.

        An event that this version cannot read is marked failed and passed over.
        """
        while True:
            row = self._connection.execute(
                "SELECT id, kind, body_sealed FROM inbox WHERE state = 'waiting'"
                " ORDER BY id LIMIT 1"
            ).fetchone()
            if row is None:
                return
            number, kind, body = row
            try:
                event = decode_event(kind, self._seal.unseal(body, place=f"inbox.body:{kind}"))
            except (KeyError, MsgspecError, BotError):
                self._settle(number, "failed", f"unreadable {kind}", None)
                continue
            yield number, event

    def done(self, number: int, now: datetime) -> None:
        """Forget a handled event's body."""
        self._settle(number, "done", None, now)

    def failed(self, number: int, trouble: str, now: datetime) -> None:
        """Keep that an event could not be handled; its body stays for the next engineer.

        Not where it was refused with an answer: that is no bug, and a body may hold much.
        """
        self._settle(number, "failed", trouble, now)

    def failures(self) -> int:
        """Return how many events could not be handled."""
        return int(
            self._connection.execute("SELECT count(*) FROM inbox WHERE state='failed'").fetchone()[
                0
            ]
        )

    def expire(self, before: datetime) -> int:
        """Forget handled events; return how many."""
        return int(
            self._connection.execute(
                "DELETE FROM inbox WHERE state <> 'waiting' AND arrived_at < ?",
                (to_micros(before),),
            ).rowcount
        )

    def _settle(self, number: int, state: str, trouble: str | None, now: datetime | None) -> None:
        self._connection.execute(
            "UPDATE inbox SET state = ?1, trouble = ?2, handled_at = ?3,"
            " body_sealed = CASE WHEN ?1 = 'done' OR ?2 = ?5 THEN NULL ELSE body_sealed END"
            " WHERE id = ?4",
            (state, trouble, now and to_micros(now), number, BotError.__name__),
        )

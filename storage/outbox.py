"""The outbox: what is to be sent, written in the transaction of what caused it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import MsgspecError

from bot.model.action import Outgoing
from bot.model.errors import BotError
from bot.model.event import OutcomeState
from bot.model.port import Seal
from storage.codec import decode_outgoing, encode, from_micros, maybe_moment, to_micros
from storage.database import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One row of the outbox; `sending_at` is set once an attempt may have reached the platform."""

    id: int
    action: Outgoing = field(repr=False)
    written_at: datetime
    sending_at: datetime | None = None


class SqliteOutbox:
    """What waits to be sent, per account and lane."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def add(self, action: Outgoing, now: datetime) -> Letter:
        """Write something to be sent."""
        kind, text = encode(action)
        number = self._connection.execute(
            "INSERT INTO outbox (account, lane, ref, kind, body_sealed, state, written_at)"
            " VALUES (?, ?, ?, ?, ?, 'waiting', ?) RETURNING id",
            (
                action.account,
                int(action.lane),
                action.ref,
                kind,
                self._seal.seal(text, place=f"outbox.body:{kind}"),
                to_micros(now),
            ),
        ).fetchone()[0]
        return Letter(id=number, action=action, written_at=now)

    def unsettled(self) -> Sequence[Letter]:
        """Return what was not settled when the last bot stopped, oldest first.

        What this version cannot read is marked failed and passed over.
        """
        rows = self._connection.execute(
            "SELECT id, kind, body_sealed, written_at, sending_at FROM outbox"
            " WHERE state IN ('waiting', 'sending') ORDER BY id"
        ).fetchall()
        letters: list[Letter] = []
        for number, kind, body, written_at, sending_at in rows:
            try:
                text = self._seal.unseal(body, place=f"outbox.body:{kind}")
                action = decode_outgoing(kind, text)
            except (KeyError, MsgspecError, BotError):
                self._connection.execute(
                    "UPDATE outbox SET state = 'failed', reason = 'unreadable' WHERE id = ?",
                    (number,),
                )
                continue
            letters.append(
                Letter(
                    id=number,
                    action=action,
                    written_at=from_micros(written_at),
                    sending_at=maybe_moment(sending_at),
                )
            )
        return letters

    def sending(self, number: int, now: datetime) -> bool:
        """Keep that from now on, or since an earlier attempt, it may have reached the platform.

        False: it was settled meanwhile and is not to be sent.
        """
        cursor = self._connection.execute(
            "UPDATE outbox SET state = 'sending', sending_at = coalesce(sending_at, ?)"
            " WHERE id = ? AND settled_at IS NULL",
            (to_micros(now), number),
        )
        return bool(cursor.rowcount == 1)

    def end_login(self, account: str, now: datetime) -> Sequence[str]:
        """Withdraw what an account has to say in private, for its ids are gone; return the refs."""
        rows = self._connection.execute(
            "UPDATE outbox SET state = 'failed', reason = 'another_login', settled_at = ?,"
            " body_sealed = NULL WHERE account = ? AND kind = 'SayPrivately'"
            " AND state IN ('waiting', 'sending') RETURNING ref",
            (to_micros(now), account),
        ).fetchall()
        return [ref for (ref,) in rows if ref]

    def settle(
        self, number: int, state: OutcomeState, reason: str, message_id: str | None, now: datetime
    ) -> bool:
        """Keep how a send ended and forget its body; False when it had ended before."""
        cursor = self._connection.execute(
            "UPDATE outbox SET state = ?, reason = ?, message_id = ?, settled_at = ?,"
            " body_sealed = NULL WHERE id = ? AND settled_at IS NULL",
            (state.value, reason, message_id, to_micros(now), number),
        )
        return bool(cursor.rowcount == 1)

    def counts(self) -> dict[str, int]:
        """Return how many rows stand in each state."""
        return dict(
            self._connection.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall()
        )

    def unknown_refs(self) -> Sequence[str]:
        """Return the refs of sends whose outcome nobody knows."""
        return [
            ref
            for (ref,) in self._connection.execute(
                "SELECT ref FROM outbox WHERE state = 'unknown' ORDER BY id"
            )
        ]

    def expire(self, before: datetime) -> int:
        """Forget settled rows; return how many."""
        return int(
            self._connection.execute(
                "DELETE FROM outbox WHERE settled_at < ?", (to_micros(before),)
            ).rowcount
        )

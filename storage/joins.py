"""Requests to join groups: who asks, whom his answer may mean, and what a person decided."""

from collections.abc import Sequence
from datetime import datetime

from bot.model.join import JoinRequest, JoinState
from bot.model.port import Seal
from storage.codec import from_micros, maybe_micros, maybe_moment, to_micros
from storage.database import Connection, Row

_COLUMNS = (
    "id, group_id, user_sealed, comment_sealed, flag_sealed, recipient, number, proposed, asked_at,"
    " state, decided_by, decided_at, reason_sealed"
)


class SqliteJoinRequests:
    """The requests to join every group."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def get(self, request: int) -> JoinRequest | None:
        """Return a request."""
        return self._one("id = ?", (request,))

    def next_id(self) -> int:
        """Return the id that the next request will have."""
        return int(
            self._connection.execute(
                "SELECT coalesce(max(id), 0) + 1 FROM join_requests"
            ).fetchone()[0]
        )

    def by_flag(self, group: int, flag: str) -> JoinRequest | None:
        """Return the latest request of a group with a platform's flag."""
        return self._one(
            "flag_index = ? AND group_id = ? ORDER BY id DESC LIMIT 1",
            (self._index("flag", group, flag), group),
        )

    def by_number(self, person: int, number: int) -> JoinRequest | None:
        """Return what a number means to a person: the open request, else the latest one."""
        return self._one(
            "recipient = ? AND number = ? ORDER BY state <> 'open', id DESC LIMIT 1",
            (person, number),
        )

    def open_of(self, person: int) -> Sequence[JoinRequest]:
        """Return the requests a person still has to decide, by number."""
        return self._where("recipient = ? AND state = 'open' ORDER BY number", (person,))

    def open_in(self, group: int, user: str | None = None) -> Sequence[JoinRequest]:
        """Return the open requests of a group, or only one account's, oldest first."""
        if user is None:
            return self._where("group_id = ? AND state = 'open' ORDER BY id", (group,))
        return self._where(
            "group_id = ? AND state = 'open' AND user_index = ? ORDER BY id",
            (group, self._index("user", group, user)),
        )

    def save(self, request: JoinRequest) -> None:
        """Keep a request as it now is."""
        number, group = request.id, request.group
        self._connection.execute(
            "INSERT INTO join_requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET recipient = excluded.recipient,"
            " number = excluded.number, proposed = excluded.proposed, state = excluded.state,"
            " decided_by = excluded.decided_by, decided_at = excluded.decided_at,"
            " reason_sealed = excluded.reason_sealed",
            (
                number,
                group,
                self._index("user", group, request.user),
                self._sealed("user", number, request.user),
                self._sealed("comment", number, request.comment),
                self._sealed("flag", number, request.flag),
                self._index("flag", group, request.flag),
                request.recipient,
                request.number,
                request.proposed,
                to_micros(request.asked_at),
                request.state.value,
                request.decided_by,
                maybe_micros(request.decided_at),
                self._sealed("reason", number, request.reason) if request.reason else None,
            ),
        )

    def expire(self, before: datetime) -> int:
        """Forget requests decided before a moment, except of whom a hold keeps; return how many."""
        return int(
            self._connection.execute(
                "DELETE FROM join_requests WHERE state <> 'open' AND decided_at < ?"
                " AND coalesce(proposed, 0) NOT IN"
                " (SELECT id FROM people WHERE hold_sealed IS NOT NULL)",
                (to_micros(before),),
            ).rowcount
        )

    def _index(self, column: str, group: int, text: str) -> bytes:
        return self._seal.index(text, place=f"join_requests.{column}:{group}")

    def _sealed(self, column: str, number: int, text: str) -> bytes:
        return self._seal.seal(text, place=f"join_requests.{column}:{number}")

    def _one(self, condition: str, values: tuple[object, ...]) -> JoinRequest | None:
        found = self._where(condition, values)
        return found[0] if found else None

    def _where(self, condition: str, values: tuple[object, ...]) -> list[JoinRequest]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM join_requests WHERE {condition}", values
        ).fetchall()
        return [self._request(row) for row in rows]

    def _request(self, row: Row) -> JoinRequest:
        (
            number, group, user, comment, flag, recipient, series, proposed, asked_at, state,
            decided_by, decided_at, reason,
        ) = row  # fmt: skip

        def plain(column: str, sealed: bytes) -> str:
            return self._seal.unseal(sealed, place=f"join_requests.{column}:{number}")

        return JoinRequest(
            id=number,
            group=group,
            user=plain("user", user),
            comment=plain("comment", comment),
            flag=plain("flag", flag),
            recipient=recipient,
            number=series,
            proposed=proposed,
            asked_at=from_micros(asked_at),
            state=JoinState(state),
            decided_by=decided_by,
            decided_at=maybe_moment(decided_at),
            reason=plain("reason", reason) if reason else "",
        )

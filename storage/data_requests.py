"""What people asked about their own data, and what became of it; kept as proof."""

from collections.abc import Sequence
from datetime import datetime

from bot.model.port import Seal
from bot.model.rights import DataRequest, RequestKind, RequestState
from storage.codec import from_micros, maybe_micros, maybe_moment, to_micros
from storage.database import Connection, Row

_COLUMNS = (
    "id, kind, account, user_sealed, person, text_sealed, made_at, state, answer_sealed,"
    " closed_at, closed_by"
)


class SqliteDataRequests:
    """The register of requests about one's own data."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def get(self, request: int) -> DataRequest | None:
        """Return a request."""
        found = self._where("id = ?", (request,))
        return found[0] if found else None

    def next_id(self) -> int:
        """Return the id that the next request will have."""
        return int(
            self._connection.execute(
                "SELECT coalesce(max(id), 0) + 1 FROM data_requests"
            ).fetchone()[0]
        )

    def open(self) -> Sequence[DataRequest]:
        """Return the requests without an outcome, oldest first."""
        return self._where("state = 'open'", ())

    def of_account(self, account: str, user: str) -> Sequence[DataRequest]:
        """Return what somebody asked one watching account, oldest first."""
        return self._where("user_index = ?", (self._index(account, user),))

    def all(self) -> Sequence[DataRequest]:
        """Return every request, oldest first."""
        return self._where("TRUE", ())

    def save(self, request: DataRequest) -> None:
        """Keep a request as it now is."""
        place = f"data_requests.{{}}:{request.id}"
        seal = self._seal.seal
        self._connection.execute(
            "INSERT INTO data_requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state,"
            " answer_sealed = excluded.answer_sealed, closed_at = excluded.closed_at,"
            " closed_by = excluded.closed_by",
            (
                request.id,
                request.kind.value,
                request.account,
                self._index(request.account, request.user),
                seal(request.user, place=place.format("user")),
                request.person,
                seal(request.text, place=place.format("text")),
                to_micros(request.made_at),
                request.state.value,
                seal(request.answer, place=place.format("answer")) if request.answer else None,
                maybe_micros(request.closed_at),
                request.closed_by,
            ),
        )

    def expire(self, before: datetime) -> int:
        """Forget requests closed before a moment; return how many."""
        return int(
            self._connection.execute(
                "DELETE FROM data_requests WHERE closed_at < ?", (to_micros(before),)
            ).rowcount
        )

    def _index(self, account: str, user: str) -> bytes:
        return self._seal.index(user, place=f"data_requests.user:{account}")

    def _where(self, condition: str, values: tuple[object, ...]) -> list[DataRequest]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM data_requests WHERE {condition} ORDER BY id", values
        ).fetchall()
        return [self._request(row) for row in rows]

    def _request(self, row: Row) -> DataRequest:
        (
            number, kind, account, user, person, text, made_at, state, answer, closed_at, closed_by,
        ) = row  # fmt: skip
        place = f"data_requests.{{}}:{number}"
        unseal = self._seal.unseal
        return DataRequest(
            id=number,
            kind=RequestKind(kind),
            account=account,
            user=unseal(user, place=place.format("user")),
            person=person,
            text=unseal(text, place=place.format("text")),
            made_at=from_micros(made_at),
            state=RequestState(state),
            answer=unseal(answer, place=place.format("answer")) if answer else "",
            closed_at=maybe_moment(closed_at),
            closed_by=closed_by,
        )

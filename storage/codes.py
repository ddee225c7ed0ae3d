"""One-time codes by which people prove who they are, hashed, and the tries that failed."""

import hmac
from datetime import datetime

from bot.model.action import CountTry, IssueCodes
from bot.model.member import Code
from bot.model.port import Seal
from storage.codec import from_micros, maybe_moment, to_micros
from storage.database import Connection
from storage.people import SqlitePeople


class SqliteCodes:
    """At most one code of each person."""

    def __init__(self, connection: Connection, seal: Seal, people: SqlitePeople) -> None:
        self._connection = connection
        self._seal = seal
        self._people = people

    def of(self, person: int) -> Code | None:
        """Return the latest code issued to a person."""
        row = self._connection.execute(
            "SELECT issued_at, expires_at, used_at FROM codes WHERE person = ?", (person,)
        ).fetchone()
        return row and Code(
            person=person,
            issued_at=from_micros(row[0]),
            expires_at=from_micros(row[1]),
            used_at=maybe_moment(row[2]),
        )

    def fits(self, person: int, code: str) -> bool:
        """Whether it is a person's latest code, used and expired or not."""
        row = self._connection.execute(
            "SELECT code_index FROM codes WHERE person = ?", (person,)
        ).fetchone()
        return hmac.compare_digest(row[0] if row else b"", self._index(person, code))

    def tries_by(self, platform: str, user: str, *, since: datetime) -> int:
        """Return how often an account gave a wrong code since a moment."""
        return self._count(
            "user_index = ? AND at >= ?", self._people.user_index(platform, user), since
        )

    def tries_for(self, person: int, *, since: datetime) -> int:
        """Return how often a wrong code was given for a person since a moment."""
        return self._count("person = ? AND at >= ?", person, since)

    def issue(self, change: IssueCodes, now: datetime) -> None:
        """Keep codes; an earlier one of a person ends."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO codes VALUES (?, ?, ?, ?, NULL)",
            [
                (person, self._index(person, code), to_micros(now), to_micros(change.expires_at))
                for person, code in change.codes
            ],
        )

    def use(self, person: int, now: datetime) -> None:
        """Keep that a person's code has been used."""
        self._connection.execute(
            "UPDATE codes SET used_at = ? WHERE person = ?", (to_micros(now), person)
        )

    def count_try(self, change: CountTry, now: datetime) -> None:
        """Keep that a code was wrong."""
        self._connection.execute(
            "INSERT INTO code_tries (user_index, person, at) VALUES (?, ?, ?)",
            (
                self._people.user_index(change.platform, change.user),
                change.person,
                to_micros(now),
            ),
        )

    def expire(self, before: datetime) -> int:
        """Forget codes and tries of before a moment; return how many codes."""
        self._connection.execute("DELETE FROM code_tries WHERE at < ?", (to_micros(before),))
        return int(
            self._connection.execute(
                "DELETE FROM codes WHERE expires_at < ?", (to_micros(before),)
            ).rowcount
        )

    def _index(self, person: int, code: str) -> bytes:
        return self._seal.index(code, place=f"codes.code:{person}")

    def _count(self, condition: str, whose: object, since: datetime) -> int:
        return int(
            self._connection.execute(
                f"SELECT count(*) FROM code_tries WHERE {condition}", (whose, to_micros(since))
            ).fetchone()[0]
        )

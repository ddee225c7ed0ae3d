"""One-time codes by which people prove who they are, hashed, and the tries that failed."""

import hmac
from collections.abc import Sequence
from datetime import datetime

from bot.model.action import CountTry, IssueCodes
from bot.model.member import Code
from bot.model.port import Seal
from storage.codec import from_micros, maybe_moment, to_micros
from storage.database import Connection
from storage.people import SqlitePeople


class SqliteCodes:
    """The codes that each person got last."""

    def __init__(self, connection: Connection, seal: Seal, people: SqlitePeople) -> None:
        self._connection = connection
        self._seal = seal
        self._people = people

    def of(self, person: int) -> Sequence[Code]:
        """Return the codes that a person got last, used and expired ones too."""
        return [code for _, code in self._codes(person)]

    def matching(self, person: int, code: str) -> Code | None:
        """Return which of a person's codes it is, used and expired or not."""
        index, found = self._index(person, code), None
        for known, each in self._codes(person):
            if hmac.compare_digest(known, index):
                found = each
        return found

    def tries_by(self, platform: str, user: str, *, since: datetime) -> int:
        """Return how often an account gave a wrong code since a moment."""
        return self._count(
            "user_index = ? AND at >= ?", self._people.user_index(platform, user), since
        )

    def tries_for(self, person: int, *, since: datetime) -> int:
        """Return how often a wrong code was given for a person since a moment."""
        return self._count("person = ? AND at >= ?", person, since)

    def issue(self, change: IssueCodes, now: datetime) -> None:
        """Keep codes; a person's earlier ones end."""
        self._connection.executemany(
            "DELETE FROM codes WHERE person = ?", sorted({(person,) for person, _ in change.codes})
        )
        self._connection.executemany(
            "INSERT INTO codes VALUES (?, ?, ?, ?, NULL)",
            [
                (person, self._index(person, code), to_micros(now), to_micros(change.expires_at))
                for person, code in change.codes
            ],
        )

    def use(self, person: int, code: str, now: datetime) -> None:
        """Keep that one of a person's codes has been used."""
        self._connection.execute(
            "UPDATE codes SET used_at = ? WHERE person = ? AND code_index = ?",
            (to_micros(now), person, self._index(person, code)),
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

    def _codes(self, person: int) -> list[tuple[bytes, Code]]:
        rows = self._connection.execute(
            "SELECT code_index, issued_at, expires_at, used_at FROM codes WHERE person = ?"
            " ORDER BY rowid",
            (person,),
        ).fetchall()
        return [
            (
                index,
                Code(
                    person=person,
                    issued_at=from_micros(issued_at),
                    expires_at=from_micros(expires_at),
                    used_at=maybe_moment(used_at),
                ),
            )
            for index, issued_at, expires_at, used_at in rows
        ]

    def _index(self, person: int, code: str) -> bytes:
        return self._seal.index(code, place=f"codes.code:{person}")

    def _count(self, condition: str, whose: object, since: datetime) -> int:
        return int(
            self._connection.execute(
                f"SELECT count(*) FROM code_tries WHERE {condition}", (whose, to_micros(since))
            ).fetchone()[0]
        )

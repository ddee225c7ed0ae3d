"""The register of people and the platform accounts that belong to them; names are sealed."""

from datetime import datetime

from bot.model.errors import BotError
from bot.model.group import Person
from bot.model.port import Seal
from storage.codec import to_micros
from storage.database import Connection


class SqlitePeople:
    """The register of people."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def get(self, person: int) -> Person:
        """Return a person; raises BotError for an unknown one."""
        row = self._connection.execute(
            "SELECT name_sealed, unit, post FROM people WHERE id = ?", (person,)
        ).fetchone()
        if row is None:
            raise BotError(f"登记表里没有编号为 {person} 的人员。")
        name = self._seal.unseal(row[0], place=f"people.name:{person}")
        return Person(id=person, name=name, unit=row[1], post=row[2])

    def with_account(self, platform: str, user: str) -> Person | None:
        """Return whose account it is."""
        row = self._connection.execute(
            "SELECT person FROM accounts WHERE platform = ? AND user_index = ?",
            (platform, self._seal.index(user, place=f"accounts.user:{platform}")),
        ).fetchone()
        return None if row is None else self.get(row[0])

    def account_of(self, person: int, platform: str) -> str | None:
        """Return a person's user id at a platform, the latest linked one."""
        row = self._connection.execute(
            "SELECT user_sealed FROM accounts WHERE person = ? AND platform = ?"
            " ORDER BY linked_at DESC LIMIT 1",
            (person, platform),
        ).fetchone()
        return None if row is None else self._seal.unseal(row[0], place=f"accounts.user:{person}")

    def prove_key(self) -> None:
        """Unseal one name; raises BotError when the key file is not the one of this store."""
        row = self._connection.execute("SELECT id FROM people LIMIT 1").fetchone()
        if row is not None:
            self.get(row[0])

    def next_id(self) -> int:
        """Return the id that the next person will have."""
        return int(
            self._connection.execute("SELECT coalesce(max(id), 0) + 1 FROM people").fetchone()[0]
        )

    def enrol(self, person: Person, platform: str, user: str, now: datetime) -> None:
        """Bring a person and his account into the register; raises BotError if it is another's."""
        if self.with_account(platform, user) is not None:
            raise BotError("这个账号已登记在他人名下，请先核对。")
        self._connection.execute(
            "INSERT INTO people (id, name_sealed, name_index, unit, post, enrolled_at)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (
                person.id,
                self._seal.seal(person.name, place=f"people.name:{person.id}"),
                self._seal.index(person.name, place="people.name"),
                person.unit,
                person.post,
                to_micros(now),
            ),
        )
        self._connection.execute(
            "INSERT INTO accounts VALUES (?, ?, ?, ?, ?)",
            (
                platform,
                self._seal.index(user, place=f"accounts.user:{platform}"),
                self._seal.seal(user, place=f"accounts.user:{person.id}"),
                person.id,
                to_micros(now),
            ),
        )

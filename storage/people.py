"""The register of people, the office's roster and the accounts that belong to people; sealed."""

from collections.abc import Sequence
from datetime import date, datetime

from bot.model.action import SaveRoster
from bot.model.errors import BotError
from bot.model.group import Person
from bot.model.member import Account, Confirmation
from bot.model.port import Seal
from bot.model.rights import Look
from storage.codec import from_micros, maybe_day, to_micros
from storage.database import Connection, Row

_COLUMNS = "id, name_sealed, unit, post, staff_sealed, left_on, moved_on, former_unit, on_roster, erased_at"
_ACCOUNT = "platform, user_sealed, person, how, confirmed_by, linked_at, login"
_REACHED = (
    "SELECT 1 FROM accounts WHERE accounts.person = people.id AND +platform = ?"
    " AND ended_at IS NULL AND (login IS NULL OR ? = '' OR login = ?)"
)
_SAVE = (
    "INSERT INTO people (id, name_sealed, name_index, unit, post, staff_sealed, staff_index,"
    " left_on, moved_on, former_unit, on_roster, enrolled_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
    " name_sealed = excluded.name_sealed, name_index = excluded.name_index, unit = excluded.unit,"
    " post = excluded.post, staff_sealed = excluded.staff_sealed,"
    " staff_index = excluded.staff_index, left_on = excluded.left_on,"
    " moved_on = excluded.moved_on, former_unit = excluded.former_unit,"
    " on_roster = excluded.on_roster"
)
_ERASE = (
    (
        "UPDATE people SET name_sealed = x'', name_index = x'', unit = '', post = '',"
        " former_unit = '', staff_sealed = NULL, staff_index = NULL, identity_sealed = NULL,"
        " on_roster = 0 WHERE id = ?"
    ),
    (
        "DELETE FROM members WHERE left_at IS NOT NULL"
        " AND user_index IN (SELECT user_index FROM accounts WHERE person = ?)"
    ),
    "DELETE FROM accounts WHERE person = ?",
    "DELETE FROM codes WHERE person = ?",
    "DELETE FROM code_tries WHERE person = ?",
    "DELETE FROM dialogues WHERE person = ?",
    "DELETE FROM looks WHERE person = ?",
    "DELETE FROM join_requests WHERE proposed = ? AND state <> 'open'",
    (
        "UPDATE audit_items SET user_sealed = NULL, shown_sealed = NULL, note_sealed = NULL"
        " WHERE person = ?"
    ),
)


class SqlitePeople:
    """The register of people; all of them stay in memory, once asked for, until one changes."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal
        self._all: tuple[Person, ...] | None = None
        self._changed = False

    def committed(self) -> None:
        """Keep that what was changed stands."""
        self._changed = False

    def forget_read(self) -> None:
        """Drop what is in memory, after people were changed and that was undone."""
        if self._changed:
            self._all = None

    def get(self, person: int) -> Person:
        """Return a person; raises BotError for an unknown one; an erased one has no name."""
        found = self._where("id = ?", (person,))
        if not found:
            raise BotError(f"登记表里没有编号为 {person} 的人员。")
        return found[0]

    def all(self) -> Sequence[Person]:
        """Return everybody who is known, by id: the same tuple until one of them changes."""
        if self._all is None:
            self._all = tuple(self._where("erased_at IS NULL", ()))
        return self._all

    def named(self, name: str, *, without: str = "") -> Sequence[Person]:
        """Return who has exactly this name, by id; `without` an account reached through one."""
        index = self._seal.index(name, place="people.name")
        if not without:
            return self._where("name_index = ?", (index,))
        platform, _, number = without.partition(":")
        return self._where(
            f"name_index = ? AND NOT EXISTS ({_REACHED})", (index, platform, number, without)
        )

    def numbered(self, staff_number: str) -> Sequence[Person]:
        """Return who has this staff number, by id."""
        index = self._seal.index(staff_number, place="people.staff")
        return self._where("staff_index = ?", (index,))

    def with_account(self, platform: str, user: str) -> Person | None:
        """Return whose account it is."""
        account = self.account(platform, user)
        return None if account is None else self.get(account.person)

    def account(self, platform: str, user: str) -> Account | None:
        """Return how an account was confirmed, where it is."""
        found = self._accounts(
            "platform = ? AND user_index = ?", (platform, self.user_index(platform, user))
        )
        return found[0] if found else None

    def accounts_of(self, person: int) -> Sequence[Account]:
        """Return the accounts confirmed as a person's, oldest first."""
        return self._accounts("person = ?", (person,))

    def once_with_account(self, platform: str, user: str) -> Person | None:
        """Return whose account it is, or was at an earlier login."""
        row = self._connection.execute(
            "SELECT person FROM accounts WHERE platform = ? AND user_index = ?",
            (platform, self.user_index(platform, user)),
        ).fetchone()
        return None if row is None else self.get(row[0])

    def account_of(self, person: int, through: str) -> str | None:
        """Return the latest user id by which a watching account reaches a person.

        `through` may also be a platform alone. One that he or the office proved goes before one on
        an owner's word; what was confirmed for another account's login is of no use to this one.
        """
        platform, _, number = through.partition(":")
        # With the plus no index over the platform is taken: that would walk through all accounts.
        found = self._accounts("person = ? AND +platform = ?", (person, platform))
        if number:
            found = [each for each in found if each.login in {None, through}]
        proved = [each for each in found if each.how.proves]
        return (proved or found)[-1].user if found else None

    def user_index(self, platform: str, user: str) -> bytes:
        """Return the keyed hash of an account, the same in every table."""
        return self._seal.index(user, place=f"accounts.user:{platform}")

    def leavers_with_roles(self, on: date) -> Sequence[Person]:
        """Return who holds a role though his last day is before a day, by id."""
        return self._where("left_on < ? AND id IN (SELECT person FROM roles)", (on.isoformat(),))

    def identity_of(self, person: int) -> str | None:
        """Return a person's identity number, where it is kept."""
        return self._sealed("identity", person)

    def held_for(self, person: int) -> str | None:
        """Return why a person's records are kept beyond their term, where they are."""
        return self._sealed("hold", person)

    def looks_at(self, person: int) -> Sequence[Look]:
        """Return who saw a person's whole name, and why, oldest first."""
        rows = self._connection.execute(
            "SELECT id, looker, reason_sealed, at FROM looks WHERE person = ? ORDER BY id",
            (person,),
        ).fetchall()
        return [
            Look(
                person=person,
                by=by,
                reason=self._seal.unseal(reason, place=f"looks.reason:{number}"),
                at=from_micros(at),
            )
            for number, by, reason, at in rows
        ]

    def keep_look(self, look: Look) -> None:
        """Keep that somebody saw a whole name, and why."""
        number = self._connection.execute("SELECT coalesce(max(id), 0) + 1 FROM looks").fetchone()[
            0
        ]
        self._connection.execute(
            "INSERT INTO looks VALUES (?, ?, ?, ?, ?)",
            (
                number,
                look.person,
                look.by,
                self._seal.seal(look.reason, place=f"looks.reason:{number}"),
                to_micros(look.at),
            ),
        )

    def expire_looks(self, before: datetime) -> int:
        """Forget looks of before a moment; return how many."""
        return int(
            self._connection.execute(
                "DELETE FROM looks WHERE at < ?", (to_micros(before),)
            ).rowcount
        )

    def next_id(self) -> int:
        """Return the id that the next person will have."""
        return int(
            self._connection.execute("SELECT coalesce(max(id), 0) + 1 FROM people").fetchone()[0]
        )

    def enrol(
        self, person: Person, platform: str, user: str, now: datetime, *, login: str | None = None
    ) -> None:
        """Bring a person and his account (none without a user) into the register.

        Raises BotError if it is another's.
        """
        if user and self.account(platform, user) is not None:
            raise BotError("这个账号已登记在他人名下，请先核对。")
        if not self._where("id = ?", (person.id,)):
            self._save([person], now)
        if user:
            self.confirm(
                Account(
                    platform=platform,
                    user=user,
                    person=person.id,
                    how=Confirmation.REGISTER,
                    linked_at=now,
                    login=login,
                )
            )

    def save_roster(self, change: SaveRoster, now: datetime) -> None:
        """Keep people as a roster states them; without identity numbers the old ones go."""
        self._save(change.people, now)
        if not change.identities:
            self._connection.execute(
                "UPDATE people SET identity_sealed = NULL WHERE identity_sealed IS NOT NULL"
            )
        self._connection.executemany(
            "UPDATE people SET identity_sealed = ? WHERE id = ?",
            (
                (self._seal.seal(identity, place=f"people.identity:{person}"), person)
                for person, identity in change.identities
            ),
        )

    def hold(self, person: int, reason: str | None) -> None:
        """Keep a person's records beyond their term, for a reason; None ends it."""
        sealed = reason and self._seal.seal(reason, place=f"people.hold:{person}")
        self._connection.execute(
            "UPDATE people SET hold_sealed = ? WHERE id = ?", (sealed or None, person)
        )

    def erase(self, person: int, now: datetime) -> None:
        """Forget who a person is; raises BotError while a hold keeps him or he has a role."""
        if self.held_for(person) is not None:
            raise BotError("这名人员的记录按要求保留，暂不能注销。")
        has_role = self._connection.execute("SELECT 1 FROM roles WHERE person = ?", (person,))
        if has_role.fetchone() is not None:
            raise BotError("这名人员还担任群主、管理员等职责，请先交接再注销。")
        for statement in _ERASE:
            self._connection.execute(statement, (person,))
        self._connection.execute(
            "UPDATE people SET erased_at = ? WHERE id = ?", (to_micros(now), person)
        )
        self._all, self._changed = None, True

    def expire(self, before: datetime, now: datetime) -> int:
        """Forget people who left the office before a moment, and ended accounts; return how many.

        Who is held, or has a role still, stays.
        """
        self._connection.execute(
            "DELETE FROM accounts WHERE ended_at < ? AND person NOT IN"
            " (SELECT id FROM people WHERE hold_sealed IS NOT NULL)",
            (to_micros(before),),
        )
        gone = self._connection.execute(
            "SELECT id FROM people WHERE left_on < ? AND erased_at IS NULL"
            " AND hold_sealed IS NULL AND id NOT IN (SELECT person FROM roles)",
            (before.date().isoformat(),),
        ).fetchall()
        for (person,) in gone:
            self.erase(person, now)
        return len(gone)

    def confirm(self, account: Account) -> None:
        """Keep whose account it is; an earlier confirmation of that account ends."""
        self._connection.execute(
            "INSERT INTO accounts (platform, user_index, user_sealed, person, how, confirmed_by,"
            " linked_at, login) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (platform, user_index) DO UPDATE SET"
            " user_sealed = excluded.user_sealed, person = excluded.person, how = excluded.how,"
            " confirmed_by = excluded.confirmed_by, linked_at = excluded.linked_at,"
            " login = excluded.login, ended_at = NULL",
            (
                account.platform,
                self.user_index(account.platform, account.user),
                self._seal.seal(account.user, place=f"accounts.user:{account.person}"),
                account.person,
                account.how.value,
                account.confirmed_by,
                to_micros(account.linked_at),
                account.login,
            ),
        )

    def unlink(self, platform: str, user: str) -> None:
        """Keep that an account is nobody's any more."""
        self._connection.execute(
            "DELETE FROM accounts WHERE platform = ? AND user_index = ?",
            (platform, self.user_index(platform, user)),
        )

    def end_login(self, account: str, now: datetime) -> None:
        """End what was confirmed for an account's last login."""
        self._connection.execute(
            "UPDATE accounts SET ended_at = ? WHERE login = ? AND ended_at IS NULL",
            (to_micros(now), account),
        )

    def keep_beyond_login(self, account: str) -> None:
        """Keep for good what was confirmed through an account."""
        self._connection.execute(
            "UPDATE accounts SET login = NULL WHERE login = ? AND ended_at IS NULL", (account,)
        )

    def _save(self, people: Sequence[Person], now: datetime) -> None:
        if people:
            self._connection.executemany(_SAVE, (self._values(person, now) for person in people))
            self._all, self._changed = None, True

    def _values(self, person: Person, now: datetime) -> Row:
        seal, index = self._seal.seal, self._seal.index
        staff = person.staff_number
        return (
            person.id,
            seal(person.name, place=f"people.name:{person.id}"),
            index(person.name, place="people.name"),
            person.unit,
            person.post,
            seal(staff, place=f"people.staff:{person.id}") if staff else None,
            index(staff, place="people.staff") if staff else None,
            person.left_on and person.left_on.isoformat(),
            person.moved_on and person.moved_on.isoformat(),
            person.former_unit,
            person.on_roster,
            to_micros(now),
        )

    def _sealed(self, column: str, person: int) -> str | None:
        row = self._connection.execute(
            f"SELECT {column}_sealed FROM people WHERE id = ?", (person,)
        ).fetchone()
        if row is None or row[0] is None:
            return None
        return self._seal.unseal(row[0], place=f"people.{column}:{person}")

    def _where(self, condition: str, values: tuple[object, ...]) -> list[Person]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM people WHERE {condition} ORDER BY id", values
        ).fetchall()
        return [self._person(row) for row in rows]

    def _person(self, row: Row) -> Person:
        number, name, unit, post, staff, left_on, moved_on, former_unit, on_roster, erased = row
        unseal = self._seal.unseal
        return Person(
            id=number,
            name="" if erased else unseal(name, place=f"people.name:{number}"),
            unit=unit,
            post=post,
            staff_number=unseal(staff, place=f"people.staff:{number}") if staff else "",
            left_on=maybe_day(left_on),
            moved_on=maybe_day(moved_on),
            former_unit=former_unit,
            on_roster=bool(on_roster),
        )

    def _accounts(self, condition: str, values: tuple[object, ...]) -> list[Account]:
        rows = self._connection.execute(
            f"SELECT {_ACCOUNT} FROM accounts WHERE {condition} AND ended_at IS NULL"
            " ORDER BY linked_at",
            values,
        ).fetchall()
        return [
            Account(
                platform=platform,
                user=self._seal.unseal(user, place=f"accounts.user:{person}"),
                person=person,
                how=Confirmation(how),
                confirmed_by=confirmed_by,
                linked_at=from_micros(linked_at),
                login=login,
            )
            for platform, user, person, how, confirmed_by, linked_at, login in rows
        ]

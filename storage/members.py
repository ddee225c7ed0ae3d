"""Who is in which group, as the latest member lists showed it; accounts and names are sealed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import count
from typing import NamedTuple

from bot.model.action import KeepMembers
from bot.model.group import Member
from bot.model.member import Confirmation, KnownMember, MemberList
from bot.model.message import Standing
from bot.model.port import Seal
from storage.codec import from_micros, maybe_day, maybe_moment, to_micros
from storage.database import Connection, Row
from storage.groups import SqliteGroups
from storage.people import SqlitePeople

_READ = (
    "SELECT m.group_id, m.user_index, m.number, m.user_sealed, m.shown_sealed, m.standing, m.robot,"
    " m.first_seen_at, m.left_at, m.asked_at, m.due_on, a.person, a.how"
    " FROM members m JOIN groups g ON g.id = m.group_id"
    " LEFT JOIN accounts a ON a.platform = g.platform AND a.user_index = m.user_index"
)
_CONFIRMED_NOW = " AND a.ended_at IS NULL AND (a.login IS NULL OR a.login = g.account)"
_INSERT = (
    "INSERT INTO members (group_id, user_index, number, user_sealed, shown_sealed, shown_index,"
    " standing, robot, first_seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (group_id, user_index) DO UPDATE SET number = excluded.number,"
    " shown_sealed = excluded.shown_sealed, shown_index = excluded.shown_index,"
    " standing = excluded.standing, robot = excluded.robot,"
    " first_seen_at = excluded.first_seen_at, left_at = NULL, asked_at = NULL, due_on = NULL"
)
_UPDATE = (
    "UPDATE members SET shown_sealed = ?, shown_index = ?, standing = ?, robot = ?"
    " WHERE group_id = ? AND user_index = ?"
)
_GONE = "UPDATE members SET left_at = ? WHERE group_id = ? AND user_index = ?"
_SMALL = 999  # commands read numbers of up to three digits


class _Known(NamedTuple):
    """What a list is compared with: an account's number, whether it left, how it was shown."""

    number: int
    left: bool
    shown: Row


class SqliteMembers:
    """The members of every group; what a list leaves as it was is not written again."""

    def __init__(
        self, connection: Connection, seal: Seal, groups: SqliteGroups, people: SqlitePeople
    ) -> None:
        self._connection = connection
        self._seal = seal
        self._groups = groups
        self._people = people

    def of(self, group: int) -> Sequence[KnownMember]:
        """Return who is in a group, by number."""
        return self._where("m.group_id = ? AND m.left_at IS NULL ORDER BY m.number", (group,))

    def numbered(self, group: int, number: int) -> KnownMember | None:
        """Return who in a group has a number."""
        return self._one("m.group_id = ? AND m.number = ? AND m.left_at IS NULL", (group, number))

    def get(self, group: int, user: str) -> KnownMember | None:
        """Return a member of a group, also one who has left."""
        return self._one("m.group_id = ? AND m.user_index = ?", (group, self._index(group, user)))

    def of_account(self, platform: str, user: str) -> Sequence[KnownMember]:
        """Return an account's presence in every group, also where it has left."""
        return self._where(
            "m.group_id IN (SELECT id FROM groups WHERE platform = ?) AND m.user_index = ?"
            " ORDER BY m.group_id",
            (platform, self._people.user_index(platform, user)),
        )

    def earlier(self, group: int) -> Sequence[KnownMember]:
        """Return who was in a group before and was confirmed then, latest first."""
        return self._where(
            "m.group_id = ? AND m.left_at IS NOT NULL AND a.person IS NOT NULL"
            " ORDER BY m.left_at DESC",
            (group,),
            confirmed="",
        )

    def due(self, on: date) -> Sequence[KnownMember]:
        """Return the members without a record whose time to get one ended before a day."""
        return self._where(
            "m.due_on < ? AND m.left_at IS NULL AND a.person IS NULL ORDER BY m.group_id, m.number",
            (on.isoformat(),),
        )

    def newcomers(self, group: int) -> Sequence[KnownMember]:
        """Return who came after the group's first list, has no record and was not asked yet."""
        return self._where(
            "m.group_id = ?1 AND m.first_seen_at >"
            " (SELECT first_at FROM member_lists WHERE group_id = ?1)"
            " AND m.left_at IS NULL AND m.asked_at IS NULL AND m.robot = 0 AND a.person IS NULL"
            " ORDER BY m.number",
            (group,),
        )

    def administrators(self, group: int) -> Sequence[KnownMember]:
        """Return who is owner or administrator of a group at its platform, by number."""
        return self._where(
            "m.group_id = ? AND m.standing IN ('owner', 'administrator') AND m.left_at IS NULL"
            " ORDER BY m.number",
            (group,),
        )

    def drawn(self, group: int) -> MemberList | None:
        """Return what is known of a group's latest list."""
        row = self._connection.execute(
            "SELECT first_at, drawn_at, complete, count FROM member_lists WHERE group_id = ?",
            (group,),
        ).fetchone()
        return row and MemberList(
            group=group,
            first_at=from_micros(row[0]),
            drawn_at=from_micros(row[1]),
            complete=bool(row[2]),
            count=row[3],
        )

    def keep(self, change: KeepMembers, now: datetime) -> None:
        """Keep a member list; one that is not complete lets nobody go and brings nobody back."""
        group = change.group
        known = self._known(group)
        here: set[bytes] = set()
        fresh: list[tuple[bytes, Member]] = []
        changed: list[Row] = []
        for member in change.members:
            index = self._index(group, member.user)
            if index in here:
                continue
            here.add(index)
            before = known.get(index)
            if before is None or before.left:
                if before is None or change.complete:
                    fresh.append((index, member))
            elif before.shown != (shown := self._looks(member)):
                changed.append((self._shown(group, index, member), *shown, group, index))
        if change.complete:
            gone = [index for index, row in known.items() if not row.left and index not in here]
            self._connection.executemany(_GONE, [(to_micros(now), group, index) for index in gone])
            known |= {index: known[index]._replace(left=True) for index in gone}
        self._connection.executemany(_UPDATE, changed)
        self._insert(group, fresh, known, now)
        self._connection.execute(
            "INSERT INTO member_lists VALUES (?1, ?2, ?2, ?3, ?4) ON CONFLICT (group_id)"
            " DO UPDATE SET first_at = iif(complete = 0 AND first_at = drawn_at, ?2, first_at),"
            " drawn_at = ?2, complete = ?3, count = ?4",
            (group, to_micros(now), change.complete, len(here)),
        )

    def keep_one(self, group: int, member: Member, now: datetime) -> None:
        """Keep that somebody is in a group; who is known to be there stays as he is."""
        known = self._known(group)
        index = self._index(group, member.user)
        before = known.get(index)
        if before is None or before.left:
            self._insert(group, [(index, member)], known, now)

    def gone(self, group: int, user: str, now: datetime) -> None:
        """Keep that somebody is no longer in a group."""
        self._connection.execute(
            f"{_GONE} AND left_at IS NULL", (to_micros(now), group, self._index(group, user))
        )

    def end_login(self, account: str, now: datetime) -> None:
        """Let everybody go from an account's groups: with the next login come other ids.

        The next list is a first one, whose members have not joined since.
        """
        watched = "(SELECT id FROM groups WHERE account = ?)"
        self._connection.execute(
            f"UPDATE members SET left_at = ? WHERE left_at IS NULL AND group_id IN {watched}",
            (to_micros(now), account),
        )
        self._connection.execute(
            f"DELETE FROM member_lists WHERE group_id IN {watched}", (account,)
        )

    def ask(self, group: int, user: str, due_on: date, now: datetime) -> None:
        """Keep that a new member was asked who he is, and until when he should have a record."""
        self.keep_one(group, Member(user=user), now)
        self._connection.execute(
            "UPDATE members SET asked_at = ?, due_on = ? WHERE group_id = ? AND user_index = ?",
            (to_micros(now), due_on.isoformat(), group, self._index(group, user)),
        )

    def expire(self, before: datetime) -> int:
        """Forget who left a group before a moment, except whom a hold keeps; return how many."""
        return int(
            self._connection.execute(
                "DELETE FROM members WHERE left_at < ? AND user_index NOT IN"
                " (SELECT a.user_index FROM accounts a JOIN people p ON p.id = a.person"
                " WHERE p.hold_sealed IS NOT NULL)",
                (to_micros(before),),
            ).rowcount
        )

    def _known(self, group: int) -> dict[bytes, _Known]:
        rows = self._connection.execute(
            "SELECT user_index, number, left_at, shown_index, standing, robot FROM members"
            " WHERE group_id = ?",
            (group,),
        ).fetchall()
        return {row[0]: _Known(row[1], row[2] is not None, row[3:]) for row in rows}

    def _insert(
        self,
        group: int,
        fresh: Sequence[tuple[bytes, Member]],
        known: Mapping[bytes, _Known],
        now: datetime,
    ) -> None:
        self._connection.executemany(
            _INSERT,
            [
                (
                    group,
                    index,
                    number,
                    self._seal.seal(member.user, place=f"members.user:{group}:{index.hex()}"),
                    self._shown(group, index, member),
                    *self._looks(member),
                    to_micros(now),
                )
                for (index, member), number in zip(fresh, _numbers(known), strict=False)
            ],
        )

    def _index(self, group: int, user: str) -> bytes:
        return self._people.user_index(self._groups.get(group).platform, user)

    def _looks(self, member: Member) -> tuple[bytes, str, int]:
        """Return what tells whether a member is shown as before."""
        index = self._seal.index(_joined(member), place="members.shown")
        return index, member.standing.value, int(member.robot)

    def _shown(self, group: int, index: bytes, member: Member) -> bytes:
        return self._seal.seal(_joined(member), place=f"members.shown:{group}:{index.hex()}")

    def _one(self, condition: str, values: tuple[object, ...]) -> KnownMember | None:
        found = self._where(condition, values)
        return found[0] if found else None

    def _where(
        self, condition: str, values: tuple[object, ...], *, confirmed: str = _CONFIRMED_NOW
    ) -> list[KnownMember]:
        rows = self._connection.execute(f"{_READ}{confirmed} WHERE {condition}", values).fetchall()
        return [self._member(row) for row in rows]

    def _member(self, row: Row) -> KnownMember:
        (
            group, index, number, user, shown, standing, robot, first_seen_at, left_at, asked_at,
            due_on, person, how,
        ) = row  # fmt: skip
        place = f"{group}:{index.hex()}"
        card, _, nickname = self._seal.unseal(shown, place=f"members.shown:{place}").partition("\0")
        return KnownMember(
            group=group,
            number=number,
            user=self._seal.unseal(user, place=f"members.user:{place}"),
            card=card,
            nickname=nickname,
            standing=Standing(standing),
            robot=bool(robot),
            person=person,
            how=Confirmation(how) if how else None,
            first_seen_at=from_micros(first_seen_at),
            left_at=maybe_moment(left_at),
            asked_at=maybe_moment(asked_at),
            due_on=maybe_day(due_on),
        )


def _joined(member: Member) -> str:
    return f"{member.card.replace(chr(0), '')}\0{member.nickname}"


def _numbers(known: Mapping[bytes, _Known]) -> Iterator[int]:
    """Yield numbers for new members: such as nobody had before, as long as there are small ones."""
    last = max((row.number for row in known.values()), default=0)
    taken = {row.number for row in known.values() if not row.left}
    yield from range(last + 1, _SMALL + 1)
    yield from (each for each in count(1) if each not in taken and not last < each <= _SMALL)

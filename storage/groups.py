"""The register of groups, the roles in them, the messages seen and the blind intervals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from bot.model.action import AmendGroup, NoteGroup, ObserveGroup, RegisterGroup
from bot.model.errors import BotError
from bot.model.group import COUNTS_KEPT_DAYS, Activity, Group, GroupState, Person, Role, Scale
from bot.model.message import Standing
from bot.model.port import Seal
from storage.codec import from_micros, maybe_day, maybe_micros, maybe_moment, to_micros
from storage.database import Connection, Row
from storage.people import SqlitePeople

MessageKey = tuple[int, int, str, str]
"""What names a message: when it was posted (microseconds), our group, the account that saw it,
its id at the platform."""

_MOST_HELD = 50_000
_SEE = "INSERT INTO messages VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_COLUMNS = (
    "id, platform, platform_id, account, name, unit, purpose, join_way, rules, contact_sealed,"
    " approver_sealed, approved_on, opened_on, filed_as, noted_scale, noted_activity, state,"
    " registered_at, trial_until, notice_version, paused_until, member_count, standing,"
    " owner_sealed, drawn_at"
)
_DAY = 86_400_000_000
_EAST = 8 * 3_600_000_000
_EPOCH = date(1970, 1, 1).toordinal()


class SqliteGroups:
    """The register of groups; what was read stays in memory until it is written or undone."""

    def __init__(self, connection: Connection, seal: Seal, people: SqlitePeople) -> None:
        self._connection = connection
        self._seal = seal
        self._people = people
        self._at: dict[tuple[str, str], Group | None] = {}
        self._by_id: dict[int, Group] = {}
        self._marks: dict[int, tuple[str, int]] = {}
        self._fresh: dict[int, tuple[str, int]] = {}
        self._counts: Counter[tuple[int, int]] = Counter()
        self._fresh_counts: Counter[tuple[int, int]] = Counter()

    def committed(self) -> None:
        """Hold the watermarks and counts of a transaction that stands, until they are written."""
        for group, mark in self._fresh.items():
            held = self._marks.get(group)
            if held is None or held[1] <= mark[1]:
                self._marks[group] = mark
        self._fresh.clear()
        self._counts.update(self._fresh_counts)
        self._fresh_counts.clear()

    def undone(self) -> None:
        """Drop what a transaction that was undone has read and seen."""
        self._fresh.clear()
        self._fresh_counts.clear()
        self.forget_read()

    def forget_read(self) -> None:
        """Drop what is in memory, after a transaction was undone."""
        self._at.clear()
        self._by_id.clear()

    def get(self, group: int) -> Group:
        """Return a group; raises BotError for an unknown one."""
        try:
            return self._by_id[group]
        except KeyError:
            row = self._connection.execute(
                f"SELECT {_COLUMNS} FROM groups WHERE id = ?", (group,)
            ).fetchone()
        if row is None:
            raise BotError(f"登记表里没有编号为 {group} 的群。")
        found = self._by_id[group] = self._group(row)
        return found

    def at(self, platform: str, platform_id: str) -> Group | None:
        """Return the registered group with a platform's id, in whatever state it is."""
        key = (platform, platform_id)
        try:
            return self._at[key]
        except KeyError:
            row = self._connection.execute(
                f"SELECT {_COLUMNS} FROM groups WHERE platform = ? AND platform_id = ?", key
            ).fetchone()
            group = None if row is None else self._group(row)
            if len(self._at) > _MOST_HELD:
                self._at.clear()
            self._at[key] = group
            return group

    def all(self) -> Sequence[Group]:
        """Return every group in which the bot works, by id."""
        return self._where("state = 'registered'", ())

    def whole_register(self) -> Sequence[Group]:
        """Return every group that was ever registered, by id."""
        return self._where("TRUE", ())

    def watched_by(self, account: str) -> Sequence[Group]:
        """Return the groups that one account watches, by id."""
        return self._where("account = ? AND state = 'registered'", (account,))

    def next_id(self) -> int:
        """Return the id that the next group will have."""
        return int(
            self._connection.execute("SELECT coalesce(max(id), 0) + 1 FROM groups").fetchone()[0]
        )

    def holders(self, group: int, role: Role) -> Sequence[Person]:
        """Return who holds a role in a group."""
        rows = self._connection.execute(
            "SELECT person FROM roles WHERE group_id = ? AND role = ? ORDER BY rowid",
            (group, role.value),
        ).fetchall()
        return [self._people.get(person) for (person,) in rows]

    def roles_of(self, person: int) -> Sequence[tuple[int | None, Role]]:
        """Return the roles of a person, each with its group (None: the whole office)."""
        rows = self._connection.execute(
            "SELECT group_id, role FROM roles WHERE person = ? ORDER BY rowid", (person,)
        ).fetchall()
        return [(group, Role(role)) for group, role in rows]

    def in_office(self, role: Role) -> Sequence[Person]:
        """Return who holds a role of the whole office."""
        rows = self._connection.execute(
            "SELECT person FROM roles WHERE group_id IS NULL AND role = ? ORDER BY rowid",
            (role.value,),
        ).fetchall()
        return [self._people.get(person) for (person,) in rows]

    def register(self, change: RegisterGroup, now: datetime) -> None:
        """Bring a group into the register."""
        self._connection.execute(
            "INSERT INTO groups (id, platform, platform_id, account, name, unit, purpose, join_way,"
            " rules, contact_sealed, approver_sealed, approved_on, opened_on, filed_as, state,"
            " registered_at, trial_until)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                change.id,
                change.platform,
                change.platform_id,
                change.account,
                change.name,
                change.unit,
                change.purpose,
                change.join_way,
                change.rules,
                self._contact(change.id, change.contact),
                self._seal.seal(change.approver, place=f"groups.approver:{change.id}"),
                change.approved_on and change.approved_on.isoformat(),
                change.opened_on and change.opened_on.isoformat(),
                change.filed_as,
                GroupState.REGISTERED.value,
                to_micros(now),
                change.trial_until and change.trial_until.isoformat(),
            ),
        )
        self._at.pop((change.platform, change.platform_id), None)

    def appoint(self, person: int, role: Role, group: int | None, now: datetime) -> None:
        """Give a person a role; one he has already stays as it is."""
        self._connection.execute(
            "INSERT INTO roles (person, role, group_id, since) SELECT ?1, ?2, ?3, ?4 WHERE NOT"
            " EXISTS (SELECT 1 FROM roles WHERE person = ?1 AND role = ?2 AND group_id IS ?3)",
            (person, role.value, group, to_micros(now)),
        )

    def dismiss(self, person: int, role: Role, group: int | None) -> None:
        """Take a role from a person."""
        self._connection.execute(
            "DELETE FROM roles WHERE person = ? AND role = ? AND group_id IS ?",
            (person, role.value, group),
        )

    def rename(self, group: int, name: str) -> None:
        """Keep a group's new name."""
        self._update(group, "name = ?", (name,))

    def amend(self, change: AmendGroup) -> None:
        """Keep what people state of a group."""
        sealed = {
            f"{column}_sealed": self._seal.seal(text, place=f"groups.{column}:{change.group}")
            for column, text in (("contact", change.contact), ("approver", change.approver))
            if text is not None
        }
        stated = {
            "account": change.account,
            "unit": change.unit,
            "purpose": change.purpose,
            "join_way": change.join_way,
            "rules": change.rules,
            "approved_on": change.approved_on and change.approved_on.isoformat(),
            "opened_on": change.opened_on and change.opened_on.isoformat(),
            "filed_as": change.filed_as,
            **sealed,
        }
        self._set(change.group, stated)

    def note(self, change: NoteGroup) -> None:
        """Keep which size and activity of a group were last taken note of."""
        self._set(
            change.group,
            {
                "noted_scale": change.scale and change.scale.value,
                "noted_activity": change.activity and change.activity.value,
            },
        )

    def see_listed(self, groups: Sequence[int], now: datetime) -> None:
        """Keep that groups stood in their account's list under the names they have here."""
        self._connection.executemany(
            "INSERT INTO group_listed VALUES (?, ?) ON CONFLICT (group_id) DO UPDATE SET"
            " at = max(at, excluded.at)",
            [(group, to_micros(now)) for group in groups],
        )

    def listed_at(self, group: int) -> datetime | None:
        """Return when a group last stood in its account's list under the name it has here."""
        row = self._connection.execute(
            "SELECT at FROM group_listed WHERE group_id = ?", (group,)
        ).fetchone()
        return None if row is None else from_micros(row[0])

    def set_state(self, group: int, state: GroupState) -> None:
        """Keep whether the bot works in a group."""
        self._update(group, "state = ?", (state.value,))

    def observe(self, change: ObserveGroup, now: datetime) -> None:
        """Keep what a member list shows."""
        owner = change.owner_user and self._seal.seal(
            change.owner_user, place=f"groups.owner:{change.group}"
        )
        self._update(
            change.group,
            "member_count = ?, standing = ?, owner_sealed = ?, drawn_at = ?",
            (change.member_count, change.standing, owner, to_micros(now)),
        )

    def end_login(self, account: str) -> None:
        """Forget the owners' ids of an account's groups: with the next login come other ones."""
        self._connection.execute(
            "UPDATE groups SET owner_sealed = NULL WHERE account = ?", (account,)
        )
        self.forget_read()

    def notice_posted(self, group: int, version: int) -> None:
        """Keep which version of the notice stands in a group."""
        self._update(group, "notice_version = ?", (version,))

    def pause(self, group: int, until: datetime | None) -> None:
        """Hold back what is not critical until a moment."""
        self._update(group, "paused_until = ?", (maybe_micros(until),))

    def see(self, messages: Sequence[MessageKey]) -> Sequence[bool]:
        """Keep that messages were seen, in a transaction; False for each that was seen before."""
        execute = self._connection.execute
        execute("SAVEPOINT see")
        kept = self._connection.executemany(_SEE, messages).rowcount if messages else 0
        fresh = [True] * len(messages)
        if kept != len(messages):  # a repeat among them: ask of each
            execute("ROLLBACK TO see")
            fresh = [execute(_SEE, message).rowcount == 1 for message in messages]
        execute("RELEASE see")
        return fresh

    def pass_by(self, message: MessageKey) -> None:
        """Count a message, and move the group's watermark: all before it has been handled."""
        posted_at, group, _, message_id = message
        self._fresh_counts[group, (posted_at + _EAST) // _DAY] += 1
        mark = self._fresh.get(group)
        if mark is None or mark[1] <= posted_at:
            self._fresh[group] = (message_id, posted_at)

    def keep_watermarks(self) -> None:
        """Write the watermarks and counts since the last time, one row a group.

        Now and then is enough: after a crash an older watermark only draws more of the history,
        and the counts of a minute are missing.
        """
        if self._counts:
            self._connection.executemany(
                "INSERT INTO group_days VALUES (?, ?, ?) ON CONFLICT (group_id, day) DO UPDATE SET"
                " messages = messages + excluded.messages",
                [(*of, count) for of, count in self._counts.items()],
            )
            self._counts.clear()
        if self._marks:
            self._connection.executemany(
                "INSERT INTO watermarks VALUES (?, ?, ?) ON CONFLICT (group_id) DO UPDATE SET"
                " message_id = excluded.message_id, posted_at = excluded.posted_at"
                " WHERE excluded.posted_at >= posted_at",
                [(group, *mark) for group, mark in self._marks.items()],
            )
            self._marks.clear()

    def last_seen(self, group: int) -> tuple[str, datetime] | None:
        """Return the group's watermark: id and time of the last message seen."""
        row = self._connection.execute(
            "SELECT message_id, posted_at FROM watermarks WHERE group_id = ?", (group,)
        ).fetchone()
        known = (row, self._marks.get(group), self._fresh.get(group))
        latest = max((mark for mark in known if mark), key=lambda mark: mark[1], default=None)
        return None if latest is None else (latest[0], from_micros(latest[1]))

    def messages_per_day(self, group: int, since: date) -> Mapping[date, int]:
        """Return how many messages a group had on each day that had any; 90 days are kept."""
        first = since.toordinal() - _EPOCH
        counts: Counter[int] = Counter()
        for day, count in self._connection.execute(
            "SELECT day, messages FROM group_days WHERE group_id = ? AND day >= ?", (group, first)
        ):
            counts[day] += count
        for (counted, day), count in self._counts.items():
            if counted == group and day >= first:
                counts[day] += count
        return {date.fromordinal(_EPOCH + day): counts[day] for day in sorted(counts)}

    def message_counts(self, since: date) -> Mapping[int, int]:
        """Return how many messages each group had since a day; groups without any are left out."""
        first = since.toordinal() - _EPOCH
        counts: Counter[int] = Counter(
            dict(
                self._connection.execute(
                    "SELECT group_id, sum(messages) FROM group_days WHERE day >= ?"
                    " GROUP BY group_id",
                    (first,),
                ).fetchall()
            )
        )
        for (group, day), count in self._counts.items():
            if day >= first:
                counts[group] += count
        return counts

    def expire_counts(self, now: datetime) -> int:
        """Forget how many messages groups had more than 90 days ago; return how many rows."""
        last = (to_micros(now) + _EAST) // _DAY - COUNTS_KEPT_DAYS
        return int(
            self._connection.execute("DELETE FROM group_days WHERE day < ?", (last,)).rowcount
        )

    def expire_messages(self, before: datetime) -> int:
        """Forget message ids, also of messages that were not fully screened; return how many."""
        self._connection.execute("DELETE FROM unscreened WHERE posted_at < ?", (to_micros(before),))
        return int(
            self._connection.execute(
                "DELETE FROM messages WHERE posted_at < ?", (to_micros(before),)
            ).rowcount
        )

    def not_screened(self, message: MessageKey, reason: str) -> None:
        """Keep that a message was not fully screened, and why."""
        self._connection.execute(
            "INSERT INTO unscreened VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (*message, reason),
        )

    def now_screened(self, message: MessageKey, reason: str) -> None:
        """Keep that what was missing of a message has been screened."""
        self._connection.execute(
            "DELETE FROM unscreened WHERE posted_at = ? AND group_id = ? AND account = ?"
            " AND message_id = ? AND reason = ?",
            (*message, reason),
        )

    def unscreened_count(self, group: int) -> int:
        """Return how many messages of a group were not fully screened."""
        return int(
            self._connection.execute(
                "SELECT count(DISTINCT message_id) FROM unscreened WHERE group_id = ?", (group,)
            ).fetchone()[0]
        )

    def blind_since(self, group: int) -> datetime | None:
        """Return the beginning of the group's open blind interval."""
        row = self._connection.execute(
            "SELECT since FROM blind_intervals WHERE group_id = ? AND until IS NULL", (group,)
        ).fetchone()
        return None if row is None else from_micros(row[0])

    def blind_intervals(self, group: int) -> Sequence[tuple[datetime, datetime | None, str, bool]]:
        """Return since, until, cause and whether it was caught up, oldest first."""
        rows = self._connection.execute(
            "SELECT since, until, cause, caught_up FROM blind_intervals WHERE group_id = ?"
            " ORDER BY id",
            (group,),
        ).fetchall()
        return [
            (from_micros(since), maybe_moment(until), cause, bool(caught_up))
            for since, until, cause, caught_up in rows
        ]

    def open_blind(self, group: int, since: datetime, cause: str) -> None:
        """Begin a blind interval; one that stands open stays as it is."""
        self._connection.execute(
            "INSERT INTO blind_intervals (group_id, since, cause) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (group, to_micros(since), cause),
        )

    def close_blind(self, group: int, until: datetime, *, caught_up: bool) -> None:
        """End the open blind interval."""
        self._connection.execute(
            "UPDATE blind_intervals SET until = max(since, ?), caught_up = ?"
            " WHERE group_id = ? AND until IS NULL",
            (to_micros(until), caught_up, group),
        )

    def _contact(self, group: int, contact: str) -> bytes | None:
        return self._seal.seal(contact, place=f"groups.contact:{group}") if contact else None

    def _set(self, group: int, values: Mapping[str, object]) -> None:
        """Write those values of a group that are given."""
        given = {column: value for column, value in values.items() if value is not None}
        if given:
            self._update(group, ", ".join(f"{c} = ?" for c in given), tuple(given.values()))

    def _update(self, group: int, assignments: str, values: tuple[object, ...]) -> None:
        row = self._connection.execute(
            f"UPDATE groups SET {assignments} WHERE id = ? RETURNING platform, platform_id",
            (*values, group),
        ).fetchone()
        if row is None:
            raise BotError(f"登记表里没有编号为 {group} 的群。")
        self._at.pop((row[0], row[1]), None)
        self._by_id.pop(group, None)

    def _where(self, condition: str, values: tuple[object, ...]) -> list[Group]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM groups WHERE {condition} ORDER BY id", values
        ).fetchall()
        return [self._group(row) for row in rows]

    def _group(self, row: Row) -> Group:
        (
            number, platform, platform_id, account, name, unit, purpose, join_way, rules, contact,
            approver, approved_on, opened_on, filed_as, noted_scale, noted_activity, state,
            registered_at, trial_until, notice_version, paused_until, member_count, standing,
            owner, drawn_at,
        ) = row  # fmt: skip
        return Group(
            id=number,
            platform=platform,
            platform_id=platform_id,
            account=account,
            name=name,
            unit=unit,
            purpose=purpose,
            join_way=join_way,
            rules=rules,
            contact=self._seal.unseal(contact, place=f"groups.contact:{number}") if contact else "",
            approver=self._seal.unseal(approver, place=f"groups.approver:{number}"),
            approved_on=maybe_day(approved_on),
            opened_on=maybe_day(opened_on),
            filed_as=filed_as,
            noted_scale=Scale(noted_scale) if noted_scale else None,
            noted_activity=Activity(noted_activity) if noted_activity else None,
            state=GroupState(state),
            registered_at=from_micros(registered_at),
            trial_until=maybe_day(trial_until),
            notice_version=notice_version,
            paused_until=maybe_moment(paused_until),
            member_count=member_count,
            standing=Standing(standing) if standing else None,
            owner_user=owner and self._seal.unseal(owner, place=f"groups.owner:{number}"),
            drawn_at=maybe_moment(drawn_at),
        )

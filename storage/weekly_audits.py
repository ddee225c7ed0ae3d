"""The weekly audits of every group and their items; accounts, cards and notes are sealed."""

from collections.abc import Sequence
from datetime import datetime

from bot.model.port import Seal
from bot.model.weekly_audit import (
    AuditItem,
    AuditReason,
    AuditState,
    ItemDecision,
    Removal,
    WeeklyAudit,
)
from storage.codec import from_micros, maybe_day, maybe_micros, maybe_moment, to_micros
from storage.database import Connection, Row
from storage.numbers import free_numbers

_COLUMNS = (
    "id, group_id, week, state, opened_at, drawn_at, members, complete, recipient, due_at,"
    " reminded_at, escalated_at, escalated_to, overdue_at, answered_by, answered_at, closed_at"
)
_ITEM = (
    "i.audit, i.number, i.user_sealed, i.shown_sealed, i.reason, i.person, i.proposed, i.on_day,"
    " i.decision, i.note_sealed, i.decided_by, i.decided_at, i.removal, i.removal_at"
)
_LEAVE_TO_ALERTS = 400
"""Numbers that a list never takes, so that there is always one for an alert."""


class SqliteWeeklyAudits:
    """The weekly audits of every group."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def get(self, audit: int) -> WeeklyAudit | None:
        """Return an audit."""
        return self._one("id = ?", (audit,))

    def next_id(self) -> int:
        """Return the id that the next audit will have."""
        return int(
            self._connection.execute(
                "SELECT coalesce(max(id), 0) + 1 FROM weekly_audits"
            ).fetchone()[0]
        )

    def free_numbers(self, person: int, count: int) -> Sequence[int]:
        """Return up to `count` free numbers (1-999) of a person's series; some stay for alerts."""
        return free_numbers(self._connection, person, count, leave=_LEAVE_TO_ALERTS)

    def of_week(self, group: int, week: str) -> WeeklyAudit | None:
        """Return a group's audit of one week."""
        return self._one("group_id = ? AND week = ?", (group, week))

    def in_week(self, week: str) -> Sequence[WeeklyAudit]:
        """Return every group's audit of one week, by group."""
        return self._where("week = ? ORDER BY group_id", (week,))

    def latest(self, group: int) -> WeeklyAudit | None:
        """Return a group's latest audit."""
        return self._one("group_id = ? ORDER BY id DESC LIMIT 1", (group,))

    def open(self) -> Sequence[WeeklyAudit]:
        """Return the audits that are not finished, by id."""
        return self._where("closed_at IS NULL ORDER BY id", ())

    def open_of(self, person: int) -> Sequence[WeeklyAudit]:
        """Return the audits a person has to answer, by id."""
        return self._where("recipient = ? AND closed_at IS NULL ORDER BY id", (person,))

    def items(self, audit: int) -> Sequence[AuditItem]:
        """Return the items of an audit in the order of the list."""
        return self._items("WHERE i.audit = ? ORDER BY i.id", (audit,))

    def item(self, person: int, number: int) -> tuple[WeeklyAudit, AuditItem] | None:
        """Return what a number means to a person in the latest audit that used it."""
        found = self._items(
            "JOIN weekly_audits a ON a.id = i.audit WHERE a.recipient = ? AND i.number = ?"
            " ORDER BY i.id DESC LIMIT 1",
            (person, number),
        )
        audit = self.get(found[0].audit) if found else None
        return (audit, found[0]) if audit else None

    def removals(self, group: int, user: str) -> Sequence[AuditItem]:
        """Return the items of open audits by which an account is to be removed from a group."""
        return self._items(
            "JOIN weekly_audits a ON a.id = i.audit WHERE i.user_index = ? AND a.group_id = ?"
            " AND i.decision = 'remove' AND a.closed_at IS NULL ORDER BY i.id",
            (self._index(user), group),
        )

    def save(self, audit: WeeklyAudit) -> None:
        """Keep an audit as it now is."""
        self._connection.execute(
            f"INSERT INTO weekly_audits ({_COLUMNS}) VALUES ({', '.join('?' * 17)})"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state, drawn_at = excluded.drawn_at,"
            " members = excluded.members, complete = excluded.complete,"
            " recipient = excluded.recipient, due_at = excluded.due_at,"
            " reminded_at = excluded.reminded_at, escalated_at = excluded.escalated_at,"
            " escalated_to = excluded.escalated_to, overdue_at = excluded.overdue_at,"
            " answered_by = excluded.answered_by, answered_at = excluded.answered_at,"
            " closed_at = excluded.closed_at",
            (
                audit.id,
                audit.group,
                audit.week,
                audit.state.value,
                to_micros(audit.opened_at),
                maybe_micros(audit.drawn_at),
                audit.members,
                audit.complete,
                audit.recipient,
                maybe_micros(audit.due_at),
                maybe_micros(audit.reminded_at),
                maybe_micros(audit.escalated_at),
                audit.escalated_to,
                maybe_micros(audit.overdue_at),
                audit.answered_by,
                maybe_micros(audit.answered_at),
                maybe_micros(audit.closed_at),
            ),
        )

    def save_items(self, items: Sequence[AuditItem]) -> None:
        """Keep items as they now are."""
        self._connection.executemany(
            "INSERT INTO audit_items (audit, number, user_index, user_sealed, shown_sealed, reason,"
            " person, proposed, on_day, decision, note_sealed, decided_by, decided_at, removal,"
            " removal_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (audit, number) DO UPDATE SET person = excluded.person,"
            " decision = excluded.decision, note_sealed = excluded.note_sealed,"
            " decided_by = excluded.decided_by, decided_at = excluded.decided_at,"
            " removal = excluded.removal, removal_at = excluded.removal_at",
            [self._values(item) for item in items],
        )

    def expire(self, before: datetime) -> int:
        """Forget audits opened before a moment, with their items; return how many."""
        old = "SELECT id FROM weekly_audits WHERE opened_at < ?"
        self._connection.execute(
            f"DELETE FROM audit_items WHERE audit IN ({old})", (to_micros(before),)
        )
        return int(
            self._connection.execute(
                "DELETE FROM weekly_audits WHERE opened_at < ?", (to_micros(before),)
            ).rowcount
        )

    def _values(self, item: AuditItem) -> Row:
        place = f"{item.audit}:{item.number}"
        return (
            item.audit,
            item.number,
            self._index(item.user),
            self._seal.seal(item.user, place=f"audit_items.user:{place}"),
            self._seal.seal(item.shown, place=f"audit_items.shown:{place}"),
            item.reason.value,
            item.person,
            " ".join(map(str, item.proposed)),
            item.on and item.on.isoformat(),
            item.decision and item.decision.value,
            self._seal.seal(item.note, place=f"audit_items.note:{place}") if item.note else None,
            item.decided_by,
            maybe_micros(item.decided_at),
            item.removal and item.removal.value,
            maybe_micros(item.removal_at),
        )

    def _index(self, user: str) -> bytes:
        return self._seal.index(user, place="audit_items.user")

    def _one(self, condition: str, values: tuple[object, ...]) -> WeeklyAudit | None:
        found = self._where(condition, values)
        return found[0] if found else None

    def _where(self, condition: str, values: tuple[object, ...]) -> list[WeeklyAudit]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM weekly_audits WHERE {condition}", values
        ).fetchall()
        return [_audit(row) for row in rows]

    def _items(self, rest: str, values: tuple[object, ...]) -> list[AuditItem]:
        rows = self._connection.execute(
            f"SELECT {_ITEM} FROM audit_items i {rest}", values
        ).fetchall()
        return [self._item(row) for row in rows]

    def _item(self, row: Row) -> AuditItem:
        (
            audit, number, user, shown, reason, person, proposed, on, decision, note, decided_by,
            decided_at, removal, removal_at,
        ) = row  # fmt: skip

        def plain(column: str, sealed: bytes | None) -> str:
            place = f"audit_items.{column}:{audit}:{number}"
            return self._seal.unseal(sealed, place=place) if sealed else ""

        return AuditItem(
            audit=audit,
            number=number,
            user=plain("user", user),
            shown=plain("shown", shown),
            reason=AuditReason(reason),
            person=person,
            proposed=tuple(map(int, proposed.split())),
            on=maybe_day(on),
            decision=ItemDecision(decision) if decision else None,
            note=plain("note", note),
            decided_by=decided_by,
            decided_at=maybe_moment(decided_at),
            removal=Removal(removal) if removal else None,
            removal_at=maybe_moment(removal_at),
        )


def _audit(row: Row) -> WeeklyAudit:
    (
        number, group, week, state, opened_at, drawn_at, members, complete, recipient, due_at,
        reminded_at, escalated_at, escalated_to, overdue_at, answered_by, answered_at, closed_at,
    ) = row  # fmt: skip
    return WeeklyAudit(
        id=number,
        group=group,
        week=week,
        state=AuditState(state),
        opened_at=from_micros(opened_at),
        drawn_at=maybe_moment(drawn_at),
        members=members,
        complete=bool(complete),
        recipient=recipient,
        due_at=maybe_moment(due_at),
        reminded_at=maybe_moment(reminded_at),
        escalated_at=maybe_moment(escalated_at),
        escalated_to=escalated_to,
        overdue_at=maybe_moment(overdue_at),
        answered_by=answered_by,
        answered_at=maybe_moment(answered_at),
        closed_at=maybe_moment(closed_at),
    )

"""Alerts, the numbers they hold in their recipients' series, and the appeals about them."""

from collections.abc import Sequence
from datetime import datetime

from bot.model.alert import Alert, AlertState, Appeal, AppealState, Decision
from bot.model.errors import BotError
from bot.model.finding import Severity, Topic
from bot.model.group import Role
from bot.model.port import Seal
from storage.codec import from_micros, maybe_micros, maybe_moment, to_micros
from storage.database import Connection, Row
from storage.numbers import next_free

_COLUMNS = (
    "id, group_id, rule, topic, severity, sender_sealed, sender_index, card_sealed, recipient,"
    " tier, number, state, opened_at, first_posted_at, count, message_id, clauses, source,"
    " caught_up, told_at, due_at, decision, decided_by, decided_at, reason_sealed"
)


class SqliteAlerts:
    """The alerts of every recipient."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def get(self, alert: int) -> Alert | None:
        """Return an alert."""
        return self._one("id = ?", (alert,))

    def next_id(self) -> int:
        """Return the id that the next alert will have."""
        return self._next("alerts")

    def next_number(self, person: int) -> int:
        """Return the next free number (1-999) of a person's series.

        The series runs on after the last number given; what still waits keeps its number.
        """
        number = next_free(self._connection, person)
        if number is None:
            raise BotError("待办已满 999 件，请先处置一部分。")
        return number

    def by_number(self, person: int, number: int) -> Alert | None:
        """Return what a number means to a person: the open alert, else the latest closed one."""
        return self._one(
            "recipient = ? AND number = ? ORDER BY state = 'closed', id DESC LIMIT 1",
            (person, number),
        )

    def by_quote(self, account: str, message_id: str, person: int) -> Alert | None:
        """Return the alert that a message of ours told a person."""
        row = self._connection.execute(
            "SELECT ref FROM outbox WHERE message_id = ? AND account = ? AND ref LIKE 'alert:%'",
            (message_id, account),
        ).fetchone()
        alert = row and self.get(int(row[0].split(":")[1]))
        return alert if alert and alert.recipient == person else None

    def open_of(self, person: int) -> Sequence[Alert]:
        """Return the alerts a person still has to decide, by number."""
        return self._where("recipient = ? AND state <> 'closed' ORDER BY number", (person,))

    def open_in(self, group: int) -> Sequence[Alert]:
        """Return the open alerts of a group, by id."""
        return self._where("group_id = ? AND state <> 'closed' ORDER BY id", (group,))

    def merging(
        self, *, group: int, rule: str, sender: str, recipient: int, since: datetime
    ) -> Alert | None:
        """Return the alert into which another finding merges: open, and no recall under way."""
        return self._one(
            "group_id = ? AND sender_index = ? AND rule = ? AND state IN ('held', 'open')"
            " AND recipient = ? AND source IS NULL AND opened_at > ? ORDER BY id DESC LIMIT 1",
            (group, self._index(sender), rule, recipient, to_micros(since)),
        )

    def family(self, alert: Alert) -> Sequence[Alert]:
        """Return an alert, its source and its escalations."""
        root = alert.source or alert.id
        return self._where("id = ?1 OR source = ?1 ORDER BY id", (root,))

    def held(self) -> Sequence[Alert]:
        """Return what waits for a digest, by recipient and number."""
        return self._where("state = 'held' ORDER BY recipient, number", ())

    def told_since(self, person: int, since: datetime) -> int:
        """Return how many alerts a person was sent one by one since a moment."""
        return int(
            self._connection.execute(
                "SELECT count(*) FROM alerts WHERE recipient = ? AND told_at > ?"
                " AND severity >= ? AND NOT caught_up",
                (person, to_micros(since), int(Severity.HIGH)),
            ).fetchone()[0]
        )

    def on_message(self, group: int, message_id: str) -> Sequence[Alert]:
        """Return the alerts that a message is part of."""
        return self._where(
            "id IN (SELECT alert FROM findings WHERE group_id = ? AND message_id = ?)"
            " OR source IN (SELECT alert FROM findings WHERE group_id = ? AND message_id = ?)"
            " ORDER BY id",
            (group, message_id, group, message_id),
        )

    def against(self, platform: str, sender: str) -> Sequence[Alert]:
        """Return the first alerts about one sender, newest first."""
        return self._where(
            "sender_index = ? AND source IS NULL"
            " AND group_id IN (SELECT id FROM groups WHERE platform = ?) ORDER BY id DESC",
            (self._index(sender), platform),
        )

    def save(self, alert: Alert) -> None:
        """Keep an alert as it now is."""
        self._connection.execute(
            f"INSERT INTO alerts ({_COLUMNS}) VALUES ({', '.join('?' * 25)})"
            " ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, state = excluded.state,"
            " count = excluded.count, told_at = excluded.told_at, due_at = excluded.due_at,"
            " decision = excluded.decision, decided_by = excluded.decided_by,"
            " decided_at = excluded.decided_at, reason_sealed = excluded.reason_sealed",
            (
                alert.id,
                alert.group,
                alert.rule,
                alert.topic.value,
                int(alert.severity),
                self._seal.seal(alert.sender, place=f"alerts.sender:{alert.id}"),
                self._index(alert.sender),
                self._seal.seal(alert.sender_card, place=f"alerts.card:{alert.id}"),
                alert.recipient,
                alert.tier.value,
                alert.number,
                alert.state.value,
                to_micros(alert.opened_at),
                to_micros(alert.first_posted_at),
                alert.count,
                alert.message_id,
                " ".join(alert.clauses),
                alert.source,
                alert.caught_up,
                maybe_micros(alert.told_at),
                maybe_micros(alert.due_at),
                alert.decision and alert.decision.value,
                alert.decided_by,
                maybe_micros(alert.decided_at),
                self._seal.seal(alert.reason, place=f"alerts.reason:{alert.id}")
                if alert.reason
                else None,
            ),
        )

    def next_appeal_id(self) -> int:
        """Return the id that the next appeal will have."""
        return self._next("appeals")

    def appeals_of(self, alert: int) -> Sequence[Appeal]:
        """Return the appeals about an alert."""
        rows = self._connection.execute(
            "SELECT id, alert, sender_sealed, text_sealed, made_at, state FROM appeals"
            " WHERE alert = ? ORDER BY id",
            (alert,),
        ).fetchall()
        return [
            Appeal(
                id=number,
                alert=of_alert,
                sender=self._seal.unseal(sender, place=f"appeals.sender:{number}"),
                text=self._seal.unseal(text, place=f"appeals.text:{number}"),
                made_at=from_micros(made_at),
                state=AppealState(state),
            )
            for number, of_alert, sender, text, made_at, state in rows
        ]

    def save_appeal(self, appeal: Appeal) -> None:
        """Keep an appeal as it now is."""
        self._connection.execute(
            "INSERT INTO appeals VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state",
            (
                appeal.id,
                appeal.alert,
                self._seal.seal(appeal.sender, place=f"appeals.sender:{appeal.id}"),
                self._seal.seal(appeal.text, place=f"appeals.text:{appeal.id}"),
                to_micros(appeal.made_at),
                appeal.state.value,
            ),
        )

    def _index(self, sender: str) -> bytes:
        return self._seal.index(sender, place="alerts.sender")

    def _next(self, table: str) -> int:
        return int(
            self._connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0]
        )

    def _one(self, condition: str, values: tuple[object, ...]) -> Alert | None:
        found = self._where(condition, values)
        return found[0] if found else None

    def _where(self, condition: str, values: tuple[object, ...]) -> list[Alert]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM alerts WHERE {condition}", values
        ).fetchall()
        return [self._alert(row) for row in rows]

    def _alert(self, row: Row) -> Alert:
        (
            number, group, rule, topic, severity, sender, _, card, recipient, tier, series, state,
            opened_at, first_posted_at, count, message_id, clauses, source, caught_up, told_at,
            due_at, decision, decided_by, decided_at, reason,
        ) = row  # fmt: skip
        return Alert(
            id=number,
            group=group,
            rule=rule,
            topic=Topic(topic),
            severity=Severity(severity),
            sender=self._seal.unseal(sender, place=f"alerts.sender:{number}"),
            sender_card=self._seal.unseal(card, place=f"alerts.card:{number}"),
            recipient=recipient,
            tier=Role(tier),
            number=series,
            state=AlertState(state),
            opened_at=from_micros(opened_at),
            first_posted_at=from_micros(first_posted_at),
            count=count,
            message_id=message_id,
            clauses=tuple(clauses.split()),
            source=source,
            caught_up=bool(caught_up),
            told_at=maybe_moment(told_at),
            due_at=maybe_moment(due_at),
            decision=Decision(decision) if decision else None,
            decided_by=decided_by,
            decided_at=maybe_moment(decided_at),
            reason=self._seal.unseal(reason, place=f"alerts.reason:{number}") if reason else "",
        )

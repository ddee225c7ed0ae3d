"""Findings: what a rule flagged, with a sealed excerpt unless the matter is classified."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from bot.model.finding import Finding, Judgement, Mode, Severity, Span, Topic, Why
from bot.model.port import Seal
from storage.codec import from_micros, maybe_moment, to_micros
from storage.database import Connection, Row

_COLUMNS = (
    "id, group_id, account, message_id, sender_sealed, card_sealed, posted_at, found_at, rule,"
    " version, topic, severity, clauses, spans, why, mode, excerpt_sealed, excerpt_start,"
    " caught_up, judgement, alert, recalled_at"
)


class SqliteFindings:
    """The findings of every group."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def add(self, finding: Finding) -> Finding | None:
        """Keep a finding and return it with its id; None when it stands there already."""
        number = self._connection.execute(
            "SELECT coalesce(max(id), 0) + 1 FROM findings"
        ).fetchone()[0]
        finding = replace(finding, id=number)
        cursor = self._connection.execute(
            f"INSERT INTO findings ({_COLUMNS}) VALUES ({', '.join('?' * 22)})"
            " ON CONFLICT DO NOTHING",
            (
                number,
                finding.group,
                finding.account,
                finding.message_id,
                self._seal.seal(finding.sender, place=f"findings.sender:{number}"),
                self._seal.seal(finding.sender_card, place=f"findings.card:{number}"),
                to_micros(finding.posted_at),
                to_micros(finding.found_at),
                finding.rule,
                finding.version,
                finding.topic.value,
                int(finding.severity),
                " ".join(finding.clauses),
                _json([(span.start, span.end) for span in finding.spans]),
                _json((finding.why.signals, finding.why.foldings)),
                finding.mode.value,
                None
                if finding.excerpt is None
                else self._seal.seal(finding.excerpt, place=f"findings.excerpt:{number}"),
                finding.excerpt_start,
                finding.caught_up,
                finding.judgement.value,
                finding.alert,
                None,
            ),
        )
        return finding if cursor.rowcount == 1 else None

    def of_alert(self, alert: int) -> Sequence[Finding]:
        """Return the findings under an alert: those of its own rule first, each oldest first."""
        found = self._where("alert = ?", (alert,))
        row = self._connection.execute("SELECT rule FROM alerts WHERE id = ?", (alert,)).fetchone()
        return sorted(found, key=lambda each: row is not None and each.rule != row[0])

    def on_message(self, group: int, message_id: str) -> Sequence[Finding]:
        """Return the findings on one message."""
        return self._where("group_id = ? AND message_id = ?", (group, message_id))

    def recorded(self, rule: str | None = None) -> Sequence[Finding]:
        """Return the findings of one rule, or of all, oldest first."""
        return self._where("?1 IS NULL OR rule = ?1", (rule,))

    def tally(self, rule: str, since: datetime) -> Mapping[Judgement, int]:
        """Return how many findings of a rule since a moment were judged how."""
        rows = self._connection.execute(
            "SELECT judgement, count(*) FROM findings WHERE rule = ? AND found_at >= ?"
            " GROUP BY judgement",
            (rule, to_micros(since)),
        ).fetchall()
        return {Judgement(judgement): count for judgement, count in rows}

    def attach(self, findings: Sequence[int], alert: int) -> None:
        """Put findings under an alert."""
        self._connection.executemany(
            "UPDATE findings SET alert = ? WHERE id = ?", [(alert, number) for number in findings]
        )

    def judge(self, alert: int, judgement: Judgement) -> None:
        """Keep what a person decided about the findings of an alert."""
        self._connection.execute(
            "UPDATE findings SET judgement = ? WHERE alert = ?", (judgement.value, alert)
        )

    def mark_recalled(self, group: int, message_id: str, now: datetime) -> None:
        """Keep that a message is gone from its group."""
        self._connection.execute(
            "UPDATE findings SET recalled_at = ?"
            " WHERE group_id = ? AND message_id = ? AND recalled_at IS NULL",
            (to_micros(now), group, message_id),
        )

    def expire_excerpts(self, before: datetime) -> int:
        """Forget the excerpts of alerts closed before a moment, and observed ones as old."""
        return int(
            self._connection.execute(
                "UPDATE findings SET excerpt_sealed = NULL WHERE excerpt_sealed IS NOT NULL AND ("
                " alert IN (SELECT id FROM alerts WHERE state = 'closed' AND decided_at < ?1)"
                " OR (alert IS NULL AND found_at < ?1))",
                (to_micros(before),),
            ).rowcount
        )

    def _where(self, condition: str, values: tuple[object, ...]) -> list[Finding]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM findings WHERE {condition} ORDER BY id", values
        ).fetchall()
        return [self._finding(row) for row in rows]

    def _finding(self, row: Row) -> Finding:
        (
            number, group, account, message_id, sender, card, posted_at, found_at, rule, version,
            topic, severity, clauses, spans, why, mode, excerpt, excerpt_start, caught_up,
            judgement, alert, recalled_at,
        ) = row  # fmt: skip
        signals, foldings = msgspec.json.decode(why)
        return Finding(
            id=number,
            group=group,
            account=account,
            message_id=message_id,
            sender=self._seal.unseal(sender, place=f"findings.sender:{number}"),
            sender_card=self._seal.unseal(card, place=f"findings.card:{number}"),
            posted_at=from_micros(posted_at),
            found_at=from_micros(found_at),
            rule=rule,
            version=version,
            topic=Topic(topic),
            severity=Severity(severity),
            clauses=tuple(clauses.split()),
            spans=tuple(Span(start=start, end=end) for start, end in msgspec.json.decode(spans)),
            why=Why(signals=tuple(signals), foldings=tuple(foldings)),
            mode=Mode(mode),
            excerpt=excerpt and self._seal.unseal(excerpt, place=f"findings.excerpt:{number}"),
            excerpt_start=excerpt_start,
            caught_up=bool(caught_up),
            judgement=Judgement(judgement),
            alert=alert,
            recalled_at=maybe_moment(recalled_at),
        )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

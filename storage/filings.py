"""Filings, their changes, the editions of their forms and their histories; what names people is sealed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from bot.model.filing import (
    ChangeKind,
    ChangeState,
    Content,
    Deed,
    Edition,
    Filing,
    FilingState,
    FilingStep,
    GroupChange,
    Noticed,
    Way,
)
from bot.model.port import Seal
from storage.codec import from_micros, maybe_micros, maybe_moment, to_micros, to_text
from storage.database import Connection, Row

_COLUMNS = (
    "id, group_id, state, opened_at, starts_at, due_on, provisional, rule, edition, content_hash,"
    " formed_at, approved_by, approved_at, way, message_id, tries, sent_at, document_hash, receipt,"
    " reason_sealed, overdue_at, closed_at"
)
_KEPT = ("id", "group_id", "opened_at")
_SAVE = (
    f"INSERT INTO filings ({_COLUMNS}) VALUES ({', '.join('?' * 22)}) ON CONFLICT (id) DO UPDATE"
    f" SET {', '.join(f'{c} = excluded.{c}' for c in _COLUMNS.split(', ') if c not in _KEPT)}"
)
_CHANGE = (
    "filing, number, group_id, kind, before_sealed, after_sealed, earliest_at, latest_at,"
    " noticed_at, how, state, decided_by, decided_at, reason_sealed"
)
_SAVE_CHANGE = (
    f"INSERT INTO filing_changes ({_CHANGE}) VALUES ({', '.join('?' * 14)})"
    " ON CONFLICT (filing, number) DO UPDATE SET earliest_at = excluded.earliest_at,"
    " state = excluded.state, decided_by = excluded.decided_by, decided_at = excluded.decided_at,"
    " reason_sealed = excluded.reason_sealed"
)


class SqliteFilings:
    """The filings of every group."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    def get(self, filing: int) -> Filing | None:
        """Return a filing."""
        return self._one("id = ?", (filing,))

    def next_id(self) -> int:
        """Return the id that the next filing will have."""
        return int(
            self._connection.execute("SELECT coalesce(max(id), 0) + 1 FROM filings").fetchone()[0]
        )

    def forming(self, group: int) -> Filing | None:
        """Return the filing of a group whose form is not made, which the next change joins."""
        return self._one(
            "group_id = ? AND closed_at IS NULL AND state IN ('noticed', 'confirmed')"
            " ORDER BY id DESC LIMIT 1",
            (group,),
        )

    def open_of_group(self, group: int) -> Sequence[Filing]:
        """Return a group's filings that have to be done, by id."""
        return self._where("group_id = ? AND closed_at IS NULL ORDER BY id", (group,))

    def open_of(self, person: int) -> Sequence[Filing]:
        """Return the open filings of the groups in which a person has a role, by id."""
        return self._where(
            "closed_at IS NULL AND group_id IN (SELECT group_id FROM roles WHERE person = ?)"
            " ORDER BY id",
            (person,),
        )

    def open(self) -> Sequence[Filing]:
        """Return the filings that have to be done, by last day and id."""
        return self._where("closed_at IS NULL ORDER BY due_on, id", ())

    def overdue(self, on: date) -> Sequence[Filing]:
        """Return the open filings whose last day is before a day, oldest first."""
        return self._where(
            "closed_at IS NULL AND due_on < ? ORDER BY due_on, id", (on.isoformat(),)
        )

    def due_between(self, first: date, last: date) -> Sequence[Filing]:
        """Return the open filings whose last day lies between two days, both included."""
        return self._where(
            "closed_at IS NULL AND due_on BETWEEN ? AND ? ORDER BY due_on, id",
            (first.isoformat(), last.isoformat()),
        )

    def in_state(self, *states: FilingState) -> Sequence[Filing]:
        """Return the filings in some states, by id."""
        return self._where(
            f"state IN ({', '.join('?' * len(states))}) ORDER BY id",
            tuple(each.value for each in states),
        )

    def of_group(self, group: int) -> Sequence[Filing]:
        """Return every filing of a group, oldest first."""
        return self._where("group_id = ? ORDER BY id", (group,))

    def latest(self, group: int) -> Filing | None:
        """Return a group's latest filing."""
        return self._one("group_id = ? ORDER BY id DESC LIMIT 1", (group,))

    def latest_of_each(self) -> Mapping[int, Filing]:
        """Return every group's latest filing."""
        found = self._where("id IN (SELECT max(id) FROM filings GROUP BY group_id)", ())
        return {each.group: each for each in found}

    def all(self, since: datetime | None = None) -> Sequence[Filing]:
        """Return every filing, or those opened since a moment, by id."""
        if since is None:
            return self._where("TRUE ORDER BY id", ())
        return self._where("opened_at >= ? ORDER BY id", (to_micros(since),))

    def changes(self, filing: int) -> Sequence[GroupChange]:
        """Return the changes of a filing, by number."""
        rows = self._connection.execute(
            f"SELECT {_CHANGE} FROM filing_changes WHERE filing = ? ORDER BY number", (filing,)
        ).fetchall()
        return [self._change(row) for row in rows]

    def edition(self, filing: int, number: int) -> Edition | None:
        """Return an edition of a filing's form; one whose term is over says nothing any more."""
        found = self._editions("filing = ? AND number = ?", (filing, number))
        return found[0] if found else None

    def editions(self, filing: int) -> Sequence[Edition]:
        """Return the editions of a filing's form, oldest first."""
        return self._editions("filing = ? ORDER BY number", (filing,))

    def steps(self, filing: int) -> Sequence[FilingStep]:
        """Return a filing's history, oldest first."""
        rows = self._connection.execute(
            "SELECT at, deed, done_by, detail_sealed FROM filing_steps WHERE filing = ? ORDER BY id",
            (filing,),
        ).fetchall()
        return [
            FilingStep(
                filing=filing,
                at=from_micros(at),
                deed=Deed(deed),
                by=by,
                detail=self._plain("filing_steps.detail", filing, detail),
            )
            for at, deed, by, detail in rows
        ]

    def save(self, filing: Filing) -> None:
        """Keep a filing as it now is."""
        self._connection.execute(
            _SAVE,
            (
                filing.id,
                filing.group,
                filing.state.value,
                to_micros(filing.opened_at),
                to_micros(filing.starts_at),
                filing.due_on.isoformat(),
                filing.provisional,
                filing.rule,
                filing.edition,
                filing.content_hash,
                maybe_micros(filing.formed_at),
                filing.approved_by,
                maybe_micros(filing.approved_at),
                filing.way and filing.way.value,
                filing.message_id,
                filing.tries,
                maybe_micros(filing.sent_at),
                filing.document_hash,
                filing.receipt,
                self._sealed("filings.reason", filing.id, filing.reason),
                maybe_micros(filing.overdue_at),
                maybe_micros(filing.closed_at),
            ),
        )

    def save_changes(self, changes: Sequence[GroupChange]) -> None:
        """Keep changes as they now are."""
        self._connection.executemany(_SAVE_CHANGE, [self._values(each) for each in changes])

    def keep_edition(self, edition: Edition) -> None:
        """Keep an edition of a form; one that is kept is never changed."""
        place = f"{edition.filing}:{edition.number}"
        text = to_text(edition.content)
        self._connection.execute(
            "INSERT INTO filing_editions (filing, number, content_sealed, content_hash, made_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                edition.filing,
                edition.number,
                self._seal.seal(text, place=f"filing_editions.content:{place}"),
                edition.content_hash,
                to_micros(edition.made_at),
            ),
        )

    def keep_step(self, step: FilingStep) -> None:
        """Keep a line of a filing's history."""
        self._connection.execute(
            "INSERT INTO filing_steps (filing, at, deed, done_by, detail_sealed)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                step.filing,
                to_micros(step.at),
                step.deed.value,
                step.by,
                self._sealed("filing_steps.detail", step.filing, step.detail),
            ),
        )

    def expire(self, before: datetime) -> int:
        """Forget what filings closed before a moment say; return how many editions went.

        Numbers, states, dates, hashes and receipts stay.
        """
        old = "SELECT id FROM filings WHERE closed_at < ?"
        texts = "before_sealed = NULL, after_sealed = NULL, reason_sealed = NULL"
        changes = f"UPDATE filing_changes SET {texts} WHERE filing IN ({old})"
        steps = f"UPDATE filing_steps SET detail_sealed = NULL WHERE filing IN ({old})"
        editions = f"DELETE FROM filing_editions WHERE filing IN ({old})"
        filings = "UPDATE filings SET reason_sealed = NULL WHERE closed_at < ?"
        for statement in (filings, changes, steps, editions):
            count = self._connection.execute(statement, (to_micros(before),)).rowcount
        return count

    def _values(self, change: GroupChange) -> Row:
        place = f"{change.filing}:{change.number}"
        return (
            change.filing,
            change.number,
            change.group,
            change.kind.value,
            self._seal.seal(change.before, place=f"filing_changes.before:{place}"),
            self._seal.seal(change.after, place=f"filing_changes.after:{place}"),
            to_micros(change.earliest_at),
            to_micros(change.latest_at),
            to_micros(change.noticed_at),
            change.how.value,
            change.state.value,
            change.decided_by,
            maybe_micros(change.decided_at),
            self._sealed("filing_changes.reason", place, change.reason),
        )

    def _change(self, row: Row) -> GroupChange:
        (
            filing, number, group, kind, before, after, earliest_at, latest_at, noticed_at, how,
            state, decided_by, decided_at, reason,
        ) = row  # fmt: skip
        place = f"{filing}:{number}"
        return GroupChange(
            filing=filing,
            number=number,
            group=group,
            kind=ChangeKind(kind),
            before=self._plain("filing_changes.before", place, before),
            after=self._plain("filing_changes.after", place, after),
            earliest_at=from_micros(earliest_at),
            latest_at=from_micros(latest_at),
            noticed_at=from_micros(noticed_at),
            how=Noticed(how),
            state=ChangeState(state),
            decided_by=decided_by,
            decided_at=maybe_moment(decided_at),
            reason=self._plain("filing_changes.reason", place, reason),
        )

    def _editions(self, condition: str, values: tuple[object, ...]) -> list[Edition]:
        rows = self._connection.execute(
            "SELECT filing, number, content_sealed, made_at FROM filing_editions"
            f" WHERE {condition}",
            values,
        ).fetchall()
        return [
            Edition(
                filing=filing,
                number=number,
                content=_content(
                    self._seal.unseal(content, place=f"filing_editions.content:{filing}:{number}")
                ),
                made_at=from_micros(made_at),
            )
            for filing, number, content, made_at in rows
        ]

    def _sealed(self, column: str, row: object, text: str) -> bytes | None:
        return self._seal.seal(text, place=f"{column}:{row}") if text else None

    def _plain(self, column: str, row: object, sealed: bytes | None) -> str:
        return self._seal.unseal(sealed, place=f"{column}:{row}") if sealed else ""

    def _one(self, condition: str, values: tuple[object, ...]) -> Filing | None:
        found = self._where(condition, values)
        return found[0] if found else None

    def _where(self, condition: str, values: tuple[object, ...]) -> list[Filing]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM filings WHERE {condition}", values
        ).fetchall()
        return [self._filing(row) for row in rows]

    def _filing(self, row: Row) -> Filing:
        (
            number, group, state, opened_at, starts_at, due_on, provisional, rule, edition,
            content_hash, formed_at, approved_by, approved_at, way, message_id, tries, sent_at,
            document_hash, receipt, reason, overdue_at, closed_at,
        ) = row  # fmt: skip
        return Filing(
            id=number,
            group=group,
            state=FilingState(state),
            opened_at=from_micros(opened_at),
            starts_at=from_micros(starts_at),
            due_on=date.fromisoformat(due_on),
            provisional=bool(provisional),
            rule=rule,
            edition=edition,
            content_hash=content_hash,
            formed_at=maybe_moment(formed_at),
            approved_by=approved_by,
            approved_at=maybe_moment(approved_at),
            way=Way(way) if way else None,
            message_id=message_id,
            tries=tries,
            sent_at=maybe_moment(sent_at),
            document_hash=document_hash,
            receipt=receipt,
            reason=self._plain("filings.reason", number, reason),
            overdue_at=maybe_moment(overdue_at),
            closed_at=maybe_moment(closed_at),
        )


def _content(text: str) -> Content:
    return msgspec.json.decode(text, type=dict[str, str | list[dict[str, str]]])

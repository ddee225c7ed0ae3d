"""The running series of numbers (1-999) by which a person answers: one for all that waits for him."""

from collections.abc import Iterator, Sequence

from storage.database import Connection

_SERIES = 999
_TAKEN = (
    "SELECT number FROM alerts WHERE recipient = ?1 AND state <> 'closed'"
    " UNION SELECT number FROM join_requests WHERE recipient = ?1 AND state = 'open'"
    " UNION SELECT i.number FROM weekly_audits a JOIN audit_items i ON i.audit = a.id"
    " WHERE a.recipient = ?1 AND a.closed_at IS NULL"
)
_IS_TAKEN = (
    "SELECT 1 FROM alerts WHERE recipient = ?1 AND number = ?2 AND state <> 'closed'"
    " UNION ALL SELECT 1 FROM join_requests WHERE recipient = ?1 AND number = ?2"
    " AND state = 'open'"
    " UNION ALL SELECT 1 FROM weekly_audits a JOIN audit_items i ON i.audit = a.id"
    " WHERE a.recipient = ?1 AND a.closed_at IS NULL AND i.number = ?2 LIMIT 1"
)
_LATEST = (
    "SELECT number FROM ("
    "SELECT * FROM (SELECT opened_at AS at, number FROM alerts WHERE recipient = ?1"
    " ORDER BY id DESC LIMIT 1) UNION ALL "
    "SELECT * FROM (SELECT asked_at, number FROM join_requests WHERE recipient = ?1"
    " ORDER BY id DESC LIMIT 1) UNION ALL "
    "SELECT * FROM (SELECT a.drawn_at, i.number FROM weekly_audits a JOIN audit_items i"
    " ON i.audit = a.id WHERE a.recipient = ?1 ORDER BY i.id DESC LIMIT 1)"
    ") ORDER BY at DESC LIMIT 1"
)


def free_numbers(
    connection: Connection, person: int, count: int, *, leave: int = 0
) -> Sequence[int]:
    """Return up to `count` free numbers of a person's series, so that `leave` others stay free.

    The series runs on after the last number given; what still waits keeps its number.
    """
    taken = {number for (number,) in connection.execute(_TAKEN, (person,))}
    free = [number for number in _series(connection, person) if number not in taken]
    return free[: max(0, min(count, len(free) - leave))]


def next_free(connection: Connection, person: int) -> int | None:
    """Return the next free number of a person's series, None if all are taken.

    Asked for each alert: what waits already must not make it dearer.
    """
    for number in _series(connection, person):
        if connection.execute(_IS_TAKEN, (person, number)).fetchone() is None:
            return number
    return None


def _series(connection: Connection, person: int) -> Iterator[int]:
    row = connection.execute(_LATEST, (person,)).fetchone()
    last = row[0] if row else 0
    for step in range(_SERIES):
        yield (last + step) % _SERIES + 1

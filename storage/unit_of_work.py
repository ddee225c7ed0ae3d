"""One transaction over every table."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.model.port import Seal
from storage.alerts import SqliteAlerts
from storage.audit import SqliteAudit
from storage.codes import SqliteCodes
from storage.data_requests import SqliteDataRequests
from storage.database import Connection
from storage.dialogues import SqliteDialogues
from storage.filings import SqliteFilings
from storage.findings import SqliteFindings
from storage.groups import SqliteGroups
from storage.inbox import SqliteInbox
from storage.joins import SqliteJoinRequests
from storage.members import SqliteMembers
from storage.outbox import SqliteOutbox
from storage.people import SqlitePeople
from storage.phrases import SqlitePhrases
from storage.timers import SqliteDuties, SqliteTimers
from storage.weekly_audits import SqliteWeeklyAudits


class UnitOfWork:
    """Every table over one connection; used by one thread."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self.connection = connection
        self.people = SqlitePeople(connection, seal)
        self.groups = SqliteGroups(connection, seal, self.people)
        self.members = SqliteMembers(connection, seal, self.groups, self.people)
        self.codes = SqliteCodes(connection, seal, self.people)
        self.joins = SqliteJoinRequests(connection, seal)
        self.audits = SqliteWeeklyAudits(connection, seal)
        self.requests = SqliteDataRequests(connection, seal)
        self.filings = SqliteFilings(connection, seal)
        self.findings = SqliteFindings(connection, seal)
        self.alerts = SqliteAlerts(connection, seal)
        self.phrases = SqlitePhrases(connection, seal)
        self.inbox = SqliteInbox(connection, seal)
        self.outbox = SqliteOutbox(connection, seal)
        self.timers = SqliteTimers(connection)
        self.duties = SqliteDuties(connection, seal)
        self.dialogues = SqliteDialogues(connection, seal)
        self.audit = SqliteAudit(connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all within at once; undo everything when it raises."""
        # IMMEDIATE: a deferred transaction that reads and then writes can lose to BUSY.
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.audit.mark_end()
            self.connection.execute("COMMIT")
            self.groups.committed()
            self.people.committed()
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self.groups.undone()
            self.people.forget_read()
            raise

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is within when it raises; the transaction around it goes on."""
        self.connection.execute("SAVEPOINT event")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK TO event")
                self.connection.execute("RELEASE event")
            self.groups.forget_read()
            self.people.forget_read()
            raise
        self.connection.execute("RELEASE event")

"""The schema, step by step; append only: a step that was released is never edited.

All tables are STRICT. Times are integers: microseconds since 1970 in UTC. Columns that end in
`_sealed` hold what the vault sealed for `table.column:key`; `_index` columns hold keyed hashes.
"""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

MIGRATIONS = Migrations("qungui")


@MIGRATIONS()
def m001_spine(db: Database) -> None:
    """Create registers, messages seen, findings, alerts, primitives, coverage and audit."""
    for statement in _M001:
        db.execute(statement)


@MIGRATIONS()
def m002_real_names(db: Database) -> None:
    """Create the roster, members, codes, requests to join, weekly audits and data requests."""
    for statement in _M002:
        db.execute(statement)


@MIGRATIONS()
def m003_filings(db: Database) -> None:
    """Create filings, their changes, editions and histories, and what the register lacked."""
    for statement in _M003:
        db.execute(statement)


_M001 = (
    """CREATE TABLE people (
        id INTEGER PRIMARY KEY,
        name_sealed BLOB NOT NULL,
        name_index BLOB NOT NULL,
        unit TEXT NOT NULL DEFAULT '',
        post TEXT NOT NULL DEFAULT '',
        enrolled_at INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX people_by_name ON people (name_index)",
    """CREATE TABLE accounts (
        platform TEXT NOT NULL,
        user_index BLOB NOT NULL,
        user_sealed BLOB NOT NULL,
        person INTEGER NOT NULL REFERENCES people (id),
        linked_at INTEGER NOT NULL,
        PRIMARY KEY (platform, user_index)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX accounts_by_person ON accounts (person, platform)",
    """CREATE TABLE groups (
        id INTEGER PRIMARY KEY,
        platform TEXT NOT NULL,
        platform_id TEXT NOT NULL,
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        unit TEXT NOT NULL DEFAULT '',
        purpose TEXT NOT NULL DEFAULT '',
        join_way TEXT NOT NULL DEFAULT '',
        rules TEXT NOT NULL DEFAULT '',
        approver_sealed BLOB NOT NULL,
        approved_on TEXT,
        state TEXT NOT NULL,
        registered_at INTEGER NOT NULL,
        trial_until TEXT,
        notice_version INTEGER NOT NULL DEFAULT 0,
        paused_until INTEGER,
        member_count INTEGER,
        standing TEXT,
        owner_sealed BLOB,
        drawn_at INTEGER,
        UNIQUE (platform, platform_id)
    ) STRICT""",
    "CREATE INDEX groups_by_account ON groups (account)",
    """CREATE TABLE roles (
        person INTEGER NOT NULL REFERENCES people (id),
        role TEXT NOT NULL,
        group_id INTEGER REFERENCES groups (id),
        since INTEGER NOT NULL,
        UNIQUE (person, role, group_id)
    ) STRICT""",
    "CREATE INDEX roles_by_group ON roles (group_id, role)",
    # Time comes first in the key: new rows lie at the end of the tree, old ones leave as a range.
    """CREATE TABLE messages (
        posted_at INTEGER NOT NULL,
        group_id INTEGER NOT NULL REFERENCES groups (id),
        account TEXT NOT NULL,
        message_id TEXT NOT NULL,
        PRIMARY KEY (posted_at, group_id, account, message_id)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE watermarks (
        group_id INTEGER PRIMARY KEY REFERENCES groups (id),
        message_id TEXT NOT NULL,
        posted_at INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE alerts (
        id INTEGER PRIMARY KEY,
        group_id INTEGER NOT NULL REFERENCES groups (id),
        rule TEXT NOT NULL,
        topic TEXT NOT NULL,
        severity INTEGER NOT NULL,
        sender_sealed BLOB NOT NULL,
        sender_index BLOB NOT NULL,
        card_sealed BLOB NOT NULL,
        recipient INTEGER NOT NULL REFERENCES people (id),
        tier TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 999),
        state TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        first_posted_at INTEGER NOT NULL,
        count INTEGER NOT NULL,
        message_id TEXT NOT NULL,
        clauses TEXT NOT NULL,
        source INTEGER REFERENCES alerts (id),
        caught_up INTEGER NOT NULL,
        told_at INTEGER,
        due_at INTEGER,
        decision TEXT,
        decided_by INTEGER REFERENCES people (id),
        decided_at INTEGER,
        reason_sealed BLOB
    ) STRICT""",
    "CREATE INDEX alerts_by_number ON alerts (recipient, number, id)",
    "CREATE UNIQUE INDEX alerts_open_number ON alerts (recipient, number) WHERE state <> 'closed'",
    "CREATE INDEX alerts_open ON alerts (group_id, sender_index, rule) WHERE state <> 'closed'",
    "CREATE INDEX alerts_by_sender ON alerts (sender_index, id)",
    "CREATE INDEX alerts_by_source ON alerts (source) WHERE source IS NOT NULL",
    "CREATE INDEX alerts_told ON alerts (recipient, told_at)",
    """CREATE TABLE findings (
        id INTEGER PRIMARY KEY,
        group_id INTEGER NOT NULL REFERENCES groups (id),
        account TEXT NOT NULL,
        message_id TEXT NOT NULL,
        sender_sealed BLOB NOT NULL,
        card_sealed BLOB NOT NULL,
        posted_at INTEGER NOT NULL,
        found_at INTEGER NOT NULL,
        rule TEXT NOT NULL,
        version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        severity INTEGER NOT NULL,
        clauses TEXT NOT NULL,
        spans TEXT NOT NULL,
        why TEXT NOT NULL,
        mode TEXT NOT NULL,
        excerpt_sealed BLOB,
        excerpt_start INTEGER NOT NULL,
        caught_up INTEGER NOT NULL,
        judgement TEXT NOT NULL,
        alert INTEGER REFERENCES alerts (id),
        recalled_at INTEGER,
        UNIQUE (group_id, account, message_id, rule, spans),
        CHECK (topic <> 'classified' OR excerpt_sealed IS NULL)
    ) STRICT""",
    "CREATE INDEX findings_by_alert ON findings (alert)",
    "CREATE INDEX findings_by_message ON findings (group_id, message_id)",
    """CREATE TABLE appeals (
        id INTEGER PRIMARY KEY,
        alert INTEGER NOT NULL REFERENCES alerts (id),
        sender_sealed BLOB NOT NULL,
        text_sealed BLOB NOT NULL,
        made_at INTEGER NOT NULL,
        state TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX appeals_by_alert ON appeals (alert)",
    """CREATE TABLE phrases (
        id INTEGER PRIMARY KEY,
        rule TEXT NOT NULL,
        phrase_sealed BLOB NOT NULL,
        phrase_index BLOB NOT NULL,
        proposed_by INTEGER NOT NULL REFERENCES people (id),
        agreed_by INTEGER NOT NULL REFERENCES people (id),
        agreed_at INTEGER NOT NULL,
        UNIQUE (rule, phrase_index),
        CHECK (proposed_by <> agreed_by)
    ) STRICT""",
    """CREATE TABLE unscreened (
        posted_at INTEGER NOT NULL,
        group_id INTEGER NOT NULL REFERENCES groups (id),
        account TEXT NOT NULL,
        message_id TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (posted_at, group_id, account, message_id, reason)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX unscreened_by_group ON unscreened (group_id)",
    """CREATE TABLE inbox (
        id INTEGER PRIMARY KEY,
        key TEXT UNIQUE,
        kind TEXT NOT NULL,
        body_sealed BLOB,
        state TEXT NOT NULL,
        arrived_at INTEGER NOT NULL,
        handled_at INTEGER,
        trouble TEXT
    ) STRICT""",
    "CREATE INDEX inbox_waiting ON inbox (id) WHERE state = 'waiting'",
    """CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        lane INTEGER NOT NULL,
        ref TEXT NOT NULL,
        kind TEXT NOT NULL,
        body_sealed BLOB,
        state TEXT NOT NULL,
        written_at INTEGER NOT NULL,
        sending_at INTEGER,
        settled_at INTEGER,
        message_id TEXT,
        reason TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX outbox_unsettled ON outbox (id) WHERE state IN ('waiting', 'sending')",
    "CREATE INDEX outbox_by_message ON outbox (message_id) WHERE message_id IS NOT NULL",
    "CREATE INDEX outbox_by_ref ON outbox (ref)",
    """CREATE TABLE timers (
        key TEXT PRIMARY KEY,
        due_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX timers_by_due ON timers (due_at)",
    """CREATE TABLE duties (
        job TEXT NOT NULL,
        slot_index BLOB NOT NULL,
        done_at INTEGER NOT NULL,
        PRIMARY KEY (job, slot_index)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE dialogues (
        person INTEGER NOT NULL REFERENCES people (id),
        kind TEXT NOT NULL,
        body_sealed BLOB NOT NULL,
        expires_at INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        PRIMARY KEY (person, kind)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE blind_intervals (
        id INTEGER PRIMARY KEY,
        group_id INTEGER NOT NULL REFERENCES groups (id),
        since INTEGER NOT NULL,
        until INTEGER,
        cause TEXT NOT NULL,
        caught_up INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    "CREATE UNIQUE INDEX blind_open ON blind_intervals (group_id) WHERE until IS NULL",
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        actor TEXT NOT NULL,
        deed TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL,
        before BLOB NOT NULL,
        hash BLOB NOT NULL
    ) STRICT""",
)

_M002 = (
    "ALTER TABLE people ADD COLUMN staff_sealed BLOB",
    "ALTER TABLE people ADD COLUMN staff_index BLOB",
    "ALTER TABLE people ADD COLUMN left_on TEXT",
    "ALTER TABLE people ADD COLUMN moved_on TEXT",
    "ALTER TABLE people ADD COLUMN former_unit TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE people ADD COLUMN on_roster INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE people ADD COLUMN identity_sealed BLOB",
    "ALTER TABLE people ADD COLUMN hold_sealed BLOB",
    "ALTER TABLE people ADD COLUMN erased_at INTEGER",
    "CREATE INDEX people_by_staff_number ON people (staff_index) WHERE staff_index IS NOT NULL",
    "CREATE INDEX people_by_leaving ON people (left_on) WHERE left_on IS NOT NULL",
    "CREATE INDEX people_with_identity ON people (id) WHERE identity_sealed IS NOT NULL",
    "ALTER TABLE accounts ADD COLUMN how TEXT NOT NULL DEFAULT 'register'",
    "ALTER TABLE accounts ADD COLUMN confirmed_by INTEGER REFERENCES people (id)",
    "ALTER TABLE accounts ADD COLUMN login TEXT",
    "ALTER TABLE accounts ADD COLUMN ended_at INTEGER",
    "CREATE INDEX accounts_by_login ON accounts (login) WHERE login IS NOT NULL",
    """CREATE TABLE looks (
        id INTEGER PRIMARY KEY,
        person INTEGER NOT NULL REFERENCES people (id),
        looker INTEGER REFERENCES people (id),
        reason_sealed BLOB NOT NULL,
        at INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX looks_by_person ON looks (person)",
    """CREATE TABLE members (
        group_id INTEGER NOT NULL REFERENCES groups (id),
        user_index BLOB NOT NULL,
        number INTEGER NOT NULL,
        user_sealed BLOB NOT NULL,
        shown_sealed BLOB NOT NULL,
        shown_index BLOB NOT NULL,
        standing TEXT NOT NULL,
        robot INTEGER NOT NULL,
        first_seen_at INTEGER NOT NULL,
        left_at INTEGER,
        asked_at INTEGER,
        due_on TEXT,
        PRIMARY KEY (group_id, user_index)
    ) STRICT, WITHOUT ROWID""",
    "CREATE UNIQUE INDEX members_number ON members (group_id, number) WHERE left_at IS NULL",
    "CREATE INDEX members_due ON members (due_on) WHERE due_on IS NOT NULL",
    "CREATE INDEX members_gone ON members (left_at) WHERE left_at IS NOT NULL",
    """CREATE TABLE member_lists (
        group_id INTEGER PRIMARY KEY REFERENCES groups (id),
        first_at INTEGER NOT NULL,
        drawn_at INTEGER NOT NULL,
        complete INTEGER NOT NULL,
        count INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE codes (
        person INTEGER PRIMARY KEY REFERENCES people (id),
        code_index BLOB NOT NULL,
        issued_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        used_at INTEGER
    ) STRICT""",
    """CREATE TABLE code_tries (
        id INTEGER PRIMARY KEY,
        user_index BLOB NOT NULL,
        person INTEGER REFERENCES people (id),
        at INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX code_tries_by_user ON code_tries (user_index, at)",
    "CREATE INDEX code_tries_by_person ON code_tries (person, at) WHERE person IS NOT NULL",
    """CREATE TABLE join_requests (
        id INTEGER PRIMARY KEY,
        group_id INTEGER NOT NULL REFERENCES groups (id),
        user_index BLOB NOT NULL,
        user_sealed BLOB NOT NULL,
        comment_sealed BLOB NOT NULL,
        flag_sealed BLOB NOT NULL,
        flag_index BLOB NOT NULL,
        recipient INTEGER REFERENCES people (id),
        number INTEGER NOT NULL,
        proposed INTEGER REFERENCES people (id),
        asked_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        decided_by INTEGER REFERENCES people (id),
        decided_at INTEGER,
        reason_sealed BLOB
    ) STRICT""",
    "CREATE INDEX join_requests_by_number ON join_requests (recipient, number, id)",
    "CREATE INDEX join_requests_by_flag ON join_requests (flag_index)",
    "CREATE INDEX join_requests_open ON join_requests (group_id) WHERE state = 'open'",
    """CREATE TABLE weekly_audits (
        id INTEGER PRIMARY KEY,
        group_id INTEGER NOT NULL REFERENCES groups (id),
        week TEXT NOT NULL,
        state TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        drawn_at INTEGER,
        members INTEGER NOT NULL,
        complete INTEGER NOT NULL,
        recipient INTEGER REFERENCES people (id),
        due_at INTEGER,
        reminded_at INTEGER,
        escalated_at INTEGER,
        escalated_to INTEGER REFERENCES people (id),
        overdue_at INTEGER,
        answered_by INTEGER REFERENCES people (id),
        answered_at INTEGER,
        closed_at INTEGER,
        UNIQUE (group_id, week)
    ) STRICT""",
    "CREATE INDEX weekly_audits_by_week ON weekly_audits (week)",
    "CREATE INDEX weekly_audits_by_recipient ON weekly_audits (recipient)",
    "CREATE INDEX weekly_audits_open ON weekly_audits (id) WHERE closed_at IS NULL",
    """CREATE TABLE audit_items (
        id INTEGER PRIMARY KEY,
        audit INTEGER NOT NULL REFERENCES weekly_audits (id),
        number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 999),
        user_index BLOB NOT NULL,
        user_sealed BLOB,
        shown_sealed BLOB,
        reason TEXT NOT NULL,
        person INTEGER REFERENCES people (id),
        proposed TEXT NOT NULL,
        on_day TEXT,
        decision TEXT,
        note_sealed BLOB,
        decided_by INTEGER REFERENCES people (id),
        decided_at INTEGER,
        removal TEXT,
        removal_at INTEGER,
        UNIQUE (audit, number)
    ) STRICT""",
    "CREATE INDEX audit_items_by_user ON audit_items (user_index) WHERE decision = 'remove'",
    "CREATE INDEX audit_items_by_person ON audit_items (person) WHERE person IS NOT NULL",
    """CREATE TABLE data_requests (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        account TEXT NOT NULL,
        user_index BLOB NOT NULL,
        user_sealed BLOB NOT NULL,
        person INTEGER REFERENCES people (id),
        text_sealed BLOB NOT NULL,
        made_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        answer_sealed BLOB,
        closed_at INTEGER,
        closed_by INTEGER REFERENCES people (id)
    ) STRICT""",
    "CREATE INDEX data_requests_by_user ON data_requests (user_index)",
)

_M003 = (
    "ALTER TABLE groups ADD COLUMN contact_sealed BLOB",
    "ALTER TABLE groups ADD COLUMN opened_on TEXT",
    "ALTER TABLE groups ADD COLUMN filed_as TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE groups ADD COLUMN noted_scale TEXT",
    "ALTER TABLE groups ADD COLUMN noted_activity TEXT",
    # Apart from `groups`: written for all groups every ten minutes, read only when one has changed.
    """CREATE TABLE group_listed (
        group_id INTEGER PRIMARY KEY REFERENCES groups (id),
        at INTEGER NOT NULL
    ) STRICT""",
    # Days since 1970 in China; counted per group, never per person.
    """CREATE TABLE group_days (
        group_id INTEGER NOT NULL REFERENCES groups (id),
        day INTEGER NOT NULL,
        messages INTEGER NOT NULL,
        PRIMARY KEY (group_id, day)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE filings (
        id INTEGER PRIMARY KEY,
        group_id INTEGER NOT NULL REFERENCES groups (id),
        state TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        starts_at INTEGER NOT NULL,
        due_on TEXT NOT NULL,
        provisional INTEGER NOT NULL,
        rule TEXT NOT NULL,
        edition INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        formed_at INTEGER,
        approved_by INTEGER REFERENCES people (id),
        approved_at INTEGER,
        way TEXT,
        message_id TEXT NOT NULL,
        tries INTEGER NOT NULL,
        sent_at INTEGER,
        document_hash TEXT NOT NULL,
        receipt TEXT NOT NULL,
        reason_sealed BLOB,
        overdue_at INTEGER,
        closed_at INTEGER,
        CHECK ((closed_at IS NULL) = (state NOT IN ('received', 'withdrawn', 'dismissed')))
    ) STRICT""",
    "CREATE INDEX filings_by_group ON filings (group_id, id)",
    "CREATE INDEX filings_by_state ON filings (state, id)",
    "CREATE INDEX filings_open ON filings (group_id) WHERE closed_at IS NULL",
    "CREATE INDEX filings_due ON filings (due_on, id) WHERE closed_at IS NULL",
    """CREATE TABLE filing_changes (
        filing INTEGER NOT NULL REFERENCES filings (id),
        number INTEGER NOT NULL,
        group_id INTEGER NOT NULL REFERENCES groups (id),
        kind TEXT NOT NULL,
        before_sealed BLOB,
        after_sealed BLOB,
        earliest_at INTEGER NOT NULL,
        latest_at INTEGER NOT NULL,
        noticed_at INTEGER NOT NULL,
        how TEXT NOT NULL,
        state TEXT NOT NULL,
        decided_by INTEGER REFERENCES people (id),
        decided_at INTEGER,
        reason_sealed BLOB,
        PRIMARY KEY (filing, number),
        CHECK (earliest_at <= latest_at)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE filing_editions (
        filing INTEGER NOT NULL REFERENCES filings (id),
        number INTEGER NOT NULL,
        content_sealed BLOB NOT NULL,
        content_hash TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        PRIMARY KEY (filing, number)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE filing_steps (
        id INTEGER PRIMARY KEY,
        filing INTEGER NOT NULL REFERENCES filings (id),
        at INTEGER NOT NULL,
        deed TEXT NOT NULL,
        done_by INTEGER REFERENCES people (id),
        detail_sealed BLOB
    ) STRICT""",
    "CREATE INDEX filing_steps_by_filing ON filing_steps (filing, id)",
    # Several codes of one person: one for each login, where ids of people change with it.
    """CREATE TABLE codes_of_people (
        person INTEGER NOT NULL REFERENCES people (id),
        code_index BLOB NOT NULL,
        issued_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        used_at INTEGER,
        PRIMARY KEY (person, code_index)
    ) STRICT""",
    "INSERT INTO codes_of_people SELECT * FROM codes",
    "DROP TABLE codes",
    "ALTER TABLE codes_of_people RENAME TO codes",
)

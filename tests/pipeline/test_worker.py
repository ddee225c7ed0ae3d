"""The worker: one commit per batch, repeats change nothing, a fault undoes only its own event."""

import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.action import (
    Action,
    Append,
    PutFile,
    Record,
    RenameGroup,
    SaveAlert,
    SayInGroup,
    SayPrivately,
    Wake,
)
from bot.model.errors import BotError
from bot.model.event import (
    CommandGiven,
    DutyDue,
    Event,
    FilingCarried,
    FindingsMade,
    GroupRegistered,
    GroupRenamed,
    GroupSubmitted,
    MessagePosted,
    MessageRecalled,
    OfficeRoleGiven,
    OutcomeState,
    OutgoingSettled,
    PersonNamed,
    ScreeningReturned,
    TimerDue,
)
from bot.model.filing import Document
from bot.model.message import Attachment, AttachmentKind
from bot.pipeline.screen import Screened, SlowScreening
from bot.pipeline.worker import Arrived, Ask, SendingBegins, SendingEnded, Tick
from bot.plugin import Context, Workflow, daily, every, on, weekly
from bot.screening.engine import LONG_TEXT
from storage.database import open_store
from tests.pipeline.desk import (
    ACCOUNT,
    GAMBLING,
    GROUP,
    MEMBER,
    MORNING,
    OWNER,
    PLACE,
    Desk,
    furnish,
    sit_down,
)

SECRET = "请按机密★10年的那份办"
MOBILE = "王大明的手机是13812345678，有事打他"


def says(deed: str):
    """Return a handler that leaves an audit row and a letter."""

    def handle(context: Context, event: Event) -> Iterator[Action]:
        yield Record(actor="bot", deed=deed, subject="x")
        yield SayInGroup(account=ACCOUNT, group=PLACE, text=deed)

    return handle


def raises(context: Context, event: Event) -> Iterator[Action]:
    """Leave something and then be a bug."""
    yield Record(actor="bot", deed="half done", subject="x")
    yield SayInGroup(account=ACCOUNT, group=PLACE, text="half done")
    raise ZeroDivisionError


def deeds(desk: Desk) -> list[str]:
    return [record.deed for _, record in reversed(desk.records.audit.latest(100))]


def renamed(name: str = "新名字") -> GroupRenamed:
    return GroupRenamed(at=MORNING, account=ACCOUNT, group=PLACE, name=name)


def story(desk: Desk) -> dict[str, object]:
    """Return what the store holds, readable, without what differs from run to run."""
    records = desk.records
    return {
        "messages": records.connection.execute("SELECT * FROM messages ORDER BY 3").fetchall(),
        "unscreened": records.connection.execute("SELECT * FROM unscreened ORDER BY 3").fetchall(),
        "findings": [
            found
            for (message,) in records.connection.execute(
                "SELECT DISTINCT message_id FROM findings ORDER BY id"
            ).fetchall()
            for found in records.findings.on_message(GROUP, message)
        ],
        "alerts": [records.alerts.open_of(person) for person in range(1, 5)],
        "audit": [record for _, record in records.audit.latest(1000)],
        "outbox": records.outbox.unsettled(),
        "timers": records.connection.execute("SELECT * FROM timers ORDER BY 1").fetchall(),
        "failures": records.inbox.failures(),
        "sent": desk.sent,
    }


class CountingConnection:
    """A connection that counts the commits, and refuses them while it is `full`."""

    def __init__(self, path: Path) -> None:
        self._connection = open_store(path)
        self.commits = 0
        self.broken = ""

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def execute(self, sql, *values):
        """Count, refuse, or run a statement."""
        self.commits += sql == "COMMIT"
        if self.broken and sql.startswith(self.broken):
            raise ZeroDivisionError(sql)
        return self._connection.execute(sql, *values)


def test_a_batch_is_one_commit(desk_with, tmp_path):
    connection = CountingConnection(tmp_path / "qungui.db")
    desk = desk_with(connection=connection)
    before = connection.commits

    desk.take(
        *(desk.posted(number, GAMBLING) for number in range(20)),
        CommandGiven(at=MORNING, account=ACCOUNT, user=OWNER, text="待办"),
    )

    assert connection.commits == before + 1
    assert desk.records.alerts.open_of(1)


def test_letters_are_handed_on_only_after_the_commit(desk_with, tmp_path):
    connection = CountingConnection(tmp_path / "qungui.db")
    desk = desk_with(connection=connection)

    connection.broken = "COMMIT"
    (refused,) = desk.take(desk.posted(1, GAMBLING))

    assert desk.sent == []
    assert isinstance(refused.exception(), ZeroDivisionError)
    connection.broken = ""
    (done,) = desk.take(desk.posted(1, GAMBLING))
    assert done.exception() is None
    assert len(desk.sent) == 1


POSTS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(["收到", GAMBLING, SECRET, MOBILE, "@机器人 待办"]),
    ),
    max_size=8,
)


def posts_on(desk: Desk, chosen: list[tuple[int, str]]) -> list[MessagePosted]:
    return [
        desk.posted(
            number,
            text,
            mentions=("10001",) if text.startswith("@") else (),
            attachments=(Attachment(kind=AttachmentKind.IMAGE),) if number == 5 else (),
        )
        for number, text in chosen
    ]


@settings(max_examples=12, deadline=None)
@given(chosen=POSTS, cuts=st.lists(st.integers(0, 8), max_size=3), data=st.data())
def test_repeats_change_nothing_wherever_the_batches_are_cut(loaded, chosen, cuts, data):
    firsts = list({number: (number, text) for number, text in reversed(chosen)}.values())[::-1]
    repeats = data.draw(st.lists(st.sampled_from(firsts), max_size=6)) if firsts else []
    stories = []

    for sequence, edges in ((firsts, []), ([*firsts, *repeats], sorted(cuts))):
        with tempfile.TemporaryDirectory() as folder:
            desk = sit_down(Path(folder), loaded)
            furnish(desk.records)
            events = posts_on(desk, sequence)
            for start, end in zip([0, *edges], [*edges, len(events)], strict=True):
                desk.take(*events[start:end])
            stories.append(story(desk))
            desk.records.connection.close()

    assert stories[0] == stories[1]


def test_a_repeat_within_one_batch_is_one_message(desk):
    desk.take(*(desk.posted(7, GAMBLING) for _ in range(5)))

    assert len(desk.records.findings.on_message(GROUP, "7")) == 1
    assert len(desk.sent) == 1
    assert desk.metrics.value("events_received_total", kind="MessagePosted") == 5


def test_a_message_moves_the_watermark_only_when_its_turn_comes(desk_with):
    marks = []

    def handle(context: Context, event: GroupRenamed) -> Iterator[Action]:
        marks.append(context.groups.last_seen(GROUP))
        yield from ()

    desk = desk_with(workflows=[Workflow(name="w", listens=(on(GroupRenamed, handle),))])
    renamed = GroupRenamed(at=MORNING, account=ACCOUNT, group=PLACE, name="新名")

    desk.take(renamed, desk.posted(1), renamed)

    assert marks == [None, ("1", MORNING)]


def test_a_private_line_that_comes_twice_is_answered_once(desk):
    line = desk.posted(44, "帮助", group=None, sender=OWNER)

    desk.take(line, line)
    desk.take(line)

    assert [type(each) for each in desk.sent] == [SayPrivately]


def test_an_event_sees_what_the_one_before_it_in_the_batch_changed(desk):
    desk.take(desk.posted(1, GAMBLING), desk.posted(2, GAMBLING))

    (alert,) = desk.records.alerts.open_of(1)
    assert alert.count == 2
    assert len(desk.records.findings.of_alert(alert.id)) == 2


def test_a_handler_sees_the_actions_it_yielded_before(desk_with):
    seen = []

    def handle(context: Context, event: GroupRenamed) -> Iterator[Action]:
        yield RenameGroup(group=GROUP, name="第一")
        seen.append(context.groups.get(GROUP).name)
        yield RenameGroup(group=GROUP, name="第二")
        seen.append(context.groups.at("qq", PLACE).name)

    desk = desk_with(workflows=[Workflow(name="w", listens=(on(GroupRenamed, handle),))])

    desk.take(renamed())

    assert seen == ["第一", "第二"]


def test_a_handler_that_raises_undoes_its_own_event_and_no_other(desk_with):
    bug = Workflow(name="bug", listens=(on(GroupRenamed, says("first")), on(GroupRenamed, raises)))
    fine = Workflow(name="fine", listens=(on(MessageRecalled, says("fine")),))
    desk = desk_with(workflows=[bug, fine])
    recalled = MessageRecalled(at=MORNING, account=ACCOUNT, group=PLACE, message_id="1")

    desk.take(recalled, renamed(), recalled)

    assert deeds(desk) == ["fine", "fine"]
    assert [each.text for each in desk.sent] == ["fine", "fine"]
    assert [each.action.text for each in desk.records.outbox.unsettled()] == ["fine", "fine"]
    assert desk.metrics.value("faults_total", step="GroupRenamed") == 1
    assert desk.records.audit.broken_at() is None


def test_a_fault_in_handling_findings_keeps_the_finding_itself(desk_with):
    bug = Workflow(name="bug", listens=(on(FindingsMade, raises),))
    desk = desk_with(workflows=[bug])

    desk.take(desk.posted(1, GAMBLING))

    assert len(desk.records.findings.on_message(GROUP, "1")) == 1
    assert deeds(desk) == []
    assert desk.metrics.value("faults_total", step="FindingsMade") == 1


def test_a_durable_event_whose_handler_raises_is_kept_as_failed(desk_with):
    bug = Workflow(name="bug", listens=(on(TimerDue, raises),))
    desk = desk_with(workflows=[bug])

    desk.take(TimerDue(at=MORNING, key="x"), renamed())

    assert desk.records.inbox.failures() == 1
    assert list(desk.records.inbox.waiting()) == []


def test_a_failing_deed_leaves_no_audit_row(desk_with):
    def handle(context: Context, event: GroupRenamed) -> Iterator[Action]:
        yield Record(actor="bot", deed="renamed", subject="group:99")
        yield RenameGroup(group=99, name="没有这个群")

    desk = desk_with(workflows=[Workflow(name="w", listens=(on(GroupRenamed, handle),))])

    desk.take(renamed())

    assert deeds(desk) == []


def test_what_an_event_appends_is_handled_next_and_not_recursively(desk_with):
    order = []

    def first(context: Context, event: GroupRenamed) -> Iterator[Action]:
        order.append("begins")
        yield Append(event=GroupRegistered(at=MORNING, group=GROUP))
        order.append("ends")

    def second(context: Context, event: GroupRegistered) -> Iterator[Action]:
        order.append("appended")
        return iter(())

    listens = (on(GroupRenamed, first), on(GroupRegistered, second))
    desk = desk_with(workflows=[Workflow(name="w", listens=listens)])

    desk.take(renamed())

    assert order == ["begins", "ends", "appended"]


def test_a_message_that_no_rule_could_judge_is_marked_and_seen(desk_with):
    def screen(text: str) -> Screened:
        return Screened(failed=("gambling",))

    desk = desk_with(screen=screen)

    desk.take(desk.posted(1))

    reasons = desk.records.connection.execute("SELECT message_id, reason FROM unscreened")
    assert reasons.fetchall() == [("1", "rule:gambling")]
    assert desk.records.groups.last_seen(GROUP) == ("1", MORNING)


def test_a_bug_in_screening_itself_leaves_the_message_marked(desk_with):
    def screen(text: str) -> Screened:
        raise ZeroDivisionError

    desk = desk_with(screen=screen)

    desk.take(desk.posted(1), desk.posted(2))

    assert desk.records.groups.unscreened_count(GROUP) == 2


def test_what_nobody_looked_into_is_marked(desk):
    picture = (Attachment(kind=AttachmentKind.IMAGE), Attachment(kind=AttachmentKind.FORWARD))

    desk.take(desk.posted(1, "", attachments=picture))

    reasons = desk.records.connection.execute("SELECT reason FROM unscreened ORDER BY 1")
    assert reasons.fetchall() == [("forward",), ("image",)]


class Elsewhere(SlowScreening):
    """Takes long texts and gives nothing back by itself."""

    def submit(self, posted, back):
        """Leave it at that."""


def test_a_long_text_is_marked_until_it_was_screened_elsewhere(desk_with):
    desk = desk_with(slow=Elsewhere(Screened))
    long = desk.posted(1, "长" * (LONG_TEXT + 1))
    returned = ScreeningReturned(
        at=MORNING,
        account=ACCOUNT,
        group=PLACE,
        message_id="1",
        sender=MEMBER,
        posted_at=MORNING,
        caught_up=False,
        reason="long_text",
        flagged=(),
        complete=True,
    )

    desk.take(long)
    marked = desk.records.groups.unscreened_count(GROUP)
    desk.take(returned)

    assert (marked, desk.records.groups.unscreened_count(GROUP)) == (1, 0)


@pytest.mark.parametrize(
    "strange",
    [
        {"text": "甲\ud800乙" + GAMBLING},
        {"card": "\udfff"},
        {"sender": "-5"},
        {"id": "\ud800"},
        {"id": "-1"},
    ],
    ids=["text", "card", "sender", "id", "negative id"],
)
def test_a_message_of_strange_shape_takes_no_other_with_it(desk, strange):
    strange = {"text": GAMBLING} | strange

    desk.take(desk.posted(1, GAMBLING), desk.posted(**({"number": 2} | strange)))
    desk.take(desk.posted(3))

    assert desk.records.groups.last_seen(GROUP) is not None
    seen = desk.records.connection.execute("SELECT message_id FROM messages").fetchall()
    assert {("1",), ("3",)} <= set(seen)


def test_somebody_who_no_longer_waits_stops_nothing(desk):
    gone: Future[None] = Future()
    waits: Future[None] = Future()
    gone.cancel()

    desk.worker.run_batch([Arrived(desk.posted(1), gone), Tick(gone), Tick(waits)])

    assert waits.result(timeout=0) is None
    assert desk.records.groups.last_seen(GROUP) == ("1", MORNING)


def test_a_reader_that_raises_hears_of_it_and_takes_nothing_with_it(desk):
    done: Future[None] = Future()
    arrived: Future[None] = Future()

    desk.worker.run_batch(
        [Arrived(desk.posted(1), arrived), Ask(lambda records: records.groups.get(99), done)]
    )

    assert isinstance(done.exception(), BotError)
    assert arrived.result(timeout=0) is None
    assert desk.records.groups.last_seen(GROUP) == ("1", MORNING)


def test_who_submits_a_form_that_is_refused_is_told_why(desk):
    named = PersonNamed(name="赵一", user=OWNER)
    again = GroupSubmitted(
        at=MORNING,
        platform="qq",
        platform_id=PLACE,
        account=ACCOUNT,
        name="预算科工作群",
        unit="预算科",
        approver="钱二",
        owner=named,
        administrators=(),
        leader=PersonNamed(name="钱二", user="20001"),
    )

    (done,) = desk.take(again)

    assert isinstance(done.exception(), BotError)
    assert "已登记" in str(done.exception())


def test_who_submits_a_form_that_is_taken_hears_so(desk):
    given_role = OfficeRoleGiven(
        at=MORNING, role="duty", platform="qq", person=PersonNamed(name="周五", user="20005")
    )

    (done,) = desk.take(given_role)

    assert done.result(timeout=0) is None
    assert desk.records.people.with_account("qq", "20005").name == "周五"


def test_a_timer_comes_back_as_an_event_once(desk_with):
    rung = []

    def handle(context: Context, event: TimerDue) -> Iterator[Action]:
        rung.append((event.key, event.at))
        return iter(())

    def set_it(context: Context, event: GroupRenamed) -> Iterator[Action]:
        yield Wake(key="w:1", at=MORNING.replace(hour=3))

    listens = (on(TimerDue, handle), on(GroupRenamed, set_it))
    desk = desk_with(workflows=[Workflow(name="w", listens=listens)])
    desk.take(renamed())

    desk.tick(minutes=89)
    early = list(rung)
    desk.tick(minutes=1)
    desk.tick(days=3)

    assert early == []
    assert rung == [("w:1", MORNING.replace(hour=3))]


def duties_of(*schedules):
    """Return a workflow with schedules whose handler notes the slot, and the notes."""
    noted: list[tuple[str, str]] = []

    def handle(context: Context, event: DutyDue) -> Iterator[Action]:
        noted.append((event.job, event.slot))
        return iter(())

    made = tuple(make(handle) for make in schedules)
    return Workflow(name="w", schedules=made), noted


def test_a_first_start_owes_nothing_of_yesterday(desk_with):
    workflow, noted = duties_of(
        lambda handle: daily("03:30", "expire", handle),
        lambda handle: weekly(0, "09:00", "audit", handle),
    )
    desk = desk_with(workflows=[workflow])

    desk.tick()
    desk.tick(hours=1)

    assert noted == []


def test_a_daily_duty_is_done_once_a_day_from_its_hour_on(desk_with):
    workflow, noted = duties_of(lambda handle: daily("10:00", "report", handle))
    desk = desk_with(workflows=[workflow])
    desk.tick()

    desk.tick(minutes=29)
    before = list(noted)
    desk.tick(minutes=1)
    for _ in range(5):
        desk.tick(hours=3)

    assert before == []
    assert noted == [("w.report", "2026-11-18")]


def test_after_a_jump_of_days_each_duty_is_done_once(desk_with):
    workflow, noted = duties_of(
        lambda handle: daily("10:00", "report", handle),
        lambda handle: weekly(0, "09:00", "audit", handle),
        lambda handle: every(10, "groups", handle),
    )
    desk = desk_with(workflows=[workflow])
    desk.tick()
    noted.clear()

    desk.tick(days=16)
    desk.tick(seconds=1)

    jobs = [job for job, _ in noted]
    assert sorted(jobs) == ["w.audit", "w.groups", "w.report"]
    assert ("w.audit", "2026-11-30") in noted
    assert ("w.report", "2026-12-03") in noted


def test_a_new_worker_does_not_repeat_a_duty_that_was_done(desk_with):
    workflow, noted = duties_of(lambda handle: daily("10:00", "report", handle))
    first = desk_with(workflows=[workflow])
    first.tick()
    first.tick(hours=2)

    second = desk_with(workflows=[workflow], clock=first.clock)
    second.tick(minutes=1)

    assert noted == [("w.report", "2026-11-18")]


def test_a_duty_missed_while_nothing_ran_is_done_once_at_the_next_start(desk_with):
    workflow, noted = duties_of(lambda handle: daily("10:00", "report", handle))
    first = desk_with(workflows=[workflow])
    first.tick()
    first.tick(hours=2)
    noted.clear()

    second = desk_with(workflows=[workflow], clock=first.clock)
    second.tick(days=5)
    second.tick(seconds=1)

    assert noted == [("w.report", "2026-11-23")]


def test_a_new_worker_handles_what_the_inbox_holds(desk_with):
    workflow = Workflow(name="w", listens=(on(TimerDue, says("handled")),))
    first = desk_with(workflows=[workflow])
    with first.records.transaction():  # as after a crash between commit and handling
        first.records.inbox.add(TimerDue(at=MORNING, key="w:1"), MORNING)

    second = desk_with(workflows=[workflow])
    second.worker.start()
    second.worker.stop()

    assert deeds(second) == ["handled"]
    assert [each.text for each in second.sent] == ["handled"]


def test_stopping_handles_what_waits(desk):
    desk.worker.start()
    for number in range(50):
        desk.worker.submit(Arrived(desk.posted(number)))

    desk.worker.stop()

    count = desk.records.connection.execute("SELECT count(*) FROM messages").fetchone()
    assert count == (50,)


def test_a_settled_send_comes_back_to_its_workflow_once(desk_with):
    settled = []

    def asks(context: Context, event: GroupRenamed) -> Iterator[Action]:
        yield SayInGroup(account=ACCOUNT, group=PLACE, text="x", ref="w:7")

    def hears(context: Context, event: OutgoingSettled) -> Iterator[Action]:
        settled.append((event.ref, event.state, event.message_id))
        return iter(())

    listens = (on(GroupRenamed, asks), on(OutgoingSettled, hears))
    desk = desk_with(workflows=[Workflow(name="w", listens=listens)])
    desk.take(renamed())
    (letter,) = desk.records.outbox.unsettled()
    begun: Future[None] = Future()

    desk.worker.run_batch([SendingBegins(letter.id, begun)])
    ended = SendingEnded(letter, OutcomeState.DONE, "", "777")
    desk.worker.run_batch([ended, ended])

    assert begun.result(timeout=0) is None
    assert settled == [("w:7", OutcomeState.DONE, "777")]


def test_the_answers_of_a_question_are_events(desk_with):
    desk = desk_with(workflows=[Workflow(name="w", listens=(on(GroupRenamed, says("heard")),))])
    letter = desk.records.outbox.add(SayInGroup(account=ACCOUNT, group=PLACE, text="x"), MORNING)

    desk.worker.run_batch([SendingEnded(letter, OutcomeState.DONE, answers=(renamed(),))])

    assert deeds(desk) == ["heard"]


def test_what_a_server_answered_is_handled_before_the_outcome(desk_with):
    heard = []

    def hears(context: Context, event: FilingCarried | OutgoingSettled) -> Iterator[Action]:
        heard.append(type(event))
        return iter(())

    listens = (on(FilingCarried, hears), on(OutgoingSettled, hears))
    desk = desk_with(workflows=[Workflow(name="w", listens=listens)])
    document = Document(form="filing", file="备案表.docx", content={})
    put = PutFile(account="folder:share", ref="filing:1:1:1", document=document)
    letter = desk.records.outbox.add(put, MORNING)
    carried = FilingCarried(at=MORNING, ref=put.ref, sha256="x")

    desk.worker.run_batch([SendingEnded(letter, OutcomeState.DONE, answers=(carried,))])

    assert heard == [FilingCarried, OutgoingSettled]


def test_every_message_is_counted_once(desk):
    first = desk.posted(1)

    desk.take(first, desk.posted(2))
    desk.take(first, desk.posted(3))
    desk.tick(minutes=1)

    assert desk.records.groups.messages_per_day(GROUP, MORNING.date()) == {MORNING.date(): 3}
    rows = desk.records.connection.execute("SELECT group_id, messages FROM group_days")
    assert rows.fetchall() == [(GROUP, 3)]


def test_a_finding_without_a_clause_is_kept_and_told_to_nobody(desk_with):
    desk = desk_with(cited=False)

    desk.take(desk.posted(1, GAMBLING))

    assert len(desk.records.findings.on_message(GROUP, "1")) == 1
    assert desk.sent == []


def test_names_accounts_and_words_of_people_stand_nowhere_in_the_files(desk, tmp_path):
    lines = [
        CommandGiven(at=MORNING, account=ACCOUNT, user=OWNER, text="误报1 这是单位通知不是广告"),
        CommandGiven(at=MORNING, account=ACCOUNT, user="29999", text="悄悄话"),
    ]
    desk.take(
        OfficeRoleGiven(
            at=MORNING,
            role="duty",
            platform="qq",
            person=PersonNamed(name="慕容雪", unit="人事科", user="20777"),
        ),
        desk.posted(1, GAMBLING, sender="20888", card="预算科 上官云"),
        desk.posted(2, MOBILE, sender="20888", card="预算科 上官云"),
        desk.posted(3, SECRET, sender="20888", card="预算科 上官云"),
        *lines,
    )
    desk.tick(minutes=45)

    desk.records.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("qungui.db*"))
    for word in (
        "慕容雪", "上官云", "百家乐", "王大明", "13812345678", "机密★", "单位通知不是广告",
        "悄悄话", "20777", "20888", "29999", OWNER,
    ):  # fmt: skip
        assert word.encode() not in stored, word


def test_what_faults_log_holds_nothing_of_people(desk_with, caplog):
    def handle(context: Context, event: FindingsMade) -> Iterator[Action]:
        yield SaveAlert(alert=None)
        raise ValueError(event.findings[0].sender)

    desk = desk_with(workflows=[Workflow(name="w", listens=(on(FindingsMade, handle),))])

    with caplog.at_level("DEBUG"):
        desk.take(desk.posted(1, GAMBLING, sender="20888", card="上官云"))

    logged = " ".join(
        f"{each.getMessage()} {vars(each)['qungui_fields']}" for each in caplog.records
    )
    assert "not handled" in logged
    assert not re.search("20888|上官云|百家乐", logged)

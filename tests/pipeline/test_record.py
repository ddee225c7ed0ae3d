"""Record: every action is applied, or written to the outbox; none is forgotten."""

from datetime import timedelta
from typing import get_args

import pytest

from bot.model.action import (
    Action,
    AllowPhrase,
    AnswerFriendRequest,
    Append,
    Appoint,
    AttachFindings,
    CloseBlind,
    CloseDialogue,
    DrawGroups,
    DrawHistory,
    DrawMembers,
    DutyDone,
    EnrolPerson,
    Expire,
    JudgeFindings,
    LookUp,
    MarkRecalled,
    NoticePosted,
    ObserveGroup,
    OpenBlind,
    OpenDialogue,
    Outgoing,
    Pause,
    Recall,
    Record,
    RegisterGroup,
    RenameGroup,
    SaveAlert,
    SaveAppeal,
    SayInGroup,
    SayPrivately,
    SetGroupState,
    Wake,
)
from bot.model.alert import Appeal
from bot.model.event import TimerDue
from bot.model.finding import Judgement
from bot.model.group import GroupState, Person, Role
from bot.model.message import Standing
from bot.pipeline.record import record
from tests.pipeline.desk import ACCOUNT, GROUP, MORNING, PLACE
from tests.storage.moments import an_alert

LATER = MORNING + timedelta(hours=1)
CHANGES = (
    SaveAlert(alert=an_alert()),
    SaveAppeal(appeal=Appeal(id=1, alert=1, sender="20013", text="是工作", made_at=MORNING)),
    AttachFindings(findings=(1, 2), alert=1),
    JudgeFindings(alert=1, judgement=Judgement.CONFIRMED),
    AllowPhrase(rule="gambling", phrase="棋牌室改造", proposed_by=1, agreed_by=2),
    MarkRecalled(group=GROUP, message_id="1"),
    RegisterGroup(id=2, platform="qq", platform_id="700002", account=ACCOUNT, name="群", unit="科"),
    RenameGroup(group=GROUP, name="新名字"),
    SetGroupState(group=GROUP, state=GroupState.DISSOLVED),
    ObserveGroup(group=GROUP, member_count=3, standing=Standing.MEMBER, owner_user="20011"),
    NoticePosted(group=GROUP, version=1),
    Pause(group=GROUP, until=LATER),
    EnrolPerson(person=Person(id=9, name="周五"), platform="qq", user="20009"),
    Appoint(person=1, role=Role.DUTY),
    OpenDialogue(person=1, kind="numbers", body="1 2", expires_at=LATER),
    CloseDialogue(person=1, kind="numbers"),
    Wake(key="alert:1", at=LATER),
    Append(event=TimerDue(at=MORNING, key="alert:1")),
    OpenBlind(group=GROUP, since=MORNING, cause="offline"),
    CloseBlind(group=GROUP, until=LATER, caught_up=False),
    Expire(
        message_ids_before=MORNING,
        excerpts_before=MORNING,
        settled_before=MORNING,
        audit_before=MORNING,
    ),
    Record(actor="bot", deed="x", subject="y"),
    DutyDone(job="courtesy", slot="x"),
)
LETTERS = (
    SayPrivately(account=ACCOUNT, user="20011", text="x"),
    SayInGroup(account=ACCOUNT, group=PLACE, text="x"),
    Recall(account=ACCOUNT, group=PLACE, message_id="1"),
    AnswerFriendRequest(account=ACCOUNT, flag="f"),
    DrawGroups(account=ACCOUNT),
    DrawMembers(account=ACCOUNT, group=PLACE),
    DrawHistory(account=ACCOUNT, group=PLACE, since=MORNING),
    LookUp(account=ACCOUNT, group=PLACE, message_id="1"),
)


def test_every_action_is_tried_here():
    assert {type(each) for each in (*CHANGES, *LETTERS)} == set(get_args(Action))


def test_every_change_is_applied_and_none_is_sent(desk):
    with desk.records.transaction():
        sent = [record(change, desk.records, MORNING) for change in CHANGES]

    assert sent == [None] * len(CHANGES)
    assert desk.records.groups.get(GROUP).name == "新名字"
    assert desk.records.alerts.appeals_of(1)
    assert desk.records.audit.broken_at() is None


@pytest.mark.parametrize("action", LETTERS, ids=lambda each: type(each).__name__)
def test_everything_that_is_sent_is_first_a_row_of_the_outbox(desk, action: Outgoing):
    letter = record(action, desk.records, MORNING)

    assert letter.action == action
    assert desk.records.outbox.unsettled() == [letter]


def test_what_is_past_its_term_is_forgotten(desk):
    desk.take(desk.posted(1))
    desk.records.inbox.add(TimerDue(at=MORNING, key="x"), MORNING)
    desk.take(desk.posted(2))
    desk.records.duties.claim("courtesy", "x", MORNING)

    record(
        Expire(
            message_ids_before=LATER,
            excerpts_before=LATER,
            settled_before=LATER,
            audit_before=LATER,
        ),
        desk.records,
        MORNING,
    )

    left = {
        table: desk.records.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("messages", "inbox", "duties")
    }
    assert left == {"messages": 0, "inbox": 0, "duties": 0}

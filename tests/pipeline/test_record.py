"""Record: every action is applied, or written to the outbox; none is forgotten."""

from datetime import timedelta
from typing import get_args

import pytest

from bot.model.action import (
    AcceptInvitation,
    Action,
    AllowPhrase,
    AmendGroup,
    Announce,
    AnswerFriendRequest,
    AnswerJoinRequest,
    Append,
    Appoint,
    AskMember,
    AttachFindings,
    CloseBlind,
    CloseDialogue,
    ConfirmAccount,
    CountTry,
    Dismiss,
    DrawGroups,
    DrawHistory,
    DrawMembers,
    DutyDone,
    EndLogin,
    EnrolPerson,
    ErasePerson,
    Expire,
    Hold,
    IssueCodes,
    JudgeFindings,
    KeepBeyondLogin,
    KeepEdition,
    KeepFilingStep,
    KeepLook,
    KeepMember,
    KeepMembers,
    LookUp,
    MarkRecalled,
    MemberGone,
    NoteGroup,
    NoticePosted,
    ObserveGroup,
    OpenBlind,
    OpenDialogue,
    Outgoing,
    Pause,
    PutFile,
    Recall,
    Record,
    RegisterGroup,
    RemoveMember,
    RenameGroup,
    RenameGroupChat,
    SaveAlert,
    SaveAppeal,
    SaveAudit,
    SaveAuditItems,
    SaveDataRequest,
    SaveFiling,
    SaveGroupChanges,
    SaveJoinRequest,
    SaveRoster,
    SayInGroup,
    SayPrivately,
    SeeGroups,
    SendMail,
    SetGroupState,
    UnlinkAccount,
    UseCode,
    Wake,
)
from bot.model.alert import Appeal
from bot.model.event import TimerDue
from bot.model.filing import Deed, Document, Edition, FilingState, FilingStep
from bot.model.finding import Judgement
from bot.model.group import Activity, GroupState, Member, Person, Role, Scale
from bot.model.join import JoinRequest
from bot.model.member import Account, Confirmation
from bot.model.message import Standing
from bot.model.rights import DataRequest, Look, RequestKind
from bot.model.weekly_audit import AuditItem, AuditReason, WeeklyAudit
from bot.pipeline.record import record
from tests.pipeline.desk import ACCOUNT, GROUP, MORNING, PLACE
from tests.storage.moments import a_filing, a_group_change, an_alert

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
    AmendGroup(group=GROUP, unit="国库科"),
    NoteGroup(group=GROUP, scale=Scale.SMALL, activity=Activity.QUIET),
    SeeGroups(groups=(GROUP,)),
    SetGroupState(group=GROUP, state=GroupState.DISSOLVED),
    ObserveGroup(group=GROUP, member_count=3, standing=Standing.MEMBER, owner_user="20011"),
    NoticePosted(group=GROUP, version=1),
    Pause(group=GROUP, until=LATER),
    EnrolPerson(person=Person(id=9, name="周五"), platform="qq", user="20009"),
    Appoint(person=1, role=Role.DUTY),
    Dismiss(person=1, role=Role.DUTY),
    SaveRoster(people=(Person(id=10, name="郑七", on_roster=True),), identities=((10, "x"),)),
    Hold(person=10, reason="核查"),
    Hold(person=10, reason=None),
    KeepLook(look=Look(person=10, by=1, reason="核对", at=MORNING)),
    ConfirmAccount(
        account=Account(
            platform="qq", user="20010", person=9, how=Confirmation.OWNER, linked_at=MORNING
        )
    ),
    UnlinkAccount(platform="qq", user="20010"),
    EndLogin(account=ACCOUNT),
    KeepBeyondLogin(account=ACCOUNT),
    IssueCodes(codes=((9, "K7M2P9"),), expires_at=LATER),
    UseCode(person=9, code="K7M2P9"),
    CountTry(platform="qq", user="20010", person=9),
    ErasePerson(person=10),
    KeepMembers(group=GROUP, members=(Member(user="20013"),), complete=True),
    KeepMember(group=GROUP, member=Member(user="20014")),
    MemberGone(group=GROUP, user="20013"),
    AskMember(group=GROUP, user="20014", due_on=LATER.date()),
    SaveJoinRequest(
        request=JoinRequest(id=1, group=GROUP, user="20015", flag="f", asked_at=MORNING)
    ),
    SaveAudit(audit=WeeklyAudit(id=1, group=GROUP, week="2026-W47", opened_at=MORNING)),
    SaveAuditItems(
        items=(AuditItem(audit=1, number=11, user="20014", reason=AuditReason.NO_RECORD),)
    ),
    SaveDataRequest(
        request=DataRequest(
            id=1, kind=RequestKind.COPY, account=ACCOUNT, user="20014", made_at=MORNING
        )
    ),
    SaveFiling(filing=a_filing(state=FilingState.DISMISSED, closed_at=MORNING)),
    SaveGroupChanges(changes=(a_group_change(),)),
    KeepEdition(edition=Edition(filing=1, number=1, content={"name": "群"}, made_at=MORNING)),
    KeepFilingStep(step=FilingStep(filing=1, at=MORNING, deed=Deed.NOTICED)),
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
        left_before=MORNING,
    ),
    Record(actor="bot", deed="x", subject="y"),
    DutyDone(job="courtesy", slot="x"),
)
DOCUMENT = Document(form="filing", file="备案表.docx", content={"name": "群", "rows": [{"a": "b"}]})
LETTERS = (
    SayPrivately(account=ACCOUNT, user="20011", text="x"),
    SayInGroup(account=ACCOUNT, group=PLACE, text="x"),
    Recall(account=ACCOUNT, group=PLACE, message_id="1"),
    AnswerFriendRequest(account=ACCOUNT, flag="f"),
    AnswerJoinRequest(account=ACCOUNT, group=PLACE, flag="f", accept=False, reason="未实名"),
    RemoveMember(account=ACCOUNT, group=PLACE, user="20014"),
    AcceptInvitation(account=ACCOUNT, flag="f"),
    RenameGroupChat(account=ACCOUNT, group=PLACE, name="新群名"),
    Announce(account=ACCOUNT, group=PLACE, text="群规见附件"),
    SendMail(
        account="mail:office",
        to=("officer@example.test",),
        subject="备案",
        text="见附件",
        message_id="<1@example.test>",
        document=DOCUMENT,
    ),
    PutFile(account="folder:share", document=DOCUMENT),
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
    assert [each.user for each in desk.records.members.of(GROUP)] == ["20014"]
    assert desk.records.alerts.appeals_of(1)
    assert desk.records.audit.broken_at() is None


def test_a_new_name_counts_as_seen(desk):
    record(SeeGroups(groups=(GROUP,)), desk.records, MORNING)

    record(RenameGroup(group=GROUP, name="新名字"), desk.records, LATER)

    assert desk.records.groups.listed_at(GROUP) == LATER


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
            left_before=LATER,
        ),
        desk.records,
        MORNING,
    )

    assert rows_of(desk, "messages", "inbox", "duties") == {"messages": 0, "inbox": 0, "duties": 0}


def test_what_is_kept_of_people_goes_after_its_term(desk):
    with desk.records.transaction():
        for change in CHANGES[:-1]:
            if not isinstance(change, Expire | ErasePerson):
                record(change, desk.records, MORNING)
    tables = (
        "members",
        "looks",
        "codes",
        "code_tries",
        "weekly_audits",
        "audit_items",
        "filing_editions",
    )
    before = rows_of(desk, *tables)

    record(
        Expire(
            message_ids_before=MORNING,
            excerpts_before=MORNING,
            settled_before=LATER + timedelta(days=1),
            audit_before=LATER,
            left_before=LATER,
        ),
        desk.records,
        LATER,
    )

    assert all(before.values())
    assert rows_of(desk, *tables) == dict.fromkeys(tables, 0) | {"members": 1}


def rows_of(desk, *tables: str) -> dict[str, int]:
    return {
        table: desk.records.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in tables
    }

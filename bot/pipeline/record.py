"""Record: what was decided is written in the transaction of the event that caused it."""

from datetime import datetime
from typing import assert_never

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
from bot.model.event import OutcomeState, OutgoingSettled
from bot.model.port import ANOTHER_LOGIN
from storage.outbox import Letter
from storage.unit_of_work import UnitOfWork


def record(action: Action, records: UnitOfWork, now: datetime) -> Letter | None:  # noqa: C901, PLR0912, PLR0915
    """Apply a change, or write what is to be sent to the outbox and return its row."""
    match action:
        case SaveAlert():
            records.alerts.save(action.alert)
        case SaveAppeal():
            records.alerts.save_appeal(action.appeal)
        case AttachFindings():
            records.findings.attach(action.findings, action.alert)
        case JudgeFindings():
            records.findings.judge(action.alert, action.judgement)
        case AllowPhrase():
            records.phrases.add(action, now)
        case MarkRecalled():
            records.findings.mark_recalled(action.group, action.message_id, now)
        case RegisterGroup():
            records.groups.register(action, now)
        case RenameGroup():
            records.groups.rename(action.group, action.name)
            records.groups.see_listed((action.group,), now)
        case AmendGroup():
            records.groups.amend(action)
        case NoteGroup():
            records.groups.note(action)
        case SeeGroups():
            records.groups.see_listed(action.groups, now)
        case SetGroupState():
            records.groups.set_state(action.group, action.state)
        case ObserveGroup():
            records.groups.observe(action, now)
        case NoticePosted():
            records.groups.notice_posted(action.group, action.version)
        case Pause():
            records.groups.pause(action.group, action.until)
        case EnrolPerson():
            records.people.enrol(
                action.person, action.platform, action.user, now, login=action.login
            )
        case Appoint():
            records.groups.appoint(action.person, action.role, action.group, now)
        case Dismiss():
            records.groups.dismiss(action.person, action.role, action.group)
        case SaveRoster():
            records.people.save_roster(action, now)
        case Hold():
            records.people.hold(action.person, action.reason)
        case ErasePerson():
            records.people.erase(action.person, now)
        case KeepLook():
            records.people.keep_look(action.look)
        case ConfirmAccount():
            records.people.confirm(action.account)
        case UnlinkAccount():
            records.people.unlink(action.platform, action.user)
        case EndLogin():
            _end_login(action.account, records, now)
        case KeepBeyondLogin():
            records.people.keep_beyond_login(action.account)
        case IssueCodes():
            records.codes.issue(action, now)
        case UseCode():
            records.codes.use(action.person, action.code, now)
        case CountTry():
            records.codes.count_try(action, now)
        case KeepMembers():
            records.members.keep(action, now)
        case KeepMember():
            records.members.keep_one(action.group, action.member, now)
        case MemberGone():
            records.members.gone(action.group, action.user, now)
        case AskMember():
            records.members.ask(action.group, action.user, action.due_on, now)
        case SaveJoinRequest():
            records.joins.save(action.request)
        case SaveAudit():
            records.audits.save(action.audit)
        case SaveAuditItems():
            records.audits.save_items(action.items)
        case SaveDataRequest():
            records.requests.save(action.request)
        case SaveFiling():
            records.filings.save(action.filing)
        case SaveGroupChanges():
            records.filings.save_changes(action.changes)
        case KeepEdition():
            records.filings.keep_edition(action.edition)
        case KeepFilingStep():
            records.filings.keep_step(action.step)
        case OpenDialogue():
            records.dialogues.open(action)
        case CloseDialogue():
            records.dialogues.close(action.person, action.kind)
        case Wake():
            records.timers.set(action.key, action.at)
        case Append():
            records.inbox.add(action.event, now)
        case OpenBlind():
            records.groups.open_blind(action.group, action.since, action.cause)
        case CloseBlind():
            records.groups.close_blind(action.group, action.until, caught_up=action.caught_up)
        case Expire():
            _expire(action, records, now)
        case Record():
            records.audit.add(action, now)
        case DutyDone():
            records.duties.claim(action.job, action.slot, now)
        case (
            SayPrivately()
            | SayInGroup()
            | Recall()
            | AnswerFriendRequest()
            | AnswerJoinRequest()
            | RemoveMember()
            | AcceptInvitation()
            | RenameGroupChat()
            | Announce()
            | SendMail()
            | PutFile()
            | DrawGroups()
            | DrawMembers()
            | DrawHistory()
            | LookUp()
        ):
            return records.outbox.add(action, now)
        case _:
            assert_never(action)
    return None


def _end_login(account: str, records: UnitOfWork, now: datetime) -> None:
    records.people.end_login(account, now)
    records.members.end_login(account, now)
    records.groups.end_login(account)
    for ref in records.outbox.end_login(account, now):
        failed = OutgoingSettled(at=now, ref=ref, state=OutcomeState.FAILED, reason=ANOTHER_LOGIN)
        records.inbox.add(failed, now)


def _expire(action: Expire, records: UnitOfWork, now: datetime) -> None:
    records.groups.expire_messages(action.message_ids_before)
    records.groups.expire_counts(now)
    records.findings.expire_excerpts(action.excerpts_before)
    records.inbox.expire(action.settled_before)
    records.outbox.expire(action.settled_before)
    records.duties.expire(action.settled_before)
    records.dialogues.expire(now)
    records.codes.expire(action.settled_before)
    records.people.expire_looks(action.audit_before)
    records.people.expire(action.left_before, now)
    records.members.expire(action.left_before)
    records.joins.expire(action.left_before)
    records.audits.expire(action.audit_before)
    records.requests.expire(action.audit_before)
    records.filings.expire(action.audit_before)
    records.audit.expire(action.audit_before, now)

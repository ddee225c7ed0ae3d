"""Real names where the platform's ids change, and numbers that could be another list's."""

from datetime import timedelta

from bot.model.action import SayPrivately
from bot.model.event import (
    AccountConnected,
    CodesIssued,
    CommandGiven,
    MembersDrawn,
    RosterSubmitted,
)
from bot.model.group import Member
from bot.model.member import Confirmation
from bot.model.roster import RosterRow
from bot.model.weekly_audit import AuditItem, AuditReason, WeeklyAudit
from bot.people.codes import new_code
from tests.pipeline.desk import ACCOUNT, GROUP, MEMBER, MORNING, OWNER, PLACE

ROSTER = RosterSubmitted(
    at=MORNING,
    rows=(
        RosterRow(line=2, name="张明", unit="预算科"),
        RosterRow(line=3, name="周晴", unit="预算科"),
    ),
    whole=False,
)


def drawn(*members: Member) -> MembersDrawn:
    return MembersDrawn(at=MORNING, account=ACCOUNT, group=PLACE, members=members, complete=True)


def people(*cards: tuple[str, str]) -> MembersDrawn:
    return drawn(Member(user=OWNER), *(Member(user=user, card=card) for user, card in cards))


def says(desk, user: str, text: str) -> str:
    desk.take(
        CommandGiven(
            at=desk.clock.now(),
            account=ACCOUNT,
            user=user,
            text=text,
            message_id=f"{len(desk.sent)}-{text}",
        )
    )
    return next(
        each.text
        for each in reversed(desk.sent)
        if isinstance(each, SayPrivately) and each.user == user
    )


def test_where_ids_change_a_confirmation_holds_for_that_login_and_is_proposed_again(desk):
    desk.take(ROSTER, people((MEMBER, "三三")))

    done = says(desk, OWNER, "实名2=张明/预算科")
    kept = desk.records.people.account("qq", MEMBER)
    desk.take(
        AccountConnected(at=MORNING, account=ACCOUNT, name="主号", abilities=frozenset()),
        people(("another-id", "三三")),
    )
    listed = says(desk, OWNER, "成员")

    assert "已记为张*/预算科" in done
    assert (kept.how, kept.login) == (Confirmation.OWNER, ACCOUNT)
    assert desk.records.people.account("qq", MEMBER) is None
    assert "4 三* → 张*/预算科？" in listed


def test_an_audits_number_is_not_taken_for_a_members(desk):
    desk.take(ROSTER, people((MEMBER, "预算科 张明")))
    audit = WeeklyAudit(id=1, group=GROUP, week="2026-W47", opened_at=MORNING).asked(
        drawn_at=MORNING, members=2, complete=True, recipient=1, due_at=None
    )
    desk.records.audits.save(audit)
    desk.records.audits.save_items(
        [AuditItem(audit=1, number=2, user="20099", reason=AuditReason.NO_RECORD)]
    )

    unclear = says(desk, OWNER, "实名2")
    before = desk.records.people.account("qq", MEMBER)
    says(desk, OWNER, "成员")
    done = says(desk, OWNER, "实名2")

    assert "核查的请写“补2=" in unclear
    assert before is None
    assert "已记为张*/预算科" in done


def test_the_list_is_not_made_up_before_one_was_drawn(desk):
    assert "还没有取到" in says(desk, OWNER, "成员")


def test_somebody_who_left_is_confirmed_as_what_he_is_and_his_code_is_void(desk):
    left = RosterRow(
        line=4, name="赵未眠", unit="预算科", left_on=(MORNING - timedelta(days=9)).date()
    )
    desk.take(
        RosterSubmitted(at=MORNING, rows=(*ROSTER.rows, left), whole=False),
        people((MEMBER, "预算科 赵未眠")),
    )
    person = desk.records.people.named("赵未眠")[0].id
    code = new_code(person)
    desk.take(
        CodesIssued(at=MORNING, codes=((person, code),), expires_at=MORNING + timedelta(days=14))
    )

    by_code = says(desk, "20098", f"实名 {code}")
    listed = says(desk, OWNER, "成员")
    done = says(desk, OWNER, "实名2")

    assert "没有确认" in by_code
    assert "→ 赵*/预算科？11月9日已离开" in listed
    assert "已记为赵*/预算科，已离开，请在核查时处理" in done


def test_what_an_owner_writes_wrongly_is_answered_with_what_to_write(desk):
    desk.take(ROSTER, people((MEMBER, "三三")))

    for line, told in (
        ("实名99", "没有 99 号"),
        ("实名2", "实名 2=张三/预算科"),
        ("实名2=钱多多/预算科", "请照花名册写姓名和科室"),
        ("实名2=张明/国库科", "没有确认"),
        ("实名 移2", "一个编号写一个人"),
        ("实名2 3=张明", "一个编号写一个人"),
        ("实名2=张明 3=张明", "没有 3 号"),
        ("实名", "实名 12=张三"),
    ):
        assert told in says(desk, OWNER, line), line
    assert desk.records.people.account("qq", MEMBER) is None

"""The join gate at a desk: repeated events, namesakes among requests, and other owners' numbers."""

from bot.model.action import AnswerJoinRequest, SayPrivately
from bot.model.event import (
    JoinRequested,
    MemberJoined,
    MembersDrawn,
    OutcomeState,
    OutgoingSettled,
    RosterSubmitted,
)
from bot.model.group import Member
from bot.model.join import JoinState
from bot.model.member import Confirmation
from bot.model.roster import RosterRow
from tests.pipeline.desk import ACCOUNT, LEADER, MORNING, OWNER, PLACE
from tests.plugins.workflows.test_real_name import ROSTER, says

NEW, OTHER = "20501", "20502"


def asks(comment: str, user: str = NEW, flag: str = "f1") -> JoinRequested:
    return JoinRequested(
        at=MORNING, account=ACCOUNT, group=PLACE, user=user, comment=comment, flag=flag
    )


def a_roster_with(name: str, unit: str) -> RosterSubmitted:
    row = RosterRow(line=9, name=name, unit=unit)
    return RosterSubmitted(at=MORNING, rows=(row,), whole=False)


def joined(user: str = NEW) -> MemberJoined:
    return MemberJoined(at=MORNING, account=ACCOUNT, group=PLACE, user=user)


def told(desk, user: str = OWNER) -> list[str]:
    return [each.text for each in desk.sent if isinstance(each, SayPrivately) and each.user == user]


def answers(desk) -> list[AnswerJoinRequest]:
    return [each for each in desk.sent if isinstance(each, AnswerJoinRequest)]


def test_the_same_request_twice_is_one(desk):
    desk.take(ROSTER)
    desk.take(asks("预算科 张明"), asks("预算科 张明"))

    assert len(told(desk)) == 1


def test_two_who_claim_to_be_one_person_are_not_both_proposed(desk):
    desk.take(ROSTER)
    desk.take(asks("预算科 张明"), asks("我是张明", OTHER, "f2"))

    first, second = told(desk)
    assert "与花名册相符" in first
    assert "不止一个账号像是这个人" in second


def test_an_approval_is_believed_when_he_is_there(desk):
    desk.take(ROSTER)
    desk.take(asks("预算科 张明"))

    says(desk, OWNER, "同意1")
    (sent,) = answers(desk)
    desk.take(OutgoingSettled(at=MORNING, ref=sent.ref, state=OutcomeState.DONE))
    before = desk.records.people.account("qq", NEW)
    again = says(desk, LEADER, "同意1")
    desk.take(joined())

    assert (sent.accept, sent.flag) == (True, "f1")
    assert before is None
    assert "已由赵*处理" in again
    kept = desk.records.people.account("qq", NEW)
    assert (kept.how, kept.confirmed_by) == (Confirmation.OWNER, 1)
    assert desk.records.joins.get(1).state is JoinState.ACCEPTED
    assert len(answers(desk)) == 1


def test_an_approval_is_seen_in_a_list_where_no_event_tells_it(desk):
    desk.take(ROSTER)
    desk.take(asks("预算科 张明"))
    says(desk, OWNER, "同意1")

    desk.take(
        MembersDrawn(
            at=MORNING,
            account=ACCOUNT,
            group=PLACE,
            members=(Member(user=OWNER), Member(user=NEW)),
            complete=True,
        )
    )

    assert desk.records.joins.get(1).state is JoinState.ACCEPTED
    assert desk.records.people.account("qq", NEW) is not None


def test_who_was_to_be_refused_and_comes_in_all_the_same_is_nobody_confirmed(desk):
    desk.take(ROSTER)
    desk.take(asks("预算科 张明"))
    says(desk, OWNER, "拒绝1 请本人申请")

    desk.take(joined())

    assert desk.records.joins.get(1).state is JoinState.GONE
    assert desk.records.people.account("qq", NEW) is None


def test_an_account_that_is_known_is_let_in_as_who_it_is(desk):
    desk.take(ROSTER)
    desk.take(asks("预算科 张明"))
    says(desk, OWNER, "同意1")
    desk.take(joined())
    desk.records.connection.execute("UPDATE members SET left_at = 1")

    desk.take(asks("夏天", NEW, "f2"))

    assert "与花名册相符：张*/预算科（以前确认过）" in told(desk)[-1]


def test_several_are_let_in_by_one_line_or_none(desk):
    desk.take(ROSTER)
    desk.take(asks("预算科 张明"), asks("路过", OTHER, "f2"))

    refused = says(desk, OWNER, "同意1 2")
    none = list(answers(desk))
    done = says(desk, OWNER, "同意2=周晴/预算科")
    also = says(desk, OWNER, "同意1")

    assert "没有实名的人不能进群" in refused
    assert none == []
    assert "已请平台放行周*/预算科" in done
    assert "已请平台放行张*/预算科" in also


def test_one_person_is_let_in_for_one_request_only(desk):
    desk.take(ROSTER)
    desk.take(asks("预算科 张明"), asks("路过", OTHER, "f2"))

    says(desk, OWNER, "同意2=张明/预算科")
    again = says(desk, OWNER, "同意1")

    assert "已按 2 号放行张*/预算科" in again
    assert [each.flag for each in answers(desk)] == ["f2"]


def test_who_is_of_another_unit_is_said_to_be(desk):
    desk.take(ROSTER, a_roster_with("李国", "国库科"))

    desk.take(asks("国库科 李国"))

    assert "与花名册相符：李*/国库科" in told(desk)[-1]
    assert "注意：不是本群科室的人" in told(desk)[-1]


def test_lines_that_mean_nothing_are_answered(desk):
    desk.take(ROSTER)

    assert "请写上编号" in says(desk, OWNER, "同意")
    assert "没有 7 号入群申请" in says(desk, OWNER, "拒绝7 不是本单位的")
    assert "入群自动拒绝 开" in says(desk, OWNER, "入群自动拒绝")
    assert "没有等您处理的" in says(desk, OWNER, "入群")

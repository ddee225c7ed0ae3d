"""The bot goes into registered groups, and elsewhere only after the office's yes."""

from bot.model.action import AcceptInvitation, SayPrivately
from bot.model.event import CommandGiven, InvitedToGroup, OutcomeState, OutgoingSettled
from bot.model.group import GroupState
from tests.pipeline.desk import ACCOUNT, COMMITTEE, GROUP, MEMBER, MORNING, OWNER, PLACE


def invitation(group: str = "799999", flag: str = "f1", **changes: str) -> InvitedToGroup:
    stated = {"account": ACCOUNT, "user": MEMBER, "name": "", **changes}
    return InvitedToGroup(at=MORNING, group=group, flag=flag, **stated)


def says(desk, text: str, user: str = COMMITTEE) -> None:
    given = CommandGiven(at=desk.clock.now(), account=ACCOUNT, user=user, text=text)
    desk.take(given)


def accepted(desk) -> list[str]:
    return [each.flag for each in desk.sent if isinstance(each, AcceptInvitation)]


def told(desk, user: str = COMMITTEE) -> list[str]:
    return [each.text for each in desk.sent if isinstance(each, SayPrivately) and each.user == user]


def test_a_registered_group_is_entered_without_a_question(desk):
    desk.take(invitation(PLACE))

    assert accepted(desk) == ["f1"]
    assert told(desk) == []


def test_a_group_that_removed_the_bot_is_entered_again_and_a_dissolved_one_is_asked_about(desk):
    desk.records.groups.set_state(GROUP, GroupState.REMOVED)
    desk.take(invitation(PLACE))
    desk.records.groups.set_state(GROUP, GroupState.DISSOLVED)
    desk.take(invitation(PLACE, "f2"))

    assert accepted(desk) == ["f1"]
    assert "已注销" in told(desk)[0]


def test_of_any_other_group_the_officer_is_asked_and_his_yes_is_carried_out_once(desk):
    desk.take(invitation())
    says(desk, "进群1")
    says(desk, "进群1")

    assert accepted(desk) == ["f1"]
    question, answer, again = told(desk)
    assert question.splitlines() == [
        "【进群邀请 1】群号 799999",
        "邀请人：尾号0013（没有登记）",
        "这个群没有登记。没有登记的群我不看也不说话。",
        "回复：进群1　不进群1（3 天不回复就不进）",
    ]
    assert "已请平台接受" in answer
    assert "没有等您回复的 1 号" in again


def test_a_name_is_no_identity(desk):
    desk.take(invitation("", name="预算科工作群"))

    assert accepted(desk) == []
    assert "【进群邀请 1】“预算科工作群”" in told(desk)[0]
    assert "群名不能证明就是它" in told(desk)[0]


def test_a_group_that_another_account_watches_is_asked_about(desk):
    desk.take(invitation(PLACE, account="qq:10002"))

    assert accepted(desk) == []
    assert "由另一个账号看管" in told(desk)[0]


def test_who_says_no_or_nothing_keeps_the_bot_out(desk):
    desk.take(invitation("799998", "f1"), invitation("799999", "f2"))
    says(desk, "不进群1")
    desk.tick(days=3, minutes=1)
    says(desk, "进群2")

    assert accepted(desk) == []
    assert told(desk)[-2:] == [
        "2 号进群邀请（群号 799999）3 天没有回复，没有进群。无需回复。",
        "没有等您回复的 2 号进群邀请，可能已回复或已过期。",
    ]


def test_a_number_is_not_given_again(desk):
    desk.take(invitation("799998", "f1"))
    says(desk, "不进群1")
    desk.take(invitation("799999", "f2"))
    says(desk, "进群1")

    assert accepted(desk) == []
    assert "【进群邀请 2】" in told(desk)[2]


def test_the_same_invitation_again_and_too_many_do_not_disturb(desk):
    desk.take(invitation(), invitation(flag="f2"))
    desk.take(*(invitation(str(700100 + each)) for each in range(20)))
    says(desk, "进群")

    assert sum("【进群邀请 " in each and "回复：进群" in each for each in told(desk)) == 10
    assert told(desk)[-1].startswith("【进群邀请 9 件】\n1 群号 799999\n")


def test_only_the_office_decides(desk):
    desk.take(invitation())
    says(desk, "进群1", OWNER)

    assert accepted(desk) == []


def test_without_an_officer_who_can_be_reached_nothing_is_accepted(desk):
    desk.records.connection.execute("DELETE FROM roles WHERE role = 'committee'")
    desk.take(invitation())

    assert desk.sent == []
    deeds = desk.records.connection.execute("SELECT deed FROM audit ORDER BY id").fetchall()
    assert deeds[-1] == ("invitation.nobody",)


def test_the_officer_reads_what_the_platform_said(desk):
    desk.take(invitation())
    says(desk, "进群1")
    (letter,) = [each for each in desk.sent if isinstance(each, AcceptInvitation)]
    for state in (OutcomeState.DONE, OutcomeState.FAILED, OutcomeState.UNKNOWN):
        desk.take(OutgoingSettled(at=MORNING, ref=letter.ref, state=state, reason="x"))

    done, failed, unknown = told(desk)[-3:]
    assert "请登记" in done
    assert "再邀请一次" in failed
    assert "没有回音" in unknown

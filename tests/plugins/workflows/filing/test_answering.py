"""What people write about filings, as they write it on a phone, and who may."""

from datetime import timedelta

import pytest

from bot.model.filing import ChangeKind, ChangeState, Deed, FilingState
from bot.model.group import Role
from tests.pipeline.desk import COMMITTEE, DUTY, GROUP, LEADER, MORNING, OWNER
from tests.plugins.workflows.filing.office import (
    ADMINISTRATOR,
    another_group,
    complete,
    noticed,
    says,
    the_filing,
    told,
)


@pytest.fixture
def asked(desk):
    """Return a desk at which three changes of one group have been told."""
    complete(desk)
    desk.take(noticed(desk))
    desk.take(noticed(desk, ChangeKind.PURPOSE, before="甲", after="乙"))
    desk.take(noticed(desk, ChangeKind.RULES, before="旧", after="新"))
    desk.tick(minutes=10)
    return desk


def states(desk, number: int = 1) -> str:
    """Return the states of a filing's changes, a letter each."""
    letters = {ChangeState.NOTICED: "?", ChangeState.CONFIRMED: "+", ChangeState.DISMISSED: "-"}
    return "".join(letters[each.state] for each in desk.records.filings.changes(number))


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("备案 1 属实", "+++"),
        ("备案1属实", "+++"),
        ("备案１ 属实。", "+++"),
        ("备案 2026-0001 确认", "+++"),
        ("1备案 属实", "+++"),
        ("备案 1号 属实 1 3", "+?+"),
        ("备案 1 属实 1、3项", "+?+"),
        ("备案 1 属实 第2项", "?+?"),
        ("备案 1 不实 2 平台显示有误", "?-?"),
        ("备案 1 不属实 2、3：是误操作", "?--"),
        ("备案 1 不实 全部 测试", "---"),
    ],
)
def test_a_line_is_understood_as_people_write_it(asked, line, after):
    says(asked, OWNER, line)

    assert states(asked) == after


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("备案 1 不实 理由在此", "有 3 项，请写明哪项不实"),
        ("备案 1 不实 2", "请写理由，例如：备案 1 不实 2"),
        ("备案 1 属实 7", "没有第 7 项，只有 3 项"),
        ("备案 1 属实 0", "没有第 0 项，只有 3 项"),
        ("备案 9 属实", "没有归您办的备案 9 号"),
        ("备案 1 好的", "没有看懂“好的”"),
        ("备案 1 回执 8", "由机关党委办理"),
        ("退回 理由", "请写上备案编号，例如：退回 37 理由"),
        ("备案 1 同意", "由分管领导审核"),
        ("备案 1 再发", "现在不能这样办理"),
    ],
)
def test_what_cannot_be_done_is_answered_with_what_to_write(asked, line, answer):
    assert answer in says(asked, OWNER, line)
    assert states(asked) == "???"


def test_a_reason_is_kept_as_it_was_written(asked):
    says(asked, OWNER, "备案 1 不实 2 是平台显示问题，已核对（原样）！")

    change = asked.records.filings.changes(1)[1]
    assert change.reason == "是平台显示问题，已核对（原样）！"
    assert change.decided_by == 1


def test_confirmed_and_complete_it_is_formed_and_the_leader_asked(asked):
    said = says(asked, OWNER, "备案 1 属实")

    assert said == "备案 1 第1、2、3项已确认。备案表已生成，等分管领导审核。"
    assert the_filing(asked).state is FilingState.FORMED
    assert "请审核" in told(asked, LEADER)[-1]


def test_all_dismissed_ends_it(asked):
    said = says(asked, OWNER, "备案 1 不实 全部 都是测试")

    assert "没有要备案的了" in said
    assert the_filing(asked).state is FilingState.DISMISSED
    assert "不用再办" in says(asked, OWNER, "备案 1 属实")


def test_a_mind_may_be_changed_until_the_form_is_made(asked):
    says(asked, OWNER, "备案 1 不实 2 看错了")
    says(asked, OWNER, "备案 1 属实 2")
    assert states(asked) == "?+?"

    says(asked, OWNER, "备案 1 属实")
    assert "备案表已生成" in says(asked, OWNER, "备案 1 不实 2 又看错了")
    assert states(asked) == "+++"


def test_the_leader_approves_or_sends_back(asked):
    says(asked, OWNER, "备案 1 属实")
    assert "已退回" in says(asked, LEADER, "退回 1 用途写得不全")
    assert the_filing(asked).state is FilingState.CONFIRMED
    assert the_filing(asked).reason == "用途写得不全"
    assert "改正" in says(asked, OWNER, "备案 1")

    says(asked, OWNER, "备案 1 改正")
    says(asked, LEADER, "备案 1 同意")

    filing = the_filing(asked)
    assert (filing.edition, filing.approved_by) == (2, 2)


def test_nobody_approves_what_he_confirmed_then_it_is_the_office(asked):
    says(asked, LEADER, "备案 1 属实")

    assert "不能自己审核" in says(asked, LEADER, "备案 1 同意")
    assert "请审核" in told(asked, COMMITTEE)[-1]
    says(asked, COMMITTEE, "备案 1 同意")
    assert the_filing(asked).approved_by == 3


def test_who_is_owner_and_leader_does_not_approve_his_own_word(asked):
    with asked.records.transaction():
        asked.records.groups.dismiss(2, Role.LEADER, GROUP)
        asked.records.groups.appoint(1, Role.LEADER, GROUP, MORNING)
    says(asked, OWNER, "备案 1 属实")

    assert "不能自己审核" in says(asked, OWNER, "备案 1 同意")
    assert the_filing(asked).state is FilingState.FORMED


def test_the_officer_gives_a_receipt_and_nobody_else(asked):
    says(asked, OWNER, "备案 1 属实")
    says(asked, LEADER, "备案 1 同意")
    says(asked, OWNER, "备案 1 已报")
    assert the_filing(asked).state is FilingState.SENT
    assert "回执 1 编号" in says(asked, COMMITTEE, "备案 1")

    says(asked, OWNER, "回执 1 党办〔2026〕15号")
    assert the_filing(asked).state is FilingState.SENT
    says(asked, COMMITTEE, "回执 1 党办〔2026〕15号")

    filing = the_filing(asked)
    assert (filing.state, filing.receipt) == (FilingState.RECEIVED, "党办〔2026〕15号")


def test_a_receipt_may_be_a_bare_number(asked):
    says(asked, OWNER, "备案 1 属实")
    says(asked, LEADER, "备案 1 同意")
    says(asked, COMMITTEE, "回执 1 15")

    assert the_filing(asked).receipt == "15"


def test_the_officer_sends_back_what_was_sent(asked):
    says(asked, OWNER, "备案 1 属实")
    says(asked, LEADER, "备案 1 同意")
    says(asked, OWNER, "备案 1 已报")
    says(asked, COMMITTEE, "退回 1 缺公章")

    filing = the_filing(asked)
    assert (filing.state, filing.reason) == (FilingState.REFUSED, "缺公章")


def test_who_has_no_role_in_the_group_learns_nothing_of_it(asked):
    another_group(asked, 2, "国库科工作群")
    with asked.records.transaction():
        asked.records.groups.dismiss(5, Role.ADMINISTRATOR, GROUP)
        asked.records.groups.appoint(5, Role.ADMINISTRATOR, 2, MORNING)

    assert "没有归您办的备案 1 号" in says(asked, ADMINISTRATOR, "备案 1")
    assert "没有归您办的备案 1 号" in says(asked, ADMINISTRATOR, "备案 1 属实")
    assert states(asked) == "???"


def test_duty_alone_has_no_business_with_filings(asked):
    assert "这项操作请联系群主或管理员" in says(asked, DUTY, "备案")


def test_an_administrator_may_confirm_for_the_owner(asked):
    says(asked, ADMINISTRATOR, "备案 1 属实")

    assert states(asked) == "+++"


def test_several_filings_are_confirmed_in_one_line(asked):
    another_group(asked, 2, "国库科工作群")
    asked.take(noticed(asked, group=2, before="国库科工作群", after="国库群"))

    said = says(asked, OWNER, "备案 1、2 属实")

    assert (states(asked, 1), states(asked, 2)) == ("+++", "+")
    assert len(said.splitlines()) == 2


def test_the_list_shows_what_waits_first_and_how_the_other_groups_stand(asked):
    another_group(asked, 2, "国库科工作群")
    another_group(asked, 3, "办公室群")
    old = MORNING - timedelta(days=30)
    asked.take(
        noticed(asked, ChangeKind.PURPOSE, group=2, after="乙", earliest_at=old, latest_at=old)
    )
    says(asked, OWNER, "备案 1 属实")

    text = says(asked, OWNER, "备案")

    assert text.splitlines() == [
        "【备案】等您办的 1 件，其余在办 1 件",
        "2 国库科工作群 待群主确认，最迟10月28日，已逾期",
        "1 预算科工作群 待分管领导审核，最迟11月27日",
        "看内容和怎么办，请回复：备案 2",
        "办公室群：未备案",
    ]
    assert "等您办的 1 件" in says(asked, LEADER, "备案")
    assert "预算科工作群" not in says(asked, OWNER, "备案 国库科")
    assert "等您办的 0 件，其余在办 2 件" in says(asked, COMMITTEE, "备案")


def test_a_group_without_anything_open_says_how_it_stands(desk):
    complete(desk)

    assert says(desk, OWNER, "备案").splitlines() == [
        "【备案】等您办的 0 件",
        "预算科工作群：已备案（回执 旧-1）",
    ]


def test_one_filing_is_shown_whole_with_its_form_and_its_history(asked):
    says(asked, OWNER, "备案 1 属实")

    shown = says(asked, LEADER, "备案 1")
    assert "待分管领导审核" in shown
    assert "1 群名：预算科工作群 → 预算科联络群（11月18日09:30）〔已确认〕" in shown
    assert "国务院办公厅" in shown
    assert "备案表第 1 版" in shown
    assert shown.splitlines()[-5:] == [
        "回复：",
        "备案 1 同意",
        "备案 1 退回 理由",
        "备案 1 全文（备案表第 1 版，有全名，可照着填）",
        "备案 1 经过",
    ]
    assert not any(name in shown for name in ("赵一", "钱二", "周五"))

    told_ = says(asked, OWNER, "备案 1 经过")
    assert "2026-11-18 09:40:00 确认属实 赵*" in told_
    assert f"内容 sha256 {the_filing(asked).content_hash}" in told_


def test_a_number_beyond_three_digits_is_a_number_too(asked):
    assert "没有归您办的备案 12345 号" in says(asked, OWNER, "备案 12345 属实")


def test_each_step_is_kept_with_who_took_it(asked):
    says(asked, OWNER, "备案 1 不实 3 看错")
    says(asked, OWNER, "备案 1 属实")
    says(asked, LEADER, "备案 1 同意")

    steps = asked.records.filings.steps(1)
    assert [(each.deed, each.by) for each in steps][:7] == [
        (Deed.NOTICED, None),
        (Deed.NOTICED, None),
        (Deed.NOTICED, None),
        (Deed.DISMISSED, 1),
        (Deed.CONFIRMED, 1),
        (Deed.FORMED, None),
        (Deed.APPROVED, 2),
    ]
    assert steps[3].detail == "第3项，理由：看错"

"""Filings under bad input: odd lines and names, clocks that jump, people who are not there."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from bot.model.action import AmendGroup
from bot.model.event import FilingAnswered, RolesChanged
from bot.model.filing import ChangeKind, Deed, FilingAnswer, FilingState, Noticed
from bot.model.group import Person, Role
from plugins.workflows.filing.history import history
from tests.pipeline.desk import COMMITTEE, GROUP, LEADER, MORNING, OWNER
from tests.plugins.workflows.filing.office import (
    ADMINISTRATOR,
    NAME,
    NEW_NAME,
    another_group,
    complete,
    next_day,
    noticed,
    says,
    the_filing,
    told,
)

HEIR = "20021"


@pytest.fixture
def formed(desk):
    """Return a desk whose filing waits for the leader."""
    complete(desk)
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 属实")
    return desk


@pytest.fixture
def sent(formed):
    """Return a desk whose filing was handed in."""
    says(formed, LEADER, "备案 1 同意")
    says(formed, OWNER, "备案 1 已报")
    return formed


def only(desk, *roles: Role) -> None:
    """Let the owner alone hold some roles."""
    with desk.records.transaction():
        for role in roles:
            group = None if role.of_office else GROUP
            held = (
                desk.records.groups.in_office(role)
                if role.of_office
                else desk.records.groups.holders(GROUP, role)
            )
            for each in held:
                desk.records.groups.dismiss(each.id, role, group)
            desk.records.groups.appoint(1, role, group, MORNING)


def test_a_receipt_is_kept_without_what_cannot_be_printed(sent):
    says(sent, COMMITTEE, "回执 1 \x1b[31m机备\u202e〔2026〕\n12号\x07 ✅")

    receipt = the_filing(sent).receipt
    assert receipt.isprintable()
    assert receipt == "[31m机备 〔2026〕 12号 ✅"


def test_one_receipt_for_two_filings_is_asked_for_one_by_one(sent):
    said = says(sent, COMMITTEE, "回执 1、2 机备〔2026〕12号")

    assert "请分开写" in said
    assert the_filing(sent).state is FilingState.SENT


def test_a_receipt_given_twice_keeps_the_first(sent):
    says(sent, COMMITTEE, "回执１　机备12")
    said = says(sent, COMMITTEE, "回执 1 机备13")

    assert "回执 机备12" in said
    assert the_filing(sent).receipt == "机备12"


def test_a_receipt_by_somebody_else_is_answered_with_whose_it_is(sent):
    assert "由机关党委办理" in says(sent, OWNER, "回执 1 机备12")
    assert "由机关党委办理" in says(sent, LEADER, "回执 1 机备12")
    assert the_filing(sent).state is FilingState.SENT


def test_who_has_nothing_to_do_with_a_group_sees_nothing_of_its_filing(sent):
    another_group(sent, 2, "国库科工作群")
    with sent.records.transaction():
        sent.records.people.enrol(Person(id=9, name="吴九"), "qq", HEIR, MORNING)
        sent.records.groups.appoint(9, Role.OWNER, 2, MORNING)

    for line in ("备案 1", "备案 1 全文", "备案 1 经过", "回执 1 机备12", "退回 1 不行"):
        assert says(sent, HEIR, line) == "没有归您办的备案 1 号。回复“备案”看编号。"


@pytest.mark.parametrize(
    "line",
    ["备案 123456789012345678901234567890 属实", "备案 ٣ 属实", "备案 0 属实", "备案 -1 属实"],
)
def test_a_number_that_is_none_is_a_sentence(formed, line):
    before = the_filing(formed)

    assert says(formed, OWNER, line)
    assert the_filing(formed) == before
    assert formed.metrics.value("faults_total", step="CommandGiven") == 0


def test_many_numbers_in_any_writing_are_confirmed_at_once(desk):
    complete(desk)
    for number in range(2, 7):
        another_group(desk, number, f"{number}号工作群")
    desk.take(*(noticed(desk, group=each, after=f"新{each}") for each in range(1, 7)))
    desk.tick(minutes=10)

    says(desk, OWNER, "备案１、２，３ 4和5 属实")

    states = [the_filing(desk, each).state for each in range(1, 7)]
    assert FilingState.NOTICED not in states[:5]
    assert states[5] is FilingState.NOTICED


def test_hundreds_due_for_one_person_are_one_message_that_fits_a_phone(desk):
    complete(desk)
    for number in range(2, 302):
        another_group(desk, number, f"第{number}处室联络工作群")
    desk.take(*(noticed(desk, group=each, after=f"新{each}") for each in range(1, 302)))
    desk.tick(minutes=10)
    first = told(desk)
    next_day(desk, 6)
    next_day(desk, 2)
    reminders = [each for each in told(desk) if "备案催办" in each]

    assert len(first) == 1
    assert "还有" in first[0]
    assert len(reminders) == 2
    assert "301 件" in reminders[0]
    assert "没有列完，还有" in reminders[0]
    assert max(map(len, told(desk))) < 1000


def test_a_filing_with_many_changes_is_told_in_a_message_that_fits_a_phone(desk):
    before = "科室之间联系工作、传达通知、报送材料和安排值班"
    desk.take(
        *(
            noticed(desk, ChangeKind.PURPOSE, before=f"{before}{each}", after=f"{before}{each + 1}")
            for each in range(60)
        )
    )
    desk.tick(minutes=10)

    assert len(told(desk)[-1]) < 1100
    assert "没有列完" in told(desk)[-1]


def test_a_clock_that_jumps_back_by_an_hour_or_a_month_reminds_nobody_twice(desk):
    complete(desk)
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    next_day(desk, 6)
    count = len(told(desk))
    for back in (timedelta(hours=1), timedelta(days=31)):
        desk.tick(seconds=-back.total_seconds())
        desk.tick(minutes=10)
        desk.tick(seconds=back.total_seconds() - 600)

    assert len(told(desk)) == count
    assert the_filing(desk).due_on == date(2026, 11, 27)


def test_reminders_never_come_outside_working_hours_nor_twice_a_day(desk):
    complete(desk)
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    seen: dict[date, int] = {}
    for _ in range(16 * 48):
        before = len(told(desk))
        desk.tick(minutes=30)
        if len(told(desk)) > before:
            at = desk.clock.now() + timedelta(hours=8)
            assert at.weekday() < 5
            assert 9 <= at.hour < 12 or 14 <= at.hour < 18
            seen[at.date()] = seen.get(at.date(), 0) + len(told(desk)) - before

    assert seen
    assert set(seen.values()) == {1}


def test_a_term_that_moves_before_today_is_overdue_and_told_the_same_day(desk):
    complete(desk)
    desk.take(noticed(desk, earliest_at=MORNING - timedelta(days=20), how=Noticed.COMPARED))
    desk.tick(minutes=10)
    with desk.records.transaction():
        # As an earlier table had it.
        late = replace(the_filing(desk), due_on=date(2026, 12, 10))
        desk.records.filings.save(late)
    next_day(desk)

    filing = the_filing(desk)
    assert filing.due_on < MORNING.date()
    assert filing.overdue_at is not None
    steps = [each.deed for each in desk.records.filings.steps(1)]
    assert steps.count(Deed.TERM_MOVED) == steps.count(Deed.OVERDUE) == 1
    assert "已逾期" in told(desk)[-1]
    assert "已逾期" in told(desk, COMMITTEE)[-1]


def test_without_anybody_in_charge_the_office_is_asked(desk):
    complete(desk)
    with desk.records.transaction():
        for person, role in ((1, Role.OWNER), (2, Role.LEADER), (5, Role.ADMINISTRATOR)):
            desk.records.groups.dismiss(person, role, GROUP)
    desk.take(noticed(desk))
    desk.tick(minutes=10)

    assert "群主" in told(desk, COMMITTEE)[-1]
    assert "登记还缺" in told(desk, COMMITTEE)[-1]
    assert the_filing(desk).state is FilingState.NOTICED


def test_an_owner_who_left_the_office_is_not_asked(desk):
    complete(desk)
    with desk.records.transaction():
        owner = replace(desk.records.people.get(1), left_on=MORNING.date() - timedelta(days=1))
        desk.records.people._save([owner], MORNING)
    desk.take(noticed(desk))
    desk.tick(minutes=10)

    assert told(desk) == []
    assert told(desk, "20012")


def test_who_is_owner_leader_and_officer_is_told_that_somebody_else_has_to_approve(desk):
    complete(desk)
    only(desk, Role.LEADER, Role.COMMITTEE)
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 属实")

    assert any("没有人能审核" in each and "先登记一位" in each for each in told(desk))
    (done,) = desk.take(
        FilingAnswered(at=desk.clock.now(), number=1, answer=FilingAnswer.APPROVE, by=1)
    )
    assert done.exception() is not None
    assert the_filing(desk).state is FilingState.FORMED


def test_a_new_leader_is_shown_what_waits_for_him(formed):
    with formed.records.transaction():
        formed.records.people.enrol(Person(id=9, name="吴九"), "qq", HEIR, MORNING)
        formed.records.groups.dismiss(2, Role.LEADER, GROUP)
        formed.records.groups.appoint(9, Role.LEADER, GROUP, MORNING)
    formed.take(
        RolesChanged(at=formed.clock.now(), group=GROUP, role=Role.LEADER, before=(2,), after=(9,))
    )
    formed.tick(seconds=1)

    assert any("请审核" in each for each in told(formed, HEIR))
    assert "请联系群主或管理员" in says(formed, LEADER, "备案 1 同意")
    says(formed, HEIR, "备案 1 同意")
    assert the_filing(formed).approved_by == 9


def test_of_two_owners_the_first_answer_counts_and_the_second_is_told_so(desk):
    complete(desk)
    with desk.records.transaction():
        desk.records.groups.appoint(5, Role.OWNER, GROUP, MORNING)
        desk.records.people.enrol(Person(id=6, name="郑六"), "qq", HEIR, MORNING)
        desk.records.groups.appoint(6, Role.ADMINISTRATOR, GROUP, MORNING)
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    assert told(desk)[-1] == told(desk, "20012")[-1]

    says(desk, OWNER, "备案 1 属实")
    said = says(desk, "20012", "备案 1 不实 不是这样")

    assert "备案表已生成" in said
    assert the_filing(desk).state is FilingState.FORMED


@pytest.mark.parametrize(
    "contact",
    ["赵一13800001111", "联系人赵一 13800001111", "赵一/13800001111", "（赵一）13800001111"],
)
def test_a_contact_is_never_shown_whole(desk, contact):
    desk.take(noticed(desk, ChangeKind.CONTACT, before="办公室 8001", after=contact))
    desk.tick(minutes=10)

    assert "赵一" not in told(desk)[-1]
    assert "13800001111" not in told(desk)[-1]


def test_an_approver_whom_the_register_does_not_know_is_masked_too(desk):
    complete(desk)
    with desk.records.transaction():
        desk.records.groups.amend(AmendGroup(group=GROUP, approver="冯十一"))
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 属实")

    assert "开通审批人：冯*" in told(desk, LEADER)[-1]
    assert "群主：赵*" in told(desk, LEADER)[-1]


def test_the_whole_form_is_shown_to_who_has_to_fill_it_in_and_that_is_kept(sent):
    form = says(sent, OWNER, "备案 1 全文")

    assert "群主：赵一" in form
    assert "同意报送　钱二" in form
    (look,) = sent.records.people.looks_at(2)
    assert (look.by, look.reason) == (1, "看备案表 2026-0001")


def test_there_is_no_whole_form_before_it_is_made(desk):
    complete(desk)
    desk.take(noticed(desk))

    assert "还没有备案表" in says(desk, OWNER, "备案 1 全文")


def test_a_history_cannot_command_a_terminal(desk):
    complete(desk)
    desk.take(noticed(desk, after="群\x1b]0;x\x07名\n第二行"))
    says(desk, OWNER, "备案 1 属实")
    records = desk.records

    lines = history(
        the_filing(desk), records.groups.get(GROUP), filings=records.filings, people=records.people
    )

    assert all(each.isprintable() for line in lines for each in line.replace("\u3000", ""))
    assert "群 ]0;x 名 第二行" in "\n".join(lines)


def test_a_long_history_keeps_its_end_and_says_what_is_left_out(sent):
    for _ in range(30):
        says(sent, COMMITTEE, "退回 1 还是没有写清楚，请再改")
        says(sent, OWNER, "备案 1 改正")
        says(sent, LEADER, "备案 1 同意")
        says(sent, OWNER, "备案 1 已报")
    said = says(sent, OWNER, "备案 1 经过")

    assert len(said) <= 1500
    assert "没有列完" in said
    assert said.splitlines()[-1].endswith("手工报送 赵*")


def test_what_an_owner_withdraws_is_told_to_the_office(formed):
    says(formed, OWNER, "备案 1 撤回 暂不备案")

    assert told(formed, COMMITTEE)[-1].endswith("已撤回\n原因：暂不备案")


LINES = (
    *(
        "备案",
        "备案 {n}",
        "备案 {n} 属实",
        "备案 {n} 属实 0",
        "备案 {n}属实2",
        "备案 {n} 不实 理由",
    ),
    *(
        "备案 {n} 不实 全部 看错",
        "备案 {n} 同意",
        "备案 {n} 退回 理由",
        "退回 {n} 理由",
        "退回 {n}",
    ),
    *(
        "回执 {n}",
        "回执 {n} 机备{n}",
        "回执 {n}、2 甲",
        "备案 {n} 再发",
        "备案 {n} 已到",
        "备案 {n} 未到",
    ),
    *("备案 {n} 未到 退信", "备案 {n} 已报", "备案 {n} 改正", "备案 {n} 经过", "备案 {n} 全文"),
    *(
        "备案 {n},{n},1 属实",
        "备案 第{n}号 不同意 差",
        "备案 ①属实",
        "备案 {n}\n属实",
        "备案{n} ✅",
    ),
)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_people_write_is_answered_and_shows_nobodys_name(desk, seed):
    complete(desk)
    desk.take(noticed(desk))
    random = Random(seed)
    for turn in range(150):
        if random.random() < 0.1:
            how = random.choice(list(Noticed))
            change = noticed(
                desk, ChangeKind.PURPOSE, before=f"甲{turn}", after=f"乙{turn}", how=how
            )
            desk.take(change)
        if random.random() < 0.1:
            names = random.sample((NAME, NEW_NAME), 2)
            desk.take(noticed(desk, before=names[0], after=names[1]))
        desk.tick(hours=random.choice((-5, 0, 1, 24)))
        user = random.choice((OWNER, LEADER, COMMITTEE, ADMINISTRATOR))
        said = says(desk, user, random.choice(LINES).format(n=random.choice((1, 1, 2, 3))))
        if not said.startswith("互联网工作群组备案表"):
            assert not [each for each in ("赵一", "钱二", "周五", "孙三") if each in said]

    for what in ("CommandGiven", "ChangeNoticed", "TimerDue", "DutyDue"):
        assert desk.metrics.value("faults_total", step=what) == 0
    for filing in desk.records.filings.all():
        changes = desk.records.filings.changes(filing.id)
        editions = desk.records.filings.editions(filing.id)
        assert filing.state.is_end is (filing.closed_at is not None)
        assert filing.state.is_end or any(each.counts for each in changes)
        assert [each.number for each in editions] == list(range(1, filing.edition + 1))

"""What is noticed becomes a filing, and the owner hears of it once."""

from datetime import date, datetime, timedelta

import pytest

from bot.calendar import SHANGHAI
from bot.model.filing import ChangeKind, Deed, FilingState, Noticed
from bot.model.group import Role
from tests.pipeline.desk import GROUP, MORNING, OWNER
from tests.plugins.workflows.filing.office import (
    NAME,
    NEW_NAME,
    another_group,
    complete,
    noticed,
    says,
    the_filing,
    told,
)


def deeds(desk, number: int = 1) -> list[Deed]:
    return [each.deed for each in desk.records.filings.steps(number)]


def test_the_owner_is_told_what_changed_until_when_and_what_to_reply(desk):
    complete(desk)
    desk.take(noticed(desk))
    desk.tick(minutes=10)

    (text,) = told(desk)
    assert text.splitlines() == [
        "【备案 1】预算科工作群",
        "发现 1 项情况，要向机关党委备案：",
        "1 群名：预算科工作群 → 预算科联络群（11月18日09:30）",
        "最迟11月27日",
        "属实请回复：备案 1 属实",
        "不属实：备案 1 不实 理由",
    ]
    assert the_filing(desk).due_on == date(2026, 11, 27)


def test_changes_within_minutes_are_one_filing_and_one_message(desk):
    desk.take(noticed(desk))
    desk.tick(minutes=4)
    desk.take(noticed(desk, ChangeKind.PURPOSE, before="甲", after="乙"))
    desk.tick(minutes=4)
    desk.take(noticed(desk, ChangeKind.RULES, before="旧", after="新"))
    desk.tick(minutes=9)
    assert told(desk) == []
    desk.tick(minutes=2)

    (text,) = told(desk)
    assert "发现 3 项情况" in text
    assert "2 用途：甲 → 乙" in text
    assert desk.records.filings.get(2) is None


def test_what_comes_later_joins_and_is_told_again_with_the_rest(desk):
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    desk.take(noticed(desk, ChangeKind.PURPOSE, before="甲", after="乙"))
    desk.tick(minutes=10)

    assert len(told(desk)) == 2
    assert "1 群名" in told(desk)[1]
    assert "2 用途" in told(desk)[1]
    assert the_filing(desk).state is FilingState.NOTICED


def test_the_same_change_noticed_twice_is_one(desk):
    desk.take(noticed(desk), noticed(desk, how=Noticed.COMPARED))

    assert len(desk.records.filings.changes(1)) == 1


def test_a_group_renamed_back_before_anybody_was_told_is_a_matter_for_nobody(desk):
    desk.take(noticed(desk))
    desk.tick(minutes=3)
    desk.take(noticed(desk, before=NEW_NAME, after=NAME))
    desk.tick(minutes=30)

    assert told(desk) == []
    assert the_filing(desk).state is FilingState.DISMISSED
    assert {each.reason for each in desk.records.filings.changes(1)} == {"备案前已改回"}
    assert deeds(desk) == [Deed.NOTICED, Deed.UNDONE]


def test_a_group_renamed_back_after_the_owner_was_told_is_told_to_be_done(desk):
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    desk.take(noticed(desk, before=NEW_NAME, after=NAME))
    desk.tick(minutes=10)

    assert told(desk)[1:] == ["【备案 1】预算科工作群\n备案前已改回，不用备案，无需回复。"]


def test_a_name_that_goes_back_over_two_steps_undoes_both(desk):
    desk.take(noticed(desk), noticed(desk, before=NEW_NAME, after="丙群"))
    desk.take(noticed(desk, before="丙群", after=NAME))

    assert the_filing(desk).state is FilingState.DISMISSED
    assert not any(each.counts for each in desk.records.filings.changes(1))


def test_what_else_changed_is_filed_when_the_name_goes_back(desk):
    complete(desk)
    desk.take(noticed(desk), noticed(desk, ChangeKind.PURPOSE, before="甲", after="乙"))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 属实 2")
    desk.take(noticed(desk, before=NEW_NAME, after=NAME))

    assert the_filing(desk).state is FilingState.FORMED
    edition = desk.records.filings.edition(1, 1)
    assert [row["item"] for row in edition.content["changes"]] == ["用途"]


def test_a_name_that_goes_back_before_the_form_was_sent_takes_the_form_back(desk):
    complete(desk)
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 属实")
    assert the_filing(desk).state is FilingState.FORMED

    desk.take(noticed(desk, before=NEW_NAME, after=NAME))

    assert the_filing(desk).state is FilingState.DISMISSED
    assert deeds(desk)[-2:] == [Deed.SENT_BACK, Deed.UNDONE]


def test_a_change_after_the_form_was_made_opens_the_next_filing(desk):
    complete(desk)
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 属实")
    desk.take(noticed(desk, ChangeKind.PURPOSE, before="甲", after="乙"))

    assert the_filing(desk, 1).state is FilingState.FORMED
    assert the_filing(desk, 2).state is FilingState.NOTICED


def test_the_end_of_a_group_takes_along_what_was_not_sent(desk):
    complete(desk)
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 属实")
    desk.take(noticed(desk, ChangeKind.DISSOLVED, before=NAME, after=""))

    filing = the_filing(desk)
    assert filing.state is FilingState.NOTICED
    assert desk.records.filings.get(2) is None
    assert [each.kind for each in desk.records.filings.changes(1)] == [
        ChangeKind.RENAMED,
        ChangeKind.DISSOLVED,
    ]


def test_only_an_interval_is_known_and_the_term_runs_from_its_beginning(desk):
    desk.take(noticed(desk, earliest_at=MORNING - timedelta(days=5), how=Noticed.COMPARED))
    desk.tick(minutes=10)

    (text,) = told(desk)
    assert "（11月13日09:30至11月18日09:30之间，具体时间不知道，期限从最早算起）" in text
    assert "最迟11月24日" in text
    assert the_filing(desk).starts_at == MORNING - timedelta(days=5)


def test_a_clock_set_back_between_two_looks_gives_no_impossible_interval(desk):
    desk.take(noticed(desk, earliest_at=MORNING, latest_at=MORNING - timedelta(hours=3)))

    (change,) = desk.records.filings.changes(1)
    assert not change.is_blind


@pytest.mark.parametrize(
    ("at", "told_at"),
    [
        (datetime(2026, 11, 18, 23, tzinfo=SHANGHAI), datetime(2026, 11, 19, 9, tzinfo=SHANGHAI)),
        (
            datetime(2026, 11, 20, 17, 55, tzinfo=SHANGHAI),
            datetime(2026, 11, 23, 9, tzinfo=SHANGHAI),
        ),
    ],
)
def test_nobody_is_told_outside_working_hours(desk, at, told_at):
    desk.tick(seconds=(at - desk.clock.now()).total_seconds())
    desk.take(noticed(desk))
    desk.tick(seconds=(told_at - at).total_seconds() - 1)
    assert told(desk) == []

    desk.tick(seconds=2)
    assert len(told(desk)) == 1


def test_an_owner_of_several_groups_gets_one_message(desk):
    another_group(desk, 2, "国库科工作群")
    desk.take(
        noticed(desk),
        noticed(
            desk,
            group=2,
            before="国库科工作群",
            after="国库联络群",
            earliest_at=MORNING - timedelta(days=1),
        ),
    )
    desk.tick(minutes=10)

    (text,) = told(desk)
    assert text.startswith("【备案】2 个群")
    assert text.index("2 国库科工作群") < text.index("1 预算科工作群")
    assert "备案 2 属实" in text


def test_what_the_register_lacks_is_said_at_once(desk):
    desk.take(noticed(desk))
    desk.tick(minutes=10)

    assert (
        "登记还缺：用途、入群方式、群规、批准人、批准日期、联系人及联系方式、专职群管理员（群主以外）"
        in told(desk)[0]
    )


def test_names_in_a_change_are_masked(desk):
    desk.take(noticed(desk, ChangeKind.OWNER, before="赵一", after="李四、某人"))
    desk.take(
        noticed(desk, ChangeKind.CONTACT, before="赵一 13800001111", after="李四 13900002222")
    )
    desk.tick(minutes=10)

    (text,) = told(desk)
    assert "群主：赵* → 李*、某*" in text
    assert "赵* 138****11 → 李* 139****22" in text


def test_without_an_owner_the_next_in_charge_is_asked(desk):
    with desk.records.transaction():
        desk.records.groups.dismiss(1, Role.OWNER, GROUP)
    desk.take(noticed(desk))
    desk.tick(minutes=10)

    assert told(desk) == []
    assert len(told(desk, "20001")) == 1


def test_an_owner_whose_group_lost_the_bot_is_asked_whether_it_is_at_an_end(desk):
    desk.take(noticed(desk, ChangeKind.REMOVED, before="在用", after="机器人被移出"))
    desk.tick(minutes=10)

    assert "群还在用，请回复不实，并把我拉回群里" in told(desk)[0]

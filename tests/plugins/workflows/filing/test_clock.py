"""The clock of filings: who is reminded when, once, in working hours; overdue is kept once."""

from datetime import date, timedelta

import pytest

from bot.model.filing import ChangeKind, Deed
from plugins.workflows.filing.settings import FilingSettings
from tests.pipeline.desk import COMMITTEE, LEADER, MORNING, OWNER
from tests.plugins.workflows.filing.office import (
    another_group,
    complete,
    next_day,
    noticed,
    says,
    the_filing,
    told,
)

# Noticed on Wednesday 2026-11-18: due on Friday 11-27.
DUE = date(2026, 11, 27)


def reminders(desk, user: str = OWNER) -> list[str]:
    return [each for each in told(desk, user) if each.startswith("【备案催办】")]


def deeds(desk, number: int = 1) -> list[Deed]:
    return [each.deed for each in desk.records.filings.steps(number)]


def days_of(texts: list[str]) -> list[str]:
    return [text.partition("】")[2].split()[0] for text in texts]


def pass_days(desk, days: int) -> None:
    for _ in range(days):
        next_day(desk)


def test_owner_then_leader_then_office_are_reminded_at_their_distances(desk):
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    pass_days(desk, 14)

    assert days_of(reminders(desk)) == [
        "11月24日",
        "11月26日",
        "11月27日",
        "11月30日",
        "12月1日",
        "12月2日",
    ]
    assert days_of(reminders(desk, LEADER)) == ["11月27日", "11月30日", "12月1日", "12月2日"]
    assert days_of(reminders(desk, COMMITTEE)) == ["11月30日", "12月1日", "12月2日"]


def test_a_reminder_says_what_it_is_about_and_what_to_reply(desk):
    desk.take(noticed(desk))
    pass_days(desk, 6)

    (text,) = reminders(desk)
    assert text.splitlines() == [
        "【备案催办】11月24日 1 件",
        "1 预算科工作群 待群主确认，最迟11月27日",
        "看内容和怎么办，请回复：备案 1",
    ]


def test_reminders_of_several_groups_are_one_message_the_oldest_first(desk):
    another_group(desk, 2, "国库科工作群")
    earlier = MORNING - timedelta(days=2)
    desk.take(noticed(desk))
    desk.take(
        noticed(
            desk, ChangeKind.PURPOSE, group=2, after="乙", earliest_at=earlier, latest_at=earlier
        )
    )
    pass_days(desk, 8)

    last = reminders(desk)[-1]
    assert "2 件" in last
    assert last.index("国库科工作群 待群主确认，最迟11月25日，已逾期") < last.index("预算科工作群")


def test_a_bot_that_was_off_for_days_sends_one_reminder(desk):
    desk.take(noticed(desk))
    next_day(desk, 15)

    assert days_of(reminders(desk)) == ["12月3日"]
    assert deeds(desk).count(Deed.REMINDED) == 1


def test_a_reminder_that_was_missed_is_made_up_for(desk):
    desk.take(noticed(desk))
    next_day(desk, 7)

    assert days_of(reminders(desk)) == ["11月25日"]


def test_nobody_is_reminded_outside_working_hours(desk):
    desk.take(noticed(desk))
    desk.tick(days=6, hours=10)
    assert reminders(desk) == []

    desk.tick(hours=14)
    assert days_of(reminders(desk)) == ["11月25日"]


def test_a_clock_set_back_reminds_nobody_twice_and_moves_no_term(desk):
    desk.take(noticed(desk))
    pass_days(desk, 12)
    before, filing = len(reminders(desk)), the_filing(desk)
    desk.clock.move(days=-12)
    pass_days(desk, 12)

    assert len(reminders(desk)) == before
    assert the_filing(desk) == filing
    assert deeds(desk).count(Deed.OVERDUE) == 1
    assert Deed.TERM_MOVED not in deeds(desk)


def test_a_clock_set_back_to_days_on_which_the_bot_was_off_reminds_nobody_again(desk):
    desk.take(noticed(desk))
    next_day(desk, 12)
    desk.clock.move(days=-12)
    pass_days(desk, 12)

    assert len(reminders(desk)) == 1


def test_the_ringing_of_a_day_reminds_once(desk):
    desk.take(noticed(desk))
    next_day(desk, 6)
    desk.tick(minutes=10)
    desk.tick(hours=1)

    assert len(reminders(desk)) == 1


def test_overdue_is_kept_once_when_the_last_day_is_over(desk):
    desk.take(noticed(desk))
    next_day(desk, 9)
    assert the_filing(desk).overdue_at is None

    desk.tick(hours=15)
    assert the_filing(desk).overdue_at == desk.clock.now()
    pass_days(desk, 3)
    assert deeds(desk).count(Deed.OVERDUE) == 1


def test_whoever_has_his_turn_is_reminded(desk):
    complete(desk)
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 属实")
    next_day(desk, 6)

    assert reminders(desk) == []
    assert "待分管领导审核" in reminders(desk, LEADER)[0]


def test_who_has_nothing_to_do_is_left_in_peace(desk):
    complete(desk)
    pass_days(desk, 14)

    texts = [text for user in (OWNER, LEADER, COMMITTEE) for text in told(desk, user)]
    assert not any("备案" in text for text in texts)


def test_an_office_may_count_the_first_day_and_choose_its_distances(desk_with):
    chosen = FilingSettings(
        first_day_counts=True, remind_before=(2,), leader_before=2, office_after=2
    )
    desk = desk_with(settings={"filing": chosen})
    desk.take(noticed(desk))
    pass_days(desk, 13)

    filing = the_filing(desk)
    assert filing.due_on == date(2026, 11, 26)
    assert filing.rule.startswith("自当日起算7个工作日")
    assert days_of(reminders(desk))[:2] == ["11月24日", "11月26日"]
    assert days_of(reminders(desk, LEADER))[0] == "11月24日"
    assert days_of(reminders(desk, COMMITTEE))[0] == "11月30日"


def test_a_term_that_no_table_settles_is_called_provisional_and_reminded_before(desk_with, loaded):
    desk = desk_with(workflows=[each for each in loaded.workflows if each.name == "filing"])
    desk.clock.move(days=37)  # Friday 12-25: seven days on lies 2027, whose table is not out
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    filing = the_filing(desk)
    assert (filing.due_on, filing.provisional) == (date(2027, 1, 2), True)
    assert "最迟2027年1月2日（暂定）" in told(desk)[0]

    pass_days(desk, 7)
    assert days_of(reminders(desk)) == ["12月28日", "12月30日", "12月31日"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"working_days": 0}, "working_days"),
        ({"remind_before": (0,)}, "remind_before"),
        ({"office_after": -1}, "不能是负数"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_a_sentence(settings, sentence):
    with pytest.raises(Exception, match=sentence):
        FilingSettings(**settings)

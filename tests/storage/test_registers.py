"""The registers of people and groups come back as they were written."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.model.action import AmendGroup, NoteGroup, ObserveGroup, RegisterGroup
from bot.model.errors import BotError
from bot.model.group import Activity, Group, GroupState, Person, Role, Scale
from bot.model.message import Standing
from storage.codec import to_micros
from storage.groups import MessageKey
from tests.storage.moments import MINUTE, NOW


def message(number: str, posted_at: datetime = NOW) -> MessageKey:
    return to_micros(posted_at), 1, "qq:10001", number


def test_a_person_comes_back_as_enrolled(records):
    person = Person(id=7, name="欧阳明", unit="预算科", post="科长")

    records.people.enrol(person, "qq", "20099", NOW)

    assert records.people.get(7) == person
    assert records.people.with_account("qq", "20099") == person
    assert records.people.account_of(7, "qq") == "20099"
    assert records.people.next_id() == 8


def test_an_account_belongs_to_one_platform(peopled):
    assert peopled.people.with_account("wechat", "20011") is None
    assert peopled.people.account_of(1, "wechat") is None


def test_somebody_elses_account_is_refused(peopled):
    with pytest.raises(BotError, match="他人名下"):
        peopled.people.enrol(Person(id=3, name="孙三"), "qq", "20011", NOW)


def test_the_account_linked_last_is_the_one_to_write_to(peopled):
    peopled.people.enrol(peopled.people.get(1), "qq", "30011", NOW + MINUTE)

    assert peopled.people.account_of(1, "qq") == "30011"
    assert peopled.people.with_account("qq", "20011").id == 1


def test_an_unknown_person_is_told_in_a_sentence(records):
    with pytest.raises(BotError, match="没有编号为 5 的人员"):
        records.people.get(5)


def test_a_group_comes_back_as_registered_and_observed(peopled):
    peopled.groups.register(
        RegisterGroup(
            id=2,
            platform="qq",
            platform_id="700002",
            account="qq:10002",
            name="国库科工作群",
            unit="国库科",
            purpose="工作联系",
            join_way="群主邀请",
            rules="只谈工作",
            contact="孙三 0571-0000",
            approver="钱二",
            approved_on=date(2026, 11, 2),
            opened_on=date(2026, 11, 3),
            filed_as="甲1",
            trial_until=date(2026, 11, 25),
        ),
        NOW,
    )
    peopled.groups.observe(
        ObserveGroup(group=2, member_count=31, standing=Standing.MEMBER, owner_user="20021"),
        NOW + MINUTE,
    )
    peopled.groups.notice_posted(2, 1)
    peopled.groups.pause(2, NOW + 2 * MINUTE)

    found = peopled.groups.get(2)

    assert found == Group(
        id=2,
        platform="qq",
        platform_id="700002",
        account="qq:10002",
        name="国库科工作群",
        unit="国库科",
        purpose="工作联系",
        join_way="群主邀请",
        rules="只谈工作",
        contact="孙三 0571-0000",
        approver="钱二",
        approved_on=date(2026, 11, 2),
        opened_on=date(2026, 11, 3),
        filed_as="甲1",
        registered_at=NOW,
        trial_until=date(2026, 11, 25),
        notice_version=1,
        paused_until=NOW + 2 * MINUTE,
        member_count=31,
        standing=Standing.MEMBER,
        owner_user="20021",
        drawn_at=NOW + MINUTE,
    )
    assert peopled.groups.at("qq", "700002") == found
    assert peopled.groups.next_id() == 3


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda groups: groups.rename(1, "新名字"), {"name": "新名字"}),
        (
            lambda groups: groups.set_state(1, GroupState.DISSOLVED),
            {"state": GroupState.DISSOLVED},
        ),
        (lambda groups: groups.notice_posted(1, 4), {"notice_version": 4}),
        (lambda groups: groups.pause(1, NOW), {"paused_until": NOW}),
        (
            lambda groups: groups.amend(AmendGroup(group=1, unit="国库科", contact="孙三")),
            {"unit": "国库科", "contact": "孙三"},
        ),
        (
            lambda groups: groups.amend(AmendGroup(group=1, account="qq:10002")),
            {"account": "qq:10002"},
        ),
        (
            lambda groups: groups.amend(
                AmendGroup(
                    group=1,
                    purpose="a",
                    join_way="b",
                    rules="c",
                    contact="",
                    approver="钱二",
                    approved_on=date(2026, 11, 2),
                    opened_on=date(2026, 11, 3),
                    filed_as="甲1",
                )
            ),
            {
                "purpose": "a",
                "join_way": "b",
                "rules": "c",
                "approver": "钱二",
                "approved_on": date(2026, 11, 2),
                "opened_on": date(2026, 11, 3),
                "filed_as": "甲1",
            },
        ),
        (lambda groups: groups.amend(AmendGroup(group=1)), {}),
        (
            lambda groups: groups.note(NoteGroup(group=1, scale=Scale.MEDIUM)),
            {"noted_scale": Scale.MEDIUM},
        ),
        (
            lambda groups: groups.note(NoteGroup(group=1, activity=Activity.DORMANT)),
            {"noted_activity": Activity.DORMANT},
        ),
    ],
)
def test_every_change_is_seen_at_once_by_those_who_read_before(peopled, change, expected):
    before = peopled.groups.at("qq", "700001")

    change(peopled.groups)

    assert peopled.groups.at("qq", "700001") == replace(before, **expected)


def test_a_group_in_which_the_bot_no_longer_works_is_not_watched(peopled):
    peopled.groups.set_state(1, GroupState.REMOVED)

    assert peopled.groups.all() == []
    assert peopled.groups.watched_by("qq:10001") == []
    assert peopled.groups.at("qq", "700001").state is GroupState.REMOVED


def test_the_whole_register_has_also_the_groups_that_are_gone(peopled):
    peopled.groups.set_state(1, GroupState.DISSOLVED)

    assert [each.id for each in peopled.groups.whole_register()] == [1]


def test_when_a_name_was_last_seen_never_goes_back(peopled):
    before = peopled.groups.listed_at(1)

    peopled.groups.see_listed([1], NOW)
    peopled.groups.see_listed([1], NOW - MINUTE)

    assert before is None
    assert peopled.groups.listed_at(1) == NOW


def test_messages_are_counted_by_the_day_in_china(peopled):
    groups = peopled.groups
    late = datetime(2026, 11, 17, 15, 59, tzinfo=UTC)
    with peopled.transaction():
        for moment in (late, late + MINUTE, NOW):
            groups.pass_by(message("1", moment))
    held = groups.messages_per_day(1, date(2026, 11, 1))

    groups.keep_watermarks()
    with peopled.transaction():
        groups.pass_by(message("2"))

    assert held == {date(2026, 11, 17): 1, date(2026, 11, 18): 2}
    assert groups.messages_per_day(1, date(2026, 11, 18)) == {date(2026, 11, 18): 3}
    assert groups.message_counts(date(2026, 11, 1)) == {1: 4}
    assert groups.message_counts(date(2026, 11, 19)) == {}


def test_what_was_undone_is_not_counted(peopled):
    def count_and_fail():
        with peopled.transaction():
            peopled.groups.pass_by(message("1"))
            raise BotError("x")

    with pytest.raises(BotError):
        count_and_fail()

    assert peopled.groups.message_counts(date(2026, 11, 1)) == {}


def test_counts_are_forgotten_after_ninety_days(peopled):
    with peopled.transaction():
        peopled.groups.pass_by(message("1", NOW - timedelta(days=91)))
        peopled.groups.pass_by(message("2", NOW - timedelta(days=90)))
    peopled.groups.keep_watermarks()

    forgotten = peopled.groups.expire_counts(NOW)

    assert forgotten == 1
    assert len(peopled.groups.messages_per_day(1, date(2026, 1, 1))) == 1


def test_a_change_of_an_unknown_group_is_told(records):
    with pytest.raises(BotError, match="没有编号为 5 的群"):
        records.groups.rename(5, "x")


def test_roles_are_held_once_per_group_and_once_per_office(peopled):
    for _ in range(2):
        peopled.groups.appoint(1, Role.OWNER, 1, NOW)
        peopled.groups.appoint(2, Role.COMMITTEE, None, NOW)

    assert [each.id for each in peopled.groups.holders(1, Role.OWNER)] == [1]
    assert [each.id for each in peopled.groups.in_office(Role.COMMITTEE)] == [2]
    assert peopled.groups.roles_of(1) == [(1, Role.OWNER)]
    assert peopled.groups.roles_of(2) == [(None, Role.COMMITTEE)]


def test_a_message_is_seen_once_and_the_latest_is_the_watermark(peopled):
    groups = peopled.groups

    first = groups.see([message("902", NOW + MINUTE)])
    others = groups.see(
        [message("901"), message("902", NOW + MINUTE), message("903"), message("903")]
    )

    assert first == [True]
    assert others == [True, False, True, False]
    assert groups.see([]) == []
    assert groups.last_seen(1) is None


def test_the_latest_message_that_was_passed_is_the_watermark(peopled):
    groups = peopled.groups
    groups.see([message("902", NOW + MINUTE), message("901")])

    for each in (message("902", NOW + MINUTE), message("901")):
        groups.pass_by(each)

    assert groups.last_seen(1) == ("902", NOW + MINUTE)


def test_message_ids_are_forgotten_after_their_term(peopled):
    groups = peopled.groups
    both = [message("901"), message("902", NOW + MINUTE)]
    groups.see(both)
    groups.not_screened(message("901"), "image")

    forgotten = groups.expire_messages(NOW + MINUTE)

    assert forgotten == 1
    assert groups.see(both) == [True, False]
    assert groups.unscreened_count(1) == 0


def test_what_was_not_screened_is_counted_by_message_until_it_was(peopled):
    groups = peopled.groups
    for reason in ("image", "rule:gambling"):
        groups.not_screened(message("901"), reason)
    groups.not_screened(message("902"), "long_text")

    groups.now_screened(message("902"), "long_text")

    assert groups.unscreened_count(1) == 1


def test_a_blind_interval_opens_once_and_closes_with_what_became_of_it(peopled):
    groups = peopled.groups
    groups.open_blind(1, NOW, "silent")
    groups.open_blind(1, NOW + MINUTE, "again")
    open_since = groups.blind_since(1)

    groups.close_blind(1, NOW + 5 * MINUTE, caught_up=True)
    groups.open_blind(1, NOW + 9 * MINUTE, "offline")
    groups.close_blind(1, NOW + timedelta(minutes=8), caught_up=False)

    assert open_since == NOW
    assert groups.blind_since(1) is None
    assert groups.blind_intervals(1) == [
        (NOW, NOW + 5 * MINUTE, "silent", True),
        (NOW + 9 * MINUTE, NOW + 9 * MINUTE, "offline", False),
    ]

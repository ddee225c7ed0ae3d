"""Identify: what belongs to no registered group is dropped unread."""

import pytest

from bot.model.event import (
    AccountConnected,
    BotRemoved,
    CommandGiven,
    GroupRenamed,
    MemberJoined,
    MessageRecalled,
    TimerDue,
)
from bot.model.group import GroupState
from bot.pipeline.identify import identify
from storage.codec import to_micros
from tests.pipeline.desk import ACCOUNT, GAMBLING, GROUP, MORNING, PLACE


def test_a_message_of_a_registered_group_is_ours(desk):
    (found,) = identify(desk.posted(1), desk.records)

    assert found.group.id == GROUP
    assert found.message == (to_micros(MORNING), GROUP, ACCOUNT, "1")
    assert found.durable_key is None


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"group": "799999"},
        {"account": "qq:10002"},
        {"account": "wechat:10001"},
        {"group": ""},
        {"group": "-1"},
    ],
)
def test_what_another_account_or_another_group_sees_is_nothing_to_us(desk, elsewhere):
    assert identify(desk.posted(1, GAMBLING, **elsewhere), desk.records) == ()


@pytest.mark.parametrize("state", [GroupState.DISSOLVED, GroupState.REMOVED])
def test_a_group_in_which_the_bot_no_longer_works_is_not_read(desk, state):
    desk.records.groups.set_state(GROUP, state)

    assert identify(desk.posted(1), desk.records) == ()
    assert identify(BotRemoved(at=MORNING, account=ACCOUNT, group=PLACE), desk.records) == ()


@pytest.mark.parametrize(
    "event",
    [
        MemberJoined(at=MORNING, account=ACCOUNT, group="799999", user="1"),
        MessageRecalled(at=MORNING, account="qq:10002", group=PLACE, message_id="1"),
        GroupRenamed(at=MORNING, account=ACCOUNT, group="799999", name="别人的群"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_events_of_other_groups_are_nothing_to_us(desk, event):
    assert identify(event, desk.records) == ()


def test_a_private_message_is_a_command_line_and_nothing_else(desk):
    line = desk.posted(5, "撤回1" + "长" * 2000, group=None, quotes="77")

    (found,) = identify(line, desk.records)

    assert isinstance(found.event, CommandGiven)
    assert found.event.text == ("撤回1" + "长" * 2000)[:1000]
    assert found.event.quotes == "77"
    assert found.event.group is None
    assert found.durable_key
    assert found.message is None


def test_two_private_lines_never_share_a_key(desk):
    lines = [
        desk.posted(5, group=None),
        desk.posted(6, group=None),
        desk.posted(5, group=None, account="qq:10002"),
    ]

    keys = [identify(line, desk.records)[0].durable_key for line in lines]

    assert len(set(keys)) == 3


def test_a_line_that_names_the_bot_in_a_group_is_a_message_and_a_command(desk):
    posted, given = identify(desk.posted(1, "待办", mentions=("10001",)), desk.records)

    assert posted.event.message.text == "待办"
    assert given.event.group == PLACE
    assert given.durable_key


@pytest.mark.parametrize("how", [{"mentions": ("10002",)}, {"caught_up": True}])
def test_a_line_for_somebody_else_or_from_the_past_is_no_command(desk, how):
    event = desk.posted(1, "待办", **({"mentions": ("10001",)} | how))

    assert len(identify(event, desk.records)) == 1


def test_what_concerns_an_account_needs_no_group(desk):
    event = AccountConnected(at=MORNING, account="qq:10002", name="号", abilities=frozenset())

    (found,) = identify(event, desk.records)

    assert found.group is None
    assert found.durable_key is None


def test_what_comes_from_people_and_timers_is_first_a_row_of_the_inbox(desk):
    (found,) = identify(TimerDue(at=MORNING, key="alert:1"), desk.records)

    assert found.durable_key == ""


def test_identifying_writes_nothing(desk):
    changes = desk.records.connection.execute("SELECT total_changes()").fetchone()

    identify(desk.posted(1, GAMBLING, mentions=("10001",)), desk.records)

    assert desk.records.connection.execute("SELECT total_changes()").fetchone() == changes

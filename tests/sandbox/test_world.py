"""What people and bots may do in the world, and what it tells."""

import pytest

from bot.sandbox.office import OFFICE
from bot.sandbox.things import (
    CardChanged,
    Dissolved,
    Happening,
    Joined,
    Left,
    OwnerChanged,
    Posted,
    Rank,
    Recalled,
    RefusedError,
    Renamed,
    Switched,
    Wish,
)
from bot.sandbox.world import World

BOT, LEADER, OWNER, ADMIN, MEMBER, OTHER, STRANGER = 10001, 20001, 20011, 20012, 20013, 20014, 20022
GROUP, UNMANAGED, NOBODYS = 700001, 700003, 700009


def listen(world: World) -> list[Happening]:
    heard: list[Happening] = []
    world.listeners.append(heard.append)
    return heard


def test_a_post_is_kept_and_told_to_the_bots_of_the_group(world):
    heard = listen(world)

    message = world.post(MEMBER, GROUP, "早上好\n请看表")

    assert [post.text for post in world.posts_in(GROUP)] == ["早上好\n请看表"]
    assert heard == [Posted(post=world.message(message), bots=(BOT,))]


def test_message_ids_are_distinct_int32_and_some_are_negative(world):
    ids = [world.post(MEMBER, GROUP, "一") for _ in range(2000)]

    assert len(set(ids)) == 2000
    assert all(-(2**31) <= number < 2**31 for number in ids)
    assert any(number < 0 for number in ids)
    assert any(number > 0 for number in ids)


def test_history_is_bounded(world):
    for _ in range(30_000):
        world.post(MEMBER, GROUP, "一")

    assert len(world.posts_in(GROUP)) == 500
    assert len(world._posts) == 20_000


def test_nobody_posts_in_a_group_he_is_not_in(world):
    with pytest.raises(RefusedError, match="群成员未找到"):
        world.post(STRANGER, GROUP, "一")


@pytest.mark.parametrize(
    ("operator", "sender", "allowed"),
    [
        (MEMBER, MEMBER, True),
        (ADMIN, MEMBER, True),
        (BOT, MEMBER, True),
        (OWNER, MEMBER, True),
        (OWNER, ADMIN, True),
        (ADMIN, OWNER, False),
        (BOT, OWNER, False),
        (BOT, ADMIN, False),
        (MEMBER, OTHER, False),
    ],
)
def test_who_may_recall_whose_message(world, operator, sender, allowed):
    message = world.post(sender, GROUP, "一")

    if allowed:
        world.recall(operator, message)
    else:
        with pytest.raises(RefusedError, match="权限不足"):
            world.recall(operator, message)

    assert world.message(message).recalled_by == (operator if allowed else None)


def test_a_message_is_recalled_once(world):
    message = world.post(MEMBER, GROUP, "一")
    heard = listen(world)
    world.recall(MEMBER, message)

    with pytest.raises(RefusedError, match="已撤回"):
        world.recall(OWNER, message)

    assert [type(happening) for happening in heard] == [Recalled]


def test_the_owner_transfers_before_he_leaves(world):
    with pytest.raises(RefusedError, match="转让"):
        world.leave(OWNER, GROUP)
    heard = listen(world)

    world.transfer(OWNER, GROUP, ADMIN)
    world.leave(OWNER, GROUP)

    assert world.group(GROUP).owner == ADMIN
    assert [type(happening) for happening in heard] == [OwnerChanged, Left]


def test_joining_and_leaving_are_told(world):
    heard = listen(world)

    world.join(STRANGER, GROUP, card="国库科 孟初晴")
    world.leave(STRANGER, GROUP)
    world.join(STRANGER, GROUP, invited_by=MEMBER)

    assert [type(happening) for happening in heard] == [Joined, Left, Joined]
    assert world.member(GROUP, STRANGER).rank is Rank.MEMBER
    with pytest.raises(RefusedError, match="已经在群里"):
        world.join(STRANGER, GROUP)


def test_an_administrator_removes_members_but_not_equals(world):
    world.kick(ADMIN, GROUP, MEMBER)

    with pytest.raises(RefusedError, match="权限不足"):
        world.kick(ADMIN, GROUP, BOT)
    with pytest.raises(RefusedError, match="群成员未找到"):
        world.kick(ADMIN, GROUP, MEMBER)

    assert MEMBER not in world.group(GROUP).members


def test_only_managers_rename_and_only_the_owner_dissolves(world):
    heard = listen(world)

    for deed in (
        lambda: world.rename(MEMBER, GROUP, "新名"),
        lambda: world.dissolve(ADMIN, GROUP),
        lambda: world.set_admin(ADMIN, GROUP, MEMBER, admin=True),
        lambda: world.notice(MEMBER, GROUP, "公告"),
    ):
        with pytest.raises(RefusedError, match="权限不足"):
            deed()
    world.rename(ADMIN, GROUP, "新名")
    world.dissolve(OWNER, GROUP)

    assert [type(happening) for happening in heard] == [Renamed, Dissolved]
    with pytest.raises(RefusedError, match="群不存在"):
        world.posts_in(GROUP)


def test_a_card_is_told_when_its_bearer_next_speaks(world):
    heard = listen(world)

    world.set_card(MEMBER, GROUP, MEMBER, "预算科 张小明")
    world.post(MEMBER, GROUP, "一")
    world.post(MEMBER, GROUP, "二")

    assert [type(happening) for happening in heard] == [Switched, CardChanged, Posted, Posted]


def test_the_muted_are_silent_until_their_time_is_over():
    moment = [0.0]
    world = World(lambda: moment[0])
    for user in (1, 2):
        world.add_account(user, str(user))
    world.add_group(9, "群", 1)
    world.seat(9, 2)
    world.mute(1, 9, 2, 60)

    with pytest.raises(RefusedError, match="禁言"):
        world.post(2, 9, "一")
    moment[0] = 61.0
    world.post(2, 9, "二")
    world.mute_all(1, 9, muted=True)

    with pytest.raises(RefusedError, match="禁言"):
        world.post(2, 9, "三")


def test_a_bot_writes_only_to_friends_while_members_may_write_to_it(world):
    stranger = 20016

    world.say(stranger, BOT, "你好")

    with pytest.raises(RefusedError, match="好友"):
        world.say(BOT, stranger, "你好")
    assert world.inbox_of(stranger) == ()


def test_an_accepted_friend_can_be_written_to(world):
    flag = world.befriend_request(20016, comment="预算科 纪安之")

    world.settle(BOT, flag, approve=True, wishes=(Wish.FRIEND,))
    world.say(BOT, 20016, "你好")

    assert [post.text for post in world.inbox_of(20016)] == ["你好"]
    with pytest.raises(RefusedError, match="请求不存在"):
        world.settle(BOT, flag, approve=True, wishes=(Wish.FRIEND,))


def test_a_bot_is_asked_before_it_is_brought_into_a_group(world):
    group = world.add_group(700010, "新群", OWNER)

    flag = world.invite(OWNER, 700010, BOT)

    assert BOT not in group.members
    assert flag is not None
    world.settle(BOT, flag, approve=True, wishes=(Wish.INVITE,))
    assert BOT in group.members


def test_a_refused_applicant_stays_outside(world):
    flag = world.ask_to_join(STRANGER, GROUP, "国库科 孟初晴")

    world.settle(BOT, flag, approve=False, wishes=(Wish.ADD,))

    assert STRANGER not in world.group(GROUP).members
    assert world.requests == {}


def test_an_unknown_switch_or_value_is_refused(world):
    with pytest.raises(RefusedError, match="没有这个开关"):
        world.switch(weather=True)
    with pytest.raises(RefusedError, match="没有这个值"):
        world.switch(sending="sometimes")


def test_the_office_knows_who_is_who(world):
    assert OFFICE.roles(LEADER) == ("分管领导",)
    assert OFFICE.roles(OWNER) == ("群主",)
    assert OFFICE.roles(OTHER) == ()
    assert world.group(GROUP).owner == OFFICE.groups[0].owner
    assert world.member(UNMANAGED, BOT).rank is Rank.MEMBER
    assert BOT in world.group(NOBODYS).members
    assert [group.registered for group in OFFICE.groups] == [True, True, True, False, False]

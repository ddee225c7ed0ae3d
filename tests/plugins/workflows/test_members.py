"""Who is in each group is kept as lists and events show it."""

import pytest

from bot.model.event import (
    Ability,
    AccountConnected,
    MemberJoined,
    MemberLeft,
    MembersDrawn,
)
from bot.model.group import Member
from bot.model.member import Account, Confirmation
from tests.pipeline.desk import ACCOUNT, GROUP, MORNING, OWNER, PLACE


def drawn(*users: str, complete=True, group=PLACE) -> MembersDrawn:
    return MembersDrawn(
        at=MORNING,
        account=ACCOUNT,
        group=group,
        members=tuple(Member(user=user) for user in users),
        complete=complete,
    )


def users(desk) -> list[str]:
    return [member.user for member in desk.records.members.of(GROUP)]


def test_a_list_shows_who_is_there_and_whose_account_it_is(desk):
    desk.take(drawn(OWNER, "20013"))

    assert [(each.user, each.person) for each in desk.records.members.of(GROUP)] == [
        (OWNER, 1),
        ("20013", None),
    ]
    assert desk.records.members.drawn(GROUP).complete


def test_a_list_that_was_cut_short_lets_nobody_go(desk):
    desk.take(drawn(OWNER, "20013"), drawn(OWNER, complete=False))

    assert users(desk) == [OWNER, "20013"]
    assert not desk.records.members.drawn(GROUP).complete


def test_joining_and_leaving_show_at_once(desk):
    joined = MemberJoined(at=MORNING, account=ACCOUNT, group=PLACE, user="20014")
    left = MemberLeft(at=MORNING, account=ACCOUNT, group=PLACE, user="20013")

    desk.take(drawn(OWNER, "20013"), joined, left)

    assert users(desk) == [OWNER, "20014"]


def test_groups_that_are_not_ours_are_not_kept(desk):
    desk.take(drawn("20099", group="799999"))

    assert desk.records.connection.execute("SELECT count(*) FROM members").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("abilities", "still"), [(frozenset({Ability.STABLE_IDS}), True), (frozenset(), False)]
)
def test_a_login_ends_what_was_confirmed_where_ids_change_with_it(desk, abilities, still):
    desk.records.people.confirm(
        Account(
            platform="qq",
            user="20013",
            person=1,
            how=Confirmation.CODE,
            linked_at=MORNING,
            login=ACCOUNT,
        )
    )

    desk.take(AccountConnected(at=MORNING, account=ACCOUNT, name="主号", abilities=abilities))

    assert (desk.records.people.with_account("qq", "20013") is not None) == still
    assert desk.records.people.with_account("qq", OWNER) is not None

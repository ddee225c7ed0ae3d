"""Members: a list is kept as it was drawn; what is not complete lets nobody go."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.action import KeepMembers, RegisterGroup
from bot.model.group import Member
from bot.model.member import Account, Confirmation, KnownMember, MemberList
from bot.model.message import Standing
from bot.vault import Vault
from storage.database import open_store
from storage.unit_of_work import UnitOfWork
from tests.storage.moments import MINUTE, NOW

DAY = timedelta(days=1)
ONE = Member(
    user="20013", card="预算科 张明", nickname="明", standing=Standing.ADMINISTRATOR, robot=False
)
TWO = Member(user="20014", nickname="小李")


def keep(records, *members: Member, complete=True, at=NOW, group=1) -> None:
    change = KeepMembers(group=group, members=members, complete=complete)
    records.members.keep(change, at)


def users(records, group=1) -> dict[str, int]:
    return {member.user: member.number for member in records.members.of(group)}


def confirm(records, user="20013", person=1, **changes) -> None:
    records.people.confirm(
        Account(
            platform="qq",
            user=user,
            person=person,
            how=Confirmation.CODE,
            linked_at=NOW,
            **changes,
        )
    )


def test_a_list_comes_back_with_numbers_and_people(peopled):
    confirm(peopled)

    keep(peopled, ONE, TWO)

    assert peopled.members.of(1) == [
        KnownMember(
            group=1,
            number=1,
            user="20013",
            card="预算科 张明",
            nickname="明",
            standing=Standing.ADMINISTRATOR,
            person=1,
            how=Confirmation.CODE,
            first_seen_at=NOW,
        ),
        KnownMember(group=1, number=2, user="20014", nickname="小李", first_seen_at=NOW),
    ]
    assert peopled.members.numbered(1, 2).user == "20014"
    assert peopled.members.numbered(1, 3) is None
    assert peopled.members.get(1, "20014") == peopled.members.numbered(1, 2)


def test_who_administers_a_group_at_its_platform_is_known_while_he_is_there(peopled):
    keep(peopled, ONE, TWO)
    found = peopled.members.administrators(1)

    keep(peopled, TWO)

    assert [each.user for each in found] == ["20013"]
    assert peopled.members.administrators(1) == []


def test_what_is_known_of_a_list_is_when_and_whether_it_was_complete(peopled):
    keep(peopled, ONE)

    keep(peopled, ONE, TWO, complete=False, at=NOW + DAY)

    assert peopled.members.drawn(1) == MemberList(
        group=1, first_at=NOW, drawn_at=NOW + DAY, complete=False, count=2
    )
    assert peopled.members.drawn(2) is None


def test_numbers_stay_while_people_come_and_go(peopled):
    keep(peopled, ONE, TWO)

    keep(peopled, TWO, Member(user="20015"), at=NOW + DAY)

    assert users(peopled) == {"20014": 2, "20015": 3}
    assert peopled.members.get(1, "20013").left_at == NOW + DAY


def test_a_list_cut_short_brings_who_is_new_and_lets_nobody_go(peopled):
    keep(peopled, ONE, TWO)

    keep(peopled, Member(user="20015"), complete=False, at=NOW + DAY)

    assert users(peopled) == {"20013": 1, "20014": 2, "20015": 3}


def test_a_stale_list_does_not_bring_back_who_was_removed(peopled):
    keep(peopled, ONE, TWO)
    peopled.members.gone(1, "20013", NOW + MINUTE)

    keep(peopled, ONE, TWO, complete=False, at=NOW + DAY)

    assert users(peopled) == {"20014": 2}


def test_who_comes_back_begins_anew(peopled):
    keep(peopled, ONE, TWO)
    peopled.members.ask(1, "20013", date(2026, 11, 20), NOW)
    keep(peopled, TWO, at=NOW + MINUTE)

    keep(peopled, ONE, TWO, at=NOW + DAY)

    back = peopled.members.get(1, "20013")
    assert (back.first_seen_at, back.left_at, back.due_on) == (NOW + DAY, None, None)
    assert back.number == 3


@pytest.mark.parametrize(
    "changed",
    [
        Member(user="20013", card="办公室 张明", nickname="明", standing=Standing.ADMINISTRATOR),
        Member(user="20013", card="预算科 张明", nickname="明"),
        Member(user="20013", robot=True),
    ],
)
def test_what_is_shown_differently_is_kept_anew(peopled, changed):
    keep(peopled, ONE)

    keep(peopled, changed, at=NOW + DAY)

    found = peopled.members.get(1, "20013")
    assert (found.card, found.nickname) == (changed.card, changed.nickname)
    assert (found.standing, found.robot) == (changed.standing, changed.robot)
    assert (found.first_seen_at, found.number) == (NOW, 1)


def test_an_account_twice_in_a_list_is_one_member(peopled):
    keep(peopled, ONE, ONE)

    assert users(peopled) == {"20013": 1}


def test_who_joined_stands_there_before_a_list_shows_him_and_keeps_his_card_after(peopled):
    peopled.members.keep_one(1, Member(user="20013"), NOW)
    keep(peopled, ONE, at=NOW + MINUTE)

    peopled.members.keep_one(1, Member(user="20013"), NOW + DAY)

    found = peopled.members.get(1, "20013")
    assert (found.card, found.first_seen_at) == ("预算科 张明", NOW)


def test_who_left_twice_left_the_first_time(peopled):
    keep(peopled, ONE)

    for later in (1, 2):
        peopled.members.gone(1, "20013", NOW + later * DAY)
    peopled.members.gone(1, "29999", NOW)

    assert peopled.members.get(1, "20013").left_at == NOW + DAY


def test_only_members_without_a_record_are_due_when_their_day_has_passed(peopled):
    keep(peopled, ONE, TWO, Member(user="20015"))
    for user in ("20013", "20014", "20015", "20016"):
        peopled.members.ask(1, user, date(2026, 11, 20), NOW)
    confirm(peopled, "20013")
    peopled.members.gone(1, "20015", NOW)

    assert peopled.members.due(date(2026, 11, 20)) == []
    assert [each.user for each in peopled.members.due(date(2026, 11, 21))] == ["20014", "20016"]
    assert peopled.members.get(1, "20016").asked_at == NOW


def test_an_account_is_found_in_every_group_of_its_platform(peopled):
    peopled.groups.register(another_group(2, "qq"), NOW)
    peopled.groups.register(another_group(3, "wechat"), NOW)
    for group in (1, 2, 3):
        keep(peopled, ONE, group=group)

    found = peopled.members.of_account("qq", "20013")

    assert [each.group for each in found] == [1, 2]


def another_group(number: int, platform: str) -> RegisterGroup:
    return RegisterGroup(
        id=number,
        platform=platform,
        platform_id=f"70000{number}",
        account=f"{platform}:10001",
        name="国库科工作群",
        unit="国库科",
    )


def test_who_was_confirmed_before_a_new_login_can_be_proposed_again(peopled):
    confirm(peopled, login="qq:10001")
    keep(peopled, ONE, TWO)
    peopled.people.end_login("qq:10001", NOW)
    now = peopled.members.get(1, "20013")

    keep(peopled, Member(user="30013", card="预算科 张明"), at=NOW + DAY)

    earlier = peopled.members.earlier(1)
    assert (now.person, now.how) == (None, None)
    assert [(each.card, each.person) for each in earlier] == [("预算科 张明", 1)]


def test_who_left_a_group_is_forgotten_unless_a_hold_keeps_him(peopled):
    keep(peopled, ONE, TWO, Member(user="20015"))
    confirm(peopled, "20014", person=2)
    peopled.people.hold(2, "纪检核查")
    keep(peopled, Member(user="20015"), at=NOW + MINUTE)

    assert peopled.members.expire(NOW + DAY) == 1

    assert peopled.members.get(1, "20013") is None
    assert peopled.members.get(1, "20014") is not None
    assert users(peopled) == {"20015": 3}


def test_numbers_stay_small_as_long_as_there_are_any(peopled):
    for step in range(5):
        keep(peopled, *(Member(user=f"{step}{n:03}") for n in range(400)), at=NOW + step * DAY)

    found = users(peopled).values()
    assert len(set(found)) == 400
    assert max(found) <= 999


def test_a_group_larger_than_three_digits_is_kept_whole(peopled):
    keep(peopled, *(Member(user=str(n)) for n in range(1, 1201)))

    assert sorted(users(peopled).values()) == list(range(1, 1201))


def test_cards_and_accounts_are_nowhere_in_the_file(peopled, tmp_path):
    keep(peopled, ONE, TWO)
    peopled.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    raw = (tmp_path / "qungui.db").read_bytes()

    for secret in ("张明", "20013", "小李"):
        assert secret.encode() not in raw
        assert secret.encode("utf-16-le") not in raw


CARDS = st.text(st.characters(), max_size=12)
LISTS = st.lists(
    st.tuples(
        st.booleans(),
        st.lists(st.builds(Member, user=st.sampled_from("abcdef"), card=CARDS, nickname=CARDS)),
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(drawn=LISTS)
def test_after_a_complete_list_exactly_its_people_are_there(tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("store")
    connection = open_store(folder / "qungui.db")
    records = UnitOfWork(connection, Vault.open(folder / "vault.key", create=True))
    records.groups.register(another_group(1, "qq"), NOW)

    for step, (complete, members) in enumerate(drawn):
        before = users(records)
        keep(records, *members, complete=complete, at=NOW + step * DAY)
        keep(records, *members, complete=complete, at=NOW + step * DAY + MINUTE)

        after = users(records)
        stayed = before.keys() & after.keys()
        assert {user: before[user] for user in stayed} == {user: after[user] for user in stayed}
        assert len(set(after.values())) == len(after)
        if complete:
            shown = {each.user: each for each in reversed(members)}
            assert after.keys() == shown.keys()
            for found in records.members.of(1):
                assert found.nickname == shown[found.user].nickname
        else:
            assert before.keys() <= after.keys()
    connection.close()


def test_newcomers_are_those_who_came_after_the_first_list_and_have_no_record(peopled):
    keep(peopled, ONE)
    later = NOW + MINUTE
    keep(peopled, ONE, TWO, Member(user="20015"), Member(user="20016", robot=True), at=later)
    confirm(peopled, "20015")

    found = [member.user for member in peopled.members.newcomers(1)]
    peopled.members.ask(1, "20014", date(2026, 11, 23), later)

    assert found == ["20014"]
    assert peopled.members.newcomers(1) == []


def test_who_is_erased_is_in_no_list_that_he_has_left(peopled):
    confirm(peopled)
    keep(peopled, ONE, TWO)
    keep(peopled, at=NOW + DAY)

    peopled.people.erase(1, NOW + DAY)

    assert peopled.members.of_account("qq", ONE.user) == []
    assert len(peopled.members.of_account("qq", TWO.user)) == 1

"""The roster, accounts, codes, looks and holds come back as they were kept, and go when they must."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.model.action import CountTry, IssueCodes, SaveRoster
from bot.model.errors import BotError
from bot.model.group import Person, Role
from bot.model.join import JoinRequest, JoinState
from bot.model.member import Account, Confirmation
from bot.model.rights import DataRequest, Look, RequestKind, RequestState
from storage.database import open_store
from storage.migrations import MIGRATIONS
from storage.unit_of_work import UnitOfWork
from tests.storage.moments import MINUTE, NOW

DAY = timedelta(days=1)
MING = Person(
    id=3,
    name="张明",
    unit="预算科",
    post="科员",
    staff_number="100203",
    left_on=date(2026, 12, 31),
    moved_on=date(2026, 9, 1),
    former_unit="办公室",
    on_roster=True,
)
IDENTITY = "11010519491231002X"


def an_account(**changes) -> Account:
    values = {
        "platform": "qq",
        "user": "20013",
        "person": 1,
        "how": Confirmation.OWNER,
        "confirmed_by": 2,
        "linked_at": NOW,
    }
    return Account(**(values | changes))


def kept(records, *people: Person, identities=()) -> None:
    with records.transaction():
        records.people.save_roster(SaveRoster(people=people, identities=identities), NOW)


def save_and_fail(records) -> None:
    records.people.save_roster(SaveRoster(people=(MING,)), NOW)
    assert len(records.people.all()) == 3
    raise ZeroDivisionError


def test_a_person_of_the_roster_comes_back_with_everything(peopled):
    kept(peopled, MING)

    assert peopled.people.get(3) == MING
    assert peopled.people.named("张明") == peopled.people.numbered("100203") == [MING]
    assert peopled.people.named("张") == peopled.people.numbered("1002") == []


def test_who_has_changed_is_replaced_and_keeps_his_id(peopled):
    kept(peopled, MING)

    kept(peopled, replace(MING, unit="国库科", staff_number="", left_on=None))

    assert peopled.people.get(3) == replace(MING, unit="国库科", staff_number="", left_on=None)
    assert peopled.people.numbered("100203") == []
    assert peopled.people.next_id() == 4


def test_everybody_is_read_once_until_somebody_changes(peopled):
    before = peopled.people.all()
    peopled.people.confirm(an_account())
    same = peopled.people.all()

    kept(peopled, MING)

    assert same is before
    assert [person.id for person in peopled.people.all()] == [1, 2, 3]
    assert peopled.people.all() is peopled.people.all()


def test_what_was_undone_is_read_anew(peopled):
    before = peopled.people.all()

    with pytest.raises(ZeroDivisionError), peopled.transaction():
        save_and_fail(peopled)

    assert peopled.people.all() == before


def test_what_was_undone_with_an_event_alone_is_read_anew(peopled):
    with peopled.transaction():
        with pytest.raises(ZeroDivisionError), peopled.savepoint():
            save_and_fail(peopled)

        assert len(peopled.people.all()) == 2


def test_something_else_undone_leaves_what_was_read(peopled):
    kept(peopled, MING)
    before = peopled.people.all()

    with peopled.transaction(), pytest.raises(ZeroDivisionError), peopled.savepoint():
        raise ZeroDivisionError

    assert peopled.people.all() is before


def test_an_identity_number_is_kept_only_as_long_as_a_roster_brings_one(peopled):
    kept(peopled, MING, identities=((3, IDENTITY), (1, IDENTITY)))
    found = peopled.people.identity_of(3)

    kept(peopled, identities=((3, IDENTITY[::-1]),))
    again = peopled.people.identity_of(3), peopled.people.identity_of(1)
    kept(peopled, MING)

    assert found == IDENTITY
    assert again == (IDENTITY[::-1], IDENTITY)
    assert peopled.people.identity_of(3) is None
    assert peopled.people.identity_of(1) is None


def test_an_account_comes_back_as_confirmed(peopled):
    peopled.people.confirm(an_account())

    assert peopled.people.account("qq", "20013") == an_account()
    assert an_account() in peopled.people.accounts_of(1)
    assert peopled.people.with_account("qq", "20013").id == 1


def test_an_account_confirmed_for_somebody_else_is_his_alone(peopled):
    peopled.people.confirm(an_account())

    peopled.people.confirm(an_account(person=2, how=Confirmation.CODE, confirmed_by=None))

    assert peopled.people.with_account("qq", "20013").id == 2
    assert [each.user for each in peopled.people.accounts_of(1)] == ["20011"]


def test_an_account_that_is_unlinked_is_nobodys(peopled):
    peopled.people.confirm(an_account())

    peopled.people.unlink("qq", "20013")

    assert peopled.people.with_account("qq", "20013") is None


def test_what_only_an_owner_said_is_not_where_letters_go(peopled):
    peopled.people.confirm(an_account(linked_at=NOW + DAY))

    assert peopled.people.account_of(1, "qq") == "20011"
    assert peopled.people.account_of(2, "qq") == "20001"


def test_with_a_new_login_what_was_confirmed_for_the_last_one_ends(peopled):
    peopled.people.confirm(an_account(platform="wechat", login="wechat:me"))
    peopled.people.confirm(an_account(platform="wechat", user="20014", login="wechat:other"))

    peopled.people.end_login("wechat:me", NOW)

    assert peopled.people.with_account("wechat", "20013") is None
    assert peopled.people.with_account("wechat", "20014") is not None
    peopled.people.confirm(an_account(platform="wechat", login="wechat:me"))
    assert peopled.people.with_account("wechat", "20013") is not None


def test_an_account_whose_login_ended_can_be_enrolled_for_somebody_else(peopled):
    peopled.people.confirm(an_account(login="qq:10001"))
    peopled.people.end_login("qq:10001", NOW)

    peopled.people.enrol(Person(id=3, name="孙三"), "qq", "20013", NOW)

    assert peopled.people.with_account("qq", "20013").id == 3


def test_only_who_left_and_still_has_a_role_is_listed_for_handover(peopled):
    peopled.groups.appoint(1, Role.OWNER, 1, NOW)
    one = replace(peopled.people.get(1), left_on=date(2026, 11, 17))
    kept(peopled, one, replace(MING, left_on=date(2026, 11, 1)))

    assert peopled.people.leavers_with_roles(date(2026, 11, 18)) == [one]
    assert peopled.people.leavers_with_roles(date(2026, 11, 17)) == []


def test_a_role_that_is_taken_is_gone(peopled):
    peopled.groups.appoint(1, Role.OWNER, 1, NOW)
    peopled.groups.appoint(1, Role.DUTY, None, NOW)

    peopled.groups.dismiss(1, Role.OWNER, 1)
    peopled.groups.dismiss(1, Role.DUTY, None)

    assert peopled.groups.roles_of(1) == []


def test_a_look_at_a_name_says_who_and_why(peopled):
    looks = [
        Look(person=1, by=2, reason="核对张明的登记", at=NOW),
        Look(person=1, by=None, reason="打印名册", at=NOW + MINUTE),
    ]
    for look in looks:
        peopled.people.keep_look(look)

    peopled.people.expire_looks(NOW + MINUTE)

    assert peopled.people.looks_at(1) == looks[1:]
    assert peopled.people.looks_at(2) == []


def test_who_is_erased_leaves_a_number_and_nothing_else(peopled):
    kept(peopled, MING, identities=((3, IDENTITY),))
    peopled.people.confirm(an_account(person=3))
    peopled.people.keep_look(Look(person=3, by=1, reason="核对", at=NOW))
    peopled.codes.issue(IssueCodes(codes=((3, "K7M2P9"),), expires_at=NOW + DAY), NOW)

    peopled.people.erase(3, NOW)

    found = peopled.people.get(3)
    assert (found.name, found.unit, found.staff_number) == ("", "", "")
    assert peopled.people.next_id() == 4
    assert 3 not in {person.id for person in peopled.people.all()}
    assert peopled.people.named("张明") == []
    assert peopled.people.with_account("qq", "20013") is None
    assert peopled.people.looks_at(3) == []
    assert (peopled.codes.of(3), peopled.people.identity_of(3)) == ([], None)


def test_whom_a_hold_keeps_or_who_has_a_role_is_not_erased(peopled):
    kept(peopled, MING)
    peopled.people.hold(3, "纪检核查")
    peopled.groups.appoint(1, Role.OWNER, 1, NOW)

    with pytest.raises(BotError, match="按要求保留"):
        peopled.people.erase(3, NOW)
    with pytest.raises(BotError, match="先交接"):
        peopled.people.erase(1, NOW)
    assert peopled.people.held_for(3) == "纪检核查"


def test_who_left_expires_unless_a_hold_or_a_role_keeps_him(peopled):
    gone = [replace(MING, id=n, left_on=date(2026, 5, 1)) for n in (3, 4, 5)]
    kept(peopled, *gone, replace(MING, id=6))
    peopled.people.hold(4, "纪检核查")
    peopled.groups.appoint(5, Role.ADMINISTRATOR, 1, NOW)

    expired = peopled.people.expire(NOW - 180 * DAY, NOW)

    assert expired == 1
    assert [person.id for person in peopled.people.all()] == [1, 2, 4, 5, 6]
    peopled.people.hold(4, None)
    assert peopled.people.expire(NOW - 180 * DAY, NOW) == 1
    assert peopled.people.expire(NOW - 180 * DAY, NOW) == 0


def test_a_code_fits_its_person_only_and_is_not_kept_in_clear(peopled):
    peopled.codes.issue(IssueCodes(codes=((1, "K7M2P9"), (2, "Q4X8T3")), expires_at=NOW + DAY), NOW)

    assert peopled.codes.matching(1, "K7M2P9")
    assert peopled.codes.matching(2, "K7M2P9") is None
    assert peopled.codes.matching(1, "k7m2p9") is None
    assert peopled.codes.matching(9, "K7M2P9") is None
    row = peopled.connection.execute("SELECT * FROM codes WHERE person = 1").fetchone()
    assert not any(b"K7M2P9" in each for each in row if isinstance(each, bytes))


def test_a_code_that_was_used_says_so_until_another_is_issued(peopled):
    peopled.codes.issue(IssueCodes(codes=((1, "K7M2P9"),), expires_at=NOW + DAY), NOW)
    peopled.codes.use(1, "K7M2P9", NOW + MINUTE)
    (used,) = peopled.codes.of(1)

    peopled.codes.issue(IssueCodes(codes=((1, "Q4X8T3"),), expires_at=NOW + DAY), NOW)

    assert used.used_at == NOW + MINUTE
    assert [each.used_at for each in peopled.codes.of(1)] == [None]
    assert peopled.codes.matching(1, "K7M2P9") is None


def test_of_several_codes_of_a_person_each_is_used_for_itself(peopled):
    codes = ((1, "K7M2P9"), (1, "Q4X8T3"), (2, "R5Y9V4"))
    peopled.codes.issue(IssueCodes(codes=codes, expires_at=NOW + DAY), NOW)

    peopled.codes.use(1, "K7M2P9", NOW + MINUTE)

    assert peopled.codes.matching(1, "K7M2P9").used_at == NOW + MINUTE
    assert peopled.codes.matching(1, "Q4X8T3").used_at is None
    assert len(peopled.codes.of(1)) == 2
    assert len(peopled.codes.of(2)) == 1


def test_tries_count_for_the_account_and_for_the_person(peopled):
    for user, person in (("20013", 1), ("20014", 1), ("20013", None)):
        peopled.codes.count_try(CountTry(platform="qq", user=user, person=person), NOW)

    assert peopled.codes.tries_by("qq", "20013", since=NOW) == 2
    assert peopled.codes.tries_by("wechat", "20013", since=NOW) == 0
    assert peopled.codes.tries_for(1, since=NOW) == 2
    assert peopled.codes.tries_for(1, since=NOW + MINUTE) == 0


def test_codes_and_tries_are_forgotten_after_their_term(peopled):
    peopled.codes.issue(IssueCodes(codes=((1, "K7M2P9"),), expires_at=NOW), NOW)
    peopled.codes.count_try(CountTry(platform="qq", user="20013", person=1), NOW)

    assert peopled.codes.expire(NOW + MINUTE) == 1

    assert peopled.codes.of(1) == []
    assert peopled.codes.tries_for(1, since=NOW) == 0


def a_request(**changes) -> JoinRequest:
    values = {
        "id": 1,
        "group": 1,
        "user": "20019",
        "comment": "预算科张明",
        "flag": "700001|5|add",
        "recipient": 1,
        "number": 7,
        "proposed": 2,
        "asked_at": NOW,
    }
    return JoinRequest(**(values | changes))


def test_a_request_to_join_comes_back_and_takes_its_answer(peopled):
    request = a_request()
    peopled.joins.save(request)
    opened = peopled.joins.open_of(1), peopled.joins.open_in(1), peopled.joins.open_in(1, "20019")

    answered = request.decided(JoinState.REFUSED, 1, NOW + MINUTE, "名册上没有")
    peopled.joins.save(answered)

    assert opened == ([request], [request], [request])
    assert peopled.joins.get(1) == peopled.joins.by_flag(1, "700001|5|add") == answered
    assert peopled.joins.by_number(1, 7) == answered
    assert peopled.joins.open_of(1) == peopled.joins.open_in(1) == []
    assert peopled.joins.next_id() == 2


def test_a_number_means_the_open_request_before_an_older_one(peopled):
    peopled.joins.save(a_request())
    peopled.joins.save(a_request(id=2).decided(JoinState.GONE, None, NOW))

    assert peopled.joins.by_number(1, 7).id == 1


def test_answered_requests_expire_and_open_ones_stay(peopled):
    peopled.joins.save(a_request())
    for number, proposed in ((2, 1), (3, 2), (4, None)):
        request = a_request(id=number, proposed=proposed)
        peopled.joins.save(request.decided(JoinState.ACCEPTED, 1, NOW))
    peopled.people.hold(2, "纪检核查")

    assert peopled.joins.expire(NOW + MINUTE) == 2

    assert peopled.joins.get(1) is not None
    assert peopled.joins.get(3) is not None


def test_a_request_about_ones_data_comes_back_with_its_outcome(peopled):
    request = DataRequest(
        id=1,
        kind=RequestKind.CORRECT,
        account="qq:10001",
        user="20011",
        person=1,
        text="科室写错了",
        made_at=NOW,
    )
    peopled.requests.save(request)
    waiting = peopled.requests.open()

    closed = request.closed(RequestState.DONE, NOW + MINUTE, by=2, answer="已改为国库科")
    peopled.requests.save(closed)

    assert waiting == [request]
    assert peopled.requests.get(1) == closed
    assert peopled.requests.of_account("qq:10001", "20011") == peopled.requests.all() == [closed]
    assert peopled.requests.open() == peopled.requests.of_account("qq:10001", "2") == []
    assert peopled.requests.next_id() == 2
    assert peopled.requests.expire(NOW + DAY) == 1


def test_a_store_of_the_first_version_keeps_its_people_and_accounts(tmp_path, vault):
    old = open_store(tmp_path / "qungui.db", migrate=False)
    MIGRATIONS.apply(_sqlite_utils(old), stop_before="m002_real_names")
    seal = vault.seal
    old.execute(
        "INSERT INTO people VALUES (1, ?, ?, '预算科', '', 0)",
        (seal("赵一", place="people.name:1"), vault.index("赵一", place="people.name")),
    )
    old.execute(
        "INSERT INTO accounts VALUES ('qq', ?, ?, 1, 0)",
        (vault.index("20011", place="accounts.user:qq"), seal("20011", place="accounts.user:1")),
    )
    old.close()

    connection = open_store(tmp_path / "qungui.db")

    people = UnitOfWork(connection, vault).people
    assert people.all() == (Person(id=1, name="赵一", unit="预算科"),)
    assert people.with_account("qq", "20011").id == 1
    assert people.account("qq", "20011").how is Confirmation.REGISTER
    connection.close()


def _sqlite_utils(connection):
    import sqlite_utils

    return sqlite_utils.Database(connection, execute_plugins=False)


def test_who_has_a_name_can_be_asked_for_without_those_who_are_reached(peopled):
    kept(peopled, MING, replace(MING, id=4), replace(MING, id=5))
    with peopled.transaction():
        peopled.people.confirm(an_account(user="20014", person=3))
        peopled.people.confirm(an_account(user="20015", person=4, login="qq:10002"))
        peopled.people.confirm(an_account(platform="wechat", user="20016", person=5))

    def unreached(through: str) -> list[int]:
        return [each.id for each in peopled.people.named("张明", without=through)]

    assert unreached("qq:10001") == [4, 5]
    assert unreached("qq:10002") == [5]
    assert unreached("qq") == [5]
    for through in ("qq:10001", "qq:10002", "qq", "wechat"):
        reached = {n for n in (3, 4, 5) if peopled.people.account_of(n, through)}
        assert reached == {3, 4, 5} - set(unreached(through))

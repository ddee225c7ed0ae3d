"""Where ids of people change with each login nobody is anybody before he proves it anew."""

from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model.action import AnswerFriendRequest, SayInGroup, SayPrivately
from bot.model.errors import BotError
from bot.model.event import (
    AccountConnected,
    CommandGiven,
    FriendRequested,
    GroupAmended,
    GroupSubmitted,
    MembersDrawn,
    OutgoingSettled,
    PersonNamed,
    RosterSubmitted,
)
from bot.model.group import Member, Role
from bot.model.member import Account, Confirmation
from bot.model.roster import RosterRow
from bot.pipeline.worker import SendingBegins, Withdrawn
from bot.plugin import Workflow, on
from plugins.workflows.members import WORKFLOW as MEMBERS
from tests.pipeline.desk import ACCOUNT, GROUP, MEMBER, MORNING, OWNER, PLACE

OTHER = "qq:10002"
CONNECTED = AccountConnected(at=MORNING, account=ACCOUNT, name="主号", abilities=frozenset())
FORM = GroupSubmitted(
    at=MORNING,
    platform="qq",
    platform_id="700005",
    account=ACCOUNT,
    name="国库科工作群",
    unit="国库科",
    approver="钱二",
    owner=PersonNamed(name="周五", unit="国库科"),
    administrators=(PersonNamed(name="吴六", unit="国库科"),),
    leader=PersonNamed(name="钱二"),
)


def drawn(*users: str, complete: bool = True) -> MembersDrawn:
    return MembersDrawn(
        at=MORNING,
        account=ACCOUNT,
        group=PLACE,
        members=tuple(Member(user=user, nickname=f"成员{user}") for user in users),
        complete=complete,
    )


def newcomers(desk) -> list[str]:
    return [each.user for each in desk.records.members.newcomers(GROUP)]


def roster(*people: tuple[str, str, str]) -> RosterSubmitted:
    rows = (
        RosterRow(line=line, name=name, unit=unit, staff_number=number)
        for line, (name, unit, number) in enumerate(people, start=2)
    )
    return RosterSubmitted(at=MORNING, rows=tuple(rows), whole=False)


def error_of(ended) -> str:
    error = ended.exception(timeout=0)
    assert isinstance(error, BotError)
    return str(error)


def test_the_first_list_after_a_login_brings_no_newcomers(desk):
    desk.take(drawn(OWNER, "a1", "a2"))
    desk.clock.move(hours=1)
    desk.take(CONNECTED)
    gone = desk.records.members.drawn(GROUP)
    desk.take(drawn("b0", "b1", "b2"))
    desk.clock.move(minutes=10)
    desk.take(drawn("b0", "b1", "b2", "b3"))

    assert gone is None
    assert [each.user for each in desk.records.members.of(GROUP)] == ["b0", "b1", "b2", "b3"]
    assert newcomers(desk) == ["b3"]


def test_a_first_list_that_was_cut_short_makes_nobody_a_newcomer_who_was_left_out(desk):
    desk.take(CONNECTED, drawn("b1", complete=False))
    desk.clock.move(minutes=10)
    desk.take(drawn("b1", "b2", complete=False))
    desk.clock.move(minutes=10)
    desk.take(drawn("b1", "b2", "b3"))
    desk.clock.move(minutes=10)
    desk.take(drawn("b1", complete=False))
    desk.clock.move(minutes=10)
    desk.take(drawn("b1", "b2", "b3", "b4"))

    assert newcomers(desk) == ["b4"]


def test_after_a_mere_silence_everybody_is_who_he_was(desk):
    desk.take(drawn(OWNER, "a1"))
    desk.records.people.confirm(an_account(MEMBER, login=ACCOUNT))

    desk.take(replace(CONNECTED, same_login=True))

    assert desk.records.people.with_account("qq", MEMBER) is not None
    assert len(desk.records.members.of(GROUP)) == 2


def test_what_waits_for_an_id_of_the_last_login_is_not_sent_and_is_said_to_have_failed(desk_with):
    settled: list[OutgoingSettled] = []
    desk = desk_with(
        workflows=[
            MEMBERS,
            Workflow(
                name="listener",
                listens=(on(OutgoingSettled, lambda _, event: settled.append(event) or ()),),
            ),
        ]
    )
    private = SayPrivately(account=ACCOUNT, user=MEMBER, text="摘录", ref="alert:1")
    public = SayInGroup(account=ACCOUNT, group=PLACE, text="遵守群规", ref="neutral:1")
    with desk.records.transaction():
        letters = [desk.records.outbox.add(each, MORNING) for each in (private, public)]

    desk.take(CONNECTED)
    begun = [begin(desk, letter.id) for letter in letters]

    assert [(each.ref, each.reason) for each in settled] == [("alert:1", "another_login")]
    assert isinstance(begun[0], Withdrawn)
    assert begun[1] is None


def test_what_was_confirmed_for_one_login_is_of_no_use_to_another_account(desk):
    desk.records.people.confirm(an_account("x1", login=OTHER))

    desk.take(command("x1", "状态"), replace(command("x1", "状态"), account=OTHER))

    people = desk.records.people
    assert people.account_of(3, OTHER) == "x1"
    assert people.account_of(3, "qq") == "x1"
    assert people.account_of(3, ACCOUNT) == "20003"
    texts = {each.account: each.text for each in desk.sent if each.user == "x1"}
    assert "【状态】" in texts[OTHER]
    assert "【状态】" not in texts[ACCOUNT]


def test_people_are_registered_without_accounts_and_known_by_name_and_unit(desk):
    desk.take(roster(("周五", "国库科", "1005"), ("周五", "预算科", "1006")))

    (done,) = desk.take(FORM)

    assert done.exception(timeout=0) is None
    groups, people = desk.records.groups, desk.records.people
    group = groups.at("qq", "700005")
    (owner,) = groups.holders(group.id, Role.OWNER)
    (leader,) = groups.holders(group.id, Role.LEADER)
    (administrator,) = groups.holders(group.id, Role.ADMINISTRATOR)
    assert (owner.staff_number, people.accounts_of(owner.id)) == ("1005", [])
    assert leader.id == 2
    assert (administrator.on_roster, people.accounts_of(administrator.id)) == (False, [])
    assert people.account_of(owner.id, ACCOUNT) is None


def test_of_two_of_one_name_and_unit_the_staff_number_says_who_is_meant(desk):
    desk.take(roster(("周五", "国库科", "1005"), ("周五", "国库科", "1007")))

    (refused,) = desk.take(FORM)
    (done,) = desk.take(replace(FORM, owner=PersonNamed(name="周五", unit="1007")))

    assert "2 个周*" in error_of(refused)
    assert done.exception(timeout=0) is None
    group = desk.records.groups.at("qq", "700005")
    assert desk.records.groups.holders(group.id, Role.OWNER)[0].staff_number == "1007"


def test_another_owner_is_named_without_an_account(desk):
    desk.take(roster(("周五", "预算科", "1005")))

    (done,) = desk.take(
        GroupAmended(at=MORNING, group=GROUP, owner=PersonNamed(name="周五", unit="预算科"))
    )

    assert done.exception(timeout=0) is None
    assert [each.name for each in desk.records.groups.holders(GROUP, Role.OWNER)] == ["周五"]


def test_an_account_named_in_a_form_lasts_for_the_login_unless_ids_are_stable(desk):
    desk.take(replace(FORM, owner=PersonNamed(name="周五", unit="国库科", user="u5")))
    before = desk.records.people.account("qq", "u5")

    desk.take(CONNECTED)

    assert (before.how, before.login) == (Confirmation.REGISTER, ACCOUNT)
    assert desk.records.people.account("qq", "u5") is None
    assert desk.records.people.once_with_account("qq", "u5").name == "周五"


@pytest.mark.parametrize("minutes", [9, 11])
def test_a_group_is_asked_for_its_owner_a_while_after_a_login_without_a_word_of_why(desk, minutes):
    desk.records.connection.execute("DELETE FROM accounts")
    desk.take(CONNECTED)

    desk.tick(minutes=minutes)

    said = [each for each in desk.sent if isinstance(each, SayInGroup) and "确认身份" in each.text]
    assert len(said) == (minutes > 10)


def test_a_member_may_befriend_the_bot_to_prove_himself_and_a_stranger_may_not(desk):
    desk.take(drawn(OWNER, "a1"))

    for user in ("a1", "x9", OWNER):
        desk.take(FriendRequested(at=MORNING, account=ACCOUNT, user=user, flag=f"f-{user}"))

    answered = [each.flag for each in desk.sent if isinstance(each, AnswerFriendRequest)]
    assert answered == ["f-a1", f"f-{OWNER}"]


def an_account(user: str, *, login: str) -> Account:
    return Account(
        platform="qq",
        user=user,
        person=3,
        how=Confirmation.CODE,
        linked_at=MORNING + timedelta(hours=1),
        login=login,
    )


def command(user: str, text: str) -> CommandGiven:
    return CommandGiven(at=MORNING, account=ACCOUNT, user=user, text=text)


def begin(desk, letter: int) -> Exception | None:
    done: Future[None] = Future()
    desk.worker.run_batch([SendingBegins(letter, done)])
    return done.exception(timeout=0)

"""What a proposal says, beyond the labelled cards."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.group import Person
from bot.people.proposal import Proposal, Reason, Verdict
from bot.people.roster import Roster, without_rivals

MONDAY = date(2026, 11, 23)

ZHANG = Person(id=1, name="张三", unit="预算科", post="科长")
LI = Person(id=2, name="李四", unit="国库科", post="科员")
WANG = Person(id=3, name="王伟", unit="预算科")
OTHER_WANG = Person(id=4, name="王伟", unit="国库科")
ZHAO = Person(id=5, name="赵六", unit="国库科", left_on=date(2026, 11, 20))
GOING = Person(id=6, name="孙七", unit="国库科", left_on=MONDAY)
MOVED = Person(id=7, name="周八", unit="国库科", former_unit="预算科", moved_on=date(2026, 9, 1))
PEOPLE = (ZHANG, LI, WANG, OTHER_WANG, ZHAO, GOING, MOVED)


def roster(*people: Person) -> Roster:
    return Roster(people or PEOPLE, office="云江市财政局")


def propose(card: str, unit: str = "预算科", **more: object) -> Proposal:
    return roster().propose(card=card, unit=unit, on=MONDAY, **more)  # type: ignore[arg-type] # only what propose takes


def test_a_proposal_says_why():
    proposal = propose("预算科 张三")

    assert proposal.person is ZHANG
    assert proposal.why == "姓名相符，写明的科室相符，全单位只有一人叫这个名字"


def test_two_of_one_name_are_told_apart_by_the_unit_on_the_card_only():
    bare, named = propose("王伟"), propose("国库科 王伟")

    assert bare.person is None
    assert bare.people == (WANG, OTHER_WANG)
    assert bare.reasons == (Reason.SAME_NAME,)
    assert named.person is OTHER_WANG


def test_the_last_day_in_the_office_is_still_a_day_in_the_office():
    gone, going = propose("国库科 赵六"), propose("国库科 孙七")

    assert (gone.verdict, gone.since) == (Verdict.LEFT, date(2026, 11, 20))
    assert (going.verdict, going.since) == (Verdict.CLEAR, None)


def test_who_moved_is_known_in_the_old_group_with_the_day():
    old, new = propose("周八"), propose("周八", unit="国库科")

    assert (old.verdict, old.person, old.since) == (Verdict.MOVED, MOVED, date(2026, 9, 1))
    assert new.verdict is Verdict.CLEAR


def test_in_a_group_of_the_whole_office_a_name_that_only_one_has_is_enough():
    assert propose("李四", unit="云江市财政局").person is LI
    assert propose("李四", unit="").person is LI
    assert propose("李四", unit="预算科").reasons == (Reason.OTHER_UNIT,)


def test_a_group_may_write_the_office_before_its_unit():
    assert propose("李四", unit="云江市财政局国库科").person is LI


def test_units_of_the_roster_may_stand_under_the_office():
    person = Person(id=1, name="李四", unit="云江市财政局/国库科")

    proposal = roster(person).propose(card="国库 李四", unit="国库科", on=MONDAY)

    assert proposal.person is person


def test_an_earlier_confirmation_holds_until_the_card_says_another():
    same, other = propose("小太阳", earlier=1), propose("国库科 李四", earlier=1)

    assert (same.person, same.reasons) == (ZHANG, (Reason.EARLIER,))
    assert (other.person, other.people) == (None, (ZHANG, LI))


def test_nobody_is_proposed_for_two_accounts_of_a_group():
    first, second, third = propose("张三"), propose("预算科张三"), propose("国库科 李四")

    settled = without_rivals({"a": first, "b": second, "c": third})

    assert [settled[each].verdict for each in "abc"] == ["unsure", "unsure", "clear"]
    assert settled["a"].people == (ZHANG,)
    assert settled["a"].reasons == (Reason.CLAIMED_TWICE,)


def test_nobody_is_proposed_whose_account_in_the_group_is_confirmed():
    settled = without_rivals({"a": propose("张三")}, taken=[ZHANG.id])

    assert settled["a"].verdict is Verdict.UNSURE


def test_what_an_owner_writes_is_read_in_any_order():
    own = roster()

    found = [
        own.answered(text, on=MONDAY).person
        for text in ("王伟/国库科", "国库科王伟", "王伟，国库", "国庫科／王偉")
    ]

    assert found == [OTHER_WANG] * 4


def test_the_end_of_a_compound_surname_is_no_surname():
    sun = Person(id=1, name="孙立", unit="国库科", post="科长")

    torn = roster(sun).propose(card="国库科长孙立", unit="国库科", on=MONDAY)
    apart = roster(sun).propose(card="国库科长 孙立", unit="国库科", on=MONDAY)

    assert (torn.verdict, torn.people) == (Verdict.UNSURE, (sun,))
    assert apart.person is sun


def test_rows_without_a_usable_name_do_no_harm():
    own = roster(Person(id=1, name=""), Person(id=2, name="张"), Person(id=3, name="John"), ZHANG)

    assert own.propose(card="预算科 张三", unit="", on=MONDAY).person is ZHANG
    assert own.propose(card="张", unit="", on=MONDAY).verdict is Verdict.NONE


def test_an_empty_roster_proposes_nobody():
    assert Roster(()).propose(card="预算科 张三", unit="预算科", on=MONDAY).people == ()


def test_a_proposal_hides_names():
    assert "张三" not in repr(propose("预算科 张三"))


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_card_is_too_strange(card: str, nickname: str):
    proposal = propose(card, nickname=nickname)

    assert (proposal.person is None) == (proposal.verdict in {Verdict.UNSURE, Verdict.NONE})


@given(st.text(alphabet="张三李四王伟预算科国库的我是代长 -·2", max_size=24))
def test_who_is_proposed_is_named_in_full(card: str):
    person = propose(card).person

    assert person is None or person.name in card.replace(" ", "").replace("·", "")


@pytest.mark.parametrize("repeated", ["预算科张三", "张三", "的", "我是", "科"])
def test_a_hostile_card_ends(repeated: str):
    assert propose(repeated * 2_000).person is None

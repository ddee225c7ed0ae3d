"""What a roster changes: nobody is taken for somebody else, and nobody is lost."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.group import Person
from bot.model.roster import RosterDiff, RosterRow, compare_roster

TODAY = date(2026, 11, 18)
MING = Person(id=1, name="张明", unit="预算科", staff_number="1001", on_roster=True)
FANG = Person(id=2, name="李芳", unit="财务科", on_roster=True)


def compared(*rows: RosterRow, known=(MING, FANG), whole=True) -> RosterDiff:
    next_id = max((person.id for person in known), default=0) + 1
    return compare_roster(known, rows, next_id=next_id, today=TODAY, whole=whole)


def row(name: str, unit: str = "", **fields) -> RosterRow:
    return RosterRow(name=name, unit=unit, **fields)


SAME = (row("张明", "预算科", staff_number="1001"), row("李芳", "财务科"))


def test_the_same_roster_again_changes_nothing():
    assert compared(*SAME) == RosterDiff(unchanged=2)


def test_the_first_roster_brings_everybody():
    diff = compared(*SAME, known=())

    assert [replace(person, id=0) for person in diff.added] == [
        replace(MING, id=0),
        replace(FANG, id=0),
    ]
    assert [person.id for person in diff.added] == [1, 2]


def test_another_unit_is_a_move_with_the_day_and_the_former_unit():
    diff = compared(row("张明", "办公室", staff_number="1001"), SAME[1])

    assert diff.moved == (replace(MING, unit="办公室", former_unit="预算科", moved_on=TODAY),)


def test_the_day_of_a_move_is_the_files_where_it_says_one():
    day = date(2026, 9, 1)

    diff = compared(row("李芳", "办公室", moved_on=day), whole=False)

    assert diff.moved[0].moved_on == day


def test_a_last_day_or_a_place_in_the_roster_that_is_empty_means_leaving():
    gone = date(2026, 9, 30)

    diff = compared(row("张明", "预算科", staff_number="1001", left_on=gone))

    assert diff.left == (replace(MING, left_on=gone), replace(FANG, left_on=TODAY))


def test_a_part_of_the_roster_lets_nobody_go():
    diff = compared(SAME[0], whole=False)

    assert diff == RosterDiff(unchanged=1)


def test_who_left_and_stands_in_the_roster_again_is_back():
    diff = compared(*SAME, known=(replace(MING, left_on=TODAY), FANG))

    assert diff.changed == (MING,)


def test_a_new_post_or_number_is_a_change():
    diff = compared(SAME[0], row("李芳", "财务科", post="科长", staff_number="1002"))

    assert diff.changed == (replace(FANG, post="科长", staff_number="1002"),)


def test_a_staff_number_that_has_another_name_now_is_somebody_else():
    diff = compared(row("王五", "预算科", staff_number="1001"), SAME[1])

    assert [person.name for person in diff.added] == ["王五"]
    assert diff.left == (replace(MING, left_on=TODAY),)


def test_one_name_with_another_staff_number_is_somebody_else():
    diff = compared(row("张明", "预算科", staff_number="2002"), SAME[1])

    assert [person.id for person in diff.added] == [3]
    assert [person.id for person in diff.left] == [1]


def test_two_of_one_name_are_never_guessed():
    twin = Person(id=3, name="李芳", unit="办公室", on_roster=True)

    diff = compared(SAME[0], row("李芳", "国库科"), known=(MING, FANG, twin))

    assert [person.unit for person in diff.added] == ["国库科"]
    assert {person.id for person in diff.left} == {2, 3}


def test_two_of_one_name_are_known_by_their_units():
    twin = Person(id=3, name="李芳", unit="办公室", on_roster=True)

    diff = compared(*SAME, row("李芳", "办公室", post="主任"), known=(MING, FANG, twin))

    assert diff.changed == (replace(twin, post="主任"),)
    assert diff.unchanged == 2


def test_rows_that_nobody_can_tell_apart_are_named():
    diff = compared(SAME[0], row("李芳", "财务科", line=3), row("李芳", "财务科", line=9))

    assert [each.line for each in diff.twice] == [3, 9]


@pytest.mark.parametrize("number", ["", "3"])
def test_a_row_beside_its_like_with_a_number_needs_one_too(number):
    like = row("李芳", "办公室", staff_number="2")

    diff = compared(*SAME, like, row("李芳", "办公室", staff_number=number))

    assert bool(diff.twice) == (not number)


def test_a_row_that_may_mean_two_known_people_is_named():
    known = tuple(Person(id=n, name="李芳", unit="办公室", staff_number=str(n)) for n in (1, 2))

    assert len(compared(row("李芳", "办公室"), known=known).twice) == 1


def test_who_may_have_moved_or_come_back_is_somebody_new():
    gone = Person(id=3, name="李芳", unit="办公室", left_on=TODAY, on_roster=True)

    diff = compared(SAME[0], row("李芳", "办公室"), known=(MING, FANG, gone), whole=False)

    assert [person.id for person in diff.added] == [4]


def test_somebody_whom_a_form_named_is_found_in_the_roster():
    leader = Person(id=3, name="钱二")

    diff = compared(*SAME, row("钱二", "局领导", post="副局长"), known=(MING, FANG, leader))

    assert diff.changed == (replace(leader, unit="局领导", post="副局长", on_roster=True),)


def test_who_was_never_in_a_roster_does_not_leave_with_it():
    assert compared(*SAME, known=(MING, FANG, Person(id=3, name="钱二"))).left == ()


def test_identity_numbers_are_told_with_the_person():
    diff = compared(SAME[0], row("李芳", "财务科", identity="x"), row("新人", identity="y"))

    assert diff.identities == ((2, "x"), (3, "y"))


NAMES = st.sampled_from(["张明", "李芳", "王五"])
UNITS = st.sampled_from(["预算科", "财务科", ""])
ROWS = st.lists(
    st.builds(
        RosterRow,
        name=NAMES,
        unit=UNITS,
        staff_number=st.sampled_from(["", "1", "2"]),
        left_on=st.sampled_from([None, TODAY]),
    ),
    max_size=6,
)


@given(first=ROWS, second=ROWS, whole=st.booleans())
def test_a_roster_kept_changes_nothing_the_second_time(first, second, whole):
    known: dict[int, Person] = {}
    for rows in (first, second, second):
        diff = compared(*rows, known=tuple(known.values()), whole=whole)
        known |= {person.id: person for person in diff.people}

    assert [p for p in diff.people if known.get(p.id) != p] == []
    if not diff.twice:
        assert diff.added == diff.changed == diff.moved == ()
        assert diff.unchanged == len(second)


@given(first=ROWS, second=ROWS)
def test_a_change_concerns_each_person_once_and_keeps_names(first, second):
    known = compared(*first, known=()).people

    diff = compared(*second, known=known)

    ids = [person.id for person in diff.people]
    names = {person.id: person.name for person in known}
    assert len(set(ids)) == len(ids)
    assert all(names.get(person.id, person.name) == person.name for person in diff.people)


@pytest.mark.parametrize("person", [MING, RosterRow(name="张明", identity="x", staff_number="7")])
def test_names_and_numbers_stay_out_of_logs(person):
    assert not any(secret in repr(person) for secret in ("张明", "1001", "'x'", "'7'"))

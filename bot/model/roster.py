"""The office's roster as its file states it, and what differs from what is known."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from bot.model.group import Person

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterRow:
    """One person as the office's roster states him; `line` is his row in the file.

    `left_on` is the last day of somebody who leaves or has left, `moved_on` the day on which he
    came to his unit, where the file says it. `identity` is empty unless the office keeps identity
    numbers and said why.
    """

    line: int = 0
    name: str = field(repr=False)
    unit: str = ""
    post: str = ""
    staff_number: str = field(default="", repr=False)
    left_on: date | None = None
    moved_on: date | None = None
    identity: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterDiff:
    """What a roster changes: people as they will be, each in exactly one of the lists.

    `added` are new, `changed` have another post or number or came back, `moved` have another unit,
    `left` a last day, or stand no longer in a whole roster. `identities` are (person, number) of
    everybody whose row states one. `twice` are rows that nobody can tell apart; while there are
    any, nothing of the roster may be kept.
    """

    added: tuple[Person, ...] = ()
    changed: tuple[Person, ...] = ()
    moved: tuple[Person, ...] = ()
    left: tuple[Person, ...] = ()
    unchanged: int = 0
    identities: tuple[tuple[int, str], ...] = field(default=(), repr=False)
    twice: tuple[RosterRow, ...] = ()

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody who is new or has changed."""
        return (*self.added, *self.changed, *self.moved, *self.left)


def compare_roster(
    known: Sequence[Person],
    rows: Sequence[RosterRow],
    *,
    next_id: int,
    today: date,
    whole: bool,
) -> RosterDiff:
    """Return what the rows change in what is known.

    A row is a known person by staff number and name, else by name and unit (of those who have left
    only with the same last day), else by a name that only one person and one row have. Where two people could be meant, or
    two staff numbers contradict each other, it is somebody new; where it is not even that, it is
    among the `twice`. Who stands no longer in a `whole` roster has left today.
    """
    twice = _twice(known, rows)
    unclear = {id(row) for row in twice}
    rows = [row for row in rows if id(row) not in unclear]
    same = _matched(known, rows)
    found: dict[str, list[Person]] = {"added": [], "changed": [], "moved": [], "left": []}
    identities = []
    unchanged = 0
    for row in rows:
        before = same.get(id(row))
        if before is None:
            after, next_id = _person(row, next_id), next_id + 1
            found["left" if after.left_on else "added"].append(after)
        else:
            after = _updated(before, row, today)
            kind = _kind(before, after)
            if kind is None:
                unchanged += 1
            else:
                found[kind].append(after)
        if row.identity:
            identities.append((after.id, row.identity))
    if whole:
        standing = {person.id for person in same.values()}
        found["left"] += [
            replace(person, left_on=today)
            for person in known
            if person.on_roster and person.left_on is None and person.id not in standing
        ]
    return RosterDiff(
        **{kind: tuple(people) for kind, people in found.items()},
        unchanged=unchanged,
        identities=tuple(identities),
        twice=twice,
    )


def _twice(known: Sequence[Person], rows: Sequence[RosterRow]) -> tuple[RosterRow, ...]:
    """Return the rows that repeat a staff number, or have none where name and unit do not tell."""
    numbers = Counter(row.staff_number for row in rows)
    places = Counter(map(_place, rows))
    people = Counter(_place(person) for person in known if person.left_on is None)
    return tuple(
        row
        for row in rows
        if (numbers[row.staff_number] > 1 if row.staff_number else _unclear(row, places, people))
    )


def _unclear(
    row: RosterRow, places: Mapping[tuple[str, str], int], people: Mapping[tuple[str, str], int]
) -> bool:
    return places[_place(row)] > 1 or people[_place(row)] > 1


def _place(each: RosterRow | Person) -> tuple[str, str]:
    return each.name, each.unit


def _matched(known: Sequence[Person], rows: Sequence[RosterRow]) -> dict[int, Person]:
    """Return whom each row (by its `id()`) means."""
    same: dict[int, Person] = {}
    people, left = list(known), list(rows)

    def match(key: Callable[[RosterRow | Person], object], among: Iterable[Person]) -> None:
        some, others = _unique(among, key), _unique(left, key)
        for name, row in others.items():
            person = some.get(name)
            if person is not None and _may_be(person, row):
                same[id(row)] = person
        taken = {person.id for person in same.values()}
        people[:] = [person for person in people if person.id not in taken]
        left[:] = [row for row in left if id(row) not in same]

    match(lambda each: each.staff_number and (each.staff_number, each.name), people)
    match(lambda each: each.left_on and (*_place(each), each.left_on), people)
    match(_place, [person for person in people if person.left_on is None])
    match(lambda each: each.name, people)
    return same


def _may_be(person: Person, row: RosterRow) -> bool:
    return not (person.staff_number and row.staff_number) or (
        person.staff_number == row.staff_number
    )


def _unique(values: Iterable[T], key: Callable[[T], object]) -> dict[object, T]:
    by_key: dict[object, list[T]] = defaultdict(list)
    for value in values:
        by_key[key(value)].append(value)
    return {name: some[0] for name, some in by_key.items() if name and len(some) == 1}


def _person(row: RosterRow, number: int) -> Person:
    return Person(
        id=number,
        name=row.name,
        unit=row.unit,
        post=row.post,
        staff_number=row.staff_number,
        left_on=row.left_on,
        moved_on=row.moved_on,
        on_roster=True,
    )


def _updated(before: Person, row: RosterRow, today: date) -> Person:
    moved = before.on_roster and before.unit not in {row.unit, ""} and bool(row.unit)
    return replace(
        before,
        unit=row.unit or before.unit,
        post=row.post or before.post,
        staff_number=row.staff_number or before.staff_number,
        left_on=row.left_on,
        moved_on=row.moved_on or (today if moved else before.moved_on),
        former_unit=before.unit if moved else before.former_unit,
        on_roster=True,
    )


def _kind(before: Person, after: Person) -> str | None:
    if before == after:
        return None
    if after.left_on and before.left_on != after.left_on:
        return "left"
    return "moved" if before.unit != after.unit and before.on_roster else "changed"

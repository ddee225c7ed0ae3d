"""What an operator reads about a roster: people counted, names masked."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.model.group import Person
from bot.model.roster import RosterDiff, RosterRow, compare_roster

SHOWN: Final = 20
"""How many people of a kind are shown; the others are counted."""

FEW: Final = 20
PART: Final = 0.1
_NO_UNIT = "（没有科室）"


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What a roster would change: `missing` are in the register, but do not stand in it."""

    diff: RosterDiff
    rows: int
    leaving: tuple[Person, ...]
    missing: tuple[Person, ...]
    standing: int

    @property
    def is_doubtful(self) -> bool:
        """Whether so many do not stand in it that it may be the roster of a part of the office."""
        return len(self.missing) > max(FEW, PART * self.standing)


def preview(
    known: Sequence[Person],
    rows: Sequence[RosterRow],
    *,
    next_id: int,
    today: date,
    whole: bool,
) -> Preview:
    """Compare a roster with what is known; in a `whole` one, who does not stand in it has left."""
    stated = compare_roster(known, rows, next_id=next_id, today=today, whole=False)
    diff = stated
    if whole:
        diff = compare_roster(known, rows, next_id=next_id, today=today, whole=True)
    leaving = {person.id for person in stated.left}
    return Preview(
        diff=diff,
        rows=len(rows),
        leaving=stated.left,
        missing=tuple(person for person in diff.left if person.id not in leaving),
        standing=sum(person.on_roster and person.left_on is None for person in known),
    )


def told_preview(found: Preview) -> Iterator[str]:
    """Tell the numbers, then who moves and who leaves."""
    diff = found.diff
    yield (
        f"表中 {found.rows} 人：新增 {len(diff.added)}，变更 {len(diff.changed)}，"
        f"换科室 {len(diff.moved)}，离开 {len(found.leaving)}，不变 {diff.unchanged}。"
    )
    yield from _some("换科室", diff.moved, _move)
    yield from _some("离开", found.leaving, _leave)
    yield from _some("在册而表中没有，将记为今天离开", found.missing, _leave)


def told_units(people: Sequence[Person], today: date) -> Iterator[str]:
    """Tell how many people of the roster each unit has, those who have left apart."""
    units: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        if person.on_roster:
            units[person.unit or _NO_UNIT].append(person)
    for unit, members in sorted(units.items()):
        yield _counted(unit, members, today)
    yield _counted("合计", [person for members in units.values() for person in members], today)


def told_unit(people: Sequence[Person], unit: str, today: date) -> Iterator[str]:
    """Tell who belongs to a unit."""
    members = [person for person in people if person.on_roster and person.unit == unit]
    yield _counted(unit, members, today)
    for person in members:
        left = f"　{person.left_on} 离开" if person.left_on else ""
        yield f"{person.masked}　{person.post or '—'}{left}"


def _counted(unit: str, members: Sequence[Person], today: date) -> str:
    gone = sum(person.left_on is not None and person.left_on < today for person in members)
    return f"{unit} {len(members) - gone} 人{f'（另有 {gone} 人已离开）' if gone else ''}"


def _some(title: str, people: Sequence[Person], line: Callable[[Person], str]) -> Iterator[str]:
    if people:
        yield f"{title}（{len(people)} 人）："
        yield from (f"  {line(person)}" for person in people[:SHOWN])
    if len(people) > SHOWN:
        yield f"  ……还有 {len(people) - SHOWN} 人"


def _move(person: Person) -> str:
    return f"{person.masked}　{person.former_unit or '—'} → {person.unit or '—'}"


def _leave(person: Person) -> str:
    return f"{person.masked}　{person.unit or '—'}　{person.left_on}"

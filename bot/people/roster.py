"""The office's people, indexed once; then each card is matched in microseconds."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, TypeVar

from bot.model.group import Person
from bot.people.proposal import Proposal, Reason, Verdict
from bot.people.reading import Mark, Reader, Reading
from bot.people.units import Units
from bot.screening.text import FoldingTable

_BOTH: Final = frozenset("乾氾昇陞濛鍾麽徵於餘")
"""Characters that simplified names keep although they fold to another one."""

_LEADING: Final = ("长", "主任", "书记")
_OFFICE: Final = re.compile(
    r"(?P<place>.*)(?P<level>[省市州县区旗])(?P<field>.+)(?P<kind>[局厅委院办])"
)
_DOTS: Final = str.maketrans("", "", " .·•・‧∙⋅●。\t")

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Claim:
    """What an account says of itself: its texts as folded and as written, and what to weigh."""

    reading: Reading
    written: str = field(repr=False)
    by_nickname: bool
    group: frozenset[str] | None
    on: date


class Roster:
    """Proposes whom an account belongs to; built from all people, those who left among them.

    `office` is the name of the whole office: a group of that unit has people of every unit.
    """

    def __init__(self, people: Iterable[Person], *, office: str = "") -> None:
        self._table = FoldingTable(squeeze=False)
        self._named: defaultdict[str, list[Person]] = defaultdict(list)
        self._people: dict[int, Person] = {}
        self._folded: dict[str, str] = {}
        for person in people:
            name = self._name(person)
            if len(name) > 1:
                self._people[person.id] = person
                self._named[name].append(person)
                for text in (person.unit, person.former_unit, person.post):
                    if text not in self._folded:
                        self._folded[text] = self._fold(text)
        everybody = self._people.values()
        units = {each for person in everybody for each in (person.unit, person.former_unit)}
        self._units = Units(self._folded[each] for each in units)
        posts = {self._folded[each] for each in {person.post for person in everybody}}
        self._office = self._fold(office)
        self._words = common_words() & self._named.keys()
        words = _office_words(self._office)
        self._reader = Reader(self._named.keys(), self._units, posts, words)
        self._groups: dict[str, frozenset[str] | None] = {}

    def propose(
        self, *, card: str, nickname: str = "", unit: str = "", on: date, earlier: int | None = None
    ) -> Proposal:
        """Return whose account wears a card and a nickname in a group of the unit, on a day.

        `earlier` is the person for whom the account was confirmed before, where that is to be asked
        again.
        """
        worn, called = self._reader.read(self._fold(card)), self._reader.read(self._fold(nickname))
        by_nickname = not worn.names and not worn.inside and bool(called.names or called.inside)
        claim = _Claim(
            reading=worn | called if by_nickname else worn,
            written=nickname if by_nickname else card,
            by_nickname=by_nickname,
            group=self._group(unit),
            on=on,
        )
        before = self._people.get(earlier) if earlier is not None else None
        if before is not None:
            return self._again(before, claim)
        proposal = self._weigh(claim)
        other = called.names - claim.reading.names if called.whole else frozenset()
        if proposal.person is None or not other - self._words:
            return proposal
        rivals = [each for name in sorted(other) for each in self._named[name]]
        return _unsure([*proposal.people, *rivals], [Reason.OTHER_CLAIM])

    def answered(self, text: str, *, unit: str = "", on: date) -> Proposal:
        """Return who wrote a free text: the answer in a join request, or 张三/预算科."""
        return self.propose(card=text, unit=unit, on=on)

    def get(self, person: int) -> Person | None:
        """Return a person of the index."""
        return self._people.get(person)

    def is_of(self, person: int, unit: str) -> bool:
        """Whether somebody is of a group's unit; where that is the whole office, or open, he is."""
        group, known = self._group(unit), self._people.get(person)
        return group is None or known is None or self._folded[known.unit] in group

    def _weigh(self, claim: _Claim) -> Proposal:
        reading = claim.reading
        if reading.marks & {Mark.RELATIVE, Mark.STANDS_IN}:
            return Proposal(verdict=Verdict.NONE, reasons=(Reason.RELATIVE,))
        people = [each for name in sorted(reading.names) for each in self._named[name]]
        if not people:
            return self._hardly(reading)
        if len(reading.names) > 1:
            return _unsure(people, [Reason.SEVERAL_NAMES])
        fitting = [person for person in people if self._agrees(person, reading)]
        if len(people) > 1:
            meant = [person for person in people if self._may_mean(person, reading)]
            if len(fitting) != 1 or meant != fitting:
                return _unsure(people, [Reason.SAME_NAME])
        person = (fitting or people)[0]
        doubts = [*self._doubts_of_text(person, claim), *self._doubts_of_place(person, claim)]
        if doubts:
            return _unsure(people, doubts)
        holds = {
            Reason.NICKNAME: claim.by_nickname,
            Reason.NAME: not claim.by_nickname,
            Reason.UNIT: bool(reading.units),
            Reason.GROUP_UNIT: not reading.units and claim.group is not None,
            Reason.POST: self._folded[person.post] in reading.posts,
            Reason.UNIQUE: len(people) == 1,
        }
        return self._standing(person, claim, [each for each, held in holds.items() if held])

    def _hardly(self, reading: Reading) -> Proposal:
        """Return what is left to say where no name stands alone."""
        people = [each for name in sorted(reading.inside) for each in self._named[name]]
        if people:
            return _unsure(people, [Reason.LONGER])
        shared = Mark.SHARED in reading.marks
        reason = Reason.SHARED if shared else Reason.NO_NAME if reading.whole else Reason.UNKNOWN
        return Proposal(verdict=Verdict.NONE, reasons=(reason,))

    def _again(self, person: Person, claim: _Claim) -> Proposal:
        """Return the proposal for an account that was this person's before."""
        reading = claim.reading
        others = [
            each
            for name in sorted(reading.names - self._words | {self._name(person)} & reading.names)
            for each in self._named[name]
            if each.id != person.id
        ]
        own_name = self._name(person) in reading.names
        contradicted = any(self._agrees(each, reading) for each in others) if own_name else others
        if contradicted:
            return _unsure([person, *others], [Reason.OTHER_CLAIM])
        if reading.marks & {Mark.RELATIVE, Mark.STANDS_IN, Mark.SHARED}:
            return _unsure([person], [Reason.RELATIVE])
        return self._standing(person, claim, [Reason.EARLIER])

    def _doubts_of_text(self, person: Person, claim: _Claim) -> Iterator[Reason]:
        """Yield what else is written that speaks against proposing the person as the one."""
        reading = claim.reading
        if not reading.whole:
            yield Reason.UNREAD
        if Mark.SHARED in reading.marks:
            yield Reason.SHARED
        if reading.numbered:
            yield Reason.NUMBERED
        if reading.marks & {Mark.FORMER, Mark.WAS} and self._is_here(person, claim):
            yield Reason.FORMER
        if self._rare_form(person, claim.written):
            yield Reason.RARE_FORM
        if Mark.GREETING in reading.marks and Mark.MYSELF not in reading.marks:
            yield Reason.GREETING
        if not self._post_fits(person, reading):
            yield Reason.OTHER_POST

    def _doubts_of_place(self, person: Person, claim: _Claim) -> Iterator[Reason]:
        """Yield why the name alone, or with another unit, is not enough in this group."""
        reading = claim.reading
        if reading.units:
            if not self._agrees(person, reading):
                yield Reason.OTHER_UNIT
            return
        if claim.group is not None and not self._theirs(person) & claim.group:
            yield Reason.OTHER_UNIT
        elif claim.group is None and claim.by_nickname:
            yield Reason.NICKNAME
        told = self._folded[person.post] in reading.posts
        if self._name(person) in self._words and not told:
            yield Reason.WORD

    def _standing(self, person: Person, claim: _Claim, reasons: Sequence[Reason]) -> Proposal:
        """Return the one person, with what the roster says of where he is."""
        verdict, since = Verdict.CLEAR, None
        if person.left_on is not None and person.left_on < claim.on:
            verdict, since = Verdict.LEFT, person.left_on
        elif self._has_moved(person, claim):
            verdict, since = Verdict.MOVED, person.moved_on
        return Proposal(verdict=verdict, people=(person,), reasons=tuple(reasons), since=since)

    def _has_moved(self, person: Person, claim: _Claim) -> bool:
        """Whether the group is of the unit he came from, or he still names that one."""
        unit, former = self._folded[person.unit], self._folded[person.former_unit]
        if not former or (person.moved_on is not None and person.moved_on > claim.on):
            return False
        if claim.group is not None:
            return former in claim.group and unit not in claim.group
        named = claim.reading.units
        return any(former in self._meant(word) and unit not in self._meant(word) for word in named)

    def _is_here(self, person: Person, claim: _Claim) -> bool:
        left = person.left_on is not None and person.left_on < claim.on
        return not left and not self._has_moved(person, claim)

    def _agrees(self, person: Person, reading: Reading) -> bool:
        """Whether every unit that is named is one of his."""
        own = self._theirs(person)
        return bool(reading.units) and all(own & self._meant(word) for word in reading.units)

    def _post_fits(self, person: Person, reading: Reading) -> bool:
        """Whether no leading post is written that is quite another than his."""
        own = self._folded[person.post]
        leading = (post for post in reading.posts if post.endswith(_LEADING))
        return not own or all(post in own or own in post for post in leading)

    def _may_mean(self, person: Person, reading: Reading) -> bool:
        """Whether a unit that is named could be one of his, loosely taken."""
        own = self._theirs(person)
        return any(self._units.fits(word, unit) for word in reading.units for unit in own)

    def _meant(self, word: str) -> frozenset[str]:
        return self._units.names.get(word) or self._units.shortened(word)

    def _theirs(self, person: Person) -> frozenset[str]:
        return frozenset({self._folded[person.unit], self._folded[person.former_unit]} - {""})

    def _group(self, unit: str) -> frozenset[str] | None:
        """Return the units of a group; None where it is of the whole office, or of nobody."""
        if unit not in self._groups:
            folded = self._fold(unit)
            everywhere = not folded or folded in self._office
            self._groups[unit] = None if everywhere else self._units.of_group(folded)
        return self._groups[unit]

    def _rare_form(self, person: Person, written: str) -> bool:
        """Whether two names may have become one by folding: 张乾 and 张干."""
        if _BOTH.isdisjoint(person.name) and _BOTH.isdisjoint(written):
            return False
        name = self._name(person)
        return any(
            (each in person.name) != (each in written) and each.translate(self._table) in name
            for each in _BOTH
        )

    def _name(self, person: Person) -> str:
        return self._fold(person.name).translate(_DOTS)

    def _fold(self, text: str) -> str:
        return text.translate(self._table).strip()


def _office_words(office: str) -> set[str]:
    """Return how the whole office is called: 云江市财政局, 市财政局, 财政局, 市局."""
    found = _OFFICE.fullmatch(office)
    if found is None:
        return {office}
    level, kind = found["level"], found["kind"]
    own = found["field"] + kind
    return {office, own, level + own, level + kind}


def without_rivals(
    proposals: Mapping[Key, Proposal], taken: Iterable[int] = ()
) -> dict[Key, Proposal]:
    """Return a group's proposals with nobody proposed for two accounts.

    `taken` are the ids of those whose account in the group is confirmed already.
    """
    count: defaultdict[int, int] = defaultdict(int)
    for person in taken:
        count[person] += 1
    for proposal in proposals.values():
        if proposal.person is not None:
            count[proposal.person.id] += 1
    return {
        key: replace(proposal, verdict=Verdict.UNSURE, reasons=(Reason.CLAIMED_TWICE,), since=None)
        if proposal.person is not None and count[proposal.person.id] > 1
        else proposal
        for key, proposal in proposals.items()
    }


@cache
def common_words() -> frozenset[str]:
    """Return the two-character words that could be somebody's name: 高峰, 安静, 马上."""
    text = files("bot.people").joinpath("words.txt").read_text("utf-8")
    lines = (line.split(" ") for line in text.splitlines() if not line.startswith("#"))
    return frozenset(first + second for first, seconds in lines for second in seconds)


def _unsure(people: Iterable[Person], reasons: Iterable[Reason]) -> Proposal:
    unique = {person.id: person for person in people}
    return Proposal(
        verdict=Verdict.UNSURE, people=tuple(unique.values()), reasons=tuple(dict.fromkeys(reasons))
    )

"""The office's units under all the names that people give them: 预算, 局办, 社保科."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import Final

_BETWEEN: Final = re.compile(r"[\s/\\>·,、()\[\]_-]+")
_ABOVE: Final = re.compile(r".{2,}?(?:局|厅|委员会|委|院|府|集团|公司)(?=.{2,}$)")
_ENDS: Final = (
    "科室",
    "中心",
    "科",
    "处",
    "室",
    "部",
    "办",
    "股",
    "组",
    "所",
    "站",
    "队",
    "院",
    "局",
)
_SHORTEST: Final = 2
_LONGEST_SHORT_FORM: Final = 6
_REMEMBERED: Final = 4_096


class Units:
    """Finds the units that a word may name; all texts are given folded."""

    def __init__(self, units: Iterable[str]) -> None:
        names: defaultdict[str, set[str]] = defaultdict(set)
        short: defaultdict[str, set[str]] = defaultdict(set)
        self._stems: dict[str, frozenset[str]] = {}
        self._holding: defaultdict[str, set[str]] = defaultdict(set)
        for unit in filter(None, set(units)):
            own = _names(unit)
            stems = frozenset(map(_stem, own))
            self._stems[unit] = stems
            for name in own:
                names[name].add(unit)
            for form in chain(stems, *map(_office_forms, own)):
                if len(form) >= _SHORTEST:
                    short[form].add(unit)
            for character in set("".join(own)):
                self._holding[character].add(unit)
        self._full = frozenset(names)
        known = short | names
        self.names: Mapping[str, frozenset[str]] = MappingProxyType(
            {name: frozenset(of) for name, of in known.items()}
        )
        self.shortened = lru_cache(_REMEMBERED)(self._shortened)

    def of_group(self, unit: str) -> frozenset[str]:
        """Return the units that a group's owning unit, however fully written, stands for."""
        own = self.names.get(unit) or self.names.get(_ABOVE.sub("", unit, count=1))
        return own or frozenset()

    def _shortened(self, word: str) -> frozenset[str]:
        """Return the one unit that a word of 2 to 6 characters abbreviates; empty for none or many.

        An abbreviation keeps the order and begins as the unit does, or is a stretch of its name.
        """
        if not _SHORTEST <= len(word) <= _LONGEST_SHORT_FORM:
            return frozenset()
        stem = _stem(word)
        if len(stem) < _SHORTEST:
            return frozenset()
        end = word[len(stem) :]
        found = {
            unit
            for unit in set.intersection(*(self._holding.get(each, set()) for each in set(word)))
            if unit.endswith(end) and self.fits(stem, unit)
        }
        others = self._fitting(stem)
        return frozenset(found) if len(found) == 1 and (end or found == others) else frozenset()

    def fits(self, word: str, unit: str) -> bool:
        """Whether somebody may have meant the unit by the word; a full name means its unit only."""
        if word in self._full or unit in self.names.get(word, ()):
            return unit in self.names[word]
        stem = _stem(word)
        return any(
            stem in whole or (whole[:1] == stem[:1] and _in_order(stem, whole))
            for whole in self._stems.get(unit, ())
        )

    def _fitting(self, stem: str) -> set[str]:
        holding = (self._holding.get(each, set()) for each in set(stem))
        return {unit for unit in set.intersection(*holding) if self.fits(stem, unit)}


def _names(unit: str) -> set[str]:
    """Return a unit's full names: joined, each part, and without the office before it."""
    parts = [part for part in _BETWEEN.split(unit) if part]
    whole = {"".join(parts), *parts}
    tails = {_ABOVE.sub("", part, count=1) for part in whole}
    return {name for name in whole | tails if len(name) >= _SHORTEST}


def _stem(name: str) -> str:
    return next((name[: -len(end)] for end in _ENDS if name.endswith(end)), name)


def _office_forms(name: str) -> tuple[str, ...]:
    """Return how 办公室 is called besides."""
    if name == "办公室":
        return ("局办", "局办公室", "院办", "委办", "厅办")
    return (f"{name[:-3]}办",) if name.endswith("办公室") else ()


def _in_order(few: str, many: str) -> bool:
    rest = iter(many)
    return all(each in rest for each in few)

"""The matcher: one automaton for the words of all rules, so cost does not grow with their number.

Marks stand in it beside the words: they belong to no rule, but show where a second look is due.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from daachorse import CharwiseDoubleArrayAhoCorasick

SHORTEST: Final = 2
"""A word of one character would flag ordinary talk."""

MANY: Final = 200
"""Occurrences in a text from which floods of one word are looked for."""

ENOUGH: Final = 20
"""Times that one word counts within a stretch of a text: more would prove nothing more."""

STRETCH: Final = 1_000
"""Characters of a stretch; however often a word stands in one, the next is looked at afresh."""


class Entry(NamedTuple):
    """What one reader (a rule, or the shared signals) declared about one word."""

    owner: int
    word: str
    weight: int


class Matcher:
    """Finds all words, overlapping ones too; `entries[value]` says who declared them."""

    def __init__(self, words: Mapping[str, Iterable[Entry]], marks: Iterable[str] = ()) -> None:
        """Compile `words` and mere `marks`, already folded; ValueError for a word too short."""
        for word, entries in words.items():
            if len(word) < SHORTEST:
                declared = "、".join(sorted({entry.word for entry in entries}))
                raise ValueError(f"词语“{declared}”折叠后不足{SHORTEST}个字，不能单独使用")
        self.words: tuple[str, ...] = tuple(sorted({*words, *marks}))
        self.entries: tuple[tuple[Entry, ...], ...] = tuple(
            tuple(words.get(word, ())) for word in self.words
        )
        self._values = {word: value for value, word in enumerate(self.words)}
        self._automaton = CharwiseDoubleArrayAhoCorasick(list(self.words))
        self.find: Callable[[str], list[tuple[int, int, int]]] = self._automaton.find_overlapping
        """Return every occurrence as (start, end, value), in the order of their ends."""

    def value_of(self, word: str) -> int:
        """Return the value of a folded word; KeyError if it is none."""
        return self._values[word]


def without_floods(found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return what was found, of a word that is repeated over and over only so much as is enough."""
    if len(found) < MANY:
        return found
    times: dict[tuple[int, int], int] = {}
    kept: list[tuple[int, int, int]] = []
    for one in found:
        key = one[2], one[0] // STRETCH
        count = times[key] = times.get(key, 0) + 1
        if count <= ENOUGH:
            kept.append(one)
    return kept

"""The matcher: one automaton for the words of all rules, so cost does not grow with their number."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from daachorse import CharwiseDoubleArrayAhoCorasick

SHORTEST: Final = 2
"""A word of one character would flag ordinary talk."""


class Entry(NamedTuple):
    """What one reader (a rule, or the shared signals) declared about one word."""

    owner: int
    word: str
    weight: int


class Occurrence(NamedTuple):
    """A word in the squeezed view: half-open stretch, and which of the matcher's words it is."""

    start: int
    end: int
    value: int


class Matcher:
    """Finds all words, overlapping ones too; `entries[value]` says who declared them."""

    def __init__(self, words: Mapping[str, Iterable[Entry]]) -> None:
        """Compile `words`, already folded; ValueError for one that is too short to be told."""
        for word, entries in words.items():
            if len(word) < SHORTEST:
                declared = "、".join(sorted({entry.word for entry in entries}))
                raise ValueError(f"词语“{declared}”折叠后不足{SHORTEST}个字，不能单独使用")
        ordered = sorted(words)
        self.entries: tuple[tuple[Entry, ...], ...] = tuple(tuple(words[word]) for word in ordered)
        self._automaton = CharwiseDoubleArrayAhoCorasick(ordered)

    def find(self, squeezed: str) -> list[tuple[int, int, int]]:
        """Return every occurrence as (start, end, value), in the order of their ends."""
        return self._automaton.find_overlapping(squeezed)

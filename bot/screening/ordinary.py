"""Ordinary words: whether a character that may be a disguise is simply part of what is said.

The words are those of two to four characters that jieba's dictionary counts often; they are read
when first needed. "目睹博物馆" holds the sound of 赌博, but 睹 belongs to 目睹.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bot.screening.lazy import lazy

OFTEN: Final = (20_000, 30, 5, 5)
"""How often a word of one, two, three and four characters must have been counted."""

LONGEST: Final = len(OFTEN)


class OrdinaryWords:
    """Tells which characters of a text belong to ordinary words."""

    def covers(self, squeezed: str, position: int, shortest: int = 1) -> bool:
        """Return whether the character at a position is an ordinary word or a part of one.

        Only words of `shortest` characters and more count.
        """
        words = self._words
        if shortest == 1 and squeezed[position] in words:
            return True
        for length in range(2, LONGEST + 1):
            for start in range(max(position - length + 1, 0), position + 1):
                if squeezed[start : start + length] in words:
                    return True
        return False

    def ends_at(self, squeezed: str, start: int, end: int) -> bool:
        """Return whether an ordinary word that begins before `start` ends at `end`."""
        words = self._words
        return any(squeezed[begin:end] in words for begin in range(max(end - LONGEST, 0), start))

    def begins_at(self, squeezed: str, start: int, end: int) -> bool:
        """Return whether an ordinary word that begins at `start` ends beyond `end`."""
        words = self._words
        return any(
            squeezed[start:beyond] in words for beyond in range(end + 1, start + LONGEST + 1)
        )

    @lazy
    def _words(self) -> frozenset[str]:
        words: set[str] = set()
        with _dictionary().open(encoding="utf-8") as lines:
            for line in lines:
                word, count, _ = line.split(" ")
                if len(word) <= LONGEST and int(count) >= OFTEN[len(word) - 1]:
                    words.add(word)
        return frozenset(words)


def _dictionary() -> Path:
    """Return where jieba's dictionary lies; jieba itself would take 70 MB more."""
    spec = find_spec("jieba")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("dict.txt")

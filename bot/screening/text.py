"""Folding: what different spellings have in common, with the way back to the original.

Two views exist of every text. The *plain* view unifies width, case, traditional characters,
letter and digit forms, and drops what is invisible. The *squeezed* view also drops whatever is
neither letter nor digit, so that a word is found although something was put into it. Both fold
one code point at a time, so a stretch of a view always has an exact stretch of the original.
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from itertools import compress, count
from types import MappingProxyType
from typing import Final

from opencc import OpenCC

from bot.screening.lazy import lazy

TABLE_LIMIT: Final = 60_000
"""How many code points a table remembers; a hostile text must not make it grow for ever."""

_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc")
_DROPPED = frozenset({"Cf", "Cc", "Mn", "Me", "Cs", "Co", "Cn"})
_REPLACEMENT = "\ufffd"


class View:
    """One folding of one text; `folded` is what is searched, `original` what spans refer to."""

    def __init__(self, original: str, table: "FoldingTable", folded: str | None = None) -> None:
        """Fold a text, unless the caller has `folded` it with this table before."""
        self.original = original
        self.folded = original.translate(table) if folded is None else folded
        self._table = table

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the original that the folded stretch came from, half-open."""
        starts = self._starts
        return starts[start], starts[end - 1] + 1

    def index(self, position: int) -> int:
        """Return which code point of the original gave the folded one at `position`."""
        return self._starts[position]

    def position(self, index: int) -> int:
        """Return where in the view what came from the original's `index` begins."""
        return bisect_left(self._starts, index)

    @lazy
    def _starts(self) -> Sequence[int]:
        parts = list(map(self._table.__getitem__, map(ord, self.original)))
        kept = list(compress(count(), parts))
        if len(kept) == len(self.folded):  # nearly always: nothing folds to more than one character
            return kept
        return [index for index, part in enumerate(parts) for _ in part]


class FoldingTable(dict[int, str]):
    """What each code point folds to, worked out when first met; for `str.translate`."""

    def __init__(self, *, squeeze: bool) -> None:
        super().__init__()
        self._squeeze = squeeze

    def __missing__(self, code: int) -> str:
        folded = fold_character(chr(code))
        if self._squeeze:
            folded = "".join(filter(str.isalnum, folded))
        if len(self) < TABLE_LIMIT:
            self[code] = folded
        return folded


def fold_character(character: str) -> str:
    """Fold one code point as the plain view does; the result folds to itself."""
    if "\ud800" <= character <= "\udfff":
        return _REPLACEMENT
    if character in "\n\t ":
        return character
    if character in "\r\x0b\x0c\x85\u2028\u2029":
        return "\n"
    if character in _INVISIBLE or unicodedata.category(character) in _DROPPED:
        return ""
    once = _fold_once(character)
    if once == character:
        return character
    return "".join(map(fold_character, once)) if character not in once else once


@cache
def traditional() -> MappingProxyType[int, str]:
    """Return which traditional character has which simplified one, from OpenCC's tables."""
    blocks = (range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x2FA20))
    characters = [chr(code) for block in blocks for code in block]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return MappingProxyType(
        {
            ord(before): after
            for before, after in zip(characters, converted, strict=True)
            if before != after and len(after) == 1
        }
    )


def _fold_once(character: str) -> str:
    compatible = unicodedata.normalize("NFKC", character)
    if compatible == character:
        compatible = _digit(character)
    simple = compatible.casefold().translate(traditional())
    bare = (
        part
        for part in unicodedata.normalize("NFD", simple)
        if unicodedata.category(part) not in _DROPPED or part in "\n\t"
    )
    return unicodedata.normalize("NFC", "".join(bare))


def _digit(character: str) -> str:
    """Return the digits that a dingbat or a foreign digit stands for, otherwise the character."""
    if unicodedata.category(character) not in {"Nd", "No"}:
        return character
    value = unicodedata.numeric(character)
    return str(int(value)) if value.is_integer() and 0 <= value < 100 else character

"""Whether a stretch of the squeezed view is the word somebody meant, and what was undone to see it.

Dropping what is neither letter nor digit glues neighbours together; a word that appears only
because of that (路口 / 交通) is none. So every occurrence is looked at in the original.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from bot.screening.ordinary import OrdinaryWords
from bot.screening.text import REMEMBERED, View, fold_character, odd_characters, traditional

INVISIBLE: Final = "零宽字符"
INSERTED: Final = "插入符号"
TRADITIONAL: Final = "繁体字"
MARTIAN: Final = "火星文"
VARIANT: Final = "字形变体"

LONGEST_GAP: Final = 6
"""Visible characters that may stand between two characters of one word."""

_SENTENCE = frozenset("，。；：！？、,;:!?\n…“”‘’\"'()（）《》〈〉【】[]「」『』")
_SOFT = frozenset(" \t\u00a0\u3000/／\\")
_AMOUNT = re.compile(r"[0-9.]{1,6}[%％\u4e00-\u9fff]")
_IN_ACCOUNT = frozenset("0123456789_")
_IN_ADDRESS = frozenset("@./_-=&?#:\\+")

Piece = tuple[int, int]
"""A half-open stretch of the squeezed view that reads as one character."""


def is_whole(
    view: View,
    start: int,
    end: int,
    *,
    pieces: Sequence[Piece] | None = None,
    spaced: bool = False,
    inside: bool = False,
    ordinary: OrdinaryWords | None = None,
) -> bool:
    """Return whether the folded stretch is a word by itself in the original.

    Latin letters and digits must not go on beyond it, unless it may stand `inside` a longer run.
    Spaces in it count as put in only if it stands apart from its neighbours, every character is
    set apart, the word is written with spaces (`spaced`) or, as far as `ordinary` words are known,
    none of them ends or begins at the space; marks that end a phrase only if every character of a
    word of three or more is. `pieces` are what counts as its characters.
    """
    folded, original = view.folded, view.original
    first, beyond = view.span(start, end)
    before, after = original[max(first - 1, 0) : first], original[beyond : beyond + 1]
    if not inside and (
        (_goes_on(folded, start - 1, start) and before.isalnum())
        or (_goes_on(folded, end - 1, end) and after.isalnum())
    ):
        return False
    if beyond - first == end - start:
        return True
    pieces = pieces or [(at, at + 1) for at in range(start, end)]
    return _put_in(view, pieces, spaced=spaced, ordinary=ordinary)


def in_address(original: str, first: int, beyond: int) -> bool:
    """Return whether a stretch is part of a link, an account, an e-mail or a file name."""
    before, after = original[max(first - 2, 0) : first], original[beyond : beyond + 2]
    return (
        (before[-1:] in _IN_ACCOUNT and _is_latin(original[first]))
        or (
            after[:1] in _IN_ACCOUNT
            and _is_latin(original[beyond - 1])
            and _AMOUNT.match(original, beyond) is None
        )
        or (len(before) == 2 and before[1] in _IN_ADDRESS and _is_latin(before[0]))
        or (len(after) == 2 and after[0] in _IN_ADDRESS and _is_latin(after[1]))
    )


def foldings_of(view: View, start: int, end: int) -> tuple[str, ...]:
    """Return by name what had to be undone to read the folded stretch; letter case is no disguise."""
    first, beyond = view.span(start, end)
    stretch = view.original[first:beyond]
    if stretch.casefold() == view.folded[start:end]:
        return ()
    names = dict.fromkeys(
        name for character in stretch if (name := _folding(character)) is not None
    )
    return tuple(names)


def _put_in(
    view: View, pieces: Sequence[Piece], *, spaced: bool, ordinary: OrdinaryWords | None
) -> bool:
    """Return whether what stands between the pieces was put into the word."""
    first, beyond = view.span(pieces[0][0], pieces[-1][1])
    gaps = _gaps(view, pieces)
    if not gaps:
        return True
    if max(map(len, gaps)) > LONGEST_GAP:
        return False
    inserted = frozenset("".join(gaps))
    if spaced:
        inserted -= _SOFT
    spread = all(gaps)
    if inserted & _SENTENCE:
        return spread and len(gaps) > 1
    if inserted & _SOFT:
        return (
            (spread and len(gaps) > 1)
            or _apart(view.original, first, beyond)
            or (ordinary is not None and not _between_words(view.folded, pieces, gaps, ordinary))
        )
    return True


def _between_words(
    squeezed: str, pieces: Sequence[Piece], gaps: Sequence[str], ordinary: OrdinaryWords
) -> bool:
    """Return whether an ordinary word reaches into the stretch up to one of its gaps."""
    start, end = pieces[0][0], pieces[-1][1]
    return any(
        gap
        and (ordinary.ends_at(squeezed, start, left) or ordinary.begins_at(squeezed, right, end))
        for gap, ((_, left), (right, _)) in zip(gaps, pairwise(pieces), strict=True)
    )


@lru_cache(REMEMBERED)
def _folding(character: str) -> str | None:
    folded = fold_character(character)
    if (meant := odd_characters().get(folded)) is not None:
        return VARIANT if meant.isascii() else MARTIAN
    if folded == character.casefold() and folded.isalnum():
        return None
    if not folded:
        return INVISIBLE
    if not any(map(str.isalnum, folded)):
        return INSERTED
    if ord(character) in traditional():
        return TRADITIONAL
    return VARIANT


def _goes_on(folded: str, left: int, right: int) -> bool:
    """Return whether two neighbours of the folded view are both Latin letters or both digits."""
    if left < 0 or right >= len(folded):
        return False
    one, other = folded[left], folded[right]
    return one.isascii() and other.isascii() and one.isdigit() == other.isdigit()


def _gaps(view: View, pieces: Sequence[Piece]) -> list[str]:
    """Return what stands between each two pieces of the word, invisible characters left out."""
    return [
        "".join(
            mark
            for mark in view.original[view.index(left - 1) + 1 : view.index(right)]
            if fold_character(mark)
        )
        for (_, left), (right, _) in pairwise(pieces)
    ]


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _apart(original: str, first: int, beyond: int) -> bool:
    """Return whether the word touches no letter on one of its sides."""
    before, after = original[first - 1 : first], original[beyond : beyond + 1]
    return not before.isalnum() or not after.isalnum()

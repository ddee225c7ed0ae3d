"""Whether a stretch of the squeezed view is the word somebody meant, and what was undone to see it.

Dropping what is neither letter nor digit glues neighbours together; a word that appears only
because of that (路口 / 交通) is none. So every occurrence is looked at in the original.
"""

import unicodedata
from itertools import pairwise
from typing import Final

from bot.screening.text import View, fold_character

INVISIBLE: Final = "零宽字符"
INSERTED: Final = "插入符号"
TRADITIONAL: Final = "繁体字"
VARIANT: Final = "字形变体"

LONGEST_GAP: Final = 6
"""Visible characters that may stand between two characters of one word."""

_SENTENCE = frozenset("，。；：！？、,;:!?\n…“”‘’\"'()（）《》〈〉【】[]「」『』")
_SOFT = frozenset(" \t\u00a0\u3000/／\\")


def is_whole(view: View, start: int, end: int) -> bool:
    """Return whether the folded stretch is a word by itself in the original.

    Latin letters and digits must not go on beyond it. Spaces inside it count as put in only if
    it stands apart from its neighbours or every character is set apart; marks that end a phrase
    only if every character of a word of three or more is.
    """
    folded, original = view.folded, view.original
    first, beyond = view.span(start, end)
    before, after = original[max(first - 1, 0) : first], original[beyond : beyond + 1]
    if (_goes_on(folded, start - 1, start) and before.isalnum()) or (
        _goes_on(folded, end - 1, end) and after.isalnum()
    ):
        return False
    return beyond - first == end - start or _put_in(view, start, end)


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


def _put_in(view: View, start: int, end: int) -> bool:
    """Return whether what stands between the characters was put into the word."""
    first, beyond = view.span(start, end)
    gaps = _gaps(view, start, end)
    if max(map(len, gaps)) > LONGEST_GAP:
        return False
    inserted = frozenset("".join(gaps))
    spread = all(gaps)
    if inserted & _SENTENCE:
        return spread and len(gaps) > 1
    if inserted & _SOFT:
        return (spread and len(gaps) > 1) or _apart(view.original, first, beyond)
    return True


def _folding(character: str) -> str | None:
    folded = fold_character(character)
    if folded == character.casefold() and folded.isalnum():
        return None
    if not folded:
        return INVISIBLE
    if not any(map(str.isalnum, folded)):
        return INSERTED
    if unicodedata.normalize("NFKC", character) == character and not folded.isascii():
        return TRADITIONAL
    return VARIANT


def _goes_on(folded: str, left: int, right: int) -> bool:
    """Return whether two neighbours of the folded view are both Latin letters or both digits."""
    if left < 0 or right >= len(folded):
        return False
    one, other = folded[left], folded[right]
    return one.isascii() and other.isascii() and one.isdigit() == other.isdigit()


def _gaps(view: View, start: int, end: int) -> list[str]:
    """Return what stands between each two characters of the word, invisible characters left out."""
    at = [view.index(position) for position in range(start, end)]
    return [
        "".join(mark for mark in view.original[left + 1 : right] if fold_character(mark))
        for left, right in pairwise(at)
    ]


def _apart(original: str, first: int, beyond: int) -> bool:
    """Return whether the word touches no letter on one of its sides."""
    before, after = original[first - 1 : first], original[beyond : beyond + 1]
    return not before.isalnum() or not after.isalnum()

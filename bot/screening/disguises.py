"""Disguises: words written by their sound, in pinyin, in parts or by their initials.

Listening for sounds is cheap and done for every text; the rest follows marks in it. What is
found is confirmed one by one: it must be whole, what was changed must not simply be part of
ordinary words, and what may easily be chance needs company: an offer, an account, a link or a
plain word of a rule nearby.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Final, NamedTuple

from daachorse import CharwiseDoubleArrayAhoCorasick

from bot.screening.layer import HOMOPHONE, INITIALS, LOOK_ALIKE, PINYIN, SPLIT, Layer
from bot.screening.ordinary import OrdinaryWords
from bot.screening.sounds import Sounds, look_alikes
from bot.screening.splits import rejoined
from bot.screening.text import View
from bot.screening.whole import Piece, in_address, is_whole

NEAR: Final = 60
"""Characters within which a sign keeps another company."""

MOST: Final = 200
"""Suspects looked at in one text; a hostile text must not cost more."""

CHOICES: Final = 3
"""Characters tried for the same parts (人王: 全 or 金)."""

FEW: Final = 2
"""Syllables that occur everywhere by chance."""

INITIALS_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "vx": ("微信",),
        "wx": ("微信",),
        "bc": ("博彩", "菠菜"),
        "db": ("赌博",),
        "yp": ("约炮",),
        "dk": ("贷款",),
        "bjl": ("百家乐",),
        "lhc": ("六合彩",),
        "ssc": ("时时彩",),
        "qp": ("棋牌",),
        "ll": ("裸聊",),
        "zp": ("诈骗",),
        "sd": ("刷单",),
        "hp": ("黄片",),
        "kp": ("开票",),
        "fp": ("发票",),
        "xyk": ("信用卡",),
        "tx": ("套现",),
        "bz": ("办证",),
        "kz": ("刻章",),
    }
)
"""Initials that are passed on for words; without company they mean many other things."""

_ACCOUNT = re.compile(r"[a-z0-9]{5,}")
_LATIN = re.compile(r"[a-z]")


Find = Callable[[str], list[tuple[int, int, int]]]
"""Finds half-open stretches of a text, each with a value."""

Meant = Callable[[str], Iterable[tuple[int, int, str]]]
"""Finds the words that may be meant in a text: half-open stretches, and the words."""


class Disguise(NamedTuple):
    """A stretch of the squeezed view that stands for a word, and what was undone to read it."""

    start: int
    end: int
    word: str
    foldings: tuple[str, ...]


class _Lexicon:
    """Words by how they sound, in one automaton."""

    def __init__(self, spelt: Mapping[str, Iterable[str]]) -> None:
        ordered = sorted(spelt)
        self.words = [tuple(spelt[spelling]) for spelling in ordered]
        """The words that sound alike, by value."""
        # An automaton needs a word; nothing sounds like this one.
        automaton = CharwiseDoubleArrayAhoCorasick(ordered or ["\0\0"])
        self.find: Find = automaton.find_overlapping
        """Return every occurrence in a text of sounds as (start, end, value)."""


class Disguises:
    """Finds words in disguise; `words` are all that may be meant, folded as the squeezed view."""

    def __init__(self, words: Sequence[str], ordinary: OrdinaryWords) -> None:
        self._sounds = Sounds()
        self._ordinary = ordinary
        spelt: tuple[dict[str, dict[str, None]], ...] = ({}, {})
        for word in words:
            if self._can_be_heard(word):
                for spelling in self._sounds.spellings(word):
                    spelt[len(spelling) > FEW].setdefault(spelling, {})[word] = None
        self._short, self._long = map(_Lexicon, spelt)
        self.sounds = self._sounds.table
        """How characters sound, for `str.translate`."""
        self.listen = self._long.find
        """Finds words of more than a few syllables in a text of sounds."""

    def has_pinyin(self, text: str, squeezed: str) -> bool:
        """Return whether a text may hold pinyin in Latin letters."""
        return self._sounds.has_pinyin(squeezed) or self._sounds.has_pinyin(text.lower())

    def heard(
        self,
        squeezed: str,
        sounds: str,
        by_ear: Iterable[tuple[int, int, int]],
        company: Sequence[int],
    ) -> list[Disguise]:
        """Return what sounds or looks like a word that is not written there.

        Yet to be confirmed. `by_ear` is what `listen` returned for `sounds`; words of few
        syllables are only listened for in company.
        """
        heard: list[Disguise] = []
        self._compare(squeezed, by_ear, self._long, heard)
        if company:
            near = (
                one for one in self._short.find(sounds) if _accompanied(company, one[0], one[1])
            )
            self._compare(squeezed, near, self._short, heard)
        return heard

    def _compare(
        self,
        squeezed: str,
        by_ear: Iterable[tuple[int, int, int]],
        lexicon: _Lexicon,
        heard: list[Disguise],
    ) -> None:
        """Add what is written otherwise than the word it sounds like."""
        for start, end, value in by_ear:
            stretch = squeezed[start:end]
            words = lexicon.words[value]
            if stretch in words:
                continue
            for word in words:
                if len(word) == end - start:
                    names = self._changed(squeezed, start, word)
                    if names:
                        heard.append(Disguise(start, end, word, names))
            if len(heard) > MOST:
                return

    def by_sound(self, view: View, heard: Iterable[Disguise]) -> Iterator[Disguise]:
        """Yield those that are whole."""
        for one in heard:
            if is_whole(view, one.start, one.end, ordinary=self._ordinary):
                yield one

    def by_pinyin(self, view: View, company: Sequence[int]) -> Iterator[Disguise]:
        """Yield the words written in pinyin, wholly or in part."""
        layer = self._sounds.layer(view)
        looked = 0
        for lexicon in (self._long, self._short):
            for first, beyond, value in lexicon.find(layer.folded):
                start, end = layer.stretch(first, beyond)
                if end - start == beyond - first:
                    continue
                looked += 1
                if looked > MOST:
                    return
                pieces = list(
                    zip(layer.begins[first:beyond], layer.ends[first:beyond], strict=True)
                )
                accompanied = _accompanied(company, start, end)
                if self._is_whole_pinyin(view, pieces, accompanied=accompanied):
                    yield from self._spelt(view, pieces, lexicon.words[value])

    def by_parts(
        self, view: View, found: Sequence[tuple[int, int, str]], find: Meant
    ) -> Iterator[Disguise]:
        """Yield the words of which characters were split; `found` are the parts that stand there."""
        if all(self._said(view.folded, range(start, end), FEW) for start, end, _ in found):
            return
        for choice in range(min(max(len(characters) for _, _, characters in found), CHOICES)):
            layer = rejoined(view.folded, found, choice)
            for start, end, word in islice(find(layer.folded), MOST):
                if layer.ends[end - 1] - layer.begins[start] > end - start:
                    yield from self._rejoined(view, layer, start, end, word)

    def _rejoined(
        self, view: View, layer: Layer, first: int, beyond: int, word: str
    ) -> Iterator[Disguise]:
        start, end = layer.stretch(first, beyond)
        joined = [
            range(layer.begins[index], layer.ends[index])
            for index in range(first, beyond)
            if layer.ends[index] - layer.begins[index] > 1
        ]
        if is_whole(view, start, end, ordinary=self._ordinary) and not all(
            self._said(view.folded, parts, FEW) for parts in joined
        ):
            yield Disguise(start, end, word, (SPLIT,))

    def by_initials(
        self, view: View, found: Sequence[tuple[int, int, str]], company: Sequence[int]
    ) -> Iterator[Disguise]:
        """Yield the words whose initials stand alone, in company."""
        for start, end, word in islice(found, MOST):
            if (
                _accompanied(company, start, end)
                and is_whole(view, start, end)
                and not in_address(view.original, *view.span(start, end))
            ):
                yield Disguise(start, end, word, (INITIALS,))

    def _can_be_heard(self, word: str) -> bool:
        return sum(map(self._sounds.is_syllable, word.translate(self._sounds.table))) >= FEW

    def _changed(self, squeezed: str, start: int, word: str) -> tuple[str, ...]:
        """Return in which ways a word was changed, none if what was changed is simply said."""
        changed = [at for at, meant in enumerate(word, start) if squeezed[at] != meant]
        if self._said(squeezed, changed):
            return ()
        alike = look_alikes()
        return tuple(
            dict.fromkeys(
                LOOK_ALIKE if alike.get(squeezed[at], "-") in word else HOMOPHONE for at in changed
            )
        )

    def _is_whole_pinyin(self, view: View, pieces: Sequence[Piece], *, accompanied: bool) -> bool:
        """Return whether pinyin is no part of a longer word, an address, an account or a name."""
        start, end = pieces[0][0], pieces[-1][1]
        latin = all(_LATIN.match(view.folded, begin) for begin, _ in pieces)
        few = len(pieces) == FEW and not accompanied
        return (
            is_whole(view, start, end, pieces=pieces, spaced=latin, inside=latin and not few)
            and not in_address(view.original, *view.span(start, end))
            and not (latin and few and _is_name(view, start, end))
        )

    def _spelt(
        self, view: View, pieces: Sequence[Piece], words: Iterable[str]
    ) -> Iterator[Disguise]:
        """Yield the words that pieces of letters and characters spell."""
        start, end = pieces[0][0], pieces[-1][1]
        for word in words:
            written = [
                (begin, meant)
                for (begin, beyond), meant in zip(pieces, word, strict=False)
                if beyond - begin == 1
            ]
            if written and len(word) != len(pieces):
                continue
            changed = [begin for begin, meant in written if view.folded[begin] != meant]
            if not self._said(view.folded, changed) and _LATIN.search(word) is None:
                yield Disguise(start, end, word, (PINYIN, HOMOPHONE) if changed else (PINYIN,))

    def _said(self, squeezed: str, positions: Sequence[int], shortest: int = 1) -> bool:
        """Return whether any of these characters is simply part of what is said."""
        return any(self._ordinary.covers(squeezed, position, shortest) for position in positions)


def company_of(squeezed: str, accusing: Sequence[int]) -> list[int]:
    """Return where signs stand that keep others company: `accusing` words, and accounts."""
    accounts = (match.start() for match in _ACCOUNT.finditer(squeezed))
    return sorted((*accusing, *accounts))


def _accompanied(company: Sequence[int], start: int, end: int) -> bool:
    first = bisect_left(company, start - NEAR)
    return any(
        not start <= position < end
        for position in islice(company, first, first + 8)
        if position < end + NEAR
    )


def _is_name(view: View, start: int, end: int) -> bool:
    """Return whether letters are written as a name in pinyin is: with a capital."""
    first, beyond = view.span(start, end)
    written = view.original[first:beyond]
    return written[0].isupper() and not written.isupper()

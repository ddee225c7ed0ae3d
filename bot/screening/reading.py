"""One text with what was seen in it, and the same as one rule sees it."""

from collections.abc import Sequence
from typing import Final, Protocol

from bot.model.finding import Span
from bot.screening.disguises import Disguise
from bot.screening.lazy import lazy
from bot.screening.links import Link, find_links
from bot.screening.matcher import Entry
from bot.screening.numbers import Number, find_numbers
from bot.screening.ordinary import OrdinaryWords
from bot.screening.rule import Seen
from bot.screening.signals import SIGNAL_WORDS, Signal
from bot.screening.text import Mended, View
from bot.screening.whole import foldings_of, is_whole

ALLOWED: Final = -1
"""The weight that marks a rule's allowed phrase among its words."""


class Declarations(Protocol):
    """What a reading asks of the engine that made it."""

    @property
    def first_signal(self) -> int:
        """The owner number of the first shared signal; the rules have those before it."""

    @property
    def ordinary(self) -> OrdinaryWords:
        """The words of ordinary talk."""

    def word_of(self, value: int) -> str:
        """Return one of the matcher's words, folded."""

    def entries_of(self, value: int) -> Sequence[Entry]:
        """Return who declared one of the matcher's words."""

    def entries_of_word(self, word: str) -> Sequence[Entry]:
        """Return who declared a folded word, of those whom a disguise of it concerns."""

    def plain_view(self, text: str) -> View:
        """Return the plain view of a text."""

    def trusts(self, link: Link) -> bool:
        """Return whether a link leads to a public authority or to a host the office trusts."""


class Reading:
    """One text with what was seen in it; worked out once, shared by all rules."""

    def __init__(
        self,
        declared: Declarations,
        view: View,
        found: list[tuple[int, int, int]],
        disguises: Sequence[Disguise] = (),
    ) -> None:
        self.declared = declared
        self.view = view
        self.text = view.original
        self.disguises = disguises
        self._found = found

    @lazy
    def plain(self) -> View | Mended:
        """Return the plain view of the text, with the words that were disguised written out."""
        view = self.declared.plain_view(self.text)
        mends = self._mends(view)
        return Mended(view, mends) if mends else view

    @lazy
    def numbers(self) -> tuple[Number, ...]:
        """Return the numbers of people, with their places in the original."""
        return tuple(
            number.at(*self.plain.span(number.start, number.end))
            for number in find_numbers(self.plain.folded)
        )

    @lazy
    def links(self) -> tuple[Link, ...]:
        """Return the links, with their places in the original."""
        return tuple(
            link.at(*self.plain.span(link.start, link.end))
            for link in find_links(self.plain.folded)
        )

    @lazy
    def seen(self) -> dict[int, list[Seen]]:
        """Return what each owner saw, by start, the longer first; words that are none left out."""
        seen: dict[int, list[Seen]] = {}
        folded, starts, text = self.view.folded, self.view.starts, self.text
        for folded_start, folded_end, value in self._found:
            entries = self.declared.entries_of(value)
            if not entries:
                continue  # a mere mark
            start, end = starts[folded_start], starts[folded_end - 1] + 1
            word = folded[folded_start:folded_end]
            # Characters that touch are a word; letters may go on, and gaps have to be looked at.
            if (
                end - start > len(word) or word[0].isascii() or word[-1].isascii()
            ) and not self._is_whole(folded_start, folded_end):
                continue
            foldings = (
                () if text[start:end] == word else foldings_of(self.view, folded_start, folded_end)
            )
            for entry in entries:
                seen.setdefault(entry.owner, []).append(
                    Seen(start, end, entry.word, entry.weight, foldings)
                )
        for folded_start, folded_end, word, names in self.disguises:
            start, end = self.view.span(folded_start, folded_end)
            foldings = (*names, *foldings_of(self.view, folded_start, folded_end))
            for entry in self.declared.entries_of_word(word):
                seen.setdefault(entry.owner, []).append(
                    Seen(start, end, entry.word, entry.weight, foldings)
                )
        for words in seen.values():
            if len(words) > 1:
                words.sort(key=_place)
        return seen

    @lazy
    def signals(self) -> dict[Signal, tuple[Seen, ...]]:
        """Return the shared signals by start; one inside a longer one is left out."""
        first = self.declared.first_signal
        seen = [
            (signal, one)
            for index, signal in enumerate(SIGNAL_WORDS, start=first)
            for one in self.seen.get(index, ())
        ]
        ordered = sorted(seen, key=lambda pair: (pair[1].start, -pair[1].end))
        kept: dict[Signal, list[Seen]] = {signal: [] for signal in Signal}
        reach = 0
        longest = (0, 0)
        for signal, one in ordered:
            if one.end > reach or (one.start, one.end) == longest:
                kept[signal].append(one)
                reach, longest = max(reach, one.end), (one.start, one.end)
        return {signal: tuple(words) for signal, words in kept.items()}

    def _is_whole(self, start: int, end: int) -> bool:
        return is_whole(self.view, start, end, ordinary=self.declared.ordinary)

    def _mends(self, plain: View) -> list[tuple[int, int, str]]:
        """Return the disguised words of Chinese characters: where they stand, how they read."""
        meant = [(start, end, word) for start, end, word, _ in self.disguises]
        starts = self.view.starts
        meant += (
            (start, end, self.declared.word_of(value))
            for start, end, value in self._found
            if starts[end - 1] - starts[start] >= end - start and self._is_whole(start, end)
        )
        mends: list[tuple[int, int, str]] = []
        reach = 0
        for folded_start, folded_end, word in sorted(meant, key=lambda one: (one[0], -one[1])):
            start, end = self.view.span(folded_start, folded_end)
            if start < reach or any(map(str.isascii, word)):
                continue
            if plain.folded[plain.position(start) : plain.position(end)] != word:
                mends.append((start, end, word))
                reach = end
        return mends


def _place(one: Seen) -> tuple[int, int]:
    return one.start, -one.end


class RuleSighting:
    """The reading as one rule sees it."""

    def __init__(self, reading: Reading, owner: int) -> None:
        self._reading = reading
        self._owner = owner

    @property
    def words(self) -> tuple[Seen, ...]:
        """The rule's words by start; those inside an allowed phrase are left out."""
        return self._told[0]

    @property
    def allowed(self) -> tuple[Seen, ...]:
        """The rule's allowed phrases by start."""
        return self._told[1]

    @lazy
    def _told(self) -> tuple[tuple[Seen, ...], tuple[Seen, ...]]:
        words: list[Seen] = []
        allowed: list[Seen] = []
        reach = 0
        for one in self._reading.seen.get(self._owner, ()):
            if one.weight == ALLOWED:
                allowed.append(one)
                reach = max(reach, one.end)
            elif one.end > reach:
                words.append(one)
        return tuple(words), tuple(allowed)

    @property
    def text(self) -> str:
        """The text exactly as delivered."""
        return self._reading.text

    @property
    def plain(self) -> str:
        """The folded plain view."""
        return self._reading.plain.folded

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Numbers that may belong to people."""
        return self._reading.numbers

    @property
    def links(self) -> tuple[Link, ...]:
        """Addresses of the internet."""
        return self._reading.links

    def signals(self, signal: Signal) -> tuple[Seen, ...]:
        """Return where a shared signal stands, by start."""
        return self._reading.signals[signal]

    def official(self, link: Link) -> bool:
        """Return whether a link leads to a host that is trusted."""
        return self._reading.declared.trusts(link)

    def span(self, start: int, end: int) -> Span:
        """Return the stretch of the original for a stretch of the plain view."""
        first, last = self._reading.plain.span(start, end)
        return Span(start=first, end=last)

    def position(self, index: int) -> int:
        """Return where in the plain view a code point of the original begins."""
        return self._reading.plain.position(index)

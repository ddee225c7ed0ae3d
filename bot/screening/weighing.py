"""Weighing words with the signals around them: for rules about offers (gambling and its like).

Words that stand near each other form a passage. A passage offends when its weight reaches what
is enough. A sentence that forbids, warns, teaches or reports does not count, unless somebody
leaves a concrete way to reach him right there: those who forbid leave no account to write to.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from bot.model.finding import Severity, Span
from bot.screening.rule import Acquittal, Answer, Hit, Seen, Sighting
from bot.screening.signals import ACQUITTING, HANDLE, Signal

NEAR: Final = 60
"""Characters around a word in which a signal speaks about it."""

REACH: Final = 25
"""Characters over which a prohibition governs what follows it in the same sentence."""

ALLOWED_PHRASE: Final = "允许用语"

_SENTENCE_END = re.compile(r"[。！？!?；;\n]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scales:
    """What is enough, and what each signal adds; `label` names the words in the reason."""

    label: str
    enough: int
    signals: Mapping[Signal, int]
    lone_severity: Severity
    offered_severity: Severity


def weigh(sighting: Sighting, scales: Scales) -> Iterator[Answer]:
    """Answer for each passage of the rule's words in a text."""
    for phrase in sighting.allowed:
        yield Acquittal(spans=(Span(start=phrase.start, end=phrase.end),), by=ALLOWED_PHRASE)
    for passage in _passages(sighting.words):
        yield from _weigh_passage(sighting, passage, scales)


def _passages(words: tuple[Seen, ...]) -> Iterator[list[Seen]]:
    passage: list[Seen] = []
    for word in words:
        if passage and word.start - passage[-1].end > NEAR:
            yield passage
            passage = []
        if not passage or word.end > passage[-1].end:
            passage.append(word)
    if passage:
        yield passage


def _weigh_passage(sighting: Sighting, passage: list[Seen], scales: Scales) -> Iterator[Answer]:
    start, end = passage[0].start - NEAR, passage[-1].end + NEAR
    concrete = _concrete(sighting, start, end)
    present = [
        signal
        for signal in scales.signals
        if signal in concrete or _within(sighting.signals(signal), start, end)
    ]
    accusing = passage
    if not concrete:
        accusing = []
        for word in passage:
            by = _acquitted_by(sighting, word)
            if by is None:
                accusing.append(word)
            else:
                yield Acquittal(spans=(Span(start=word.start, end=word.end),), by=by.value)
    weight = sum({word.word: word.weight for word in accusing}.values())
    if not weight or weight + sum(scales.signals[signal] for signal in present) < scales.enough:
        return
    yield Hit(
        spans=tuple(Span(start=word.start, end=word.end) for word in _tellingly(accusing)),
        signals=(scales.label, *(signal.value for signal in present)),
        foldings=tuple(name for word in accusing for name in word.foldings),
        severity=scales.offered_severity if present else scales.lone_severity,
    )


def _tellingly(words: list[Seen]) -> list[Seen]:
    """Return the words that offend: ordinary ones only if there are no others."""
    return [word for word in words if word.weight > 1] or words


def _concrete(sighting: Sighting, start: int, end: int) -> list[Signal]:
    """Return the ways to reach somebody that stand near: a link of unknown owner, an account."""
    first = sighting.position(max(start, 0))
    last = sighting.position(min(end, len(sighting.text)))
    concrete = []
    if any(
        link.start < end and link.end > start and not sighting.official(link)
        for link in sighting.links
    ):
        concrete.append(Signal.LINK)
    if HANDLE.search(sighting.plain, first, last):
        concrete.append(Signal.HANDLE)
    return concrete


def _within(seen: tuple[Seen, ...], start: int, end: int) -> bool:
    return any(True for _ in _between(seen, start, end))


def _between(seen: tuple[Seen, ...], start: int, end: int) -> Iterator[Seen]:
    """Yield what overlaps a stretch, without walking what lies far before it."""
    first = bisect_left(seen, start - NEAR, key=_start)
    for one in islice(seen, first, None):
        if one.start >= end:
            return
        if one.end > start:
            yield one


def _start(one: Seen) -> int:
    return one.start


def _acquitted_by(sighting: Sighting, word: Seen) -> Signal | None:
    """Return what speaks for a word: its sentence forbids or reports, or its passage teaches."""
    text = sighting.text
    left, right = max(word.start - NEAR, 0), word.end + NEAR
    begin = left
    for mark in _SENTENCE_END.finditer(text, left, word.start):
        begin = mark.end()
    stop = _SENTENCE_END.search(text, word.end, right)
    close = stop.start() if stop else right
    reaches = {
        Signal.FORBIDS: (max(begin, word.start - REACH), close),
        Signal.CAMPAIGN: (left, right),
    }
    for signal in ACQUITTING:
        if _within(sighting.signals(signal), *reaches.get(signal, (begin, close))):
            return signal
    return None

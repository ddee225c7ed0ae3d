"""The classifier: what the wording of a text as a whole resembles, learned from written examples.

Words and signals find what names things; this finds what only sounds like an offence. It is a
linear model over the characters of the squeezed view, alone and two in a row, made by
`python -m bench.classifier` from the examples in `tests/corpus/learning`, and read from
`classifier.txt`. It learns nothing from the groups it works in, and needs no network.

Most texts end at the gate, a sum of small numbers that only tells offences from the rest. The
weights of a gram stand side by side in one number, so that one sum adds up all topics.
"""

import math
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Final

from daachorse import CharwiseDoubleArrayAhoCorasick

from bot.model.finding import Topic

MODEL: Final = Path(__file__).with_name("classifier.txt")

PASSAGE: Final = 200
"""Characters that are judged together; of a longer text each passage by itself."""

OVERLAP: Final = 50
"""Characters that two passages share, so that what lies across a cut is still seen."""

FIRST, ZERO, LEVELS = 33, 46, 93
"""A weight is one printable ASCII character: its level above the first one's code.

The first of a gram is its lead at the gate, whose level `ZERO` says nothing; single characters
that lead nowhere are looked at only when a passage is judged.
"""

LEAST: Final = 0.3
"""How likely an offence is, at the least, to be spoken of."""

_BYTES = 2
"""Bytes of one sum: of at most 2 * PASSAGE levels."""

_ZEROS = repeat(0)

Grams = list[tuple[int, int, int]]
"""The grams of a passage: half-open stretches of it, each with its number in the model."""

Find = Callable[[str], Grams]


@dataclass(frozen=True, kw_only=True, slots=True)
class Likeness:
    """How likely a passage is of each topic, 0 to 1, and its place in the squeezed view."""

    topics: Mapping[Topic, float]
    start: int
    end: int

    @property
    def offence(self) -> float:
        """How likely it is of any topic but idle talk, which offends nobody."""
        return sum(self.topics.values()) - self.topics.get(Topic.OFF_TOPIC, 0.0)


class Classifier:
    """A linear model with a weight a topic for each gram; pure, safe in several threads."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read the lines of a model, one at a time; ValueError if they are none."""
        rows = iter(lines)
        topics, biases, scale, least, _ = next(rows, "").split("\t")
        self._topics = tuple(Topic(name) for name in topics.split())
        *of_topics, of_none = map(float, biases.split())
        if len(of_topics) != len(self._topics):
            raise ValueError("one bias a topic, and one for none of them, are needed")
        self._ahead = tuple(bias - of_none for bias in of_topics)
        # Below this not even all topics together reach LEAST.
        self._hopeless = math.log(LEAST / (1 - LEAST) / len(of_topics))
        self._scale, self._least = float(scale), int(least)
        sums = len(of_topics) + 2
        self._size = _BYTES * sums
        self._sums = struct.Struct(f"<{sums}H").unpack
        self._rest: dict[str, int] = {}
        self._weights: list[int] = []
        leads = bytearray()
        found: list[str] = []
        for row in rows:
            gram, levels = row.rstrip("\n").split("\t")
            level, weights = ord(levels[0]) - FIRST, _packed(levels[1:])
            if len(gram) == 1 and level == ZERO:
                self._rest[gram] = weights
            else:
                found.append(gram)
                leads.append(level)
                self._weights.append(weights)
        # One byte a gram: all of them stay in the processor's cache.
        self._leads = bytes(leads)
        self._find: Find = CharwiseDoubleArrayAhoCorasick(found).find_overlapping

    def suspects(self, passage: str) -> Grams | None:
        """Return the grams of a passage that is worth being judged; None of one that is not."""
        grams = self._find(passage)
        leads = self._leads
        lead = sum([leads[value] for _, _, value in grams]) - ZERO * len(grams)
        return grams if lead >= self._least else None

    def judge(self, passage: str, grams: Grams, start: int = 0) -> Likeness | None:
        """Return what a passage is like, by its grams; None if it offends in nothing."""
        weights = self._weights
        total = sum([weights[value] for value in {value for _, _, value in grams}])
        total += sum(map(self._rest.get, set(passage), _ZEROS))
        *scores, none, norm = self._sums(total.to_bytes(self._size, "little"))
        scale = self._scale / math.sqrt(norm or 1)
        ahead = [
            (score - none) * scale + lead for score, lead in zip(scores, self._ahead, strict=True)
        ]
        if max(ahead) < self._hopeless:
            return None
        odds = list(map(math.exp, ahead))
        whole = 1.0 + sum(odds)
        if whole * (1.0 - LEAST) < 1.0:
            return None
        likely = {topic: each / whole for topic, each in zip(self._topics, odds, strict=True)}
        return Likeness(topics=likely, start=start, end=start + len(passage))

    def likeness(self, squeezed: str, *, thorough: bool = False) -> Likeness | None:
        """Return what the most offending passage of a text is like; None if none offends.

        Passages that are not suspected are only judged where the look is `thorough`.
        """
        found = []
        for start, end in _passages(len(squeezed)):
            passage = squeezed[start:end]
            grams = self._find(passage) if thorough else self.suspects(passage)
            if grams is not None:
                found.append(self.judge(passage, grams, start))
        return max(filter(None, found), key=lambda each: each.offence, default=None)

    def telling(self, squeezed: str, topic: Topic) -> tuple[int, int]:
        """Return the stretch of a passage that speaks most for a topic, half-open."""
        which = self._topics.index(topic)
        gains = [self._gain(self._rest.get(one, 0), which) for one in squeezed]
        for start, end, value in self._find(squeezed):
            gain = self._gain(self._weights[value], which) / (end - start)
            for index in range(start, end):
                gains[index] += gain
        return _heaviest(gains)

    def _gain(self, weights: int, which: int) -> float:
        sums = self._sums(weights.to_bytes(self._size, "little"))
        return float(sums[which] - sums[-2]) if weights else 0.0


@cache
def shipped() -> Classifier:
    """Return the model that is shipped, read once a process."""
    with MODEL.open(encoding="utf-8") as lines:
        return Classifier(lines)


def _packed(levels: str) -> int:
    weights = b"".join((ord(level) - FIRST).to_bytes(_BYTES, "little") for level in levels)
    return int.from_bytes(weights, "little")


def _passages(length: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches that are judged, each a little over the one before."""
    for start in range(0, max(length - OVERLAP, 1), PASSAGE - OVERLAP):
        yield start, min(start + PASSAGE, length)


def _heaviest(gains: Iterable[float]) -> tuple[int, int]:
    """Return the stretch with the greatest sum, half-open."""
    best = (-math.inf, 0, 0)
    total, begin = 0.0, 0
    for index, gain in enumerate(gains):
        if total <= 0:
            total, begin = 0.0, index
        total += gain
        best = max(best, (total, begin, index + 1))
    return best[1], best[2]

"""Weighing words with the signals around them: for rules about offers (gambling and its like).

Words that stand near each other form a passage. A passage offends when its weight reaches what
is enough; ordinary words (weight 1) only help, without a weightier one they never offend. A
sentence that forbids, warns, teaches or reports does not count, unless somebody leaves an account
right there: those who forbid leave no account to write to.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from types import MappingProxyType
from typing import Final

from bot.model.finding import Severity, Span
from bot.screening.layer import HOMOPHONE
from bot.screening.links import Link
from bot.screening.rule import Acquittal, Answer, Hit, Seen, Sighting, listed
from bot.screening.signals import ACQUITTING, ADDRESS, CONTEXTS, GROUP, HANDLE, PHONE, PRICE, Signal

NEAR: Final = 60
"""Characters around a word in which a signal speaks about it."""

REACH: Final = 25
"""Characters over which a prohibition governs what follows it in the same sentence."""

CLOSE: Final = 14
"""Characters around a word in which somebody is meant by it."""

LONGEST: Final = 240
"""Characters of one passage; a long document must not add up to an offence."""

WEAK_AT_MOST: Final = 2
"""What all ordinary words of a passage weigh together at most."""

MOST_HITS: Final = 10
"""Passages after which a text needs no further proof."""

DOUBTFUL: Final = 2
"""The least weight of a word that says anything by itself."""

SHORT: Final = 2
"""Characters of a word that ordinary ones easily sound like."""

ALLOWED_PHRASE: Final = "允许用语"

EVERYDAY_HOSTS: Final = listed(
    "qq.com weixin.qq.com wechat.com tencent.com dingtalk.com feishu.cn kdocs.cn wps.cn wjx.cn wjx.top "
    "163.com 126.com sina.com.cn baidu.com people.com.cn people.cn xinhuanet.com news.cn cctv.com "
    "xuexi.cn edu.cn 12306.cn chinatax.com bilibili.com zhihu.com sohu.com toutiao.com huawei.com"
)
"""Registrable domains that are passed on every day and offer nothing by themselves."""

_TELLING = frozenset({Signal.REPORTS, Signal.CAMPAIGN})
_NAMING = frozenset({Signal.ADDRESS, Signal.GROUP})
_SENTENCE_END = re.compile(r"[。！？!?；;\n]")
_PATTERNS: Final[Mapping[Signal, re.Pattern[str]]] = MappingProxyType(
    {
        Signal.HANDLE: HANDLE,
        Signal.PRICE: PRICE,
        Signal.PHONE: PHONE,
        Signal.ADDRESS: ADDRESS,
        Signal.GROUP: GROUP,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scales:
    """What is enough, and what each signal adds or takes; `label` names the words in the reason.

    Of the signals that take (a negative weight) the strongest counts; all but `JOKES` ease only
    words that would not be enough by themselves, or a passage that is plainly about work. What
    stands in the context of another topic (`CONTEXTS`) is mild: that topic's own rule says how
    grave it is.
    """

    label: str
    enough: int
    signals: Mapping[Signal, int]
    lone_severity: Severity
    offered_severity: Severity
    acquitting: tuple[Signal, ...] = ACQUITTING


def graded(
    *, telling: str = "", strong: str = "", doubtful: str = "", weak: str = ""
) -> Mapping[str, int]:
    """Return words, parted by white space, with their weights: 4, 3, 2 and 1."""
    return MappingProxyType(
        dict.fromkeys(weak.split(), 1)
        | dict.fromkeys(doubtful.split(), 2)
        | dict.fromkeys(strong.split(), 3)
        | dict.fromkeys(telling.split(), 4)
    )


def crossed(*parts: str) -> str:
    """Return all words that are put together from one of each part's, parted by white space."""
    return " ".join(map("".join, product(*(part.split() for part in parts))))


def weigh(
    sighting: Sighting, scales: Scales, words: Iterable[Seen] | None = None
) -> Iterator[Answer]:
    """Answer for each passage of the rule's words, or of those given, in a text."""
    hits = 0
    for passage in passages(sighting.words if words is None else words):
        for answer in _weigh_passage(sighting, passage, scales):
            hits += isinstance(answer, Hit)
            yield answer
        if hits >= MOST_HITS:
            return


def allowed(sighting: Sighting) -> Iterator[Acquittal]:
    """Acquit what allowed phrases cover."""
    for phrase in sighting.allowed:
        yield Acquittal(spans=(Span(start=phrase.start, end=phrase.end),), by=ALLOWED_PHRASE)


def weigher(scales: Scales) -> Callable[[Sighting], Iterator[Answer]]:
    """Return a check that weighs a rule's words and nothing else."""

    def check(sighting: Sighting) -> Iterator[Answer]:
        yield from allowed(sighting)
        yield from weigh(sighting, scales)

    return check


def passages(words: Iterable[Seen]) -> Iterator[list[Seen]]:
    """Yield words that stand near each other, those inside a longer one left out."""
    passage: list[Seen] = []
    for word in words:
        if passage and (
            word.start - passage[-1].end > NEAR or word.end - passage[0].start > LONGEST
        ):
            yield passage
            passage = []
        if not passage or word.end > passage[-1].end:
            passage.append(word)
    if passage:
        yield passage


def weight_of(words: Iterable[Seen]) -> int:
    """Return what distinct words weigh together; ordinary ones at most `WEAK_AT_MOST`."""
    weights = {word.word: _trusted(word) for word in words}.values()
    weak = sum(weight for weight in weights if weight == 1)
    return sum(weight for weight in weights if weight > 1) + min(weak, WEAK_AT_MOST)


def acquitted_by(
    sighting: Sighting, word: Seen, acquitting: tuple[Signal, ...] = ACQUITTING
) -> Signal | None:
    """Return what speaks for a word: its sentence forbids or reports, or its passage teaches."""
    spoken = [signal for signal in acquitting if sighting.signals(signal)]
    if not spoken:
        return None
    begin, close = sentence(sighting, word)
    reaches = {
        Signal.FORBIDS: (max(begin, word.start - REACH), close),
        Signal.CAMPAIGN: (max(word.start - NEAR, 0), word.end + NEAR),
    }
    for signal in spoken:
        seen = _between(sighting.signals(signal), *reaches.get(signal, (begin, close)))
        if not all(
            _inside(sighting, one) or (signal in _TELLING and _covers(word, one)) for one in seen
        ):
            return signal
    return None


def sentence(sighting: Sighting, word: Seen) -> tuple[int, int]:
    """Return where the sentence of a word begins and ends, looking no further than `NEAR`."""
    text = sighting.text
    left, right = max(word.start - NEAR, 0), min(word.end + NEAR, len(text))
    begin = left
    for mark in _SENTENCE_END.finditer(text, left, word.start):
        begin = mark.end()
    stop = _SENTENCE_END.search(text, word.end, right)
    return begin, stop.start() if stop else right


def plainly(sighting: Sighting, start: int, end: int) -> str:
    """Return the plain view of a stretch of the original."""
    return sighting.plain[sighting.position(start) : sighting.position(end)]


def _weigh_passage(sighting: Sighting, passage: list[Seen], scales: Scales) -> Iterator[Answer]:
    if all(word.weight < DOUBTFUL for word in passage):
        return
    start, end = passage[0].start - NEAR, passage[-1].end + NEAR
    present = [signal for signal in scales.signals if _present(sighting, signal, start, end)]
    reachable = frozenset((Signal.HANDLE, Signal.LINK)).intersection(present)
    accusing = []
    for word in passage:
        by = acquitted_by(sighting, word, scales.acquitting)
        if by is None or _belied(by, reachable):
            accusing.append(word)
        else:
            yield Acquittal(spans=(Span(start=word.start, end=word.end),), by=by.value)
    heaviest = max(map(_trusted, accusing), default=0)
    if heaviest < DOUBTFUL:
        return
    adding = [signal for signal in present if scales.signals[signal] > 0]
    weight = weight_of(accusing) + sum(scales.signals[signal] for signal in adding)
    plainly_work = not adding and len(_work(sighting, start, end)) > 1
    weight += min(
        (
            scales.signals[signal]
            for signal in present
            if scales.signals[signal] < 0
            and (heaviest < scales.enough or signal is Signal.JOKES or plainly_work)
        ),
        default=0,
    )
    if weight < scales.enough:
        return
    yield Hit(
        spans=tuple(Span(start=word.start, end=word.end) for word in _tellingly(accusing)),
        signals=(scales.label, *(signal.value for signal in adding)),
        foldings=tuple(name for word in accusing for name in word.foldings),
        severity=_severity(scales, present, adding),
    )


def _work(sighting: Sighting, start: int, end: int) -> frozenset[str]:
    return frozenset(one.word for one in _between(sighting.signals(Signal.WORK), start, end))


def _severity(scales: Scales, present: list[Signal], adding: list[Signal]) -> Severity:
    if any(signal in CONTEXTS and scales.signals[signal] < 0 for signal in present):
        return Severity.LOW
    return scales.offered_severity if adding else scales.lone_severity


def _trusted(word: Seen) -> int:
    """Return what a word weighs; a short one that only sounds like it is no more than doubtful."""
    by_sound = HOMOPHONE in word.foldings and len(word.word) == SHORT
    return min(word.weight, DOUBTFUL) if by_sound else word.weight


def _belied(by: Signal, reachable: frozenset[Signal]) -> bool:
    """Return whether a way to reach somebody belies what would acquit; a warning may quote one."""
    if Signal.HANDLE in reachable:
        return by is not Signal.WARNS
    return Signal.LINK in reachable and by is Signal.REPORTS


def _tellingly(words: list[Seen]) -> list[Seen]:
    """Return the words that offend: ordinary ones only if there are no others."""
    return [word for word in words if word.weight > 1] or words


def _present(sighting: Sighting, signal: Signal, start: int, end: int) -> bool:
    """Return whether a signal stands in a stretch: a word, a pattern or a link of unknown owner."""
    if signal is Signal.LINK:
        return any(
            link.start < end and link.end > start and not _everyday(sighting, link)
            for link in sighting.links
        )
    pattern = _PATTERNS.get(signal)
    if signal in _NAMING:
        start, end = start + NEAR - CLOSE, end - NEAR + CLOSE
    if pattern is not None:
        first, last = (
            sighting.position(max(start, 0)),
            sighting.position(min(end, len(sighting.text))),
        )
        return pattern.search(sighting.plain, first, last) is not None
    return _within(sighting.signals(signal), start, end)


def _everyday(sighting: Sighting, link: Link) -> bool:
    return sighting.official(link) or link.domain in EVERYDAY_HOSTS


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


def _inside(sighting: Sighting, one: Seen) -> bool:
    """Return whether a signal is only a part of one of the rule's own words (不得 in 不得安宁)."""
    return any(
        word.weight > 1 and _covers(word, one)
        for word in _between(sighting.words, one.start, one.end)
    )


def _covers(word: Seen, one: Seen) -> bool:
    return word.start <= one.start and one.end <= word.end


def _start(one: Seen) -> int:
    return one.start

"""The engine: all rules over one text, in one pass.

Order of work: fold the text, find the words of every rule and the shared signals at once, ask only
the rules that have a word or a need to look at, merge the hits of a rule into one flag. A rule
that raises is named in `failed` and stops no other.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from bot.model.finding import Flag, Mode, Severity, Span, Why
from bot.screening.links import Link
from bot.screening.matcher import Entry, Matcher
from bot.screening.reading import ALLOWED, Reading, RuleSighting
from bot.screening.rule import Acquittal, Answer, Hit, Need, Rule, Seen
from bot.screening.signals import SIGNAL_WORDS
from bot.screening.text import FoldingTable, View

LONG_TEXT: Final = 20_000
"""Characters beyond which a text is screened in a worker process, and in pieces."""

OVERLAP: Final = 400
"""Characters that two pieces share, so that what lies across the cut is still seen whole."""

MAX_SPANS: Final = 100
"""Spans kept per flag; nobody reads the hundred-and-first."""

_LATIN = re.compile(r"[a-z0-9]{2}")
_SOFT_CUTS = "\n。！？；;!? ，,"


@dataclass(frozen=True, kw_only=True, slots=True)
class Screening:
    """What all rules said about one text; `failed` are the codes of the rules that raised."""

    flags: tuple[Flag, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every rule that was asked has answered."""
        return not self.failed


CLEAN: Final = Screening()


@dataclass(frozen=True, kw_only=True, slots=True)
class Opinion:
    """One rule's answer to one text in full: what `try` shows."""

    rule: Rule
    asked: bool
    words: tuple[Seen, ...] = field(default=(), repr=False)
    allowed: tuple[Seen, ...] = field(default=(), repr=False)
    hits: tuple[Hit, ...] = ()
    acquittals: tuple[Acquittal, ...] = ()
    failed: bool = False


class Engine:
    """Screens texts with a fixed set of rules; pure, and safe to call from several threads."""

    def __init__(
        self,
        rules: Iterable[Rule],
        modes: Mapping[str, Mode] | None = None,
        official_hosts: Iterable[str] = (),
    ) -> None:
        """Compile the words of all rules; ValueError for two rules of one code or a bad word."""
        self.rules = tuple(sorted(rules, key=lambda rule: rule.code))
        self.first_signal = len(self.rules)
        codes = [rule.code for rule in self.rules]
        if len(set(codes)) != len(codes):
            raise ValueError("两条规则用了同一个代码")
        self._modes = {rule.code: (modes or {}).get(rule.code, rule.mode) for rule in self.rules}
        self._official = frozenset(host.lower().strip(".") for host in official_hosts)
        self._squeezing = FoldingTable(squeeze=True)
        self._plain = FoldingTable(squeeze=False)
        self._matcher = Matcher(self._declared())
        self._asks = [
            sum(1 << entry.owner for entry in entries if entry.owner < self.first_signal)
            for entries in self._matcher.entries
        ]
        self._triggers = tuple(
            (re.compile(need.pattern), asked) for need in Need if (asked := self._who_needs(need))
        )

    def screen(self, text: str) -> Screening:
        """Screen a text of any length; spans are half-open code points of `text`."""
        if len(text) > LONG_TEXT:
            return self._screen_in_pieces(text)
        squeezed = text.translate(self._squeezing)
        found = self._matcher.find(squeezed)
        asked = self._asked(squeezed, found)
        if not asked:
            return CLEAN
        reading = Reading(self, View(text, self._squeezing, squeezed), found)
        flags: list[Flag] = []
        failed: list[str] = []
        for rule, _, answers in self._answers(reading, asked):
            if answers is None:
                failed.append(rule.code)
            elif hits := _hits(answers):
                flags.append(self._flag(rule, hits))
        return Screening(flags=tuple(flags), failed=tuple(failed)) if flags or failed else CLEAN

    def opinions(self, text: str) -> tuple[Opinion, ...]:
        """Return every rule's answer to a short text, also of the rules that saw nothing."""
        view = View(text[:LONG_TEXT], self._squeezing)
        found = self._matcher.find(view.folded)
        reading = Reading(self, view, found)
        answered = {
            rule.code: _opinion(rule, sighting, answers)
            for rule, sighting, answers in self._answers(reading, self._asked(view.folded, found))
        }
        return tuple(
            answered.get(rule.code, Opinion(rule=rule, asked=False)) for rule in self.rules
        )

    def _declared(self) -> dict[str, list[Entry]]:
        declared: dict[str, list[Entry]] = {}

        def declare(owner: int, word: str, weight: int) -> None:
            folded = word.translate(self._squeezing)
            declared.setdefault(folded, []).append(Entry(owner, word, weight))

        for owner, rule in enumerate(self.rules):
            for word, weight in rule.words.items():
                declare(owner, word, weight)
            for phrase in rule.allows:
                declare(owner, phrase, ALLOWED)
        for owner, signal in enumerate(SIGNAL_WORDS, start=self.first_signal):
            for word in SIGNAL_WORDS[signal]:
                declare(owner, word, 1)
        return declared

    def _who_needs(self, need: Need) -> int:
        return sum(1 << index for index, rule in enumerate(self.rules) if need in rule.needs)

    def _asked(self, squeezed: str, found: list[tuple[int, int, int]]) -> int:
        """Return the rules that have something to look at, one bit each."""
        asked = 0
        asks = self._asks
        for _, _, value in found:
            asked |= asks[value]
        if _LATIN.search(squeezed) is None:
            return asked
        for pattern, who in self._triggers:
            if who & ~asked and pattern.search(squeezed):
                asked |= who
        return asked

    def _answers(
        self, reading: Reading, asked: int
    ) -> Iterator[tuple[Rule, RuleSighting, tuple[Answer, ...] | None]]:
        """Yield what each rule that is asked saw and answers; None from a rule that raised."""
        for index, rule in enumerate(self.rules):
            if not asked >> index & 1:
                continue
            sighting = RuleSighting(reading, index)
            try:
                answers = tuple(rule.check(sighting))
            except Exception:  # noqa: BLE001  a rule must not stop the others; its code is reported
                yield rule, sighting, None
            else:
                yield rule, sighting, answers

    def _flag(self, rule: Rule, hits: tuple[Hit, ...]) -> Flag:
        return Flag(
            rule=rule.code,
            version=rule.version,
            topic=rule.topic,
            severity=max(hit.severity or rule.severity for hit in hits),
            spans=merge_spans(span for hit in hits for span in hit.spans),
            why=Why(
                signals=_distinct(name for hit in hits for name in hit.signals),
                foldings=_distinct(name for hit in hits for name in hit.foldings),
            ),
            mode=self._modes[rule.code],
        )

    def _screen_in_pieces(self, text: str) -> Screening:
        flags: dict[str, Flag] = {}
        failed: dict[str, None] = {}
        for start, end in pieces(text):
            screening = self.screen(text[start:end])
            failed.update(dict.fromkeys(screening.failed))
            for flag in screening.flags:
                moved = _moved(flag, start)
                before = flags.get(flag.rule)
                flags[flag.rule] = moved if before is None else _joined(before, moved)
        return Screening(
            flags=tuple(flags[code] for code in sorted(flags)), failed=tuple(sorted(failed))
        )

    def trusts(self, link: Link) -> bool:
        """Return whether a link leads to a public authority or to a host the office trusts."""
        return link.under("gov.cn") or any(link.under(host) for host in self._official)

    def plain_view(self, text: str) -> View:
        """Return the plain view of a text."""
        return View(text, self._plain)

    def entries_of(self, value: int) -> tuple[Entry, ...]:
        """Return who declared one of the matcher's words."""
        return self._matcher.entries[value]


@dataclass(frozen=True, kw_only=True)
class EngineSpec:
    """How to build an engine in another process: picklable, equal specs build once per process.

    `load` is a module-level function that reads the rules of one folder.
    """

    folders: tuple[Path, ...]
    load: Callable[[Path], Iterable[Rule]]
    modes: tuple[tuple[str, Mode], ...] = ()
    official_hosts: frozenset[str] = frozenset()

    def build(self) -> Engine:
        """Build the engine."""
        rules = [rule for folder in self.folders for rule in self.load(folder)]
        return Engine(rules, dict(self.modes), self.official_hosts)


def screen_in_process(spec: EngineSpec, text: str) -> Screening:
    """Screen in a worker process; the worker builds its engine once and keeps it."""
    return _engine_of(spec).screen(text)


def merge_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans by start, those that overlap or touch joined, at most `MAX_SPANS`."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if merged and span.start <= merged[-1].end:
            if span.end > merged[-1].end:
                merged[-1] = Span(start=merged[-1].start, end=span.end)
        else:
            merged.append(span)
    return tuple(merged[:MAX_SPANS])


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield overlapping stretches of a long text, cut where a sentence or a word ends."""
    start = 0
    while True:
        end = min(start + LONG_TEXT, len(text))
        if end < len(text):
            window = text[end - OVERLAP : end]
            soft = max(window.rfind(mark) for mark in _SOFT_CUTS)
            end = end - OVERLAP + soft + 1 if soft >= 0 else end
        yield start, end
        if end == len(text):
            return
        start = end - OVERLAP


@lru_cache(maxsize=1)
def _engine_of(spec: EngineSpec) -> Engine:
    return spec.build()


def _hits(answers: tuple[Answer, ...]) -> tuple[Hit, ...]:
    return tuple(answer for answer in answers if isinstance(answer, Hit))


def _opinion(rule: Rule, sighting: RuleSighting, answers: tuple[Answer, ...] | None) -> Opinion:
    if answers is None:
        return Opinion(rule=rule, asked=True, failed=True)
    return Opinion(
        rule=rule,
        asked=True,
        words=sighting.words,
        allowed=sighting.allowed,
        hits=_hits(answers),
        acquittals=tuple(answer for answer in answers if isinstance(answer, Acquittal)),
    )


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _moved(flag: Flag, by: int) -> Flag:
    spans = tuple(Span(start=span.start + by, end=span.end + by) for span in flag.spans)
    return _with(flag, spans=spans, severity=flag.severity, why=flag.why)


def _joined(first: Flag, second: Flag) -> Flag:
    return _with(
        first,
        spans=merge_spans((*first.spans, *second.spans)),
        severity=max(first.severity, second.severity),
        why=Why(
            signals=_distinct((*first.why.signals, *second.why.signals)),
            foldings=_distinct((*first.why.foldings, *second.why.foldings)),
        ),
    )


def _with(flag: Flag, *, spans: tuple[Span, ...], severity: Severity, why: Why) -> Flag:
    return Flag(
        rule=flag.rule,
        version=flag.version,
        topic=flag.topic,
        severity=severity,
        spans=spans,
        why=why,
        mode=flag.mode,
    )

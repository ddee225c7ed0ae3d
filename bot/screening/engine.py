"""The engine: all rules over one text, in one pass.

Order of work: fold the text, find the words of every rule and the shared signals at once, look for
words in disguise, ask only the rules that have a word or a need to look at, merge the hits of a
rule into one flag. A rule that raises is named in `failed` and stops no other.

Marks in the same automaton (parts of characters, initials, numerals in a row) tell whether a
second look is worth its time; most texts have none.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

from bot.model.finding import Flag, Mode, Severity, Span, Topic, Why
from bot.screening.classifier import PASSAGE, Likeness, shipped
from bot.screening.disguises import INITIALS_OF, Disguise, Disguises, company_of
from bot.screening.links import Link
from bot.screening.matcher import SHORTEST, Entry, Matcher, without_floods
from bot.screening.ordinary import OrdinaryWords
from bot.screening.reading import ALLOWED, Reading, RuleSighting
from bot.screening.rule import NEVER, Acquittal, Answer, Hit, Need, Rule, Seen
from bot.screening.signals import ACQUITTING, CONTEXTS, SIGNAL_WORDS, Signal
from bot.screening.splits import split_forms
from bot.screening.text import NUMERALS, FoldingTable, View, with_digits

LONG_TEXT: Final = 20_000
"""Characters beyond which a text is screened in a worker process, and in pieces."""

OVERLAP: Final = 400
"""Characters that two pieces share, so that what lies across the cut is still seen whole."""

MAX_SPANS: Final = 100
"""Spans kept per flag; nobody reads the hundred-and-first."""

ACCUSING: Final = frozenset({Signal.CONTACT, Signal.OFFER, Signal.CALL})
"""Signals that keep a doubtful disguise company, and that are disguised themselves."""

SILENT: Final = frozenset({*ACQUITTING, *CONTEXTS, Signal.WORK, Signal.JOKES})
"""Signals that never add to suspicion."""

TELLING: Final = 3
"""Weight from which a word of a rule keeps a doubtful disguise company."""

SHORT_TEXT: Final = 24
"""Characters up to which a text is listened to although nothing keeps disguises company.

In a longer one that offers nothing, what sounds like a word mostly is chance.
"""

WORDING: Final = "整句说法"
"""The signal of a hit that the classifier made, not the rule's own words."""

LEAST_CHARACTERS: Final = 4
"""Characters from which a text is judged by its wording."""

DOUBTED_SIGNALS: Final = 2
"""Signals up to which words are doubted: with a price and a telephone they need no more proof."""

LONGEST_DOUBTED: Final = 2_000
"""Characters up to which words are doubted; judging all of a longer text costs too much."""

HARMLESS: Final = "整句不像违规"
"""What speaks for words that stand in a text whose wording is like no offence."""

OFFENCE: Final = 0.65
"""How likely a text must be an offence of any kind, for its wording alone to count."""

PRICES: Final = frozenset(
    map("".join, (*product("百千万", "元块"), *product("日月年时", "入薪赚")))
)
"""Prices and wages without digits: they stand beside words like a signal."""

_LATIN = re.compile(r"[a-z0-9]{2}")
_LONG_NUMBER = re.compile(r"[0-9]{7}")
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


class _Look(NamedTuple):
    """The first look at a text: how it reads and sounds, and what was found in both."""

    text: str
    squeezed: str
    sounds: str
    found: list[tuple[int, int, int]]
    signs: int
    asked: int
    heard: list[tuple[int, int, int]]
    latin: bool
    likeness: Likeness | None


class Engine:
    """Screens texts with a fixed set of rules; pure, and safe to call from several threads."""

    def __init__(
        self,
        rules: Iterable[Rule],
        modes: Mapping[str, Mode] | None = None,
        official_hosts: Iterable[str] = (),
        *,
        disguises: bool = True,
    ) -> None:
        """Compile the words of all rules; ValueError for two rules of one code or a bad word.

        Without `disguises` only what is written out is found: to measure what they add.
        """
        self.rules = tuple(sorted(rules, key=lambda rule: rule.code))
        self.first_signal = len(self.rules)
        codes = [rule.code for rule in self.rules]
        if len(set(codes)) != len(codes):
            raise ValueError("两条规则用了同一个代码")
        self._modes = {rule.code: (modes or {}).get(rule.code, rule.mode) for rule in self.rules}
        self._official = frozenset(host.lower().strip(".") for host in official_hosts)
        self._squeezing = FoldingTable(squeeze=True)
        self._plain = FoldingTable(squeeze=False)
        declared = self._declared()
        meant = [word for word in declared if disguises and self._concerned(declared[word])]
        self._parts = self._marks(split_forms(frozenset("".join(meant))), declared)
        self._initials = self._marks(_initials_of(meant), declared)
        marks = {*self._parts, *self._initials, *_numerals_in_a_row(), *PRICES}
        self._matcher = Matcher(declared, marks)
        self.ordinary = OrdinaryWords()
        self._disguises = Disguises(meant, self.ordinary)
        self._find, self._listen = self._matcher.find, self._disguises.listen
        self._sounds = self._disguises.sounds
        first = self.first_signal
        self._learned = [
            (1 << index, rule) for index, rule in enumerate(self.rules) if rule.learned < NEVER
        ]
        self._classifier = shipped() if self._learned else None
        self._company, self._beside, self._part, self._initial, self._numeral = (
            1 << bit for bit in range(first, first + 5)
        )
        self._alone = [rule.alone for rule in self.rules]
        self._patient = sum(1 << i for i, rule in enumerate(self.rules) if rule.alone > 1)
        self._least = [min(2, max(rule.words.values(), default=1)) for rule in self.rules]
        self._signs = [self._signs_of(word) for word in self._matcher.words]
        self._meant = [bool(self._concerned(entries)) for entries in self._matcher.entries]
        self._rule_bits = self._company - 1
        self._marked = self._part | self._initial
        self._second_look = self._company | self._marked | self._numeral
        self._weights = [
            tuple(
                (owner, weight)
                for owner, _, weight in entries
                if owner < self.first_signal and weight != ALLOWED
            )
            for entries in self._matcher.entries
        ]
        self._triggers = tuple(
            (re.compile(need.pattern), asked) for need in Need if (asked := self._who_needs(need))
        )

    def screen(self, text: str) -> Screening:
        """Screen a text of any length; spans are half-open code points of `text`."""
        if len(text) > LONG_TEXT:
            return self._screen_in_pieces(text)
        look = self._glance(text)
        if look is None:
            return CLEAN
        reading, asked = self._read(look)
        likeness = look.likeness
        if not asked:
            return CLEAN
        flags: list[Flag] = []
        failed: list[str] = []
        for rule, _, answers in self._answers(reading, asked, likeness):
            if answers is None:
                failed.append(rule.code)
            elif hits := tuple(answer for answer in answers if isinstance(answer, Hit)):
                flags.append(self._flag(rule, hits))
        return Screening(flags=tuple(flags), failed=tuple(failed)) if flags or failed else CLEAN

    def opinions(self, text: str) -> tuple[Opinion, ...]:
        """Return every rule's answer to a short text, also of the rules that saw nothing."""
        look = self._glance(text[:LONG_TEXT], thorough=True)
        assert look is not None
        reading, asked = self._read(look)
        likeness = look.likeness
        asked |= sum(1 << owner for owner in reading.seen if owner < self.first_signal)
        answered = {
            opinion.rule.code: opinion for opinion in self._opinions(reading, asked, likeness)
        }
        return tuple(
            answered.get(rule.code, Opinion(rule=rule, asked=False)) for rule in self.rules
        )

    def _glance(self, text: str, *, thorough: bool = False) -> _Look | None:
        """Return a first look at a text; None if nothing asks for a second, unless `thorough`."""
        squeezed = text.translate(self._squeezing)
        found = self._find(squeezed)
        # Dropping what is not ASCII is much faster than a search, and most texts have none.
        few = len(squeezed.encode("ascii", "ignore")) < SHORTEST
        latin = not few and _LATIN.search(squeezed) is not None
        signs = 0
        table = self._signs
        for _, _, value in found:
            signs |= table[value]
        suspected, likeness = self._suspects(squeezed)
        sounds = ""
        heard: list[tuple[int, int, int]] = []
        if latin or signs & self._company or (suspected and len(squeezed) <= SHORT_TEXT):
            sounds = squeezed.translate(self._sounds)
            heard = self._listen(sounds)
        asked = self._asked(found, signs, latin=latin) if signs & self._rule_bits else 0
        if likeness is not None:
            asked |= self._resembled(likeness)
        if thorough or asked or heard or latin or signs & self._second_look:
            return _Look(text, squeezed, sounds, found, signs, asked, heard, latin, likeness)
        return None

    def _resembled(self, likeness: Likeness) -> int:
        """Return the rules whose topic a text resembles enough, one bit each."""
        return sum(bit for bit, rule in self._learned if self._resembles(rule, likeness))

    @staticmethod
    def _resembles(rule: Rule, likeness: Likeness) -> bool:
        """Whether the wording alone is enough: of the topic, and of an offence at all."""
        likely = likeness.topics.get(rule.topic, 0.0)
        return likely >= rule.learned and (
            likeness.offence >= OFFENCE or rule.topic is Topic.OFF_TOPIC
        )

    def _suspects(self, squeezed: str) -> tuple[bool, Likeness | None]:
        """Return whether the wording is worth a second look, and what it resembles."""
        if self._classifier is None:
            return True, None
        if len(squeezed) > PASSAGE:
            return True, self._classifier.likeness(squeezed)
        if len(squeezed) < LEAST_CHARACTERS:
            return False, None
        grams = self._classifier.suspects(squeezed)
        if grams is None:
            return False, None
        return True, self._classifier.judge(squeezed, grams)

    def _read(self, look: _Look) -> tuple[Reading, int]:
        """Return what was seen, and which rules have something to look at, one bit each."""
        text, squeezed, sounds, found, signs, asked, by_ear, latin, _ = look
        found = without_floods(found)
        table = self._signs
        company = (
            company_of(squeezed, [one[0] for one in found if table[one[2]] & self._company])
            if latin or signs & self._company
            else []
        )
        heard = (
            self._disguises.heard(squeezed, sounds, by_ear, company) if by_ear or company else []
        )
        pinyin = latin and self._disguises.has_pinyin(text, squeezed)
        view = View(text, self._squeezing, squeezed)
        disguises: Sequence[Disguise] = ()
        if heard or pinyin or signs & self._marked:
            disguises = self._disguised(view, found, signs, heard, company, pinyin=pinyin)
            if disguises:
                asked |= signs & self._rule_bits
            for disguise in disguises:
                asked |= self._signs[self._matcher.value_of(disguise.word)] & self._rule_bits
        if latin or signs & self._numeral:
            digits = with_digits(squeezed) if signs & self._numeral else squeezed
            for pattern, who in self._triggers:
                if who & ~asked and pattern.search(digits):
                    asked |= who
        return Reading(self, view, found, disguises), asked

    def _asked(self, found: list[tuple[int, int, int]], signs: int, *, latin: bool) -> int:
        """Return the rules whose words were seen and weigh enough, one bit each."""
        asked = signs & self._rule_bits
        if not asked & self._patient or latin or signs & self._beside:
            return asked
        weights: dict[int, int] = {}
        for value in {value for _, _, value in found}:
            for owner, weight in self._weights[value]:
                weights[owner] = weights.get(owner, 0) + weight
        enough = (1 << owner for owner, weight in weights.items() if weight >= self._alone[owner])
        return asked & sum(enough)

    def _disguised(
        self,
        view: View,
        found: list[tuple[int, int, int]],
        signs: int,
        heard: list[Disguise],
        company: list[int],
        *,
        pinyin: bool,
    ) -> list[Disguise]:
        """Return the words in disguise, confirmed."""
        disguises: list[Disguise] = []
        if signs & self._part:
            parts = self._marked_by(self._part, self._parts, found)
            disguises += self._disguises.by_parts(view, parts, self._found_again)
        disguises += self._disguises.by_sound(view, heard)
        if signs & self._initial:
            initials = self._marked_by(self._initial, self._initials, found)
            disguises += self._disguises.by_initials(view, initials, company)
        if pinyin:
            disguises += self._disguises.by_pinyin(view, company)
        return disguises

    def _marked_by(
        self, sign: int, meant: Mapping[str, str], found: list[tuple[int, int, int]]
    ) -> list[tuple[int, int, str]]:
        """Return where marks of one kind stand, and what they mean."""
        words, table = self._matcher.words, self._signs
        return [
            (start, end, meant[words[value]]) for start, end, value in found if table[value] & sign
        ]

    def _found_again(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield the words that may be disguised in another reading of a text."""
        for start, end, value in self._find(text):
            if self._meant[value]:
                yield start, end, self._matcher.words[value]

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

    def _concerned(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """Return those whom a disguise of their word concerns: nobody disguises what acquits."""
        return tuple(
            entry
            for entry in entries
            if entry.weight != ALLOWED
            and (entry.owner < self.first_signal or self._signal(entry.owner) in ACCUSING)
        )

    def _signal(self, owner: int) -> Signal:
        return tuple(SIGNAL_WORDS)[owner - self.first_signal]

    def _marks(
        self, marks: Mapping[str, str], declared: Mapping[str, list[Entry]]
    ) -> dict[str, str]:
        """Return marks folded, without those too short or declared as words themselves."""
        folded = ((mark.translate(self._squeezing), meant) for mark, meant in marks.items())
        return {
            mark: meant
            for mark, meant in folded
            if len(mark) >= SHORTEST and mark not in declared and mark != meant
        }

    def _signs_of(self, word: str) -> int:
        """Return what a word or mark is a sign of: rules to ask, company, a second look."""
        signs = 0
        for entry in self._matcher.entries[self._matcher.value_of(word)]:
            if entry.owner < self.first_signal:
                signs |= 1 << entry.owner if entry.weight >= self._least[entry.owner] else 0
                signs |= self._company if entry.weight >= TELLING else 0
            else:
                signal = self._signal(entry.owner)
                signs |= self._company if signal in ACCUSING else 0
                signs |= 0 if signal in SILENT else self._beside
        signs |= self._company | self._beside if word in PRICES else 0
        signs |= self._part if word in self._parts else 0
        signs |= self._initial if word in self._initials else 0
        return signs | (self._numeral if len(word) == SHORTEST and _is_numeral(word) else 0)

    def _opinions(
        self, reading: Reading, asked: int, likeness: Likeness | None
    ) -> Iterator[Opinion]:
        for rule, sighting, answers in self._answers(reading, asked, likeness):
            yield Opinion(
                rule=rule,
                asked=True,
                words=sighting.words,
                allowed=sighting.allowed,
                hits=tuple(answer for answer in answers or () if isinstance(answer, Hit)),
                acquittals=tuple(a for a in answers or () if isinstance(a, Acquittal)),
                failed=answers is None,
            )

    def _answers(
        self, reading: Reading, asked: int, likeness: Likeness | None
    ) -> Iterator[tuple[Rule, RuleSighting, tuple[Answer, ...] | None]]:
        """Yield each rule asked with what it sees and its answers, None if it raised."""
        while asked:
            lowest = asked & -asked
            asked ^= lowest
            index = lowest.bit_length() - 1
            rule = self.rules[index]
            sighting = RuleSighting(reading, index)
            try:
                answers = tuple(rule.check(sighting))
                if likeness is not None and not answers:
                    answers += tuple(self._by_wording(rule, reading, sighting, likeness))
                if rule.doubted and answers and likeness is None and self._harmless(reading):
                    answers = tuple(map(_doubted, answers))
            except Exception:  # noqa: BLE001  a rule must not stop the others; its code is reported
                yield rule, sighting, None
                continue
            yield rule, sighting, answers

    def _harmless(self, reading: Reading) -> bool:
        """Whether the wording as a whole is like no offence at all."""
        if self._classifier is None or len(reading.view.folded) > LONGEST_DOUBTED:
            return False
        return self._classifier.likeness(reading.view.folded, thorough=True) is None

    def _by_wording(
        self, rule: Rule, reading: Reading, sighting: RuleSighting, likeness: Likeness
    ) -> Iterator[Hit]:
        """Yield a hit where the wording resembles the rule's topic and nothing allows it."""
        if self._classifier is None or not self._resembles(rule, likeness):
            return
        folded = reading.view.folded
        if (Need.LINK in rule.needs and reading.links) or (
            Need.DIGITS in rule.needs and _LONG_NUMBER.search(folded)
        ):
            return  # the rule has looked at the things themselves
        passage = folded[likeness.start : likeness.end]
        start, end = self._classifier.telling(passage, rule.topic)
        first, last = reading.view.span(likeness.start + start, likeness.start + end)
        if not any(phrase.start < last and phrase.end > first for phrase in sighting.allowed):
            severe = rule.severity is Severity.CRITICAL
            yield Hit(
                spans=(Span(start=first, end=last),),
                signals=(WORDING,),
                severity=rule.severity if severe else min(rule.severity, Severity.MEDIUM),
            )

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
        view = View(text, self._plain)
        digits = with_digits(view.folded)
        return view if digits == view.folded else View(text, self._plain, digits)

    def word_of(self, value: int) -> str:
        """Return one of the matcher's words, folded."""
        return self._matcher.words[value]

    def entries_of(self, value: int) -> tuple[Entry, ...]:
        """Return who declared one of the matcher's words."""
        return self._matcher.entries[value]

    def entries_of_word(self, word: str) -> tuple[Entry, ...]:
        """Return who declared a folded word, of those whom a disguise of it concerns."""
        return self._concerned(self._matcher.entries[self._matcher.value_of(word)])


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


def _initials_of(words: Collection[str]) -> dict[str, str]:
    """Return initials with the first of their words that some rule declares."""
    known = frozenset(words)
    return {
        initials: next(word for word in meant if word in known)
        for initials, meant in INITIALS_OF.items()
        if not known.isdisjoint(meant)
    }


def _numerals_in_a_row() -> Iterator[str]:
    return map("".join, product(NUMERALS, NUMERALS))


def _is_numeral(word: str) -> bool:
    return word[0] in NUMERALS and word[-1] in NUMERALS


def _doubted(answer: Answer) -> Answer:
    """Acquit a hit on what is written out plainly; a disguise is itself a second sign."""
    if isinstance(answer, Hit) and not answer.foldings and len(answer.signals) <= DOUBTED_SIGNALS:
        return Acquittal(spans=answer.spans, by=HARMLESS)
    return answer


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

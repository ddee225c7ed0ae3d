"""What a rule is: it declares what it looks for, and answers about what was seen.

One file of `plugins/rules` is one rule and declares one constant, `RULE`. The docstring of the
file says what it flags, what it does not flag, and what it is known to miss.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from bot.model.finding import Mode, Severity, Span, Topic
from bot.screening.links import Link
from bot.screening.numbers import Number
from bot.screening.signals import Signal

NEVER: Final = 2.0
"""A likelihood that nothing reaches."""


class Need(Enum):
    """A cheap sign for which a rule is asked although none of its words was seen."""

    DIGITS = r"[0-9]{11}"
    LINK = r"[a-z]{2}|[0-9]{7}"

    @property
    def pattern(self) -> str:
        """What must stand in the squeezed view."""
        return self.value


class Seen(NamedTuple):
    """A word or signal in the original text: half-open stretch, weight, what had to be undone."""

    start: int
    end: int
    word: str
    weight: int
    foldings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """What offends; spans are tight, signals are names that an owner can read."""

    spans: tuple[Span, ...]
    signals: tuple[str, ...]
    foldings: tuple[str, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Acquittal:
    """What looked like an offence and is none, and the name of what speaks for it."""

    spans: tuple[Span, ...]
    by: str


Answer = Hit | Acquittal


class Sighting(Protocol):
    """One text as one rule sees it; all positions are code points of the original."""

    @property
    def text(self) -> str:
        """The text exactly as delivered."""

    @property
    def plain(self) -> str:
        """The plain view (see `text`): width, case, traditional and digit forms unified."""

    @property
    def words(self) -> tuple[Seen, ...]:
        """The rule's own words, by start; those inside an allowed phrase are left out."""

    @property
    def allowed(self) -> tuple[Seen, ...]:
        """The allowed phrases that were seen."""

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Numbers that may belong to people."""

    @property
    def links(self) -> tuple[Link, ...]:
        """Addresses of the internet, in any spelling."""

    def signals(self, signal: Signal) -> tuple[Seen, ...]:
        """Return where a shared signal stands, by start."""

    def official(self, link: Link) -> bool:
        """Return whether a link leads to a public authority or to a host the office trusts."""

    def span(self, start: int, end: int) -> Span:
        """Return the stretch of the original for a stretch of the plain view."""

    def position(self, index: int) -> int:
        """Return where in the plain view a code point of the original begins."""


def listed(words: str) -> frozenset[str]:
    """Return the words of a text that parts them by white space."""
    return frozenset(words.split())


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """One rule; `words` with weights, `allows` the longer phrases that acquit a word inside them.

    Where some words weigh more, those of weight 1 only help: a text with no others is not looked
    at. Nor is one whose words together weigh less than `alone`, if nothing stands beside them:
    no signal that adds to suspicion, no Latin letters or digits. So ordinary talk stays cheap.

    Where the rule itself finds nothing, the wording as a whole may: `learned` is how likely, from
    0 to 1, the classifier must hold the rule's topic. Such a hit is a guess, so it is `MEDIUM` at
    most unless the topic itself is critical. Of a rule that is `doubted`, what is written out plainly
    is acquitted where the wording as a whole is like no offence at all.

    `severity` is the default, a hit may state another. `flags` and `passes` are example texts
    that one test runs, `known_misses` are sentences about what it cannot see yet.
    """

    code: str
    version: int
    topic: Topic
    severity: Severity
    title: str
    check: Callable[[Sighting], Iterable[Answer]]
    words: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    allows: Collection[str] = ()
    alone: int = 1
    learned: float = NEVER
    doubted: bool = False
    needs: tuple[Need, ...] = ()
    mode: Mode = Mode.ENFORCE
    flags: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    known_misses: tuple[str, ...] = ()

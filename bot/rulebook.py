"""The rules in use: those of the plugins, an operator's own lists, and what people have allowed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import plugins.rules
from bot.discovery import Discovered, discover
from bot.model.finding import Mode, Topic
from bot.screening.blocklists import blocklist_rules
from bot.screening.engine import Engine, EngineSpec
from bot.screening.operator_list import Loaded, operator_rules
from bot.screening.reloading import Reloading, Stamp, stamp_of
from bot.screening.rule import Acquittal, Answer, Hit, Rule, Sighting

ALLOWED_HERE: Final = "本单位放行的用语"

Phrases = tuple[tuple[str, str], ...]
"""What people have allowed: the code of a rule, and the phrase."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeRules:
    """What an office adds to the rules; called, it reads all of them again in another process.

    Two are equal when they read the same files in the same state: `stamp` tells the state.
    """

    word_lists: tuple[Path, ...] = ()
    blocklists: tuple[Path, ...] = ()
    phrases: Phrases = field(default=(), repr=False)
    left_out: frozenset[str] = frozenset()
    stamp: Stamp = ()

    def __call__(self, _: Path) -> Iterable[Rule]:
        """Read the rules of the plugins and add the office's (see EngineSpec)."""
        found: Discovered[Rule] = discover(plugins.rules, "RULE", Rule)
        return self.added_to(found.found).rules

    def added_to(self, rules: Sequence[Rule]) -> Loaded:
        """Return all rules, and a sentence about each line of a file that is not in use."""
        own, blocked = operator_rules(*self.word_lists), blocklist_rules(*self.blocklists)
        phrases: dict[str, list[str]] = {}
        for code, phrase in self.phrases:
            phrases.setdefault(code, []).append(phrase)
        return Loaded(
            rules=tuple(
                allowing(rule, phrases.get(rule.code, ()))
                for rule in (*rules, *own.rules, *blocked.rules)
                if rule.code not in self.left_out
            ),
            faults=(*own.faults, *blocked.faults),
        )


@dataclass(frozen=True, kw_only=True)
class InUse:
    """One build of the rules; it never changes, so whoever holds it can finish with it."""

    engine: Engine
    rules: Mapping[str, Rule]
    spec: EngineSpec
    faults: tuple[str, ...]


class Rulebook:
    """The newest good build of the rules; `refresh` looks whether there is anything new."""

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        office: OfficeRules | None = None,
        modes: Mapping[str, Mode] = MappingProxyType({}),
        official_hosts: Iterable[str] = (),
        cited: Callable[[Topic], bool] = lambda _: True,
    ) -> None:
        """Build for the first time; `cited` says whether any clause in use is about a topic."""
        self._rules = tuple(rules)
        self._office = office or OfficeRules()
        self._modes = modes
        self._official_hosts = frozenset(official_hosts)
        self._cited = cited
        self._paths = (*self._office.word_lists, *self._office.blocklists)
        self._build = Reloading(self._make, self._paths)

    def current(self) -> InUse:
        """Return the build in use."""
        return self._build.current()

    @property
    def faults(self) -> tuple[str, ...]:
        """A sentence about each line that is not in use, and why the newest files are not."""
        latest = self._build.fault
        return (*self.current().faults, *((latest,) if latest else ()))

    def refresh(self, phrases: Phrases) -> bool:
        """Build anew if a file or the allowed phrases changed; return whether it is in use now.

        Takes a fraction of a second then: called in a thread of its own.
        """
        changed = phrases != self._office.phrases
        self._office = replace(self._office, phrases=phrases)
        return self._build.refresh(anyway=changed)

    def _make(self) -> InUse:
        office = replace(self._office, stamp=stamp_of(self._paths))
        loaded = office.added_to(self._rules)
        shipped = {rule.code for rule in self._rules}
        return InUse(
            engine=Engine(loaded.rules, self._modes, self._official_hosts),
            rules=MappingProxyType({rule.code: rule for rule in loaded.rules}),
            spec=EngineSpec(
                folders=(Path(),),
                load=office,
                modes=tuple(sorted(self._modes.items())),
                official_hosts=self._official_hosts,
            ),
            faults=(
                *loaded.faults,
                *(
                    f"{rule.title}：启用的制度里没有对应条款，只记录，不提醒。"
                    for rule in loaded.rules
                    if rule.code not in shipped and not self._cited(rule.topic)
                ),
            ),
        )


def allowing(rule: Rule, phrases: Sequence[str]) -> Rule:
    """Return a rule that also acquits what lies inside these phrases; state secrets learn none."""
    if not phrases or rule.topic is Topic.CLASSIFIED:
        return rule
    return replace(
        rule, allows=(*rule.allows, *phrases), check=_sparing(rule.check, frozenset(phrases))
    )


def _sparing(
    check: Callable[[Sighting], Iterable[Answer]], phrases: frozenset[str]
) -> Callable[[Sighting], Iterator[Answer]]:
    """Acquit also hits that rest on no word: on numbers, links and signals."""

    def spared(sighting: Sighting) -> Iterator[Answer]:
        places = [(one.start, one.end) for one in sighting.allowed if one.word in phrases]
        for answer in check(sighting):
            if isinstance(answer, Hit) and all(
                any(start <= span.start and span.end <= end for start, end in places)
                for span in answer.spans
            ):
                yield Acquittal(spans=answer.spans, by=ALLOWED_HERE)
            else:
                yield answer

    return spared

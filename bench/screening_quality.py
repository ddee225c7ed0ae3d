"""Quality of the screening on the labelled corpus: precision and recall by topic, false alarms."""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import plugins.rules
from bot.discovery import discover
from bot.model.finding import Topic
from bot.screening.engine import Engine
from bot.screening.rule import Rule

CORPUS: Final = Path(__file__).parents[1] / "tests" / "corpus"
DEVELOPMENT: Final = CORPUS / "messages.jsonl"
HELD_OUT: Final = CORPUS / "held_out.jsonl"

NONE: Final = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One labelled message: the topics it must be flagged for, and those it may be flagged for."""

    text: str
    topics: tuple[Topic, ...]
    kind: str
    may: tuple[Topic, ...] = ()

    @property
    def allowed(self) -> frozenset[Topic]:
        """Every topic whose flag is no false alarm: what offends is seldom work either."""
        beside = (Topic.OFF_TOPIC,) if self.topics else ()
        return frozenset((*self.topics, *self.may, *beside))


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What was found, wrongly found and missed; a ratio of nothing is 1, but not printed."""

    found: int
    wrong: int
    missed: int

    @property
    def flags(self) -> int:
        """How often it was flagged, rightly or wrongly."""
        return self.found + self.wrong

    @property
    def precision(self) -> float:
        """The share of the flags that are right."""
        return _ratio(self.found, self.flags)

    @property
    def recall(self) -> float:
        """The share of the labels that are flagged."""
        return _ratio(self.found, self.found + self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _ratio(2 * self.found, 2 * self.found + self.wrong + self.missed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """All scores of one measurement; `alarms` and `caught` are (flagged rows, rows) by kind."""

    rows: int
    topics: dict[Topic, Score]
    caught: dict[str, tuple[int, int]]
    alarms: dict[str, tuple[int, int]]
    six_classes: dict[str, Score]

    @property
    def macro_recall(self) -> float:
        """The mean recall of the topics."""
        return _mean([score.recall for score in self.topics.values()])

    @property
    def macro_precision(self) -> float:
        """The mean precision of the topics that were flagged at all."""
        return _mean([score.precision for score in self.topics.values() if score.flags])

    @property
    def six_class_macro_f1(self) -> float:
        """The mean F1 of the six classes of ChineseHarm-Bench."""
        return _mean([score.f1 for score in self.six_classes.values()])

    def markdown(self) -> str:
        """Return all tables as Markdown."""
        lines = [
            f"{self.rows} messages",
            *_table(("topic", "labelled", "precision", "recall", "F1"), map(_line, self._named())),
            "",
            f"macro precision {self.macro_precision:.3f}, macro recall {self.macro_recall:.3f}",
            *_table(("labelled rows", "rows", "found", "share"), _shares(self.caught)),
            *_table(("clean rows", "rows", "false alarms", "share"), _shares(self.alarms)),
            *_table(
                ("six classes", "labelled", "precision", "recall", "F1"),
                map(_line, self.six_classes.items()),
            ),
            "",
            f"six-class macro-F1 {self.six_class_macro_f1:.3f}",
        ]
        return "\n".join(lines)

    def _named(self) -> list[tuple[str, Score]]:
        return [(topic.value, score) for topic, score in self.topics.items()]


def read_rows(path: Path) -> list[Row]:
    """Read a file of the corpus; ValueError names a topic that does not exist."""
    return [
        Row(
            text=row["text"],
            topics=tuple(map(Topic, row["topics"])),
            kind=row["kind"],
            may=tuple(map(Topic, row.get("may", ()))),
        )
        for row in map(json.loads, path.read_text("utf-8").splitlines())
    ]


def measure(engine: Engine, rows: Sequence[Row]) -> Quality:
    """Screen all rows, observing rules included, and score what was flagged."""
    judged = [(row, _flagged(engine, row)) for row in rows]
    built_in = [topic for topic in Topic if any(topic in row.topics for row in rows)]
    return Quality(
        rows=len(rows),
        topics={topic: _score(topic, judged) for topic in built_in},
        caught=_by_kind(
            (row.kind, bool(seen & set(row.topics))) for row, seen in judged if row.topics
        ),
        alarms=_by_kind(
            (row.kind, bool(seen - row.allowed)) for row, seen in judged if not row.topics
        ),
        six_classes=_six_classes(judged),
    )


def mistakes(engine: Engine, rows: Iterable[Row]) -> list[str]:
    """Return a line for each row with a miss or a false alarm."""
    lines = []
    for row in rows:
        seen = _flagged(engine, row)
        missed, wrong = set(row.topics) - seen, seen - row.allowed
        if missed or wrong:
            signs = [f"-{topic}" for topic in missed] + [f"+{topic}" for topic in wrong]
            lines.append(f"{' '.join(sorted(signs))}\t{row.kind}\t{row.text!r}")
    return sorted(lines)


def main() -> None:
    """Print the scores of all rules that can be loaded."""
    parser = argparse.ArgumentParser(prog="python -m bench.screening_quality", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--held-out", action="store_true", help="the part nobody tunes on")
    which.add_argument("--mistakes", action="store_true", help="list them (development part only)")
    asked = parser.parse_args()
    loaded = discover(plugins.rules, "RULE", Rule)
    for fault in loaded.faults:
        print(fault)
    engine = Engine(loaded.found)
    rows = read_rows(HELD_OUT if asked.held_out else DEVELOPMENT)
    print(measure(engine, rows).markdown())
    if asked.mistakes:
        print("", *mistakes(engine, rows), sep="\n")


def _flagged(engine: Engine, row: Row) -> frozenset[Topic]:
    return frozenset(flag.topic for flag in engine.screen(row.text).flags)


def _score(topic: Topic, judged: Iterable[tuple[Row, frozenset[Topic]]]) -> Score:
    found = wrong = missed = 0
    for row, seen in judged:
        found += topic in row.topics and topic in seen
        missed += topic in row.topics and topic not in seen
        wrong += topic in seen and topic not in row.allowed
    return Score(found=found, wrong=wrong, missed=missed)


def _six_classes(judged: Iterable[tuple[Row, frozenset[Topic]]]) -> dict[str, Score]:
    """Score one class a message: the first of _CLASSES that is flagged, against the label.

    A flag that a row merely may have is no answer; of several labels the one answered counts.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    for row, seen in judged:
        optional = row.allowed - set(row.topics)
        answer = next((topic for topic in _CLASSES if topic in seen - optional), None)
        label = next((topic for topic in row.topics if topic in _CLASSES), None)
        if answer in row.topics:
            label = answer
        pairs[label or NONE, answer or NONE] += 1
    return {
        name: Score(
            found=pairs[name, name],
            wrong=sum(n for (label, answer), n in pairs.items() if answer == name != label),
            missed=sum(n for (label, answer), n in pairs.items() if label == name != answer),
        )
        for name in (*_CLASSES, NONE)
    }


def _by_kind(answers: Iterable[tuple[str, bool]]) -> dict[str, tuple[int, int]]:
    pairs = sorted(answers)
    rows = Counter(kind for kind, _ in pairs)
    flagged = Counter(kind for kind, yes in pairs if yes)
    return {kind: (flagged[kind], number) for kind, number in rows.items()}


def _line(scored: tuple[str, Score]) -> tuple[str, ...]:
    name, score = scored
    precision = f"{score.precision:.3f}" if score.flags else "-"
    labelled = str(score.found + score.missed)
    return (name, labelled, precision, f"{score.recall:.3f}", f"{score.f1:.3f}")


def _shares(kinds: dict[str, tuple[int, int]]) -> list[tuple[str, ...]]:
    total = (sum(yes for yes, _ in kinds.values()), sum(rows for _, rows in kinds.values()))
    return [
        (kind, str(rows), str(yes), f"{_ratio(yes, rows):.1%}")
        for kind, (yes, rows) in (*kinds.items(), ("all", total))
    ]


def _table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> list[str]:
    rule = ("---",) + ("--:",) * (len(head) - 1)
    return ["", *(f"| {' | '.join(line)} |" for line in (head, rule, *lines))]


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _mean(figures: Sequence[float]) -> float:
    return sum(figures) / len(figures) if figures else 1.0


_CLASSES: Final = (
    Topic.GAMBLING,
    Topic.PORNOGRAPHY,
    Topic.ABUSE,
    Topic.FRAUD,
    Topic.ADVERTISEMENT,
)

if __name__ == "__main__":
    main()

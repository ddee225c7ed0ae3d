"""Trains the classifier on `tests/corpus/learning`, and says how it judges texts of other hands.

`python -m bench.classifier` judges the examples of each hand by a model that has not seen them;
`--write` trains on all and writes `bot/screening/classifier.txt`. Needs scikit-learn
(BSD-3-Clause, `uv pip install scikit-learn`), which the bot does not: it only reads the file.
"""

import argparse
import csv
import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import plugins.regulations
from bench.corpora import load_rules, sentences
from bot.model.finding import Topic
from bot.screening.classifier import FIRST, LEVELS, MODEL, PASSAGE, ZERO, Classifier
from bot.screening.text import FoldingTable

LEARNING: Final = Path(__file__).parents[1] / "tests" / "corpus" / "learning"
CLEAN: Final = "clean"
LEAST_TEXTS: Final = 4
"""Texts that a gram must stand in to be counted."""

STRENGTH: Final = 40.0
"""The inverse of the penalty on weights; judged hand by hand, 10 to 150 differ little."""

WORDS_IN_NO_ORDER: Final = 3_000
"""Sentences of chance words that count as clean."""

COLD_EVERY: Final = {CLEAN: 3, "abuse": 6}
"""Which of its comments are learned from: all would drown what is said in offices."""

GATE_STRENGTH: Final = 0.3
"""The inverse of the penalty on weights of the gate."""

STRONG: Final = 6
"""Levels by which a single character must lead to be looked at by the gate."""

SPOKEN_OF, LOST = 0.4, 0.02
"""The gate may lose so large a share of the texts that are so likely an offence."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One text by one hand, folded as the classifier reads it."""

    text: str
    label: str
    hand: str


def examples(folder: Path = LEARNING) -> list[Example]:
    """Read all examples: those written for learning, and the development part of the corpus."""
    table = FoldingTable(squeeze=True)
    talk = (folder.parent / "ordinary_work_talk.txt").read_text("utf-8").splitlines()
    return [
        *(
            Example(text=row["text"].translate(table), label=row["topic"], hand=path.stem)
            for path in sorted(folder.glob("*.jsonl"))
            for row in _rows(path)
        ),
        *(
            Example(text=row["text"].translate(table), label=(*row["topics"], CLEAN)[0], hand="dev")
            for row in _rows(folder.parent / "messages.jsonl")
        ),
        *(Example(text=line.translate(table), label=CLEAN, hand="dev") for line in talk if line),
        *_clauses(table),
        *_cold(table),
        # Ordinary words in no order: what is merely unlike the examples is no offence.
        *(
            Example(text=text.translate(table), label=CLEAN, hand="words")
            for text in sentences(WORDS_IN_NO_ORDER, seed=77)
        ),
        *(
            Example(text=text.translate(table), label=label, hand="rules")
            for rule in load_rules()
            for label, texts in ((rule.topic.value, rule.flags), (CLEAN, rule.passes))
            for text in texts
        ),
    ]


def _clauses(table: FoldingTable) -> Iterator[Example]:
    """Yield the lines of all clauses: who quotes a prohibition does what it asks."""
    for path in sorted(Path(plugins.regulations.__path__[0]).glob("*.toml")):
        for clause in tomllib.loads(path.read_text("utf-8"))["clause"]:
            for line in filter(None, map(str.strip, clause["wording"].splitlines())):
                yield Example(text=line.translate(table), label=CLEAN, hand="clauses")


def _cold(table: FoldingTable) -> Iterator[Example]:
    """Yield public comments of COLD (Apache-2.0), where it stands beside the project."""
    path = LEARNING.parents[3] / "shared" / "data" / "cold" / "train.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for label, name in (("0", CLEAN), ("1", Topic.ABUSE.value)):
        for row in [row for row in rows if row["label"] == label][:: COLD_EVERY[name]]:
            yield Example(text=row["TEXT"].translate(table), label=name, hand="cold")


def _rows(path: Path) -> list[dict[str, Any]]:
    return list(map(json.loads, path.read_text("utf-8").splitlines()))


def stamp(folder: Path = LEARNING) -> str:
    """Return what tells one set of examples from another."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.jsonl")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def train(some: Sequence[Example], mark: str = "") -> list[str]:
    """Return the lines of a model: a head, then one gram a line with its weights."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    reader = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 2), binary=True, min_df=LEAST_TEXTS, lowercase=False
    )
    table = reader.fit_transform([each.text[:PASSAGE] for each in some])
    model = LogisticRegression(C=STRENGTH, max_iter=600)
    model.fit(table, [each.label for each in some])
    labels = [str(label) for label in model.classes_]
    topics = [label for label in labels if label != CLEAN]
    order = [labels.index(label) for label in (*topics, CLEAN)]
    grams = [str(gram) for gram in reader.get_feature_names_out()]
    scale, rows = _weights(grams, model.coef_[order] * reader.idf_, reader.idf_**2)
    likely = 1 - model.predict_proba(table)[:, labels.index(CLEAN)]
    alone = np.array([len(gram) == 1 for gram in grams])
    offends = [each.label != CLEAN for each in some]
    leads, least = _gate(table > 0, alone, offends, likely >= SPOKEN_OF)
    biases = " ".join(f"{bias:.4f}" for bias in model.intercept_[order])
    return [
        f"{' '.join(topics)}\t{biases}\t{scale:.6f}\t{least}\t{mark}",
        *(f"{gram}\t{lead}{row}" for gram, lead, row in zip(grams, leads, rows, strict=True)),
    ]


def _gate(table: Any, alone: Any, offends: list[bool], spoken_of: Any) -> tuple[list[str], int]:
    """Return the lead of each gram, one character, and what they must add up to."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=GATE_STRENGTH, max_iter=600)
    model.fit(table.astype(float), offends)
    (weights,) = model.coef_
    size = max(abs(weights.min()), abs(weights.max())) / ZERO
    levels = (weights / size).round().astype(int)
    # Weak single characters stand in every text, and would cost more than they tell.
    levels[alone & (abs(levels) < STRONG)] = 0
    sums = (table @ levels)[spoken_of]
    sums.sort()
    return [chr(FIRST + ZERO + level) for level in levels], int(sums[int(len(sums) * LOST)])


def _weights(grams: list[str], weights: Any, squares: Any) -> tuple[float, list[str]]:
    """Return the size of one level, and a line a gram: its levels, the last one its square."""
    # Levels begin at the least weight: what all topics share cancels out between them.
    low, high = float(weights.min()), float(weights.max())
    scale = (high - low) / LEVELS
    levels = ((weights - low) / scale).round().astype(int)
    norms = squares.round().clip(0, LEVELS).astype(int)
    return scale, [
        "".join(chr(FIRST + level) for level in (*levels[:, index], norms[index]))
        for index in range(len(grams))
    ]


def judged(model: Sequence[str], some: Sequence[Example]) -> list[tuple[Example, dict[str, float]]]:
    """Return how likely each text is of each topic by a model."""
    classifier = Classifier(model)
    found = []
    for each in some:
        likeness = classifier.likeness(each.text)
        found.append((each, {t.value: p for t, p in likeness.topics.items()} if likeness else {}))
    return found


def main() -> None:
    """Print how texts of each hand are judged by what the others taught; or write the model."""
    parser = argparse.ArgumentParser(prog="python -m bench.classifier", description=__doc__)
    parser.add_argument("--write", action="store_true", help="train on all, write the model")
    every = examples()
    if parser.parse_args().write:
        lines = train(every, stamp())
        MODEL.write_text("\n".join(lines) + "\n", "utf-8")
        print(f"{len(every):,} examples, {len(lines) - 1:,} grams, {MODEL.stat().st_size:,} bytes")
        return
    found = []
    for hand in sorted({each.hand for each in every if each.hand.startswith("hand")}):
        model = train([each for each in every if each.hand != hand])
        found += judged(model, [each for each in every if each.hand == hand])
    labels = sorted({each.label for each in every} - {CLEAN})
    for least in (0.5, 0.6, 0.75, 0.9):
        taken = Counter(
            each.hand for each, topics in found if each.label == CLEAN and _offence(topics) >= least
        )
        asked = Counter(each.hand for each, _ in found if each.label == CLEAN)
        recalls = [
            _mean(
                [
                    topics.get(label, 0) >= 0.3 and sum(topics.values()) >= least
                    for each, topics in found
                    if each.label == label
                ]
            )
            for label in labels
        ]
        share = sum(taken.values()) / sum(asked.values())
        print(f"at {least}: clean taken for an offence {share:.2%}, recall {_mean(recalls):.3f}")
        print("   ", *(f"{each[:6]} {r:.2f}" for each, r in zip(labels, recalls, strict=True)))
        print("   ", *(f"{hand} {taken[hand] / asked[hand]:.1%}" for hand in sorted(asked)))


def _offence(topics: dict[str, float]) -> float:
    return sum(topics.values()) - topics.get(Topic.OFF_TOPIC.value, 0.0)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    main()

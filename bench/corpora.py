"""What the benches run on: the rules, the labelled corpus, and ordinary sentences made of words."""

import json
import random
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from pkgutil import iter_modules

import plugins.rules
from bot.screening.rule import Rule

CORPUS = Path(__file__).parents[1] / "tests" / "corpus"
MARKS = "，。！？、 "


def load_rules() -> list[Rule]:
    """Return the built-in rules."""
    names = (module.name for module in iter_modules(plugins.rules.__path__))
    modules = (import_module(f"plugins.rules.{name}") for name in names)
    return [module.RULE for module in modules if hasattr(module, "RULE")]


def positives() -> list[tuple[str, frozenset[str]]]:
    """Return the labelled texts that offend, each with its topics."""
    return [(text, topics) for text, topics in _labelled() if topics]


def clean() -> list[str]:
    """Return the labelled texts that do not offend, and the ordinary work talk."""
    talk = (CORPUS / "ordinary_work_talk.txt").read_text("utf-8").splitlines()
    return [*talk, *(text for text, topics in _labelled() if not topics)]


def dictionary() -> list[tuple[str, int]]:
    """Return jieba's words, each with how often it was counted."""
    spec = find_spec("jieba")
    lines = Path(spec.origin).with_name("dict.txt").read_text("utf-8").splitlines()
    return [(word, int(count)) for word, count, _ in (line.split(" ") for line in lines)]


def sentences(count: int, seed: int = 1) -> list[str]:
    """Return texts of ordinary words as often as they are used, about 30 characters each."""
    chance = random.Random(seed)
    words, counts = zip(*dictionary(), strict=True)
    weights = list(accumulate(counts))
    drawn = iter(chance.choices(words, cum_weights=weights, k=count * 40))
    return [_sentence(chance, drawn) for _ in range(count)]


def rare_words(count: int, seed: int = 2) -> list[str]:
    """Return words of low frequency, two to six characters, as an operator's list may have."""
    rare = [
        word
        for word, counted in dictionary()
        if counted <= 3 and 2 <= len(word) <= 6 and all("\u4e00" <= one <= "\u9fff" for one in word)
    ]
    return random.Random(seed).sample(rare, count)


def _sentence(chance: random.Random, words: Iterator[str]) -> str:
    length = chance.randint(8, 48)
    text = ""
    while len(text) < length:
        text += next(words)
        if chance.random() < 0.1:
            text += chance.choice(MARKS)
    return text


def _labelled() -> Iterator[tuple[str, frozenset[str]]]:
    for name in ("violations.jsonl", "messages.jsonl"):
        path = CORPUS / name
        for line in path.read_text("utf-8").splitlines() if path.exists() else ():
            row = json.loads(line)
            yield row["text"], frozenset(row.get("topics") or filter(None, [row.get("topic")]))

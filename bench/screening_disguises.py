"""Disguises: what of the words that rules report is found again once it is disguised.

Every text that is flagged undisguised is attacked: the declared words inside the reported spans
are rewritten, and the text counts as found again if the same rule flags it. Clean texts are run
with and without the views; what only the views flag are the extra false alarms.
"""

import argparse
import csv
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from opencc import OpenCC
from pypinyin import Style, lazy_pinyin, pinyin

from bench import corpora
from bot.screening.engine import Engine
from bot.screening.rule import Seen
from bot.screening.sounds import look_alikes
from bot.screening.splits import split_characters
from bot.screening.text import odd_characters

Attack = Callable[[str, random.Random], str]
INSERTED = "·*-_.~|^+#"
COMMONEST = 3_500


def is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def attacks() -> dict[str, Attack]:  # noqa: C901  a table of small functions
    """Return the disguises by name; each rewrites one word, or returns it as it is."""
    to_traditional = OpenCC("s2t")
    counted: Counter[str] = Counter()
    for word, count in corpora.dictionary():
        for character in word:
            counted[character] += count
    sounding: dict[str, list[str]] = defaultdict(list)
    for character, _ in counted.most_common(COMMONEST):
        if is_han(character):
            sounding[pinyin(character, style=Style.NORMAL)[0][0]].append(character)
    splits: dict[str, list[str]] = defaultdict(list)
    for parts, characters in split_characters().items():
        for character in characters:
            splits[character].append(parts)
    martian: dict[str, list[str]] = defaultdict(list)
    for written, meant in odd_characters().items():
        if is_han(meant[0]):
            martian[meant].append(written)
    alike: dict[str, list[str]] = defaultdict(list)
    for written, meant in look_alikes().items():
        alike[meant].append(written)

    def each(table: dict[str, list[str]]) -> Attack:
        return lambda word, chance: "".join(
            chance.choice(table[one]) if table.get(one) else one for one in word
        )

    def homophones(word: str, chance: random.Random) -> str:
        sounds = lazy_pinyin(list(word)) if all(map(is_han, word)) else []
        if len(sounds) != len(word):
            return word
        return "".join(
            chance.choice([other for other in sounding[sound] if other != one] or [one])
            for one, sound in zip(word, sounds, strict=True)
        )

    def letters(joint: str) -> Attack:
        return lambda word, _: joint.join(lazy_pinyin(word)) if all(map(is_han, word)) else word

    def mixed(word: str, chance: random.Random) -> str:
        if not all(map(is_han, word)):
            return word
        at = chance.randrange(len(word))
        return "".join(
            spelt if index == at else one
            for index, (one, spelt) in enumerate(zip(word, lazy_pinyin(word), strict=True))
        )

    def inserted(word: str, chance: random.Random) -> str:
        return chance.choice(INSERTED).join(word)

    return {
        "zero-width": lambda word, _: "\u200b".join(word),
        "punctuation": inserted,
        "spaces": lambda word, _: " ".join(word),
        "traditional": lambda word, _: to_traditional.convert(word),
        "split characters": each(splits),
        "pinyin": letters(""),
        "pinyin, spaced": letters(" "),
        "pinyin, one character": mixed,
        "homophones": homophones,
        "火星文": each(martian),
        "look-alikes": each(alike),
    }


def attacked(text: str, words: list[Seen], attack: Attack, chance: random.Random) -> str:
    """Return a text with its reported words rewritten."""
    parts = []
    done = 0
    for word in words:
        if word.start < done:
            continue
        parts += text[done : word.start], attack(text[word.start : word.end], chance)
        done = word.end
    return "".join([*parts, text[done:]])


def reported(engine: Engine, text: str) -> Iterator[tuple[str, list[Seen]]]:
    """Yield each rule that flags a text with its words inside the reported spans."""
    for opinion in engine.opinions(text):
        spans = [span for hit in opinion.hits for span in hit.spans]
        words = [
            word
            for word in opinion.words
            if not word.foldings
            and any(span.start <= word.start and word.end <= span.end for span in spans)
        ]
        if words:
            yield opinion.rule.code, words


def codes(engine: Engine, text: str) -> set[str]:
    return {flag.rule for flag in engine.screen(text).flags}


def recall(engine: Engine, show: str) -> None:
    """Print the share found again, for each disguise and each rule."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    asked: dict[str, Counter[str]] = defaultdict(Counter)
    for name, attack in attacks().items():
        chance = random.Random(name)
        for text, _ in corpora.positives():
            for code, words in reported(engine, text):
                disguised = attacked(text, words, attack, chance)
                if disguised == text:
                    continue
                again = code in codes(engine, disguised)
                for key in (code, "all"):
                    asked[name][key] += 1
                    found[name][key] += again
                if show == name and not again:
                    print(f"    {code}: {text!r}\n      -> {disguised!r}")
    rules = [*sorted({code for counts in asked.values() for code in counts} - {"all"})]
    print(f"{'disguise':24}{'texts':>7}{'found again':>13}   by rule")
    for name, counts in asked.items():
        each = " ".join(
            f"{code[:9]} {found[name][code] / counts[code]:.2f}" for code in rules if counts[code]
        )
        share = found[name]["all"] / counts["all"]
        print(f"{name:24}{counts['all']:>7}{share:>13.3f}   {each}")


def false_alarms(engine: Engine, without: Engine, show: str) -> None:
    """Print how many clean texts only the views flag."""
    sources = {
        "labelled clean rows": corpora.clean(),
        "sentences of words": corpora.sentences(20_000),
    }
    cold = corpora.CORPUS.parents[2] / "shared" / "data/cold"
    if cold.is_dir():
        with (cold / "train.csv").open(encoding="utf-8") as rows:
            sources["COLD, not offensive"] = [
                row["TEXT"] for row in csv.DictReader(rows) if row["label"] == "0"
            ]
    print(f"\n{'clean texts':24}{'texts':>7}{'without':>9}{'with':>7}{'extra':>9}")
    for name, texts in sources.items():
        before = [codes(without, text) for text in texts]
        after = [codes(engine, text) for text in texts]
        extra = [
            (text, now - then)
            for text, then, now in zip(texts, before, after, strict=True)
            if now - then
        ]
        if show == "extra":
            for text, rules in extra[:40]:
                why = [
                    (flag.why, [text[span.start : span.end] for span in flag.spans])
                    for flag in engine.screen(text).flags
                    if flag.rule in rules
                ]
                print(f"    {text!r}\n      {rules} {why}")
        print(
            f"{name:24}{len(texts):>7}{sum(map(bool, before)):>9}{sum(map(bool, after)):>7}"
            f"{len(extra) / len(texts):>9.2%}"
        )


def main() -> None:
    """Run both and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", default="", help="a disguise, or 'extra': print what fails")
    show = parser.parse_args().show
    rules = corpora.load_rules()
    engine = Engine(rules)
    recall(engine, show)
    false_alarms(engine, Engine(rules, disguises=False), show)


if __name__ == "__main__":
    main()

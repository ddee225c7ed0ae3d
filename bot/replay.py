"""`qungui replay`: what the present rules would make of the findings that are recorded.

No message text is shown. A finding stays, vanishes, or cannot be decided: of classified matter
nothing was kept, an excerpt may have expired, and what lies outside a cut one may acquit.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from bot.model.errors import BotError
from bot.model.finding import Finding, Severity, Span, Topic
from bot.screening.engine import Engine
from bot.screening.excerpt import LIMIT
from bot.screening.matcher import SHORTEST
from bot.screening.operator_list import SIGNAL
from bot.screening.rule import Answer, Hit, Rule, Sighting

TRIAL: Final = "operator_trial"
CORPUS: Final = Path(__file__).parent.parent / "tests" / "corpus" / "messages.jsonl"
"""The labelled messages of a checkout; not installed."""

CAVEAT: Final = (
    "注意：这里只重看已经记录的片段。没有记录过的消息里会不会有新的命中，"
    '只有把规则设为 mode = "observe" 试运行一段时间才知道。'
)


class Fate(Enum):
    """What the present rule makes of a recorded finding."""

    STAYS = "仍会提示"
    VANISHES = "不再提示"
    CLASSIFIED = "涉密，未留原文"
    EXPIRED = "片段未保存或已到期"
    CUT = "片段不是全文"


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """One message of the corpus: the topics that must be found, and those that may be."""

    text: str
    topics: frozenset[str]
    may: frozenset[str]


def fate(finding: Finding, engine: Engine) -> Fate:
    """Return what the engine would now make of a finding, as far as its kept text tells."""
    if finding.classified:
        return Fate.CLASSIFIED
    if finding.excerpt is None:
        return Fate.EXPIRED
    # A text of exactly the limit may have been cut too.
    if finding.excerpt_start > 0 or len(finding.excerpt) >= LIMIT:
        return Fate.CUT
    flags = engine.screen(finding.excerpt).flags
    return Fate.STAYS if any(flag.rule == finding.rule for flag in flags) else Fate.VANISHES


def replayed(
    findings: Iterable[Finding], engine: Engine, rules: Sequence[Rule], corpus: Sequence[Labelled]
) -> Iterator[str]:
    """Yield lines about each rule: its recorded findings, its own examples, the corpus."""
    fates: dict[str, Counter[Fate]] = {}
    for finding in findings:
        fates.setdefault(finding.rule, Counter())[fate(finding, engine)] += 1
    said = [{flag.rule for flag in engine.screen(each.text).flags} for each in corpus]
    for rule in rules:
        yield f"{rule.title}（{rule.code}，第 {rule.version} 版）"
        yield f"  已记录：{_recorded(fates.get(rule.code, Counter()))}"
        yield from _examples(rule, engine)
        if corpus:
            yield f"  语料：{_scores(rule, corpus, said)}"


def with_word(word: str) -> Rule:
    """Return the rule that an operator's list of one word would make; BotError for a bad word."""
    if len(word.strip()) < SHORTEST:
        raise BotError(f"词语至少要{SHORTEST}个字，单字会误伤日常用语。")

    def look(sighting: Sighting) -> Iterator[Answer]:
        for seen in sighting.words:
            yield Hit(spans=(Span(start=seen.start, end=seen.end),), signals=(SIGNAL,))

    return Rule(
        code=TRIAL,
        version=1,
        topic=Topic.SENSITIVE,
        severity=Severity.LOW,
        title="试用的词语",
        words={word.strip(): 1},
        check=look,
    )


def tried(findings: Iterable[Finding], engine: Engine, corpus: Sequence[Labelled]) -> Iterator[str]:
    """Yield what a word on trial would hit: among kept excerpts, rules' examples and the corpus."""

    def hits(texts: Iterable[str]) -> int:
        return sum(any(flag.rule == TRIAL for flag in engine.screen(t).flags) for t in texts)

    # A message that several rules flagged is one message.
    kept = {(each.group, each.message_id): each.excerpt for each in findings if each.excerpt}
    passes = [text for rule in engine.rules for text in rule.passes]
    yield "试用的词语"
    yield f"  已记录的片段 {len(kept)} 条（都是别的规则提示过的），会命中 {hits(kept.values())} 条"
    yield f"  各规则“不会提示的例子”{len(passes)} 条，会命中 {hits(passes)} 条"
    if corpus:
        clean = [each.text for each in corpus if not each.topics]
        yield f"  语料中的正常消息 {len(clean)} 条，会命中 {hits(clean)} 条"


def read_corpus(path: Path = CORPUS) -> Sequence[Labelled]:
    """Return the labelled messages; none where the program does not run from a checkout."""
    if not path.is_file():
        return ()
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [
        Labelled(
            text=row["text"], topics=frozenset(row["topics"]), may=frozenset(row.get("may", ()))
        )
        for row in rows
    ]


def _recorded(fates: Counter[Fate]) -> str:
    unknown = [each for each in (Fate.CUT, Fate.EXPIRED, Fate.CLASSIFIED) if fates[each]]
    reasons = "、".join(f"{each.value} {fates[each]} 件" for each in unknown)
    return (
        f"{fates.total()} 件，{Fate.STAYS.value} {fates[Fate.STAYS]} 件，"
        f"{Fate.VANISHES.value} {fates[Fate.VANISHES]} 件，"
        f"无法判断 {sum(fates[each] for each in unknown)} 件"
        + (f"（{reasons}）" if reasons else "")
    )


def _examples(rule: Rule, engine: Engine) -> Iterator[str]:
    def hits(texts: Iterable[str]) -> int:
        return sum(any(flag.rule == rule.code for flag in engine.screen(t).flags) for t in texts)

    if rule.flags or rule.passes:
        yield (
            f"  规则自带的例子：该提示的 {len(rule.flags)} 条，提示 {hits(rule.flags)} 条；"
            f"不该提示的 {len(rule.passes)} 条，提示 {hits(rule.passes)} 条"
        )


def _scores(rule: Rule, corpus: Sequence[Labelled], said: Sequence[set[str]]) -> str:
    topic = rule.topic.value
    wanted = [rule.code in codes for each, codes in zip(corpus, said, strict=True)
              if topic in each.topics]  # fmt: skip
    others = [rule.code in codes for each, codes in zip(corpus, said, strict=True)
              if topic not in each.topics | each.may]  # fmt: skip
    return (
        f"该提示的 {len(wanted)} 条，提示 {sum(wanted)} 条；"
        f"不该提示的 {len(others)} 条，提示 {sum(others)} 条"
    )

"""`qungui explain` and `qungui try`: what a rule looks for, and why it answered as it did."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.model.finding import Clause, Judgement, Mode, Span
from bot.screening.engine import Engine, Opinion
from bot.screening.rule import NEVER, Acquittal, Hit, Rule

_MODES = {Mode.ENFORCE: "执行（提醒群主）", Mode.OBSERVE: "观察（只记录，不提醒）"}


DAYS: Final = 30
"""How far back a rule's numbers reach."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """What became of a rule's findings of the last days, and how many phrases it was taught."""

    judged: Mapping[Judgement, int]
    phrases: int = 0


def explain(
    rule: Rule,
    clauses: Iterable[Clause] = (),
    *,
    mode: Mode | None = None,
    numbers: Numbers | None = None,
) -> str:
    """Return what a rule flags and passes, what it misses, its version, clauses and numbers.

    `mode` is how it is configured to run; without it, its own.
    """
    lines = [
        f"{rule.title}（{rule.code}，第 {rule.version} 版）",
        f"类别：{rule.topic.label}　级别：{rule.severity.label}　方式：{_MODES[mode or rule.mode]}",
        f"词语：{len(rule.words)} 个，允许用语：{len(rule.allows)} 个",
        *_by_wording(rule),
        *_section(
            "依据条款", (f"{clause.code} {clause.citation}　{clause.title}" for clause in clauses)
        ),
        *_section("会提示的例子", map(_on_one_line, rule.flags)),
        *_section("不会提示的例子", map(_on_one_line, rule.passes)),
        *_section("已知识别不到的情形", rule.known_misses),
        *(_numbers(numbers) if numbers else ()),
    ]
    return "\n".join(lines)


def try_text(engine: Engine, text: str) -> str:
    """Return every rule's answer to a text, also where it saw nothing, and what spoke for it."""
    return "\n".join(line for opinion in engine.opinions(text) for line in _answer(opinion, text))


def _numbers(numbers: Numbers) -> Iterator[str]:
    judged = numbers.judged
    yield (
        f"最近 {DAYS} 天：发现 {sum(judged.values())} 件，"
        f"判为误报 {judged.get(Judgement.FALSE_POSITIVE, 0)} 件，"
        f"属实 {judged.get(Judgement.CONFIRMED, 0)} 件，"
        f"未判 {judged.get(Judgement.OPEN, 0)} 件"
    )
    yield f"放行的用语：{numbers.phrases} 个（由两人同意）"


def _by_wording(rule: Rule) -> Iterator[str]:
    """Yield what the wording as a whole adds and takes."""
    if rule.learned < NEVER:
        yield f"整句说法：没有点明、但整句像这一类（可能性 {rule.learned:.0%} 以上）的也提示，是推测"
    if rule.doubted:
        yield "整句完全不像违规的，只有词语也不提示"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    kept = [line for line in lines if line]
    if kept:
        yield f"{title}："
        yield from (f"  · {line}" for line in kept)


def _on_one_line(text: str) -> str:
    return text.replace("\n", " ⏎ ")


def _answer(opinion: Opinion, text: str) -> Iterator[str]:
    yield f"{opinion.rule.title}（{opinion.rule.code}）：{_verdict(opinion)}"
    if opinion.words:
        words = dict.fromkeys(
            f"{word.word}（{word.weight}{''.join(f'，{name}' for name in word.foldings)}）"
            for word in opinion.words
        )
        yield f"  看到的词（分量）：{'、'.join(words)}"
    for hit in opinion.hits:
        yield f"  命中：{_quoted(hit, text)}　理由：{'、'.join((*hit.signals, *hit.foldings))}"
    for acquittal in opinion.acquittals:
        yield f"  不计：{_quoted(acquittal, text)}　因为：{acquittal.by}"


def _verdict(opinion: Opinion) -> str:
    if opinion.failed:
        return "规则出错，未能判断"
    if opinion.hits:
        worst = max(hit.severity or opinion.rule.severity for hit in opinion.hits)
        return f"有发现，级别{worst.label}"
    return "无发现" if opinion.asked else "无发现，没有相关的词语、号码或链接"


def _quoted(answer: Hit | Acquittal, text: str) -> str:
    return "、".join(f"“{_slice(text, span)}”" for span in answer.spans)


def _slice(text: str, span: Span) -> str:
    return _on_one_line(text[span.start : span.end]).encode("utf-8", "replace").decode("utf-8")

"""Reads what an owner answers about members: 移11 补12=赵六/财务科 留13 理由, 实名 12=张三/预算科, 全留."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from bot.model.errors import BotError
from bot.model.weekly_audit import ItemDecision

_HELP: Final = "请这样写：移11 补12=赵六/财务科 留13 理由"
_VERBS: Final = {
    "移": ItemDecision.REMOVE, "移出": ItemDecision.REMOVE, "移除": ItemDecision.REMOVE,
    "补": ItemDecision.VERIFY, "补录": ItemDecision.VERIFY, "实名": ItemDecision.VERIFY,
    "留": ItemDecision.KEEP, "保留": ItemDecision.KEEP,
}  # fmt: skip
_VERB: Final = "移[出除]?|补录?|实名|保?留"
_GAP: Final = r"[\s,;、.。!]"
_REST: Final = rf"(?:(?:其他|其它|其余|剩下)的?)?(?:全部?|都)保?留下?(?={_GAP}|$)"
_EDGES: Final = " \t\r\n,;、.。!:=，；：！＝\u3000"
_HEAD: Final = re.compile(
    rf"{_REST}|(?:{_VERB})\s*[:=]?\s*第?\s*\d|(?<!\d)\d+\s*号?\s*(?:=|(?:{_VERB})(?={_GAP}|$))"
)
_COMMAND: Final = re.compile(
    rf"(?:(?P<rest>{_REST})"
    rf"|(?P<verb>{_VERB})?\s*[:=]?\s*第?\s*"
    rf"(?P<numbers>\d+(?:(?:\s*号)?(?:{_GAP}|[和至到~-])+\d+(?={_GAP}|$|[号和至到~-]))*)(?:\s*号)?"
    rf"(?:\s*(?P<behind>{_VERB}))?)"
    rf"(?P<words>.*)",
    re.DOTALL,
)
_NUMBER: Final = re.compile(r"(?P<through>[至到~-])?[^\d至到~-]*(?P<number>\d+)")
_ALL_AWAY: Final = re.compile(r"(?:全部?|都)\s*移|移[出除]?\s*(?:全部|所有|全)")
_NAME: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{2}")
_LAST: Final = 999
_LONGEST_RANGE: Final = 50
_LONGEST_WHO: Final = 40
_QUOTED: Final = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One decision about one member of a numbered list.

    `number` None: about all that are not named. `who` is the person as he was written, in any
    order (`Roster.answered` reads it); `note` is a reason in the owner's words.
    """

    decision: ItemDecision
    number: int | None
    who: str = field(default="", repr=False)
    note: str = field(default="", repr=False)


def read_answers(text: str) -> tuple[Answer, ...]:
    """Return the decisions in a line, in its order; raises BotError with what to write instead.

    Written as people type on a phone: full-width digits, Chinese commas, no spaces, 11移, 12张三.
    """
    text = text.strip(_EDGES).removeprefix("请")
    plain = _plain(text)
    if _ALL_AWAY.search(plain):
        raise BotError("不能一次全部移出，请逐个写编号，例如：移11 12")
    stops = [*_starts(plain), len(plain)]
    answers = [
        answer
        for start, end in pairwise(stops)
        for answer in _command(plain[start:end], text[start:end])
    ]
    if not answers:
        raise BotError(f"没有写编号，{_HELP}")
    number, times = Counter(answer.number for answer in answers).most_common(1)[0]
    if times > 1:
        what = "“全留”" if number is None else f"{number}号"
        raise BotError(f"{what}写了不止一次，请只写一次。")
    return tuple(answers)


def _starts(plain: str) -> Iterator[int]:
    """Yield where the commands of a line begin.

    Inside a reason a command stands apart; after numbers or a person it may follow directly.
    """
    if plain:
        yield 0
    begun = 0
    for head in _HEAD.finditer(plain):
        start = head.start()
        apart = bool(re.match(_GAP, plain[start - 1 : start]))
        before = _COMMAND.match(plain[begun:start])
        free = before is not None and (
            not before["words"] or _decision(before) is ItemDecision.VERIFY
        )
        if start and (apart or free):
            yield start
            begun = start


def _command(plain: str, text: str) -> list[Answer]:
    """Return the decisions that one command stands for: one for each of its numbers."""
    found = _COMMAND.match(plain)
    if found is None or (found["verb"] and found["behind"]):
        raise _not_understood(text)
    words = text[found.start("words") :].strip(_EDGES)
    if found["rest"]:
        return [Answer(decision=ItemDecision.KEEP, number=None, note=words)]
    numbers = list(_numbers(found["numbers"]))
    decision = _decision(found)
    if decision is ItemDecision.VERIFY:
        return [_verified(numbers, words)]
    apart = not words or re.match(_GAP, found["words"])
    if decision is ItemDecision.REMOVE and words and (not apart or len(numbers) > 1):
        raise _not_understood(text)
    return [Answer(decision=decision, number=number, note=words) for number in numbers]


def _decision(found: re.Match[str]) -> ItemDecision:
    if found["rest"]:
        return ItemDecision.KEEP
    return _VERBS[found["verb"] or found["behind"] or "实名"]


def _verified(numbers: list[int], who: str) -> Answer:
    number = numbers[0]
    if len(numbers) > 1 or who[:1].isdigit():
        raise BotError(f"一个编号补一个人，请分开写，例如：补{number}=赵六/财务科")
    if not _NAME.search(who) or len(who) > _LONGEST_WHO:
        raise BotError(f"{number}号后面请写姓名和科室，例如：补{number}=赵六/财务科")
    return Answer(decision=ItemDecision.VERIFY, number=number, who=who)


def _numbers(written: str) -> Iterator[int]:
    """Yield the numbers of 11、12和14-16."""
    last = 0
    for each in _NUMBER.finditer(written):
        number = int(each["number"])
        if not 0 < number <= _LAST:
            raise BotError(f"没有{number}号，请看名单上的编号。")
        if each["through"]:
            if not 0 < number - last <= _LONGEST_RANGE:
                raise BotError(f"{last}到{number}看不懂，请把编号一个个写出来。")
            yield from range(last + 1, number)
        yield number
        last = number


def _not_understood(text: str) -> BotError:
    return BotError(f"没看懂“{text[:_QUOTED].strip()}”，{_HELP}")


def _plain(text: str) -> str:
    """Return the text with full-width signs made plain, character by character."""
    plain = (unicodedata.normalize("NFKC", each) for each in text)
    return "".join(new if len(new) == 1 else old for new, old in zip(plain, text, strict=True))

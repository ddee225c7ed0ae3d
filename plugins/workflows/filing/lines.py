"""How a line about filings is read: numbers, the answer, which items, and the words as written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from bot.model.errors import BotError
from bot.model.filing import FilingAnswer
from bot.plugin import Asked

EDGES: Final = " \t\r\n,.:;，。：；、"
_LINE: Final = re.compile(
    r"(?:第\s*)?(?:20\d\d-)?(\d{1,7}(?:[\s、,，和]+\d{1,7}(?!\d|-))*)\s*号?[\s:,.、。，：]*(.*)",
    re.DOTALL,
)
_ITEMS: Final = re.compile(
    r"[\s:,.、。，：]*((?:第?\s*\d{1,3}\s*[项条]?(?=[\s,.、。，:：]|$)[\s、,，和]*)*)(.*)",
    re.DOTALL,
)
_MORE: Final = re.compile(r"\s*[、,，和]\s*\d")
_NUMBER: Final = re.compile(r"\d+")
_WORDS: Final[Mapping[str, FilingAnswer]] = MappingProxyType(
    {
        "属实": FilingAnswer.CONFIRM,
        "确认": FilingAnswer.CONFIRM,
        "不实": FilingAnswer.DISMISS,
        "不属实": FilingAnswer.DISMISS,
        "同意": FilingAnswer.APPROVE,
        "退回": FilingAnswer.SEND_BACK,
        "不同意": FilingAnswer.SEND_BACK,
        "回执": FilingAnswer.RECEIPT,
        "再发": FilingAnswer.RESEND,
        "重发": FilingAnswer.RESEND,
        "已到": FilingAnswer.ARRIVED,
        "已送达": FilingAnswer.ARRIVED,
        "未到": FilingAnswer.BOUNCED,
        "未送达": FilingAnswer.BOUNCED,
        "已报": FilingAnswer.SENT_BY_HAND,
        "已改": FilingAnswer.CORRECT,
        "改正": FilingAnswer.CORRECT,
        "撤回": FilingAnswer.WITHDRAW,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A line about filings as it was understood; `words` as they were written."""

    numbers: tuple[int, ...]
    answer: FilingAnswer | None
    items: tuple[int, ...] = ()
    words: str = field(default="", repr=False)


def is_numbered(asked: Asked) -> bool:
    """Whether a line begins with the number of a filing."""
    return _LINE.match(asked.tail) is not None


def read(asked: Asked) -> Said:
    """Return what `备案 37 ...` says; an answer is None where only numbers were understood."""
    found = _LINE.match(asked.tail)
    assert found is not None
    words = found[2].strip()
    word = max((each for each in _WORDS if words.startswith(each)), key=len, default=None)
    if word is None:
        return Said(numbers=_numbers(found[1]), answer=None, words=words)
    answer, rest = _WORDS[word], words[len(word) :]
    items: tuple[int, ...] = ()
    if answer in {FilingAnswer.CONFIRM, FilingAnswer.DISMISS}:
        split = _ITEMS.fullmatch(rest)
        assert split is not None
        items, rest = _numbers(split[1]), split[2]
    return Said(
        numbers=_numbers(found[1]), answer=answer, items=items, words=_as_written(asked, rest)
    )


def read_as(asked: Asked, answer: FilingAnswer) -> Said:
    """Return what `回执 37 ...` or `退回 37 ...` says."""
    found = re.match(
        r"(?:第\s*)?(?:20\d\d-)?(\d{1,7})(?:\s*号)?[\s:,、，：]*(.*)", asked.tail, re.DOTALL
    )
    if found is None:
        what = "编号" if answer is FilingAnswer.RECEIPT else "理由"
        raise BotError(f"请写上备案编号，例如：{asked.verb} 37 {what}。回复“备案”看编号。")
    if _MORE.match(asked.tail[found.end(1) :]):
        raise BotError(f"一次写了几件，请分开写，例如：{asked.verb} {found[1]} …")
    return Said(numbers=_numbers(found[1]), answer=answer, words=_as_written(asked, found[2]))


def _as_written(asked: Asked, words: str) -> str:
    """Return the end of a line as it was written, before its full-width signs were made plain."""
    words = words.strip()
    return asked.event.text.rstrip()[-len(words) :].strip(EDGES) if words else ""


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in _NUMBER.findall(text))

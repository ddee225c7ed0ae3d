"""Excerpts: the little of a message that a person needs to judge a finding, and its masked form."""

import re
from collections.abc import Iterable
from typing import Final

from bot.model.finding import Span

LIMIT: Final = 200
"""Characters of a message that may be kept with a finding."""

LEAD: Final = 40
"""Characters shown before the first span where there is room."""

LONGEST_MASK: Final = 8

_ELLIPSIS = "…"
_DIGITS = re.compile(r"\d(?:[\s._·-]{0,2}[\u20e3\ufe0f]{0,2}\d){6,40}[xX]?")


def excerpt(text: str, spans: Iterable[Span], limit: int = LIMIT) -> tuple[str, int]:
    """Return at most `limit` characters that cover the spans, and where they begin in `text`.

    Spans that lie too far apart are covered from the first on.
    """
    if len(text) <= limit:
        return text, 0
    ordered = sorted(spans, key=lambda span: span.start)
    if not ordered:
        return text[:limit], 0
    first, last = ordered[0].start, max(span.end for span in ordered)
    lead = LEAD if last - first > limit - LEAD else (limit - (last - first)) // 2
    start = max(0, min(first - lead, len(text) - limit))
    return text[start : start + limit], start


def masked(kept: str, start: int, spans: Iterable[Span]) -> str:
    """Return an excerpt with its spans and all longer numbers starred out: `…加**领取`.

    `start` is where the excerpt begins in the text that the spans refer to.
    """
    stretches = [(span.start - start, span.end - start) for span in spans]
    stretches += [match.span() for match in _DIGITS.finditer(kept)]
    parts: list[str] = []
    reach = 0
    for begin, end in sorted(stretches):
        if end <= reach or begin >= len(kept):
            continue
        left, right = max(begin, reach), min(end, len(kept))
        parts += [kept[reach:left], "*" * min(right - left, LONGEST_MASK)]
        reach = right
    parts.append(kept[reach:])
    return (_ELLIPSIS if start else "") + "".join(parts)

"""Reads a chat line as a command: verb, numbers, rest; the verbs themselves belong to workflows."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

_LEAD = re.compile(r"[\s/#\u200b\ufeff]*(?:请|麻烦)?[\s\u200b\ufeff]*")
_HEAD = re.compile(r"第?\s*([0-9A-Za-z]{1,4})\s*号?[\s,:、]*")
_NUMBERS = re.compile(
    r"[\s:#,.、。【\[(]*(?:待处置\s*)?第?\s*(\d{1,3})(?![0-9A-Za-z])"
    r"[】\])]?(?:\s*号|[条件](?=[\s,.:、。]|$))?"
    r"((?:[\s,、和至到~-]+\d{1,3}\s*号?(?=[\s,、和至到~.。-]|$))*)"
)
_EACH = re.compile(r"\d{1,3}")
_EDGES = " \t\r\n,.:;!~，。：；！、～\u200b\ufeff"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A command line as it was understood: `误报3 是通知` -> 误报, (3,), 是通知."""

    verb: str
    numbers: tuple[int, ...]
    rest: str = field(repr=False)
    tail: str = field(repr=False)


def read_line(text: str, verbs: Iterable[str]) -> Line | None:
    """Return the command in a line, or None when it begins with no known verb.

    The longest verb wins. Written as people type on a phone: full-width digits, 撤回 3号, 3撤回,
    请撤回3. `rest` is what follows the numbers as it was written, `tail` all that follows the verb
    in plain characters.
    """
    plain = _plain(text)
    lead = _LEAD.match(plain)
    start = lead.end() if lead else 0
    plain, text = plain[start:], text[start:]
    known = tuple(verbs)
    verb = _verb(plain, known)
    if verb is None:
        head = _HEAD.match(plain)
        verb = head and _verb(plain[head.end() :], known)
        if head is None or verb is None:
            return None
        body = head.end() + len(verb)
        plain = f"{verb}{head.group(1)} {plain[body:]}"
        text = f"{verb}{head.group(1)} {text[body:]}"
    plain, text = plain[len(verb) :], text[len(verb) :]
    tail = plain.strip()
    found = _NUMBERS.match(plain)
    if found is None:
        return Line(verb=verb, numbers=(), rest=text.strip(_EDGES), tail=tail)
    numbers = tuple(int(each) for each in _EACH.findall(found.group(0)))
    return Line(verb=verb, numbers=numbers, rest=text[found.end() :].strip(_EDGES), tail=tail)


def _verb(plain: str, verbs: Iterable[str]) -> str | None:
    return max((verb for verb in verbs if plain.startswith(verb)), key=len, default=None)


def _plain(text: str) -> str:
    """Return the text with full-width signs made plain, character by character."""
    plain = (unicodedata.normalize("NFKC", each) for each in text)
    return "".join(new if len(new) == 1 else old for new, old in zip(plain, text, strict=True))

"""Reads a chat line as a command: verb, numbers, rest; the verbs themselves belong to workflows."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

_NUMBERS = re.compile(r"\s*(\d{1,3})(?![0-9A-Za-z])\s*(?:号)?((?:[\s,、和]+\d{1,3}(?!\d)\s*号?)*)")
_EACH = re.compile(r"\d{1,3}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A command line as it was understood: `误报3 是通知` -> 误报, (3,), 是通知."""

    verb: str
    numbers: tuple[int, ...]
    rest: str = field(repr=False)
    tail: str = field(repr=False)


def read_line(text: str, verbs: Iterable[str]) -> Line | None:
    """Return the command in a line, or None when it begins with no known verb.

    Full-width digits and letters count as their plain forms; the longest verb wins. `rest` is
    what follows the numbers, `tail` all that follows the verb.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("/#")
    verb = max((v for v in verbs if plain.startswith(v)), key=len, default=None)
    if verb is None:
        return None
    tail = plain[len(verb) :].strip()
    found = _NUMBERS.match(tail)
    if found is None:
        return Line(verb=verb, numbers=(), rest=tail, tail=tail)
    numbers = tuple(int(each) for each in _EACH.findall(found.group(0)))
    rest = tail[found.end() :].strip(" ,:，。：")
    return Line(verb=verb, numbers=numbers, rest=rest, tail=tail)

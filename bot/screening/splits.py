"""Split characters (拆字): parts written one after the other, read as the character they make."""

from collections.abc import Container, Iterator, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from bot.screening.layer import Layer

_ORDINARY = frozenset(
    {
        *("言人", "二人", "一大", "人人", "人为", "人也", "广大", "人可"),
        *("之不", "人主", "木工", "可可", "可口", "人到", "人老", "人用"),
    }
)
"""Parts that stand beside each other in ordinary talk all the time."""


def split_forms(wanted: Container[str]) -> dict[str, str]:
    """Return which sequences of parts read as which of the wanted characters, one or several."""
    meant = (
        (parts, "".join(character for character in characters if character in wanted))
        for parts, characters in split_characters().items()
    )
    return {parts: characters for parts, characters in meant if characters}


def rejoined(squeezed: str, found: Sequence[tuple[int, int, str]], choice: int = 0) -> Layer:
    """Return the squeezed view with parts joined; `found` are their stretches and characters.

    Of those that overlap, the one that begins first wins, then the longer; of several characters
    that have the same parts, the one `choice` counts to, the last if there are fewer.
    """
    folded: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end, characters in sorted(found, key=lambda one: (one[0], -one[1])):
        if start < done:
            continue
        folded += squeezed[done:start], characters[min(choice, len(characters) - 1)]
        begins += range(done, start + 1)
        ends += range(done + 1, start + 1)
        ends.append(end)
        done = end
    folded.append(squeezed[done:])
    begins += range(done, len(squeezed))
    ends += range(done + 1, len(squeezed) + 1)
    return Layer("".join(folded), begins, ends)


@cache
def split_characters() -> MappingProxyType[str, tuple[str, ...]]:
    """Read the table: sequence of parts -> characters, in the order of the table."""
    forms: dict[str, dict[str, None]] = {}
    text = files("bot.screening").joinpath("splits.txt").read_text("utf-8")
    for line in text.splitlines():
        for parts, character in _read(line):
            if parts not in _ORDINARY:
                forms.setdefault(parts, {})[character] = None
    return MappingProxyType({parts: tuple(characters) for parts, characters in forms.items()})


def _read(line: str) -> Iterator[tuple[str, str]]:
    head, *rest = line.split(" ")
    if head == "#":
        return
    if head == "=":
        for word in rest:
            yield word[1:], word[0]
        return
    place, *words = rest
    for word in words:
        for part in _spellings(head):
            yield (part + word[1:] if place == "<" else word[1:] + part), word[0]


def _spellings(head: str) -> tuple[str, ...]:
    """Return the spellings of a part: single characters, and the names 提手 and 走之."""
    named = tuple(name for name in ("提手", "走之") if name in head)
    for name in named:
        head = head.replace(name, "")
    return (*head, *named)

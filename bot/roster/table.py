"""What a table is before anybody knows what it is about: rows of cells, and merged stretches."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from bot.model.errors import BotError

LONGEST_CELL: Final = 1_000
"""Characters that are kept of a cell; nothing in a roster is as long."""

EXCEL_EPOCH: Final = date(1899, 12, 30)
"""The day 0 of a table's dates, unless it says otherwise."""

NOT_CALCULATED: Final = "是公式，没有算好的结果，请在表格软件里打开并保存一次，或改成文字"

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


class UnreadableError(BotError):
    """A file does not hold what its beginning promised."""


Progress = Callable[[float], None]
"""Is told how much of a file has been read, from 0 to 1."""


class Cell(NamedTuple):
    """What stands in a cell; `trouble` says why that cannot be used."""

    text: str
    number: bool = False
    formula: bool = False
    trouble: str = ""


class Row(NamedTuple):
    """The cells of a row that are not empty, by column from 0; `number` as a person counts it."""

    number: int
    cells: Mapping[int, Cell]
    hidden: bool = False


class Merge(NamedTuple):
    """A stretch of cells that is shown as one; all four bounds belong to it."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One table of a file; `read` yields its rows from the top, then its merged stretches.

    `read` raises UnreadableError where the file turns out to be damaged.
    """

    name: str
    read: Callable[[Progress], Iterator[Row | Merge]]
    epoch: date = EXCEL_EPOCH


def clean(text: str) -> str:
    """Return a text in half width, without what is invisible, its spaces made one."""
    visible = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return " ".join(visible.split()).lstrip("' ")

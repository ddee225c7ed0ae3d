"""Writes .docx and .xlsx as plain as an official record is: a title, tables, lines.

Text is always text: nothing a member wrote becomes a formula, a field or a link. The libraries are
loaded by who writes a file, not by who declares one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Row = Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of text; the first `headings` are headings; `widths` are shares of the page."""

    widths: Sequence[int]
    rows: Sequence[Row]
    headings: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """A title, then tables and lines in their order."""

    title: str
    parts: Sequence[Table | str]


def docx(paper: Paper) -> bytes:
    """Return the paper as a Word document: title in 宋体, text in 仿宋."""
    from bot.office_open.word import written  # noqa: PLC0415 - only who prints pays for it

    return written(paper)


def xlsx(paper: Paper, *, sheet: str, frozen: tuple[int, int] = (0, 0), across: int = 1) -> bytes:
    """Return the paper as a workbook with one sheet; every cell holds text, never a formula.

    So many rows and columns of it as `frozen` says stay in sight, and stand on each printed page;
    its width is printed on `across` pages.
    """
    from bot.office_open.sheet import written  # noqa: PLC0415 - only who prints pays for it

    return written(paper, sheet=sheet, frozen=frozen, across=across)

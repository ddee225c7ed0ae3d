"""The register of work groups (HS-10/1) as a workbook: written to be filed, read to be imported.

It may be imported from a text table (.csv) as well.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bot.model.errors import BotError
from bot.model.register import REGISTER, RegisterEntry, Source
from bot.office_open import Paper, Table, xlsx
from bot.roster import tables_of
from bot.roster.table import LONGEST_CELL, Cell, Merge, Row, UnreadableError, clean
from bot.roster.table import Table as Sheet

TITLE = "互联网工作群组登记表"
HEADING_WITHIN = 20
"""In how many rows from the top the headings are looked for."""

_MARKS = ("platform_id", "name")
_DAYS = ("approved_on", "opened_on")
_STATED = {each.heading: each.key for each in REGISTER if each.source is Source.STATED}
_OTHERS = frozenset(each.heading for each in REGISTER) - _STATED.keys()
_HEADINGS = {each.key: each.heading for each in REGISTER}
_WIDTHS = {
    "platform": 8, "name": 20, "unit": 12, "purpose": 20, "join_way": 18, "rules": 36, "contact": 20,
    "approver": 10, "owner": 10, "leader": 10, "member_count": 8, "activity": 10, "drawn_at": 18,
    "state": 10, "filing": 24,
}  # fmt: skip
_WHOLE = re.compile(r"([0-9]+)(?:\.0+)?")
_ABOVE_HEADINGS = 2
_UP_TO_NAME = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterRow:
    """What a row states of a group: text by the key of each field that has a column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterFile:
    """The rows of a file, and a sentence about each fault; with a fault there are no rows."""

    rows: tuple[RegisterRow, ...]
    faults: tuple[str, ...]


def as_xlsx(entries: Sequence[RegisterEntry], *, office: str, on: date) -> bytes:
    """Return the register as a workbook; above each heading stands whether people stated it."""
    sources = [each.source.label for each in REGISTER]
    headings = [each.heading for each in REGISTER]
    rows = [[cells[each.key] for each in REGISTER] for cells in (e.cells() for e in entries)]
    widths = [_WIDTHS.get(each.key, 13) for each in REGISTER]
    above = f"{office}　{on.year}年{on.month}月{on.day}日　共 {len(rows)} 个群"
    table = Table(widths=widths, rows=[sources, headings, *rows], headings=2)
    frozen = _ABOVE_HEADINGS + table.headings, _UP_TO_NAME
    return xlsx(Paper(title=TITLE, parts=(above, table)), sheet=TITLE, frozen=frozen, across=2)


def read_register(path: Path) -> RegisterFile:
    """Read what people state in a register, a workbook or a text table (.csv).

    What is observed or kept there is passed over.

    Raises BotError for a file that is none; what is wrong in single rows is in `faults`.
    """
    sheet, line, columns = _found(path)
    faults: list[str] = []
    rows: list[RegisterRow] = []
    seen: dict[str, int] = {}
    for row in sheet.read(_nobody):
        if isinstance(row, Merge):
            faults += _merged(row, line, columns)
        elif row.number > line and any(column in row.cells for column in columns):
            made, wrong = _row(row, columns, sheet.epoch)
            group = made.cells["platform_id"]
            if group and (first := seen.setdefault(group, row.number)) != row.number:
                wrong.append(f"群号与第 {first} 行重复")
            faults += [f"第 {row.number} 行：{each}。" for each in wrong]
            rows.append(made)
    if not rows and not faults:
        raise BotError(f"{path.name} 里有标题行，下面没有群。")
    return RegisterFile(rows=() if faults else tuple(rows), faults=tuple(faults))


def _found(path: Path) -> tuple[Sheet, int, Mapping[int, str]]:
    """Return the sheet that is a register, the row of its headings, and the key of each column."""
    for sheet in tables_of(path):
        if found := _titles(sheet):
            number, titles = found
            return sheet, number, _columns(path, titles)
    marks = "”“".join(_HEADINGS[mark] for mark in _MARKS)
    raise BotError(f"{path.name} 前 {HEADING_WITHIN} 行里没有“{marks}”这几列，请检查标题行。")


def _titles(sheet: Sheet) -> tuple[int, Mapping[int, str]] | None:
    """Return the row of a register's headings, and what stands in it."""
    try:
        for row in sheet.read(_nobody):
            if isinstance(row, Merge) or row.number > HEADING_WITHIN:
                break
            titles = {column: clean(cell.text) for column, cell in row.cells.items()}
            if all(_HEADINGS[mark] in titles.values() for mark in _MARKS):
                return row.number, titles
    except UnreadableError:
        if sheet.name:
            raise  # a text may be read in a wrong way, too
    return None


def _columns(path: Path, titles: Mapping[int, str]) -> Mapping[int, str]:
    known = [title for title in titles.values() if title in _STATED]
    twice = sorted({title for title in known if known.count(title) > 1})
    unknown = [title for title in titles.values() if title not in _STATED.keys() | _OTHERS]
    if twice:
        raise BotError(f"{path.name} 的标题行里“{'、'.join(twice)}”不止一次，请每列只留一个。")
    if unknown:
        raise BotError(
            f"{path.name} 里有不认识的列：{'、'.join(unknown)}；可以有：{'、'.join(_STATED)}。"
        )
    return {column: _STATED[title] for column, title in titles.items() if title in _STATED}


def _row(row: Row, columns: Mapping[int, str], epoch: date) -> tuple[RegisterRow, list[str]]:
    """Return what a row states, and what is wrong in it."""
    cells = dict.fromkeys(columns.values(), "")
    wrong = []
    for column, key in columns.items():
        try:
            cells[key] = _value(key, row.cells.get(column, Cell("")), epoch)
        except BotError as error:
            wrong.append(f"{_HEADINGS[key]}{error}")
    return RegisterRow(line=row.number, cells=cells), wrong


def _value(key: str, cell: Cell, epoch: date) -> str:
    """Return a cell as text; BotError, to stand behind its heading, for what cannot be read."""
    if cell.trouble:
        raise BotError(cell.trouble)
    if len(cell.text) >= LONGEST_CELL:
        raise BotError(f"太长，最多 {LONGEST_CELL - 1} 个字")
    text = cell.text.strip()
    if not cell.number:
        return text
    whole = _WHOLE.fullmatch(text)
    if whole is None:
        raise BotError("要写成文字，不要写成带小数或科学记数的数字")
    if key not in _DAYS:
        return whole[1]
    try:
        return (epoch + timedelta(days=int(whole[1]))).isoformat()
    except OverflowError:
        raise BotError("要写成 2026-11-20 这样的日期") from None


def _merged(merge: Merge, heading: int, columns: Mapping[int, str]) -> Iterator[str]:
    read = [key for column, key in columns.items() if merge.left <= column <= merge.right]
    if merge.bottom > heading and read:
        yield (
            f"第 {max(merge.top, heading + 1)} 行：{_HEADINGS[read[0]]}是合并的单元格，"
            "请取消合并，每行各填各的。"
        )


def _nobody(_: float) -> None:
    """Tell nobody how far it is."""

"""The office's roster, read from the file the office keeps it in (.xlsx, .csv).

Only what is needed to know who belongs to a work group is read: name, unit, post, staff number and
the days on which somebody moves or leaves. Phones are never read, identity numbers only on demand.
Nothing is written here; a file with one problem gives no half of a roster: who would be passed over
would stand as somebody who has left.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.model.errors import BotError
from bot.model.roster import RosterRow
from bot.roster.headings import WITHIN_ROWS, Field, Headings, find_headings
from bot.roster.reading import Problem, read_people
from bot.roster.table import Cell, Merge, Progress, Row, Table, UnreadableError
from bot.roster.text_table import text_tables
from bot.roster.workbook import workbook_tables

__all__ = ["LARGEST", "MOST_PEOPLE", "Problem", "RosterFile", "read_roster", "tables_of"]

LARGEST: Final = 50 << 20
"""Bytes of a file; one of 50,000 people has about 3 MB."""

MOST_PEOPLE: Final = 100_000
_OLD_OR_LOCKED: Final = b"\xd0\xcf\x11\xe0"
_ZIP: Final = b"PK"
_EMPTY: Final = Cell("")
_SHOWN_ROWS: Final = 5
_FILLED: Final = frozenset({Field.UNIT, Field.POST})


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterFile:
    """What a file says: people without a problem, every problem, notes on the reading."""

    rows: tuple[RosterRow, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def read_roster(
    path: Path, *, keep_identity: bool, progress: Progress, sheet: str = ""
) -> RosterFile:
    """Read a roster; `progress` is told how much has been read, from 0 to 1.

    `sheet` names the sheet to read where several look like a roster. Raises BotError for a file
    that is none or that is not to be opened; what is wrong in single rows is in `problems`.
    """
    table, headings = _chosen(path, tables_of(path), sheet)
    kept, merges = _below(table, headings, progress)
    rows, faults, notes = _unmerged(kept, merges, headings)
    people, problems = read_people(rows, headings, epoch=table.epoch, keep_identity=keep_identity)
    problems = sorted((*faults, *problems), key=lambda problem: problem.row)
    if not people and not problems:
        raise BotError(f"{path.name} 里有标题行，下面没有人员。")
    bad = {problem.row for problem in problems}
    return RosterFile(
        rows=tuple(person for person in people if person.line not in bad),
        problems=tuple(problems),
        notes=(*_unread(headings, keep_identity=keep_identity), *_unusual(kept, headings), *notes),
    )


def _chosen(path: Path, tables: Iterable[Table], sheet: str) -> tuple[Table, Headings]:
    """Return the one table that is a roster; of one text in several readings the best one."""
    found = [
        (table, headings)
        for table in tables
        if sheet in {"", table.name} and (headings := _headings(table)) is not None
    ]
    if not found:
        raise BotError(
            f"{path.name} {f'的表“{sheet}”' if sheet else ''}前 {WITHIN_ROWS} 行里没有“姓名”这一列："
            "请检查标题行；CSV 请另存为 UTF-8 再试。"
        )
    if len({table.name for table, _ in found}) > 1:
        names = "、".join(table.name for table, _ in found)
        raise BotError(f"{path.name} 里有几张表像花名册（{names}），请加 --sheet 表名 选一张。")
    table, headings = max(found, key=lambda each: each[1].known)
    if headings.twice:
        raise BotError(
            f"{path.name} 的标题行里“{'、'.join(headings.twice)}”出现了不止一次，请每列只留一个。"
        )
    if Field.UNIT not in headings.columns:
        raise BotError(f"{path.name} 缺少“科室”（或部门、处室、单位）这一列，请补上。")
    return table, headings


def _headings(table: Table) -> Headings | None:
    try:
        return find_headings(table.read(_nobody))
    except UnreadableError:
        if table.name:
            raise
        return None  # a text may be read in a wrong way, too


def _nobody(_: float) -> None:
    """Tell nobody how far it is."""


def _below(table: Table, headings: Headings, progress: Progress) -> tuple[list[Row], list[Merge]]:
    """Return the rows below the headings, with the cells that are read, and merged stretches."""
    wanted = {place for places in headings.columns.values() for place in places}
    rows: list[Row] = []
    merges: list[Merge] = []
    for each in table.read(progress):
        if isinstance(each, Merge):
            merges.append(each)
        elif each.number > headings.row:
            cells = {place: cell for place, cell in each.cells.items() if place in wanted}
            if cells:
                rows.append(Row(each.number, cells, each.hidden))
        if len(rows) > MOST_PEOPLE:
            raise BotError(f"表里超过 {MOST_PEOPLE} 行，不读，请检查是不是花名册。")
    progress(1.0)
    return rows, merges


def _unmerged(
    rows: Sequence[Row], merges: Iterable[Merge], headings: Headings
) -> tuple[list[Row], list[Problem], list[str]]:
    """Give every row of a merged unit or post its value; other merged cells are problems."""
    by_number = {row.number: row for row in rows}
    meaning = {place: field for field, places in headings.columns.items() for place in places}
    filled: Counter[int] = Counter()
    problems: list[Problem] = []
    for merge in merges:
        read = [place for place in range(merge.left, merge.right + 1) if place in meaning]
        inside = [
            by_number[number]
            for number in range(max(merge.top, headings.row + 1), merge.bottom + 1)
            if number in by_number
        ]
        if not read or not inside:
            continue
        if merge.left == merge.right and meaning[merge.left] in _FILLED:
            above = by_number.get(merge.top)
            value = above.cells.get(merge.left, _EMPTY) if above else _EMPTY
            for row in inside:
                if row is not above:
                    by_number[row.number] = row._replace(cells={**row.cells, merge.left: value})
                    filled[merge.left] += 1
        else:
            title = headings.titles[read[0]]
            text = "是合并的单元格，请取消合并，每行各填各的"
            problems += [Problem(row=row.number, column=title, text=text) for row in inside]
    notes = [
        f"“{headings.titles[place]}”有合并的单元格，{count} 行按合并的内容读入"
        for place, count in sorted(filled.items())
    ]
    return list(by_number.values()), problems, notes


def _unread(headings: Headings, *, keep_identity: bool) -> Iterator[str]:
    """Say which columns were not read, and why."""
    if headings.phones:
        yield f"不导入电话：{'、'.join(headings.phones)}（用不到的不留）"
    if Field.IDENTITY in headings.columns and not keep_identity:
        title = headings.titles[headings.columns[Field.IDENTITY][0]]
        yield f"不导入{title}（确有需要时加 --identity 理由）"
    if headings.unused:
        yield f"没有用到的列：{'、'.join(headings.unused)}"


def _unusual(rows: Sequence[Row], headings: Headings) -> Iterator[str]:
    """Say what was read although it does not meet the eye."""
    hidden = [row.number for row in rows if row.hidden]
    if hidden:
        yield f"有 {len(hidden)} 行是隐藏的，也读入了（{_first(hidden)}）"
    for places in headings.columns.values():
        for place in places:
            worked_out = [
                row.number
                for row in rows
                if (cell := row.cells.get(place)) and cell.formula and not cell.trouble
            ]
            if worked_out:
                yield (
                    f"“{headings.titles[place]}”有 {len(worked_out)} 格是公式，"
                    f"按保存时的结果读入（{_first(worked_out)}）"
                )


def _first(numbers: Sequence[int]) -> str:
    more = " 等" if len(numbers) > _SHOWN_ROWS else ""
    return f"第 {'、'.join(map(str, numbers[:_SHOWN_ROWS]))}{more} 行"


def tables_of(path: Path) -> Iterator[Table]:
    """Yield the tables of a file, as its first bytes say what it is; a text in several readings.

    Raises BotError for a file that is not to be opened.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise BotError(f"{path} 不是文件，请写表格文件的路径。")
        with path.open("rb") as file:
            beginning = file.read(len(_OLD_OR_LOCKED))
    except OSError as error:
        raise BotError(f"{path} 读不出来，请检查文件是否存在。") from error
    if size > LARGEST:
        raise BotError(
            f"{path.name} 有 {size >> 20} MB，超过 {LARGEST >> 20} MB，不读，请只留要导入的表再另存。"
        )
    if beginning == _OLD_OR_LOCKED:
        raise BotError(f"{path.name} 是旧格式或加了密码，请另存为没有密码的 .xlsx。")
    if beginning.removeprefix(b"\xef\xbb\xbf").startswith(b"<"):
        raise BotError(f"{path.name} 里面是网页格式，请用表格软件打开后另存为 .xlsx。")
    if path.suffix.lower() in {".xlsm", ".xltm", ".xlsb", ".xlam"}:
        raise BotError(f"{path.name} 是可以带宏的表格，不读，请另存为 .xlsx。")
    yield from workbook_tables(path) if beginning.startswith(_ZIP) else text_tables(path)

"""Excel workbooks (.xlsx), read as a stream: only text and numbers, nothing of them is run.

Hidden rows, merged cells and formulas without a result must be named to the operator; the usual
readers either hide them or load the whole workbook. What a roster needs of the format (ECMA-376,
18.3 and 18.4) is little: sheets, shared strings, cells.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final
from xml.parsers import expat

from bot.model.errors import BotError
from bot.roster.table import (
    EXCEL_EPOCH,
    LONGEST_CELL,
    NOT_CALCULATED,
    Cell,
    Merge,
    Progress,
    Row,
    Table,
    UnreadableError,
)

MOST_UNPACKED: Final = 256 << 20
"""Bytes of all parts of a workbook, unpacked; 50,000 people need about 20 MB."""

_MOST_STRINGS: Final = 64 << 20
_MOST_SMALL: Final = 4 << 20
_MOST_MERGED_ROWS: Final = 1 << 20
_CHUNK: Final = 1 << 16
_EPOCH_1904: Final = date(1904, 1, 1)
_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_STRINGS: Final = "xl/sharedStrings.xml"
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    expat.ExpatError,
    KeyError,
    ValueError,
    IndexError,
)

Attributes = Mapping[str, str]


def workbook_tables(path: Path) -> Iterator[Table]:
    """Yield the visible sheets of a workbook; raises BotError for what is none, or may do harm."""
    _refuse_harm(path)
    book, relations, strings = _Book(), _Relations(), _Strings()
    _parse(path, _WORKBOOK, book, most=_MOST_SMALL)
    _parse(path, _RELATIONS, relations, most=_MOST_SMALL)
    if _STRINGS in _parts(path):
        _parse(path, _STRINGS, strings, most=_MOST_STRINGS)
    for name, relation in book.sheets:
        part = relations.parts.get(relation, "")
        if "worksheets/" in part:  # a chart may have a sheet of its own
            yield Table(name=name, read=_reader(path, part, strings.texts), epoch=book.epoch)


def _refuse_harm(path: Path) -> None:
    """Look only at the list of what is packed: nothing is unpacked yet."""
    parts = _parts(path)
    if any(name.lower().endswith("vbaproject.bin") for name in parts):
        raise BotError(f"{path.name} 带有宏，不读，请另存为不带宏的 .xlsx。")
    if any(part.flag_bits & 1 for part in parts.values()):
        raise BotError(f"{path.name} 加了密码，请另存一份没有密码的。")
    if sum(part.file_size for part in parts.values()) > MOST_UNPACKED:
        raise BotError(
            f"{path.name} 解开后超过 {MOST_UNPACKED >> 20} MB，不读，请只留花名册再另存。"
        )
    if _WORKBOOK not in parts:
        raise BotError(f"{path.name} 不是 .xlsx 表格，请另存为 .xlsx 或 CSV。")


def _parts(path: Path) -> Mapping[str, zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {part.filename: part for part in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise _damaged(path) from error


def _reader(
    path: Path, part: str, strings: list[str]
) -> Callable[[Progress], Iterator[Row | Merge]]:
    def read(progress: Progress) -> Iterator[Row | Merge]:
        sheet = _Sheet(strings)
        for done in _fed(path, part, sheet, most=MOST_UNPACKED):
            yield from sheet.rows
            sheet.rows.clear()
            progress(done)
        yield from sheet.merges

    return read


class _Part:
    """Hears the elements of one part; names come without their prefixes."""

    def begin(self, name: str, attributes: Attributes) -> None:
        """Hear the beginning of an element."""

    def end(self, name: str) -> None:
        """Hear the end of an element."""

    def text(self, text: str) -> None:
        """Hear text."""


class _Book(_Part):
    """The visible sheets by name and relation, and where days are counted from."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.epoch = EXCEL_EPOCH

    def begin(self, name: str, attributes: Attributes) -> None:
        if name == "sheet" and attributes.get("state", "visible") == "visible":
            relation = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            self.sheets.append((attributes.get("name", ""), relation))
        elif name == "workbookPr" and attributes.get("date1904") in {"1", "true"}:
            self.epoch = _EPOCH_1904


class _Relations(_Part):
    """The part that each relation leads to."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}

    def begin(self, name: str, attributes: Attributes) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "")
            part = target[1:] if target.startswith("/") else f"xl/{target}"
            self.parts[attributes.get("Id", "")] = part


class _Text(_Part):
    """Puts text together from its runs, without the reading that may stand above them."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._hears = False
        self._reading = False
        self._length = 0

    def begin(self, name: str, attributes: Attributes) -> None:
        del attributes
        if name in {"t", "v"}:
            self._hears = not self._reading
        elif name == "rPh":
            self._reading = True

    def end(self, name: str) -> None:
        if name in {"t", "v"}:
            self._hears = False
        elif name == "rPh":
            self._reading = False

    def text(self, text: str) -> None:
        if self._hears and self._length < LONGEST_CELL:
            self._pieces.append(text)
            self._length += len(text)

    def taken(self) -> str:
        """Return the text, and begin anew."""
        text = "".join(self._pieces)[:LONGEST_CELL]
        self._pieces.clear()
        self._length = 0
        if "_x" in text:
            return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        return text


class _Strings(_Text):
    """The strings that the cells of all sheets share."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def end(self, name: str) -> None:
        super().end(name)
        if name == "si":
            self.texts.append(self.taken())


class _Sheet(_Text):
    """Rows as they end, and merged stretches."""

    def __init__(self, strings: list[str]) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.merges: list[Merge] = []
        self._strings = strings
        self._number = 0
        self._hidden = False
        self._cells: dict[int, Cell] = {}
        self._column = -1
        self._kind = "n"
        self._formula = False
        self._valued = False
        self._merged_rows = 0

    def begin(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self._column = _column(attributes.get("r", ""), self._column + 1)
            self._kind = attributes.get("t", "n")
            self._formula = self._valued = False
        elif name == "row":
            number = int(attributes.get("r", self._number + 1))
            if number <= self._number:
                raise ValueError("rows out of order")
            self._number = number
            self._hidden = attributes.get("hidden") in {"1", "true"}
            self._cells = {}
            self._column = -1
        elif name == "f":
            self._formula = True
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))
        else:
            self._valued = self._valued or name in {"v", "is"}
            super().begin(name, attributes)

    def end(self, name: str) -> None:
        super().end(name)
        if name == "c":
            cell = self._cell(self.taken())
            if cell.text.strip() or cell.trouble:
                self._cells[self._column] = cell
        elif name == "row" and self._cells:
            self.rows.append(Row(self._number, self._cells, self._hidden))

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        start, end = _PLACE.fullmatch(first), _PLACE.fullmatch(last)
        if start and end:
            made = Merge(int(start[2]), _column(first, 0), int(end[2]), _column(last, 0))
            self._merged_rows += made.bottom - made.top + 1
            # Stretches do not overlap: who claims more of them than there are rows is no program.
            if self._merged_rows <= _MOST_MERGED_ROWS:
                self.merges.append(made)

    def _cell(self, text: str) -> Cell:
        # A program that works formulas out marks an empty result as text.
        if self._formula and not (text or (self._valued and self._kind == "str")):
            return Cell("", formula=True, trouble=NOT_CALCULATED)
        if self._kind == "s":
            return Cell(self._strings[int(text)] if text else "", formula=self._formula)
        if self._kind == "e":
            return Cell("", formula=self._formula, trouble=f"显示为 {text}，请改成文字")
        return Cell(text, number=self._kind == "n", formula=self._formula)


def _column(place: str, following: int) -> int:
    """Return a column from 0 by its letters; cells that do not name theirs follow each other."""
    found = _PLACE.fullmatch(place)
    if found is None:
        return following
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return column - 1


def _parse(path: Path, part: str, into: _Part, *, most: int) -> None:
    for _ in _fed(path, part, into, most=most):
        pass


def _fed(path: Path, part: str, into: _Part, *, most: int) -> Iterator[float]:
    """Feed a part to who hears it, piece by piece; yield how much of it has been read."""

    def refuse(*_: object) -> None:
        # No spreadsheet program writes one, and entities are how a small file becomes a large one.
        raise _damaged(path)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: into.begin(_local(tag), attributes)
    parser.EndElementHandler = lambda tag: into.end(_local(tag))
    parser.CharacterDataHandler = into.text
    try:
        with zipfile.ZipFile(path) as archive, archive.open(part) as source:
            size = archive.getinfo(part).file_size
            if size > most:
                raise BotError(f"{path.name} 里的内容太多，请只留花名册再另存。")
            done = 0
            while piece := source.read(_CHUNK):
                parser.Parse(piece)
                done += len(piece)
                yield done / size
        parser.Parse(b"", True)
    except _DAMAGE as error:
        raise _damaged(path) from error


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _damaged(path: Path) -> UnreadableError:
    return UnreadableError(
        f"{path.name} 已损坏或不是表格软件写的，请用表格软件打开后另存为 .xlsx。"
    )

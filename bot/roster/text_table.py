"""Tables in text (.csv), whatever encoding and separator a spreadsheet program has written."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bot.roster.table import (
    LONGEST_CELL,
    NOT_CALCULATED,
    Cell,
    Progress,
    Row,
    Table,
    UnreadableError,
)

ENCODINGS: Final = ("utf-8-sig", "gb18030", "utf-16")
SEPARATORS: Final = (",", "\t", ";")
_UNREADABLE = "\ufffd"
_REPORT_EVERY = 1_000


def text_tables(path: Path) -> Iterator[Table]:
    """Yield the same table in each way of reading it; at most one of them makes sense."""
    for encoding in ENCODINGS:
        for separator in SEPARATORS:
            yield Table(name="", read=_reader(path, encoding, separator))


def _reader(path: Path, encoding: str, separator: str) -> Callable[[Progress], Iterator[Row]]:
    """Return what yields the rows; a record over several lines is one row, as programs show it."""

    def read(progress: Progress) -> Iterator[Row]:
        size = path.stat().st_size or 1
        number = 0
        try:
            with (
                path.open("rb") as source,
                io.TextIOWrapper(source, encoding, errors="replace", newline="") as file,
            ):
                for fields in csv.reader(file, delimiter=separator, strict=True):
                    number += 1
                    cells = {place: _cell(text) for place, text in enumerate(fields) if text}
                    if cells:
                        yield Row(number, cells)
                    if number % _REPORT_EVERY == 0:
                        progress(min(1.0, source.tell() / size))
        except csv.Error as error:
            raise UnreadableError(
                f"{path.name} 从第 {number + 1} 行起读不下去，请检查引号是否成对。"
            ) from error
        except UnicodeError as error:  # UTF-16 without its mark
            raise UnreadableError(f"{path.name} 的编码认不出来，请另存为 CSV（UTF-8）。") from error

    return read


def _cell(text: str) -> Cell:
    # ="00123" is how Excel is told to leave a number alone.
    if text.startswith('="') and text.endswith('"'):
        return Cell(text[2:-1][:LONGEST_CELL])
    if text.startswith("="):
        return Cell("", formula=True, trouble=NOT_CALCULATED)
    if _UNREADABLE in text:
        return Cell("", trouble="有认不出的字，请检查文件的编码，另存为 CSV（UTF-8）")
    return Cell(text[:LONGEST_CELL])

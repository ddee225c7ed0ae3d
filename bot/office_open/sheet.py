"""A paper as a workbook with one sheet."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from bot.office_open import Paper, Row, Table
from bot.office_open.package import plain

SONG: Final = "宋体"
FANG_SONG: Final = "仿宋"
LINE_POINTS: Final = 18.0
_HIGHEST: Final = 409.0  # points; Excel has no higher row
_LONGEST: Final = 32_767
_LINE: Final = Side(style="thin")
_GRID: Final = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_TITLE: Final = Font(name=SONG, size=16, bold=True)
_HEADING: Final = Font(name=SONG, size=12, bold=True)
_TEXT: Final = Font(name=FANG_SONG, size=12, bold=False)
_FRAMED: Final = Alignment(vertical="center", wrap_text=True)
_FREE: Final = Alignment(vertical="center", wrap_text=False)
_LONGEST_NAME: Final = 31
_NOT_IN_A_NAME: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def written(paper: Paper, *, sheet: str, frozen: tuple[int, int], across: int) -> bytes:
    """Return the paper as the bytes of an .xlsx; `frozen` are the rows and columns in sight."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet.translate(_NOT_IN_A_NAME)[:_LONGEST_NAME] or "1"
    tables = [part for part in paper.parts if isinstance(part, Table)]
    widths = max((table.widths for table in tables), key=len, default=())
    for number, width in enumerate(widths, start=1):
        page.column_dimensions[get_column_letter(number)].width = width
    for number, (row, heading, framed) in enumerate(_lines(paper), start=1):
        for column, text in enumerate(row, start=1):
            _fill(page.cell(number, column), text, heading=heading, framed=framed)
        if len(row) < len(widths):  # the last one has the rest of the line
            for column in range(len(row) + 1, len(widths) + 1):
                _fill(page.cell(number, column), "", heading=heading, framed=framed)
            page.merge_cells(
                start_row=number, end_row=number, start_column=len(row), end_column=len(widths)
            )
        page.row_dimensions[number].height = _height(row, widths)
    page.cell(1, 1).font = _TITLE
    rows, columns = frozen
    page.freeze_panes = f"{get_column_letter(columns + 1)}{rows + 1}"
    if rows:
        page.print_title_rows = f"1:{rows}"
    if columns:
        page.print_title_cols = f"A:{get_column_letter(columns)}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = across, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def _lines(paper: Paper) -> Iterator[tuple[Row, bool, bool]]:
    """Yield each row of the sheet, whether it is a heading, and whether it stands in a table."""
    yield (paper.title,), False, False
    for part in paper.parts:
        if isinstance(part, str):
            yield (part,), False, False
        else:
            for number, row in enumerate(part.rows):
                yield row, number < part.headings, True


def _height(row: Row, widths: Sequence[int]) -> float:
    """Return the points that the longest cell of a row needs, a Chinese character two wide."""
    rooms = [*widths[: len(row) - 1], sum(widths[len(row) - 1 :]) or 1]
    lines = max(
        (
            sum(-(-2 * len(line) // room) or 1 for line in text.split("\n"))
            for text, room in zip(row, rooms, strict=True)
        ),
        default=1,
    )
    return min(_HIGHEST, LINE_POINTS * max(1, lines))


def _fill(cell: Any, text: str, *, heading: bool, framed: bool) -> None:
    assert isinstance(cell, Cell)
    if clean := plain(text)[:_LONGEST]:
        cell.value = clean
        cell.data_type = "s"  # "=1+1" stays what somebody wrote
    cell.font = _HEADING if heading else _TEXT
    cell.alignment = _FRAMED if framed else _FREE
    if framed:
        cell.border = _GRID

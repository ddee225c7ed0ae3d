"""Writes .docx and .xlsx as plain as an official record is: a title, tables, lines.

Text is always text: nothing a member wrote becomes a formula, a field or a link.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

Row = Sequence[str]

SONG: Final = "宋体"
FANG_SONG: Final = "仿宋"

# A4 upright with the margins of GB/T 9704.
_PAGE: Final = {"page_width": Mm(210), "page_height": Mm(297)}
_MARGINS: Final = {
    "top_margin": Mm(37),
    "bottom_margin": Mm(35),
    "left_margin": Mm(28),
    "right_margin": Mm(26),
}
LINE_POINTS: Final = 18.0
_LINE: Final = Side(style="thin")
_GRID: Final = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_LONGEST_NAME: Final = 31
_NOT_IN_A_NAME: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


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
    document = Document()
    section = document.sections[0]
    for name, length in (*_PAGE.items(), *_MARGINS.items()):
        setattr(section, name, length)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(title, paper.title, font=SONG, points=22, bold=True)
    for part in paper.parts:
        if isinstance(part, Table):
            _add_table(document, part)
        else:
            _write(document.add_paragraph(), part, points=14)
    return _saved(document)


def xlsx(paper: Paper, *, sheet: str) -> bytes:
    """Return the paper as a workbook with one sheet; every cell holds text, never a formula."""
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
    page.cell(1, 1).font = Font(name=SONG, size=16, bold=True)
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return _saved(book)


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
    lines = max(-(-2 * len(text) // room) for text, room in zip(row, rooms, strict=True))
    return LINE_POINTS * max(1, lines)


def _fill(cell: Any, text: str, *, heading: bool, framed: bool) -> None:
    assert isinstance(cell, Cell)
    cell.value = _plain(text)
    cell.data_type = "s"  # "=1+1" stays what somebody wrote
    cell.font = Font(name=SONG if heading else FANG_SONG, size=12, bold=heading)
    cell.alignment = Alignment(vertical="center", wrap_text=framed)
    if framed:
        cell.border = _GRID


def _add_table(document: Any, table: Table) -> None:
    section = document.sections[0]
    room = section.page_width - section.left_margin - section.right_margin
    made = document.add_table(rows=0, cols=len(table.widths), style="Table Grid")
    made.autofit = False
    widths = [room * share // sum(table.widths) for share in table.widths]
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    for number, row in enumerate(table.rows):
        heading = number < table.headings
        line = made.add_row()
        if heading:
            line._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - repeated on each page
        for cell, text, width in zip(line.cells, row, widths, strict=True):
            cell.width = width
            font = SONG if heading else FANG_SONG
            _write(cell.paragraphs[0], text, font=font, points=12, bold=heading)
    document.add_paragraph()


def _write(
    paragraph: Any, text: str, *, font: str = FANG_SONG, points: int, bold: bool = False
) -> None:
    run = paragraph.add_run(_plain(text))
    run.font.name, run.font.size, run.font.bold = font, Pt(points), bold
    run.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _plain(text: str) -> str:
    """Return the text without the control characters that XML cannot hold."""
    return "".join(each for each in text if each >= " " or each in "\t\n")


def _saved(document: Any) -> bytes:
    packed = BytesIO()
    document.save(packed)
    return packed.getvalue()

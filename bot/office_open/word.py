"""A paper as a Word document."""

from io import BytesIO
from typing import Any, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from bot.office_open import Paper, Table
from bot.office_open.package import plain

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


def written(paper: Paper) -> bytes:
    """Return the paper as the bytes of a .docx."""
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
    made = BytesIO()
    document.save(made)
    return made.getvalue()


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
    run = paragraph.add_run(plain(text))
    run.font.name, run.font.size, run.font.bold = font, Pt(points), bold
    run.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)

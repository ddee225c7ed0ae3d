"""Writes .docx and .xlsx (ECMA-376), as plain as an official record is: a title, tables, lines.

Only what every office program reads: no fields, no macros, no links; text is always text.
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final
from xml.sax.saxutils import escape

Row = Sequence[str]

_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_P: Final = "http://schemas.openxmlformats.org/package/2006"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_AT: Final = (1980, 1, 1, 0, 0, 0)
# A4 upright with the margins of GB/T 9704, in twentieths of a point.
_PAGE: Final = (
    '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="2098" w:right="1474" w:bottom="1985" w:left="1588" w:header="851"'
    ' w:footer="992" w:gutter="0"/></w:sectPr>'
)
_WIDTH: Final = 11906 - 1474 - 1588
_EDGES: Final = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:color="000000"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


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
    body = "".join(
        [
            _paragraph(paper.title, font="宋体", half_points=44, bold=True, centred=True),
            *(
                _table(part) if isinstance(part, Table) else _paragraph(part)
                for part in paper.parts
            ),
        ]
    )
    return _package(
        ("word/document.xml", "wordprocessingml.document.main"),
        [f'{_HEAD}<w:document xmlns:w="{_W}"><w:body>{body}{_PAGE}</w:body></w:document>'],
    )


def xlsx(paper: Paper, *, sheet: str) -> bytes:
    """Return the paper as a workbook with one sheet; every cell holds text, never a formula."""
    tables = [part for part in paper.parts if isinstance(part, Table)]
    widths = max((table.widths for table in tables), key=len, default=())
    rows = [_cells([(paper.title, 1)])]
    for part in paper.parts:
        if isinstance(part, str):
            rows.append(_cells([(part, 0)]))
            continue
        rows += [
            _cells([(cell, 2 if number < part.headings else 3) for cell in row])
            for number, row in enumerate(part.rows)
        ]
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(widths, start=1)
    )
    data = "".join(f'<row r="{n}">{_placed(row, n)}</row>' for n, row in enumerate(rows, start=1))
    name = escape(sheet[:31], {'"': "&quot;"})
    book = (
        f'{_HEAD}<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>'
        f'<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    page = (
        f'{_HEAD}<worksheet xmlns="{_S}">'
        f"{f'<cols>{columns}</cols>' if columns else ''}<sheetData>{data}</sheetData></worksheet>"
    )
    return _package(
        ("xl/workbook.xml", "spreadsheetml.sheet.main"), [book, page, "".join(_styles())]
    )


def _paragraph(
    text: str,
    *,
    font: str = "仿宋",
    half_points: int = 28,
    bold: bool = False,
    centred: bool = False,
) -> str:
    about = '<w:pPr><w:jc w:val="center"/></w:pPr>' if centred else ""
    run = (
        f'<w:rPr><w:rFonts w:ascii="{font}" w:eastAsia="{font}" w:hAnsi="{font}"/>'
        f'{"<w:b/>" if bold else ""}<w:sz w:val="{half_points}"/></w:rPr>'
    )
    return (
        f'<w:p>{about}<w:r>{run}<w:t xml:space="preserve">{escape(_plain(text))}</w:t></w:r></w:p>'
    )


def _table(table: Table) -> str:
    whole = sum(table.widths)
    widths = [each * _WIDTH // whole for each in table.widths]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    rows = []
    for number, row in enumerate(table.rows):
        heading = number < table.headings
        cells = "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
            + _paragraph(cell, half_points=24, bold=heading, font="宋体" if heading else "仿宋")
            + "</w:tc>"
            for cell, width in zip(row, widths, strict=True)
        )
        repeated = "<w:trPr><w:tblHeader/></w:trPr>" if heading else ""
        rows.append(f"<w:tr>{repeated}{cells}</w:tr>")
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{_WIDTH}" w:type="dxa"/>'
        f'<w:tblBorders>{_EDGES}</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>{_paragraph('')}"
    )


def _cells(row: Sequence[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    return [(escape(_plain(text)), style) for text, style in row]


def _placed(row: Sequence[tuple[str, int]], number: int) -> str:
    return "".join(
        f'<c r="{chr(65 + column)}{number}" s="{style}" t="inlineStr">'
        f'<is><t xml:space="preserve">{text}</t></is></c>'
        for column, (text, style) in enumerate(row)
    )


def _plain(text: str) -> str:
    """Return the text without the control characters that XML cannot hold."""
    return "".join(each for each in text if each >= " " or each in "\t\n")


def _package(main: tuple[str, str], parts: Sequence[str]) -> bytes:
    """Return the parts in a package; a workbook's further parts are its sheet and its styles."""
    folder = main[0].partition("/")[0]
    names = [main[0], *(f"{folder}/{name}" for name, _ in _MORE[: len(parts) - 1])]
    kinds = [main[1], *(kind for _, kind in _MORE[: len(parts) - 1])]
    types = "".join(
        f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.'
        f'{kind}+xml"/>'
        for name, kind in zip(names, kinds, strict=True)
    )
    listed = (
        f'{_HEAD}<Types xmlns="{_P}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>'
    )
    files = [
        ("[Content_Types].xml", listed),
        ("_rels/.rels", _relations([("officeDocument", names[0])])),
        *zip(names, parts, strict=True),
    ]
    if len(parts) > 1:
        related = [("worksheet", _MORE[0][0]), ("styles", _MORE[1][0])]
        files.append((f"{folder}/_rels/workbook.xml.rels", _relations(related)))
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            # The same record gives the same file: no date of its own.
            archive.writestr(zipfile.ZipInfo(name, _AT), content.encode(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{_R}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_HEAD}<Relationships xmlns="{_P}/relationships">{listed}</Relationships>'


def _styles() -> Iterator[str]:
    yield f'{_HEAD}<styleSheet xmlns="{_S}"><fonts count="3">'
    yield '<font><sz val="12"/><name val="仿宋"/></font>'
    yield '<font><b/><sz val="16"/><name val="宋体"/></font>'
    yield '<font><b/><sz val="12"/><name val="宋体"/></font></fonts>'
    yield '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    yield '<fill><patternFill patternType="gray125"/></fill></fills>'
    yield '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border>'
    for side in ("left", "right", "top", "bottom"):
        yield f'<{side} style="thin"><color auto="1"/></{side}>'
    yield "<diagonal/></border></borders>"
    yield '<cellStyleXfs count="1"><xf fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    yield '<cellXfs count="4">'
    for font, border in ((0, 0), (1, 0), (2, 1), (0, 1)):
        yield (
            f'<xf numFmtId="49" fontId="{font}" fillId="0" borderId="{border}" xfId="0"'
            ' applyNumberFormat="1" applyFont="1" applyBorder="1" applyAlignment="1">'
            f'<alignment vertical="center" wrapText="{border}"/></xf>'
        )
    yield "</cellXfs></styleSheet>"


_MORE: Final = (
    ("worksheets/sheet1.xml", "spreadsheetml.worksheet"),
    ("styles.xml", "spreadsheetml.styles"),
)

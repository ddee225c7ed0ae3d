"""Workbooks as spreadsheet programs write them, made by hand: so every oddity can be made, too."""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HIDDEN = ' hidden="1"'
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


@dataclass(frozen=True)
class Formula:
    """A formula; `result` is None where no program has worked it out, `hollow` its empty place."""

    text: str
    result: str | float | None = None
    hollow: bool = False


@dataclass(frozen=True)
class Error:
    """A cell that shows an error."""

    text: str


@dataclass(frozen=True)
class Runs:
    """A text of several styles, with a reading above it."""

    runs: tuple[str, ...]
    reading: str = ""


Value = str | int | float | bool | Formula | Error | Runs | None


def workbook(
    path: Path,
    *sheets: Sequence[Sequence[Value]],
    names: Sequence[str] = (),
    hidden_sheets: Sequence[str] = (),
    hidden: Iterable[int] = (),
    merged: Iterable[str] = (),
    epoch_1904: bool = False,
    prefix: str = "",
    places: bool = True,
    more: Mapping[str, str | bytes] | None = None,
) -> Path:
    """Write a workbook; `hidden` and `merged` apply to the first sheet."""
    strings: dict[str, int] = {}
    names = names or [f"Sheet{number}" for number in range(1, len(sheets) + 1)]
    parts: dict[str, str | bytes] = {}
    for number, rows in enumerate(sheets, start=1):
        first = number == 1
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(
            rows,
            strings,
            hidden=set(hidden) if first else set(),
            merged=list(merged) if first else [],
            prefix=prefix,
            places=places,
        )
    shown = {name: ' state="hidden"' if name in hidden_sheets else "" for name in names}
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"{shown[name]}/>'
        for number, name in enumerate(names, start=1)
    )
    epoch = ' date1904="1"' if epoch_1904 else ""
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f"<workbookPr{epoch}/><sheets>{listed}</sheets></workbook>"
    )
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{OFFICE}/worksheet"'
            f' Target="worksheets/sheet{number}.xml"/>'
            for number in range(1, len(sheets) + 1)
        )
        + "</Relationships>"
    )
    texts = "".join(f"<si>{each}</si>" for each in strings)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{texts}</sst>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts | dict(more or {})).items():
            archive.writestr(name, content)
    return path


def _sheet(
    rows: Sequence[Sequence[Value]],
    strings: dict[str, int],
    *,
    hidden: set[int],
    merged: list[str],
    prefix: str,
    places: bool,
) -> str:
    p = f"{prefix}:" if prefix else ""
    space = f":{prefix}" if prefix else ""
    lines = [f'<{p}worksheet xmlns{space}="{MAIN}"><{p}sheetData>']
    for number, row in enumerate(rows, start=1):
        place = f' r="{number}"' if places else ""
        lines.append(f"<{p}row{place}{HIDDEN if number in hidden else ''}>")
        for column, value in enumerate(row):
            if value is None and places:
                continue
            at = f' r="{_letters(column)}{number}"' if places else ""
            lines.append(_cell(value, at, strings, p))
        lines.append(f"</{p}row>")
    lines.append(f"</{p}sheetData>")
    if merged:
        lines.append(
            f"<{p}mergeCells>"
            + "".join(f'<{p}mergeCell ref="{each}"/>' for each in merged)
            + f"</{p}mergeCells>"
        )
    lines.append(f"</{p}worksheet>")
    return "".join(lines)


def _cell(value: Value, at: str, strings: dict[str, int], p: str) -> str:
    kind, inside = _content(value, strings, p, inline=not at)
    return f"<{p}c{at}{kind}>{inside}</{p}c>"


def _content(value: Value, strings: dict[str, int], p: str, *, inline: bool) -> tuple[str, str]:
    match value:
        case None:
            return "", ""
        case Formula(text, result, hollow):
            formula = f"<{p}f>{escape(text)}</{p}f>"
            kind, content = _content(result, strings, p, inline=False)
            if hollow:
                content = f"<{p}v/>"
            if isinstance(result, str):
                kind, content = ' t="str"', f"<{p}v>{escape(result)}</{p}v>"
            return kind, formula + content
        case bool() | int() | float():
            kind = ' t="b"' if isinstance(value, bool) else ""
            return kind, f"<{p}v>{int(value) if kind else value}</{p}v>"
        case Error(text):
            return ' t="e"', f"<{p}v>{text}</{p}v>"
        case str() if inline:
            return ' t="inlineStr"', f"<{p}is><{p}t>{escape(value)}</{p}t></{p}is>"
        case Runs(runs, reading):
            shared = "".join(f"<r><t>{escape(run)}</t></r>" for run in runs)
            shared += f'<rPh sb="0" eb="1"><t>{reading}</t></rPh>' if reading else ""
        case str():
            shared = f'<t xml:space="preserve">{escape(value)}</t>'
    return ' t="s"', f"<{p}v>{strings.setdefault(shared, len(strings))}</{p}v>"


def _letters(column: int) -> str:
    return chr(65 + column) if column < 26 else _letters(column // 26 - 1) + chr(65 + column % 26)

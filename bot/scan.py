"""`qungui scan`: screening of files without any chat.

A message has the id that its line gives (`id` in .jsonl, an id column in .csv), otherwise
`FILE:LINE`, lines counted from 1, FILE as it was named (`-` for standard input). `why` is the list
of the names of signals, then of foldings.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal, TextIO

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from bot.model.finding import Clause, Flag, Topic
from bot.screening.engine import Engine, Screening
from bot.screening.excerpt import excerpt, masked

NOTHING_FOUND: Final = 0
SOMETHING_FOUND: Final = 1
UNREADABLE: Final = 2
"""Exit status when an input or a line could not be read; it outranks the other two."""

STANDARD_INPUT: Final = "-"
TEXT_HEADINGS: Final = (
    "text",
    "内容",
    "消息",
    "消息内容",
    "正文",
    "文本",
    "content",
    "message",
    "msg",
)
ID_HEADINGS: Final = ("id", "编号", "序号", "消息id", "message_id")

ClausesOf = Callable[[Topic], Sequence[Clause]]
Format = Literal["jsonl", "table"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One message of an input: its text, or why it could not be read."""

    id: str | int
    text: str = ""
    error: str = ""


def scan(
    paths: Sequence[str],
    *,
    engine: Engine,
    clauses_of: ClausesOf,
    format: Format,  # noqa: A002  named as the option is
    out: TextIO,
    err: TextIO,
    progress: bool | None = None,
    stdin: BinaryIO | None = None,
) -> int:
    """Screen files in order and print what was found; return the exit status.

    `progress` shows a bar on `err`; None means: if `err` is a terminal.
    """
    status = NOTHING_FOUND
    bar = Progress(console=Console(file=err), transient=True, disable=not _shown(progress, err))
    report = _Jsonl(out, clauses_of) if format == "jsonl" else _Table(out, clauses_of)
    with bar:
        for path in paths:
            try:
                for line in _lines(path, stdin or sys.stdin.buffer, bar):
                    screening = engine.screen(line.text) if not line.error else Screening()
                    report.add(line, screening)
                    status = max(status, _status(line, screening))
            except BrokenPipeError:
                raise  # who reads our output has enough
            except OSError as fault:
                err.write(
                    f"无法读取 {path}：{fault.strerror or fault}，请检查文件是否存在、是否有权限。\n"
                )
                status = UNREADABLE
    report.close()
    return status


def _shown(progress: bool | None, err: TextIO) -> bool:
    return err.isatty() if progress is None else progress


def _status(line: Line, screening: Screening) -> int:
    if line.error or screening.failed:
        return UNREADABLE
    return SOMETHING_FOUND if screening.flags else NOTHING_FOUND


def _lines(path: str, stdin: BinaryIO, bar: Progress) -> Iterator[Line]:
    """Yield the messages of one input; OSError if it cannot be opened or read."""
    if path == STANDARD_INPUT:
        yield from _read(path, _decoded(_watched(stdin, bar, None)))
        return
    with Path(path).open("rb") as source:
        size = Path(path).stat().st_size
        yield from _read(path, _decoded(_watched(source, bar, size)))


def _read(path: str, lines: Iterator[str]) -> Iterator[Line]:
    """Read an input as its name says; a name that says nothing is a message a line."""
    ending = Path(path).suffix.lower()
    if ending in {".jsonl", ".ndjson"}:
        return _read_jsonl(path, lines)
    if ending == ".csv":
        return _read_csv(path, lines)
    return _read_text(path, lines)


def _watched(source: BinaryIO, bar: Progress, size: int | None) -> Iterator[bytes]:
    task = bar.add_task("筛查", total=size)
    for line in source:
        bar.advance(task, len(line))
        yield line


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    """Yield lines as text: UTF-8, or GB 18030 if the first line that is not ASCII says so.

    Bytes that fit neither are left as surrogates, for the reader to refuse.
    """
    encoding = ""
    for number, line in enumerate(lines):
        raw = line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
        if not encoding and not raw.isascii():
            encoding = "gb18030" if not _fits(raw, "utf-8") and _fits(raw, "gb18030") else "utf-8"
        yield raw.decode(encoding or "utf-8", errors="surrogateescape")


def _fits(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _read_text(path: str, lines: Iterator[str]) -> Iterator[Line]:
    for number, line in enumerate(lines, start=1):
        yield _line(f"{path}:{number}", line.rstrip("\r\n"))


def _line(name: str | int, text: str) -> Line:
    if _escaped(text):
        return Line(id=name, error="这一行的编码无法识别，请另存为 UTF-8 后重试")
    return Line(id=name, text=text)


def _escaped(text: str) -> bool:
    """Return whether undecodable bytes were left in a line that was just decoded."""
    return any("\udc80" <= character <= "\udcff" for character in text)


def _read_jsonl(path: str, lines: Iterator[str]) -> Iterator[Line]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        if _escaped(line):
            yield _line(place, line)
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield Line(id=place, error="这一行不是有效的 JSON")
            continue
        name = row.get("id") if isinstance(row, dict) else None
        if not isinstance(name, str | int):
            name = place
        if isinstance(row, dict) and isinstance(row.get("text"), str):
            yield Line(id=name, text=row["text"])
        else:
            yield Line(id=name, error='这一行应当是 {"text": "……"}')


def _read_csv(path: str, lines: Iterator[str]) -> Iterator[Line]:
    rows = csv.reader(lines)
    heading = [cell.strip().lower() for cell in next(rows, [])]
    column = _column(heading, TEXT_HEADINGS)
    names = _column(heading, ID_HEADINGS)
    if column is None:
        yield Line(id=f"{path}:1", error=f"找不到文本列，请把列名改为 {TEXT_HEADINGS[0]} 或 内容")
        return
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield Line(id=f"{path}:{rows.line_num}", error="这一行不是有效的 CSV")
            continue
        place = f"{path}:{rows.line_num}"
        name = row[names] if names is not None and names < len(row) and row[names] else place
        if column < len(row):
            yield _line(name, row[column])
        elif row:
            yield Line(id=name, error="这一行没有文本列")


def _column(heading: list[str], known: tuple[str, ...]) -> int | None:
    return next((heading.index(name) for name in known if name in heading), None)


def _excerpt(text: str, flag: Flag, screening: Screening) -> str:
    """Return the masked excerpt; nothing at all of a message that bears a secret marking."""
    if any(one.topic is Topic.CLASSIFIED for one in screening.flags):
        return ""
    kept, start = excerpt(text, flag.spans)
    return masked(kept, start, (span for one in screening.flags for span in one.spans))


def _why(flag: Flag) -> list[str]:
    return [*flag.why.signals, *flag.why.foldings]


def _printable(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode("utf-8")


class _Jsonl:
    """One object per message, flushed one by one."""

    def __init__(self, out: TextIO, clauses_of: ClausesOf) -> None:
        self._out = out
        self._clauses_of = clauses_of

    def add(self, line: Line, screening: Screening) -> None:
        row: dict[str, object] = {"id": line.id}
        if line.error:
            row["error"] = line.error
        elif screening.failed:
            row["error"] = f"未完整筛查，出错的规则：{'、'.join(screening.failed)}"
        if not line.error:
            row["findings"] = [
                {
                    "topic": flag.topic.value,
                    "rule": flag.rule,
                    "clauses": [clause.code for clause in self._clauses_of(flag.topic)],
                    "severity": flag.severity.word,
                    "start": flag.start,
                    "end": flag.end,
                    "why": _why(flag),
                    "excerpt": _excerpt(line.text, flag, screening),
                }
                for flag in screening.flags
            ]
        self._out.write(_printable(json.dumps(row, ensure_ascii=False)) + "\n")
        self._out.flush()

    def close(self) -> None:
        """Nothing is left to print."""


class _Table:
    """A table of what was found, and a closing sentence."""

    def __init__(self, out: TextIO, clauses_of: ClausesOf) -> None:
        self._console = Console(file=out, highlight=False)
        self._clauses_of = clauses_of
        self._table = Table(title="筛查结果", show_lines=True)
        for heading in ("消息", "类别", "级别", "依据条款", "理由", "摘录"):
            self._table.add_column(heading, overflow="fold")
        self._messages = self._found = self._unread = 0

    def add(self, line: Line, screening: Screening) -> None:
        self._messages += 1
        self._found += bool(screening.flags)
        self._unread += bool(line.error or screening.failed)
        if line.error:
            self._row(line, "—", "—", "—", line.error, "")
        for flag in screening.flags:
            self._row(
                line,
                flag.topic.label,
                flag.severity.label,
                "、".join(clause.citation for clause in self._clauses_of(flag.topic)) or "无",
                "、".join(_why(flag)),
                _excerpt(line.text, flag, screening) or "（涉密，不显示）",
            )
        if screening.failed:
            self._row(line, "—", "—", "—", f"未完整筛查：{'、'.join(screening.failed)}", "")

    def close(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)
        self._console.print(
            f"共 {self._messages} 条消息，{self._found} 条有发现，{self._unread} 条未能完整筛查。"
        )

    def _row(self, line: Line, *cells: str) -> None:
        self._table.add_row(*(Text(_printable(cell)) for cell in (str(line.id), *cells)))

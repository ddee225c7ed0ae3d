"""What a benchmark is and what it hands back: rows for a table, in Markdown."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pysqlite3 import dbapi2


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table; `verdict` compares with the target in a sentence, `notes` say how it was done."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    verdict: str
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        """Return the table as it stands in RESULTS.md."""
        lines = [f"## {self.title}", "", _row(self.head), _row(["---"] * len(self.head))]
        lines += [_row(row) for row in self.rows]
        lines += ["", f"**{self.verdict}**", ""]
        return "\n".join([*lines, *(f"- {note}" for note in self.notes), ""])


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A benchmark by its name; `run(scale)` does `scale` times the usual work (a test: little)."""

    name: str
    run: Callable[[float], Table]


def machine() -> str:
    """Describe the machine, without a date."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in _lines(Path("/proc/cpuinfo"))
            if line.startswith("model name")
        ),
        platform.processor() or "unknown CPU",
    )
    return (
        f"{model}, {os.cpu_count()} cores · {platform.system()} {platform.release()} ·"
        f" Python {platform.python_version()} · SQLite {dbapi2.sqlite_version}"
    )


def times(count: int, scale: float, *, least: int = 1) -> int:
    """Return a count at another scale."""
    return max(least, round(count * scale))


def spread(values: Sequence[float], form: str = "{:,.1f}") -> str:
    """Return a median with the least and the greatest."""
    shown = (form.format(each) for each in (median(values), min(values), max(values)))
    return "{} ({}-{})".format(*shown)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _lines(path: Path) -> Sequence[str]:
    return path.read_text().splitlines() if path.exists() else ()

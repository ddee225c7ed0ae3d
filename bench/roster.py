"""Importing the roster of a large office: read, compared, kept; then the same one again."""

import csv
import logging
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from bench.names import name
from bench.office import Office, an_office, submit_all
from bench.steps import Letters
from bench.table import Benchmark, Table, times
from bot.bootstrap import Plugins, load_plugins
from bot.calendar import local
from bot.clock import SystemClock
from bot.model.event import RosterSubmitted
from bot.roster import read_roster
from bot.roster.telling import preview, told_preview
from tests.roster.workbooks import workbook

SECONDS = 60.0
PEOPLE, UNITS = 50_000, 300
_HEADINGS = ("序号", "姓名", "科室", "职务", "工号", "手机", "离职日期", "备注")


def run(scale: float) -> Table:
    """Import a workbook and a text of the same people, each into a store of its own."""
    logging.disable(logging.CRITICAL)
    people, loaded = times(PEOPLE, scale, least=500), load_plugins()
    with tempfile.TemporaryDirectory(prefix="qungui-bench-") as folder:
        rows, slowest = [], 0.0
        for write in (_workbook, _text):
            path = write(Path(folder), people)
            first, again = _imported(path, people, loaded)
            slowest = max(slowest, sum(first), sum(again))
            megabytes = path.stat().st_size / 1e6
            rows += [
                _row(f"{path.suffix}, {megabytes:.1f} MB", people, first),
                _row(f"{path.suffix}, again", people, again),
            ]
    return Table(
        title="roster: a whole office imported",
        head=("file", "people", "read", "previewed", "kept", "seconds"),
        rows=rows,
        verdict=f"{slowest:.1f} s (target: {SECONDS:.0f} s)",
        notes=(
            "offline, as `qungui roster import` does it without its questions",
            "kept: the one worker is busy so long; a running bot handles nothing else meanwhile",
        ),
    )


def _imported(path: Path, people: int, loaded: Plugins) -> tuple[Sequence[float], Sequence[float]]:
    """Return the seconds of each step, at first and when the file comes again unchanged."""
    with an_office(loaded, groups=1, post=Letters()) as office:
        first, again = _steps(path, office), _steps(path, office)
        kept = sum(person.on_roster for person in office.records.people.all())
    assert kept == people, "somebody was not kept"
    return first, again


def _steps(path: Path, office: Office) -> Sequence[float]:
    now, known = SystemClock().now(), office.records.people
    moments = [time.perf_counter()]
    file = read_roster(path, keep_identity=False, progress=_nobody)
    assert not file.problems, "the roster was written wrongly"
    moments.append(time.perf_counter())
    found = preview(
        known.all(), file.rows, next_id=known.next_id(), today=local(now).date(), whole=True
    )
    deque(told_preview(found), maxlen=0)
    moments.append(time.perf_counter())
    submit_all(
        office.worker,
        [RosterSubmitted(at=now, rows=file.rows, whole=True, submitted_by="operator")],
    )
    moments.append(time.perf_counter())
    return [after - before for before, after in pairwise(moments)]


def _workbook(folder: Path, people: int) -> Path:
    return workbook(folder / "roster.xlsx", list(_rows(people)))


def _text(folder: Path, people: int) -> Path:
    path = folder / "roster.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(_rows(people))
    return path


def _rows(people: int) -> Iterator[Sequence[str | int]]:
    yield _HEADINGS
    for number in range(1, people + 1):
        left = "2026-10-30" if number % 50 == 0 else ""
        staff, phone = f"GH{number:06}", f"138{number:08}"
        yield number, name(number), f"第{number % UNITS}科", "科员", staff, phone, left, ""


def _row(file: str, people: int, seconds: Sequence[float]) -> Sequence[str]:
    steps = (f"{each:.1f} s" for each in seconds)
    return (file, f"{people:,}", *steps, f"{sum(seconds):.1f}")


def _nobody(_: float) -> None:
    """Tell nobody how far it is."""


BENCHMARK = Benchmark(name="roster", run=run)

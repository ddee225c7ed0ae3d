"""Each benchmark runs and says what it measured; how fast it was is nobody's business here."""

import importlib
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.__main__ import NAMES
from bench.frames import ACCOUNT, group_messages
from bench.table import Table, machine
from bot.adapters.onebot import decode
from bot.clock import SystemClock
from bot.model.event import MessagePosted

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _logging_stays_on() -> Iterator[None]:
    before = logging.root.manager.disable
    yield
    logging.disable(before)


APART = {"throughput", "wechaty_kills"}
"""NoneBot needs a process of its own; killing gateways is what tests/adapters/test_wechaty.py does."""


@pytest.mark.parametrize("name", [each for each in NAMES if each not in APART])
def test_a_benchmark_measures_something(name):
    benchmark = importlib.import_module(f"bench.{name}").BENCHMARK

    table: Table = benchmark.run(0.01)

    assert benchmark.name == name
    assert all(len(row) == len(table.head) for row in table.rows)
    assert re.search(r"\d", table.markdown())


def test_the_comparison_with_nonebot_runs_in_a_process_of_its_own():
    # NoneBot keeps its one application in its module; it must not meet other tests.
    done = subprocess.run(
        [sys.executable, "-m", "bench", "throughput", "--scale", "0.01"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "times NoneBot2's rate" in done.stdout


def test_every_message_of_a_benchmark_is_one_of_its_own():
    frames = group_messages(1_000, groups=7)

    events = [decode(frame, account=ACCOUNT, now=SystemClock().now()) for frame in frames]

    assert all(isinstance(event, MessagePosted) for event in events)
    assert len({event.message.id for event in events}) == 1_000
    assert len({event.message.sender for event in events}) == 1_000
    assert len({event.message.group for event in events}) == 7


def test_the_machine_is_described_without_a_date():
    described = machine()

    assert "Python" in described
    assert "SQLite" in described
    assert not re.search(r"20\d\d", described)


def test_an_unknown_benchmark_is_refused_with_the_names_there_are():
    done = subprocess.run(
        [sys.executable, "-m", "bench", "speed"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert all(name in done.stderr for name in NAMES)

"""Matching cards with a roster of 50,000: how fast, and how often right on the labelled cards."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bench.names import name
from bench.table import Benchmark, Table, spread, times
from bot.model.group import Person
from bot.people.roster import Roster

RIGHT, WRONG = 0.85, 0
PEOPLE, CARDS, RUNS, UNITS = 50_000, 20_000, 5, 300
_LABELLED = Path(__file__).parents[1] / "tests" / "people"
_MONDAY = date(2026, 11, 23)
_SETS = ("tuned", "held_out", "hostile")
_SURE = frozenset({"clear", "moved", "left"})


def run(scale: float) -> Table:
    """Build the index, match cards of every kind, then ask for the labelled ones."""
    size, count = times(PEOPLE, scale, least=500), times(CARDS, scale, least=200)
    everybody = [
        Person(id=number, name=name(number), unit=f"第{number % UNITS}科", on_roster=True)
        for number in range(1, size + 1)
    ]
    started = time.perf_counter()
    roster = Roster(everybody)
    built = time.perf_counter() - started
    kinds = {
        "unit and name": [f"{each.unit} {each.name}" for each in everybody[:count]],
        "name only": [each.name for each in everybody[:count]],
        "nobody's name": [f"小太阳{number}" for number in range(count)],
    }
    speeds = {kind: spread(_speeds(roster, cards)) for kind, cards in kinds.items()}
    quality = {which: _quality(which) for which in _SETS}
    asked, right, wrong = (sum(each) for each in zip(*quality.values(), strict=True))
    return Table(
        title="people: cards matched with the roster",
        head=("what", "of", "measured"),
        rows=[
            ("index", f"{size:,} people", f"{built:.2f} s"),
            *(
                (f"match: {kind}", f"{len(kinds[kind]):,} cards", f"{speed} µs a card")
                for kind, speed in speeds.items()
            ),
            *(
                (f"labelled: {which}", f"{of} cards", f"{fit / of:.1%} right, {amiss} wrong")
                for which, (of, fit, amiss) in quality.items()
            ),
        ],
        verdict=(
            f"{wrong} wrong persons proposed as the one, {right / asked:.1%} right"
            f" (target: {WRONG}, at least {RIGHT:.0%})"
        ),
        notes=(
            "right: the same verdict and the same people as the label says; a person confirms each",
            "the labelled sets stand in tests/people; cards and people are invented",
        ),
    )


def _speeds(roster: Roster, cards: Sequence[str]) -> list[float]:
    """Return microseconds a card, run by run."""
    found = []
    for _ in range(RUNS):
        started = time.perf_counter()
        for card in cards:
            roster.propose(card=card, unit="第7科", on=_MONDAY)
        found.append((time.perf_counter() - started) / len(cards) * 1e6)
    return found


def _quality(which: str) -> tuple[int, int, int]:
    """Return of how many labelled cards how many were right, and how many named a wrong person."""
    roster = Roster([_person(each) for each in _lines("roster.jsonl")], office="云江市财政局")
    asked = right = wrong = 0
    for label in _lines("cards.jsonl"):
        if label["set"] != which:
            continue
        proposal = roster.propose(
            card=label["card"],
            nickname=label.get("nickname", ""),
            unit=label["unit"],
            on=_MONDAY,
            earlier=label.get("confirmed"),
        )
        people = sorted(person.id for person in proposal.people)
        one = proposal.person
        asked += 1
        right += (proposal.verdict, people) == (label["verdict"], label["people"])
        wrong += one is not None and (
            label["verdict"] not in _SURE or one.id not in label["people"]
        )
    return asked, right, wrong


def _person(line: Mapping[str, Any]) -> Person:
    days = {key: date.fromisoformat(line[key]) for key in line if key.endswith("_on")}
    return Person(**{**line, **days})


def _lines(file: str) -> Iterator[Mapping[str, Any]]:  # any: what stands in a line of JSON
    for line in (_LABELLED / file).read_text("utf-8").splitlines():
        yield json.loads(line)


BENCHMARK = Benchmark(name="people", run=run)

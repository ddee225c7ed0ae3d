"""Looks: a replay reads kept excerpts, and every look at them is recorded (PIPL; HS-9)."""

from collections.abc import Iterator
from typing import Any

from bot.model.action import Action, Record
from bot.model.event import FindingsReplayed
from bot.plugin import Context, Workflow, on


def note(_: Context[Any], event: FindingsReplayed) -> Iterator[Action]:
    """Record that the kept excerpts of a rule were read by a program."""
    yield Record(actor="operator", deed="findings.replayed", subject=f"rule:{event.rule or '*'}")


WORKFLOW = Workflow(name="looks", listens=(on(FindingsReplayed, note),))

"""What the adapters that carry documents share: how one is made, and a name every system takes."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from bot.model.action import Outgoing
from bot.model.event import Ability, OutcomeState
from bot.model.filing import Document
from bot.model.port import Inflow, Outcome

Render = Callable[[Document], tuple[str, str, bytes]]
"""Makes a form: its file's name, media type and content; BotError where it cannot be made."""

_LONGEST_BYTES = 180
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*]')
_OF_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def printable(text: str) -> str:
    """Return text as one line: what cannot be seen or printed becomes a space."""
    seen = (letter if letter.isprintable() else " " for letter in text)
    return " ".join("".join(seen).split())


def safe_name(name: str, *, number: int = 1) -> str:
    """Return a file's name without folders, at most 200 bytes long; from 2 on with a number."""
    path = PurePosixPath(_NOT_IN_NAMES.sub("_", printable(name)).lstrip(". "))
    suffix = path.suffix if path.suffix.isascii() and len(path.suffix) <= 10 else ""
    stem = path.name.removesuffix(suffix).encode()[:_LONGEST_BYTES].decode("utf-8", "ignore")
    stem = stem.rstrip(". ") or "文件"
    if _OF_DEVICES.fullmatch(stem):
        stem = f"_{stem}"
    return f"{stem} ({number}){suffix}" if number > 1 else f"{stem}{suffix}"


class NotConfigured:
    """Stands where the configuration names no server or folder: what it is given fails at once."""

    name: Final = "没有配置"
    abilities: Final[frozenset[Ability]] = frozenset()
    trouble: Final = None

    def __init__(self, account: str) -> None:
        self.account: Final = account

    async def run(self, inflow: Inflow) -> None:
        """Wait until cancelled."""
        del inflow
        await asyncio.Event().wait()

    async def perform(self, action: Outgoing) -> Outcome:
        """Fail: it is certain that nothing was sent."""
        del action
        return Outcome(state=OutcomeState.FAILED, reason="not_configured")

    async def find(self, action: Outgoing, *, since: datetime) -> Outcome:
        """Nobody can tell: it was sent when the way was configured."""
        del action, since
        return Outcome(state=OutcomeState.UNKNOWN, reason="not_configured")

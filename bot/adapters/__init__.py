"""The ways to other places: one file or package per chat platform, declared in its ADAPTER."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.model.port import Adapter, Clock

Count = Callable[[str, str], None]
Endpoint = Callable[[Any], Awaitable[None]]
"""What serves a WebSocket connection of the web application."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """What an account is opened with.

    `settings` are the account's own, of the type that its platform declares; `count(kind, reason)`
    is told of what was dropped; `folder` (0700) is where files for the operator may be put, `out`
    shows him a text at the console; `timing` replaces the platform's usual waits.
    """

    name: str
    settings: Any
    token: str = field(repr=False)
    clock: Clock
    count: Count
    folder: Path
    out: Callable[[str], None]
    timing: Any = None


def _no_doors(_: Sequence[Adapter]) -> Mapping[str, Endpoint]:
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """A way to a chat platform: its name in the configuration, and how its accounts are opened.

    `chat` is the platform that its accounts begin with (`qq:10001`; empty: the name): several ways
    may lead to one.
    `settings` is a type whose fields are the keys an account may have besides the common ones;
    `open` raises BotError for settings that cannot work. `doors` gives the WebSocket paths through
    which peers connect to the adapters given. `limits` says, for people, what its accounts cannot
    do.
    """

    name: str
    settings: type[Any]
    open: Callable[[Opening], Adapter]
    chat: str = ""
    needs_token: bool = True
    doors: Callable[[Sequence[Adapter]], Mapping[str, Endpoint]] = _no_doors
    limits: tuple[str, ...] = ()

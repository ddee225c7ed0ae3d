"""Which mail server, how we speak with it, and how that ends."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.model.event import OutcomeState

ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
"""The addresses we use; others (with quotes, in Chinese) few servers take."""


class Security(StrEnum):
    """How a connection is sealed; NONE is for a server on the same machine only."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """Where the server is and who we are to it.

    `timeout`: seconds for each of its answers; `patience`: for the last one, before which it may
    scan a mail (RFC 5321, 4.5.3.2.6, allows it ten minutes).

    Its certificate is always checked; `ca_file` names a certificate that is trusted besides those
    of the machine.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    timeout: float = 30.0
    patience: float = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How the handing over of one mail ended: who gets it, who was refused, the server's answer."""

    state: OutcomeState
    reason: str = ""
    taken: tuple[str, ...] = field(default=(), repr=False)
    refused: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    answer: str = field(default="", repr=False)

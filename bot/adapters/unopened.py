"""An account that cannot be opened, for instance where its library is missing: the others work."""

import asyncio
from datetime import datetime
from typing import Final

from bot.model.action import Outgoing
from bot.model.event import Ability, OutcomeState
from bot.model.port import OFFLINE, Inflow, Outcome


class Unopened:
    """Stands for an account that cannot be opened; implements the port Adapter.

    `trouble` says why. What is to be sent waits: nobody knows the account yet.
    """

    account: Final = None
    abilities: Final[frozenset[Ability]] = frozenset()

    def __init__(self, name: str, trouble: str) -> None:
        self.name: Final = name
        self.trouble: Final = trouble

    async def run(self, inflow: Inflow) -> None:
        """Wait until cancelled."""
        del inflow
        await asyncio.Event().wait()

    async def perform(self, action: Outgoing) -> Outcome:
        """Send nothing."""
        del action
        return Outcome(state=OutcomeState.FAILED, reason=OFFLINE)

    async def find(self, action: Outgoing, *, since: datetime) -> Outcome:
        """Nobody can tell."""
        del action, since
        return Outcome(state=OutcomeState.UNKNOWN, reason=OFFLINE)

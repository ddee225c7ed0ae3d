"""A dry run: everything is read and asked as usual, and what would be sent is only shown."""

from collections.abc import Callable
from datetime import datetime

from bot.model.action import Outgoing, Sending
from bot.model.event import Ability, OutcomeState
from bot.model.port import Adapter, Inflow, Outcome


class DryRun:
    """Wraps an adapter: events and questions pass, sends go to `show` and count as done."""

    def __init__(self, adapter: Adapter, show: Callable[[Outgoing], None]) -> None:
        self._adapter = adapter
        self._show = show

    @property
    def name(self) -> str:
        """The account's name in the configuration."""
        return self._adapter.name

    @property
    def account(self) -> str | None:
        """The account as `platform:id` once it is known."""
        return self._adapter.account

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the wrapped adapter can do."""
        return self._adapter.abilities

    @property
    def trouble(self) -> str | None:
        """What keeps the wrapped account from working."""
        return self._adapter.trouble

    async def run(self, inflow: Inflow) -> None:
        """Run the wrapped adapter."""
        await self._adapter.run(inflow)

    async def perform(self, action: Outgoing) -> Outcome:
        """Show a send instead of doing it; ask a question."""
        if not isinstance(action, Sending):
            return await self._adapter.perform(action)
        self._show(action)
        return Outcome(state=OutcomeState.DONE, reason="dry_run")

    async def find(self, action: Outgoing, *, since: datetime) -> Outcome:
        """Answer DONE for a send: it was shown."""
        if not isinstance(action, Sending):
            return await self._adapter.find(action, since=since)
        return Outcome(state=OutcomeState.DONE, reason="dry_run")

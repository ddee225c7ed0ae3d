"""Deliver: three lanes per account, paced; an unknown outcome is looked up, never blindly resent."""

import asyncio
import heapq
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from bot.log import event_logger
from bot.model.action import (
    DrawGroups,
    DrawHistory,
    DrawMembers,
    LookUp,
    Outgoing,
    SayInGroup,
    SayPrivately,
)
from bot.model.event import Ability, OutcomeState
from bot.model.port import OFFLINE, Adapter, Clock, Outcome
from bot.pipeline.worker import Item, SendingBegins, SendingEnded
from storage.outbox import Letter

_QUESTIONS = (DrawGroups, DrawMembers, DrawHistory, LookUp)
_log = event_logger("qungui.deliver")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How sends of one account are spaced, and when an unknown outcome is looked up.

    Seconds; a send is followed by `between` plus up to half of it at random, since platforms
    restrict accounts that write like clockwork.
    """

    between: float = 1.5
    look_after: tuple[float, ...] = (3.0, 10.0)
    offline: float = 1.0
    attempts: int = 3


class Courier:
    """Sends what one account has to send; the first lane that has something goes first."""

    def __init__(
        self,
        adapter: Adapter,
        *,
        pace: Pace,
        clock: Clock,
        submit: Callable[[Item], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._adapter = adapter
        self._pace = pace
        self._clock = clock
        self._submit = submit
        self._sleep = sleep
        self._heap: list[tuple[int, int, Letter]] = []
        self._filled = asyncio.Event()
        self._asides: set[asyncio.Task[None]] = set()

    def take(self, letter: Letter) -> None:
        """Add something to be sent."""
        heapq.heappush(self._heap, (int(letter.action.lane), letter.id, letter))
        self._filled.set()

    @property
    def waiting(self) -> int:
        """How many letters wait."""
        return len(self._heap)

    async def run(self) -> None:
        """Send, until cancelled."""
        try:
            while True:
                if not self._heap:
                    self._filled.clear()
                    await self._filled.wait()
                if self._adapter.account is None:
                    await self._sleep(self._pace.offline)
                    continue
                _, _, letter = heapq.heappop(self._heap)
                if isinstance(letter.action, _QUESTIONS):
                    self._aside(self._ask(letter))
                elif letter.sending_at is not None:
                    self._aside(self._look(letter, letter.sending_at, attempt=1))
                elif await self._send(letter, attempt=1):
                    await self._sleep(self._pace.between * random.uniform(1.0, 1.5))  # noqa: S311
        finally:
            for task in self._asides:
                task.cancel()

    async def _ask(self, letter: Letter) -> None:
        outcome = await self._perform(letter.action)
        while outcome.state is OutcomeState.FAILED and outcome.reason == OFFLINE:
            await self._sleep(self._pace.offline)
            outcome = await self._perform(letter.action)
        self._end(letter, outcome)

    async def _send(self, letter: Letter, *, attempt: int) -> bool:
        """Send once; False when the account turned out to be offline and the letter waits."""
        begun = self._clock.now()
        done: Future[None] = Future()
        self._submit(SendingBegins(letter.id, done))
        await asyncio.wrap_future(done)
        outcome = await self._perform(letter.action)
        if outcome.state is OutcomeState.FAILED and outcome.reason == OFFLINE:
            self.take(letter)
            await self._sleep(self._pace.offline)
            return False
        if outcome.state is OutcomeState.UNKNOWN and isinstance(
            letter.action, SayPrivately | SayInGroup
        ):
            self._aside(self._look(letter, begun, attempt=attempt))
        else:
            self._end(letter, outcome)
        return True

    async def _look(self, letter: Letter, since: datetime, *, attempt: int) -> None:
        """Look a send of unknown outcome up in the history; resend only what is not there."""
        outcome = Outcome(state=OutcomeState.UNKNOWN, reason="unknown")
        for wait in self._pace.look_after:
            await self._sleep(wait)
            outcome = await self._find(letter.action, since)
            while outcome.reason == OFFLINE:
                await self._sleep(self._pace.offline)
                outcome = await self._find(letter.action, since)
            if outcome.state is OutcomeState.DONE:
                break
        if outcome.state is OutcomeState.FAILED and attempt < self._pace.attempts:
            await self._send(letter, attempt=attempt + 1)
        else:
            self._end(letter, outcome)

    async def _find(self, action: Outgoing, since: datetime) -> Outcome:
        if not isinstance(action, SayPrivately | SayInGroup) or not action.marker:
            return Outcome(state=OutcomeState.UNKNOWN, reason="no marker")
        try:
            return await self._adapter.find(action, since=since)
        except Exception as error:
            _log.fault("find raised", error)
            return Outcome(state=OutcomeState.UNKNOWN, reason="bug")

    async def _perform(self, action: Outgoing) -> Outcome:
        try:
            return await self._adapter.perform(action)
        except Exception as error:
            _log.fault("perform raised", error)
            return Outcome(state=OutcomeState.UNKNOWN, reason="bug")

    def _end(self, letter: Letter, outcome: Outcome) -> None:
        self._submit(
            SendingEnded(letter, outcome.state, outcome.reason, outcome.message_id, outcome.answers)
        )

    def _aside(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)


class Post:
    """Hands letters to the courier of their account, from the worker's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._couriers: list[tuple[Adapter, Courier]] = []
        self._undelivered: list[Letter] = []

    def employ(self, adapter: Adapter, courier: Courier) -> None:
        """Let a courier carry what its adapter's account has to send."""
        self._couriers.append((adapter, courier))

    def __call__(self, letters: Sequence[Letter]) -> None:
        """Hand over letters; called in any thread."""
        self._loop.call_soon_threadsafe(self._sort, tuple(letters))

    def known(self) -> None:
        """Hand over what waited for an account that has become known."""
        waiting, self._undelivered = self._undelivered, []
        self._sort(tuple(waiting))

    def online(self) -> Mapping[str, bool]:
        """Return the accounts that are known, and whether each works now."""
        return {
            adapter.account: adapter.trouble is None
            for adapter, _ in self._couriers
            if adapter.account
        }

    def abilities(self) -> Mapping[str, frozenset[Ability]]:
        """Return what each known account can do."""
        return {
            adapter.account: adapter.abilities for adapter, _ in self._couriers if adapter.account
        }

    def _sort(self, letters: Sequence[Letter]) -> None:
        for letter in letters:
            for adapter, courier in self._couriers:
                if adapter.account == letter.action.account:
                    courier.take(letter)
                    break
            else:
                self._undelivered.append(letter)

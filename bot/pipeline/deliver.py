"""Deliver: three lanes per account, paced; an unknown outcome is looked up, never blindly resent."""

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

from bot.log import event_logger
from bot.model.action import (
    DrawGroups,
    DrawHistory,
    DrawMembers,
    LookUp,
    Outgoing,
    PutFile,
    SayInGroup,
    SayPrivately,
)
from bot.model.event import Ability, OutcomeState
from bot.model.port import OFFLINE, Adapter, Clock, Outcome
from bot.pipeline.worker import Item, SendingBegins, SendingEnded, Withdrawn
from storage.outbox import Letter

_QUESTIONS = (DrawGroups, DrawMembers, DrawHistory, LookUp)
_LOOKED_UP = (SayPrivately, SayInGroup, PutFile)
"""What stands somewhere with a mark of its own; of the others nobody can tell whether they do."""
_QUESTIONS_AT_ONCE = 4
_TIMEOUT = "timeout"
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
    """Sends what one account has to send; the first lane that has something goes first.

    Questions change nothing and are not paced: a few are asked at a time, beside the sends. A
    `patient` one keeps what finds the account offline until it is back; otherwise that send has
    failed, and whoever wrote it decides anew.
    """

    def __init__(
        self,
        adapter: Adapter,
        *,
        pace: Pace,
        clock: Clock,
        submit: Callable[[Item], None],
        patient: bool = True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._adapter = adapter
        self._pace = pace
        self._clock = clock
        self._submit = submit
        self._patient = patient
        self._sleep = sleep
        self._heap: list[tuple[int, int, Letter]] = []
        self._filled = asyncio.Event()
        self._attempts: Counter[int] = Counter()
        self._questions = asyncio.Semaphore(_QUESTIONS_AT_ONCE)
        self._asides: set[asyncio.Task[None]] = set()

    def take(self, letter: Letter) -> None:
        """Add something to be sent; what an earlier bot was sending is looked up first."""
        if isinstance(letter.action, _QUESTIONS):
            self._aside(self._ask(letter))
        elif letter.sending_at is not None:
            self._aside(self._look(letter, letter.sending_at))
        else:
            self._line_up(letter)

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
                if self._patient and not self._works():
                    await self._sleep(self._pace.offline)
                elif await self._send(heapq.heappop(self._heap)[2]) and self._pace.between:
                    # Without a pause, one send's end and the next one's beginning are one commit.
                    await self._sleep(self._pace.between * random.uniform(1.0, 1.5))  # noqa: S311
        finally:
            for task in self._asides:
                task.cancel()

    def _works(self) -> bool:
        return self._adapter.account is not None and self._adapter.trouble is None

    def _line_up(self, letter: Letter) -> None:
        heapq.heappush(self._heap, (int(letter.action.lane), letter.id, letter))
        self._filled.set()

    async def _ask(self, letter: Letter) -> None:
        timeouts = 0
        async with self._questions:
            while True:
                outcome = await self._perform(letter.action)
                timeouts += outcome.reason == _TIMEOUT
                if outcome.reason not in {OFFLINE, _TIMEOUT} or timeouts >= self._pace.attempts:
                    break
                await self._sleep(self._pace.offline)
        self._end(letter, outcome)

    async def _send(self, letter: Letter) -> bool:
        """Send once; False when nothing was sent and the letter waits on."""
        begun = letter.sending_at or self._clock.now()
        try:
            if not await self._begin(letter):
                self._line_up(letter)
                await self._sleep(self._pace.offline)
                return False
        except Withdrawn:
            self._attempts.pop(letter.id, None)
            return False
        self._attempts[letter.id] += 1
        outcome = await self._perform(letter.action)
        offline = outcome.state is OutcomeState.FAILED and outcome.reason == OFFLINE
        if offline and self._patient:
            self._attempts[letter.id] -= 1
            self._line_up(letter)
            await self._sleep(self._pace.offline)
            return False
        if outcome.state is OutcomeState.UNKNOWN and isinstance(letter.action, _LOOKED_UP):
            self._aside(self._look(letter, begun))
        else:
            self._end(letter, outcome)
        return True

    async def _begin(self, letter: Letter) -> bool:
        """Keep that a send begins; nothing is sent that a later bot could not know of."""
        done: Future[None] = Future()
        self._submit(SendingBegins(letter.id, done))
        try:
            await asyncio.wrap_future(done)
        except Withdrawn:
            raise
        except Exception as error:
            _log.fault("a send could not be recorded", error)
            return False
        return True

    async def _look(self, letter: Letter, since: datetime) -> None:
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
        if outcome.state is OutcomeState.FAILED and (
            self._attempts[letter.id] < self._pace.attempts
        ):
            self._line_up(replace(letter, sending_at=since))
        else:
            self._end(letter, outcome)

    async def _find(self, action: Outgoing, since: datetime) -> Outcome:
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
        self._attempts.pop(letter.id, None)
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
        self._chats: list[Adapter] = []
        self._undelivered: list[Letter] = []

    def employ(self, adapter: Adapter, courier: Courier, *, chat: bool = True) -> None:
        """Let a courier carry what its adapter's account has to send.

        An account that is no `chat` has no groups, and is not among those that are online.
        """
        self._couriers.append((adapter, courier))
        if chat:
            self._chats.append(adapter)

    def __call__(self, letters: Sequence[Letter]) -> None:
        """Hand over letters; called in any thread."""
        self._loop.call_soon_threadsafe(self._sort, tuple(letters))

    def known(self) -> None:
        """Hand over what waited for an account that has become known."""
        waiting, self._undelivered = self._undelivered, []
        self._sort(tuple(waiting))

    def online(self) -> Mapping[str, bool]:
        """Return the chat accounts that are known, and whether each works now."""
        return {each.account: each.trouble is None for each in self._chats if each.account}

    def abilities(self) -> Mapping[str, frozenset[Ability]]:
        """Return what each known chat account can do."""
        return {each.account: each.abilities for each in self._chats if each.account}

    def _sort(self, letters: Sequence[Letter]) -> None:
        for letter in letters:
            for adapter, courier in self._couriers:
                if adapter.account == letter.action.account:
                    courier.take(letter)
                    break
            else:
                self._undelivered.append(letter)

"""The one worker thread that owns the store: it takes what waits as one batch, one commit for all.

Identify and screen run before the transaction opens; decide and record run in it, each event under
its savepoint and seeing the changes before it. What is to be sent is handed on after the commit.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event as ThreadEvent
from threading import Thread
from typing import NamedTuple, assert_never

from bot.calendar import local
from bot.log import event_logger
from bot.metrics import Metrics
from bot.model.errors import BotError
from bot.model.event import (
    DutyDue,
    Event,
    FindingsMade,
    MessagePosted,
    OutcomeState,
    OutgoingSettled,
    ScreeningReturned,
    TimerDue,
)
from bot.model.finding import Flagged, Mode
from bot.model.group import Group
from bot.model.port import Clock
from bot.pipeline.decide import Decider
from bot.pipeline.identify import Identified, identify
from bot.pipeline.record import record
from bot.pipeline.screen import CLEAN, Cite, Screen, Screened, SlowScreening, findings_of
from bot.screening.engine import LONG_TEXT
from storage.codec import to_micros
from storage.database import is_unavailable
from storage.groups import MessageKey
from storage.outbox import Letter
from storage.unit_of_work import UnitOfWork

BATCH = 4_000
RETRY_SECONDS = (0.5, 60.0)
_log = event_logger("qungui.worker")


class Arrived(NamedTuple):
    """An event came in; `done` is settled once it is committed. One is made for each message."""

    event: Event
    done: Future[None] | None = None


class Withdrawn(Exception):  # noqa: N818 - what happened to the letter, no error of anybody's
    """Something was settled before it was sent: it is not to be sent any more."""


@dataclass(frozen=True, slots=True)
class SendingBegins:
    """A send may reach the platform from the next moment on; `done` raises Withdrawn if not."""

    letter: int
    done: Future[None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SendingEnded:
    """A send ended; its answers, if it was a question, come in as events."""

    letter: Letter
    state: OutcomeState
    reason: str = ""
    message_id: str | None = None
    answers: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """The alarm clock rings and asks what is due."""

    done: Future[None] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants to read in the worker's thread, after all that came before."""

    read: Callable[[UnitOfWork], None]
    done: Future[None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Stop:
    """Nothing comes after this."""


Item = Arrived | SendingBegins | SendingEnded | Tick | Ask | _Stop


_Meant = tuple[Identified, Screened]


class Worker:
    """Identify, screen, decide and record, in one thread over one connection."""

    def __init__(
        self,
        *,
        records: UnitOfWork,
        decider: Decider,
        screen: Screen,
        cite: Cite,
        slow: SlowScreening,
        clock: Clock,
        metrics: Metrics,
        post: Callable[[Sequence[Letter]], None],
    ) -> None:
        self._records = records
        self._decider = decider
        self._screen = screen
        self._cite = cite
        self._slow = slow
        self._clock = clock
        self._metrics = metrics
        self._post = post
        self._queue: SimpleQueue[Item] = SimpleQueue()
        self._letters: list[Letter] = []
        self._refused: dict[int, Exception] = {}
        self._fresh: Iterator[bool] = iter(())
        self._ending = ThreadEvent()
        self._thread = Thread(target=self._run, name="qungui-worker", daemon=True)

    @property
    def waiting(self) -> int:
        """How many items wait, about."""
        return self._queue.qsize()

    def start(self) -> None:
        """Begin; what the inbox still holds is handled first."""
        self._thread.start()

    def stop(self) -> None:
        """Handle what waits, then end."""
        if self._thread.is_alive():
            self._ending.set()
            self._queue.put(_Stop())
            self._thread.join()
        self._slow.close()

    def submit(self, item: Item) -> None:
        """Hand over an item, from any thread."""
        self._queue.put(item)

    def run_batch(self, items: Sequence[Item]) -> None:
        """Handle items as one batch, in the calling thread (the loop, tests and benchmarks).

        Raises what the store raised where it could not be read or written: nothing was done.
        """
        after: list[Callable[[], object]] = []
        try:
            prepared = self._prepare(items)
            with self._records.transaction():
                self._see(prepared)
                for item, meant in zip(items, prepared, strict=True):
                    self._handle(item, meant, after)
                self._empty_inbox()
        except Exception as error:  # nothing of the batch stands
            self._letters.clear()
            self._refused.clear()
            if is_unavailable(error):
                raise
            if len(items) > 1:  # a bug in one must not take the others with it
                for item in items:
                    self._persist([item])
                return
            self._trouble("batch", error)
            for item in items:
                _refuse(item, error)
            return
        letters, self._letters = self._letters, []
        if letters:
            after.insert(0, lambda: self._post(letters))
        for follow in after:
            try:
                follow()
            except Exception as error:  # what is committed is not done again
                self._trouble("after", error)
        self._refused.clear()

    def _run(self) -> None:
        self._persist(())
        while True:
            items = self._take()
            self._metrics.batch_committed(len(items))
            self._persist([item for item in items if not isinstance(item, _Stop)])
            if any(isinstance(item, _Stop) for item in items):
                self._records.groups.keep_watermarks()
                return

    def _persist(self, items: Sequence[Item]) -> None:
        """Handle items; while the disk is full, or the like, keep them and try again."""
        for attempt in itertools.count():
            try:
                self.run_batch(items)
            except Exception as error:
                if attempt == 0:
                    self._trouble("store", error)
                wait = min(RETRY_SECONDS[0] * 2.0 ** min(attempt, 16), RETRY_SECONDS[1])
                if self._ending.wait(wait):
                    for item in items:
                        _refuse(item, error)
                    return
            else:
                if attempt:
                    _log.info("the store works again", attempts=attempt)
                return

    def _take(self) -> list[Item]:
        items = [self._queue.get()]
        try:
            while len(items) < BATCH:
                items.append(self._queue.get_nowait())
        except Empty:
            pass
        return items

    def _prepare(self, items: Sequence[Item]) -> list[list[_Meant]]:
        """Return what the events of each item mean, messages screened; nothing is written yet."""
        brought = [_brought_by(item) for item in items]
        kinds = Counter(type(event) for events in brought for event in events)
        for kind, count in kinds.items():
            self._metrics.event_received(kind.__name__, count)
        return [
            [(what, self._look_at(what)) for event in events for what in self._identify(event)]
            for events in brought
        ]

    def _see(self, prepared: Sequence[Sequence[_Meant]]) -> None:
        """Keep that the messages of a batch were seen, one statement for all; know the repeats."""
        named = [what.message for some in prepared for what, _ in some if what.message is not None]
        self._fresh = iter(self._records.groups.see(named))

    def _identify(self, event: Event) -> Sequence[Identified]:
        try:
            return identify(event, self._records)
        except Exception as error:
            self._trouble(type(event).__name__, error)
            return ()

    def _look_at(self, what: Identified) -> Screened:
        if not isinstance(what.event, MessagePosted):
            return CLEAN
        try:
            text = what.event.message.readable
            if len(text) > LONG_TEXT:
                return Screened(later=True)
            return self._screen(text) if text else CLEAN
        except Exception as error:
            self._trouble("screen", error)
            return Screened(failed=("engine",))

    def _handle(
        self, item: Item, meant: Sequence[_Meant], after: list[Callable[[], object]]
    ) -> None:
        kept: list[int | None] = []
        match item:
            case Arrived():
                kept = [self._event(each, after) for each in meant]
            case SendingBegins():
                if not self._records.outbox.sending(item.letter, self._clock.now()):
                    after.append(lambda: _settle(item.done, [Withdrawn()]))
                    return
            case SendingEnded():
                # First what the platform answered, so that the outcome finds it handled.
                for each in meant:
                    self._event(each, after)
                self._ended(item)
            case Tick():
                self._due()
            case Ask():
                item.read(self._records)
            case _Stop():
                return
            case _:
                assert_never(item)
        done = item.done if not isinstance(item, SendingEnded) else None
        if done is not None:
            after.append(lambda: _settle(done, [self._refused.get(row or 0) for row in kept]))

    def _event(self, meant: _Meant, after: list[Callable[[], object]]) -> int | None:
        """Handle an event; return its row where it went into the inbox."""
        what, screened = meant
        event = what.event
        if isinstance(event, MessagePosted):
            assert what.group is not None
            assert what.message is not None
            if next(self._fresh):
                # Not before its turn: what comes earlier in the batch may begin to catch up from it.
                self._records.groups.pass_by(what.message)
                self._message(event, what.group, what.message, screened, after)
        elif what.durable_key is not None:
            return self._records.inbox.add(event, self._clock.now(), what.durable_key or None)
        elif isinstance(event, ScreeningReturned):
            assert what.group is not None
            self._returned(event, what.group)
        else:
            self._decide(event)
        return None

    def _message(
        self,
        event: MessagePosted,
        group: Group,
        name: MessageKey,
        screened: Screened,
        after: list[Callable[[], object]],
    ) -> None:
        message = event.message
        missing = [f"rule:{code}" for code in screened.failed]
        if message.attachments:
            missing += message.unread
        if screened.later:
            missing.append("long_text")
            after.append(lambda: self._slow.submit(event, lambda back: self.submit(Arrived(back))))
        for reason in missing:
            self._records.groups.not_screened(name, reason)
        if screened.flagged:
            self._found(event, group, screened.flagged)
        if self._decider.listens_to(MessagePosted):
            self._decide(event)

    def _returned(self, event: ScreeningReturned, group: Group) -> None:
        if event.complete:
            self._records.groups.now_screened(
                (to_micros(event.posted_at), group.id, event.account, event.message_id),
                event.reason,
            )
        if event.flagged:
            self._found(event, group, event.flagged)

    def _found(
        self,
        event: MessagePosted | ScreeningReturned,
        group: Group,
        flagged: tuple[Flagged, ...],
    ) -> None:
        now = self._clock.now()
        found = findings_of(flagged, event=event, group=group, now=now, cite=self._cite)
        kept = [each for each in map(self._records.findings.add, found) if each is not None]
        for each in kept:
            self._metrics.finding(each.rule)
        # A finding without any clause cannot be enforced, only observed.
        told = tuple(each for each in kept if each.mode is Mode.ENFORCE and each.clauses)
        if told:
            self._decide(FindingsMade(at=event.at, group=group.id, findings=told))

    def _ended(self, item: SendingEnded) -> None:
        now = self._clock.now()
        letter = item.letter
        fresh = self._records.outbox.settle(
            letter.id, item.state, item.reason, item.message_id, now
        )
        self._metrics.send_settled(item.state.value)
        if fresh and letter.action.ref:
            settled = OutgoingSettled(
                at=now,
                ref=letter.action.ref,
                state=item.state,
                reason=item.reason,
                message_id=item.message_id,
            )
            self._records.inbox.add(settled, now)

    def _due(self) -> None:
        now = self._clock.now()
        self._records.groups.keep_watermarks()
        for key, due_at in self._records.timers.take_due(now):
            self._records.inbox.add(TimerDue(at=due_at, key=key), now)
        duties = self._records.duties
        for job, schedule in self._decider.schedules.items():
            slot = schedule.last_slot(local(now))
            # A bot that never ran before owes nothing of yesterday.
            owed = schedule.every_minutes is not None or duties.last(job) is not None
            if not duties.done(job, slot):
                duties.claim(job, slot, now)
                if owed:
                    self._records.inbox.add(DutyDue(at=now, job=job, slot=slot), now)

    def _empty_inbox(self) -> None:
        for number, event in self._records.inbox.waiting():
            trouble = self._decide(event)
            if trouble is None:
                self._records.inbox.done(number, self._clock.now())
            else:
                self._refused[number] = trouble
                kind = type(trouble).__qualname__
                self._records.inbox.failed(number, kind, self._clock.now())

    def _decide(self, event: Event) -> Exception | None:
        """Do what the workflows decide; return what went wrong, then nothing of it stands."""
        posted = len(self._letters)
        try:
            with self._records.savepoint():
                for action in self._decider.decide(event):
                    letter = record(action, self._records, self._clock.now())
                    if letter is not None:
                        self._letters.append(letter)
        except Exception as error:
            if is_unavailable(error) or not self._records.connection.in_transaction:
                raise  # a full disk takes the whole batch with it
            del self._letters[posted:]
            if isinstance(error, BotError):  # an answer, not a bug
                _log.warning("refused", kind=type(event).__name__)
            else:
                self._trouble(type(event).__name__, error)
            return error
        return None

    def _trouble(self, where: str, error: Exception) -> None:
        _log.fault("not handled", error, step=where)
        self._metrics.fault(where)


def _brought_by(item: Item) -> Sequence[Event]:
    if isinstance(item, Arrived):
        return (item.event,)
    return item.answers if isinstance(item, SendingEnded) else ()


def _refuse(item: Item, error: Exception) -> None:
    done = item.done if isinstance(item, Arrived | SendingBegins | Tick | Ask) else None
    if done is not None:
        _settle(done, (error,))


def _settle(done: Future[None], errors: Iterable[Exception | None]) -> None:
    """Say how it ended to somebody who may no longer wait."""
    error = next((each for each in errors if each is not None), None)
    if not done.set_running_or_notify_cancel():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)

"""Screen: every enabled rule looks at a message; what is long goes to a worker process."""

import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing import get_context
from typing import Final

from bot.model.event import MessagePosted, ScreeningReturned
from bot.model.finding import Finding, Flag, Flagged, Topic
from bot.model.group import Group
from bot.screening.engine import Engine, EngineSpec, Screening, screen_in_process
from bot.screening.excerpt import excerpt

WORKER_BYTES = 2 << 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Screened:
    """What screening says of one text; `failed` names rules that raised."""

    flagged: tuple[Flagged, ...] = ()
    failed: tuple[str, ...] = ()
    later: bool = False


CLEAN: Final = Screened()


def screened(engine: Engine, text: str) -> Screened:
    """Screen a text, with the excerpt that may be kept of each flag."""
    return _with_excerpts(engine.screen(text), text)


def screened_apart(spec: EngineSpec, text: str) -> Screened:
    """Screen in a worker process, which builds its engine once."""
    resource.setrlimit(resource.RLIMIT_AS, (WORKER_BYTES, WORKER_BYTES))
    return _with_excerpts(screen_in_process(spec, text), text)


def _with_excerpts(screening: Screening, text: str) -> Screened:
    if not screening.flags and not screening.failed:
        return CLEAN
    # One secret in a message keeps all of it out of the store, whatever else was found in it.
    secret = any(flag.topic is Topic.CLASSIFIED for flag in screening.flags)
    flagged = tuple(_flagged(flag, "" if secret else text) for flag in screening.flags)
    return Screened(flagged=flagged, failed=screening.failed)


def _flagged(flag: Flag, text: str) -> Flagged:
    if not text:
        return Flagged(flag=flag)
    kept, start = excerpt(text, flag.spans)
    return Flagged(flag=flag, excerpt=kept, excerpt_start=start)


Screen = Callable[[str], Screened]
Cite = Callable[[Flagged], tuple[str, ...]]


class SlowScreening:
    """Screens long texts in one worker process, started when the first one comes.

    `screen` is asked for each text: it returns what screens by the rules in use then.
    """

    def __init__(self, screen: Callable[[], Screen]) -> None:
        self._screen = screen
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, posted: MessagePosted, back: Callable[[ScreeningReturned], None]) -> None:
        """Screen a message's text elsewhere; `back` is called, in another thread, when done."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))
        message = posted.message
        assert message.group is not None
        returned = ScreeningReturned(
            at=posted.at,
            account=message.account,
            group=message.group,
            message_id=message.id,
            sender=message.sender,
            card=message.card,
            posted_at=message.posted_at,
            caught_up=posted.caught_up,
            reason="long_text",
            flagged=(),
            complete=False,
        )
        try:
            future = self._pool.submit(self._screen(), message.readable)
        except BrokenProcessPool:  # the worker died of an earlier text
            self._pool = None
            self.submit(posted, back)
            return

        def done() -> None:
            if future.cancelled() or future.exception() is not None:
                back(returned)
            else:
                screened = future.result()
                back(replace(returned, flagged=screened.flagged, complete=not screened.failed))

        future.add_done_callback(lambda _: done())

    def close(self) -> None:
        """End the worker process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def findings_of(
    flagged: tuple[Flagged, ...],
    *,
    event: MessagePosted | ScreeningReturned,
    group: Group,
    now: datetime,
    cite: Cite,
) -> tuple[Finding, ...]:
    """Return the findings that flags on one message make; their ids come when they are kept."""
    if isinstance(event, MessagePosted):
        message = event.message
        message_id, sender, card = message.id, message.sender, message.card
        posted_at = message.posted_at
    else:
        message_id, sender, card = event.message_id, event.sender, event.card
        posted_at = event.posted_at
    return tuple(
        Finding(
            id=0,
            group=group.id,
            account=event.account,
            message_id=message_id,
            sender=sender,
            sender_card=card,
            posted_at=posted_at,
            found_at=now,
            rule=each.flag.rule,
            version=each.flag.version,
            topic=each.flag.topic,
            severity=each.flag.severity,
            clauses=cite(each),
            spans=each.flag.spans,
            why=each.flag.why,
            mode=each.flag.mode,
            excerpt=each.excerpt,
            excerpt_start=each.excerpt_start,
            caught_up=event.caught_up,
        )
        for each in flagged
    )

"""From the bytes of a group message to its committed record, beside NoneBot2's bare dispatch."""

import asyncio
import gc
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import mean, median

from bench.frames import ACCOUNT, group_messages
from bench.office import Office, an_office
from bench.table import Benchmark, Table, spread, times
from bot.adapters.onebot import decode
from bot.bootstrap import Plugins, load_plugins
from bot.clock import SystemClock
from bot.model.event import Event
from bot.pipeline.deliver import Post
from bot.pipeline.receive import Door

TARGET = 10.0
RUNS, MESSAGES, GROUPS, RARELY = 5, 10_000, 10, 1_000


def run(scale: float) -> Table:
    """Measure both in turn, on one core, with the same frames."""
    logging.disable(logging.CRITICAL)
    loaded = load_plugins()
    count = times(MESSAGES, scale, least=200)
    rounds = times(RUNS, scale, least=2)
    with one_core():
        return asyncio.run(_both(loaded, count, rounds))


async def _both(loaded: Plugins, count: int, rounds: int) -> Table:
    dispatch = nonebot_dispatch()
    ours, everyday, calm, theirs, batches = [], [], [], [], []
    post = Post(asyncio.get_running_loop())
    with an_office(loaded, groups=GROUPS, post=post) as office:
        office.worker.start()
        door = Door(office.worker, lambda: None)
        warm_up = group_messages(2_000, groups=GROUPS)
        await through_the_bot(door, warm_up)
        await through_nonebot(dispatch, warm_up)
        gc.collect()
        gc.freeze()  # as the bot does when it has started; both sides have it
        for index in range(rounds):
            frames = group_messages(count, groups=GROUPS, first_id=1_000_000 * (index + 1))
            before = _batches(office)
            ours.append(await timed(through_the_bot(door, frames), count))
            commits, events = (
                after - earlier for after, earlier in zip(_batches(office), before, strict=True)
            )
            batches.append(events / commits)
            lighter = group_messages(
                count, groups=GROUPS, first_id=1_000_000 * (index + 1) + 500_000, everyday=True
            )
            everyday.append(await timed(through_the_bot(door, lighter), count))
            rarely = group_messages(
                count,
                groups=GROUPS,
                first_id=1_000_000 * (index + 1) + 750_000,
                everyday=True,
                one_violation_in=RARELY,
            )
            calm.append(await timed(through_the_bot(door, rarely), count))
            theirs.append(await timed(through_nonebot(dispatch, frames), count))
        recorded = office.records.connection.execute("SELECT count(*) FROM messages").fetchone()[0]
        findings = office.records.connection.execute("SELECT count(*) FROM findings").fetchone()[0]
        office.worker.stop()
    assert recorded == 3 * count * rounds + len(warm_up), "a message was lost"
    ratio, lighter_ratio, calm_ratio = (
        median(theirs) / median(each) for each in (ours, everyday, calm)
    )
    size = mean(len(frame) for frame in frames)
    return Table(
        title="throughput: bytes of an event to its committed record, one core",
        head=("", "µs a message", "messages/s", "times NoneBot2"),
        rows=(
            ("qungui, the corpus: half looks like an offence", *_both_ways(ours), f"{ratio:.1f}"),
            ("qungui, everyday talk", *_both_ways(everyday), f"{lighter_ratio:.1f}"),
            (
                f"qungui, everyday talk, one violation in {RARELY:,}",
                *_both_ways(calm),
                f"{calm_ratio:.1f}",
            ),
            ("NoneBot2: dispatch to one matcher that does nothing", *_both_ways(theirs), "1"),
        ),
        verdict=(
            f"{ratio:.1f} times NoneBot2's rate on the corpus, {lighter_ratio:.1f} times on"
            f" everyday talk, {calm_ratio:.1f} where violations are rare"
            f" (target: at least {TARGET:.0f})"
        ),
        notes=(
            f"{rounds} runs of {count:,} messages each, in turn; median (least-greatest)",
            "qungui: decode, identify, screen, decide, record, commit; 1 % violations in the first two",
            f"{size:.0f} bytes an event; {findings:,} findings in {recorded:,} recorded messages",
            f"{median(batches):.0f} events a commit, synchronous FULL",
            "what was loaded is frozen for the garbage collector, as `run` does, on both sides",
        ),
    )


def _both_ways(seconds: Sequence[float]) -> tuple[str, str]:
    return spread([each * 1e6 for each in seconds]), f"{1 / median(seconds):,.0f}"


def _batches(office: Office) -> tuple[float, float]:
    return (
        office.metrics.value("batch_size_count"),
        office.metrics.value("batch_size_sum"),
    )


async def through_the_bot(door: Door, frames: Sequence[bytes]) -> None:
    """Decode and hand over frames as a session does; return once the last is committed."""
    clock = SystemClock()
    for frame in frames[:-1]:
        event = decode(frame, account=ACCOUNT, now=clock.now())
        assert isinstance(event, Event)
        await door.put(event)
    last = decode(frames[-1], account=ACCOUNT, now=clock.now())
    assert isinstance(last, Event)
    await door.put_and_wait(last)


Dispatch = Callable[[bytes], Awaitable[None]]


async def through_nonebot(dispatch: Dispatch, frames: Sequence[bytes]) -> None:
    """Dispatch frames one after the other."""
    for frame in frames:
        await dispatch(frame)


def nonebot_dispatch() -> Dispatch:
    """Return what NoneBot's OneBot adapter does with a frame: read it and handle the event."""
    import nonebot
    from nonebot.adapters.onebot.v11 import Adapter, Bot

    nonebot.logger.remove()
    nonebot.init(driver="~none", log_level="CRITICAL")
    driver = nonebot.get_driver()
    driver.register_adapter(Adapter)
    adapter = next(iter(driver._adapters.values()))  # noqa: SLF001 - it has no public list
    bot = Bot(adapter, self_id=ACCOUNT.partition(":")[2])

    async def nothing() -> None: ...

    nonebot.on_message(handlers=[nothing])

    async def dispatch(frame: bytes) -> None:
        event = Adapter.json_to_event(json.loads(frame))
        assert event is not None
        await bot.handle_event(event)

    return dispatch


async def timed(work: Awaitable[None], count: int) -> float:
    """Return the seconds that one of `count` took."""
    gc.collect()
    begun = time.perf_counter()
    await work
    return (time.perf_counter() - begun) / count


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and every thread it starts, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


BENCHMARK = Benchmark(name="throughput", run=run)

"""The cost of a message with few groups and with many: the store is on disk, the total the same."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from statistics import median

from bench.frames import group_messages
from bench.office import an_office
from bench.table import Benchmark, Table, spread, times
from bench.throughput import one_core, through_the_bot, timed
from bot.bootstrap import Plugins, load_plugins
from bot.pipeline.deliver import Post
from bot.pipeline.receive import Door

TARGET = 1.15
RUNS, MESSAGES, FEW, MANY = 5, 10_000, 10, 5_000

# Few owners would soon be spared in a flood, many would not: that is no cost of groups.
_SETTINGS = {"flood_count": 1_000_000}


def run(scale: float) -> Table:
    """Measure both offices in turn, on one core."""
    logging.disable(logging.CRITICAL)
    sizes = (FEW, times(MANY, scale, least=20))
    with one_core():
        found = asyncio.run(_all(load_plugins(), sizes, scale))
    few, many = (median(each) for each in found)
    return Table(
        title="groups: cost of a message by the number of registered groups",
        head=("registered groups", "µs a message"),
        rows=[
            (f"{size:,}", spread([each * 1e6 for each in seconds]))
            for size, seconds in zip(sizes, found, strict=True)
        ],
        verdict=f"{many / few:.2f} times (target: at most {TARGET:.2f})",
        notes=(
            f"{times(RUNS, scale, least=2)} runs of {times(MESSAGES, scale, least=200):,} each, in turn",
            "the messages are spread evenly over all groups; each group has an owner of its own",
        ),
    )


async def _all(loaded: Plugins, sizes: Sequence[int], scale: float) -> list[list[float]]:
    count = times(MESSAGES, scale, least=200)
    found: list[list[float]] = [[] for _ in sizes]
    with contextlib.ExitStack() as stack:
        doors = []
        for size in sizes:
            post = Post(asyncio.get_running_loop())
            office = stack.enter_context(
                an_office(loaded, groups=size, post=post, alerts=_SETTINGS)
            )
            office.worker.start()
            stack.callback(office.worker.stop)
            doors.append(Door(office.worker, lambda: None))
        for size, door in zip(sizes, doors, strict=True):
            await through_the_bot(door, group_messages(max(2_000, size), groups=size))
        for index in range(times(RUNS, scale, least=2)):
            for size, door, seconds in zip(sizes, doors, found, strict=True):
                frames = group_messages(count, groups=size, first_id=1_000_000 * (index + 1))
                seconds.append(await timed(through_the_bot(door, frames), count))
    return found


BENCHMARK = Benchmark(name="groups", run=run)

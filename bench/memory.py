"""Resident memory of the idle bot: `python -m bot run` in a process of its own, connected."""

import asyncio

import psutil

from bench.running import a_running_bot
from bench.table import Benchmark, Table, times

TARGET_MB = 100.0
IDLE_SECONDS = 5.0
_MB = 1_000_000


def run(scale: float) -> Table:
    """Measure each time in a new process."""
    found = [
        asyncio.run(_measured(min(IDLE_SECONDS, IDLE_SECONDS * scale)))
        for _ in range(times(3, scale))
    ]
    worst = max(resident for resident, _ in found)
    return Table(
        title="memory: the idle bot, connected, three groups registered",
        head=("", "resident MB", "of it its own (USS) MB"),
        rows=[
            (f"run {index + 1}", f"{resident:.1f}", f"{own:.1f}")
            for index, (resident, own) in enumerate(found)
        ],
        verdict=f"{worst:.1f} MB (target: at most {TARGET_MB:.0f} MB)",
        notes=("`python -m bot run`, all its processes, without the sandbox; 1 MB = 10^6 bytes",),
    )


async def _measured(seconds: float) -> tuple[float, float]:
    async with a_running_bot({"registration": {"trial_working_days": 0}}) as running:
        await asyncio.sleep(seconds)
        bot = psutil.Process(running.process)
        told = [each.memory_full_info() for each in (bot, *bot.children(recursive=True))]
        return sum(each.rss for each in told) / _MB, sum(each.uss for each in told) / _MB


BENCHMARK = Benchmark(name="memory", run=run)

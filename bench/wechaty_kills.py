"""A real bot on a real wechaty gateway that is killed again and again during traffic."""

import asyncio
import contextlib
import itertools
import os
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.table import Benchmark, Table, times
from bot import control
from bot.bootstrap import load_plugins, opened
from bot.config import load_config
from bot.model.event import GroupSubmitted, PersonNamed
from storage.codec import encode, to_micros
from tests.peers.wechaty_gateway import BOT, CURRENT, LI, ROOM, WANG, ZHAO, WechatyGateway

KILLS, BACK_WITHIN = 50, 5.0
_CONFIG = """
[office]
name = "示范单位"
contact = "办公室"
[web]
port = 0
[[accounts]]
name = "微信值守号"
platform = "wechaty"
endpoint = "{endpoint}"
stable_ids = true
token_env = "QUNGUI_TOKEN"
pace_seconds = 0
"""


@dataclass
class _Traffic:
    """What was posted while the gateway was up: id and moment (UTC microseconds)."""

    posted: dict[str, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)


def run(scale: float) -> Table:
    """Kill it, bring it back, and compare what was posted with what was kept."""
    return asyncio.run(_run(times(KILLS, scale, least=2)))


async def _run(kills: int) -> Table:
    with tempfile.TemporaryDirectory(prefix="qungui-bench-") as name:
        folder = Path(name)
        async with WechatyGateway(CURRENT) as gateway:
            config = folder / "config.toml"
            config.write_text(_CONFIG.format(endpoint=gateway.endpoint), encoding="utf-8")
            os.environ["QUNGUI_TOKEN"] = gateway.token
            bot = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "bot", "run", "--config", str(config)),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                await _until_online(folder / "data", 120)
                await _register(folder / "data")
                traffic = await _kill_and_post(gateway, folder / "data", kills)
                memory = _resident(bot.pid)
                await gateway.do("burst", room=ROOM, sender=LI, count=2_000)
                await asyncio.sleep(10)
                after = _resident(bot.pid)
            finally:
                if bot.returncode is None:
                    bot.terminate()
                await bot.wait()
        return _table(config, traffic, kills, memory, after)


async def _kill_and_post(gateway: WechatyGateway, data: Path, kills: int) -> _Traffic:
    traffic = _Traffic()
    numbers = itertools.count()
    chance = random.Random(20261120)
    for _ in range(kills):
        ends = time.monotonic() + chance.uniform(0.3, 1.5)
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < ends:
                text = f"第{next(numbers)}条：下午三点开会"
                posted = await gateway.do("post", room=ROOM, sender=LI, text=text)
                traffic.posted[posted["message"]] = posted["at"] * 1000
                await asyncio.sleep(0.01)
        await gateway.die()
        await asyncio.sleep(chance.uniform(0.2, 3.0))
        await gateway.start()
        began = time.monotonic()
        await _until_online(data, 60)
        traffic.waits.append(time.monotonic() - began)
    return traffic


async def _until_online(data: Path, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        status: Mapping[str, Any] = (
            await asyncio.to_thread(control.ask, data, {"do": "status"}) or {}
        )
        accounts = status.get("accounts", [])
        if accounts and all(each["trouble"] is None for each in accounts):
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("the bot is not online")


async def _register(data: Path) -> None:
    def named(name: str, user: str) -> PersonNamed:
        return PersonNamed(name=name, unit="办公室", user=user)

    event = GroupSubmitted(
        at=datetime.now(UTC),  # noqa: TID251 - as an operator's terminal does
        platform="wechat",
        platform_id=ROOM,
        account=f"wechat:{BOT}",
        name="办公室工作群",
        unit="办公室",
        purpose="日常工作",
        join_way="群主邀请",
        rules="只谈工作",
        approver="赵钱孙",
        owner=named("王平", WANG),
        administrators=(named("李晓", LI),),
        leader=named("赵钱孙", ZHAO),
        submitted_by="bench",
    )
    kind, body = encode(event)
    await asyncio.to_thread(control.ask, data, {"do": "submit", "kind": kind, "body": body})


def _table(config: Path, traffic: _Traffic, kills: int, before: float, after: float) -> Table:
    loaded = load_plugins()
    with opened(
        load_config(
            config,
            workflows=loaded.workflow_settings,
            platforms=loaded.platforms,
            environ=os.environ,
        )
    ) as records:
        rows = records.connection.execute("SELECT message_id FROM messages").fetchall()
        blind = records.groups.blind_intervals(1)
    kept = {row[0] for row in rows}
    lost = {number: at for number, at in traffic.posted.items() if number not in kept}
    silent = [number for number, at in lost.items() if not _covered(at, blind)]
    burst = len(kept - traffic.posted.keys())
    good = not silent and max(traffic.waits) <= BACK_WITHIN and burst == 2_000
    return Table(
        title="wechaty: a gateway killed during traffic (protocol 1.x)",
        head=("", ""),
        rows=(
            ("kills", str(kills)),
            ("posted while it was up", f"{len(traffic.posted):,}"),
            ("screened once", f"{len(traffic.posted) - len(lost):,}"),
            ("not read before the kill, inside a blind interval", str(len(lost) - len(silent))),
            ("neither", str(len(silent))),
            ("blind intervals", str(len(blind))),
            (
                "back after its return, median / longest",
                f"{median(traffic.waits):.1f} s / {max(traffic.waits):.1f} s",
            ),
            ("burst of 2,000: screened", f"{burst:,}"),
            ("memory before / after the burst", f"{before:.0f} MB / {after:.0f} MB"),
        ),
        verdict=f"{'met' if good else 'NOT met'}: nothing lost without a blind interval, back within {BACK_WITHIN:.0f} s",
    )


def _covered(at: int, blind: Sequence[tuple[datetime, datetime | None, str, bool]]) -> bool:
    return any(
        to_micros(since) <= at and (until is None or at <= to_micros(until))
        for since, until, *_ in blind
    )


def _resident(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


BENCHMARK = Benchmark(name="wechaty_kills", run=run)

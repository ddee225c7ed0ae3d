"""What is committed survives: kills, full disks, and single events that cannot be handled."""

import asyncio
import contextlib
import json
import logging
import os
import random
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Plugins
from bot.clock import SystemClock
from bot.pipeline.worker import Arrived
from tests.journeys.conftest import BUDGET, CHENG, FANG, GAMBLING, OWNER, ZHANG
from tests.journeys.site import PATIENCE, Site, a_site, becomes

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("QUNGUI_KILLS", "1000"))
KILLS_PER_STORE = 100
MESSAGES_PER_LIFE = 3


class Nursery:
    """Starts bots in processes of their own (see nursery.py) and kills them."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.child = 0

    async def start(self) -> None:
        """Start a bot."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"start\n")
        self.child = int(await self._process.stdout.readline())

    def kill(self) -> None:
        """Kill the bot that runs, as a power cut would."""
        if self.child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
            self.child = 0


@contextlib.asynccontextmanager
async def a_nursery(site: Site, **more: int) -> AsyncIterator[Nursery]:
    """Open a nursery for one site; `more` is what its bots are told besides."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.journeys.nursery",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    place = {"folder": str(site.folder), "url": site.sandbox.ws_url, "token": site.sandbox.token}
    process.stdin.write(json.dumps(place | more).encode() + b"\n")
    nursery = Nursery(process)
    try:
        yield nursery
    finally:
        nursery.kill()
        process.stdin.close()
        await process.wait()


class Life:
    """One bot's life: people write while it works, and at a random moment it is killed."""

    def __init__(self, site: Site, nursery: Nursery, chance: random.Random) -> None:
        self._site = site
        self._nursery = nursery
        self._chance = chance
        self._left = chance.randint(1, 40)
        self._to_say = MESSAGES_PER_LIFE
        self.said = 0
        self.over = asyncio.Event()

    async def live(self) -> None:
        """Live until killed."""
        await self._nursery.start()
        assert await self._site.sandbox.until(lambda _: self._site.sandbox.connected(), PATIENCE)
        self._site.world.listeners.append(self._heard)
        self._say()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), 3)
        self._site.world.listeners.remove(self._heard)
        while self._to_say:
            self._say()
        self._nursery.kill()
        gone = self._site.sandbox.until(lambda _: not self._site.sandbox.connected(), PATIENCE)
        assert await gone

    def _say(self) -> None:
        if self._to_say:
            self._to_say -= 1
            self.said += 1
            self._site.world.post(self._chance.choice((ZHANG, CHENG, FANG)), BUDGET, GAMBLING)

    def _heard(self, _: object) -> None:
        # Everything that crosses the wire touches the world: a moment of the protocol, or a
        # little after one.
        self._left -= 1
        loop = asyncio.get_running_loop()
        if self._left == 0:
            loop.call_later(self._chance.choice((0, self._chance.uniform(0, 0.03))), self._end)
        elif self._left % 4 == 0:
            loop.call_soon(self._say)

    def _end(self) -> None:
        self._nursery.kill()
        self.over.set()


def told(site: Site) -> Counter[int]:
    """Return how often each alert's number stands in what the owner was sent."""
    numbers: Counter[int] = Counter()
    for post in site.world.inbox_of(OWNER):
        if found := re.match(r"【待处置 (\d+)】", post.text):
            numbers[int(found[1])] += 1
        elif "汇总" in post.text:
            numbers.update(int(each) for each in re.findall(r"(?m)^(\d+) 高 ", post.text))
    return numbers


async def survive(loaded: Plugins, folder: Path, kills: int, seed: int) -> Counter[str]:
    """Kill a bot so many times while alerts are made; return what became of the alerts."""
    chance = random.Random(seed)
    async with a_site(loaded, folder, starts_at=SystemClock().now()) as site:
        async with site.registered():  # a bot that was never there is owed nothing
            pass
        said = 0
        async with a_nursery(site) as nursery:
            for _ in range(kills):
                life = Life(site, nursery, chance)
                await life.live()
                said += life.said

        counted: Counter[str] = Counter(kills=kills, messages=said)
        async with site.bot(alerts=site.quick_alerts()) as stage:
            left: dict[str, int] = {}

            async def quiet() -> bool:
                await stage.later(seconds=2)
                left.update(await stage.records(lambda records: unfinished(records, said)))
                return not any(left.values())

            assert await becomes(quiet, 60), left
            alerts = await stage.records(lambda records: records.alerts.open_in(1))
            unknown = await stage.records(lambda records: set(records.outbox.unknown_refs()))
            spans = await stage.records(lambda records: records.groups.blind_intervals(1))
            found = await stage.records(
                lambda records: records.connection.execute(
                    "SELECT count(*) FROM findings WHERE group_id = 1"
                ).fetchone()[0]
            )
        numbers = told(site)
        excused = {each.number for each in alerts if f"alert:{each.id}" in unknown}
        digest_unknown = any(each.startswith("digest:") for each in unknown)
        counted["findings"] = found
        counted["alerts"] = len(alerts)
        counted["unknown"] = len(unknown)
        counted["blind"] = sum(not caught_up for _, _, _, caught_up in spans)
        missing = {each.number for each in alerts} - numbers.keys() - excused
        # A long digest says how many of its alerts it does not list.
        cut = re.findall(
            r"还有 (\d+) 件", "".join(post.text for post in site.world.inbox_of(OWNER))
        )
        counted["not listed"] = sum(map(int, cut))
        counted["lost"] = 0 if digest_unknown else max(0, len(missing) - counted["not listed"])
        counted["twice"] = sum(1 for count in numbers.values() if count > 1)
        notices = [post for post in site.world.posts_in(BUDGET) if "须知" in post.text]
        counted["notices"] = len(notices)
        return counted


def unfinished(records: Any, said: int) -> dict[str, int]:
    """Return what a bot still has to do after so many messages were said, by name."""
    return {
        "not alerted": said - len(records.alerts.open_in(1)),
        "held": len(records.alerts.held()),
        "sending": records.outbox.counts().get("sending", 0),
        "waiting": records.outbox.counts().get("waiting", 0),
        "blind": records.groups.blind_since(1) is not None,
    }


def test_a_bot_that_is_killed_again_and_again_loses_no_alert_and_sends_none_twice(loaded, tmp_path):
    counted = asyncio.run(asyncio.wait_for(survive(loaded, tmp_path, 5, seed=20261118), 180))

    assert counted["findings"] == counted["alerts"] == counted["messages"] == 15
    assert (counted["lost"], counted["twice"]) == (0, 0)
    assert counted["notices"] <= 1


@pytest.mark.soak
def test_a_thousand_kills_lose_no_alert_and_send_none_twice(loaded, tmp_path, capsys):
    totals: Counter[str] = Counter()

    for start in range(0, KILLS, KILLS_PER_STORE):
        kills = min(KILLS_PER_STORE, KILLS - start)
        folder = tmp_path / str(start)
        folder.mkdir()
        totals += asyncio.run(survive(loaded, folder, kills, seed=start))
        with capsys.disabled():
            print(f"\n{json.dumps(totals)}", end="", flush=True)  # noqa: T201 - the result

    assert totals["findings"] == totals["alerts"] == totals["messages"]
    assert (totals["lost"], totals["twice"]) == (0, 0)


def test_a_full_disk_loses_nothing_and_is_said_once(on_site, caplog):
    messages = 60

    async def journey(site: Site) -> None:
        async with site.registered(alerts=site.quick_alerts()) as stage:
            connection = stage.play.bot.records.connection
            await stage.records(fill_up)
            caplog.clear()

            for number in range(messages):
                stage.post((ZHANG, CHENG, FANG)[number % 3], GAMBLING)

            async def full() -> bool:
                return stage.play.bot.metrics.value("faults_total", step="store") >= 1

            assert await becomes(full)
            # The worker waits; its connection may be used for a moment.
            connection.execute("PRAGMA max_page_count = 1000000")

            async def kept() -> bool:
                found = await stage.records(
                    lambda records: records.connection.execute(
                        "SELECT count(*) FROM findings"
                    ).fetchone()[0]
                )
                return bool(found == messages)

            assert await becomes(kept, 60)
            await stage.settled()
            sent = [text for text in stage.read(OWNER) if "【待处置" in text]
            assert len(sent) == len(set(sent)) == messages

    on_site(journey)
    faults = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert 1 <= len(faults) <= 3


def fill_up(records: Any) -> None:
    """Let the store grow no further, and use up what is free in it."""
    count = records.connection.execute("PRAGMA page_count").fetchone()[0]
    records.connection.execute(f"PRAGMA max_page_count = {count + 1}")


def test_a_bot_that_is_stopped_while_the_disk_is_full_ends_and_catches_up_later(on_site):
    async def journey(site: Site) -> None:
        async with site.registered(alerts=site.quick_alerts()) as stage:
            stage.post(OWNER, "上午好")
            await stage.later(minutes=1)
            await stage.records(fill_up)
            for number in range(60):
                stage.post((ZHANG, CHENG, FANG)[number % 3], GAMBLING)

            async def full() -> bool:
                return stage.play.bot.metrics.value("faults_total", step="store") >= 1

            assert await becomes(full)

        async with site.bot(alerts=site.quick_alerts()) as stage:

            async def kept() -> bool:
                found = await stage.records(
                    lambda records: records.connection.execute(
                        "SELECT count(*) FROM findings"
                    ).fetchone()[0]
                )
                return bool(found == 60)

            assert await becomes(kept)

    on_site(journey)


def test_an_event_that_breaks_its_transaction_takes_no_other_with_it(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            worker = stage.play.bot.worker
            broken = site.registrations()[0]
            poison = Arrived(replace(broken, role=object()))  # type: ignore[arg-type, call-arg]
            for _ in range(5):
                worker.submit(poison)
            stage.post(ZHANG, GAMBLING)
            for _ in range(5):
                worker.submit(poison)

            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)
            assert stage.play.bot.metrics.value("faults_total", step="batch") >= 1

    on_site(journey)


def test_rows_that_this_version_cannot_read_block_nothing(on_site):
    async def journey(site: Site) -> None:
        async with site.registered():
            pass

        def spoil(records: Any) -> None:
            for table in ("inbox", "outbox"):
                columns = {
                    "inbox": "(kind, body_sealed, state, arrived_at) VALUES ('GroupSubmitted',",
                    "outbox": "(kind, account, lane, ref, body_sealed, state, written_at)"
                    " VALUES ('SayPrivately', 'qq:10001', 1, 'alert:1',",
                }[table]
                for body in (records_seal(records, table, "{}"), b"not sealed at all"):
                    records.connection.execute(
                        f"INSERT INTO {table} {columns} ?, 'waiting', 0)", (body,)
                    )

        def records_seal(records: Any, table: str, text: str) -> bytes:
            kind = {"inbox": "GroupSubmitted", "outbox": "SayPrivately"}[table]
            seal = records.inbox._seal.seal(text, place=f"{table}.body:{kind}")
            return bytes(seal)

        site.records(spoil)

        async with site.bot() as stage:

            async def online() -> bool:
                return stage.play.bot.adapters[0].trouble is None

            assert await becomes(online)
            stage.post(ZHANG, GAMBLING)
            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)
            assert await stage.records(lambda records: records.inbox.failures()) == 2
            assert await stage.records(lambda records: records.outbox.counts()["failed"]) == 2

    on_site(journey)

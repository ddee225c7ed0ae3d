"""Killed anywhere between noticing and receipt: no filing is lost, none goes out twice by itself."""

import asyncio
import contextlib
import json
import os
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Plugins
from bot.cli.common import reading
from bot.clock import SystemClock
from bot.model.filing import ChangeKind, Deed, Filing, FilingState
from tests.journeys.conftest import BUDGET, COMMITTEE, LEADER, NOTICES, OWNER
from tests.journeys.filing_site import FilingSite
from tests.journeys.site import PATIENCE, a_site, becomes
from tests.journeys.test_durability import Nursery, a_nursery
from tests.peers.mail_server import Fault, MailServer, mail_server

KILLS = int(os.environ.get("QUNGUI_KILLS", "300"))
KILLS_PER_STORE = 50
OWNERS = {1: (BUDGET, OWNER), 3: (NOTICES, 20031)}
"""The groups that are renamed, by their rows: where they are and who owns them."""

FAULTS = (
    *[Fault.NONE] * 8,
    *(Fault.TAKES_AND_DROPS, Fault.DROPS_IN_DATA, Fault.ANSWERS_AND_DROPS, Fault.BUSY),
)


class People:
    """Owner, leader and officer: each answers what the records say is his, once in each life."""

    def __init__(self, site: FilingSite, server: MailServer) -> None:
        self._site = site
        self._server = server
        self._said: set[tuple[int, str, int, int]] = set()
        self.named: dict[int, list[str]] = {group: [] for group in OWNERS}

    def begin(self) -> None:
        """Begin to answer anew: what was said to a bot that was killed may be lost."""
        self._said.clear()

    def rename(self, group: int) -> None:
        """Let a group be renamed by its owner, to a name it never had."""
        place, owner = OWNERS[group]
        self.named[group].append(f"第{len(self.named[group]) + 1}次改名的群{group}")
        self._site.world.rename(owner, place, self.named[group][-1])

    def answer(self, filings: Sequence[Filing]) -> None:
        """Answer what waits for somebody."""
        for filing in filings:
            key = (filing.id, filing.state.value, filing.edition, filing.tries)
            if filing.group in OWNERS and key not in self._said:
                self._said.add(key)
                self._say(filing)

    def _say(self, filing: Filing) -> None:
        user, words = {
            FilingState.NOTICED: (OWNERS[filing.group][1], f"备案 {filing.id} 属实"),
            FilingState.FORMED: (LEADER, f"备案 {filing.id} 同意"),
            FilingState.SENT: (COMMITTEE, f"回执 {filing.id} 机备{filing.id}"),
            FilingState.UNKNOWN: (
                OWNERS[filing.group][1],
                f"备案 {filing.id} {'已到' if arrived(self._server, filing) else '再发'}",
            ),
        }.get(filing.state, (0, ""))
        if user:
            self._site.world.say(user, self._site.sandbox.office.bot, words)


def arrived(server: MailServer, filing: Filing) -> int:
    """Return how often a filing's present edition has arrived."""
    return sum(mail.message["Message-ID"] == filing.message_id for mail in server.received)


def open_filings(site: FilingSite) -> Sequence[Filing]:
    """Return what is open, read beside whatever bot runs."""
    with reading(site.config()) as records:
        return list(records.filings.open())


async def live(
    site: FilingSite,
    server: MailServer,
    nursery: Nursery,
    people: People,
    chance: random.Random,
) -> str:
    """Let a bot live until it is killed at a random moment; return how its latest filing stood."""
    server.fault = chance.choice(FAULTS)
    server.taken.clear()
    await nursery.start()
    assert await site.sandbox.until(lambda _: site.sandbox.connected(), PATIENCE)
    people.begin()
    people.rename(chance.choice(list(OWNERS)))
    until = chance.uniform(0, 1.5)
    dying = asyncio.create_task(_moment(server, chance, until))
    while not dying.done():
        people.answer(await asyncio.to_thread(open_filings, site))
        await asyncio.wait({dying}, timeout=0.02)
    nursery.kill()
    assert await site.sandbox.until(lambda _: not site.sandbox.connected(), PATIENCE)
    with reading(site.config()) as records:
        latest = max(records.filings.all(), key=lambda each: each.id, default=None)
    return latest.state.label if latest else "未发现"


async def _moment(server: MailServer, chance: random.Random, until: float) -> None:
    """Wait for the moment to die: some time on, or just as the mail server has taken a form."""
    if chance.random() < 0.4:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.taken.wait(), 3)
        until = chance.choice((0.0, chance.uniform(0, 0.02)))
    await asyncio.sleep(until)


async def survive(loaded: Plugins, folder: Path, kills: int, seed: int) -> Counter[str]:
    """Kill a bot so many times while groups are renamed; return what became of the filings."""
    chance = random.Random(seed)
    async with (
        mail_server() as server,
        a_site(loaded, folder, starts_at=SystemClock().now()) as plain,
    ):
        site = FilingSite(
            sandbox=plain.sandbox,
            clock=plain.clock,
            folder=plain.folder,
            loaded=loaded,
            mail_port=server.port,
        )
        async with site.filed("mail") as filed:
            first = {
                group: (await filed.stage.records(lambda r, g=group: r.groups.get(g))).name
                for group in OWNERS
            }
        people, killed = People(site, server), Counter[str]()
        async with a_nursery(site, mail_port=server.port) as nursery:
            for _ in range(kills):
                stood = await live(site, server, nursery, people, chance)
                killed[f"killed: {stood}"] += 1
        server.fault = Fault.NONE
        async with site.bot(filing=site.filing("mail")) as stage:

            async def done() -> bool:
                await stage.later(minutes=30)
                people.begin()
                people.answer(await stage.records(lambda records: records.filings.open()))
                await stage.settled()
                return await stage.records(lambda records: complete(records, people))

            assert await becomes(done, 120), open_filings(site)
            found = await stage.records(lambda records: counted(records, server, people, first))
            return Counter(killed + found)


def complete(records: Any, people: People) -> bool:
    """Whether every name that a group has now was noticed, and nothing is open."""
    noticed = all(
        not names or records.groups.get(group).name == names[-1]
        for group, names in people.named.items()
    )
    return noticed and not records.filings.open()


def counted(
    records: Any, server: MailServer, people: People, first: dict[int, str]
) -> Counter[str]:
    """Return how many filings there were, and what went wrong."""
    found: Counter[str] = Counter(lost=0, resent=0, hidden=0)
    found["mails"] = len(server.received)
    ids = Counter(mail.message["Message-ID"] for mail in server.received)
    found["resent"] = sum(count - 1 for count in ids.values())
    unknown = Counter(
        ref.rpartition(":")[0] for ref in records.outbox.unknown_refs() if ref[:7] == "filing:"
    )
    for group in OWNERS:
        at = first[group]
        for filing in records.filings.of_group(group):
            found["filings"] += 1
            found[filing.state.value] += 1
            steps = [each.deed for each in records.filings.steps(filing.id)]
            found["unknown"] += steps.count(Deed.UNKNOWN)
            found["retried"] += steps.count(Deed.FAILED)
            sends = sum(
                count for ref, count in unknown.items() if ref.startswith(f"filing:{filing.id}:")
            )
            found["hidden"] += sends != steps.count(Deed.UNKNOWN)
            found["lost"] += filing.state is FilingState.RECEIVED and not ids[filing.message_id]
            for change in records.filings.changes(filing.id):
                if change.kind is ChangeKind.RENAMED:
                    found["renames filed"] += 1
                    found["lost"] += change.before != at
                    at = change.after
        found["lost"] += bool(people.named[group]) and at != people.named[group][-1]
        found["renames"] += len(people.named[group])
    return found


def test_a_bot_that_is_killed_on_a_filings_way_loses_none_and_sends_none_twice(loaded, tmp_path):
    found = asyncio.run(asyncio.wait_for(survive(loaded, tmp_path, 3, seed=20261118), 240))

    assert found["filings"] == found["received"] > 0
    assert (found["lost"], found["resent"], found["hidden"]) == (0, 0, 0)


@pytest.mark.soak
def test_three_hundred_kills_lose_no_filing_and_send_none_twice(loaded, tmp_path, capsys):
    totals: Counter[str] = Counter()

    for start in range(0, KILLS, KILLS_PER_STORE):
        kills = min(KILLS_PER_STORE, KILLS - start)
        folder = tmp_path / str(start)
        folder.mkdir()
        totals.update(asyncio.run(survive(loaded, folder, kills, seed=start)))
        with capsys.disabled():
            print(f"\n{json.dumps(totals, ensure_ascii=False)}", end="", flush=True)  # noqa: T201 - the result

    assert totals["filings"] == totals["received"] > 0
    assert (totals["lost"], totals["resent"], totals["hidden"]) == (0, 0, 0)

"""The weekly audit of a large office: every list compared with the roster, every owner asked."""

import logging
import os
import time
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta

import psutil

from bench.frames import ACCOUNT
from bench.office import Office, an_office
from bench.table import Benchmark, Table, times
from bot.bootstrap import load_plugins
from bot.model.action import KeepMembers, SaveAudit, SaveRoster
from bot.model.event import OutcomeState, OutgoingSettled
from bot.model.group import Member, Person
from bot.model.member import Account, Confirmation
from bot.model.weekly_audit import WeeklyAudit
from bot.pipeline.worker import Arrived

SECONDS, MEGABYTES = 60.0, 500.0
GROUPS, MEMBERS, PEOPLE = 5_000, 200, 50_000
_AT = datetime(2026, 11, 16, 1, tzinfo=UTC)
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
_GIVEN = "安邦博才昌达德恩帆刚国海浩弘佳建杰凯康乐亮林明宁鹏奇强庆仁荣瑞山胜松涛伟文翔欣旭扬义勇宇远泽哲志忠"
_BATCH = 20


def run(scale: float) -> Table:
    """Fill an office, then measure the whole audit: read, match, decide, ask, commit."""
    logging.disable(logging.CRITICAL)
    groups, people = times(GROUPS, scale, least=5), times(PEOPLE, scale, least=500)
    with an_office(load_plugins(), groups=groups, post=_nowhere) as office:
        _furnish(office, groups, people)
        before = _megabytes()
        begun = time.process_time()
        seconds, longest = _audit(office, groups)
        busy = time.process_time() - begun
        used = _megabytes()
        asked, items = _counted(office)
        assert asked == groups, "a group was not audited"
    return Table(
        title="weekly_audit: all lists compared with the roster, every owner asked",
        head=(
            "groups",
            "members",
            "roster",
            "items",
            "seconds",
            "of it CPU",
            "longest batch",
            "memory",
        ),
        rows=[
            (
                f"{groups:,}",
                f"{groups * MEMBERS:,}",
                f"{people:,}",
                f"{items:,}",
                f"{seconds:.1f}",
                f"{busy:.1f}",
                f"{longest * 1000:.0f} ms",
                f"{used:,.0f} MB (before: {before:,.0f})",
            )
        ],
        verdict=f"{seconds:.1f} s, {used:,.0f} MB (target: {SECONDS:.0f} s, {MEGABYTES:,.0f} MB)",
        notes=(
            (
                "a group is an event of its own; other work gets in between any two batches"
                f" ({_BATCH} groups)"
            ),
            "of 200 members 190 are confirmed, 4 have left, 10 have no record",
        ),
    )


def _audit(office: Office, groups: int) -> tuple[float, float]:
    started, longest = time.perf_counter(), 0.0
    for first in range(1, groups + 1, _BATCH):
        begun = time.perf_counter()
        some = range(first, min(first + _BATCH, groups + 1))
        waiting = [
            Arrived(
                OutgoingSettled(at=_AT, ref=f"audit:{number}", state=OutcomeState.DONE), Future()
            )
            for number in some
        ]
        office.worker.run_batch(waiting)
        for each in waiting:
            assert each.done is not None
            each.done.result(timeout=0)
        longest = max(longest, time.perf_counter() - begun)
    return time.perf_counter() - started, longest


def _furnish(office: Office, groups: int, people: int) -> None:
    """Write roster, accounts, lists and opened audits as importing and drawing would."""
    records, now = office.records, office.records.groups.get(1).registered_at
    first = records.people.next_id()
    names = len(_SURNAMES) * len(_GIVEN) ** 2
    roster = tuple(
        Person(
            id=first + index,
            name=_name(index * 7919 % names),
            unit="预算科" if index % 2 else f"第{index % 40}科",
            staff_number=f"{index:06}",
            left_on=_AT.date() - timedelta(days=9) if index % 50 == 1 else None,
            on_roster=True,
        )
        for index in range(people)
    )
    here = [index for index in range(people) if index % 2]
    with records.transaction():
        records.people.save_roster(SaveRoster(people=roster), now)
        for index in here:
            records.people.confirm(
                Account(
                    platform="qq",
                    user=str(2_000_000 + index),
                    person=first + index,
                    how=Confirmation.CODE,
                    linked_at=now,
                )
            )
    for number in range(1, groups + 1):
        members = [
            Member(
                user=str(2_000_000 + here[(number * 131 + each) % len(here)]),
                card=f"预算科 {roster[here[(number * 131 + each) % len(here)]].name}",
            )
            for each in range(MEMBERS - 10)
        ]
        members += [
            Member(user=str(8_000_000 + number * 10 + each), card=f"小太阳{each}")
            for each in range(10)
        ]
        audit = WeeklyAudit(
            id=records.audits.next_id(), group=number, week="2026-W47", opened_at=now
        )
        with records.transaction():
            records.members.keep(
                KeepMembers(group=number, members=tuple(members), complete=True), now
            )
            records.audits.save(SaveAudit(audit=audit).audit)


def _name(index: int) -> str:
    surname, rest = index % len(_SURNAMES), index // len(_SURNAMES)
    return (
        _SURNAMES[surname] + _GIVEN[rest % len(_GIVEN)] + _GIVEN[rest // len(_GIVEN) % len(_GIVEN)]
    )


def _counted(office: Office) -> tuple[int, int]:
    asked, items = (
        office.records.connection.execute(query).fetchone()[0]
        for query in (
            "SELECT count(*) FROM weekly_audits WHERE state = 'asked'",
            "SELECT count(*) FROM audit_items",
        )
    )
    return int(asked), int(items)


def _megabytes() -> float:
    return psutil.Process(os.getpid()).memory_info().rss / 1e6


class _Nowhere:
    """Where letters go: the outbox has them."""

    def __call__(self, letters: object) -> None:
        pass

    def online(self) -> dict[str, bool]:
        return {ACCOUNT: True}

    def abilities(self) -> dict[str, frozenset[str]]:
        return {}


_nowhere = _Nowhere()

BENCHMARK = Benchmark(name="weekly_audit", run=run)

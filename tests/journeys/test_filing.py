"""HS-10/2: a change becomes a filing, people confirm and approve it, and the clock is kept."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Plugins
from bot.calendar import SHANGHAI
from bot.config import Account, Config
from bot.model.filing import ChangeState, Deed, Filing, FilingState, GroupChange
from bot.playground import SandboxClock
from tests.journeys.conftest import (
    BUDGET,
    COMMITTEE,
    LEADER,
    MORNING,
    OWNER,
    TREASURY_OWNER,
    ZHANG,
    Stage,
)
from tests.journeys.filing_site import FilingSite
from tests.journeys.site import PATIENCE, a_site, becomes

NAME, NEW_NAME = "预算科工作群", "预算绩效科工作群"
TABLE_2027 = """
[2027]
off = [2027-01-01, 2027-01-02, 2027-01-03, 2027-05-01, 2027-05-02, 2027-10-01, 2027-10-02, 2027-10-03]
working = []
"""

Run = Callable[..., None]


@dataclass
class OfficeSite(FilingSite):
    """A site whose office may have a table of working days of its own."""

    table: Path | None = None

    def config(self, *accounts: Account, **settings: object) -> Config:
        """Return the configuration with the office's table."""
        config = super().config(*accounts, **settings)
        office = config.office.model_copy(update={"calendar": self.table})
        return config.model_copy(update={"office": office})


@pytest.fixture
def at_the_office(loaded: Plugins, tmp_path: Path) -> Run:
    """Run a journey at an office whose groups were all filed before the bot came."""

    def run(
        journey: Callable[[OfficeSite], Coroutine[Any, Any, None]],
        *,
        starts_at: datetime = MORNING,
    ) -> None:
        async def whole() -> None:
            async with a_site(loaded, tmp_path, starts_at=starts_at) as site:
                await journey(
                    OfficeSite(
                        sandbox=site.sandbox, clock=site.clock, folder=site.folder, loaded=loaded
                    )
                )

        asyncio.run(asyncio.wait_for(whole(), 120))

    return run


async def filing(stage: Stage) -> tuple[Filing, list[GroupChange]]:
    """Return the budget group's latest filing with its changes."""

    def read(records: Any) -> tuple[Filing, list[GroupChange]]:
        group = records.groups.at("qq", str(BUDGET))
        found = records.filings.latest(group.id)
        assert found is not None
        return found, list(records.filings.changes(found.id))

    return await stage.records(read)


async def deeds(stage: Stage) -> list[Deed]:
    """Return what was done about the budget group's latest filing."""
    found, _ = await filing(stage)
    steps = await stage.records(lambda records: records.filings.steps(found.id))
    return [each.deed for each in steps]


def about(stage: Stage, user: int, *parts: str) -> list[str]:
    """Return what somebody was written that contains all parts."""
    return [text for text in stage.read(user) if all(part in text for part in parts)]


async def online(stage: Stage) -> None:
    """Wait until a bot that was off is connected and has handled what it found."""

    async def connected() -> bool:
        return all(each.trouble is None for each in stage.play.bot.adapters)

    assert await becomes(connected)
    await stage.heard()


async def told(stage: Stage) -> tuple[int, str]:
    """Let the owner be told of what was noticed; return the number and the text."""
    await stage.heard()
    await stage.later(minutes=11)
    text = await stage.comes(OWNER, "【备案 ", "要向机关党委备案", seconds=PATIENCE)
    found = re.match(r"【备案 (\d+)】", text)
    assert found
    return int(found[1]), text


def test_a_renamed_group_is_told_confirmed_approved_handed_in_and_received(at_the_office):
    async def journey(site: OfficeSite) -> None:
        async with site.registered() as stage:
            stage.world.rename(OWNER, BUDGET, NEW_NAME)
            number, text = await told(stage)
            assert f"1 群名：{NAME} → {NEW_NAME}（11月18日09:3" in text
            assert "最迟11月27日" in text
            assert "具体时间不知道" not in text

            stage.tell(OWNER, f"备案 {number} 属实")
            await stage.comes(OWNER, "已确认", "等分管领导审核", seconds=PATIENCE)
            form = await stage.comes(LEADER, f"【备案 {number}】", "请审核", seconds=PATIENCE)
            assert NEW_NAME in form
            stage.tell(LEADER, f"备案 {number} 同意")
            await stage.comes(OWNER, f"【备案 {number}】", "请手工报送", seconds=PATIENCE)
            stage.tell(OWNER, f"备案 {number} 已报")
            await stage.comes(COMMITTEE, f"【备案 {number}】", "请出具回执", seconds=PATIENCE)
            stage.tell(COMMITTEE, f"回执 {number} 机备〔2026〕9号")
            await stage.comes(OWNER, "已备案", "机备〔2026〕9号", seconds=PATIENCE)

            found, _ = await filing(stage)
            assert (found.state, found.receipt) == (FilingState.RECEIVED, "机备〔2026〕9号")
            assert await deeds(stage) == [
                Deed.NOTICED,
                Deed.CONFIRMED,
                Deed.FORMED,
                Deed.APPROVED,
                Deed.BY_HAND,
                Deed.RECEIVED,
            ]
            stage.tell(OWNER, "备案 预算")
            await stage.comes(OWNER, "等您办的 0 件", "已备案（2026-", seconds=PATIENCE)

    at_the_office(journey)


def test_a_group_renamed_back_before_filing_is_no_matter_any_more(at_the_office):
    async def journey(site: OfficeSite) -> None:
        async with site.registered() as stage:
            stage.world.rename(OWNER, BUDGET, NEW_NAME)
            number, _ = await told(stage)
            stage.world.rename(OWNER, BUDGET, NAME)
            await stage.heard()
            await stage.later(minutes=11)
            await stage.comes(
                OWNER, f"【备案 {number}】", "备案前已改回，不用备案", seconds=PATIENCE
            )

            found, changes = await filing(stage)
            assert found.state is FilingState.DISMISSED
            assert [each.reason for each in changes] == ["备案前已改回", "备案前已改回"]
            await stage.later(days=14)
            assert about(stage, OWNER, "备案催办") == []

    at_the_office(journey)


def test_two_changes_in_one_window_are_one_filing_and_one_is_dismissed_with_a_reason(
    at_the_office,
):
    async def journey(site: OfficeSite) -> None:
        async with site.registered() as stage:
            stage.world.rename(OWNER, BUDGET, NEW_NAME)
            stage.world.set_admin(OWNER, BUDGET, ZHANG, admin=True)
            number, text = await told(stage)
            assert "发现 2 项情况" in text
            assert "张明" not in text
            assert len(about(stage, OWNER, "要向机关党委备案")) == 1

            lines = text.splitlines()
            named = next(line for line in lines if "群管理员：" in line)
            assert "账号尾号0013（没有登记）" in named
            stage.tell(OWNER, f"备案 {number} 不实 {named.partition(' ')[0]} 只是临时的")
            await stage.comes(OWNER, "定为不成立，理由已记录", seconds=PATIENCE)
            stage.tell(OWNER, f"备案 {number} 属实")
            await stage.comes(LEADER, f"【备案 {number}】", "请审核", seconds=PATIENCE)

            _, changes = await filing(stage)
            assert sorted(each.state for each in changes) == [
                ChangeState.CONFIRMED,
                ChangeState.DISMISSED,
            ]
            assert {each.reason for each in changes} == {"", "只是临时的"}

    at_the_office(journey)


def test_nobody_answers_and_owner_leader_and_office_are_reminded_until_it_is_overdue(
    at_the_office,
):
    async def journey(site: OfficeSite) -> None:
        async with site.registered() as stage:
            stage.world.rename(OWNER, BUDGET, NEW_NAME)
            number, _ = await told(stage)
            for _ in range(14):
                await stage.later(days=1)
            await stage.heard()

            def days(user: int) -> list[str]:
                return [
                    text.partition("】")[2].split()[0] for text in about(stage, user, "备案催办")
                ]

            assert days(OWNER)[:5] == [
                "11月24日",
                "11月26日",
                "11月27日",
                "11月30日",
                "12月1日",
            ]
            assert days(LEADER)[:2] == ["11月27日", "11月30日"]
            assert days(COMMITTEE)[0] == "11月30日"
            assert days(TREASURY_OWNER) == []
            assert "已逾期" in about(stage, COMMITTEE, "备案催办")[0]
            assert (await deeds(stage)).count(Deed.OVERDUE) == 1
            found, _ = await filing(stage)
            assert found.overdue_at is not None
            stage.tell(COMMITTEE, "备案")
            await stage.comes(COMMITTEE, f"{number} {NEW_NAME}", "已逾期", seconds=PATIENCE)

    at_the_office(journey)


def test_what_happened_while_the_bot_was_off_is_said_to_be_known_only_by_an_interval(
    at_the_office,
):
    async def journey(site: OfficeSite) -> None:
        async with site.registered() as stage:
            await stage.later(minutes=10)
            await stage.heard()
        site.world.rename(OWNER, BUDGET, NEW_NAME)
        await site.clock.advance(timedelta(days=2).total_seconds())
        async with site.bot() as stage:
            await online(stage)
            _, text = await told(stage)

            assert "11月18日" in text
            assert "至11月20日" in text
            assert "具体时间不知道，期限从最早算起" in text
            assert "最迟11月27日" in text
            _, (change,) = await filing(stage)
            assert change.is_blind

    at_the_office(journey)


def test_when_the_offices_table_arrives_a_provisional_day_moves(at_the_office, tmp_path):
    async def journey(site: OfficeSite) -> None:
        async with site.registered() as stage:
            stage.world.rename(OWNER, BUDGET, NEW_NAME)
            _, text = await told(stage)
            assert "最迟2027年1月2日（暂定）" in text
            first, _ = await filing(stage)
        site.table = tmp_path / "days.toml"
        site.table.write_text(TABLE_2027)
        await site.clock.advance(timedelta(minutes=15).total_seconds())
        async with site.bot() as stage:
            await online(stage)
            await stage.later(minutes=10)

            found, _ = await filing(stage)
            assert (first.due_on, first.provisional) == (date(2027, 1, 2), True)
            assert (found.due_on, found.provisional) == (date(2027, 1, 6), False)
            assert "本单位工作日历表" in found.rule
            assert (await deeds(stage)).count(Deed.TERM_MOVED) == 1

    at_the_office(journey, starts_at=datetime(2026, 12, 25, 9, 30, tzinfo=SHANGHAI))


def test_a_clock_set_back_undoes_nothing_and_reminds_nobody_again(at_the_office):
    async def journey(site: OfficeSite) -> None:
        async with site.registered() as stage:
            stage.world.rename(OWNER, BUDGET, NEW_NAME)
            await told(stage)
            for _ in range(9):
                await stage.later(days=1)
            await stage.heard()
            before, _ = await filing(stage)
            reminders = len(about(stage, OWNER, "备案催办"))
            assert reminders == 3
            now = site.clock.now()
        site.clock = SandboxClock(now - timedelta(days=5))
        async with site.bot() as stage:
            await online(stage)
            for _ in range(5):
                await stage.later(days=1)
            await stage.heard()

            after, _ = await filing(stage)
            assert after == before
            assert len(about(stage, OWNER, "备案催办")) == reminders

    at_the_office(journey)

"""Issue 5, parts 2 and 7: what changes of a group is noticed over the wire, with honest moments."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model.event import GroupAmended, GroupSubmitted, PersonNamed
from bot.model.filing import ChangeKind, GroupChange
from bot.model.group import Role
from tests.journeys.conftest import (
    ADMINISTRATOR,
    BOT,
    BUDGET,
    CHENG,
    OWNER,
    TREASURY,
    TREASURY_OWNER,
    ZHANG,
    Stage,
)
from tests.journeys.site import PATIENCE, Site, becomes
from tests.journeys.test_handover import known, number_of

NEW_NAME = "预算绩效科工作群"


async def noticed(
    stage: Stage, kind: ChangeKind | None = None, group: int = BUDGET
) -> list[GroupChange]:
    """Return what was noticed of a group, its opening apart, and was not taken back."""

    def read(records) -> list[GroupChange]:
        registered = records.groups.at("qq", str(group))
        return [
            change
            for filing in records.filings.of_group(registered.id)
            for change in records.filings.changes(filing.id)
            if change.counts
            and (change.kind is kind if kind else change.kind is not ChangeKind.OPENED)
        ]

    return await stage.records(read)


async def wait_for(stage: Stage, kind: ChangeKind, count: int = 1, group: int = BUDGET) -> None:
    """Wait until so many changes of a kind were noticed."""

    async def there() -> bool:
        return len(await noticed(stage, kind, group)) >= count

    assert await becomes(there), await noticed(stage, group=group)


def test_a_rename_while_the_bot_was_off_carries_the_interval(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            await stage.later(minutes=10)
            last_listed = await stage.records(lambda records: records.groups.listed_at(1))
        site.world.rename(OWNER, BUDGET, NEW_NAME)
        await site.clock.advance(timedelta(days=2).total_seconds())
        started = site.clock.now()

        async with site.bot() as stage:
            await wait_for(stage, ChangeKind.RENAMED)

            (change,) = await noticed(stage)
            assert (change.before, change.after) == ("预算科工作群", NEW_NAME)
            assert change.earliest_at == last_listed
            assert started <= change.latest_at <= site.clock.now()
            assert change.is_blind

    on_site(journey)


def test_groups_that_are_as_they_were_are_left_alone(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            for _ in range(3):
                await stage.later(minutes=10)

            for group in (BUDGET, TREASURY):
                assert await noticed(stage, group=group) == []

    on_site(journey)


@pytest.mark.parametrize(("receipt", "opened"), [("", 1), ("备字〔2025〕3号", 0)])
def test_a_group_is_opened_unless_it_was_filed_before_the_bot(on_site, receipt, opened):
    async def journey(site: Site) -> None:
        forms = [each for each in site.registrations() if isinstance(each, GroupSubmitted)]
        form = replace(forms[0], filed_as=receipt)
        async with site.bot(register=[form]) as stage:
            assert len(await noticed(stage, ChangeKind.OPENED)) == opened

    on_site(journey)


@pytest.mark.parametrize("register_first", [True, False])
def test_a_handover_and_the_transfer_at_the_platform_are_one_change(on_stage, register_first):
    async def journey(stage: Stage) -> None:
        await known(stage, ZHANG, "张明")
        number = await number_of(stage, ZHANG)

        async def in_the_register() -> None:
            stage.tell(OWNER, f"交接{number}")
            await stage.comes(ZHANG, "请您接任", seconds=PATIENCE)
            stage.tell(ZHANG, "接受")
            await stage.comes(ZHANG, "登记已变更", seconds=PATIENCE)

        async def at_the_platform() -> None:
            stage.world.transfer(OWNER, BUDGET, ZHANG)
            await stage.later(minutes=10)
            await stage.later(minutes=10)

        steps = [in_the_register, at_the_platform]
        for step in steps if register_first else reversed(steps):
            await step()
            await wait_for(stage, ChangeKind.OWNER)

        (change,) = await noticed(stage)
        assert (change.before, change.after) == ("陆知远", "张明")
        assert change.is_blind is not register_first

    on_stage(journey)


@pytest.mark.parametrize("flavour", ["napcat", "llbot"])
def test_another_administrator_is_noticed_by_event_and_list_once(on_site, flavour):
    async def journey(site: Site) -> None:
        site.world.switch(flavour=flavour)
        async with site.registered() as stage:
            await stage.later(minutes=10)
            stage.world.set_admin(OWNER, BUDGET, CHENG, admin=True)
            await wait_for(stage, ChangeKind.ADMINISTRATORS)
            await stage.later(minutes=10)
            stage.world.set_admin(OWNER, BUDGET, ADMINISTRATOR, admin=False)
            await wait_for(stage, ChangeKind.ADMINISTRATORS, 2)
            await stage.later(minutes=10)

            first, second = await noticed(stage)
            assert (first.before, first.is_blind) == ("苏映雪", False)
            assert first.after.startswith("苏映雪、")
            assert second.after == first.after.removeprefix("苏映雪、")

    on_site(journey)


def test_what_the_desk_amends_is_noticed(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            await stage.play.bot.door.put_and_wait(
                GroupAmended(
                    at=site.clock.now(),
                    group=1,
                    unit="预算绩效科",
                    leader=PersonNamed(name="顾清和", unit="国库科", user=str(TREASURY_OWNER)),
                )
            )

            changes = {change.kind: change for change in await noticed(stage)}
            assert set(changes) == {ChangeKind.UNIT, ChangeKind.LEADER}
            assert changes[ChangeKind.LEADER].before == "韩逸舟"
            leaders = await stage.records(
                lambda records: [each.name for each in records.groups.holders(1, Role.LEADER)]
            )
            assert leaders == ["顾清和"]

    on_site(journey)


def test_a_size_that_crosses_a_band_is_noticed(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            for number in range(60):
                stage.world.add_account(31000 + number, f"同事{number}")
                stage.world.seat(BUDGET, 31000 + number)

            await stage.later(minutes=10)

            await wait_for(stage, ChangeKind.SCALE)
            (change,) = await noticed(stage)
            assert (change.before, change.after) == ("50人以下", "50至199人")

    on_site(journey)


def test_a_removal_that_was_a_mistake_is_taken_back_when_the_bot_is_in_again(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.world.kick(OWNER, BUDGET, BOT)
            await wait_for(stage, ChangeKind.REMOVED)
            stage.world.join(BOT, BUDGET, invited_by=OWNER)

            await stage.later(minutes=10)

            await stage.comes(OWNER, "恢复检查", seconds=PATIENCE)
            await stage.settled()
            assert await noticed(stage) == []

    on_site(journey)

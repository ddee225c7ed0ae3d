"""An operator's own lists: edited while the bot runs, only ever a question to the owner."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.calendar import SHANGHAI
from bot.config import Config, RuleSetting, Screening
from bot.control import ask
from bot.model.alert import Alert
from bot.model.finding import Mode, Severity, Topic
from tests.journeys.conftest import (
    COMMITTEE,
    DUTY,
    LEADER,
    MORNING,
    OWNER,
    ZHANG,
    Stage,
)
from tests.journeys.site import Site, becomes

RUMOUR = "听说蓝月亮传闻是真的？"


@dataclass
class ListedSite(Site):
    """A site whose bots read word lists and blocklists from two folders."""

    lists: Path
    modes: tuple[tuple[str, Mode], ...] = ()

    def config(self, *accounts, **settings) -> Config:
        """Return the configuration with the lists."""
        return (
            super()
            .config(*accounts, **settings)
            .model_copy(
                update={
                    "screening": Screening(
                        word_lists=(self.lists / "words",), blocklists=(self.lists / "hosts",)
                    ),
                    "rules": {code: RuleSetting(mode=mode) for code, mode in self.modes},
                }
            )
        )


def listed(site: Site, *modes: tuple[str, Mode]) -> ListedSite:
    """Return the site with two empty folders for lists."""
    lists = site.folder.parent / "lists"
    for name in ("words", "hosts"):
        (lists / name).mkdir(parents=True, exist_ok=True)
    return ListedSite(site.sandbox, site.clock, site.folder, site.loaded, lists, modes)


async def in_use(stage: Stage, code: str) -> bool:
    """Wait until the bot knows a rule."""

    async def known() -> bool:
        return code in stage.play.bot.rulebook.current().rules

    return await becomes(known)


def test_a_word_added_while_the_bot_runs_asks_the_owner_in_the_digest_and_nobody_else(on_site):
    async def journey(site: Site) -> None:
        here = listed(site)
        async with here.registered() as stage:
            stage.post(ZHANG, RUMOUR)
            await stage.heard()

            (here.lists / "words" / "rumour.txt").write_text("蓝月亮传闻\n", "utf-8")
            assert await in_use(stage, "operator_rumour")
            stage.post(ZHANG, RUMOUR)
            await stage.heard()
            before = stage.read(OWNER)
            await stage.until(datetime(2026, 11, 18, 11, 31, tzinfo=SHANGHAI))

            digest = await stage.comes(OWNER, "【汇总 1 件】", "请看是否合适", seconds=20)
            assert "谣言" in digest
            assert not any("谣言" in each for each in before)
            await stage.later(hours=60)
            for user in (LEADER, COMMITTEE, DUTY):
                assert not any("谣言" in each for each in stage.read(user))
            stage.tell(OWNER, "为什么1")
            await stage.comes(OWNER, "单位自备词表：谣言", seconds=20)

    on_site(journey)


def test_a_word_taken_out_is_not_asked_about_any_more(on_site):
    async def journey(site: Site) -> None:
        here = listed(site)
        path = here.lists / "words" / "rumour.txt"
        path.write_text("蓝月亮传闻\n", "utf-8")
        async with here.registered() as stage:
            assert await in_use(stage, "operator_rumour")

            path.unlink()

            async def gone() -> bool:
                return "operator_rumour" not in stage.play.bot.rulebook.current().rules

            assert await becomes(gone)
            stage.post(ZHANG, RUMOUR)
            await stage.heard()
            assert await stage.records(lambda records: records.alerts.next_id()) == 1

    on_site(journey)


def test_a_bad_line_is_told_with_its_number_and_the_others_are_in_use(on_site):
    async def journey(site: Site) -> None:
        here = listed(site)
        async with here.registered() as stage:
            (here.lists / "words" / "rumour.txt").write_text("蓝\n蓝月亮传闻\n", "utf-8")

            assert await in_use(stage, "operator_rumour")

            answer = await stage.play.bot.answer({"do": "status"})
            assert "rumour.txt 第1行" in answer["faults"][0]

    on_site(journey)


def test_a_blocklist_is_loaded_while_the_bot_runs_and_told_at_once(on_site):
    async def journey(site: Site) -> None:
        here = listed(site)
        async with here.registered() as stage:
            (here.lists / "hosts" / "hosts.txt").write_text("0.0.0.0 files.example\n", "utf-8")
            assert await in_use(stage, "blocked_link")

            stage.post(ZHANG, "材料在这里 https://files.example/a")

            await stage.comes(OWNER, "【待处置 1】", "病毒链接", seconds=20)

    on_site(journey)


def test_a_long_text_is_screened_elsewhere_by_the_newest_lists(on_site):
    async def journey(site: Site) -> None:
        here = listed(site)
        long = "今天食堂供应红烧肉和青菜。" * 1_700
        async with here.registered() as stage:
            stage.post(ZHANG, long + RUMOUR)

            async def screened() -> bool:
                return await stage.records(lambda records: records.groups.unscreened_count(1)) == 0

            await stage.heard()
            assert await becomes(screened, 60)
            assert await stage.records(lambda records: records.findings.recorded()) == []
            (here.lists / "words" / "rumour.txt").write_text("蓝月亮传闻\n", "utf-8")
            assert await in_use(stage, "operator_rumour")
            stage.post(ZHANG, RUMOUR + long)

            async def found() -> bool:
                return bool(await stage.records(lambda records: records.findings.recorded()))

            assert await becomes(found, 60)

    on_site(journey)


def test_a_rule_in_observe_is_kept_and_told_to_nobody(on_site):
    async def journey(site: Site) -> None:
        here = listed(site, ("operator_rumour", Mode.OBSERVE))
        (here.lists / "words" / "rumour.txt").write_text("蓝月亮传闻\n", "utf-8")
        async with here.registered() as stage:
            stage.post(ZHANG, RUMOUR)
            await stage.heard()

            findings = await stage.records(lambda records: records.findings.recorded())
            assert [(each.rule, each.mode) for each in findings] == [
                ("operator_rumour", Mode.OBSERVE)
            ]
            assert await stage.records(lambda records: records.alerts.next_id()) == 1

    on_site(journey)


@pytest.mark.parametrize(("modes", "alerts"), [((), 0), ((("off_topic", Mode.ENFORCE),), 1)])
def test_private_talk_is_only_observed_unless_the_office_says_otherwise(
    on_site, loaded, modes, alerts: int
):
    off_topic = next(rule for rule in loaded.rules if rule.code == "off_topic")

    async def journey(site: Site) -> None:
        async with listed(site, *modes).registered() as stage:
            stage.post(ZHANG, off_topic.flags[0])
            await stage.heard()

            assert len(await stage.records(lambda records: records.findings.recorded())) == 1
            assert await stage.records(lambda r: r.alerts.next_id()) == alerts + 1

    on_site(journey)


def test_an_operators_word_about_a_built_in_topic_is_no_less_quiet():
    alert = Alert(
        id=1,
        group=1,
        rule="operator_gambling",
        topic=Topic.GAMBLING,
        severity=Severity.LOW,
        sender="20013",
        recipient=1,
        tier="owner",
        number=1,
        opened_at=MORNING,
        first_posted_at=MORNING,
        message_id="1",
    )

    assert alert.low_key
    assert not replace(alert, severity=Severity.HIGH).at_once


def test_doctor_asks_the_running_bot_for_what_it_could_not_load(on_site):
    async def journey(site: Site) -> None:
        import asyncio

        here = listed(site)
        async with here.registered():
            answer = await asyncio.to_thread(ask, here.folder, {"do": "status"})

            assert answer["faults"] == []

    on_site(journey)

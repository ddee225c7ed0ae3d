"""Part 6: how a group comes into the register, and what happens there first."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.model.errors import BotError
from bot.model.event import GroupSubmitted, OfficeRoleGiven, PersonNamed
from bot.model.group import Role
from bot.registration import COLUMNS
from tests.journeys.conftest import BOT, BUDGET, NOTICES, OWNER, PRIVATE_PARTY
from tests.journeys.site import PATIENCE, Site, becomes

ROOT = Path(__file__).parents[2]
OWNER_OF_NOTICES = 20031
TOKEN = "a-token-of-the-tests-0123456789"


def the_budget_form(site: Site) -> GroupSubmitted:
    """Return the form that registers the budget's group."""
    forms = [each for each in site.registrations() if isinstance(each, GroupSubmitted)]
    return next(each for each in forms if each.platform_id == str(BUDGET))


def a_config(site: Site) -> Path:
    """Write the configuration file that commands of this site's office use."""
    path = site.folder.parent / "config.toml"
    token = site.folder.parent / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    path.write_text(
        f"""
[office]
name = "云江市财政局"
contact = "机关党委 8001"
[store]
folder = "{site.folder}"
[web]
port = 0
[[accounts]]
name = "主号"
platform = "onebot"
way = "forward"
url = "{site.sandbox.ws_url}"
self_id = "{BOT}"
token_file = "{token}"
[workflows.registration]
trial_working_days = 0
""",
        encoding="utf-8",
    )
    return path


async def qungui(site: Site, *words: str, answers: str = "") -> Result:
    """Run a command line beside the running bot."""
    words = (*words, "--config", str(a_config(site)))
    return await asyncio.to_thread(CliRunner().invoke, app, words, answers)


# The notice and the powers


def test_the_notice_is_posted_once_with_its_version_and_the_owner_hears_of_the_powers(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            for group in (BUDGET, NOTICES):
                (notice,) = stage.posted(group)
                assert "【群规助手须知 第1版】" in notice
                for told in ("查什么", "存什么", "谁能看", "谁决定", "有异议"):
                    assert told in notice
            await stage.comes(OWNER, "预算科工作群", "有管理员权限", seconds=PATIENCE)
            await stage.comes(OWNER_OF_NOTICES, "办公室通知群", "不能撤回", seconds=PATIENCE)

            stage.world.switch(offline=True)
            stage.world.switch(offline=False)
            for _ in range(3):
                await stage.later(minutes=10)

            assert len(stage.posted(BUDGET)) == 1
            deeds = await stage.records(
                lambda records: [each.deed for _, each in records.audit.latest(200)]
            )
            assert deeds.count("notice.posted") == 3
        async with site.bot() as stage:
            await stage.later(minutes=10)
            assert len(stage.posted(BUDGET)) == 1

    on_site(journey)


def test_a_notice_that_is_refused_is_posted_later_and_the_owner_hears_why(on_site):
    async def journey(site: Site) -> None:
        site.world.mute_all(OWNER_OF_NOTICES, NOTICES, muted=True)
        async with site.bot(register=site.registrations()) as stage:
            await stage.comes(OWNER_OF_NOTICES, "发不出须知", seconds=PATIENCE)
            for _ in range(3):
                await stage.later(minutes=10)
            told = [text for text in stage.read(OWNER_OF_NOTICES) if "发不出须知" in text]
            assert len(told) == 1

            stage.world.mute_all(OWNER_OF_NOTICES, NOTICES, muted=False)
            await stage.later(minutes=10)

            await stage.appears("【群规助手须知 第1版】", group=NOTICES, seconds=PATIENCE)

    on_site(journey)


# What is refused


def test_a_group_is_registered_once(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            with pytest.raises(BotError, match="已登记，不用重复登记"):
                await stage.play.bot.door.put_and_wait(the_budget_form(site))

            groups = await stage.records(lambda records: len(records.groups.all()))
            assert groups == 3

    on_site(journey)


def test_a_group_of_an_account_that_is_not_ours_is_refused(on_site):
    async def journey(site: Site) -> None:
        async with site.bot() as stage:
            form = replace(the_budget_form(site), account="qq:10099")

            with pytest.raises(BotError, match="没有登录账号 10099"):
                await stage.play.bot.door.put_and_wait(form)

            assert await stage.records(lambda records: len(records.groups.all())) == 0

    on_site(journey)


def test_an_account_under_two_names_is_refused_and_nothing_of_the_form_stands(on_site):
    async def journey(site: Site) -> None:
        async with site.bot() as stage:
            door = stage.play.bot.door
            await door.put_and_wait(
                OfficeRoleGiven(
                    at=site.clock.now(),
                    role=Role.DUTY.value,
                    platform="qq",
                    person=PersonNamed(name="程以宁", unit="预算科", user=str(OWNER)),
                )
            )

            with pytest.raises(BotError, match="账号尾号 0011 已登记为程"):
                await door.put_and_wait(the_budget_form(site))

            assert await stage.records(lambda records: len(records.groups.all())) == 0
            people = await stage.records(lambda records: records.people.next_id() - 1)
            assert people == 1

    on_site(journey)


# The command line


def test_group_add_picks_from_the_live_list_and_asks_for_the_people(on_site):
    async def journey(site: Site) -> None:
        async with site.bot() as stage:

            async def online() -> bool:
                return stage.play.bot.adapters[0].trouble is None

            assert await becomes(online)
            listed = await stage.play.bot.answer({"do": "groups"})
            names = [each["name"] for each in listed["groups"]]
            number = names.index("预算科工作群") + 1
            answers = [
                str(number), "预算科", "预算编制", "", "", "韩逸舟", "2026-11-01", "陆知远",
                "20011", "苏映雪", "20012", "韩逸舟", "20001",
            ]  # fmt: skip

            done = await qungui(site, "group", "add", answers="\n".join(answers) + "\n")

            assert done.exit_code == 0, done.output
            assert "已登记" in done.output
            await stage.appears("【群规助手须知 第1版】", seconds=PATIENCE)
            again = await qungui(site, "group", "add", answers="\n".join(answers) + "\n")
            assert again.exit_code == 2
            assert "不用重复登记" in again.output

    on_site(journey)


def test_an_import_with_a_problem_writes_nothing_and_names_the_row(on_site):
    async def journey(site: Site) -> None:
        async with site.bot() as stage:

            async def online() -> bool:
                return stage.play.bot.adapters[0].trouble is None

            assert await becomes(online)
            path = site.folder.parent / "groups.csv"
            good = (
                "10001,700001,预算科工作群,预算科,,,,韩逸舟,,陆知远,20011,苏映雪,20012,韩逸舟,20001"
            )
            bad = good.replace("700001", "七").replace("10001,", "10001,", 1)
            path.write_bytes("\n".join([",".join(COLUMNS), good, bad]).encode("gb18030"))

            refused = await qungui(site, "group", "import", str(path))

            assert refused.exit_code == 2
            assert "第 3 行" in refused.output
            assert "群号要写数字" in refused.output
            assert await stage.records(lambda records: len(records.groups.all())) == 0

            path.write_bytes("\n".join([",".join(COLUMNS), good]).encode("gb18030"))
            done = await qungui(site, "group", "import", str(path))

            assert done.exit_code == 0, done.output
            await stage.appears("【群规助手须知 第1版】", seconds=PATIENCE)

    on_site(journey)


def test_group_add_without_a_running_bot_says_what_to_do(on_site):
    async def journey(site: Site) -> None:
        site.folder.mkdir()

        done = await qungui(site, "group", "add")

        assert done.exit_code == 2
        assert "请先 qungui run" in done.output

    on_site(journey)


def test_the_socket_and_the_store_are_the_users_own(on_site):
    async def journey(site: Site) -> None:
        async with site.registered():
            for name in ("qungui.sock", "qungui.db", "qungui.db-wal", "vault.key"):
                assert stat.S_IMODE((site.folder / name).stat().st_mode) == 0o600
            assert stat.S_IMODE(site.folder.stat().st_mode) == 0o700

    on_site(journey)


def test_a_group_that_is_registered_offline_is_greeted_when_the_bot_comes(on_site):
    async def journey(site: Site) -> None:
        path = site.folder.parent / "groups.csv"
        row = "10001,700001,预算科工作群,预算科,,,,韩逸舟,,陆知远,20011,苏映雪,20012,韩逸舟,20001"
        path.write_text("\n".join([",".join(COLUMNS), row]), encoding="utf-8")
        done = await qungui(site, "group", "import", str(path))
        assert done.exit_code == 0, done.output

        async with site.bot() as stage:
            await stage.appears("【群规助手须知 第1版】", seconds=PATIENCE)
            assert stage.posted(PRIVATE_PARTY) == []

    on_site(journey)


# One bot


@pytest.fixture
def processes() -> Iterator[list["subprocess.Popen[str]"]]:
    """Hold the processes of a test, and end those that still run."""
    held: list[subprocess.Popen[str]] = []
    yield held
    for each in held:
        each.kill()
        each.communicate()


def test_a_second_bot_is_refused_with_a_sentence_that_names_the_first(on_site, processes):
    def start(config: Path) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run", "--config", str(config)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        )
        processes.append(process)
        return process

    async def journey(site: Site) -> None:
        config = a_config(site)
        first = start(config)
        assert first.stdout is not None
        line = await asyncio.to_thread(first.stdout.readline)
        assert "已启动" in line

        second = start(config)
        _, said = await asyncio.to_thread(second.communicate)

        assert second.returncode == 2
        assert f"机器人（进程 {first.pid}" in said
        assert "同时只能运行一个" in said
        assert "Traceback" not in said
        first.terminate()
        await asyncio.to_thread(first.communicate)
        assert first.returncode == 0
        assert not (site.folder / "qungui.sock").exists()

    on_site(journey)

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
from bot.model.event import GroupAmended, GroupSubmitted, OfficeRoleGiven, PersonNamed
from bot.model.group import Role
from tests.journeys.conftest import (
    BOT,
    BUDGET,
    GAMBLING,
    NOTICES,
    OWNER,
    PRIVATE_PARTY,
    ZHANG,
    Stage,
)
from tests.journeys.site import PATIENCE, Site, becomes

ROOT = Path(__file__).parents[2]
SECOND = 10002
OWNER_OF_NOTICES = 20031
HEADINGS = (
    "账号,群号,群名,归属科室,用途,入群方式,群规,批准人,批准日期,群主,群主账号,管理员,管理员账号,"
    "分管领导,分管领导账号"
)
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


async def online(stage: Stage) -> None:
    """Wait until the bot is connected."""

    async def there() -> bool:
        return stage.play.bot.adapters[0].trouble is None

    assert await becomes(there)


async def answers_for(stage: Stage, *answers: str) -> str:
    """Return what is typed at `group add` to register the budget's group."""
    listed = await stage.play.bot.answer({"do": "groups"})
    number = [each["name"] for each in listed["groups"]].index("预算科工作群") + 1
    return "".join(f"{each}\n" for each in (str(number), *answers))


def test_group_add_asks_for_everything_and_picks_the_people_from_the_live_lists(on_site):
    async def journey(site: Site) -> None:
        async with site.bot() as stage:
            await online(stage)
            fields = (
                "预算科", "预算编制", "群主邀请", "只谈工作", "陆知远 8001", "韩逸舟", "11月1日",
                "2026-11-01", "2026-11-03", "",
            )  # fmt: skip
            people = ("陆知远", "", "苏映雪", "预算科", "2", "韩逸舟", "20001", "y")
            typed = await answers_for(stage, *fields, *people)

            done = await qungui(site, "group", "add", answers=typed)

            assert done.exit_code == 0, done.output
            assert "  1  预算科 陆知远　账号 20011　群主" in done.output
            assert "批准日期" in done.output
            assert "要写成 2026-11-20 这样的日期，请重新填" in done.output
            assert "已登记" in done.output
            assert "要向机关党委备案：开通，2026-11-12 前报送（备案 1）" in done.output
            await stage.appears("【群规助手须知 第1版】", seconds=PATIENCE)
            shown = await qungui(site, "group", "show", "预算科工作群")
            assert "联系人及联系方式：（已填）" in shown.output
            listed = await qungui(site, "group", "add", answers="1\n")
            assert "已登记" in listed.output

    on_site(journey)


def test_a_group_that_is_registered_again_is_refused(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            await online(stage)
            typed = await answers_for(stage)

            again = await qungui(site, "group", "add", answers=typed)

            assert again.exit_code == 2
            assert "不用重复登记" in again.output

    on_site(journey)


def test_a_group_without_a_dedicated_administrator_is_said_to_be_incomplete(on_site):
    async def journey(site: Site) -> None:
        async with site.bot() as stage:
            await online(stage)
            fields = ("预算科", "预算编制", "邀请", "只谈工作", "陆知远 8001", "韩逸舟")
            days = ("2026-11-01", "", "机备〔2026〕7号")
            typed = await answers_for(stage, *fields, *days, "陆知远", "", "", "韩逸舟", "", "")

            done = await qungui(site, "group", "add", answers=typed)
            mended = await qungui(site, "group", "edit", "1", "--administrator", "苏映雪=20012")

            assert done.exit_code == 0, done.output
            assert "没有新的变更要备案" in done.output
            assert "登记不完整，还缺：专职群管理员（群主以外）" in done.output
            assert "qungui group edit 1" in done.output
            assert mended.exit_code == 0, mended.output
            assert "登记不完整" not in mended.output

    on_site(journey)


def test_what_is_edited_is_filed_from_the_day_it_happened(on_site):
    async def journey(site: Site) -> None:
        async with site.registered():
            words = ("--purpose", "预算执行", "--unit", "预算科", "--happened-on", "2026-11-16")

            done = await qungui(site, "group", "edit", "预算科工作群", *words)
            same = await qungui(site, "group", "edit", "1", "--purpose", "预算执行")
            listed = await qungui(site, "group", "list")

            assert done.exit_code == 0, done.output
            assert "用途：预算编制与执行的工作联系 → 预算执行" in done.output
            assert "归属科室" not in done.output
            assert "要向机关党委备案：用途" in done.output
            assert "2026-11-25 前报送（备案 1）" in done.output
            assert same.output == "和登记的一样，没有改。\n"
            assert "期限 2026-11-25" in listed.output

    on_site(journey)


def test_an_edit_without_options_asks_and_keeps_what_is_left_out(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            await online(stage)
            typed = [
                "",
                "",
                "",
                "新群规",
                "",
                "",
                "",
                "",
                "",
                "",
                "苏映雪、张明",
                "",
                "",
                "2026-11-16",
                "y",
            ]

            done = await qungui(site, "group", "edit", "1", answers="\n".join(typed) + "\n")

            assert done.exit_code == 0, done.output
            assert "现在：陆*；回车不改" in done.output
            assert "陆知远" not in done.output
            assert "管理员：苏*（尾号0012） → 苏*（尾号0012）、张*（尾号0013）" in done.output
            assert "要向机关党委备案：" in done.output
            group = await stage.records(lambda records: records.groups.get(1))
            held = await stage.records(
                lambda records: records.groups.holders(1, Role.ADMINISTRATOR)
            )
            assert group.rules == "新群规"
            assert [each.name for each in held] == ["苏映雪", "张明"]

    on_site(journey)


def test_another_account_takes_a_group_over_and_catches_up(on_site):
    async def journey(site: Site) -> None:
        alerts = site.quick_alerts()
        async with site.registered(alerts=alerts) as stage:
            stage.post(ZHANG, "早上好")
            await stage.later(minutes=1)
        site.world.add_account(SECOND, "群规二号", bot=True)
        site.world.befriend(OWNER, SECOND)
        site.world.groups[BUDGET].members.pop(BOT)
        site.world.seat(BUDGET, SECOND)
        site.world.post(ZHANG, BUDGET, GAMBLING)
        async with site.bot(site.account(SECOND), alerts=alerts) as stage:
            await online(stage)

            done = await qungui(site, "group", "edit", "1", "--account", str(SECOND))
            absent = await qungui(site, "group", "edit", "2", "--account", str(SECOND))
            unknown = await qungui(site, "group", "edit", "2", "--account", "10009")

            assert done.exit_code == 0, done.output
            assert f"账号：{BOT} → {SECOND}" in done.output
            assert "没有新的变更要备案" in done.output
            assert absent.exit_code == unknown.exit_code == 2
            assert f"机器人没有登录账号 {SECOND}，或它不在“国库科工作群”里" in absent.output
            assert "机器人没有登录账号 10009" in unknown.output
            await stage.settled()
            await stage.later(minutes=1)
            await stage.settled()
            told = [post.text for post in site.world.inbox_of(OWNER, SECOND)]
            assert any("补查" in text for text in told), told
            spans = await stage.records(lambda records: records.groups.blind_intervals(1))
            assert [caught_up for *_, caught_up in spans] == [True]

    on_site(journey)


def test_an_account_that_is_not_there_takes_no_group_over(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            for account in (f"qq:{SECOND}", "wechat:10001"):
                with pytest.raises(BotError, match="机器人没有登录账号"):
                    await stage.play.bot.door.put_and_wait(
                        GroupAmended(at=site.clock.now(), group=1, account=account)
                    )

            group = await stage.records(lambda records: records.groups.get(1))
            assert group.account == f"qq:{BOT}"

    on_site(journey)


def test_the_register_is_exported_and_imported_again_without_a_change(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            path = site.folder.parent / "登记表.xlsx"

            written = await qungui(site, "group", "export", str(path))
            again = await qungui(site, "group", "export", str(path))
            read = await qungui(site, "group", "import", str(path))

            assert written.exit_code == 0, written.output
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert again.exit_code == 2
            assert "已经有了" in again.output
            assert read.exit_code == 0, read.output
            assert "和登记的一样：3 个群。" in read.output
            assert "没有要写入的。" in read.output
            (owner,) = await stage.records(lambda records: records.groups.holders(1, Role.OWNER))
            (look,) = await stage.records(lambda records: records.people.looks_at(owner.id))
            assert look.reason == "导出群登记表"

    on_site(journey)


def test_who_listed_the_members_is_on_record(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            await online(stage)
            request = {"do": "members", "account": f"qq:{BOT}", "group": str(BUDGET)}

            answer = await stage.play.bot.answer(request)

            users = [each["user"] for each in answer["members"]]
            assert str(OWNER) in users
            assert str(BOT) not in users
            with pytest.raises(BotError, match="没有登录"):
                await stage.play.bot.answer({**request, "account": "qq:10099"})
            with pytest.raises(BotError, match="取不到成员名单"):
                await stage.play.bot.answer({**request, "group": "799999"})
            deeds = await stage.records(
                lambda records: [each.deed for _, each in records.audit.latest(50)]
            )
            assert deeds.count("members.listed") == 1

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
            path.write_bytes(f"{HEADINGS}\n{good}\n{bad}".encode("gb18030"))

            refused = await qungui(site, "group", "import", str(path), "--yes")

            assert refused.exit_code == 2
            assert "第 3 行" in refused.output
            assert "群号要写数字" in refused.output
            assert await stage.records(lambda records: len(records.groups.all())) == 0

            path.write_bytes(f"{HEADINGS}\n{good}".encode("gb18030"))
            done = await qungui(site, "group", "import", str(path), "--yes")

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
        path.write_text(f"{HEADINGS}\n{row}", encoding="utf-8")
        done = await qungui(site, "group", "import", str(path), "--yes")
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

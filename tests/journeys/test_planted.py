"""Planted people are played through the whole product, and no file, log or metric shows them."""

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.log import JsonLines
from bot.model.action import Action
from bot.model.event import CodesIssued, MessagePosted
from bot.people.codes import new_code, shown_code
from bot.plugin import Context, Workflow, on
from tests.journeys.conftest import BOT, BUDGET, COMMITTEE, LEADER, OWNER, Stage
from tests.journeys.site import PATIENCE, Site
from tests.journeys.test_registration import qungui
from tests.roster.workbooks import workbook

NAME, OTHER = "欧阳若谷", "司徒云舒"
IDENTITY, PHONE, STAFF = "11010519491231002X", "13987654321", "GH770123"
ACCOUNT, ASKER = 2954471803, 2954471804
PLANTED = (NAME, OTHER, IDENTITY, PHONE, STAFF, str(ACCOUNT), str(ASKER))
UNIT = "预算科"
HEAD = ("姓名", "科室", "职务", "工号", "身份证号", "手机")
ROWS = (
    (NAME, UNIT, "科员", STAFF, IDENTITY, PHONE),
    (OTHER, "国库科", "科员", "GH770124", None, PHONE),
)
TEXT = f"{NAME}的手机是{PHONE}，身份证号{IDENTITY}，有事打他"
ABANDONED = """
import asyncio
async def main():
    asyncio.create_task(fail())
    await asyncio.sleep(0)
async def fail():
    raise ValueError(planted)
asyncio.run(main())
"""
ROOT = Path(__file__).parents[2]


def explode(_: Context[object], event: MessagePosted) -> Iterator[Action]:
    """Raise with everything that a careless handler could put into an error."""
    if "请假" in event.message.text:
        raise RuntimeError(f"{event.message.text} {event.message.sender} {event.message.card}")
    yield from ()


CARELESS = Workflow(name="careless", listens=(on(MessagePosted, explode),))


def spellings(text: str) -> set[bytes]:
    """Return how a text could stand in a file."""
    escaped = json.dumps(text)[1:-1]
    return {
        *(text.encode(each) for each in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")),
        escaped.encode(),
        escaped.upper().replace("\\U", "\\u").encode(),
        quote(text).encode(),
        text.encode().hex().encode(),
        repr(text.encode())[2:-1].encode(),
    }


def shown(contents: dict[str, bytes], *what: str) -> list[tuple[str, str]]:
    """Return which of the texts stand in clear, and where."""
    return [
        (where, text)
        for where, content in contents.items()
        for text in what
        if any(spelled in content for spelled in spellings(text))
    ]


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the content of every file in a folder."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def answered(stage: Stage, user: int, text: str) -> str:
    """Write to the bot and return its answer."""
    before = len(stage.read(user))
    stage.tell(user, text)
    assert await stage.play.sandbox.until(
        lambda _: len(stage.read(user)) > before, timeout=PATIENCE
    ), text
    await stage.heard()
    return "\n".join(stage.read(user)[before:])


async def proves_himself(stage: Stage) -> None:
    """Let the planted person confirm his account by a code."""
    person = await stage.records(lambda records: records.people.named(NAME)[0].id)
    code = new_code(person)
    now = stage.play.clock.now()
    until = now.replace(year=now.year + 1)
    await stage.play.bot.door.put_and_wait(
        CodesIssued(at=now, codes=((person, code),), expires_at=until)
    )
    await answered(stage, ACCOUNT, f"实名 {shown_code(code)}")
    found = await stage.records(lambda records: records.people.with_account("qq", str(ACCOUNT)))
    assert found is not None
    assert found.name == NAME


async def lives_through_it(site: Site, stage: Stage) -> None:
    """Play what names, numbers and accounts pass through."""
    table = workbook(site.folder.parent / "名册.xlsx", [HEAD, *ROWS])
    done = await qungui(site, "roster", "import", str(table), "--yes", "--identity", "核对")
    assert done.exit_code == 0, done.output
    stage.world.add_account(ACCOUNT, NAME)
    stage.world.befriend(ACCOUNT, BOT)
    stage.world.join(ACCOUNT, BUDGET, card=f"{UNIT} {NAME} {PHONE}")
    await stage.later(minutes=10)
    await proves_himself(stage)
    stage.post(ACCOUNT, TEXT)
    await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)
    for user, line in (
        (OWNER, "看1"),
        (OWNER, f"误报1 {NAME}的电话可以发"),
        (OWNER, "成员"),
        (ACCOUNT, f"更正 我的电话是{PHONE}，我叫{NAME}，身份证{IDENTITY}"),
        (OWNER, f"答复1 已把{NAME}的电话改为{PHONE}"),
        (ACCOUNT, "我的数据"),
        (OWNER, "交接"),
        (LEADER, "状态"),
        (COMMITTEE, f"不存在的命令 {NAME} {PHONE}"),
    ):
        await answered(stage, user, line)
    assert NAME in stage.read(ACCOUNT)[-1]
    stage.world.add_account(ASKER, OTHER)
    stage.world.ask_to_join(ASKER, BUDGET, f"国库科 {OTHER} {PHONE}")
    await stage.heard()
    stage.post(ACCOUNT, f"{NAME}请假，电话{PHONE}")
    await stage.heard()
    await stage.later(days=5)  # past Monday: the weekly audit
    await stage.later(hours=1)
    rotated = await qungui(site, "keys", "rotate")
    assert rotated.exit_code == 0, rotated.output
    await stage.later(minutes=10)


def test_nothing_planted_stands_in_clear_anywhere(on_site):
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()

    async def journey(site: Site) -> None:
        loaded = replace(site.loaded, workflows=(*site.loaded.workflows, CARELESS))
        backup = site.folder.parent / "backup" / "copy.db"
        backup.parent.mkdir()
        async with site.registered(loaded=loaded, alerts=site.quick_alerts()) as stage:
            await lives_through_it(site, stage)
            copied = await qungui(site, "backup", str(backup))
            assert copied.exit_code == 0, copied.output
            address = f"http://127.0.0.1:{stage.play.bot.web_port}/metrics"
            metrics = await asyncio.to_thread(lambda: urllib.request.urlopen(address).read())
            running = files_of(site.folder)
            assert await stage.records(lambda records: len(records.findings.recorded())) > 0
            assert await stage.records(lambda r: len(r.audits.in_week("2026-W48"))) > 0
            faults = stage.play.bot.metrics.value("faults_total", step="MessagePosted")
            assert faults == 1
        contents = {
            **{f"running/{name}": content for name, content in running.items()},
            **{f"stopped/{name}": content for name, content in files_of(site.folder).items()},
            **{f"backup/{name}": content for name, content in files_of(backup.parent).items()},
            "metrics": metrics,
            "log": lines.getvalue().encode(),
        }

        assert shown(contents, *PLANTED) == []

        assert {"running/qungui.db", "running/qungui.db-wal", "backup/copy.db"} <= contents.keys()
        assert "RuntimeError" in lines.getvalue()
        # A unit is no secret: it is found, so what is looked for would be found, too.
        assert ("backup/copy.db", UNIT) in shown(contents, UNIT)

    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    try:
        on_site(journey)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@pytest.mark.parametrize(
    "crash",
    [
        "raise RuntimeError(planted)",
        "import threading; t = threading.Thread(target=lambda: {}[planted]); t.start(); t.join()",
        ABANDONED,
        "import logging; logging.getLogger('lib').error('failed for %s', planted)",
    ],
)
def test_a_crash_report_shows_nothing_of_what_was_in_the_error(crash: str):
    program = (
        "import sys; from bot.log import configure; configure('DEBUG')\n"
        f"planted = sys.stdin.read()\n{crash}\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        input=TEXT.encode(),
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        timeout=120,
        check=False,
    )

    assert shown({"out": done.stdout, "report": done.stderr}, *PLANTED) == []
    assert b'"level": "error"' in done.stderr, done.stderr


def test_the_search_knows_every_spelling_it_looks_for():
    spelled = {
        "utf-16": NAME.encode("utf-16-le"),
        "json": json.dumps({"name": NAME}).encode(),
        "JSON": json.dumps({"name": NAME}).upper().replace("\\U", "\\u").encode(),
        "gb": NAME.encode("gb18030"),
        "url": quote(NAME).encode(),
        "repr": repr(NAME.encode()).encode(),
    }

    assert {where for where, _ in shown(spelled, NAME)} == spelled.keys()

"""What people try without a configuration: the desk of the sandbox's office, with the real bot."""

import asyncio
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.model.filing import FilingState
from bot.model.group import Role
from bot.sandbox.things import RefusedError
from tests.journeys.conftest import COMMITTEE, LEADER, Stage
from tests.journeys.site import PATIENCE, becomes

NEW, CHENG, ZHANG = 700004, 20014, 20013


def filled_in(stage: Stage, **changes: str | list[int]) -> dict[str, str | list[int]]:
    """Return what the page's form says as it opens."""
    sandbox = stage.play.sandbox
    group = sandbox.office.group(NEW)
    assert group is not None
    assert sandbox.desk is not None
    proposed = {
        each.key: list(each.people) if each.people else each.text
        for each in sandbox.desk.questions(group)
    }
    return proposed | changes


def test_a_group_is_registered_on_the_page_and_filed_to_the_end(on_stage):
    async def journey(stage: Stage) -> None:
        sandbox = stage.play.sandbox
        before = stage.posted(NEW)

        await sandbox.register(NEW, filled_in(stage))

        await stage.appears("【群规助手须知", "绩效评价工作群", group=NEW, seconds=PATIENCE)
        await stage.later(minutes=10)
        told = await stage.comes(CHENG, "【备案 1】绩效评价工作群", "开通", seconds=PATIENCE)
        stage.tell(CHENG, "备案 1 属实")
        await stage.comes(LEADER, "【备案 1】", "请审核", seconds=PATIENCE)
        stage.tell(LEADER, "备案 1 同意")
        await stage.comes(COMMITTEE, "【备案 1】", "请出具回执", seconds=PATIENCE)
        (form,) = sandbox.desk.forms()
        stage.tell(COMMITTEE, "回执 1 机党备〔2026〕18号")
        await stage.comes(CHENG, "【备案 1】", "已备案", seconds=PATIENCE)

        group = await stage.records(lambda records: records.groups.at("qq", str(NEW)))
        filing = await stage.records(lambda records: records.filings.get(1))
        held = await stage.records(
            lambda records: records.groups.holders(group.id, Role.ADMINISTRATOR)
        )
        assert before == []
        assert "属实请回复：备案 1 属实" in told
        assert form.name == "互联网工作群组备案表 2026-0001 绩效评价工作群.docx"
        assert form.read_bytes()[:2] == b"PK"
        assert filing.state is FilingState.RECEIVED
        assert [each.name for each in held] == ["张明"]
        assert "群主" in sandbox.office.roles(CHENG)

    on_stage(journey)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unit": " "}, "没有填归属科室"),
        ({"owner": []}, "没有填群主"),
        ({"approved_on": "明天"}, "批准日期要写成"),
        ({"opened_on": "2099-01-01"}, "开通日期还没有到"),
    ],
)
def test_what_cannot_be_registered_is_refused_with_the_bots_own_sentence(on_stage, changes, said):
    async def journey(stage: Stage) -> None:
        with pytest.raises(RefusedError, match=said):
            await stage.play.sandbox.register(NEW, filled_in(stage, **changes))

        assert CHENG not in {each.owner for each in stage.play.sandbox.office.groups[:3]}
        assert stage.play.sandbox.office.roles(CHENG) == ()

    on_stage(journey)


def test_commands_work_with_the_sandboxs_bot(on_stage):
    async def journey(stage: Stage) -> None:
        config = stage.play.write_config()

        async def qungui(*words: str) -> Result:
            words = (*words, "--config", str(config))
            return await asyncio.to_thread(CliRunner().invoke, app, words)

        assert await becomes(online(stage))
        listed = await qungui("group", "list")
        edited = await qungui("group", "edit", "1", "--purpose", "预算执行")
        right = await qungui("check-config")

        assert "预算科工作群" in listed.output
        assert "已写入" in edited.output, edited.output
        assert right.exit_code == 0, right.output
        assert {name: mode(config.parent / name) for name in ("config.toml", "token")} == {
            "config.toml": 0o600,
            "token": 0o600,
        }

    on_stage(journey)


def online(stage: Stage):
    """Return what tells whether the bot is connected."""

    async def look() -> bool:
        return stage.play.bot.adapters[0].trouble is None

    return look


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)

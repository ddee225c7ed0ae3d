"""Filings from the command line: what is open, the proof, the form, and what people at the desk say."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot import cli
from bot.bootstrap import load_plugins, submit_offline
from bot.cli.common import reading
from bot.clock import SystemClock
from bot.config import Config, load_config
from bot.model.event import ChangeNoticed, GroupSubmitted, PersonNamed
from bot.model.filing import ChangeKind, Noticed
from bot.model.group import Role

CONFIG = """
[office]
name = "示范局"
contact = "赵一 0000-0000000"
[workflows.registration]
trial_working_days = 0
"""
Run = Callable[..., Result]


@pytest.fixture
def office(tmp_path: Path) -> tuple[Run, Path]:
    """Furnish an office with a registered group whose name has changed; return how to command."""
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli.app, [*words, "--config", str(config)])

    now = SystemClock().now()
    group = GroupSubmitted(
        at=now,
        platform="qq",
        platform_id="700001",
        account="qq:10001",
        name="预算科工作群",
        unit="预算科",
        purpose="联系工作",
        join_way="群主邀请",
        rules="只谈工作",
        contact="办公室 0000-1",
        approver="钱二",
        approved_on=date(2026, 3, 2),
        filed_as="机备2025-7",
        owner=PersonNamed(name="赵一", unit="预算科", user="20011"),
        administrators=(PersonNamed(name="周五", unit="预算科", user="20012"),),
        leader=PersonNamed(name="钱二", unit="局领导", user="20001"),
    )
    change = ChangeNoticed(
        at=now,
        group=1,
        kind=ChangeKind.RENAMED,
        before="预算一组群",
        after="预算科工作群",
        earliest_at=now - timedelta(days=60),
        latest_at=now - timedelta(days=59),
        how=Noticed.COMPARED,
    )
    loaded = load_plugins()
    assert not submit_offline(the_config(config), loaded, [group, change])
    return run, config


def the_config(path: Path) -> Config:
    """Return the configuration as the commands read it."""
    loaded = load_plugins()
    return load_config(
        path, workflows=loaded.workflow_settings, platforms=loaded.platforms, environ={}
    )


def test_overdue_filings_are_listed_and_the_state_may_be_chosen(office):
    run, _ = office

    listed = run("filing", "list", "--overdue")

    assert "1\t预算科工作群\t待群主确认" in listed.stdout
    assert "已逾期" in listed.stdout
    assert not run("filing", "list", "--state", "已备案").stdout
    assert "received（已备案）" in run("filing", "list", "--state", "随便").output


def test_the_whole_way_can_be_walked_at_the_desk_and_is_the_proof(office):
    run, _ = office

    for words in (
        ("confirm", "1"), ("approve", "1", "--by", "钱二"), ("sent", "1"), ("receipt", "1", "机备〔2026〕12号"),
    ):  # fmt: skip
        done = run("filing", *words)
        assert done.exit_code == 0, done.output

    shown = run("filing", "show", "1").stdout
    for said in ("预算一组群", "确认属实", "生成备案表", "sha256", "手工报送", "机备〔2026〕12号"):
        assert said in shown
    assert "现在：已备案" in done.stdout


def test_a_form_is_written_once_and_who_looked_is_recorded(office, tmp_path):
    run, config = office
    run("filing", "confirm", "1")
    paper = tmp_path / "备案表.docx"

    done = run("filing", "form", "1", "--docx", str(paper))
    again = run("filing", "form", "1", "--docx", str(paper))

    assert done.exit_code == 0, done.output
    assert paper.read_bytes()[:2] == b"PK"
    assert paper.stat().st_mode & 0o777 == 0o600
    assert "还没有审核" in done.output
    assert "已经有了" in again.output
    with reading(the_config(config)) as records:
        (owner,) = records.groups.holders(1, Role.OWNER)
        assert [each.reason for each in records.people.looks_at(owner.id)][:1] == [
            f"打印备案表 {records.filings.get(1).label}"
        ]


def test_names_are_masked_in_the_history_and_whole_on_the_form(office):
    run, _ = office
    run("filing", "confirm", "1")

    assert "赵一" not in run("filing", "show", "1").stdout
    assert "赵一" in run("filing", "form", "1").stdout


def test_a_change_that_is_none_is_dismissed_with_a_reason(office):
    run, _ = office

    done = run("filing", "dismiss", "1", "平台显示有误", "--change", "1")

    assert "无需备案" in done.stdout
    assert "平台显示有误" in run("filing", "show", "1").stdout


def test_what_cannot_be_done_now_is_a_sentence(office):
    run, _ = office

    for words in (
        ("show", "9"), ("approve", "1", "--by", "钱二"), ("receipt", "1", "12"), ("form", "1"), ("resend", "1"),
        ("correct", "1"), ("dismiss", "1", " "), ("confirm", "1", "--change", "7"),
    ):  # fmt: skip
        done = run("filing", *words)
        assert done.exit_code == 2, words
        assert "备案" in done.output or "理由" in done.output
        assert "Traceback" not in done.output


def test_a_refused_filing_is_corrected_into_the_next_edition(office):
    run, _ = office
    for words in (
        ("confirm", "1"), ("approve", "1", "--by", "钱二"), ("sent", "1"), ("refuse", "1", "群规不全"),
        ("correct", "1"), ("approve", "1", "--by", "钱二"), ("sent", "1"), ("bounced", "1", "退信"),
        ("sent", "1"), ("withdraw", "1", "重复报送"),
    ):  # fmt: skip
        done = run("filing", *words)
        assert done.exit_code == 0, (words, done.output)

    shown = run("filing", "show", "1").stdout
    assert "第2版" in shown
    assert "已撤回" in shown


def test_who_approved_on_paper_is_named_and_stands_in_the_form(office, tmp_path):
    run, _ = office
    run("filing", "confirm", "1", "--by", "赵一")

    nobody = run("filing", "approve", "1")
    stranger = run("filing", "approve", "1", "--by", "孙三")
    owner = run("filing", "approve", "1", "--by", "赵一")
    leader = run("filing", "approve", "1", "--by", "钱二")

    assert nobody.exit_code == stranger.exit_code == owner.exit_code == 2
    assert "可以审核备案 1 的是 钱*" in stranger.output
    assert leader.exit_code == 0, leader.output
    form = run("filing", "form", "1").stdout
    assert "填报人：赵一" in form
    assert "同意报送　钱二" in form


def test_nobody_approves_at_the_desk_what_he_confirmed(office):
    run, _ = office
    run("filing", "confirm", "1", "--by", "钱二")

    done = run("filing", "approve", "1", "--by", "钱二")

    assert done.exit_code == 2
    assert "（没有登记）" in done.output


def test_a_name_that_is_not_of_the_group_confirms_nothing(office):
    run, _ = office

    done = run("filing", "confirm", "1", "--by", "孙三")

    assert done.exit_code == 2
    assert "赵*、周*、钱*" in done.output


def test_the_template_is_taken_out_for_editing(office, tmp_path):
    run, _ = office

    out = run("filing", "template", str(tmp_path / "ours.docx"))

    assert "filing.docx" in out.stdout
    assert (tmp_path / "ours.docx").read_bytes()[:2] == b"PK"

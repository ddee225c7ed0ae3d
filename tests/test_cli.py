"""The command line: Chinese help, sentences instead of traces, exit codes that mean something."""

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from bot import cli
from bot.cli.common import sentences
from bot.control import Answer, ControlSocket
from bot.lock import locked
from bot.model.event import Event
from bot.sandbox.stories import STORIES
from bot.vault import Vault
from storage.codec import decode_event
from storage.database import check, open_store
from storage.unit_of_work import UnitOfWork
from tests.pipeline.desk import MORNING, furnish

ROOT = Path(__file__).parent.parent
CONFIG = """
[office]
name = "示范局"
contact = "赵一 0000-0000000"
[web]
port = 0
[[accounts]]
name = "值守号"
platform = "onebot"
way = "forward"
url = "ws://127.0.0.1:1"
self_id = "10001"
token_env = "QUNGUI_TOKEN"
"""
GAMBLING = "线上百家乐真人开户送88元，下注稳赚，加微信 demo8888"
TABLE = (
    "群号,群名,归属科室,批准人,群主,群主账号,管理员,管理员账号,分管领导,分管领导账号\n"
    "700001,预算科工作群,预算科,钱二,赵一,20011,周五、吴六,20012、20013,钱二,20001\n"
    "700002,国库科工作群,国库科,钱二,郑七,20021,王八,20022,钱二,20001\n"
)


def commands() -> list[tuple[str, ...]]:
    """Return every command and group of commands by its words."""

    def below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield words
        for name, each in getattr(command, "commands", {}).items():
            yield from below(each, (*words, name))

    return list(below(typer.main.get_command(cli.app), ()))


@pytest.fixture(autouse=True)
def hooks_as_they_were():
    """Undo what `configure` does to the process."""
    root = logging.getLogger()
    before = sys.excepthook, threading.excepthook, list(root.handlers), root.level
    yield
    sys.excepthook, threading.excepthook, handlers, level = before
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a configuration, as the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUNGUI_TOKEN", "not-a-secret")
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


@pytest.fixture
def furnished(office: Path) -> Path:
    """Return a folder whose store holds one group and its people."""
    (office / "data").mkdir(mode=0o700)
    vault = Vault.open(office / "data" / "vault.key", create=True)
    connection = open_store(office / "data" / "qungui.db")
    furnish(UnitOfWork(connection, vault))
    connection.close()
    return office


def run(*words: str, typed: str | bytes | None = None) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(cli.app, list(words), input=typed)


def sentence(result: Result, status: int = 2) -> str:
    """Return what was said on standard error; nothing else may have been said, no trace."""
    assert result.exit_code == status, (result.stdout, result.stderr, result.exception)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr.strip()


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "QUNGUI_TOKEN": "not-a-secret"} | more


def started(folder: Path, *words: str) -> "subprocess.Popen[str]":
    """Start a true process in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def bot(furnished: Path) -> Iterator[Path]:
    """Return the folder in which a true bot runs."""
    with started(furnished, "run") as process:
        assert "qungui 已启动" in process.stdout.readline()
        yield furnished
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert "Traceback" not in err
        assert '"level": "error"' not in err


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_explains_itself_in_chinese(words):
    result = run(*words, "--help")

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    about = next(line for line in lines[1:] if line.strip())
    assert any("\u4e00" <= character <= "\u9fff" for character in about)


def test_every_argument_and_option_is_explained_in_chinese():
    silent = []
    for words in commands():
        command: Any = typer.main.get_command(cli.app)
        for word in words:
            command = command.commands[word]
        silent += [
            f"{' '.join(words)} {parameter.name}"
            for parameter in command.params
            if parameter.name != "help"
            and not any("\u4e00" <= character <= "\u9fff" for character in parameter.help or "")
        ]

    assert silent == []


def test_help_without_a_command_names_them_all():
    result = run()

    for name in (
        "run", "demo", "scan", "explain", "replay", "try", "due", "group", "check-config", "doctor",
        "migrate", "backup",
    ):  # fmt: skip
        assert name in result.output


def test_without_a_configuration_the_sandbox_runs_until_it_is_told_to_end(tmp_path: Path):
    with started(tmp_path, "run", "--port", "0") as process:
        said = [process.stdout.readline() for _ in range(3)]
        config = said[2].split()[-1]
        listed = run("group", "list", "--config", config)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)

    assert "http://127.0.0.1:" in said[0]
    assert "预算科工作群" in listed.output
    assert not Path(config).exists()
    assert process.returncode == 0
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_bot_that_is_told_to_end_leaves_everything_in_order(furnished: Path, number: int):
    with started(furnished, "run") as process:
        assert "qungui 已启动" in process.stdout.readline()
        process.send_signal(number)
        _, err = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "Traceback" not in err
    assert '"event": "stopped"' in err
    assert sorted(path.name for path in (furnished / "data").iterdir()) == [
        "qungui.db",
        "qungui.lock",
        "vault.key",
    ]


def test_the_demo_tells_its_story_and_ends(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--exit"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "沙盒网页：http://127.0.0.1:" in done.stdout
    assert "【待处置 1】" in done.stdout
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_story_is_told_with_those_there_are():
    said = sentence(run("demo", "--story", "没有的", "--exit"))

    assert "没有剧本" in said
    assert STORIES[0].name in said


def test_a_second_bot_is_refused_with_a_sentence_that_names_the_first(bot: Path):
    second = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        cwd=bot,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert second.returncode == 2
    assert second.stdout == ""
    assert "机器人（进程" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_backup_beside_a_running_bot_opens_and_holds_everything(bot: Path):
    result = run("backup", "copy.db")

    assert result.exit_code == 0, result.stderr
    copy = open_store(bot / "copy.db")
    records = UnitOfWork(copy, Vault.open(bot / "data" / "vault.key"))
    assert check(copy) == "ok"
    assert [group.name for group in records.groups.all()] == ["预算科工作群"]
    copy.close()
    assert (bot / "copy.db").stat().st_mode & 0o077 == 0


def test_what_is_written_beside_a_running_bot_goes_through_it(bot: Path):
    told = run("group", "office", "duty", "周五", "20005", "--unit", "办公室")
    refused = run("group", "office", "duty", "郑七", "20005")
    listed = run("group", "list")
    seen = run("doctor")

    assert told.exit_code == 0, told.stderr
    assert "已登记为周*" in sentence(refused)
    assert "预算科工作群" in listed.stdout
    assert "群主 赵*" in listed.stdout
    assert "账号 值守号" in seen.stdout


def test_a_table_of_groups_beside_a_running_bot_is_taken_whole(bot: Path):
    (bot / "groups.csv").write_text(TABLE.replace("700001", "700009"), encoding="utf-8")

    result = run("group", "import", "groups.csv", "--yes")

    assert result.exit_code == 0, result.stderr
    assert "已登记 2 个群，改了 0 个群。\n" in result.stdout
    assert run("group", "list").stdout.count("\n") == 3


def test_upgrading_beside_a_running_bot_is_refused(bot: Path):
    assert "机器人（进程" in sentence(run("migrate"))


def test_the_groups_cannot_be_drawn_without_a_bot(office: Path):
    assert "机器人没有在运行" in sentence(run("group", "add"))


def test_a_table_of_groups_is_taken_without_a_bot_too(office: Path):
    (office / "groups.csv").write_text(TABLE, encoding="gb18030")

    result = run("group", "import", "groups.csv", typed="y\n")

    assert result.exit_code == 0, result.stderr
    assert "新登记 2 个群：\n  预算科工作群（预算科）" in result.stdout
    listed = run("group", "list").stdout.splitlines()
    assert [line.split("\t")[1] for line in listed] == ["预算科工作群", "国库科工作群"]
    assert listed[0].split("\t")[5].startswith("待")


def test_a_table_that_is_looked_at_only_writes_nothing(office: Path):
    (office / "groups.csv").write_text(TABLE, encoding="utf-8")

    result = run("group", "import", "groups.csv", typed="n\n")

    assert result.exit_code == 1
    assert not (office / "data" / "qungui.db").exists()


def test_a_table_that_is_imported_again_changes_nothing(office: Path):
    (office / "groups.csv").write_text(TABLE, encoding="utf-8")
    run("group", "import", "groups.csv", "--yes")

    result = run("group", "import", "groups.csv")

    assert result.exit_code == 0
    assert result.stdout == "和登记的一样：2 个群。\n没有要写入的。\n"


def test_only_what_a_table_says_otherwise_is_amended(office: Path):
    (office / "groups.csv").write_text(TABLE, encoding="utf-8")
    run("group", "import", "groups.csv", "--yes")
    (office / "more.csv").write_text(
        TABLE.replace("国库科,钱二", "国库支付科,钱二")
        .replace("吴六", "吴七")
        .replace("20013", "20033"),
        encoding="utf-8",
    )

    result = run("group", "import", "more.csv", "--yes")

    assert result.exit_code == 0, result.stderr
    assert "改 2 个群：" in result.stdout
    assert "归属科室：国库科 → 国库支付科" in result.stdout
    assert (
        "管理员：周*（尾号0012）、吴*（尾号0013） → 周*（尾号0012）、吴*（尾号0033）"
        in result.stdout
    )
    assert "国库支付科" in run("group", "list").stdout


def test_a_table_with_faults_writes_nothing(office: Path):
    (office / "groups.csv").write_text(TABLE + "x,群,科,人,人,1,人,2,人,3\n", encoding="utf-8")

    said = sentence(run("group", "import", "groups.csv"))

    assert "第 4 行：群号要写数字" in said
    assert "还没有写入任何一行" in said
    assert not (office / "data" / "qungui.db").exists()


def test_a_role_that_is_none_is_told(office: Path):
    assert "committee" in sentence(run("group", "office", "king", "周五", "20005"))


def test_only_one_may_write_at_a_time(furnished: Path):
    with locked(furnished / "data", now=MORNING, what="机器人"):
        said = sentence(run("group", "office", "duty", "周五", "20005"))

    assert "机器人（进程" in said


@pytest.mark.parametrize(
    ("text", "status"), [("收到\n", 0), (GAMBLING + "\n", 1), ("", 0), ("\udcff\udcfe\n", 2)]
)
def test_the_exit_code_of_a_scan_says_what_was_found(office: Path, text: str, status: int):
    (office / "a.txt").write_bytes(text.encode("utf-8", "surrogateescape"))

    result = run("scan", "--format", "jsonl", "a.txt")

    assert result.exit_code == status
    for line in result.stdout.splitlines():
        assert {"id"} < set(json.loads(line)) <= {"id", "findings", "error"}


def test_a_scan_reads_standard_input_and_goes_on_after_what_cannot_be_read(office: Path):
    result = run("scan", "--format", "jsonl", "missing.txt", "-", typed=f"收到\n{GAMBLING}\n")

    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["-:1", "-:2"]
    assert [finding["topic"] for finding in rows[1]["findings"]] == ["gambling"]
    assert result.exit_code == 2
    assert "missing.txt" in result.stderr


def test_a_broken_configuration_stops_a_scan_and_leaves_standard_output_empty(office: Path):
    (office / "config.toml").write_text("[office\n", encoding="utf-8")
    (office / "a.txt").write_text(GAMBLING)

    assert "config.toml 第1行" in sentence(run("scan", "--format", "jsonl", "a.txt"))


def test_plugins_that_cannot_be_loaded_are_said_beside_what_a_scan_prints(tmp_path: Path):
    for name in ("bot", "storage"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "plugins", tmp_path / "plugins")
    (tmp_path / "plugins" / "rules" / "broken.py").write_text("def (:\n")

    done = subprocess.run(
        [sys.executable, "-m", "bot", "scan", "--format", "jsonl", "-"],
        input=f"收到\n{GAMBLING}\n",
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert [bool(json.loads(line)["findings"]) for line in done.stdout.splitlines()] == [0, 1]
    assert "注意：插件 plugins.rules.broken 未启用：SyntaxError" in done.stderr


def test_due_prints_the_day_and_the_rule_it_rests_on():
    result = run("due", "2026-09-29")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "2026-10-14（星期三）"
    assert "国务院办公厅" in result.stdout


def test_due_says_when_a_day_is_not_certain_yet():
    result = run("due", "2026-12-25")

    assert "暂定" in result.stdout


@pytest.mark.parametrize("day", ["2026-02-30", "明天", "20261", "9999-12-31", ""])
def test_a_day_that_is_none_is_told(day):
    assert sentence(run("due", day)).endswith("。")


@pytest.mark.parametrize("days", ["0", "-1", "x", "99999999"])
def test_a_term_that_is_none_is_refused(days):
    result = run("due", "2026-09-29", "--days", days)

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_explain_tells_a_rule_and_says_which_there_are():
    told = run("explain", "gambling")

    assert told.exit_code == 0
    assert "第十二条" in told.stdout
    assert "gambling" in sentence(run("explain", "nothing"))


def test_try_answers_for_every_rule():
    result = run("try", GAMBLING)

    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) >= 4


def test_a_right_configuration_is_said_to_be_right(office: Path):
    assert run("check-config").stdout == "config.toml 没有错误。\n"


def test_every_mistake_of_a_configuration_is_told_at_once_with_its_line(office: Path):
    wrong = CONFIG.replace("port = 0", 'port = "x"').replace('"forward"', '"sideways"')
    (office / "config.toml").write_text(wrong + "[workflows.alert]\n", encoding="utf-8")

    said = sentence(run("check-config"))

    assert "第6行 web.port" in said
    assert "第10行 accounts.way" in said
    assert "workflows.alert" in said
    assert len(said.splitlines()) >= 3


def test_a_calendar_with_a_mistake_is_told(office: Path):
    (office / "calendar.toml").write_text("[2027]\noff = 5\n")
    text = CONFIG.replace("[web]", 'calendar = "calendar.toml"\n[web]')
    (office / "config.toml").write_text(text, encoding="utf-8")

    assert "calendar.toml" in sentence(run("check-config"))


def test_a_template_with_a_mistake_is_told(office: Path):
    (office / "forms").mkdir()
    (office / "forms" / "filing.docx").write_bytes(b"no template")
    text = CONFIG.replace("[web]", '[forms]\nfolder = "forms"\n[web]')
    (office / "config.toml").write_text(text, encoding="utf-8")

    assert "filing.docx：已损坏" in sentence(run("check-config"))


@pytest.mark.parametrize("words", [["check-config"], ["doctor"], ["migrate"], ["group", "list"]])
def test_a_missing_configuration_is_told_with_the_remedy(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)

    assert "config.example.toml" in sentence(run(*words))
    assert list(tmp_path.iterdir()) == []


def test_migrate_makes_a_store_once(office: Path):
    first = run("migrate")
    second = run("migrate")

    assert "已升级：m001_spine" in first.stdout
    assert second.stdout == "已是最新。\n"
    assert (office / "data" / "qungui.db").stat().st_mode & 0o077 == 0


def test_doctor_is_content_with_what_is_in_order(furnished: Path):
    result = run("doctor")

    assert result.exit_code == 0, result.stdout
    assert "✗" not in result.stdout
    assert "审计链完整" in result.stdout


@pytest.mark.parametrize("command", [["doctor"], ["group", "list"], ["backup", "copy.db"]])
def test_a_ruined_store_is_a_sentence_in_every_command(furnished: Path, command: list[str]):
    (furnished / "data" / "qungui.db").write_bytes(b"ruined" * 4000)

    result = run(*command)

    assert result.exit_code in {1, 2}
    assert "数据文件" in result.output
    assert "Traceback" not in result.output


def test_a_store_that_is_not_there_is_a_sentence(office: Path):
    assert "还没有数据文件" in sentence(run("group", "list"))
    assert "还没有数据文件" in sentence(run("backup", "copy.db"))


def test_a_backup_that_cannot_be_written_is_a_sentence(furnished: Path):
    said = sentence(run("backup", "nowhere/copy.db"))

    assert said.endswith("。")


def test_a_data_folder_that_cannot_be_used_is_a_sentence(office: Path):
    (office / "data").write_text("a file")

    assert "data" in sentence(run("migrate"))
    assert "data" in sentence(run("group", "office", "duty", "周五", "20005"))


def test_a_bug_is_a_sentence_for_people_and_a_line_in_the_log(caplog):
    app = typer.Typer()

    @app.command()
    def break_() -> None:
        with sentences():
            raise KeyError("张明")

    result = CliRunner().invoke(app, [])

    assert result.exit_code == 2
    assert result.stderr.strip().endswith(
        "程序出错（KeyError），没有做完。请把上面这行日志发给维护人员。"
    )
    assert "张明" not in result.output
    assert [each.message for each in caplog.records] == ["command failed"]


@contextlib.contextmanager
def answering(folder: Path, answer: Answer) -> Iterator[None]:
    """Serve the socket of a folder as a running bot does, in a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    control = ControlSocket(folder, answer)
    asyncio.run_coroutine_threadsafe(control.start(), loop).result(30)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(control.stop(), loop).result(30)
        asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


FORM = (
    "2", "国库科", "", "", "", "", "钱二", "2026-11-02", "", "机备7", "郑七", "1", "王八", "20022",
    "钱二", "20001", "y",
)  # fmt: skip
MEMBERS = [
    {"user": "20021", "card": "国库科 郑七", "nickname": "七", "standing": "owner"},
    {"user": "20022", "card": "", "nickname": "八仙", "standing": "member"},
]


@pytest.fixture
def submitted(furnished: Path) -> Iterator[list[Event]]:
    """Return what `group add` submits to a bot that is in two groups."""
    taken: list[Event] = []

    async def answer(request: Mapping[str, Any]) -> Mapping[str, Any]:
        if request["do"] == "groups":
            return {
                "groups": [
                    {"account": "qq:10001", "id": "700001", "name": "预算科工作群", "members": 9},
                    {
                        "account": "qq:10001",
                        "id": "700002",
                        "name": "国库科工作群",
                        "members": None,
                    },
                ]
            }
        if request["do"] == "members":
            return {"members": MEMBERS}
        taken.append(decode_event(request["kind"], request["body"]))
        return {"done": True}

    with answering(furnished / "data", answer):
        yield taken


def test_adding_a_group_picks_it_from_the_live_list_and_asks_for_its_people(submitted):
    result = run("group", "add", typed="\n".join(FORM) + "\n")

    assert result.exit_code == 0, result.output
    (form,) = submitted
    assert (form.platform_id, form.name, form.account) == ("700002", "国库科工作群", "qq:10001")
    assert (form.unit, form.approver, form.approved_on) == ("国库科", "钱二", date(2026, 11, 2))
    assert [each.name for each in (form.owner, *form.administrators, form.leader)] == [
        "郑七",
        "王八",
        "钱二",
    ]


@pytest.mark.parametrize(
    ("place", "wrong", "said"),
    [
        (0, "3", "序号要在 1 到 2 之间，请重新填"),
        (0, "0", "序号要在 1 到 2 之间，请重新填"),
        (7, "明天", "要写成 2026-11-20 这样的日期，请重新填"),
        (10, "郑七、王八", "群主只填一个人，请重新填"),
        (13, "李白", "没有找到“李白”"),
        (4, "长" * 1000, "太长，最多 999 个字，请重新填"),
    ],
)
def test_a_wrong_answer_is_asked_for_again(submitted, place, wrong, said):
    typed = [*FORM[:place], wrong, *FORM[place:]]

    result = run("group", "add", typed="\n".join(typed) + "\n")

    assert result.exit_code == 0, result.output
    assert said in result.output
    (form,) = submitted
    assert (form.platform_id, form.leader.user) == ("700002", "20001")


def test_who_stops_in_between_has_registered_nothing(submitted):
    for cut in (1, 8, len(FORM) - 1):
        result = run("group", "add", typed="\n".join(FORM[:cut]) + "\n")

        assert result.exit_code == 1
        assert "Traceback" not in result.output
    assert submitted == []


def test_a_member_is_picked_by_a_part_of_his_nickname(submitted):
    typed = [*FORM[:13], "八", "1", *FORM[14:]]

    result = run("group", "add", typed="\n".join(typed) + "\n")

    assert result.exit_code == 0, result.output
    assert "群里没有人的名片、昵称写着“王八”" in result.output
    assert submitted[0].administrators[0].user == "20022"


def test_an_officer_is_picked_from_a_group_where_nobody_knows_his_account(submitted):
    result = run("group", "office", "committee", "郑七", "--unit", "国库科", typed="2\n\n")

    assert result.exit_code == 0, result.output
    (given,) = submitted
    assert (given.platform, given.person.user) == ("qq", "20021")


def test_where_ids_end_with_the_login_nobody_is_named_by_one(furnished: Path):
    taken: list[Event] = []

    async def answer(request: Mapping[str, Any]) -> Mapping[str, Any]:
        if request["do"] == "groups":
            group = {"account": "wechat:office1", "id": "room:预算科", "name": "预算科"}
            return {"groups": [group | {"members": 3}]}
        if request["do"] == "members":
            return {"members": []}
        taken.append(decode_event(request["kind"], request["body"]))
        return {"done": True}

    typed = ["1", *FORM[1:11], "王八", "钱二", "y"]
    with answering(furnished / "data", answer):
        result = run("group", "add", typed="\n".join(typed) + "\n")

    assert result.exit_code == 0, result.output
    assert "不记郑七的账号，以后由本人凭确认码（qungui codes）确认。" in result.output
    (form,) = taken
    assert (form.platform, form.platform_id, form.owner.user) == ("wechat", "room:预算科", "")


def test_an_officer_on_another_platform_is_named_with_it(furnished: Path):
    told = run("group", "office", "duty", "周五", "wxid_a", "--platform", "微信")
    wrong = run("group", "office", "duty", "周五", "wxid_a")

    assert told.exit_code == 0, told.stderr
    assert "账号要写数字" in sentence(wrong)
    assert "平台要写 QQ 或 微信" in sentence(
        run("group", "office", "duty", "周五", "1", "--platform", "飞信")
    )


def test_a_group_is_shown_with_the_source_of_every_field_and_names_only_for_a_reason(
    furnished: Path,
):
    shown = run("group", "show", "1")
    whole = run("group", "show", "预算科工作群", "--reveal", "核对登记")

    assert shown.exit_code == 0, shown.stderr
    assert "群主：赵*　[填报]" in shown.stdout
    assert "成员数：（空）　[观察]" in shown.stdout
    assert "备案状态：未备案　[办理记录]" in shown.stdout
    assert "赵一" not in shown.stdout
    assert "登记不完整，还缺：用途、" in shown.stdout
    assert "群主：赵一　[填报]" in whole.stdout
    vault = Vault.open(furnished / "data" / "vault.key")
    with contextlib.closing(open_store(furnished / "data" / "qungui.db")) as store:
        records = UnitOfWork(store, vault)
        reasons = [look.reason for who in (1, 2) for look in records.people.looks_at(who)]
    assert reasons == ["核对登记", "核对登记"]


def test_what_is_edited_without_a_bot_is_filed_when_it_runs(furnished: Path):
    result = run("group", "edit", "1", "--unit", "国库科", "--owner", "李四=20004")

    assert result.exit_code == 0, result.stderr
    assert "归属科室：预算科 → 国库科" in result.stdout
    assert "群主：赵*（尾号0011） → 李*（尾号0004）" in result.stdout
    assert "要向机关党委备案：" in result.stdout
    assert "登记不完整，还缺：用途、" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("9", "--unit", "国库科"), "没有登记的群“9”"),
        (("1", "--unit", ""), "归属科室不能是空的"),
        (("1", "--owner", "=20004"), "姓名=账号"),
        (("1", "--owner", "李四=四"), "群主账号要写数字"),
        (("1", "--approved-on", "昨天"), "批准日期要写成 2026-11-20 这样的日期"),
        (("1", "--unit", "国库科", "--happened-on", "2999-01-01"), "变更日期还没有到"),
        (("1", "--owner", "郑七=20011"), "账号尾号 0011 已登记为赵*"),
    ],
)
def test_what_cannot_be_edited_is_said(furnished: Path, words, said):
    result = run("group", "edit", *words)

    assert result.exit_code == 2
    assert said in result.stderr


def test_an_export_keeps_every_other_file(furnished: Path):
    (furnished / "a.xlsx").write_text("x")

    assert "已经有了" in sentence(run("group", "export", "a.xlsx"))
    assert ".xlsx" in sentence(run("group", "export", "a.csv"))
    assert (furnished / "a.xlsx").read_text() == "x"

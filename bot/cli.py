"""The command line: parses and calls, nothing else."""

import asyncio
import contextlib
import errno
import os
import signal
import sys
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer
from rich.console import Console
from rich.progress import track

from bot import control, doctor, registration
from bot import replay as replay_
from bot.bootstrap import (
    STORE_NAME,
    Bot,
    Plugins,
    clauses_for,
    load_plugins,
    make_calendar,
    make_engine,
    make_rulebook,
    submit_offline,
)
from bot.clock import SystemClock
from bot.config import Config, load_config
from bot.explain import DAYS, Numbers, try_text
from bot.explain import explain as explain_rule
from bot.lock import locked
from bot.log import configure, event_logger
from bot.model.errors import BotError
from bot.model.event import Event, FindingsReplayed, OfficeRoleGiven, PersonNamed
from bot.model.finding import OPERATORS_OWN, Topic
from bot.model.group import Role
from bot.playground import Playground, for_show, playground
from bot.sandbox.stories import STORIES
from bot.scan import scan as scan_files
from bot.screening.blocklists import CODE as BLOCKED_LINK
from bot.screening.rule import Rule
from bot.vault import Vault
from storage.codec import encode
from storage.database import DatabaseError, back_up, open_reader, open_store, upgrade
from storage.unit_of_work import UnitOfWork

app = typer.Typer(
    name="qungui",
    help="群规：工作群合规助手。先运行 qungui demo 看一遍演示；qungui run 正式运行。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
group_app = typer.Typer(help="登记工作群：机器人只在登记过的群里工作。", no_args_is_help=True)
app.add_typer(group_app, name="group")

ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="配置文件")]
DEFAULT_CONFIG = Path("config.toml")
_log = event_logger("qungui.cli")
_SANDBOX_PORT = 8791
_STORIES = tuple(story.name for story in STORIES)


@app.command()
def run(
    config: ConfigPath = DEFAULT_CONFIG,
    port: Annotated[int, typer.Option(help="没有配置文件时，沙盒网页的端口")] = _SANDBOX_PORT,
) -> None:
    """运行机器人；没有 config.toml 时启动沙盒，用浏览器就能试。"""
    with _sentences():
        loaded = _plugins()
        # In the sandbox a person reads the terminal; on a server a log collector does.
        configure("INFO" if config.exists() else "WARNING")
        if config.exists():
            _run(_serve(_read(config, loaded), loaded))
        else:
            _run(_play(loaded, port))


@app.command()
def demo(
    story: Annotated[str, typer.Option(help="只演一个：" + "、".join(_STORIES))] = "",
    leave: Annotated[bool, typer.Option("--exit", help="演完就退出，出错时退出码为 1")] = False,
    port: Annotated[int, typer.Option(help="沙盒网页的端口，0 为任选")] = 0,
) -> None:
    """在终端里演一遍：群里出现广告，群主收到提醒并处置。"""
    if story and story not in _STORIES:
        _fail(f"没有剧本 {story}，可选：{'、'.join(_STORIES)}。")
    with _sentences():
        told = _run(_tell([story] if story else list(_STORIES), _plugins(), port, leave=leave))
    raise typer.Exit(0 if told else 1)


@app.command()
def scan(
    files: Annotated[list[str], typer.Argument(help=".txt .jsonl .csv 文件，- 为标准输入")],
    format: Annotated[  # noqa: A002
        Literal["table", "jsonl"], typer.Option(help="table 看，jsonl 给程序")
    ] = "table",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """不连任何账号，检查文件里的消息。退出码：0 没发现，1 有发现，2 有输入读不了。"""
    with _sentences():
        loaded = _plugins()
        chosen = _read(config, loaded) if config.exists() else None
        status = scan_files(
            files,
            engine=make_engine(loaded, chosen),
            clauses_of=clauses_for(loaded, chosen),
            format=format,
            out=sys.stdout,
            err=sys.stderr,
        )
    raise typer.Exit(status)


@app.command()
def explain(
    rule: Annotated[str, typer.Argument(help="规则代码，如 gambling")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """说明一条规则：查什么、不查什么、已知查不出什么、依据哪些条款、最近三十天的数字。"""
    with _sentences():
        loaded = _plugins()
        chosen = _read(config, loaded) if config.exists() else None
        found = _rule(make_rulebook(loaded, chosen).current().rules, rule)
        setting = chosen.rules.get(rule) if chosen else None
        told = explain_rule(
            found,
            clauses_for(loaded, chosen)(found.topic),
            mode=setting.mode if setting else None,
            numbers=_numbers(chosen, rule) if chosen else None,
        )
        print(told)


@app.command()
def replay(
    rule: Annotated[str, typer.Option(help="只看一条规则，写代码；不写就是全部")] = "",
    word: Annotated[str, typer.Option(help="试一个准备放进单位词表的词")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """改了规则或词表，先看已记录的发现哪些仍会提示、哪些不再提示；不显示原文，查看会记入审计。"""
    with _sentences():
        loaded = _plugins()
        chosen = _read(config, loaded)
        path = chosen.store.folder / STORE_NAME
        if not path.exists():
            raise BotError(f"还没有数据文件 {path}，没有记录可以重看。")
        own = make_rulebook(loaded, chosen).current().rules
        if rule:
            _rule(own, rule)
        trial = replay_.with_word(word) if word else None
        looked = FindingsReplayed(at=SystemClock().now(), rule=rule)
        for refused in _submit(chosen, loaded, [looked]):
            raise refused
        with contextlib.closing(open_reader(path)) as connection:
            records = UnitOfWork(connection, Vault.open(chosen.store.key_file))
            findings = records.findings.recorded(None if trial else rule or None)
            added = replace(loaded, rules=(*loaded.rules, trial)) if trial else loaded
            in_use = make_rulebook(added, chosen, records.phrases.all()).current()
        corpus = replay_.read_corpus()
        if trial:
            lines = replay_.tried(findings, in_use.engine, corpus)
        else:
            rules = [each for each in in_use.rules.values() if rule in {"", each.code}]
            lines = replay_.replayed(findings, in_use.engine, rules, corpus)
        for line in (*lines, replay_.CAVEAT):
            print(line)


@app.command("try")
def try_(
    text: Annotated[str, typer.Argument(help="要试的一句话")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """试一句话：每条规则都回答，没问题的也说明为什么。"""
    with _sentences():
        loaded = _plugins()
        chosen = _read(config, loaded) if config.exists() else None
        print(try_text(make_engine(loaded, chosen), text))


@app.command()
def due(
    day: Annotated[str, typer.Argument(help="事件发生的日期，如 2026-09-29")],
    days: Annotated[int, typer.Option(help="工作日数", min=1, max=3660)] = 7,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """算期限：从次日起第几个工作日是哪天，依据什么。"""
    with _sentences():
        try:
            start = date.fromisoformat(day)
        except ValueError:
            raise BotError("日期要写成 2026-09-29 这样。") from None
        loaded = _plugins()
        chosen = _read(config, loaded) if config.exists() else _nothing_configured()
        found = make_calendar(chosen).due(start, days)
        week = "一二三四五六日"[found.on.weekday()]
        print(f"{found.on}（星期{week}）{'　暂定' if found.provisional else ''}")
        print(found.rule)


@app.command("check-config")
def check_config(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """检查配置文件，一次列出全部错误。"""
    with _sentences():
        loaded = _plugins()
        make_calendar(_read(config, loaded))
        print(f"{config} 没有错误。")


@app.command("doctor")
def doctor_(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """体检：环境、插件、数据、密钥、账号。"""
    with _sentences():
        loaded = _plugins()
        fine = True
        for verdict in doctor.examine(_read(config, loaded), loaded):
            print(f"{'✓' if verdict.fine else '✗'} {verdict.text}")
            fine = fine and verdict.fine
    raise typer.Exit(0 if fine else 1)


@app.command()
def migrate(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """升级数据结构；运行时也会自动升级。"""
    with _sentences():
        chosen = _read(config, _plugins())
        path = chosen.store.folder / STORE_NAME
        with locked(chosen.store.folder, now=SystemClock().now(), what="数据升级"):
            Vault.open(chosen.store.key_file, create=not path.exists())
            path.touch(mode=0o600)
            with contextlib.closing(open_store(path, migrate=False)) as connection:
                steps = upgrade(connection)
        print(f"已升级：{'、'.join(steps)}" if steps else "已是最新。")


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="备份写到哪个文件")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """备份数据文件，机器人运行时也可以。密钥文件要另外保管，不在备份里。"""
    with _sentences():
        chosen = _read(config, _plugins())
        path = chosen.store.folder / STORE_NAME
        if not path.exists():
            raise BotError(f"还没有数据文件 {path}，没有可备份的。")
        # A connection that may only read cannot VACUUM INTO another file either.
        with contextlib.closing(open_store(path, migrate=False)) as source:
            size = back_up(source, target)
        print(f"已备份到 {target}（{size / 1024:.0f} KB）。恢复还需要密钥文件，请另外保管。")


@group_app.command("add")
def group_add(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """从在线的群里选一个登记，逐项填写群主、管理员、分管领导。"""
    with _sentences():
        loaded = _plugins()
        chosen = _read(config, loaded)
        answer = control.ask(chosen.store.folder, {"do": "groups"})
        if answer is None:
            raise BotError("机器人没有在运行，取不到群名单；请先 qungui run，或用 group import。")
        picked = _pick(answer["groups"])
        cells = {"platform_id": picked["id"], "name": picked["name"]}
        for key, question in _QUESTIONS:
            cells[key] = typer.prompt(question, default="" if key in _OPTIONAL else None)
        form = registration.form(cells, account=picked["account"], now=SystemClock().now())
        for refused in _submit(chosen, loaded, [form]):
            raise refused
        print(f"“{form.name}”已登记，机器人会在群里发须知并检查自己的权限。")


@group_app.command("import")
def group_import(
    table: Annotated[Path, typer.Argument(help="CSV 表，列名见 qungui group import --help")],
    account: Annotated[str, typer.Option(help="表里没填账号时用哪个机器人账号")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """从 CSV 表登记。列名：账号 群号 群名 归属科室 用途 入群方式 群规 批准人 批准日期 群主 群主账号
    管理员 管理员账号 分管领导 分管领导账号；多个管理员用、分开。"""  # noqa: D205, D209
    with _sentences():
        loaded = _plugins()
        chosen = _read(config, loaded)
        own = [each.self_id for each in chosen.accounts if each.self_id]
        watching = account or (own[0] if len(own) == 1 else None)
        read = registration.read_table(table, now=SystemClock().now(), account=watching)
        for fault in read.faults:
            print(f"✗ {fault}", file=sys.stderr)
        if read.faults:
            _fail(f"有 {len(read.faults)} 行要改，还没有写入任何一行。")
        forms = track(read.forms, description="登记", console=Console(stderr=True))
        refused = _submit(chosen, loaded, forms)
        for each in refused:
            print(f"✗ {each}", file=sys.stderr)
        if refused:
            _fail(f"{len(refused)} 个没有登记，其余 {len(read.forms) - len(refused)} 个已登记。")
        print(f"已登记 {len(read.forms)} 个群。")


@group_app.command("list")
def group_list(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """列出登记的群。"""
    with _sentences():
        chosen = _read(config, _plugins())
        with contextlib.closing(open_reader(chosen.store.folder / STORE_NAME)) as connection:
            groups = UnitOfWork(connection, Vault.open(chosen.store.key_file)).groups
            for group in groups.all():
                owners = "、".join(each.masked for each in groups.holders(group.id, Role.OWNER))
                print(f"{group.id}\t{group.name}\t{group.unit}\t群主 {owners}\t{group.account}")


@group_app.command("office")
def group_office(
    role: Annotated[str, typer.Argument(help="committee 机关党委，duty 值班")],
    name: Annotated[str, typer.Argument(help="姓名")],
    user: Annotated[str, typer.Argument(help="QQ 号")],
    unit: Annotated[str, typer.Option(help="科室")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """指定全单位的角色：机关党委专干、值班员。"""
    with _sentences():
        if role not in {Role.COMMITTEE.value, Role.DUTY.value}:
            raise BotError("角色只能是 committee（机关党委）或 duty（值班）。")
        loaded = _plugins()
        event = OfficeRoleGiven(
            at=SystemClock().now(),
            role=role,
            platform=registration.PLATFORM,
            person=PersonNamed(name=name, unit=unit, user=user),
        )
        for refused in _submit(_read(config, loaded), loaded, [event]):
            raise refused
        print("已登记。")


def _rule(rules: Mapping[str, Rule], code: str) -> Rule:
    if code not in rules:
        raise BotError(f"没有规则 {code}，现有：{'、'.join(sorted(rules))}。")
    return rules[code]


def _numbers(config: Config, rule: str) -> Numbers | None:
    """Return a rule's numbers where a store is; they are counted, no excerpt is opened."""
    path = config.store.folder / STORE_NAME
    if not path.exists():
        return None
    since = SystemClock().now() - timedelta(days=DAYS)
    with contextlib.closing(open_reader(path)) as connection:
        records = UnitOfWork(connection, Vault.open(config.store.key_file))
        return Numbers(
            judged=records.findings.tally(rule, since), phrases=records.phrases.count(rule)
        )


def main() -> None:
    """Run the command line."""
    configure("WARNING")
    app()


_QUESTIONS = (
    ("unit", "归属科室"),
    ("purpose", "用途"),
    ("join_way", "入群方式"),
    ("rules", "群规"),
    ("approver", "批准人"),
    ("approved_on", "批准日期（如 2026-11-20）"),
    ("owner", "群主姓名"),
    ("owner_user", "群主 QQ 号"),
    ("administrator", "群管理员姓名（多个用、分开）"),
    ("administrator_user", "群管理员 QQ 号（多个用、分开）"),
    ("leader", "分管领导姓名"),
    ("leader_user", "分管领导 QQ 号"),
)
_OPTIONAL = frozenset({"purpose", "join_way", "rules", "approved_on"})


def _pick(groups: list[dict[str, Any]]) -> dict[str, Any]:
    if not groups:
        raise BotError("机器人账号还不在任何群里，请先把它拉进群。")
    for number, group in enumerate(groups, start=1):
        print(f"{number:3}  {group['name']}（{group['id']}，{group['members'] or '？'} 人）")
    chosen: int = typer.prompt("登记哪一个（序号）", type=int)
    if not 1 <= chosen <= len(groups):
        raise BotError(f"序号要在 1 到 {len(groups)} 之间。")
    return groups[chosen - 1]


def _submit(config: Config, loaded: Plugins, events: Iterable[Event]) -> list[BotError]:
    """Hand events to the running bot, or put them through the pipeline here; return refusals."""
    left: list[Event] = []
    refused: list[BotError] = []
    for event in events:
        kind, body = encode(event)
        request = {"do": "submit", "kind": kind, "body": body}
        try:
            if control.ask(config.store.folder, request) is None:
                left.append(event)
        except BotError as error:
            refused.append(error)
    return [*refused, *(submit_offline(config, loaded, left) if left else ())]


async def _serve(config: Config, loaded: Plugins) -> bool:
    async with Bot(config, loaded).running() as bot:
        print(f"qungui 已启动，数据在 {config.store.folder}，端口 {bot.web_port}。", flush=True)
        await _until_told()
    return True


async def _play(loaded: Plugins, port: int) -> bool:
    async with playground(loaded, port=port, **for_show(loaded)) as play:
        print(f"沙盒已启动，用浏览器打开：{play.sandbox.page_url}", flush=True)
        print("没有 config.toml，所以这是演示：数据是临时的，按 Ctrl+C 结束。", flush=True)
        await _until_told()
    return True


async def _tell(names: list[str], loaded: Plugins, port: int, *, leave: bool) -> bool:
    async with playground(loaded, port=port, **for_show(loaded)) as play:
        print(f"沙盒网页：{play.sandbox.page_url}", flush=True)
        told = await _tell_each(play, names)
        if not leave:
            print("演示完毕。网页还开着，按 Ctrl+C 结束。", flush=True)
            await _until_told()
    return told


async def _tell_each(play: Playground, names: list[str]) -> bool:
    if not await play.ready():
        print("机器人没有连上沙盒。")
        return False
    came_true = True
    for name in names:
        told = await play.sandbox.play(name, lambda line: print(line, flush=True))
        came_true = came_true and told
        print()
    return came_true


async def _until_told() -> None:
    """Wait until a signal cancels the work (see `_run`)."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


def _run(work: Coroutine[Any, Any, bool]) -> bool:
    """Run until done or told to end; either way everything is closed properly."""

    async def stoppable() -> bool:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await work

    with contextlib.suppress(asyncio.CancelledError):
        return asyncio.run(stoppable())
    return False


def _plugins() -> Plugins:
    loaded = load_plugins()
    for fault in loaded.faults:
        print(f"注意：{fault}", file=sys.stderr)
    return loaded


def _read(path: Path, loaded: Plugins) -> Config:
    return load_config(
        path,
        workflows=loaded.workflow_settings,
        environ=os.environ,
        rules={
            *(each.code for each in loaded.rules),
            *(f"{OPERATORS_OWN}{topic.value}" for topic in Topic),
            BLOCKED_LINK,
        },
        regulations={each.code for each in loaded.clauses.regulations},
    )


def _nothing_configured() -> Config:
    return Config.default_for_sandbox(
        folder=Path("data"),
        url="ws://127.0.0.1:1",
        token="none",  # noqa: S106 - never used
    )


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    """Show every failure as a sentence, without a trace; a bug goes to the log as well."""
    try:
        yield
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except BotError as error:
        _fail(str(error))
    except DatabaseError as error:
        _fail(f"数据文件读写失败（{error}），请运行 qungui doctor 检查。")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _fail("端口已被占用，请换一个，或停掉占用它的程序。")
        _fail(f"{error.filename or '系统'} 读写失败：{error.strerror or type(error).__name__}。")
    except Exception as error:  # noqa: BLE001 - whatever it is, people get a sentence
        _log.fault("command failed", error)
        _fail(f"程序出错（{type(error).__name__}），没有做完。请把上面这行日志发给维护人员。")


def _fail(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise typer.Exit(2)

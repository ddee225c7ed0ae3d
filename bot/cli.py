"""The command line: parses and calls, nothing else."""

import asyncio
import contextlib
import errno
import os
import signal
import sys
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TextIO

import typer
from rich.console import Console
from rich.progress import Progress, track

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
    rotate_offline,
    submit_offline,
)
from bot.calendar import local
from bot.clock import SystemClock
from bot.config import Config, load_config
from bot.explain import DAYS, Numbers, try_text
from bot.explain import explain as explain_rule
from bot.lock import locked
from bot.log import configure, event_logger
from bot.model.errors import BotError
from bot.model.event import (
    CodesIssued,
    Event,
    FindingsReplayed,
    NameRevealed,
    OfficeRoleGiven,
    PersonNamed,
    RosterSubmitted,
)
from bot.model.finding import OPERATORS_OWN, Topic
from bot.model.group import Person, Role
from bot.people.codes import new_code
from bot.people.slips import slips
from bot.roster import read_roster
from bot.roster.telling import preview, told_preview, told_unit, told_units
from bot.scan import scan as scan_files
from bot.screening.blocklists import CODE as BLOCKED_LINK
from bot.screening.rule import Rule
from bot.vault import Vault, told_keys
from storage.codec import encode
from storage.database import DatabaseError, back_up, open_reader, open_store, upgrade
from storage.sealed import heads
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
roster_app = typer.Typer(help="单位花名册：谁在哪个科室，谁已离开。", no_args_is_help=True)
app.add_typer(roster_app, name="roster")

keys_app = typer.Typer(help="加密个人信息的密钥：哪些还在用，换新的。", no_args_is_help=True)
app.add_typer(keys_app, name="keys")

ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="配置文件")]
DEFAULT_CONFIG = Path("config.toml")
_log = event_logger("qungui.cli")
_SANDBOX_PORT = 8791


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
    story: Annotated[str, typer.Option(help="只演一个剧本，写错名字时会列出来")] = "",
    leave: Annotated[bool, typer.Option("--exit", help="演完就退出，出错时退出码为 1")] = False,
    port: Annotated[int, typer.Option(help="沙盒网页的端口，0 为任选")] = 0,
) -> None:
    """在终端里演一遍：群里出现广告，群主收到提醒并处置。"""
    from bot.sandbox.stories import STORIES  # noqa: PLC0415 - only who plays pays for it

    names = [each.name for each in STORIES]
    if story and story not in names:
        _fail(f"没有剧本 {story}，可选：{'、'.join(names)}。")
    with _sentences():
        told = _run(_tell([story] if story else names, _plugins(), port, leave=leave))
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


@roster_app.command("import")
def roster_import(
    table: Annotated[Path, typer.Argument(help=".xlsx 或 .csv，要有 姓名、科室 两列")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="看过预览就写入，不再问")] = False,
    part: Annotated[
        bool, typer.Option("--part", help="只是一部分人的表：表中没有的人不算离开")
    ] = False,
    identity: Annotated[
        str, typer.Option(help="保存身份证号的理由；不写就不保存，以前保存的也删去")
    ] = "",
    sheet: Annotated[str, typer.Option(help="有几张表时读哪一张")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """导入花名册：先预览，有一行要改就一行也不写；再次导入只改有变化的。

    列名：姓名 科室 职务 工号 离职日期 调动日期；电话不导入，身份证号只在写明理由时导入。
    """
    with _sentences():
        loaded = _plugins()
        chosen = _read(config, loaded)
        reason = identity.strip()
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("读花名册", total=1.0)
            file = read_roster(
                table,
                keep_identity=bool(reason),
                progress=lambda done: bar.update(task, completed=done),
                sheet=sheet,
            )
        for problem in file.problems:
            print(f"✗ {problem}", file=sys.stderr)
        if file.problems:
            rows = len({problem.row for problem in file.problems})
            _fail(f"有 {rows} 行要改，还没有写入任何一行。")
        for note in file.notes:
            print(f"· {note}")
        now = SystemClock().now()
        known, next_id = _known_people(chosen)
        found = preview(known, file.rows, next_id=next_id, today=local(now).date(), whole=not part)
        for line in told_preview(found):
            print(line)
        if found.is_doubtful and yes:
            _fail(
                "表中没有的人太多，像是一部分人的表，没有写入：是一部分请加 --part；"
                "确实都已离开，请不加 --yes，看过再写入。"
            )
        if not yes:
            typer.confirm("写入吗？", abort=True)
        event = RosterSubmitted(
            at=now,
            rows=file.rows,
            whole=not part,
            identity_reason=reason,
            submitted_by="operator",
        )
        with Console(stderr=True).status("写入……"):
            refusals = _submit(chosen, loaded, [event])
        for refused in refusals:
            raise refused
        print(f"已写入，变动 {len(found.diff.people)} 人。")


@roster_app.command("show")
def roster_show(
    unit: Annotated[str, typer.Option(help="只看一个科室的人，姓名不显示全")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """看花名册：各科室多少人；姓名只显示姓。"""
    with _sentences():
        known, _ = _known_people(_read(config, _plugins()))
        today = local(SystemClock().now()).date()
        for line in told_unit(known, unit, today) if unit else told_units(known, today):
            print(line)


@keys_app.command("list")
def keys_list(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """列出每个密钥还有多少处内容在用，密钥文件里缺不缺。"""
    with _sentences():
        chosen = _read(config, _plugins())
        vault = Vault.open(chosen.store.key_file)
        with contextlib.closing(open_reader(chosen.store.folder / STORE_NAME)) as connection:
            for line in told_keys(vault, heads(connection)):
                print(line)


@keys_app.command("rotate")
def keys_rotate(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """换一个新密钥，机器人运行时也可以；已存的内容随后逐步重新加密。"""
    with _sentences():
        chosen = _read(config, _plugins())
        if not (chosen.store.folder / STORE_NAME).exists():
            raise BotError("还没有数据，第一次运行时会自动生成密钥，不用换。")
        answer = control.ask(chosen.store.folder, {"do": "rotate"})
        if answer is not None:
            print(f"已换用 {answer['key']} 号密钥；已存的内容正在后台重新加密，不影响使用，")
            print("用 qungui keys list 看还剩多少。")
        else:
            with Console(stderr=True).status("重新加密……"):
                number = rotate_offline(chosen)
            print(f"已换用 {number} 号密钥，已存的内容都已重新加密。")
        print(f"请马上重新备份密钥文件 {chosen.store.key_file}；")
        print("其中的旧密钥要留着，以前的数据备份还要用它。")


@app.command("audit")
def audit_(
    *,
    group: Annotated[str, typer.Option(help="群：登记编号、群号或群名")],
    week: Annotated[str, typer.Option(help="哪一周，如 2026-W47；不写就是最近一次")] = "",
    docx: Annotated[Path | None, typer.Option(help="另存为 Word 文件")] = None,
    xlsx: Annotated[Path | None, typer.Option(help="另存为 Excel 文件")] = None,
    reveal: Annotated[str, typer.Option(help="显示全名的理由，查看会记录在案")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """打印一个群一周的成员核查记录；姓名只显示姓。"""
    from plugins.forms import weekly_audit as form  # noqa: PLC0415 - only who prints pays for it

    with _sentences():
        loaded = _plugins()
        chosen = _read(config, loaded)
        with contextlib.closing(open_reader(chosen.store.folder / STORE_NAME)) as connection:
            records = UnitOfWork(connection, Vault.open(chosen.store.key_file))
            record = form.find(records, group, week, office=chosen.office.name)
            if reason := reveal.strip():
                now = SystemClock().now()
                looks = [NameRevealed(at=now, person=who, reason=reason) for who in record.people]
                for refused in _submit(chosen, loaded, looks):
                    raise refused
                record = replace(record, name=lambda who: records.people.get(who).name or "已删除")
            print(form.text(record))
            for path, write in ((docx, form.as_docx), (xlsx, form.as_xlsx)):
                if path is not None:
                    with _new_file(path) as file:
                        file.buffer.write(write(record))
                    print(f"已写到 {path}。")


@app.command()
def codes(
    unit: Annotated[str, typer.Option(help="科室，与花名册上写的一样")],
    out: Annotated[
        Path | None, typer.Option(help="写到这个文件（不覆盖），不写就显示在屏幕上")
    ] = None,
    name: Annotated[str, typer.Option(help="只给这个人做，旧码作废")] = "",
    days: Annotated[int, typer.Option(help="几天内有效", min=1, max=90)] = 14,
    *,
    again: Annotated[bool, typer.Option("--again", help="旧码还有效的人也重做")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """制作实名确认码：给一个科室里还没有确认账号的人，打印剪开，当面交给本人。纸条上有全名，会记录。"""
    with _sentences():
        loaded = _plugins()
        chosen = _read(config, loaded)
        now = SystemClock().now()
        people, skipped = _without_account(chosen, unit, name, now, again=again)
        if skipped:
            print(f"有 {skipped} 人的旧码还有效，没有重做；要重做请加 --again。", file=sys.stderr)
        if not people:
            print(f"{unit}没有要做确认码的人。", file=sys.stderr)
            return
        made = [(person, new_code(person.id)) for person in people]
        expires_at = now + timedelta(days=days)
        issued = CodesIssued(
            at=now,
            codes=tuple((person.id, code) for person, code in made),
            expires_at=expires_at,
        )
        shown = [
            NameRevealed(at=now, person=person.id, reason="打印实名确认码") for person in people
        ]
        with contextlib.ExitStack() as stack:
            paper = stack.enter_context(_new_file(out)) if out else sys.stdout
            for refused in _submit(chosen, loaded, [issued, *shown]):
                raise refused
            paper.write(
                slips(
                    made,
                    office=chosen.office.name,
                    contact=chosen.office.contact,
                    last_day=local(expires_at).date(),
                )
            )
        print(
            f"已制作 {len(made)} 人的确认码，{local(expires_at):%Y-%m-%d} 前有效。", file=sys.stderr
        )


def _without_account(
    config: Config, unit: str, name: str, now: datetime, *, again: bool
) -> tuple[list[Person], int]:
    """Return who of a unit needs a code, and how many have one that still holds."""
    with contextlib.closing(open_reader(config.store.folder / STORE_NAME)) as connection:
        records = UnitOfWork(connection, Vault.open(config.store.key_file))
        today = local(now).date()
        members = [
            person
            for person in records.people.all()
            if person.on_roster
            and person.unit == unit
            and name in {"", person.name}
            and (person.left_on is None or person.left_on >= today)
        ]
        if not members:
            raise BotError(
                f"花名册上没有{unit}{'的这个人' if name else '这个科室的人'}，"
                "请照花名册写，可用 qungui roster show 看科室。"
            )
        if name:
            return members, 0
        people = [person for person in members if not records.people.accounts_of(person.id)]
        holding = {
            person.id
            for person in people
            if (code := records.codes.of(person.id)) is not None
            and code.used_at is None
            and code.expires_at > now
        }
        if again:
            return people, 0
        return [person for person in people if person.id not in holding], len(holding)


def _new_file(path: Path) -> TextIO:
    """Open a file that only its owner can read; raises BotError where there is one already."""
    try:
        number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise BotError(f"{path} 已经有了，请换一个文件名。") from None
    return os.fdopen(number, "w", encoding="utf-8-sig")


def _known_people(config: Config) -> tuple[Sequence[Person], int]:
    """Return who is in the register, and the next free id; nobody where no store is yet."""
    path = config.store.folder / STORE_NAME
    if not path.exists():
        return (), 1
    with contextlib.closing(open_reader(path)) as connection:
        people = UnitOfWork(connection, Vault.open(config.store.key_file)).people
        return people.all(), people.next_id()


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
    from bot.playground import for_show, playground  # noqa: PLC0415 - only who plays pays for it

    async with playground(loaded, port=port, **for_show(loaded)) as play:
        print(f"沙盒已启动，用浏览器打开：{play.sandbox.page_url}", flush=True)
        print("没有 config.toml，所以这是演示：数据是临时的，按 Ctrl+C 结束。", flush=True)
        await _until_told()
    return True


async def _tell(names: list[str], loaded: Plugins, port: int, *, leave: bool) -> bool:
    from bot.playground import for_show, playground, tell_each  # noqa: PLC0415

    async with playground(loaded, port=port, **for_show(loaded)) as play:
        print(f"沙盒网页：{play.sandbox.page_url}", flush=True)
        told = await tell_each(play, names, partial(print, flush=True))
        if not leave:
            print("演示完毕。网页还开着，按 Ctrl+C 结束。", flush=True)
            await _until_told()
    return told


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

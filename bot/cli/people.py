"""The roster, codes, audits and keys from the command line."""

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from bot import control
from bot.bootstrap import (
    STORE_NAME,
    rotate_offline,
)
from bot.calendar import local
from bot.cli.common import (
    DEFAULT_CONFIG,
    ConfigPath,
    fail,
    new_file,
    plugins_in_use,
    read_config,
    reading,
    sentences,
    submit,
)
from bot.clock import SystemClock
from bot.config import Config
from bot.model.errors import BotError
from bot.model.event import (
    CodesIssued,
    NameRevealed,
    RosterSubmitted,
)
from bot.model.group import Person
from bot.people.codes import new_code
from bot.people.slips import slips
from bot.roster import read_roster
from bot.roster.telling import preview, told_preview, told_unit, told_units
from bot.vault import Vault, told_keys
from storage.sealed import heads

app = typer.Typer()
_DAYS = 14
_DAYS_OF_SEVERAL = 90
roster_app = typer.Typer(help="单位花名册：谁在哪个科室，谁已离开。", no_args_is_help=True)
keys_app = typer.Typer(help="加密个人信息的密钥：哪些还在用，换新的。", no_args_is_help=True)


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
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
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
            fail(f"有 {rows} 行要改，还没有写入任何一行。")
        for note in file.notes:
            print(f"· {note}")
        now = SystemClock().now()
        known, next_id = _known_people(chosen)
        found = preview(known, file.rows, next_id=next_id, today=local(now).date(), whole=not part)
        for line in told_preview(found):
            print(line)
        if found.is_doubtful and yes:
            fail(
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
            refusals = submit(chosen, loaded, [event])
        for refused in refusals:
            raise refused
        print(f"已写入，变动 {len(found.diff.people)} 人。")


@roster_app.command("show")
def roster_show(
    unit: Annotated[str, typer.Option(help="只看一个科室的人，姓名不显示全")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """看花名册：各科室多少人；姓名只显示姓。"""
    with sentences():
        known, _ = _known_people(read_config(config, plugins_in_use()))
        today = local(SystemClock().now()).date()
        for line in told_unit(known, unit, today) if unit else told_units(known, today):
            print(line)


@keys_app.command("list")
def keys_list(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """列出每个密钥还有多少处内容在用，密钥文件里缺不缺。"""
    with sentences():
        chosen = read_config(config, plugins_in_use())
        vault = Vault.open(chosen.store.key_file)
        with reading(chosen) as records:
            for line in told_keys(vault, heads(records.connection)):
                print(line)


@keys_app.command("rotate")
def keys_rotate(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """换一个新密钥，机器人运行时也可以；已存的内容随后逐步重新加密。"""
    with sentences():
        chosen = read_config(config, plugins_in_use())
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

    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        with reading(chosen) as records:
            record = form.find(records, group, week, office=chosen.office.name)
            if reason := reveal.strip():
                now = SystemClock().now()
                looks = [NameRevealed(at=now, person=who, reason=reason) for who in record.people]
                for refused in submit(chosen, loaded, looks):
                    raise refused
                record = replace(record, name=lambda who: records.people.get(who).name or "已删除")
            print(form.text(record))
            for path, write in ((docx, form.as_docx), (xlsx, form.as_xlsx)):
                if path is not None:
                    with new_file(path) as file:
                        file.buffer.write(write(record))
                    print(f"已写到 {path}。")


@app.command()
def codes(
    unit: Annotated[str, typer.Option(help="科室，与花名册上写的一样")],
    out: Annotated[
        Path | None, typer.Option(help="写到这个文件（不覆盖），不写就显示在屏幕上")
    ] = None,
    name: Annotated[str, typer.Option(help="只给这个人做，旧码作废")] = "",
    days: Annotated[
        int | None, typer.Option(help="几天内有效，不写是 14，几个码的是 90", min=1, max=90)
    ] = None,
    logins: Annotated[
        int,
        typer.Option(
            help="每人几个码；账号每次登录都会变的平台，机器人每登录一次用一个", min=1, max=20
        ),
    ] = 1,
    *,
    again: Annotated[bool, typer.Option("--again", help="旧码还有效的人也重做")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """制作实名确认码：给一个科室里还没有确认账号的人，打印剪开，当面交给本人。纸条上有全名，会记录。"""
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        now = SystemClock().now()
        people, skipped = _without_account(chosen, unit, name, now, again=again)
        if skipped:
            print(f"有 {skipped} 人的旧码还有效，没有重做；要重做请加 --again。", file=sys.stderr)
        if not people:
            print(f"{unit}没有要做确认码的人。", file=sys.stderr)
            return
        made = [(person, [new_code(person.id) for _ in range(logins)]) for person in people]
        expires_at = now + timedelta(days=days or (_DAYS if logins == 1 else _DAYS_OF_SEVERAL))
        issued = CodesIssued(
            at=now,
            codes=tuple((person.id, code) for person, codes in made for code in codes),
            expires_at=expires_at,
        )
        shown = [
            NameRevealed(at=now, person=person.id, reason="打印实名确认码") for person in people
        ]
        with contextlib.ExitStack() as stack:
            paper = stack.enter_context(new_file(out)) if out else sys.stdout
            for refused in submit(chosen, loaded, [issued, *shown]):
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
    with reading(config) as records:
        today = local(now).date()
        members = [
            person
            for person in records.people.all()
            if (person.on_roster or records.groups.roles_of(person.id))
            # Leaders are often registered without their unit.
            and (person.unit == unit or (name == person.name and not person.unit))
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
        people = [
            person
            for person in members
            # What lasts for a login only needs a code for the next one.
            if all(each.login for each in records.people.accounts_of(person.id))
        ]
        holding = {
            person.id
            for person in people
            if any(
                code.used_at is None and code.expires_at > now
                for code in records.codes.of(person.id)
            )
        }
        if again:
            return people, 0
        return [person for person in people if person.id not in holding], len(holding)


def _known_people(config: Config) -> tuple[Sequence[Person], int]:
    """Return who is in the register, and the next free id; nobody where no store is yet."""
    path = config.store.folder / STORE_NAME
    if not path.exists():
        return (), 1
    with reading(config) as records:
        return records.people.all(), records.people.next_id()

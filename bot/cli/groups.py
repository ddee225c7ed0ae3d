"""The register of groups from the command line."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from bot import control, registration
from bot.cli.common import (
    DEFAULT_CONFIG,
    ConfigPath,
    fail,
    plugins_in_use,
    read_config,
    reading,
    sentences,
    submit,
)
from bot.clock import SystemClock
from bot.model.errors import BotError
from bot.model.event import (
    OfficeRoleGiven,
    PersonNamed,
)
from bot.model.group import Role

app = typer.Typer(help="登记工作群：机器人只在登记过的群里工作。", no_args_is_help=True)


@app.command("add")
def group_add(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """从在线的群里选一个登记，逐项填写群主、管理员、分管领导。"""
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        answer = control.ask(chosen.store.folder, {"do": "groups"})
        if answer is None:
            raise BotError("机器人没有在运行，取不到群名单；请先 qungui run，或用 group import。")
        picked = _pick(answer["groups"])
        cells = {"platform_id": picked["id"], "name": picked["name"]}
        for key, question in _QUESTIONS:
            cells[key] = typer.prompt(question, default="" if key in _OPTIONAL else None)
        form = registration.form(cells, account=picked["account"], now=SystemClock().now())
        for refused in submit(chosen, loaded, [form]):
            raise refused
        print(f"“{form.name}”已登记，机器人会在群里发须知并检查自己的权限。")


@app.command("import")
def group_import(
    table: Annotated[Path, typer.Argument(help="CSV 表，列名见 qungui group import --help")],
    account: Annotated[str, typer.Option(help="表里没填账号时用哪个机器人账号")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """从 CSV 表登记。列名：账号 群号 群名 归属科室 用途 入群方式 群规 批准人 批准日期 群主 群主账号
    管理员 管理员账号 分管领导 分管领导账号；多个管理员用、分开。"""  # noqa: D205, D209
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        own = [each.self_id for each in chosen.accounts if each.self_id]
        watching = account or (own[0] if len(own) == 1 else None)
        read = registration.read_table(table, now=SystemClock().now(), account=watching)
        for fault in read.faults:
            print(f"✗ {fault}", file=sys.stderr)
        if read.faults:
            fail(f"有 {len(read.faults)} 行要改，还没有写入任何一行。")
        forms = track(read.forms, description="登记", console=Console(stderr=True))
        refused = submit(chosen, loaded, forms)
        for each in refused:
            print(f"✗ {each}", file=sys.stderr)
        if refused:
            fail(f"{len(refused)} 个没有登记，其余 {len(read.forms) - len(refused)} 个已登记。")
        print(f"已登记 {len(read.forms)} 个群。")


@app.command("list")
def group_list(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """列出登记的群。"""
    with sentences():
        chosen = read_config(config, plugins_in_use())
        with reading(chosen) as records:
            groups = records.groups
            for group in groups.all():
                owners = "、".join(each.masked for each in groups.holders(group.id, Role.OWNER))
                print(f"{group.id}\t{group.name}\t{group.unit}\t群主 {owners}\t{group.account}")


@app.command("office")
def group_office(
    role: Annotated[str, typer.Argument(help="committee 机关党委，duty 值班")],
    name: Annotated[str, typer.Argument(help="姓名")],
    user: Annotated[str, typer.Argument(help="QQ 号")],
    unit: Annotated[str, typer.Option(help="科室")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """指定全单位的角色：机关党委专干、值班员。"""
    with sentences():
        if role not in {Role.COMMITTEE.value, Role.DUTY.value}:
            raise BotError("角色只能是 committee（机关党委）或 duty（值班）。")
        loaded = plugins_in_use()
        event = OfficeRoleGiven(
            at=SystemClock().now(),
            role=role,
            platform=registration.PLATFORM,
            person=PersonNamed(name=name, unit=unit, user=user),
        )
        for refused in submit(read_config(config, loaded), loaded, [event]):
            raise refused
        print("已登记。")


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

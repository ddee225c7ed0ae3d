"""The register of groups from the command line."""

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from bot import control, registration
from bot.bootstrap import STORE_NAME, Plugins
from bot.calendar import local
from bot.cli.asking import QUESTIONS, Chat, ask, ask_field, ask_people, person, pick
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
from bot.model.event import Event, NameRevealed, OfficeRoleGiven, PersonNamed
from bot.model.filing import Filing
from bot.model.group import ACTIVITY_DAYS, Group, GroupState, Role
from bot.model.register import REGISTER, RegisterEntry, Source, filing_state
from bot.registration import ROLES, Cells
from storage.unit_of_work import UnitOfWork

app = typer.Typer(help="登记工作群：机器人只在登记过的群里工作。", no_args_is_help=True)

Wanted = Annotated[str, typer.Argument(help="群：登记编号、群号或群名")]

_EXPORT = "导出群登记表"
_DEDICATED = "专职群管理员"
_MOST_TOLD = 40


@app.command("add")
def group_add(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """从在线的群里选一个登记，一项一项问；群主、管理员、分管领导的账号从群成员里选。"""
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        picked = _pick_group(chosen)
        chat = _chat(chosen, picked)
        _not_known(chosen, chat.platform, picked["id"])
        print(f"登记“{picked['name']}”。写着“可先跳过”的可以直接回车，备案前补上就行。")
        print("按 Ctrl+C 随时退出，最后确认以前什么都不写。")
        cells = {"platform_id": picked["id"], "name": picked["name"]}
        for question in QUESTIONS:
            cells[question.key] = ask_field(question)
        for role in ROLES:
            cells |= registration.people_cells(role, ask_people(role, chat))
        made = registration.form(cells, account=picked["account"], now=SystemClock().now())
        typer.confirm(f"登记“{made.name}”吗？", default=True, abort=True)
        for refused in submit(chosen, loaded, [made]):
            raise refused
        print(f"“{made.name}”已登记，机器人会在群里发须知并检查自己的权限。")
        with reading(chosen) as records:
            group = records.groups.at(made.platform, made.platform_id)
            for line in _consequences(records, group, ()) if group else ():
                print(line)


@app.command("edit")
def group_edit(
    group: Wanted,
    *,
    unit: Annotated[str | None, typer.Option(help="归属科室")] = None,
    purpose: Annotated[str | None, typer.Option(help="用途")] = None,
    join_way: Annotated[str | None, typer.Option(help="入群方式")] = None,
    rules: Annotated[str | None, typer.Option(help="群规")] = None,
    contact: Annotated[str | None, typer.Option(help="联系人及联系方式")] = None,
    approver: Annotated[str | None, typer.Option(help="批准人")] = None,
    approved_on: Annotated[str | None, typer.Option(help="批准日期，如 2026-11-20")] = None,
    opened_on: Annotated[str | None, typer.Option(help="开通日期，如 2026-11-20")] = None,
    filed_as: Annotated[str | None, typer.Option(help="以前备过案的，原备案回执编号")] = None,
    owner: Annotated[str | None, typer.Option(help="群主，写成 姓名=账号")] = None,
    administrator: Annotated[
        list[str] | None, typer.Option(help="管理员，写成 姓名=账号；几个人就写几次，要写全")
    ] = None,
    leader: Annotated[str | None, typer.Option(help="分管领导，写成 姓名=账号")] = None,
    account: Annotated[
        str | None, typer.Option(help="换成机器人的哪个账号（QQ 号），它要已登录、在群里")
    ] = None,
    happened_on: Annotated[str, typer.Option(help="变更发生的日期，不写就是今天")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """改一个群的登记：只改写出来的几项；一项都不写就逐项问，回车不改。

    要备案的变更会告诉群主核实，期限从变更发生那天起算。
    """
    texts = {
        "unit": unit,
        "purpose": purpose,
        "join_way": join_way,
        "rules": rules,
        "contact": contact,
        "approver": approver,
        "approved_on": approved_on,
        "opened_on": opened_on,
        "filed_as": filed_as,
        "account": account,
    }
    stated = {key: text for key, text in texts.items() if text is not None}
    people = {
        role: named
        for role, named in (
            (Role.OWNER, [owner] if owner else []),
            (Role.ADMINISTRATOR, administrator or []),
            (Role.LEADER, [leader] if leader else []),
        )
        if named
    }
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        now = SystemClock().now()
        with reading(chosen) as records:
            entry = _entry(records, group, now)
            noticed = _changes(records, entry.group)
        chat = Chat(chosen.store.folder, entry.group.account, entry.group.platform_id)
        asking = not stated and not people
        cells = _asked(entry, chat) if asking else _stated(entry, chat, stated, people)
        day = registration.read_day(happened_on)
        found = registration.amendment(entry, cells, now=now, happened_on=day)
        if found is None:
            print("和登记的一样，没有改。")
            return
        if found.event.account:
            registration.can_watch(found.group, found.event.account, _listed(chosen))
        for line in found.told:
            print(line)
        if asking:
            if not day:
                day = ask(
                    "这些是哪天变的（如 2026-11-20；今天就回车）", registration.read_day, default=""
                )
                found = registration.amendment(entry, cells, now=now, happened_on=day) or found
            typer.confirm("写入吗？", default=True, abort=True)
        for refused in submit(chosen, loaded, [found.event]):
            raise refused
        print("已写入。")
        with reading(chosen) as records:
            for line in _consequences(records, records.groups.get(entry.group.id), noticed):
                print(line)


@app.command("show")
def group_show(
    group: Wanted,
    *,
    reveal: Annotated[str, typer.Option(help="显示全名的理由，查看会记录在案")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """看一个群登记的全部内容，各项是填报的还是观察到的；姓名只显示姓。"""
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        now = SystemClock().now()
        with reading(chosen) as records:
            entry = _entry(records, group, now)
            listed_at = records.groups.listed_at(entry.group.id)
        if reason := reveal.strip():
            _record_looks(chosen, loaded, [entry], reason, now)
            shown = entry
        else:
            shown = registration.masked(entry)
        cells = shown.cells()
        observed = {"name": listed_at, "member_count": shown.group.drawn_at}
        observed["scale"] = observed["member_count"]
        for each in REGISTER:
            text = cells[each.key].replace("\n", "\n    ") or "（空）"
            note = each.source.label
            if each.key == "activity":
                note = f"{note}，近{ACTIVITY_DAYS}天"
            elif at := observed.get(each.key):
                verb = "，平台上看到于" if each.source is Source.STATED else "于"
                note = f"{note}{verb} {local(at):%Y-%m-%d %H:%M}"
            print(f"{each.heading}：{text}　[{note}]")
        if shown.filing and shown.filing.is_open:
            print(f"备案期限：{_until(shown.filing)}")
        for line in _incomplete(entry):
            print(line)


@app.command("list")
def group_list(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """列出登记的群，备案办到哪一步、什么时候到期。"""
    with sentences():
        chosen = read_config(config, plugins_in_use())
        with reading(chosen) as records:
            groups = records.groups
            latest = records.filings.latest_of_each()
            for group in groups.all():
                owners = "、".join(each.masked for each in groups.holders(group.id, Role.OWNER))
                filing = latest.get(group.id)
                stands = filing_state(group, filing)
                if filing is not None and filing.is_open:
                    stands += f"，期限 {_until(filing)}"
                print(
                    f"{group.id}\t{group.name}\t{group.unit}\t群主 {owners}\t{group.account}\t{stands}"
                )


@app.command("import")
def group_import(
    table: Annotated[Path, typer.Argument(help=".xlsx 或 .csv，列名与 group export 导出的一样")],
    account: Annotated[str, typer.Option(help="表里没填账号时用哪个机器人账号")] = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="看过预览就写入，不再问")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """从表格登记新群，已登记的群只改不一样的几项：先预览，有一行要改就一行也不写。

    空格子表示不改。新群要有 群号 群名 归属科室 批准人 群主 群主账号 分管领导 分管领导账号；
    其余各列可以没有。多个管理员用、分开，管理员账号也按同样顺序用、分开。
    """
    from plugins.forms.group_register import read_register  # noqa: PLC0415 - only who imports

    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        read = read_register(table)
        plan = registration.Plan(faults=read.faults)
        if not read.faults:
            plan = _plan(chosen, loaded, [(row.line, row.cells) for row in read.rows], account)
        for fault in plan.faults:
            print(f"✗ {fault}", file=sys.stderr)
        if plan.faults:
            fail(f"有 {len(plan.faults)} 处要改，还没有写入任何一行。")
        for line in _told_plan(plan):
            print(line)
        events: list[Event] = [*plan.forms, *(each.event for each in plan.amendments)]
        if not events:
            return
        if not yes:
            typer.confirm("写入吗？", abort=True)
        refused = submit(chosen, loaded, track(events, "写入", console=Console(stderr=True)))
        for each in refused:
            print(f"✗ {each}", file=sys.stderr)
        if refused:
            fail(f"{len(refused)} 个群没有写入，其余 {len(events) - len(refused)} 个已写入。")
        print(f"已登记 {len(plan.forms)} 个群，改了 {len(plan.amendments)} 个群。")
        if plan.forms or plan.amendments:
            print("要备案的变更会告诉群主核实；用 qungui group list 看期限。")


@app.command("export")
def group_export(
    table: Annotated[Path, typer.Argument(help="写到哪个 .xlsx 文件（不覆盖）")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """把整个登记表导出成 Excel 文件，改好可以再导入。表里有全名，导出会记录在案。"""
    from plugins.forms.group_register import as_xlsx  # noqa: PLC0415 - only who exports

    with sentences():
        if table.suffix.lower() != ".xlsx":
            raise BotError(f"{table} 要写成 .xlsx 文件，例如 {table.stem}.xlsx。")
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        now = SystemClock().now()
        with reading(chosen) as records:
            groups = records.groups.whole_register()
            entries = [registration.entry_of(records, group, now) for group in groups]
        if not entries:
            raise BotError("还没有登记的群。")
        made = as_xlsx(entries, office=chosen.office.name, on=local(now).date())
        with new_file(table) as file:
            _record_looks(chosen, loaded, entries, _EXPORT, now)
            file.buffer.write(made)
        print(f"已把 {len(entries)} 个群写到 {table}，里面有全名，请保管好，用完删除。")


@app.command("office")
def group_office(
    role: Annotated[str, typer.Argument(help="committee 机关党委，duty 值班")],
    name: Annotated[str, typer.Argument(help="姓名")],
    user: Annotated[str, typer.Argument(help="账号（QQ 号）；不写就从一个群的成员里选")] = "",
    *,
    unit: Annotated[str, typer.Option(help="科室")] = "",
    platform: Annotated[
        str, typer.Option(help="账号在哪个平台：QQ 或 微信；只配了一个平台时不用写")
    ] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """指定全单位的角色：机关党委专干、值班员。"""
    with sentences():
        if role not in {Role.COMMITTEE.value, Role.DUTY.value}:
            raise BotError("角色只能是 committee（机关党委）或 duty（值班）。")
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        if user:
            where = _platform(chosen, loaded, platform)
            user = registration.account_id(user, where)
        else:
            print(f"从哪个群的成员里选{name}：")
            picked = _pick_group(chosen)
            chat = _chat(chosen, picked)
            where = chat.platform
            _, user = person(name, Role(role), chat, {})
        event = OfficeRoleGiven(
            at=SystemClock().now(),
            role=role,
            platform=where,
            person=PersonNamed(name=name, unit=unit, user=user),
        )
        for refused in submit(chosen, loaded, [event]):
            raise refused
        print("已登记。")


def _listed(config: Config) -> Collection[tuple[str, str]]:
    """Return which of the bot's accounts are in which groups now; in none while no bot runs."""
    answer = control.ask(config.store.folder, {"do": "groups"}) or {"groups": []}
    return {(each["account"], each["id"]) for each in answer["groups"]}


def _pick_group(config: Config) -> dict[str, Any]:
    """Let a person pick one of the live groups of the running bot by its number."""
    answer = control.ask(config.store.folder, {"do": "groups"})
    if answer is None:
        raise BotError("机器人没有在运行，取不到群名单；请先 qungui run，或用 group import。")
    groups: list[dict[str, Any]] = answer["groups"]
    if not groups:
        raise BotError("机器人账号还不在任何群里（或还没有连上），请先把它拉进群。")
    with reading(config) as records:
        known = {(each.account, each.platform_id) for each in records.groups.all()}
    for number, group in enumerate(groups, start=1):
        there = "，已登记" if (group["account"], group["id"]) in known else ""
        print(f"{number:3}  {group['name']}（{group['id']}，{group['members'] or '？'} 人{there}）")
    return groups[pick(len(groups), "哪一个（序号）")]


def _not_known(config: Config, platform: str, platform_id: str) -> None:
    with reading(config) as records:
        group = records.groups.at(platform, platform_id)
    if group is not None and group.state is GroupState.REGISTERED:
        raise BotError(
            f"“{group.name}”已登记，不用重复登记；要改请用 qungui group edit {group.id}。"
        )


def _chat(config: Config, group: Mapping[str, Any]) -> Chat:
    return Chat(config.store.folder, group["account"], group["id"])


def _entry(records: UnitOfWork, wanted: str, now: datetime) -> RegisterEntry:
    group = registration.named(records.groups.whole_register(), wanted)
    return registration.entry_of(records, group, now)


def _asked(entry: RegisterEntry, chat: Chat) -> Cells:
    """Ask field by field what is to be changed; what is left out stays."""
    present = registration.masked(entry).cells()
    print(f"改“{entry.group.name}”的登记。回车不改，按 Ctrl+C 随时退出。")
    answers = {each.key: ask_field(each, present=present[each.key]) for each in QUESTIONS}
    cells = {key: text for key, text in answers.items() if text}
    for role in ROLES:
        held = dict(registration.people_in(entry.cells(), role))
        people = ask_people(role, chat, held=held, present=present[role.value])
        if people:
            cells |= registration.people_cells(role, people)
    return cells


def _stated(
    entry: RegisterEntry, chat: Chat, texts: Cells, people: Mapping[Role, Sequence[str]]
) -> Cells:
    """Return what the options state; an account that is not written is picked from the group."""
    cells = dict(texts)
    for role, named in people.items():
        held = dict(registration.people_in(entry.cells(), role))
        names = [name for text in named for name in registration.read_names(text)]
        pairs = [person(name, role, chat, held) for name in names]
        cells |= registration.people_cells(role, pairs)
    return cells


def _plan(
    config: Config, loaded: Plugins, rows: Sequence[tuple[int, Cells]], account: str
) -> registration.Plan:
    """Compare the rows of a table with the register; with an empty one where there is no store."""
    now = SystemClock().now()
    own = _own_accounts(config, loaded)
    if account:
        own = [each for each in own if account in {each, each.partition(":")[2]}] or [
            account if ":" in account else f"{_platform(config, loaded, '')}:{account}"
        ]
    known = {each.partition(":")[0] for each in own} or set(_platforms(config, loaded))
    if not (config.store.folder / STORE_NAME).exists():
        return registration.plan(
            rows,
            known=lambda *_: None,
            holder=lambda *_: None,
            listed=tuple,
            accounts=own,
            platforms=sorted(known),
            now=now,
        )
    with reading(config) as records:

        def entry(platform: str, platform_id: str) -> RegisterEntry | None:
            group = records.groups.at(platform, platform_id)
            return None if group is None else registration.entry_of(records, group, now)

        def holder(platform: str, user: str) -> str | None:
            found = records.people.with_account(platform, user)
            return None if found is None else found.name

        return registration.plan(
            rows,
            known=entry,
            holder=holder,
            listed=cache(partial(_listed, config)),
            accounts=own,
            platforms=sorted(known),
            now=now,
        )


def _told_plan(plan: registration.Plan) -> Iterator[str]:
    yield from (f"· {note}" for note in plan.notes[:_MOST_TOLD])
    if plan.forms:
        yield f"新登记 {len(plan.forms)} 个群："
        yield from _some(f"  {each.name}（{each.unit}）" for each in plan.forms)
    if plan.amendments:
        yield f"改 {len(plan.amendments)} 个群："
        yield from _some(
            f"  {each.group.id} {each.group.name}　{'；'.join(each.told)}"
            for each in plan.amendments
        )
    if plan.unchanged:
        yield f"和登记的一样：{plan.unchanged} 个群。"
    if not plan.forms and not plan.amendments:
        yield "没有要写入的。"


def _some(lines: Iterator[str]) -> Iterator[str]:
    """Yield as many lines as somebody reads, and how many more there are."""
    rest = 0
    for number, line in enumerate(lines):
        if number < _MOST_TOLD:
            yield line
        else:
            rest += 1
    if rest:
        yield f"  ……还有 {rest} 个"


def _changes(records: UnitOfWork, group: Group) -> Sequence[tuple[int, int]]:
    """Return which changes of a group wait to be formed, by filing and number."""
    filing = records.filings.forming(group.id)
    found = records.filings.changes(filing.id) if filing else ()
    return [(each.filing, each.number) for each in found]


def _consequences(
    records: UnitOfWork, group: Group, before: Sequence[tuple[int, int]]
) -> Iterator[str]:
    """Say what is to be filed now and by when, and what the register still lacks."""
    filing = records.filings.forming(group.id)
    changes = records.filings.changes(filing.id) if filing else ()
    fresh = [each for each in changes if each.counts and (each.filing, each.number) not in before]
    if filing and fresh:
        items = "、".join(dict.fromkeys(each.kind.label for each in fresh))
        yield f"要向机关党委备案：{items}，{_until(filing)} 前报送（备案 {filing.id}）。"
        yield "群主会收到私聊，请他核实回复。"
    else:
        yield "没有新的变更要备案。"
    yield from _incomplete(registration.entry_of(records, group, SystemClock().now()))


def _incomplete(entry: RegisterEntry) -> Iterator[str]:
    wanting = registration.lacking(entry)
    if not wanting or entry.group.state is not GroupState.REGISTERED:
        return
    yield f"登记不完整，还缺：{'、'.join(wanting)}；补齐以前做不出备案表。"
    if any(each.startswith(_DEDICATED) for each in wanting):
        yield "办法要求群主以外另有专职管理员，由分管领导指定。"
    yield f"补上请运行 qungui group edit {entry.group.id}，会逐项问，回车不改。"


def _until(filing: Filing) -> str:
    return f"{filing.due_on}{'（暂定）' if filing.provisional else ''}"


def _record_looks(
    config: Config, loaded: Plugins, entries: Sequence[RegisterEntry], reason: str, now: datetime
) -> None:
    """Keep that somebody saw whole names, before he sees them."""
    people = {
        each.id
        for entry in entries
        for each in (*entry.owners, *entry.administrators, *entry.leaders)
    }
    looks = [NameRevealed(at=now, person=each, reason=reason) for each in sorted(people)]
    for refused in submit(config, loaded, looks):
        raise refused


def _own_accounts(config: Config, loaded: Plugins) -> list[str]:
    """Return the accounts whose ids the configuration states, as `qq:10001`."""
    return [
        f"{_chat_of(loaded, each.platform)}:{each.self_id}"
        for each in config.accounts
        if each.self_id
    ]


def _platforms(config: Config, loaded: Plugins) -> list[str]:
    return sorted({_chat_of(loaded, each.platform) for each in config.accounts})


def _chat_of(loaded: Plugins, way: str) -> str:
    return loaded.platforms[way].chat or way


def _platform(config: Config, loaded: Plugins, stated: str) -> str:
    """Return the platform that is stated, or the only one there is."""
    if stated:
        return registration.read_platform(stated)
    found = _platforms(config, loaded)
    if len(found) != 1:
        raise BotError("请加 --platform QQ 或 --platform 微信，说明是哪个平台的账号。")
    return found[0]

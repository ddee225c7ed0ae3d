"""doctor: looks at everything a running bot needs, and says what to do about what is missing."""

import asyncio
import contextlib
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot.adapters import Opening
from bot.bootstrap import (
    STORE_NAME,
    Plugins,
    calendar_doubts,
    limits_of,
    make_folder,
    make_forms,
    make_mail,
    make_render,
    make_rulebook,
)
from bot.clock import SystemClock
from bot.config import Config
from bot.control import ask
from bot.model.errors import BotError
from bot.model.filing import FilingState
from bot.vault import Vault
from storage.audit import SqliteAudit
from storage.database import Connection, DatabaseError, check, open_reader, pending_steps
from storage.filings import SqliteFilings
from storage.outbox import SqliteOutbox
from storage.sealed import prove


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One thing that was looked at: fine or not, and a sentence."""

    fine: bool
    text: str


def examine(config: Config, loaded: Plugins) -> Iterator[Verdict]:
    """Look at machine, plugins, store, key and accounts."""
    version = sys.version_info
    yield Verdict(fine=version >= (3, 11), text=f"Python {version.major}.{version.minor}")
    for fault in loaded.faults:
        yield Verdict(fine=False, text=fault)
    yield Verdict(
        fine=bool(loaded.rules),
        text=f"规则 {len(loaded.rules)} 条，流程 {len(loaded.workflows)} 个",
    )
    rulebook = make_rulebook(loaded, config, running=True)
    shipped = {rule.code for rule in loaded.rules}
    in_use = rulebook.current().rules.keys()
    if off := sorted(shipped - in_use):
        yield Verdict(fine=True, text=f"没有启用的规则：{'、'.join(off)}")
    own = len(in_use - shipped)
    if config.screening.word_lists or config.screening.blocklists:
        yield Verdict(fine=own > 0, text=f"单位自己的词表和黑名单：{own} 条规则在用")
    faults = (*rulebook.faults, *make_forms(loaded, config).faults)
    for fault in faults:
        yield Verdict(fine=False, text=fault)
    for doubt in calendar_doubts(config):
        yield Verdict(fine=False, text=doubt)
    yield from _store(config)
    yield from _ways_of_forms(config, loaded)
    accounts = list(_accounts(config, loaded))
    yield from accounts
    yield from _running(config, told={*faults, *(each.text for each in accounts)})


def _ways_of_forms(config: Config, loaded: Plugins) -> Iterator[Verdict]:
    """Ask the mail server and look into the folder; nothing is sent or left there."""
    clock, render = SystemClock(), make_render(make_forms(loaded, config))
    for way in (make_mail(config, render, clock), make_folder(config, render, clock)):
        if way is not None:
            trouble = asyncio.run(way.check())
            yield Verdict(fine=trouble is None, text=f"{way.name}：{trouble or '可用'}")


def _accounts(config: Config, loaded: Plugins) -> Iterator[Verdict]:
    """Make each account ready without connecting it: what it needs may not be installed."""
    for account in config.accounts:
        try:
            loaded.platforms[account.platform].open(
                Opening(
                    name=account.name,
                    settings=account.settings,
                    token=account.token.get_secret_value(),
                    clock=SystemClock(),
                    count=lambda *_: None,
                    folder=config.store.folder,
                    out=lambda _: None,
                )
            )
        except BotError as error:
            yield Verdict(fine=False, text=f"账号 {account.name}：{error}")
        for sentence in limits_of(account, loaded):
            yield Verdict(fine=True, text=sentence)


def _store(config: Config) -> Iterator[Verdict]:
    path = config.store.folder / STORE_NAME
    if not path.exists():
        yield Verdict(fine=True, text=f"数据文件 {path} 还没有，首次运行时建立")
        return
    try:
        with contextlib.closing(open_reader(path)) as connection:
            yield from _records(connection, config)
    except DatabaseError as error:
        yield Verdict(fine=False, text=f"数据文件 {path} 已损坏（{error}），请用最近的备份恢复")
    except BotError as error:
        yield Verdict(fine=False, text=str(error))


def _records(connection: Connection, config: Config) -> Iterator[Verdict]:
    found = check(connection)
    yield Verdict(fine=found == "ok", text=f"数据文件快速检查：{found}")
    steps = pending_steps(connection)
    yield Verdict(
        fine=not steps,
        text=f"数据结构有 {len(steps)} 步未升级，请运行 qungui migrate"
        if steps
        else "数据结构是最新的",
    )
    if steps:
        return
    broken = SqliteAudit(connection).broken_at()
    yield Verdict(
        fine=broken is None,
        text="审计链完整" if broken is None else f"审计链从第 {broken} 条起断开，可能被改动",
    )
    vault = Vault.open(config.store.key_file)
    prove(connection, vault)
    yield Verdict(fine=True, text="密钥文件可用，权限 0600")
    if lost := SqliteFilings(connection, vault).in_state(FilingState.UNKNOWN):
        numbers = "、".join(str(each.id) for each in lost)
        yield Verdict(
            fine=False,
            text=f"备案 {numbers} 报送结果不明，没有重发，请向机关党委核实后运行"
            " qungui filing arrived 编号（已到）或 qungui filing resend 编号（再发）",
        )
    unknown = SqliteOutbox(connection, vault).counts().get("unknown", 0)
    yield Verdict(
        fine=not unknown,
        text=f"结果不明的发送 {unknown} 条，没有重发，请收件人在“待办”里核对"
        if unknown
        else "没有结果不明的发送",
    )


def _running(config: Config, *, told: Collection[str]) -> Iterator[Verdict]:
    """Ask the running bot for its accounts, and for what it could not load, if not told yet."""
    if config.office.trouble_mail:
        yield Verdict(fine=True, text=f"运行故障联系：{config.office.trouble_mail}")
    if not config.accounts:
        yield Verdict(fine=False, text="没有配置账号，请在 config.toml 写 [[accounts]]")
    try:
        answer = ask(config.store.folder, {"do": "status"})
    except BotError as error:
        yield Verdict(fine=False, text=str(error))
        return
    if answer is None:
        yield Verdict(fine=True, text="机器人没有在运行，账号状态要运行后才知道")
        return
    for fault in answer.get("faults", ()):
        if fault not in told:
            yield Verdict(fine=False, text=fault)
    for account in answer["accounts"]:
        trouble = account["trouble"]
        text = f"账号 {account['name']}：{trouble or '在线'}"
        if text not in told:
            yield Verdict(fine=trouble is None, text=text)

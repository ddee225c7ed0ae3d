"""Running the bot and looking after it: run, demo, doctor, backup, and the calendar."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import doctor
from bot.bootstrap import (
    STORE_NAME,
    Bot,
    Plugins,
    calendar_doubts,
    make_calendar,
    make_forms,
)
from bot.cli.common import (
    DEFAULT_CONFIG,
    ConfigPath,
    fail,
    nothing_configured,
    plugins_in_use,
    read_config,
    sentences,
)
from bot.clock import SystemClock
from bot.config import Config
from bot.lock import locked
from bot.log import configure
from bot.model.errors import BotError
from bot.vault import Vault
from storage.database import back_up, open_store, upgrade

app = typer.Typer()

_SANDBOX_PORT = 8791


@app.command()
def run(
    config: ConfigPath = DEFAULT_CONFIG,
    port: Annotated[int, typer.Option(help="没有配置文件时，沙盒网页的端口")] = _SANDBOX_PORT,
) -> None:
    """运行机器人；没有 config.toml 时启动沙盒，用浏览器就能试。"""
    with sentences():
        loaded = plugins_in_use()
        # In the sandbox a person reads the terminal; on a server a log collector does.
        configure("INFO" if config.exists() else "WARNING")
        if config.exists():
            _run(_serve(read_config(config, loaded), loaded))
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
        fail(f"没有剧本 {story}，可选：{'、'.join(names)}。")
    with sentences():
        told = _run(_tell([story] if story else names, plugins_in_use(), port, leave=leave))
    raise typer.Exit(0 if told else 1)


@app.command()
def due(
    day: Annotated[str, typer.Argument(help="事件发生的日期，如 2026-09-29")],
    days: Annotated[int, typer.Option(help="工作日数", min=1, max=3660)] = 7,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """算期限：从次日起第几个工作日是哪天，依据什么。"""
    with sentences():
        try:
            start = date.fromisoformat(day)
        except ValueError:
            raise BotError("日期要写成 2026-09-29 这样。") from None
        loaded = plugins_in_use()
        chosen = read_config(config, loaded) if config.exists() else nothing_configured()
        found = make_calendar(chosen).due(start, days)
        week = "一二三四五六日"[found.on.weekday()]
        print(f"{found.on}（星期{week}）{'　暂定' if found.provisional else ''}")
        print(found.rule)


@app.command("check-config")
def check_config(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """检查配置文件，一次列出全部错误。"""
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        make_calendar(chosen)
        if faults := make_forms(loaded, chosen).faults:
            raise BotError("\n".join(faults))
        for doubt in calendar_doubts(chosen):
            print(f"注意：{doubt}")
        print(f"{config} 没有错误。")


@app.command("doctor")
def doctor_(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """体检：环境、插件、数据、密钥、账号。"""
    with sentences():
        loaded = plugins_in_use()
        fine = True
        for verdict in doctor.examine(read_config(config, loaded), loaded):
            print(f"{'✓' if verdict.fine else '✗'} {verdict.text}")
            fine = fine and verdict.fine
    raise typer.Exit(0 if fine else 1)


@app.command()
def migrate(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """升级数据结构；运行时也会自动升级。"""
    with sentences():
        chosen = read_config(config, plugins_in_use())
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
    with sentences():
        chosen = read_config(config, plugins_in_use())
        path = chosen.store.folder / STORE_NAME
        if not path.exists():
            raise BotError(f"还没有数据文件 {path}，没有可备份的。")
        # A connection that may only read cannot VACUUM INTO another file either.
        with contextlib.closing(open_store(path, migrate=False)) as source:
            size = back_up(source, target)
        print(f"已备份到 {target}（{size / 1024:.0f} KB）。恢复还需要密钥文件，请另外保管。")


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
        config = play.write_config()
        print(f"另开一个终端可以试命令：qungui group list --config {config}", flush=True)
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

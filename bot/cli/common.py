"""What the commands share: reading, submitting, and failing with a sentence."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer

from bot import control
from bot.bootstrap import (
    STORE_NAME,
    Plugins,
    load_plugins,
    submit_offline,
)
from bot.config import Config, Office, load_config
from bot.log import event_logger
from bot.model.errors import BotError
from bot.model.event import (
    Event,
)
from bot.model.finding import OPERATORS_OWN, Topic
from bot.screening.blocklists import CODE as BLOCKED_LINK
from bot.vault import Vault
from storage.codec import encode
from storage.database import DatabaseError, open_reader
from storage.unit_of_work import UnitOfWork

ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="配置文件")]


DEFAULT_CONFIG = Path("config.toml")


_log = event_logger("qungui.cli")


def plugins_in_use() -> Plugins:
    """Load the plugins; what is not in use is told."""
    loaded = load_plugins()
    for fault in loaded.faults:
        print(f"注意：{fault}", file=sys.stderr)
    return loaded


def read_config(path: Path, loaded: Plugins) -> Config:
    """Read the configuration with everything that it may name."""
    return load_config(
        path,
        workflows=loaded.workflow_settings,
        platforms=loaded.platforms,
        environ=os.environ,
        rules={
            *(each.code for each in loaded.rules),
            *(f"{OPERATORS_OWN}{topic.value}" for topic in Topic),
            BLOCKED_LINK,
        },
        regulations={each.code for each in loaded.clauses.regulations},
    )


def nothing_configured() -> Config:
    """Return settings for commands that need no configuration."""
    return Config(office=Office(name="本单位", contact="办公室"))


def submit(config: Config, loaded: Plugins, events: Iterable[Event]) -> list[BotError]:
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


def new_file(path: Path) -> TextIO:
    """Open a file that only its owner can read; raises BotError where there is one already."""
    try:
        number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise BotError(f"{path} 已经有了，请换一个文件名。") from None
    return os.fdopen(number, "w", encoding="utf-8-sig")


@contextlib.contextmanager
def sentences() -> Iterator[None]:
    """Show every failure as a sentence, without a trace; a bug goes to the log as well."""
    try:
        yield
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except BotError as error:
        fail(str(error))
    except DatabaseError as error:
        fail(f"数据文件读写失败（{error}），请运行 qungui doctor 检查。")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            fail("端口已被占用，请换一个，或停掉占用它的程序。")
        fail(f"{error.filename or '系统'} 读写失败：{error.strerror or type(error).__name__}。")
    except Exception as error:  # noqa: BLE001 - whatever it is, people get a sentence
        _log.fault("command failed", error)
        fail(f"程序出错（{type(error).__name__}），没有做完。请把上面这行日志发给维护人员。")


def fail(sentence: str) -> NoReturn:
    """End the command with a sentence and the exit code 2."""
    print(sentence, file=sys.stderr)
    raise typer.Exit(2)


@contextlib.contextmanager
def reading(config: Config) -> Iterator[UnitOfWork]:
    """Open the records read-only, beside a running bot too."""
    with contextlib.closing(open_reader(config.store.folder / STORE_NAME)) as connection:
        yield UnitOfWork(connection, Vault.open(config.store.key_file))

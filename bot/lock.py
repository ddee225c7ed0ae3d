"""The lock on the data folder: one process writes."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from bot.calendar import local
from bot.model.errors import BotError


@contextlib.contextmanager
def locked(folder: Path, *, now: datetime, what: str) -> Iterator[None]:
    """Hold the folder; BotError names the process that holds it already."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "qungui.lock"
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "另一个进程"
            raise BotError(
                f"数据文件夹 {folder} 正由{holder}使用，同时只能运行一个；请先停掉它，或换一个文件夹。"
            ) from None
        file.truncate(0)
        file.write(f"{what}（进程 {os.getpid()}，{local(now):%Y-%m-%d %H:%M} 启动）")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)

"""A folder, often on a shared drive, as an account: puts forms into it, each exactly once."""

import asyncio
import contextlib
import errno
import hashlib
import itertools
import os
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from bot.adapters.documents import Render, safe_name
from bot.log import event_logger
from bot.model.action import Outgoing, PutFile
from bot.model.errors import BotError
from bot.model.event import Ability, FilingCarried, OutcomeState
from bot.model.port import Clock, Inflow, Outcome

_T = TypeVar("_T")
_log = event_logger("qungui.folder")

ACCOUNT: Final = "folder:filing"
"""The account to which files are addressed, wherever the folder lies."""
_TIMEOUT: Final = 60.0
_ERRORS: Final = MappingProxyType(
    {
        errno.ENOENT: "missing",
        errno.ENOTDIR: "missing",
        errno.EACCES: "not_writable",
        errno.EPERM: "not_writable",
        errno.EROFS: "not_writable",
        errno.ENOSPC: "full",
        errno.EDQUOT: "full",
        errno.EFBIG: "full",
    }
)
_TROUBLES: Final = MappingProxyType(
    {
        "missing": "没有备案文件夹 {folder}：请建立它，是共享盘就请确认已经连上",
        "not_writable": "备案文件夹 {folder} 不能写入：请让运行机器人的用户有写权限",
        "full": "备案文件夹 {folder} 所在的磁盘满了：请腾出空间",
        "timeout": "备案文件夹 {folder} 没有响应：是共享盘就请确认已经连上",
        "io": "备案文件夹 {folder} 读写出错：请检查磁盘或共享盘",
    }
)


class FolderAdapter:
    """One folder; implements the port Adapter and brings no events.

    The folder itself is never made: a drive that is not there must not look like one that is.
    """

    name: Final = "备案文件夹"
    account: Final = ACCOUNT
    abilities: Final[frozenset[Ability]] = frozenset()

    def __init__(
        self, folder: Path, *, render: Render, clock: Clock, timeout: float = _TIMEOUT
    ) -> None:
        self._folder = folder
        self._render = render
        self._clock = clock
        self._timeout = timeout
        self._trouble = ""

    @property
    def trouble(self) -> str | None:
        """What kept the last file out, as a sentence for people; None when it works."""
        sentence = _TROUBLES.get(self._trouble)
        return sentence and sentence.format(folder=self._folder)

    async def run(self, inflow: Inflow) -> None:
        """Wait until cancelled: a folder says nothing by itself."""
        del inflow
        await asyncio.Event().wait()

    async def check(self) -> str | None:
        """Look whether files can be put there; return the trouble, or None."""
        await self._do(lambda: _written(self._folder / ".qungui.part", b"qungui").unlink())
        return self.trouble

    async def perform(self, action: Outgoing) -> Outcome:
        """Put one file there; one that stands there already with this content is not put again."""
        if not isinstance(action, PutFile):
            return Outcome(state=OutcomeState.FAILED, reason="unsupported")
        try:
            name, _, content = await asyncio.to_thread(self._render, action.document)
        except BotError:
            return Outcome(state=OutcomeState.FAILED, reason="refused: form")
        put = await self._do(lambda: _put(self._folder, name, content))
        if put is not None:
            return self._done(action, put, content)
        if self._trouble == "timeout":
            return Outcome(state=OutcomeState.UNKNOWN, reason="timeout")
        return Outcome(state=OutcomeState.FAILED, reason=f"temporary: {self._trouble}")

    async def find(self, action: Outgoing, *, since: datetime) -> Outcome:
        """Look whether the file stands there, under its name or that with a number."""
        del since
        if not isinstance(action, PutFile):
            return Outcome(state=OutcomeState.UNKNOWN, reason="unsupported")
        try:
            name, _, content = await asyncio.to_thread(self._render, action.document)
        except BotError:
            return Outcome(state=OutcomeState.UNKNOWN, reason="form")
        found = await self._do(lambda: _place(self._folder, name, content))
        if found is None:
            return Outcome(state=OutcomeState.UNKNOWN, reason=self._trouble)
        path, there = found
        if there:
            return self._done(action, path, content)
        return Outcome(state=OutcomeState.FAILED, reason="absent")

    def _done(self, action: PutFile, path: Path, content: bytes) -> Outcome:
        carried = FilingCarried(
            at=self._clock.now(),
            ref=action.ref,
            sha256=hashlib.sha256(content).hexdigest(),
            recipients=(str(path),),
            answer=path.name,
        )
        return Outcome(state=OutcomeState.DONE, message_id=path.name, answers=(carried,))

    async def _do(self, work: Callable[[], _T]) -> _T | None:
        """Work in a thread; None where the folder did not serve, with the trouble kept."""
        try:
            done = await asyncio.wait_for(asyncio.to_thread(work), self._timeout)
        except TimeoutError:
            self._note("timeout")
        except OSError as error:
            self._note(_ERRORS.get(error.errno or 0, "io"))
        else:
            self._note("")
            return done
        return None

    def _note(self, what: str) -> None:
        if what != self._trouble:
            _log.warning("filing folder", trouble=what or "over")
        self._trouble = what


def _put(folder: Path, name: str, content: bytes) -> Path:
    """Put content under a name, or the next one with a number; whole or not at all."""
    path, there = _place(folder, name, content)
    if there:
        return path
    part = _written(folder / f".{hashlib.sha256(content).hexdigest()[:16]}.part", content)
    try:
        while not _moved(part, path):
            path, there = _place(folder, name, content)
            if there:
                return path
    finally:
        part.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not every shared drive can do it
        _sync(folder)
    return path


def _place(folder: Path, name: str, content: bytes) -> tuple[Path, bool]:
    """Return where content stands already (True), or the first name that is free (False)."""
    if not stat.S_ISDIR(folder.stat().st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "not a folder")
    for number in itertools.count(1):
        path = folder / safe_name(name, number=number)
        if not os.path.lexists(path):
            return path, False
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
            return path, True
    raise AssertionError


def _written(path: Path, content: bytes) -> Path:
    """Write a file of our own anew, down to the disk; what others linked there is not followed."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o660)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path


def _moved(part: Path, path: Path) -> bool:
    """Give a written file its name; False where somebody was faster, whose file stays."""
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError:  # a drive without links: take the name first, then put the file over it
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o660))
        except FileExistsError:
            return False
        part.replace(path)
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

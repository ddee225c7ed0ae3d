"""A Word document as PDF, by the LibreOffice that is installed; it is not needed for anything else."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from bot.model.errors import BotError

SECONDS: Final = 120
"""How long one document may take; the first one after an installation takes the longest."""

_PROGRAMS: Final = ("soffice", "libreoffice")


def as_pdf(document: bytes, *, program: str | None = None, seconds: float = SECONDS) -> bytes:
    """Return a .docx as PDF; BotError where LibreOffice is not there, too slow, or cannot read it.

    It runs with a profile of its own, so that one that somebody has open does not matter.
    """
    program = program or next((found for each in _PROGRAMS if (found := shutil.which(each))), None)
    if program is None:
        raise BotError("没有安装 LibreOffice，不能转成 PDF；请安装它，或直接使用 .docx。")
    with tempfile.TemporaryDirectory(prefix="qungui-pdf-") as name:
        folder = Path(name)
        (folder / "form.docx").write_bytes(document)
        _run([
            program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
            "--norestore", "--convert-to", "pdf", "--outdir", name, str(folder / "form.docx"),
        ], seconds)  # fmt: skip
        try:
            return (folder / "form.pdf").read_bytes()
        except OSError as error:
            raise BotError("LibreOffice 没有转出 PDF，请用它打开 .docx 看看是否正常。") from error


def _run(command: list[str], seconds: float) -> None:
    """Run a program to its end, or end it with all that it has started."""
    try:
        running = subprocess.Popen(  # noqa: S603 - a program found on the path, and our own file
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise BotError("LibreOffice 启动不了，请检查是否安装完整。") from error
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        raise BotError(f"LibreOffice 超过 {seconds:g} 秒没有转完，请稍后再试。") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()

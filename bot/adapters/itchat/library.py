"""Brings in itchat: lazily, silently, and without what reads or writes files of this machine.

`send("@fil@/path")` of itchat uploads a local file, and what a handler returns goes through it; a
member who gets his text repeated would choose the file. So texts leave by `send_msg` only, and the
functions that touch files are taken from every instance.
"""

import contextlib
import io
import logging
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from bot.adapters.itchat.wire import Wire
from bot.model.errors import BotError

NOT_INSTALLED: Final = (
    '微信网页版（itchat）还没有安装，请在程序的文件夹里运行：pip install ".[itchat]"'
)
FORBIDDEN: Final = (
    "send",
    "send_file",
    "send_image",
    "send_video",
    "upload_file",
    "get_head_img",
    "dump_login_status",
    "load_login_status",
    "auto_login",
    "configured_reply",
    "run",
)


class ForbiddenError(Exception):
    """A function of itchat was called that reads local files or ends the process."""


def load() -> ModuleType:
    """Return the module itchat, silenced; raises BotError where it is not installed."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints a block when imported
            itchat = import_module("itchat")
        import_module("qrcode")
    except ImportError as error:
        raise BotError(NOT_INSTALLED) from error
    # Its errors are tracebacks with addresses that hold the keys of the session.
    itchat.set_logging(showOnCmd=False)
    logging.getLogger("itchat").disabled = True
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    return itchat


def new_core(itchat: ModuleType, wire: Wire) -> Any:  # itchat has no types
    """Return an instance for one login whose requests go through `wire`.

    `itchat.new_instance()` would keep every instance for ever; this is what it makes.
    """
    core = itchat.Core()
    core.s.mount("https://", wire)
    core.s.mount("http://", wire)
    for name in FORBIDDEN:
        setattr(core, name, _refusal(name))
    return core


def plain(itchat: ModuleType, text: str) -> str:
    """Return a text of the service as people see it: emoji, line breaks and entities restored."""
    holder = {"text": text}
    itchat.utils.msg_formatter(holder, "text")
    return holder["text"]


def _refusal(name: str) -> Callable[..., None]:
    def refuse(*_: object, **__: object) -> None:
        raise ForbiddenError(name)

    return refuse

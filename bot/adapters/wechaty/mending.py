"""Lets the wechaty libraries be imported on a current machine, and keeps them quiet.

wechaty 0.10.7, wechaty-puppet 0.4.23 and wechaty-puppet-service 0.8.10 are the last releases;
since then four things were taken from under them:

1. pyee 12 no longer has AsyncIOEventEmitter at its top level, pyee 11 warns at each use of it;
2. urllib3 2 no longer has get_host (needed by `import wechaty` only);
3. Python 3.11 refuses an unhashable default, such as PuppetOptions() (`import wechaty` only);
4. Python 3.13 no longer has telnetlib, with which a check that we never run is written.

This module can go once a release of wechaty-puppet-service is imported without it: then delete it
and import PuppetService where `load` is called. It touches nothing else,
and runs when the first account is built, never at import.
"""

import importlib
import importlib.util
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit

from bot.model.errors import BotError

MISSING: Final = '没有安装微信（wechaty）需要的库，请在程序的文件夹里运行：pip install ".[wechaty]"'


def load() -> ModuleType:
    """Return the module wechaty_puppet_service; raises BotError where it is not installed."""
    return _imported("wechaty_puppet_service")


def load_wechaty(cache: Path) -> ModuleType:
    """Return the module wechaty, its files under `cache`; the adapter itself does not need it."""
    os.environ["CACHE_DIR"] = str(cache)
    return _imported("wechaty")


def _imported(name: str) -> ModuleType:
    try:
        with _quietly():
            _mend_pyee()
            _mend_telnetlib()
            _mend_urllib3()
            _mend_options()
            return importlib.import_module(name)
    except ImportError:
        raise BotError(MISSING) from None


def _mend_pyee() -> None:
    pyee: Any = importlib.import_module("pyee")
    pyee.AsyncIOEventEmitter = importlib.import_module("pyee.asyncio").AsyncIOEventEmitter


def _mend_telnetlib() -> None:
    if importlib.util.find_spec("telnetlib") is None:
        absent: Any = ModuleType("telnetlib")
        absent.Telnet = None
        sys.modules["telnetlib"] = absent


def _mend_urllib3() -> None:
    urllib3: Any = importlib.import_module("urllib3")
    if not hasattr(urllib3, "get_host"):
        urllib3.get_host = _get_host


def _get_host(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme or "http", parts.hostname, parts.port


def _mend_options() -> None:
    options: Any = importlib.import_module("wechaty_puppet").PuppetOptions
    if options.__hash__ is None:
        options.__hash__ = object.__hash__


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence the loggers that an import makes: they write by themselves, tokens included."""
    before = set(logging.root.manager.loggerDict)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            yield
        finally:
            for name in set(logging.root.manager.loggerDict) - before:
                logger = logging.getLogger(name)
                if not logger.propagate:
                    logger.handlers = [logging.NullHandler()]
                    logger.disabled = True

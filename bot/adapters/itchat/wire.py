"""Carries the requests of one login: each with a time-out, and all of them to one server.

`itchat.config.BASE_URL` belongs to the module and so to every account of the process; here it stays
as it is, and the address is changed on the way. Later addresses follow from the answer to a login.
"""

import re
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

from bot.adapters.itchat.settings import SERVICE, Timing

_POLLS: Final = ("synccheck", "login")
_SYNC_CHECK: Final = re.compile(r'retcode:"(\d+)"')
_NOTHING_NEW: Final = b'selector:"0"'
_LOGIN_PAGE: Final = re.compile(r"<ret>(-?\d+)</ret>")
_SYNC: Final = re.compile(r'"Ret":\s*(-?\d+)')
_CODES: Final = (
    ("synccheck", _SYNC_CHECK),
    ("webwxnewloginpage", _LOGIN_PAGE),
    ("webwxinit", _SYNC),
    ("webwxsync", _SYNC),
)


class Ended(Exception):  # noqa: N818 - a login that ends is no error of ours
    """The login is of no use any more; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Wire:
    """A transport adapter of requests; `code` is what the service said that ends the login.

    `heard()` is called, in the library's thread, whenever nothing is new or what is new has come.
    """

    def __init__(self, *, server: str, timing: Timing, heard: Callable[[], None]) -> None:
        requests = import_module("requests")
        self.code = ""
        self._faulty: Callable[[str], Exception] = requests.exceptions.HTTPError
        self._inner = requests.adapters.HTTPAdapter()
        self._server = server.rstrip("/")
        self._timing = timing
        self._heard = heard
        self._shut = threading.Event()

    def send(self, request: Any, **options: Any) -> Any:  # the types of requests
        """Send a request; raises Ended once shut, and the errors of requests."""
        if self._shut.is_set():
            raise Ended("stopped")
        if request.url.startswith(SERVICE):
            request.url = self._server + request.url.removeprefix(SERVICE)
        endpoint = urlsplit(request.url).path.rpartition("/")[2]
        wait = self._timing.poll if endpoint in _POLLS else self._timing.answer
        options |= {"timeout": (self._timing.connect, wait)}
        response = self._inner.send(request, **options)
        self._read(endpoint, response.content)
        if response.status_code >= 500:
            raise self._faulty(str(response.status_code))
        return response

    def shut(self) -> None:
        """Let no further request out; one that waits ends by its time-out."""
        self._shut.set()

    def close(self) -> None:
        """Close idle connections, as requests asks of an adapter."""
        self._inner.close()

    def _read(self, endpoint: str, content: bytes) -> None:
        for name, pattern in _CODES:
            if name == endpoint:
                found = pattern.search(content[:500].decode("utf-8", "replace"))
                code = found[1] if found else ""
                self.code = "" if code == "0" else code
                news = name == "synccheck" and _NOTHING_NEW not in content
                if code == "0" and not news:
                    self._heard()

"""One login in a thread of its own: from the QR code to its end, without itchat's own threads.

Everything is handed to the event loop through a bounded queue; while it is full the thread waits,
and the service keeps the messages.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

from bot.adapters.itchat.library import new_core
from bot.adapters.itchat.settings import ItchatSettings, Timing
from bot.adapters.itchat.wire import Ended, Wire
from bot.log import event_logger

LOG: Final = event_logger("qungui.itchat")
QR_ADDRESS: Final = "https://login.weixin.qq.com/l/"
_GONE: Final = frozenset({"1100", "1101", "1102"})
_WAITS: Final = frozenset({"0", "200", "201", "408"})


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code is to be shown."""

    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Scanned:
    """The code was scanned; the telephone asks whether to log in."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The account is in; `own` is its UserName, `rooms` are (UserName, topic)."""

    own: str
    rooms: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Came:
    """A message as the service sends it: itchat's reading loses what has a line break, or asks."""

    message: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Changed:
    """Rooms changed; their UserNames."""

    rooms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Over:
    """The login ended; `reason` is a short code."""

    reason: str


Item = Code | Scanned | Entered | Came | Changed | Over


class Login:
    """One login; `core` is the instance of itchat, `heard` when a poll was last answered."""

    def __init__(
        self,
        itchat: ModuleType,
        settings: ItchatSettings,
        *,
        timing: Timing,
        heard: Callable[[], None],
    ) -> None:
        self.queue: asyncio.Queue[Item] = asyncio.Queue()
        self.handing_over = False
        self._wire = Wire(server=settings.server, timing=timing, heard=heard)
        self.core = new_core(itchat, self._wire)
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._places = threading.Semaphore(timing.waiting)
        self._stopped = threading.Event()
        self._patch(timing)

    def start(self, name: str) -> None:
        """Begin; a daemon, for a request under way cannot be broken off."""
        threading.Thread(target=self._live, name=f"itchat-{name}", daemon=True).start()

    def taken(self) -> None:
        """Say that an item of the queue is dealt with."""
        self._places.release()

    def close(self) -> None:
        """End the thread as soon as its request under way ends."""
        self._stopped.set()
        self._wire.shut()
        self.core.alive = self.core.isLogging = False

    def _patch(self, timing: Timing) -> None:
        """Replace what would run threads of its own, queue without bound, or try for ever."""
        core, kind = self.core, type(self.core)

        def get_msg() -> tuple[list[object], object]:
            messages, contacts = kind.get_msg(core)
            if messages is None:
                core.alive = core.alive and self._wire.code not in _GONE
                raise Ended("sync")
            for message in messages:
                self._hand_over(Came(message))
            return [], contacts

        def get_uuid() -> str:
            uuid: str | None = kind.get_QRuuid(core)
            if not uuid:
                raise Ended("malformed")
            return uuid

        core.start_receiving = lambda *_: None
        core.get_msg = get_msg
        core.get_QRuuid = get_uuid
        core.msgList = _Hints(self._hand_over)
        core.receivingRetryCount = int(timing.give_up)

    def _live(self) -> None:
        reason = "login"
        try:
            self.core.login(qrCallback=self._asked, loginCallback=self._entered)
            receive = type(self.core).start_receiving(self.core, getReceivingFnOnly=True)
            receive()
            reason = self._wire.code or "ended"
        except Ended as ended:
            reason = ended.reason
        except OSError:  # every error of requests is one
            reason = "unreachable"
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            refused = isinstance(error, KeyError) and (
                error.args == ("wxsid",) or bool(self._wire.code)
            )
            if refused:
                reason = f"refused:{self._wire.code}"
            else:
                LOG.fault("login failed", error)
        finally:
            with contextlib.suppress(Ended, RuntimeError):  # a loop that is closed needs no news
                self._hand_over(Over(reason))
            self.core.s.close()

    def _asked(self, *, uuid: str, status: str, qrcode: bytes) -> None:
        """Take what itchat's qrCallback is told; its own picture of the code is not used."""
        del qrcode
        if status not in _WAITS:
            raise Ended("qr_expired")
        if status == "0":
            self._hand_over(Code(QR_ADDRESS + uuid))
        elif status == "201":
            self._hand_over(Scanned())

    def _entered(self) -> None:
        core, expected = self.core, self._settings.nickname
        if expected and core.storageClass.nickName != expected:
            core.alive = True  # else its logout does not tell the service
            core.logout()
            raise Ended("other_account")
        rooms = tuple(
            (str(room["UserName"]), str(room.get("NickName") or "")) for room in core.chatroomList
        )
        self._hand_over(Entered(own=str(core.storageClass.userName), rooms=rooms))

    def _hand_over(self, item: Item) -> None:
        self.handing_over = True
        try:
            while not self._places.acquire(timeout=0.2):
                if self._stopped.is_set():
                    raise Ended("stopped")
            self._loop.call_soon_threadsafe(self.queue.put_nowait, item)
        finally:
            self.handing_over = False


class _Hints:
    """Stands for itchat's unbounded queue: which rooms changed is all that comes this way."""

    def __init__(self, hand_over: Callable[[Item], None]) -> None:
        self._hand_over = hand_over

    def put(self, message: dict[str, Any]) -> None:  # what the service sends
        rooms = message.get("Text")
        if message.get("SystemInfo") == "chatrooms" and isinstance(rooms, list) and rooms:
            self._hand_over(Changed(tuple(str(each) for each in rooms)))

"""What is asked of itchat from our side: one thing after the other, in one thread."""

import asyncio
import html
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, TypeVar

from bot.adapters.itchat.login import LOG
from bot.adapters.itchat.rooms import Person, Snapshot
from bot.adapters.itchat.settings import Timing
from bot.adapters.itchat.wire import Ended

T = TypeVar("T")


class Unanswered(Exception):  # noqa: N818 - not a fault: what happened is unknown
    """A request brought no answer; `reason` is "offline" where nothing was sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Calls:
    """Calls functions with the instance of itchat of one login."""

    def __init__(self, core: Any, *, timing: Timing, name: str) -> None:  # itchat has no types
        self._core = core
        self._limit = 2 * (timing.connect + timing.answer)
        self._name = name
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"itchat-calls-{name}")

    async def ask(self, call: Callable[..., T], *args: object) -> T:
        """Return what `call(core, *args)` returns; raises Unanswered."""
        errors = import_module("requests").exceptions
        try:
            async with asyncio.timeout(self._limit):
                return await asyncio.get_running_loop().run_in_executor(
                    self._thread, call, self._core, *args
                )
        except (errors.ConnectTimeout, Ended, RuntimeError):  # RuntimeError: the thread is shut
            raise Unanswered("offline") from None
        except (errors.Timeout, TimeoutError):
            raise Unanswered("timeout") from None
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            LOG.fault("an answer could not be read", error, adapter=self._name)
            raise Unanswered("malformed") from None
        except OSError:
            raise Unanswered("lost") from None

    def close(self) -> None:
        """Begin nothing more; what is under way ends by its time-out."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def look_at(core: Any, room: str) -> Snapshot | None:  # itchat has no types
    """Ask for a room; itchat's copy goes first, for it hides in-room names that were cleared."""
    with core.storageClass.updateLock:
        core.chatroomList[:] = [each for each in core.chatroomList if each["UserName"] != room]
    found = core.update_chatroom(room)
    if not found:
        return None
    return Snapshot(
        room=room,
        topic=_text(found.get("NickName")),
        people={str(each["UserName"]): _person(each) for each in found["MemberList"]},
        count=int(found.get("MemberCount") or 0),
        owner=str(found.get("ChatRoomOwner") or ""),
    )


def _person(member: Mapping[str, object]) -> Person:
    return Person(nickname=_text(member.get("NickName")), card=_text(member.get("DisplayName")))


def _text(value: object) -> str:
    return html.unescape(str(value or ""))

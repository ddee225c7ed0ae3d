"""The socket in the data folder: writing commands reach the running bot through it.

One JSON line in, one JSON line out: {"do": "submit", "kind": ..., "body": ...} puts an event in
and answers once it is committed; {"do": "groups"} lists the live groups of every account,
{"do": "members", "account": ..., "group": ...} the live members of one of them;
{"do": "status"} says how the accounts are.
"""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bot.log import event_logger
from bot.model.errors import BotError

NAME = "qungui.sock"
LONGEST: Final = 64 << 20
"""Bytes of a request; a roster of 50,000 people has 10 MB."""

_SECONDS = 60.0
_log = event_logger("qungui.control")

Answer = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


class ControlSocket:
    """Serves the commands of people who may read the data folder (0600)."""

    def __init__(self, folder: Path, answer: Answer) -> None:
        self._path = folder / NAME
        self._answer = answer
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()  # the lock says that no other bot listens here
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _address(self._path) as address:
            listening.bind(address)
            self._path.chmod(0o600)
            self._server = await asyncio.start_unix_server(
                self._serve, sock=listening, limit=LONGEST
            )

    async def stop(self) -> None:
        """Stop listening and remove the socket."""
        if self._server is not None:
            self._server.close()
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), _SECONDS)
            try:
                answer = await self._answer(json.loads(line))
            except BotError as error:
                answer = {"error": str(error)}
            except Exception as error:  # noqa: BLE001 - a bug in one command must not end the socket
                _log.fault("command failed", error)
                answer = {"error": "内部错误，请看日志。"}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError, TimeoutError) as error:
            _log.warning("command dropped", trouble=type(error).__name__)
        finally:
            writer.close()


def ask(folder: Path, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Ask the running bot; None when none runs. Raises BotError with what it refused."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        try:
            with _address(folder / NAME) as address:
                connection.connect(address)
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as file:
                answer: Mapping[str, Any] = json.loads(file.readline())
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return None
        except PermissionError as error:
            raise BotError(f"没有权限使用 {folder}，请用运行机器人的用户执行。") from error
        except (OSError, ValueError) as error:  # it hung up, was too slow, or was cut short
            raise BotError("正在运行的 qungui 没有回答，请看它的日志。") from error
    if "error" in answer:
        raise BotError(str(answer["error"]))
    return answer


@contextlib.contextmanager
def _address(path: Path) -> Iterator[str]:
    """Lend a short address of a socket: the kernel takes 107 bytes, 35 Chinese characters."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)

"""Real wechaty gateways of both protocol generations, each in a process of its own on loopback.

The npm packages are installed once for each lock file, into a cache outside the repository
(QUNGUI_PEERS, else a folder of the system's temporary ones); a gateway ends with its stdin. Peer
dependencies are left out (.npmrc): they bring native code that no gateway here uses.
"""

# ruff: noqa: D102 - the names say it

import asyncio
import contextlib
import copy
import fcntl
import hashlib
import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

HERE = Path(__file__).parent / "wechaty"
OLD, CURRENT = "old", "current"
ROOM, OTHER_ROOM = "19000000001@chatroom", "19000000002@chatroom"
BOT, LI, WANG, ZHAO = "wxid_bot", "wxid_li", "wxid_wang", "wxid_zhao"
WORLD: dict[str, Any] = {
    "me": BOT,
    "contacts": {
        BOT: {"name": "群规"},
        LI: {"name": "小李"},
        WANG: {"name": "王姐"},
        ZHAO: {"name": "赵钱孙"},
    },
    "rooms": {
        ROOM: {
            "topic": "办公室工作群",
            "owner": WANG,
            "admins": [ZHAO],
            "members": {BOT: "", LI: "办公室 李晓", WANG: "办公室 王平", ZHAO: ""},
        },
        OTHER_ROOM: {"topic": "闲聊", "owner": LI, "members": {BOT: "", LI: ""}},
    },
}
_STARTED = itertools.count()


def need_node() -> None:
    """Skip where node or npm is missing; fail where nothing may be wanting."""
    if shutil.which("node") and shutil.which("npm"):
        return
    sentence = "needs node and npm, to run real wechaty gateways"
    if os.environ.get("QUNGUI_CI") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


def installed(generation: str) -> Path:
    """Return the folder that holds a generation's packages; installs them where they are not."""
    source = HERE / generation
    lock = (source / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("QUNGUI_PEERS") or Path(tempfile.gettempdir(), "qungui-peers"))
    folder = cache / f"wechaty-{generation}-{hashlib.sha256(lock).hexdigest()[:16]}"
    done = folder / "installed"
    with _alone(cache, folder.name):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(source, folder)
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                check=True,
                capture_output=True,
            )
            done.touch()
    return folder


@contextlib.contextmanager
def _alone(cache: Path, name: str) -> Iterator[None]:
    """Let one test process at a time install."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """Return a port on loopback that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class WechatyGateway:
    """One gateway; `die` kills it, `start` brings it back on the same port with the same world."""

    def __init__(
        self,
        generation: str,
        *,
        token: str = "a-token-of-the-tests",
        tls: tuple[str, str] | None = None,
        login: bool = True,
        world: dict[str, Any] | None = None,
    ) -> None:
        self.generation = generation
        self.token = token
        self.port = free_port()
        self.world = copy.deepcopy(world or WORLD)
        self.login = login
        self._tls = tls
        self._process: asyncio.subprocess.Process | None = None
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._reader: asyncio.Task[None] | None = None

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.die()

    async def start(self) -> None:
        folder = await asyncio.to_thread(installed, self.generation)
        self._process = await asyncio.create_subprocess_exec(
            "node",
            str(HERE / "gateway.mjs"),
            str(folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=2**24,
            env={**os.environ, "WECHATY_LOG": "silent", "NODE_NO_WARNINGS": "1"},
        )
        prefix = f"{os.getpid()}-{next(_STARTED)}"
        await self._write(
            {
                "world": {**self.world, "prefix": prefix},
                "port": self.port,
                "token": self.token,
                "tls": self._tls and {"cert": self._tls[0], "key": self._tls[1]},
                "login": self.login,
            }
        )
        assert self._process.stdout is not None
        first = await asyncio.wait_for(self._process.stdout.readline(), 60)
        assert json.loads(first or b"{}") == {"ready": True}, "the gateway did not start"
        self._reader = asyncio.create_task(self._read())

    async def die(self) -> None:
        """End at once, as in a power cut."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        if self._reader:
            await self._reader
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process = None

    async def do(self, name: str, /, **command: object) -> dict[str, Any]:
        """Have something happen in the world; returns what the world says about it."""
        number = next(self._numbers)
        future = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._write({"id": number, "do": name, **command})
        answer = await asyncio.wait_for(future, 30)
        assert "error" not in answer, answer
        return answer

    async def post(self, text: str = "大家好", **fields: object) -> str:
        """Post in the room and return the message's id."""
        command: dict[str, object] = {"room": ROOM, "sender": LI, "text": text, **fields}
        return str((await self.do("post", **command))["message"])

    async def sent(self) -> list[dict[str, Any]]:
        """Return what the account has sent."""
        sent: list[dict[str, Any]] = (await self.do("seen"))["sent"]
        return sent

    async def _write(self, value: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")
        await self._process.stdin.drain()

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            answer = json.loads(line)
            if future := self._answers.pop(answer.pop("id"), None):
                future.set_result(answer)


@contextlib.asynccontextmanager
async def a_gateway(generation: str, **changes: Any) -> AsyncIterator[WechatyGateway]:
    """Run a gateway while a test uses it."""
    need_node()
    async with WechatyGateway(generation, **changes) as gateway:
        yield gateway

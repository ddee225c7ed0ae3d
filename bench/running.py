"""The real bot in a process of its own (`python -m bot run`), connected to a sandbox in this one."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot import control
from bot.playground import registrations
from bot.sandbox.server import SandboxServer
from storage.codec import encode

_CONFIG = """
[office]
name = "示范单位"
contact = "办公室"
[web]
port = 0
[[accounts]]
name = "值守号"
platform = "onebot"
way = "forward"
url = "{url}"
token_env = "QUNGUI_TOKEN"
pace_seconds = 0
"""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A sandbox and the process id of the bot that is connected to it."""

    sandbox: SandboxServer
    process: int


@contextlib.asynccontextmanager
async def a_running_bot(settings: Mapping[str, Mapping[str, object]]) -> AsyncIterator[Running]:
    """Start both, register the sandbox's groups, and wait until the bot has greeted them."""
    with tempfile.TemporaryDirectory(prefix="qungui-bench-") as name:
        folder = Path(name)
        async with SandboxServer() as sandbox:
            config = folder / "config.toml"
            config.write_text(_CONFIG.format(url=sandbox.ws_url) + _tables(settings))
            bot = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "bot", "run", "--config", str(config)),
                env={**os.environ, "QUNGUI_TOKEN": sandbox.token},
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                await _ready(sandbox, folder / "data")
                yield Running(sandbox=sandbox, process=bot.pid)
            finally:
                if bot.returncode is None:
                    bot.terminate()
                await bot.wait()


async def _ready(sandbox: SandboxServer, data: Path) -> None:
    if not await sandbox.until(lambda _: sandbox.connected(), timeout=60):
        raise RuntimeError("the bot did not connect")
    for event in registrations(sandbox.office, sandbox.control.now()):
        kind, body = encode(event)
        request = {"do": "submit", "kind": kind, "body": body}
        if await asyncio.to_thread(control.ask, data, request) is None:
            raise RuntimeError("the bot has no socket")
    groups = [each.group for each in sandbox.office.groups if each.registered]
    me = sandbox.office.bot

    def greeted(_: object) -> bool:
        posts = sandbox.world.posts_in
        return all(any(post.sender == me for post in posts(group)) for group in groups)

    if not await sandbox.until(greeted, timeout=60):
        raise RuntimeError("the bot did not greet its groups")


def _tables(settings: Mapping[str, Mapping[str, object]]) -> str:
    lines = []
    for workflow, values in settings.items():
        lines.append(f"[workflows.{workflow}]")
        lines += [f"{key} = {value}" for key, value in values.items()]
    return "\n".join(lines)

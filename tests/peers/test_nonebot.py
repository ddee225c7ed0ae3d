"""NoneBot's OneBot adapter as an outside judge: it connects to the sandbox as a real bot does."""

import asyncio
import os
import sys
from pathlib import Path

from bot.sandbox.server import SandboxServer

MEMBER, GROUP = 20013, 700001
JUDGE = Path(__file__).with_name("nonebot_judge.py")


def test_nonebot_reads_a_message_answers_and_recalls_it():
    async def scene() -> str:
        async with SandboxServer() as server:
            judge = await asyncio.create_subprocess_exec(
                sys.executable,
                str(JUDGE),
                env={**os.environ, "JUDGED": server.ws_url, "TOKEN": server.token},
                stdout=asyncio.subprocess.PIPE,
            )
            try:
                assert await server.until(lambda _: server.connected(), timeout=30)
                server.world.post(MEMBER, GROUP, "早上好")

                assert await server.until(lambda _: was_recalled(server), timeout=20)
                assert judge.stdout is not None
                async with asyncio.timeout(20):
                    async for line in judge.stdout:
                        if line.startswith(b"judged: "):
                            return line.decode().strip()
            finally:
                judge.kill()
                await judge.communicate()
        return "nothing"

    line = asyncio.run(scene())

    assert line == f"judged: GroupMessageEvent {GROUP} {MEMBER} 早上好 预算科 张明"


def was_recalled(server: SandboxServer) -> bool:
    posts = server.world.posts_in(GROUP)
    return len(posts) == 2 and posts[1].recalled_by == server.world.bots[0]

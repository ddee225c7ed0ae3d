"""aiocqhttp as an outside judge: a bot that is the server, to which the sandbox connects."""

import asyncio
import contextlib
import socket
import warnings

import uvicorn

from bot.sandbox.server import SandboxServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from aiocqhttp import CQHttp, Event, Message

MEMBER, GROUP = 20013, 700001


class Judge(uvicorn.Server):
    """An aiocqhttp bot served in the running loop."""

    @contextlib.contextmanager
    def capture_signals(self):
        """Leave the signals to pytest."""
        yield


def test_aiocqhttp_reads_a_message_answers_and_recalls_it():
    seen: list[Event] = []
    bot = CQHttp(access_token="geheim")

    @bot.on_message("group")
    async def answer(event: Event) -> None:
        seen.append(event)
        sent = await bot.send(event, "收到：请文明发言")
        await bot.delete_msg(self_id=event.self_id, message_id=sent["message_id"])

    async def scene() -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(bot.asgi, ws="websockets-sansio", log_config=None)
        judge = Judge(config)
        serving = asyncio.create_task(judge.serve(sockets=[listening]))
        async with SandboxServer() as server:
            server.dial(f"ws://127.0.0.1:{port}/ws/", token="geheim")
            assert await server.until(lambda _: server.connected())
            server.world.post(MEMBER, GROUP, "早上好[CQ:face]")

            assert await server.until(lambda _: was_recalled(server), timeout=20)
        judge.should_exit = True
        await serving

    asyncio.run(scene())

    assert [(event.detail_type, event.group_id, event.user_id) for event in seen] == [
        ("group", GROUP, MEMBER)
    ]
    assert seen[0].sender["card"] == "预算科 张明"
    assert str(Message(seen[0].message)) == "早上好&#91;CQ:face&#93;"


def was_recalled(server: SandboxServer) -> bool:
    posts = server.world.posts_in(GROUP)
    return len(posts) == 2 and posts[1].recalled_by == server.world.bots[0]

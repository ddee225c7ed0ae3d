"""The sandbox on the wire: tokens, connections, switches, reverse connections, the page's doors."""

import asyncio
import json
import time

import httpx
import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.sandbox.clock import OffsetClock
from bot.sandbox.server import SandboxServer
from bot.sandbox.stories import STORIES
from tests.sandbox.client import Client, connected

BOT, OWNER, MEMBER, GROUP = 10001, 20011, 20013, 700001


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_a_wrong_token_is_told_and_then_shown_out(headers):
    async def scene() -> tuple[dict, int | None, str]:
        async with (
            SandboxServer() as server,
            websockets.connect(server.ws_url, additional_headers=headers, proxy=None) as socket,
        ):
            told = json.loads(await socket.recv())
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            return told, socket.close_code, socket.close_reason or ""

    told, code, reason = asyncio.run(scene())

    assert told["retcode"] == 1403
    assert (code, reason) == (1008, "invalid access token")


def test_the_token_may_stand_in_the_address():
    async def scene() -> dict:
        async with SandboxServer() as server:
            url = f"{server.ws_url}?access_token={server.token}"
            async with websockets.connect(url, proxy=None) as socket:
                return json.loads(await socket.recv())

    event = asyncio.run(scene())

    assert (event["meta_event_type"], event["sub_type"]) == ("lifecycle", "connect")
    assert event["self_id"] == BOT


@pytest.mark.parametrize("group", [700001, 700004, 700009, 1])
def test_without_a_desk_no_group_is_registered_and_no_form_is_there(group):
    async def scene() -> list[httpx.Response]:
        async with (
            SandboxServer() as server,
            httpx.AsyncClient(base_url=server.page_url, trust_env=False) as client,
        ):
            return [
                await client.post(f"/api/groups/{group}", json={"unit": "预算科"}),
                await client.get("/forms/备案表.docx"),
            ]

    answers = asyncio.run(scene())

    assert [each.status_code for each in answers] == [409, 409]
    assert answers[0].json() == {"error": "这个群不能登记"}


def test_a_heartbeat_follows():
    async def scene() -> dict:
        async with SandboxServer(heartbeat=0.02) as server, connected(server) as client:
            return await client.event()

    event = asyncio.run(scene())

    assert event["meta_event_type"] == "heartbeat"
    assert event["interval"] == 20


def test_messages_arrive_and_sends_are_answered():
    async def scene() -> tuple[dict, dict, list[str]]:
        async with SandboxServer() as server, connected(server) as client:
            server.world.post(MEMBER, GROUP, "早上好")
            event = await client.event()
            answer = await client.call("send_private_msg", user_id=OWNER, message="一\n二")
            return event, answer, [post.text for post in server.world.inbox_of(OWNER)]

    event, answer, inbox = asyncio.run(scene())

    assert (event["group_id"], event["user_id"]) == (GROUP, MEMBER)
    assert event["sender"]["card"] == "预算科 张明"
    assert answer["retcode"] == 0
    assert inbox == ["一\n二"]


def test_each_account_has_its_own_connection():
    async def scene() -> tuple[dict, dict, list[dict]]:
        async with SandboxServer() as server:
            server.world.add_account(10002, "备用", bot=True)
            server.world.seat(GROUP, 10002)
            async with connected(server) as one, connected(server, "?self_id=10002") as two:
                first = await one.call("get_login_info")
                second = await two.call("get_login_info")
                await two.call("send_group_msg", group_id=GROUP, message="一")
                await two.call("get_status")
                return first, second, [await one.event(), *two.events]

    first, second, events = asyncio.run(scene())

    assert [answer["data"]["user_id"] for answer in (first, second)] == [BOT, 10002]
    assert [(event["self_id"], event["user_id"]) for event in events] == [(BOT, 10002)]


def test_offline_ends_the_connection_and_refuses_the_next():
    async def scene() -> tuple[int, list[str]]:
        async with SandboxServer() as server:
            async with connected(server) as client:
                server.world.switch(offline=True)
                with pytest.raises(ConnectionClosed):
                    await client.frame()
            with pytest.raises(InvalidStatus) as refusal:
                await websockets.connect(server.ws_url, proxy=None).__aenter__()
            server.world.post(MEMBER, GROUP, "掉线期间")
            server.world.switch(offline=False)
            async with connected(server) as client:
                answer = await client.call("get_group_msg_history", group_id=GROUP, count=5)
                texts = [message["raw_message"] for message in answer["data"]["messages"]]
                assert client.events == []
                return refusal.value.response.status_code, texts

    status, texts = asyncio.run(scene())

    assert status == 503
    assert texts == ["掉线期间"]


def test_a_silent_peer_keeps_the_connection_and_says_nothing():
    async def scene() -> list[dict]:
        async with SandboxServer(heartbeat=0.02) as server, connected(server) as client:
            server.world.switch(silent_peer=True)
            server.world.post(MEMBER, GROUP, "一")
            await client.socket.send(json.dumps({"action": "get_status", "echo": "lost"}))
            assert await server.until(lambda _: frames_in(server) == 1)
            server.world.switch(silent_peer=False)
            await client.call("get_status")
            return [event for event in client.events if event["post_type"] == "message"]

    assert asyncio.run(scene()) == []


def frames_in(server: SandboxServer) -> int:
    return sum(frame.inbound for frame in server.wire.frames)


def test_frames_of_the_wrong_shape_are_answered_and_harm_nothing():
    async def scene() -> list[dict]:
        async with SandboxServer() as server, connected(server) as client:
            answers = []
            for text in ("no json", "[" * 100_000, "null", '{"action": "get_msg", "params": 3}'):
                await client.socket.send(text)
                answers.append(await client.frame())
            answers.append(await client.call("get_login_info"))
            return answers

    answers = asyncio.run(scene())

    assert [answer["retcode"] for answer in answers] == [1400, 1400, 1400, 1400, 0]


def test_it_connects_to_a_bot_that_is_the_server_and_again_after_a_break():
    async def scene() -> list[tuple[str, str, str]]:
        seen: list[tuple[str, str, str]] = []
        enough = asyncio.Event()

        async def serve(socket: websockets.ServerConnection) -> None:
            headers = socket.request.headers if socket.request else {}
            event = json.loads(await socket.recv())
            seen.append((headers["X-Self-ID"], headers["Authorization"], event["meta_event_type"]))
            if len(seen) == 2:
                enough.set()

        async with websockets.serve(serve, "127.0.0.1", 0) as peer, SandboxServer() as server:
            port = next(iter(peer.sockets)).getsockname()[1]
            server.wire.dial(f"ws://127.0.0.1:{port}/", token="geheim", retry=0.01)
            await asyncio.wait_for(enough.wait(), 5)
        return seen

    assert asyncio.run(scene()) == [(str(BOT), "Bearer geheim", "lifecycle")] * 2


def test_it_sustains_many_messages_and_keeps_few_frames():
    async def scene() -> tuple[float, int]:
        async with SandboxServer() as server, connected(server) as client:
            started = time.perf_counter()
            for number in range(1000):
                server.world.post(MEMBER, GROUP, f"第{number}条")
            for _ in range(1000):
                await client.event()
            return time.perf_counter() - started, len(server.wire.frames)

    seconds, frames = asyncio.run(scene())

    assert seconds < 5
    assert frames == 200


def test_until_says_whether_it_came():
    async def scene() -> tuple[bool, bool]:
        async with SandboxServer() as server:
            loop = asyncio.get_running_loop()
            loop.call_soon(server.world.post, MEMBER, GROUP, "一")
            came = await server.until(lambda world: bool(world.posts_in(GROUP)))
            never = await server.until(lambda world: bool(world.inbox_of(OWNER)), timeout=0.01)
            return came, never

    assert asyncio.run(scene()) == (True, False)


def test_the_page_does_deeds_and_says_why_not():
    async def scene() -> list[httpx.Response]:
        async with SandboxServer() as server, httpx.AsyncClient(base_url=server.page_url) as web:
            done = {"me": MEMBER, "group": GROUP, "text": "你好"}
            return [
                await web.post("/api/deeds/post", json=done),
                await web.post("/api/deeds/dissolve", json={"me": MEMBER, "group": GROUP}),
                await web.post("/api/deeds/explode", json={"me": MEMBER}),
                await web.post("/api/deeds/post", json={"me": BOT, "group": GROUP, "text": "一"}),
                await web.post("/api/switches", json={"no_history": True}),
                await web.post("/api/switches", json={"weather": True}),
                await web.post("/api/stories/advertisement", json={}),
            ]

    answers = asyncio.run(scene())

    assert [answer.status_code for answer in answers] == [200, 409, 409, 409, 200, 409, 200]
    assert answers[1].json() == {"error": "权限不足"}
    assert answers[3].json() == {"error": "请先选择身份"}


def test_the_page_takes_nothing_from_other_origins_and_loads_nothing_from_them():
    async def scene() -> tuple[httpx.Response, httpx.Response]:
        async with SandboxServer() as server, httpx.AsyncClient(base_url=server.page_url) as web:
            evil = {"Origin": "http://evil.example"}
            with pytest.raises(InvalidStatus):
                await websockets.connect(
                    server.page_url.replace("http", "ws") + "live",
                    additional_headers=evil,
                    proxy=None,
                ).__aenter__()
            deed = await web.post("/api/switches", json={"offline": True}, headers=evil)
            rebound = await web.get("/", headers={"Host": "evil.example"})
            assert not server.world.switches.offline
            assert rebound.status_code == 403
            return deed, await web.get("/")

    deed, page = asyncio.run(scene())

    assert deed.status_code == 403
    assert page.headers["content-security-policy"].startswith("default-src 'self';")
    assert "http://" not in page.text
    assert "https://" not in page.text


def test_the_clock_moves_forward_through_its_control():
    async def scene() -> tuple[float, str]:
        async with SandboxServer() as server, httpx.AsyncClient(base_url=server.page_url) as web:
            before = server.world.now()
            await web.post("/api/clock/1h")
            moved = server.world.now() - before
            answer = await web.post("/api/clock/morning")
            return moved, answer.json()["now"]

    moved, now = asyncio.run(scene())

    assert 3600 <= moved < 3660
    assert "T01:00:" in now


def test_the_clock_never_goes_back():
    clock = OffsetClock()
    before = clock.now()

    asyncio.run(clock.advance(-60))

    assert clock.now() >= before


def test_a_story_without_a_bot_says_so():
    async def scene() -> tuple[bool, list[str]]:
        lines: list[str] = []
        async with SandboxServer() as server:
            ok = await server.play("weather", lines.append)
        return ok, lines

    ok, lines = asyncio.run(scene())

    assert not ok
    names = "、".join(story.name for story in STORIES)
    assert lines == [f"没有这个剧本：weather。可选：{names}"]


def test_a_story_follows_what_the_bot_really_does():
    async def scene() -> tuple[bool, list[str]]:
        lines: list[str] = []
        async with SandboxServer() as server, connected(server) as client:
            bot = asyncio.create_task(one_alert(client))
            ok = await server.play("advertisement", lines.append)
            await bot
        return ok, lines

    async def one_alert(client: Client) -> None:
        posted = await client.event()
        await client.call(
            "send_private_msg", user_id=OWNER, message="【待处置 7】高 | 预算科工作群"
        )
        order = await client.event()
        assert order["raw_message"] == "撤回7"
        await client.call("delete_msg", message_id=posted["message_id"])
        await client.call("send_private_msg", user_id=posted["user_id"], message="已撤回，申诉 7")

    ok, lines = asyncio.run(scene())

    assert ok
    assert any("群主在私聊里回复“撤回7”" in line for line in lines)
    assert lines[-1] == "剧本结束：每一步都看到了预期的效果。"

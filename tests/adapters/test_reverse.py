"""One account whose peer connects to the web application."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bot.adapters.onebot import OneBotAdapter, reverse_endpoint
from bot.model.event import AccountConnected, ConnectionLost, MessagePosted, OutcomeState
from tests.adapters.peer import TOKEN, Peer, an_adapter, message, running
from tests.adapters.test_onebot import in_private

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def a_web(*adapters: OneBotAdapter) -> AsyncIterator[str]:
    app = Starlette(routes=[WebSocketRoute("/onebot", reverse_endpoint(adapters))])
    config = uvicorn.Config(app, log_level="critical", lifespan="off", ws_max_size=2**26)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/onebot"
    finally:
        server.should_exit = True
        await serving
        listening.close()


def headers(**changes: str) -> dict[str, str]:
    usual = {
        "X-Self-ID": "10001",
        "X-Client-Role": "Universal",
        "Authorization": f"Bearer {TOKEN}",
    }
    return usual | {name.replace("_", "-"): value for name, value in changes.items()}


@contextlib.asynccontextmanager
async def a_peer(url: str, peer: Peer) -> AsyncIterator[Peer]:
    async with connect(url, additional_headers=headers(), proxy=None) as opened:
        peer._sockets.append(opened)
        serving = asyncio.create_task(peer.serve(opened.send, opened))
        try:
            yield peer
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving


async def test_a_peer_that_connects_is_served_like_any_other():
    adapter = an_adapter(None)
    peer = Peer()
    peer.answers["send_private_msg"] = {"message_id": 3}
    async with a_web(adapter) as url, running(adapter, connected=False) as inbox:
        async with a_peer(url, peer):
            await inbox.wait_for(AccountConnected)
            await peer.post(message("反向"))
            event = await inbox.wait_for(MessagePosted)
            outcome = await adapter.perform(in_private())

            assert event.message.text == "反向"
            assert outcome.state is OutcomeState.DONE
            assert adapter.trouble is None

        await inbox.wait_for(ConnectionLost)
        async with a_peer(url, peer):
            await inbox.wait_for(AccountConnected, times=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"Authorization": "Bearer wrong"},
        {"Authorization": ""},
        {"Authorization": TOKEN},
        {"X_Self_ID": "10009"},
        {"X_Client_Role": "API"},
    ],
)
async def test_a_stranger_is_refused_before_the_handshake(changes):
    adapter = an_adapter(None)
    async with a_web(adapter) as url, running(adapter, connected=False):
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, additional_headers=headers(**changes), proxy=None)

    assert refused.value.response.status_code == 403


async def test_a_second_connection_of_an_account_is_refused_and_the_first_one_asked(caplog):
    adapter = an_adapter(None)
    peer = Peer()
    async with (
        a_web(adapter) as url,
        running(adapter, connected=False) as inbox,
        a_peer(url, peer),
    ):
        await inbox.wait_for(AccountConnected)
        asked = asyncio.Event()
        peer.answers["get_status"] = lambda _: asked.set() or {"online": True}
        with pytest.raises(InvalidStatus):
            await connect(url, additional_headers=headers(), proxy=None)
        await asyncio.wait_for(asked.wait(), 5)

        assert inbox.of(ConnectionLost) == []

    assert any(record.qungui_fields.get("reason") == "second" for record in caplog.records)


async def test_two_accounts_share_one_door():
    first, second = an_adapter(None), an_adapter(None, self_id="10002")
    async with (
        a_web(first, second) as url,
        running(first, connected=False) as ones,
        running(second, connected=False) as twos,
        connect(url, additional_headers=headers(X_Self_ID="10002"), proxy=None) as opened,
    ):
        peer = Peer(user=10002)
        serving = asyncio.create_task(peer.serve(opened.send, opened))
        connected = await twos.wait_for(AccountConnected)
        serving.cancel()

        assert connected.account == "qq:10002"
        assert ones.events == []

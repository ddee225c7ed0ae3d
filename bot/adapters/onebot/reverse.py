"""The door of the web application through which OneBot peers connect to us."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.websockets import WebSocket

from bot.adapters.onebot.adapter import OneBotAdapter
from bot.adapters.onebot.session import LOG

PATHS: Final = ("/onebot/v11/ws", "/onebot/v11/ws/", "/onebot/v11", "/ws")
"""Where peers look for us; the last ones are what some of them have by default."""
_SCHEMES: Final = frozenset({"bearer", "token"})


def reverse_endpoint(adapters: Sequence[OneBotAdapter]) -> Callable[[WebSocket], Awaitable[None]]:
    """Return the WebSocket endpoint for the accounts whose peers connect to us.

    It refuses (HTTP 403) a wrong token, an unknown account, and any role but Universal.
    """
    accounts = {adapter.self_id: adapter for adapter in adapters if adapter.reverse}

    async def endpoint(websocket: WebSocket) -> None:
        headers = websocket.headers
        adapter = accounts.get(headers.get("x-self-id"))
        refusal = None
        if adapter is None:
            refusal = "unknown_account"
        elif not _authentic(headers.get("authorization", ""), adapter.token):
            refusal = "token"
        elif headers.get("x-client-role", "Universal").lower() != "universal":
            refusal = "role"
        if adapter is None or refusal:
            LOG.warning("a connection to us was refused", reason=refusal)
            await websocket.close()
            return
        await adapter.accept(websocket)

    return endpoint


def _authentic(header: str, token: str) -> bool:
    scheme, _, given = header.partition(" ")
    same = hmac.compare_digest(given.strip().encode("latin-1"), token.encode())
    return same and scheme.lower() in _SCHEMES

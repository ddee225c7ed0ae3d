"""One small chat world on every platform: the same people, the same room, the same deeds.

A Peer is the platform's side, real or a stand-in; people are named by their nicknames. Who leaves
in web WeChat is missed in the next list only: that is why a story draws one after each such deed.
"""

# ruff: noqa: D101, D102 - the names say it

import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.adapters import Opening, Platform, itchat, onebot, wechaty
from bot.clock import SystemClock
from bot.model.action import (
    AcceptInvitation,
    Announce,
    AnswerFriendRequest,
    AnswerJoinRequest,
    DrawGroups,
    DrawHistory,
    DrawMembers,
    LookUp,
    Outgoing,
    PutFile,
    Recall,
    RemoveMember,
    RenameGroupChat,
    SayInGroup,
    SayPrivately,
    SendMail,
)
from bot.model.event import Ability
from bot.model.port import Adapter
from bot.sandbox.server import SandboxServer
from bot.sandbox.things import Rank
from bot.sandbox.world import World
from tests.peers.web_wechat.server import WebWechat
from tests.peers.wechaty_gateway import CURRENT, OLD, WechatyGateway, a_gateway

WANG, LI, ZHAO = "王小明", "李小红", "赵强"
TOPIC: Final = "预算科工作群"
CARD: Final = "预算科 王小明"
BOT: Final = "群规助手"
DOCUMENTS: Final = frozenset({SendMail, PutFile})
"""What no chat platform carries."""
NEEDED: Final[MappingProxyType[type[Outgoing], Ability | None]] = MappingProxyType(
    {
        SayPrivately: Ability.PRIVATE,
        SayInGroup: None,
        Recall: Ability.RECALL,
        LookUp: Ability.RECALL,
        AnswerFriendRequest: Ability.FRIEND_REQUESTS,
        AnswerJoinRequest: Ability.JOIN_REQUESTS,
        AcceptInvitation: Ability.INVITATIONS,
        RemoveMember: Ability.REMOVE,
        RenameGroupChat: Ability.RENAME,
        Announce: Ability.ANNOUNCE,
        DrawGroups: None,
        DrawMembers: None,
        DrawHistory: Ability.HISTORY,
    }
)
"""What an account must be able to do so that an Outgoing is tried at all."""


class Peer(ABC):
    """A platform with one room of the account, 王小明 (its owner) and 李小红; 赵强 is outside.

    `group` is the room's id as the adapter says it, `other_group` one the account is not in.
    """

    group: str

    def __init__(self, open_: Callable[[Path], Adapter]) -> None:
        self.open: Final = open_

    @abstractmethod
    async def post(self, name: str, text: str, *, to_bot: bool = False) -> str:
        """Somebody writes in the room, to the account where that is said; return the id."""

    @abstractmethod
    async def picture(self, name: str) -> None: ...

    @abstractmethod
    async def recall(self, name: str, message: str) -> None: ...

    @abstractmethod
    async def tell(self, name: str, text: str) -> None: ...

    @abstractmethod
    async def join(self, name: str, by: str) -> None: ...

    @abstractmethod
    async def leave(self, name: str) -> None: ...

    @abstractmethod
    async def rename(self, topic: str) -> None: ...

    @abstractmethod
    async def invite(self, by: str) -> None:
        """Invite the account into another room, in which it is not."""

    @abstractmethod
    async def remove_bot(self) -> None: ...

    @abstractmethod
    async def goes(self) -> None:
        """End the connection, so that no other succeeds."""

    @abstractmethod
    async def comes(self) -> None:
        """Let connections succeed again."""

    @abstractmethod
    async def said(self) -> list[tuple[str, str]]:
        """Return what the account said: to whom ("" for the room) and the text."""


def _opening(platform: Platform, timing: Any, token: str, **settings: object) -> Any:
    def open_(folder: Path) -> Adapter:
        return platform.open(
            Opening(
                name="主号",
                settings=platform.settings(**settings),
                token=token,
                clock=SystemClock(),
                count=lambda *_: None,
                folder=folder,
                out=lambda _: None,
                timing=timing,
            )
        )

    return open_


class OneBotPeer(Peer):
    group = "700001"
    _numbers: Final = MappingProxyType({WANG: 20001, LI: 20002, ZHAO: 20003})

    def __init__(self, server: SandboxServer) -> None:
        timing = onebot.Timing(
            settle=0, between_parts=0, closing=0.2, backoff=0.05, backoff_limit=0.2
        )
        super().__init__(
            _opening(onebot.ADAPTER, timing, server.token, way="forward", url=server.ws_url)
        )
        self._world = server.world

    async def post(self, name: str, text: str, *, to_bot: bool = False) -> str:
        at = {"type": "at", "data": {"qq": "10001"}}
        words = {"type": "text", "data": {"text": f" {text}" if to_bot else text}}
        number = self._numbers[name]
        return str(self._world.post(number, 700001, (at, words) if to_bot else (words,)))

    async def picture(self, name: str) -> None:
        data = {"file": "a.jpg", "url": "http://127.0.0.1/a.jpg"}
        self._world.post(self._numbers[name], 700001, ({"type": "image", "data": data},))

    async def recall(self, name: str, message: str) -> None:
        self._world.recall(self._numbers[name], int(message))

    async def tell(self, name: str, text: str) -> None:
        self._world.say(self._numbers[name], 10001, text)

    async def join(self, name: str, by: str) -> None:
        self._world.join(self._numbers[name], 700001, invited_by=self._numbers[by])

    async def leave(self, name: str) -> None:
        self._world.leave(self._numbers[name], 700001)

    async def rename(self, topic: str) -> None:
        self._world.rename(self._numbers[WANG], 700001, topic)

    async def invite(self, by: str) -> None:
        self._world.invite(self._numbers[by], 700002, 10001)

    async def remove_bot(self) -> None:
        self._world.kick(self._numbers[WANG], 700001, 10001)

    async def goes(self) -> None:
        self._world.switch(offline=True)

    async def comes(self) -> None:
        self._world.switch(offline=False)

    async def said(self) -> list[tuple[str, str]]:
        group = [("", post.text) for post in self._world.posts_in(700001) if post.sender == 10001]
        private = [
            (name, post.text)
            for name, number in self._numbers.items()
            for post in self._world.inbox_of(number)
        ]
        return group + private


class WechatyPeer(Peer):
    group = "19000000001@chatroom"
    _ids: Final = MappingProxyType({WANG: "wxid_wang", LI: "wxid_li", ZHAO: "wxid_zhao"})

    def __init__(self, gateway: WechatyGateway) -> None:
        timing = wechaty.Timing(
            ready=0, backoff=0.05, backoff_limit=0.2, refused_limit=0.2, between_parts=0
        )
        endpoint = gateway.endpoint
        super().__init__(_opening(wechaty.ADAPTER, timing, gateway.token, endpoint=endpoint))
        self._gateway = gateway

    async def post(self, name: str, text: str, *, to_bot: bool = False) -> str:
        if to_bot:
            text, mentions = f"@{BOT}\u2005{text}", ["wxid_bot"]
            return await self._post(name, text=text, mentions=mentions)
        return await self._post(name, text=text)

    async def _post(self, name: str, **fields: object) -> str:
        posted = await self._gateway.do("post", sender=self._ids[name], room=self.group, **fields)
        return str(posted["message"])

    async def picture(self, name: str) -> None:
        await self._post(name, kind="image")

    async def recall(self, name: str, message: str) -> None:
        await self._post(name, kind="recall", text=message)

    async def tell(self, name: str, text: str) -> None:
        await self._gateway.do("post", sender=self._ids[name], text=text)

    async def join(self, name: str, by: str) -> None:
        await self._gateway.do("join", room=self.group, user=self._ids[name], by=self._ids[by])

    async def leave(self, name: str) -> None:
        await self._gateway.do("leave", room=self.group, user=self._ids[name])

    async def rename(self, topic: str) -> None:
        await self._gateway.do("topic", room=self.group, topic=topic)

    async def invite(self, by: str) -> None:
        await self._gateway.do("invite", room="19000000002@chatroom", by=self._ids[by])

    async def remove_bot(self) -> None:
        wang = self._ids[WANG]
        await self._gateway.do("leave", room=self.group, user="wxid_bot", by=wang)

    async def goes(self) -> None:
        await self._gateway.die()

    async def comes(self) -> None:
        await self._gateway.start()

    async def said(self) -> list[tuple[str, str]]:
        names = {user: name for name, user in self._ids.items()} | {self.group: ""}
        return [(names[each["to"]], each["text"]) for each in await self._gateway.sent()]


class ItchatPeer(Peer):
    group = f"room:{TOPIC}"
    _keys: Final = MappingProxyType({WANG: "wang", LI: "li", ZHAO: "zhao"})

    def __init__(self, service: WebWechat) -> None:
        timing = itchat.Timing(
            connect=10, answer=10, poll=10, backoff=0.05, backoff_limit=0.2, between_parts=0
        )
        settings = {"self_id": "office1", "server": service.url}
        super().__init__(_opening(itchat.ADAPTER, timing, "", **settings))
        self._service = service

    @property
    def _members(self) -> dict[str, str]:
        return self._service.world.rooms["budget"].members

    async def post(self, name: str, text: str, *, to_bot: bool = False) -> str:
        words = f"@{BOT}\u2005{text}" if to_bot else text
        return self._service.post("budget", self._keys[name], words)

    async def picture(self, name: str) -> None:
        self._service.post("budget", self._keys[name], "<msg/>", MsgType=3)

    async def recall(self, name: str, message: str) -> None:
        self._service.recall("budget", self._keys[name], message)

    async def tell(self, name: str, text: str) -> None:
        self._service.post(None, self._keys[name], text)

    async def join(self, name: str, by: str) -> None:
        self._members[self._keys[name]] = ""
        self._service.note("budget", f'"{by}"邀请"{name}"加入了群聊')

    async def leave(self, name: str) -> None:
        del self._members[self._keys[name]]

    async def rename(self, topic: str) -> None:
        self._service.world.rooms["budget"].topic = topic
        self._service.note("budget", f'"{WANG}"修改群名为“{topic}”')

    async def invite(self, by: str) -> None:
        """Do nothing: nobody is asked here, an account is simply in a room."""

    async def remove_bot(self) -> None:
        self._members.clear()
        self._service.note("budget", f'你被"{WANG}"移出群聊')

    async def goes(self) -> None:
        self._service.retcode("1101")

    async def comes(self) -> None:
        self._service.scan()

    async def said(self) -> list[tuple[str, str]]:
        names = {key: name for name, key in self._keys.items()} | {"budget": ""}
        key_of = self._service.world.key_of
        return [(names[key_of(to) or ""], text) for to, text in list(self._service.sent)]


@contextlib.asynccontextmanager
async def _onebot() -> AsyncIterator[Peer]:
    world = World(lambda: datetime.now(UTC).timestamp())  # noqa: TID251 - the sandbox's own clock
    world.add_account(10001, BOT, bot=True)
    for name, number in OneBotPeer._numbers.items():
        world.add_account(number, name)
        world.befriend(number, 10001)
    world.add_group(700001, TOPIC, 20001)
    world.seat(700001, 20001, rank=Rank.OWNER, card=CARD)
    world.seat(700001, 20002)
    world.seat(700001, 10001, rank=Rank.ADMIN)
    world.add_group(700002, "国库科工作群", 20002)
    async with SandboxServer(world) as server:
        yield OneBotPeer(server)


def _wechaty(generation: str) -> Callable[[], AbstractAsyncContextManager[Peer]]:
    @contextlib.asynccontextmanager
    async def run() -> AsyncIterator[Peer]:
        ids = WechatyPeer._ids
        world = {
            "me": "wxid_bot",
            "contacts": {
                "wxid_bot": {"name": BOT},
                **{user: {"name": name} for name, user in ids.items()},
            },
            "rooms": {
                WechatyPeer.group: {
                    "topic": TOPIC,
                    "owner": ids[WANG],
                    "admins": ["wxid_bot"],
                    "members": {"wxid_bot": "", ids[WANG]: CARD, ids[LI]: ""},
                },
                "19000000002@chatroom": {
                    "topic": "国库科工作群", "owner": ids[LI], "members": {ids[LI]: ""},
                },
            },
        }  # fmt: skip
        async with a_gateway(generation, world=world) as gateway:
            yield WechatyPeer(gateway)

    return run


@contextlib.asynccontextmanager
async def _itchat() -> AsyncIterator[Peer]:
    with WebWechat(scans=False) as service:
        service.world.people["bot"].nickname = BOT
        for name, key in ItchatPeer._keys.items():
            service.world.friend(key, name)
        service.world.room("budget", TOPIC, f"wang={CARD}", "li")
        service.scan()
        yield ItchatPeer(service)


PEERS: Final[MappingProxyType[str, Callable[[], AbstractAsyncContextManager[Peer]]]] = (
    MappingProxyType(
        {
            "onebot": _onebot,
            "wechaty-old": _wechaty(OLD),
            "wechaty-current": _wechaty(CURRENT),
            "itchat": _itchat,
        }
    )
)


@dataclass(frozen=True)
class Sample:
    """One of each Outgoing, about what is there."""

    account: str
    group: str
    users: dict[str, str]
    message: str

    def all(self) -> list[Outgoing]:
        account, group, li = self.account, self.group, self.users[LI]
        since = datetime(2026, 1, 1, tzinfo=UTC)
        return [
            SayPrivately(account=account, user=li, text="待办 1 件"),
            SayInGroup(account=account, group=group, text="请遵守群规", mention=li),
            Recall(account=account, group=group, message_id=self.message),
            LookUp(account=account, group=group, message_id=self.message),
            AnswerFriendRequest(account=account, flag="没有这回事"),
            AnswerJoinRequest(account=account, group=group, flag="没有这回事", accept=True),
            AcceptInvitation(account=account, flag="没有这回事"),
            RenameGroupChat(account=account, group=group, name="新群名"),
            Announce(account=account, group=group, text="群规见附件"),
            DrawGroups(account=account),
            DrawMembers(account=account, group=group),
            DrawHistory(account=account, group=group, since=since),
            RemoveMember(account=account, group=group, user=li),
        ]

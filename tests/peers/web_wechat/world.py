"""A small world of web WeChat: one account, friends, rooms; every name is another at each login."""

# ruff: noqa: D101, D102 - the names say it

import hashlib
import html
from dataclasses import dataclass, field

OWN = "bot"


@dataclass
class Somebody:
    nickname: str
    verify_flag: int = 0


@dataclass
class Room:
    topic: str
    members: dict[str, str] = field(default_factory=dict)
    """Who is in it, each with the in-room name ("" where there is none)."""
    owner: str = OWN
    listed: bool = True
    told_count: int | None = None


class World:
    """What is true at the platform; `message` makes what webwxsync hands out."""

    def __init__(self, nickname: str = "群规助手") -> None:
        self.people = {OWN: Somebody(nickname)}
        self.rooms: dict[str, Room] = {}
        self.login = 0
        self._messages = 0

    def friend(self, key: str, nickname: str, *, public: bool = False) -> None:
        self.people[key] = Somebody(nickname, verify_flag=8 if public else 0)

    def room(self, key: str, topic: str, *members: str, **fields: object) -> Room:
        """Make a room of the account and others; a member is `key` or `key=in-room name`."""
        pairs = [each.partition("=")[::2] for each in (OWN, *members)]
        self.rooms[key] = Room(topic, dict(pairs), **fields)  # type: ignore[arg-type]
        return self.rooms[key]

    def user(self, key: str) -> str:
        return f"@{self._hash(key)}"

    def room_user(self, key: str) -> str:
        return f"@@{self._hash(key)}"

    def key_of(self, user: str) -> str | None:
        """Return who or what has a UserName in this login."""
        for key in self.people:
            if self.user(key) == user:
                return key
        return next((key for key in self.rooms if self.room_user(key) == user), None)

    def contact(self, key: str) -> dict[str, object]:
        somebody = self.people[key]
        return {
            "UserName": self.user(key),
            "NickName": somebody.nickname,
            "RemarkName": "",
            "DisplayName": "",
            "Sex": 0,
            "Uin": 0,
            "VerifyFlag": somebody.verify_flag,
            "MemberList": [],
        }

    def room_contact(self, key: str, *, members: bool = True) -> dict[str, object]:
        room = self.rooms[key]
        count = len(room.members) if room.told_count is None else room.told_count
        return {
            "UserName": self.room_user(key),
            "NickName": html.escape(room.topic, quote=False),
            "RemarkName": "",
            "Sex": 0,
            "Uin": 0,
            "VerifyFlag": 0,
            "MemberCount": count,
            "ChatRoomOwner": self.user(room.owner),
            "EncryChatRoomId": self._hash(f"encry{key}"),
            "MemberList": [
                {
                    "UserName": self.user(member),
                    "NickName": self.people[member].nickname,
                    "DisplayName": card,
                    "Uin": 0,
                }
                for member, card in (room.members.items() if members else ())
            ],
        }

    def message(self, room: str | None, sender: str | None, **fields: object) -> dict[str, object]:
        """Return one message: of somebody in a room, in private, or a note of a room (no sender)."""
        self._messages += 1
        content = str(fields.pop("Content", ""))
        if room is None:
            source, target = self.user(sender or OWN), self.user(OWN)
        elif sender == OWN:
            source, target = self.user(OWN), self.room_user(room)
        else:
            source, target = self.room_user(room), self.user(OWN)
            if sender is not None:
                content = f"{self.user(sender)}:<br/>{content}"
        return {
            "MsgId": str(8_000_000_000 + self._messages),
            "NewMsgId": 8_000_000_000 + self._messages,
            "FromUserName": source,
            "ToUserName": target,
            "MsgType": 1,
            "AppMsgType": 0,
            "Content": content,
            "CreateTime": 1_795_277_987,
            "FileName": "",
            "FileSize": "",
            "MediaId": "",
            "Url": "",
            "Status": 3,
            "StatusNotifyUserName": "",
            "RecommendInfo": {"UserName": "", "NickName": ""},
            **fields,
        }

    def _hash(self, key: str) -> str:
        return hashlib.sha256(f"{self.login}:{key}".encode()).hexdigest()[:32]

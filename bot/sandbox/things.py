"""What the chat world is made of: values, and what happens to them."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

KEPT_PER_CHAT = 500

Segment = Mapping[str, object]


class RefusedError(Exception):
    """A deed that the world does not allow: one Chinese sentence that says why."""


class Rank(StrEnum):
    """What an account is in a group, in OneBot's words."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class Flavour(StrEnum):
    """Which implementation the world imitates where they differ."""

    NAPCAT = "napcat"
    LLBOT = "llbot"


class Sending(StrEnum):
    """What becomes of a message that a bot sends."""

    NORMAL = "normal"
    TIMES_OUT_DELIVERED = "times_out_delivered"
    TIMES_OUT_LOST = "times_out_lost"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, kw_only=True, slots=True)
class Switches:
    """What can be made to go wrong; the default is that all is well."""

    offline: bool = False
    sending: Sending = Sending.NORMAL
    no_history: bool = False
    hollow_recall: bool = False
    hollow_kick: bool = False
    silent_peer: bool = False
    private_fails: bool = False
    stale_lists: bool = False
    short_lists: bool = False
    echo_own: bool = False
    flavour: Flavour = Flavour.NAPCAT


@dataclass(kw_only=True, slots=True)
class Account:
    """Somebody with a number; `bot` marks the accounts that OneBot clients drive."""

    id: int
    nickname: str
    bot: bool = False


@dataclass(kw_only=True, slots=True)
class Member:
    """An account's presence in a group; times are unix seconds."""

    user: int
    rank: Rank = Rank.MEMBER
    card: str = ""
    announced_card: str = ""
    joined_at: float
    spoke_at: float = 0.0
    muted_until: float = 0.0


@dataclass(kw_only=True, slots=True)
class Post:
    """One message: in a group, or in private when `group` is None and `peer` is the other side."""

    id: int
    seq: int
    at: float
    sender: int
    group: int | None = None
    peer: int | None = None
    segments: tuple[Segment, ...]
    recalled_by: int | None = None

    @property
    def text(self) -> str:
        """What a person reads of the message."""
        return "".join(_readable(segment) for segment in self.segments)


@dataclass(kw_only=True, slots=True)
class Group:
    """A group and what is still kept of its history, oldest first."""

    id: int
    name: str
    created_at: float
    members: dict[int, Member] = field(default_factory=dict)
    posts: deque[Post] = field(default_factory=lambda: deque(maxlen=KEPT_PER_CHAT))
    all_muted: bool = False
    notices: list[str] = field(default_factory=list)

    @property
    def owner(self) -> int:
        """The owner's account, 0 if there is none."""
        return next((m.user for m in self.members.values() if m.rank is Rank.OWNER), 0)


class Wish(StrEnum):
    """What a pending request asks for."""

    FRIEND = "friend"
    ADD = "add"
    INVITE = "invite"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A pending request: to be friends with `to`, to enter a group, or to bring `to` into one."""

    number: int
    flag: str
    wish: Wish
    user: int
    to: int
    group: int = 0
    comment: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """A message appeared; `bots` are the bot accounts that see it (as in all that follow)."""

    post: Post
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Uploaded:
    """A file was put into a group; a Posted with the file segment comes with it."""

    post: Post
    name: str
    size: int
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recalled:
    """A message was taken back by `operator`."""

    post: Post
    operator: int
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """Somebody entered a group; `invited` tells how."""

    group: int
    user: int
    operator: int
    invited: bool
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """Somebody left a group or, where `operator` is another account, was removed by it."""

    group: int
    user: int
    operator: int
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dissolved:
    """A group ended."""

    group: int
    operator: int
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Renamed:
    """A group has another name."""

    group: int
    operator: int
    name: str
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnerChanged:
    """A group has another owner: no implementation has an event for it."""

    group: int
    owner: int
    bots: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminChanged:
    """A member became an administrator, or ceased to be one."""

    group: int
    user: int
    admin: bool
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CardChanged:
    """A member spoke for the first time since the card was changed."""

    group: int
    user: int
    old: str
    new: str
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Muted:
    """A member (or everybody: user 0) may not speak for `seconds`; 0 lifts it, -1 has no end."""

    group: int
    user: int
    operator: int
    seconds: int
    lifted: bool
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request is waiting for an answer."""

    request: Request
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Befriended:
    """Two accounts are friends now."""

    user: int
    bots: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Switched:
    """Something that no chat client would see changed: a switch, a connection, the clock."""

    bots: tuple[int, ...] = ()


Happening = (
    Posted
    | Uploaded
    | Recalled
    | Joined
    | Left
    | Dissolved
    | Renamed
    | OwnerChanged
    | AdminChanged
    | CardChanged
    | Muted
    | Asked
    | Befriended
    | Switched
)


def data_of(segment: Segment) -> Mapping[str, object]:
    """Return a segment's data, empty if it has none."""
    data = segment.get("data")
    return data if isinstance(data, Mapping) else {}


def _readable(segment: Segment) -> str:
    data = data_of(segment)
    kind = segment.get("type")
    if kind == "text":
        return str(data.get("text", ""))
    if kind == "at":
        name = "全体成员" if data.get("qq") == "all" else data.get("name") or data.get("qq")
        return f"@{name}"
    if kind == "file":
        return f"[文件] {data.get('file', '')}"
    return {"reply": "", "image": "[图片]", "json": "[卡片]", "forward": "[合并转发]"}.get(
        str(kind), f"[{kind}]"
    )

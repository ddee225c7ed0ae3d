"""What the page shows and what it may ask for: views of the world, and deeds by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field

from bot.sandbox.clock import SHANGHAI, Control
from bot.sandbox.desk import Desk
from bot.sandbox.links import Wire
from bot.sandbox.office import Office
from bot.sandbox.stories import STORIES
from bot.sandbox.things import Group, Member, Post, Rank, RefusedError, Wish, data_of
from bot.sandbox.world import World

SHOWN_PER_CHAT = 120
RANKS = {Rank.OWNER: "群主", Rank.ADMIN: "管理员", Rank.MEMBER: "成员"}

Json = dict[str, object]


@dataclass(kw_only=True, slots=True)
class Telling:
    """A story as the page follows it: its name, its lines, and whether it is still running."""

    name: str = ""
    lines: list[str] = field(default_factory=list)
    running: bool = False
    came_true: bool | None = None


@dataclass(kw_only=True, slots=True)
class Looking:
    """What one open page looks at: who one is, the open chat, whose phone, the frames shown."""

    me: int = 0
    group: int = 0
    peer: int = 0
    phone: int = 0
    frames: bool = False
    frames_from: int = 0

    def follow(self, wanted: object) -> None:
        """Take over what the page says it wants to look at; wrong shapes are ignored."""
        if not isinstance(wanted, Mapping):
            return
        for name in ("me", "group", "peer", "phone"):
            value = wanted.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                setattr(self, name, value)
        frames = bool(wanted.get("frames", self.frames))
        if frames and not self.frames:
            self.frames_from = 0
        self.frames = frames


class Sight:
    """Makes views of a world for the page, and remembers what has been read."""

    def __init__(
        self,
        world: World,
        wire: Wire,
        control: Control,
        office: Office,
        desk: Desk | None = None,
    ) -> None:
        self.desk = desk
        self.world = world
        self.wire = wire
        self.control = control
        self.office = office
        self.telling = Telling()
        self._read: dict[tuple[int, str], int] = {}

    def view(self, looking: Looking) -> Json:
        """Return everything that one page shows, as JSON values."""
        world, me = self.world, looking.me
        phone = looking.phone or self._owner_of(looking.group)
        bot = world.bots[0]
        self._mark(phone, f"p{bot}", world.chat(phone, bot))
        if looking.group in world.groups:
            self._mark(me, f"g{looking.group}", world.posts_in(looking.group))
        elif looking.peer:
            self._mark(me, f"p{looking.peer}", world.chat(me, looking.peer))
        now = self.control.now().astimezone(SHANGHAI)
        view: Json = {
            "office": self.office.name,
            "now": now.isoformat(timespec="seconds"),
            "switches": asdict(world.switches),
            "connected": self.wire.connected(bot),
            "ways": [link.way for link in self.wire.links],
            "bot": bot,
            "accounts": [self._account(user) for user in world.accounts],
            "chats": self._chats(me),
            "chat": self._chat(looking),
            "phone": {
                "user": phone,
                "name": world.display_name(phone),
                "roles": self.office.roles(phone),
                "friend": world.are_friends(phone, bot),
                "messages": [self._message(p, phone) for p in _last(world.chat(phone, bot))],
            },
            "stories": [{"name": s.name, "title": s.title, "about": s.about} for s in STORIES],
            "telling": asdict(self.telling),
            "forms": [path.name for path in self.desk.forms()] if self.desk else [],
        }
        if looking.frames:
            frames = [f for f in self.wire.frames if f.number > looking.frames_from]
            view["frames"] = [asdict(frame) for frame in frames]
            looking.frames_from = frames[-1].number if frames else looking.frames_from
        return view

    def _owner_of(self, group: int) -> int:
        if group in self.world.groups:
            return self.world.groups[group].owner
        return self.office.groups[0].owner

    def _mark(self, user: int, key: str, posts: tuple[Post, ...]) -> None:
        if posts:
            self._read[(user, key)] = posts[-1].seq

    def _unread(self, user: int, key: str, posts: tuple[Post, ...]) -> int:
        read = self._read.get((user, key), 0)
        return sum(post.seq > read and post.sender != user for post in posts)

    def _account(self, user: int) -> Json:
        bot = self.world.bots[0]
        person = self.office.person(user)
        chats = ((other, self.world.chat(user, other)) for other in self.world.bots)
        return {
            "id": user,
            "name": self.world.display_name(user),
            "unit": f"{person.unit} {person.post}".strip() if person else "",
            "roles": self.office.roles(user),
            "bot": self.world.accounts[user].bot,
            "friend": self.world.are_friends(user, bot),
            "unread": sum(self._unread(user, f"p{other}", posts) for other, posts in chats),
        }

    def _chats(self, me: int) -> list[Json]:
        chats: list[Json] = []
        for group in self.world.groups.values():
            posts, member = tuple(group.posts), group.members.get(me)
            chats.append(
                {
                    "group": group.id,
                    "name": group.name,
                    "size": len(group.members),
                    "rank": member.rank if member else "",
                    "registered": self._registered(group.id),
                    "unread": self._unread(me, f"g{group.id}", posts) if member else 0,
                    "last": self._summary(posts, group.id) if member else "（不在群里）",
                }
            )
        for bot in self.world.bots:
            if bot == me:
                continue
            posts = self.world.chat(me, bot)
            chats.append(
                {
                    "peer": bot,
                    "name": self.world.display_name(bot),
                    "unread": self._unread(me, f"p{bot}", posts),
                    "last": self._summary(posts, None) or "私聊",
                }
            )
        return chats

    def _registered(self, group: int) -> bool:
        known = self.office.group(group)
        return known is not None and known.registered

    def _questions(self, group: int) -> list[Json]:
        """Return what is asked to register a group; nothing for one that is, or that is private."""
        known = self.office.group(group)
        if self.desk is None or known is None or known.registered or not known.unit:
            return []
        return [asdict(each) for each in self.desk.questions(known)]

    def _summary(self, posts: tuple[Post, ...], group: int | None) -> str:
        if not posts:
            return ""
        last = posts[-1]
        if last.recalled_by is not None:
            return "（消息已撤回）"
        text = last.text.replace("\n", " ")[:40]
        return f"{self.world.display_name(last.sender, group)}：{text}" if group else text

    def _chat(self, looking: Looking) -> Json:
        world, me = self.world, looking.me
        if looking.group in world.groups:
            group = world.groups[looking.group]
            mine = group.members.get(me)
            return {
                "group": group.id,
                "title": group.name,
                "registered": self._registered(group.id),
                "questions": self._questions(group.id),
                "rank": mine.rank if mine else "",
                "members": [self._member(group, member) for member in group.members.values()],
                "asking": self._asking(group, mine),
                "messages": [self._message(p, me, mine) for p in _last(group.posts)],
            }
        if looking.peer:
            return {
                "peer": looking.peer,
                "title": world.display_name(looking.peer),
                "members": [],
                "messages": [self._message(p, me) for p in _last(world.chat(me, looking.peer))],
            }
        return {"title": "", "members": [], "messages": []}

    def _asking(self, group: Group, mine: Member | None) -> list[Json]:
        """Return who asks to be let in; only those who manage the group see it."""
        if mine is None or mine.rank is Rank.MEMBER:
            return []
        return [
            {
                "id": each.user,
                "name": self.world.display_name(each.user),
                "comment": each.comment,
            }
            for each in self.world.requests.values()
            if each.wish is Wish.ADD and each.group == group.id
        ]

    def _member(self, group: Group, member: Member) -> Json:
        return {
            "id": member.user,
            "name": self.world.display_name(member.user, group.id),
            "rank": member.rank,
            "label": RANKS[member.rank],
            "bot": self.world.accounts[member.user].bot,
            "muted": member.muted_until > self.world.now(),
        }

    def _message(self, post: Post, me: int, mine: Member | None = None) -> Json:
        recallable = post.sender == me
        rank = Rank.MEMBER
        if post.group in self.world.groups:
            author = self.world.groups[post.group].members.get(post.sender)
            rank = author.rank if author else Rank.MEMBER
            may = mine is not None and (
                mine.rank is Rank.OWNER or (mine.rank is Rank.ADMIN and rank is Rank.MEMBER)
            )
            recallable = recallable or may
        quoted = next((data_of(s).get("id") for s in post.segments if s.get("type") == "reply"), "")
        by = post.recalled_by
        return {
            "id": post.id,
            "at": post.at,
            "sender": post.sender,
            "name": self.world.display_name(post.sender, post.group),
            "rank": rank if post.group is not None else "",
            "bot": self.world.accounts[post.sender].bot,
            "mine": post.sender == me,
            "text": "" if by is not None else post.text,
            "quoted": quoted,
            "recalled_by": "" if by is None else self.world.display_name(by, post.group),
            "recallable": recallable and by is None,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A deed that the page asks for: who does it, where, to whom or what, with what text."""

    me: int
    group: int = 0
    user: int = 0
    message: int = 0
    text: str = ""
    yes: bool = True


def do(world: World, name: str, wanted: Wanted) -> None:
    """Carry out one of the page's deeds, or refuse."""
    if name not in DEEDS:
        raise RefusedError("没有这个操作")
    if wanted.me not in world.accounts or world.accounts[wanted.me].bot:
        raise RefusedError("请先选择身份")
    DEEDS[name](world, wanted)


def _post(world: World, wanted: Wanted) -> None:
    if not wanted.text.strip():
        raise RefusedError("消息不能为空")
    if wanted.group:
        world.post(wanted.me, wanted.group, wanted.text)
    else:
        world.say(wanted.me, wanted.user, wanted.text)


def _join(world: World, wanted: Wanted) -> None:
    world.join(wanted.me, wanted.group)


def _ask(world: World, wanted: Wanted) -> None:
    world.ask_to_join(wanted.me, wanted.group, wanted.text)


def _let_in(world: World, wanted: Wanted) -> None:
    flags = [
        request.flag
        for request in world.requests.values()
        if request.wish is Wish.ADD and (request.group, request.user) == (wanted.group, wanted.user)
    ]
    world.settle(wanted.me, flags[-1] if flags else "", approve=wanted.yes, wishes=(Wish.ADD,))


def _kick(world: World, wanted: Wanted) -> None:
    world.kick(wanted.me, wanted.group, wanted.user)


def _admin(world: World, wanted: Wanted) -> None:
    world.set_admin(wanted.me, wanted.group, wanted.user, admin=wanted.yes)


def _upload(world: World, wanted: Wanted) -> None:
    world.upload(wanted.me, wanted.group, wanted.text or "示例.xlsx", 20_480)


def _befriend(world: World, wanted: Wanted) -> None:
    world.befriend_request(wanted.me)


def _last(posts: Iterable[Post]) -> tuple[Post, ...]:
    return tuple(posts)[-SHOWN_PER_CHAT:]


DEEDS: Mapping[str, Callable[[World, Wanted], None]] = {
    "post": _post,
    "join": _join,
    "ask": _ask,
    "let_in": _let_in,
    "kick": _kick,
    "admin": _admin,
    "upload": _upload,
    "leave": lambda world, wanted: world.leave(wanted.me, wanted.group),
    "recall": lambda world, wanted: world.recall(wanted.me, wanted.message),
    "rename": lambda world, wanted: world.rename(wanted.me, wanted.group, wanted.text),
    "transfer": lambda world, wanted: world.transfer(wanted.me, wanted.group, wanted.user),
    "dissolve": lambda world, wanted: world.dissolve(wanted.me, wanted.group),
    "card": lambda world, wanted: world.set_card(wanted.me, wanted.group, wanted.me, wanted.text),
    "befriend": _befriend,
}

"""The chat world: accounts, groups, friends, messages; every deed is synchronous and checked as QQ does.

A deed that is not allowed raises `RefusedError`. What happened is told to `World.listeners` as one
of the `Happening` values; the world knows nothing of a wire.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from bot.sandbox.things import (
    KEPT_PER_CHAT,
    Account,
    AdminChanged,
    Asked,
    Befriended,
    CardChanged,
    Dissolved,
    Flavour,
    Group,
    Happening,
    Joined,
    Left,
    Member,
    Muted,
    OwnerChanged,
    Post,
    Posted,
    Rank,
    Recalled,
    RefusedError,
    Renamed,
    Request,
    Segment,
    Sending,
    Switched,
    Switches,
    Uploaded,
    Wish,
)

KEPT_ALTOGETHER = 20_000


class World:
    """All accounts, groups and chats; `now` gives unix seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.started_at = now()
        self.accounts: dict[int, Account] = {}
        self.bots: tuple[int, ...] = ()
        self.groups: dict[int, Group] = {}
        self.chats: dict[tuple[int, int], deque[Post]] = {}
        self.friends: set[tuple[int, int]] = set()
        self.requests: dict[str, Request] = {}
        self.switches = Switches()
        self.listeners: list[Callable[[Happening], None]] = []
        self.version = 0
        self.received = 0
        self.sent = 0
        self._posts: dict[int, Post] = {}
        self._answered: dict[tuple[str, object], object] = {}
        self._seq = 0
        self._flags = 0

    # Building and looking

    def add_account(self, user: int, nickname: str, *, bot: bool = False) -> Account:
        """Add an account to the world."""
        self.accounts[user] = Account(id=user, nickname=nickname, bot=bot)
        if bot:
            self.bots = (*self.bots, user)
        return self.accounts[user]

    def add_group(self, group: int, name: str, owner: int) -> Group:
        """Add a group that its owner has just founded."""
        made = Group(id=group, name=name, created_at=self.now())
        self.groups[group] = made
        self.seat(group, owner, rank=Rank.OWNER)
        return made

    def seat(self, group: int, user: int, *, rank: Rank = Rank.MEMBER, card: str = "") -> Member:
        """Put an account into a group, or change its rank and card, without telling anybody."""
        member = Member(user=user, rank=rank, card=card, announced_card=card, joined_at=self.now())
        self.groups[group].members[user] = member
        return member

    def befriend(self, one: int, other: int) -> None:
        """Make two accounts friends without a request."""
        self.friends.add(_pair(one, other))

    def are_friends(self, one: int, other: int) -> bool:
        """Tell whether two accounts are friends."""
        return _pair(one, other) in self.friends

    def group(self, group: int) -> Group:
        """Return a group, or refuse."""
        if group not in self.groups:
            raise RefusedError("群不存在")
        return self.groups[group]

    def member(self, group: int, user: int) -> Member:
        """Return a member of a group, or refuse."""
        members = self.group(group).members
        if user not in members:
            raise RefusedError("群成员未找到")
        return members[user]

    def message(self, message: int) -> Post:
        """Return a message that is still kept, recalled or not, or refuse."""
        if message not in self._posts:
            raise RefusedError("消息不存在")
        return self._posts[message]

    def chat(self, one: int, other: int) -> tuple[Post, ...]:
        """Return what is kept of a private chat, oldest first."""
        return tuple(self.chats.get(_pair(one, other), ()))

    def display_name(self, user: int, group: int | None = None) -> str:
        """Return the card in that group, or else the nickname."""
        if group in self.groups and user in self.groups[group].members:
            card = self.groups[group].members[user].card
            if card:
                return card
        return self.accounts[user].nickname if user in self.accounts else str(user)

    def lately(self, key: tuple[str, object], fresh: object) -> object:
        """Return what was answered under `key` the time before, as a stale cache does."""
        before = self._answered.get(key, fresh)
        self._answered[key] = fresh
        return before

    def posts_in(self, group: int) -> tuple[Post, ...]:
        """Return what is kept of a group's history, oldest first, recalled ones included."""
        return tuple(self.group(group).posts)

    def inbox_of(self, user: int, bot: int | None = None) -> tuple[Post, ...]:
        """Return the private messages that a bot (the first by default) sent to a user."""
        bot = self.bots[0] if bot is None else bot
        return tuple(post for post in self.chat(user, bot) if post.sender == bot)

    # Deeds

    def post(self, user: int, group: int, content: str | tuple[Segment, ...]) -> int:
        """Post text or segments in a group; return the message id."""
        place = self.group(group)
        member = self.member(group, user)
        at = self.now()
        if member.rank is Rank.MEMBER and (place.all_muted or member.muted_until > at):
            raise RefusedError("你已被禁言")
        if member.card != member.announced_card:
            old, member.announced_card = member.announced_card, member.card
            self._tell(
                CardChanged(
                    group=group, user=user, old=old, new=member.card, bots=self._bots_of(place)
                )
            )
        member.spoke_at = at
        post = self._keep(user, content, group=group)
        place.posts.append(post)
        self._tell(Posted(post=post, bots=self._bots_of(place)))
        return post.id

    def upload(self, user: int, group: int, name: str, size: int) -> int:
        """Put a file into a group; return the id of the message that shows it."""
        self.member(group, user)
        place = self.group(group)
        data = {"file": name, "url": "", "file_id": f"/f-{self._seq + 1}", "file_size": str(size)}
        post = self._keep(user, ({"type": "file", "data": data},), group=group)
        place.posts.append(post)
        self._tell(Uploaded(post=post, name=name, size=size, bots=self._bots_of(place)))
        return post.id

    def say(self, user: int, to: int, content: str | tuple[Segment, ...]) -> int:
        """Say something in private; return the message id."""
        if user not in self.accounts or to not in self.accounts or user == to:
            raise RefusedError("用户不存在")
        if not self.are_friends(user, to) and (
            self.accounts[user].bot or self.shared_group(user, to) is None
        ):
            raise RefusedError("发送失败，请先添加对方为好友")
        post = self._keep(user, content, peer=to)
        self.chats.setdefault(_pair(user, to), deque(maxlen=KEPT_PER_CHAT)).append(post)
        self._tell(Posted(post=post, bots=self._bots_among(user, to)))
        return post.id

    def shared_group(self, one: int, other: int) -> int | None:
        """Return the id of a group both are in, if there is one."""
        both = (g.id for g in self.groups.values() if one in g.members and other in g.members)
        return next(both, None)

    def recall(self, operator: int, message: int) -> None:
        """Take a message back: one's own always, members' as administrator, all as owner."""
        post = self.message(message)
        if post.recalled_by is not None:
            raise RefusedError("消息已撤回")
        if post.group is None:
            if post.sender != operator:
                raise RefusedError("只能撤回自己的消息")
            bots = self._bots_among(post.sender, post.peer or 0)
        else:
            if post.sender != operator:
                self._outranks(post.group, operator, post.sender)
            bots = self._bots_of(self.group(post.group))
        post.recalled_by = operator
        self._tell(Recalled(post=post, operator=operator, bots=bots))

    def join(self, user: int, group: int, *, card: str = "", invited_by: int | None = None) -> None:
        """Enter a group, let in by its owner or brought by a member."""
        place = self.group(group)
        if user not in self.accounts:
            raise RefusedError("用户不存在")
        if user in place.members:
            raise RefusedError("已经在群里")
        if invited_by is not None:
            self.member(group, invited_by)
        self.seat(group, user, card=card)
        self._tell(
            Joined(
                group=group,
                user=user,
                operator=invited_by or place.owner,
                invited=invited_by is not None,
                bots=self._bots_of(place),
            )
        )

    def leave(self, user: int, group: int) -> None:
        """Leave a group; the owner has to transfer or dissolve it first."""
        if self.member(group, user).rank is Rank.OWNER:
            raise RefusedError("群主不能直接退群，请先转让或解散")
        self._remove(group, user, user)

    def kick(self, operator: int, group: int, user: int) -> None:
        """Remove a member of lower rank."""
        self.member(group, user)
        self._outranks(group, operator, user)
        self._remove(group, user, operator)

    def rename(self, operator: int, group: int, name: str) -> None:
        """Give a group another name (owner and administrators)."""
        place = self.group(group)
        self._needs(group, operator, Rank.OWNER, Rank.ADMIN)
        if not name.strip():
            raise RefusedError("群名不能为空")
        place.name = name.strip()
        self._tell(
            Renamed(group=group, operator=operator, name=place.name, bots=self._bots_of(place))
        )

    def transfer(self, operator: int, group: int, to: int) -> None:
        """Hand a group over to another member (owner)."""
        self._needs(group, operator, Rank.OWNER)
        heir = self.member(group, to)
        self.member(group, operator).rank = Rank.MEMBER
        heir.rank = Rank.OWNER
        self._tell(OwnerChanged(group=group, owner=to))

    def dissolve(self, operator: int, group: int) -> None:
        """End a group (owner)."""
        self._needs(group, operator, Rank.OWNER)
        bots = self._bots_of(self.groups.pop(group))
        self._tell(Dissolved(group=group, operator=operator, bots=bots))

    def set_admin(self, operator: int, group: int, user: int, *, admin: bool) -> None:
        """Make a member an administrator, or a plain member again (owner)."""
        self._needs(group, operator, Rank.OWNER)
        member = self.member(group, user)
        if member.rank is Rank.OWNER:
            raise RefusedError("群主不能设为管理员")
        member.rank = Rank.ADMIN if admin else Rank.MEMBER
        bots = self._bots_of(self.group(group))
        self._tell(AdminChanged(group=group, user=user, admin=admin, bots=bots))

    def set_card(self, operator: int, group: int, user: int, card: str) -> None:
        """Change one's own card, or that of a member of lower rank; told when he next speaks."""
        member = self.member(group, user)
        if operator != user:
            self._outranks(group, operator, user)
        member.card = card
        self._tell(Switched())

    def mute(self, operator: int, group: int, user: int, seconds: int) -> None:
        """Forbid a member of lower rank to speak; 0 seconds lifts it."""
        member = self.member(group, user)
        self._outranks(group, operator, user)
        member.muted_until = self.now() + seconds if seconds > 0 else 0.0
        self._tell(
            Muted(
                group=group,
                user=user,
                operator=operator,
                seconds=max(0, seconds),
                lifted=seconds <= 0,
                bots=self._bots_of(self.group(group)),
            )
        )

    def mute_all(self, operator: int, group: int, *, muted: bool) -> None:
        """Forbid all plain members to speak, or allow it again."""
        place = self.group(group)
        self._needs(group, operator, Rank.OWNER, Rank.ADMIN)
        place.all_muted = muted
        self._tell(
            Muted(
                group=group,
                user=0,
                operator=operator,
                seconds=-1 if muted else 0,
                lifted=not muted,
                bots=self._bots_of(place),
            )
        )

    def notice(self, operator: int, group: int, content: str) -> None:
        """Put up a group notice (owner and administrators)."""
        self._needs(group, operator, Rank.OWNER, Rank.ADMIN)
        self.group(group).notices.append(content)
        self._tell(Switched())

    def befriend_request(self, user: int, bot: int | None = None, comment: str = "") -> str:
        """Ask a bot (the first by default) to be friends; return the request's flag."""
        bot = self.bots[0] if bot is None else bot
        if self.are_friends(user, bot):
            raise RefusedError("已经是好友")
        return self._ask(Wish.FRIEND, user, bot, comment=comment, bots=(bot,))

    def ask_to_join(self, user: int, group: int, comment: str = "") -> str:
        """Ask to be let into a group; return the request's flag. Bots that manage it are told."""
        place = self.group(group)
        if user in place.members:
            raise RefusedError("已经在群里")
        bots = tuple(b for b in self._bots_of(place) if place.members[b].rank is not Rank.MEMBER)
        return self._ask(Wish.ADD, user, place.owner, group=group, comment=comment, bots=bots)

    def invite(self, inviter: int, group: int, user: int) -> str | None:
        """Bring an account into a group; a bot is asked first (then the flag is returned)."""
        self.member(group, inviter)
        if user not in self.accounts:
            raise RefusedError("用户不存在")
        if not self.accounts[user].bot:
            self.join(user, group, invited_by=inviter)
            return None
        if user in self.group(group).members:
            raise RefusedError("已经在群里")
        return self._ask(Wish.INVITE, inviter, user, group=group, bots=(user,))

    def settle(self, operator: int, flag: str, *, approve: bool, wishes: tuple[Wish, ...]) -> None:
        """Answer a pending request as the account it was put to, or as one that manages the group."""
        request = self.requests.get(flag)
        if request is None or request.wish not in wishes:
            raise RefusedError("请求不存在")
        if request.wish is Wish.ADD:
            self._needs(request.group, operator, Rank.OWNER, Rank.ADMIN)
        elif operator != request.to:
            raise RefusedError("请求不存在")
        del self.requests[flag]
        if not approve:
            self._tell(Switched())
        elif request.wish is Wish.FRIEND:
            self.befriend(request.user, request.to)
            self._tell(Befriended(user=request.user, bots=(request.to,)))
        elif request.wish is Wish.INVITE:
            self.join(request.to, request.group, invited_by=request.user)
        else:
            self.join(request.user, request.group)

    def switch(self, **changes: object) -> None:
        """Change switches by name, as in `switch(offline=True, sending="unanswered")`."""
        known = {
            "sending": Sending,
            "flavour": Flavour,
        }
        values = {}
        for name, value in changes.items():
            if name not in Switches.__slots__:
                raise RefusedError(f"没有这个开关：{name}")
            try:
                values[name] = known[name](str(value)) if name in known else bool(value)
            except ValueError:
                raise RefusedError(f"开关 {name} 没有这个值") from None
        self.switches = replace(self.switches, **values)  # type: ignore[arg-type]  # checked above
        self.touch()

    def touch(self) -> None:
        """Tell the listeners that something changed that is nobody's deed."""
        self._tell(Switched())

    # Inside

    def _tell(self, happening: Happening) -> None:
        self.version += 1
        for listener in tuple(self.listeners):
            listener(happening)

    def _bots_of(self, group: Group) -> tuple[int, ...]:
        return tuple(bot for bot in self.bots if bot in group.members)

    def _bots_among(self, *users: int) -> tuple[int, ...]:
        return tuple(bot for bot in self.bots if bot in users)

    def _keep(
        self,
        user: int,
        content: str | tuple[Segment, ...],
        *,
        group: int | None = None,
        peer: int | None = None,
    ) -> Post:
        self._seq += 1
        if isinstance(content, str):
            content = ({"type": "text", "data": {"text": content}},)
        if not content:
            raise RefusedError("消息体无法解析, 请检查是否发送了不支持的消息类型")
        post = Post(
            id=_message_id(self._seq),
            seq=self._seq,
            at=self.now(),
            sender=user,
            group=group,
            peer=peer,
            segments=content,
        )
        self._posts[post.id] = post
        if len(self._posts) > KEPT_ALTOGETHER:
            del self._posts[next(iter(self._posts))]
        if self.accounts[user].bot:
            self.sent += 1
        else:
            self.received += 1
        return post

    def _remove(self, group: int, user: int, operator: int) -> None:
        place = self.group(group)
        bots = self._bots_of(place)
        del place.members[user]
        self._tell(Left(group=group, user=user, operator=operator, bots=bots))

    def _needs(self, group: int, operator: int, *ranks: Rank) -> None:
        if self.member(group, operator).rank not in ranks:
            raise RefusedError("权限不足")

    def _outranks(self, group: int, operator: int, user: int) -> None:
        mine = self.member(group, operator).rank
        members = self.group(group).members
        theirs = members[user].rank if user in members else Rank.MEMBER
        if mine is Rank.MEMBER or theirs is Rank.OWNER or mine is theirs:
            raise RefusedError("权限不足")

    def _ask(
        self,
        wish: Wish,
        user: int,
        to: int,
        *,
        bots: tuple[int, ...],
        group: int = 0,
        comment: str = "",
    ) -> str:
        if user not in self.accounts:
            raise RefusedError("用户不存在")
        self._flags += 1
        flag = f"{group or user}|{self._flags}|{wish}"
        request = Request(
            number=self._flags, flag=flag, wish=wish, user=user, to=to, group=group, comment=comment
        )
        self.requests[flag] = request
        self._tell(Asked(request=request, bots=bots))
        return flag


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _message_id(seq: int) -> int:
    """Return a distinct int32 for each of the first 2**32 numbers, half of them negative."""
    scattered = (seq * 2_654_435_761) & 0xFFFF_FFFF
    return scattered - 0x1_0000_0000 if scattered & 0x8000_0000 else scattered

"""OneBot v11 as NapCat and LuckyLilliaBot speak it: message codes, events and answers to actions.

Shapes follow the recorded wire transcript. Everything here is synchronous; `answer` never raises.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.sandbox.codes import (
    ActionError,
    Json,
    segments_of,
)
from bot.sandbox.events import (
    message_event,
)
from bot.sandbox.things import (
    Flavour,
    Group,
    Member,
    Post,
    Rank,
    RefusedError,
    Segment,
    Sending,
    Wish,
    data_of,
)
from bot.sandbox.world import (
    World,
)

BAD_TOKEN = {
    "status": "failed",
    "retcode": 1403,
    "data": None,
    "message": "token验证失败",
    "wording": "token验证失败",
}
SEND_TIMEOUT = (
    "Timeout: NTEvent serviceAndMethod:NodeIKernelMsgService/sendMsg "
    "ListenerName:NodeIKernelMsgListener/onMsgInfoListUpdate "
    'EventRet: {"result": 0, "errMsg": ""}'
)
RECALL_TIMEOUT = (
    "Timeout: NTEvent serviceAndMethod:NodeIKernelMsgService/recallMsg "
    "ListenerName:NodeIKernelMsgListener/onMsgInfoListUpdate EventRet:\n"
    '{\n    "result": 7,\n    "errMsg": "decode failed!"\n}\n'
)


def answer(world: World, bot: int, request: object) -> Json | None:
    """Carry out an action for `bot` and return the answer; None where nothing is answered."""
    asked = request if isinstance(request, Mapping) else {}
    echo = asked.get("echo")
    try:
        data = _carry_out(world, bot, asked)
    except ActionError as error:
        return _failed(error.retcode, error.message, echo)
    except RefusedError as error:
        return _failed(1200, str(error), echo)
    if data is UNANSWERED:
        return None
    return {
        "status": "ok",
        "retcode": 0,
        "data": data,
        "message": "",
        "wording": "",
        "echo": echo,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One action asked for: who asks, and its parameters, which may be numbers or their text."""

    world: World
    bot: int
    params: Mapping[str, object]

    def has(self, name: str) -> bool:
        """Tell whether a parameter is given."""
        return self.params.get(name) not in (None, "")

    def number(self, name: str, default: int | None = None) -> int:
        """Return a parameter as a whole number, or fail with 1400."""
        if not self.has(name):
            if default is None:
                raise ActionError(1400, f"$.{name} missing required value")
            return default
        try:
            return int(str(self.params[name]))
        except ValueError:
            raise ActionError(1400, f"$.{name} expected number") from None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a parameter as text, or fail with 1400."""
        if self.params.get(name) is None:
            if default is None:
                raise ActionError(1400, f"$.{name} missing required value")
            return default
        return str(self.params[name])

    def yes(self, name: str, *, default: bool) -> bool:
        """Return a parameter as yes or no; text such as "false" counts as no."""
        value = self.params.get(name)
        return default if value is None else str(value).lower() not in {"false", "0", ""}

    def group(self) -> Group:
        """Return the group that is meant; the asking bot has to be in it."""
        group = self.world.group(self.number("group_id"))
        if self.bot not in group.members:
            raise RefusedError("群不存在")
        return group


UNANSWERED = object()


def _carry_out(world: World, bot: int, asked: Mapping[str, object]) -> object:
    name, params = asked.get("action"), asked.get("params")
    if not isinstance(name, str):
        raise ActionError(1400, "$.action missing required value")
    name = name.removesuffix("_async").removesuffix("_rate_limited")
    if name not in ACTIONS or (world.switches.no_history and name.endswith("_msg_history")):
        raise ActionError(1404, f"{name} API 不存在")
    params = params if isinstance(params, Mapping) else {}
    return ACTIONS[name](Ask(world=world, bot=bot, params=params))


def _get_login_info(ask: Ask) -> object:
    return {"user_id": ask.bot, "nickname": ask.world.accounts[ask.bot].nickname}


def _get_version_info(ask: Ask) -> object:
    if ask.world.switches.flavour is Flavour.NAPCAT:
        name, version = "NapCat.Onebot", "4.18.13"
    else:
        name, version = "LLOneBot", "8.1.7"
    return {"app_name": name, "protocol_version": "v11", "app_version": version}


def _get_status(ask: Ask) -> object:
    stat = {
        "message_received": ask.world.received,
        "message_sent": ask.world.sent,
        "startup_time": int(ask.world.started_at),
    }
    return {"online": True, "good": True, "stat": stat}


def _group_data(ask: Ask, group: Group, *, listed: bool) -> Json:
    data: Json = {"group_id": group.id, "group_name": group.name}
    if ask.world.switches.flavour is Flavour.NAPCAT:
        data |= {"group_all_shut": -1 if group.all_muted else 0, "group_remark": ""}
        return data | {"member_count": len(group.members), "max_member_count": 500}
    return data | {
        "group_memo": "",
        "group_create_time": int(group.created_at),
        "member_count": len(group.members),
        "max_member_count": 500,
        "remark_name": "",
        "avatar_url": "",
        "owner_id": 0 if listed else group.owner,
        "is_top": False,
        "shut_up_all_timestamp": 0xFFFF_FFFF if group.all_muted else 0,
        "shut_up_me_timestamp": 0,
    }


def _get_group_list(ask: Ask) -> object:
    groups = ask.world.groups.values()
    return [_group_data(ask, group, listed=True) for group in groups if ask.bot in group.members]


def _get_group_info(ask: Ask) -> object:
    data = _group_data(ask, ask.group(), listed=False)
    if not ask.world.switches.stale_lists:
        return data
    return ask.world.lately(("group", data["group_id"]), data)


def _member_data(ask: Ask, group: Group, member: Member) -> Json:
    nickname = ask.world.display_name(member.user)
    data: Json = {
        "group_id": group.id,
        "user_id": member.user,
        "nickname": nickname,
        "card": member.card,
    }
    if ask.world.switches.flavour is Flavour.LLBOT:
        data["card_or_nickname"] = member.card or nickname
    account = ask.world.accounts.get(member.user)
    return data | {
        "sex": "unknown",
        "age": 0,
        "area": "",
        "level": "10",
        "qq_level": 0,
        "join_time": int(member.joined_at),
        "last_sent_time": int(member.spoke_at),
        "title_expire_time": 0,
        "unfriendly": False,
        "card_changeable": True,
        "is_robot": account is not None and account.bot and member.user != ask.bot,
        "shut_up_timestamp": int(member.muted_until),
        "role": member.rank,
        "title": "",
    }


def _get_group_member_list(ask: Ask) -> object:
    group = ask.group()
    data = [_member_data(ask, group, member) for member in group.members.values()]
    if ask.world.switches.short_lists:
        return data[: len(data) // 2]
    if not ask.world.switches.stale_lists:
        return data
    return ask.world.lately(("members", group.id), data)


def _get_group_member_info(ask: Ask) -> object:
    group = ask.group()
    return _member_data(ask, group, ask.world.member(group.id, ask.number("user_id")))


def _get_friend_list(ask: Ask) -> object:
    users = [user for user in ask.world.accounts if ask.world.are_friends(user, ask.bot)]
    return [
        {"user_id": user, "nickname": ask.world.display_name(user), "remark": "", "sex": "unknown"}
        for user in users
    ]


def _get_stranger_info(ask: Ask) -> object:
    user = ask.number("user_id")
    if user not in ask.world.accounts:
        raise RefusedError("用户不存在")
    nickname = ask.world.display_name(user)
    return {"user_id": user, "nickname": nickname, "sex": "unknown", "age": 0, "qid": ""}


def _send_group_msg(ask: Ask) -> object:
    group = ask.number("group_id")
    content = _named(ask, group)
    ask.group()
    return _send(ask, lambda: ask.world.post(ask.bot, group, content))


def _send_private_msg(ask: Ask) -> object:
    user = ask.number("user_id")
    content = _named(ask, None)
    if ask.world.switches.private_fails:
        raise RefusedError("发送失败，请先添加对方为好友")
    return _send(ask, lambda: ask.world.say(ask.bot, user, content))


def _send_msg(ask: Ask) -> object:
    kind = ask.text("message_type", "group" if ask.has("group_id") else "private")
    return _send_group_msg(ask) if kind == "group" else _send_private_msg(ask)


def _send(ask: Ask, deliver: Callable[[], int]) -> object:
    match ask.world.switches.sending:
        case Sending.NORMAL:
            return {"message_id": deliver()}
        case Sending.UNANSWERED:
            return UNANSWERED
        case Sending.TIMES_OUT_DELIVERED:
            deliver()
            raise ActionError(1200, SEND_TIMEOUT)
        case Sending.TIMES_OUT_LOST:
            raise ActionError(1200, SEND_TIMEOUT)


def _named(ask: Ask, group: int | None) -> tuple[Segment, ...]:
    """Return the message to send, with the names of those it mentions, as the implementations do."""
    if ask.params.get("message") is None:
        raise ActionError(1400, "$.message missing required value")
    content: object = ask.params["message"]
    if ask.yes("auto_escape", default=False) and isinstance(content, str):
        content = [{"type": "text", "data": {"text": content}}]
    named: list[Segment] = []
    for segment in segments_of(content):
        data = data_of(segment)
        if segment["type"] == "at" and str(data.get("qq")).isdecimal():
            name = ask.world.display_name(int(str(data["qq"])), group)
            named.append({"type": "at", "data": {"qq": str(data["qq"]), "name": name}})
        else:
            named.append(segment)
    return tuple(named)


def _delete_msg(ask: Ask) -> object:
    message = ask.number("message_id")
    if ask.world.switches.hollow_recall:
        ask.world.message(message)
        return None
    try:
        ask.world.recall(ask.bot, message)
    except RefusedError as error:
        if str(error) == "权限不足" and ask.world.switches.flavour is Flavour.NAPCAT:
            raise ActionError(1200, RECALL_TIMEOUT) from None
        raise
    return None


def _get_msg(ask: Ask) -> object:
    post = ask.world.message(ask.number("message_id"))
    if not _visible(ask, post) or post.recalled_by is not None:
        raise RefusedError("消息不存在")
    extra = {} if ask.world.switches.flavour is Flavour.NAPCAT else {"real_id": post.seq}
    return message_event(ask.world, ask.bot, post) | extra | {"status": "normal"}


def _visible(ask: Ask, post: Post) -> bool:
    if post.group is None:
        return ask.bot in (post.sender, post.peer)
    group = ask.world.groups.get(post.group)
    return group is not None and ask.bot in group.members


def _get_group_msg_history(ask: Ask) -> object:
    group = ask.group()
    if not group.posts and ask.world.switches.flavour is Flavour.NAPCAT:
        raise RefusedError("消息不存在")
    return _history(ask, list(group.posts))


def _get_friend_msg_history(ask: Ask) -> object:
    return _history(ask, list(ask.world.chat(ask.bot, ask.number("user_id"))))


def _history(ask: Ask, posts: list[Post]) -> object:
    kept = [post for post in posts if post.recalled_by is None]
    count = max(1, ask.number("count", 20))
    return {"messages": [message_event(ask.world, ask.bot, post) for post in kept[-count:]]}


def _set_group_kick(ask: Ask) -> object:
    group, user = ask.group().id, ask.number("user_id")
    if not ask.world.switches.hollow_kick:
        ask.world.kick(ask.bot, group, user)
    return None


def _set_group_ban(ask: Ask) -> object:
    user, seconds = ask.number("user_id"), ask.number("duration", 30 * 60)
    ask.world.mute(ask.bot, ask.group().id, user, seconds)
    return None


def _set_group_whole_ban(ask: Ask) -> object:
    ask.world.mute_all(ask.bot, ask.group().id, muted=ask.yes("enable", default=True))
    return None


def _set_group_card(ask: Ask) -> object:
    ask.world.set_card(ask.bot, ask.group().id, ask.number("user_id"), ask.text("card", ""))
    return None


def _set_group_name(ask: Ask) -> object:
    ask.world.rename(ask.bot, ask.group().id, ask.text("group_name"))
    return None


def _set_group_admin(ask: Ask) -> object:
    user, admin = ask.number("user_id"), ask.yes("enable", default=True)
    ask.world.set_admin(ask.bot, ask.group().id, user, admin=admin)
    return None


def _set_group_leave(ask: Ask) -> object:
    group = ask.group()
    if group.owner == ask.bot and ask.yes("is_dismiss", default=False):
        ask.world.dissolve(ask.bot, group.id)
    else:
        ask.world.leave(ask.bot, group.id)
    return None


def _set_group_add_request(ask: Ask) -> object:
    approve = ask.yes("approve", default=True)
    wishes = (Wish.ADD, Wish.INVITE)
    ask.world.settle(ask.bot, ask.text("flag"), approve=approve, wishes=wishes)
    return None


def _set_friend_add_request(ask: Ask) -> object:
    approve = ask.yes("approve", default=True)
    ask.world.settle(ask.bot, ask.text("flag"), approve=approve, wishes=(Wish.FRIEND,))
    return None


def _send_group_notice(ask: Ask) -> object:
    ask.world.notice(ask.bot, ask.group().id, ask.text("content"))
    return None


def _get_group_system_msg(ask: Ask) -> object:
    listed: dict[Wish, list[Json]] = {Wish.ADD: [], Wish.INVITE: []}
    for request in ask.world.requests.values():
        group = ask.world.groups.get(request.group)
        if group is None:
            continue
        mine = group.members.get(ask.bot)
        if request.wish is Wish.ADD and (mine is None or mine.rank is Rank.MEMBER):
            continue
        if request.wish is Wish.INVITE and request.to != ask.bot:
            continue
        listed[request.wish].append(
            {
                "request_id": request.number,
                "flag": request.flag,
                "requester_uin": request.user,
                "requester_nick": ask.world.display_name(request.user),
                "invitor_uin": request.user if request.wish is Wish.INVITE else 0,
                "invitor_nick": "",
                "group_id": request.group,
                "group_name": group.name,
                "message": request.comment,
                "checked": False,
                "actor": 0,
            }
        )
    invited = listed[Wish.INVITE]
    data: Json = {"invited_requests": invited, "join_requests": listed[Wish.ADD]}
    if ask.world.switches.flavour is Flavour.NAPCAT:
        data["InvitedRequest"] = invited
    return data


def _can_send(ask: Ask) -> object:
    del ask
    return {"yes": True}


def _nothing(ask: Ask) -> object:
    del ask
    return None


def _failed(retcode: int, message: str, echo: object) -> Json:
    return {
        "status": "failed",
        "retcode": retcode,
        "data": None,
        "message": message,
        "wording": message,
        "echo": echo,
    }


ACTIONS: Mapping[str, Callable[[Ask], object]] = {
    "get_login_info": _get_login_info,
    "get_version_info": _get_version_info,
    "get_status": _get_status,
    "get_group_list": _get_group_list,
    "get_group_info": _get_group_info,
    "get_group_member_list": _get_group_member_list,
    "get_group_member_info": _get_group_member_info,
    "get_friend_list": _get_friend_list,
    "get_stranger_info": _get_stranger_info,
    "send_group_msg": _send_group_msg,
    "send_private_msg": _send_private_msg,
    "send_msg": _send_msg,
    "delete_msg": _delete_msg,
    "get_msg": _get_msg,
    "get_group_msg_history": _get_group_msg_history,
    "get_friend_msg_history": _get_friend_msg_history,
    "set_group_kick": _set_group_kick,
    "set_group_ban": _set_group_ban,
    "set_group_whole_ban": _set_group_whole_ban,
    "set_group_card": _set_group_card,
    "set_group_name": _set_group_name,
    "set_group_admin": _set_group_admin,
    "set_group_leave": _set_group_leave,
    "set_group_add_request": _set_group_add_request,
    "set_friend_add_request": _set_friend_add_request,
    "_send_group_notice": _send_group_notice,
    "get_group_system_msg": _get_group_system_msg,
    "can_send_image": _can_send,
    "can_send_record": _can_send,
    "mark_msg_as_read": _nothing,
}

"""The events of OneBot v11 as NapCat and LuckyLilliaBot send them."""

from bot.sandbox.codes import (
    Json,
    raw_message,
)
from bot.sandbox.things import (
    AdminChanged,
    Asked,
    Befriended,
    CardChanged,
    Dissolved,
    Flavour,
    Happening,
    Joined,
    Left,
    Muted,
    Post,
    Posted,
    Rank,
    Recalled,
    Renamed,
    Uploaded,
    Wish,
    data_of,
)
from bot.sandbox.world import (
    World,
)


def lifecycle(world: World, bot: int) -> Json:
    """Return the event that opens a connection."""
    return _stamp(world, bot) | {
        "post_type": "meta_event",
        "meta_event_type": "lifecycle",
        "sub_type": "connect",
    }


def heartbeat(world: World, bot: int, interval: float) -> Json:
    """Return a sign of life; `interval` is in seconds."""
    return _stamp(world, bot) | {
        "post_type": "meta_event",
        "meta_event_type": "heartbeat",
        "status": {"online": True, "good": True},
        "interval": int(interval * 1000),
    }


def message_event(world: World, bot: int, post: Post) -> Json:
    """Return a message as `bot` sees it."""
    napcat = world.switches.flavour is Flavour.NAPCAT
    event: Json = {
        "self_id": bot,
        "user_id": post.sender,
        "time": int(post.at),
        "message_id": post.id,
        "message_seq": post.id if napcat else post.seq,
    }
    if napcat:
        event |= {"real_id": post.id, "real_seq": str(post.seq)}
    nickname = world.display_name(post.sender)
    sender: Json = {"user_id": post.sender, "nickname": nickname}
    tail: Json = {
        "raw_message": raw_message(post.segments),
        "font": 14,
        "sub_type": "normal",
        "message": post.segments,
        "message_format": "array",
        "post_type": "message_sent" if post.sender == bot else "message",
    }
    if post.group is None:
        if napcat:
            sender["card"] = ""
        friends = world.are_friends(post.sender, post.peer or 0)
        tail["sub_type"] = "friend" if friends else "group"
        if post.sender == bot:
            tail["target_id"] = post.peer
        return event | {"message_type": "private", "sender": sender} | tail
    group = world.groups.get(post.group)
    member = group.members.get(post.sender) if group else None
    sender |= {"card": member.card if member else "", "role": member.rank if member else "member"}
    if not napcat:
        sender |= {"level": "10", "title": ""}
    tail |= {"group_id": post.group, "group_name": group.name if group else ""}
    return event | {"message_type": "group", "sender": sender} | tail


def events(world: World, happening: Happening, bot: int) -> tuple[Json, ...]:
    """Return what `bot` is told of a happening: nothing, one event, or two for an upload."""
    match happening:
        case Posted(post=post):
            if post.sender == bot and not world.switches.echo_own:
                return ()
            return (message_event(world, bot, post),)
        case Uploaded(post=post, name=name, size=size):
            file = {"id": data_of(post.segments[0])["file_id"], "name": name, "size": size}
            notice = _notice(
                world,
                bot,
                "group_upload",
                file=file | {"busid": 102},
                group_id=post.group,
                user_id=post.sender,
            )
            if world.switches.flavour is Flavour.NAPCAT:
                return (notice,)
            return (notice, message_event(world, bot, post))
        case _:
            event = _notice_of(world, happening, bot)
            return () if event is None else (event,)


def _notice_of(world: World, happening: Happening, bot: int) -> Json | None:
    match happening:
        case Recalled():
            return _recalled(world, happening, bot)
        case Joined(group=group, user=user, operator=operator, invited=invited):
            fields = _about("invite" if invited else "approve", group, user)
            return _notice(world, bot, "group_increase", **fields, operator_id=operator)
        case Left():
            return _left(world, happening, bot)
        case Asked():
            return _request(world, happening, bot)
        case Befriended(user=user):
            return _notice(world, bot, "friend_add", user_id=user)
        case _:
            return _notice_of_change(world, happening, bot)


def _notice_of_change(world: World, happening: Happening, bot: int) -> Json | None:
    llbot = world.switches.flavour is Flavour.LLBOT
    match happening:
        case Dissolved():
            return _dissolved(world, happening, bot)
        case Renamed(group=group, operator=operator, name=name) if not llbot:
            fields = _about("group_name", group, operator)
            return _notice(world, bot, "notify", **fields, name_new=name)
        case AdminChanged(group=group, user=user, admin=admin):
            fields = _about("set" if admin else "unset", group, user)
            return _notice(world, bot, "group_admin", **fields)
        case CardChanged(group=group, user=user, old=old, new=new):
            cards = {"card_new": new, "card_old": old}
            return _notice(world, bot, "group_card", group_id=group, user_id=user, **cards)
        case Muted(group=group, user=user, operator=operator, seconds=seconds, lifted=lifted):
            fields = _about("lift_ban" if lifted else "ban", group, user)
            fields |= {"operator_id": operator, "duration": seconds}
            return _notice(world, bot, "group_ban", **fields)
        case _:
            return None


def _recalled(world: World, recalled: Recalled, bot: int) -> Json:
    post = recalled.post
    if post.group is None:
        return _notice(world, bot, "friend_recall", message_id=post.id, user_id=post.sender)
    return _notice(
        world,
        bot,
        "group_recall",
        operator_id=recalled.operator,
        message_id=post.id,
        group_id=post.group,
        user_id=post.sender,
    )


def _dissolved(world: World, dissolved: Dissolved, bot: int) -> Json:
    group, operator = dissolved.group, dissolved.operator
    if world.switches.flavour is Flavour.LLBOT:
        return _notice(world, bot, "group_dismiss", user_id=operator, group_id=group)
    fields = _about("disband", group, bot)
    return _notice(world, bot, "group_decrease", **fields, operator_id=operator)


def _left(world: World, left: Left, bot: int) -> Json:
    way, operator = ("leave" if left.operator == left.user else "kick"), left.operator
    group = world.groups.get(left.group)
    mine = group.members.get(bot) if group else None
    if left.user == bot and way == "kick":
        way = "kick_me"
    elif mine is not None and mine.rank is Rank.MEMBER:
        # A bot without powers is not told whether somebody left or was removed.
        way, operator = "leave", 0
    fields = _about(way, left.group, left.user)
    return _notice(world, bot, "group_decrease", **fields, operator_id=operator)


def _request(world: World, asked: Asked, bot: int) -> Json:
    request = asked.request
    event = _stamp(world, bot) | {"post_type": "request"}
    if request.wish is not Wish.FRIEND:
        event |= {"request_type": "group", "sub_type": request.wish, "group_id": request.group}
    else:
        event |= {"request_type": "friend"}
    return event | {"user_id": request.user, "comment": request.comment, "flag": request.flag}


def _about(way: str, group: int, user: int) -> Json:
    return {"sub_type": way, "group_id": group, "user_id": user}


def _notice(world: World, bot: int, kind: str, **fields: object) -> Json:
    return _stamp(world, bot) | {"post_type": "notice", "notice_type": kind} | fields


def _stamp(world: World, bot: int) -> Json:
    return {"time": int(world.now()), "self_id": bot}

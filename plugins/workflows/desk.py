"""The desk: 帮助, 状态 and 群规, for people on a phone."""

from collections.abc import Iterator
from typing import Any

from bot.calendar import local
from bot.model.action import Action, SayPrivately
from bot.model.errors import BotError
from bot.model.group import Group, Role
from bot.model.message import Standing
from bot.plugin import ANYBODY, Asked, Context, Workflow, command

Ctx = Context[Any]
_ROOM = 850


def help_(context: Ctx, asked: Asked) -> Iterator[Action]:
    """帮助: the verbs this person may use."""
    roles = {role for _, role in _roles(context, asked)}
    allowed = [
        each.help
        for each in context.verbs
        if each.by == ANYBODY or any(role in each.by for role in roles)
    ]
    head = "我协助群主落实工作群管理办法。私聊我可以说："
    if roles:
        head += "\n（3 是提醒里的编号；也可以引用那条提醒，只写动作）"
    yield _reply(asked, "\n".join([head, *allowed]))


def status(context: Ctx, asked: Asked) -> Iterator[Action]:
    """状态: for each group of this person whether it is watched, and what is not seen."""
    groups = _groups(context, asked)
    lines = [f"【状态】{local(context.now):%m-%d %H:%M}"]
    room = _ROOM
    for shown, group in enumerate(groups):
        more = _status(context, group)
        room -= sum(len(line) + 1 for line in more)
        if shown and room < 0:
            lines.append(f"（没有列完，还有 {len(groups) - shown} 个群）")
            break
        lines += more
    yield _reply(asked, "\n".join(lines))


def rules(context: Ctx, asked: Asked) -> Iterator[Action]:
    """群规: the rules of this person's groups."""
    groups = _groups(context, asked) if asked.person else []
    stated = [f"“{group.name}”群规：\n{group.rules}" for group in groups if group.rules]
    general = "群规：工作群只谈工作；不发色情、赌博、暴力、广告、病毒链接；涉密不上网；不发他人隐私（办法第十二条）。"
    yield _reply(asked, "\n\n".join(stated)[:900] if stated else general)


def _status(context: Ctx, group: Group) -> list[str]:
    watched = "在线检查" if context.online.get(group.account) else "离线，未检查"
    powers = {
        Standing.OWNER: "可撤回",
        Standing.ADMINISTRATOR: "可撤回",
        Standing.MEMBER: "不能撤回",
        None: "权限未知",
    }[group.standing]
    drawn = f"{local(group.drawn_at):%m-%d %H:%M}" if group.drawn_at else "未取"
    waiting = sum(each.source is None for each in context.alerts.open_in(group.id))
    lines = [
        (
            f"〔{group.name}〕{watched}，{powers}，待办 {waiting} 件，"
            f"成员 {group.member_count if group.member_count is not None else '？'} 人（名单取于 {drawn}）"
        )
    ]
    if group.trial_until and local(context.now).date() <= group.trial_until:
        lines.append(f"　试运行到 {group.trial_until:%m-%d}，每天汇总一次")
    if group.paused_until and group.paused_until > context.now:
        lines.append(f"　非紧急提醒暂停到 {local(group.paused_until):%H:%M}")
    blind = [each for each in context.groups.blind_intervals(group.id) if not each[3]]
    for since, until, _, _ in blind[-2:]:
        to = f"{local(until):%m-%d %H:%M}" if until else "现在"
        lines.append(f"　盲区（没检查到）：{local(since):%m-%d %H:%M} 到 {to}")
    missing = context.groups.unscreened_count(group.id)
    if missing:
        lines.append(f"　未能完整检查的消息 {missing} 条")
    return lines


def _groups(context: Ctx, asked: Asked) -> list[Group]:
    roles = _roles(context, asked)
    if any(where is None and role is Role.COMMITTEE for where, role in roles):
        return list(context.groups.all())
    held = sorted({where for where, _ in roles if where is not None})
    if not held and asked.person is not None:
        raise BotError("登记表里没有您负责的群。")
    return [context.groups.get(where) for where in held]


def _roles(context: Ctx, asked: Asked) -> list[tuple[int | None, Role]]:
    return list(context.groups.roles_of(asked.person.id)) if asked.person else []


def _reply(asked: Asked, text: str) -> SayPrivately:
    return SayPrivately(account=asked.event.account, user=asked.event.user, text=text)


WORKFLOW = Workflow(
    name="desk",
    commands=(
        command("帮助", help_, by=ANYBODY, help="帮助　看能做什么"),
        command("状态", status, help="状态　看各群是否在检查、有没有盲区"),
        command("群规", rules, by=ANYBODY, help="群规　看群规"),
    ),
)

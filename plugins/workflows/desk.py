"""The desk: 帮助, 状态 and 群规, for people on a phone."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from bot.calendar import local
from bot.model.action import Action, SayPrivately
from bot.model.errors import BotError
from bot.model.event import Ability
from bot.model.group import Group, Role
from bot.model.message import Standing
from bot.plugin import ANYBODY, Asked, Command, Context, Workflow, command

Ctx = Context[Any]
_ROOM: Final = 850
_LINES: Final = 12
_PARTS: Final = {
    "提醒处置": "待办 看 为什么 撤回 提醒 误报 确认 上报 放行 同意放行 不同意 暂停 恢复 状态",
    "成员与实名": "成员 实名 入群 同意 拒绝 入群自动拒绝 进群 不进群 交接 答复 驳回",
    "周核查": "核查 移 补 留 全留",
    "备案": "备案 回执 退回",
    "本人": "帮助 群规 申诉 接受 不接受 我的数据 更正 注销",
}
_OTHER: Final = "其他"


def help_(context: Ctx, asked: Asked) -> Iterator[Action]:
    """帮助: the verbs this person may use; many of them by part, and 帮助 成员 explains one part."""
    roles = {role for _, role in _roles(context, asked)}
    allowed = [
        each
        for each in context.verbs
        if each.by == ANYBODY or any(role in each.by for role in roles)
    ]
    parts = _by_part(allowed)
    wanted = next((part for part in parts if asked.rest and _about(asked.rest, part, parts)), None)
    head = "我协助群主落实工作群管理办法。私聊我可以说："
    if wanted is not None:
        lines = [f"【{wanted}】", *(each.help for each in parts[wanted])]
    elif len(allowed) <= _LINES:
        lines = [head, *(each.help for each in allowed)]
    else:
        lines = [
            head,
            "（3 是提醒里的编号；也可以引用那条提醒，只写动作）",
            *(
                f"{part}：{'、'.join(each.help.partition('　')[0] for each in verbs)}"
                for part, verbs in parts.items()
            ),
            f"看说明请回复：{'　'.join(f'帮助 {part}' for part in parts)}",
        ]
    yield _reply(asked, "\n".join(lines))


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


def _by_part(verbs: Sequence[Command]) -> dict[str, list[Command]]:
    """Return commands under what they are about; those of an office's own workflows come last."""
    part_of = {verb: part for part, among in _PARTS.items() for verb in among.split()}
    parts: dict[str, list[Command]] = {part: [] for part in (*_PARTS, _OTHER)}
    for each in verbs:
        parts[part_of.get(each.verb, _OTHER)].append(each)
    return {part: among for part, among in parts.items() if among}


def _about(word: str, part: str, parts: dict[str, list[Command]]) -> bool:
    """Whether somebody means a part, by its name or by one of its verbs."""
    return word in part or any(word == each.verb for each in parts[part])


def _status(context: Ctx, group: Group) -> list[str]:
    watched = "在线检查" if context.online.get(group.account) else "离线，未检查"
    powers = _powers(context, group)
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


def _powers(context: Ctx, group: Group) -> str:
    abilities = context.abilities.get(group.account)
    if group.standing is None or abilities is None:
        return "权限未知"
    by_hand = group.standing is Standing.MEMBER or Ability.RECALL not in abilities
    return "不能撤回" if by_hand else "可撤回"


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

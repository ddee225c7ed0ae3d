"""暂停30分: holds back what is not critical; screening goes on, and the leader sees it."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.model.action import Action, Lane, Pause, Record, SayPrivately
from bot.model.errors import BotError
from bot.model.group import Group, Role
from bot.plugin import Asked
from plugins.workflows.alerts.digests import release
from plugins.workflows.alerts.holding import paused
from plugins.workflows.alerts.wording import Alerts, clock, reply

_LENGTH = re.compile(r"[:,\s]*(\d{1,3}|半|一个?|两个?)\s*(个?半?小时|分钟?|时)?[\s.。!吧]*")
_WORDS = MappingProxyType({"半": 0.5, "一": 1, "一个": 1, "两": 2, "两个": 2})


def pause(context: Alerts, asked: Asked) -> Iterator[Action]:
    """Hold back what is not critical in the groups the person owns."""
    assert asked.person is not None
    most = context.settings.pause_most_minutes
    minutes = _minutes(asked.tail)
    if minutes is None:
        raise BotError(f"请写明时长，例如：暂停30分。最长 {most} 分钟。")
    if not 1 <= minutes <= most:
        raise BotError(f"暂停最短 1 分钟，最长 {most} 分钟，例如：暂停30分。")
    until = context.now + timedelta(minutes=minutes)
    groups = _groups(context, asked)
    running = [group.paused_until for group in groups if paused(context, group)]
    if running:
        # One pause after another would make two hours a day.
        ends = clock(context, max(each for each in running if each))
        raise BotError(f"正在暂停，到 {ends} 结束，不能连续延长。提前结束请回复“恢复”。")
    for group in groups:
        yield from _set(context, asked, group, until)
    yield reply(
        asked,
        f"{_names(groups)}：非紧急提醒暂停到 {clock(context, until)}。期间照常检查，"
        "紧急和涉密事项仍会马上告诉您，分管领导会收到通知。提前结束请回复“恢复”。",
    )


def resume(context: Alerts, asked: Asked) -> Iterator[Action]:
    """恢复: ends a pause."""
    held = [group for group in _groups(context, asked) if paused(context, group)]
    if not held:
        raise BotError("没有暂停中的群。")
    for group in held:
        yield from _set(context, asked, group, None)
        yield from release(context, group)
    yield reply(asked, f"{_names(held)}：已恢复提醒，暂停期间的马上汇总给您。")


def _minutes(tail: str) -> float | None:
    """Return a length of time in minutes: 30, 30分, 1小时, 半小时, 一个半小时."""
    found = _LENGTH.fullmatch(tail)
    if found is None:
        return None
    amount, unit = _WORDS.get(found[1]) or 0, found[2] or ""
    if found[1].isdigit():
        amount = int(found[1])
    elif "时" not in unit:
        return None
    if "时" not in unit:
        return amount
    return (amount + (0.5 if "半" in unit else 0)) * 60


def _names(groups: list[Group]) -> str:
    shown = "、".join(group.name for group in groups[:5])
    return f"{shown}等 {len(groups)} 个群" if len(groups) > 5 else shown


def _groups(context: Alerts, asked: Asked) -> list[Group]:
    assert asked.person is not None
    held = context.groups.roles_of(asked.person.id)
    own = [where for where, role in held if where is not None and role is Role.OWNER]
    own = own or [where for where, role in held if where is not None and role is Role.ADMINISTRATOR]
    if not own:
        raise BotError("只有群主和群管理员可以暂停自己群的提醒。")
    return [context.groups.get(where) for where in own]


def _set(context: Alerts, asked: Asked, group: Group, until: datetime | None) -> Iterator[Action]:
    assert asked.person is not None
    yield Pause(group=group.id, until=until)
    yield Record(
        actor=f"person:{asked.person.id}",
        deed="group.paused" if until else "group.resumed",
        subject=f"group:{group.id}",
        detail=until.isoformat() if until else "",
    )
    if until is None:
        return
    for leader in context.groups.holders(group.id, Role.LEADER):
        user = context.people.account_of(leader.id, group.account)
        if user is not None and leader.id != asked.person.id:
            yield SayPrivately(
                account=group.account,
                lane=Lane.DIGEST,
                user=user,
                text=f"{asked.person.masked}把“{group.name}”的非紧急提醒暂停到 {clock(context, until)}，"
                "期间照常检查。无需回复。",
                via_group=group.platform_id,
            )

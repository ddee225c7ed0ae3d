"""暂停30分: holds back what is not critical; screening goes on, and the leader sees it."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.model.action import Action, Lane, Pause, Record, SayPrivately
from bot.model.errors import BotError
from bot.model.group import Group, Role
from bot.plugin import Asked
from plugins.workflows.alerts.handling import reply
from plugins.workflows.alerts.wording import Alerts, clock

_LENGTH = re.compile(r"(\d{1,3})\s*(分钟?|小时|时)?")


def pause(context: Alerts, asked: Asked) -> Iterator[Action]:
    """Hold back what is not critical in the groups the person owns."""
    assert asked.person is not None
    most = context.settings.pause_most_minutes
    found = _LENGTH.match(asked.tail)
    if found is None:
        raise BotError(f"请写明时长，例如：暂停30分，最长 {most} 分钟。")
    hours = found.group(2) in {"小时", "时"}
    minutes = int(found.group(1)) * (60 if hours else 1)
    if not 1 <= minutes <= most:
        raise BotError(f"暂停最短 1 分钟，最长 {most} 分钟。")
    until = context.now + timedelta(minutes=minutes)
    groups = _groups(context, asked)
    for group in groups:
        yield from _set(context, asked, group, until)
    names = "、".join(group.name for group in groups)
    yield reply(
        asked,
        f"{names}：非紧急提醒暂停到 {clock(context, until)}，期间照常检查，紧急和涉密事项仍会马上告诉您。"
        "分管领导会知道。提前结束请回复“恢复”。",
    )


def resume(context: Alerts, asked: Asked) -> Iterator[Action]:
    """恢复: ends a pause."""
    paused = [
        group
        for group in _groups(context, asked)
        if group.paused_until is not None and group.paused_until > context.now
    ]
    if not paused:
        raise BotError("没有暂停中的群。")
    for group in paused:
        yield from _set(context, asked, group, None)
    yield reply(asked, f"{'、'.join(group.name for group in paused)}：已恢复提醒。")


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
        user = context.people.account_of(leader.id, group.platform)
        if user is not None and leader.id != asked.person.id:
            yield SayPrivately(
                account=group.account,
                lane=Lane.DIGEST,
                user=user,
                text=f"{asked.person.masked}把“{group.name}”的非紧急提醒暂停到 {clock(context, until)}，"
                "期间照常检查。无需回复。",
                via_group=group.platform_id,
            )

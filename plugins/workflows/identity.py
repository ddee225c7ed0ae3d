"""Identity: where ids of people change with each login, who has a duty confirms himself anew.

Until then nobody commands, and nothing is written to him in private; it waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.calendar import local
from bot.model.action import Action, DutyDone, Lane, SayInGroup, Wake
from bot.model.event import Ability, AccountConnected, TimerDue
from bot.model.group import Group, Role
from bot.plugin import Context, Workflow, on

_ASKED: Final = "identity"
_TEXT: Final = "我重新登录过，请群主、群管理员私聊我确认身份：实名 确认码。不用在群里回复。"


@dataclass(frozen=True, kw_only=True)
class IdentitySettings:
    """How long after a login a group is asked that its owner confirms himself, in minutes."""

    ask_after_minutes: int = 10


Ctx = Context[IdentitySettings]


def another_login(context: Ctx, event: AccountConnected) -> Iterator[Action]:
    """Wait a while: who knows it confirms himself without being asked."""
    if Ability.STABLE_IDS not in event.abilities and not event.same_login:
        minutes = context.settings.ask_after_minutes
        yield Wake(key=f"{_ASKED}:{event.account}", at=context.now + timedelta(minutes=minutes))


def ask(context: Ctx, event: TimerDue) -> Iterator[Action]:
    """Ask once in each group whose owner cannot be written to; it says nothing of any matter."""
    name, _, account = event.key.partition(":")
    if name != _ASKED:
        return
    for group in context.groups.watched_by(account):
        slot = f"{group.id}:{local(context.now).date()}"
        if _is_reached(context, group) or context.duties.done(_ASKED, slot):
            continue
        yield DutyDone(job=_ASKED, slot=slot)
        yield SayInGroup(
            account=account,
            lane=Lane.DIGEST,
            group=group.platform_id,
            text=_TEXT,
            marker=_TEXT,
        )


def _is_reached(context: Ctx, group: Group) -> bool:
    owners = context.groups.holders(group.id, Role.OWNER)
    return any(context.people.account_of(each.id, group.account) for each in owners)


WORKFLOW = Workflow(
    name="identity",
    settings=IdentitySettings,
    listens=(on(AccountConnected, another_login), on(TimerDue, ask)),
)

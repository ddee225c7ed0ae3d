"""Members: who is in each group is kept as lists and events show it (HS-11)."""

from collections.abc import Iterator
from typing import Any

from bot.model.action import Action, EndLogin, KeepBeyondLogin, KeepMember, KeepMembers, MemberGone
from bot.model.event import Ability, AccountConnected, MemberJoined, MemberLeft, MembersDrawn
from bot.model.group import Group, Member
from bot.plugin import Context, Workflow, on

Ctx = Context[Any]


def listed(context: Ctx, event: MembersDrawn) -> Iterator[Action]:
    """Keep a fresh list."""
    if (group := _group(context, event.account, event.group)) is not None:
        yield KeepMembers(group=group.id, members=event.members, complete=event.complete)


def joined(context: Ctx, event: MemberJoined) -> Iterator[Action]:
    """Keep that somebody has joined; the next list shows his card."""
    if (group := _group(context, event.account, event.group)) is not None:
        yield KeepMember(group=group.id, member=Member(user=event.user))


def left(context: Ctx, event: MemberLeft) -> Iterator[Action]:
    """Keep that somebody has left, or was removed."""
    if (group := _group(context, event.account, event.group)) is not None:
        yield MemberGone(group=group.id, user=event.user)


def another_login(_: Ctx, event: AccountConnected) -> Iterator[Action]:
    """End what was confirmed for the last login, where ids change with each."""
    if Ability.STABLE_IDS in event.abilities:
        yield KeepBeyondLogin(account=event.account)
    elif not event.same_login:
        yield EndLogin(account=event.account)


def _group(context: Ctx, account: str, platform_id: str) -> Group | None:
    return context.groups.at(account.partition(":")[0], platform_id)


WORKFLOW = Workflow(
    name="members",
    listens=(
        on(MembersDrawn, listed),
        on(MemberJoined, joined),
        on(MemberLeft, left),
        on(AccountConnected, another_login),
    ),
)

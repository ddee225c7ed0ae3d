"""Rounds: lists are drawn again and again, so that what no event tells is noticed all the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.calendar import local
from bot.model.action import (
    Action,
    Append,
    DrawGroups,
    DrawMembers,
    Lane,
    Record,
    RenameGroup,
    SayPrivately,
    SetGroupState,
)
from bot.model.event import (
    AccountConnected,
    BotRemoved,
    DutyDue,
    GroupDissolved,
    GroupRenamed,
    GroupsDrawn,
    MembersDrawn,
    OutcomeState,
    OutgoingSettled,
    OwnerChanged,
    StandingChanged,
)
from bot.model.group import Group, GroupState, Role
from bot.model.message import Standing
from bot.plugin import Context, Workflow, every, on

FILING_WORKING_DAYS = 7
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class RoundsSettings:
    """How many member lists one account asks for in one round of ten minutes."""

    member_lists_per_round: int = 20


Ctx = Context[RoundsSettings]


def draw_groups(context: Ctx, _: DutyDue) -> Iterator[Action]:
    """Ask every account for its groups."""
    for account in sorted(context.online):
        yield DrawGroups(account=account, lane=Lane.DIGEST)


def draw_at_login(_: Ctx, event: AccountConnected) -> Iterator[Action]:
    """Ask for the groups at each login: changes may have happened meanwhile."""
    yield DrawGroups(account=event.account, lane=Lane.DIGEST)


def draw_members(context: Ctx, _: DutyDue) -> Iterator[Action]:
    """Ask for the member lists that are oldest."""
    for account in sorted(context.online):
        oldest = sorted(
            context.groups.watched_by(account), key=lambda group: group.drawn_at or _NEVER
        )
        for group in oldest[: context.settings.member_lists_per_round]:
            yield DrawMembers(account=account, lane=Lane.DIGEST, group=group.platform_id)


def compare_groups(context: Ctx, event: GroupsDrawn) -> Iterator[Action]:
    """Notice renamed groups, changed owners, and groups that are no longer listed."""
    listed = {each.platform_id: each for each in event.groups}
    for group in context.groups.watched_by(event.account):
        found = listed.get(group.platform_id)
        if found is None:
            # A list can be cut short: only a refused member list makes it certain.
            yield DrawMembers(
                account=event.account,
                lane=Lane.DIGEST,
                group=group.platform_id,
                ref=f"gone:{group.id}",
            )
            continue
        if found.name and found.name != group.name:
            yield Append(
                event=GroupRenamed(
                    at=event.at, account=event.account, group=group.platform_id, name=found.name
                )
            )
        if found.owner and group.owner_user and found.owner != group.owner_user:
            yield Append(event=_owner_changed(event, group, found.owner))


def compare_owner(context: Ctx, event: MembersDrawn) -> Iterator[Action]:
    """Notice another owner in a member list; no platform has an event for it."""
    group = _group(context, event)
    owners = [each.user for each in event.members if each.standing is Standing.OWNER]
    if group and owners and group.owner_user and owners[0] != group.owner_user:
        yield Append(event=_owner_changed(event, group, owners[0]))


def confirm_gone(context: Ctx, event: OutgoingSettled) -> Iterator[Action]:
    """Believe that a group is gone when its member list is refused too."""
    name, _, number = event.ref.partition(":")
    if name != "gone" or event.state is not OutcomeState.FAILED:
        return
    group = context.groups.get(int(number))
    if event.reason.startswith("refused") and group.state is GroupState.REGISTERED:
        yield Append(
            event=GroupDissolved(at=event.at, account=group.account, group=group.platform_id)
        )


def own_standing(_: Ctx, event: StandingChanged) -> Iterator[Action]:
    """Look again when the bot became administrator or ceased to be."""
    own = event.account.partition(":")[2]
    if event.user == own:
        yield DrawMembers(account=event.account, group=event.group)


def renamed(context: Ctx, event: GroupRenamed) -> Iterator[Action]:
    """Keep a group's new name and say until when it is to be filed (HS-10/2)."""
    group = _group(context, event)
    if group is None or group.name == event.name:
        return
    yield RenameGroup(group=group.id, name=event.name)
    yield Record(actor="platform", deed="group.renamed", subject=f"group:{group.id}")
    yield from _tell(
        context,
        group,
        f"群名由“{group.name}”改为“{event.name}”。请在{_filing_term(context, event.at)}前向机关党委备案变更。",
        (Role.OWNER,),
    )


def owner_changed(context: Ctx, event: OwnerChanged) -> Iterator[Action]:
    """Say that the owner's account is another one than registered."""
    group = _group(context, event)
    if group is None:
        return
    yield Record(actor="platform", deed="group.owner_changed", subject=f"group:{group.id}")
    yield from _tell(
        context,
        group,
        f"“{group.name}”的群主换了账号，登记的群主未变。如已交接，请更新登记，"
        f"并在{_filing_term(context, event.at)}前向机关党委备案变更。",
        (Role.OWNER, Role.LEADER),
    )


def dissolved(context: Ctx, event: GroupDissolved) -> Iterator[Action]:
    """Stop working in a group that is gone and say until when it is to be filed."""
    yield from _end(context, event, GroupState.DISSOLVED, "已解散或机器人已不在群内")


def removed(context: Ctx, event: BotRemoved) -> Iterator[Action]:
    """Stop working in a group from which the bot was removed, and say so."""
    yield from _end(context, event, GroupState.REMOVED, "已把机器人移出")


def _end(
    context: Ctx, event: GroupDissolved | BotRemoved, state: GroupState, what: str
) -> Iterator[Action]:
    group = _group(context, event)
    if group is None or group.state is not GroupState.REGISTERED:
        return
    yield SetGroupState(group=group.id, state=state)
    yield Record(actor="platform", deed=f"group.{state.value}", subject=f"group:{group.id}")
    yield from _tell(
        context,
        group,
        f"“{group.name}”{what}，从现在起不再检查。如群已注销，"
        f"请在{_filing_term(context, event.at)}前向机关党委备案注销。",
        (Role.OWNER, Role.LEADER),
    )


def _tell(context: Ctx, group: Group, text: str, roles: tuple[Role, ...]) -> Iterator[Action]:
    told: set[int] = set()
    for role in roles:
        for person in context.groups.holders(group.id, role):
            user = context.people.account_of(person.id, group.platform)
            if user is not None and person.id not in told:
                told.add(person.id)
                yield SayPrivately(
                    account=group.account,
                    lane=Lane.DIGEST,
                    user=user,
                    text=f"【群变动】{text}",
                    marker="【群变动】",
                )


def _filing_term(context: Ctx, at: datetime) -> str:
    due = context.calendar.due(local(at).date(), FILING_WORKING_DAYS)
    return f"{due.on.month}月{due.on.day}日{'（暂定）' if due.provisional else ''}"


def _owner_changed(event: GroupsDrawn | MembersDrawn, group: Group, owner: str) -> OwnerChanged:
    return OwnerChanged(
        at=event.at,
        account=event.account,
        group=group.platform_id,
        owner=owner,
        before=group.owner_user or "",
    )


def _group(context: Ctx, event: Any) -> Group | None:  # every event of a group has these two
    platform, _, _ = event.account.partition(":")
    return context.groups.at(platform, event.group)


WORKFLOW = Workflow(
    name="rounds",
    settings=RoundsSettings,
    listens=(
        on(AccountConnected, draw_at_login),
        on(GroupsDrawn, compare_groups),
        on(MembersDrawn, compare_owner),
        on(OutgoingSettled, confirm_gone),
        on(StandingChanged, own_standing),
        on(GroupRenamed, renamed),
        on(OwnerChanged, owner_changed),
        on(GroupDissolved, dissolved),
        on(BotRemoved, removed),
    ),
    schedules=(
        every(10, "groups", draw_groups),
        every(10, "members", draw_members),
    ),
)

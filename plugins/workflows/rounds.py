"""Rounds: lists are drawn again and again, so that what no event tells is noticed all the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.calendar import local
from bot.model.action import (
    Action,
    Append,
    CloseBlind,
    DrawGroups,
    DrawMembers,
    Lane,
    OpenBlind,
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
    OutcomeState,
    OutgoingSettled,
    StandingChanged,
)
from bot.model.group import Group, GroupState, Role
from bot.plugin import Context, Workflow, every, on

FILING_WORKING_DAYS = 7
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class RoundsSettings:
    """How many member lists one account asks for in one round of ten minutes."""

    member_lists_per_round: int = 20


Ctx = Context[RoundsSettings]


def draw_groups(context: Ctx, _: DutyDue) -> Iterator[Action]:
    """Ask every account that works for its groups."""
    for account in _working(context):
        yield DrawGroups(account=account, lane=Lane.DIGEST)


def draw_at_login(_: Ctx, event: AccountConnected) -> Iterator[Action]:
    """Ask for the groups at each login: changes may have happened meanwhile."""
    yield DrawGroups(account=event.account, lane=Lane.DIGEST)


def draw_members(context: Ctx, _: DutyDue) -> Iterator[Action]:
    """Ask for the member lists that are oldest."""
    for account in _working(context):
        oldest = sorted(
            context.groups.watched_by(account), key=lambda group: group.drawn_at or _NEVER
        )
        for group in oldest[: context.settings.member_lists_per_round]:
            yield DrawMembers(account=account, lane=Lane.DIGEST, group=group.platform_id)


def compare_groups(context: Ctx, event: GroupsDrawn) -> Iterator[Action]:
    """Notice renamed groups, changed owners, and groups that are gone or back."""
    platform, _, _ = event.account.partition(":")
    listed = {each.platform_id: each for each in event.groups}
    for group in context.groups.watched_by(event.account):
        if group.platform_id not in listed:
            # A list can be cut short: only a refused member list makes it certain.
            yield DrawMembers(
                account=event.account,
                lane=Lane.DIGEST,
                group=group.platform_id,
                ref=f"gone:{group.id}",
            )
    for found in event.groups:
        known = context.groups.at(platform, found.platform_id)
        if known is None or known.account != event.account:
            continue
        if known.state is not GroupState.REGISTERED:
            yield from _back(context, known)
        if found.name and found.name != known.name:
            yield Append(
                event=GroupRenamed(
                    at=event.at, account=event.account, group=known.platform_id, name=found.name
                )
            )
        if found.owner and known.owner_user and found.owner != known.owner_user:
            # The member list is the proof.
            yield DrawMembers(account=event.account, lane=Lane.DIGEST, group=known.platform_id)


def confirm_gone(context: Ctx, event: OutgoingSettled) -> Iterator[Action]:
    """Believe that a group is gone when its member list is refused too."""
    name, _, number = event.ref.partition(":")
    if name != "gone" or event.state is not OutcomeState.FAILED:
        return
    group = context.groups.get(int(number))
    was_in = group.state is GroupState.REGISTERED and group.drawn_at is not None
    if was_in and event.reason.startswith("refused"):
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


def _back(context: Ctx, group: Group) -> Iterator[Action]:
    """Work again in a registered group in whose list the bot is again; the time between is blind."""
    yield SetGroupState(group=group.id, state=GroupState.REGISTERED)
    yield Record(actor="platform", deed="group.back", subject=f"group:{group.id}")
    if group.drawn_at is not None:
        yield OpenBlind(group=group.id, since=group.drawn_at, cause="not in the group")
        yield CloseBlind(group=group.id, until=context.now, caught_up=False)
    yield from _tell(
        context,
        group,
        f"我又在“{group.name}”里了，从现在起恢复检查；不在群里的那段时间没有检查到。",
        (Role.OWNER,),
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
                    marker=f"【群变动】{text}",
                    via_group=group.platform_id,
                )


def _working(context: Ctx) -> list[str]:
    return sorted(account for account, works in context.online.items() if works)


def _filing_term(context: Ctx, at: datetime) -> str:
    due = context.calendar.due(local(at).date(), FILING_WORKING_DAYS)
    return f"{due.on.month}月{due.on.day}日{'（暂定）' if due.provisional else ''}"


def _group(context: Ctx, event: Any) -> Group | None:  # every event of a group has these two
    platform, _, _ = event.account.partition(":")
    return context.groups.at(platform, event.group)


WORKFLOW = Workflow(
    name="rounds",
    settings=RoundsSettings,
    listens=(
        on(AccountConnected, draw_at_login),
        on(GroupsDrawn, compare_groups),
        on(OutgoingSettled, confirm_gone),
        on(StandingChanged, own_standing),
        on(GroupRenamed, renamed),
        on(GroupDissolved, dissolved),
        on(BotRemoved, removed),
    ),
    schedules=(
        every(10, "groups", draw_groups),
        every(10, "members", draw_members),
    ),
)

"""Coverage: what was not seen is said; after an absence, what was missed is caught up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.calendar import local
from bot.model.action import (
    Action,
    CloseBlind,
    DrawHistory,
    DutyDone,
    Lane,
    OpenBlind,
    Record,
    SayPrivately,
)
from bot.model.event import (
    Ability,
    AccountConnected,
    ConnectionLost,
    DutyDue,
    GroupRegistered,
    HistoryDrawn,
    OutcomeState,
    OutgoingSettled,
    WatcherChanged,
)
from bot.model.group import Group, Role
from bot.plugin import Context, Workflow, every, on


@dataclass(frozen=True, kw_only=True)
class CoverageSettings:
    """From which length on an unseen interval is told to the owner, in minutes."""

    tell_from_minutes: int = 10


Ctx = Context[CoverageSettings]
# A pulse of this very moment may already be one of the connection that has just come.
_SAME_MOMENT = timedelta(seconds=1)


def went_blind(context: Ctx, event: ConnectionLost) -> Iterator[Action]:
    """Begin a blind interval in every group the account watches."""
    for group in context.groups.watched_by(event.account):
        yield OpenBlind(group=group.id, since=event.at, cause=event.reason)


def catch_up(context: Ctx, event: AccountConnected) -> Iterator[Action]:
    """Ask for what was missed, from the group's watermark on."""
    for group in context.groups.watched_by(event.account):
        yield from _ask_for_missed(context, group, event.account, event.at, event.abilities)
    yield DutyDone(job=_pulse_of(event.account), slot=f"connected:{event.at.isoformat()}")


def another_watches(context: Ctx, event: WatcherChanged) -> Iterator[Action]:
    """Ask for what was missed since the account was there that watched before."""
    group = context.groups.get(event.group)
    abilities = context.abilities.get(group.account, frozenset())
    yield from _ask_for_missed(context, group, event.before, event.at, abilities)


def watch(context: Ctx, event: GroupRegistered) -> Iterator[Action]:
    """Keep that a group is watched from the moment in which it is registered."""
    account = context.groups.get(event.group).account
    # Without an earlier pulse the account's first AccountConnected is still to come.
    if context.online.get(account) and context.duties.last(_pulse_of(account)) is not None:
        yield DutyDone(job=_pulse_of(account), slot=f"registered:{event.group}")


def _ask_for_missed(
    context: Ctx, group: Group, before: str, at: datetime, abilities: frozenset[Ability]
) -> Iterator[Action]:
    """Ask a group's account for what nobody saw since the account `before` was there."""
    seen = context.groups.last_seen(group.id)
    since = context.groups.blind_since(group.id)
    if since is None:
        # The bot itself was not running: it was last certainly there at its last pulse.
        since = _last_there(context, group, before, at, seen[1] if seen else None)
        if since is None:
            return
        yield OpenBlind(group=group.id, since=since, cause="not running")
    if Ability.HISTORY not in abilities:
        yield from _end(context, group, caught_up=False)
        return
    # What was seen after the absence began proves nothing about the absence, and another account
    # knows the same message by another id.
    watermark = seen if seen and seen[1] <= since and before == group.account else None
    yield DrawHistory(
        account=group.account,
        lane=Lane.DIGEST,
        ref=f"history:{group.id}",
        group=group.platform_id,
        since=watermark[1] if watermark else since,
        last_seen=watermark[0] if watermark else None,
    )


def _last_there(
    context: Ctx, group: Group, account: str, at: datetime, seen_at: datetime | None
) -> datetime | None:
    """Return when a group was last watched; None for one that never was, which is owed nothing."""
    pulse = context.duties.last(_pulse_of(account))
    if pulse is not None and account == group.account and pulse > at - _SAME_MOMENT:
        pulse = group.registered_at
    known = [moment for moment in (pulse, seen_at) if moment and moment >= group.registered_at]
    return max(known, default=None)


def caught_up(context: Ctx, event: HistoryDrawn) -> Iterator[Action]:
    """Close the absence if the history overlaps what was seen last."""
    platform, _, _ = event.account.partition(":")
    group = context.groups.at(platform, event.group)
    # An account that is gone again meanwhile asks anew when it is back.
    if group is not None and context.online.get(event.account):
        yield from _end(context, group, caught_up=event.overlaps)


def not_caught_up(context: Ctx, event: OutgoingSettled) -> Iterator[Action]:
    """Leave the interval blind where the platform gave no history."""
    name, _, number = event.ref.partition(":")
    if name == "history" and event.state is not OutcomeState.DONE:
        yield from _end(context, context.groups.get(int(number)), caught_up=False)


def pulse(context: Ctx, event: DutyDue) -> Iterator[Action]:
    """Keep that each account that works was there in this minute."""
    for account, works in sorted(context.online.items()):
        if works:
            yield DutyDone(job=_pulse_of(account), slot=event.slot)


def _pulse_of(account: str) -> str:
    return f"coverage.pulse:{account}"


def _end(context: Ctx, group: Group, *, caught_up: bool) -> Iterator[Action]:
    since = context.groups.blind_since(group.id)
    if since is None:
        return
    yield CloseBlind(group=group.id, until=context.now, caught_up=caught_up)
    if caught_up:
        return
    yield Record(
        actor="bot",
        deed="coverage.blind",
        subject=f"group:{group.id}",
        detail=f"{since.isoformat()}/{context.now.isoformat()}",
    )
    if context.now - since < timedelta(minutes=context.settings.tell_from_minutes):
        return
    span = f"{local(since):%m-%d %H:%M} 到 {local(context.now):%m-%d %H:%M}"
    text = f"【盲区】“{group.name}”{span} 机器人离线，这段时间的消息没有检查到，请留意。无需回复。"
    for owner in context.groups.holders(group.id, Role.OWNER):
        user = context.people.account_of(owner.id, group.account)
        if user is not None:
            yield SayPrivately(
                account=group.account,
                lane=Lane.DIGEST,
                user=user,
                text=text,
                marker=text,
                via_group=group.platform_id,
            )


WORKFLOW = Workflow(
    name="coverage",
    settings=CoverageSettings,
    listens=(
        on(ConnectionLost, went_blind),
        on(AccountConnected, catch_up),
        on(GroupRegistered, watch),
        on(WatcherChanged, another_watches),
        on(HistoryDrawn, caught_up),
        on(OutgoingSettled, not_caught_up),
    ),
    schedules=(every(1, "pulse", pulse),),
)

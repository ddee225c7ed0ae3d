"""Coverage: what was not seen is said; after an absence, what was missed is caught up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.calendar import local
from bot.model.action import (
    Action,
    CloseBlind,
    DrawHistory,
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
    HistoryDrawn,
    OutcomeState,
    OutgoingSettled,
)
from bot.model.group import Group, Role
from bot.plugin import Context, Workflow, every, on


@dataclass(frozen=True, kw_only=True)
class CoverageSettings:
    """From which length on an unseen interval is told to the owner, in minutes."""

    tell_from_minutes: int = 10


Ctx = Context[CoverageSettings]
_PULSE = "coverage.pulse"


def went_blind(context: Ctx, event: ConnectionLost) -> Iterator[Action]:
    """Begin a blind interval in every group the account watches."""
    for group in context.groups.watched_by(event.account):
        yield OpenBlind(group=group.id, since=event.at, cause=event.reason)


def catch_up(context: Ctx, event: AccountConnected) -> Iterator[Action]:
    """Ask for what was missed, from the group's watermark on."""
    pulse = context.duties.last(_PULSE)
    for group in context.groups.watched_by(event.account):
        seen = context.groups.last_seen(group.id)
        since = context.groups.blind_since(group.id)
        if since is None:
            # The bot itself was not running: it was last certainly there at its last pulse.
            known = [moment for moment in (pulse, seen[1] if seen else None) if moment]
            since = max(known, default=group.registered_at)
            since = max(since, group.registered_at)
            yield OpenBlind(group=group.id, since=since, cause="not running")
        if Ability.HISTORY in event.abilities:
            yield DrawHistory(
                account=event.account,
                lane=Lane.DIGEST,
                ref=f"history:{group.id}",
                group=group.platform_id,
                since=since,
                last_seen=seen[0] if seen else None,
            )
        else:
            yield from _end(context, group, caught_up=False)


def caught_up(context: Ctx, event: HistoryDrawn) -> Iterator[Action]:
    """Close the absence if the history overlaps what was seen last."""
    platform, _, _ = event.account.partition(":")
    group = context.groups.at(platform, event.group)
    if group is not None:
        yield from _end(context, group, caught_up=event.overlaps)


def not_caught_up(context: Ctx, event: OutgoingSettled) -> Iterator[Action]:
    """Leave the interval blind where the platform gave no history."""
    name, _, number = event.ref.partition(":")
    if name == "history" and event.state is not OutcomeState.DONE:
        yield from _end(context, context.groups.get(int(number)), caught_up=False)


def pulse(_: Ctx, __: DutyDue) -> Iterator[Action]:
    """Be there: the slot itself is the proof."""
    return iter(())


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
    for owner in context.groups.holders(group.id, Role.OWNER):
        user = context.people.account_of(owner.id, group.platform)
        if user is not None:
            yield SayPrivately(
                account=group.account,
                lane=Lane.DIGEST,
                user=user,
                text=f"【盲区】“{group.name}”{local(since):%m-%d %H:%M} 到 {local(context.now):%m-%d %H:%M}"
                " 机器人离线，这段时间的消息没有检查到，请留意。无需回复。",
                marker="【盲区】",
                via_group=group.platform_id,
            )


WORKFLOW = Workflow(
    name="coverage",
    settings=CoverageSettings,
    listens=(
        on(ConnectionLost, went_blind),
        on(AccountConnected, catch_up),
        on(HistoryDrawn, caught_up),
        on(OutgoingSettled, not_caught_up),
    ),
    schedules=(every(1, "pulse", pulse),),
)

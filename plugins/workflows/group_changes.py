"""Group changes (HS-10/2): what no event tells is noticed, and each change once.

The same change may come in two ways: the register by handover, and the platform by hand, in either
order. What was noticed last (else what the register says) is compared with what is there now.
Lists are compared with those before: workflows are asked in the order of their names, so this one
sees a list before `members` and `registration` keep it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from bot.calendar import SHANGHAI, local
from bot.model.action import Action, Append, DutyDone, NoteGroup
from bot.model.event import (
    Ability,
    ChangeNoticed,
    DutyDue,
    MembersDrawn,
    OwnerChanged,
    RolesChanged,
    StandingChanged,
)
from bot.model.filing import ChangeKind, Noticed
from bot.model.group import ACTIVITY_DAYS, Activity, Group, GroupState, Person, Role, Scale
from bot.model.member import MemberList
from bot.model.message import Standing
from bot.plugin import Context, Workflow, daily, on

_SILENCE: Final = timedelta(days=ACTIVITY_DAYS)
_IN_USE: Final = "有消息往来"
_SEPARATOR: Final = "、"
_COUNTED: Final = "group_changes.counted"
_KINDS: Final = {
    Role.OWNER: ChangeKind.OWNER,
    Role.ADMINISTRATOR: ChangeKind.ADMINISTRATORS,
    Role.LEADER: ChangeKind.LEADER,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupChangesSettings:
    """How much of thirty days may have gone unseen in a group that is called dormant, in hours."""

    unseen_hours: int = 24


Ctx = Context[GroupChangesSettings]


def roles_changed(context: Ctx, event: RolesChanged) -> Iterator[Action]:
    """Notice that the register names others; who takes an empty seat completes the register."""
    group = context.groups.get(event.group)
    kind = _KINDS.get(event.role)
    known = _noticed_last(context, group, kind) if kind else None
    if kind is None or group.state is GroupState.DISSOLVED:
        return
    if known is None and not event.before:
        return
    after = [context.people.get(each) for each in event.after]
    if known is None:
        known = [_named(context, group, context.people.get(each)) for each in event.before]
    else:
        known = _recognised(context, group, known, after)
    now = [_named(context, group, each) for each in after]
    if set(known) != set(now):
        yield _notice(
            context, group, (kind, known, now), since=None, until=event.at, how=Noticed.STATED
        )


def owner_changed(context: Ctx, event: OwnerChanged) -> Iterator[Action]:
    """Notice another owner at the platform, unless the register told it before."""
    group = _group(context, event)
    if group is None:
        return
    kind = ChangeKind.OWNER
    owners = context.groups.holders(group.id, Role.OWNER)
    known = _noticed_last(context, group, kind)
    if known is None:
        known = [_named(context, group, each) for each in owners]
    now = _who(context, group, event.owner, kind)
    if now not in known:
        before = known or [_who(context, group, event.before, kind)]
        yield _notice(context, group, (kind, before, [now]), since=event.since, until=event.at)


def standing_changed(context: Ctx, event: StandingChanged) -> Iterator[Action]:
    """Notice at once that somebody became administrator at the platform, or ceased to be."""
    group = _group(context, event)
    member = group and context.members.get(group.id, event.user)
    if group is None or (member and member.robot) or _is_ours(context, group, event.user):
        return
    gained = event.standing is Standing.ADMINISTRATOR
    users = (event.user,)
    moved = (users, ()) if gained else ((), users)
    yield from _administrators(context, group, *moved, since=None, until=event.at)


def compare_members(context: Ctx, event: MembersDrawn) -> Iterator[Action]:
    """Notice in a complete list other administrators, and a size that has left its band."""
    group = _group(context, event)
    if group is None or not event.complete:
        return
    drawn = context.members.drawn(group.id)
    yield from _compare_scale(context, group, event, drawn)
    if drawn is None:
        return
    before = {each.user: each.standing for each in context.members.administrators(group.id)}
    gained, lost = [], []
    for member in event.members:
        if member.robot or _is_ours(context, group, member.user):
            continue
        was = before.get(member.user)
        if member.standing is Standing.ADMINISTRATOR and was is not Standing.ADMINISTRATOR:
            if _is_same_login(context, group, member.user):
                gained.append(member.user)
        elif member.standing is Standing.MEMBER and was is Standing.ADMINISTRATOR:
            lost.append(member.user)
    if gained or lost:
        since, until = drawn.drawn_at, event.at
        yield from _administrators(context, group, gained, lost, since=since, until=until)


def look_for_silence(context: Ctx, _: DutyDue) -> Iterator[Action]:
    """Notice groups in which nobody wrote for thirty days, and those that were and live again.

    A group is not called dormant that is younger than that, nor where more of that time went unseen
    than the settings allow.
    """
    first = local(context.now).date() - timedelta(days=ACTIVITY_DAYS)
    counts = context.groups.message_counts(first)
    for group in context.groups.all():
        if counts.get(group.id):
            yield from _alive(context, group, counts[group.id], first)
        elif group.noted_activity is not Activity.DORMANT:
            yield from _silent(context, group)


def _compare_scale(
    context: Ctx, group: Group, event: MembersDrawn, drawn: MemberList | None
) -> Iterator[Action]:
    noted, count = group.noted_scale, len(event.members)
    now = Scale.of(count, noted)
    if now is not noted:
        yield NoteGroup(group=group.id, scale=now)
        if noted is not None:
            what = (ChangeKind.SCALE, [noted.label], [now.label])
            since = _counted_at(context, group, drawn)
            yield _notice(context, group, what, since=since, until=event.at)
    today = str(local(context.now).date())
    if not context.duties.done(f"{_COUNTED}:{group.id}", today):
        yield DutyDone(job=f"{_COUNTED}:{group.id}", slot=today)


def _counted_at(context: Ctx, group: Group, drawn: MemberList | None) -> datetime:
    """Return when a complete list last told a group's size, or a little before."""
    if drawn is not None and drawn.complete:
        return drawn.drawn_at
    counted = context.duties.last(f"{_COUNTED}:{group.id}")
    return counted or (drawn.first_at if drawn else group.registered_at)


def _administrators(
    context: Ctx,
    group: Group,
    gained: Iterable[str],
    lost: Iterable[str],
    *,
    since: datetime | None,
    until: datetime,
) -> Iterator[Action]:
    """Notice who is administrator at the platform otherwise than the register said before."""
    kind = ChangeKind.ADMINISTRATORS
    known = _noticed_last(context, group, kind)
    if known is None:
        holders = context.groups.holders(group.id, Role.ADMINISTRATOR)
        known = [_named(context, group, each) for each in holders]
    now = list(known)
    for user in lost:
        gone = {_who(context, group, user, kind), _unknown(user, kind)}
        now = [each for each in now if each not in gone]
    for user in gained:
        name = _who(context, group, user, kind)
        if not {name, _unknown(user, kind)}.intersection(now):
            now.append(name)
    if set(now) != set(known):
        yield _notice(context, group, (kind, known, now), since=since, until=until)


def _alive(context: Ctx, group: Group, count: int, first: date) -> Iterator[Action]:
    if group.noted_activity is None:
        yield NoteGroup(group=group.id, activity=Activity.of(count, ACTIVITY_DAYS))
    if group.noted_activity is not Activity.DORMANT:
        return
    yield NoteGroup(group=group.id, activity=Activity.of(count, ACTIVITY_DAYS))
    what = (ChangeKind.DORMANT, [Activity.DORMANT.label], [_IN_USE])
    # Known to the day: the first one on which somebody wrote again.
    day = min(context.groups.messages_per_day(group.id, first), default=first)
    began = min(datetime.combine(day, time(), SHANGHAI).astimezone(UTC), context.now)
    yield _notice(context, group, what, since=began, until=began, how=Noticed.COMPARED)


def _silent(context: Ctx, group: Group) -> Iterator[Action]:
    drawn, seen = context.members.drawn(group.id), context.groups.last_seen(group.id)
    if drawn is None:
        return  # the bot was never in it
    silent_since = max(group.registered_at, drawn.first_at, *([seen[1]] if seen else []))
    if silent_since + _SILENCE > context.now:
        return
    unseen = _unseen(context, group, context.now - _SILENCE)
    if unseen > timedelta(hours=context.settings.unseen_hours):
        return
    began = silent_since + _SILENCE
    until = context.now if unseen else began
    yield NoteGroup(group=group.id, activity=Activity.DORMANT)
    what = (ChangeKind.DORMANT, [_IN_USE], [Activity.DORMANT.label])
    yield _notice(context, group, what, since=began, until=until)


def _unseen(context: Ctx, group: Group, since: datetime) -> timedelta:
    """Return how much of the time since a moment was blind and was not caught up."""
    spans = [
        (max(begin, since), min(end or context.now, context.now))
        for begin, end, _, caught_up in context.groups.blind_intervals(group.id)
        if not caught_up
    ]
    return sum((end - begin for begin, end in spans if begin < end), timedelta())


def _noticed_last(context: Ctx, group: Group, kind: ChangeKind) -> list[str] | None:
    """Return what was noticed last of a kind and not dismissed; None where nothing was."""
    for filing in reversed(context.filings.of_group(group.id)):
        for change in reversed(context.filings.changes(filing.id)):
            if change.kind is kind and change.counts and (change.before or change.after):
                return [each for each in change.after.split(_SEPARATOR) if each]
    return None


def _notice(
    context: Ctx,
    group: Group,
    what: tuple[ChangeKind, Sequence[str], Sequence[str]],
    *,
    since: datetime | None,
    until: datetime,
    how: Noticed | None = None,
) -> Append:
    """Return that something has changed; a clock that was set back makes no interval."""
    kind, before, after = what
    return Append(
        event=ChangeNoticed(
            at=context.now,
            group=group.id,
            kind=kind,
            before=_SEPARATOR.join(before),
            after=_SEPARATOR.join(after),
            earliest_at=min(since or until, until),
            latest_at=until,
            how=how or (Noticed.LIVE if since is None else Noticed.COMPARED),
        )
    )


def _recognised(
    context: Ctx, group: Group, known: Sequence[str], people: Iterable[Person]
) -> list[str]:
    """Return what was noticed, with those by name whose account was nobody's then."""
    names = {
        text: _named(context, group, person)
        for person in people
        for account in context.people.accounts_of(person.id)
        if account.platform == group.platform
        for text in (_unknown(account.user, kind) for kind in _KINDS.values())
    }
    return [names.get(each, each) for each in known]


def _who(context: Ctx, group: Group, user: str, kind: ChangeKind) -> str:
    person = context.people.with_account(group.platform, user) if user else None
    return _unknown(user, kind) if person is None else _named(context, group, person)


def _named(context: Ctx, group: Group, person: Person) -> str:
    """Return a name; with the account's last digits where several people have it."""
    if len(context.people.named(person.name)) == 1:
        return person.name
    user = context.people.account_of(person.id, group.account) or ""
    return f"{person.name}（账号尾号{user[-4:]}）"


def _unknown(user: str, kind: ChangeKind) -> str:
    tail = f"账号尾号{user[-4:]}"
    if kind is ChangeKind.OWNER:
        return f"{tail}（平台上的群主，没有登记）"
    return f"{tail}（没有登记）"


def _is_same_login(context: Ctx, group: Group, user: str) -> bool:
    """Whether an account can be compared with a list before: its id lasts, or stood in it."""
    if Ability.STABLE_IDS in context.abilities.get(group.account, frozenset()):
        return True
    member = context.members.get(group.id, user)
    return member is not None and member.left_at is None


def _is_ours(context: Ctx, group: Group, user: str) -> bool:
    return f"{group.platform}:{user}" in {group.account, *context.online}


def _group(context: Ctx, event: Any) -> Group | None:  # every event of a group has these two
    group = context.groups.at(event.account.partition(":")[0], event.group)
    return group if group is not None and group.state is GroupState.REGISTERED else None


WORKFLOW = Workflow(
    name="group_changes",
    settings=GroupChangesSettings,
    listens=(
        on(RolesChanged, roles_changed),
        on(OwnerChanged, owner_changed),
        on(StandingChanged, standing_changed),
        on(MembersDrawn, compare_members),
    ),
    schedules=(daily("08:20", "silence", look_for_silence),),
)

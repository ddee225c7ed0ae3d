"""Rounds: lists are drawn again and again, so that what no event tells is noticed all the same."""

from collections.abc import Iterator, Sequence
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
    DutyDone,
    Lane,
    OpenBlind,
    Record,
    RenameGroup,
    SayPrivately,
    SeeGroups,
    SetGroupState,
)
from bot.model.event import (
    Ability,
    AccountConnected,
    BotRemoved,
    ChangeNoticed,
    DutyDue,
    FilingAnswered,
    GroupDissolved,
    GroupRegistered,
    GroupRenamed,
    GroupsDrawn,
    MembersDrawn,
    OutcomeState,
    OutgoingSettled,
    StandingChanged,
)
from bot.model.filing import (
    ChangeKind,
    Filing,
    FilingAnswer,
    FilingState,
    GroupChange,
    Matter,
    Noticed,
)
from bot.model.group import Group, GroupState, Role
from bot.model.port import UNWATCHED
from bot.plugin import Context, Workflow, every, on

_UNWATCHED = "rounds.unwatched"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_MAY_BE_FILED = frozenset(
    {FilingState.SENDING, FilingState.SENT, FilingState.UNKNOWN, FilingState.RECEIVED}
)


@dataclass(frozen=True, kw_only=True)
class RoundsSettings:
    """How many member lists one account asks for in one round of ten minutes."""

    member_lists_per_round: int = 20


Ctx = Context[RoundsSettings]


def draw_groups(context: Ctx, _: DutyDue) -> Iterator[Action]:
    """Ask every account that works for its groups."""
    for account in _working(context):
        yield DrawGroups(account=account, lane=Lane.DIGEST)


def draw_at_login(context: Ctx, event: AccountConnected) -> Iterator[Action]:
    """Ask for the groups at each login: changes may have happened meanwhile.

    Where ids end with the login nobody is known to be in any group until its list is drawn.
    """
    yield DrawGroups(account=event.account, lane=Lane.DIGEST)
    if Ability.STABLE_IDS not in event.abilities and not event.same_login:
        yield from _draw_oldest(context, event.account)


def draw_members(context: Ctx, _: DutyDue) -> Iterator[Action]:
    """Ask for the member lists that are oldest."""
    for account in _working(context):
        yield from _draw_oldest(context, account)


def _draw_oldest(context: Ctx, account: str) -> Iterator[Action]:
    oldest = sorted(context.groups.watched_by(account), key=lambda group: group.drawn_at or _NEVER)
    for group in oldest[: context.settings.member_lists_per_round]:
        yield DrawMembers(account=account, lane=Lane.DIGEST, group=group.platform_id)


def compare_groups(context: Ctx, event: GroupsDrawn) -> Iterator[Action]:
    """Notice renamed groups, changed owners, and groups that are gone or back."""
    platform, _, _ = event.account.partition(":")
    watched = {each.platform_id: each for each in context.groups.watched_by(event.account)}
    listed = {each.platform_id for each in event.groups}
    for number in watched.keys() - listed:
        # A list can be cut short: only a refused member list makes it certain.
        yield DrawMembers(
            account=event.account,
            lane=Lane.DIGEST,
            group=number,
            ref=f"gone:{watched[number].id}",
        )
    same = []
    for found in event.groups:
        known = watched.get(found.platform_id) or context.groups.at(platform, found.platform_id)
        if known is None or known.account != event.account:
            continue
        if known.state is not GroupState.REGISTERED:
            yield from _back(context, known)
        if found.name == known.name:
            same.append(known.id)
        elif found.name:
            yield Append(
                event=GroupRenamed(
                    at=event.at,
                    account=event.account,
                    group=known.platform_id,
                    name=found.name,
                    since=context.groups.listed_at(known.id) or known.registered_at,
                )
            )
        if found.owner and known.owner_user and found.owner != known.owner_user:
            # The member list is the proof.
            yield DrawMembers(account=event.account, lane=Lane.DIGEST, group=known.platform_id)
    yield SeeGroups(groups=tuple(same))


def confirm_gone(context: Ctx, event: OutgoingSettled) -> Iterator[Action]:
    """Believe that a group is gone when its member list is refused too."""
    name, _, number = event.ref.partition(":")
    if name != "gone" or event.state is not OutcomeState.FAILED:
        return
    group = context.groups.get(int(number))
    if event.reason in UNWATCHED and group.state is GroupState.REGISTERED:
        yield from _unwatched(context, group, event.reason)
    was_in = group.state is GroupState.REGISTERED and group.drawn_at is not None
    if was_in and event.reason.startswith("refused"):
        yield Append(
            event=GroupDissolved(
                at=event.at,
                account=group.account,
                group=group.platform_id,
                since=_last_there(context, group),
            )
        )


def watched_again(context: Ctx, event: MembersDrawn) -> Iterator[Action]:
    """End the time in which the account could not tell which group it is."""
    group = _group(context, event)
    if group is None or context.groups.blind_since(group.id) is None:
        return
    _, _, cause, _ = context.groups.blind_intervals(group.id)[-1]
    if cause in UNWATCHED:
        yield CloseBlind(group=group.id, until=context.now, caught_up=False)
        yield Record(actor="bot", deed="group.watched_again", subject=f"group:{group.id}")


def _unwatched(context: Ctx, group: Group, reason: str) -> Iterator[Action]:
    """Keep that nothing of a group is seen although the account is online; say so once a day."""
    spans = context.groups.blind_intervals(group.id)
    if spans and spans[-1][1] is None:
        return
    ended = [until for _, until, _, _ in spans if until is not None]
    yield OpenBlind(group=group.id, since=max([_last_there(context, group), *ended]), cause=reason)
    yield Record(actor="bot", deed="group.unwatched", subject=f"group:{group.id}", detail=reason)
    today = f"{group.id}:{local(context.now).date()}"
    if not context.duties.done(_UNWATCHED, today):
        yield DutyDone(job=_UNWATCHED, slot=today)
        why = (
            "有几个群同名，分不清是哪一个，现在都没有检查。请把别的同名群改名"
            if reason == "ambiguous"
            else "现在看不到这个群，没有检查。请在机器人的微信里把群保存到通讯录，"
            "改过群名的请联系{contact}"
        )
        contact = context.office.contact
        yield from _tell(
            context, group, f"“{group.name}”{why.format(contact=contact)}。", (Role.OWNER,)
        )


def own_standing(_: Ctx, event: StandingChanged) -> Iterator[Action]:
    """Look again when the bot became administrator or ceased to be."""
    own = event.account.partition(":")[2]
    if event.user == own:
        yield DrawMembers(account=event.account, group=event.group)


def renamed(context: Ctx, event: GroupRenamed) -> Iterator[Action]:
    """Keep a group's new name; it is to be filed (HS-10/2)."""
    group = _group(context, event)
    if group is None or group.name == event.name:
        return
    yield RenameGroup(group=group.id, name=event.name)
    yield SeeGroups(groups=(group.id,))
    yield Record(actor="platform", deed="group.renamed", subject=f"group:{group.id}")
    yield _noticed(context, event, group.id, (ChangeKind.RENAMED, group.name, event.name))


def dissolved(context: Ctx, event: GroupDissolved) -> Iterator[Action]:
    """Stop working in a group that is gone; it is to be filed."""
    after = "已解散" if event.since is None else "已注销（群列表中已没有此群）"
    yield from _end(context, event, ChangeKind.DISSOLVED, "已解散或机器人已不在群内", after)


def removed(context: Ctx, event: BotRemoved) -> Iterator[Action]:
    """Stop working in a group from which the bot was removed; ask whether it goes on without."""
    after = "已注销（机器人已不在群内）"
    yield from _end(context, event, ChangeKind.REMOVED, "已把机器人移出", after)


def registered_again(context: Ctx, event: GroupRegistered) -> Iterator[Action]:
    """Take back a closing of a group that is registered again."""
    yield from _not_closed(context, context.groups.get(event.group))


def _end(
    context: Ctx, event: GroupDissolved | BotRemoved, kind: ChangeKind, what: str, after: str
) -> Iterator[Action]:
    group = _group(context, event)
    if group is None or group.state is not GroupState.REGISTERED:
        return
    state = GroupState(kind.value)
    yield SetGroupState(group=group.id, state=state)
    yield Record(actor="platform", deed=f"group.{state.value}", subject=f"group:{group.id}")
    before = GroupState.REGISTERED.label
    yield _noticed(context, event, group.id, (kind, before, after))
    yield from _tell(
        context,
        group,
        f"“{group.name}”{what}，从现在起不再检查。",
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
    yield from _not_closed(context, group)


def _not_closed(context: Ctx, group: Group) -> Iterator[Action]:
    """Take back a closing that was not sent; after one that was, the group is opened anew."""
    filing, closing = _closing(context, group)
    if filing is None or not closing:
        return
    if filing.state in _MAY_BE_FILED:
        yield Append(
            event=ChangeNoticed(
                at=context.now,
                group=group.id,
                kind=ChangeKind.OPENED,
                before=GroupState.DISSOLVED.label,
                after="恢复使用",
                earliest_at=min(closing[-1].noticed_at, context.now),
                latest_at=context.now,
                how=Noticed.COMPARED,
            )
        )
        return
    answers = [FilingAnswer.DISMISS] if filing.is_open else []
    if filing.state in {FilingState.FORMED, FilingState.APPROVED}:
        answers.insert(0, FilingAnswer.SEND_BACK)
    for answer in answers:
        yield Append(
            event=FilingAnswered(
                at=context.now,
                number=filing.id,
                answer=answer,
                text="机器人又在群里，群没有注销",
                changes=tuple(each.number for each in closing)
                if answer is FilingAnswer.DISMISS
                else (),
            )
        )


def _closing(context: Ctx, group: Group) -> tuple[Filing | None, Sequence[GroupChange]]:
    """Return the latest filing that says that a group has ended, and what in it says so."""
    for filing in reversed(context.filings.of_group(group.id)):
        changes = context.filings.changes(filing.id)
        closing = [each for each in changes if each.counts and each.kind.matter is Matter.CLOSING]
        if closing:
            return filing, closing
    return None, ()


def _noticed(
    context: Ctx,
    event: GroupRenamed | GroupDissolved | BotRemoved,
    group: int,
    what: tuple[ChangeKind, str, str],
) -> Append:
    """Return that something is to be filed; a clock that was set back makes no interval."""
    kind, before, after = what
    return Append(
        event=ChangeNoticed(
            at=context.now,
            group=group,
            kind=kind,
            before=before,
            after=after,
            earliest_at=min(event.since or event.at, event.at),
            latest_at=event.at,
            how=Noticed.LIVE if event.since is None else Noticed.COMPARED,
        )
    )


def _last_there(context: Ctx, group: Group) -> datetime:
    """Return when a group that is gone was certainly still there."""
    listed, seen = context.groups.listed_at(group.id), context.groups.last_seen(group.id)
    known = [group.registered_at, *([listed] if listed else []), *([seen[1]] if seen else [])]
    return max((moment for moment in known if moment <= context.now), default=context.now)


def _tell(context: Ctx, group: Group, text: str, roles: tuple[Role, ...]) -> Iterator[Action]:
    told: set[int] = set()
    for role in roles:
        for person in context.groups.holders(group.id, role):
            user = context.people.account_of(person.id, group.account)
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
        on(MembersDrawn, watched_again),
        on(StandingChanged, own_standing),
        on(GroupRenamed, renamed),
        on(GroupDissolved, dissolved),
        on(BotRemoved, removed),
        on(GroupRegistered, registered_again),
    ),
    schedules=(
        every(10, "groups", draw_groups),
        every(10, "members", draw_members),
    ),
)

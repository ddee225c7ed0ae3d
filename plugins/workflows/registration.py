"""Registration (HS-3, HS-8): a group comes into the register, is told of the bot, and is checked.

What people state of a group later is amended here too.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from bot.calendar import SHANGHAI, local
from bot.model.action import (
    Action,
    AmendGroup,
    Append,
    Appoint,
    Dismiss,
    DrawMembers,
    DutyDone,
    EnrolPerson,
    Lane,
    NoticePosted,
    ObserveGroup,
    Record,
    RegisterGroup,
    SayInGroup,
    SayPrivately,
    SetGroupState,
)
from bot.model.errors import BotError
from bot.model.event import (
    Ability,
    AccountConfirmed,
    AccountConnected,
    ChangeNoticed,
    FilingAnswered,
    GroupAmended,
    GroupRegistered,
    GroupRenamed,
    GroupSubmitted,
    MemberJoined,
    MembersDrawn,
    OfficeRoleGiven,
    OutcomeState,
    OutgoingSettled,
    OwnerChanged,
    PersonNamed,
    RolesChanged,
    WatcherChanged,
)
from bot.model.filing import ChangeKind, FilingAnswer, Noticed
from bot.model.group import Group, GroupState, Person, Role
from bot.model.message import Standing
from bot.plugin import Context, Workflow, on

NOTICE_VERSION = 1
_MARKER = "【群规助手须知"
_NOTICE_REFUSED = "registration.notice_refused"
_STATED: Final = (
    ChangeKind.UNIT,
    ChangeKind.PURPOSE,
    ChangeKind.JOIN_WAY,
    ChangeKind.RULES,
    ChangeKind.CONTACT,
)
_FIELDS: Final = (
    *(kind.value for kind in _STATED),
    "account",
    "approver",
    "approved_on",
    "opened_on",
    "filed_as",
)


@dataclass(frozen=True, kw_only=True)
class RegistrationSettings:
    """How long a new group is tried before its alerts go at once, in working days."""

    trial_working_days: int = 5


Ctx = Context[RegistrationSettings]


def enter(context: Ctx, event: GroupSubmitted) -> Iterator[Action]:
    """Bring a group, its people and their roles into the register."""
    known = context.groups.at(event.platform, event.platform_id)
    if known is not None and known.state is GroupState.REGISTERED:
        raise BotError(f"“{known.name}”已登记，不用重复登记。")
    if context.online and event.account not in context.online:
        _, _, number = event.account.partition(":")
        raise BotError(f"机器人没有登录账号 {number}，请核对账号，或等它登录后再登记。")
    _not_ahead(context, event.opened_on, "开通日期")
    if known is None:
        group = context.groups.next_id()
        days = context.settings.trial_working_days
        today = local(context.now).date()
        yield RegisterGroup(
            id=group,
            platform=event.platform,
            platform_id=event.platform_id,
            account=event.account,
            name=event.name,
            unit=event.unit,
            purpose=event.purpose,
            join_way=event.join_way,
            rules=event.rules,
            contact=event.contact,
            approver=event.approver,
            approved_on=event.approved_on,
            opened_on=event.opened_on,
            filed_as=event.filed_as,
            trial_until=context.calendar.add_working_days(today, days) if days else None,
        )
        for role, named in (
            (Role.OWNER, event.owner),
            *((Role.ADMINISTRATOR, each) for each in event.administrators),
            (Role.LEADER, event.leader),
        ):
            yield from _appoint(context, event.account, named, role, group)
        if not event.filed_as:
            yield _opened(context, context.groups.get(group))
    else:
        group = known.id
        yield from _enter_again(context, known, event)
    yield Record(
        actor=event.submitted_by or "operator",
        deed="group.registered",
        subject=f"group:{group}",
        # HS-8 asks for a dedicated administrator beside the owner.
        detail="" if event.administrators else "incomplete: no administrator",
    )
    yield Append(event=GroupRegistered(at=context.now, group=group))


def amend(context: Ctx, event: GroupAmended) -> Iterator[Action]:
    """Keep what people state of a group anew; what was stated otherwise before is to be filed.

    What was not stated before completes the register, and is no change.
    """
    group = context.groups.get(event.group)
    _not_ahead(context, event.happened_on, "变更日期")
    _not_ahead(context, event.opened_on, "开通日期")
    _can_watch(context, group, event.account)
    happened_at = _beginning(context, event.happened_on)
    stated = {key: getattr(event, key) for key in _FIELDS if getattr(event, key) is not None}
    changed = [key for key, value in stated.items() if value != getattr(group, key)]
    if changed:
        yield AmendGroup(group=group.id, **{key: stated[key] for key in changed})
    for kind in _STATED:
        before = getattr(group, kind.value)
        if kind.value in changed and before and group.state is not GroupState.DISSOLVED:
            yield Append(
                event=ChangeNoticed(
                    at=context.now,
                    group=group.id,
                    kind=kind,
                    before=before,
                    after=stated[kind.value],
                    earliest_at=happened_at,
                    latest_at=happened_at,
                    how=Noticed.STATED,
                )
            )
    for role, named in (
        (Role.OWNER, None if event.owner is None else (event.owner,)),
        (Role.ADMINISTRATOR, event.administrators),
        (Role.LEADER, None if event.leader is None else (event.leader,)),
    ):
        if named is not None and (yield from _seat(context, group, role, named, happened_at)):
            changed.append(role.value)
    if not changed:
        return
    if "account" in changed and group.state is GroupState.REGISTERED:
        yield Append(event=WatcherChanged(at=context.now, group=group.id, before=group.account))
    if {"opened_on", "filed_as"}.intersection(changed):
        yield from _opening_amended(context, context.groups.get(group.id))
    yield Record(
        actor=event.submitted_by or "operator",
        deed="group.amended",
        subject=f"group:{group.id}",
        detail=" ".join(changed),
    )


def give_role(context: Ctx, event: OfficeRoleGiven) -> Iterator[Action]:
    """Name who holds a role of the whole office."""
    role = Role(event.role)
    if not role.of_office:
        raise BotError(f"{role.label}是一个群里的角色，请用 qungui group add 登记。")
    if event.person.user and any(
        account.startswith(f"{event.platform}:")
        and abilities
        and Ability.STABLE_IDS not in abilities
        for account, abilities in context.abilities.items()
    ):
        raise BotError(
            "这个平台的账号每次登录都会变，请不填账号，只填姓名和科室；本人凭确认码确认。"
        )
    yield from _appoint(context, event.platform, event.person, role, None)
    yield Record(actor="operator", deed="role.given", subject=f"role:{role.value}")


def _appoint(
    context: Ctx, through: str, named: PersonNamed, role: Role, group: int | None
) -> Generator[Action, None, Person]:
    """Give a role to whom a form names; return who that is.

    `through` is the watching account by which his user id is known, or a platform alone.
    """
    platform, _, number = through.partition(":")
    person = context.people.with_account(platform, named.user) if named.user else None
    if person is not None and person.name != named.name:
        raise BotError(
            f"账号尾号 {named.user[-4:]} 已登记为{person.masked}，与填写的姓名不符，请核对。"
        )
    if person is None:
        known = _known(context, through, named)
        person = known or Person(id=context.people.next_id(), name=named.name, unit=named.unit)
        if named.user or known is None:
            stable = Ability.STABLE_IDS in context.abilities.get(through, frozenset())
            yield EnrolPerson(
                person=person,
                platform=platform,
                user=named.user,
                login=through if number and not stable else None,
            )
            if named.user and number and known is not None:
                yield Append(
                    event=AccountConfirmed(
                        at=context.now, account=through, user=named.user, person=person.id
                    )
                )
    yield Appoint(person=person.id, role=role, group=group)
    return person


def _known(context: Ctx, through: str, named: PersonNamed) -> Person | None:
    """Return the person of the register whom a form means by name and unit, or staff number.

    Who is reached by another account already is somebody else, where an account is named too.
    Raises BotError where nobody can tell who is meant.
    """
    today = local(context.now).date()
    alike = [
        each
        for each in context.people.named(named.name, without=through if named.user else "")
        if each.left_on is None or each.left_on >= today
    ]
    found = [
        each for each in alike if named.unit in {"", each.unit, each.staff_number or each.unit}
    ]
    if len(found) > 1 and not named.user:
        raise BotError(
            f"登记表和花名册里有 {len(found)} 个{found[0].masked}，"
            "分不清是哪一个：请写明科室，同科室同名的在科室处写工号。"
        )
    return found[0] if len(found) == 1 else None


def _enter_again(context: Ctx, group: Group, event: GroupSubmitted) -> Iterator[Action]:
    """Work again in a group that was in the register, with what is stated of it now."""
    yield SetGroupState(group=group.id, state=GroupState.REGISTERED)
    if event.name != group.name:
        yield Append(
            event=GroupRenamed(
                at=context.now,
                account=group.account,
                group=group.platform_id,
                name=event.name,
                since=context.groups.listed_at(group.id) or group.registered_at,
            )
        )
    yield from amend(
        context,
        GroupAmended(
            at=event.at,
            group=group.id,
            unit=event.unit or None,
            purpose=event.purpose or None,
            join_way=event.join_way or None,
            rules=event.rules or None,
            contact=event.contact or None,
            approver=event.approver or None,
            approved_on=event.approved_on,
            opened_on=event.opened_on,
            filed_as=event.filed_as or None,
            owner=event.owner,
            administrators=event.administrators,
            leader=event.leader,
            submitted_by=event.submitted_by,
        ),
    )


def _can_watch(context: Ctx, group: Group, account: str | None) -> None:
    """Raise BotError for another account that is not one of the bot's own that work now."""
    if account is None or account == group.account:
        return
    platform, _, number = account.partition(":")
    if platform != group.platform or not context.online.get(account):
        raise BotError(f"机器人没有登录账号 {number}，请核对账号，或等它登录后再换。")


def _seat(
    context: Ctx, group: Group, role: Role, named: Sequence[PersonNamed], at: datetime
) -> Generator[Action, None, bool]:
    """Give a role to exactly those who are named; return whether others had it before."""
    before = [each.id for each in context.groups.holders(group.id, role)]
    after = []
    for each in named:
        person = yield from _appoint(context, group.account, each, role, group.id)
        after.append(person.id)
    for gone in before:
        if gone not in after:
            yield Dismiss(person=gone, role=role, group=group.id)
    if set(before) == set(after):
        return False
    yield Append(
        event=RolesChanged(
            at=at, group=group.id, role=role, before=tuple(before), after=tuple(after)
        )
    )
    return True


def _opened(context: Ctx, group: Group) -> Append:
    """Return that a group was opened: on its day, else between its approval and now (HS-3)."""
    registered = min(group.registered_at, context.now)
    earliest = latest = registered
    after = "登记时开通"
    if group.opened_on is not None:
        earliest = latest = _beginning(context, group.opened_on)
        after = f"{group.opened_on} 开通"
    elif group.approved_on is not None:
        earliest = min(_beginning(context, group.approved_on), registered)
        after = f"{group.approved_on} 批准，没有填报开通日期"
    return Append(
        event=ChangeNoticed(
            at=context.now,
            group=group.id,
            kind=ChangeKind.OPENED,
            after=after,
            earliest_at=earliest,
            latest_at=latest,
            how=Noticed.STATED,
        )
    )


def _opening_amended(context: Ctx, group: Group) -> Iterator[Action]:
    """Correct an opening that is not filed yet; one that was filed before is none to file."""
    filing = context.filings.forming(group.id)
    changes = context.filings.changes(filing.id) if filing else ()
    stale = [each for each in changes if each.counts and each.kind is ChangeKind.OPENED]
    if filing is None or not stale:
        return
    if not group.filed_as:
        yield _opened(context, group)
    yield Append(
        event=FilingAnswered(
            at=context.now,
            number=filing.id,
            answer=FilingAnswer.DISMISS,
            text=f"已备案（{group.filed_as}）" if group.filed_as else "开通日期已更正",
            changes=tuple(each.number for each in stale),
        )
    )


def _beginning(context: Ctx, on: date | None) -> datetime:
    """Return when a day began, or the present moment where no earlier day is stated."""
    if on is None:
        return context.now
    return min(datetime.combine(on, time(), SHANGHAI).astimezone(UTC), context.now)


def _not_ahead(context: Ctx, on: date | None, what: str) -> None:
    if on is not None and on > local(context.now).date():
        raise BotError(f"{what} {on} 还没有到，请核对。")


def first_look(context: Ctx, event: GroupRegistered | WatcherChanged) -> Iterator[Action]:
    """Look at a newly registered group, or one that another account watches now."""
    group = context.groups.get(event.group)
    yield DrawMembers(account=group.account, group=group.platform_id, ref=f"first:{group.id}")


def look_at_new(context: Ctx, event: AccountConnected) -> Iterator[Action]:
    """Look at groups that have not been told of the bot yet."""
    for group in context.groups.watched_by(event.account):
        if group.notice_version < NOTICE_VERSION:
            yield DrawMembers(account=event.account, group=group.platform_id)


def greet(context: Ctx, event: MembersDrawn) -> Iterator[Action]:
    """Keep what a member list shows; post the notice where it is missing; say what has changed."""
    platform, _, own = event.account.partition(":")
    group = context.groups.at(platform, event.group)
    if group is None:
        return
    standings = {member.user: member.standing for member in event.members}
    standing = standings.get(own)
    if standing is None and not event.complete:
        return  # a list that was cut short says nothing about who is not in it
    owners = [user for user, each in standings.items() if each is Standing.OWNER]
    lasting = Ability.STABLE_IDS in context.abilities.get(event.account, frozenset())
    # Where ids change with each login, another id of the owner alone says nothing.
    known = group.owner_user if lasting or group.owner_user in standings else None
    if known and owners and owners[0] != known:
        # No platform has an event for it.
        yield Append(
            event=OwnerChanged(
                at=event.at,
                account=event.account,
                group=event.group,
                owner=owners[0],
                before=known,
                since=group.drawn_at or group.registered_at,
            )
        )
    yield ObserveGroup(
        group=group.id,
        member_count=len(event.members),
        standing=standing,
        owner_user=owners[0] if owners else group.owner_user,
    )
    if standing is not None and group.notice_version < NOTICE_VERSION:
        yield from _post_notice(context, group)
    if standing is not group.standing or group.drawn_at is None:
        yield from _tell_powers(context, group, standing)


def _post_notice(context: Ctx, group: Group) -> Iterator[Action]:
    yield SayInGroup(
        account=group.account,
        lane=Lane.DIGEST,
        group=group.platform_id,
        ref=f"notice:{group.id}:{NOTICE_VERSION}",
        text=notice(context, group),
        marker=f"{_MARKER} 第{NOTICE_VERSION}版】",
    )
    yield NoticePosted(group=group.id, version=NOTICE_VERSION)


def not_there(context: Ctx, event: OutgoingSettled) -> Iterator[Action]:
    """Say that the bot is not in a group that was registered."""
    name, _, number = event.ref.partition(":")
    if name == "first" and event.reason.startswith("refused"):
        yield from _tell_powers(context, context.groups.get(int(number)), None)


def joined(_: Ctx, event: MemberJoined) -> Iterator[Action]:
    """Look at a group into which the bot was let."""
    if event.user == event.account.partition(":")[2]:
        yield DrawMembers(account=event.account, group=event.group)


def notice_settled(context: Ctx, event: OutgoingSettled) -> Iterator[Action]:
    """Keep whether the notice stands; where it was refused it is posted again at the next look."""
    name, _, rest = event.ref.partition(":")
    if name != "notice":
        return
    number, _, version = rest.partition(":")
    group = context.groups.get(int(number))
    deed = f"notice.{'posted' if event.state is OutcomeState.DONE else event.state.value}"
    said = Record(actor="bot", deed=deed, subject=f"group:{number}", detail=f"version {version}")
    if event.state is not OutcomeState.FAILED:
        yield said
        return
    yield NoticePosted(group=group.id, version=0)
    today = f"{group.id}:{local(context.now).date()}"
    if not context.duties.done(_NOTICE_REFUSED, today):
        yield DutyDone(job=_NOTICE_REFUSED, slot=today)
        yield said
        yield from _tell_owners(
            context,
            group,
            f"我在“{group.name}”里发不出须知（可能被禁言），会再试；请检查群设置。无需回复。",
        )


def notice(context: Context[Any], group: Group) -> str:
    """Return what the group is told (个人信息保护法 17): what is screened and kept, who sees it."""
    return (
        f"{_MARKER} 第{NOTICE_VERSION}版】“{group.name}”是登记的工作群，我协助群主落实管理办法。\n"
        "查什么：赌博、病毒链接、个人隐私、涉密标志等办法第十二条禁止的内容，不评价观点。\n"
        "存什么：只存有问题的消息，加密保存不超过 200 字，办结 30 天后删除；涉密内容一字不存。\n"
        "谁能看：群主、群管理员、分管领导、机关党委，每次查看都有记录。\n"
        "谁决定：撤回、提醒等都由人决定，机器人不自行处罚。\n"
        f"有异议：私聊我“申诉 编号 理由”，或联系{context.office.contact}。"
    )


def _tell_powers(context: Ctx, group: Group, standing: Standing | None) -> Iterator[Action]:
    able = context.abilities.get(group.account, frozenset({Ability.RECALL}))
    if standing is not None and Ability.RECALL not in able:
        role = "普通成员" if standing is Standing.MEMBER else "管理员"
        text = (
            f"我在“{group.name}”里是{role}；这个平台不让我撤回别人的消息，"
            "需要时请在群里手工撤回。无需回复。"
        )
    elif standing in {Standing.ADMINISTRATOR, Standing.OWNER}:
        text = f"我在“{group.name}”里有管理员权限，可以按您的回复撤回普通成员的消息。无需回复。"
    elif standing is Standing.MEMBER:
        text = (
            f"我在“{group.name}”里是普通成员，不能撤回消息。需要时请在群里手工撤回；"
            "或在群设置里把我设为管理员。无需回复。"
        )
    else:
        text = f"我不在“{group.name}”的成员名单里，无法检查该群。请群主把我拉进群。"
    yield from _tell_owners(context, group, text)


def _tell_owners(context: Ctx, group: Group, text: str) -> Iterator[Action]:
    for owner in context.groups.holders(group.id, Role.OWNER):
        user = context.people.account_of(owner.id, group.account)
        if user is not None:
            yield SayPrivately(
                account=group.account,
                user=user,
                text=text,
                marker=text,
                via_group=group.platform_id,
            )


WORKFLOW = Workflow(
    name="registration",
    settings=RegistrationSettings,
    listens=(
        on(GroupSubmitted, enter),
        on(GroupAmended, amend),
        on(OfficeRoleGiven, give_role),
        on(GroupRegistered, first_look),
        on(WatcherChanged, first_look),
        on(AccountConnected, look_at_new),
        on(MembersDrawn, greet),
        on(MemberJoined, joined),
        on(OutgoingSettled, not_there),
        on(OutgoingSettled, notice_settled),
    ),
)

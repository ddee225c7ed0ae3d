"""Registration (HS-3, HS-8): a group comes into the register, is told of the bot, and is checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.calendar import local
from bot.model.action import (
    Action,
    Append,
    Appoint,
    DrawMembers,
    DutyDone,
    EnrolPerson,
    Lane,
    NoticePosted,
    ObserveGroup,
    Record,
    RegisterGroup,
    RenameGroup,
    SayInGroup,
    SayPrivately,
    SetGroupState,
)
from bot.model.errors import BotError
from bot.model.event import (
    AccountConnected,
    GroupRegistered,
    GroupSubmitted,
    MemberJoined,
    MembersDrawn,
    OfficeRoleGiven,
    OutcomeState,
    OutgoingSettled,
    OwnerChanged,
    PersonNamed,
)
from bot.model.group import Group, GroupState, Person, Role
from bot.model.message import Standing
from bot.plugin import Context, Workflow, on

NOTICE_VERSION = 1
_MARKER = "【群规助手须知"
_NOTICE_REFUSED = "registration.notice_refused"


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
            approver=event.approver,
            approved_on=event.approved_on,
            trial_until=context.calendar.add_working_days(today, days) if days else None,
        )
    else:
        group = known.id
        yield SetGroupState(group=group, state=GroupState.REGISTERED)
        yield RenameGroup(group=group, name=event.name)
    for role, named in (
        (Role.OWNER, event.owner),
        *((Role.ADMINISTRATOR, each) for each in event.administrators),
        (Role.LEADER, event.leader),
    ):
        yield from _appoint(context, event.platform, named, role, group)
    yield Record(
        actor=event.submitted_by or "operator",
        deed="group.registered",
        subject=f"group:{group}",
        # HS-8 asks for a dedicated administrator beside the owner.
        detail="" if event.administrators else "incomplete: no administrator",
    )
    yield Append(event=GroupRegistered(at=context.now, group=group))


def give_role(context: Ctx, event: OfficeRoleGiven) -> Iterator[Action]:
    """Name who holds a role of the whole office."""
    role = Role(event.role)
    if not role.of_office:
        raise BotError(f"{role.label}是一个群里的角色，请用 qungui group add 登记。")
    yield from _appoint(context, event.platform, event.person, role, None)
    yield Record(actor="operator", deed="role.given", subject=f"role:{role.value}")


def _appoint(
    context: Ctx, platform: str, named: PersonNamed, role: Role, group: int | None
) -> Iterator[Action]:
    person = context.people.with_account(platform, named.user)
    if person is None:
        person = Person(id=context.people.next_id(), name=named.name, unit=named.unit)
        yield EnrolPerson(person=person, platform=platform, user=named.user)
    elif person.name != named.name:
        raise BotError(
            f"账号尾号 {named.user[-4:]} 已登记为{person.masked}，与填写的姓名不符，请核对。"
        )
    yield Appoint(person=person.id, role=role, group=group)


def first_look(context: Ctx, event: GroupRegistered) -> Iterator[Action]:
    """Look at a newly registered group."""
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
    if group.owner_user and owners and owners[0] != group.owner_user:
        # No platform has an event for it.
        yield Append(
            event=OwnerChanged(
                at=event.at,
                account=event.account,
                group=event.group,
                owner=owners[0],
                before=group.owner_user,
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
    if standing in {Standing.ADMINISTRATOR, Standing.OWNER}:
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
        user = context.people.account_of(owner.id, group.platform)
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
        on(OfficeRoleGiven, give_role),
        on(GroupRegistered, first_look),
        on(AccountConnected, look_at_new),
        on(MembersDrawn, greet),
        on(MemberJoined, joined),
        on(OutgoingSettled, not_there),
        on(OutgoingSettled, notice_settled),
    ),
)

"""What people read of a weekly audit: one numbered list, short, decidable with one thumb."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from bot.calendar import local
from bot.model.action import Lane, SayPrivately
from bot.model.errors import BotError
from bot.model.event import Ability
from bot.model.group import Group, Person, mask_card
from bot.model.member import MemberList
from bot.model.message import Standing
from bot.model.weekly_audit import AuditItem, AuditReason, ItemDecision, Removal, WeeklyAudit
from bot.plugin import Context
from plugins.workflows.weekly_audit.settings import WeeklyAuditSettings

_ROOM: Final = 700
_CARD: Final = 16

Audits = Context[WeeklyAuditSettings]


def heading(context: Audits, audit: WeeklyAudit, group: Group) -> str:
    """Return the first line: group, members, when the list was drawn and whether it is whole."""
    if audit.drawn_at is None:
        return f"【周核查】{group.name} 没有取到名单"
    whole = "完整" if audit.complete else "不完整"
    at = clock(context, audit.drawn_at)
    return f"【周核查】{group.name} {audit.members}人 名单取于{at} {whole}"


def listed(
    context: Audits,
    audit: WeeklyAudit,
    group: Group,
    items: Sequence[AuditItem],
    *,
    reader: Person,
    said: str = "",
) -> str:
    """Return what waits for a reader's decision, as numbered lines, and how to answer.

    What concerns himself is only counted.
    """
    mine = [each for each in items if each.is_open and not is_about(context, each, group, reader)]
    own = sum(each.is_open for each in items) - len(mine)
    lines = [heading(context, audit, group), *([said] if said else [])]
    room = _ROOM
    for shown, item in enumerate(mine):
        text = line(context, item)
        room -= len(text) + 1
        if room < 0:
            lines.append(f"（没有列完，还有 {len(mine) - shown} 项；定了一些后再回复“核查”）")
            break
        lines.append(text)
    if own:
        lines.append(f"（另有 {own} 项涉及您本人，由别人定）")
    if not audit.complete:
        lines.append("名单可能不全或不是最新的，先不能移人；取到完整的名单后我再告诉您。")
    if open_ := [each for each in mine if each.decision is None]:
        lines.append(f"回复：{_answers(audit, open_)}")
    return "\n".join(lines)


def line(context: Audits, item: AuditItem) -> str:
    """Return an item as one line: its number, who it is, masked, and why he stands there."""
    state = f"（{item.removal.label}）" if item.removal else ""
    return f"{item.number} {who(context, item)} {why(context, item)}{state}"


def who(context: Audits, item: AuditItem) -> str:
    """Return the member masked: by the register, else by his card, else by his account."""
    if item.person is not None:
        return _person(context, item.person)
    return mask_card(item.shown[:_CARD]) or f"尾号{item.user[-4:]}"


def why(context: Audits, item: AuditItem) -> str:
    """Return the reason in words, with its date, and whom he may be."""
    reason = item.reason
    may_be = [_person(context, each) for each in item.proposed]
    if reason in {AuditReason.LEFT, AuditReason.MOVED}:
        when = day(item.on) if item.on else "已"
        return f"{when}{reason.label}" + (f"，像是{may_be[0]}" if may_be else "")
    if reason is AuditReason.NO_RECORD:
        late = f"，{day(item.on)}前应补" if item.on else ""
        return f"{reason.label}{late}" + (f"，像是{may_be[0]}" if len(may_be) == 1 else "")
    return reason.label + (f"：{'、'.join(may_be)}" if may_be else "")


def summary(items: Sequence[AuditItem]) -> str:
    """Return what was done, counted."""
    kinds = [
        (each.label, sum(item.decision is each and not is_relisted(item) for item in items))
        for each in (ItemDecision.REMOVE, ItemDecision.VERIFY, ItemDecision.KEEP)
    ]
    gone = sum(item.decision is None and item.removal is Removal.REMOVED for item in items)
    done = [f"{label} {count}" for label, count in (*kinds, ("自行退群", gone)) if count]
    return "，".join(done)


def is_relisted(item: AuditItem) -> bool:
    """Whether a member stands on a newer list under another number."""
    return item.removal is Removal.RELISTED


def by_hand(context: Audits, group: Group) -> str:
    """Return how to remove somebody without the bot."""
    minutes = context.settings.by_hand_minutes
    return (
        f"我移不了，请您在“{group.name}”群成员里手工移出。{minutes} 分钟后我会取名单核对，"
        "不用回复。"
    )


def say(
    context: Audits, person: Person, group: Group, text: str, *, lane: Lane = Lane.DIGEST
) -> list[SayPrivately]:
    """Return a private message to somebody; nothing where he has no account there."""
    user = context.people.account_of(person.id, group.account)
    if user is None:
        return []
    return [
        SayPrivately(
            account=group.account,
            lane=lane,
            user=user,
            text=text,
            marker=text.partition("\n")[0],
            via_group=group.platform_id,
        )
    ]


def is_about(context: Audits, item: AuditItem, group: Group, person: Person) -> bool:
    """Whether an item is about the person himself: nobody decides that."""
    if item.person is not None:
        return item.person == person.id
    account = context.people.account(group.platform, item.user)
    return account is not None and account.person == person.id


def is_fresh(context: Audits, drawn: MemberList | None) -> bool:
    """Whether somebody may be removed on the word of a group's list."""
    if drawn is None or not drawn.complete:
        return False
    return (context.now - drawn.drawn_at).total_seconds() <= context.settings.list_hours * 3600


def can_remove(context: Audits, group: Group, item: AuditItem) -> bool:
    """Whether the bot can remove a member: administrators remove plain members only."""
    if Ability.REMOVE not in context.abilities.get(group.account, frozenset()):
        return False
    member = context.members.get(group.id, item.user)
    if member is None or member.standing is Standing.OWNER:
        return False
    return group.standing is Standing.OWNER or (
        group.standing is Standing.ADMINISTRATOR and member.standing is Standing.MEMBER
    )


def clock(context: Audits, moment: datetime) -> str:
    """Return a moment as people say it: the hour today, else with the day."""
    there = local(moment)
    same = there.date() == local(context.now).date()
    return there.strftime("%H:%M" if same else "%m-%d %H:%M")


def day(on: date) -> str:
    """Return a day as people say it."""
    return f"{on.month}月{on.day}日"


def week_of(moment: datetime) -> str:
    """Return the week of a moment as it is called: 2026-W47."""
    year, week, _ = local(moment).isocalendar()
    return f"{year}-W{week:02}"


def the_audit(context: Audits, number: int) -> WeeklyAudit:
    """Return an audit as it now is; BotError for one that has expired."""
    audit = context.audits.get(number)
    if audit is None:
        raise BotError("这次核查的记录已到期清除。")
    return audit


def _answers(audit: WeeklyAudit, items: Sequence[AuditItem]) -> str:
    first = items[0].number
    offered = [f"移{first}"] if audit.complete else []
    if nameless := next((each for each in items if each.person is None), None):
        sure = len(nameless.proposed) == 1
        offered.append(f"补{nameless.number}" + (" 确认" if sure else "=赵六/财务科"))
    offered.append(f"留{items[-1].number} 理由")
    if len(items) > 1:
        offered.append("全留 理由")
    return "  ".join(offered)


def _person(context: Audits, person: int) -> str:
    found = context.people.get(person)
    return f"{found.masked or '某人'}（{found.unit}）" if found.unit else found.masked or "某人"

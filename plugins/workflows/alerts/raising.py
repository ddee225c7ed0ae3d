"""From a finding to the right person's hand: merge, hold or tell, and escalate when nobody decides."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import groupby

from bot.calendar import SHANGHAI, local
from bot.model.action import (
    Action,
    AttachFindings,
    DutyDone,
    Lane,
    Record,
    SaveAlert,
    SayInGroup,
    SayPrivately,
    Wake,
)
from bot.model.alert import Alert, AlertState, Decision
from bot.model.event import FindingsMade, OutcomeState, OutgoingSettled, TimerDue
from bot.model.finding import Finding, Severity
from bot.model.group import Group, Person, Role
from plugins.workflows.alerts.wording import (
    NUDGE,
    REPORT_WITHIN,
    Alerts,
    alert_text,
    listed,
    marker,
)

UNDECIDED = "alerts.undecided"
DIGEST = "alerts.digest"
SECRET = "alerts.secret"  # noqa: S105 - the key of a timer
_CHAIN = (Role.OWNER, Role.DUTY, Role.LEADER)
_SECRET_CHAIN = (*_CHAIN, Role.COMMITTEE)
_REGULAR, _TRIAL, _CAUGHT_UP, _FLOOD = "regular", "trial", "caught_up", "flood"


def raise_alerts(context: Alerts, event: FindingsMade) -> Iterator[Action]:
    """Tell the right person of findings, or hold them for a digest."""
    group = context.groups.get(event.group)
    by_rule = sorted(event.findings, key=lambda each: each.rule)
    for _, same in groupby(by_rule, key=lambda each: each.rule):
        yield from _raise(context, group, tuple(same))


def _raise(context: Alerts, group: Group, findings: Sequence[Finding]) -> Iterator[Action]:
    first = findings[0]
    severity = max(each.severity for each in findings)
    chosen = first_recipient(context, group, first.sender)
    if chosen is None:
        yield Record(actor="bot", deed="alert.nobody", subject=f"group:{group.id}")
        return
    tier, recipient = chosen
    known = context.alerts.merging(
        group=group.id,
        rule=first.rule,
        sender=first.sender,
        recipient=recipient.id,
        since=context.now - timedelta(minutes=context.settings.merge_minutes),
    )
    if known is not None:
        alert = known.grown(1, severity)
    else:
        alert = Alert(
            id=context.alerts.next_id(),
            group=group.id,
            rule=first.rule,
            topic=first.topic,
            severity=severity,
            sender=first.sender,
            sender_card=first.sender_card,
            recipient=recipient.id,
            tier=tier,
            number=context.alerts.next_number(recipient.id),
            state=AlertState.HELD,
            opened_at=context.now,
            first_posted_at=first.posted_at,
            message_id=first.message_id,
            clauses=first.clauses,
            caught_up=first.caught_up,
        )
        yield Record(
            actor="bot",
            deed="alert.opened",
            subject=f"alert:{alert.id}",
            detail=f"group:{group.id} rule:{alert.rule} {severity.word}",
        )
    yield SaveAlert(alert=alert)
    yield AttachFindings(findings=tuple(each.id for each in findings), alert=alert.id)
    if alert.state is not AlertState.HELD:
        return
    held = _held_for(context, group, alert)
    if held is None:
        yield from tell(context, alert, group)
        return
    kind, at = held
    yield Wake(key=f"{DIGEST}:{recipient.id}:{kind}", at=at)


def tell(context: Alerts, alert: Alert, group: Group) -> Iterator[Action]:
    """Send an alert to its recipient now, and wait for his decision."""
    settings = context.settings
    if alert.classified:
        due_at = context.now + timedelta(minutes=settings.decide_minutes)
    else:
        due_at = context.calendar.working_minutes_after(context.now, settings.decide_minutes)
    told = alert.told(context.now, due_at)
    yield SaveAlert(alert=told)
    if told.escalates:
        yield Wake(key=f"{UNDECIDED}:{alert.id}", at=due_at)
    if alert.classified and alert.source is None:
        for hours in (20, 24):
            yield Wake(
                key=f"{SECRET}:{alert.id}:{hours}",
                at=alert.first_posted_at + timedelta(hours=hours),
            )
    user = context.people.account_of(alert.recipient, group.platform)
    if user is None:
        yield Record(actor="bot", deed="alert.unreachable", subject=f"alert:{alert.id}")
        return
    findings = context.findings.of_alert(alert.source or alert.id)
    yield SayPrivately(
        account=group.account,
        lane=Lane.CRITICAL if alert.severity is Severity.CRITICAL else Lane.ALERT,
        ref=f"alert:{alert.id}",
        user=user,
        text=alert_text(context, told, group, findings),
        marker=marker(told),
        via_group=group.platform_id,
    )


def first_recipient(context: Alerts, group: Group, sender: str) -> tuple[Role, Person] | None:
    """Return who is told first: the owner; about the owner the leader; about him the office."""
    person = context.people.with_account(group.platform, sender)
    roles = {
        role
        for where, role in (context.groups.roles_of(person.id) if person else ())
        if where in {None, group.id}
    }
    if Role.LEADER in roles:
        chain: tuple[Role, ...] = (Role.COMMITTEE,)
    elif Role.OWNER in roles or sender == group.owner_user:
        chain = (Role.LEADER, Role.COMMITTEE)
    else:
        chain = (Role.OWNER, Role.LEADER, Role.COMMITTEE)
    for role in chain:
        for holder in holders(context, group, role):
            if person is None or holder.id != person.id:
                return role, holder
    return None


def holders(context: Alerts, group: Group, role: Role) -> Sequence[Person]:
    """Return who holds a role, in the group or in the office."""
    if role.of_office:
        return context.groups.in_office(role)
    return context.groups.holders(group.id, role)


def carry_on(context: Alerts, event: TimerDue) -> Iterator[Action]:
    """Do what a timer of ours asks: escalate, send a digest, or recall the 24-hour clock."""
    name, _, rest = event.key.partition(":")
    if name == UNDECIDED:
        yield from _escalate(context, int(rest))
    elif name == DIGEST:
        person, _, kind = rest.partition(":")
        yield from _digest(context, int(person), kind)
    elif name == SECRET:
        number, _, hours = rest.partition(":")
        yield from _remind_of_secret(context, int(number), int(hours))


def _escalate(context: Alerts, number: int) -> Iterator[Action]:
    alert = context.alerts.get(number)
    if alert is None or alert.state is not AlertState.OPEN or not alert.escalates:
        return
    group = context.groups.get(alert.group)
    if not alert.classified and in_trial(context, group):
        return
    if _paused(context, group) and alert.severity is not Severity.CRITICAL:
        assert group.paused_until is not None
        yield Wake(key=f"{UNDECIDED}:{alert.id}", at=group.paused_until)
        return
    upper = next_recipient(context, group, alert)
    if upper is not None:
        yield from pass_on(context, alert, group, *upper)


def next_recipient(context: Alerts, group: Group, alert: Alert) -> tuple[Role, Person] | None:
    """Return who is told after an alert's recipient: nobody twice, nobody about himself."""
    chain = _SECRET_CHAIN if alert.classified else _CHAIN
    family = {each.recipient for each in context.alerts.family(alert)}
    sender = context.people.with_account(group.platform, alert.sender)
    after = chain.index(alert.tier) + 1 if alert.tier in chain else len(chain)
    for role in chain[after:]:
        for holder in holders(context, group, role):
            if holder.id not in family and (sender is None or holder.id != sender.id):
                return role, holder
    return None


def pass_on(
    context: Alerts, alert: Alert, group: Group, role: Role, person: Person
) -> Iterator[Action]:
    """Open the same matter for somebody further up and tell him."""
    upper = Alert(
        id=context.alerts.next_id(),
        group=alert.group,
        rule=alert.rule,
        topic=alert.topic,
        severity=alert.severity,
        sender=alert.sender,
        sender_card=alert.sender_card,
        recipient=person.id,
        tier=role,
        number=context.alerts.next_number(person.id),
        opened_at=context.now,
        first_posted_at=alert.first_posted_at,
        count=alert.count,
        message_id=alert.message_id,
        clauses=alert.clauses,
        source=alert.source or alert.id,
        caught_up=alert.caught_up,
    )
    yield SaveAlert(alert=upper)
    yield Record(
        actor="bot",
        deed="alert.passed_on",
        subject=f"alert:{alert.id}",
        detail=f"to {role.value} as alert:{upper.id}",
    )
    yield from tell(context, upper, group)


def _digest(context: Alerts, person: int, kind: str) -> Iterator[Action]:
    groups = {group.id: group for group in context.groups.all()}
    held = [
        alert
        for alert in context.alerts.held()
        if alert.recipient == person
        and alert.group in groups
        and _in_digest(context, groups[alert.group], alert, kind)
    ]
    if not held:
        return
    held.sort(key=lambda alert: (alert.group, -alert.severity, alert.number))
    for alert in held:
        due_at = context.calendar.working_minutes_after(
            context.now, context.settings.decide_minutes
        )
        yield SaveAlert(alert=alert.told(context.now, due_at))
        if alert.escalates and not in_trial(context, groups[alert.group]):
            yield Wake(key=f"{UNDECIDED}:{alert.id}", at=due_at)
    group = groups[held[0].group]
    user = context.people.account_of(person, group.platform)
    if user is None:
        return
    title = {
        _TRIAL: "试运行汇总",
        _CAUGHT_UP: "补查汇总",
        _FLOOD: "集中汇总",
    }.get(kind, "汇总")
    head = f"【{title} {len(held)} 件】"
    example = held[0].number
    yield SayPrivately(
        account=group.account,
        lane=Lane.DIGEST,
        # In a flood nothing is posted in the group, so a lost digest leads to no nudge there.
        ref="" if kind == _FLOOD else f"digest:{person}",
        user=user,
        text=f"{head}\n{listed(context, held)}\n"
        f"回复编号处置，如：看{example}  撤回{example}  误报{example} 理由  确认{example}；全部待办回复“待办”",
        marker=head,
        via_group=group.platform_id,
    )


def _in_digest(context: Alerts, group: Group, alert: Alert, kind: str) -> bool:
    if kind == _TRIAL:
        return in_trial(context, group)
    if in_trial(context, group) or _paused(context, group):
        return False
    return alert.caught_up or kind != _CAUGHT_UP


def _remind_of_secret(context: Alerts, number: int, hours: int) -> Iterator[Action]:
    alert = context.alerts.get(number)
    if alert is None:
        return
    family = context.alerts.family(alert)
    if any(each.decision in {Decision.REPORTED, Decision.FALSE_POSITIVE} for each in family):
        return
    group = context.groups.get(alert.group)
    told = {alert.recipient: alert.number} | {each.recipient: each.number for each in family}
    for holder in (
        *holders(context, group, Role.LEADER),
        *holders(context, group, Role.COMMITTEE),
    ):
        told.setdefault(holder.id, 0)
    sender = context.people.with_account(group.platform, alert.sender)
    for person, shown in told.items():
        user = context.people.account_of(person, group.platform)
        if user is None or (sender is not None and sender.id == person):
            continue
        left = "已到 24 小时" if hours >= REPORT_WITHIN.total_seconds() / 3600 else "还剩 4 小时"
        again = f"已报告的请回复“上报{shown}”。" if shown else ""
        yield SayPrivately(
            account=group.account,
            lane=Lane.CRITICAL,
            user=user,
            text=f"【涉密时限】{group.name} 的疑似涉密事项{left}，登记为尚未报告保密办。{again}",
            marker="【涉密时限】",
            via_group=group.platform_id,
        )


def notice_delivery(context: Alerts, event: OutgoingSettled) -> Iterator[Action]:
    """Say “请私聊我：待办” in the group where a private alert did not certainly arrive."""
    name, _, number = event.ref.partition(":")
    if event.state is OutcomeState.DONE or name not in {"alert", "digest"}:
        return
    if name == "alert":
        alert = context.alerts.get(int(number))
    else:
        alert = next(iter(context.alerts.open_of(int(number))), None)
    if alert is None or not alert.is_open:
        return
    yield Record(
        actor="bot",
        deed=f"alert.delivery_{event.state.value}",
        subject=f"alert:{alert.id}",
        detail=event.reason,
    )
    group = context.groups.get(alert.group)
    slot = f"{group.id}:{alert.recipient}:{context.now:%Y-%m-%dT%H}"
    if alert.tier is not Role.OWNER or context.duties.done("alerts.nudge", slot):
        return
    yield DutyDone(job="alerts.nudge", slot=slot)
    yield SayInGroup(
        account=group.account,
        group=group.platform_id,
        mention=context.people.account_of(alert.recipient, group.platform),
        text=NUDGE,
        marker=NUDGE,
    )


def in_trial(context: Alerts, group: Group) -> bool:
    """Whether a new group is still in its working days of trial."""
    return group.trial_until is not None and local(context.now).date() <= group.trial_until


def _paused(context: Alerts, group: Group) -> bool:
    return group.paused_until is not None and context.now < group.paused_until


def _held_for(context: Alerts, group: Group, alert: Alert) -> tuple[str, datetime] | None:
    """Return the digest an alert waits for and when that goes; None when it goes at once."""
    settings, now = context.settings, context.now
    if alert.classified:
        return None
    if in_trial(context, group):
        return _TRIAL, next_time(context, (settings.trial_digest_at,))
    if _paused(context, group) and alert.severity is not Severity.CRITICAL:
        assert group.paused_until is not None
        return _REGULAR, group.paused_until
    if alert.caught_up:
        return _CAUGHT_UP, now + timedelta(seconds=settings.caught_up_seconds)
    if not alert.severity.at_once:
        return _REGULAR, next_time(context, settings.digest_at)
    window = timedelta(minutes=settings.flood_minutes)
    flood = context.alerts.told_since(alert.recipient, now - window) >= settings.flood_count
    return (_FLOOD, now + window) if flood else None


def next_time(context: Alerts, times: Sequence[str]) -> datetime:
    """Return the next of some hours of the day, on a working day, in UTC."""
    here = local(context.now)
    day = here.date()
    while True:
        if context.calendar.is_working_day(day):
            for each in sorted(times):
                moment = datetime.combine(day, time.fromisoformat(each), SHANGHAI)
                if moment > here:
                    return moment.astimezone(UTC)
        day += timedelta(days=1)

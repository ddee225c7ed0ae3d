"""The clock of filings: terms by the calendar, reminders at their distances, and overdue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from bot.calendar import Due, local
from bot.model.action import Action, DutyDone, SaveFiling
from bot.model.event import DutyDue
from bot.model.filing import Deed, Filing
from bot.model.group import Group, Person, Role
from plugins.workflows.filing.people import officers, people_of, turn
from plugins.workflows.filing.wording import Filings, day, record, state_line, step, tell

_DAY: Final = "filing.day"
_REMINDED: Final = "filing.reminded"
_ROOM: Final = 700
_ONE_DAY: Final = timedelta(days=1)


def timed(context: Filings, filing: Filing) -> Filing:
    """Return a filing with the term that the calendar gives it now."""
    due = term(context, filing)
    return filing.timed(
        due.on, provisional=due.provisional, rule=due.rule, today=local(context.now).date()
    )


def term(context: Filings, filing: Filing) -> Due:
    """Return the last day for the earliest change of a filing (HS-10/2)."""
    settings, start_on = context.settings, local(filing.starts_at).date()
    if not settings.first_day_counts:
        return context.calendar.due(start_on, settings.working_days)
    due = context.calendar.due(start_on - timedelta(days=1), settings.working_days)
    return replace(due, rule=due.rule.replace("自次日起算", "自当日起算"))


def keep_time(context: Filings, _: DutyDue) -> Iterator[Action]:
    """Give open filings their terms anew, keep who is overdue, and remind, once a day."""
    today = local(context.now).date()
    due: dict[str, list[Filing]] = {}
    for filing in context.filings.open():
        fresh = timed(context, filing)
        if fresh != filing:
            yield step(context, fresh, Deed.TERM_MOVED, detail=_moved(filing, fresh))
            yield record(fresh, Deed.TERM_MOVED, detail=f"{filing.due_on} to {fresh.due_on}")
        if fresh.is_overdue(today) and fresh.overdue_at is None:
            fresh = fresh.overdue(context.now)
            yield step(context, fresh, Deed.OVERDUE)
            yield record(fresh, Deed.OVERDUE)
        if fresh != filing:
            yield SaveFiling(filing=fresh)
        due.setdefault(context.groups.get(filing.group).account, []).append(fresh)
    if context.calendar.is_working_time(context.now):
        for account, filings in due.items():
            yield from _remind(context, account, filings, today)


def _remind(
    context: Filings, account: str, filings: Sequence[Filing], today: date
) -> Iterator[Action]:
    """Remind the people of one account's groups, each in one message, once a day."""
    slot = f"{account}:{today}"
    if not context.online.get(account) or context.duties.done(_DAY, slot):
        return
    yield DutyDone(job=_DAY, slot=slot)
    office = officers(context, context.groups.get(filings[0].group))
    mine: dict[int, list[tuple[Filing, Group]]] = {}
    for filing in filings:
        days = _reminders(context, filing, today)
        if not days or context.duties.done(_REMINDED, f"{filing.id}:{days[-1]}"):
            continue
        # A clock that was set back comes by the earlier days again.
        for day_ in days:
            yield DutyDone(job=_REMINDED, slot=f"{filing.id}:{day_}")
        group = context.groups.get(filing.group)
        people = _concerned(context, filing, group, today, office)
        for person in people.values():
            mine.setdefault(person.id, []).append((filing, group))
        whom = "、".join(each.masked for each in people.values())
        yield step(context, filing, Deed.REMINDED, detail=whom or "没有能提醒的人")
        yield record(filing, Deed.REMINDED, detail=f"people {len(people)}")
    for number, found in mine.items():
        text = _reminder(context, found)
        yield from tell(context, context.people.get(number), found[0][1], text)


def _reminders(context: Filings, filing: Filing, today: date) -> Sequence[date]:
    """Return the days up to today on which a filing is to be reminded of, after it was opened."""
    last, calendar = _last_working(context, filing.due_on), context.calendar
    days = {_back(context, last, count) for count in (0, *context.settings.remind_before)}
    later = last
    while today > filing.due_on and (later := calendar.add_working_days(later, 1)) <= today:
        days.add(later)
    opened_on = local(filing.opened_at).date()
    return sorted(each for each in days if opened_on < each <= today)


def _concerned(
    context: Filings, filing: Filing, group: Group, today: date, office: Sequence[Person]
) -> Mapping[int, Person]:
    """Return who is reminded: whose turn it is, near the end the leader too, then the office."""
    settings = context.settings
    people = list(turn(context, filing, group))
    if today >= _back(context, _last_working(context, filing.due_on), settings.leader_before):
        people += people_of(context, group, Role.LEADER)
    if today > filing.due_on and today >= context.calendar.add_working_days(
        filing.due_on, settings.office_after
    ):
        people += office
    return {each.id: each for each in people}


def _reminder(context: Filings, found: Sequence[tuple[Filing, Group]]) -> str:
    """Return what is due as lines, the oldest first, and what to reply."""
    found = sorted(found, key=lambda each: (each[0].due_on, each[0].id))
    today = local(context.now).date()
    lines = [f"【备案催办】{day(context, today)} {len(found)} 件"]
    room = _ROOM
    for shown, (filing, group) in enumerate(found):
        line = state_line(context, filing, group)
        room -= len(line) + 1
        if shown and room < 0:
            lines.append(f"（没有列完，还有 {len(found) - shown} 件，回复“备案”看）")
            break
        lines.append(line)
    lines.append(f"看内容和怎么办，请回复：备案 {found[0][0].id}")
    return "\n".join(lines)


def _moved(before: Filing, after: Filing) -> str:
    was, is_ = (
        f"{each.due_on}{'（暂定）' if each.provisional else ''}" for each in (before, after)
    )
    return f"{was} → {is_}　{after.rule}"


def _last_working(context: Filings, on: date) -> date:
    while not context.calendar.is_working_day(on):
        on -= _ONE_DAY
    return on


def _back(context: Filings, on: date, working_days: int) -> date:
    for _ in range(working_days):
        on = _last_working(context, on - _ONE_DAY)
    return on

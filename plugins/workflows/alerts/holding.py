"""When an alert is told: at once, or in the digest of a day, a trial, a pause, a flood, an absence."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

from bot.calendar import SHANGHAI, local
from bot.model.action import OpenDialogue, Wake
from bot.model.alert import Alert
from bot.model.finding import Severity
from bot.model.group import Group
from plugins.workflows.alerts.wording import Alerts

DIGEST: Final = "alerts.digest"
REGULAR: Final = "regular"
TRIAL: Final = "trial"
CAUGHT_UP: Final = "caught_up"
FLOOD: Final = "flood"


def held_for(context: Alerts, group: Group, alert: Alert) -> Wake | None:
    """Return the timer of the digest that an alert waits for; None when it goes at once."""
    settings, now, person = context.settings, context.now, alert.recipient
    if alert.classified:
        return None
    if in_trial(context, group):
        return wake_digest(person, TRIAL, next_time(context, (settings.trial_digest_at,)))
    if paused(context, group) and (alert.severity is not Severity.CRITICAL or alert.low_key):
        assert group.paused_until is not None
        return wake_digest(person, REGULAR, group.paused_until)
    if alert.caught_up:
        seconds = settings.caught_up_seconds
        return wake_digest(person, CAUGHT_UP, now + timedelta(seconds=seconds))
    if not alert.at_once:
        return wake_digest(person, REGULAR, next_time(context, settings.digest_at))
    return _flood_digest(context, person)


def _flood_digest(context: Alerts, person: int) -> Wake | None:
    if not in_flood(context, person):
        return None
    window = context.settings.flood_minutes * 60
    slot = (int(context.now.timestamp()) // window + 1) * window
    return wake_digest(person, FLOOD, datetime.fromtimestamp(slot, UTC))


def wake_digest(person: int, kind: str, at: datetime) -> Wake:
    """Return the timer of a person's digest; what catching up finds goes after the last of it."""
    slot = "" if kind == CAUGHT_UP else f":{int(at.timestamp())}"
    return Wake(key=f"{DIGEST}:{person}:{kind}{slot}", at=at)


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


def in_flood(context: Alerts, person: int) -> bool:
    """Whether a person was told so much lately that the rest comes in one digest."""
    since = context.now - timedelta(minutes=context.settings.flood_minutes)
    return context.alerts.told_since(person, since) >= context.settings.flood_count


def in_trial(context: Alerts, group: Group) -> bool:
    """Whether a new group is still in its working days of trial."""
    return group.trial_until is not None and local(context.now).date() <= group.trial_until


def of_trial(group: Group, alert: Alert) -> bool:
    """Whether an alert was opened in its group's trial: it comes in that digest, and stays there."""
    return group.trial_until is not None and local(alert.opened_at).date() <= group.trial_until


def paused(context: Alerts, group: Group) -> bool:
    """Whether what is not critical in a group is held back now."""
    return group.paused_until is not None and context.now < group.paused_until


def once(person: int, kind: str, until: datetime) -> OpenDialogue:
    """Return what keeps a sentence from being said again until a moment."""
    return OpenDialogue(person=person, kind=kind, body="", expires_at=until)

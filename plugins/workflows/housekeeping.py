"""Housekeeping: what is past its term is forgotten (个人信息保护法 19)."""

from collections.abc import Iterator
from datetime import timedelta

from bot.model.action import Action, Expire, Record
from bot.model.event import DutyDue
from bot.plugin import Context, Terms, Workflow, daily


def expire(context: Context[Terms], _: DutyDue) -> Iterator[Action]:
    """Forget message ids, excerpts, settled sends and handled events."""
    now, settings = context.now, context.settings
    yield Expire(
        message_ids_before=now - timedelta(days=settings.message_ids_days),
        excerpts_before=now - timedelta(days=settings.excerpts_days_after_close),
        settled_before=now - timedelta(days=settings.settled_days),
        audit_before=now - timedelta(days=settings.audit_days),
        left_before=now - timedelta(days=settings.people_days_after_leaving),
    )
    yield Record(actor="bot", deed="expired", subject="store")


WORKFLOW = Workflow(
    name="housekeeping",
    settings=Terms,
    schedules=(daily("03:30", "expire", expire),),
)

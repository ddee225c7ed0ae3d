"""The office's roster: kept all at once or not at all; holds and looks at it are recorded."""

from collections.abc import Iterator
from typing import Any

from bot.calendar import local
from bot.model.action import Action, Append, Hold, IssueCodes, KeepLook, Record, SaveRoster
from bot.model.errors import BotError
from bot.model.event import CodesIssued, HoldPlaced, NameRevealed, RosterKept, RosterSubmitted
from bot.model.rights import Look
from bot.model.roster import compare_roster
from bot.plugin import Context, Workflow, on

Ctx = Context[Any]


def keep(context: Ctx, event: RosterSubmitted) -> Iterator[Action]:
    """Keep a roster; what differs from the last one follows as RosterKept."""
    diff = compare_roster(
        context.people.all(),
        event.rows,
        next_id=context.people.next_id(),
        today=local(context.now).date(),
        whole=event.whole,
    )
    if diff.twice:
        lines = "、".join(str(row.line) for row in diff.twice[:20])
        raise BotError(f"名册里有分不清的人员（第 {lines} 行），请填工号区分后再导入。")
    identities = diff.identities if event.identity_reason.strip() else ()
    yield SaveRoster(people=diff.people, identities=identities)
    yield Record(
        actor=event.submitted_by or "operator",
        deed="roster.kept",
        subject="roster",
        detail=f"rows {len(event.rows)} added {len(diff.added)} changed {len(diff.changed)}"
        f" moved {len(diff.moved)} left {len(diff.left)} identities {len(identities)}"
        + (f": {event.identity_reason.strip()}" if identities else ""),
    )
    yield Append(
        event=RosterKept(
            at=context.now,
            added=len(diff.added),
            changed=len(diff.changed),
            moved=tuple(person.id for person in diff.moved),
            left=tuple(person.id for person in diff.left),
        )
    )


def issue(_: Ctx, event: CodesIssued) -> Iterator[Action]:
    """Keep the codes that were printed."""
    yield IssueCodes(codes=event.codes, expires_at=event.expires_at)
    yield Record(
        actor="operator",
        deed="codes.issued",
        subject="roster",
        detail=f"people {len(event.codes)}",
    )


def hold(context: Ctx, event: HoldPlaced) -> Iterator[Action]:
    """Keep somebody's records beyond their term, or no longer."""
    person = context.people.get(event.person)
    reason = event.reason.strip()
    yield Hold(person=person.id, reason=reason or None)
    deed = "person.held" if reason else "person.released"
    yield Record(actor="operator", deed=deed, subject=f"person:{person.id}")


def look(context: Ctx, event: NameRevealed) -> Iterator[Action]:
    """Record that somebody looked at a whole name, and why."""
    if not event.reason.strip():
        raise BotError("查看全名要写明理由。")
    person = context.people.get(event.person)
    reason = event.reason.strip()[:200]
    yield KeepLook(look=Look(person=person.id, by=None, reason=reason, at=context.now))
    yield Record(actor="operator", deed="name.revealed", subject=f"person:{person.id}")


WORKFLOW = Workflow(
    name="roster",
    listens=(
        on(RosterSubmitted, keep),
        on(CodesIssued, issue),
        on(HoldPlaced, hold),
        on(NameRevealed, look),
    ),
)

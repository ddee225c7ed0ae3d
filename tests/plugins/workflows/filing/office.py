"""A desk whose group can be filed: the register is complete, and what is said to whom is at hand."""

from datetime import date, timedelta

from bot.model.action import AmendGroup, RegisterGroup, SayPrivately
from bot.model.event import ChangeNoticed, CommandGiven
from bot.model.filing import ChangeKind, Filing, Noticed
from bot.model.group import Person, Role
from tests.pipeline.desk import ACCOUNT, GROUP, LEADER, MORNING, OWNER, Desk

ADMINISTRATOR = "20012"
NAME, NEW_NAME = "预算科工作群", "预算科联络群"


def complete(desk: Desk, group: int = GROUP) -> None:
    """State all that a form needs (HS-8, HS-10/1), with an administrator beside the owner."""
    records = desk.records
    with records.transaction():
        records.groups.amend(
            AmendGroup(
                group=group,
                purpose="预算执行的工作联系",
                join_way="群主邀请",
                rules="只谈工作。",
                contact="赵一 13800001111",
                approver="钱二",
                approved_on=date(2026, 10, 1),
                filed_as="旧-1",
            )
        )
        if records.people.with_account("qq", ADMINISTRATOR) is None:
            records.people.enrol(Person(id=5, name="周五"), "qq", ADMINISTRATOR, MORNING)
        records.groups.appoint(5, Role.ADMINISTRATOR, group, MORNING)


def another_group(desk: Desk, number: int, name: str) -> None:
    """Register one more group of the same owner and leader."""
    with desk.records.transaction():
        desk.records.groups.register(
            RegisterGroup(
                id=number,
                platform="qq",
                platform_id=f"70000{number}",
                account=ACCOUNT,
                name=name,
                unit="预算科",
            ),
            MORNING,
        )
        for person, role in ((1, Role.OWNER), (2, Role.LEADER)):
            desk.records.groups.appoint(person, role, number, MORNING)


def noticed(desk: Desk, kind: ChangeKind = ChangeKind.RENAMED, **changes) -> ChangeNoticed:
    """Return a change as it is noticed now: the group's new name, unless told otherwise."""
    now = desk.clock.now()
    values = {
        "group": GROUP,
        "kind": kind,
        "before": NAME if kind is ChangeKind.RENAMED else "",
        "after": NEW_NAME if kind is ChangeKind.RENAMED else "",
        "earliest_at": now,
        "latest_at": now,
        "how": Noticed.LIVE,
    }
    return ChangeNoticed(at=now, **(values | changes))


def told(desk: Desk, user: str = OWNER) -> list[str]:
    """Return what somebody was written, oldest first."""
    return [each.text for each in desk.sent if isinstance(each, SayPrivately) and each.user == user]


def says(desk: Desk, user: str, text: str) -> str:
    """Let somebody write to the bot and return the latest that he was written."""
    desk.take(
        CommandGiven(
            at=desk.clock.now(),
            account=ACCOUNT,
            user=user,
            text=text,
            message_id=f"{len(desk.sent)}-{desk.clock.now()}-{text}",
        )
    )
    return told(desk, user)[-1]


def the_filing(desk: Desk, number: int = 1) -> Filing:
    """Return a filing as it now is."""
    found = desk.records.filings.get(number)
    assert found is not None
    return found


def next_day(desk: Desk, days: int = 1) -> None:
    """Let the alarm ring at the same hour some days later."""
    desk.tick(seconds=timedelta(days=days).total_seconds())


__all__ = [
    "ADMINISTRATOR",
    "LEADER",
    "NAME",
    "NEW_NAME",
    "another_group",
    "complete",
    "next_day",
    "noticed",
    "says",
    "the_filing",
    "told",
]

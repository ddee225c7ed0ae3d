"""The weekly audit by itself: who is listed, when a week begins, and that nobody waits for it."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.model.action import (
    DrawMembers,
    KeepMembers,
    Lane,
    RegisterGroup,
    SaveRoster,
    SayPrivately,
)
from bot.model.errors import BotError
from bot.model.event import DutyDue, OutcomeState, OutgoingSettled
from bot.model.group import Member, Person, Role
from bot.model.message import Standing
from bot.pipeline.deliver import Courier, Pace
from bot.pipeline.worker import SendingBegins
from plugins.workflows.weekly_audit.settings import WeeklyAuditSettings
from storage.outbox import Letter
from tests.pipeline.desk import ACCOUNT, COMMITTEE, GROUP, LEADER, MEMBER, OWNER, PLACE, Desk
from tests.pipeline.test_deliver import FixedClock, Platform

MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)
FRIDAY = date(2026, 11, 20)


def begin(desk: Desk) -> list[DrawMembers]:
    """Let the alarm ring and return the lists that are asked for because of it."""
    before = len(desk.sent)
    desk.take(DutyDue(at=desk.clock.now(), job="weekly_audit.begin", slot="1"))
    asked = [each for each in desk.sent[before:] if isinstance(each, DrawMembers)]
    return [each for each in asked if each.ref.startswith("audit:")]


def come(desk: Desk, *members: Member, complete: bool = True, group: int = GROUP) -> list[str]:
    """Let a list come, answer the question for it and return what the owner is sent."""
    before = len(desk.sent)
    with desk.records.transaction():
        desk.records.members.keep(
            KeepMembers(group=group, members=members, complete=complete), desk.clock.now()
        )
    audit = desk.records.audits.latest(group)
    desk.take(
        OutgoingSettled(at=desk.clock.now(), ref=f"audit:{audit.id}", state=OutcomeState.DONE)
    )
    return [each.text for each in desk.sent[before:] if isinstance(each, SayPrivately)]


async def deliver(platform: Platform, lists: list[SayPrivately], urgent: SayPrivately) -> None:
    """Send lists, hand over what is urgent after the tenth, and stop when that is sent."""
    done = asyncio.Event()

    async def nap(_: float) -> None:
        if len(platform.sent) == 10:
            courier.take(Letter(id=10_000, action=urgent, sending_at=None, written_at=MONDAY))
        if urgent.ref in platform.sent:
            done.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    def submit(item: object) -> None:
        if isinstance(item, SendingBegins):
            item.done.set_result(None)

    courier = Courier(platform, pace=Pace(), clock=FixedClock(), submit=submit, sleep=nap)
    for number, each in enumerate(lists):
        courier.take(Letter(id=number, action=each, sending_at=None, written_at=MONDAY))
    task = asyncio.create_task(courier.run())
    await asyncio.wait_for(done.wait(), 20)
    task.cancel()


def enrol(
    desk: Desk, number: int, name: str, unit: str = "预算科", user: str = "", **about
) -> None:
    """Bring somebody of the roster into the register, with his account where it is confirmed."""
    desk.records.people.enrol(
        Person(id=number, name=name, unit=unit, on_roster=True, **about),
        "qq",
        user or f"9000{number}",
        desk.clock.now(),
    )
    if not user:
        desk.records.people.unlink("qq", f"9000{number}")


OWN = (Member(user="10001"), Member(user=OWNER, card="赵一", standing=Standing.OWNER))


@pytest.fixture(autouse=True)
def _somebody_is_on_the_roster(desk: Desk) -> None:
    enrol(desk, 900, "司马青衫", "办公室")


@pytest.fixture
def monday(desk: Desk) -> Desk:
    desk.clock.moment = MONDAY
    return desk


@pytest.mark.parametrize(
    ("members", "lines"),
    [
        ((Member(user="5", card="预算科 王小明"),), ["预算科 王* 无实名"]),
        ((Member(user="5", card=""),), ["尾号5 账号不明"]),
        ((Member(user="5", card="预算科 张明亮"),), ["预算科 张* 无实名，像是张*（预算科）"]),
        ((Member(user="5", card="李想"),), ["李* 与他人同名：李*（预算科）、李*（国库科）"]),
        ((Member(user="6"),), ["周*（预算科） 11月20日离职"]),
        ((Member(user="7", card="孙立人"),), ["孙*（国库科） 11月20日调离"]),
        ((Member(user="8", card="郑国庆"),), ["郑*（国库科） 非本单位"]),
        ((Member(user="9", card="小助手", robot=True),), ["小* 机器人"]),
        ((Member(user="4", card="预算科 陈安邦"),), []),
    ],
)
def test_only_who_needs_a_decision_is_listed_with_the_reason(monday, members, lines):
    for number, (name, unit, user, about) in enumerate(
        [
            ("张明亮", "预算科", "", {}),
            ("李想", "预算科", "", {}),
            ("李想", "国库科", "", {}),
            ("周全之", "预算科", "6", {"left_on": FRIDAY}),
            ("孙立人", "国库科", "7", {"moved_on": FRIDAY, "former_unit": "预算科"}),
            ("郑国庆", "国库科", "8", {}),
            ("陈安邦", "预算科", "4", {}),
        ],
        start=10,
    ):
        enrol(monday, number, name, unit, user, **about)
    begin(monday)

    (told,) = come(monday, *OWN, *members)

    assert told.startswith("【周核查】预算科工作群 3人 名单取于09:00 完整")
    assert [line for line in told.splitlines()[1:] if line[0].isdigit()] == [
        f"{number} {line}" for number, line in enumerate(lines, start=1)
    ]


def test_a_week_begins_once_and_not_before_its_hour(desk):
    desk.clock.moment = MONDAY - timedelta(minutes=1)
    assert begin(desk) == []

    desk.clock.moment = MONDAY
    assert [each.group for each in begin(desk)] == [PLACE]
    assert begin(desk) == []
    desk.clock.move(days=7)
    assert len(begin(desk)) == 1


def test_a_group_that_was_registered_after_the_hour_waits_for_the_next_week(desk):
    desk.clock.moment = datetime(2026, 11, 18, 2, tzinfo=UTC)

    assert begin(desk) == []


def test_lists_are_drawn_some_at_a_time_in_the_lowest_lane(monday):
    for number in range(2, 102):
        monday.records.groups.register(
            RegisterGroup(
                id=number,
                platform="qq",
                platform_id=str(700_000 + number * 10),
                account=ACCOUNT,
                name=f"第{number}群",
                unit="预算科",
            ),
            MONDAY - timedelta(days=3),
        )

    first = begin(monday)
    monday.tick(minutes=1, seconds=1)
    later = [each for each in monday.sent if isinstance(each, DrawMembers) and each.ref]

    assert len(first) == WeeklyAuditSettings().lists_per_minute
    assert len([each for each in later if each.ref.startswith("audit:")]) == 60
    assert {each.lane for each in first} == {Lane.DIGEST}


def test_with_more_members_than_numbers_the_rest_is_said_and_comes_later(monday):
    begin(monday)

    (told,) = come(
        monday, *OWN, *(Member(user=str(60_000 + n), card=f"小太阳{n}") for n in range(900))
    )

    items = monday.records.audits.items(monday.records.audits.latest(GROUP).id)
    assert 0 < len(items) < 900
    assert f"另有 {900 - len(items)} 人编号不够" in told
    assert len(told) < 1_000
    assert "没有列完" in told


def test_three_hundred_audits_delay_a_critical_alert_by_at_most_one_send(monday):
    for number in range(2, 302):
        group = RegisterGroup(
            id=number,
            platform="qq",
            platform_id=str(800_000 + number),
            account=ACCOUNT,
            name=f"第{number}群",
            unit="预算科",
        )
        monday.records.groups.register(group, MONDAY - timedelta(days=3))
        monday.records.groups.appoint(1, Role.OWNER, number, MONDAY)
    for _ in range(12):
        begin(monday)
        monday.tick(minutes=1, seconds=1)
    for number in range(1, 302):
        come(monday, *OWN, Member(user=MEMBER, card="王小明"), group=number)
    lists = [
        each for each in monday.sent if isinstance(each, SayPrivately) and "周核查" in each.text
    ]
    critical = SayPrivately(account=ACCOUNT, user=OWNER, text="急", ref="!", lane=Lane.CRITICAL)
    platform = Platform()

    asyncio.run(deliver(platform, lists, critical))

    assert len(lists) >= 300
    assert platform.sent.index("!") <= 11


def test_without_a_roster_nobody_is_asked_and_the_office_hears_why_once(monday):
    with monday.records.transaction():
        monday.records.people.erase(900, MONDAY)

    assert begin(monday) == []
    assert begin(monday) == []
    assert [each.user for each in monday.sent if isinstance(each, SayPrivately)] == [COMMITTEE]
    assert "还没有花名册" in monday.sent[-1].text

    enrol(monday, 901, "司马青衫", "办公室")
    assert len(begin(monday)) == 1


def test_a_wrong_setting_is_said_in_a_sentence():
    with pytest.raises(BotError, match="weekday"):
        WeeklyAuditSettings(weekday=0)
    with pytest.raises(BotError, match="09:00"):
        WeeklyAuditSettings(at="9点")


def test_an_owner_who_moved_is_decided_about_by_the_leader(monday):
    owner = Person(
        id=1, name="赵一", unit="国库科", moved_on=FRIDAY, former_unit="预算科", on_roster=True
    )
    monday.records.people.save_roster(SaveRoster(people=(owner,)), monday.clock.now())
    begin(monday)
    before = len(monday.sent)

    come(monday, *OWN)

    told = {each.user: each.text for each in monday.sent[before:]}
    assert "另有 1 项涉及您本人，由别人定" in told[OWNER]
    assert "赵*（国库科） 11月20日调离" in told[LEADER]
    assert "赵*（国库科）" not in told[OWNER]

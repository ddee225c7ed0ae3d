"""A whole group at once, and people who are written out."""

from datetime import UTC, date, datetime

from bot.model.group import Group, Person
from bot.model.member import KnownMember
from bot.people.matching import match_members
from bot.people.meant import meant
from bot.people.proposal import Reason, Verdict
from bot.people.roster import Roster

MONDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
GROUP = Group(
    id=1,
    platform="qq",
    platform_id="700001",
    account="qq:10001",
    name="预算科工作群",
    unit="预算科",
    registered_at=NOON,
)
ZHANG = Person(id=1, name="张三", unit="预算科")
LI = Person(id=2, name="李四", unit="预算科")
WANG = Person(id=3, name="王伟", unit="预算科", staff_number="GH003")
OTHER_WANG = Person(id=4, name="王伟", unit="预算科", staff_number="GH004")
GONE_WANG = Person(id=5, name="王伟", unit="预算科", staff_number="GH005", left_on=date(2026, 9, 1))
ROSTER = Roster((ZHANG, LI, WANG, OTHER_WANG, GONE_WANG), office="云江市财政局")


def member(number: int, card: str = "", **more: object) -> KnownMember:
    values = {"group": 1, "user": f"2000{number}", "first_seen_at": NOON} | more
    return KnownMember(number=number, card=card, **values)  # type: ignore[arg-type] # only what it takes


def test_only_people_without_a_record_are_matched():
    members = [
        member(1, "预算科 张三"),
        member(2, "预算科 李四", person=2),
        member(3, "群管家", robot=True),
    ]

    proposals = match_members(ROSTER, GROUP, members, on=MONDAY)

    assert {number: each.person for number, each in proposals.items()} == {1: ZHANG}


def test_nobody_is_proposed_for_two_accounts_or_beside_a_confirmed_one():
    members = [
        member(1, "预算科 张三"),
        member(2, "张三"),
        member(3, "预算科 李四"),
        member(4, "李四", person=2),
    ]

    proposals = match_members(ROSTER, GROUP, members, on=MONDAY)

    assert {each.person for each in proposals.values()} == {None}
    assert proposals[1].reasons == (Reason.CLAIMED_TWICE,)


def test_who_is_shown_like_one_who_was_confirmed_before_may_be_him():
    before = [member(1, nickname="三三", person=1), member(2, nickname="阿明", person=2)]
    alike = [member(3, nickname="阿明", person=1)]

    proposals = match_members(
        ROSTER,
        GROUP,
        [member(7, nickname="三三"), member(8, nickname="阿明"), member(9, nickname="")],
        earlier=[*before, *alike],
        on=MONDAY,
    )

    assert proposals[7].person is ZHANG
    assert proposals[7].reasons == (Reason.EARLIER,)
    assert proposals[8].person is None  # two were shown like this
    assert proposals[9].person is None


def test_namesakes_are_told_apart_by_the_staff_number():
    bare = meant(ROSTER, "王伟/预算科", unit="预算科", on=MONDAY)
    numbered = meant(ROSTER, "王伟/GH004", unit="预算科", on=MONDAY)
    gone = meant(ROSTER, "王伟 GH005", unit="预算科", on=MONDAY)
    wrong = meant(ROSTER, "王伟/GH00", unit="预算科", on=MONDAY)

    assert bare.person is None
    assert numbered.person is OTHER_WANG
    assert (gone.verdict, gone.person) == (Verdict.LEFT, GONE_WANG)
    assert wrong.person is None


def test_a_staff_number_alone_names_nobody():
    assert meant(ROSTER, "GH004", unit="预算科", on=MONDAY).person is None

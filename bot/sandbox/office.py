"""The invented office that the sandbox starts with: 云江市财政局, its people and its groups."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.sandbox.things import Rank
from bot.sandbox.world import World


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficePerson:
    """Somebody of the office; `friend` tells whether the bot may write to that account."""

    user: int
    name: str
    unit: str
    post: str = ""
    friend: bool = True

    @property
    def card(self) -> str:
        """The card that this person wears in groups."""
        return f"{self.unit} {self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeGroup:
    """A group and who is who there; a group without a unit is private and nobody's business.

    Where it is not `registered` yet, the roles are those that may be proposed.
    """

    group: int
    name: str
    unit: str = ""
    purpose: str = ""
    owner: int
    administrators: tuple[int, ...] = ()
    leader: int = 0
    members: tuple[int, ...]
    bot_is_administrator: bool = False
    registered: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """An office: its bot, its people, the roles held for all of it, its groups."""

    name: str
    bot: int
    bot_nickname: str
    committee: int
    duty: int
    people: tuple[OfficePerson, ...]
    groups: tuple[OfficeGroup, ...]

    def person(self, user: int) -> OfficePerson | None:
        """Return who has that account."""
        return next((person for person in self.people if person.user == user), None)

    def roles(self, user: int) -> tuple[str, ...]:
        """Return what people call that account's roles, most weighty first."""
        registered = [group for group in self.groups if group.registered]
        held = [
            ("分管领导", any(user == group.leader for group in registered)),
            ("机关党委", user == self.committee),
            ("值班", user == self.duty),
            ("群主", any(user == group.owner for group in registered)),
            ("群管理员", any(user in group.administrators for group in registered)),
        ]
        return tuple(label for label, holds in held if holds)

    def group(self, group: int) -> OfficeGroup | None:
        """Return what the office knows of a group."""
        return next((each for each in self.groups if each.group == group), None)

    def with_group(self, known: OfficeGroup) -> "Office":
        """Return the office with one of its groups as it is known now."""
        groups = (known if each.group == known.group else each for each in self.groups)
        return replace(self, groups=tuple(groups))


def default_world(now: Callable[[], float], office: Office | None = None) -> World:
    """Build the world of an office (the invented one by default)."""
    office = office or OFFICE
    world = World(now)
    world.add_account(office.bot, office.bot_nickname, bot=True)
    for someone in office.people:
        world.add_account(someone.user, someone.name)
        if someone.friend:
            world.befriend(someone.user, office.bot)
    for group in office.groups:
        world.add_group(group.group, group.name, group.owner)
        for user in (group.owner, *group.administrators, group.leader, *group.members):
            person = office.person(user)
            if person is None:
                continue
            rank = Rank.MEMBER
            if user == group.owner:
                rank = Rank.OWNER
            elif user in group.administrators:
                rank = Rank.ADMIN
            world.seat(group.group, user, rank=rank, card=person.card if group.unit else "")
        bot_rank = Rank.ADMIN if group.bot_is_administrator else Rank.MEMBER
        world.seat(group.group, office.bot, rank=bot_rank)
    return world


OFFICE = Office(
    name="云江市财政局",
    bot=10001,
    bot_nickname="群规小助手",
    committee=20003,
    duty=20004,
    people=(
        OfficePerson(user=20001, name="韩逸舟", unit="局领导", post="副局长"),
        OfficePerson(user=20003, name="沈若溪", unit="机关党委", post="专职副书记"),
        OfficePerson(user=20004, name="贺云帆", unit="办公室", post="值班员"),
        OfficePerson(user=20011, name="陆知远", unit="预算科", post="科长"),
        OfficePerson(user=20012, name="苏映雪", unit="预算科", post="副科长"),
        OfficePerson(user=20013, name="张明", unit="预算科"),
        OfficePerson(user=20014, name="程以宁", unit="预算科"),
        OfficePerson(user=20015, name="方乐游", unit="预算科"),
        OfficePerson(user=20016, name="纪安之", unit="预算科", friend=False),
        OfficePerson(user=20021, name="顾清和", unit="国库科", post="科长"),
        OfficePerson(user=20022, name="孟初晴", unit="国库科"),
        OfficePerson(user=20023, name="白砚秋", unit="国库科"),
        OfficePerson(user=20024, name="宋时雨", unit="国库科", friend=False),
        OfficePerson(user=20031, name="叶听澜", unit="办公室", post="主任"),
    ),
    groups=(
        OfficeGroup(
            group=700001,
            name="预算科工作群",
            unit="预算科",
            purpose="预算编制与执行的工作联系",
            owner=20011,
            administrators=(20012,),
            leader=20001,
            members=(20013, 20014, 20015, 20016),
            bot_is_administrator=True,
        ),
        OfficeGroup(
            group=700002,
            name="国库科工作群",
            unit="国库科",
            purpose="国库集中支付的工作联系",
            owner=20021,
            leader=20001,
            members=(20022, 20023, 20024),
            bot_is_administrator=True,
        ),
        OfficeGroup(
            group=700003,
            name="办公室通知群",
            unit="办公室",
            purpose="会议与值班通知",
            owner=20031,
            administrators=(20004,),
            leader=20001,
            members=(20003, 20011, 20013, 20021, 20022),
        ),
        OfficeGroup(
            group=700009,
            name="同学聚餐群",
            owner=20014,
            members=(20015, 20022, 20023),
            registered=False,
        ),
        OfficeGroup(
            group=700004,
            name="绩效评价工作群",
            unit="预算科",
            purpose="项目支出绩效评价的工作联系",
            owner=20014,
            administrators=(20013,),
            leader=20001,
            members=(20015, 20022, 20023),
            bot_is_administrator=True,
            registered=False,
        ),
    ),
)

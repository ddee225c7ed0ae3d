"""Who there is: groups, people, members, and the roles that join them."""

import re
from bisect import bisect
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from bot.model.message import Standing

_UNIT_ENDINGS = ("科", "处", "室", "部", "办", "局", "股", "组", "院", "所", "中心", "单位")


class Role(StrEnum):
    """A duty a person holds; the first three are held per group, the others for the whole office."""

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    LEADER = "leader"
    COMMITTEE = "committee"
    DUTY = "duty"

    @property
    def label(self) -> str:
        """The role as people call it."""
        return {
            Role.OWNER: "群主",
            Role.ADMINISTRATOR: "群管理员",
            Role.LEADER: "分管领导",
            Role.COMMITTEE: "机关党委",
            Role.DUTY: "值班",
        }[self]

    @property
    def of_office(self) -> bool:
        """Whether the role is held for the whole office, not for one group."""
        return self in {Role.COMMITTEE, Role.DUTY}


class GroupState(StrEnum):
    """Whether the bot works in a group."""

    REGISTERED = "registered"
    DISSOLVED = "dissolved"
    REMOVED = "removed"

    @property
    def label(self) -> str:
        """The state as people read it."""
        return {
            GroupState.REGISTERED: "在用",
            GroupState.DISSOLVED: "已注销",
            GroupState.REMOVED: "机器人已不在群",
        }[self]


class Scale(StrEnum):
    """The bands of a group's size that a filing states; crossing one is a change."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    HUGE = "huge"

    @property
    def label(self) -> str:
        """The band as the form says it."""
        return {
            Scale.SMALL: "50人以下",
            Scale.MEDIUM: "50至199人",
            Scale.LARGE: "200至499人",
            Scale.HUGE: "500人及以上",
        }[self]

    @classmethod
    def of(cls, count: int, before: "Scale | None" = None) -> "Scale":
        """Return the band of a size; near a border (a tenth) the band `before` stays.

        Else a group of fifty would cross its border each time somebody comes or goes.
        """
        now = _band(count)
        if before is None or before in {_band(count - count // 10), _band(count + count // 10)}:
            return before or now
        return now


def _band(count: int) -> Scale:
    return [Scale.SMALL, Scale.MEDIUM, Scale.LARGE, Scale.HUGE][bisect(_BORDERS, count)]


_BORDERS = (50, 200, 500)


class Activity(StrEnum):
    """How much is written in a group; counted in messages per day, never per person."""

    BUSY = "busy"
    ORDINARY = "ordinary"
    QUIET = "quiet"
    DORMANT = "dormant"

    @property
    def label(self) -> str:
        """The degree as the form says it."""
        return {
            Activity.BUSY: "活跃",
            Activity.ORDINARY: "一般",
            Activity.QUIET: "较少",
            Activity.DORMANT: "长期无消息",
        }[self]

    @classmethod
    def of(cls, messages: int, days: int) -> "Activity":
        """Return the degree of so many messages in so many days."""
        if not messages:
            return Activity.DORMANT
        daily = messages / days
        if daily >= _BUSY_A_DAY:
            return Activity.BUSY
        return Activity.ORDINARY if daily >= 1 else Activity.QUIET


COUNTS_KEPT_DAYS = 90
ACTIVITY_DAYS = 30
"""Over how many days a group's activity is told."""

_BUSY_A_DAY = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A registered work group (HS-10/1): what a person stated and what was observed.

    `contact` is whom to reach and how. `opened_on` is when it was opened, where that was stated;
    `filed_as` the receipt of a filing made before the bot knew the group. `noted_scale` and
    `noted_activity` are those last filed or taken as a matter of course.

    `account` is the one account that watches it (`qq:10001`); `id` is its row in the register,
    `platform_id` its id at the platform. `trial_until` is the last day of its trial (HS has none:
    our own choice, five working days with one digest a day).
    """

    id: int
    platform: str
    platform_id: str
    account: str
    name: str
    unit: str = ""
    purpose: str = ""
    join_way: str = ""
    rules: str = ""
    contact: str = field(default="", repr=False)
    approver: str = ""
    approved_on: date | None = None
    opened_on: date | None = None
    filed_as: str = ""
    noted_scale: Scale | None = None
    noted_activity: Activity | None = None
    state: GroupState = GroupState.REGISTERED
    registered_at: datetime
    trial_until: date | None = None
    notice_version: int = 0
    paused_until: datetime | None = None
    member_count: int | None = None
    standing: Standing | None = None
    owner_user: str | None = field(default=None, repr=False)
    drawn_at: datetime | None = None

    @property
    def scale(self) -> Scale | None:
        """The band of its present size, where a list was drawn."""
        return None if self.member_count is None else Scale.of(self.member_count, self.noted_scale)


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody of the office's register.

    `on_roster` says whether the office's roster names him; the others were named in a form.
    `left_on` is his last day in the office; `moved_on` when he came from `former_unit` to his unit.
    """

    id: int
    name: str = field(repr=False)
    unit: str = ""
    post: str = ""
    staff_number: str = field(default="", repr=False)
    left_on: date | None = None
    moved_on: date | None = None
    former_unit: str = ""
    on_roster: bool = False

    @property
    def masked(self) -> str:
        """The name as it is shown by default: the surname and a star."""
        return mask_name(self.name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """An account's presence in one group, as a platform lists it."""

    user: str = field(repr=False)
    card: str = field(default="", repr=False)
    nickname: str = field(default="", repr=False)
    standing: Standing = Standing.MEMBER
    robot: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupListing:
    """One group of an account's live list; `owner` only where the platform says it."""

    platform_id: str
    name: str
    member_count: int | None = None
    owner: str | None = field(default=None, repr=False)


def mask_card(card: str) -> str:
    """Return an in-group card with its names masked: `预算科 张明` becomes `预算科 张*`."""
    parts = re.split(r"([\s\-_—－/|·（）()]+)", card)
    return "".join(
        part if index % 2 or part.endswith(_UNIT_ENDINGS) else mask_name(part)
        for index, part in enumerate(parts)
        if part
    )


def mask_name(name: str) -> str:
    """Return a name that can be shown without a reason: the first character and a star."""
    return f"{name[:1]}*" if name else ""

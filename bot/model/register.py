"""The register of groups as people read it: its fields, and which of them somebody stated (HS-10/1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.model.filing import Filing, FilingState
from bot.model.group import Activity, Group, Person

PLATFORMS: Mapping[str, str] = {"qq": "QQ", "wechat": "微信"}
"""Chat platforms as people call them."""


class Source(StrEnum):
    """Where a field of the register comes from."""

    STATED = "stated"
    OBSERVED = "observed"
    KEPT = "kept"

    @property
    def label(self) -> str:
        """The source as people read it."""
        return {Source.STATED: "填报", Source.OBSERVED: "观察", Source.KEPT: "办理记录"}[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterField:
    """A field of the register; `needed` ones must be there for a filing (HS-8, HS-10/1)."""

    key: str
    heading: str
    source: Source = Source.STATED
    needed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterEntry:
    """One group with all that the register tells of it.

    `accounts` are people's user ids at the group's platform; `activity` is None while too little
    is known; `filing` is the group's latest.
    """

    group: Group
    owners: Sequence[Person] = ()
    administrators: Sequence[Person] = ()
    leaders: Sequence[Person] = ()
    accounts: Mapping[int, str] = field(default_factory=dict, repr=False)
    activity: Activity | None = None
    filing: Filing | None = None

    def cells(self) -> Mapping[str, str]:
        """Return the text of every field of REGISTER by its key; names are whole."""
        group = self.group
        scale = group.scale
        return {
            "account": group.account.partition(":")[2],
            "platform": PLATFORMS.get(group.platform, group.platform),
            "platform_id": group.platform_id,
            "name": group.name,
            "unit": group.unit,
            "purpose": group.purpose,
            "join_way": group.join_way,
            "rules": group.rules,
            "contact": group.contact,
            "approver": group.approver,
            "approved_on": _day(group.approved_on),
            "opened_on": _day(group.opened_on),
            "owner": _names(self.owners),
            "owner_user": self._users(self.owners),
            "administrator": _names(self.administrators),
            "administrator_user": self._users(self.administrators),
            "leader": _names(self.leaders),
            "leader_user": self._users(self.leaders),
            "filed_as": group.filed_as,
            "member_count": "" if group.member_count is None else str(group.member_count),
            "scale": scale.label if scale else "",
            "activity": self.activity.label if self.activity else "",
            "drawn_at": _moment(group.drawn_at),
            "state": group.state.label,
            "filing": filing_state(group, self.filing),
        }

    def _users(self, people: Sequence[Person]) -> str:
        return "、".join(self.accounts.get(each.id, "") for each in people)


def filing_state(group: Group, latest: Filing | None) -> str:
    """Return how a group stands with the committee office, by its latest filing."""
    if latest is None or (latest.state is FilingState.DISMISSED and group.filed_as):
        return f"已备案（回执 {group.filed_as}）" if group.filed_as else "未备案"
    if latest.state is FilingState.RECEIVED:
        return f"已备案（{latest.label}，回执 {latest.receipt}）"
    overdue = "，已逾期" if latest.is_open and latest.overdue_at else ""
    return f"{latest.state.label}（{latest.label}）{overdue}"


def _names(people: Sequence[Person]) -> str:
    return "、".join(each.name for each in people)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _moment(at: datetime | None) -> str:
    return f"{at + timedelta(hours=8):%Y-%m-%d %H:%M}" if at else ""


REGISTER = (
    RegisterField(key="account", heading="账号"),
    RegisterField(key="platform", heading="平台", needed=True),
    RegisterField(key="platform_id", heading="群号", needed=True),
    RegisterField(key="name", heading="群名", needed=True),
    RegisterField(key="unit", heading="归属科室", needed=True),
    RegisterField(key="purpose", heading="用途", needed=True),
    RegisterField(key="join_way", heading="入群方式", needed=True),
    RegisterField(key="rules", heading="群规", needed=True),
    RegisterField(key="contact", heading="联系人及联系方式", needed=True),
    RegisterField(key="approver", heading="批准人", needed=True),
    RegisterField(key="approved_on", heading="批准日期", needed=True),
    RegisterField(key="opened_on", heading="开通日期"),
    RegisterField(key="owner", heading="群主", needed=True),
    RegisterField(key="owner_user", heading="群主账号"),
    RegisterField(key="administrator", heading="管理员", needed=True),
    RegisterField(key="administrator_user", heading="管理员账号"),
    RegisterField(key="leader", heading="分管领导", needed=True),
    RegisterField(key="leader_user", heading="分管领导账号"),
    RegisterField(key="filed_as", heading="原备案回执"),
    RegisterField(key="member_count", heading="成员数", source=Source.OBSERVED),
    RegisterField(key="scale", heading="成员规模", source=Source.OBSERVED),
    RegisterField(key="activity", heading="活跃程度", source=Source.OBSERVED),
    RegisterField(key="drawn_at", heading="名单时间", source=Source.OBSERVED),
    RegisterField(key="state", heading="群状态", source=Source.OBSERVED),
    RegisterField(key="filing", heading="备案状态", source=Source.KEPT),
)
"""The register's fields in the order of its table; keys of stated ones are those of the import."""

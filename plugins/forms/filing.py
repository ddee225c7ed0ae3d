"""The form by which a work group is filed with the party committee office (HS-3, HS-8, HS-10)."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bot.calendar import local
from bot.form import Field, Form
from bot.model.filing import ChangeKind, Content, Filing, GroupChange, matter_of
from bot.model.group import ACTIVITY_DAYS, Person
from bot.model.register import RegisterEntry

FIRST = "首次报送"
BLIND = "{} 至 {} 之间（期间机器人离线或未取到名单，按最早日期起算）"


def content_of(
    entry: RegisterEntry,
    filing: Filing,
    changes: Sequence[GroupChange],
    *,
    office: str,
    filled_by: str,
    on: date,
) -> Content:
    """Return what the next edition of a filing's form says, made on a day.

    `changes` are all of the filing: dismissed ones do not stand in the form.
    """
    group, cells = entry.group, entry.cells()
    return {
        "number": filing.label,
        "edition": f"第{filing.edition + 1}次报送" if filing.edition else FIRST,
        "office": office,
        "filled_on": _day(on),
        "matter": matter_of(changes).label,
        "name": group.name,
        "platform": cells["platform"],
        "group_number": group.platform_id,
        "unit": group.unit,
        "purpose": group.purpose,
        "join_way": group.join_way,
        "rules": group.rules,
        "members": _members(cells["member_count"], cells["scale"], cells["drawn_at"]),
        "activity": _activity(cells["activity"]),
        "owner": _people(entry.owners),
        "administrators": _people(entry.administrators),
        "leader": _people(entry.leaders),
        "contact": group.contact,
        "approver": group.approver,
        "approved_on": _day(group.approved_on),
        "changes": [
            {
                "item": _item(change.kind),
                "before": change.before,
                "after": change.after,
                "when": _when(change),
            }
            for change in changes
            if change.counts
        ],
        "due": _due(filing),
        "due_rule": filing.rule,
        "filled_by": filled_by,
        "reviewed_by": "",
        "reviewed_on": "",
    }


def reviewed(content: Content, *, by: str, on: date) -> Content:
    """Return the content as it is sent, with who approved it; the frozen one stays as it is."""
    return {**content, "reviewed_by": f"同意报送　{by}", "reviewed_on": _day(on)}


def file_name(content: Content) -> str:
    """Return how the file of a filing is called."""
    return f"互联网工作群组备案表 {content['number']} {content['name']}.docx"


def _members(count: str, scale: str, drawn_at: str) -> str:
    return f"{count}人（{scale}），名单取于 {drawn_at[:10]}" if count else "尚未取得成员名单"


def _activity(degree: str) -> str:
    return f"{degree}（近{ACTIVITY_DAYS}天）" if degree else f"观察未满{ACTIVITY_DAYS}天"


def _people(people: Sequence[Person]) -> str:
    return "、".join(
        f"{each.name}（{about}）"
        if (about := " ".join(filter(None, (each.unit, each.post))))
        else each.name
        for each in people
    )


def _item(kind: ChangeKind) -> str:
    """Return what a change is to the office: that the bot was removed only made it known."""
    return (ChangeKind.DISSOLVED if kind is ChangeKind.REMOVED else kind).label


def _when(change: GroupChange) -> str:
    first, last = local(change.earliest_at).date(), local(change.latest_at).date()
    return first.isoformat() if first == last else BLIND.format(first, last)


def _due(filing: Filing) -> str:
    begun = _day(local(filing.starts_at).date())
    return f"{begun}发生，最迟{_day(filing.due_on)}报送{'（暂定）' if filing.provisional else ''}"


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


FORM = Form(
    name="filing",
    title="互联网工作群组备案表",
    template=Path(__file__).with_name("filing.docx"),
    fields=(
        Field(key="number", label="备案编号", needed=True),
        Field(key="edition", label="报送次数"),
        Field(key="office", label="填报单位"),
        Field(key="filled_on", label="填报日期", needed=True),
        Field(key="matter", label="备案事由", needed=True),
        Field(key="name", label="群组名称", needed=True),
        Field(key="platform", label="平台", needed=True),
        Field(key="group_number", label="群号"),
        Field(key="unit", label="归属科室（主体单位）", needed=True),
        Field(key="purpose", label="用途", needed=True),
        Field(key="join_way", label="入群方式", needed=True),
        Field(key="rules", label="群规群纪", needed=True),
        Field(key="members", label="成员规模", needed=True),
        Field(key="activity", label="活跃程度", needed=True),
        Field(key="owner", label="群主", needed=True),
        Field(key="administrators", label="群管理员", needed=True),
        Field(key="leader", label="分管领导", needed=True),
        Field(key="contact", label="联系方式", needed=True),
        Field(key="approver", label="开通审批人"),
        Field(key="approved_on", label="审批日期"),
        Field(
            key="changes",
            label="开通、变更、注销事项",
            needed=True,
            columns=(
                Field(key="item", label="事项"),
                Field(key="before", label="变更前"),
                Field(key="after", label="变更后"),
                Field(key="when", label="发生时间"),
            ),
        ),
        Field(key="due", label="办理期限", needed=True),
        Field(key="due_rule", label="期限依据"),
        Field(key="filled_by", label="填报人"),
        Field(key="reviewed_by", label="审核意见"),
        Field(key="reviewed_on", label="审核日期"),
    ),
)

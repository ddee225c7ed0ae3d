"""Registering groups from the desk: forms filled in by hand, and tables of many groups."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from bot.model.errors import BotError
from bot.model.event import GroupSubmitted, PersonNamed

COLUMNS: Mapping[str, str] = {
    "账号": "account",
    "群号": "platform_id",
    "群名": "name",
    "归属科室": "unit",
    "用途": "purpose",
    "入群方式": "join_way",
    "群规": "rules",
    "批准人": "approver",
    "批准日期": "approved_on",
    "群主": "owner",
    "群主账号": "owner_user",
    "管理员": "administrator",
    "管理员账号": "administrator_user",
    "分管领导": "leader",
    "分管领导账号": "leader_user",
}
"""The headings of the table to import; 管理员 may hold several names, separated by 、."""

_NEEDED = (
    "群号", "群名", "归属科室", "批准人", "群主", "群主账号", "管理员", "管理员账号", "分管领导",
    "分管领导账号",
)  # fmt: skip
PLATFORM = "qq"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """What a table to import holds: the forms, and a sentence about each row that is not one."""

    forms: tuple[GroupSubmitted, ...]
    faults: tuple[str, ...]


def read_table(path: Path, *, now: datetime, account: str | None) -> Table:
    """Read a CSV table of groups (UTF-8 or GB18030); `account` watches rows that name none."""
    rows = csv.DictReader(io.StringIO(_text(path)), strict=True)
    forms: list[GroupSubmitted] = []
    faults: list[str] = []
    known = _Known()
    try:
        missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
        if missing:
            raise BotError(f"{path} 缺少这些列：{'、'.join(missing)}。")
        for row in rows:
            cells = {key: (row.get(name) or "").strip() for name, key in COLUMNS.items()}
            if not any(cells.values()):
                continue
            place = f"{path} 第 {rows.line_num} 行"
            try:
                made = _form_of(cells, account=account, now=now)
                known.check(made, rows.line_num)
                forms.append(made)
            except BotError as error:
                faults.append(f"{place}：{error}")
    except csv.Error as error:
        raise BotError(f"{path} 第 {rows.line_num + 1} 行不是完整的 CSV，请检查引号。") from error
    return Table(forms=tuple(forms), faults=tuple(faults))


class _Known:
    """What the rows before said: one group stands once, one account is one person's."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], int] = {}
        self._names: dict[tuple[str, str], str] = {}

    def check(self, made: GroupSubmitted, line: int) -> None:
        """Raise BotError where a row contradicts itself or an earlier one."""
        first = self._lines.setdefault((made.platform, made.platform_id), line)
        if first != line:
            raise BotError(f"群号 {made.platform_id} 与第 {first} 行重复")
        for person in (made.owner, *made.administrators, made.leader):
            name = self._names.setdefault((made.platform, person.user), person.name)
            if name != person.name:
                raise BotError(f"账号尾号 {person.user[-4:]} 写了两个姓名，请核对")


def _form_of(cells: Mapping[str, str], *, account: str | None, now: datetime) -> GroupSubmitted:
    empty = [name for name in _NEEDED if not cells[COLUMNS[name]]]
    if empty:
        raise BotError(f"没有填{'、'.join(empty)}")
    watching = cells["account"] or account
    if watching is None:
        raise BotError("没有填账号，也没有唯一在线的机器人账号")
    return form(cells, account=watching, now=now)


def form(cells: Mapping[str, str], *, account: str, now: datetime) -> GroupSubmitted:
    """Return the form of one group; raises BotError for what cannot be read."""
    watching = account if ":" in account else f"{PLATFORM}:{_digits(account, '机器人账号')}"
    unit = cells.get("unit", "")
    return GroupSubmitted(
        at=now,
        platform=watching.partition(":")[0],
        platform_id=_digits(cells["platform_id"], "群号"),
        account=watching,
        name=cells["name"],
        unit=unit,
        purpose=cells.get("purpose", ""),
        join_way=cells.get("join_way", ""),
        rules=cells.get("rules", ""),
        approver=cells["approver"],
        approved_on=_day(cells.get("approved_on", "")),
        owner=_person(cells, "owner", unit),
        administrators=tuple(_people(cells, "administrator", unit)),
        leader=_person(cells, "leader", ""),
        submitted_by="operator",
    )


def _person(cells: Mapping[str, str], role: str, unit: str) -> PersonNamed:
    user = _digits(cells[f"{role}_user"], "账号")
    return PersonNamed(name=cells[role], unit=unit, user=user)


def _people(cells: Mapping[str, str], role: str, unit: str) -> Iterator[PersonNamed]:
    names, users = _split(cells[role]), _split(cells[f"{role}_user"])
    if len(names) != len(users):
        raise BotError("管理员的姓名和账号个数不一样，请用、分开逐一对应")
    for name, user in zip(names, users, strict=True):
        yield PersonNamed(name=name, unit=unit, user=_digits(user, "账号"))


def _split(cell: str) -> Sequence[str]:
    parts = cell.replace("，", "、").replace(",", "、").replace(";", "、").split("、")
    return [part.strip() for part in parts if part.strip()]


def _digits(text: str, what: str) -> str:
    if not text.isascii() or not text.isdigit():
        raise BotError(f"{what}要写数字")
    return text


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text.replace("/", "-").replace(".", "-"))
    except ValueError:
        raise BotError("批准日期要写成 2026-11-20 这样") from None


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BotError(f"{path} 读不出来，请检查文件是否存在。") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BotError(f"{path} 不是文本，请另存为 CSV（UTF-8）。")

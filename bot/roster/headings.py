"""The headings of a roster: which column holds what, by the words that offices use."""

import contextlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import Final

from bot.roster.table import Merge, Row, UnreadableError, clean

WITHIN_ROWS: Final = 50
"""How many rows may stand above the headings: titles, dates, notes."""

LONGEST_TITLE: Final = 20


class Field(StrEnum):
    """What of a person is read; the value is what it is called."""

    NAME = "姓名"
    UNIT = "科室"
    POST = "职务"
    NUMBER = "工号"
    IDENTITY = "身份证号"
    LEFT = "离开日期"
    MOVED = "调动日期"
    STATUS = "状态"


WORDS: Final[Mapping[Field, Sequence[str]]] = MappingProxyType(
    {
        Field.NAME: ("姓名", "人员姓名", "职工姓名", "员工姓名", "干部姓名", "名字"),
        Field.UNIT: (
            "科室", "科室名称", "所在科室", "所属科室", "股室", "处室", "所在处室", "所属处室", "处室名称",
            "部门", "部门名称", "所在部门", "所属部门", "单位", "单位名称", "所在单位", "工作单位", "所属单位",
        ),
        Field.POST: ("职务", "现任职务", "岗位", "职位", "岗位名称", "职务名称", "工作岗位"),
        Field.NUMBER: (
            "工号", "人员编号", "职工编号", "员工编号", "职工号", "员工号", "人员代码", "工作证号",
        ),
        Field.IDENTITY: (
            "身份证号", "身份证号码", "身份证", "公民身份号码", "公民身份证号码", "证件号码", "证件号",
        ),
        Field.LEFT: (
            "离职日期", "离职时间", "调离日期", "调离时间", "调出日期", "调出时间", "退休日期", "退休时间",
            "离开日期", "离开时间", "离岗日期", "离岗时间", "辞职日期", "辞职时间",
        ),
        Field.MOVED: ("调动日期", "调动时间", "调岗日期", "调岗时间", "轮岗日期", "轮岗时间"),
        Field.STATUS: (
            "状态", "人员状态", "在职状态", "在岗状态", "在职情况", "在岗情况", "是否在职", "是否在岗",
        ),
    }
)  # fmt: skip
"""The words of each field, the more telling ones first: where two columns fit, the first is read."""

PHONES: Final = frozenset(
    {
        "手机", "手机号", "手机号码", "联系电话", "电话", "电话号码", "联系方式", "移动电话", "办公电话",
        "办公室电话", "座机", "家庭电话", "紧急联系电话", "联系人电话",
    }
)  # fmt: skip
"""Not read at all: nothing here needs a phone number."""

_FIELDS: Final = MappingProxyType(
    {word: (field, rank) for field, words in WORDS.items() for rank, word in enumerate(words)}
)
_ASIDE = re.compile(r"[(（\[【].*?[)）\]】]")
_DECORATION = re.compile(r"[\s*:：()\[\]【】（）/、_\"'.-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Headings:
    """Where a table's people begin, and which column holds what.

    `columns` has several columns for LEFT only; `titles` has the heading of each column as it
    stands; `phones` and `unused` are headings of columns that are not read.
    """

    row: int
    columns: Mapping[Field, tuple[int, ...]]
    titles: Mapping[int, str]
    phones: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()

    @property
    def known(self) -> int:
        """How many columns are understood."""
        return sum(map(len, self.columns.values())) + len(self.phones)


def find_headings(rows: Iterable[Row | Merge]) -> Headings | None:
    """Return the headings of a table, of one row or two; None where none names people."""
    some = (row for row in islice(rows, WITHIN_ROWS) if isinstance(row, Row))
    upper = next((row for row in some if _names(row)), None)
    if upper is None:
        return None
    with contextlib.suppress(UnreadableError):  # it is said when the rows below are read
        lower = next(some, None)
        if lower is not None and _stands_below(upper, lower):
            return _sorted(lower.number, _titles(upper) | _titles(lower))
    return _sorted(upper.number, _titles(upper))


def _stands_below(upper: Row, row: Row) -> bool:
    """Whether a row goes on with the headings: 离开 may span 日期 and 原因, 姓名 both rows."""
    return not row.cells.keys() & _names(upper) and any(map(_known, _titles(row).values()))


def _names(row: Row) -> set[int]:
    return {place for place, title in _titles(row).items() if _field(title) is Field.NAME}


def _titles(row: Row) -> dict[int, str]:
    titles = {place: clean(cell.text)[:LONGEST_TITLE] for place, cell in row.cells.items()}
    return {place: title for place, title in titles.items() if title}


def _sorted(row: int, titles: Mapping[int, str]) -> Headings:
    """Give each column its meaning; of several for one field the most telling is taken."""
    found: dict[Field, list[tuple[int, int]]] = {}
    for place, title in sorted(titles.items()):
        if known := _known(title):
            found.setdefault(known[0], []).append((known[1], place))
    columns = {
        field: tuple(place for _, place in (places if field is Field.LEFT else [min(places)]))
        for field, places in found.items()
    }
    read = {place for places in columns.values() for place in places}
    words = Counter(map(_plain, titles.values()))
    rest = [title for place, title in sorted(titles.items()) if place not in read]
    return Headings(
        row=row,
        columns=columns,
        titles=titles,
        phones=tuple(title for title in rest if _plain(title) in PHONES),
        unused=tuple(title for title in rest if _plain(title) not in PHONES),
        twice=tuple(titles[place] for place in sorted(read) if words[_plain(titles[place])] > 1),
    )


def _plain(title: str) -> str:
    return _DECORATION.sub("", title)


def _known(title: str) -> tuple[Field, int] | None:
    """Return the field of a heading and how telling it is: 科（室）, *姓名 and 部门(全称) too."""
    return _FIELDS.get(_plain(title)) or _FIELDS.get(_plain(_ASIDE.sub("", title)))


def _field(title: str) -> Field | None:
    known = _known(title)
    return known and known[0]

"""Rows of a table as people of a roster: cleaned, checked, each problem named with its place.

A value never stands in a sentence about it: the sentences are shown, copied and sent on.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

from bot.model.errors import BotError
from bot.model.roster import RosterRow
from bot.roster.headings import WORDS, Field, Headings
from bot.roster.table import Cell, Row, clean
from bot.screening.numbers import is_identity_number, is_mobile

LONGEST_NAME: Final = 30
LONGEST_TEXT: Final = 50
LONGEST_NUMBER: Final = 32
DAYS: Final = (date(1950, 1, 1), date(2099, 12, 31))
"""Between which days a person can come or leave; a number in Excel that says otherwise is none."""

_NOTHING = frozenset({"", "/", "-", "--", "—", "——", "无", "\\"})
_EMPTY = Cell("")
_HAN = r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af〇]"
_GAP = re.compile(rf"(?<={_HAN})\s+(?={_HAN})")
_DOT = re.compile(rf"(?<={_HAN})\s*[•・‧∙⋅.·]\s*(?={_HAN})")
# Rare characters of names may be younger than the tables of this Python.
_NO_NAME = re.compile(r"[^\w· '\U00020000-\U0003fffd-]|[0-9_]")
_STAFF_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]*")
_SCIENTIFIC = re.compile(r"[0-9.]+[Ee]\+?[0-9]+")
_LONG_NUMBER = re.compile(r"[0-9]{11}")
_WHOLE = re.compile(r"([0-9]+)\.0+")
_DAY = re.compile(
    r"([0-9]{4})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))"
    r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
)
_GONE = re.compile(r"否|不在|非在|(?!在|未|是).*(?:离|退|调[走出离]|辞|亡|故|去世|开除|解聘)")

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """What is wrong in one row, and what to do; it never quotes what stands there."""

    row: int
    column: str
    text: str

    def __str__(self) -> str:
        """Say it as the operator reads it."""
        return f"第 {self.row} 行 {self.column}：{self.text}。"


def read_people(
    rows: Iterable[Row], headings: Headings, *, epoch: date, keep_identity: bool
) -> tuple[Sequence[RosterRow], Sequence[Problem]]:
    """Return the people of the rows below the headings, and every problem of theirs."""
    reader = _Reader(headings, epoch, keep_identity=keep_identity)
    people = [made for row in rows if (made := reader.person(row)) is not None]
    return people, reader.problems


class _Reader:
    """Makes people of rows, and remembers them: one person stands once."""

    def __init__(self, headings: Headings, epoch: date, *, keep_identity: bool) -> None:
        self.problems: list[Problem] = []
        self._headings = headings
        self._epoch = epoch
        self._keep_identity = keep_identity
        self._lines: dict[tuple[Field, str], int] = {}
        self._alike: dict[tuple[str, str], tuple[int, str]] = {}

    def person(self, row: Row) -> RosterRow | None:
        """Return the person of a row; None for an empty one and where the headings are repeated."""
        if not any(clean(cell.text) or cell.trouble for cell in row.cells.values()):
            return None
        name = self._read(row, Field.NAME, _name, "")
        if name in WORDS[Field.NAME]:
            return None
        made = RosterRow(
            line=row.number,
            name=name,
            unit=self._read(row, Field.UNIT, _unit, ""),
            post=self._read(row, Field.POST, _text, ""),
            staff_number=self._read(row, Field.NUMBER, _staff_number, ""),
            identity=self._read(row, Field.IDENTITY, _identity, "") if self._keep_identity else "",
            left_on=self._read(row, Field.LEFT, self._day, None),
            moved_on=self._read(row, Field.MOVED, self._day, None),
        )
        if made.left_on is None and self._read(row, Field.STATUS, _is_gone, False):
            self._fault(row, Field.STATUS, "写着已不在岗，请填离职日期，或把这一行删去")
        self._compare(row, made)
        return made

    def _read(self, row: Row, field: Field, read: Callable[[Cell], T], nothing: T) -> T:
        """Return what stands under a field; where several columns do, they must not differ."""
        found: set[T] = set()
        for place in self._headings.columns.get(field, ()):
            cell = row.cells.get(place, _EMPTY)
            try:
                found.add(read(_usable(cell)))
            except BotError as error:
                self._fault(row, field, str(error), place)
        found.discard(nothing)
        if len(found) > 1:
            self._fault(row, field, "写了几个不同的日期，请只留一个")
        return next(iter(found), nothing)

    def _day(self, cell: Cell) -> date | None:
        """Return a day as it is written, or as Excel counts it; BotError if there is none such."""
        text = clean(cell.text)
        if text in _NOTHING:
            return None
        found = _DAY.fullmatch(text)
        try:
            if found:
                year, month, day, *others = found.groups()
                made = date(int(year), int(month or others[0]), int(day or others[1]))
            else:
                made = self._epoch + timedelta(days=float(text))
        except (ValueError, OverflowError):
            made = None
        if made is None or not DAYS[0] <= made <= DAYS[1]:
            raise BotError(
                "不是一个日期，请写成 2026-09-01 这样" if not found else "没有这一天，请核对"
            )
        return made

    def _compare(self, row: Row, made: RosterRow) -> None:
        """Name the rows that cannot be told apart, and numbers that two people have."""
        for field, number in ((Field.NUMBER, made.staff_number), (Field.IDENTITY, made.identity)):
            if (
                number
                and (first := self._lines.setdefault((field, number), row.number)) != row.number
            ):
                self._fault(row, field, f"与第 {first} 行的{field}相同，请核对")
        first, has_number = self._alike.setdefault(
            (made.name, made.unit), (row.number, made.staff_number)
        )
        if made.name and first != row.number and not (has_number and made.staff_number):
            self._fault(
                row,
                Field.NAME,
                f"与第 {first} 行同名同科室：是一个人就删去一行，是两个人请都填上工号",
            )

    def _fault(self, row: Row, field: Field, text: str, place: int | None = None) -> None:
        at = self._headings.columns[field][0] if place is None else place
        self.problems.append(Problem(row=row.number, column=self._headings.titles[at], text=text))


def _usable(cell: Cell) -> Cell:
    if cell.trouble:
        raise BotError(cell.trouble)
    return cell


def _name(cell: Cell) -> str:
    """Return a name, without the spaces that make short names as wide as long ones."""
    name = _DOT.sub("·", _GAP.sub("", clean(cell.text)))
    if name in _NOTHING:
        raise BotError("没有填，请补上，或把这一行删去")
    if len(name) > LONGEST_NAME:
        raise BotError(f"超过 {LONGEST_NAME} 个字，请只写姓名")
    if _NO_NAME.search(name):
        raise BotError("里有数字、括号或其他符号，请只写姓名")
    if len(name) < 2:
        raise BotError("只有一个字，请写全名")
    return name


def _unit(cell: Cell) -> str:
    unit = _text(cell)
    if not unit:
        raise BotError("没有填，请补上")
    return unit


def _text(cell: Cell) -> str:
    text = clean(cell.text)
    if text in _NOTHING:
        return ""
    if len(text) > LONGEST_TEXT:
        raise BotError(f"超过 {LONGEST_TEXT} 个字，请写短一些")
    if _LONG_NUMBER.search(text):
        raise BotError("里有像手机号或证件号的长号码，这里不能写")
    return text


def _staff_number(cell: Cell) -> str:
    number = clean(cell.text).replace(" ", "")
    if whole := _WHOLE.fullmatch(number):
        number = whole[1]
    if number in _NOTHING:
        return ""
    if is_identity_number(number) or is_mobile(number):
        raise BotError("写的是身份证号或手机号，这些不导入，请改填工号或空着")
    if _SCIENTIFIC.fullmatch(number):
        raise BotError("变成了科学计数，请改成文本格式重新填写")
    if len(number) > LONGEST_NUMBER or not _STAFF_NUMBER.fullmatch(number):
        raise BotError(f"要写字母和数字，不超过 {LONGEST_NUMBER} 位")
    return number


def _identity(cell: Cell) -> str:
    """Return an identity number of 18 characters, a last `x` as `X`; nobody needs to have one."""
    number = clean(cell.text).replace(" ", "").upper()
    if number in _NOTHING:
        return ""
    if cell.number:
        raise BotError("是数字格式，后几位已经丢失，请改成文本格式重新填写")
    if len(number) != 18:
        raise BotError("不是 18 位，请核对")
    if not is_identity_number(number):
        raise BotError("校验不符，没有这样的号码，请核对")
    return number


def _is_gone(cell: Cell) -> bool:
    return _GONE.match(clean(cell.text)) is not None

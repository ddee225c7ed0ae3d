"""Working days and working hours: the officer's table, chinesecalendar, the never-late rule."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bot.model.errors import BotError

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The zone of all rules about days; China has kept no summer time since 1991."""

Hours = tuple[tuple[time, time], ...]
"""The working hours of one day: half-open, in order, none overlapping."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """The last day of a term, whether a table may still move it, and the sentence why."""

    on: date
    provisional: bool
    rule: str


@cache  # chinese_calendar walks through all its years for every question
def published(day: date) -> bool | None:
    """Whether chinesecalendar says that people work on `day`; None outside the years it knows."""
    # The library builds its tables when it is imported: only who asks pays for it.
    import chinese_calendar  # noqa: PLC0415

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


class Calendar:
    """Which days and hours are worked.

    `tables` is the officer's (True: worked; see `load_table`), `known` what is published besides;
    both together may leave a year open. Moments are aware, in UTC.
    """

    def __init__(
        self,
        tables: Mapping[date, bool] = MappingProxyType({}),
        *,
        hours: Hours,
        known: Callable[[date], bool | None] = published,
    ) -> None:
        ends = [moment for span in hours for moment in span]
        if not hours or any(a >= b for a, b in pairwise(ends)):
            raise ValueError("working hours must be in order and must not touch")
        self._tables = dict(tables)
        self._hours = hours
        self._known = known

    def is_working_day(self, day: date) -> bool:
        """Whether people are expected at work; in years without a table a guess by the weekday."""
        official = self._official(day)
        if official is not None:
            return official
        return day.weekday() < _SATURDAY and not _is_statutory(day)

    def due(self, start_on: date, working_days: int) -> Due:
        """Return the last day of a term; the day it starts on is not counted.

        A day that no table settles counts as worked unless the law itself frees it, so the answer
        may come too early there, never too late.
        """
        sources: set[_Source] = set()
        day = start_on
        for _ in range(_at_least(1, working_days)):
            day, passed = self._next_counted(day)
            sources |= passed
        provisional = _Source.NEVER_LATE in sources
        rests_on = "；".join(source.value for source in _Source if source in sources)
        return Due(
            on=day,
            provisional=provisional,
            rule=f"自次日起算{working_days}个工作日，依据：{rests_on}。",
        )

    def add_working_days(self, day: date, count: int) -> date:
        """Return the day `count` expected working days after `day`; a legal term is `due`."""
        for _ in range(_at_least(0, count)):
            day = next(later for later in _days_after(day) if self.is_working_day(later))
        return day

    def is_working_time(self, at: datetime) -> bool:
        """Whether `at` lies within the working hours of a working day."""
        here = local(at)
        return self.is_working_day(here.date()) and any(
            begin <= here.time() < end for begin, end in self._hours
        )

    def next_working_time(self, at: datetime) -> datetime:
        """Return `at` if it is working time, else the next moment that is."""
        begin, _ = next(self._stretches(at))
        return begin

    def working_minutes_after(self, start: datetime, minutes: int) -> datetime:
        """Return the moment when `minutes` of working time have passed since `start`."""
        left = timedelta(minutes=_at_least(0, minutes))
        for begin, end in self._stretches(start):
            if left <= end - begin:
                return begin + left
            left -= end - begin
        raise AssertionError  # the stretches never end

    def _stretches(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the stretches of working time from `start` on, without end."""
        today = local(start).date()
        for day in _days_after(today - timedelta(days=1)):
            if not self.is_working_day(day):
                continue
            for begin, end in self._hours:
                opens, closes = (
                    datetime.combine(day, moment, SHANGHAI).astimezone(UTC)
                    for moment in (begin, end)
                )
                if closes > start:
                    yield max(opens, start.astimezone(UTC)), closes

    def _next_counted(self, after: date) -> tuple[date, set["_Source"]]:
        """Return the next day that counts in a term, and what the days up to it rest on."""
        passed = set()
        for day in _days_after(after):
            worked, source = self._settled(day)
            passed.add(source)
            if worked:
                return day, passed
        raise AssertionError  # the days never end

    def _settled(self, day: date) -> tuple[bool, "_Source"]:
        """Return whether `day` counts in a term and what says so."""
        if (day.month, day.day) >= _YEAR_END and self._official(date(day.year + 1, 1, 1)) is None:
            # The notice for the next year has made weekends of this one working days before
            # (2006-12-30, 2007-12-29, 2011-12-31, 2018-12-29): until it is out they are open.
            return True, _Source.NEVER_LATE
        if day in self._tables:
            return self._tables[day], _Source.OFFICER
        if (worked := self._known(day)) is not None:
            return worked, _Source.PUBLISHED
        return not _is_statutory(day), _Source.NEVER_LATE

    def _official(self, day: date) -> bool | None:
        return self._tables[day] if day in self._tables else self._known(day)


def load_table(path: Path) -> Mapping[date, bool]:
    """Read the officer's table: per year the days off and the weekend days worked (调休).

    The answer holds every day of each year in the file. A table reads `[2027]`, `off = [...]`,
    `working = [...]`; the last days of December may stand with the year whose notice moved them.
    All faults are told in one BotError, a line each, with file and day.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BotError(f"工作日历表 {path} 读不出来，请检查文件是否存在、能否读取。") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise BotError(f"工作日历表 {path} 不是 UTF-8 编码的 TOML 文件，请改正后重试。") from error
    listed: dict[date, bool] = {}
    faults: list[str] = []
    for heading, year in content.items():
        faults += _read_year(heading, year, listed)
    years = sorted(int(heading) for heading in content if heading in _YEARS)
    for year in years:
        faults += [
            f"{day}：是法定节假日，请写进 [{year}] 的 off"
            for day in _days_of(year)
            if _is_statutory(day) and listed.get(day, True)
        ]
    if faults:
        raise BotError("\n".join(f"工作日历表 {path}：{fault}。" for fault in faults))
    whole = {day: day.weekday() < _SATURDAY for year in years for day in _days_of(year)}
    return MappingProxyType(whole | listed)


def doubts(
    table: Mapping[date, bool], known: Callable[[date], bool | None] = published
) -> tuple[str, ...]:
    """Say what of an officer's table should be looked at again; local holidays may explain it.

    A weekend day worked that is left out makes terms end late, and nothing in the file shows it.
    """
    found = [
        f"{day}：公布的安排是{'上班' if worked else '放假'}，表里不是，请核对"
        for day in sorted(table)
        if (worked := known(day)) is not None and worked is not table[day]
    ]
    for year in sorted({day.year for day in table}):
        days = [day for day in _days_of(year) if day in table and known(day) is None]
        off = sum(day.weekday() < _SATURDAY and not table[day] for day in days)
        moved = sum(day.weekday() >= _SATURDAY and table[day] for day in days)
        if off - moved > _MOST_FREE:
            found.append(f"{year}年：放假比往年多，是不是漏写了调休上班的星期六、星期日，请核对")
    return tuple(f"工作日历表 {fault}。" for fault in found)


def local(at: datetime) -> datetime:
    """Return an aware moment as the clocks in China show it."""
    if at.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return at.astimezone(SHANGHAI)


class _Source(StrEnum):
    """What a day rests on, as `Due.rule` says it."""

    OFFICER = "本单位工作日历表"
    PUBLISHED = "国务院办公厅公布的放假调休安排"
    NEVER_LATE = (
        "暂定规则（放假安排尚未公布的日子，除固定日期的法定节假日外一律计为工作日，"
        "只会提前、不会逾期，公布后重新计算）"
    )


def _read_year(heading: str, year: object, listed: dict[date, bool]) -> Iterator[str]:
    """Add the days of one year to `listed` and yield the faults found."""
    if heading not in _YEARS or not isinstance(year, dict) or not year.keys() <= {"off", "working"}:
        yield f"[{heading}] 要写成 [2027] 这样的年份，其中只能有 off（放假）和 working（调休上班）"
        return
    for key, worked in (("off", False), ("working", True)):
        days = year.get(key, [])
        if not isinstance(days, Sequence):
            yield f"[{heading}] 的 {key} 要写成日期的列表"
            continue
        for day in days:
            if type(day) is not date:
                yield f"[{heading}] 的 {key} 中的 {day} 要写成 2027-01-01 这样的日期，不加引号"
            elif day.year != int(heading) and not _is_end_of_year_before(day, int(heading)):
                yield f"{day}：不属于 {heading} 年"
            elif day in listed:
                twice = listed[day] == worked
                yield f"{day}：" + ("写了两次" if twice else "既写了放假又写了上班")
            elif worked and day.weekday() < _SATURDAY:
                yield f"{day}：本来就是星期一至五，不用写进 working，请核对日期"
            else:
                listed[day] = worked


def _is_end_of_year_before(day: date, year: int) -> bool:
    return day.year == year - 1 and (day.month, day.day) >= _YEAR_END


def _is_statutory(day: date) -> bool:
    """Whether the law frees the day by its date; days of the moon's calendar are left out.

    Leaving a free day out makes a term end earlier, so this errs on the safe side.
    """
    first = _STATUTORY_SINCE.get((day.month, day.day))
    return first is not None and day.year >= first


def _days_after(day: date) -> Iterator[date]:
    while day.year < MAXYEAR:
        day += timedelta(days=1)
        yield day
    raise BotError("日期太远，算不出来，请检查年份。")


def _days_of(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)


def _at_least(least: int, number: int) -> int:
    if number < least:
        raise ValueError(f"must be at least {least}: {number}")
    return number


_SATURDAY: Final = 5
_MOST_FREE: Final = 13
"""Weekdays free less weekend days worked: 13 in 2025 and 2026, mostly 11 before."""
_YEAR_END: Final = (12, 25)
_YEARS: Final = frozenset(str(year) for year in range(2000, 2100))
_STATUTORY_SINCE: Final = MappingProxyType(
    {(1, 1): 1949, (5, 1): 1949, (5, 2): 2025, (10, 1): 1949, (10, 2): 1949, (10, 3): 1999}
)

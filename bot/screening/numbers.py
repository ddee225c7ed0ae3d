"""Numbers that belong to people: identity numbers and mobiles, in any grouping of their digits.

Identity numbers after GB 11643: province, date of birth, order, check digit (ISO 7064 MOD 11-2).
The county is not looked up: codes were redrawn so often that the official list refuses every
second plausible number.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

PROVINCES: Final = frozenset(
    str(code)
    for first, last in (
        (11, 15),
        (21, 23),
        (31, 37),
        (41, 46),
        (50, 54),
        (61, 65),
        (71, 71),
        (81, 83),
    )
    for code in range(first, last + 1)
)
BIRTH_YEARS: Final = range(1900, 2041)
"""Plausible years of birth; fixed, because screening reads no clock."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10x98765432"
_MOBILE = re.compile(
    r"1(?:3[0-9]|4[015-9]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])[0-9]{8}",
)
_GROUP = re.compile(r"[0-9]+x?")
_GAP = re.compile(r"[ \t._·•*~—–-]{0,3}\Z")
_MOBILE_GROUPS = frozenset({(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (4, 4, 3), (1,) * 11})
_CALLING_CODE = "86"


class NumberKind(Enum):
    """Whose number it is; the value is what an owner reads."""

    IDENTITY = "身份证号"
    OLD_IDENTITY = "15位身份证号"
    MOBILE = "手机号"


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A number in the original text (half-open, code points); `spread` if it was taken apart."""

    kind: NumberKind
    start: int
    end: int
    digits: str = field(repr=False)
    spread: bool = False


def is_identity_number(digits: str) -> bool:
    """Return whether 18 characters are an identity number: province, date and check digit."""
    digits = digits.lower()
    return (
        len(digits) == 18
        and digits[:17].isascii()
        and digits[:17].isdigit()
        and digits[:2] in PROVINCES
        and _is_date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
        and check_digit(digits[:17]) == digits[17]
    )


def is_old_identity_number(digits: str) -> bool:
    """Return whether 15 digits look like a first-generation number: province and date, 19xx."""
    return (
        len(digits) == 15
        and digits.isascii()
        and digits.isdigit()
        and digits[:2] in PROVINCES
        and digits[2:6] != "0000"
        and _is_date(1900 + int(digits[6:8]), int(digits[8:10]), int(digits[10:12]))
        and digits[12:] != "000"
    )


def is_mobile(digits: str) -> bool:
    """Return whether 11 digits are a mobile number of a segment in use."""
    return _MOBILE.fullmatch(digits) is not None


def check_digit(seventeen: str) -> str:
    """Return the eighteenth character for the first seventeen digits, `x` for ten."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, seventeen, strict=True))
    return _CHECK_DIGITS[total % 11]


def find_numbers(plain: str) -> Iterator[Number]:
    """Yield the numbers of people in a plain view, by start, never overlapping."""
    groups = [group.span() for group in _GROUP.finditer(plain)]
    index = 0
    while index < len(groups):
        found = _number_at(plain, groups, index)
        if found is None:
            index += 1
            continue
        number, index = found
        yield number


def _number_at(plain: str, groups: list[tuple[int, int]], first: int) -> tuple[Number, int] | None:
    """Return the longest number that begins with a group, and the group after it."""
    start = groups[first][0]
    if start and _glued(plain[start - 1]):
        return None
    digits = ""
    lengths: list[int] = []
    best: tuple[Number, int] | None = None
    for index in range(first, len(groups)):
        begin, end = groups[index]
        if index > first and _GAP.match(plain, groups[index - 1][1], begin) is None:
            break
        digits += plain[begin:end]
        lengths.append(end - begin)
        if len(digits) > len(_CALLING_CODE) + 18:
            break
        if end < len(plain) and _glued(plain[end]):
            continue
        kind = _kind(digits, lengths)
        if kind is not None:
            number = Number(kind=kind, start=start, end=end, digits=digits, spread=len(lengths) > 1)
            best = number, index + 1
    return best


def _kind(digits: str, lengths: list[int]) -> NumberKind | None:
    even = len(lengths) == 1 or len(set(lengths)) == 1 or max(lengths) >= 3
    if len(digits) == 18 and even and is_identity_number(digits):
        return NumberKind.IDENTITY
    if len(digits) == 15 and _old_grouping(lengths) and is_old_identity_number(digits):
        return NumberKind.OLD_IDENTITY
    groups = tuple(lengths)
    if digits.startswith(_CALLING_CODE) and len(digits) == 13:
        digits = digits[2:]
        groups = groups[1:] if groups[0] == 2 else (groups[0] - 2, *groups[1:])
    if groups in _MOBILE_GROUPS and is_mobile(digits):
        return NumberKind.MOBILE
    return None


def _old_grouping(lengths: list[int]) -> bool:
    return tuple(lengths) in {(15,), (6, 6, 3), (1,) * 15}


def _glued(neighbour: str) -> bool:
    """Return whether a neighbour shows that the digits belong to something longer."""
    return neighbour.isascii() and neighbour.isalnum()


def _is_date(year: int, month: int, day: int) -> bool:
    return year in BIRTH_YEARS and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]

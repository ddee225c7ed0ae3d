"""Numbers that belong to people: identity numbers, mobiles, bank cards, in any grouping of digits.

Identity numbers after GB 11643: province, date of birth, order, check digit (ISO 7064 MOD 11-2).
The county is not looked up: codes were redrawn so often that the official list refuses every
second plausible number. Bank cards: issuer prefix and Luhn. Numbers whose check digit is wrong
are found too, as kinds of their own: a person may mistype his number, and only a label beside it
tells that from any other long number.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from itertools import accumulate
from types import MappingProxyType
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

DISABILITY_CARD: Final = 20
"""Digits of a disability card: the identity number, then kind and degree."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10x98765432"
_MOBILE = re.compile(
    r"1(?:3[0-9]|4[015-9]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])[0-9]{8}",
)
_ISSUER = re.compile(r"62|60|4|5[1-5]|35|9[0-9]|68")
_UNION = "62"
_OLD_IDENTITY = 15
_GROUP = re.compile(r"[0-9]+x?")
_GAP = re.compile(r"[ \t._·•*~—–-]{0,3}\Z")
_MOBILE_GROUPS = frozenset({(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (4, 4, 3), (1,) * 11})
_CALLING_CODE = "86"
_NUMERALS = "零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两洞拐勾"
_NUMERAL_DIGITS = MappingProxyType(str.maketrans(_NUMERALS, "00012345678911234567892079"))
_SPOKEN = re.compile(
    rf"[0-9{_NUMERALS}](?:[ \t._·•*~—–-]{{0,2}}[0-9{_NUMERALS}]){{10,17}}(?![0-9{_NUMERALS}])"
)
_FEWEST_NUMERALS = 3


class NumberKind(Enum):
    """Whose number it is; the value is what an owner reads."""

    IDENTITY = "身份证号"
    OLD_IDENTITY = "15位身份证号"
    MOBILE = "手机号"
    CARD = "银行卡号"
    DOUBTFUL_IDENTITY = "身份证号（校验码不符）"
    DOUBTFUL_CARD = "银行卡号（校验码不符）"

    @property
    def doubtful(self) -> bool:
        """Whether the check digit is wrong: such a number means something only with a label."""
        return self in {NumberKind.DOUBTFUL_IDENTITY, NumberKind.DOUBTFUL_CARD}


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A number in the original text (half-open, code points); `spread` if it was taken apart."""

    kind: NumberKind
    start: int
    end: int
    digits: str = field(repr=False)
    spread: bool = False

    def at(self, start: int, end: int) -> "Number":
        """Return the same number at another place."""
        if start == self.start and end == self.end:
            return self
        return replace(self, start=start, end=end)


def is_identity_number(digits: str) -> bool:
    """Return whether 18 characters are an identity number: province, date and check digit."""
    digits = digits.lower()
    return has_identity_form(digits) and check_digit(digits[:17]) == digits[17]


def has_identity_form(digits: str) -> bool:
    """Return whether 18 characters have province and date of an identity number."""
    return (
        len(digits) == 18
        and digits[:17].isascii()
        and digits[:17].isdigit()
        and digits[:2] in PROVINCES
        and _is_date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
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


def is_bank_card(digits: str) -> bool:
    """Return whether 16 to 19 digits are a bank card: issuer prefix and Luhn check digit."""
    return has_card_form(digits) and luhn(digits)


def has_card_form(digits: str) -> bool:
    """Return whether there are 16 to 19 digits with the prefix of an issuer of cards."""
    return 16 <= len(digits) <= 19 and digits.isdigit() and _ISSUER.match(digits) is not None


def luhn(digits: str) -> bool:
    """Return whether digits pass the check of ISO/IEC 7812."""
    odd = sum(map(int, digits[-1::-2]))
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (odd + even) % 10 == 0


def check_digit(seventeen: str) -> str:
    """Return the eighteenth character for the first seventeen digits, `x` for ten."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, seventeen, strict=True))
    return _CHECK_DIGITS[total % 11]


def find_numbers(plain: str) -> Iterator[Number]:
    """Yield the numbers of people in a plain view, by start, never overlapping."""
    found = list(_in_digits(plain))
    spoken = [
        one
        for one in _in_numerals(plain)
        if all(other.end <= one.start or one.end <= other.start for other in found)
    ]
    yield from sorted((*found, *spoken), key=lambda one: one.start) if spoken else found


def _in_digits(plain: str) -> Iterator[Number]:
    for groups in _runs(plain):
        run = _Run(plain, groups)
        first = 0
        while first < len(groups):
            number, first = run.number_at(first)
            if number is not None:
                yield number


def _runs(plain: str) -> Iterator[list[tuple[int, int]]]:
    """Yield the groups of digits that may go on with each other, as half-open stretches."""
    groups: list[tuple[int, int]] = []
    for match in _GROUP.finditer(plain):
        if groups and _GAP.match(plain, groups[-1][1], match.start()) is None:
            yield groups
            groups = []
        groups.append(match.span())
    if groups:
        yield groups


class _Run:
    """Groups of digits in a row; a number begins with one and ends with the same or another."""

    def __init__(self, plain: str, groups: list[tuple[int, int]]) -> None:
        self._plain, self._groups = plain, groups
        self._digits = "".join(plain[begin:end] for begin, end in groups)
        self._lengths = [end - begin for begin, end in groups]
        self._begins = list(accumulate(self._lengths, initial=0))
        self._beyond = {begin: index for index, begin in enumerate(self._begins)}

    def number_at(self, first: int) -> tuple[Number | None, int]:
        """Return the longest number that begins with a group, and the group to go on with."""
        best: Number | None = None
        beyond = first + 1
        plain, start = self._plain, self._groups[first][0]
        if start and _glued(plain[start - 1]):
            return best, beyond
        begin = self._begins[first]
        for length in _lengths().get(self._digits[begin : begin + 2], ()):
            after = self._beyond.get(begin + length)
            if after is None:
                continue
            end = self._groups[after - 1][1]
            if end < len(plain) and _glued(plain[end]):
                continue
            digits, lengths = self._digits[begin : begin + length], self._lengths[first:after]
            kind = _kind(digits, lengths)
            if kind is not None and not (kind.doubtful and best):
                spread = len(lengths) > 1
                best = Number(kind=kind, start=start, end=end, digits=digits, spread=spread)
                beyond = after
        return best, beyond


def _in_numerals(plain: str) -> Iterator[Number]:
    """Yield mobiles and identity numbers in Chinese numerals, some of them perhaps in digits."""
    for match in _SPOKEN.finditer(plain):
        written = [character for character in match[0] if character.isalnum()]
        if sum(character in _NUMERALS for character in written) < _FEWEST_NUMERALS:
            continue
        digits = "".join(written).translate(_NUMERAL_DIGITS)
        if is_mobile(digits):
            kind = NumberKind.MOBILE
        elif is_identity_number(digits):
            kind = NumberKind.IDENTITY
        else:
            continue
        yield Number(kind=kind, start=match.start(), end=match.end(), digits=digits, spread=True)


@cache
def _lengths() -> Mapping[str, tuple[int, ...]]:
    """Return how long numbers are that begin with two digits, ascending; most begin with others."""
    lengths: dict[str, tuple[int, ...]] = {}
    for two in map("{:02}".format, range(100)):
        mobile = (11,) if "13" <= two <= "19" else (13,) if two == _CALLING_CODE else ()
        person = (_OLD_IDENTITY, 18, DISABILITY_CARD) if two in PROVINCES else ()
        card = tuple(range(16, 20)) if _ISSUER.match(two) else ()
        lengths[two] = tuple(sorted({*mobile, *person, *card}))
    return MappingProxyType(lengths)


def _kind(digits: str, lengths: list[int]) -> NumberKind | None:
    """Return what digits of one of the lengths are, in groups of so many."""
    size = len(digits)
    if size < _OLD_IDENTITY:
        return NumberKind.MOBILE if _is_mobile(digits, tuple(lengths)) else None
    if size == _OLD_IDENTITY:
        old = _old_grouping(lengths) and is_old_identity_number(digits)
        return NumberKind.OLD_IDENTITY if old else None
    kind = _long_kind(digits, whole=len(lengths) == 1)
    if kind is None or len(set(lengths)) == 1 or max(lengths) >= 3:
        return kind
    return None


def _long_kind(digits: str, *, whole: bool) -> NumberKind | None:
    """Return what 16 to 20 digits are; those of a disability card stand in one group."""
    identity = digits[:18] if whole and len(digits) == DISABILITY_CARD else digits
    if is_identity_number(identity):
        return NumberKind.IDENTITY
    if has_identity_form(digits):
        return NumberKind.DOUBTFUL_IDENTITY
    if is_bank_card(digits):
        return NumberKind.CARD
    doubtful = digits.startswith(_UNION) and has_card_form(digits)
    return NumberKind.DOUBTFUL_CARD if doubtful else None


def _is_mobile(digits: str, groups: tuple[int, ...]) -> bool:
    if digits.startswith(_CALLING_CODE) and len(digits) == 13:
        digits = digits[2:]
        groups = groups[1:] if groups[0] == 2 else (groups[0] - 2, *groups[1:])
    return groups in _MOBILE_GROUPS and is_mobile(digits)


def _old_grouping(lengths: list[int]) -> bool:
    return tuple(lengths) in {(15,), (6, 6, 3), (1,) * 15}


def _glued(neighbour: str) -> bool:
    """Return whether a neighbour shows that the digits belong to something longer."""
    return neighbour.isascii() and neighbour.isalnum()


def _is_date(year: int, month: int, day: int) -> bool:
    return year in BIRTH_YEARS and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]

"""Folding: what different spellings have in common, with the way back to the original.

Two views exist of every text. The *plain* view unifies width, case, traditional characters,
letter and digit forms, and drops what is invisible. The *squeezed* view also drops whatever is
neither letter nor digit, so that a word is found although something was put into it, and reads
foreign letters and odd characters (火星文) as what they stand for. Both fold one code point at a
time, so a stretch of a view always has an exact stretch of the original.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import compress, count
from types import MappingProxyType
from typing import Final

from opencc import OpenCC

from bot.screening.lazy import lazy

TABLE_LIMIT: Final = 60_000
"""How many code points a table remembers; a hostile text must not make it grow for ever."""

REMEMBERED: Final = 8_192
"""Characters whose single folding is remembered."""

NUMERALS: Final = "零〇○一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"
_DIGITS: Final = "00012345678912123456789"

_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc")
_DROPPED = frozenset({"Cf", "Cc", "Mn", "Me", "Cs", "Co", "Cn"})
_REPLACEMENT = "\ufffd"
_NUMERAL_RUN = re.compile(rf"[0-9{NUMERALS}]{{7,}}")
_LETTER_BLOCKS = ((0x1F150, "a"), (0x1F170, "a"), (0x1F1E6, "a"))
"""Letters in filled circles and squares and of flags, which NFKC does not know."""


class View:
    """One folding of one text; `folded` is what is searched, `original` what spans refer to."""

    def __init__(self, original: str, table: "FoldingTable", folded: str | None = None) -> None:
        """`folded` may be given if it is known, with as many characters as the table makes."""
        self.original = original
        self.folded = original.translate(table) if folded is None else folded
        self._table = table

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the original that the folded stretch came from, half-open."""
        starts = self.starts
        return starts[start], starts[end - 1] + 1

    def index(self, position: int) -> int:
        """Return which code point of the original gave the folded one at `position`."""
        return self.starts[position]

    def position(self, index: int) -> int:
        """Return where in the view what came from the original's `index` begins."""
        return bisect_left(self.starts, index)

    @lazy
    def starts(self) -> Sequence[int]:
        """Return which code point of the original gave each folded one."""
        values = map(self._table.__getitem__, map(ord, self.original))
        starts = list(compress(count(), values))
        if len(starts) == len(self.folded):
            return starts
        table = self._table
        folded = (table[ord(self.original[index])] for index in starts)
        lengths = (len(value) if isinstance(value, str) else 1 for value in folded)
        return [index for index, length in zip(starts, lengths, strict=True) for _ in range(length)]


class Mended:
    """A view in which disguised stretches read as what they mean; spans stay those of `view`."""

    def __init__(self, view: View, mends: Iterable[tuple[int, int, str]]) -> None:
        """`mends` are stretches of the original, half-open and apart, each with its reading."""
        self.original = view.original
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, reading in sorted(mends):
            first, beyond = view.position(start), view.position(end)
            parts += view.folded[done:first], reading
            untouched = view.starts[done:first]
            starts += untouched
            ends += [index + 1 for index in untouched]
            starts += [start] * len(reading)
            ends += [end] * len(reading)
            done = beyond
        parts.append(view.folded[done:])
        starts += view.starts[done:]
        ends += [index + 1 for index in view.starts[done:]]
        self.folded = "".join(parts)
        self._starts, self._ends = starts, ends

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the original that the folded stretch came from, half-open."""
        return self._starts[start], self._ends[end - 1]

    def position(self, index: int) -> int:
        """Return where in the view what came from the original's `index` begins."""
        return bisect_left(self._starts, index)


class FoldingTable(dict[int, int | str | None]):
    """What each code point folds to, worked out when first met; for `str.translate`.

    One code point is kept as its number, which `str.translate` reads faster than a string.
    """

    def __init__(self, *, squeeze: bool) -> None:
        super().__init__()
        self._squeeze = squeeze

    def __missing__(self, code: int) -> int | str | None:
        folded = fold_character(chr(code))
        if self._squeeze:
            odd = odd_characters()
            folded = odd.get(chr(code)) or "".join(
                odd.get(one, one) for one in folded if one.isalnum()
            )
        value = ord(folded) if len(folded) == 1 else folded or None
        if value == code:
            value = code  # the same object: half the memory to walk through
        if len(self) < TABLE_LIMIT:
            self[code] = value
        return value


@lru_cache(REMEMBERED)
def fold_character(character: str) -> str:
    """Fold one code point as the plain view does; the result folds to itself."""
    if "\ud800" <= character <= "\udfff":
        return _REPLACEMENT
    if character in "\n\t ":
        return character
    if character in "\r\x0b\x0c\x85\u2028\u2029":
        return "\n"
    if character in _INVISIBLE or unicodedata.category(character) in _DROPPED:
        return ""
    once = _fold_once(character)
    if once == character:
        return character
    return "".join(map(fold_character, once)) if character not in once else once


def with_digits(plain: str) -> str:
    """Read long runs of Chinese numerals and digits as digits; the length stays."""
    return _NUMERAL_RUN.sub(lambda run: run[0].translate(_numerals()), plain)


@cache
def traditional() -> MappingProxyType[int, str]:
    """Return which traditional character has which simplified one, from OpenCC's tables."""
    blocks = (range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x2FA20))
    characters = [chr(code) for block in blocks for code in block]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return MappingProxyType(
        {
            ord(before): after
            for before, after in zip(characters, converted, strict=True)
            if before != after and len(after) == 1
        }
    )


@cache
def odd_characters() -> MappingProxyType[str, str]:
    """Return what stands for other characters in words: 火星文, Greek and Cyrillic, emoji."""
    return MappingProxyType(
        {
            written: meant
            for pair in f"{_MARTIAN} {_LETTERS} ➕:加 🐧:qq".split()
            for written, meant in [pair.split(":")]
        }
    )


_MARTIAN: Final = (
    "莪:我 涐:我 伱:你 沵:你 妳:你 祢:你 彵:他 咜:他 哋:的 菂:的 啲:的 旳:的 の:的 ゎ:我 恏:好 ㄋ:了 "
    "孒:了 吥:不 芣:不 卟:不 迗:天 兲:天 亾:人 亽:人 仒:今 汏:大 夶:大 尐:小 仦:小 厷:公 芐:下 丅:下 "
    "仩:上 丄:上 嬡:爱 噯:爱 鈊:心 杺:心 僾:爱 哃:同 倳:事 嘚:得 恠:在 洅:再 嘙:婆 啝:和 "
    "咊:和 侽:男 亖:四 弎:三 弍:二 弌:一 仈:八 糿:九 呮:只 衹:只 徦:假 萪:科 沬:沫 甡:生 "
    "泩:生 甴:由 亇:个 冄:冉 ㄖ:日 冃:月 仴:月 朤:月 愽:博 猼:博 簙:博 欂:博 賻:赌 "
    "帀:币 婑:委 鋶:流 笩:代 祤:羽 姩:年 尛:小 溦:微 癓:微 嶶:微 幑:微 葳:微 "
    "倧:综 媄:美 渼:美 羙:美 銫:色 脃:色 啨:情 凊:情 圊:情 睲:性 婬:淫 霪:淫 滛:淫 "
    "祼:裸 倮:裸 躶:裸 臝:裸 兯:尔 瀦:猪 茤:多 糼:幼 笵:范 錢:钱 浭:更 媤:思 "
    "笓:比 瓛:献 莋:作 莍:求 浗:求 脎:杀 閷:杀 摋:杀 蔱:杀 樦:枪 嶈:枪 莈:没 冇:没 堔:深 "
    "傢:家 圎:圆 圓:圆 鎹:送 烑:约 葯:约 箹:约 妁:约 炇:扑 皯:赶 泙:平 岼:平 "
    "囼:台 珆:台 畩:依 眕:诊 苩:白 濄:过 叧:另 囻:国 啯:国 圀:国 仺:仓 仧:长 兂:无 "
    "譁:化 杸:投 紸:注 鉒:注 疰:注 駐:注 菿:到 捯:到 箌:到 嘂:叫 訆:叫"
)
_LETTERS: Final = (
    "а:a е:e о:o р:p с:c у:y х:x в:b к:k м:m н:h т:t і:i ї:i ј:j ѕ:s ԁ:d ԛ:q ԝ:w һ:h ѵ:v "
    "α:a β:b ε:e ι:i κ:k ν:v ο:o ρ:p τ:t υ:u χ:x ω:w γ:y ɡ:g ɑ:a ı:i ℮:e"
)


@cache
def _numerals() -> dict[int, int]:
    return str.maketrans(NUMERALS, _DIGITS)


def _fold_once(character: str) -> str:
    compatible = unicodedata.normalize("NFKC", character)
    if compatible == character:
        compatible = _enclosed(character) or _digit(character)
    simple = compatible.casefold().translate(traditional())
    bare = (
        part
        for part in unicodedata.normalize("NFD", simple)
        if unicodedata.category(part) not in _DROPPED or part in "\n\t"
    )
    return unicodedata.normalize("NFC", "".join(bare))


def _enclosed(character: str) -> str:
    """Return the letter in a filled circle, a filled square or a flag; empty for others."""
    for first, letter in _LETTER_BLOCKS:
        if first <= ord(character) < first + 26:
            return chr(ord(letter) + ord(character) - first)
    return "10" if character == "\U0001f51f" else ""


def _digit(character: str) -> str:
    """Return the digits that a dingbat or a foreign digit stands for, otherwise the character."""
    if unicodedata.category(character) not in {"Nd", "No"}:
        return character
    value = unicodedata.numeric(character)
    return str(int(value)) if value.is_integer() and 0 <= value < 100 else character

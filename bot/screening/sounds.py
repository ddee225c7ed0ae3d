"""Sounds: characters and pinyin in Latin letters read as syllables, one code point each.

Characters read without tone; a look-alike (徽) sounds like the one it is taken for (微). A run of
Latin letters that is pinyin throughout reads as its syllables, any other stays as it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from itertools import islice, product
from types import MappingProxyType
from typing import Final

from bot.screening.layer import Layer
from bot.screening.text import TABLE_LIMIT, View

_FIRST: Final = 0xE000
"""Syllables live in the private use area, which no view contains."""

_LONGEST_RUN: Final = 60
_LONGEST_SYLLABLE: Final = 6
_MOST_READINGS: Final = 4
_RUN = re.compile(r"[a-z]{2,}")
_ALIASES: Final = (("lue", "lve"), ("nue", "nve"))

_OTHER_READINGS: Final = (
    "乐:yue 行:hang 重:chong 长:chang 都:du 色:shai 率:shuai 薄:bo 血:xie 约:yao 泊:bo 传:zhuan 弹:tan "
    "单:shan 降:xiang 给:ji 卡:qia 调:tiao 校:jiao 会:kuai 还:huan 了:liao 盛:cheng 藏:zang 朝:chao "
    "地:de 恶:wu 系:ji 角:jue 觉:jiao 削:xue 宿:xiu 剥:bo 落:luo 露:lou 绿:lu 强:jiang 塞:se "
    "说:shui 提:di 兴:xing 仔:zai 秘:bi 屏:bing 曲:qu 堡:pu 便:pian 伯:bai 差:chai 刹:cha 车:ju 度:duo "
    "夹:ga 贾:gu 解:xie 劲:jing 女:nu 炮:bao 娜:nuo 吓:he 只:zhi 着:zhuo 大:dai 曝:bao 模:mu 尾:yi 嫖:piao"
)

_LOOK_ALIKES: Final = (
    "徽:微 货:贷 钓:约 漂:嫖 瞟:嫖 棵:裸 枊:枪 未:末 编:骗 浅:钱 线:钱 嫌:赚 炸:诈 "
    "桨:奖 涮:刷 晴:情 住:注 往:注 申:电 釆:彩 贫:贪 叱:吃 戌:戊 "
    "曰:日 倌:信 唁:信 言:信 倍:陪 赂:赌 伐:代 拎:抢 抡:抢 沧:枪 苍:枪 欸:款 邑:色 巳:己 已:己"
)


class SoundTable(dict[int, int]):
    """Which character reads as which syllable, others as themselves; for `str.translate`.

    Filled as characters are met: those that are common then lie together in memory.
    """

    def __missing__(self, code: int) -> int:
        sound = _table().get(code, code)
        if len(self) < TABLE_LIMIT:
            self[code] = sound
        return sound


class Sounds:
    """Reads words and views as syllables."""

    def __init__(self) -> None:
        self._syllables = dict(_syllables())
        self.table: Mapping[int, int] = SoundTable()
        """Which character reads as which syllable, for `str.translate`."""
        self._parse = lru_cache(4096)(self._parsed)

    def spellings(self, word: str) -> Iterator[str]:
        """Yield how a folded word reads, in the readings of its characters and as one run."""
        readings = [self._readings(character) for character in word]
        for codes in islice(product(*readings), _MOST_READINGS):
            yield "".join(codes)
            syllables = [self._name(code) for code in codes]
            if all(syllables):
                parsed = self._parse("".join(syllables))
                if parsed is not None:
                    yield "".join(code for code, _ in parsed)

    def is_syllable(self, code: str) -> bool:
        """Return whether a code point stands for a syllable."""
        return 0 <= ord(code) - _FIRST < len(self._syllables)

    def has_pinyin(self, squeezed: str) -> bool:
        """Return whether a run of letters may be pinyin."""
        return any(self._parse(run) is not None for run in _RUN.findall(squeezed))

    def layer(self, view: View) -> Layer:
        """Return the squeezed view as syllables, pinyin too."""
        squeezed = view.folded
        sounds = squeezed.translate(self.table)
        folded: list[str] = []
        begins: list[int] = []
        ends: list[int] = []
        done = 0
        for start, syllables in self._pinyin(view):
            folded.append(sounds[done:start])
            begins += range(done, start)
            ends += range(done + 1, start + 1)
            done = start
            for code, length in syllables:
                folded.append(code)
                begins.append(done)
                done += length
                ends.append(done)
        folded.append(sounds[done:])
        begins += range(done, len(squeezed))
        ends += range(done + 1, len(squeezed) + 1)
        return Layer("".join(folded), begins, ends)

    def _pinyin(self, view: View) -> Iterator[tuple[int, tuple[tuple[str, int], ...]]]:
        """Yield the runs of letters that are pinyin: where, and the syllables with lengths.

        Letters that stand apart in the original are runs of their own, unless only together
        they are pinyin.
        """
        for run in _RUN.finditer(view.folded):
            apart = [
                (start, self._parse(view.folded[start:end]))
                for start, end in _pieces(view, run.start(), run.end())
            ]
            if len(apart) > 1 and any(parsed is None for _, parsed in apart):
                whole = self._parse(run[0])
                if whole is not None:
                    yield run.start(), whole
                    continue
            for start, parsed in apart:
                if parsed is not None:
                    yield start, parsed

    def _parsed(self, run: str) -> tuple[tuple[str, int], ...] | None:
        """Return a run's syllables, the longer first, None if it is not pinyin throughout."""
        if len(run) > _LONGEST_RUN:
            return None
        length = len(run)
        steps = [0] * length + [1]
        for start in range(length - 1, -1, -1):
            for size in range(min(_LONGEST_SYLLABLE, length - start), 0, -1):
                if steps[start + size] and run[start : start + size] in self._syllables:
                    steps[start] = size
                    break
        if not steps[0]:
            return None
        parsed = []
        at = 0
        while at < length:
            parsed.append((self._syllables[run[at : at + steps[at]]], steps[at]))
            at += steps[at]
        return tuple(parsed)

    def _readings(self, character: str) -> tuple[str, ...]:
        code = self.table[ord(character)]
        if code == ord(character):
            return (character,)
        other = _other_readings().get(character)
        return (chr(code),) if other is None else (chr(code), self._syllables[other])

    def _name(self, code: str) -> str:
        return _names()[ord(code) - _FIRST] if self.is_syllable(code) else ""


@cache
def look_alikes() -> MappingProxyType[str, str]:
    """Return which character is taken for which other."""
    return MappingProxyType(dict(_pairs(_LOOK_ALIKES)))


def _pieces(view: View, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a run of letters that also touch each other in the original."""
    begin = start
    for position in range(start + 1, end):
        if view.index(position) > view.index(position - 1) + 1:
            yield begin, position
            begin = position
    yield begin, end


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    return ((pair[0], pair[2:]) for pair in text.split())


@cache
def _rows() -> tuple[tuple[str, str], ...]:
    text = files("bot.screening").joinpath("sounds.txt").read_text("utf-8")
    rows = (line.split(" ") for line in text.splitlines() if not line.startswith("#"))
    return tuple((syllable, characters) for syllable, characters in rows)


@cache
def _names() -> tuple[str, ...]:
    return tuple(syllable for syllable, _ in _rows())


@cache
def _syllables() -> MappingProxyType[str, str]:
    codes = {name: chr(_FIRST + index) for index, name in enumerate(_names())}
    return MappingProxyType(codes | {alias: codes[name] for alias, name in _ALIASES})


@cache
def _table() -> MappingProxyType[int, int]:
    """Return which character reads as which syllable, look-alikes as what they are taken for."""
    table = {
        ord(character): ord(_syllables()[syllable])
        for syllable, characters in _rows()
        for character in characters
    }
    alike = {ord(written): table[ord(meant)] for written, meant in look_alikes().items()}
    return MappingProxyType(table | alike)


@cache
def _other_readings() -> MappingProxyType[str, str]:
    return MappingProxyType(dict(_pairs(_OTHER_READINGS)))

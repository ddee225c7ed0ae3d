"""Reads a card, a nickname or an answer: every Chinese word in it is explained, or it is not."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache, reduce
from itertools import chain
from types import MappingProxyType
from typing import Final

from bot.people.units import Units

_HAN: Final = r"[\u3400-\u9fff\U00020000-\U0003ffff]"
_RUN: Final = re.compile(rf"{_HAN}+")
_DOT: Final = re.compile(rf"(?<={_HAN})\s*[.·•・‧∙⋅●。]\s*(?={_HAN})")
_SPACED: Final = re.compile(rf"(?<!{_HAN})(?:{_HAN}[ \t]+)+{_HAN}(?!{_HAN})")
_STROKES: Final = str.maketrans("丶丨灬亅乛彡", "      ")
"""Strokes that people draw round their names."""

_ANSWER: Final = re.compile(r".*(?:答案|回答)\s*:", re.DOTALL)
_NUMBERED: Final = re.compile(r"[\s(_#.-]{0,2}(?:\d{1,2}|[a-z]|i{2,3}|iv)(?![0-9a-z])")
_FOREIGN: Final = re.compile(
    r"(?<![a-z])(?:mom|mum|mama|dad|papa|wife|husband|son|daughter|brother|sister|assistant|driver|family|"
    r"fans?|friend|team|of|for|to|not|ask|by|from|s)(?![a-z])"
)
_COMPOUND: Final = re.compile(
    "长孙|司马|司徒|司空|公孙|公羊|东方|东郭|南宫|南门|西门|上官|欧阳|诸葛|夏侯|尉迟|令狐|宇文|慕容|皇甫|"
    "端木|申屠|太史|钟离|闻人|独孤|百里|呼延|轩辕|鲜于|闾丘|万俟|濮阳|淳于|单于|澹台|宗政|赫连"
)
_LONGEST_WORD: Final = 14
_LONGEST_RUN: Final = 32
_LONGEST_TEXT: Final = 200
_MOST_WAYS: Final = 64
_REMEMBERED: Final = 4_096
_ABBREVIATED: Final = frozenset(range(2, 7))


class Mark(Enum):
    """What a word says about an account, besides who has it."""

    POST = auto()
    AIDE = auto()
    PLAIN = auto()
    LABEL = auto()
    ASKING = auto()
    GREETING = auto()
    MYSELF = auto()
    OF = auto()
    RELATIVE = auto()
    STANDS_IN = auto()
    SHARED = auto()
    FORMER = auto()
    WAS = auto()


class _Piece(Enum):
    NAME = auto()
    UNIT = auto()


Piece = tuple[Mark | _Piece, str]
Way = tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What was found in a text; `whole` says that no Chinese character was left unexplained.

    `names` stand alone or beside words that are known, `inside` are names of three characters or
    more to which something is attached.
    """

    names: frozenset[str] = field(default=frozenset(), repr=False)
    inside: frozenset[str] = field(default=frozenset(), repr=False)
    units: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    marks: frozenset[Mark] = frozenset()
    numbered: bool = False
    whole: bool = True

    def __or__(self, other: "Reading") -> "Reading":
        """Return what both say together."""
        return Reading(
            names=self.names | other.names,
            inside=self.inside | other.inside,
            units=self.units | other.units,
            posts=self.posts | other.posts,
            marks=self.marks | other.marks,
            numbered=self.numbered or other.numbered,
            whole=self.whole and other.whole,
        )


_NOTHING: Final = Reading()


class Reader:
    """Reads texts with an office's names, units and posts; all of them folded."""

    def __init__(
        self, names: Collection[str], units: Units, posts: Iterable[str], office: Iterable[str]
    ) -> None:
        self._names = names
        self._units = units
        own = dict.fromkeys(posts, Mark.POST) | dict.fromkeys(office, Mark.PLAIN)
        long = {word: mark for word, mark in own.items() if len(word) > 1}
        self._words: Mapping[str, Mark] = MappingProxyType(long | dict(_WORDS))
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for word in chain(names, units.names, self._words):
            lengths[word[0]].add(len(word))
        self._lengths = {first: tuple(each) for first, each in lengths.items()}
        self._run = lru_cache(_REMEMBERED)(self._read_run)

    def read(self, text: str) -> Reading:
        """Return what a folded text says."""
        if not text:
            return _NOTHING
        if len(text) > _LONGEST_TEXT:
            return Reading(whole=False)
        text = _ANSWER.sub("", text).translate(_STROKES)
        text = _SPACED.sub(lambda found: re.sub(r"\s", "", found[0]), _DOT.sub("", text))
        readings = [
            self._run(found[0], numbered=bool(_NUMBERED.match(text, found.end())))
            for found in _RUN.finditer(text)
        ]
        if _FOREIGN.search(text):
            readings.append(Reading(marks=frozenset({Mark.RELATIVE})))
        return reduce(Reading.__or__, readings) if readings else _NOTHING

    def _read_run(self, run: str, *, numbered: bool) -> Reading:
        ways = self._ways(run, abbreviated=False) or self._ways(run, abbreviated=True)
        ways = [way for way in ways if way[0][0] is not Mark.OF]
        if not ways:
            return self._unread(run)
        pieces = {piece for way in ways for piece in way}
        names = frozenset(word for kind, word in pieces if kind is _Piece.NAME)
        if any(_is_torn(name, run) for name in names):
            return Reading(inside=names, whole=False)
        return Reading(
            names=names,
            units=frozenset(word for kind, word in pieces if kind is _Piece.UNIT),
            posts=frozenset(word for kind, word in pieces if kind in {Mark.POST, Mark.AIDE}),
            marks=frozenset(kind for kind, _ in pieces if isinstance(kind, Mark))
            | ({Mark.SHARED} if any(map(_is_of_an_aide, ways)) else set()),
            numbered=bool(names) and (numbered or any(map(_is_doubled, ways))),
        )

    def _ways(self, run: str, *, abbreviated: bool) -> list[Way]:
        """Return the ways to read a run as known words and nothing else.

        None if it cannot be, or in so many ways that nobody could say which is meant.
        """
        if len(run) > _LONGEST_RUN:
            return []
        known: dict[int, list[Way]] = {len(run): [()]}

        def ways_from(start: int) -> list[Way]:
            if start not in known:
                lengths: Iterable[int] = self._lengths.get(run[start], ())
                found = known[start] = [
                    (piece, *rest)
                    for length in (_ABBREVIATED.union(lengths) if abbreviated else lengths)
                    if start + length <= len(run)
                    for piece in self._pieces(run[start : start + length], abbreviated=abbreviated)
                    for rest in ways_from(start + length)
                    if _may(piece, rest)
                ]
                del found[_MOST_WAYS + 1 :]
            return known[start]

        ways = ways_from(0)
        return [] if any(len(each) > _MOST_WAYS for each in known.values()) else ways

    def _pieces(self, word: str, *, abbreviated: bool) -> list[Piece]:
        pieces: list[Piece] = []
        if word in self._names:
            pieces.append((_Piece.NAME, word))
        if word in self._units.names or (abbreviated and self._units.shortened(word)):
            pieces.append((_Piece.UNIT, word))
        if word in self._words:
            pieces.append((self._words[word], word))
        return pieces

    def _unread(self, run: str) -> Reading:
        """Return what can be said of a run in which something is not understood."""
        run = run[:_LONGEST_RUN]
        stretches = [
            run[start:end]
            for start in range(len(run))
            for end in range(start + 2, min(len(run), start + _LONGEST_WORD) + 1)
        ]
        found = [word for word in stretches if len(word) > 2 and word in self._names]
        return Reading(
            inside=frozenset(
                word
                for word in found
                if not any(word != other and word in other for other in found)
            ),
            marks=frozenset(
                mark
                for word in stretches
                if (mark := self._words.get(word)) in {Mark.RELATIVE, Mark.SHARED}
            ),
            whole=False,
        )


def _may(piece: Piece, rest: Way) -> bool:
    """Whether a word can stand before the others.

    What could be more of a name does not follow one, what would be said to somebody or of somebody
    does not stand before one: 李四来, 谢谢李四, 我的李四.
    """
    kind = piece[0]
    if not rest:
        return kind not in {Mark.STANDS_IN, Mark.WAS}
    following, word = rest[0]
    if following is Mark.OF:
        return kind is _Piece.UNIT
    if kind is _Piece.NAME:
        return len(word) > 1 and following is not Mark.LABEL
    return not (kind is Mark.ASKING and following is _Piece.NAME)


def _is_torn(name: str, run: str) -> bool:
    """Whether the name may be the end of a longer one: 长孙立 in 国库科长孙立."""
    start = run.find(name)
    return start > 0 and bool(_COMPOUND.match(run, start - 1, start + 1))


def _is_doubled(way: Way) -> bool:
    return sum(kind is _Piece.NAME for kind, _ in way) > 1


def _is_of_an_aide(way: Way) -> bool:
    """Whether the account is of somebody's driver or secretary: 张三司机, but not 司机张三."""
    kinds = [kind for kind, _ in way]
    return _Piece.NAME in kinds and Mark.AIDE in kinds[kinds.index(_Piece.NAME) :]


def _listed(mark: Mark, words: str) -> dict[str, Mark]:
    return dict.fromkeys(words.split(), mark)


_WORDS: Final[Mapping[str, Mark]] = MappingProxyType(
    _listed(
        Mark.POST,
        "局长 副局长 处长 副处长 科长 副科长 股长 副股长 主任 副主任 部长 副部长 所长 副所长 站长 "
        "副站长 队长 副队长 院长 副院长 组长 副组长 书记 副书记 专职副书记 委员 纪检组长 总会计师 "
        "总经济师 总工程师 调研员 一级调研员 二级调研员 三级调研员 四级调研员 巡视员 主任科员 "
        "副主任科员 一级主任科员 二级主任科员 三级主任科员 四级主任科员 一级科员 二级科员 科员 "
        "办事员 干事 会计 出纳 文员 工程师 高级工程师 负责人 主管 专员 内勤 外勤 "
        "联络员 信息员 通讯员 群主 管理员 群管理员 老师 同志 先生 女士 师傅",
    )
    | _listed(Mark.AIDE, "司机 驾驶员 秘书 助理 文秘")
    | _listed(
        Mark.PLAIN,
        "在岗 在线 工作号 工作微信 工作账号 新来的 新来 新人 新同事 刚来的 刚调来的 是 大家好 本局 "
        "我局",
    )
    | _listed(Mark.LABEL, "手机 电话 联系电话 手机号 单位 科室 部门 姓名 名字 职务 真名 实名")
    | _listed(
        Mark.ASKING,
        "请通过 请批准 谢谢 感谢 申请 申请入群 申请加入 申请进群 加入 入群 进群",
    )
    | _listed(Mark.GREETING, "你好 您好 早上好 上午好 下午好 嗨 哈喽")
    | _listed(Mark.MYSELF, "我是 我叫 我 本人 本人是 名叫 我的名字是 我的名字叫")
    | _listed(Mark.OF, "的")
    | _listed(
        Mark.RELATIVE,
        "家属 妈妈 爸爸 妈 爸 母亲 父亲 老婆 老公 妻子 丈夫 媳妇 爱人 对象 女友 男友 女朋友 男朋友 "
        "儿子 女儿 孩子 宝宝 哥哥 弟弟 姐姐 妹妹 爷爷 奶奶 外公 外婆 岳父 岳母 亲戚 之子 之女 之妻 "
        "之夫 他妈 他爸 她妈 她爸 朋友 同学 同事 粉丝 邻居 室友 战友",
    )
    | _listed(Mark.STANDS_IN, "代 替 帮 代替 替代")
    | _listed(
        Mark.SHARED,
        "公用 共用 公共 值班 值班室 值班手机 值班电话 热线 客服 机器人 助手 小助手 管家 群管家 "
        "小秘书 通知 公告 工作群 公众号 服务号 打印机 账号 公共账号 小号 备用 代班 代管",
    )
    | _listed(
        Mark.FORMER, "离职 已离职 退休 已退休 调离 已调离 已调走 调走 离岗 已离岗 辞职 已辞职"
    )
    | _listed(Mark.WAS, "原 前 曾任 原任")
)

"""The clauses of the regulations: read from one TOML file each, looked up by code or by topic."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from bot.model.errors import BotError
from bot.model.finding import Clause, Topic

WORK_GROUP = "work_group"
APPLIES_TO = (WORK_GROUP, "official_account", "web_site", "outward_publishing", "any_provider")

_Value = TypeVar("_Value", str, int)

_REGULATION_KEYS = frozenset({"code", "order", "title", "short", "issuer", "issued", "binds"})
_CLAUSE_KEYS = frozenset(
    {
        "code",
        "citation",
        "title",
        "topics",
        "nearest",
        "applies_to",
        "duty",
        "wording",
        "as_printed",
    }
)
_PLACE = re.compile(r"\d+b?(\.\d+)?(/\d+)?(\(\d+\))?(~[a-z_]+)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Regulation:
    """One regulation with its clauses in the order of its file; `short` opens its citations."""

    code: str
    order: int
    title: str
    short: str
    issuer: str
    issued: str
    binds: tuple[str, ...]
    clauses: tuple[Clause, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clauses:
    """All clauses of all regulations, sorted by the regulations' order, then as in the file."""

    regulations: tuple[Regulation, ...]
    _codes: Mapping[str, Clause] = field(init=False, repr=False, compare=False)
    _topics: Mapping[Topic, tuple[Clause, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the regulations and build the two indexes once."""
        regulations = tuple(sorted(self.regulations, key=lambda one: one.order))
        clauses = [clause for regulation in regulations for clause in regulation.clauses]
        topics = {
            topic: tuple(clause for clause in clauses if topic in clause.topics) for topic in Topic
        }
        object.__setattr__(self, "regulations", regulations)
        object.__setattr__(self, "_codes", MappingProxyType({one.code: one for one in clauses}))
        object.__setattr__(self, "_topics", MappingProxyType(topics))

    def by_code(self, code: str) -> Clause:
        """Return the clause with this code; BotError if there is none."""
        try:
            return self._codes[code]
        except KeyError:
            raise BotError(f"没有条款 {code}，请核对条款代码。") from None

    def of(self, regulation: str) -> tuple[Clause, ...]:
        """Return the clauses of one regulation, as in its file; BotError if it is unknown."""
        for one in self.regulations:
            if one.code == regulation:
                return one.clauses
        known = "、".join(one.code for one in self.regulations)
        raise BotError(f"没有制度 {regulation}，可用的有：{known}。")

    def citing(
        self,
        topic: Topic,
        *,
        enabled: frozenset[str],
        also_for_work_groups: frozenset[str] = frozenset(),
    ) -> tuple[Clause, ...]:
        """Return the clauses a finding of this topic in a work group cites.

        They belong to an enabled regulation and bind work groups, or whatever they bind where the
        office applies that enabled regulation to its work groups too.
        """
        return tuple(
            clause
            for clause in self._topics[topic]
            if clause.regulation in enabled
            and (WORK_GROUP in clause.applies_to or clause.regulation in also_for_work_groups)
        )


def load_clauses(folder: Path) -> Clauses:
    """Read every TOML file of the folder; one BotError names all mistakes of all files."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise BotError(f"{folder} 里没有条款文件（*.toml），请检查安装是否完整。")

    mistakes: list[str] = []
    regulations = [
        _read_regulation(document, path.name, mistakes)
        for path in paths
        if (document := _read_file(path, mistakes)) is not None
    ]
    codes = _doubles(one.code for one in regulations if one.code)
    orders = _doubles(one.order for one in regulations if one.order)
    mistakes += [f"制度代码 {code} 出现在多个文件里" for code in codes]
    mistakes += [f"顺序 order = {order} 出现在多个文件里" for order in orders]
    if mistakes:
        raise BotError(f"条款文件有 {len(mistakes)} 处错误，请改正：" + "；".join(mistakes) + "。")
    return Clauses(regulations=tuple(regulations))


@dataclass(frozen=True, slots=True)
class _Table:
    """One TOML table whose mistakes are noted, with its place, instead of raised."""

    values: Mapping[str, object]
    where: str
    mistakes: list[str]

    def note(self, mistake: str) -> None:
        self.mistakes.append(f"{self.where}：{mistake}")

    def only(self, keys: frozenset[str]) -> None:
        for key in self.values:
            if key not in keys:
                self.note(f"未知的键 {key}")

    def text(self, key: str) -> str:
        if key not in self.values:
            self.note(f"缺少 {key}")
        return self.text_or_none(key) or ""

    def text_or_none(self, key: str) -> str | None:
        value = self.values.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        self.note(f"{key} 应是非空文字")
        return None

    def number(self, key: str) -> int:
        value = self.values.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self.note(f"{key} 应是正整数" if key in self.values else f"缺少 {key}")
        return 0

    def words(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        if not isinstance(value, list):
            self.note(f"{key} 应是文字的列表")
            return ()
        words = tuple(word for word in value if isinstance(word, str))
        if len(words) < len(value):
            self.note(f"{key} 应是文字的列表")
        for word in _doubles(words):
            self.note(f"{key} 里 {word} 重复")
        return words

    def kinds(self, key: str) -> tuple[str, ...]:
        kinds = self.words(key)
        if not self.values.get(key):
            self.note(f"缺少 {key}")
        for kind in kinds:
            if kind not in APPLIES_TO:
                self.note(f"{key} 里的 {kind} 未知，可用的有：{'、'.join(APPLIES_TO)}")
        return kinds

    def topics(self, key: str) -> tuple[Topic, ...]:
        topics = []
        for word in self.words(key):
            try:
                topics.append(Topic(word))
            except ValueError:
                self.note(f"{key} 里的主题 {word} 未知")
        return tuple(topics)


def _read_file(path: Path, mistakes: list[str]) -> dict[str, object] | None:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mistakes.append(f"{path.name}：不是有效的 TOML 文件（{error}）")
    except OSError as error:
        mistakes.append(f"{path.name}：读不了（{error.strerror}）")
    return None


def _read_regulation(document: dict[str, object], name: str, mistakes: list[str]) -> Regulation:
    _Table(document, name, mistakes).only(frozenset({"regulation", "clause"}))
    header = document.get("regulation")
    if not isinstance(header, dict):
        mistakes.append(f"{name}：缺少 [regulation]")
        header = None
    table = _Table(header or {}, f"{name} [regulation]", mistakes if header is not None else [])
    table.only(_REGULATION_KEYS)
    code, short = table.text("code"), table.text("short")
    return Regulation(
        code=code,
        order=table.number("order"),
        title=table.text("title"),
        short=short,
        issuer=table.text("issuer"),
        issued=table.text("issued"),
        binds=table.kinds("binds"),
        clauses=_read_clauses(document.get("clause"), code, short, name, mistakes),
    )


def _read_clauses(
    entries: object, regulation: str, short: str, name: str, mistakes: list[str]
) -> tuple[Clause, ...]:
    if not isinstance(entries, list) or not entries:
        mistakes.append(f"{name}：缺少 [[clause]]")
        return ()
    clauses = []
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, dict):
            where = f"{name} {entry.get('code') or f'第 {number} 个 [[clause]]'}"
            clauses.append(_read_clause(_Table(entry, where, mistakes), regulation, short))
        else:
            mistakes.append(f"{name} 第 {number} 个 clause：应写成 [[clause]]")
    codes = _doubles(one.code for one in clauses if one.code)
    mistakes += [f"{name} {code}：代码重复" for code in codes]
    return tuple(clauses)


def _read_clause(table: _Table, regulation: str, short: str) -> Clause:
    table.only(_CLAUSE_KEYS)
    clause = Clause(
        code=table.text("code"),
        regulation=regulation,
        citation=table.text("citation"),
        title=table.text("title"),
        wording=table.text("wording"),
        as_printed=table.text_or_none("as_printed"),
        topics=table.topics("topics"),
        applies_to=table.kinds("applies_to"),
        duty=table.text_or_none("duty"),
    )
    prefix, _, place = clause.code.partition("-")
    if clause.code and regulation and (prefix != regulation or not _PLACE.fullmatch(place)):
        table.note(f"代码应写成 {regulation}-条/款(项)~要素")
    if clause.citation and not clause.citation.startswith(short):
        table.note(f"citation 应以简称“{short}”开头")
    if clause.as_printed is not None and clause.as_printed == clause.wording:
        table.note("as_printed 与 wording 相同，只在原文有误时填写")
    for topic in table.topics("nearest"):
        if topic not in clause.topics:
            table.note(f"nearest 里的 {topic} 不在 topics 里")
    return clause


def _doubles(values: Iterable[_Value]) -> list[_Value]:
    return [value for value, times in Counter(values).items() if times > 1]

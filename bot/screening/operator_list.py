"""An operator's own word lists: rules that only ever ask the owner to look.

A list is a file of a topic: `rumour.txt` with one word a line (`#` begins a comment), or a TOML file
with `topic`, `words` and perhaps `title` and `allows`. The topic is written as in the code or as an
owner reads it. A line that cannot be used is named with its number and skipped; lists of one topic
make one rule. Files are UTF-8, or what Windows writes (GB 18030).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bot.model.errors import BotError
from bot.model.finding import OPERATORS_OWN, Decider, Severity, Span, Topic
from bot.screening.matcher import SHORTEST
from bot.screening.rule import Acquittal, Answer, Hit, Rule, Sighting
from bot.screening.text import FoldingTable

PREFIX: Final = OPERATORS_OWN
"""How the code of such a rule begins; its findings never escalate and never count as repeats."""

LONGEST: Final = 60
"""Characters of the longest word: a longer line is a sentence that nobody will write again."""

SIGNAL: Final = "单位自备词表"

_ENDINGS = frozenset({".txt", ".toml"})
_KEYS = frozenset({"topic", "words", "title", "allows"})
_TOML_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """Rules made of an operator's files, and a sentence about each line that is not in use."""

    rules: tuple[Rule, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _List:
    """One file: each word with its line, as far as that is known."""

    path: Path
    topic: str
    words: tuple[tuple[int, str], ...] = field(default=(), repr=False)
    allows: tuple[tuple[int, str], ...] = field(default=(), repr=False)


def operator_rules(*paths: Path) -> Loaded:
    """Make a rule of each topic of the lists in files and folders."""
    words: dict[Topic, dict[str, int]] = {}
    allows: dict[Topic, dict[str, int]] = {}
    faults: list[str] = []
    table = FoldingTable(squeeze=True)
    for path in files_in(paths, _ENDINGS):
        try:
            listed = _read_toml(path) if path.suffix == ".toml" else _read_plain(path)
            topic = _topic(listed)
        except BotError as error:
            faults.append(str(error))
            continue
        for entries, kept in ((listed.words, words), (listed.allows, allows)):
            usable, bad = _usable(path, entries, table)
            faults += bad
            kept.setdefault(topic, {}).update(dict.fromkeys(usable, 1))
    rules = tuple(
        _rule(topic, listed, tuple(allows.get(topic, ())))
        for topic, listed in sorted(words.items())
        if listed
    )
    return Loaded(rules=rules, faults=tuple(faults))


def files_in(paths: Iterable[Path], endings: frozenset[str]) -> Iterator[Path]:
    """Yield files, and of folders the files with one of the endings, in the order of names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                each
                for each in path.iterdir()
                if each.suffix.lower() in endings and each.is_file() and each.name[0] not in "._~"
            )
        else:
            yield path


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8 or GB 18030; BotError if it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError:
        raise BotError(f"读不到文件 {path.name}，请检查路径和权限。") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BotError(f"{path.name} 的编码不能识别，请另存为 UTF-8。")


def is_operators(code: str) -> bool:
    """Return whether a rule comes from an operator's own list."""
    return code.startswith(PREFIX)


def _read_plain(path: Path) -> _List:
    lines = read_text(path).splitlines()
    entries = (
        (number, line.partition("#")[0].strip()) for number, line in enumerate(lines, start=1)
    )
    return _List(path=path, topic=path.stem, words=tuple(one for one in entries if one[1]))


def _read_toml(path: Path) -> _List:
    text = read_text(path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_LINE.search(str(error))
        where = f"第{place[1]}行" if place else "末尾"
        raise BotError(f"{path.name} {where}不是 TOML 的写法，这个词表没有启用。") from None
    unknown = sorted(set(content) - _KEYS)
    if unknown:
        raise BotError(
            f"{path.name} 里不认识 {'、'.join(unknown)}，可以写 topic、title、words、allows。"
        )
    lines = text.splitlines()
    return _List(
        path=path,
        topic=str(content.get("topic", path.stem)),
        words=tuple(_placed(path, content, "words", lines)),
        allows=tuple(_placed(path, content, "allows", lines)),
    )


def _placed(
    path: Path, content: Mapping[str, object], key: str, lines: list[str]
) -> Iterator[tuple[int, str]]:
    """Yield the words of an array with the lines they stand in; 0 where that cannot be told."""
    words = content.get(key, [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BotError(f'{path.name} 的 {key} 要写成 ["词语", "词语"]，这个词表没有启用。')
    lines_of: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        for word in re.findall(r"\"([^\"]*)\"|'([^']*)'", line):
            lines_of.setdefault("".join(word), number)
    for word in words:
        yield lines_of.get(word, 0), word.strip()


def _topic(listed: _List) -> Topic:
    """Return the topic a list is about; BotError for none, or one that nobody may raise."""
    for topic in Topic:
        if listed.topic in {topic.value, topic.label} and topic.decided_by is not Decider.NOBODY:
            if topic is Topic.CLASSIFIED:
                # It would send ordinary words down the secret path, where nothing can be looked at.
                raise BotError(
                    f"{listed.path.name}：涉密只认密级标志，不能用词表，这个词表没有启用。"
                )
            return topic
    known = "、".join(topic.value for topic in Topic if topic.decided_by is Decider.OPERATOR)
    raise BotError(
        f"{listed.path.name} 的主题“{listed.topic}”不认识，词表没有启用；可以用 {known}。"
    )


def _usable(
    path: Path, entries: tuple[tuple[int, str], ...], table: FoldingTable
) -> tuple[list[str], list[str]]:
    """Return the words that can be looked for, and a sentence about each other one."""
    usable: list[str] = []
    faults: list[str] = []
    for number, word in entries:
        where = f"{path.name} 第{number}行" if number else path.name
        if len(word.translate(table)) < SHORTEST:
            faults.append(f"{where}不足{SHORTEST}个字，单字会误伤日常用语，没有启用。")
        elif len(word) > LONGEST:
            faults.append(f"{where}超过{LONGEST}个字，没有启用，请只写关键的词语。")
        else:
            usable.append(word)
    return usable, faults


def _rule(topic: Topic, words: Mapping[str, int], allows: tuple[str, ...]) -> Rule:
    return Rule(
        code=f"{PREFIX}{topic.value}",
        version=1,
        topic=topic,
        severity=Severity.LOW,
        title=f"{SIGNAL}：{topic.label}",
        check=_look,
        words=MappingProxyType(dict(words)),
        allows=allows,
        known_misses=("词表以外的说法",),
    )


def _look(sighting: Sighting) -> Iterator[Answer]:
    """Answer for each word that was seen; a person judges what it means."""
    for phrase in sighting.allowed:
        yield Acquittal(spans=(Span(start=phrase.start, end=phrase.end),), by="允许用语")
    for word in sighting.words:
        yield Hit(
            spans=(Span(start=word.start, end=word.end),),
            signals=(SIGNAL,),
            foldings=word.foldings,
            severity=Severity.LOW,
        )

"""Where each key of a TOML text stands; tomllib, which has read it before, does not tell."""

import bisect
import re
import tomllib
from collections.abc import Mapping
from typing import Final

Key = tuple[str | int, ...]
"""The way to a value: names of tables and keys, positions in lists."""


def lines_of(text: str) -> Mapping[Key, int]:
    """Return the line of every key and list item of a text that tomllib has read."""
    return _Scanner(text.replace("\r\n", "\n")).scan()


class _Scanner:
    """Walks through valid TOML and notes where each key stands; tomllib does not tell."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [place.start() for place in re.finditer("\n", text)]
        self._lines: dict[Key, int] = {}
        self._newest: dict[Key, int] = {}  # of each array of tables, the last item

    def scan(self) -> Mapping[Key, int]:
        table: Key = ()
        while self._peek():
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> Key:
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        names = self._names()
        self._peek()
        self._at += brackets
        path: Key = ()
        for name in names:
            if path in self._newest:
                path = (*path, self._newest[path])
            path = (*path, name)
            self._note(path)
        if brackets == 1:
            return path
        self._newest[path] = self._newest.get(path, -1) + 1
        path = (*path, self._newest[path])
        self._note(path)
        return path

    def _pair(self, table: Key) -> None:
        path = table
        for name in self._names():
            path = (*path, name)
            self._note(path)
        self._peek()
        self._at += 1  # the equals sign
        self._value(path)

    def _names(self) -> list[str]:
        names = []
        while True:
            self._peek()
            name = self._take(_NAME)
            names.append(_bare(name))
            if self._peek() != ".":
                return names
            self._at += 1

    def _value(self, path: Key) -> None:
        opening = self._peek()
        if opening not in {"[", "{"}:
            self._take(_SCALAR)
            return
        self._at += 1
        item = 0
        while self._peek() not in {"]", "}"}:
            if opening == "{":
                self._pair(path)
            else:
                self._note((*path, item))
                self._value((*path, item))
                item += 1
            if self._peek() == ",":
                self._at += 1
        self._at += 1

    def _peek(self) -> str:
        """Skip blanks and comments and return the next character, nothing at the end."""
        self._take(_BLANK)
        return self._text[self._at : self._at + 1]

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise AssertionError  # tomllib has read the text
        self._at = found.end()
        return found[0]

    def _note(self, path: Key) -> None:
        self._lines.setdefault(path, bisect.bisect_left(self._ends, self._at) + 1)


def _bare(name: str) -> str:
    """Return a key without its quotes and escapes."""
    if name[0] not in "\"'":
        return name
    (key,) = tomllib.loads(f"{name} = 0")
    return str(key)


_BLANK: Final = re.compile(r"(?:\s|#[^\n]*)*")
_NAME: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
_SCALAR: Final = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'|[^,\]}\n#]+''',
    re.DOTALL,
)

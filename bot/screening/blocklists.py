"""Blocklists of an operator: addresses known to be malicious, looked up by exact URL or host.

Read are the files an operator can have: URLhaus CSV (`#` comments, the third column is the URL),
PhishTank CSV (a header names the column `url`), hosts files (`0.0.0.0 host`), and lists with one
host or URL a line. A URL blocks that URL; a host blocks itself and what stands under it. Nothing is
fetched: whoever keeps the file refreshes it.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bot.model.errors import BotError
from bot.model.finding import Severity, Span, Topic
from bot.screening.links import Link
from bot.screening.operator_list import Loaded, files_in, read_text
from bot.screening.rule import Acquittal, Answer, Hit, Need, Rule, Sighting

CODE: Final = "blocked_link"

NAMED_FAULTS: Final = 20
"""Bad lines of a file that are named one by one; the others are only counted."""

_ENDINGS = frozenset({".csv", ".txt", ".hosts", ".list"})
_COMMENTS = ("#", "!", ";", "//")
_HOST = re.compile(r"(?:[\w-]{1,63}\.){1,12}[\w-]{1,63}")
_LOCAL = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?|fe80::1%lo0)\s+(?P<hosts>.+)")
_OWN_NAMES = frozenset({"localhost", "localhost.localdomain", "local", "broadcasthost"})
_TRAILING = ".,;:!?'\")]}/"
_PORTS = MappingProxyType({"http": "80", "https": "443", "hxxp": "80", "hxxps": "443"})
_URLHAUS_COLUMN = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocklist:
    """Hosts in lower case, and URLs as `url_key` makes them."""

    hosts: frozenset[str] = field(default=frozenset(), repr=False)
    urls: frozenset[str] = field(default=frozenset(), repr=False)

    def lists(self, link: Link) -> str | None:
        """Return how a link is listed, by name, or None: a few look-ups, however long the list."""
        port = f":{link.port}" if link.port else ""
        if url_key(f"{link.scheme or 'http'}://{link.host}{port}{link.path}") in self.urls:
            return "黑名单网址"
        return None if self.hosts.isdisjoint(link.upwards()) else "黑名单域名"


def url_key(url: str) -> str:
    """Return what two spellings of one URL share: without scheme, user, default port, tail."""
    scheme, mark, rest = url.strip().casefold().partition("://")
    if not mark:
        scheme, rest = "http", scheme
    authority, slash, path = rest.partition("#")[0].partition("/")
    host, _, port = authority.rpartition("@")[2].partition(":")
    shown = f":{port}" if port and port != _PORTS.get(scheme) else ""
    return f"{host}{shown}{slash}{path}".rstrip(_TRAILING)


def read_blocklist(path: Path) -> tuple[Blocklist, tuple[str, ...]]:
    """Read one file of any of the formats, with a sentence for each line it could not use.

    Raises BotError if the file cannot be read.
    """
    hosts: set[str] = set()
    urls: set[str] = set()
    bad: list[int] = []
    for number, entry in _entries(read_text(path).splitlines()):
        host = entry.casefold().strip("|^*.")
        if "/" in entry and _HOST.match(url_key(entry)):
            urls.add(url_key(entry))
        elif _HOST.fullmatch(host):
            hosts.add(host)
        else:
            bad.append(number)
    faults = [f"{path.name} 第{number}行不是网址或域名，已跳过。" for number in bad[:NAMED_FAULTS]]
    if len(bad) > NAMED_FAULTS:
        faults.append(f"{path.name} 另有{len(bad) - NAMED_FAULTS}行不是网址或域名，已跳过。")
    return Blocklist(hosts=frozenset(hosts), urls=frozenset(urls)), tuple(faults)


def blocklist_rules(*paths: Path) -> Loaded:
    """Make the rule of the blocklists in files and folders; no rule without an entry."""
    hosts: set[str] = set()
    urls: set[str] = set()
    faults: list[str] = []
    for path in files_in(paths, _ENDINGS):
        try:
            one, bad = read_blocklist(path)
        except BotError as error:
            faults.append(str(error))
            continue
        hosts |= one.hosts
        urls |= one.urls
        faults += bad
    blocklist = Blocklist(hosts=frozenset(hosts), urls=frozenset(urls))
    rules = (_rule(blocklist),) if hosts or urls else ()
    return Loaded(rules=rules, faults=tuple(faults))


def _entries(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield each host or URL of a file with the number of its line."""
    column: int | None = None
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith(_COMMENTS):
            continue
        if column is None and number == 1 and "url" in _cells(text):
            column = _cells(text).index("url")
            continue
        if column is None and text.startswith('"') and "," in text:
            column = _URLHAUS_COLUMN
        if column is not None:
            cells = _cells(text)
            yield number, cells[column] if len(cells) > column else ""
        else:
            for entry in _written(text):
                yield number, entry


def _written(text: str) -> Iterable[str]:
    """Return the hosts of a line of a hosts file, or the line's only entry."""
    bare = re.split(r"\s+#", text)[0].strip()
    local = _LOCAL.fullmatch(bare)
    if local is None:
        return (bare,)
    return [
        host
        for host in local["hosts"].split()
        if _HOST.fullmatch(host) and host not in _OWN_NAMES and not host[-1].isdigit()
    ]


def _cells(line: str) -> list[str]:
    return next(csv.reader([line], skipinitialspace=True), [])


def _rule(blocklist: Blocklist) -> Rule:
    return Rule(
        code=CODE,
        version=1,
        topic=Topic.MALICIOUS_LINK,
        severity=Severity.HIGH,
        title="黑名单里的网址",
        needs=(Need.LINK,),
        check=_checking(blocklist),
        known_misses=("黑名单以外的网址", "黑名单没有更新时新出现的网址"),
    )


def _checking(blocklist: Blocklist) -> Callable[[Sighting], Iterator[Answer]]:
    def check(sighting: Sighting) -> Iterator[Answer]:
        for link in sighting.links:
            listed = blocklist.lists(link)
            if listed is None:
                continue
            span = Span(start=link.start, end=link.end)
            if sighting.official(link) and not link.user:
                yield Acquittal(spans=(span,), by="官方或可信网址")
            else:
                yield Hit(spans=(span,), signals=(listed,), severity=Severity.HIGH)

    return check

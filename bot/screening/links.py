"""Links: addresses of the internet in a text, in the spellings that people and spammers use.

Hosts are split with the public suffix list that tldextract ships; nothing is fetched or cached
on disk. Names of files (`附件.docx`) are no links although some endings are top-level domains.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

FILE_ENDINGS: Final = frozenset(
    {"md", "zip", "sh", "py", "rs", "pl", "so", "mov", "ps", "cab", "app"}
)
"""Endings that mean a file when nothing else says that a name is a host."""

RESERVED: Final = frozenset({"example", "test", "invalid"})
"""Endings of RFC 2606 that stand in no list of suffixes, but in invented addresses."""

SPREAD_LIMIT: Final = 160
"""Characters of a spread address that are read: nobody types a longer one with spaces."""

_DOT = r"(?:\.|。|\[\.\]|\(\.\)|\[dot\]|\(dot\))"
_LETTERS = r"a-z0-9\u00e0-\u024f\u0370-\u03ff\u0400-\u052f"
_LABEL = rf"[{_LETTERS}](?:[{_LETTERS}-]{{0,61}}[{_LETTERS}])?"
_HAN_LABEL = rf"[{_LETTERS}\u3400-\u9fff-]{{1,63}}"
_LINK = re.compile(
    rf"(?:(?P<scheme>hxxps?|h\*\*ps?|https?|ftp)\s?:\s?//\s?"
    rf"(?:(?P<user>[^\s/@]{{1,100}})@)?"
    rf"(?P<named>{_HAN_LABEL}(?:{_DOT}{_HAN_LABEL}){{0,10}})"
    rf"|(?<![{_LETTERS}@.-])(?P<host>{_LABEL}(?:{_DOT}{_LABEL}){{1,10}})(?![{_LETTERS}-]|@))"
    rf"(?P<port>:[0-9]{{1,5}})?"
    rf"(?P<path>[/?#][a-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{{0,2000}})?"
)
_SPREAD = re.compile(
    rf"(?=h[\s-]{{0,2}}t[\s-]{{0,2}}t[\s-]{{0,2}}p)(?!https?://[{_LETTERS}])h[\s-]{{0,2}}t[\s-]{{0,2}}t[\s-]{{0,2}}p"
    rf"(?:[\s-]{{0,2}}s)?\s{{0,2}}:\s{{0,2}}/\s{{0,2}}/\s{{0,2}}[{_LETTERS} .\-/?=&:_%~]{{4,{SPREAD_LIMIT}}}"
)
_SPOKEN = re.compile(
    rf"(?<![{_LETTERS}.-])[{_LETTERS}](?:[{_LETTERS}-]{{1,40}}(?:点|\s\.\s?|\.\s)){{1,3}}"
    r"(?:com|cn|net|top|xyz|cc|vip|club|icu|tk|org|info|me|ml|cf|ga|gq|buzz|site|online|shop|work|fun|life)(?![a-z0-9])"
    r"(?:(?:斜杠|/)[a-z0-9/._-]{0,60})?"
)
_DOTS = re.compile(_DOT)
_HAN_TAIL = re.compile(r"[\u3400-\u9fff]{1,63}\Z")
_TRAILING = ".,;:!?'\")]}"
_DOTTED = re.compile(r"[0-9.]+")
_NUMERIC_HOST = re.compile(r"[0-9]{8,10}|0x[0-9a-f]{8}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """An address in the original text (half-open, code points), its host in lower case.

    `domain` is the registrable part (empty for an IP address), `address` the IP address if it is
    one in any notation, `defanged` says that it was written so as not to be a link.
    """

    start: int
    end: int
    host: str = field(repr=False)
    domain: str = field(default="", repr=False)
    suffix: str = field(default="", repr=False)
    subdomain: str = field(default="", repr=False)
    path: str = field(default="", repr=False)
    scheme: str = ""
    user: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    port: str = ""
    defanged: bool = False

    def at(self, start: int, end: int) -> "Link":
        """Return the same link at another place."""
        if start == self.start and end == self.end:
            return self
        return replace(self, start=start, end=end)

    def upwards(self) -> Iterator[str]:
        """Yield the host and the names above it, up to the registrable domain."""
        host = self.host
        yield host
        while host != self.domain and self.domain and "." in host:
            host = host.partition(".")[2]
            yield host

    def under(self, domain: str) -> bool:
        """Return whether the host is `domain` or stands under it."""
        return self.host == domain or self.host.endswith("." + domain)


def find_links(plain: str) -> Iterator[Link]:
    """Yield the links of a plain view, by start; positions are those of the view."""
    if not any(mark in plain for mark in (".", "。", "/", "dot", "点")):
        return
    found = [link for match in _LINK.finditer(plain) if (link := _link(match)) is not None]
    found += _pulled_apart(plain)
    reach = 0
    for link in sorted(found, key=lambda link: (link.start, -link.end)):
        if link.start >= reach:
            yield link
            reach = link.end


def split_host(host: str) -> tuple[str, str, str]:
    """Return subdomain, domain and public suffix of a host; empty where there are none."""
    parts = _suffixes().extract_str(host)
    if not parts.suffix and parts.domain in RESERVED:
        subdomain, _, domain = parts.subdomain.rpartition(".")
        return subdomain, domain, parts.domain
    return parts.subdomain, parts.domain, parts.suffix


def readable_host(host: str) -> str:
    """Return a host with its punycode labels decoded; one that cannot be decoded stays."""
    return ".".join(map(_decoded, host.split(".")))


def is_private(address: str) -> bool:
    """Return whether an IP address belongs to an inner network, that of the authorities included."""
    ip = ipaddress.IPv4Address(address)
    return any(ip in network for network in _inner_networks())


def _pulled_apart(plain: str) -> Iterator[Link]:
    """Yield addresses with spaces put in, or with a word for a mark (`点top斜杠g`)."""
    for pattern in (_SPREAD, _SPOKEN):
        for match in pattern.finditer(plain):
            written = re.sub(r"\s", "", match[0])
            written = re.sub(r"^h-?t-?t-?p(?:-?s)?:", "http:", written)
            written = written.replace("点", ".").replace("斜杠", "/")
            inner = _LINK.match(written)
            link = _link(inner) if inner else None
            if link is not None:
                start, end = match.start(), match.start() + len(match[0].rstrip(" " + _TRAILING))
                yield replace(link, start=start, end=end, defanged=True)


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return label


@cache
def _inner_networks() -> tuple[ipaddress.IPv4Network, ...]:
    private = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10")
    government_extranet = "59.192.0.0/10"
    ranges = (*private, government_extranet)
    return tuple(map(ipaddress.IPv4Network, ranges))


def _link(match: re.Match[str]) -> Link | None:
    scheme = match["scheme"] or ""
    written = match["named"] or match["host"]
    path = (match["path"] or "").rstrip(_TRAILING)
    end = match.start() + len(match[0].rstrip(_TRAILING) if match["path"] else match[0])
    if match["named"] and _HAN_TAIL.search(written) and not split_host(_DOTS.sub(".", written))[2]:
        written = _HAN_TAIL.sub("", written)
        path, end = "", match.start("named") + len(written)
    host = _DOTS.sub(".", written).strip(".-")
    defanged = scheme.startswith(("hx", "h*")) or "[" in written or "(" in written
    address = _address(host, scheme)
    subdomain, domain, suffix = ("", "", "") if address else split_host(host)
    if not address and (not suffix or not domain or not _is_host(match, host, suffix)):
        return None
    return Link(
        start=match.start(),
        end=end,
        host=host,
        domain=f"{domain}.{suffix}" if domain else "",
        suffix=suffix,
        subdomain=subdomain,
        path=path,
        scheme=scheme,
        user=match["user"] or "",
        address=address,
        port=(match["port"] or "").removeprefix(":"),
        defanged=defanged,
    )


def _is_host(match: re.Match[str], host: str, suffix: str) -> bool:
    """Return whether a name without scheme is meant as a host, not as a file or an abbreviation."""
    if match["scheme"]:
        return True
    if suffix in FILE_ENDINGS and not match["path"]:
        return False
    return len(host) - len(suffix) > 2 or bool(match["path"])


def _address(host: str, scheme: str) -> str:
    """Return the IP address that a host is, in any notation that browsers read; else nothing."""
    if _NUMERIC_HOST.fullmatch(host) and scheme:
        number = int(host, 0) if host.startswith("0x") else int(host)
        return str(ipaddress.IPv4Address(number)) if 1 << 24 <= number < 1 << 32 else ""
    if not _DOTTED.fullmatch(host):
        return ""
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        return ""


@cache
def _suffixes() -> Any:  # a TLDExtract
    # It brings requests and more, 8 MB: only who meets a link pays for it.
    from tldextract import TLDExtract  # noqa: PLC0415

    return TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)

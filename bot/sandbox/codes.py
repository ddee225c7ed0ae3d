"""Frames and message codes of OneBot v11: JSON with what it cannot hold, segments, CQ codes."""

import json
import re
from collections.abc import Iterable, Mapping

import msgspec

from bot.sandbox.things import Segment, data_of

Json = dict[str, object]

_CODE = re.compile(r"\[CQ:([A-Za-z0-9_-]+)((?:,[^,\]]+?=[^,\]]*)*)\]")


class ActionError(Exception):
    """An action that fails: OneBot's return code and its message."""

    def __init__(self, retcode: int, message: str) -> None:
        super().__init__(message)
        self.retcode = retcode
        self.message = message


def encode(value: object) -> str:
    """Return a frame; lone surrogates travel as JSON escapes, as JavaScript writes them."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(value)


def decode(text: str) -> object:
    """Read a frame; ValueError if it is no JSON or nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def segments_of(content: object) -> tuple[Segment, ...]:
    """Read a message given as CQ code, as one segment or as a list of segments."""
    if isinstance(content, str):
        return tuple(_read_codes(content))
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, list):
        raise ActionError(1400, "$.message missing required value")
    for segment in content:
        if not (isinstance(segment, dict) and isinstance(segment.get("type"), str)):
            raise ActionError(1400, "$.message invalid segment")
    return tuple(segment for segment in content if data_of(segment) or segment["type"] != "text")


def raw_message(segments: Iterable[Segment]) -> str:
    """Write segments as CQ code."""
    parts = []
    for segment in segments:
        data = data_of(segment)
        if segment.get("type") == "text":
            parts.append(_escape(str(data.get("text", ""))))
        else:
            fields = "".join(f",{key}={_escape(str(v), comma=True)}" for key, v in data.items())
            parts.append(f"[CQ:{segment.get('type')}{fields}]")
    return "".join(parts)


def _read_codes(text: str) -> Iterable[Segment]:
    at = 0
    for code in _CODE.finditer(text):
        if code.start() > at:
            yield {"type": "text", "data": {"text": _unescape(text[at : code.start()])}}
        pairs = (pair.partition("=") for pair in code[2].split(",") if pair)
        yield {"type": code[1], "data": {key: _unescape(value) for key, _, value in pairs}}
        at = code.end()
    if at < len(text):
        yield {"type": "text", "data": {"text": _unescape(text[at:])}}


def _escape(text: str, *, comma: bool = False) -> str:
    text = text.replace("&", "&amp;").replace("[", "&#91;").replace("]", "&#93;")
    return text.replace(",", "&#44;") if comma else text


def _unescape(text: str) -> str:
    for escaped, plain in (("&#44;", ","), ("&#91;", "["), ("&#93;", "]"), ("&amp;", "&")):
        text = text.replace(escaped, plain)
    return text

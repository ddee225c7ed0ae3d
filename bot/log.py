"""Logging as JSON lines on standard error, without message text or names."""

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from pathlib import PurePath
from types import TracebackType
from typing import Final, TextIO

Field = str | int | float | bool | None
"""What a field of a log line may hold: numbers, codes and ids, never what people wrote."""


class EventLogger:
    """Writes events by name, each with its fields."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def debug(self, event: str, **fields: Field) -> None:
        """Log what only a developer looks for."""
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Field) -> None:
        """Log what is as it should be."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Field) -> None:
        """Log what mends itself or waits for a person."""
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Field) -> None:
        """Log what failed."""
        self._log(logging.ERROR, event, fields)

    def fault(self, event: str, error: BaseException, **fields: Field) -> None:
        """Log a bug: the error's class and where it arose, never its message."""
        self._log(logging.ERROR, event, fields, error)

    def _log(
        self,
        level: int,
        event: str,
        fields: Mapping[str, Field],
        error: BaseException | None = None,
    ) -> None:
        self._logger.log(level, event, exc_info=error, extra={_FIELDS: fields})


def event_logger(name: str) -> EventLogger:
    """Return the logger of one module (`event_logger(__name__)`)."""
    return EventLogger(logging.getLogger(name))


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log line, and every error that nobody caught, as JSON to standard error.

    Raises ValueError for an unknown level.
    """
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for library in _CHATTY:
        logging.getLogger(library).setLevel(logging.WARNING)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


class JsonLines(logging.Formatter):
    """Formats our own records with their fields, those of libraries without their arguments."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of ASCII JSON."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        fields = getattr(record, _FIELDS, None)
        if fields is None:
            line |= _foreign(record)
        else:
            line |= {"event": record.msg} | {name: _fit(name, fields[name]) for name in fields}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = [_described(error) for error in _chain(record.exc_info[1])]
        return json.dumps(line)


class _Handler(logging.StreamHandler[TextIO]):
    """A handler that swallows its own failures: the default prints the record's arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Drop a line that cannot be written."""


def _foreign(record: logging.LogRecord) -> Mapping[str, object]:
    """Describe a library's record; what it fills in or has filled in may be what people wrote."""
    known = {"event": "library", "from": f"{_short(record.pathname)}:{record.lineno}"}
    return known | {"template": record.msg} if record.args and type(record.msg) is str else known


def _fit(name: str, value: object) -> object:
    """Withhold what must not be logged and cut what is too long for a code or an id."""
    if name in _WITHHELD or not isinstance(value, Field):
        return "withheld"
    if isinstance(value, float) and not isfinite(value):
        return str(value)  # JSON has no such numbers
    return value[:_LONGEST] if isinstance(value, str) else value


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, what caused it, and the members of groups, each once."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _MOST_ERRORS:
        error = waiting.pop(0)
        if id(error) in seen:
            continue
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            waiting.extend(error.exceptions)
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None:
            waiting.append(cause)


def _described(error: BaseException) -> Mapping[str, object]:
    # walk_tb reads no source lines: those could quote text as well.
    frames = [
        f"{_short(frame.f_code.co_filename)}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return {"class": type(error).__qualname__, "frames": frames[-_MOST_FRAMES:]}


def _short(path: str) -> str:
    """Return folder and file: what lies above may name a user of the machine."""
    return "/".join(PurePath(path).parts[-2:])


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    event_logger(__name__).fault("uncaught", error)


def _log_uncaught_in_thread(caught: threading.ExceptHookArgs) -> None:
    if caught.exc_value is not None:
        event_logger(__name__).fault("uncaught_in_thread", caught.exc_value)


_FIELDS: Final = "qungui_fields"
_CHATTY: Final = ("apscheduler", "uvicorn", "httpx")
_LONGEST: Final = 200
_MOST_ERRORS: Final = 10
_MOST_FRAMES: Final = 30
_WITHHELD: Final = frozenset(
    {
        "card", "excerpt", "message", "name", "nickname", "payload", "person", "phone", "raw",
        "sender", "text", "token", "user", "user_id",
    }
)  # fmt: skip

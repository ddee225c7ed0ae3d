"""Which accounts have been in trouble for long enough that the operator should get a mail."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.model.port import Adapter

_PATIENCE: Final = timedelta(minutes=10)
_BETWEEN: Final = timedelta(hours=1)


class TroubleWatch:
    """Looks at accounts now and then; tells at most once an hour, and nothing of people."""

    def __init__(self) -> None:
        self._since: dict[str, datetime] = {}
        self._told_at: datetime | None = None

    def look(self, adapters: Sequence[Adapter], now: datetime) -> str:
        """Return what to tell the operator now; empty when there is nothing."""
        self._since = {
            each.name: min(self._since.get(each.name, now), now)
            for each in adapters
            if each.trouble
        }
        if self._told_at is not None and timedelta() <= now - self._told_at < _BETWEEN:
            return ""
        lines = [
            f"{each.name}：{each.trouble}（已 {_minutes(now - self._since[each.name])} 分钟）。"
            for each in adapters
            if each.trouble and now - self._since[each.name] >= _PATIENCE
        ]
        if lines:
            self._told_at = now
        return "\n".join(lines)


def _minutes(time: timedelta) -> int:
    return int(time.total_seconds() // 60)

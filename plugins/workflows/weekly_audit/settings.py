"""What an office may set about the weekly audit: [workflows.weekly_audit]."""

from dataclasses import dataclass
from datetime import time

from bot.model.errors import BotError


@dataclass(frozen=True, kw_only=True, slots=True)
class WeeklyAuditSettings:
    """When it begins (weekday 1 is Monday), and how long each step may take.

    `lists_per_minute` per account; a list older than `list_hours` removes nobody, and after
    `list_minutes` the one that is kept has to do. After `by_hand_minutes` a fresh list shows
    whether somebody was removed by hand. What was kept stays so for `keep_days`.
    """

    weekday: int = 1
    at: str = "09:00"
    lists_per_minute: int = 30
    list_minutes: int = 30
    list_hours: int = 24
    by_hand_minutes: int = 30
    keep_days: int = 28

    def __post_init__(self) -> None:
        if not 1 <= self.weekday <= 7:
            raise BotError("weekday 要写 1（星期一）到 7（星期日）。")
        try:
            time.fromisoformat(self.at)
        except ValueError:
            raise BotError("at 要写成 09:00 这样的时间。") from None

"""What an office may set about filing: [workflows.filing]."""

import re
from dataclasses import dataclass
from typing import Final

from bot.model.errors import BotError
from bot.model.filing import Way

_ADDRESS: Final = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class FilingSettings:
    """How a term is counted, who is reminded when, and how a form is sent.

    HS-10/2 gives 7 working days and does not say whether the day of the event is one of them:
    it is not, unless `first_day_counts`. What is noticed within `gather_minutes` is told at once.
    Reminders come `remind_before` working days before the last day, on it, and on every working day
    after; from `leader_before` working days before it the leader gets them too, from `office_after`
    after it the office.

    A form goes out by `way`: "mail" (to `recipients`), "folder", "private" (to the officers) or
    "by_hand". What certainly did not arrive is tried again after `retry_minutes`, the last of them
    again and again; after `tell_after_hours` people are told that it is still here.
    """

    working_days: int = 7
    first_day_counts: bool = False
    gather_minutes: int = 10
    remind_before: tuple[int, ...] = (3, 1)
    leader_before: int = 0
    office_after: int = 1
    way: str = "by_hand"
    recipients: tuple[str, ...] = ()
    retry_minutes: tuple[int, ...] = (1, 5, 30, 120, 240)
    tell_after_hours: int = 4

    def __post_init__(self) -> None:
        if self.working_days < 1:
            raise BotError("working_days 要写 1 以上的整数。")
        if any(each < 1 for each in self.remind_before):
            raise BotError("remind_before 要写期限前几个工作日提醒，例如 [3, 1]；当天总会提醒。")
        if min(self.gather_minutes, self.leader_before, self.office_after) < 0:
            raise BotError("gather_minutes、leader_before、office_after 不能是负数。")
        if self.way not in set(Way):
            raise BotError(f"way 只能写 {'、'.join(Way)} 中的一个。")
        if self.way == Way.MAIL.value and not self.recipients:
            raise BotError('way = "mail" 时要写 recipients：机关党委收备案表的邮箱，可以写几个。')
        if odd := next((each for each in self.recipients if not _ADDRESS.fullmatch(each)), None):
            raise BotError(f"recipients 里的“{odd}”不是邮箱地址。")
        if not self.retry_minutes or min(self.retry_minutes) < 1 or self.tell_after_hours < 1:
            raise BotError("retry_minutes、tell_after_hours 要写 1 以上的整数。")

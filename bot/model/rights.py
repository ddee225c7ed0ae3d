"""What people ask about their own data (个人信息保护法 44-47), and what became of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.model.errors import BotError


class RequestKind(StrEnum):
    """What somebody asks for."""

    COPY = "copy"
    CORRECT = "correct"
    ERASE = "erase"

    @property
    def label(self) -> str:
        """The request as people call it."""
        return {
            RequestKind.COPY: "我的数据",
            RequestKind.CORRECT: "更正",
            RequestKind.ERASE: "注销",
        }[self]


class RequestState(StrEnum):
    """What became of a request."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        """The state as people read it."""
        return {
            RequestState.OPEN: "待办",
            RequestState.DONE: "已办",
            RequestState.REFUSED: "未予办理",
        }[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """Somebody saw a person's whole name or identity number, and why; `by` None: at the console."""

    person: int
    by: int | None
    reason: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DataRequest:
    """One request about one's own data; `person` only where the account is a confirmed one.

    `answer` is what the person was told, with the reason where it was refused.
    """

    id: int
    kind: RequestKind
    account: str
    user: str = field(repr=False)
    person: int | None = None
    text: str = field(default="", repr=False)
    made_at: datetime
    state: RequestState = RequestState.OPEN
    answer: str = field(default="", repr=False)
    closed_at: datetime | None = None
    closed_by: int | None = None

    def closed(
        self, state: RequestState, at: datetime, *, by: int | None = None, answer: str = ""
    ) -> "DataRequest":
        """Return the request with its outcome; raises BotError when it has one already."""
        if self.state is not RequestState.OPEN:
            raise BotError(f"这项请求{self.state.label}，不用再处理。")
        return replace(self, state=state, closed_at=at, closed_by=by, answer=answer)

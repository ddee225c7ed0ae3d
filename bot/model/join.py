"""The life cycle of a request to join a group, from the platform's question to a person's answer."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.model.errors import BotError


class JoinState(StrEnum):
    """Where a request to join stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    GONE = "gone"

    @property
    def label(self) -> str:
        """The state as people read it."""
        return {
            JoinState.OPEN: "待处理",
            JoinState.ACCEPTED: "已同意",
            JoinState.REFUSED: "已拒绝",
            JoinState.GONE: "已失效",
        }[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinRequest:
    """Somebody asks to join a group; `flag` is what the answer must carry.

    `number` is from the recipient's running series (1-999) and belongs to the request while it is
    open. `proposed` is the one person whom the comment clearly names. `decided_by` None with a
    decision means that the owner has switched this on for the group.
    """

    id: int
    group: int
    user: str = field(repr=False)
    comment: str = field(default="", repr=False)
    flag: str = field(repr=False)
    recipient: int | None = None
    number: int = 0
    proposed: int | None = None
    asked_at: datetime
    state: JoinState = JoinState.OPEN
    decided_by: int | None = None
    decided_at: datetime | None = None
    reason: str = field(default="", repr=False)

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.state is JoinState.OPEN

    def decided(
        self, state: JoinState, by: int | None, at: datetime, reason: str = ""
    ) -> "JoinRequest":
        """Return the request with its answer; raises BotError when it was answered before."""
        if not self.is_open:
            raise BotError(f"{self.number} 号入群申请{self.state.label}，不用再处理。")
        return replace(self, state=state, decided_by=by, decided_at=at, reason=reason)

"""What matching hands back: a person as a proposal, with its reasons; people confirm it."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.model.group import Person


class Verdict(StrEnum):
    """How sure a proposal is; the first three name exactly one person."""

    CLEAR = "clear"
    MOVED = "moved"
    LEFT = "left"
    UNSURE = "unsure"
    NONE = "none"


class Reason(StrEnum):
    """Why a proposal is what it is; the value is what people read."""

    NAME = "姓名相符"
    NICKNAME = "昵称里有姓名"
    UNIT = "写明的科室相符"
    GROUP_UNIT = "是本群单位的人"
    POST = "职务相符"
    UNIQUE = "全单位只有一人叫这个名字"
    EARLIER = "以前确认过"
    SAME_NAME = "有同名的人"
    OTHER_UNIT = "科室对不上"
    OTHER_CLAIM = "名片与昵称或以前的确认不一致"
    SEVERAL_NAMES = "写了不止一个姓名"
    LONGER = "只是其中一部分像姓名"
    WORD = "姓名也是常用词"
    UNREAD = "还有看不懂的字"
    NUMBERED = "姓名后带编号"
    RARE_FORM = "繁简写法不能确定"
    OTHER_POST = "职务对不上"
    GREETING = "像是在称呼这个人"
    FORMER = "写明已离开，花名册上没有"
    SHARED = "像是公用账号"
    RELATIVE = "像是家属或代用账号"
    CLAIMED_TWICE = "不止一个账号像是这个人"
    NO_NAME = "没有写全名"
    UNKNOWN = "花名册上没有"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """Whom an account may belong to: one person, several to choose from, or nobody.

    `since` is the day that matters: the last day in the office, or the day of the move.
    """

    verdict: Verdict
    people: tuple[Person, ...] = field(default=(), repr=False)
    reasons: tuple[Reason, ...] = ()
    since: date | None = None

    @property
    def person(self) -> Person | None:
        """The one person that is proposed; None where somebody has to choose."""
        return None if self.verdict in {Verdict.UNSURE, Verdict.NONE} else self.people[0]

    @property
    def why(self) -> str:
        """The reasons as people read them."""
        return "，".join(self.reasons)

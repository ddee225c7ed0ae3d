"""Who is in a group, and whose account it is: what is kept of members, accounts and codes."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from bot.model.group import mask_card
from bot.model.message import Standing


class Confirmation(StrEnum):
    """How it became certain whose account it is."""

    REGISTER = "register"
    OWNER = "owner"
    CODE = "code"

    @property
    def label(self) -> str:
        """The way as people read it."""
        return {
            Confirmation.REGISTER: "登记",
            Confirmation.OWNER: "群主确认",
            Confirmation.CODE: "本人凭码确认",
        }[self]

    @property
    def proves(self) -> bool:
        """Whether it is the office's or his own word: enough to command and to see his data."""
        return self is not Confirmation.OWNER


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An account of a person, as somebody confirmed it.

    `login` is the watching account whose login the confirmation lasts for, on platforms without
    stable ids; None: it lasts.
    """

    platform: str
    user: str = field(repr=False)
    person: int
    how: Confirmation
    confirmed_by: int | None = None
    linked_at: datetime
    login: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownMember:
    """An account in one group, as its latest list showed it.

    `number` is small and stays his while he is in the group. `person` is whose account it is, where
    that is confirmed (None: not, or no longer). `asked_at` and `due_on` are of the join gate.
    """

    group: int
    number: int
    user: str = field(repr=False)
    card: str = field(default="", repr=False)
    nickname: str = field(default="", repr=False)
    standing: Standing = Standing.MEMBER
    robot: bool = False
    person: int | None = None
    how: Confirmation | None = None
    first_seen_at: datetime
    left_at: datetime | None = None
    asked_at: datetime | None = None
    due_on: date | None = None

    @property
    def shown(self) -> str:
        """What the group sees of him: the card, else the nickname."""
        return self.card or self.nickname

    @property
    def masked(self) -> str:
        """What is shown of him by default: names with a star, else the account's last digits."""
        return mask_card(self.shown) or f"尾号{self.user[-4:]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberList:
    """A group's latest member list: when it was drawn, and whether it can be relied on.

    `first_at` is when the first whole list was drawn (of this login, where ids change with each):
    who was first seen later has joined since.
    """

    group: int
    first_at: datetime
    drawn_at: datetime
    complete: bool
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """A one-time code with which a person proves himself; the code itself is not kept."""

    person: int
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None

"""Asking a person at the desk what the register of groups needs, in plain words, one by one."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import typer

from bot import control
from bot.model.errors import BotError
from bot.model.group import Role
from bot.model.message import Standing
from bot.registration import (
    HEADINGS,
    account_id,
    id_name,
    knows_ids,
    read_day,
    read_names,
    read_text,
)

T = TypeVar("T")

_LATER: Final = "可先跳过"
_MOST_SHOWN: Final = 20
_LEAST_TYPED: Final = 10_000
"""A smaller number is one of a list, not somebody's account."""

_STANDINGS: Final = {Standing.OWNER: "群主", Standing.ADMINISTRATOR: "管理员"}
_PLACES: Final = {Role.OWNER: Standing.OWNER, Role.ADMINISTRATOR: Standing.ADMINISTRATOR}


class Question(NamedTuple):
    """A question about a field: an example, and what happens without an answer ("": it must be)."""

    key: str
    example: str
    without: str = ""
    words: str = ""


QUESTIONS: Final = (
    Question("unit", "预算科"),
    Question("purpose", "预算编制和执行的日常工作联系", _LATER),
    Question("join_way", "群主邀请，实名后进群", _LATER),
    Question("rules", "只谈工作，不发涉密内容，不发广告和链接", _LATER),
    Question("contact", "王芳 办公室电话 8001", _LATER),
    Question("approver", "李强"),
    Question("approved_on", "2026-11-20", _LATER),
    Question("opened_on", "2026-11-20", "建群的日子，不清楚就回车"),
    Question(
        "filed_as",
        "机备〔2025〕7号",
        "没有备过就回车",
        "这个群以前向机关党委备过案吗？备过请填原备案回执编号",
    ),
)
_DAYS: Final = frozenset({"approved_on", "opened_on"})
_WANTED: Final = frozenset({"unit", "approver"})


class Chat:
    """A group at its platform, whose live members are asked for once, when they are needed."""

    def __init__(self, folder: Path, account: str, group: str) -> None:
        self._folder = folder
        self._account = account
        self._group = group
        self._members: list[dict[str, Any]] | None = None

    @property
    def platform(self) -> str:
        """The platform of the group."""
        return self._account.partition(":")[0]

    @property
    def members(self) -> Sequence[dict[str, Any]]:
        """Who is in the group now; nobody, with a sentence, where that is not to be had."""
        if self._members is None:
            self._members = []
            request = {"do": "members", "account": self._account, "group": self._group}
            try:
                answer = control.ask(self._folder, request)
            except BotError as error:
                print(f"（{error}）")
            else:
                self._members = [] if answer is None else list(answer["members"])
        return self._members


def ask(question: str, read: Callable[[str], T], *, default: str | None = None) -> T:
    """Ask until the answer can be read; an empty one is `default` (None: it must be given)."""
    while True:
        text = str(typer.prompt(question, default=default, show_default=False))
        try:
            return read(text)
        except BotError as error:
            print(f"  {error}，请重新填。")


def ask_field(question: Question, *, present: str | None = None) -> str:
    """Ask what stands in a field, once more where it is none; with `present` ENTER keeps it."""
    key = question.key
    words = question.words or HEADINGS[key]

    def read(text: str) -> str:
        if key in _DAYS:
            read_day(text)
        return read_text(text)

    if present is None:
        note = f"；{question.without}" if question.without else ""
        return ask(
            f"{words}（如 {question.example}{note}）",
            read,
            default=None if key in _WANTED else "",
        )
    shown = f"现在：{present}" if present else f"现在空着，如 {question.example}"
    return ask(f"{words}（{shown}；回车不改）", read, default="")


def ask_people(
    role: Role, chat: Chat, *, held: Mapping[str, str] | None = None, present: str = ""
) -> Sequence[tuple[str, str]]:
    """Ask who holds a role, by name and account; where it is `held` (name: account) ENTER keeps it.

    `present` is how those who hold it are shown.
    """
    many = role is Role.ADMINISTRATOR
    words = f"{role.label}姓名" + ("，多个用、分开" if many else "")
    if held is not None:
        words += f"（现在：{present or '空着'}；回车不改）"
    elif many:
        words += f"（要有群主以外的专职管理员；{_LATER}）"

    def read(text: str) -> Sequence[str]:
        names = read_names(read_text(text))
        if len(names) > 1 and not many:
            raise BotError(f"{role.label}只填一个人")
        return names

    names = ask(words, read, default="" if many or held is not None else None)
    return [person(name, role, chat, held or {}) for name in names]


def person(text: str, role: Role, chat: Chat, held: Mapping[str, str]) -> tuple[str, str]:
    """Return somebody's name and account, of 姓名=账号 or 姓名.

    Without an account it is the one he holds the role with, else it is picked from the group.
    """
    name, equals, user = (part.strip() for part in text.partition("="))
    if not name:
        raise BotError(f"{role.label}要写成 姓名=账号，或只写姓名再从群成员里选。")
    if equals:
        return name, account_id(user, chat.platform, f"{role.label}账号")
    return name, held.get(name) or _pick_account(name, role, chat)


def pick(count: int, question: str) -> int:
    """Ask for one of so many numbers, and return it counted from 0."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= count):
            raise BotError(f"序号要在 1 到 {count} 之间")
        return int(text) - 1

    return ask(question, read)


def _pick_account(name: str, role: Role, chat: Chat) -> str:
    """Let a person pick somebody's account by number from who is in the group, or type it."""
    typed, known = id_name(chat.platform), knows_ids(chat.platform)
    if not chat.members:
        if known:
            return ask(f"  {name}的{typed}", lambda text: account_id(text, chat.platform))
        print(f"  不记{name}的账号，以后由本人凭确认码（qungui codes）确认。")
        return ""
    shown = _found(chat.members, name)
    if not shown:
        shown = [each for each in chat.members if each["standing"] == _PLACES.get(role)]
        print(f"  群里没有人的名片、昵称写着“{name}”。")
    likely = len(shown) == 1 and name in _member_shown(shown[0])
    default = "1" if likely else None if known else ""
    others = f"、{typed}" if known else ""
    without = "回车选 1；" if likely else "" if known else "回车不记账号，由本人凭确认码确认；"
    while True:
        _list(shown)
        text = typer.prompt(
            f"  {name}是哪一个（{without}填序号{others}，或名片、昵称里的几个字）",
            default=default,
            show_default=False,
        )
        user = _chosen(str(text).strip(), shown, chat)
        if user is not None:
            return user
        if found := _found(chat.members, text):
            shown = found
        else:
            print(f"  没有找到“{text}”。")


def _list(shown: Sequence[dict[str, Any]]) -> None:
    for number, each in enumerate(shown[:_MOST_SHOWN], start=1):
        print(f"  {number:3}  {_member_shown(each)}")
    if len(shown) > _MOST_SHOWN:
        print(f"       还有 {len(shown) - _MOST_SHOWN} 人没有列出，请多写几个字再找。")


def _chosen(text: str, shown: Sequence[dict[str, Any]], chat: Chat) -> str | None:
    """Return the account that an answer means: a number of the list, or an account itself."""
    if not text:
        return ""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if 1 <= number <= min(len(shown), _MOST_SHOWN):
        return str(shown[number - 1]["user"])
    if any(each["user"] == text for each in chat.members):
        return text
    if number >= _LEAST_TYPED and knows_ids(chat.platform):
        print("  （这个账号现在不在群里）")
        return text
    return None


def _found(members: Sequence[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    return [each for each in members if text in each["card"] or text in each["nickname"]]


def _member_shown(member: dict[str, Any]) -> str:
    card, nickname = member["card"], member["nickname"]
    parts = [card or nickname]
    if card and nickname not in card:
        parts.append(f"昵称 {nickname}")
    parts.append(f"账号 {member['user']}")
    if standing := _STANDINGS.get(member["standing"]):
        parts.append(standing)
    return "　".join(parts)

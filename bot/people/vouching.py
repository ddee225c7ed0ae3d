"""What an owner's word may say: whose account it is, where nothing stronger says so already."""

from bot.model.errors import BotError
from bot.model.group import Person
from bot.model.member import Confirmation


def check_vouched(
    number: int,
    person: Person,
    *,
    how: Confirmation | None,
    robot: bool,
    has_role: bool,
    contact: str,
) -> None:
    """Raise BotError unless an owner's word may make the account of a number this person's.

    `how` is how it is confirmed so far; a confirmed account commands with its person's roles, so
    who has one (`has_role`) proves himself.
    """
    if robot:
        raise BotError(f"{number} 号是机器人账号，不用实名。")
    if how is not None and how.proves:
        raise BotError(f"{number} 号已由{how.label}，不能改写；有误请联系{contact}。")
    if has_role:
        who = f"{person.masked}/{person.unit}" if person.unit else person.masked
        raise BotError(
            f"{who}有群主、管理等职责，只能本人凭确认码确认：请到{contact}"
            "领确认码，再私聊我“实名 确认码”。"
        )

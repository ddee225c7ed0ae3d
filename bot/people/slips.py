"""The slips that the office prints: one person, his code, until when, and what to do with it."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from bot.model.group import Person
from bot.people.codes import shown_code

A_PAGE: Final = 5
"""How many slips stand on a sheet of A4."""

_CUT: Final = "- " * 14 + "剪开" + " -" * 14


def slips(codes: Sequence[tuple[Person, str]], *, office: str, contact: str, last_day: date) -> str:
    """Return the slips as plain text, with a form feed between pages."""
    told = [_slip(person, code, office, contact, last_day) for person, code in codes]
    pages = [told[start : start + A_PAGE] for start in range(0, len(told), A_PAGE)]
    return "\f".join("".join(page) for page in pages)


def _slip(person: Person, code: str, office: str, contact: str, last_day: date) -> str:
    shown = shown_code(code)
    return (
        f"\n{office}　工作群实名确认码\n\n"
        f"　　{person.unit}　{person.name}\n"
        f"　　确认码：{shown}\n"
        f"　　{last_day.year}年{last_day.month}月{last_day.day}日前有效，只能用一次。\n\n"
        "　　用您在工作群里的账号私聊群里的合规助手，写：\n"
        f"　　实名 {shown}\n"
        "　　不要发到群里，不要给别人；一天最多试三次。\n"
        f"　　不是给您的，请交回{contact}。\n{_CUT}\n"
    )

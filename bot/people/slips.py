"""The slips that the office prints: one person, his code, until when, and what to do with it."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from bot.model.group import Person
from bot.people.codes import shown_code

A_PAGE: Final = 5
"""How many slips stand on a sheet of A4."""
A_PAGE_OF_SEVERAL: Final = 2
"""How many that hold several codes each."""

_CUT: Final = "- " * 14 + "剪开" + " -" * 14


def slips(
    codes: Sequence[tuple[Person, Sequence[str]]], *, office: str, contact: str, last_day: date
) -> str:
    """Return the slips as plain text, with a form feed between pages."""
    told = [_slip(person, each, office, contact, last_day) for person, each in codes]
    a_page = A_PAGE if all(len(each) == 1 for _, each in codes) else A_PAGE_OF_SEVERAL
    pages = [told[start : start + a_page] for start in range(0, len(told), a_page)]
    return "\f".join("".join(page) for page in pages)


def _slip(person: Person, codes: Sequence[str], office: str, contact: str, last_day: date) -> str:
    shown = [shown_code(code) for code in codes]
    until = f"{last_day.year}年{last_day.month}月{last_day.day}日前有效"
    given = f"　　确认码：{shown[0]}\n　　{until}，只能用一次。\n\n"
    if len(shown) > 1:
        pairs = [shown[at : at + 2] for at in range(0, len(shown), 2)]
        lines = "".join(f"　　{'　　'.join(f'□ {each}' for each in pair)}\n" for pair in pairs)
        given = f"　　确认码（机器人每次重新登录后用一个，用过的划掉）：\n{lines}　　{until}。\n\n"
    return (
        f"\n{office}　工作群实名确认码\n\n"
        f"　　{person.unit}　{person.name}\n"
        f"{given}"
        "　　用您在工作群里的账号私聊群里的合规助手，写：\n"
        f"　　实名 {shown[0]}\n"
        "　　不要发到群里，不要给别人；一天最多试三次。\n"
        f"　　不是给您的，请交回{contact}。\n{_CUT}\n"
    )

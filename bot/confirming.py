"""确认 7F3: what weighs more is shown first, and done only after a code.

A code is bound to person, deed and targets, is valid five minutes, once, and bears two mistakes.
"""

import json
import re
import secrets
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from bot.model.action import Action, CloseDialogue, OpenDialogue, SayPrivately
from bot.model.errors import BotError
from bot.plugin import Asked, Context

CODE: Final = "code"
LIVES: Final = timedelta(minutes=5)
TRIES: Final = 3
_SHAPE: Final = re.compile(r"[^0-9A-Z]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """What waits for a code: a deed, what it is about, and exactly what it would touch."""

    deed: str
    subject: int
    targets: tuple[str, ...]


def ask_code(
    context: Context[Any],
    asked: Asked,
    *,
    deed: str,
    subject: int,
    targets: Sequence[str],
    effect: str,
) -> Iterator[Action]:
    """Show what would happen and ask for a code."""
    assert asked.person is not None
    code = _new_code()
    pending = {"code": code, "deed": deed, "subject": subject, "targets": list(targets)}
    yield OpenDialogue(
        person=asked.person.id,
        kind=CODE,
        body=json.dumps(pending),
        expires_at=context.now + LIVES,
    )
    yield _reply(asked, f"{effect}\n同意请在 5 分钟内回复：确认 {code}\n不同意不用回复。")


def is_code(tail: str) -> bool:
    """Whether what follows 确认 can be meant as a code."""
    return any(each.isdigit() for each in _SHAPE.sub("", tail.upper()))


def redeem(context: Context[Any], asked: Asked) -> Generator[Action, None, Pending | None]:
    """Return what a right code releases, used up by then; None, and an answer, for a wrong one."""
    assert asked.person is not None
    person = asked.person.id
    dialogue = context.dialogues.open_with(person, CODE, now=context.now)
    if dialogue is None:
        raise BotError("没有等待确认的操作，或已超过 5 分钟，请重新发出原来的指令。")
    pending = json.loads(dialogue.body)
    if _SHAPE.sub("", asked.tail.upper()) == pending["code"]:
        yield CloseDialogue(person=person, kind=CODE)
        return Pending(
            deed=pending["deed"], subject=pending["subject"], targets=tuple(pending["targets"])
        )
    if dialogue.tries + 1 >= TRIES:
        yield CloseDialogue(person=person, kind=CODE)
        yield _reply(asked, "确认码三次不对，操作已取消。需要时请重新发出原来的指令。")
    else:
        yield OpenDialogue(
            person=person,
            kind=CODE,
            body=dialogue.body,
            expires_at=dialogue.expires_at,
            tries=dialogue.tries + 1,
        )
        left = TRIES - dialogue.tries - 1
        yield _reply(asked, f"确认码不对，请核对后再回复（还可以试 {left} 次）。")
    return None


def _reply(asked: Asked, text: str) -> SayPrivately:
    return SayPrivately(account=asked.event.account, user=asked.event.user, text=text)


def _new_code() -> str:
    """Return a digit, a letter, a digit: never mistaken for an alert's number."""
    return secrets.choice("23456789") + secrets.choice("ABCDEFH") + secrets.choice("23456789")

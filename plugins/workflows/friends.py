"""Friends: only people named in the register may befriend the bot; nobody is refused by it."""

from collections.abc import Iterator
from typing import Any

from bot.model.action import Action, AnswerFriendRequest, Record
from bot.model.event import FriendRequested
from bot.plugin import Context, Workflow, on


def answer(context: Context[Any], event: FriendRequested) -> Iterator[Action]:
    """Accept a registered person; leave everybody else to a human."""
    platform, _, _ = event.account.partition(":")
    person = context.people.with_account(platform, event.user)
    if person is None:
        yield Record(actor="bot", deed="friend.ignored", subject="account")
        return
    yield AnswerFriendRequest(account=event.account, flag=event.flag)
    yield Record(actor="bot", deed="friend.accepted", subject=f"person:{person.id}")


WORKFLOW = Workflow(name="friends", listens=(on(FriendRequested, answer),))

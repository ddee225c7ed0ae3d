"""Friends: who is named in the register or in one of our groups may befriend the bot.

Where only friends can write in private, nobody else could prove who he is. Nobody is refused.
"""

from collections.abc import Iterator
from typing import Any

from bot.model.action import Action, AnswerFriendRequest, Record
from bot.model.event import FriendRequested
from bot.plugin import Context, Workflow, on


def answer(context: Context[Any], event: FriendRequested) -> Iterator[Action]:
    """Accept a registered person and a present member; leave everybody else to a human."""
    platform, _, _ = event.account.partition(":")
    person = context.people.with_account(platform, event.user)
    if person is None and not _is_member(context, platform, event):
        yield Record(actor="bot", deed="friend.ignored", subject="account")
        return
    yield AnswerFriendRequest(account=event.account, flag=event.flag)
    yield Record(
        actor="bot",
        deed="friend.accepted",
        subject=f"person:{person.id}" if person else "member",
    )


def _is_member(context: Context[Any], platform: str, event: FriendRequested) -> bool:
    return any(
        each.left_at is None and context.groups.get(each.group).account == event.account
        for each in context.members.of_account(platform, event.user)
    )


WORKFLOW = Workflow(name="friends", listens=(on(FriendRequested, answer),))

"""A dry run asks and listens, and sends nothing."""

# ruff: noqa: D101, D102, ARG002 - a fake

import pytest

from bot.adapters.dry_run import DryRun
from bot.model.action import (
    AnswerJoinRequest,
    DrawGroups,
    Outgoing,
    Recall,
    RemoveMember,
)
from bot.model.event import Ability, GroupsDrawn, OutcomeState
from bot.model.port import Inflow, Outcome
from tests.adapters.peer import NOW, Inbox
from tests.adapters.test_onebot import ACCOUNT, in_group, in_private

pytestmark = pytest.mark.anyio


class Recorder:
    name = "主号"
    account = ACCOUNT
    abilities = frozenset({Ability.PRIVATE})

    def __init__(self) -> None:
        self.performed: list[Outgoing] = []

    async def run(self, inflow: Inflow) -> None:
        await inflow.put(GroupsDrawn(at=NOW, account=ACCOUNT, groups=()))

    async def perform(self, action: Outgoing) -> Outcome:
        self.performed.append(action)
        return Outcome(state=OutcomeState.DONE)

    async def find(self, action: Outgoing, *, since: object) -> Outcome:
        return await self.perform(action)


async def test_sends_are_shown_and_questions_are_asked():
    shown: list[Outgoing] = []
    inner = Recorder()
    adapter = DryRun(inner, shown.append)
    sends = [
        in_private(),
        in_group(),
        Recall(account=ACCOUNT, group="700001", message_id="1"),
        AnswerJoinRequest(account=ACCOUNT, group="700001", flag="f", accept=True),
        RemoveMember(account=ACCOUNT, group="700001", user="20013"),
    ]
    question = DrawGroups(account=ACCOUNT)
    inbox = Inbox()

    outcomes = [await adapter.perform(action) for action in [*sends, question]]
    found = await adapter.find(sends[0], since=NOW)
    await adapter.run(inbox)

    assert {outcome.state for outcome in [*outcomes, found]} == {OutcomeState.DONE}
    assert shown == sends
    assert inner.performed == [question]
    assert len(inbox.events) == 1
    assert (adapter.name, adapter.account, adapter.abilities) == (
        inner.name,
        inner.account,
        inner.abilities,
    )

"""Decide: who is listened to, who may command, and what everybody else is told."""

from collections.abc import Iterator

import pytest

from bot.model.action import Action, Appoint, ConfirmAccount, Record, SayPrivately
from bot.model.errors import BotError
from bot.model.event import (
    CommandGiven,
    DutyDue,
    GroupRenamed,
    OfficeRoleGiven,
    PersonNamed,
    TimerDue,
)
from bot.model.group import Role
from bot.model.member import Account, Confirmation
from bot.pipeline.decide import NOT_FOR_YOU, ONLY_IN_PRIVATE, Decider
from bot.pipeline.record import record
from bot.plugin import ANYBODY, Asked, Context, Workflow, command, daily, on
from tests.pipeline.desk import ACCOUNT, GROUP, LEADER, MORNING, OWNER, PLACE

STRANGER = "29999"


def echo(context: Context, asked: Asked) -> Iterator[Action]:
    yield SayPrivately(
        account=asked.event.account,
        user=asked.event.user,
        text=f"{asked.verb}{asked.numbers}{asked.rest}",
    )


def refuses(context: Context, asked: Asked) -> Iterator[Action]:
    yield from ()
    raise BotError("没有这个编号。")


TALK = Workflow(
    name="talk",
    commands=(
        command("查", echo, by=(Role.OWNER,), help="查"),
        command("查看", echo, by=ANYBODY, help="查看"),
        command("拒绝", refuses, help="拒绝"),
    ),
)


def line(text: str, user: str = OWNER, group: str | None = None) -> CommandGiven:
    return CommandGiven(at=MORNING, account=ACCOUNT, user=user, text=text, group=group)


@pytest.fixture
def told(desk_with):
    """Return what lets somebody say a line and reads what he is told."""
    desk = desk_with(workflows=[TALK])

    def say(*lines: CommandGiven) -> list[str]:
        before = len(desk.sent)
        desk.take(*lines)
        return [each.text for each in desk.sent[before:]]

    return say


def test_a_command_reaches_its_workflow_as_it_was_understood(told):
    assert told(line("查 3 4 是通知")) == ["查(3, 4)是通知"]


def test_the_longest_verb_wins(told):
    assert told(line("查看2")) == ["查看(2,)"]


def test_a_role_without_the_right_is_told_once_politely(told):
    assert told(line("查1", LEADER)) == [NOT_FOR_YOU]


def test_what_anybody_may_say_a_stranger_may_say(told):
    assert told(line("查看", STRANGER)) == ["查看()"]


@pytest.mark.parametrize("how", Confirmation)
def test_an_owners_word_alone_lets_nobody_command_whatever_role_he_gets_later(desk_with, how):
    desk = desk_with(workflows=[TALK])
    account = Account(platform="qq", user=STRANGER, person=1, how=how, linked_at=MORNING)
    record(ConfirmAccount(account=account), desk.records, MORNING)  # person 1 is the owner
    record(Appoint(person=1, role=Role.ADMINISTRATOR, group=GROUP), desk.records, MORNING)

    desk.take(line("查1", STRANGER), line("查看2", STRANGER))

    first, second = (each.text for each in desk.sent)
    assert first == (NOT_FOR_YOU if how is Confirmation.OWNER else "查(1,)")
    assert second == "查看(2,)"


def test_an_owners_word_does_not_command_after_the_office_named_that_account(desk):
    account = Account(
        platform="qq", user=STRANGER, person=1, how=Confirmation.OWNER, linked_at=MORNING
    )
    record(ConfirmAccount(account=account), desk.records, MORNING)
    named = PersonNamed(name="赵一", user=STRANGER)

    desk.take(
        OfficeRoleGiven(at=MORNING, platform="qq", person=named, role=Role.COMMITTEE.value),
        line("状态", STRANGER),
    )

    assert [each.text for each in desk.sent] == [NOT_FOR_YOU]


def test_a_stranger_gets_one_courtesy_a_day(told):
    assert told(line("查1", STRANGER), line("你好", STRANGER)) == [NOT_FOR_YOU]
    assert told(line("喂", STRANGER)) == []


def test_a_command_in_the_group_is_answered_in_private_without_its_content(desk_with):
    desk = desk_with(workflows=[TALK])

    desk.take(line("查1", group=PLACE))

    (reply,) = desk.sent
    assert isinstance(reply, SayPrivately)
    assert reply.text == ONLY_IN_PRIVATE


def test_a_stranger_who_calls_the_bot_in_the_group_gets_no_answer(told):
    assert told(line("查1", STRANGER, group=PLACE)) == []


def test_a_refusal_is_the_answer(told):
    assert told(line("拒绝")) == ["没有这个编号。"]


def test_what_was_not_understood_is_said_with_a_way_out(told):
    (answer,) = told(line("随便说说"))

    assert "没有看懂" in answer
    assert "帮助" in answer


def test_two_workflows_with_one_verb_are_refused_with_a_sentence():
    twin = Workflow(name="twin", commands=(command("查", echo, help="查"),))

    with pytest.raises(BotError, match="口令“查”"):
        Decider([TALK, twin], {}, lambda _: None)


def test_a_duty_goes_to_the_workflow_that_declared_it(desk_with):
    def note(name):
        def handle(context: Context, event: DutyDue) -> Iterator[Action]:
            yield Record(actor="bot", deed=f"{name}.{event.slot}", subject="x")

        return handle

    workflows = [
        Workflow(name=name, schedules=(daily("09:00", "report", note(name)),)) for name in "ab"
    ]
    desk = desk_with(workflows=workflows)

    desk.take(
        DutyDue(at=MORNING, job="b.report", slot="2026-11-18"),
        DutyDue(at=MORNING, job="c.report", slot="2026-11-18"),
    )

    assert [row.deed for _, row in desk.records.audit.latest(9)] == ["b.2026-11-18"]


def test_listeners_of_one_event_run_in_the_order_of_declaration(desk_with):
    def note(name):
        def handle(context: Context, event: TimerDue) -> Iterator[Action]:
            yield Record(actor="bot", deed=name, subject="x")

        return handle

    desk = desk_with(
        workflows=[
            Workflow(name="b", listens=(on(TimerDue, note("1")), on(TimerDue, note("2")))),
            Workflow(name="a", listens=(on(TimerDue, note("3")), on(GroupRenamed, note("no")))),
        ]
    )

    desk.take(TimerDue(at=MORNING, key="x"))

    assert [row.deed for _, row in desk.records.audit.latest(9)] == ["3", "2", "1"]


def test_a_handler_gets_the_settings_of_its_own_workflow(desk_with):
    seen = []

    def handle(context: Context, event: TimerDue) -> Iterator[Action]:
        seen.append(context.settings)
        return iter(())

    def make(name):
        return Workflow(name=name, settings=dict, listens=(on(TimerDue, handle),))

    desk = desk_with(workflows=[make("a"), make("b")], settings={"b": {"minutes": 5}})

    desk.take(TimerDue(at=MORNING, key="x"))

    assert seen == [{}, {"minutes": 5}]

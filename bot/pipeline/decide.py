"""Decide: the workflows that listen to an event, or own a verb, yield what is to be done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.calendar import local
from bot.commands import read_line
from bot.model.action import Action, DutyDone, SayPrivately
from bot.model.errors import BotError
from bot.model.event import Ability, CommandGiven, DutyDue, Event
from bot.model.group import Person
from bot.plugin import ANYBODY, Asked, Command, Context, Handler, Schedule, Workflow

NOT_FOR_YOU = "您好，我是工作群的合规助手，这项操作请联系群主或管理员。"
NOT_KNOWN_YET = (
    "您好，我是工作群的合规助手，重新登录后还不知道您是谁。"
    "群主、管理员请先回复“实名 确认码”（单位发的纸条上有）；其他事请联系群主或管理员。"
)
ONLY_IN_PRIVATE = "为保护同事，群里我不作答，请在这里（私聊）对我说。回复“帮助”看能做什么。"
NOT_UNDERSTOOD = "没有看懂。回复“帮助”看能做什么。"
STILL_OPEN = (
    "没有看懂。请写动作和编号，例如：确认{number}，或：误报{number} 理由。\n"
    "您有 {count} 件待办，回复“待办”看列表，“帮助”看能做什么。"
)
COURTESY = "courtesy"

ContextFor = Callable[[object], Context[Any]]


class Decider:
    """Finds the handlers of an event and runs them lazily, so that each sees the last one's work."""

    def __init__(
        self, workflows: Sequence[Workflow], settings: Mapping[str, object], context: ContextFor
    ) -> None:
        self._context = context
        self._listeners: dict[type[Event], list[tuple[Handler, object]]] = {}
        self._commands: dict[str, tuple[Command, object]] = {}
        self._schedules: dict[str, tuple[Schedule, object]] = {}
        for workflow in workflows:
            chosen = settings.get(workflow.name) or workflow.settings()
            for listener in workflow.listens:
                self._listeners.setdefault(listener.kind, []).append((listener.handle, chosen))
            for each in workflow.commands:
                if each.verb in self._commands:
                    raise BotError(f"口令“{each.verb}”有两个流程在用，请只留一个。")
                self._commands[each.verb] = (each, chosen)
            for schedule in workflow.schedules:
                self._schedules[f"{workflow.name}.{schedule.job}"] = (schedule, chosen)

    @property
    def schedules(self) -> Mapping[str, Schedule]:
        """The recurring duties by name."""
        return {job: schedule for job, (schedule, _) in self._schedules.items()}

    def listens_to(self, kind: type[Event]) -> bool:
        """Whether any workflow listens to a kind of event."""
        return kind in self._listeners

    def decide(self, event: Event) -> Iterator[Action]:
        """Yield what is to be done about an event."""
        if isinstance(event, CommandGiven):
            yield from self._answer(event)
        elif isinstance(event, DutyDue) and event.job in self._schedules:
            schedule, settings = self._schedules[event.job]
            yield from schedule.handle(self._context(settings), event)
        for handle, settings in self._listeners.get(type(event), ()):
            yield from handle(self._context(settings), event)

    def _answer(self, event: CommandGiven) -> Iterator[Action]:
        context = self._context(None)
        person = _proved(event, context)
        line = read_line(event.text, self._commands)
        command, settings = self._commands[line.verb] if line else (None, None)
        commander = person is not None and bool(context.groups.roles_of(person.id))
        if command is None or not _may(command, person, context):
            if not commander:
                if event.group is None:
                    yield from _one_courtesy(event, context, _courtesy(event, context, person))
            elif command is not None:
                yield _reply(event, NOT_FOR_YOU)
            else:
                assert person is not None
                yield from _guide(event, person, context)
            return
        if event.group is not None:
            if commander:
                yield _reply(event, ONLY_IN_PRIVATE)
            else:
                yield from _one_courtesy(event, context, ONLY_IN_PRIVATE)
            return
        assert line is not None
        asked = Asked(
            event=event,
            person=person,
            verb=line.verb,
            numbers=line.numbers,
            rest=line.rest,
            tail=line.tail,
        )
        try:
            yield from command.handle(replace(context, settings=settings), asked)
        except BotError as error:
            yield _reply(event, str(error))


def _courtesy(event: CommandGiven, context: Context[Any], person: Person | None) -> str:
    stable = Ability.STABLE_IDS in context.abilities.get(event.account, {Ability.STABLE_IDS})
    return NOT_FOR_YOU if stable or person is not None else NOT_KNOWN_YET


def _proved(event: CommandGiven, context: Context[Any]) -> Person | None:
    # Else an owner could hand anybody's roles and data to any account he likes.
    platform, _, _ = event.account.partition(":")
    account = context.people.account(platform, event.user)
    if account is None or not account.how.proves:
        return None
    # What was confirmed for another account's login says nothing about this one's ids.
    holds = account.login in {None, event.account}
    return context.people.get(account.person) if holds else None


def _may(command: Command, person: Person | None, context: Context[Any]) -> bool:
    if command.by == ANYBODY:
        return True
    if person is None:
        return False
    return any(role in command.by for _, role in context.groups.roles_of(person.id))


def _guide(event: CommandGiven, person: Person, context: Context[Any]) -> Iterator[Action]:
    waiting = [each for each in context.alerts.open_of(person.id) if each.told_at is not None]
    if waiting:
        number, count = waiting[0].number, len(waiting)
        yield _reply(event, STILL_OPEN.format(number=number, count=count))
    elif event.text.strip(_PUNCTUATION).lower() not in _THANKS:
        yield _reply(event, NOT_UNDERSTOOD)


def _one_courtesy(event: CommandGiven, context: Context[Any], text: str) -> Iterator[Action]:
    # Two bots that answer each other's courtesies would never end: one a day is enough.
    slot = f"{event.account}:{event.user}:{local(context.now).date()}"
    if not context.duties.done(COURTESY, slot):
        yield DutyDone(job=COURTESY, slot=slot)
        yield _reply(event, text)


def _reply(event: CommandGiven, text: str) -> SayPrivately:
    return SayPrivately(account=event.account, user=event.user, text=text, via_group=event.group)


_THANKS = frozenset({"好", "好的", "收到", "谢谢", "嗯", "ok", "知道了", "辛苦了"})
_PUNCTUATION = " \t\r\n,.!，。！~～"

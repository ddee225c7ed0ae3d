"""Deliver: three lanes, paced; what may have arrived is looked up, and resent only when absent."""

# ruff: noqa: D101, D102 - fakes whose names say it

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.model.action import DrawGroups, Lane, Outgoing, PutFile, SayPrivately, SendMail
from bot.model.event import FilingCarried, OutcomeState
from bot.model.filing import Document
from bot.model.port import OFFLINE, Outcome
from bot.pipeline.deliver import Courier, Pace, Post
from bot.pipeline.worker import Item, SendingBegins, SendingEnded, Withdrawn
from storage.outbox import Letter

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
ACCOUNT = "qq:10001"
DONE = Outcome(state=OutcomeState.DONE, message_id="7")
ABSENT = Outcome(state=OutcomeState.FAILED, reason="history")
UNKNOWN = Outcome(state=OutcomeState.UNKNOWN, reason="timeout")
FORM = Document(form="filing", file="备案表.docx", content={})
NO_HISTORY = Outcome(state=OutcomeState.UNKNOWN, reason="no_history")
NOT_SENT = Outcome(state=OutcomeState.FAILED, reason=OFFLINE)


class FixedClock:
    def now(self) -> datetime:
        return NOW


class Platform:
    """The adapter port: answers what it was told to answer, DONE when nothing is left."""

    name, account, abilities = "主号", ACCOUNT, frozenset[str]()

    def __init__(self, performs: tuple[Outcome, ...] = (), finds: tuple[Outcome, ...] = ()) -> None:
        self.trouble: str | None = None
        self.sent: list[str] = []
        self.looked: list[tuple[str, datetime]] = []
        self._performs, self._finds = list(performs), list(finds)

    async def perform(self, action: Outgoing) -> Outcome:
        self.sent.append(action.ref)
        return self._performs.pop(0) if self._performs else DONE

    async def find(self, action: Outgoing, *, since: datetime) -> Outcome:
        self.looked.append((action.ref, since))
        return self._finds.pop(0) if self._finds else DONE


class Round:
    """A courier on his round: what he slept, what he recorded, what came of it."""

    def __init__(self, platform: Platform, *, patient: bool = True) -> None:
        self.platform = platform
        self.slept: list[float] = []
        self.ended: list[SendingEnded] = []
        self.before_sleep: Callable[[float], None] = lambda _: None
        self.refusals = 0
        self.withdrawn: set[int] = set()
        self.courier = Courier(
            platform,  # type: ignore[arg-type]  # a fake without run()
            pace=Pace(between=1.0, look_after=(3.0, 10.0), offline=0.5),
            clock=FixedClock(),
            submit=self._submit,
            patient=patient,
            sleep=self._sleep,
        )

    def take(self, *letters: Letter) -> None:
        for letter in letters:
            self.courier.take(letter)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.ended) < count:  # noqa: ASYNC110 - everything here is immediate
                await asyncio.sleep(0)

    def _submit(self, item: Item) -> None:
        if isinstance(item, SendingBegins):
            if item.letter in self.withdrawn:
                item.done.set_exception(Withdrawn())
            elif self.refusals:
                self.refusals -= 1
                item.done.set_exception(OSError("disk full"))
            else:
                item.done.set_result(None)
        elif isinstance(item, SendingEnded):
            self.ended.append(item)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.before_sleep(seconds)
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def on_round(platform: Platform, *, patient: bool = True) -> AsyncIterator[Round]:
    walk = Round(platform, patient=patient)
    task = asyncio.create_task(walk.courier.run())
    try:
        yield walk
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def letter(number: int, lane: Lane = Lane.ALERT, *, begun: datetime | None = None) -> Letter:
    said = SayPrivately(
        account=ACCOUNT, lane=lane, ref=f"{number}", user="20011", text="好", marker="【1】"
    )
    return Letter(id=number, action=said, written_at=NOW, sending_at=begun)


def mail(number: int, *, begun: datetime | None = None) -> Letter:
    sent = SendMail(
        account=ACCOUNT,
        ref=f"{number}",
        to=("dangwei@example.cn",),
        subject="备案",
        text="请查收",
        message_id="<1@example.cn>",
        document=FORM,
    )
    return Letter(id=number, action=sent, written_at=NOW, sending_at=begun)


def file(number: int, *, begun: datetime | None = None) -> Letter:
    put = PutFile(account=ACCOUNT, ref=f"{number}", document=FORM)
    return Letter(id=number, action=put, written_at=NOW, sending_at=begun)


def question(number: int) -> Letter:
    return Letter(id=number, action=DrawGroups(account=ACCOUNT, ref=f"{number}"), written_at=NOW)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


pytestmark = pytest.mark.anyio


async def test_the_first_lane_that_has_something_goes_first():
    async with on_round(platform := Platform()) as walk:
        walk.take(letter(1, Lane.DIGEST), letter(2, Lane.ALERT), letter(3, Lane.CRITICAL))
        walk.take(letter(4, Lane.ALERT))
        await walk.until(4)

    assert platform.sent == ["3", "2", "4", "1"]


async def test_a_critical_alert_waits_for_at_most_one_lower_send():
    async with on_round(platform := Platform()) as walk:
        walk.take(*(letter(number, Lane.DIGEST) for number in range(1, 6)))
        walk.before_sleep = lambda _: (
            None if len(walk.slept) > 1 else walk.take(letter(9, Lane.CRITICAL))
        )
        await walk.until(6)

    assert platform.sent[:2] == ["1", "9"]


async def test_sends_are_spaced_and_never_like_clockwork():
    async with on_round(Platform()) as walk:
        walk.take(*map(letter, range(1, 21)))
        await walk.until(20)

    waits = walk.slept[:19]
    assert all(1.0 <= wait <= 1.5 for wait in waits)
    assert len(set(waits)) > 10


async def test_an_unknown_outcome_that_stands_in_the_history_is_done_and_not_resent():
    async with on_round(platform := Platform((UNKNOWN,), (DONE,))) as walk:
        walk.take(letter(1))
        await walk.until(1)

    assert platform.sent == ["1"]
    assert [ended.state for ended in walk.ended] == [OutcomeState.DONE]


async def test_what_the_history_does_not_show_is_resent_once_after_the_last_look():
    async with on_round(platform := Platform((UNKNOWN,), (ABSENT, ABSENT))) as walk:
        walk.take(letter(1))
        await walk.until(1)

    assert platform.sent == ["1", "1"]
    assert walk.ended[0].state is OutcomeState.DONE
    assert [wait for wait in walk.slept if wait >= 3] == [3.0, 10.0]


async def test_a_late_arrival_between_two_looks_is_not_resent():
    async with on_round(platform := Platform((UNKNOWN,), (ABSENT, DONE))) as walk:
        walk.take(letter(1))
        await walk.until(1)

    assert platform.sent == ["1"]
    assert walk.ended[0].state is OutcomeState.DONE


async def test_without_a_history_the_outcome_stays_unknown_and_nothing_is_resent():
    async with on_round(platform := Platform((UNKNOWN,), (UNKNOWN, UNKNOWN))) as walk:
        walk.take(letter(1))
        await walk.until(1)

    assert platform.sent == ["1"]
    assert walk.ended[0].state is OutcomeState.UNKNOWN


async def test_a_resend_keeps_its_lane_and_its_distance():
    async with on_round(platform := Platform((UNKNOWN,), (ABSENT, ABSENT))) as walk:
        walk.before_sleep = lambda wait: (
            walk.take(letter(2), letter(3, Lane.CRITICAL)) if wait == 10.0 else None
        )
        walk.take(letter(1))
        await walk.until(3)

    assert platform.sent[:2] == ["1", "3"]
    assert sorted(platform.sent[2:]) == ["1", "2"]
    assert len([wait for wait in walk.slept if 1.0 <= wait <= 1.5]) >= 3


async def test_a_send_that_is_never_found_fails_after_three_attempts():
    looks = (ABSENT,) * 6
    async with on_round(platform := Platform((UNKNOWN,) * 3, looks)) as walk:
        walk.take(letter(1))
        await walk.until(1)

    assert platform.sent == ["1", "1", "1"]
    assert walk.ended[0].state is OutcomeState.FAILED


async def test_what_an_earlier_bot_was_sending_is_looked_up_since_then():
    begun = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)
    async with on_round(platform := Platform((), (DONE,))) as walk:
        walk.take(letter(1, begun=begun))
        await walk.until(1)

    assert platform.sent == []
    assert platform.looked == [("1", begun)]


async def test_the_looks_after_a_resend_reach_back_to_the_first_attempt():
    begun = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)
    async with on_round(platform := Platform((UNKNOWN,), (ABSENT, ABSENT, DONE))) as walk:
        walk.take(letter(1, begun=begun))
        await walk.until(1)

    assert platform.looked == [("1", begun)] * 3
    assert platform.sent == ["1"]


async def test_while_the_account_is_offline_nothing_begins_and_nothing_is_lost():
    platform = Platform()
    platform.trouble = "连不上"
    async with on_round(platform) as walk:
        walk.take(letter(1), letter(2))
        walk.before_sleep = lambda _: setattr(
            platform, "trouble", None if len(walk.slept) >= 3 else "连不上"
        )
        await walk.until(2)

    assert walk.slept[:3] == [0.5, 0.5, 0.5]
    assert platform.sent == ["1", "2"]


async def test_what_was_withdrawn_meanwhile_is_not_sent():
    platform = Platform()
    async with on_round(platform) as walk:
        walk.withdrawn = {1}
        walk.take(letter(1), letter(2))
        await walk.until(1)

    assert platform.sent == ["2"]
    assert [each.letter.id for each in walk.ended] == [2]


async def test_a_send_that_found_the_account_offline_is_tried_again_without_a_look():
    async with on_round(platform := Platform((NOT_SENT, NOT_SENT))) as walk:
        walk.take(letter(1))
        await walk.until(1)

    assert platform.sent == ["1", "1", "1"]
    assert platform.looked == []


async def test_nothing_is_sent_that_could_not_be_recorded_and_the_courier_goes_on():
    async with on_round(platform := Platform()) as walk:
        walk.refusals = 2
        walk.take(letter(1))
        await walk.until(1)

    assert platform.sent == ["1"]


async def test_a_question_does_not_wait_for_sends_and_is_asked_again_after_a_timeout():
    timeout = Outcome(state=OutcomeState.FAILED, reason="timeout")
    async with on_round(platform := Platform((timeout, timeout))) as walk:
        walk.take(question(1))
        await walk.until(1)

    assert platform.sent == ["1", "1", "1"]
    assert walk.ended[0].state is OutcomeState.DONE


async def test_a_question_that_is_never_answered_ends():
    timeout = Outcome(state=OutcomeState.FAILED, reason="timeout")
    async with on_round(platform := Platform((timeout,) * 9)) as walk:
        walk.take(question(1))
        await walk.until(1)

    assert len(platform.sent) == 3
    assert walk.ended[0].state is OutcomeState.FAILED


async def test_a_mail_of_unknown_outcome_is_neither_looked_up_nor_sent_again():
    async with on_round(platform := Platform((UNKNOWN,)), patient=False) as walk:
        walk.take(mail(1), mail(2))
        await walk.until(2)

    assert platform.sent == ["1", "2"]
    assert platform.looked == []
    assert [(each.state, each.reason) for each in walk.ended] == [
        (OutcomeState.UNKNOWN, "timeout"),
        (OutcomeState.DONE, ""),
    ]


async def test_a_mail_that_a_killed_bot_was_sending_ends_unknown_and_is_not_sent():
    looks = (NO_HISTORY, NO_HISTORY)
    async with on_round(platform := Platform((), looks), patient=False) as walk:
        walk.take(mail(1, begun=NOW))
        await walk.until(1)

    assert platform.sent == []
    assert (walk.ended[0].state, walk.ended[0].reason) == (OutcomeState.UNKNOWN, "no_history")


async def test_a_file_that_a_killed_bot_had_put_is_found_with_its_proof():
    proof = FilingCarried(at=NOW, ref="1", sha256="0" * 64, recipients=("/drive/1.docx",))
    found = Outcome(state=OutcomeState.DONE, message_id="1.docx", answers=(proof,))
    async with on_round(platform := Platform((), (found,)), patient=False) as walk:
        walk.take(file(1, begun=NOW))
        await walk.until(1)

    assert platform.sent == []
    assert walk.ended[0].state is OutcomeState.DONE
    assert walk.ended[0].answers == (proof,)


async def test_a_file_that_a_killed_bot_had_not_put_is_put_now():
    async with on_round(platform := Platform((), (ABSENT, ABSENT)), patient=False) as walk:
        walk.take(file(1, begun=NOW))
        await walk.until(1)

    assert platform.sent == ["1"]
    assert walk.ended[0].state is OutcomeState.DONE


async def test_a_file_of_unknown_outcome_is_looked_for():
    async with on_round(platform := Platform((UNKNOWN,), (ABSENT, DONE)), patient=False) as walk:
        walk.take(file(1))
        await walk.until(1)

    assert platform.sent == ["1"]
    assert walk.ended[0].state is OutcomeState.DONE


async def test_a_mail_does_not_wait_for_a_server_in_trouble_but_fails():
    platform = Platform((NOT_SENT,))
    platform.trouble = "连不上"
    async with on_round(platform, patient=False) as walk:
        walk.take(mail(1))
        await walk.until(1)

    assert platform.sent == ["1"]
    assert (walk.ended[0].state, walk.ended[0].reason) == (OutcomeState.FAILED, OFFLINE)


async def test_only_chats_are_asked_for_groups_and_all_get_their_letters():
    class Carrier(Platform):
        account = "mail:office"

    post = Post(asyncio.get_running_loop())
    chat, carrier = Round(Platform()), Round(Carrier(), patient=False)
    post.employ(chat.platform, chat.courier)  # type: ignore[arg-type]  # fakes without run()
    post.employ(carrier.platform, carrier.courier, chat=False)  # type: ignore[arg-type]

    post([letter(1), replace(mail(2), action=replace(mail(2).action, account="mail:office"))])
    await asyncio.sleep(0)

    assert post.online() == {ACCOUNT: True}
    assert set(post.abilities()) == {ACCOUNT}
    assert (chat.courier.waiting, carrier.courier.waiting) == (1, 1)

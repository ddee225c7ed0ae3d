"""Sending: which settings are fit, and what each outcome of a try makes of a filing."""

import pytest

from bot.model.action import PutFile, SendMail
from bot.model.errors import BotError
from bot.model.event import FilingAnswered, FilingCarried, OutcomeState, OutgoingSettled
from bot.model.filing import Deed, FilingAnswer, FilingState
from plugins.workflows.filing.settings import FilingSettings
from tests.pipeline.desk import COMMITTEE, OWNER
from tests.plugins.workflows.filing.office import complete, noticed, the_filing, told

TO = ("djdw@example.cn",)
DONE, FAILED, UNKNOWN = OutcomeState.DONE, OutcomeState.FAILED, OutcomeState.UNKNOWN


def answer(desk, *answers: FilingAnswer, text: str = "") -> None:
    """Let somebody at the desk answer; what is refused is raised."""
    for each in answers:
        by = 2 if each is FilingAnswer.APPROVE else None
        said = FilingAnswered(at=desk.clock.now(), number=1, answer=each, text=text, by=by)
        (done,) = desk.take(said)
        done.result(timeout=0)


def outcome(desk, state: OutcomeState, reason: str = "", ref: str = "") -> None:
    """Let the latest letter of a filing end."""
    ref = ref or letters(desk)[-1].ref
    desk.take(OutgoingSettled(at=desk.clock.now(), ref=ref, state=state, reason=reason))


def letters(desk):
    """Return the forms that went out, oldest first."""
    return [each for each in desk.sent if isinstance(each, SendMail | PutFile)]


@pytest.fixture
def sending(desk_with, loaded):
    """Return a desk whose filing 1 is on its way by mail."""
    settings = FilingSettings(way="mail", recipients=TO)
    desk = desk_with(settings={"filing": settings})
    complete(desk)
    desk.take(noticed(desk))
    answer(desk, FilingAnswer.CONFIRM, FilingAnswer.APPROVE)
    assert the_filing(desk).state is FilingState.SENDING
    return desk


@pytest.mark.parametrize(
    ("state", "reason", "after"),
    [
        (DONE, "", FilingState.SENT),
        (DONE, "some_refused", FilingState.SENT),
        (FAILED, "temporary: 451", FilingState.APPROVED),
        (FAILED, "offline", FilingState.APPROVED),
        (FAILED, "not_configured", FilingState.APPROVED),
        (FAILED, "refused: form", FilingState.APPROVED),
        (FAILED, "refused: 554", FilingState.BOUNCED),
        (FAILED, "refused: address", FilingState.BOUNCED),
        (UNKNOWN, "lost", FilingState.UNKNOWN),
        (UNKNOWN, "no_history", FilingState.UNKNOWN),
    ],
)
def test_each_outcome_has_its_state(sending, state, reason, after):
    outcome(sending, state, reason)

    assert the_filing(sending).state is after


def test_a_certain_failure_is_tried_again_at_growing_distances_under_one_message_id(sending):
    for minutes in (1, 5, 30, 120, 240, 240):
        outcome(sending, FAILED, "temporary: 451")
        before = len(letters(sending))
        sending.tick(minutes=minutes - 0.5)
        assert len(letters(sending)) == before
        sending.tick(minutes=0.5)
        assert len(letters(sending)) == before + 1

    assert len({each.message_id for each in letters(sending)}) == 1
    assert len({each.ref for each in letters(sending)}) == 7
    assert the_filing(sending).tries == 7


def test_an_outcome_of_an_earlier_try_or_edition_changes_nothing(sending):
    outcome(sending, FAILED, "temporary: 451")
    sending.tick(minutes=1)

    outcome(sending, DONE, ref="filing:1:1:1")
    outcome(sending, UNKNOWN, ref="filing:1:9:2")
    outcome(sending, FAILED, ref="filing:77:1:1")
    outcome(sending, FAILED, ref="filing:odd")

    assert the_filing(sending).state is FilingState.SENDING


def test_an_outcome_that_is_never_told_becomes_unknown_after_hours(sending):
    sending.tick(hours=1)
    assert the_filing(sending).state is FilingState.SENDING

    sending.tick(hours=6)

    assert the_filing(sending).state is FilingState.UNKNOWN
    assert "报送结果不明" in told(sending)[-1]
    outcome(sending, DONE)
    assert the_filing(sending).state is FilingState.SENT


def test_what_a_server_took_is_kept_as_proof_before_its_outcome(sending):
    ref = letters(sending)[-1].ref
    sending.take(
        FilingCarried(
            at=sending.clock.now(),
            ref=ref,
            sha256="a" * 64,
            message_id=the_filing(sending).message_id,
            recipients=TO,
            answer="250 queued",
        )
    )
    outcome(sending, DONE)

    filing = the_filing(sending)
    carried = [each for each in sending.records.filings.steps(1) if each.deed is Deed.CARRIED]
    assert filing.document_hash == "a" * 64
    assert all(said in carried[0].detail for said in (*TO, "250 queued", "a" * 64))


def test_a_bounce_reaches_owner_and_office_without_any_address(sending):
    outcome(sending, FAILED, "refused: 550")

    for user in (OWNER, COMMITTEE):
        text = told(sending, user)[-1]
        assert "没有送达" in text
        assert "550" in text
        assert TO[0] not in text


def test_a_filing_that_was_handed_in_meanwhile_is_not_tried_again(sending):
    outcome(sending, FAILED, "offline")
    answer(sending, FilingAnswer.SENT_BY_HAND)

    sending.tick(hours=30)

    assert len(letters(sending)) == 1
    assert the_filing(sending).state is FilingState.SENT


@pytest.mark.parametrize(
    "said",
    [
        FilingAnswer.ARRIVED,
        FilingAnswer.RESEND,
        FilingAnswer.SENT_BY_HAND,
        FilingAnswer.WITHDRAW,
        FilingAnswer.APPROVE,
        FilingAnswer.CORRECT,
    ],
)
def test_while_it_is_on_its_way_nobody_can_send_it_once_more(sending, said):
    with pytest.raises(BotError, match="正在报送"):
        answer(sending, said, text="理由")

    assert len(letters(sending)) == 1


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"way": "fax"}, "way"),
        ({"way": "mail"}, "recipients"),
        ({"recipients": ("nobody",)}, "nobody"),
        ({"retry_minutes": ()}, "retry_minutes"),
        ({"retry_minutes": (0,)}, "retry_minutes"),
        ({"tell_after_hours": 0}, "tell_after_hours"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(changes, named):
    with pytest.raises(BotError, match=named):
        FilingSettings(**changes)

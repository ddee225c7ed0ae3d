"""The four primitives of long duties: inbox, timers and duties, outbox, dialogues."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.action import Lane, OpenDialogue, SayInGroup, SayPrivately
from bot.model.event import CommandGiven, OutcomeState, TimerDue
from bot.vault import Vault
from storage.outbox import Letter
from storage.unit_of_work import UnitOfWork
from tests.storage.moments import MINUTE, NOW

COMMAND = CommandGiven(at=NOW, account="qq:10001", user="20011", text="撤回1")


def body_of(records, table):
    return records.connection.execute(f"SELECT body_sealed FROM {table}").fetchall()


def test_the_inbox_gives_back_what_waits_in_its_order(records):
    events = [TimerDue(at=NOW, key=f"alert:{number}") for number in range(5)]
    for event in events:
        records.inbox.add(event, NOW)

    seen = []
    for number, event in records.inbox.waiting():
        seen.append(event)
        records.inbox.done(number, NOW)

    assert seen == events
    assert list(records.inbox.waiting()) == []


def test_what_is_appended_while_the_inbox_is_emptied_comes_next(records):
    records.inbox.add(TimerDue(at=NOW, key="first"), NOW)

    seen = []
    for number, event in records.inbox.waiting():
        seen.append(event.key)
        if len(seen) < 3:
            records.inbox.add(TimerDue(at=NOW, key=f"after {event.key}"), NOW)
        records.inbox.done(number, NOW)

    assert seen == ["first", "after first", "after after first"]


def test_an_event_with_a_known_key_is_not_kept_again_even_when_it_was_handled(records):
    first = records.inbox.add(COMMAND, NOW, "qq:10001:55:0")
    for number, _ in records.inbox.waiting():
        records.inbox.done(number, NOW)

    again = records.inbox.add(COMMAND, NOW, "qq:10001:55:0")

    assert (first, again) == (1, None)
    assert list(records.inbox.waiting()) == []


def test_a_handled_event_leaves_no_body_and_a_failed_one_keeps_it_sealed(records):
    records.inbox.add(COMMAND, NOW)
    records.inbox.add(COMMAND, NOW)

    records.inbox.done(1, NOW)
    records.inbox.failed(2, "KeyError", NOW)

    bodies = [body for (body,) in body_of(records, "inbox")]
    assert bodies[0] is None
    assert "撤回".encode() not in bodies[1]
    assert records.inbox.failures() == 1


def test_a_kind_of_tomorrow_is_passed_over_and_said(records, vault):
    records.connection.execute(
        "INSERT INTO inbox (kind, body_sealed, state, arrived_at) VALUES (?, ?, 'waiting', 0)",
        ("OfTomorrow", vault.seal("{}", place="inbox.body:OfTomorrow")),
    )
    records.inbox.add(COMMAND, NOW)

    found = next(records.inbox.waiting())

    assert found == (2, COMMAND)
    assert records.inbox.failures() == 1


@pytest.mark.parametrize("spoiled", ["shape", "key"])
def test_a_row_that_cannot_be_read_is_passed_over_and_said(records, vault, tmp_path, spoiled):
    seal = vault if spoiled == "shape" else Vault.open(tmp_path / "old.key", create=True)
    records.connection.execute(
        "INSERT INTO inbox (kind, body_sealed, state, arrived_at) VALUES (?, ?, 'waiting', 0)",
        ("TimerDue", seal.seal('{"at": 5}', place="inbox.body:TimerDue")),
    )
    records.inbox.add(COMMAND, NOW)

    _, event = next(records.inbox.waiting())

    assert event == COMMAND
    assert records.inbox.failures() == 1


def test_only_what_was_handled_is_forgotten(records):
    records.inbox.add(COMMAND, NOW)
    records.inbox.add(COMMAND, NOW)
    records.inbox.done(1, NOW)

    forgotten = records.inbox.expire(NOW + MINUTE)

    assert forgotten == 1
    assert next(records.inbox.waiting()) == (2, COMMAND)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wakes=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50)), max_size=12))
def test_the_latest_setting_of_a_timer_counts_and_each_rings_once(records, wakes):
    for key, minute in wakes:
        records.timers.set(key, NOW + minute * MINUTE)

    early = records.timers.take_due(NOW + 25 * MINUTE)
    late = records.timers.take_due(NOW + 50 * MINUTE)

    latest = dict(wakes)
    assert dict(early) | dict(late) == {k: NOW + m * MINUTE for k, m in latest.items()}
    assert len(early) + len(late) == len(latest)
    assert all(at <= NOW + 25 * MINUTE for _, at in early)
    assert [at for _, at in early] == sorted(at for _, at in early)
    assert records.timers.next_due() is None


def test_the_next_timer_is_known_without_taking_it(records):
    records.timers.set("late", NOW + MINUTE)
    records.timers.set("early", NOW)

    assert records.timers.next_due() == NOW
    assert records.timers.take_due(NOW - MINUTE) == []


def test_a_slot_of_a_duty_is_claimed_once(records):
    first = records.duties.claim("housekeeping.expire", "2026-11-18", NOW)
    again = records.duties.claim("housekeeping.expire", "2026-11-18", NOW + MINUTE)

    assert (first, again) == (True, False)
    assert records.duties.done("housekeeping.expire", "2026-11-18")
    assert not records.duties.done("housekeeping.expire", "2026-11-19")
    assert records.duties.last("housekeeping.expire") == NOW
    assert records.duties.last("other") is None


def test_a_slot_that_names_somebody_is_not_readable_in_the_store(records):
    records.duties.claim("courtesy", "qq:10001:20013:2026-11-18", NOW)

    (slot,) = records.connection.execute("SELECT slot_index FROM duties").fetchone()

    assert b"20013" not in slot
    assert records.duties.expire(NOW + MINUTE) == 1


def test_a_letter_comes_back_until_it_is_settled(records):
    action = SayPrivately(account="qq:10001", user="20011", text="【待处置 1】", ref="alert:1")
    letter = records.outbox.add(action, NOW)
    records.outbox.add(SayInGroup(account="qq:10001", lane=Lane.DIGEST, group="1", text="x"), NOW)
    records.outbox.sending(letter.id, NOW + MINUTE)

    waiting = records.outbox.unsettled()
    first = records.outbox.settle(letter.id, OutcomeState.DONE, "", "777", NOW)
    again = records.outbox.settle(letter.id, OutcomeState.FAILED, "late", None, NOW)

    assert waiting[0] == Letter(id=1, action=action, written_at=NOW, sending_at=NOW + MINUTE)
    assert (first, again) == (True, False)
    assert [each.id for each in records.outbox.unsettled()] == [2]
    assert records.outbox.counts() == {"done": 1, "waiting": 1}


def test_a_settled_letter_leaves_no_body(records):
    letter = records.outbox.add(SayPrivately(account="qq:1", user="2", text="内容"), NOW)

    records.outbox.settle(letter.id, OutcomeState.UNKNOWN, "timeout", None, NOW)

    assert body_of(records, "outbox") == [(None,)]
    assert records.outbox.unknown_refs() == [""]
    assert records.outbox.expire(NOW + MINUTE) == 1


def test_a_dialogue_lasts_until_it_expires_or_is_closed(peopled):
    change = OpenDialogue(person=1, kind="numbers", body="1 2 3", expires_at=NOW + MINUTE, tries=2)
    peopled.dialogues.open(change)

    found = peopled.dialogues.open_with(1, "numbers", now=NOW)
    expired = peopled.dialogues.open_with(1, "numbers", now=NOW + MINUTE)
    of_another = peopled.dialogues.open_with(2, "numbers", now=NOW)

    assert (found.body, found.tries, found.expires_at) == ("1 2 3", 2, NOW + MINUTE)
    assert expired is None
    assert of_another is None
    peopled.dialogues.close(1, "numbers")
    assert peopled.dialogues.open_with(1, "numbers", now=NOW) is None


def test_a_second_dialogue_of_a_kind_takes_the_place_of_the_first(peopled):
    for body in ("1", "2"):
        peopled.dialogues.open(
            OpenDialogue(person=1, kind="numbers", body=body, expires_at=NOW + MINUTE)
        )

    assert peopled.dialogues.open_with(1, "numbers", now=NOW).body == "2"
    assert peopled.dialogues.expire(NOW + timedelta(hours=1)) == 1


def test_sealed_bodies_moved_to_another_row_do_not_open(peopled: UnitOfWork):
    for person in (1, 2):
        peopled.dialogues.open(
            OpenDialogue(person=person, kind="k", body=f"of {person}", expires_at=NOW + MINUTE)
        )

    peopled.connection.execute(
        "UPDATE dialogues SET body_sealed = (SELECT body_sealed FROM dialogues WHERE person = 2)"
        " WHERE person = 1"
    )

    with pytest.raises(Exception, match="解不开"):
        peopled.dialogues.open_with(1, "k", now=NOW)

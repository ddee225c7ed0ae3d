"""What the store's text columns hold comes back as it was."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import action, event
from bot.model.action import Outgoing, SayPrivately
from bot.model.event import CommandGiven, Event, TimerDue
from storage.codec import (
    decode_event,
    decode_outgoing,
    encode,
    from_micros,
    maybe_micros,
    maybe_moment,
    to_micros,
)

MOMENTS = st.datetimes(timezones=st.just(UTC))
TEXTS = st.text(max_size=30)


EVENTS = [
    kind for kind in vars(event).values() if isinstance(kind, type) and issubclass(kind, Event)
]
OUTGOING = [
    kind for kind in vars(action).values() if isinstance(kind, type) and issubclass(kind, Outgoing)
]


@pytest.fixture(scope="module", autouse=True)
def moments_in_utc():
    st.register_type_strategy(datetime, MOMENTS)
    st.register_type_strategy(date, st.dates())
    st.register_type_strategy(str, TEXTS)
    yield
    st.register_type_strategy(datetime, st.datetimes())
    st.register_type_strategy(str, st.text())


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_event_comes_back_as_it_was(kind, data):
    happened = data.draw(st.from_type(kind))

    name, text = encode(happened)

    back = decode_event(name, text)
    assert type(back) is kind
    assert back == happened


@pytest.mark.parametrize("kind", OUTGOING, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_outgoing_action_comes_back_as_it_was(kind, data):
    sent = data.draw(st.from_type(kind))

    name, text = encode(sent)

    back = decode_outgoing(name, text)
    assert type(back) is kind
    assert back == sent


def test_no_two_kinds_share_a_name():
    names = [kind.__name__ for kind in (*EVENTS, *OUTGOING)]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("decode", [decode_event, decode_outgoing])
def test_an_unknown_kind_is_a_key_error(decode):
    with pytest.raises(KeyError):
        decode("OfTomorrow", "{}")


@given(st.text(st.characters(), max_size=40))
def test_lone_surrogates_are_kept_as_question_marks_and_the_rest_as_it_is(text):
    command = CommandGiven(at=datetime(2026, 1, 1, tzinfo=UTC), account="qq:1", user="2", text=text)

    back = decode_event(*encode(command))

    plain = "".join("?" if "\ud800" <= each <= "\udfff" else each for each in text)
    assert back == replace(command, text=plain)


def test_lone_surrogates_in_any_text_of_an_action_are_survived():
    sent = SayPrivately(account="qq:1", user="2", text="甲\ud83d乙", marker="\udc00")

    back = decode_outgoing(*encode(sent))

    assert back == replace(sent, text="甲?乙", marker="?")


@given(MOMENTS)
def test_moments_come_back_to_the_microsecond(moment):
    assert from_micros(to_micros(moment)) == moment


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=1)))
def test_the_order_of_moments_is_the_order_of_their_integers(moment, later):
    assert (to_micros(moment) < to_micros(moment + later)) == (later > timedelta())


def test_a_moment_that_is_missing_stays_missing():
    assert maybe_micros(None) is None
    assert maybe_moment(None) is None
    assert maybe_moment(maybe_micros(from_micros(5))) == from_micros(5)


def test_a_moment_of_another_zone_is_the_same_moment():
    east = datetime(2026, 1, 1, 8, tzinfo=UTC) + timedelta(hours=1)

    back = decode_event(*encode(TimerDue(at=east, key="alert:1")))

    assert back.at == east

"""The promise: never a wrong person proposed as the one, and nearly always the right one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from bot.model.group import Person
from bot.people.proposal import Proposal, Verdict
from bot.people.roster import Roster

HERE = Path(__file__).parent
MONDAY = date(2026, 11, 23)
SETS = ("tuned", "held_out", "hostile")


@dataclass(frozen=True, kw_only=True)
class Card:
    """A labelled card: what must be proposed for it, and for whom."""

    set: str
    about: str
    card: str
    unit: str
    verdict: str
    people: Sequence[int]
    nickname: str = ""
    confirmed: int | None = None


def cards(which: str) -> list[Card]:
    lines = (HERE / "cards.jsonl").read_text("utf-8").splitlines()
    return [card for line in lines if (card := Card(**json.loads(line))).set == which]


@pytest.fixture(scope="module")
def roster() -> Roster:
    return Roster(people(), office="云江市财政局")


def people() -> list[Person]:
    lines = (HERE / "roster.jsonl").read_text("utf-8").splitlines()
    return [
        Person(
            **{
                key: date.fromisoformat(value) if key.endswith("_on") else value
                for key, value in json.loads(line).items()
            }
        )
        for line in lines
    ]


def proposed(roster: Roster, card: Card) -> Proposal:
    return roster.propose(
        card=card.card,
        nickname=card.nickname,
        unit=card.unit,
        on=MONDAY,
        earlier=card.confirmed,
    )


@pytest.mark.parametrize("which", SETS)
def test_nobody_is_wrongly_proposed_as_the_one(roster: Roster, which: str):
    wrong = [
        (card, proposal.why)
        for card in cards(which)
        if (proposal := proposed(roster, card)).person is not None
        and (card.verdict in {"unsure", "none"} or proposal.person.id not in card.people)
    ]

    assert wrong == []


@pytest.mark.parametrize("which", SETS)
def test_at_least_85_of_100_proposals_are_right(roster: Roster, which: str):
    labelled = cards(which)

    right = sum(
        (proposal.verdict, sorted(person.id for person in proposal.people))
        == (card.verdict, card.people)
        for card in labelled
        if (proposal := proposed(roster, card))
    )

    assert right / len(labelled) >= 0.85


def test_the_set_is_large_and_half_of_it_was_not_tuned_on():
    tuned, held_out = len(cards("tuned")), len(cards("held_out"))

    assert tuned + held_out >= 300
    assert held_out >= tuned


@pytest.mark.parametrize("unit", ["预算科", "", "云江市财政局", "应急办"])
def test_whatever_the_group_a_person_of_two_names_or_none_is_never_the_one(
    roster: Roster, unit: str
):
    never = [
        card
        for which in SETS
        for card in cards(which)
        if card.about in {"shared and robots", "family and proxies", "address without a full name"}
        or (card.about == "second accounts and two names" and len(card.people) > 1)
    ]

    proposals = [
        roster.propose(card=card.card, nickname=card.nickname, unit=unit, on=MONDAY)
        for card in never
    ]

    assert len(never) > 50
    assert {each.person for each in proposals} == {None}


def test_a_group_of_several_thousand_strangers_finds_nobody(roster: Roster):
    surnames, given = "钱戴窦霍樊", "梓俊皓沐宸翊珩琪瑜婧嫣煜晟桁颀"
    strangers = [f"{one}{two}{three}" for one in surnames for two in given for three in given]

    proposals = [
        roster.propose(card=f"预算科{name}", unit="预算科", on=MONDAY) for name in strangers
    ]

    assert {each.verdict for each in proposals} == {Verdict.NONE}

"""Whom somebody means who is written out: name and unit, and the staff number between namesakes."""

import re
from datetime import date
from typing import Final

from bot.people.proposal import Proposal, Reason, Verdict
from bot.people.roster import Roster

_NUMBER: Final = re.compile(r"[0-9A-Za-z]+")


def meant(roster: Roster, text: str, *, unit: str, on: date) -> Proposal:
    """Return who is meant by 张三/预算科 or 张三/工号 in a group of the unit, on a day."""
    proposal = roster.answered(text, unit=unit, on=on)
    if Reason.SAME_NAME not in proposal.reasons:
        return proposal
    numbers = set(_NUMBER.findall(text))
    numbered = [person for person in proposal.people if person.staff_number in numbers]
    if len(numbered) != 1:
        return proposal
    left_on = numbered[0].left_on
    left = left_on is not None and left_on < on
    return Proposal(
        verdict=Verdict.LEFT if left else Verdict.CLEAR,
        people=tuple(numbered),
        reasons=(Reason.NAME,),
        since=left_on if left else None,
    )

"""The index over everybody, built when it is first needed and again when somebody has changed."""

from collections.abc import Sequence

from bot.model.group import Person
from bot.model.port import People
from bot.people.roster import Roster


class LatestRoster:
    """Returns the index over the people as they are now; one that still holds is used again."""

    def __init__(self, people: People, *, office: str = "") -> None:
        self._people = people
        self._office = office
        self._of: Sequence[Person] | None = None
        self._roster: Roster

    def __call__(self) -> Roster:
        """Return the index."""
        everybody = self._people.all()
        if everybody is not self._of:
            self._roster, self._of = Roster(everybody, office=self._office), everybody
        return self._roster

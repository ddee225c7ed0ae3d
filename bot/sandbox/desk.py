"""What an office does at its desk, which is no chat: registering a group, looking at forms.

The sandbox knows nothing of the bot: the composition root hands in who does it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.sandbox.office import OfficeGroup


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A field that somebody fills in; `people` are user ids, of one person or of `many`.

    `text` or `people` is what is proposed.
    """

    key: str
    heading: str
    kind: str = "text"
    text: str = ""
    people: tuple[int, ...] = ()
    needed: bool = False
    note: str = ""


class Desk(Protocol):
    """The desk of the office that the sandbox plays."""

    def questions(self, group: OfficeGroup) -> Sequence[Question]:
        """Return what is asked about a group that is to be registered."""
        ...

    async def register(
        self,
        group: OfficeGroup,
        texts: Mapping[str, str],
        people: Mapping[str, Sequence[tuple[str, int]]],
    ) -> None:
        """Register a group; people by name and user id. Raises RefusedError with a sentence."""
        ...

    def forms(self) -> Sequence[Path]:
        """Return the forms that lie in the folder of filings, the latest last."""
        ...

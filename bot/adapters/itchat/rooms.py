"""Who is who in one login: UserNames change at each, so a room is known by its name alone.

A room's platform id is `room:` and the first name under which it was seen. A rename seen within a
login keeps the id, also for later logins (a file keeps it); a rename that
nobody saw cannot be told from another room. Two rooms of one id are ambiguous: neither is worked in.

A person's id is the UserName behind a mark of the login, so that an id of an earlier login is never
taken for one of this login. The account itself goes by the operator's `self_id`.
"""

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.log import event_logger
from bot.model.group import Member
from bot.model.message import Standing

_LOG: Final = event_logger("qungui.itchat")
_PREFIX: Final = "room:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody in a room: the nickname, and the in-room name where there is one."""

    nickname: str = field(repr=False)
    card: str = field(repr=False)

    @property
    def shown(self) -> str:
        """What the room sees of him."""
        return self.card or self.nickname


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A room as the service just showed it; `people` by UserName, `count` as the service says."""

    room: str
    topic: str
    people: Mapping[str, Person] = field(repr=False)
    count: int
    owner: str = field(default="", repr=False)

    @property
    def whole(self) -> bool:
        """Whether everybody stands in it."""
        return bool(self.people) and len(self.people) == self.count


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What changed in a room since it was last looked at, users by id."""

    renamed: bool = False
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class Rooms:
    """The rooms of one account; `path` keeps which room had which name first.

    Only rooms that the core has asked about are kept there: the others are none of ours.
    """

    def __init__(self, self_id: str, path: Path) -> None:
        self.self_id = self_id
        self._path = path
        self._first_names = self._kept = _load(path)
        self._ours = set(self._kept.values())
        self._own = ""
        self._mark = ""
        self._topics: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._people: dict[str, Mapping[str, Person]] = {}
        self._whole: set[str] = set()

    def begin(self, own: str, rooms: Iterable[tuple[str, str]]) -> None:
        """Begin a login: nothing of the last one holds; `own` is the account's UserName."""
        self._own = own
        self._mark = secrets.token_hex(4)
        for kept in (self._topics, self._ids, self._people, self._whole):
            kept.clear()
        for room, topic in rooms:
            self.see(room, topic)

    def see(self, room: str, topic: str) -> bool:
        """Take in a room's name; True where the room had another in this login."""
        before = self._topics.get(room)
        if not topic or topic == before:
            return False
        self._topics[room] = topic
        if room not in self._ids:
            self._ids[room] = _PREFIX + self._first_names.get(topic, topic)
            return False
        self._rename(topic, self._ids[room].removeprefix(_PREFIX))
        return True

    def compare(self, seen: Snapshot) -> Difference:
        """Take in a room as it is now and return what changed."""
        renamed = self.see(seen.room, seen.topic)
        before = self._people.get(seen.room, {})
        if not seen.whole:
            self._people[seen.room] = {**before, **seen.people}
            return Difference(renamed=renamed)
        first = seen.room not in self._whole
        self._whole.add(seen.room)
        self._people[seen.room] = seen.people
        if first:
            return Difference(renamed=renamed)
        return Difference(
            renamed=renamed,
            joined=tuple(self.user_of(each) for each in seen.people if each not in before),
            left=tuple(self.user_of(each) for each in before if each not in seen.people),
        )

    def group_of(self, room: str) -> str | None:
        """Return a room's platform id; None where it has no name or another has the same."""
        group = self._ids.get(room)
        return None if group is None or self._alike(group) > 1 else group

    def topic_of(self, room: str) -> str:
        """Return a room's present name."""
        return self._topics.get(room, "")

    def room_of(self, group: str) -> str | None:
        """Return the UserName of the one room with a platform id; None where there is no such."""
        found = [room for room, each in self._ids.items() if each == group]
        if len(found) != 1:
            return None
        self._ours.add(group.removeprefix(_PREFIX))
        self._keep()
        return found[0]

    def is_ambiguous(self, group: str) -> bool:
        """Whether several rooms have a platform id."""
        return self._alike(group) > 1

    @property
    def ambiguous(self) -> tuple[str, ...]:
        """The names that several rooms have."""
        counts = Counter(self._ids.values())
        return tuple(sorted(each.removeprefix(_PREFIX) for each in counts if counts[each] > 1))

    @property
    def known(self) -> tuple[tuple[str, str], ...]:
        """The rooms that can be told apart: (UserName, platform id)."""
        return tuple((room, group) for room in self._ids if (group := self.group_of(room)))

    def person(self, room: str, user: str) -> Person | None:
        """Return who a UserName is in a room, as far as the room was looked at."""
        return self._people.get(room, {}).get(user)

    def user_shown_as(self, room: str, name: str) -> str | None:
        """Return the id of the only one in a room who is shown by a name."""
        people = self._people.get(room, {})
        found = [user for user, each in people.items() if each.shown == name]
        return self.user_of(found[0]) if len(found) == 1 else None

    def user_of(self, user: str) -> str:
        """Return the id of a UserName in this login."""
        return self.self_id if user == self._own else f"{self._mark}{user}"

    def user_name(self, user: str) -> str | None:
        """Return the UserName of an id; None for an id of another login."""
        if user == self.self_id:
            return self._own
        mark, sign, rest = user.partition("@")
        return f"{sign}{rest}" if sign and mark == self._mark else None

    def members(self, seen: Snapshot) -> tuple[Member, ...]:
        """Return a list for the core.

        Only the account itself is shown as owner: another owner's id would be a new one at each
        login, as if the owner had changed.
        """
        return tuple(
            Member(
                user=self.user_of(user),
                card=each.card,
                nickname=each.nickname,
                standing=(Standing.OWNER if user == self._own == seen.owner else Standing.MEMBER),
            )
            for user, each in seen.people.items()
        )

    def _alike(self, group: str) -> int:
        return sum(each == group for each in self._ids.values())

    def _rename(self, topic: str, first: str) -> None:
        names = {now: was for now, was in self._first_names.items() if was != first}
        if topic != first:
            names[topic] = first
        self._first_names = names
        self._keep()

    def _keep(self) -> None:
        names = {now: was for now, was in self._first_names.items() if was in self._ours}
        if names == self._kept:
            return
        self._kept = names
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
            fresh.replace(self._path)
        except OSError as error:
            _LOG.fault("the new name of a room could not be kept", error)


def _load(path: Path) -> dict[str, str]:
    """Read the kept names; a file that cannot be read is as none."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _LOG.fault("the kept names of rooms could not be read", error)
        return {}
    kept = read.items() if isinstance(read, dict) else ()
    return {str(now): str(was) for now, was in kept}

"""The register of groups at the desk: what a person states is read and compared with what stands."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from bot.calendar import local
from bot.model.errors import BotError
from bot.model.event import GroupAmended, GroupSubmitted, PersonNamed
from bot.model.filing import missing
from bot.model.group import ACTIVITY_DAYS, Activity, Group, GroupState, Role, mask_name
from bot.model.member import Confirmation
from bot.model.port import Filings, Groups, People
from bot.model.register import PLATFORMS, REGISTER, RegisterEntry

HEADINGS: Final[Mapping[str, str]] = {each.key: each.heading for each in REGISTER}
TEXTS: Final = ("unit", "purpose", "join_way", "rules", "contact", "approver", "filed_as")
DAYS: Final = ("approved_on", "opened_on")
ROLES: Final = (Role.OWNER, Role.ADMINISTRATOR, Role.LEADER)
SECRET: Final = frozenset({"contact", "approver"})
"""Texts that name people."""

_NEEDED: Final = ("name", "unit", "approver", "owner", "leader")
_NEEDED_IDS: Final = ("owner_user", "leader_user")
_LONGEST: Final = 999
"""Characters of a text; a longer one would not come back from a workbook."""

_IDS: Final = {"qq": re.compile(r"[0-9]{1,20}")}
_ANY: Final = re.compile(r".{1,200}")
_ANY_ID: Final = re.compile(r"[^\s、，,;；]{1,200}")
_ID_NAMES: Final = {"qq": "QQ 号"}
_DAY: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_BETWEEN: Final = re.compile(r"[、，,;；]")
_SHOWN: Final = 24

Cells = Mapping[str, str]
"""Text by the key of a field of the register."""


class Records(Protocol):
    """The readers that an entry is made from."""

    @property
    def groups(self) -> Groups:
        """The register of groups."""

    @property
    def people(self) -> People:
        """The register of people."""

    @property
    def filings(self) -> Filings:
        """The filings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Amendment:
    """What is stated otherwise of a group, and how it is told, with names masked."""

    group: Group
    event: GroupAmended
    told: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a table of groups would do; with a fault it does nothing."""

    forms: tuple[GroupSubmitted, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    unchanged: int = 0
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


# What stands in the register


def entry_of(records: Records, group: Group, now: datetime) -> RegisterEntry:
    """Return all that the register tells of a group."""
    holders = {role: records.groups.holders(group.id, role) for role in ROLES}
    people = {each.id for held in holders.values() for each in held}
    users = {each: _stated_account(records.people, each, group) for each in people}
    return RegisterEntry(
        group=group,
        owners=holders[Role.OWNER],
        administrators=holders[Role.ADMINISTRATOR],
        leaders=holders[Role.LEADER],
        accounts={person: user for person, user in users.items() if user},
        activity=_activity(records.groups, group, now),
        filing=records.filings.latest(group.id),
    )


def _stated_account(people: People, person: int, group: Group) -> str | None:
    """Return somebody's account, unless it was confirmed for one login: that is none to write down."""
    user = people.account_of(person, group.account)
    account = people.account(group.platform, user) if user else None
    if account is None or (account.login and account.how is not Confirmation.REGISTER):
        return None
    return user


def masked(entry: RegisterEntry) -> RegisterEntry:
    """Return an entry that can be shown without a reason."""

    def hidden(people: Sequence[Any]) -> Sequence[Any]:
        return [replace(each, name=each.masked) for each in people]

    group = entry.group
    return replace(
        entry,
        group=replace(
            group,
            approver=mask_name(group.approver),
            contact="（已填）" if group.contact else "",
        ),
        owners=hidden(entry.owners),
        administrators=hidden(entry.administrators),
        leaders=hidden(entry.leaders),
        accounts={person: f"尾号{user[-4:]}" for person, user in entry.accounts.items()},
    )


def lacking(entry: RegisterEntry) -> Sequence[str]:
    """Return what the register lacks before a form can be made, as people call it (HS-8, HS-10/1)."""
    return missing(
        entry.group,
        owners=entry.owners,
        administrators=entry.administrators,
        leaders=entry.leaders,
    )


def named(groups: Iterable[Group], wanted: str) -> Group:
    """Return the group that a number or name means; raises BotError for none or several."""
    wanted = wanted.strip()
    found = [
        each
        for each in groups
        if wanted in {str(each.id), each.platform_id} or (wanted and wanted in each.name)
    ]
    exact = [each for each in found if wanted in {each.platform_id, each.name}]
    by_number = [each for each in found if wanted == str(each.id)]
    found = by_number or exact or found
    if len(found) != 1:
        names = "、".join(each.name for each in found[:5])
        raise BotError(
            f"有几个群叫“{wanted}”：{names}，请写登记编号或群号。"
            if found
            else f"没有登记的群“{wanted}”，可用 qungui group list 看编号。"
        )
    return found[0]


def _activity(groups: Groups, group: Group, now: datetime) -> Activity | None:
    """Return how much is written in a group; nothing while it was not watched long enough."""
    since = now - timedelta(days=ACTIVITY_DAYS)
    if group.registered_at > since:
        return None
    messages = sum(groups.messages_per_day(group.id, local(since).date()).values())
    found = Activity.of(messages, ACTIVITY_DAYS)
    # That nothing was seen says little: whoever watches for dormant groups looks closer.
    return group.noted_activity if found is Activity.DORMANT else found


# What a person states


def knows_ids(platform: str) -> bool:
    """Whether people know the ids of accounts at a platform, and can type them."""
    return platform in _IDS


def id_name(platform: str) -> str:
    """Return what people call an account's id at a platform."""
    return _ID_NAMES.get(platform, "账号")


def account_id(text: str, platform: str, what: str = "账号") -> str:
    """Return an account's id at a platform; raises BotError for what is none.

    Where people do not know ids an account may be missing: he proves himself by a code later.
    """
    text = text.strip()
    if knows_ids(platform):
        return group_id(text, platform, what)
    if text and not _ANY_ID.fullmatch(text):
        raise BotError(f"{what}里不能有空格、顿号")
    return text


def group_id(text: str, platform: str, what: str = "群号") -> str:
    """Return a group's id at a platform; raises BotError for what is none."""
    text = text.strip()
    if not _IDS.get(platform, _ANY).fullmatch(text):
        raise BotError(f"{what}{'要写数字' if knows_ids(platform) else '不能是空的'}")
    return text


def read_text(text: str) -> str:
    """Return a stated text without what is invisible; raises BotError for one that is too long."""
    text = "".join(each for each in text if each.isprintable() or each in "\n\t").strip()
    if len(text) > _LONGEST:
        raise BotError(f"太长，最多 {_LONGEST} 个字")
    return text


def read_day(text: str) -> date | None:
    """Return a stated day, nothing for an empty text; raises BotError for what is none."""
    text = text.strip()
    if not text:
        return None
    found = _DAY.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat(text)
    except ValueError:
        raise BotError("要写成 2026-11-20 这样的日期") from None


def read_names(text: str) -> Sequence[str]:
    """Return the names in a text, which are separated by 、 or the like."""
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]


def read_platform(text: str) -> str:
    """Return a platform's key; raises BotError for one that is not known."""
    names = {name.lower(): key for key, name in PLATFORMS.items()}
    key = text.strip().lower()
    if key not in {*PLATFORMS, *names}:
        raise BotError(f"平台要写 {' 或 '.join(PLATFORMS.values())}")
    return names.get(key, key)


def form(cells: Cells, *, account: str, now: datetime) -> GroupSubmitted:
    """Return the form of one group, watched by `account` (`qq:10001`).

    Raises BotError for what cannot be read.
    """
    platform = account.partition(":")[0]
    stated = {key: _read(key, read_text, cells) for key in TEXTS}
    days = _days(cells, now)
    people = {role: tuple(_people(cells, role, platform, stated["unit"])) for role in ROLES}
    for role in (Role.OWNER, Role.LEADER):
        _one(role, people[role])
    return GroupSubmitted(
        at=now,
        platform=platform,
        platform_id=group_id(cells.get("platform_id", ""), platform),
        account=account,
        name=cells.get("name", "").strip(),
        **stated,
        approved_on=days["approved_on"],
        opened_on=days["opened_on"],
        owner=people[Role.OWNER][0],
        administrators=people[Role.ADMINISTRATOR],
        leader=people[Role.LEADER][0],
        submitted_by="operator",
    )


def amendment(
    entry: RegisterEntry, cells: Cells, *, now: datetime, happened_on: date | None = None
) -> Amendment | None:
    """Return what cells state otherwise than the register; None where nothing.

    A key that is not there, and an empty day or person, leave as it is.
    """
    group = entry.group
    present = entry.cells()
    account = _watcher(group, cells)
    changed: dict[str, Any] = {} if account == group.account else {"account": account}
    changed |= {
        key: value
        for key in TEXTS
        if key in cells
        and (value := _read(key, read_text, cells)).split() != read_text(present[key]).split()
    }
    changed |= {
        key: on
        for key, on in _days(cells, now).items()
        if on is not None and on != getattr(group, key)
    }
    if empty := [key for key in ("unit", "approver") if changed.get(key) == ""]:
        raise BotError(f"{HEADINGS[empty[0]]}不能是空的")
    told = [
        f"{HEADINGS[key]}：{_shown(key, present[key])} → {_shown(key, str(value))}"
        for key, value in changed.items()
    ]
    unit = changed.get("unit", group.unit)
    for role in ROLES:
        people = _restated(present, cells, role, group.platform, unit)
        if people is not None:
            changed["administrators" if role is Role.ADMINISTRATOR else role.value] = (
                people if role is Role.ADMINISTRATOR else _one(role, people)
            )
            before, after = (
                "、".join(map(_person_shown, each)) or "（无）"
                for each in (people_in(present, role), [(each.name, each.user) for each in people])
            )
            told.append(f"{HEADINGS[role.value]}：{before} → {after}")
    if not changed:
        return None
    if happened_on is not None and happened_on > local(now).date():
        raise BotError("变更日期还没有到，请核对")
    event = GroupAmended(
        at=now, group=group.id, happened_on=happened_on, submitted_by="operator", **changed
    )
    return Amendment(group=group, event=event, told=tuple(told))


def can_watch(group: Group, account: str, listed: Collection[tuple[str, str]]) -> None:
    """Raise BotError for another account that is not in a group; `listed` are those that are."""
    if (account, group.platform_id) not in listed:
        raise BotError(
            f"机器人没有登录账号 {account.partition(':')[2]}，或它不在“{group.name}”里，"
            "请先让它登录、把它拉进群"
        )


def _watcher(group: Group, cells: Cells) -> str:
    """Return the bot's account that cells name for a group, the present one where they do not."""
    own = cells.get("account", "").strip().rpartition(":")[2]
    if not own:
        return group.account
    return f"{group.platform}:{account_id(own, group.platform, '机器人账号')}"


def _days(cells: Cells, now: datetime) -> dict[str, date | None]:
    days = {key: _read(key, read_day, cells) for key in DAYS}
    for key, on in days.items():
        if on is not None and on > local(now).date():
            raise BotError(f"{HEADINGS[key]}还没有到，请核对")
    return days


def _read(key: str, read: Callable[[str], Any], cells: Cells) -> Any:
    try:
        return read(cells.get(key, ""))
    except BotError as error:
        raise BotError(f"{HEADINGS[key]}{error}") from None


def people_cells(role: Role, people: Sequence[tuple[str, str]]) -> Cells:
    """Return the cells that state who holds a role, each by name and account."""
    return {
        role.value: "、".join(name for name, _ in people),
        f"{role.value}_user": "、".join(user for _, user in people),
    }


def people_in(cells: Cells, role: Role) -> Sequence[tuple[str, str]]:
    """Return who cells say holds a role, by name and account (empty where it is not given)."""
    names = read_names(cells.get(role.value, ""))
    users = [part.strip() for part in _BETWEEN.split(cells.get(f"{role.value}_user", ""))]
    if len(users) != len(names):
        users = [user for user in users if user]
    if users and len(users) != len(names):
        raise BotError(f"{HEADINGS[role.value]}的姓名和账号个数不一样，请用、分开逐一对应")
    return list(zip(names, users or [""] * len(names), strict=True))


def _people(cells: Cells, role: Role, platform: str, unit: str) -> Iterator[PersonNamed]:
    for name, user in people_in(cells, role):
        what = f"{HEADINGS[role.value]}账号"
        yield PersonNamed(
            name=name,
            unit="" if role is Role.LEADER else unit,
            user=account_id(user, platform, what),
        )


def _restated(
    present: Cells, cells: Cells, role: Role, platform: str, unit: str
) -> tuple[PersonNamed, ...] | None:
    """Return who is stated to hold a role, where that is not who holds it."""
    stated = people_in(cells, role)
    held = people_in(present, role)
    users = dict(held)
    # A name without an account is somebody who holds the role already.
    stated = [(name, user or users.get(name, "")) for name, user in stated]
    if not stated or sorted(stated) == sorted(held):
        return None
    return tuple(_people(people_cells(role, stated), role, platform, unit))


def _one(role: Role, people: Sequence[PersonNamed]) -> PersonNamed:
    if len(people) != 1:
        raise BotError(f"{HEADINGS[role.value]}要写一个人" if people else f"没有填{role.label}")
    return people[0]


def _person_shown(person: tuple[str, str]) -> str:
    name, user = person
    return mask_name(name) + (f"（尾号{user[-4:]}）" if user else "")


def _shown(key: str, text: str) -> str:
    if not text:
        return "（空）"
    if key == "account":
        return text.rpartition(":")[2]
    if key in SECRET:
        return mask_name(text)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}……"


# Tables of groups


def plan(
    rows: Iterable[tuple[int, Cells]],
    *,
    known: Callable[[str, str], RegisterEntry | None],
    holder: Callable[[str, str], str | None],
    listed: Callable[[], Collection[tuple[str, str]]],
    accounts: Sequence[str],
    platforms: Sequence[str],
    now: datetime,
) -> Plan:
    """Return what the rows of a table would do, each with its number as a person counts it.

    `known(platform, platform_id)` is what the register holds of a group, `holder(platform, user)`
    the name under which an account is registered, `listed()` the groups that the bot's own
    accounts are in now, each by account and platform id. `accounts` watch groups whose row names none;
    without platform a row is of the only one of `platforms`.
    """
    reading = _Reading(known, holder, listed, accounts, platforms, now)
    for line, cells in rows:
        if any(cells.values()):
            reading.take(line, cells)
    if reading.faults:
        return Plan(faults=tuple(reading.faults))
    return Plan(
        forms=tuple(reading.forms),
        amendments=tuple(reading.amendments),
        unchanged=reading.unchanged,
        notes=tuple(reading.notes),
    )


@dataclass
class _Reading:
    """What was read so far: one group stands once, one account is one person's."""

    known: Callable[[str, str], RegisterEntry | None]
    holder: Callable[[str, str], str | None]
    listed: Callable[[], Collection[tuple[str, str]]]
    accounts: Sequence[str]
    platforms: Sequence[str]
    now: datetime
    forms: list[GroupSubmitted] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)
    unchanged: int = 0
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _lines: dict[tuple[str, str], int] = field(default_factory=dict)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, line: int, cells: Cells) -> None:
        """Read a row; what is wrong in it becomes a fault."""
        try:
            self._take(line, cells)
        except BotError as error:
            self.faults.append(f"第 {line} 行：{error}。")

    def _take(self, line: int, cells: Cells) -> None:
        platform = self._platform(cells)
        number = group_id(cells.get("platform_id", ""), platform)
        first = self._lines.setdefault((platform, number), line)
        if first != line:
            raise BotError(f"群号 {number} 与第 {first} 行重复")
        entry = self.known(platform, number)
        if entry is None:
            self._new(line, platform, cells)
        else:
            self._known(line, entry, cells)

    def _new(self, line: int, platform: str, cells: Cells) -> None:
        needed = (*_NEEDED, *(_NEEDED_IDS if knows_ids(platform) else ()))
        empty = [HEADINGS[key] for key in needed if not cells.get(key)]
        if empty:
            raise BotError(f"没有填{'、'.join(empty)}")
        made = form(cells, account=self._account(platform, cells), now=self.now)
        self._check(platform, (made.owner, *made.administrators, made.leader))
        owner = made.owner.name, made.owner.user
        if {(each.name, each.user) for each in made.administrators} <= {owner}:
            self.notes.append(f"第 {line} 行：没有群主以外的专职管理员，登记不完整，备案前要补上。")
        self.forms.append(made)

    def _known(self, line: int, entry: RegisterEntry, cells: Cells) -> None:
        group = entry.group
        # An empty cell states nothing.
        stated = {key: text for key, text in cells.items() if text}
        if read_text(stated.get("name", group.name)) != read_text(group.name):
            self.notes.append(f"第 {line} 行：群名以聊天平台上的为准，没有改。")
        found = amendment(entry, stated, now=self.now)
        if found is None:
            self.unchanged += 1
        elif group.state is not GroupState.REGISTERED:
            self.notes.append(
                f"第 {line} 行：“{group.name}”{group.state.label}，没有改；"
                "重新启用请用 qungui group add。"
            )
        else:
            event = found.event
            if event.account:
                can_watch(group, event.account, self.listed())
            people = (event.owner, *(event.administrators or ()), event.leader)
            self._check(group.platform, [each for each in people if each is not None])
            self.amendments.append(found)

    def _platform(self, cells: Cells) -> str:
        if text := cells.get("platform"):
            return read_platform(text)
        ahead, colon, _ = cells.get("account", "").partition(":")
        if colon:
            return read_platform(ahead)
        if len(self.platforms) != 1:
            raise BotError("没有填平台（QQ 或 微信）")
        return self.platforms[0]

    def _account(self, platform: str, cells: Cells) -> str:
        own = cells.get("account", "").rpartition(":")[2]
        if own:
            return f"{platform}:{account_id(own, platform, '机器人账号')}"
        fitting = [each for each in self.accounts if each.partition(":")[0] == platform]
        if len(fitting) != 1:
            raise BotError("没有填账号，也没有唯一的机器人账号")
        return fitting[0]

    def _check(self, platform: str, people: Iterable[PersonNamed]) -> None:
        for person in (each for each in people if each.user):
            registered = self.holder(platform, person.user) or person.name
            name = self._names.setdefault((platform, person.user), registered)
            if registered != person.name:
                raise BotError(
                    f"账号尾号 {person.user[-4:]} 已登记为{mask_name(registered)}，与填写的姓名不符"
                )
            if name != person.name:
                raise BotError(f"账号尾号 {person.user[-4:]} 写了两个姓名，请核对")

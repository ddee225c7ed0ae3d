"""The bot together with the sandbox: what `make run` and `demo` start without a configuration."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TypedDict

from bot import registration
from bot.adapters.onebot import OneBotSettings, Timing
from bot.bootstrap import Bot, Plugins
from bot.calendar import SHANGHAI, Calendar, local
from bot.clock import MovableClock, SystemClock
from bot.config import Config, FilingFolder
from bot.model.errors import BotError
from bot.model.event import Event, GroupSubmitted, OfficeRoleGiven, PersonNamed, RosterSubmitted
from bot.model.filing import Way
from bot.model.group import Role
from bot.model.roster import RosterRow
from bot.pipeline.deliver import Pace
from bot.sandbox.desk import Question
from bot.sandbox.office import OFFICE, Office, OfficeGroup, OfficePerson
from bot.sandbox.server import SandboxServer
from bot.sandbox.things import RefusedError

PLATFORM = "qq"
_OFFICE_HOURS = ((time(9), time(12)), (time(14), time(18)))
_FILED = "备案表"
_JOIN_WAY = "群主邀请"
_RULES = "只谈工作；涉密不上网；不发广告和链接；不发他人隐私。"
_NEEDED = ("unit", "approver", Role.OWNER.value, Role.LEADER.value)
_NOTES = {
    "opened_on": "七个工作日的期限从这天起算",
    "filed_as": "以前向机关党委备过案的才填",
    Role.ADMINISTRATOR.value: "要有群主以外的专职管理员",
}
_CONFIG = """\
[office]
name = "{office}"
contact = "{contact}"
[store]
folder = "{folder}"
[web]
port = 0
[filing_folder]
path = "{filed}"
[workflows.filing]
way = "folder"
[[accounts]]
name = "沙盒"
platform = "onebot"
way = "forward"
url = "{url}"
self_id = "{bot}"
token_file = "{token}"
"""


class SandboxClock:
    """The clock that bot and sandbox share; moving it asks the scheduler's own due function."""

    def __init__(self, starts_at: datetime | None = None) -> None:
        self.clock = MovableClock()
        if starts_at is not None:
            self.clock = MovableClock(starts_at - self.clock.now())
        self.bot: Bot | None = None

    def now(self) -> datetime:
        """Return the present moment of the sandbox."""
        return self.clock.now()

    async def advance(self, seconds: float) -> None:
        """Move forward, and do whatever falls due."""
        self.clock.move(timedelta(seconds=seconds))
        if self.bot is not None:
            await self.bot.door.tick()

    def next_working_morning(self) -> datetime:
        """Return the next working day at 09:00 in Asia/Shanghai."""
        here = local(self.now())
        if self.bot is None:
            return here + timedelta(days=1)
        calendar = self.bot.calendar
        today = datetime.combine(here.date(), time(9), SHANGHAI)
        if calendar.is_working_day(here.date()) and today > here:
            return today.astimezone(UTC)
        day = calendar.add_working_days(here.date(), 1)
        return datetime.combine(day, time(9), SHANGHAI).astimezone(UTC)


class SandboxDesk:
    """The desk of the sandbox's office: what is filled in there goes to the bot as from `group add`.

    `filed` is the folder into which the bot puts forms.
    """

    def __init__(self, clock: SandboxClock, filed: Path) -> None:
        self._clock = clock
        self._filed = filed

    def questions(self, group: OfficeGroup) -> Sequence[Question]:
        """Return what the register asks of a group, each with an invented answer."""
        today = local(self._clock.now()).date()
        leader = OFFICE.person(group.leader)
        proposed = {
            "unit": group.unit,
            "purpose": group.purpose,
            "join_way": _JOIN_WAY,
            "rules": _RULES,
            "contact": f"办公室 内线 {group.group % 10_000:04}",
            "approver": leader.name if leader else "",
            "approved_on": str(today - timedelta(days=2)),
            "opened_on": str(today - timedelta(days=1)),
        }
        people = {
            Role.OWNER: (group.owner,),
            Role.ADMINISTRATOR: group.administrators,
            Role.LEADER: (group.leader,),
        }
        return (
            *(
                Question(
                    key=key,
                    heading=registration.HEADINGS[key],
                    kind="day"
                    if key in registration.DAYS
                    else "long"
                    if key == "rules"
                    else "text",
                    text=proposed.get(key, ""),
                    needed=key in _NEEDED,
                    note=_NOTES.get(key, ""),
                )
                for key in (*registration.TEXTS, *registration.DAYS)
            ),
            *(
                Question(
                    key=role.value,
                    heading=registration.HEADINGS[role.value],
                    kind="many" if role is Role.ADMINISTRATOR else "one",
                    people=people[role],
                    needed=role is not Role.ADMINISTRATOR,
                    note=_NOTES.get(role.value, ""),
                )
                for role in registration.ROLES
            ),
        )

    async def register(
        self,
        group: OfficeGroup,
        texts: Mapping[str, str],
        people: Mapping[str, Sequence[tuple[str, int]]],
    ) -> None:
        """Let the running bot register a group; raises RefusedError with its sentence."""
        bot = self._clock.bot
        account = bot.adapters[0].account if bot else None
        if bot is None or account is None:
            raise RefusedError("机器人还没有连上，请稍后再登记")
        cells = {**texts, "platform_id": str(group.group), "name": group.name}
        for role in registration.ROLES:
            named = [(name, str(user)) for name, user in people.get(role.value, ())]
            cells |= registration.people_cells(role, named)
        if empty := [key for key in _NEEDED if not cells.get(key, "").strip()]:
            raise RefusedError(f"没有填{registration.HEADINGS[empty[0]]}")
        try:
            made = registration.form(cells, account=account, now=self._clock.now())
            await bot.door.put_and_wait(made)
        except BotError as error:
            raise RefusedError(str(error)) from error

    def forms(self) -> Sequence[Path]:
        """Return the forms that were put into the folder, the latest last."""
        return sorted(self._filed.glob("*.docx"), key=lambda path: path.stat().st_mtime)


@dataclass(frozen=True, kw_only=True)
class Playground:
    """A running bot and the sandbox it is connected to."""

    bot: Bot
    sandbox: SandboxServer
    clock: SandboxClock

    def write_config(self) -> Path:
        """Write the file by which commands find this bot, readable by its owner only."""
        folder = self.bot.config.store.folder
        files = {
            "token": self.sandbox.token,
            "config.toml": _CONFIG.format(
                office=self.bot.config.office.name,
                contact=self.bot.config.office.contact,
                folder=folder,
                filed=folder / _FILED,
                url=self.sandbox.ws_url,
                bot=self.sandbox.office.bot,
                token=folder / "token",
            ),
        }
        for name, text in files.items():
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")
        return folder / "config.toml"

    async def ready(self, seconds: float = 15.0) -> bool:
        """Wait until the bot is connected and every registered group has its notice."""
        groups = {each.group for each in self.sandbox.office.groups if each.registered}
        me = self.sandbox.office.bot

        def greeted(world: object) -> bool:
            del world
            posts = self.sandbox.world.posts_in
            return all(any(post.sender == me for post in posts(group)) for group in groups)

        return await self.sandbox.until(greeted, timeout=seconds)


@contextlib.asynccontextmanager
async def playground(
    loaded: Plugins,
    *,
    port: int = 0,
    web_port: int = 0,
    pace: Pace | None = None,
    settings: dict[str, object] | None = None,
    folder: Path | None = None,
    starts_at: datetime | None = None,
    alarm: bool = True,
    roster: bool = False,
) -> AsyncIterator[Playground]:
    """Start both, with a temporary store and the invented office registered (no trial there).

    With `roster` the office's people are also on its roster.
    """
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qungui-")))
        clock = SandboxClock(starts_at)
        filed = folder / _FILED
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        filed.mkdir(exist_ok=True, mode=0o700)
        desk = SandboxDesk(clock, filed)
        async with SandboxServer(control=clock, desk=desk, port=port) as sandbox:
            kinds = loaded.workflow_settings
            chosen = {
                "registration": kinds["registration"](trial_working_days=0),
                "filing": kinds["filing"](way=Way.FOLDER.value),
            }
            config = Config.default_for_sandbox(
                folder=folder,
                settings=OneBotSettings(way="forward", url=sandbox.ws_url),
                token=sandbox.token,
                port=web_port,
                workflows=chosen | (settings or {}),
            ).model_copy(update={"filing_folder": FilingFolder(path=filed)})
            bot = Bot(
                config,
                loaded,
                clock=clock.clock,
                timing=Timing(settle=0.2, backoff=0.5, backoff_limit=2.0, answer=5.0),
                pace=pace or Pace(between=0.0, look_after=(0.5, 1.5), offline=0.2),
                alarm=alarm,
            )
            async with bot.running():
                for event in (
                    *registrations(sandbox.office, clock.now()),
                    *([roster_of(sandbox.office, clock.now())] if roster else ()),
                ):
                    with contextlib.suppress(BotError):  # an earlier run registered it
                        await bot.door.put_and_wait(event)
                clock.bot = bot  # while it runs somebody answers what falls due
                try:
                    yield Playground(bot=bot, sandbox=sandbox, clock=clock)
                finally:
                    clock.bot = None


class Show(TypedDict):
    """How a sandbox is set for people to look at."""

    starts_at: datetime
    settings: dict[str, object]
    roster: bool


def for_show(loaded: Plugins) -> Show:
    """Begin in working hours, and let a story be played again without merging into the last."""
    now = SystemClock().now()
    calendar = Calendar(hours=_OFFICE_HOURS)
    if not calendar.is_working_time(now):
        now = calendar.next_working_time(now) + timedelta(minutes=30)
    alerts = loaded.workflow_settings["alerts"](merge_minutes=1)
    return Show(starts_at=now, settings={"alerts": alerts}, roster=True)


def roster_of(office: Office, now: datetime) -> RosterSubmitted:
    """Return the event that brings in the roster of the invented office."""
    return RosterSubmitted(
        at=now,
        rows=tuple(
            RosterRow(line=line, name=each.name, unit=each.unit, post=each.post)
            for line, each in enumerate(office.people, start=2)
        ),
        whole=False,
        submitted_by="sandbox",
    )


def registrations(office: Office, now: datetime) -> list[Event]:
    """Return the events that register the invented office's roles and groups, filed before."""

    def named(user: int) -> PersonNamed:
        person = office.person(user)
        assert isinstance(person, OfficePerson)
        return PersonNamed(name=person.name, unit=person.unit, user=str(user))

    events: list[Event] = [
        OfficeRoleGiven(at=now, role=role.value, platform=PLATFORM, person=named(user))
        for role, user in ((Role.COMMITTEE, office.committee), (Role.DUTY, office.duty))
    ]
    opened_on = local(now).date() - timedelta(days=200)
    events += [
        GroupSubmitted(
            at=now,
            platform=PLATFORM,
            platform_id=str(group.group),
            account=f"{PLATFORM}:{office.bot}",
            name=group.name,
            unit=group.unit,
            purpose=group.purpose,
            join_way=_JOIN_WAY,
            rules=_RULES,
            contact=f"{named(group.owner).name} 内线 {group.group % 10_000:04}",
            approver=named(group.leader).name,
            approved_on=opened_on,
            opened_on=opened_on,
            filed_as=f"机备〔{opened_on.year}〕{group.group % 100}号",
            owner=named(group.owner),
            administrators=tuple(named(user) for user in group.administrators),
            leader=named(group.leader),
            submitted_by="sandbox",
        )
        for group in office.groups
        if group.registered
    ]
    return events


async def tell_each(play: Playground, names: Iterable[str], tell: Callable[[str], None]) -> bool:
    """Play stories one after the other, line by line; return whether all came true."""
    if not await play.ready():
        tell("机器人没有连上沙盒。")
        return False
    came_true = True
    for name in names:
        came_true = await play.sandbox.play(name, tell) and came_true
        tell("")
    return came_true

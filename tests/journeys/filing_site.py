"""A site for journeys of filings: ways to the officer, registered groups with nothing missing."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bot.bootstrap import make_forms
from bot.config import Account, Config, FilingFolder, Mail, Templates
from bot.model.event import ChangeNoticed, Event, FilingAnswered, GroupSubmitted
from bot.model.filing import ChangeKind, Content, Filing, FilingAnswer, FilingState, Noticed
from tests.journeys.conftest import COMMITTEE, LEADER, OWNER, Stage
from tests.journeys.site import PATIENCE, Site, becomes

OFFICER = "djdw@yunjiang.example.cn"
BEFORE, AFTER = "预算一组群", "预算科工作群"
GROUP = 1


@dataclass
class FilingSite(Site):
    """A site whose bot reaches a mail server, a folder, or both."""

    mail_port: int = 0
    put_into: Path | None = None
    templates: Path | None = None

    def config(self, *accounts: Account, **settings: object) -> Config:
        """Return the configuration with the ways to the officer."""
        ways: dict[str, Any] = {}
        if self.mail_port:
            ways["mail"] = a_mail(self.mail_port)
        if self.put_into is not None:
            ways["filing_folder"] = FilingFolder(path=self.put_into)
        if self.templates is not None:
            ways["forms"] = Templates(folder=self.templates)
        return super().config(*accounts, **settings).model_copy(update=ways)

    def filing(self, way: str, **changes: Any) -> object:
        """Return the settings of a way."""
        if way == "mail":
            changes = {"recipients": (OFFICER,)} | changes
        return self.loaded.workflow_settings["filing"](way=way, **changes)

    def registrations(self) -> list[Event]:
        """Return the registrations, complete, of groups that were filed before the bot came."""
        return [complete(event) for event in super().registrations()]

    @contextlib.asynccontextmanager
    async def filed(self, way: str, **settings: Any) -> AsyncIterator["Filed"]:
        """Run a bot that knows the groups and files by one way."""
        async with self.registered(filing=self.filing(way, **settings)) as stage:
            yield Filed(stage=stage)

    def whole_form(self, content: Content) -> bytes:
        """Return the file that a content makes."""
        return make_forms(self.loaded, self.config()).render("filing", content)


def a_mail(port: int) -> Mail:
    """Return the settings of a mail server on this machine."""
    return Mail(
        host="127.0.0.1",
        port=port,
        security="none",
        sender="qungui@yunjiang.example.cn",
        timeout_seconds=2,
        pace_seconds=0,
    )


def complete(event: Event) -> Event:
    """Return a registration with all that a form needs."""
    if not isinstance(event, GroupSubmitted):
        return event
    return replace(
        event, approved_on=date(2026, 3, 2), contact="办公室 0000-8001", filed_as="机备2025-7"
    )


@dataclass
class Filed:
    """What people do about the filing of one group."""

    stage: Stage

    async def noticed(self, kind: ChangeKind = ChangeKind.RENAMED) -> int:
        """Let a change be noticed; return the number of its filing."""
        bot = self.stage.play.bot
        now = bot.clock.now()
        event = ChangeNoticed(
            at=now,
            group=GROUP,
            kind=kind,
            before=BEFORE,
            after=AFTER,
            earliest_at=now - timedelta(hours=1),
            latest_at=now - timedelta(hours=1),
            how=Noticed.LIVE,
        )
        await bot.door.put_and_wait(event)
        return (await self.latest()).id

    async def confirmed(self) -> int:
        """Let a change be noticed, and the owner confirm it."""
        number = await self.noticed()
        self.stage.tell(OWNER, f"备案 {number} 属实")
        await self.stands(FilingState.FORMED)
        return number

    async def approved(self) -> int:
        """Let a change be noticed, confirmed and approved."""
        number = await self.confirmed()
        await self.stage.comes(LEADER, f"【备案 {number}】", "请审核", seconds=PATIENCE)
        self.stage.tell(LEADER, f"备案 {number} 同意")
        return number

    async def received(self, number: int) -> None:
        """Let the officer give a receipt."""
        self.stage.tell(COMMITTEE, f"回执 {number} 机备〔2026〕12号")
        await self.stands(FilingState.RECEIVED)

    async def answer(self, answer: FilingAnswer, text: str = "") -> None:
        """Let somebody at the desk answer."""
        bot = self.stage.play.bot
        number = (await self.latest()).id
        await bot.door.put_and_wait(
            FilingAnswered(at=bot.clock.now(), number=number, answer=answer, text=text)
        )

    async def latest(self) -> Filing:
        """Return the group's latest filing."""
        found = await self.stage.records(lambda records: records.filings.latest(GROUP))
        assert isinstance(found, Filing)
        return found

    async def stands(self, *states: FilingState) -> Filing:
        """Wait until the latest filing has come to a state, and return it."""
        seen: list[Filing] = []

        async def there() -> bool:
            seen[:] = [await self.latest()]
            return seen[0].state in states

        assert await becomes(there), (states, seen, self.stage.read(OWNER)[-3:])
        return seen[0]

    async def steps(self) -> list[str]:
        """Return what was done, by name."""
        number = (await self.latest()).id
        found = await self.stage.records(lambda records: records.filings.steps(number))
        return [each.deed.value for each in found]

"""Filings in trouble: a broken table, a server that is busy for a day, and planted people."""

import asyncio
import io
import logging
import urllib.request
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Plugins
from bot.config import Account, Config
from bot.log import JsonLines
from bot.model.errors import BotError
from bot.model.event import GroupAmended, PersonNamed
from bot.model.filing import FilingAnswer, FilingState
from tests.journeys.conftest import COMMITTEE, LEADER, MORNING, OWNER
from tests.journeys.filing_site import GROUP, FilingSite
from tests.journeys.site import PATIENCE, a_site
from tests.journeys.test_planted import files_of, shown
from tests.journeys.test_registration import qungui
from tests.peers.mail_server import Fault, MailServer, mail_server

NAME, OTHER, APPROVER = "欧阳若谷", "司徒云舒", "尉迟清嘉"
PHONE, ACCOUNT, MAILBOX = "13987654321", "2954471803", "yuchi.qingjia@yunjiang.example.cn"
PLANTED = (NAME, OTHER, APPROVER, PHONE, ACCOUNT, MAILBOX)
WHOLE = """
[2027]
off = [2027-01-01, 2027-05-01, 2027-05-02, 2027-10-01, 2027-10-02, 2027-10-03]
"""

Journey = Callable[["TroubledSite", MailServer], Coroutine[Any, Any, None]]
Run = Callable[[Journey], None]


@dataclass
class TroubledSite(FilingSite):
    """A site whose office may have a table of working days of its own."""

    table: Path | None = None

    def config(self, *accounts: Account, **settings: object) -> Config:
        """Return the configuration with the office's table."""
        config = super().config(*accounts, **settings)
        office = config.office.model_copy(update={"calendar": self.table})
        return config.model_copy(update={"office": office})


@pytest.fixture
def in_trouble(loaded: Plugins, tmp_path: Path) -> Run:
    """Run a journey with a real mail server beside the sandbox."""

    def run(journey: Journey) -> None:
        async def whole() -> None:
            async with (
                mail_server() as server,
                a_site(loaded, tmp_path, starts_at=MORNING) as site,
            ):
                troubled = TroubledSite(
                    sandbox=site.sandbox,
                    clock=site.clock,
                    folder=site.folder,
                    loaded=loaded,
                    mail_port=server.port,
                )
                await journey(troubled, server)

        asyncio.run(asyncio.wait_for(whole(), 180))

    return run


def test_a_table_with_a_missing_day_is_refused_and_the_open_filings_wait(in_trouble, tmp_path):
    async def journey(site: TroubledSite, _: MailServer) -> None:
        async with site.filed("by_hand") as filed:
            number = await filed.noticed()
            before = await filed.latest()
        site.table = tmp_path / "days.toml"
        site.table.write_text(WHOLE.replace("2027-10-02, ", ""))
        with pytest.raises(BotError, match="2027-10-02：是法定节假日，请写进"):
            async with site.bot():
                pass
        site.table.write_text(WHOLE)
        async with site.bot() as stage:
            await stage.later(minutes=11)
            await stage.comes(OWNER, f"【备案 {number}】", seconds=PATIENCE)

            assert await stage.records(lambda records: records.filings.latest(GROUP)) == before

    in_trouble(journey)


def test_a_server_that_is_busy_for_a_day_is_told_once_and_gets_one_mail(in_trouble):
    async def journey(site: TroubledSite, server: MailServer) -> None:
        async with site.filed("mail") as filed:
            server.fault = Fault.BUSY
            await filed.approved()
            await filed.stands(FilingState.APPROVED)
            for _ in range(14):
                await filed.stage.later(hours=2)
            waiting = await filed.stands(FilingState.APPROVED)
            server.fault = Fault.NONE
            await filed.stage.later(hours=4)
            sent = await filed.stands(FilingState.SENT)

            for user in (OWNER, COMMITTEE):
                assert sum("还没有发出" in text for text in filed.stage.read(user)) == 1
            assert waiting.tries > 4
            (mail,) = server.received
            assert mail.message["Message-ID"] == waiting.message_id == sent.message_id

    in_trouble(journey)


async def lives_through_it(
    site: TroubledSite, server: MailServer
) -> tuple[bytes, dict[str, bytes]]:
    """Play what names, numbers and addresses pass through; return metrics and the running store."""
    async with site.filed("mail", recipients=(MAILBOX,)) as filed:
        stage, now = filed.stage, site.clock.now()
        await stage.play.bot.door.put_and_wait(
            GroupAmended(
                at=now,
                group=GROUP,
                contact=f"{NAME} {PHONE}",
                approver=APPROVER,
                administrators=(PersonNamed(name=OTHER, unit="预算科", user=ACCOUNT),),
            )
        )
        await stage.later(minutes=11)
        number = (await filed.latest()).id
        await stage.comes(OWNER, f"【备案 {number}】", "要向机关党委备案", seconds=PATIENCE)
        server.fault = Fault.REFUSES
        stage.tell(OWNER, f"备案 {number} 属实")
        await stage.comes(LEADER, "请审核", seconds=PATIENCE)
        stage.tell(LEADER, f"备案 {number} 同意")
        await filed.stands(FilingState.BOUNCED)
        server.fault = Fault.NONE
        stage.tell(OWNER, f"备案 {number} 再发")
        await filed.stands(FilingState.SENT)
        stage.tell(COMMITTEE, f"退回 {number} {NAME}的电话{PHONE}不对")
        await filed.stands(FilingState.REFUSED)
        stage.tell(OWNER, f"备案 {number} 全文")
        await stage.comes(OWNER, NAME, PHONE, APPROVER, seconds=PATIENCE)
        told = [text for text in stage.read(OWNER) if "互联网工作群组备案表" not in text]
        told += stage.read(LEADER)
        assert not [text for text in told for each in (OTHER, APPROVER) if each in text]
        await filed.answer(FilingAnswer.WITHDRAW, f"{NAME}说不用了")
        address = f"http://127.0.0.1:{stage.play.bot.web_port}/metrics"
        metrics = await asyncio.to_thread(lambda: urllib.request.urlopen(address).read())
        copy = site.folder.parent / "backup" / "copy.db"
        copy.parent.mkdir()
        copied = await qungui(site, "backup", str(copy))
        assert copied.exit_code == 0, copied.output
        return metrics, files_of(site.folder)


def test_nothing_planted_in_a_filing_stands_in_clear_anywhere(in_trouble):
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()

    async def journey(site: TroubledSite, server: MailServer) -> None:
        metrics, running = await lives_through_it(site, server)
        (mail,) = server.received
        assert mail.recipients == (MAILBOX,)
        backup = files_of(site.folder.parent / "backup")
        contents = {
            **{f"running/{name}": content for name, content in running.items()},
            **{f"stopped/{name}": content for name, content in files_of(site.folder).items()},
            **{f"backup/{name}": content for name, content in backup.items()},
            "metrics": metrics,
            "log": lines.getvalue().encode(),
        }

        assert shown(contents, *PLANTED) == []
        assert ("backup/copy.db", "预算科") in shown(contents, "预算科")

    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        in_trouble(journey)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def test_a_clock_set_back_by_an_hour_while_a_try_waits_sends_once(in_trouble):
    async def journey(site: TroubledSite, server: MailServer) -> None:
        server.fault = Fault.BUSY
        async with site.filed("mail") as filed:
            await filed.approved()
            await filed.stands(FilingState.APPROVED)
            now = site.clock.now()
        server.fault = Fault.NONE
        site.clock = type(site.clock)(now - timedelta(hours=1))
        async with site.bot(filing=site.filing("mail")) as stage:
            for _ in range(3):
                await stage.later(minutes=40)
            await stage.settled()
            found = await stage.records(lambda records: records.filings.latest(GROUP))

            assert found.state is FilingState.SENT
            assert len(server.received) == 1

    in_trouble(journey)

"""Forms leave a whole bot by mail and into a folder; what a killed one was sending is not resent."""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.onebot import OneBotSettings
from bot.bootstrap import Bot, Plugins, load_plugins, opened
from bot.config import Config, FilingFolder, Mail
from bot.model.action import Outgoing, PutFile, SendMail
from bot.model.filing import Document
from tests.peers.mail_server import Fault, MailServer, mail_server

NOW = datetime(2026, 11, 18, 1, 30, tzinfo=UTC)
FORM = Document(form="filing", file="互联网工作群组备案表 2026-0037.docx", content={})
MAIL = SendMail(
    account="mail:office",
    ref="filing:37:1:1",
    to=("dangwei@example.cn",),
    subject="工作群备案 2026-0037",
    text="附件是备案表，请查收。",
    message_id="<filing-37-1@example.cn>",
    document=FORM,
)
FILE = PutFile(account="folder:filing", ref="filing:37:1:1", document=FORM)


class Moving:
    """A clock that the test moves."""

    time = NOW

    def now(self) -> datetime:  # noqa: D102
        return self.time


@pytest.fixture(scope="module")
def loaded() -> Plugins:
    """Read every plugin once."""
    return load_plugins()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a configuration of one account that nobody answers."""
    return Config.default_for_sandbox(
        folder=tmp_path / "data",
        settings=OneBotSettings(way="forward", url="ws://127.0.0.1:1"),
        token="none",
    )


def with_mail(config: Config, server: MailServer) -> Config:
    mail = Mail(
        host="127.0.0.1",
        port=server.port,
        security="none",
        sender="gzq@example.cn",
        pace_seconds=0,
        timeout_seconds=5,
    )
    return config.model_copy(update={"mail": mail})


def write_down(config: Config, action: Outgoing, *, begun: bool = False) -> None:
    """Leave something in the outbox, as a bot that ended before it was sent, or while it was."""
    with opened(config) as records, records.transaction():
        letter = records.outbox.add(action, NOW)
        if begun:
            records.outbox.sending(letter.id, NOW)


async def run_until(bot: Bot, done: Callable[[dict[str, int]], bool]) -> dict[str, int]:
    async with bot.running(), asyncio.timeout(60):
        while not done(counts := await bot.door.read(lambda records: records.outbox.counts())):
            pass
        return counts


async def test_a_form_is_printed_and_mailed_when_it_is_sent(config, loaded):
    write_down(config, MAIL)
    async with mail_server() as server:
        bot = Bot(with_mail(config, server), loaded)
        counts = await run_until(bot, lambda states: "done" in states)

    (mail,) = server.received
    (form,) = mail.message.iter_attachments()
    assert counts == {"done": 1}
    assert form.get_filename() == FORM.file
    assert "word/document.xml" in zipfile.ZipFile(io.BytesIO(form.get_content())).namelist()
    assert mail.message["From"].addresses[0].display_name == config.office.name


async def test_what_a_killed_bot_was_mailing_ends_unknown_and_is_not_mailed_again(config, loaded):
    write_down(config, MAIL, begun=True)
    async with mail_server() as server:
        bot = Bot(with_mail(config, server), loaded)
        counts = await run_until(bot, lambda states: "unknown" in states)

    assert counts == {"unknown": 1}
    assert server.connections == 0


async def test_a_mail_that_was_taken_without_an_answer_ends_unknown(config, loaded):
    write_down(config, MAIL)
    async with mail_server() as server:
        server.fault = Fault.TAKES_AND_DROPS
        bot = Bot(with_mail(config, server), loaded)
        counts = await run_until(bot, lambda states: "unknown" in states)

    assert counts == {"unknown": 1}
    assert len(server.received) == 1


async def test_what_a_killed_bot_was_putting_into_the_folder_stands_there_once(config, loaded):
    drive = config.store.folder.parent / "drive"
    drive.mkdir()
    config = config.model_copy(update={"filing_folder": FilingFolder(path=drive)})
    prints: list[str] = []
    for begun in (False, True, True):
        write_down(config, FILE, begun=begun)
        await run_until(Bot(config, loaded), lambda states: states.keys() == {"done"})
        prints += [hashlib.sha256(each.read_bytes()).hexdigest() for each in drive.iterdir()]
        if len(prints) == 2:
            (drive / FORM.file).unlink()

    assert len(prints) == 3
    assert len(set(prints)) == 1


async def test_without_a_mail_server_or_folder_nothing_waits_for_ever(config, loaded):
    write_down(config, MAIL)
    write_down(config, FILE)

    counts = await run_until(Bot(config, loaded), lambda states: states.get("failed") == 2)

    assert counts == {"failed": 2}


async def test_an_account_in_trouble_for_long_is_told_to_the_operator(config, loaded):
    clock = Moving()
    office = config.office.model_copy(update={"trouble_mail": "weihu@example.cn"})
    async with mail_server() as server:
        config = with_mail(config, server).model_copy(update={"office": office})
        bot = Bot(config, loaded, clock=clock)
        async with bot.running():
            await bot.look_for_trouble()
            early = len(server.received)
            clock.time += timedelta(minutes=11)
            await bot.look_for_trouble()
            await bot.look_for_trouble()

    (mail,) = server.received
    assert early == 0
    assert mail.recipients == ("weihu@example.cn",)
    assert "沙盒" in mail.message.get_content()
    assert "（已 11 分钟）" in mail.message.get_content()


async def test_mail_and_folder_are_no_accounts_of_a_chat(config, loaded):
    bot = Bot(config, loaded)
    async with bot.running():
        status = await bot.answer({"do": "status"})
        groups = await bot.answer({"do": "groups"})

    assert [each["name"] for each in status["accounts"]] == ["沙盒"]
    assert groups == {"groups": []}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


pytestmark = pytest.mark.anyio

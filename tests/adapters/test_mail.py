"""Mail over a real server on loopback: every ending is known exactly, and nothing is smuggled in."""

import asyncio
import contextlib
import hashlib
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.mail import MailAdapter, Security, Server
from bot.adapters.mail.letter import compose
from bot.model.action import DrawGroups, SendMail
from bot.model.errors import BotError
from bot.model.event import FilingCarried, OutcomeState
from bot.model.filing import Document
from bot.model.port import Outcome
from tests.adapters.peer import Inbox
from tests.peers.mail_server import (
    PASSWORD,
    USER,
    Fault,
    mail_server,
    self_made_certificate,
)

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 18, 1, 30, tzinfo=UTC)
SENDER = "qungui@example.cn"
OFFICER, SECOND = "dangwei@example.cn", "beifen@example.cn"
MESSAGE_ID = "<filing-37-1@example.cn>"
FORM = b"PK\x03\x04 not really a form \x00\xff" * 400
FILE = "互联网工作群组备案表 2026-0037.docx"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MAIL = SendMail(
    account="mail:office",
    ref="filing:37:1:1",
    to=(OFFICER,),
    subject="工作群备案 2026-0037：预算科工作群",
    text="附件是备案表，请查收。\n.\n回执请回复编号。\n",
    message_id=MESSAGE_ID,
    document=Document(form="filing", file=FILE, content={}),
)


class FixedClock:
    """The time of these tests."""

    def now(self) -> datetime:  # noqa: D102
        return NOW


class Rests:
    """Stands in for sleep: keeps how long it would have been, and waits to be let on."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[float] = asyncio.Queue()
        self.go_on: asyncio.Queue[None] = asyncio.Queue()

    async def __call__(self, seconds: float) -> None:  # noqa: D102
        await self.asked.put(seconds)
        await self.go_on.get()


def render(document: Document) -> tuple[str, str, bytes]:
    if document.form != "filing":
        raise BotError("没有这种表。")
    return document.file, DOCX, FORM


def sender_at(port: int, sleep: Rests | None = None, **more: object) -> MailAdapter:
    server = Server(host="127.0.0.1", port=port, security=Security.NONE, timeout=30.0)
    return MailAdapter(
        replace(server, **more),  # type: ignore[arg-type]  # named by the tests
        sender=SENDER,
        sender_name="示范市示范局",
        render=render,
        clock=FixedClock(),
        sleep=sleep or Rests(),
    )


def the_answer(outcome: Outcome) -> FilingCarried:
    (answer,) = outcome.answers
    assert isinstance(answer, FilingCarried)
    return answer


@contextlib.asynccontextmanager
async def running(adapter: MailAdapter) -> AsyncIterator[None]:
    task = asyncio.create_task(adapter.run(Inbox()))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def test_a_mail_brings_the_form_and_its_answer_proves_what_was_sent():
    async with mail_server() as server:
        outcome = await sender_at(server.port).perform(MAIL)

    (mail,) = server.received
    (form,) = mail.message.iter_attachments()
    assert (outcome.state, outcome.message_id) == (OutcomeState.DONE, MESSAGE_ID)
    assert the_answer(outcome) == FilingCarried(
        at=NOW,
        ref=MAIL.ref,
        sha256=hashlib.sha256(FORM).hexdigest(),
        message_id=MESSAGE_ID,
        recipients=(OFFICER,),
        answer="250 2.0.0 queued as 4711",
    )
    assert (mail.sender, mail.recipients) == (SENDER, (OFFICER,))
    assert mail.message["Subject"] == MAIL.subject
    assert mail.message["From"] == f"示范市示范局 <{SENDER}>"
    assert mail.message["To"] == OFFICER
    assert mail.message["Message-ID"] == MESSAGE_ID
    assert mail.message["Date"].datetime == NOW
    assert mail.message.get_body().get_content().splitlines() == MAIL.text.splitlines()
    assert form.get_filename() == FILE
    assert form.get_content_type() == DOCX
    assert form.get_content() == FORM
    assert b"filename*" in mail.content


async def test_who_of_several_is_refused_is_told_and_the_others_get_it():
    async with mail_server() as server:
        server.fault, server.refused = Fault.SOME, {SECOND: "550 5.1.1 no such user"}
        outcome = await sender_at(server.port).perform(
            replace(MAIL, to=(SECOND, "no address", OFFICER, OFFICER))
        )

    assert server.received[0].recipients == (OFFICER,)
    assert (outcome.state, outcome.reason) == (OutcomeState.DONE, "some_refused")
    assert the_answer(outcome).recipients == (OFFICER,)
    assert the_answer(outcome).refused == (f"{SECOND} 550 5.1.1 no such user", "no address address")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({OFFICER: "550 no", SECOND: "550 no"}, "refused: 550"),
        ({OFFICER: "550 no", SECOND: "451 greylisted"}, "temporary: 451"),
        ({OFFICER: "421 closing", SECOND: "550 no"}, "temporary: lost"),
    ],
)
async def test_a_mail_that_nobody_may_get_fails(answers, reason):
    async with mail_server() as server:
        server.fault, server.refused = Fault.SOME, answers
        outcome = await sender_at(server.port).perform(replace(MAIL, to=(OFFICER, SECOND)))

    assert (outcome.state, outcome.reason) == (OutcomeState.FAILED, reason)
    assert server.received == []


@pytest.mark.parametrize(
    ("fault", "state", "reason", "taken"),
    [
        (Fault.BUSY, OutcomeState.FAILED, "temporary: 451", 0),
        (Fault.REFUSES, OutcomeState.FAILED, "refused: 554", 0),
        (Fault.DROPS_BEFORE_DATA, OutcomeState.FAILED, "temporary: lost", 0),
        (Fault.DROPS_IN_DATA, OutcomeState.UNKNOWN, "lost", 0),
        (Fault.TAKES_AND_DROPS, OutcomeState.UNKNOWN, "lost", 1),
        (Fault.ANSWERS_AND_DROPS, OutcomeState.DONE, "", 1),
        (Fault.TAKES_AND_HANGS, OutcomeState.UNKNOWN, "timeout", 1),
        (Fault.HANGS, OutcomeState.FAILED, "temporary: timeout", 0),
        (Fault.ODD, OutcomeState.UNKNOWN, "answer", 1),
        (Fault.SENDER, OutcomeState.FAILED, "temporary: sender 550", 0),
        (Fault.GREETING, OutcomeState.FAILED, "temporary: greeting 554", 0),
        (Fault.SILENT_GREETING, OutcomeState.FAILED, "temporary: unreachable", 0),
    ],
)
async def test_every_fault_has_its_ending_and_only_a_begun_content_is_unknown(
    fault, state, reason, taken
):
    waits = {
        Fault.TAKES_AND_HANGS: {"patience": 0.1},
        Fault.HANGS: {"timeout": 1.0},
        Fault.SILENT_GREETING: {"timeout": 0.1},
    }
    async with mail_server() as server:
        server.fault = fault
        outcome = await sender_at(server.port, **waits.get(fault, {})).perform(MAIL)

    assert (outcome.state, outcome.reason) == (state, reason)
    assert len(server.received) == taken
    assert bool(outcome.answers) == (state is OutcomeState.DONE)


async def test_a_server_that_is_busy_for_a_day_takes_the_same_mail_the_next_day():
    async with mail_server() as server:
        adapter = sender_at(server.port)
        server.fault = Fault.BUSY
        tries = [await adapter.perform(MAIL) for _ in range(24)]
        server.fault = Fault.NONE
        last = await adapter.perform(MAIL)

    assert {each.reason for each in tries} == {"temporary: 451"}
    assert last.state is OutcomeState.DONE
    assert len(server.received) == 1


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_sealed_connection_is_used_from_the_login_on(tmp_path, security):
    shown, trusted = self_made_certificate(tmp_path)
    sealed = {"tls": shown} if security is Security.TLS else {"starttls": shown}
    async with mail_server(**sealed, login=True) as server:
        adapter = sender_at(
            server.port, security=security, ca_file=trusted, user=USER, password=PASSWORD
        )
        outcome = await adapter.perform(MAIL)

    assert outcome.state is OutcomeState.DONE
    assert server.logins == [USER.encode()]
    assert server.commands == ["MAIL sealed"]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path, security):
    shown, _ = self_made_certificate(tmp_path)
    sealed = {"tls": shown} if security is Security.TLS else {"starttls": shown}
    async with mail_server(**sealed) as server:
        adapter = sender_at(server.port, security=security)
        outcome = await adapter.perform(MAIL)

    assert (outcome.state, outcome.reason) == (OutcomeState.FAILED, "temporary: certificate")
    assert "证书不可信" in adapter.trouble
    assert server.commands == []


async def test_a_server_without_starttls_gets_no_word_in_the_open():
    async with mail_server(login=True) as server:
        adapter = sender_at(server.port, security=Security.STARTTLS, user=USER, password=PASSWORD)
        outcome = await adapter.perform(MAIL)

    assert outcome.reason == "temporary: no_tls"
    assert "没有用明文发送" in adapter.trouble
    assert (server.logins, server.commands) == ([], [])


async def test_a_server_that_speaks_tls_only_is_not_mistaken(tmp_path):
    shown, trusted = self_made_certificate(tmp_path)
    async with mail_server(tls=shown) as server:
        adapter = sender_at(server.port, security=Security.STARTTLS, ca_file=trusted, timeout=0.1)
        outcome = await adapter.perform(MAIL)

    assert outcome.reason == "temporary: unreachable"


async def test_a_plain_server_asked_for_tls_is_told():
    async with mail_server() as server:
        adapter = sender_at(server.port, security=Security.TLS)
        outcome = await adapter.perform(MAIL)

    assert outcome.reason == "temporary: tls"
    assert "加密连接没有成功" in adapter.trouble


async def test_a_certificate_file_that_is_gone_is_named(tmp_path):
    adapter = sender_at(1, security=Security.TLS, ca_file=tmp_path / "gone.pem")

    outcome = await adapter.perform(MAIL)

    assert outcome.reason == "temporary: ca_file"
    assert "ca_file" in adapter.trouble


@pytest.mark.parametrize(
    ("user", "password", "reason"),
    [(USER, "wrong", "temporary: auth 535"), ("", "", "temporary: auth 530")],
)
async def test_a_login_that_is_not_accepted_is_the_servers_trouble_and_no_refusal(
    user, password, reason
):
    async with mail_server(login=True) as server:
        adapter = sender_at(server.port, user=user, password=password)
        outcome = await adapter.perform(MAIL)

    assert (outcome.state, outcome.reason) == (OutcomeState.FAILED, reason)
    assert "用户名或密码" in adapter.trouble


async def test_a_server_without_logins_is_told_when_a_user_is_set():
    async with mail_server(logins_offered=False) as server:
        adapter = sender_at(server.port, user=USER, password=PASSWORD)
        outcome = await adapter.perform(MAIL)

    assert outcome.reason == "temporary: no_login"


async def test_a_server_that_is_down_rests_and_is_asked_again_later_each_time():
    rests, port = Rests(), a_free_port()
    adapter = sender_at(port, rests)
    async with running(adapter):
        first = await adapter.perform(MAIL)
        second = await adapter.perform(MAIL)
        waits = [await rests.asked.get()]
        await rests.go_on.put(None)
        waits.append(await rests.asked.get())
        said = adapter.trouble
        async with mail_server(port=port) as server:
            await rests.go_on.put(None)
            async with asyncio.timeout(30):
                while adapter.trouble:  # noqa: ASYNC110 - the server answers in its own time
                    await asyncio.sleep(0)
            third = await adapter.perform(MAIL)

    assert [first.reason, second.reason] == ["temporary: unreachable", "offline"]
    assert "连不上邮件服务器" in said
    assert waits == [30.0, 60.0]
    assert third.state is OutcomeState.DONE
    assert len(server.received) == 1


async def test_wrong_logins_are_not_repeated_every_minute():
    rests = Rests()
    async with mail_server(login=True) as server:
        adapter = sender_at(server.port, rests, user=USER, password="wrong")
        async with running(adapter):
            await adapter.perform(MAIL)
            outcome = await adapter.perform(MAIL)
            wait = await rests.asked.get()

    assert outcome.reason == "offline"
    assert wait == 1800.0
    assert len(server.logins) <= 3  # once for each mechanism the server offers


async def test_a_look_at_the_server_sends_no_mail():
    async with mail_server() as server:
        adapter = sender_at(server.port)
        fine = await adapter.check()
        server.fault = Fault.SENDER
        wrong = await adapter.check()

    assert fine is None
    assert "不许用这个发件人" in wrong
    assert server.received == []


@pytest.mark.parametrize("fault", [Fault.HANGS, Fault.SILENT_GREETING, Fault.GREETING])
async def test_a_look_at_a_server_that_does_not_serve_ends_with_a_sentence(fault):
    async with mail_server() as server:
        server.fault = fault
        said = await sender_at(server.port, timeout=0.05).check()

    assert said


async def test_the_operator_is_told_in_a_mail_without_a_form():
    async with mail_server() as server:
        adapter = sender_at(server.port)
        told = await adapter.tell("weihu@example.cn", "需要处理", "值守号：没有登录。")
        nobody = await adapter.tell("维护@example.cn", "需要处理", "值守号：没有登录。")

    (mail,) = server.received
    assert (told, nobody) == (True, False)
    assert mail.message.get_content().strip() == "值守号：没有登录。"
    assert list(mail.message.iter_attachments()) == []


async def test_a_mail_larger_than_the_server_takes_is_refused_before_it_is_sent():
    async with mail_server(largest=2000) as server:
        adapter = sender_at(server.port)
        outcome = await adapter.perform(MAIL)

    assert outcome.reason == "refused: 552"
    assert adapter.trouble is None


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (replace(MAIL, to=()), "refused: address"),
        (
            replace(MAIL, to=("党委@example.cn", "a@b\r\nRCPT TO:<c@d>", "a b@c")),
            "refused: address",
        ),
        (replace(MAIL, message_id="x\r\nBcc: a@b.cn"), "refused: message_id"),
        (replace(MAIL, document=replace(MAIL.document, form="other")), "refused: form"),
        (DrawGroups(account=MAIL.account), "unsupported"),
    ],
)
async def test_what_cannot_be_a_mail_never_reaches_the_server(mail, reason):
    async with mail_server() as server:
        outcome = await sender_at(server.port).perform(mail)

    assert (outcome.state, outcome.reason) == (OutcomeState.FAILED, reason)
    assert server.connections == 0


async def test_nobody_can_tell_whether_a_mail_arrived():
    outcome = await sender_at(1).find(MAIL, since=NOW)

    assert (outcome.state, outcome.reason) == (OutcomeState.UNKNOWN, "no_history")


async def test_neither_log_nor_repr_shows_an_address_or_a_password(caplog):
    caplog.set_level("DEBUG")
    async with mail_server(login=True) as server:
        adapter = sender_at(server.port, user="somebody", password="a secret")
        outcome = await adapter.perform(MAIL)

    shown = caplog.text + repr(outcome) + repr(adapter._server)
    ours = [record for record in caplog.records if record.name == "qungui.mail"]
    assert [record.getMessage() for record in ours] == ["mail server"]
    assert "somebody" not in shown
    assert "a secret" not in shown
    assert OFFICER not in shown


@given(
    subject=st.text(max_size=300),
    text=st.text(st.characters(codec="utf-8"), max_size=2000),
    name=st.text(max_size=300),
    office=st.text(max_size=80),
    number=st.integers(min_value=0, max_value=10**80),
)
def test_whatever_people_wrote_makes_a_mail_of_seven_bits_and_short_lines(
    subject, text, name, office, number
):
    content = compose(
        sender=SENDER,
        sender_name=office,
        to=[OFFICER, SECOND],
        subject=subject,
        text=text,
        message_id=f"<filing-{number}@example.cn>",
        at=NOW,
        attachment=(name, DOCX, FORM),
    )

    read = message_from_bytes(content, policy=default)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.count(b"\n") == content.count(b"\r\n")
    assert {key.lower() for key in read} <= {
        "from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version",
        "content-type",
    }  # fmt: skip
    assert [each.addr_spec for each in read["To"].addresses] == [OFFICER, SECOND]
    assert [each.addr_spec for each in read["From"].addresses] == [SENDER]
    assert read["Message-ID"].strip() == f"<filing-{number}@example.cn>"
    (form,) = read.iter_attachments()
    assert form.get_content() == FORM
    assert "/" not in form.get_filename()
    body = read.get_body().get_content()
    assert body.rstrip().splitlines() == text.rstrip().splitlines()


@pytest.mark.parametrize(
    "subject",
    ["备案\r\nBcc: x@y.cn", "备案\nBcc: x@y.cn", "备案\x0bBcc: x@y.cn\u2028Bcc: x@y.cn", "\ud800"],
)
def test_a_subject_cannot_add_a_header(subject):
    content = compose(
        sender=SENDER,
        sender_name=subject,
        to=[OFFICER],
        subject=subject,
        text=subject,
        message_id=MESSAGE_ID,
        at=NOW,
        attachment=(subject, DOCX, FORM),
    )

    read = message_from_bytes(content, policy=default)
    assert read["Bcc"] is None
    assert [each.addr_spec for each in read["From"].addresses] == [SENDER]

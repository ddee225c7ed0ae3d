"""A real mail server (aiosmtpd) on loopback whose faults can be switched while it runs."""

# ruff: noqa: ARG002 - the signatures are those of aiosmtpd

import asyncio
import contextlib
import email
import email.policy
import ssl
import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "qungui", "not a real password"


class Fault(StrEnum):
    """What the server does wrong; NONE is an ordinary server."""

    NONE = "none"
    GREETING = "refuses every client with 554"
    SILENT_GREETING = "takes the connection and says nothing"
    SENDER = "refuses the sender with 550"
    BUSY = "answers 451 to DATA's content"
    REFUSES = "answers 554 to DATA's content"
    SOME = "refuses the recipients named in `refused`"
    DROPS_BEFORE_DATA = "drops the connection at DATA"
    DROPS_IN_DATA = "drops the connection while the content comes"
    TAKES_AND_DROPS = "takes the content and drops before the answer"
    ANSWERS_AND_DROPS = "takes the content, answers, and drops"
    TAKES_AND_HANGS = "takes the content and never answers"
    HANGS = "never answers MAIL"
    ODD = "answers the content with a reply that is none"


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What the server took."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The message as a mail client reads it."""
        read = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        return read


@dataclass(kw_only=True)
class MailServer:
    """One server: what it took, what it does wrong, and where it listens."""

    port: int = 0
    fault: Fault = Fault.NONE
    refused: dict[str, str] = field(default_factory=dict)
    received: list[Mail] = field(default_factory=list)
    connections: int = 0
    logins: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    taken: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer MAIL."""
        sealed = server.transport is not None and server.transport.get_extra_info("sslcontext")
        self.commands.append("MAIL sealed" if sealed else "MAIL in the open")
        if self.fault is Fault.HANGS:
            await asyncio.Event().wait()
        if self.fault is Fault.SENDER:
            return "550 5.7.1 sender rejected"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer RCPT."""
        if self.fault is Fault.SOME and address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Answer the content after its final dot; a real server of seven bits takes no more."""
        assert isinstance(envelope.content, bytes)
        match self.fault:
            case Fault.BUSY:
                return "451 4.3.0 try again later"
            case Fault.REFUSES:
                return "554 5.6.0 no such content here"
        if not envelope.content.isascii():
            return "554 5.6.3 8 bit content refused"
        mail = Mail(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            content=envelope.content,
        )
        self.received.append(mail)
        self.taken.set()
        match self.fault:
            case Fault.TAKES_AND_DROPS:
                _abort(server)
            case Fault.TAKES_AND_HANGS:
                await asyncio.Event().wait()
            case Fault.ANSWERS_AND_DROPS:
                await server.push("250 2.0.0 queued as 4711")
                _abort(server)
            case Fault.ODD:
                return "hello"
        return "250 2.0.0 queued as 4711"


class _Session(SMTP):
    """One connection; the faults that aiosmtpd has no hook for."""

    async def _handle_client(self) -> None:
        world: MailServer = self.event_handler
        world.connections += 1
        if world.fault is Fault.GREETING:
            await self.push("554 5.7.1 no service for you")
            self.transport.close()
            return
        if world.fault is Fault.SILENT_GREETING:
            await asyncio.Event().wait()
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        world: MailServer = self.event_handler
        if world.fault is Fault.DROPS_BEFORE_DATA:
            _abort(self)
            await asyncio.Event().wait()
        if world.fault is Fault.DROPS_IN_DATA:
            await self.push("354 go on")
            await self._reader.readuntil(b"\r\n")
            _abort(self)
            await asyncio.Event().wait()
        await super().smtp_DATA(arg)


@contextlib.asynccontextmanager
async def mail_server(
    *,
    port: int = 0,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    login: bool = False,
    logins_offered: bool = True,
    largest: int = 32 << 20,
) -> AsyncIterator[MailServer]:
    """Run a server in this loop, on a port from the OS unless one is given.

    It takes at most `largest` bytes, lines of 1,000 characters and seven bits.
    """
    world = MailServer()
    loop = asyncio.get_running_loop()
    sessions: list[_Session] = []

    def check(
        server: SMTP, session: Session, envelope: Envelope, how: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        world.logins.append(given.login)
        return AuthResult(
            success=(given.login, given.password) == (USER.encode(), PASSWORD.encode()),
            handled=False,
        )

    def session() -> _Session:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of logins without TLS, which we want here
            made = _Session(
                world,
                data_size_limit=largest,
                hostname="mail.example.cn",
                tls_context=starttls,
                require_starttls=starttls is not None,
                auth_required=login,
                auth_require_tls=not logins_offered,
                authenticator=check,
                loop=loop,
            )
        sessions.append(made)
        return made

    server = await loop.create_server(session, "127.0.0.1", port, ssl=tls)
    world.port = server.sockets[0].getsockname()[1]
    try:
        yield world
    finally:
        server.close()
        for each in sessions:
            _abort(each)
        waiting = [each._handler_coroutine for each in sessions if each._handler_coroutine]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await server.wait_closed()


def self_made_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return what a server of 127.0.0.1 shows, and the file by which clients may trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)  # noqa: TID251 - the library compares it with the machine's clock
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "mail.pem", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    return context, certificate


def _abort(session: SMTP) -> None:
    transport = session.transport
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()

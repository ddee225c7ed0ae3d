"""One conversation with a mail server (RFC 5321); loaded with the first mail.

How a mail ended is known exactly: before its content begins to go out the server has taken nothing,
afterwards only the server's answer tells.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPStatus,
    SMTPTimeoutError,
)
from aiosmtplib.protocol import SMTPProtocol

from bot.adapters.mail.server import Ending, Security, Server
from bot.model.event import OutcomeState

_LONGEST_ANSWER: Final = 200


class UnusableError(Exception):
    """The server does not serve us; `what` is a code, `reply` the server's, 0 without one."""

    def __init__(self, what: str, reply: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.reply = reply


@contextlib.asynccontextmanager
async def session(server: Server, *, sender: str) -> AsyncIterator[SMTP]:
    """Open a session, sealed and logged in as the settings ask; raises UnusableError."""
    context = None if server.security is Security.NONE else await _trust(server)
    client = SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=sender.rpartition("@")[2],
        timeout=server.timeout,
        use_tls=server.security is Security.TLS,
        start_tls=False,  # done in _open: a server without it must not be spoken to in the open
        tls_context=context,
    )
    try:
        await _open(client, server)
        yield client
    finally:
        # Not a close: it would wait until a server that no longer reads has read all.
        if isinstance(client.transport, asyncio.WriteTransport):
            client.transport.abort()
        client.close()


async def knock(server: Server, *, sender: str) -> None:
    """Open a session and name a sender, without a mail; raises UnusableError."""
    async with session(server, sender=sender) as client:
        try:
            await introduce(client, sender=sender)
        except SMTPResponseException as error:
            raise UnusableError("greeting", error.code) from error
        except (SMTPException, OSError) as error:
            raise UnusableError("unreachable") from error


async def introduce(client: SMTP, *, sender: str, size: int = 0) -> None:
    """Name the sender of a mail; raises UnusableError where the server does not take him."""
    sized = size and client.supports_extension("size")
    try:
        await client.mail(sender, options=[f"SIZE={size}"] if sized else [])
    except SMTPSenderRefused as error:
        if error.code == 530:
            raise UnusableError("auth", error.code) from error
        if error.code // 100 == 5 and error.code != 552:
            raise UnusableError("sender", error.code) from error
        raise


async def hand_over(
    client: SMTP, *, sender: str, to: Sequence[str], content: bytes, patience: float
) -> Ending:
    """Hand over one mail: who is refused is told, the others get it.

    `patience`: seconds for the answer to its content.
    """
    try:
        await introduce(client, sender=sender, size=len(content))
        refused = await _name(client, to)
        protocol = await _begin(client, content)
    except SMTPResponseException as error:
        return _failed(error.code)
    except (SMTPException, OSError) as error:
        return Ending(state=OutcomeState.FAILED, reason=f"temporary: {_lost(error)}")
    try:
        reply = await protocol.read_response(timeout=patience)
    except (SMTPException, OSError) as error:
        return Ending(state=OutcomeState.UNKNOWN, reason=_lost(error))
    match reply.code // 100:
        case 4 | 5:
            return _failed(reply.code)
        case 2:
            _say_goodbye(client)
            return Ending(
                state=OutcomeState.DONE,
                taken=tuple(address for address in to if address not in refused),
                refused=tuple(refused.items()),
                answer=_said(reply.code, reply.message),
            )
    return Ending(state=OutcomeState.UNKNOWN, reason=f"reply {reply.code}")


async def _name(client: SMTP, to: Sequence[str]) -> dict[str, str]:
    """Name the recipients; return what the server said of those it refuses, if not of all."""
    refused: dict[str, str] = {}
    mildest: SMTPRecipientRefused | None = None
    for address in to:
        try:
            await client.rcpt(address)
        except SMTPRecipientRefused as error:
            refused[address] = _said(error.code, error.message)
            # Of several refusals the one that may be over tomorrow decides.
            mildest = error if mildest is None or error.code < mildest.code else mildest
    if mildest is not None and len(refused) == len(to):
        raise mildest
    return refused


async def _begin(client: SMTP, content: bytes) -> SMTPProtocol:
    """Announce the content and send it; an error means that nothing of it has gone out."""
    reply = await client.execute_command(b"DATA")
    if reply.code != SMTPStatus.start_input:
        raise SMTPDataError(reply.code, reply.message)
    protocol = client.protocol
    if protocol is None:
        raise SMTPServerDisconnected("")
    protocol.write(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
    return protocol


async def _open(client: SMTP, server: Server) -> None:
    """Connect, seal and log in, each only as the settings ask, and never less."""
    try:
        await client.connect()
        await _greet(client)
        if server.security is Security.STARTTLS:
            if not client.supports_extension("starttls"):
                raise UnusableError("no_tls")
            await client.starttls()
            await _greet(client)
        if server.user:
            if not client.supported_auth_methods:
                raise UnusableError("no_login")
            await client.login(server.user, server.password)
    except SMTPConnectResponseError as error:
        raise UnusableError("greeting", error.code) from error
    except SMTPAuthenticationError as error:
        raise UnusableError("auth", error.code) from error
    except SMTPResponseException as error:
        raise UnusableError("greeting", error.code) from error
    except (SMTPException, OSError) as error:
        raise UnusableError(_unreached(error)) from error


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError as error:
        if error.code // 100 != 5:
            raise
        await client.helo()


async def _trust(server: Server) -> ssl.SSLContext:
    """Return what checks the server's certificate and name."""

    def load() -> ssl.SSLContext:
        context = ssl.create_default_context()
        if server.ca_file is not None:
            context.load_verify_locations(server.ca_file)
        return context

    try:
        return await asyncio.to_thread(load)
    except OSError as error:
        raise UnusableError("ca_file") from error


def _say_goodbye(client: SMTP) -> None:
    """Leave politely without waiting: the answer is in hand and should be recorded."""
    with contextlib.suppress(SMTPException):
        if client.protocol is not None:
            client.protocol.write(b"QUIT\r\n")
    client.close()


def _failed(code: int) -> Ending:
    kind = "refused" if code // 100 == 5 else "temporary"
    return Ending(state=OutcomeState.FAILED, reason=f"{kind}: {code}")


def _said(code: int, message: str) -> str:
    """Return an answer of the server as it is kept."""
    text = " ".join(message.encode("utf-8", "replace").decode().split())
    return f"{code:03d} {text}"[:_LONGEST_ANSWER].rstrip()


def _lost(error: Exception) -> str:
    if isinstance(error, SMTPTimeoutError):
        return "timeout"
    return "answer" if isinstance(error, SMTPResponseException) else "lost"


def _unreached(error: Exception) -> str:
    """Say why there was no session: its certificate, its encryption, or no server at all."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "certificate"
        if isinstance(cause, ssl.SSLError):
            return "tls"
        cause = cause.__cause__
    return "unreachable"

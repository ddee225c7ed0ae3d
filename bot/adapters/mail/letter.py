"""One mail as bytes: seven bits, short lines, and headers into which nothing can be smuggled."""

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bot.adapters.documents import printable, safe_name

_LONGEST_SUBJECT = 200


def compose(
    *,
    sender: str,
    sender_name: str,
    to: Sequence[str],
    subject: str,
    text: str,
    message_id: str,
    at: datetime,
    attachment: tuple[str, str, bytes] | None = None,
) -> bytes:
    """Return the mail; `attachment` is its file's name, media type and content."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=_header(sender_name), addr_spec=sender)
    message["To"] = [Address(addr_spec=each) for each in to]
    message["Subject"] = _header(subject)[:_LONGEST_SUBJECT]
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    # No absence note and no forwarding rule should answer a machine (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_encodable(text), charset="utf-8", cte="base64")
    if attachment is not None:
        name, media_type, content = attachment
        maintype, _, subtype = media_type.partition("/")
        message.add_attachment(
            content, maintype=maintype, subtype=subtype, filename=safe_name(_encodable(name))
        )
    return message.as_bytes()


def _header(text: str) -> str:
    return printable(_encodable(text))


def _encodable(text: str) -> str:
    """Return text without lone surrogates, which no encoding knows."""
    return text.encode("utf-8", "replace").decode()

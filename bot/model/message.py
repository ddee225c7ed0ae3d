"""What people post: messages and their attachments."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """What a platform lets an account do in a group."""

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"


class AttachmentKind(StrEnum):
    """What an attachment is, as far as the platform says."""

    IMAGE = "image"
    FILE = "file"
    CARD = "card"
    FORWARD = "forward"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """Something in a message that is not text; its content is never fetched by identify or record."""

    kind: AttachmentKind
    name: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    size: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message exactly as delivered; `group` is None in a private chat."""

    account: str
    group: str | None
    id: str
    sender: str = field(repr=False)
    card: str = field(default="", repr=False)
    standing: Standing | None = None
    text: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    mentions: tuple[str, ...] = field(default=(), repr=False)
    quotes: str | None = None
    posted_at: datetime

    @property
    def readable(self) -> str:
        """All that can be read of the message: its text, cards' words and addresses, files' names.

        Spans of findings are positions in it; for a message without cards it is the text.
        """
        if not self.attachments:
            return self.text
        words = [
            f"{each.name} {each.url}".strip() if each.kind is AttachmentKind.CARD else each.name
            for each in self.attachments
            if each.kind in {AttachmentKind.CARD, AttachmentKind.FILE}
        ]
        return "\n".join([self.text, *words]) if words else self.text

    @property
    def unread(self) -> tuple[str, ...]:
        """What of the message nobody here has looked into: pictures, files, merged forwards."""
        kinds = {each.kind for each in self.attachments} - {AttachmentKind.CARD}
        return tuple(sorted(kind.value for kind in kinds))

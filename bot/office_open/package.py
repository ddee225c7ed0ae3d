"""The zip around the parts of a .docx or .xlsx: the same parts always make the same bytes."""

import re
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Final
from xml.sax.saxutils import escape

from bot.model.errors import BotError

MOST_UNPACKED: Final = 32 << 20
"""Bytes of all parts together; a template with a picture or two has less than one million."""

CORE: Final = "docProps/core.xml"
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # the oldest a zip can name
# What XML cannot hold, and what turns the direction of the text round.
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Return the parts as one file, in their order, without time or machine in it.

    They are stored uncompressed: another release of zlib would change the bytes, and with them the
    hash that proves which file was sent.
    """
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            part = zipfile.ZipInfo(name, _MOMENT)
            part.create_system = 0
            archive.writestr(part, content)
    return made.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """Return the parts of a file by name; BotError, without its name, for what is none."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            if sum(each.file_size for each in archive.infolist()) > MOST_UNPACKED:
                raise BotError(f"解开后超过 {MOST_UNPACKED >> 20} MB，请去掉其中的大图片")
            return {each.filename: archive.read(each) for each in archive.infolist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BotError("已损坏、加了密码，或不是这种文件，请另存后再试") from error


def core_properties(title: str) -> bytes:
    """Return the properties of a document: its title, and no author, machine or moment."""
    return (
        "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
        'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(title)}</dc:title></cp:coreProperties>"
    ).encode()


def plain(text: str) -> str:
    """Return the text as it can be printed: tabs and line breaks are its only control characters."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))

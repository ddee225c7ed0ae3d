"""Shows a login's QR code: as text in the terminal, and as an image that only its owner may read.

`qrcode` computes the code (both WeChat extras bring it); the image is written here, so that no
library for pictures is needed.
"""

import os
import struct
import zlib
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from bot.model.errors import BotError

_SCALE: Final = 8
_BORDER: Final = 4
_HALVES: Final = {
    (False, False): "█",
    (False, True): "▀",
    (True, False): "▄",
    (True, True): " ",
}
_Matrix = Sequence[Sequence[bool]]


def show(content: str, path: Path, out: Callable[[str], None]) -> None:
    """Give the code as text to `out`, and write it as a PNG image (0600) to `path`.

    Raises BotError where `qrcode` is not installed or the image cannot be written.
    """
    matrix = _matrix(content)
    out(_text(matrix))
    try:
        _write(path, _png(matrix))
    except OSError as error:
        raise BotError(f"二维码图片写不进 {path.parent}：请检查这个文件夹是否存在、可写") from error


def forget(path: Path) -> None:
    """Remove the image of a code that is used or stale."""
    path.unlink(missing_ok=True)


def _matrix(content: str) -> _Matrix:
    try:
        qrcode = import_module("qrcode")
    except ImportError as error:
        raise BotError("显示登录二维码要用 qrcode，请安装：pip install qrcode") from error
    code = qrcode.QRCode(border=_BORDER)
    code.add_data(content)
    code.make(fit=True)
    matrix: _Matrix = code.get_matrix()
    return matrix


def _text(matrix: _Matrix) -> str:
    """Return two rows a line, light on dark, as most terminals are."""
    rows = [*matrix, *([[False] * len(matrix[0])] if len(matrix) % 2 else [])]
    return "\n".join(
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )


def _png(matrix: _Matrix) -> bytes:
    """Return a grey image with one byte a pixel."""
    rows = b"".join(
        (b"\0" + b"".join((b"\0" if dark else b"\xff") * _SCALE for dark in row)) * _SCALE
        for row in matrix
    )
    size = len(matrix) * _SCALE
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(rows)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _write(path: Path, data: bytes) -> None:
    """Put a new file in the place of the old one: that one may have been open to others."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    fresh.replace(path)

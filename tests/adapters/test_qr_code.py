"""The QR code of a login, as text and as an image."""

import stat
import struct
import zlib
from pathlib import Path

import pytest

from bot.adapters import qr_code
from bot.model.errors import BotError

pytest.importorskip("qrcode", reason="needs qrcode")
ADDRESS = "https://login.weixin.qq.com/l/abc=="


def pixels(path: Path) -> list[bytes]:
    data = path.read_bytes()
    (size,) = struct.unpack(">I", data[16:20])
    start = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[start - 4 : start])
    raw = zlib.decompress(data[start + 4 : start + 4 + length])
    return [raw[row * (size + 1) + 1 : (row + 1) * (size + 1)] for row in range(size)]


def test_text_and_image_show_the_same_code(tmp_path):
    texts: list[str] = []
    path = tmp_path / "new" / "code.png"

    qr_code.show(ADDRESS, path, texts.append)

    rows = [row[::8] for row in pixels(path)[::8]]
    halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    lines = [[halves[mark] for mark in line] for line in texts[0].split("\n")]
    shown = [bytes(pair[half] for pair in line) for line in lines for half in (0, 1)]
    assert shown[: len(rows)] == rows
    assert set(rows[0]) == {255}


def test_only_its_owner_may_read_the_image_also_where_an_older_one_was_open(tmp_path):
    path = tmp_path / "code.png"
    path.write_bytes(b"old")
    path.chmod(0o644)

    qr_code.show(ADDRESS, path, lambda _: None)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    qr_code.forget(path)
    qr_code.forget(path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said_and_the_terminal_has_the_code(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    texts: list[str] = []

    with pytest.raises(BotError, match="文件夹"):
        qr_code.show(ADDRESS, tmp_path / "file" / "code.png", texts.append)

    assert len(texts) == 1

"""The socket in the data folder: what is asked is answered, whatever is asked."""

import asyncio
import json
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.control import LONGEST, NAME, ControlSocket, ask
from bot.model.errors import BotError


async def answer(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Echo, refuse, or be a bug."""
    match request.get("do"):
        case "refuse":
            raise BotError("已登记，不用重复登记。")
        case "bug":
            raise KeyError("姓名")
    return {"echo": request}


def served(folder: Path, *work: Any) -> list[Any]:
    """Run functions in a thread each while the socket is served; return what they returned."""

    async def whole() -> list[Any]:
        control = ControlSocket(folder, answer)
        await control.start()
        try:
            return await asyncio.gather(
                *(asyncio.to_thread(each) for each in work), return_exceptions=True
            )
        finally:
            await control.stop()

    return asyncio.run(asyncio.wait_for(whole(), 60))


def test_a_request_is_answered(tmp_path: Path):
    (found,) = served(tmp_path, lambda: ask(tmp_path, {"do": "groups", "text": "群名\ud800"}))

    assert found == {"echo": {"do": "groups", "text": "群名\ud800"}}


def test_several_are_answered_at_once(tmp_path: Path):
    found = served(tmp_path, *(lambda n=n: ask(tmp_path, {"do": n}) for n in range(20)))

    assert [each["echo"]["do"] for each in found] == list(range(20))


def test_a_refusal_comes_back_as_its_sentence(tmp_path: Path):
    (refused,) = served(tmp_path, lambda: ask(tmp_path, {"do": "refuse"}))

    assert isinstance(refused, BotError)
    assert str(refused) == "已登记，不用重复登记。"


def test_a_bug_comes_back_as_a_sentence_without_its_message(tmp_path: Path):
    first, second = (
        served(tmp_path, lambda: ask(tmp_path, {"do": "bug"}))[0],
        served(tmp_path, lambda: ask(tmp_path, {"do": "status"}))[0],
    )

    assert str(first) == "内部错误，请看日志。"
    assert second["echo"] == {"do": "status"}


@pytest.mark.parametrize(
    "line", [b"\n", b"not json\n", b"[1, 2]\n", b"{" * 100_000 + b"\n", b"\xff\xfe\n"]
)
def test_whatever_comes_in_the_socket_goes_on(tmp_path: Path, line: bytes):
    async def whole() -> tuple[bytes, Any]:
        control = ControlSocket(tmp_path, answer)
        await control.start()
        reader, writer = await asyncio.open_unix_connection(tmp_path / NAME)
        writer.write(line)
        said = await reader.read()
        writer.close()
        after = await asyncio.to_thread(ask, tmp_path, {"do": "status"})
        await control.stop()
        return said, after

    said, after = asyncio.run(asyncio.wait_for(whole(), 60))

    assert "error" in json.loads(said)
    assert after["echo"] == {"do": "status"}


def test_a_line_beyond_the_limit_ends_the_connection_and_nothing_else(tmp_path: Path):
    long = {"do": "x" * (LONGEST + 1)}

    too_long, short = served(
        tmp_path, lambda: ask(tmp_path, long), lambda: ask(tmp_path, {"do": "status"})
    )

    assert isinstance(too_long, BotError)
    assert short["echo"] == {"do": "status"}


def test_a_request_as_long_as_a_large_roster_is_answered(tmp_path: Path):
    rows = "姓名" * 1_000_000  # written as 12 MB of escapes

    (found,) = served(tmp_path, lambda: ask(tmp_path, {"do": "submit", "body": rows}))

    assert found["echo"]["body"] == rows


def test_without_a_bot_there_is_no_answer(tmp_path: Path):
    assert ask(tmp_path, {"do": "status"}) is None
    assert ask(tmp_path / "nowhere", {"do": "status"}) is None


def test_a_socket_left_behind_by_a_killed_bot_is_no_bot_and_no_hindrance(tmp_path: Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(tmp_path / NAME))

    before = ask(tmp_path, {"do": "status"})
    (after,) = served(tmp_path, lambda: ask(tmp_path, {"do": "status"}))

    assert before is None
    assert after["echo"] == {"do": "status"}


def test_the_socket_is_the_owners_and_gone_when_stopped(tmp_path: Path):
    (mode,) = served(tmp_path, (tmp_path / NAME).stat)

    assert stat.S_IMODE(mode.st_mode) == 0o600
    assert not (tmp_path / NAME).exists()


def test_a_folder_with_a_long_chinese_name_is_no_hindrance(tmp_path: Path):
    folder = tmp_path / ("机关工作群合规助手的数据文件夹" * 4) / "数据"
    folder.mkdir(parents=True)
    assert len(bytes(folder)) > 107

    (found,) = served(folder, lambda: ask(folder, {"do": "status"}))

    assert found == {"echo": {"do": "status"}}

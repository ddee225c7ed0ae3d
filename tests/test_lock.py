"""The lock on the data folder: the second one is told who the first one is."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.lock import locked
from bot.model.errors import BotError

NOW = datetime(2026, 11, 18, 1, 30, tzinfo=UTC)
HOLD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from bot.lock import locked
with locked(Path(sys.argv[1]), now=datetime(2026, 11, 18, 1, 30, tzinfo=UTC), what="机器人"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_one_is_told_in_one_sentence_who_the_first_one_is(tmp_path: Path):
    with (
        locked(tmp_path, now=NOW, what="机器人"),
        pytest.raises(BotError) as refused,
        locked(tmp_path, now=NOW, what="命令"),
    ):
        pass

    said = str(refused.value)
    assert f"机器人（进程 {os.getpid()}，2026-11-18 09:30 启动）" in said
    assert str(tmp_path) in said
    assert "\n" not in said


def test_the_folder_is_free_again_afterwards_also_after_an_error(tmp_path: Path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path, now=NOW, what="机器人"):
        raise ZeroDivisionError

    with locked(tmp_path, now=NOW, what="机器人"):
        pass


def test_the_folder_is_made_for_its_owner_only(tmp_path: Path):
    with locked(tmp_path / "new" / "data", now=NOW, what="机器人"):
        mode = (tmp_path / "new" / "data").stat().st_mode

    assert mode & 0o077 == 0


def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(BotError, match=f"进程 {holder.pid}"),
            locked(tmp_path, now=NOW, what="命令"),
        ):
            pass
        holder.kill()
        holder.wait(30)

    with locked(tmp_path, now=NOW, what="机器人"):
        pass

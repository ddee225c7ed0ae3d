"""A folder takes each form once, whole, and never over another file."""

import asyncio
import errno
import hashlib
import os
import resource
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.documents import safe_name
from bot.adapters.folder import FolderAdapter
from bot.model.action import DrawGroups, PutFile
from bot.model.errors import BotError
from bot.model.event import FilingCarried, OutcomeState
from bot.model.filing import Document
from tests.adapters.peer import Inbox

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 18, 1, 30, tzinfo=UTC)
FILE = "互联网工作群组备案表 2026-0037.docx"
SECOND = "互联网工作群组备案表 2026-0037 (2).docx"
FORM = b"PK a form" * 1000
PUT = PutFile(
    account="folder:filing",
    ref="filing:37:1:1",
    document=Document(form="filing", file=FILE, content={}),
)


class FixedClock:
    """The time of these tests."""

    def now(self) -> datetime:  # noqa: D102
        return NOW


def render(document: Document) -> tuple[str, str, bytes]:
    if document.form != "filing":
        raise BotError("没有这种表。")
    return document.file, "application/octet-stream", FORM


def folder_at(path: Path, timeout: float = 30.0) -> FolderAdapter:
    return FolderAdapter(path, render=render, clock=FixedClock(), timeout=timeout)


def carried_to(path: Path) -> FilingCarried:
    return FilingCarried(
        at=NOW,
        ref=PUT.ref,
        sha256=hashlib.sha256(FORM).hexdigest(),
        recipients=(str(path),),
        answer=path.name,
    )


async def test_a_form_is_put_whole_and_its_answer_proves_where(tmp_path):
    outcome = await folder_at(tmp_path).perform(PUT)

    assert [each.name for each in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).read_bytes() == FORM
    assert (outcome.state, outcome.message_id) == (OutcomeState.DONE, FILE)
    assert outcome.answers == (carried_to(tmp_path / FILE),)


async def test_the_same_form_again_is_not_put_twice(tmp_path):
    adapter = folder_at(tmp_path)
    await adapter.perform(PUT)

    outcome = await adapter.perform(PUT)

    assert [each.name for each in tmp_path.iterdir()] == [FILE]
    assert outcome.answers == (carried_to(tmp_path / FILE),)


async def test_another_file_of_that_name_stays_and_the_form_gets_a_number(tmp_path):
    (tmp_path / FILE).write_bytes(b"of somebody else")
    adapter = folder_at(tmp_path)

    outcomes = [await adapter.perform(PUT), await adapter.perform(PUT)]

    assert (tmp_path / FILE).read_bytes() == b"of somebody else"
    assert (tmp_path / SECOND).read_bytes() == FORM
    assert {each.answers for each in outcomes} == {(carried_to(tmp_path / SECOND),)}
    assert len(list(tmp_path.iterdir())) == 2


async def test_a_look_finds_the_file_and_only_with_its_content(tmp_path):
    adapter = folder_at(tmp_path)
    absent = await adapter.find(PUT, since=NOW)
    (tmp_path / FILE).write_bytes(FORM[:-1])
    other = await adapter.find(PUT, since=NOW)
    (tmp_path / SECOND).write_bytes(FORM)
    there = await adapter.find(PUT, since=NOW)

    assert (absent.state, other.state) == (OutcomeState.FAILED, OutcomeState.FAILED)
    assert there.state is OutcomeState.DONE
    assert there.answers == (carried_to(tmp_path / SECOND),)


async def test_what_a_killed_bot_left_half_written_is_no_form_and_goes_away(tmp_path):
    part = tmp_path / f".{hashlib.sha256(FORM).hexdigest()[:16]}.part"
    part.write_bytes(FORM[:100])
    adapter = folder_at(tmp_path)

    looked = await adapter.find(PUT, since=NOW)
    outcome = await adapter.perform(PUT)

    assert looked.state is OutcomeState.FAILED
    assert outcome.state is OutcomeState.DONE
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


async def test_a_link_that_somebody_laid_is_not_written_through(tmp_path):
    shared, private = tmp_path / "shared", tmp_path / "private.txt"
    shared.mkdir()
    private.write_bytes(b"private")
    (shared / f".{hashlib.sha256(FORM).hexdigest()[:16]}.part").symlink_to(private)
    (shared / FILE).symlink_to(private)

    outcome = await folder_at(shared).perform(PUT)

    assert private.read_bytes() == b"private"
    assert outcome.message_id == SECOND


async def test_a_folder_that_is_missing_is_not_made_and_is_told(tmp_path):
    adapter = folder_at(tmp_path / "drive")

    outcome = await adapter.perform(PUT)
    looked = await adapter.find(PUT, since=NOW)

    assert (outcome.state, outcome.reason) == (OutcomeState.FAILED, "temporary: missing")
    assert (looked.state, looked.reason) == (OutcomeState.UNKNOWN, "missing")
    assert "没有备案文件夹" in adapter.trouble
    assert not (tmp_path / "drive").exists()


async def test_a_file_where_the_folder_should_be_is_told(tmp_path):
    (tmp_path / "drive").write_text("no folder")

    outcome = await folder_at(tmp_path / "drive").perform(PUT)

    assert outcome.reason == "temporary: missing"


async def test_when_the_folder_is_back_the_trouble_is_over(tmp_path):
    adapter = folder_at(tmp_path / "drive")
    await adapter.perform(PUT)
    (tmp_path / "drive").mkdir()

    outcome = await adapter.perform(PUT)

    assert outcome.state is OutcomeState.DONE
    assert adapter.trouble is None


@pytest.mark.parametrize(
    ("error", "reason", "sentence"),
    [
        (errno.EACCES, "temporary: not_writable", "不能写入"),
        (errno.EROFS, "temporary: not_writable", "不能写入"),
        (errno.ENOSPC, "temporary: full", "满了"),
        (errno.EDQUOT, "temporary: full", "满了"),
        (errno.EIO, "temporary: io", "读写出错"),
    ],
)
async def test_what_the_disk_refuses_is_told_in_words(tmp_path, error, reason, sentence):
    class Refusing(type(tmp_path)):
        def stat(self, **how: bool) -> os.stat_result:  # noqa: ARG002
            raise OSError(error, "refused")

    adapter = folder_at(Refusing(tmp_path))

    outcome = await adapter.perform(PUT)

    assert (outcome.state, outcome.reason) == (OutcomeState.FAILED, reason)
    assert sentence in adapter.trouble


async def test_a_disk_that_ends_in_the_middle_leaves_nothing_half_written(tmp_path):
    adapter = folder_at(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        outcome = await adapter.perform(PUT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert (outcome.state, outcome.reason) == (OutcomeState.FAILED, "temporary: full")
    assert list(tmp_path.iterdir()) == []


async def test_a_look_at_the_folder_leaves_nothing_there(tmp_path):
    fine = await folder_at(tmp_path).check()
    missing = await folder_at(tmp_path / "drive").check()

    assert fine is None
    assert "没有备案文件夹" in missing
    assert list(tmp_path.iterdir()) == []


async def test_a_drive_that_does_not_answer_leaves_the_outcome_open(tmp_path):
    held = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Stuck(type(tmp_path)):
        def stat(self, **how: bool) -> os.stat_result:
            asyncio.run_coroutine_threadsafe(held.wait(), loop).result(30)
            return super().stat(**how)

    adapter = folder_at(Stuck(tmp_path), timeout=0.05)
    outcome = await adapter.perform(PUT)
    said = adapter.trouble
    held.set()

    assert (outcome.state, outcome.reason) == (OutcomeState.UNKNOWN, "timeout")
    assert "没有响应" in said


async def test_what_is_no_file_to_put_is_refused(tmp_path):
    adapter = folder_at(tmp_path)

    other = await adapter.perform(DrawGroups(account=PUT.account))
    form = await adapter.perform(replace(PUT, document=replace(PUT.document, form="none")))

    assert (other.reason, form.reason) == ("unsupported", "refused: form")
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_says_nothing_by_itself(tmp_path):
    inbox = Inbox()
    task = asyncio.create_task(folder_at(tmp_path).run(inbox))
    await asyncio.sleep(0)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert inbox.events == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        (FILE, FILE),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a/b\\c:d.docx", "a_b_c_d.docx"),
        ("备案\r\n表\u202e.docx", "备案 表.docx"),
        (".hidden.docx", "hidden.docx"),
        ("con.docx", "_con.docx"),
        ("...", "文件"),
        ("", "文件"),
        ("表. .docx", "表.docx"),
    ],
)
def test_names_keep_what_every_system_takes(name, safe):
    assert safe_name(name) == safe


@given(name=st.text(max_size=400), number=st.integers(min_value=1, max_value=999))
def test_any_name_is_one_short_name_in_the_folder(name, number):
    safe = safe_name(name, number=number)

    assert safe == Path(safe).name
    assert not safe.startswith(".")
    assert 0 < len(safe.encode()) <= 255
    assert safe.isprintable()
    assert number == 1 or f"({number})" in safe

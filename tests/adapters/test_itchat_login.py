"""How an account logs in to web WeChat, loses its login and asks for another; what itchat may not do."""

import asyncio
import inspect
import re
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.adapters.itchat import library
from bot.adapters.itchat.settings import ItchatSettings
from bot.adapters.itchat.wire import Wire
from bot.model.event import (
    AccountConnected,
    ConnectionLost,
    MessagePosted,
)
from tests.adapters.peer import Sleeps
from tests.peers.web_wechat.server import WebWechat

pytest.importorskip("itchat", reason="needs itchat-uos")
from tests.adapters.itchat_account import IMPATIENT, QUICK, Screen, a_world, in_group, running

pytestmark = pytest.mark.anyio


# --- the login


async def test_the_code_is_shown_as_text_and_as_an_image_for_its_owner_alone(telephone, an_adapter):
    screen = Screen()
    adapter = an_adapter(telephone, out=screen)
    async with running(adapter, connected=False) as inbox:
        await screen.shows()

        assert "█" in screen.texts[0]
        assert stat.S_IMODE(adapter.qr_path.stat().st_mode) == 0o600
        assert adapter.qr_path.read_bytes().startswith(b"\x89PNG")
        assert str(adapter.qr_path) in (adapter.trouble or "")
        assert (await adapter.perform(in_group())).reason == "offline"
        telephone.scan()
        await inbox.wait_for(AccountConnected)
        assert not adapter.qr_path.exists()


@pytest.mark.parametrize(
    ("code", "said"), [("1100", "手机上退出"), ("1101", "别处登录"), ("1102", "失效")]
)
async def test_a_login_that_is_ended_asks_for_another(telephone, an_adapter, code, said):
    screen = Screen()
    adapter = an_adapter(telephone, out=screen)
    telephone.scan()
    async with running(adapter) as inbox:
        telephone.retcode(code)
        lost = await inbox.wait_for(ConnectionLost)
        await screen.shows(times=2)

        assert lost.reason == code
        assert said in (adapter.trouble or "")
        assert "扫" in (adapter.trouble or "")
        telephone.scan()
        await inbox.wait_for(AccountConnected, times=2)
        assert adapter.trouble is None


async def test_a_kick_by_another_login_asks_for_another(telephone, an_adapter):
    screen = Screen()
    adapter = an_adapter(telephone, out=screen)
    telephone.scan()
    async with running(adapter) as inbox:
        telephone.world.login += 1  # somebody else scanned a code elsewhere
        lost = await inbox.wait_for(ConnectionLost)
        await screen.shows(times=2)

        assert lost.reason == "1101"
        assert "别处" in (adapter.trouble or "")


async def test_a_code_that_expires_is_followed_by_another_and_why_stays_said(telephone, an_adapter):
    screen = Screen()
    adapter = an_adapter(telephone, out=screen)
    telephone.scan()
    async with running(adapter) as inbox:
        telephone.retcode("1101")
        await screen.shows(times=2)
        telephone.break_("login")
        await screen.shows(times=3)

        assert "别处" in (adapter.trouble or "")
        telephone.scan()
        await inbox.wait_for(AccountConnected, times=2)


async def test_an_account_that_may_not_log_in_is_said_clearly(telephone, an_adapter):
    screen = Screen()
    telephone.refused = "1203"
    adapter = an_adapter(telephone, out=screen)
    async with running(adapter, connected=False) as inbox:
        await screen.shows()
        telephone.scan()
        await screen.shows(times=2)

        assert "1203" in (adapter.trouble or "")
        assert "wechaty" in (adapter.trouble or "")
        assert inbox.events == []
        telephone.refused = ""
        telephone.scan()
        await inbox.wait_for(AccountConnected)


async def test_three_bad_gateways_are_survived(telephone, an_adapter):
    screen = Screen()
    telephone.scan()
    async with running(an_adapter(telephone, out=screen)) as inbox:
        telephone.fail("synccheck", 502, times=3)
        telephone.post("budget", "wang", "之后")
        event = await inbox.wait_for(MessagePosted)

        assert event.message.text == "之后"
        assert inbox.of(ConnectionLost) == []
        assert len(screen.texts) == 1


async def test_bad_gateways_that_do_not_end_ask_for_another_login(telephone, an_adapter):
    screen = Screen()
    telephone.scan()
    timing = replace(QUICK, silence=0.5, give_up=2)
    async with running(an_adapter(telephone, out=screen, timing=timing)) as inbox:
        telephone.fail("synccheck", 502, times=1000)
        lost = await inbox.wait_for(ConnectionLost)
        await screen.shows(times=2)

        assert lost.reason == "silent"


@pytest.mark.parametrize("endpoint", ["synccheck", "webwxsync"])
async def test_a_silence_is_noticed_and_its_end_too(peer, an_adapter, endpoint):
    adapter = an_adapter(peer, timing=replace(IMPATIENT, answer=0.5))
    async with running(adapter) as inbox:
        peer.hang(endpoint)
        peer.post("budget", "wang", "在吗")
        lost = await inbox.wait_for(ConnectionLost)
        told = await adapter.perform(in_group())
        assert (lost.reason, told.reason) == ("silent", "offline")
        assert "没有响应" in (adapter.trouble or "")
        peer.release()
        await inbox.wait_for(AccountConnected, times=2)
        peer.post("budget", "wang", "回来了")

        await inbox.wait_for(MessagePosted)
        assert peer.qr_codes == 1
        assert [each.same_login for each in inbox.of(AccountConnected)] == [False, True]


async def test_a_silence_that_does_not_end_asks_for_another_login(telephone, an_adapter):
    screen = Screen()
    telephone.scan()
    adapter = an_adapter(telephone, out=screen, timing=replace(IMPATIENT, give_up=1.5))
    async with running(adapter) as inbox:
        telephone.hang("synccheck")
        await screen.shows(times=2)

        assert [each.reason for each in inbox.of(ConnectionLost)] == ["silent"]
        telephone.release()
        telephone.scan()
        await inbox.wait_for(AccountConnected, times=2)


@pytest.mark.parametrize("endpoint", ["jslogin", "login", "webwxinit", "webwxgetcontact"])
@pytest.mark.parametrize("fault", ["fail", "break_", "hang"])
async def test_a_login_that_fails_midway_is_tried_again(peer, an_adapter, endpoint, fault):
    if fault == "hang":
        peer.hang(endpoint)
    else:
        getattr(peer, fault)(endpoint, times=1)
    ended = asyncio.Event()
    adapter = an_adapter(
        peer,
        timing=replace(QUICK, answer=0.5, poll=0.5),
        count=lambda *_: ended.set(),
    )
    async with running(adapter, connected=False) as inbox:
        if endpoint != "webwxgetcontact":  # itchat goes on without contacts
            await asyncio.wait_for(ended.wait(), 60)
        if fault == "hang":
            peer.release()

        await inbox.wait_for(AccountConnected)


async def test_a_broken_sync_loses_nothing(peer, an_adapter):
    async with running(an_adapter(peer)) as inbox:
        peer.break_("webwxsync")
        peer.post("budget", "wang", "还在")

        event = await inbox.wait_for(MessagePosted)

        assert event.message.text == "还在"


async def test_another_account_than_the_stated_is_refused(peer, an_adapter):
    sleeps = Sleeps(enough=2)
    adapter = an_adapter(peer, nickname="别的号", sleep=sleeps)
    async with running(adapter, connected=False) as inbox:
        await asyncio.wait_for(sleeps.done.wait(), 60)

        assert "nickname" in (adapter.trouble or "")
        assert inbox.events == []
        assert peer.requests["webwxlogout"] == 2
        assert sleeps.asked == [1, 2]


async def test_nobody_reachable_is_said_and_tried_again(peer, an_adapter):
    sleeps = Sleeps(enough=3)
    peer.url = "http://127.0.0.1:9"
    adapter = an_adapter(peer, sleep=sleeps)
    async with running(adapter, connected=False):
        await asyncio.wait_for(sleeps.done.wait(), 60)

        assert "连不上" in (adapter.trouble or "")
        assert sleeps.asked == [1, 2, 4]


async def test_two_accounts_in_one_process_keep_apart(peer, an_adapter):
    with WebWechat() as other:
        a_world(other)
        one, two = an_adapter(peer), an_adapter(other, "另一个号", self_id="office2")
        async with running(one) as first, running(two) as second:
            peer.post("budget", "wang", "一")
            other.post("budget", "wang", "二")
            await first.wait_for(MessagePosted)
            await second.wait_for(MessagePosted)
            await two.perform(replace(in_group("只给二"), account="wechat:office2"))

            assert [each.message.text for each in first.of(MessagePosted)] == ["一"]
            assert [each.message.text for each in second.of(MessagePosted)] == ["二"]
            assert (len(peer.sent), len(other.sent)) == (0, 1)


# --- without the library, and what it may not do


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )


_MAKE = (
    "from pathlib import Path\n"
    "from bot.adapters.itchat.adapter import ItchatAdapter\n"
    "from bot.adapters.itchat.settings import ItchatSettings\n"
    "from bot.clock import SystemClock\n"
    "settings = ItchatSettings(self_id='office1')\n"
    "ItchatAdapter('a', settings=settings, folder=Path('/nowhere'), out=print,"
    " clock=SystemClock(), count=print)\n"
)


def test_without_itchat_the_package_imports_and_the_adapter_says_what_to_install():
    done = python(
        "import sys\n"
        "sys.modules['itchat'] = None\n"
        "from bot.model.errors import BotError\n"
        f"code = {_MAKE!r}\n"
        "try:\n    exec(code)\n"
        "except BotError as error:\n    print(ascii(str(error)))\n"
        "assert 'requests' not in sys.modules\n"
    )

    assert done.returncode == 0, done.stderr
    assert ".[itchat]" in done.stdout


def test_itchat_comes_only_when_asked_for_and_prints_nothing():
    done = python(
        "import sys, bot.adapters.itchat\nassert 'itchat' not in sys.modules\n"
        f"{_MAKE}assert 'itchat' in sys.modules\n"
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


_TOUCHED = frozenset(
    {
        "s", "storageClass", "chatroomList", "mpList", "msgList", "alive", "isLogging",
        "receivingRetryCount", "login", "logout", "start_receiving", "get_msg", "get_QRuuid",
        "update_chatroom", "send_msg", "delete_member_from_chatroom",
    }
)  # fmt: skip


def test_a_text_of_a_member_cannot_reach_what_reads_local_files():
    files = list(Path(library.__file__).parent.glob("*.py"))
    sources = [path.read_text(encoding="utf-8") for path in files]
    used = {found for text in sources for found in re.findall(r"\b(?:core|kind)\.(\w+)", text)}
    called = {
        found
        for text in sources
        for found in re.findall(rf"\w+\.(?:{'|'.join(library.FORBIDDEN)})\b(?=\()", text)
    }

    assert len(files) > 5
    assert used <= _TOUCHED
    # The transport of requests has a `send` of its own; an adapter is run by its supervisor.
    assert called <= {"_inner.send"}


def test_whatever_of_itchat_opens_a_file_or_exits_is_taken_from_every_instance(peer):
    itchat = library.load()
    wire = Wire(server=peer.url, timing=QUICK, heard=lambda: None)
    core = library.new_core(itchat, wire)
    signs = ("open(", "_prepare_file", "sys.exit", "self.send_file", "self.send(", "replyFn")

    dangerous = {
        name
        for name, method in inspect.getmembers(itchat.Core, inspect.isfunction)
        if any(sign in inspect.getsource(method) for sign in signs)
    }

    # Where a callback takes the QR code, `get_QR` writes no file.
    assert dangerous - {"get_QR"} <= set(library.FORBIDDEN)
    for name in library.FORBIDDEN:
        with pytest.raises(library.ForbiddenError):
            getattr(core, name)("@fil@/etc/hostname")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"self_id": ""}, "office1"),
        ({"self_id": "a:b"}, "office1"),
        ({"server": "weixin"}, "https://"),
    ],
)
def test_a_setting_that_cannot_work_is_said(changes, said):
    with pytest.raises(ValidationError, match=said):
        ItchatSettings(**{"self_id": "office1", **changes})

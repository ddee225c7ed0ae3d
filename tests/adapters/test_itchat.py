"""One account over web WeChat: the real itchat against a stand-in of the service on loopback."""

# ruff: noqa: D102 - the names say it

import asyncio
import contextlib
import inspect
import json
import re
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from pydantic import ValidationError

from bot.adapters.itchat import library
from bot.adapters.itchat.adapter import ItchatAdapter
from bot.adapters.itchat.settings import ItchatSettings, Timing
from bot.adapters.itchat.wire import Wire
from bot.model.action import (
    DrawGroups,
    DrawHistory,
    DrawMembers,
    LookUp,
    Outgoing,
    Recall,
    RemoveMember,
    SayInGroup,
    SayPrivately,
)
from bot.model.event import (
    Ability,
    AccountConnected,
    BotRemoved,
    ConnectionLost,
    Event,
    GroupRenamed,
    GroupsDrawn,
    MemberJoined,
    MemberLeft,
    MembersDrawn,
    MessagePosted,
    MessageRecalled,
    OutcomeState,
)
from bot.model.message import AttachmentKind, Standing
from tests.adapters.peer import NOW, FixedClock, Inbox, Sleeps
from tests.peers.web_wechat.server import WebWechat

pytest.importorskip("itchat", reason="needs itchat-uos")
pytestmark = pytest.mark.anyio

EventType = TypeVar("EventType", bound=Event)
ACCOUNT = "wechat:office1"
GROUP = "room:预算科工作群"
QUICK = Timing(connect=5, answer=5, poll=5, silence=30, give_up=60, backoff=1, between_parts=0)
IMPATIENT = replace(QUICK, poll=0.5, silence=0.8, give_up=60)


class Letters(Inbox):
    """An inbox that waits as long as threads and long polls of a busy machine may take."""

    async def wait_for(self, kind: type[EventType], times: int = 1) -> EventType:
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: len(self.of(kind)) >= times)
        return self.of(kind)[times - 1]


class Screen:
    """A terminal that a test can wait for: `texts` are what was shown."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._shown = asyncio.Event()

    def __call__(self, text: str) -> None:
        self.texts.append(text)
        self._shown.set()

    async def shows(self, times: int = 1) -> None:
        async with asyncio.timeout(60):
            while len(self.texts) < times:
                self._shown.clear()
                await self._shown.wait()


def a_world(peer: WebWechat) -> WebWechat:
    peer.world.friend("wang", "王小明")
    peer.world.friend("li", "李小红")
    peer.world.friend("zhao", "赵强")
    peer.world.friend("news", "某公众号", public=True)
    peer.world.room("budget", "预算科工作群", "wang=预算科 王小明", "li")
    return peer


@pytest.fixture
def peer() -> Iterator[WebWechat]:
    with WebWechat() as peer:
        yield a_world(peer)


@pytest.fixture
def telephone() -> Iterator[WebWechat]:
    """Return a service that waits until somebody scans."""
    with WebWechat(scans=False) as peer:
        yield a_world(peer)


@pytest.fixture
def an_adapter(tmp_path: Path) -> Callable[..., ItchatAdapter]:
    def make(peer: WebWechat, name: str = "微信号", **changes: object) -> ItchatAdapter:
        stated = {"self_id": "office1", "server": peer.url}
        for key in ("self_id", "nickname"):
            if key in changes:
                stated[key] = changes.pop(key)
        rest: dict[str, object] = {
            "settings": ItchatSettings(**stated),  # type: ignore[arg-type]
            "folder": tmp_path,
            "out": lambda _: None,
            "clock": FixedClock(),
            "count": lambda *_: None,
            "timing": QUICK,
            "sleep": Sleeps(),
            "chance": lambda: 1.0,
            **changes,
        }
        return ItchatAdapter(name, **rest)  # type: ignore[arg-type]

    return make


@contextlib.asynccontextmanager
async def running(adapter: ItchatAdapter, *, connected: bool = True) -> AsyncIterator[Letters]:
    """Run an adapter while a test looks at what it hands over."""
    inbox = Letters()
    task = asyncio.create_task(adapter.run(inbox))
    try:
        if connected:
            await inbox.wait_for(AccountConnected)
        yield inbox
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def drawn(adapter: ItchatAdapter, group: str = GROUP) -> MembersDrawn:
    outcome = await adapter.perform(DrawMembers(account=ACCOUNT, group=group))
    assert outcome.state is OutcomeState.DONE, outcome.reason
    return next(each for each in outcome.answers if isinstance(each, MembersDrawn))


async def user_of(adapter: ItchatAdapter, nickname: str) -> str:
    members = (await drawn(adapter)).members
    return next(each.user for each in members if each.nickname == nickname)


def in_group(text: str = "请遵守群规 7", **fields: object) -> SayInGroup:
    return SayInGroup(account=ACCOUNT, group=GROUP, text=text, **fields)


# --- what is said


async def test_a_text_of_a_room_arrives_after_the_account_is_connected(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        number = peer.post("budget", "wang", "大家好\n第二行 <b> & 完")
        event = await inbox.wait_for(MessagePosted)

        connected = inbox.events[0]
        assert isinstance(connected, AccountConnected)
        assert (connected.account, connected.name) == (ACCOUNT, "微信号")
        assert connected.abilities == {Ability.PRIVATE, Ability.REMOVE}
        assert adapter.trouble is None
        message = event.message
        assert (message.account, message.group, message.id) == (ACCOUNT, GROUP, number)
        assert message.text == "大家好\n第二行 <b> & 完"
        assert message.card == "预算科 王小明"
        assert message.sender == await user_of(adapter, "王小明")
        assert int(message.posted_at.timestamp()) == 1_795_277_987


async def test_emoji_of_the_service_become_characters(peer, an_adapter):
    async with running(an_adapter(peer)) as inbox:
        peer.hand_out(
            peer.world.message(
                "budget", "li", Content='好<span class="emoji emoji1f44d"></span>&lt;span&gt;'
            )
        )
        event = await inbox.wait_for(MessagePosted)

        assert event.message.text == "好👍<span>"


@pytest.mark.parametrize("name", ["群规助手", "小助手"])
async def test_a_mention_of_the_account_is_no_word_of_the_text(peer, an_adapter, name):
    if name != "群规助手":
        peer.world.rooms["budget"].members["bot"] = name
    async with running(an_adapter(peer)) as inbox:
        peer.post("budget", "wang", f"@{name}\u2005帮助")
        peer.post("budget", "wang", "@李小红\u2005收到")
        peer.post("budget", "wang", f"@{name}帮")
        last = await inbox.wait_for(MessagePosted, times=3)

        first, second, _ = inbox.of(MessagePosted)
        assert (first.message.text, first.message.mentions) == ("帮助", ("office1",))
        assert (second.message.text, second.message.mentions) == ("@李小红\u2005收到", ())
        assert last.message.mentions == ()


async def test_pictures_files_cards_and_answers_are_told_apart(peer, an_adapter):
    async with running(an_adapter(peer)) as inbox:
        peer.post("budget", "wang", "<msg/>", MsgType=3)
        peer.post(
            "budget", "wang", "<m/>", MsgType=49, AppMsgType=6, FileName="预算.xlsx", FileSize="99"
        )
        peer.post(
            "budget",
            "li",
            "<m/>",
            MsgType=49,
            AppMsgType=5,
            FileName="好文",
            Url="http://a.cn/?a=1&amp;b",
        )
        peer.post("budget", "li", "<m/>", MsgType=49, AppMsgType=57, FileName="这是回复")
        peer.post("budget", "li", "<m/>", MsgType=49, AppMsgType=19, FileName="群聊的聊天记录")
        peer.post("budget", "li", "<m/>", MsgType=42, RecommendInfo={"NickName": "张三"})
        await inbox.wait_for(MessagePosted, times=6)

        messages = [each.message for each in inbox.of(MessagePosted)]
        kinds = [[each.kind for each in message.attachments] for message in messages]
        assert kinds == [
            [AttachmentKind.IMAGE],
            [AttachmentKind.FILE],
            [AttachmentKind.CARD],
            [],
            [AttachmentKind.FORWARD],
            [AttachmentKind.CARD],
        ]
        assert (messages[1].attachments[0].name, messages[1].attachments[0].size) == (
            "预算.xlsx",
            99,
        )
        assert messages[2].attachments[0].url == "http://a.cn/?a=1&b"
        assert [message.text for message in messages] == ["", "", "", "这是回复", "", ""]


async def test_a_private_message_is_one_and_official_accounts_are_not_heard(peer, an_adapter):
    async with running(an_adapter(peer)) as inbox:
        peer.post(None, "news", "今日推荐")
        peer.post(None, "wang", "待办")
        event = await inbox.wait_for(MessagePosted)

        assert (event.message.group, event.message.text) == (None, "待办")


async def test_a_recalled_message_is_named(peer, an_adapter):
    async with running(an_adapter(peer)) as inbox:
        number = peer.post("budget", "wang", "发错了")
        peer.recall("budget", "wang", number)
        event = await inbox.wait_for(MessageRecalled)

        assert (event.group, event.message_id) == (GROUP, number)
        assert event.operator == inbox.of(MessagePosted)[0].message.sender


async def test_own_words_repeats_and_what_is_odd_are_passed_over(peer, an_adapter):
    counted: list[tuple[str, str]] = []
    adapter = an_adapter(peer, count=lambda *each: counted.append(each))
    async with running(adapter) as inbox:
        twice = peer.world.message("budget", "wang", Content="一次")
        peer.hand_out(
            peer.world.message("budget", "bot", Content="自己说的"),
            twice,
            {**twice},
            {"MsgId": None},
            "nonsense",  # type: ignore[arg-type]
            peer.world.message("budget", "wang", MsgType=51, Content="x"),
            peer.world.message("budget", "wang", Content="何时", CreateTime="9" * 5_000),
        )
        peer.post("budget", "li", "完")
        await inbox.wait_for(MessagePosted, times=2)

        assert [each.message.text for each in inbox.of(MessagePosted)] == ["一次", "完"]
        assert counted == [("message", "malformed")]


async def test_a_burst_is_complete_and_in_order_though_the_bot_is_slow(peer, an_adapter):
    adapter = an_adapter(peer, timing=replace(QUICK, waiting=20))
    async with running(adapter) as inbox:
        texts = [f"第{number}条" for number in range(2_000)]
        for text in texts:
            peer.post("budget", "wang", text)
        await inbox.wait_for(MessagePosted, times=2_000)

        assert [each.message.text for each in inbox.of(MessagePosted)] == texts


# --- who is there


async def test_who_joins_is_seen_by_looking_and_a_note_names_the_inviter(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        li = await user_of(adapter, "李小红")
        peer.world.rooms["budget"].members["zhao"] = ""
        peer.note("budget", '"李小红"邀请"赵强"加入了群聊')
        event = await inbox.wait_for(MemberJoined)

        assert (event.group, event.operator) == (GROUP, li)
        assert event.user == await user_of(adapter, "赵强")


async def test_who_joined_without_a_word_is_seen_when_he_writes(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        await drawn(adapter)
        peer.world.rooms["budget"].members["zhao"] = "人事科 赵强"
        peer.post("budget", "zhao", "大家好")
        event = await inbox.wait_for(MessagePosted)

        assert [type(each) for each in inbox.events[1:]] == [MemberJoined, MessagePosted]
        assert inbox.of(MemberJoined)[0].user == event.message.sender
        assert event.message.card == "人事科 赵强"


async def test_a_note_that_is_not_true_is_not_believed(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        await drawn(adapter)
        peer.note("budget", '"x"邀请"赵强"加入了群聊')
        peer.note("budget", '"x"修改群名为“另一个群”')
        peer.note("budget", '你被"王小明"移出群聊')
        peer.post("budget", "wang", "完")
        await inbox.wait_for(MessagePosted)

        assert [type(each) for each in inbox.events] == [AccountConnected, MessagePosted]


async def test_who_leaves_without_a_word_is_missed_in_the_next_list(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        li = await user_of(adapter, "李小红")
        del peer.world.rooms["budget"].members["li"]
        fresh = await drawn(adapter)

        (left,) = inbox.of(MemberLeft)
        assert (left.group, left.user, left.removed) == (GROUP, li, None)
        assert len(fresh.members) == 2


async def test_who_was_removed_is_told_by_the_note(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        await drawn(adapter)
        del peer.world.rooms["budget"].members["li"]
        peer.note("budget", '你将"李小红"移出了群聊')
        event = await inbox.wait_for(MemberLeft)

        assert (event.removed, event.operator) == (True, "office1")


async def test_the_account_itself_removed_is_told(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        await drawn(adapter)
        peer.world.rooms["budget"].members.clear()
        peer.note("budget", '你被"王小明"移出群聊')
        event = await inbox.wait_for(BotRemoved)

        assert event.group == GROUP


async def test_a_list_says_who_is_there_and_only_the_account_is_shown_as_owner(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter):
        event = await drawn(adapter)

        assert event.complete
        shown = {each.nickname: (each.card, each.standing) for each in event.members}
        assert shown == {
            "群规助手": ("", Standing.OWNER),
            "王小明": ("预算科 王小明", Standing.MEMBER),
            "李小红": ("", Standing.MEMBER),
        }
        assert [each.user for each in event.members if each.nickname == "群规助手"] == ["office1"]


async def test_a_list_that_was_cut_short_is_not_complete(peer, an_adapter):
    peer.world.rooms["budget"].told_count = 7
    adapter = an_adapter(peer)
    async with running(adapter):
        event = await drawn(adapter)

        assert not event.complete


async def test_an_in_room_name_that_was_cleared_is_seen(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter):
        await drawn(adapter)
        peer.world.rooms["budget"].members["wang"] = ""
        event = await drawn(adapter)

        assert {each.card for each in event.members} == {""}


# --- which room it is


async def test_a_renamed_room_keeps_its_id_also_at_the_next_login(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        await adapter.perform(DrawMembers(account=ACCOUNT, group=GROUP))
        peer.world.rooms["budget"].topic = "预算科（新）"
        peer.note("budget", '"王小明"修改群名为“预算科（新）”')
        event = await inbox.wait_for(GroupRenamed)
        peer.post("budget", "wang", "改名后")
        await inbox.wait_for(MessagePosted)
        peer.retcode("1101")
        await inbox.wait_for(AccountConnected, times=2)
        peer.post("budget", "wang", "再次登录后")
        await inbox.wait_for(MessagePosted, times=2)

    assert (event.group, event.name) == (GROUP, "预算科（新）")
    assert {each.message.group for each in inbox.of(MessagePosted)} == {GROUP}
    another = an_adapter(peer)
    async with running(another) as inbox:
        peer.post("budget", "wang", "重新启动后")
        event = await inbox.wait_for(MessagePosted)
        assert event.message.group == GROUP


async def test_names_of_rooms_that_are_none_of_ours_are_not_kept(peer, an_adapter, tmp_path):
    peer.world.room("family", "一家人", "zhao")
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        for room, topic in (("family", "相亲相爱"), ("budget", "预算科（新）")):
            peer.world.rooms[room].topic = topic
            peer.note(room, f'"赵强"修改群名为“{topic}”')
        await inbox.wait_for(GroupRenamed, times=2)
        await adapter.perform(DrawMembers(account=ACCOUNT, group=GROUP))

    (kept,) = tmp_path.rglob("wechat-renamed-*.json")
    assert json.loads(kept.read_text(encoding="utf-8")) == {"预算科（新）": "预算科工作群"}


async def test_a_change_without_a_note_is_looked_at(peer, an_adapter):
    async with running(an_adapter(peer)) as inbox:
        peer.world.rooms["budget"].topic = "预算处"
        peer.change("budget")
        event = await inbox.wait_for(GroupRenamed)

        assert (event.group, event.name) == (GROUP, "预算处")


async def test_two_rooms_of_one_name_are_not_worked_in_and_that_is_said(peer, an_adapter):
    peer.world.room("double", "预算科工作群", "zhao")
    peer.world.room("other", "综合科群", "zhao")
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        for room in ("budget", "double", "other"):
            peer.post(room, "zhao", room)
        await inbox.wait_for(MessagePosted)
        said = await adapter.perform(in_group())
        listed = await adapter.perform(DrawGroups(account=ACCOUNT))

        assert [each.message.text for each in inbox.of(MessagePosted)] == ["other"]
        assert (said.state, said.reason) == (OutcomeState.FAILED, "ambiguous")
        assert peer.sent == []
        (groups,) = listed.answers
        assert isinstance(groups, GroupsDrawn)
        assert [each.platform_id for each in groups.groups] == ["room:综合科群"]


async def test_a_room_that_was_not_listed_is_known_once_somebody_writes(peer, an_adapter):
    peer.world.room("quiet", "后勤群", "zhao", listed=False)
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        before = await adapter.perform(DrawMembers(account=ACCOUNT, group="room:后勤群"))
        peer.post("quiet", "zhao", "在吗")
        event = await inbox.wait_for(MessagePosted)

        # Not "refused": by that the core would take the room for dissolved.
        assert before.reason == "unknown_room"
        assert (event.message.group, event.message.card) == ("room:后勤群", "赵强")


# --- what leaves


async def test_a_text_is_sent_to_a_room_with_a_mention_and_to_a_person(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter):
        wang = await user_of(adapter, "王小明")
        said = await adapter.perform(in_group(mention=wang))
        told = await adapter.perform(SayPrivately(account=ACCOUNT, user=wang, text="【待处置 7】"))

        assert (said.state, told.state) == (OutcomeState.DONE, OutcomeState.DONE)
        assert said.message_id == "9000000001"
        assert peer.sent == [
            (peer.world.room_user("budget"), "@预算科 王小明\u2005请遵守群规 7"),
            (peer.world.user("wang"), "【待处置 7】"),
        ]


@pytest.mark.parametrize("mark", ["@fil@", "@img@", "@vid@", "@msg@"])
async def test_a_text_that_itchat_takes_for_a_file_is_sent_as_it_stands(
    peer, an_adapter, tmp_path, mark
):
    secret = tmp_path / "secret.txt"
    secret.write_text("保密", encoding="utf-8")
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        peer.post("budget", "wang", f"{mark}{secret}")
        heard = await inbox.wait_for(MessagePosted)
        await adapter.perform(in_group(heard.message.text))

        assert [text for _, text in peer.sent] == [f"{mark}{secret}"]
        assert peer.uploads == 0


async def test_a_long_text_is_sent_in_parts(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter):
        outcome = await adapter.perform(in_group("一" * 900 + "\n" + "二" * 900))

        assert outcome.state is OutcomeState.DONE
        assert [text for _, text in peer.sent] == ["一" * 900, "二" * 900]


async def test_an_id_of_an_earlier_login_reaches_nobody(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        wang = await user_of(adapter, "王小明")
        peer.retcode("1100")
        await inbox.wait_for(AccountConnected, times=2)
        told = await adapter.perform(SayPrivately(account=ACCOUNT, user=wang, text="机密"))
        removal = RemoveMember(account=ACCOUNT, group=GROUP, user=wang)
        removed = await adapter.perform(removal)
        found = await adapter.find(removal, since=NOW)

        assert (told.state, told.reason) == (OutcomeState.FAILED, "another_login")
        assert (removed.reason, found.state) == ("another_login", OutcomeState.UNKNOWN)
        assert peer.sent == []
        assert await user_of(adapter, "王小明") != wang


async def test_a_send_that_is_refused_failed(peer, an_adapter):
    peer.send_ret = 1205
    adapter = an_adapter(peer)
    async with running(adapter):
        outcome = await adapter.perform(in_group())

        assert (outcome.state, outcome.reason) == (OutcomeState.FAILED, "refused:1205")


async def test_a_send_without_a_readable_answer_is_unknown(peer, an_adapter):
    adapter = an_adapter(peer, timing=replace(QUICK, answer=0.5))
    async with running(adapter):
        peer.fail("webwxsendmsg", 502)
        gateway = await adapter.perform(in_group())
        peer.break_("webwxsendmsg")
        broken = await adapter.perform(in_group())
        peer.hang("webwxsendmsg")
        silent = await adapter.perform(in_group())
        peer.release()

        assert {each.state for each in (gateway, broken, silent)} == {OutcomeState.UNKNOWN}
        assert silent.reason == "timeout"
        assert (await adapter.find(in_group(), since=NOW)).state is OutcomeState.UNKNOWN


async def test_a_member_is_removed_and_a_fresh_list_shows_it(peer, an_adapter):
    adapter = an_adapter(peer)
    async with running(adapter) as inbox:
        li = await user_of(adapter, "李小红")
        removal = RemoveMember(account=ACCOUNT, group=GROUP, user=li)
        before = await adapter.find(removal, since=NOW)
        outcome = await adapter.perform(removal)
        after = await adapter.find(removal, since=NOW)

        assert before.state is OutcomeState.UNKNOWN
        assert outcome.state is OutcomeState.DONE
        assert after.state is OutcomeState.DONE
        assert [each.user for each in inbox.of(MemberLeft)] == [li]


@pytest.mark.parametrize(
    "action",
    [
        Recall(account=ACCOUNT, group=GROUP, message_id="1"),
        LookUp(account=ACCOUNT, group=GROUP, message_id="1"),
        DrawHistory(account=ACCOUNT, group=GROUP, since=NOW),
    ],
)
async def test_what_web_wechat_cannot_do_is_said(peer, an_adapter, action: Outgoing):
    adapter = an_adapter(peer)
    async with running(adapter):
        outcome = await adapter.perform(action)

        assert (outcome.state, outcome.reason) == (OutcomeState.FAILED, "unsupported")


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

"""One account over web WeChat: the real itchat against a stand-in of the service on loopback."""

import json
from dataclasses import replace

import pytest

from bot.model.action import (
    DrawGroups,
    DrawHistory,
    DrawMembers,
    LookUp,
    Outgoing,
    Recall,
    RemoveMember,
    SayPrivately,
)
from bot.model.event import (
    Ability,
    AccountConnected,
    BotRemoved,
    GroupRenamed,
    GroupsDrawn,
    MemberJoined,
    MemberLeft,
    MessagePosted,
    MessageRecalled,
    OutcomeState,
)
from bot.model.message import AttachmentKind, Standing
from tests.adapters.peer import NOW

pytest.importorskip("itchat", reason="needs itchat-uos")
from tests.adapters.itchat_account import ACCOUNT, GROUP, QUICK, drawn, in_group, running, user_of

pytestmark = pytest.mark.anyio


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

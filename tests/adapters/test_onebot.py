"""One account over a forward connection, against a small peer on loopback."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.onebot import OFFLINE
from bot.adapters.splitting import split
from bot.model.action import (
    AcceptInvitation,
    Announce,
    AnswerFriendRequest,
    AnswerJoinRequest,
    DrawGroups,
    DrawHistory,
    DrawMembers,
    LookUp,
    Recall,
    RemoveMember,
    RenameGroupChat,
    SayInGroup,
    SayPrivately,
)
from bot.model.errors import BotError
from bot.model.event import (
    Ability,
    AccountConnected,
    ConnectionLost,
    FileShared,
    GroupsDrawn,
    HistoryDrawn,
    MembersDrawn,
    MessageLookedUp,
    MessagePosted,
    OutcomeState,
    Presence,
)
from tests.adapters.peer import (
    CALM,
    NOW,
    QUICK,
    Peer,
    Sleeps,
    an_adapter,
    failed,
    message,
    meta,
    running,
)

pytestmark = pytest.mark.anyio
ACCOUNT = "qq:10001"
HASTY = replace(CALM, answer=0.5)
RISK = "Timeout: NTEvent serviceAndMethod:NodeIKernelMsgService/sendMsg ListenerName:x"


def in_group(text: str = "请遵守群规 7", **fields: object) -> SayInGroup:
    return SayInGroup(account=ACCOUNT, group="700001", text=text, **fields)


def in_private(text: str = "【待处置 7】", **fields: object) -> SayPrivately:
    return SayPrivately(account=ACCOUNT, user="20001", text=text, marker="待处置 7", **fields)


def members(*users: int) -> list[dict[str, object]]:
    return [{"user_id": user, "nickname": "某", "card": "", "role": "member"} for user in users]


def a_page(*messages: dict[str, object]) -> dict[str, object]:
    return {"messages": list(messages)}


def own(text: str, number: int = 90, ago: int = 0) -> dict[str, object]:
    return message(
        text,
        number,
        user_id=10001,
        post_type="message_sent",
        time=int(NOW.timestamp()) - ago,
    )


def ago(seconds: int, text: str = "早先", number: int = 1) -> dict[str, object]:
    return message(text, number, time=int(NOW.timestamp()) - seconds)


# --- the connection


async def test_messages_come_after_the_account_is_connected():
    async with Peer() as peer, running(an_adapter(peer.url)) as inbox:
        await peer.post(message("大家好"))
        event = await inbox.wait_for(MessagePosted)

        connected = inbox.events[0]
        assert isinstance(connected, AccountConnected)
        assert (connected.account, connected.name) == (ACCOUNT, "主号")
        assert Ability.PRIVATE_HISTORY in connected.abilities
        assert event.message.text == "大家好"


async def test_a_wrong_token_backs_off_up_to_a_minute():
    sleeps = Sleeps(enough=9)
    async with Peer() as peer:
        adapter = an_adapter(peer.url, token="wrong", sleep=sleeps)

        async with running(adapter, connected=False) as inbox:
            await asyncio.wait_for(sleeps.done.wait(), 10)

            assert peer.connections == 9
            assert sleeps.asked == [1, 2, 4, 8, 16, 32, 60, 60, 60]
            assert "token" in (adapter.trouble or "")
            assert inbox.events == []


async def test_a_wrong_token_refused_in_the_handshake_backs_off_as_well():
    sleeps = Sleeps(enough=3)

    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        adapter = an_adapter(f"ws://127.0.0.1:{port}", sleep=sleeps)

        async with running(adapter, connected=False):
            await asyncio.wait_for(sleeps.done.wait(), 10)

            assert sleeps.asked == [1, 2, 4]
            assert "token" in (adapter.trouble or "")


async def test_a_path_that_stays_silent_is_no_connection():
    sleeps = Sleeps(enough=2)
    async with Peer(lifecycle=False) as peer:
        adapter = an_adapter(peer.url, sleep=sleeps, timing=QUICK)

        async with running(adapter, connected=False) as inbox:
            await asyncio.wait_for(sleeps.done.wait(), 10)

            assert "路径" in (adapter.trouble or "")
            assert inbox.events == []
            assert sleeps.asked == [1, 2]


async def test_another_account_than_the_configured_is_refused():
    sleeps = Sleeps(enough=1)
    async with Peer(user=10002) as peer:
        adapter = an_adapter(peer.url, sleep=sleeps)

        async with running(adapter, connected=False) as inbox:
            await asyncio.wait_for(sleeps.done.wait(), 10)

            assert "self_id" in (adapter.trouble or "")
            assert inbox.events == []


async def test_nobody_listening_is_said_without_the_address():
    sleeps = Sleeps(enough=1)
    adapter = an_adapter("ws://127.0.0.1:9", sleep=sleeps)

    async with running(adapter, connected=False):
        await asyncio.wait_for(sleeps.done.wait(), 10)

        assert "连不上" in (adapter.trouble or "")
        assert "127.0.0.1" not in (adapter.trouble or "")


async def test_a_silent_peer_is_asked_and_then_left():
    async with Peer(beats=True) as peer, running(an_adapter(peer.url, timing=QUICK)) as inbox:
        peer.mute = True

        lost = await inbox.wait_for(ConnectionLost)

        assert lost.reason == "silent"
        assert lost.at == NOW
        assert len(peer.called("get_status")) >= 2
        peer.mute = False
        await inbox.wait_for(AccountConnected, times=2)


async def test_a_quiet_peer_that_answers_is_kept():
    async with Peer(beats=True) as peer:
        adapter = an_adapter(peer.url, timing=QUICK)

        async with running(adapter) as inbox:
            asked = asyncio.Event()

            def status(_: object) -> object:
                if len(peer.called("get_status")) >= 3:
                    asked.set()
                return {"online": True}

            peer.answers["get_status"] = status
            await asyncio.wait_for(asked.wait(), 5)

            assert inbox.of(ConnectionLost) == []
            assert adapter.trouble is None


async def test_a_heartbeat_that_says_offline_is_a_loss_and_comes_back():
    async with Peer() as peer:
        adapter = an_adapter(peer.url)
        async with running(adapter) as inbox:
            await peer.post(meta(10001, "heartbeat", interval=30000, status={"online": False}))
            lost = await inbox.wait_for(ConnectionLost)

            assert lost.reason == "account_offline"
            assert await adapter.perform(in_group()) == OFFLINE
            assert "离线" in (adapter.trouble or "")

            await peer.post(meta(10001, "heartbeat", interval=30000, status={"online": True}))
            await inbox.wait_for(AccountConnected, times=2)


async def test_a_lost_connection_is_opened_again():
    async with Peer() as peer, running(an_adapter(peer.url)) as inbox:
        await peer.drop()

        lost = await inbox.wait_for(ConnectionLost)
        await inbox.wait_for(AccountConnected, times=2)

        assert lost.reason.startswith("closed")
        assert peer.connections == 2


async def test_stopping_while_the_connection_ends_does_stop():
    async with Peer() as peer:
        for _ in range(20):
            async with running(an_adapter(peer.url)):
                closing = asyncio.create_task(peer.drop())
                await asyncio.sleep(0)
            await closing

        assert peer.connections >= 20


async def test_what_comes_before_the_login_is_answered_is_not_lost():
    async with Peer() as peer:
        asked = asyncio.Event()
        peer.answers["get_login_info"] = lambda _: asked.set()
        async with running(an_adapter(peer.url), connected=False) as inbox:
            await asked.wait()
            await peer.post(message("早到"))
            await peer.drop()
            event = await inbox.wait_for(MessagePosted)

            assert event.message.text == "早到"
            assert inbox.of(ConnectionLost) == []


async def test_several_accounts_keep_apart():
    async with (
        Peer(user=10001) as first,
        Peer(user=10002) as second,
        running(an_adapter(first.url)) as ones,
        running(an_adapter(second.url, self_id=None)) as twos,
    ):
        await first.post(message("一"))
        await second.post(message("二", self_id=10002))
        one, two = await ones.wait_for(MessagePosted), await twos.wait_for(MessagePosted)

        assert (one.account, one.message.text) == ("qq:10001", "一")
        assert (two.account, two.message.text) == ("qq:10002", "二")


async def test_ten_megabytes_on_the_wire_reach_the_bot():
    text = "长" * (10 * 2**20 // 3)
    async with Peer() as peer, running(an_adapter(peer.url)) as inbox:
        await peer.post(message(text))

        event = await inbox.wait_for(MessagePosted)

        assert event.message.text == text


async def test_bad_frames_are_counted_logged_once_and_harm_nothing(caplog):
    counted: list[tuple[str, str]] = []
    async with Peer() as peer:
        adapter = an_adapter(peer.url, count=lambda kind, reason: counted.append((kind, reason)))
        async with running(adapter) as inbox:
            with caplog.at_level(logging.WARNING, "qungui.onebot"):
                for _ in range(3):
                    await peer.post({"post_type": "notice", "notice_type": "novel", "x": "张三"})
                await peer.post("这不是 JSON")
                await peer.post("[" * 100_000)
                await peer.post(message("还在"))
                await inbox.wait_for(MessagePosted)

    assert counted.count(("notice.novel", "unknown")) == 3
    assert counted.count(("frame", "malformed")) == 2
    fields = [record.qungui_fields for record in caplog.records]
    assert [each["kind"] for each in fields if "kind" in each] == ["notice.novel", "frame"]
    assert not any("张三" in str(record.__dict__) for record in caplog.records)


async def test_a_file_that_is_told_twice_counts_once():
    upload = {
        "time": 1795277987,
        "self_id": 10001,
        "post_type": "notice",
        "notice_type": "group_upload",
        "group_id": 700001,
        "user_id": 20002,
        "file": {"id": "/f", "name": "工资表.xlsx", "size": 99, "busid": 102},
    }
    segment = {"type": "file", "data": {"file": "工资表.xlsx", "file_size": "99"}}
    async with Peer() as peer, running(an_adapter(peer.url)) as inbox:
        await peer.post(upload)
        await peer.post(message("", message=[segment]))
        await peer.post(message("后来", 8))
        await inbox.wait_for(MessagePosted)

        assert len(inbox.of(FileShared)) == 1
        assert [event.message.text for event in inbox.of(MessagePosted)] == ["后来"]


# --- sends


async def test_a_private_message_goes_through_the_group_both_are_in():
    async with Peer() as peer:
        peer.answers["send_private_msg"] = {"message_id": -31}
        adapter = an_adapter(peer.url)
        async with running(adapter):
            outcome = await adapter.perform(in_private(via_group="700001"))

        assert (outcome.state, outcome.message_id) == (OutcomeState.DONE, "-31")
        assert peer.called("send_private_msg") == [
            {
                "user_id": 20001,
                "group_id": 700001,
                "message": [{"type": "text", "data": {"text": "【待处置 7】"}}],
            }
        ]


async def test_a_mention_comes_before_the_text():
    async with Peer() as peer:
        peer.answers["send_group_msg"] = {"message_id": 32}
        adapter = an_adapter(peer.url)
        async with running(adapter):
            await adapter.perform(in_group("请私聊我：待办", mention="20001"))

        (sent,) = peer.called("send_group_msg")
        assert sent["message"] == [
            {"type": "at", "data": {"qq": "20001"}},
            {"type": "text", "data": {"text": " 请私聊我：待办"}},
        ]


async def test_a_long_text_is_sent_in_parts():
    text = "\n".join(f"{number} " + "行" * 97 for number in range(100, 130))
    async with Peer() as peer:
        peer.answers["send_group_msg"] = {"message_id": 33}
        adapter = an_adapter(peer.url)
        async with running(adapter):
            outcome = await adapter.perform(in_group(text))

        sent = [params["message"][0]["data"]["text"] for params in peer.called("send_group_msg")]
        assert outcome.state is OutcomeState.DONE
        assert "\n".join(sent) == text
        assert max(map(len, sent)) <= 1_000


async def test_a_part_that_fails_after_one_that_stands_is_unknown():
    async with Peer() as peer:
        answers = iter([{"message_id": 1}, failed(1200, "被风控")])
        peer.answers["send_group_msg"] = lambda _: next(answers)
        adapter = an_adapter(peer.url)
        async with running(adapter):
            outcome = await adapter.perform(in_group("长" * 1_500))

        assert (outcome.state, outcome.message_id) == (OutcomeState.UNKNOWN, "1")


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (failed(1200, RISK), OutcomeState.UNKNOWN, "timeout"),
        (None, OutcomeState.UNKNOWN, "timeout"),
        (failed(1200, "不是好友"), OutcomeState.FAILED, "refused:1200"),
        (failed(1404), OutcomeState.FAILED, "unsupported"),
    ],
)
async def test_an_answer_to_a_send_means_done_failed_or_unknown(answer, state, reason):
    async with Peer() as peer:
        peer.answers["send_private_msg"] = lambda _: answer
        adapter = an_adapter(peer.url, timing=HASTY)
        async with running(adapter):
            outcome = await adapter.perform(in_private())

    assert (outcome.state, outcome.reason) == (state, reason)


async def test_a_connection_lost_during_a_send_leaves_it_unknown():
    async with Peer() as peer:
        sent = asyncio.Event()
        peer.answers["send_group_msg"] = lambda _: sent.set()
        adapter = an_adapter(peer.url)
        async with running(adapter):
            sending = asyncio.create_task(adapter.perform(in_group()))
            await sent.wait()
            await peer.drop()
            outcome = await sending

    assert (outcome.state, outcome.reason) == (OutcomeState.UNKNOWN, "lost")


async def test_nothing_is_sent_while_offline():
    outcome = await an_adapter("ws://127.0.0.1:9").perform(in_private())

    assert outcome == OFFLINE
    assert outcome.reason == "offline"


async def test_a_recall_and_a_friend_request_are_carried_out():
    async with Peer() as peer:
        peer.answers |= {"delete_msg": {}, "set_friend_add_request": {}}
        adapter = an_adapter(peer.url)
        async with running(adapter):
            recall = await adapter.perform(Recall(account=ACCOUNT, group="700001", message_id="-5"))
            friend = await adapter.perform(AnswerFriendRequest(account=ACCOUNT, flag="u_1"))

        assert recall.state is friend.state is OutcomeState.DONE
        assert peer.called("delete_msg") == [{"message_id": -5}]
        assert peer.called("set_friend_add_request") == [{"flag": "u_1", "approve": True}]


async def test_an_invitation_a_name_and_an_announcement_are_carried_out():
    async with Peer() as peer:
        for action in ("set_group_add_request", "set_group_name", "_send_group_notice"):
            peer.answers[action] = {}
        adapter = an_adapter(peer.url)
        async with running(adapter):
            outcomes = [
                await adapter.perform(AcceptInvitation(account=ACCOUNT, flag="f1")),
                await adapter.perform(RenameGroupChat(account=ACCOUNT, group="700001", name="新")),
                await adapter.perform(Announce(account=ACCOUNT, group="700001", text="群规")),
            ]

        assert {each.state for each in outcomes} == {OutcomeState.DONE}
        assert peer.called("set_group_add_request") == [
            {"flag": "f1", "sub_type": "invite", "approve": True}
        ]
        assert peer.called("set_group_name") == [{"group_id": 700001, "group_name": "新"}]
        assert peer.called("_send_group_notice") == [{"group_id": 700001, "content": "群规"}]


@pytest.mark.parametrize("accept", [True, False])
async def test_a_request_to_join_is_answered_with_the_reason(accept):
    answer = AnswerJoinRequest(
        account=ACCOUNT, group="700001", flag="700001|5|7|0", accept=accept, reason="未实名"
    )
    async with Peer() as peer:
        peer.answers["set_group_add_request"] = {}
        adapter = an_adapter(peer.url)
        async with running(adapter):
            outcome = await adapter.perform(answer)

        assert outcome.state is OutcomeState.DONE
        assert peer.called("set_group_add_request") == [
            {"flag": "700001|5|7|0", "sub_type": "add", "approve": accept, "reason": "未实名"}
        ]


REMOVAL = RemoveMember(account=ACCOUNT, group="700001", user="20013")


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ({}, OutcomeState.DONE, ""),
        (failed(1200, "权限不足"), OutcomeState.FAILED, "refused:1200"),
        (failed(1404), OutcomeState.FAILED, "unsupported"),
    ],
)
async def test_a_member_is_removed_and_may_come_again(answer, state, reason):
    async with Peer() as peer:
        peer.answers["set_group_kick"] = answer
        adapter = an_adapter(peer.url)
        async with running(adapter):
            outcome = await adapter.perform(REMOVAL)

        assert (outcome.state, outcome.reason) == (state, reason)
        assert peer.called("set_group_kick") == [
            {"group_id": 700001, "user_id": 20013, "reject_add_request": False}
        ]


@pytest.mark.parametrize(
    ("listed", "state"),
    [
        (members(20011, 10001), OutcomeState.DONE),
        (members(20011, 20013), OutcomeState.UNKNOWN),
        ([], OutcomeState.UNKNOWN),
        (failed(1200), OutcomeState.UNKNOWN),
    ],
)
async def test_a_removal_is_done_only_where_a_list_shows_it_and_is_never_repeated(listed, state):
    async with Peer() as peer:
        peer.answers["get_group_member_list"] = listed
        adapter = an_adapter(peer.url)
        async with running(adapter):
            found = await adapter.find(REMOVAL, since=NOW)

        assert found.state is state


# --- questions


async def test_the_group_list_is_drawn_afresh():
    row = {"group_id": 700001, "group_name": "一组", "member_count": 4, "owner_id": 0}
    async with Peer() as peer:
        peer.answers["get_group_list"] = [row, {**row, "group_id": 700002, "owner_id": 9}]
        adapter = an_adapter(peer.url)
        async with running(adapter):
            outcome = await adapter.perform(DrawGroups(account=ACCOUNT))

        (drawn,) = outcome.answers
        assert isinstance(drawn, GroupsDrawn)
        assert [(each.platform_id, each.owner) for each in drawn.groups] == [
            ("700001", None),
            ("700002", "9"),
        ]
        assert peer.called("get_group_list") == [{"no_cache": True}]


@pytest.mark.parametrize(
    ("lists", "info", "listed", "complete"),
    [
        ([members(1, 2), members(1, 2)], 2, None, True),
        ([members(1, 2), members(1, 2)], None, None, True),
        ([members(1), members(1, 2)], 2, None, False),
        ([members(1, 2), members(1, 2)], 3, 3, False),
        ([members(1, 2), members(1, 2)], 3, 2, True),
        ([[], []], None, None, False),
    ],
)
async def test_a_member_list_is_complete_only_when_two_answers_and_the_count_agree(
    lists, info, listed, complete
):
    async with Peer() as peer:
        answers = iter(lists)
        peer.answers |= {
            "get_group_member_list": lambda _: next(answers),
            "get_group_info": {"group_id": 700001, "member_count": info},
            "get_group_list": [{"group_id": 700001, "member_count": listed}],
        }
        adapter = an_adapter(peer.url)
        async with running(adapter):
            outcome = await adapter.perform(DrawMembers(account=ACCOUNT, group="700001"))

    (drawn,) = outcome.answers
    assert isinstance(drawn, MembersDrawn)
    assert drawn.complete is complete
    assert len(drawn.members) == len(lists[-1])


async def test_a_history_is_sorted_without_repeats_and_ends_with_its_overlap():
    async with Peer() as peer:
        peer.answers["get_group_msg_history"] = a_page(
            ago(10, "三", 3), ago(90, "一", 1), ago(20, "二", 2), ago(20, "二", 2), own("我", 4)
        )
        adapter = an_adapter(peer.url)
        async with running(adapter):
            question = DrawHistory(
                account=ACCOUNT, group="700001", since=NOW - timedelta(seconds=60), last_seen="1"
            )
            outcome = await adapter.perform(question)

        *missed, end = outcome.answers
        assert [event.message.text for event in missed] == ["二", "三"]
        assert all(event.caught_up for event in missed)
        assert isinstance(end, HistoryDrawn)
        assert (end.overlaps, end.count) == (True, 2)
        assert peer.called("get_group_msg_history") == [{"group_id": 700001, "count": 200}]


@pytest.mark.parametrize("answer", [failed(1200, "消息不存在"), a_page(ago(10))])
async def test_a_history_that_does_not_reach_back_does_not_overlap(answer):
    async with Peer() as peer:
        peer.answers["get_group_msg_history"] = answer
        adapter = an_adapter(peer.url)
        async with running(adapter):
            question = DrawHistory(
                account=ACCOUNT, group="700001", since=NOW - timedelta(seconds=60), last_seen="9"
            )
            outcome = await adapter.perform(question)

    end = outcome.answers[-1]
    assert isinstance(end, HistoryDrawn)
    assert not end.overlaps


async def test_a_message_of_the_very_second_in_which_the_absence_began_overlaps_nothing():
    """Peers tell whole seconds: it may have come just after the bot went blind."""
    async with Peer() as peer:
        peer.answers["get_group_msg_history"] = a_page(ago(60, "一", 1), ago(10, "二", 2))
        adapter = an_adapter(peer.url)
        async with running(adapter):
            question = DrawHistory(
                account=ACCOUNT,
                group="700001",
                since=NOW - timedelta(seconds=60, milliseconds=-400),
            )
            outcome = await adapter.perform(question)

    *missed, end = outcome.answers
    assert [event.message.text for event in missed] == ["一", "二"]
    assert not end.overlaps


async def test_a_peer_without_history_is_learned_once():
    async with Peer() as peer:
        adapter = an_adapter(peer.url)
        async with running(adapter):
            question = DrawHistory(account=ACCOUNT, group="700001", since=NOW)
            outcomes = [await adapter.perform(question) for _ in range(2)]

            assert {outcome.reason for outcome in outcomes} == {"unsupported"}
            assert Ability.HISTORY not in adapter.abilities
            assert len(peer.called("get_group_msg_history")) == 1


@pytest.mark.parametrize(
    ("history", "kept", "presence"),
    [
        (a_page(ago(5, number=5)), failed(1200), Presence.PRESENT),
        (a_page(message("", 5, message=[], raw_message="")), ago(5, number=5), Presence.GONE),
        (a_page(*(ago(9, number=n) for n in range(10, 40))), ago(5, number=5), Presence.GONE),
        (a_page(*(ago(2, number=n) for n in range(10, 40))), ago(5, number=5), Presence.PRESENT),
        (a_page(*(ago(2, number=n) for n in range(10, 40))), failed(1200), Presence.UNKNOWN),
        (failed(1404), failed(1200), Presence.UNKNOWN),
        (failed(1404), ago(5, number=5), Presence.PRESENT),
    ],
)
async def test_whether_a_message_stands_is_asked_of_the_history_first(history, kept, presence):
    async with Peer() as peer:
        peer.answers |= {"get_group_msg_history": history, "get_msg": kept}
        adapter = an_adapter(peer.url)
        async with running(adapter):
            outcome = await adapter.perform(LookUp(account=ACCOUNT, group="700001", message_id="5"))

    (looked_up,) = outcome.answers
    assert isinstance(looked_up, MessageLookedUp)
    assert looked_up.presence is presence


# --- looking up a send


@pytest.mark.parametrize(
    ("history", "state"),
    [
        (a_page(ago(90), own("【待处置 7】")), OutcomeState.DONE),
        (a_page(ago(90), own("【待处置 8】")), OutcomeState.FAILED),
        (a_page(ago(90), own("【待处置 7】", ago=60)), OutcomeState.FAILED),
        (a_page(ago(90), ago(1, "【待处置 7】", 2)), OutcomeState.FAILED),
        (a_page(ago(3, "短")), OutcomeState.FAILED),
        (a_page(*(ago(3, number=n) for n in range(30))), OutcomeState.UNKNOWN),
        (a_page(), OutcomeState.UNKNOWN),
        (failed(1200), OutcomeState.UNKNOWN),
        (failed(1404), OutcomeState.UNKNOWN),
        (None, OutcomeState.UNKNOWN),
    ],
)
async def test_a_send_is_looked_up_in_the_private_history(history, state):
    async with Peer() as peer:
        peer.answers["get_friend_msg_history"] = lambda _: history
        adapter = an_adapter(peer.url, timing=HASTY)
        async with running(adapter):
            outcome = await adapter.find(in_private(), since=NOW - timedelta(seconds=10))

    assert outcome.state is state


async def test_of_a_long_text_every_part_must_stand():
    action = in_group("甲" * 1_000 + "\n" + "乙" * 10, marker="甲甲")
    async with Peer() as peer:
        adapter = an_adapter(peer.url)
        states = []
        async with running(adapter):
            for texts in (["甲" * 1_000], ["甲" * 1_000, "乙" * 10], ["别的"]):
                page = a_page(ago(90), *(own(text, 90 + len(text)) for text in texts))
                peer.answers["get_group_msg_history"] = page
                states.append((await adapter.find(action, since=NOW)).state)

    assert states == [OutcomeState.UNKNOWN, OutcomeState.DONE, OutcomeState.FAILED]


async def test_settings_that_cannot_work_are_refused():
    with pytest.raises(BotError, match="令牌"):
        an_adapter("ws://127.0.0.1:9", token="")
    with pytest.raises(BotError, match="self_id"):
        an_adapter(None, self_id=None)


def test_a_text_without_line_ends_is_cut_where_it_must():
    assert [len(part) for part in split("字" * 2_500, limit=1_000)] == [1_000, 1_000, 500]
    assert split("", limit=1_000) == [""]

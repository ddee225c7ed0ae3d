"""One WeChat account behind real gateways of both protocol generations, on loopback."""

# ruff: noqa: D102 - the names say it

import asyncio
import contextlib
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from bot.adapters.wechaty.adapter import WechatyAdapter
from bot.adapters.wechaty.settings import Timing, WechatySettings
from bot.clock import SystemClock
from bot.model.action import (
    AcceptInvitation,
    Announce,
    AnswerFriendRequest,
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
    BotRemoved,
    ConnectionLost,
    FriendRequested,
    GroupRenamed,
    GroupsDrawn,
    InvitedToGroup,
    MemberJoined,
    MemberLeft,
    MembersDrawn,
    MessagePosted,
    MessageRecalled,
    OutcomeState,
)
from bot.model.message import AttachmentKind, Standing
from tests.adapters.peer import EventType, Inbox
from tests.peers.wechaty_gateway import (
    BOT,
    CURRENT,
    LI,
    OLD,
    OTHER_ROOM,
    ROOM,
    WANG,
    ZHAO,
    WechatyGateway,
    a_gateway,
    free_port,
)

pytestmark = pytest.mark.anyio
ACCOUNT = f"wechat:{BOT}"
QUICK = Timing(ready=0, backoff=0.05, backoff_limit=0.2, refused_limit=0.2, between_parts=0)
HASTY = replace(QUICK, answer=0.5, again=0.01, rest=0.5)
both = pytest.mark.parametrize("generation", [OLD, CURRENT])


class Patient(Inbox):
    """Waits long: a gateway takes its time on a busy machine."""

    async def wait_for(self, kind: type[EventType], times: int = 1) -> EventType:
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: len(self.of(kind)) >= times)
        return self.of(kind)[times - 1]

    async def wait_for_text(self, text: str) -> MessagePosted:
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: text in self.texts())
        return next(each for each in self.of(MessagePosted) if each.message.text == text)

    def texts(self) -> list[str]:
        return [each.message.text for each in self.of(MessagePosted)]


class Counts:
    """Counts as the metrics do, and lets a test wait for one."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self._came = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, kind: str, reason: str) -> None:
        self.told.append((kind, reason))
        task = asyncio.ensure_future(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait_for(self, kind: str, reason: str, times: int = 1) -> None:
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: self.told.count((kind, reason)) >= times)

    async def _tell(self) -> None:
        async with self._came:
            self._came.notify_all()


def an_adapter(gateway: WechatyGateway, folder: Path, **changes: object) -> WechatyAdapter:
    stated = {"endpoint": gateway.endpoint, **changes.pop("settings", {})}
    given = {
        "settings": WechatySettings(**stated),
        "token": gateway.token,
        "folder": folder,
        "out": lambda _: None,
        "clock": SystemClock(),
        "count": lambda *_: None,
        "timing": QUICK,
        **changes,
    }
    return WechatyAdapter("微信号", **given)


@contextlib.asynccontextmanager
async def running(adapter: WechatyAdapter, *, connected: bool = True) -> AsyncIterator[Patient]:
    inbox = Patient()
    task = asyncio.create_task(adapter.run(inbox))
    try:
        if connected:
            waiting = asyncio.create_task(inbox.wait_for(AccountConnected))
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                waiting.cancel()
            else:
                await waiting
        yield inbox
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


# --- what comes


@both
async def test_a_text_comes_with_the_card_the_standing_and_without_the_name_it_mentions(
    generation, tmp_path
):
    async with a_gateway(generation) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        number = await gateway.post(
            "@群规\u2005 帮助 @群规x", mentions=[BOT], at=1_795_277_987_000, sender=WANG
        )

        message = (await inbox.wait_for(MessagePosted)).message

        assert message.id == number
        assert (message.account, message.group, message.sender) == (ACCOUNT, ROOM, WANG)
        assert (message.card, message.standing) == ("办公室 王平", Standing.OWNER)
        assert (message.text, message.mentions) == (" 帮助 @群规x", (BOT,))
        assert message.posted_at == datetime.fromtimestamp(1_795_277_987, UTC)


@both
async def test_what_is_no_text_becomes_an_attachment(generation, tmp_path):
    card = {"title": "问卷", "description": "请填写", "url": "https://example.com/a"}
    program = {"title": "接龙", "description": "", "pagePath": "pages/index"}
    async with a_gateway(generation) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        await gateway.post("", kind="image")
        await gateway.post("", kind="file", name="花名册.xlsx")
        await gateway.post("<xml/>", kind="link", card=card)
        await gateway.post("<xml/>", kind="mini", card=program)
        await gateway.post("<xml/>", kind="history")
        await gateway.post("<xml/>", kind="post")

        await inbox.wait_for(MessagePosted, times=6)

        posted = [each.message for each in inbox.of(MessagePosted)]
        assert [each.text for each in posted] == [""] * 6
        found = [attachment for each in posted for attachment in each.attachments]
        assert [each.kind for each in found] == [
            AttachmentKind.IMAGE,
            AttachmentKind.FILE,
            AttachmentKind.CARD,
            AttachmentKind.CARD,
            AttachmentKind.FORWARD,
            AttachmentKind.OTHER,
        ]
        assert found[1].name == "花名册.xlsx"
        assert (found[2].name, found[2].url) == ("问卷 请填写", "https://example.com/a")
        assert (found[3].name, found[3].url) == ("接龙", "pages/index")


@both
async def test_a_file_of_ten_megabytes_can_be_fetched(generation, tmp_path):
    async with a_gateway(generation) as gateway:
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter) as inbox:
            number = await gateway.post("", kind="file", name="大.zip", size=10 * 2**20)
            await inbox.wait_for(MessagePosted)

            content = await adapter.file(number)

            assert content == (b"qungui" * (10 * 2**20 // 6 + 1))[: 10 * 2**20]


@both
async def test_who_joins_leaves_or_is_removed_is_told(generation, tmp_path):
    async with a_gateway(generation) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        await gateway.do("leave", room=ROOM, user=LI)
        await gateway.do("leave", room=ROOM, user=ZHAO, by=WANG)
        await gateway.do("join", room=ROOM, user=LI, by=WANG)
        await gateway.do("leave", room=ROOM, user=BOT, by=WANG)

        removed = await inbox.wait_for(BotRemoved)

        assert (removed.group, removed.operator) == (ROOM, WANG)
        gone = [(each.user, each.operator, each.removed) for each in inbox.of(MemberLeft)]
        assert gone == [(LI, LI, None), (ZHAO, WANG, True)]
        (joined,) = inbox.of(MemberJoined)
        assert (joined.group, joined.user, joined.operator) == (ROOM, LI, WANG)


@both
async def test_a_new_name_a_recall_and_a_private_message_are_told(generation, tmp_path):
    async with a_gateway(generation) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        number = await gateway.post("发错了")
        await gateway.post(number, kind="recall")
        await gateway.do("topic", room=ROOM, topic="办公室（新）")
        await gateway.post("1 误报", room=None)

        private = await inbox.wait_for_text("1 误报")

        assert (private.message.group, private.message.sender) == (None, LI)
        (recalled,) = inbox.of(MessageRecalled)
        assert (recalled.group, recalled.message_id, recalled.operator) == (ROOM, number, LI)
        (renamed,) = inbox.of(GroupRenamed)
        assert (renamed.group, renamed.name) == (ROOM, "办公室（新）")


@both
async def test_an_invitation_names_who_invites_and_the_name_of_the_room(generation, tmp_path):
    async with a_gateway(generation) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        invitation = (await gateway.do("invite", room=ROOM, by=WANG))["invitation"]

        invited = await inbox.wait_for(InvitedToGroup)

        assert (invited.user, invited.flag) == (WANG, invitation)
        assert (invited.group, invited.name) == ("", "办公室工作群")


@both
async def test_an_accepted_invitation_shows_the_account_in_the_room(generation, tmp_path):
    async with a_gateway(generation) as gateway:
        del gateway.world["rooms"][ROOM]["members"][BOT]
        await gateway.die()
        await gateway.start()
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter) as inbox:
            await gateway.do("invite", room=ROOM, by=WANG)
            invited = await inbox.wait_for(InvitedToGroup)

            outcome = await adapter.perform(AcceptInvitation(account=ACCOUNT, flag=invited.flag))

            joined = await inbox.wait_for(MemberJoined)
            assert outcome.state is OutcomeState.DONE
            assert (joined.group, joined.user, joined.operator) == (ROOM, BOT, WANG)


@both
async def test_a_name_and_an_announcement_that_are_set_stand_there(generation, tmp_path):
    async with a_gateway(generation) as gateway:
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter) as inbox:
            outcomes = [
                await adapter.perform(RenameGroupChat(account=ACCOUNT, group=ROOM, name="新群名")),
                await adapter.perform(Announce(account=ACCOUNT, group=ROOM, text="群规见附件")),
            ]
            renamed = await inbox.wait_for(GroupRenamed)

            room = (await gateway.do("seen"))["rooms"][ROOM]

            assert {each.state for each in outcomes} == {OutcomeState.DONE}
            assert renamed.name == room["topic"] == "新群名"
            assert room["announcement"] == "群规见附件"


@both
async def test_who_asks_to_be_a_friend_can_be_accepted(generation, tmp_path):
    async with a_gateway(generation) as gateway:
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter) as inbox:
            await gateway.do("befriend", user=LI, hello="我是李晓")
            asked = await inbox.wait_for(FriendRequested)

            outcome = await adapter.perform(AnswerFriendRequest(account=ACCOUNT, flag=asked.flag))

            assert (asked.user, asked.comment) == (LI, "我是李晓")
            assert outcome.state is OutcomeState.DONE
            assert (await gateway.do("seen"))["calls"] == [{"call": "befriend", "id": asked.flag}]


@both
async def test_a_burst_of_two_thousand_comes_whole_and_in_order(generation, tmp_path):
    async with a_gateway(generation) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        await gateway.do("burst", room=ROOM, sender=LI, count=2_000)

        await inbox.wait_for(MessagePosted, times=2_000)

        assert inbox.texts() == [f"第{index}条" for index in range(2_000)]


@both
async def test_an_error_and_what_makes_no_sense_do_not_make_it_deaf(generation, tmp_path):
    counts = Counts()
    async with (
        a_gateway(generation) as gateway,
        running(an_adapter(gateway, tmp_path, count=counts)) as inbox,
    ):
        await gateway.do("error")
        await gateway.do("odd", name="room-join", payload={"inviteeIdList": 7})
        await gateway.do("odd", name="room-invite", payload={})
        await gateway.do("odd", name="room-topic", payload=["x"])
        await gateway.post("还在吗")

        await inbox.wait_for_text("还在吗")

        assert ("error", "reported") in counts.told
        assert ("room_join", "malformed") in counts.told
        assert len(inbox.of(AccountConnected)) == 1


async def test_a_message_that_cannot_be_read_is_a_blind_interval(tmp_path):
    async with (
        a_gateway(CURRENT) as gateway,
        running(an_adapter(gateway, tmp_path, timing=HASTY)) as inbox,
    ):
        await gateway.do("odd", name="message", payload={"messageId": "nowhere"})
        await gateway.post("下一条")

        await inbox.wait_for_text("下一条")

        kinds = [type(each) for each in inbox.events]
        assert kinds == [AccountConnected, ConnectionLost, AccountConnected, MessagePosted]
        assert inbox.of(ConnectionLost)[0].reason == "unreadable"


# --- what goes


@both
async def test_what_is_said_arrives_and_does_not_come_back_as_an_event(generation, tmp_path):
    async with a_gateway(generation) as gateway:
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter) as inbox:
            said = SayInGroup(account=ACCOUNT, group=ROOM, text="请遵守群规", mention=LI)
            outcome = await adapter.perform(said)
            await adapter.perform(SayPrivately(account=ACCOUNT, user=WANG, text="【待处置 1】"))
            await gateway.post("好的")
            await inbox.wait_for_text("好的")

            sent = await gateway.sent()

            assert outcome.state is OutcomeState.DONE
            assert outcome.message_id == sent[0]["id"]
            assert (sent[0]["text"], sent[0]["mentions"]) == ("@办公室 李晓\u2005请遵守群规", [LI])
            assert (sent[1]["to"], sent[1]["text"]) == (WANG, "【待处置 1】")
            assert inbox.texts() == ["好的"]


async def test_a_long_text_goes_in_parts_cut_at_line_ends(tmp_path):
    line = "一行字" * 200
    async with a_gateway(CURRENT) as gateway:
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter):
            text = "\n".join([line] * 7)

            await adapter.perform(SayInGroup(account=ACCOUNT, group=ROOM, text=text))

            sent = [each["text"] for each in await gateway.sent()]
            assert "\n".join(sent) == text
            assert max(map(len, sent)) <= 2_000


@both
async def test_lists_show_what_changed_without_an_event(generation, tmp_path):
    async with a_gateway(generation) as gateway:
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter):
            await adapter.perform(DrawMembers(account=ACCOUNT, group=ROOM))
            await gateway.do("owner", room=ROOM, user=LI)
            await gateway.do("admins", room=ROOM, users=[])
            await gateway.do("alias", room=ROOM, user=LI, alias="办公室 李晓（借调）")

            groups = await adapter.perform(DrawGroups(account=ACCOUNT))
            members = await adapter.perform(DrawMembers(account=ACCOUNT, group=ROOM))

            (drawn,) = groups.answers
            assert isinstance(drawn, GroupsDrawn)
            rooms = {each.platform_id: each for each in drawn.groups}
            assert set(rooms) == {ROOM, OTHER_ROOM}
            assert (rooms[ROOM].name, rooms[ROOM].member_count) == ("办公室工作群", 4)
            assert rooms[ROOM].owner == LI
            (listed,) = members.answers
            assert isinstance(listed, MembersDrawn)
            found = {each.user: each for each in listed.members}
            assert listed.complete
            assert (found[LI].card, found[LI].nickname) == ("办公室 李晓（借调）", "小李")
            assert found[LI].standing is Standing.OWNER
            assert {found[user].standing for user in (BOT, WANG, ZHAO)} == {Standing.MEMBER}


async def test_the_members_of_an_unknown_room_are_refused(tmp_path):
    async with a_gateway(CURRENT) as gateway:
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter):
            outcome = await adapter.perform(DrawMembers(account=ACCOUNT, group="1@chatroom"))

            assert outcome.state is OutcomeState.FAILED
            assert outcome.reason.startswith("refused")


async def test_the_list_of_groups_waits_until_the_gateway_knows_them(tmp_path):
    slow = replace(QUICK, ready=3_600)
    async with a_gateway(CURRENT) as gateway:
        adapter = an_adapter(gateway, tmp_path, timing=slow)
        async with running(adapter) as inbox:
            early = await adapter.perform(DrawGroups(account=ACCOUNT))
            await gateway.do("odd", name="ready", payload={"data": "ready"})
            await gateway.post("后")
            await inbox.wait_for_text("后")

            late = await adapter.perform(DrawGroups(account=ACCOUNT))

            assert (early.state, early.reason) == (OutcomeState.FAILED, "offline")
            assert late.state is OutcomeState.DONE


@both
async def test_who_is_removed_is_seen_to_leave(generation, tmp_path):
    removal = RemoveMember(account=ACCOUNT, group=ROOM, user=LI)
    async with a_gateway(generation) as gateway:
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter) as inbox:
            before = await adapter.find(removal, since=datetime.now(UTC))  # noqa: TID251 - not judged
            outcome = await adapter.perform(removal)
            left = await inbox.wait_for(MemberLeft)

            after = await adapter.find(removal, since=left.at)

            assert outcome.state is OutcomeState.DONE
            assert (left.user, left.operator, left.removed) == (LI, BOT, True)
            assert before.state is OutcomeState.UNKNOWN
            assert after.state is OutcomeState.DONE


async def test_what_the_puppet_refuses_has_failed_and_what_it_gave_up_is_unknown(tmp_path):
    text = SayPrivately(account=ACCOUNT, user=LI, text="【待处置 2】", marker="待处置 2")
    async with a_gateway(CURRENT) as gateway:
        adapter = an_adapter(gateway, tmp_path, timing=HASTY)
        async with running(adapter):
            states = []
            for kind in ("not a friend", "request timed out", "hang"):
                await gateway.do("fault", call="messageSendText", kind=kind)
                outcome = await adapter.perform(text)
                states.append((outcome.state, outcome.reason))

            found = await adapter.find(text, since=datetime.now(UTC))  # noqa: TID251 - not judged

            assert states == [
                (OutcomeState.FAILED, "refused:UNKNOWN"),
                (OutcomeState.UNKNOWN, "timeout"),
                (OutcomeState.UNKNOWN, "timeout"),
            ]
            assert found.state is OutcomeState.UNKNOWN


async def test_a_send_without_an_answer_is_believed_once_the_gateway_shows_it(tmp_path):
    text = SayPrivately(account=ACCOUNT, user=LI, text="【待处置 3】请看", marker="待处置 3")
    async with a_gateway(CURRENT) as gateway:
        adapter = an_adapter(gateway, tmp_path, timing=HASTY)
        async with running(adapter) as inbox:
            await gateway.do("fault", call="messageSendText:answer", kind="hang")
            outcome = await adapter.perform(text)
            await gateway.post("后来")
            await inbox.wait_for_text("后来")

            found = await adapter.find(text, since=datetime.now(UTC))  # noqa: TID251 - not judged

            assert outcome.state is OutcomeState.UNKNOWN
            assert found.state is OutcomeState.DONE


async def test_what_wechat_cannot_do_is_said(tmp_path):
    async with a_gateway(CURRENT) as gateway:
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter) as inbox:
            asked = [
                Recall(account=ACCOUNT, group=ROOM, message_id="1"),
                LookUp(account=ACCOUNT, group=ROOM, message_id="1"),
                DrawHistory(account=ACCOUNT, group=ROOM, since=datetime(2026, 1, 1, tzinfo=UTC)),
            ]

            outcomes = [await adapter.perform(each) for each in asked]

            assert {(each.state, each.reason) for each in outcomes} == {
                (OutcomeState.FAILED, "unsupported")
            }
            abilities = inbox.of(AccountConnected)[0].abilities
            assert abilities == {
                Ability.REMOVE,
                Ability.RENAME,
                Ability.PRIVATE,
                Ability.INVITATIONS,
                Ability.FRIEND_REQUESTS,
                Ability.ANNOUNCE,
            }


async def test_ids_count_as_stable_only_where_the_operator_says_so(tmp_path):
    stated = {"stable_ids": True}
    async with (
        a_gateway(CURRENT) as gateway,
        running(an_adapter(gateway, tmp_path, settings=stated)) as inbox,
    ):
        assert Ability.STABLE_IDS in inbox.of(AccountConnected)[0].abilities


# --- the connection


async def test_a_wrong_token_is_refused_and_said(tmp_path):
    counts = Counts()
    async with a_gateway(CURRENT) as gateway:
        adapter = an_adapter(gateway, tmp_path, token="another-token", count=counts)

        async with running(adapter, connected=False) as inbox:
            await counts.wait_for("connection", "token", times=3)

            assert "token" in (adapter.trouble or "")
            assert inbox.events == []


async def test_waits_grow_to_a_minute_while_refused_and_to_four_seconds_while_away(tmp_path):
    asked: dict[str, list[float]] = {"token": [], "unreachable": []}
    async with a_gateway(CURRENT) as gateway:
        nobody = f"127.0.0.1:{free_port()}"
        for reason, changes in (
            ("token", {"token": "another-token"}),
            ("unreachable", {"settings": {"endpoint": nobody}}),
        ):
            enough = asyncio.Event()

            async def sleep(seconds, waits=asked[reason], enough=enough):
                waits.append(seconds)
                if len(waits) == 9:
                    enough.set()
                    await asyncio.Event().wait()

            adapter = an_adapter(
                gateway, tmp_path, timing=Timing(), sleep=sleep, chance=lambda: 1.0, **changes
            )
            async with running(adapter, connected=False):
                await asyncio.wait_for(enough.wait(), 60)

    assert asked["token"] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert asked["unreachable"] == [0.5, 1, 2, 4, 4, 4, 4, 4, 4]


async def test_with_tls_only_a_trusted_gateway_is_spoken_to(tmp_path):
    trusted, stranger = _certificate("gateway.test"), _certificate("gateway.test")
    files = []
    for name, (certificate, _) in (("trusted", trusted), ("stranger", stranger)):
        file = tmp_path / f"{name}.pem"
        file.write_text(certificate, encoding="ascii")
        files.append(file)
    async with a_gateway(CURRENT, tls=trusted) as gateway:
        good = {"tls": True, "tls_ca": files[0], "tls_name": "gateway.test"}
        counts = Counts()
        others = [{**good, "tls_ca": files[1]}, {**good, "tls_name": "other.test"}, {}]
        for number, stated in enumerate(others, 1):
            adapter = an_adapter(gateway, tmp_path, settings=stated, count=counts)
            async with running(adapter, connected=False) as inbox:
                if stated:
                    await counts.wait_for("connection", "tls", times=number)
                    assert "tls" in (adapter.trouble or "")
                else:
                    await counts.wait_for("connection", "hung_up")
                assert inbox.events == []

        async with running(an_adapter(gateway, tmp_path, settings=good)) as inbox:
            await gateway.post("加密的")

            await inbox.wait_for_text("加密的")


@both
async def test_a_gateway_that_dies_and_comes_back_is_found_again(generation, tmp_path):
    async with a_gateway(generation) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        for time in range(1, 4):
            await gateway.post(f"第{time}次")
            await inbox.wait_for_text(f"第{time}次")
            await gateway.die()
            lost = await inbox.wait_for(ConnectionLost, times=time)
            last = inbox.of(MessagePosted)[-1].message.posted_at
            assert last - timedelta(seconds=2) <= lost.at <= SystemClock().now()
            await gateway.start()
            await inbox.wait_for(AccountConnected, times=time + 1)

        await gateway.post("都在")
        await inbox.wait_for_text("都在")

        assert inbox.texts() == ["第1次", "第2次", "第3次", "都在"]


async def test_what_was_read_when_the_gateway_died_stands_before_the_loss_or_is_blind(tmp_path):
    async with a_gateway(CURRENT) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        await gateway.do("burst", room=ROOM, sender=LI, count=400)
        await inbox.wait_for(MessagePosted, times=20)
        await gateway.die()

        lost = await inbox.wait_for(ConnectionLost)

        texts = inbox.texts()
        assert texts == [f"第{index}条" for index in range(len(texts))]
        assert len(texts) == 400 or lost.at <= inbox.of(MessagePosted)[-1].at


@both
async def test_a_second_program_at_one_gateway_waits_and_says_so(generation, tmp_path):
    counts = Counts()
    async with a_gateway(generation) as gateway:
        second = an_adapter(gateway, tmp_path, count=counts)
        async with (
            running(an_adapter(gateway, tmp_path)) as first_inbox,
            running(second, connected=False) as inbox,
        ):
            await counts.wait_for("connection", "second", times=2)
            assert "另一个程序" in (second.trouble or "")
            assert inbox.events == []
            await gateway.post("第一个还在")
            await first_inbox.wait_for_text("第一个还在")

        async with running(second) as inbox:
            assert second.trouble is None
            assert inbox.of(AccountConnected)


@both
async def test_another_login_is_a_new_beginning(generation, tmp_path):
    async with a_gateway(generation) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        await gateway.do("again")

        await inbox.wait_for(AccountConnected, times=2)

        kinds = [type(each) for each in inbox.events]
        assert kinds == [AccountConnected, ConnectionLost, AccountConnected]
        assert inbox.of(ConnectionLost)[0].reason == "login_again"


@both
async def test_a_login_is_asked_for_by_qr_code_and_the_code_goes_with_it(generation, tmp_path):
    shown: list[str] = []
    counts = Counts()
    async with a_gateway(generation, login=False) as gateway:
        adapter = an_adapter(gateway, tmp_path, out=shown.append, count=counts)
        async with running(adapter, connected=False) as inbox:
            # Nobody is told that it waits for a login: that is no event.
            while "还没有登录" not in (adapter.trouble or ""):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await gateway.do("scan", code="https://login.example.com/l/abc")
            await gateway.do("scan", code="https://login.example.com/l/abc")
            await gateway.do("error")
            await counts.wait_for("error", "reported")

            assert "扫码" in (adapter.trouble or "")
            assert str(adapter.qr_path) in (adapter.trouble or "")
            assert adapter.qr_path.stat().st_mode & 0o777 == 0o600
            assert adapter.qr_path.read_bytes().startswith(b"\x89PNG")
            assert len(shown) == 1

            await gateway.do("login")
            await inbox.wait_for(AccountConnected)

            assert adapter.trouble is None
            assert not adapter.qr_path.exists()


@both
async def test_a_logout_is_a_loss_until_the_next_login(generation, tmp_path):
    async with a_gateway(generation) as gateway:
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter) as inbox:
            await gateway.do("logout")
            lost = await inbox.wait_for(ConnectionLost)
            trouble = adapter.trouble
            unsent = await adapter.perform(SayPrivately(account=ACCOUNT, user=LI, text="在吗"))
            await gateway.do("login")
            await inbox.wait_for(AccountConnected, times=2)

            assert lost.reason == "account_offline"
            assert "扫码" in (trouble or "")
            assert (unsent.state, unsent.reason) == (OutcomeState.FAILED, "offline")
            assert adapter.trouble is None


async def test_another_account_than_the_configured_is_refused(tmp_path):
    counts = Counts()
    async with a_gateway(CURRENT) as gateway:
        stated = {"self_id": "wxid_other"}
        adapter = an_adapter(gateway, tmp_path, settings=stated, count=counts)

        async with running(adapter, connected=False) as inbox:
            await counts.wait_for("connection", "other_account")

            assert "self_id" in (adapter.trouble or "")
            assert inbox.events == []


async def test_a_gateway_that_answers_no_ding_is_left(tmp_path):
    quick = replace(QUICK, silence=0.2, probe=0.2)
    async with (
        a_gateway(CURRENT) as gateway,
        running(an_adapter(gateway, tmp_path, timing=quick)) as inbox,
    ):
        await gateway.do("fault", call="ding", kind="mute")

        lost = await inbox.wait_for(ConnectionLost)

        assert lost.reason == "silent"


async def test_two_accounts_in_one_process_keep_their_own_gateways(tmp_path):
    async with (
        a_gateway(CURRENT, token="first") as one,
        a_gateway(OLD, token="second") as two,
        running(an_adapter(one, tmp_path)) as inbox,
        running(an_adapter(two, tmp_path)) as other,
    ):
        await one.post("一")
        await two.post("二")

        await inbox.wait_for_text("一")
        await other.wait_for_text("二")

        assert (inbox.texts(), other.texts()) == (["一"], ["二"])


async def test_nothing_of_people_or_tokens_is_logged_or_printed(tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    async with a_gateway(CURRENT) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        await gateway.post("一句不该记下的话")
        await inbox.wait_for_text("一句不该记下的话")
        await gateway.do("error")
        await gateway.die()
        await inbox.wait_for(ConnectionLost)

        ours = "".join(
            json.dumps([record.getMessage(), vars(record)], default=repr, ensure_ascii=False)
            for record in caplog.records
            if record.name.startswith("qungui")
        )
        printed = "".join(capfd.readouterr())
        for secret in (gateway.token, "一句不该记下的话", "李晓", "小李", LI):
            assert secret not in ours
            assert secret not in printed


# --- settings and libraries


@pytest.mark.parametrize(
    ("stated", "key", "sentence"),
    [
        ({"endpoint": "http://127.0.0.1:8788"}, "endpoint", "主机:端口"),
        ({"endpoint": "127.0.0.1"}, "endpoint", "主机:端口"),
        ({"endpoint": "127.0.0.1:99999"}, "endpoint", "主机:端口"),
        ({"endpoint": "gateway:8788", "tls_name": "insecure"}, "tls_name", "tls = true"),
        ({"endpoint": "gateway:8788", "tls_ca": Path("/ca.pem")}, "tls_ca", "tls = true"),
        (
            {"endpoint": "gateway:8788", "tls": True, "tls_ca": Path("/nowhere/ca.pem")},
            "tls_ca",
            "没有这个文件",
        ),
    ],
)
def test_settings_that_cannot_work_say_which_key_and_why(stated, key, sentence):
    with pytest.raises(ValidationError) as refused:
        WechatySettings(**stated)

    (fault,) = refused.value.errors()
    assert fault["loc"] == (key,)
    assert sentence in fault["msg"]


@pytest.mark.parametrize(("token", "sentence"), [("", "没有令牌"), ("有 空格", "不能有空格")])
def test_a_token_is_needed(token, sentence, tmp_path):
    with pytest.raises(BotError, match=sentence):
        WechatyAdapter(
            "微信号",
            settings=WechatySettings(endpoint="[::1]:8788"),
            token=token,
            folder=tmp_path,
            out=print,
            clock=SystemClock(),
            count=print,
        )


def test_without_the_libraries_the_package_is_imported_and_an_account_says_what_is_missing():
    code = """
import sys
sys.modules["wechaty_puppet_service"] = None
from bot.adapters.wechaty.adapter import WechatyAdapter
from bot.adapters.wechaty.settings import WechatySettings
assert "grpclib" not in sys.modules and "betterproto" not in sys.modules
try:
    WechatyAdapter("a", settings=WechatySettings(endpoint="127.0.0.1:1"), token="t", folder=None,
                   out=print, clock=None, count=print)
except Exception as error:
    print(type(error).__name__, error)
"""

    told = _python(code)

    assert told.startswith("BotError")
    assert 'pip install "qungui[wechaty]"' in told


def test_wechaty_itself_is_imported_quietly_and_leaves_nothing_where_it_runs(tmp_path):
    code = """
import logging, os, sys
from pathlib import Path
from bot.adapters.wechaty.mending import load, load_wechaty
os.chdir(sys.argv[1])
load()
assert load_wechaty(Path(sys.argv[1], "cache")).Wechaty
loud = [name for name, logger in logging.root.manager.loggerDict.items()
        if getattr(logger, "propagate", True) is False and not logger.disabled]
assert loud == [], loud
assert set(os.listdir()) <= {"cache"}, os.listdir()
"""

    assert _python(code, str(tmp_path)) == ""


def _python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def _certificate(name: str) -> tuple[str, str]:
    """Return a certificate for a name, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = SystemClock().now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    )

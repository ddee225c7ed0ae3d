"""What a WeChat account behind real gateways of both generations tells, and what it is told to do."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

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
from tests.adapters.wechaty_account import (
    ACCOUNT,
    HASTY,
    QUICK,
    Counts,
    an_adapter,
    both,
    running,
)
from tests.peers.wechaty_gateway import (
    BOT,
    CURRENT,
    LI,
    OTHER_ROOM,
    ROOM,
    WANG,
    ZHAO,
    a_gateway,
)

pytestmark = pytest.mark.anyio


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


async def test_a_card_that_the_gateway_does_not_give_is_something_nobody_looked_into(tmp_path):
    async with (
        a_gateway(CURRENT) as gateway,
        running(an_adapter(gateway, tmp_path, timing=HASTY)) as inbox,
    ):
        await gateway.post("<msg/>", kind="link")
        event = await inbox.wait_for(MessagePosted)

        assert event.message.unread == (AttachmentKind.OTHER,)
        assert [type(each) for each in inbox.events] == [AccountConnected, MessagePosted]


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

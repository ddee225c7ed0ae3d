"""Every way to a chat platform tells the same story and answers the same, or says it cannot."""

# ruff: noqa: D102 - the names say it

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.model import action as action_module
from bot.model.action import (
    AcceptInvitation,
    Announce,
    DrawGroups,
    DrawMembers,
    Outgoing,
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
from bot.model.message import AttachmentKind
from bot.model.port import Adapter
from tests.adapters.contract import (
    BOT,
    CARD,
    DOCUMENTS,
    LI,
    NEEDED,
    PEERS,
    TOPIC,
    WANG,
    ZHAO,
    Peer,
    Sample,
)
from tests.adapters.peer import EventType, Inbox

pytestmark = pytest.mark.anyio
everywhere = pytest.mark.parametrize("platform", list(PEERS))
but_web_wechat = pytest.mark.parametrize("platform", [each for each in PEERS if each != "itchat"])


@dataclass
class Stage:
    """An adapter at work on a peer, and what it has handed over."""

    peer: Peer
    adapter: Adapter
    inbox: Inbox = field(default_factory=Inbox)

    @property
    def account(self) -> str:
        assert self.adapter.account is not None
        return self.adapter.account

    async def comes(self, kind: type[EventType], times: int = 1) -> EventType:
        return await self.inbox.wait_for(kind, times)

    async def hears(self, name: str, text: str) -> MessagePosted:
        """Let somebody write, and return how it came."""
        await self.peer.post(name, text)
        return await self.comes(MessagePosted, len(self.inbox.of(MessagePosted)) + 1)

    async def draw(self) -> MembersDrawn:
        outcome = await self.adapter.perform(
            DrawMembers(account=self.account, group=self.peer.group)
        )
        assert outcome.state is OutcomeState.DONE, outcome.reason
        (drawn,) = outcome.answers
        assert isinstance(drawn, MembersDrawn)
        return drawn

    async def users(self) -> dict[str, str]:
        """Return the ids of who is in the room, by nickname."""
        return {each.nickname: each.user for each in (await self.draw()).members}


@contextlib.asynccontextmanager
async def on(platform: str, folder: Path) -> AsyncIterator[Stage]:
    """Run the adapter of a platform while a test looks at what it hands over."""
    async with PEERS[platform]() as peer:
        stage = Stage(peer, peer.open(folder))
        task = asyncio.create_task(stage.adapter.run(stage.inbox))
        try:
            await stage.comes(AccountConnected)
            yield stage
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@everywhere
async def test_the_same_story_gives_the_same_events(platform, tmp_path):
    async with on(platform, tmp_path) as stage:
        peer, comes = stage.peer, stage.comes
        here = await stage.users()
        number = await peer.post(WANG, "大家好")
        await comes(MessagePosted, 1)
        await peer.post(LI, "帮助", to_bot=True)
        await comes(MessagePosted, 2)
        await peer.picture(LI)
        await comes(MessagePosted, 3)
        await peer.recall(WANG, number)
        await comes(MessageRecalled)
        await peer.tell(ZHAO, "待办")
        await comes(MessagePosted, 4)
        await peer.join(ZHAO, by=LI)
        joined = await comes(MemberJoined)
        zhao = (await stage.users())[ZHAO]
        await peer.post(ZHAO, "来了")
        await comes(MessagePosted, 5)
        await peer.leave(ZHAO)
        await stage.draw()
        left = await comes(MemberLeft)
        await peer.rename("预算绩效科工作群")
        renamed = await comes(GroupRenamed)
        await peer.remove_bot()
        removed = await comes(BotRemoved)

        assert [type(each) for each in stage.inbox.events] == [
            AccountConnected,
            *[MessagePosted] * 3,
            MessageRecalled,
            MessagePosted,
            MemberJoined,
            MessagePosted,
            MemberLeft,
            GroupRenamed,
            BotRemoved,
        ]
        connected = stage.inbox.of(AccountConnected)[0]
        assert (connected.account, connected.name) == (stage.account, "主号")
        assert connected.abilities == stage.adapter.abilities
        assert {each.account for each in stage.inbox.events} == {stage.account}
        hello, asked, picture, private, came = (
            each.message for each in stage.inbox.of(MessagePosted)
        )
        own = stage.account.partition(":")[2]
        assert here[BOT] == own
        assert (hello.id, hello.sender, hello.card, hello.text, hello.mentions) == (
            number, here[WANG], CARD, "大家好", (),
        )  # fmt: skip
        assert (asked.sender, asked.text.strip(), asked.mentions) == (here[LI], "帮助", (own,))
        assert (picture.text, [each.kind for each in picture.attachments]) == (
            "", [AttachmentKind.IMAGE],
        )  # fmt: skip
        assert (private.group, private.sender, private.text) == (None, zhao, "待办")
        recalled = stage.inbox.of(MessageRecalled)[0]
        assert (recalled.message_id, recalled.operator) == (number, here[WANG])
        assert (joined.user, joined.operator) == (zhao, here[LI])
        assert (came.sender, came.text) == (zhao, "来了")
        assert (left.user, left.removed) == (zhao, None)
        assert renamed.name == "预算绩效科工作群"
        in_room = [hello, asked, picture, recalled, joined, came, left, renamed, removed]
        assert {each.group for each in in_room} == {peer.group}


@everywhere
async def test_lists_show_who_is_there_under_which_names(platform, tmp_path):
    async with on(platform, tmp_path) as stage:
        outcome = await stage.adapter.perform(DrawGroups(account=stage.account))
        drawn = await stage.draw()

        (groups,) = outcome.answers
        assert isinstance(groups, GroupsDrawn)
        assert (stage.peer.group, TOPIC) in [
            (each.platform_id, each.name) for each in groups.groups
        ]
        assert drawn.complete
        assert {each.nickname: each.card for each in drawn.members} == {BOT: "", WANG: CARD, LI: ""}
        assert len({each.user for each in drawn.members}) == 3


@everywhere
async def test_what_is_said_arrives_once_and_does_not_come_back(platform, tmp_path):
    async with on(platform, tmp_path) as stage:
        users = await stage.users()
        long = "\n".join(f"第{line}行，写得长一点，好分几段发" for line in range(200))
        outcomes = [
            await stage.adapter.perform(action)
            for action in (
                SayInGroup(
                    account=stage.account,
                    group=stage.peer.group,
                    text="请遵守群规",
                    mention=users[LI],
                ),
                SayPrivately(account=stage.account, user=users[WANG], text="【待处置 1】"),
                SayPrivately(account=stage.account, user=users[LI], text=long),
            )
        ]
        heard = await stage.hears(LI, "收到")
        said = await stage.peer.said()

        assert [each.state for each in outcomes] == [OutcomeState.DONE] * 3
        assert heard.message.text == "收到"
        ((_, in_room),) = [each for each in said if each[0] == ""]
        assert in_room.endswith("请遵守群规")
        assert [text for name, text in said if name == WANG] == ["【待处置 1】"]
        parts = [text for name, text in said if name == LI]
        assert len(parts) > 1
        assert "\n".join(parts) == long
        assert [type(each) for each in stage.inbox.events] == [AccountConnected, MessagePosted]


@everywhere
async def test_a_removal_is_done_and_then_seen(platform, tmp_path):
    async with on(platform, tmp_path) as stage:
        users = await stage.users()
        removal = RemoveMember(account=stage.account, group=stage.peer.group, user=users[LI])
        since = (await stage.comes(AccountConnected)).at
        before = await stage.adapter.find(removal, since=since)
        outcome = await stage.adapter.perform(removal)
        after = await stage.draw()
        left = await stage.comes(MemberLeft)
        found = await stage.adapter.find(removal, since=since)

        assert before.state is OutcomeState.UNKNOWN
        assert (outcome.state, found.state) == (OutcomeState.DONE, OutcomeState.DONE)
        assert (left.group, left.user) == (stage.peer.group, users[LI])
        assert users[LI] not in {each.user for each in after.members}


@everywhere
async def test_what_no_ability_allows_is_unsupported_and_nothing_else_is(platform, tmp_path):
    async with on(platform, tmp_path) as stage:
        message = (await stage.hears(LI, "大家好")).message.id
        samples = Sample(stage.account, stage.peer.group, await stage.users(), message).all()
        refused = {
            type(action)
            for action in samples
            if (await stage.adapter.perform(action)).reason == "unsupported"
        }
        unknown = await stage.adapter.perform(Outgoing(account=stage.account))

        lacking = {
            kind
            for kind, needed in NEEDED.items()
            if needed is not None and needed not in stage.adapter.abilities
        }
        assert refused == lacking
        assert (unknown.state, unknown.reason) == (OutcomeState.FAILED, "unsupported")


async def test_every_outgoing_of_the_vocabulary_is_part_of_the_contract():
    vocabulary = {
        each
        for each in vars(action_module).values()
        if isinstance(each, type) and issubclass(each, Outgoing) and each is not Outgoing
    }
    samples = Sample("qq:1", "1", {LI: "2"}, "3").all()

    assert set(NEEDED) == {type(each) for each in samples} == vocabulary - DOCUMENTS


@everywhere
async def test_while_it_is_away_nothing_is_sent_and_then_it_goes_on(platform, tmp_path):
    async with on(platform, tmp_path) as stage:
        words = SayInGroup(account=stage.account, group=stage.peer.group, text="请遵守群规")
        before = await stage.hears(WANG, "走之前")
        await stage.peer.goes()
        lost = await stage.comes(ConnectionLost)
        away = await stage.adapter.perform(words)
        found = await stage.adapter.find(words, since=lost.at)
        trouble = stage.adapter.trouble
        await stage.peer.comes()
        await stage.comes(AccountConnected, times=2)
        await stage.users()
        after = await stage.hears(WANG, "回来后")
        again = await stage.adapter.perform(words)

        assert (away.state, away.reason) == (OutcomeState.FAILED, "offline")
        assert found.state is OutcomeState.UNKNOWN
        assert trouble
        assert stage.adapter.trouble is None
        assert again.state is OutcomeState.DONE
        assert [type(each) for each in stage.inbox.events] == [
            AccountConnected, MessagePosted, ConnectionLost, AccountConnected, MessagePosted,
        ]  # fmt: skip
        assert after.message.group == before.message.group
        if Ability.STABLE_IDS in stage.adapter.abilities:
            assert after.message.sender == before.message.sender


@but_web_wechat
async def test_who_can_accept_an_invitation_is_then_in_the_group(platform, tmp_path):
    async with on(platform, tmp_path) as stage:
        users = await stage.users()
        await stage.peer.invite(LI)
        invited = await stage.comes(InvitedToGroup)
        outcome = await stage.adapter.perform(
            AcceptInvitation(account=stage.account, flag=invited.flag)
        )
        joined = await stage.comes(MemberJoined)

        assert invited.user == users[LI]
        assert invited.group or invited.name == "国库科工作群"
        assert outcome.state is OutcomeState.DONE
        assert joined.user == stage.account.partition(":")[2]
        assert invited.group in {"", joined.group}


@but_web_wechat
async def test_who_can_rename_and_announce_does(platform, tmp_path):
    async with on(platform, tmp_path) as stage:
        group = stage.peer.group
        outcomes = [
            await stage.adapter.perform(action)
            for action in (
                RenameGroupChat(account=stage.account, group=group, name="预算绩效科工作群"),
                Announce(account=stage.account, group=group, text="群规见附件"),
            )
        ]
        renamed = await stage.comes(GroupRenamed)

        assert [each.state for each in outcomes] == [OutcomeState.DONE] * 2
        assert (renamed.group, renamed.name) == (group, "预算绩效科工作群")

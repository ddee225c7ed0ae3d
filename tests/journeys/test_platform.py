"""Parts 2 and 6: several accounts, bad tokens, bad input, and silence where nobody registered."""

import json
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.log import JsonLines
from bot.model.event import GroupSubmitted, MessagePosted, MessageRecalled
from bot.plugin import Workflow, on
from bot.sandbox import onebot
from bot.sandbox.world import Rank
from tests.journeys.conftest import (
    BOT,
    BUDGET,
    CHENG,
    FANG,
    GAMBLING,
    MENG,
    MOBILE,
    OWNER,
    PRIVATE_PARTY,
    TREASURY,
    TREASURY_OWNER,
    ZHANG,
    Stage,
)
from tests.journeys.site import PATIENCE, Site, becomes

SECOND = 10002
OUTSIDER = 29999


def wire(stage: Stage, frame: object, bot: int = BOT) -> None:
    """Put a raw frame on the wire of an account, as a faulty peer would."""
    text = frame if isinstance(frame, str) else json.dumps(frame)
    for link in stage.play.sandbox.wire.links:
        if link.bot == bot:
            link.push(text)


def message(text: object, number: object = 901, **changes: object) -> dict[str, object]:
    """Return a group message as the wire has it."""
    return {
        "time": 1795277987,
        "self_id": BOT,
        "post_type": "message",
        "message_type": "group",
        "sub_type": "normal",
        "group_id": BUDGET,
        "user_id": ZHANG,
        "message_id": number,
        "message": [{"type": "text", "data": {"text": text}}],
        "raw_message": "",
        "sender": {"user_id": ZHANG, "nickname": "张明", "card": "预算科 张明", "role": "member"},
    } | changes


async def rows(stage: Stage) -> dict[str, int]:
    """Return how many rows each table has."""

    def read(records: Any) -> dict[str, int]:
        tables = records.connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        count = "SELECT count(*) FROM "
        return {name: records.connection.execute(count + name).fetchone()[0] for (name,) in tables}

    return await stage.records(read)


# Registered groups only


def test_a_group_that_is_not_registered_leaves_no_row_and_gets_no_post(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            before = await rows(stage)

            stage.post(CHENG, GAMBLING, PRIVATE_PARTY)
            stage.post(CHENG, "机密★10年", PRIVATE_PARTY)
            stage.world.post(
                CHENG,
                PRIVATE_PARTY,
                (
                    {"type": "at", "data": {"qq": str(BOT)}},
                    {"type": "text", "data": {"text": " 帮助"}},
                ),
            )
            stage.world.upload(CHENG, PRIVATE_PARTY, "机密.docx", 1000)
            stage.world.recall(CHENG, stage.post(CHENG, "撤", PRIVATE_PARTY))
            stage.world.rename(CHENG, PRIVATE_PARTY, "改名了")
            stage.world.join(ZHANG, PRIVATE_PARTY)
            stage.world.leave(ZHANG, PRIVATE_PARTY)
            await stage.settled()

            assert await rows(stage) == before
            assert stage.posted(PRIVATE_PARTY) == []
            await stage.later(minutes=10)
            assert stage.posted(PRIVATE_PARTY) == []

    on_site(journey)


def test_a_stranger_who_writes_privately_gets_one_sentence_and_leaves_nothing_to_read(on_site):
    async def journey(site: Site) -> None:
        site.world.add_account(OUTSIDER, "路人甲")
        site.world.befriend(OUTSIDER, BOT)
        async with site.registered() as stage:
            for text in ("在吗，我是隔壁楼的", "撤回1", GAMBLING):
                stage.tell(OUTSIDER, text)
                await stage.settled()

            assert len(stage.read(OUTSIDER)) == 1
            kept = b"".join(path.read_bytes() for path in site.folder.glob("qungui.db*"))
            for trace in ("隔壁楼", "百家乐", str(OUTSIDER)):
                assert trace.encode() not in kept
            sealed = await stage.records(
                lambda records: records.connection.execute(
                    "SELECT (SELECT count(*) FROM inbox WHERE body_sealed IS NOT NULL)"
                    " + (SELECT count(*) FROM outbox WHERE body_sealed IS NOT NULL)"
                ).fetchone()[0]
            )
            assert sealed == 0

    on_site(journey)


def test_a_private_chat_between_two_people_is_never_seen(on_site):
    async def journey(site: Site) -> None:
        site.world.befriend(ZHANG, CHENG)
        async with site.registered() as stage:
            before = await rows(stage)

            stage.world.say(ZHANG, CHENG, GAMBLING)
            await stage.settled()

            assert await rows(stage) == before

    on_site(journey)


# Several accounts


def a_second_account(site: Site) -> None:
    """Let a second bot account watch the treasury's group, and sit in the budget's as well."""
    site.world.add_account(SECOND, "群规二号", bot=True)
    site.world.seat(TREASURY, SECOND, rank=Rank.ADMIN)
    site.world.seat(BUDGET, SECOND)
    site.world.groups[TREASURY].members.pop(BOT)
    site.world.befriend(TREASURY_OWNER, SECOND)


def shared_out(site: Site) -> list[Any]:
    """Return the registrations, the treasury's group watched by the second account."""
    return [
        replace(event, account=f"qq:{SECOND}")
        if isinstance(event, GroupSubmitted) and event.platform_id == str(TREASURY)
        else event
        for event in site.registrations()
    ]


def test_two_accounts_each_watch_their_own_groups(on_site):
    async def journey(site: Site) -> None:
        a_second_account(site)
        accounts = (site.account(), site.account(SECOND))
        async with site.bot(*accounts, register=shared_out(site)) as stage:

            def posts_of(bot: int, group: int) -> list[str]:
                return [post.text for post in stage.world.posts_in(group) if post.sender == bot]

            assert await stage.play.sandbox.until(
                lambda _: bool(posts_of(SECOND, TREASURY) and posts_of(BOT, BUDGET)), PATIENCE
            )
            stage.post(MENG, GAMBLING, TREASURY)
            stage.post(ZHANG, GAMBLING, BUDGET)

            assert await stage.play.sandbox.until(
                lambda world: any(
                    "【待处置" in post.text for post in world.inbox_of(TREASURY_OWNER, SECOND)
                ),
                PATIENCE,
            )
            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)
            await stage.settled()
            # The second account sits in the budget's group too, and does not watch it.
            assert len([text for text in stage.read(OWNER) if "【待处置" in text]) == 1
            assert posts_of(SECOND, BUDGET) == []
            seen = await stage.records(
                lambda records: records.connection.execute(
                    "SELECT group_id, account FROM messages ORDER BY group_id"
                ).fetchall()
            )
            assert seen == [(1, f"qq:{BOT}"), (2, f"qq:{SECOND}")]

    on_site(journey)


def test_one_account_that_is_lost_leaves_the_other_at_work(on_site):
    async def journey(site: Site) -> None:
        a_second_account(site)
        accounts = (site.account(), site.account(SECOND))
        async with site.bot(*accounts, register=shared_out(site)) as stage:
            first, second = stage.play.bot.adapters

            async def both() -> bool:
                return first.trouble is None and second.trouble is None

            assert await becomes(both)
            await stage.appears("群规助手须知", group=BUDGET, seconds=PATIENCE)
            for link in stage.play.sandbox.wire.links:
                if link.bot == SECOND:
                    link.push(None)
            stage.post(ZHANG, GAMBLING, BUDGET)

            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)

            async def blind() -> bool:
                spans = await stage.records(
                    lambda records: [records.groups.blind_intervals(each) for each in (1, 2)]
                )
                return spans[0] == [] and len(spans[1]) == 1

            assert await becomes(blind)

    on_site(journey)


def test_a_peer_that_connects_to_the_bot_is_served_like_any_other(on_site):
    async def journey(site: Site) -> None:
        account = site.account(way="reverse", url="")
        async with site.bot(account, register=site.registrations()) as stage:
            port = stage.play.bot.web_port

            site.sandbox.dial(f"ws://127.0.0.1:{port}/onebot/v11/ws", token=site.sandbox.token)

            assert await stage.play.ready(PATIENCE)
            stage.post(ZHANG, GAMBLING)
            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)

    on_site(journey)


# Trouble


def test_a_wrong_token_backs_off_and_is_said_in_words(on_site):
    async def journey(site: Site) -> None:
        wrong = site.account(token="not-the-token-of-this-peer")
        async with site.bot(wrong, register=site.registrations()) as stage:
            (adapter,) = stage.play.bot.adapters

            async def refused() -> bool:
                return "token" in (adapter.trouble or "")

            assert await becomes(refused)
            answer = await stage.play.bot.answer({"do": "status"})
            assert "请核对两边的 token" in str(answer)
            assert "not-the-token" not in str(answer)
            waiting = await stage.records(lambda records: records.outbox.counts())
            assert set(waiting) == {"waiting"}

    on_site(journey)


# Bad input

TEXT_THAT_MUST_NOT_BE_LOGGED = "这句话不该进日志"

_ODD = [
    "not json at all",
    "[]",
    "null",
    '"text"',
    "12",
    "{}",
    '{"post_type": "' + TEXT_THAT_MUST_NOT_BE_LOGGED + '"}',
    {"post_type": "notice", "notice_type": "something_new", "text": TEXT_THAT_MUST_NOT_BE_LOGGED},
    {"post_type": "message", "message_type": "group", "message": TEXT_THAT_MUST_NOT_BE_LOGGED},
    message({"nested": TEXT_THAT_MUST_NOT_BE_LOGGED}, 910),
    message("", 911),
    message("好", 912, group_id=-5),
    message("好", 913, user_id=None, sender=None),
    message("好", 914, group_id={"a": 1}),
    message("好", 915, time="yesterday"),
    message("好", 916, time=10**18),
    {"post_type": "notice", "notice_type": "group_upload", "group_id": BUDGET, "file": []},
    {"post_type": "request", "request_type": "friend", "flag": None},
    {"post_type": "meta_event", "meta_event_type": "heartbeat", "interval": "soon", "status": 7},
    {"echo": "nobody-asked", "status": "ok", "retcode": 0, "data": {"a": 1}},
    {"retcode": 1200, "status": "failed", "echo": None},
    '{"post_type":"message","a":' + "[" * 100_000 + "]" * 100_000 + "}",
    json.dumps(message("x", 917))[:-5],
]


def test_no_frame_of_the_wrong_shape_disturbs_what_is_right(on_site, caplog):
    caplog.set_level(logging.INFO)

    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            (adapter,) = stage.play.bot.adapters
            for frame in _ODD * 2:
                wire(stage, frame)

            stage.post(ZHANG, GAMBLING)

            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)
            assert adapter.trouble is None
            counted = stage.play.bot.metrics.exposition().decode()
            assert "qungui_events_dropped_total" in counted
            assert TEXT_THAT_MUST_NOT_BE_LOGGED not in counted

    on_site(journey)
    lines = [JsonLines().format(record) for record in caplog.records]
    assert lines
    for line in lines:
        assert "\\u8fd9\\u53e5\\u8bdd" not in line
        assert TEXT_THAT_MUST_NOT_BE_LOGGED not in line
    dropped = [record for record in caplog.records if "dropped" in record.getMessage()]
    kinds = {(each["kind"], each["reason"]) for each in (r.qungui_fields for r in dropped)}
    assert len(kinds) == len(dropped)


@pytest.mark.parametrize(
    ("frame", "kept"),
    [
        pytest.param(message(GAMBLING, -2147483648), "-2147483648", id="negative id"),
        pytest.param(message(GAMBLING, "99887766"), "99887766", id="id as text"),
        pytest.param(message(GAMBLING, 920, group_id=str(BUDGET)), "920", id="group as text"),
        pytest.param(message(GAMBLING + "\ud83d", 921), "921", id="lone surrogate"),
        pytest.param(
            message(GAMBLING, 922, sender={"user_id": ZHANG, "card": "预算\udc00科"}),
            "922",
            id="lone surrogate in a card",
        ),
        pytest.param(
            message("", 923, message=f"[CQ:at,qq=1]{GAMBLING}"), "923", id="codes in a string"
        ),
        pytest.param(
            message(
                "",
                924,
                message=[
                    *({"type": "at", "data": {"qq": str(n)}} for n in range(30_000, 40_000)),
                    {"type": "text", "data": {"text": GAMBLING}},
                ],
            ),
            "924",
            id="10,000 mentions",
        ),
        pytest.param(
            message(
                "",
                925,
                message=[
                    {"type": "json", "data": {"data": "[" * 20_000}},
                    {"type": None, "data": 5},
                    {"type": "text", "data": {"text": GAMBLING}},
                ],
            ),
            "925",
            id="a card that cannot be read",
        ),
        pytest.param(message(GAMBLING, 926, sub_type=None, font=[1]), "926", id="odd fields"),
        pytest.param(message(GAMBLING, 927, time=-1), "927", id="a time before all times"),
    ],
)
def test_what_is_right_in_an_odd_message_is_screened_and_kept(on_site, caplog, frame, kept):
    caplog.set_level(logging.INFO)

    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            wire(stage, frame)

            await stage.comes(OWNER, "【待处置 1】", "赌博", seconds=PATIENCE)
            found = await stage.records(lambda records: records.findings.on_message(1, kept))
            assert [each.rule for each in found] == ["gambling"]

    on_site(journey)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert not [line for line in map(JsonLines().format, caplog.records) if "767e5bb6" in line]


def test_a_lone_surrogate_in_a_private_command_harms_nothing(on_site, caplog):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            stage.post(ZHANG, GAMBLING)
            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)
            private = {"message_type": "private", "sub_type": "friend", "user_id": OWNER}

            wire(stage, message("误报1 看错\ud800了", 930, group_id=None, **private))

            await stage.comes(OWNER, "1 号已办结", seconds=PATIENCE)

    on_site(journey)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_ten_megabytes_of_text_are_screened_apart_and_alerted_when_they_return(on_site, caplog):
    caplog.set_level(logging.INFO)
    filling = "各科室请于周五前报送用款计划。" * 700_000
    long = filling[:5_000_000] + GAMBLING + filling[5_000_000:10_000_000]

    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            wire(stage, message(long, 940))
            wire(stage, message(MOBILE, 941, user_id=FANG))

            async def marked() -> bool:
                return await stage.records(
                    lambda records: bool(
                        records.connection.execute(
                            "SELECT 1 FROM messages WHERE message_id = '940'"
                        ).fetchone()
                    )
                )

            assert await becomes(marked, 60)
            missing = await stage.records(lambda records: records.groups.unscreened_count(1))
            found = await stage.records(lambda records: records.findings.on_message(1, "940"))
            assert missing == 1 or found

            await stage.comes(OWNER, "【待处置", "赌博", seconds=100)
            assert await stage.records(lambda records: records.groups.unscreened_count(1)) == 0
            other = await stage.records(lambda records: records.findings.on_message(1, "941"))
            assert other

    on_site(journey)
    for line in map(JsonLines().format, caplog.records):
        assert len(line) < 4000


def test_a_message_from_the_future_or_the_past_is_screened_all_the_same(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            now: datetime = site.clock.now()
            for number, moment in enumerate((now + timedelta(days=400), now - timedelta(days=2))):
                wire(stage, message(GAMBLING, 950 + number, time=int(moment.timestamp())))

            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)
            await stage.settled()
            for number in (950, 951):
                found = await stage.records(
                    lambda records, n=number: records.findings.on_message(1, str(n))
                )
                assert len(found) == 1

    on_site(journey)


def test_a_handler_that_raises_does_not_stop_the_next_event(on_site, loaded, caplog):
    def explode(context: object, event: MessagePosted) -> Any:
        if TEXT_THAT_MUST_NOT_BE_LOGGED in event.message.text:
            raise ValueError(event.message.text)
        yield from ()

    def burst(context: object, event: MessageRecalled) -> Any:
        raise KeyError(event.message_id)
        yield

    poison = Workflow(
        name="poison", listens=(on(MessagePosted, explode), on(MessageRecalled, burst))
    )

    async def journey(site: Site) -> None:
        poisoned = replace(loaded, workflows=(*loaded.workflows, poison))
        async with site.registered(loaded=poisoned) as stage:
            stage.post(FANG, TEXT_THAT_MUST_NOT_BE_LOGGED)
            stage.world.recall(FANG, stage.post(FANG, "撤"))
            stage.post(ZHANG, GAMBLING)

            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)
            seen = await stage.records(lambda records: records.groups.last_seen(1))
            assert seen is not None
            assert stage.play.bot.metrics.value("faults_total", step="MessagePosted") == 1

    on_site(journey)
    for line in map(JsonLines().format, caplog.records):
        assert "\\u8fd9\\u53e5\\u8bdd" not in line


def test_the_wire_helper_speaks_as_the_sandbox_does(on_site):
    """A guard of these tests themselves: what they push has the shape of a recorded message."""

    async def journey(site: Site) -> None:
        post = site.world.message(site.world.post(ZHANG, BUDGET, "好"))
        real = onebot.message_event(site.world, BOT, post)
        assert set(message("好")) <= set(real)

    on_site(journey)

"""OneBot v11 answers and events, also against the recorded wire transcript."""

import json
from pathlib import Path

import pytest

from bot.sandbox import codes, events, onebot
from bot.sandbox.things import Flavour, Happening
from bot.sandbox.world import World

BOT, OWNER, ADMIN, MEMBER, OTHER = 10001, 20011, 20012, 20013, 20014
GROUP, UNMANAGED = 700001, 700003
TRANSCRIPT = (
    Path(__file__).parents[3] / "shared/protocol/onebot11/llbot-ab2b6aff-wire-transcript.json"
)


def call(world: World, action: str, **params: object) -> dict:
    answer = onebot.answer(world, BOT, {"action": action, "params": params, "echo": "e"})
    assert answer is not None
    return json.loads(codes.encode(answer))


def told(world: World) -> list[dict]:
    heard: list[dict] = []

    def listen(happening: Happening) -> None:
        if BOT in happening.bots:
            frames = events.events(world, happening, BOT)
            heard.extend(json.loads(codes.encode(frame)) for frame in frames)

    world.listeners.append(listen)
    return heard


def recorded(what: str, number: int = 0) -> dict:
    if not TRANSCRIPT.exists():
        pytest.skip("the recorded transcript (../shared/protocol) is not beside this checkout")
    records = [r for r in json.loads(TRANSCRIPT.read_text()) if r["what"].startswith(what)]
    return records[number]["wire"]


def shape(value: object) -> object:
    """Return the keys and types of a JSON value."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items() if key != "echo"}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


@pytest.mark.parametrize(
    ("what", "params"),
    [
        ("get_login_info", {}),
        ("get_version_info", {}),
        ("get_group_list", {}),
        ("get_group_info", {"group_id": GROUP}),
        ("get_group_member_list", {"group_id": GROUP}),
        ("get_group_member_info", {"group_id": GROUP, "user_id": MEMBER}),
        ("send_group_msg", {"group_id": GROUP, "message": "一"}),
        ("send_private_msg", {"user_id": OWNER, "message": "一"}),
        ("set_group_card", {"group_id": GROUP, "user_id": MEMBER, "card": "一"}),
        ("set_group_name", {"group_id": GROUP, "group_name": "一"}),
        ("_send_group_notice", {"group_id": GROUP, "content": "一"}),
    ],
)
def test_an_answer_has_the_recorded_shape(world, what, params):
    world.switch(flavour="llbot")

    answer = call(world, what, **params)

    assert shape(answer) == shape(recorded(f"call {what} {{"))
    assert answer["echo"] == "e"


def test_history_has_the_recorded_shape(world):
    world.switch(flavour="llbot")
    call(world, "send_group_msg", group_id=GROUP, message="[CQ:at,qq=20013] 一")

    answer = call(world, "get_group_msg_history", group_id=GROUP, count=5)

    assert shape(answer) == shape(recorded("call get_group_msg_history"))


@pytest.mark.parametrize(
    ("action", "params", "number"),
    [
        ("get_group_info", {"group_id": 999}, 2),
        ("get_group_member_info", {"group_id": GROUP, "user_id": 1}, 1),
        ("send_group_msg", {"group_id": GROUP}, 2),
        ("no_such_action", {}, 0),
    ],
)
def test_a_failure_says_what_was_recorded(world, action, params, number):
    answer = call(world, action, **params)

    expected = recorded(f"call {action} {{", number)
    assert answer | {"echo": 0} == expected | {"echo": 0}


def test_events_have_the_recorded_shapes(world):
    world.switch(flavour="llbot")
    events = told(world)
    message = world.post(MEMBER, GROUP, "一")
    world.say(OWNER, BOT, "一")
    world.join(20022, GROUP)
    world.leave(20022, GROUP)
    world.upload(MEMBER, GROUP, "表.xlsx", 99)
    world.set_admin(OWNER, GROUP, OTHER, admin=True)
    world.mute(OWNER, GROUP, MEMBER, 600)
    world.mute_all(OWNER, GROUP, muted=True)
    world.recall(OWNER, message)
    world.befriend_request(20016, comment="你好")
    world.dissolve(OWNER, GROUP)
    if not TRANSCRIPT.exists():
        pytest.skip("the recorded transcript (../shared/protocol) is not beside this checkout")
    records = [r["wire"] for r in json.loads(TRANSCRIPT.read_text()) if r["what"] == "event"]

    def key(event: dict) -> tuple:
        names = ("post_type", "message_type", "notice_type", "request_type", "sub_type")
        return tuple(event.get(name) for name in names)

    by_key = {key(event): event for event in reversed(records)}
    for event in events:
        expected = shape(by_key[key(event)])
        expected.pop("via", None)
        ours = shape(event)
        if event["post_type"] == "message":
            assert event["message"][0]["type"] in {"text", "file"}
            ours.pop("message")
            expected.pop("message")
        assert ours == expected, key(event)
    assert len(events) == 12


def test_ids_may_come_as_text_and_messages_as_codes_or_segments(world):
    coded = call(
        world, "send_group_msg", group_id=str(GROUP), message="看[CQ:at,qq=20013]&#91;表&#93;"
    )
    segments = call(
        world,
        "send_msg",
        group_id=GROUP,
        message=[{"type": "text", "data": {"text": "[不是码]"}}],
    )

    assert coded["retcode"] == segments["retcode"] == 0
    first, second = world.posts_in(GROUP)
    assert first.text == "看@预算科 张明[表]"
    assert codes.raw_message(first.segments) == "看[CQ:at,qq=20013,name=预算科 张明]&#91;表&#93;"
    assert codes.segments_of(codes.raw_message(second.segments)) == second.segments


@pytest.mark.parametrize("suffix", ["_async", "_rate_limited"])
def test_a_suffix_changes_nothing(world, suffix):
    assert call(world, f"get_login_info{suffix}")["data"]["user_id"] == BOT


@pytest.mark.parametrize(
    "request_", [None, [], "x", 7, {}, {"action": 3}, {"action": "get_msg", "params": [1]}]
)
def test_a_request_of_the_wrong_shape_fails_with_1400(world, request_):
    answer = onebot.answer(world, BOT, request_)

    assert answer is not None
    assert answer["retcode"] == 1400


def test_lone_surrogates_travel_as_escapes():
    assert json.loads(codes.encode({"text": "\ud83d"})) == {"text": "\ud83d"}


def test_the_bot_takes_back_what_its_rank_allows(world):
    member, owner = world.post(MEMBER, GROUP, "一"), world.post(OWNER, GROUP, "二")
    events = told(world)

    assert call(world, "delete_msg", message_id=str(member))["status"] == "ok"
    assert call(world, "delete_msg", message_id=owner)["retcode"] == 1200

    assert [(e["notice_type"], e["operator_id"], e["message_id"]) for e in events] == [
        ("group_recall", BOT, member)
    ]
    assert call(world, "get_msg", message_id=member)["retcode"] == 1200
    assert call(world, "get_msg", message_id=owner)["data"]["raw_message"] == "二"


def test_history_leaves_out_what_was_taken_back(world):
    world.recall(MEMBER, world.post(MEMBER, GROUP, "一"))
    for text in "二三四":
        world.post(MEMBER, GROUP, text)

    answer = call(world, "get_group_msg_history", group_id=GROUP, count=2)

    assert [m["raw_message"] for m in answer["data"]["messages"]] == ["三", "四"]


def test_napcat_has_no_history_of_a_group_without_messages(world):
    assert call(world, "get_group_msg_history", group_id=GROUP)["retcode"] == 1200


@pytest.mark.parametrize(
    ("flavour", "renamed", "ended"),
    [
        (Flavour.NAPCAT, [("notify", "group_name")], ("group_decrease", "disband")),
        (Flavour.LLBOT, [], ("group_dismiss", None)),
    ],
)
def test_renaming_and_dissolving_differ_by_implementation(world, flavour, renamed, ended):
    world.switch(flavour=flavour)
    events = told(world)

    world.rename(OWNER, GROUP, "新名")
    world.transfer(OWNER, GROUP, ADMIN)
    world.dissolve(ADMIN, GROUP)

    seen = [(event["notice_type"], event.get("sub_type")) for event in events]
    assert seen == [*renamed, ended]


def test_only_a_bot_with_powers_is_told_who_removed_whom(world):
    events = told(world)

    world.kick(OWNER, GROUP, MEMBER)
    world.kick(20031, UNMANAGED, 20022)
    world.kick(OWNER, GROUP, BOT)

    assert [(e["sub_type"], e["operator_id"], e["user_id"]) for e in events] == [
        ("kick", OWNER, MEMBER),
        ("leave", 0, 20022),
        ("kick_me", OWNER, BOT),
    ]


def test_a_private_message_to_a_stranger_fails(world):
    answer = call(world, "send_private_msg", user_id=20016, message="一")

    assert answer["retcode"] == 1200
    assert world.inbox_of(20016) == ()


@pytest.mark.parametrize(
    ("sending", "delivered"), [("times_out_delivered", 1), ("times_out_lost", 0)]
)
def test_a_send_that_times_out_may_have_been_delivered(world, sending, delivered):
    world.switch(sending=sending)

    answer = call(world, "send_private_msg", user_id=OWNER, message="一")

    assert answer["retcode"] == 1200
    assert answer["message"].startswith("Timeout: NTEvent")
    assert len(world.inbox_of(OWNER)) == delivered


def test_a_send_may_go_unanswered(world):
    world.switch(sending="unanswered")
    request = {"action": "send_private_msg", "params": {"user_id": OWNER, "message": "一"}}

    assert onebot.answer(world, BOT, request) is None


def test_without_history_both_history_actions_are_unknown(world):
    world.switch(no_history=True)

    assert call(world, "get_group_msg_history", group_id=GROUP)["retcode"] == 1404
    assert call(world, "get_friend_msg_history", user_id=OWNER)["retcode"] == 1404


def test_a_hollow_recall_says_ok_and_does_nothing(world):
    world.switch(hollow_recall=True)
    message = world.post(MEMBER, GROUP, "一")
    events = told(world)

    assert call(world, "delete_msg", message_id=message)["status"] == "ok"

    assert world.message(message).recalled_by is None
    assert events == []


def test_a_hollow_removal_says_ok_and_does_nothing(world):
    world.switch(hollow_kick=True)
    events = told(world)

    assert call(world, "set_group_kick", group_id=GROUP, user_id=MEMBER)["status"] == "ok"

    assert MEMBER in world.group(GROUP).members
    assert events == []


def test_a_member_is_removed_for_a_bot_that_may(world):
    assert call(world, "set_group_kick", group_id=GROUP, user_id=MEMBER)["status"] == "ok"

    assert MEMBER not in world.group(GROUP).members
    assert call(world, "set_group_kick", group_id=GROUP, user_id=OWNER)["retcode"] == 1200


def test_a_request_to_join_can_be_refused(world):
    flag = world.ask_to_join(20022, GROUP, "我是新来的")

    answer = call(world, "set_group_add_request", flag=flag, approve=False, reason="未实名")

    assert answer["status"] == "ok"
    assert 20022 not in world.group(GROUP).members
    assert call(world, "set_group_add_request", flag=flag, approve=True)["retcode"] == 1200


def test_a_short_list_leaves_people_out_and_the_count_says_so(world):
    world.switch(short_lists=True)

    listed = call(world, "get_group_member_list", group_id=GROUP)["data"]

    count = call(world, "get_group_info", group_id=GROUP)["data"]["member_count"]
    assert 0 < len(listed) < count


def test_stale_lists_are_one_question_behind(world):
    world.switch(stale_lists=True)
    call(world, "get_group_member_list", group_id=GROUP)
    world.transfer(OWNER, GROUP, ADMIN)

    def owner() -> int:
        members = call(world, "get_group_member_list", group_id=GROUP)["data"]
        return next(member["user_id"] for member in members if member["role"] == "owner")

    assert [owner(), owner()] == [OWNER, ADMIN]


def test_its_own_messages_are_echoed_only_when_switched_on(world):
    events = told(world)

    call(world, "send_group_msg", group_id=GROUP, message="一")
    world.switch(echo_own=True)
    call(world, "send_group_msg", group_id=GROUP, message="二")

    assert [(event["post_type"], event["raw_message"]) for event in events] == [
        ("message_sent", "二")
    ]


def test_requests_are_listed_and_settled(world):
    events = told(world)
    world.ask_to_join(20022, GROUP, "国库科 孟初晴")
    world.befriend_request(20016, comment="预算科 纪安之")

    listed = call(world, "get_group_system_msg")["data"]
    for event in tuple(events):
        call(world, f"set_{event['request_type']}_add_request", flag=event["flag"], approve=True)

    assert [request["requester_uin"] for request in listed["join_requests"]] == [20022]
    assert 20022 in world.group(GROUP).members
    assert world.are_friends(20016, BOT)


def test_a_group_the_bot_is_not_in_does_not_exist_for_it(world):
    world.add_group(700010, "别的群", OWNER)

    assert call(world, "get_group_info", group_id=700010)["message"] == "群不存在"
    listed = call(world, "get_group_list")["data"]
    assert 700010 not in {group["group_id"] for group in listed}

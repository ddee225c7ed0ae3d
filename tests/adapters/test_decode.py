"""What each recorded and each odd frame becomes."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.onebot.decode import Answer, Dropped, decode
from bot.adapters.onebot.message import past
from bot.adapters.onebot.notice import Meta
from bot.model.event import (
    BotRemoved,
    Event,
    GroupDissolved,
    GroupRenamed,
    MemberLeft,
    MessagePosted,
    StandingChanged,
)
from bot.model.message import AttachmentKind, Message, Standing
from tests.adapters import recorded
from tests.adapters.peer import NOW, message

ACCOUNT = "qq:10001"
EXPECTED = json.loads(recorded.EXPECTED.read_text(encoding="utf-8"))
OPENAPI = Path(recorded.SHARED / "napcat-4.18.13-openapi.json")

needs_recordings = pytest.mark.skipif(
    not recorded.SHARED.is_dir(), reason="needs the shared folder beside the repository"
)


def read(frame: object) -> object:
    text = frame if isinstance(frame, str | bytes) else json.dumps(frame)
    return decode(text, account=ACCOUNT, now=NOW)


def posted(frame: object) -> Message:
    event = read(frame)
    assert isinstance(event, MessagePosted), event
    return event.message


def a_notice(kind: str, **fields: object) -> dict[str, object]:
    return {
        "time": 1795277987,
        "self_id": 10001,
        "post_type": "notice",
        "notice_type": kind,
        "group_id": 700001,
        "user_id": 20002,
        **fields,
    }


@needs_recordings
def test_every_recorded_frame_has_an_expected_meaning():
    assert [name for name, _ in recorded.frames()] == list(EXPECTED)


@needs_recordings
@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_frame_means_what_is_expected(name):
    frame = dict(recorded.frames())[name]

    decoded = read(frame)

    assert recorded.written(decoded) == EXPECTED[name]


@needs_recordings
def test_every_answer_in_napcats_documentation_is_read():
    paths = json.loads(OPENAPI.read_text(encoding="utf-8"))["paths"]
    examples = [
        example["value"]
        for path in paths.values()
        for content in path["post"]["responses"]["200"]["content"].values()
        for example in content.get("examples", {}).values()
        if "value" in example
    ]

    answers = [read(example) for example in examples]

    assert len(answers) > 100
    for answer, example in zip(answers, examples, strict=True):
        assert isinstance(answer, Answer)
        assert (answer.ok, answer.data) == (example["status"] == "ok", example.get("data"))


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (
            a_notice("notify", sub_type="group_name", name_new="新名"),
            GroupRenamed(at=NOW, account=ACCOUNT, group="700001", name="新名"),
        ),
        (
            a_notice("group_name_change", name="新名"),
            GroupRenamed(at=NOW, account=ACCOUNT, group="700001", name="新名"),
        ),
        (
            a_notice("group_decrease", sub_type="disband"),
            GroupDissolved(at=NOW, account=ACCOUNT, group="700001"),
        ),
        (
            a_notice("group_decrease", sub_type="kick", user_id=10001, operator_id=20001),
            BotRemoved(at=NOW, account=ACCOUNT, group="700001", operator="20001"),
        ),
        (
            a_notice("group_decrease", sub_type="leave"),
            MemberLeft(at=NOW, account=ACCOUNT, group="700001", user="20002", removed=None),
        ),
        (
            a_notice("group_admin", sub_type="unset"),
            StandingChanged(
                at=NOW,
                account=ACCOUNT,
                group="700001",
                user="20002",
                standing=Standing.MEMBER,
            ),
        ),
        (a_notice("bot_offline"), Meta(self_id="10001", online=False)),
        (a_notice("notify", sub_type="poke"), Dropped(kind="notice.notify.poke", reason="ignored")),
        (a_notice("brand_new"), Dropped(kind="notice.brand_new", reason="unknown")),
        (a_notice("张三的秘密"), Dropped(kind="notice.odd", reason="unknown")),
        (a_notice("group_recall"), Dropped(kind="notice.group_recall", reason="malformed")),
        (message("x", user_id=10001), Dropped(kind="message_sent", reason="ignored")),
        (message("x", group_id=None), Dropped(kind="message", reason="malformed")),
        ([], Dropped(kind="frame", reason="malformed")),
        ("", Dropped(kind="frame", reason="malformed")),
        ("[" * 200_000, Dropped(kind="frame", reason="malformed")),
    ],
)
def test_other_frames_of_the_field_mean_what_is_expected(frame, expected):
    if isinstance(frame, dict):
        frame["time"] = 0

    decoded = read(frame)

    assert decoded == expected


def test_text_and_code_strings_mean_the_same():
    segments = [
        {"type": "reply", "data": {"id": "-5"}},
        {"type": "at", "data": {"qq": "20001"}},
        {"type": "text", "data": {"text": " a[b]&,c "}},
        {"type": "face", "data": {"id": "1"}},
        {"type": "image", "data": {"file": "a.jpg", "url": "https://i.example/?a=1&b=2"}},
    ]
    code = (
        "[CQ:reply,id=-5][CQ:at,qq=20001] a&#91;b&#93;&amp;,c "
        "[CQ:face,id=1][CQ:image,file=a.jpg,url=https://i.example/?a=1&amp;b=2]"
    )

    from_segments, from_code = (posted(message("", message=form)) for form in (segments, code))

    assert from_segments == from_code
    assert (from_code.text, from_code.quotes, from_code.mentions) == (" a[b]&,c ", "-5", ("20001",))
    assert [each.kind for each in from_code.attachments] == [AttachmentKind.IMAGE]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]) | st.sampled_from("[]&,;=#CQ:")))
def test_escaping_as_codes_keeps_every_text(text):
    escaped = text.replace("&", "&amp;").replace("[", "&#91;").replace("]", "&#93;")

    delivered = posted(message("", message=escaped))

    assert delivered.text == text


def test_a_lone_surrogate_is_kept_in_the_text_and_nowhere_else():
    frame = json.dumps(message("赌\ud83d场", sender={"card": "李\udc00四", "role": "owner"}))

    delivered = posted(frame)

    assert delivered.text == "赌\ud83d场"
    assert delivered.card == "李\ufffd四"
    assert delivered.standing is Standing.OWNER


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"sender": None}, "原文"),
        ({"sender": 3, "time": "soon", "sub_type": 4, "font": []}, "原文"),
        ({"message": 7}, "原文"),
        ({"message": [{"type": "text", "data": {"text": "原文"}}, 5, {"type": "at"}]}, "原文"),
        ({"message": [{"type": 9}, {"type": "text", "data": {"text": "原文", "qq": []}}]}, "原文"),
        ({"message": [{"type": "markdown", "data": {"content": "原文"}}]}, "原文"),
        ({"time": 10**30}, "原文"),
        ({"message_id": "-12"}, "原文"),
    ],
)
def test_a_wrong_shape_loses_nothing_of_what_is_right(change, text):
    delivered = posted({**message("原文"), **change})

    assert (delivered.text, delivered.group, delivered.sender) == (text, "700001", "20002")


def test_ten_megabytes_of_text_come_through():
    text = "长" * (10 * 2**20 // 3)

    delivered = posted(message(text))

    assert delivered.text == text


def test_a_recalled_message_in_a_history_is_gone():
    kept, gone = message("在"), message("", message=[], raw_message="")

    read_back = [past(each, account=ACCOUNT, now=NOW) for each in (kept, gone, "junk")]

    assert [each and each.gone for each in read_back] == [False, True, None]


def test_before_the_login_the_frame_names_its_account():
    decoded = decode(json.dumps(message("x")), account=None, now=NOW)

    assert isinstance(decoded, Event)
    assert isinstance(decoded, MessagePosted)
    assert decoded.account == ACCOUNT


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(categories=["L", "Cs", "P"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
KEYS = (
    *message(""),
    "notice_type",
    "request_type",
    "file",
    "flag",
    "status",
    "echo",
    "data",
)


@given(
    st.sampled_from(["message", "notice", "request", "meta_event", "", "x"]),
    st.dictionaries(st.sampled_from(KEYS), json_values, max_size=5),
    st.sampled_from(["group_upload", "group_increase", "group_decrease", "notify", "group_admin"]),
)
def test_no_json_crashes_the_reader(post_type, changes, notice):
    frame = {**message("x"), "notice_type": notice, **changes, "post_type": post_type}

    decoded = read(frame)

    assert isinstance(decoded, Event | Answer | Meta | Dropped)
    if isinstance(decoded, MessagePosted):
        ids = (decoded.message.id, decoded.message.sender, decoded.message.group or "")
        assert "".join(ids).encode()
        assert isinstance(decoded.at, datetime)


@given(st.binary(max_size=60))
def test_no_bytes_crash_the_reader(junk):
    decoded = read(b'{"post_type":"message","group_id":' + junk)

    assert isinstance(decoded, Event | Answer | Meta | Dropped)

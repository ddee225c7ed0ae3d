"""`qungui scan`, `explain` and `try`: what is printed, in which order, with which status."""

import io
import json
from pathlib import Path

import pytest

from bot.explain import explain, try_text
from bot.model.finding import Clause, Topic
from bot.scan import scan
from bot.screening.engine import Engine
from plugins.rules import classified, gambling, malicious_link, personal_information

ENGINE = Engine((classified.RULE, gambling.RULE, malicious_link.RULE, personal_information.RULE))
CLAUSE = Clause(
    code="HS-12(2)~gambling",
    regulation="HS",
    citation="第十二条第二项",
    title="严禁赌博",
    wording="",
)
OFFENCE = "百家乐首充送彩金，加微信 bocai888"


def clauses_of(topic: Topic) -> tuple[Clause, ...]:
    return (CLAUSE,) if topic is Topic.GAMBLING else ()


def run(*paths: Path | str, style: str = "jsonl", stdin: bytes = b"") -> tuple[int, list, str]:
    out, err = io.StringIO(), io.StringIO()
    status = scan(
        [str(path) for path in paths],
        engine=ENGINE,
        clauses_of=clauses_of,
        format=style,
        out=out,
        err=err,
        stdin=io.BytesIO(stdin),
    )
    printed = out.getvalue()
    printed.encode("utf-8")
    return (
        status,
        [json.loads(line) for line in printed.splitlines()] if style == "jsonl" else [printed],
        err.getvalue(),
    )


def test_a_clean_file_ends_with_status_zero(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("收到\n好的\n", "utf-8")

    status, rows, err = run(path)

    assert status == 0
    assert rows == [{"id": f"{path}:1", "findings": []}, {"id": f"{path}:2", "findings": []}]
    assert err == ""


def test_a_finding_has_the_promised_fields(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": 7, "text": OFFENCE}), "utf-8")

    status, (row,), _ = run(path)
    (finding,) = row["findings"]

    assert status == 1
    assert row["id"] == 7
    assert list(finding) == [
        "topic",
        "rule",
        "clauses",
        "severity",
        "start",
        "end",
        "why",
        "excerpt",
    ]
    assert finding["clauses"] == ["HS-12(2)~gambling"]
    assert (finding["topic"], finding["severity"]) == ("gambling", "high")
    assert OFFENCE[finding["start"] : finding["end"]].startswith("百家乐")
    assert "百家乐" not in finding["excerpt"]


def test_a_secret_marking_leaves_no_excerpt_of_any_finding(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "机密★10年\n王五手机13800138000"}), "utf-8")

    _, (row,), _ = run(path)

    assert {finding["topic"] for finding in row["findings"]} == {
        "classified",
        "personal_information",
    }
    assert {finding["excerpt"] for finding in row["findings"]} == {""}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("heading", ["text", "内容", "消息"])
def test_a_table_is_read_in_the_encodings_of_offices(tmp_path: Path, encoding: str, heading: str):
    path = tmp_path / "a.csv"
    path.write_text(f'id,{heading}\nm1,收到\nm2,"{OFFENCE}\n两行"\n', encoding)

    status, rows, _ = run(path)

    assert status == 1
    assert [row["id"] for row in rows] == ["m1", "m2"]
    assert [len(row["findings"]) for row in rows] == [0, 1]


def test_lines_that_cannot_be_read_say_so_and_stop_nothing(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    lines = [
        b"{",
        b'{"text": 5}',
        b"[" * 100_000,
        '{"text": "好"}'.encode(),
        b'{"text": "\xff"}',
        json.dumps({"text": OFFENCE}).encode(),
    ]
    path.write_bytes(b"\n".join(lines))

    status, rows, _ = run(path)

    assert status == 2
    assert [sorted(row) for row in rows] == [["error", "id"]] * 3 + [
        ["findings", "id"],
        ["error", "id"],
        ["findings", "id"],
    ]
    assert len(rows[-1]["findings"]) == 1


def test_a_missing_file_is_named_and_the_rest_is_screened(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text(OFFENCE, "utf-8")

    status, rows, err = run(tmp_path / "missing.txt", path)

    assert status == 2
    assert len(rows) == 1
    assert "missing.txt" in err


def test_standard_input_is_a_message_a_line():
    status, rows, _ = run("-", stdin=f"收到\n{OFFENCE}\n".encode())

    assert status == 1
    assert [row["id"] for row in rows] == ["-:1", "-:2"]


def test_lone_surrogates_are_printable(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "\\ud800", "text": "\\ud83d 百家乐首充送彩金 \\udc80"}', "utf-8")

    status, rows, _ = run(path)

    assert status == 1
    assert len(rows[0]["findings"]) == 1


def test_the_table_is_for_eyes(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text(OFFENCE, "utf-8")

    status, (printed,), _ = run(path, style="table")

    assert status == 1
    assert "赌博" in printed
    assert "共 1 条消息，1 条有发现" in printed


def test_explaining_shows_examples_misses_and_clauses():
    shown = explain(gambling.RULE, [CLAUSE])

    assert all(
        part in shown
        for part in (
            f"第 {gambling.RULE.version} 版",
            "HS-12(2)~gambling",
            gambling.RULE.flags[0],
            "已知识别不到",
        )
    )


def test_trying_says_what_was_seen_and_what_acquitted_it():
    shown = try_text(ENGINE, "严禁参与百家乐等赌博活动")

    assert "百家乐（4）" in shown
    assert "禁止或劝阻" in shown
    assert "classified" in shown

"""Log lines and metrics hold codes and numbers, never what people wrote."""

import io
import json
import logging
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.log import JsonLines, configure, event_logger
from bot.metrics import Metrics

SECRET = "赵一发的原文"


@pytest.fixture
def lines():
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    before = root.handlers[:], root.level
    root.handlers.clear()  # pytest's own would be closed by configure
    for library in ("websockets", "asyncio", "uvicorn"):  # others' tests leave levels behind
        logging.getLogger(library).setLevel(logging.NOTSET)
        logging.getLogger(library).propagate = True
    stream = io.StringIO()
    configure("DEBUG", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before
    sys.excepthook, threading.excepthook = hooks


def failing(text):
    raise ValueError(f"cannot read {text}")


def caught(call, *values):
    try:
        call(*values)
    except ValueError as error:
        return error
    raise AssertionError


def test_a_line_names_time_level_logger_event_and_fields(lines):
    event_logger("bot.pipeline.record").info("batch_committed", size=3, account="main", late=False)

    (line,) = lines()
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "bot.pipeline.record",
        "event": "batch_committed",
        "size": 3,
        "account": "main",
        "late": False,
    }


def test_an_error_is_logged_without_its_message(lines):
    error = caught(failing, SECRET)

    event_logger("bot.screening").fault("rule_failed", error, event_id=7, rule="gambling")

    (line,) = lines()
    assert SECRET not in json.dumps(line, ensure_ascii=False)
    assert "cannot read" not in json.dumps(line)
    assert (line["event"], line["event_id"], line["level"]) == ("rule_failed", 7, "error")
    assert line["error"][0]["class"] == "ValueError"
    assert line["error"][0]["frames"][-1].startswith("tests/test_log.py:")


def test_causes_and_groups_are_logged_by_class_only(lines):
    group = ExceptionGroup(SECRET, [caught(failing, SECRET), KeyError(SECRET)])
    outer = RuntimeError(SECRET)
    outer.__cause__ = group
    group.exceptions[0].__cause__ = outer

    event_logger("bot").fault("failed", outer)

    (line,) = lines()
    assert [error["class"] for error in line["error"]] == [
        "RuntimeError",
        "ExceptionGroup",
        "ValueError",
        "KeyError",
    ]
    assert SECRET not in json.dumps(line, ensure_ascii=False)


def test_a_library_logs_its_template_but_not_its_arguments(lines):
    logging.getLogger("websockets").debug("< %s", SECRET)
    logging.getLogger("asyncio").error(f"Task failed: {SECRET}")  # noqa: G004 - libraries do
    logging.getLogger("uvicorn").error("failed", exc_info=caught(failing, SECRET))

    said = lines()
    assert [line["event"] for line in said] == ["library"] * 3
    assert said[0]["template"] == "< %s"
    assert said[1]["from"].startswith("tests/test_log.py:")
    assert said[2]["error"][0]["class"] == "ValueError"
    assert SECRET not in json.dumps(said, ensure_ascii=False)


@pytest.mark.parametrize("field", ["text", "name", "card", "sender", "token", "excerpt"])
def test_a_field_named_for_what_must_not_be_logged_is_withheld(lines, field):
    event_logger("bot").warning("odd", **{field: SECRET})

    assert lines()[0][field] == "withheld"


def test_a_value_that_is_no_code_is_withheld(lines):
    event_logger("bot").error("odd", payload_kind={"text": SECRET}, code="x" * 1000)

    (line,) = lines()
    assert line["payload_kind"] == "withheld"
    assert line["code"] == "x" * 200


def test_an_error_nobody_caught_is_logged_without_its_message(lines):
    error = caught(failing, SECRET)

    sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=failing, args=(SECRET,))
    thread.start()
    thread.join()

    said = lines()
    assert [line["event"] for line in said] == ["uncaught", "uncaught_in_thread"]
    assert SECRET not in json.dumps(said, ensure_ascii=False)


def test_an_interruption_from_the_keyboard_is_left_to_python(lines, capsys):
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert lines() == []
    assert "KeyboardInterrupt" in capsys.readouterr().err


def test_a_closed_stream_does_not_print_the_record(lines, capsys):
    logging.getLogger().handlers[0].stream.close()

    logging.getLogger("library").error("said %s", SECRET)

    assert capsys.readouterr().err == ""
    logging.getLogger().handlers[0].stream = io.StringIO()


def test_an_unknown_level_is_refused(lines):
    with pytest.raises(ValueError, match="LOUD"):
        configure("LOUD")


@given(st.text(st.characters(exclude_categories=())), st.floats())
def test_any_value_makes_one_line(text, number):
    record = logging.makeLogRecord(
        {"msg": "odd", "qungui_fields": {"code": text, "number": number}}
    )

    line = JsonLines().format(record)

    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line, parse_constant=pytest.fail)["code"] == text[:200]


def test_metrics_are_counted_apart_from_each_other():
    metrics, other = Metrics(), Metrics()
    metrics.event_received("MessagePosted")
    metrics.event_received("MessagePosted")
    metrics.event_dropped("unknown_post_type")
    metrics.finding("gambling")
    metrics.alert("critical")
    metrics.send_settled("done")
    metrics.fault("screen")
    metrics.batch_committed(3)
    metrics.queue_is("inbox", 5)

    text = metrics.exposition().decode()

    assert 'qungui_events_received_total{kind="MessagePosted"} 2.0' in text
    assert 'qungui_events_dropped_total{reason="unknown_post_type"} 1.0' in text
    assert 'qungui_queue_length{queue="inbox"} 5.0' in text
    assert metrics.value("findings_total", rule="gambling") == 1
    assert metrics.value("alerts_total", lane="critical") == 1
    assert metrics.value("sends_total", outcome="done") == 1
    assert metrics.value("faults_total", step="screen") == 1
    assert metrics.value("batch_size_sum") == 3
    assert other.value("findings_total", rule="gambling") == 0

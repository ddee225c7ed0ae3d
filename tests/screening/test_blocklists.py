"""An operator's blocklists: every format is read, and a link is looked up exactly."""

from pathlib import Path

import pytest

from bot.model.finding import Severity
from bot.screening.blocklists import CODE, blocklist_rules, read_blocklist, url_key
from bot.screening.engine import Engine

URLHAUS = """\
################################################################
# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter
"1","2026-11-01 10:00:00","http://203.0.113.5:8080/bins/a.sh","online","2026-11-02","malware","elf","https://list.example/1","x"
"2","2026-11-01 10:00:00","https://files.example.com/a,b/load.doc","online","","malware","","https://list.example/2","x"
"""
PHISHTANK = """\
phish_id,url,phish_detail_url,submission_time,verified,verification_time,online,target
11,https://bank-login.example.org/a?b=1,http://detail.example/11,2026-11-01,yes,2026-11-01,yes,Other
"""
HOSTS = """\
# blocked
127.0.0.1 localhost
0.0.0.0 bad-host.example.net two.example.net # why
::1 localhost
"""
PLAIN = """\
lure.example.cc
https://doc.example.com/s/Abc
||ads.example.io^
没有网址的一行
"""


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("urlhaus.csv", URLHAUS, ["203.0.113.5:8080/bins/a.sh", "files.example.com/a,b/load.doc"]),
        ("phishtank.csv", PHISHTANK, ["bank-login.example.org/a?b=1"]),
        ("hosts", HOSTS, ["bad-host.example.net", "two.example.net"]),
        ("list.txt", PLAIN, ["ads.example.io", "doc.example.com/s/abc", "lure.example.cc"]),
    ],
)
def test_each_format_is_read(tmp_path: Path, name: str, content: str, found: list[str]):
    path = tmp_path / name
    path.write_text(content, "utf-8")

    blocklist, _ = read_blocklist(path)

    assert sorted(blocklist.hosts | blocklist.urls) == found


def test_a_bad_line_is_named_with_its_number_and_skipped(tmp_path: Path):
    path = tmp_path / "list.txt"
    path.write_text(PLAIN, "utf-8")

    blocklist, faults = read_blocklist(path)

    assert faults == ("list.txt 第4行不是网址或域名，已跳过。",)
    assert "lure.example.cc" in blocklist.hosts


def test_many_bad_lines_are_only_counted(tmp_path: Path):
    path = tmp_path / "list.txt"
    path.write_text("坏行\n" * 50, "utf-8")

    _, faults = read_blocklist(path)

    assert len(faults) == 21
    assert faults[-1] == "list.txt 另有30行不是网址或域名，已跳过。"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://A.example.com/x/", "https://a.example.com/x"),
        ("http://a.example.com:80/x", "a.example.com/x"),
        ("http://u:p@a.example.com/x#part", "a.example.com/x"),
    ],
)
def test_two_spellings_of_one_address_are_one(one: str, other: str):
    assert url_key(one) == url_key(other)


def test_another_port_is_another_address():
    assert url_key("http://a.example.com:8080/x") != url_key("http://a.example.com/x")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "a.csv").write_text(URLHAUS, "utf-8")
    (tmp_path / "b.txt").write_text(PLAIN + "hacked.gov.cn\n", "utf-8")
    (tmp_path / "notes.md").write_text("not a list", "utf-8")
    return Engine(blocklist_rules(tmp_path).rules)


@pytest.mark.parametrize(
    "text",
    [
        "下载 http://203.0.113.5:8080/bins/a.sh",
        "看 lure.example.cc 吧",
        "看 http://www.lure.example.cc/any",
        "看 hxxp://lure[.]example[.]cc",
        "HTTPS://DOC.example.com/s/Abc。",
    ],
)
def test_a_listed_link_is_flagged_high(engine: Engine, text: str):
    (flag,) = engine.screen(text).flags

    assert (flag.rule, flag.severity) == (CODE, Severity.HIGH)


@pytest.mark.parametrize(
    "text",
    [
        "https://doc.example.com/s/Other",
        "http://notlure.example.cc/",
        "http://203.0.113.5/",
        "http://www.hacked.gov.cn/",
    ],
)
def test_what_is_not_listed_or_official_is_left_alone(engine: Engine, text: str):
    assert engine.screen(text).flags == ()


def test_an_unreadable_file_is_named_and_the_others_serve(tmp_path: Path):
    (tmp_path / "good.txt").write_text("lure.example.cc", "utf-8")

    loaded = blocklist_rules(tmp_path / "good.txt", tmp_path / "gone.txt")

    assert len(loaded.rules) == 1
    assert loaded.faults == ("读不到文件 gone.txt，请检查路径和权限。",)


def test_an_empty_list_makes_no_rule(tmp_path: Path):
    assert blocklist_rules(tmp_path).rules == ()

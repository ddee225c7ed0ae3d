"""Links in the spellings that people and spammers use."""

import pytest

from bot.screening.links import find_links


@pytest.mark.parametrize(
    ("text", "host", "domain"),
    [
        ("看www.a-b.tk领取", "www.a-b.tk", "a-b.tk"),
        ("http://evil.tk领取", "evil.tk", "evil.tk"),
        ("http://x.gov.cn/a，请看", "x.gov.cn", "x.gov.cn"),
        ("hxxp://evil[.]tk/a", "evil.tk", "evil.tk"),
        ("evil。tk", "evil.tk", "evil.tk"),
        ("https://腾讯.com/abc", "腾讯.com", "腾讯.com"),
        ("http://3232235777/", "3232235777", ""),
        ("http://login.bank.example/a", "login.bank.example", "bank.example"),
    ],
)
def test_an_address_is_found_and_split(text: str, host: str, domain: str):
    (link,) = find_links(text)

    assert (link.host, link.domain) == (host, domain)


@pytest.mark.parametrize(
    "text",
    ["附件.docx", "readme.md", "zhang@163.com", "版本2.0.1", "e.g. U.S.", "资料.zip", "1. 通知"],
)
def test_what_is_no_address_is_left_alone(text: str):
    assert list(find_links(text)) == []


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("h t t p : / / icbc-safe . tk / login 打开", "icbc-safe.tk", "/login"),
        ("h-t-t-p-s://yb-butie . icu/a（去掉横线）", "yb-butie.icu", "/a"),
        ("点 wx-hongbao点top斜杠g 领", "wx-hongbao.top", "/g"),
    ],
)
def test_an_address_pulled_apart_is_put_together(text: str, host: str, path: str):
    (link,) = find_links(text)

    assert (link.host, link.path, link.defanged) == (host, path, True)


@pytest.mark.parametrize(
    "text", ["下午三点cn组开会", "这一点top优先", "重点top10项目", "http 协议: 见附件"]
)
def test_ordinary_words_are_not_put_together(text: str):
    assert list(find_links(text)) == []


def test_an_ip_address_keeps_its_port_and_path():
    (link,) = find_links("http://203.0.113.5:8080/bins/a.sh")

    assert (link.address, link.port, link.path) == ("203.0.113.5", "8080", "/bins/a.sh")


def test_the_names_above_a_host_end_with_its_domain():
    (link,) = find_links("http://a.b.example.com.cn/")

    assert list(link.upwards()) == ["a.b.example.com.cn", "b.example.com.cn", "example.com.cn"]

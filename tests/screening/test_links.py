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

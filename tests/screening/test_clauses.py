"""The regulations as data: complete, true to the texts, and cited as the office decides."""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.model.errors import BotError
from bot.model.finding import Decider, Topic
from bot.screening.clauses import Clauses, load_clauses

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "plugins" / "regulations"
TEXTS = ROOT.parent / "shared" / "regulations"
TEXT_OF = {
    "HS": "004_8c9c3a70297559f1.txt",
    "CZ": "000_d75b563c4915d38f.txt",
    "HL": "001_8bf33b2ad0110311.txt",
    "PZ": "002_7fc3be4de93f1c36.txt",
    "BS": "003_5ea38d6fac5841e2.txt",
}
ALL = frozenset(TEXT_OF)

CODES = {
    "HS": """
        HS-2/2 HS-3 HS-4 HS-5 HS-6 HS-7 HS-8 HS-9 HS-10/1 HS-10/2
        HS-11/1 HS-11/1~members_data
        HS-11/2 HS-11/2~weekly_check HS-11/2~off_topic HS-11/2~suggestions
        HS-12(1)
        HS-12(2) HS-12(2)~state_security HS-12(2)~pornography HS-12(2)~gambling HS-12(2)~violence
        HS-12(2)~advertisement HS-12(2)~malicious_link HS-12(2)~other_unlawful
        HS-12(2)~infringement HS-12(2)~civility
        HS-12(3) HS-12(3)~classified HS-12(3)~internal_document HS-12(3)~personal_information
        HS-12(3)~sensitive HS-12(3)~unreviewed HS-12(3)~not_public HS-12(3)~leak_outside
        HS-12(3)~constitution HS-12(3)~state_security HS-12(3)~rumour
        HS-12(3)~image_of_the_office
    """,
    "CZ": """
        CZ-2.1 CZ-2.1(1) CZ-2.1(2) CZ-2.1(3) CZ-2.1(4) CZ-2.1(5) CZ-2.1(6) CZ-2.1(7)
        CZ-2.2 CZ-2.2(1) CZ-2.2(2) CZ-2.2(3) CZ-2.2(4) CZ-2.2(5) CZ-2.2(6) CZ-2.2(7) CZ-2.2(8)
        CZ-2.2(9) CZ-2.2(10) CZ-2.2(11)
        CZ-2.3 CZ-2.3(1) CZ-2.3(2) CZ-2.3(3) CZ-2.3(4) CZ-2.3(5) CZ-2.3(6) CZ-2.3(7) CZ-2.3(8)
        CZ-2.3(9)
        CZ-3 CZ-3.1 CZ-3.2 CZ-3.3 CZ-4 CZ-4.1 CZ-4.2 CZ-4.3 CZ-5
    """,
    "HL": """
        HL-3 HL-9 HL-9(1) HL-9(2) HL-9(3) HL-9(4) HL-9(5) HL-9(6) HL-9(7) HL-9(8) HL-9(9)
        HL-10 HL-11 HL-12 HL-14 HL-17 HL-18 HL-19 HL-20 HL-21 HL-22 HL-23 HL-25 HL-26 HL-26b
    """,
    "PZ": """
        PZ-6 PZ-7 PZ-9 PZ-10 PZ-10(1) PZ-10(2) PZ-10(3) PZ-10(4) PZ-10(5) PZ-10(6) PZ-10(7)
        PZ-10(8) PZ-10(9) PZ-10(10) PZ-12 PZ-13 PZ-14 PZ-15 PZ-16 PZ-17
        PZ-18 PZ-18~state_security PZ-18~classified PZ-18~other_unlawful PZ-18~sensitive
        PZ-18~pornography PZ-18~rumour PZ-18~off_topic PZ-18~image_of_the_office
        PZ-19 PZ-20 PZ-21 PZ-22 PZ-23 PZ-25 PZ-26 PZ-27 PZ-28 PZ-29
    """,
    "BS": """
        BS-8 BS-9 BS-9/1 BS-9/2 BS-13 BS-14 BS-16 BS-17 BS-18 BS-19 BS-20 BS-22 BS-24 BS-25
        BS-26 BS-26/1 BS-26/2
        BS-27/1 BS-27/1~unreviewed BS-27/1~personal_opinion BS-27/1~advertisement
        BS-27/1~infringement BS-27/1~clickbait BS-27/1~pornography BS-27/1~rumour
        BS-27/1~irregular_media BS-27/1~malicious_link
        BS-28 BS-29 BS-30 BS-30(1) BS-30(2) BS-30(3) BS-30(4) BS-30(5) BS-30(6) BS-30(7) BS-30(8)
        BS-30(9) BS-31 BS-32 BS-34 BS-35 BS-38
    """,
}

DUTIES = """
    HS-2/2 HS-3 HS-4 HS-5 HS-6 HS-7 HS-8 HS-9 HS-10/1 HS-10/2 HS-11/1 HS-11/1~members_data HS-11/2
    HS-11/2~weekly_check HS-11/2~off_topic HS-11/2~suggestions HS-12(1)
    CZ-3 CZ-3.1 CZ-3.2 CZ-3.3 CZ-4 CZ-4.1 CZ-4.2 CZ-4.3 CZ-5
    HL-3 HL-10 HL-11 HL-12 HL-14 HL-17 HL-18 HL-22 HL-23
    PZ-6 PZ-7 PZ-9 PZ-12 PZ-13 PZ-14 PZ-15 PZ-16 PZ-17 PZ-19 PZ-20 PZ-21 PZ-22 PZ-23 PZ-26
    BS-9 BS-9/1 BS-9/2 BS-13 BS-14 BS-16 BS-17 BS-18 BS-20 BS-22 BS-24 BS-25 BS-26 BS-26/1 BS-26/2
    BS-27/1 BS-28 BS-29 BS-31 BS-32 BS-34 BS-35 BS-38
"""

# Every clause that has topics, in full: a table to hold against the texts, not one to be clever in.
TOPICS = {
    "HS-4": "unreviewed",
    "HS-5": "advertisement pornography classified personal_information unreviewed",
    "HS-11/2~off_topic": "off_topic",
    "HS-12(2)~state_security": "state_security",
    "HS-12(2)~pornography": "pornography",
    "HS-12(2)~gambling": "gambling",
    "HS-12(2)~violence": "violence",
    "HS-12(2)~advertisement": "advertisement",
    "HS-12(2)~malicious_link": "malicious_link",
    "HS-12(2)~other_unlawful": "fraud abuse superstition",
    "HS-12(2)~infringement": "infringement",
    "HS-12(2)~civility": "abuse",
    "HS-12(3)~classified": "classified",
    "HS-12(3)~internal_document": "internal_document",
    "HS-12(3)~personal_information": "personal_information",
    "HS-12(3)~sensitive": "sensitive",
    "HS-12(3)~unreviewed": "unreviewed",
    "HS-12(3)~not_public": "not_public",
    "HS-12(3)~leak_outside": "leak_outside",
    "HS-12(3)~constitution": "constitution",
    "HS-12(3)~state_security": "state_security",
    "HS-12(3)~rumour": "rumour",
    "HS-12(3)~image_of_the_office": "image_of_the_office",
    **{f"CZ-2.1({item})": "encouraged" for item in range(1, 8)},
    "CZ-2.2(1)": "constitution",
    "CZ-2.2(2)": "state_security classified",
    "CZ-2.2(3)": "national_honour",
    "CZ-2.2(4)": "heroes",
    "CZ-2.2(5)": "terrorism",
    "CZ-2.2(6)": "ethnic_unity",
    "CZ-2.2(7)": "cult superstition",
    "CZ-2.2(8)": "rumour",
    "CZ-2.2(9)": "pornography gambling violence",
    "CZ-2.2(10)": "abuse personal_information infringement",
    "CZ-2.2(11)": "fraud",
    "CZ-2.3(1)": "clickbait",
    "CZ-2.3(2)": "scandal",
    "CZ-2.3(3)": "disaster",
    "CZ-2.3(4)": "pornography",
    "CZ-2.3(5)": "violence",
    "CZ-2.3(6)": "abuse",
    "CZ-2.3(7)": "pornography",
    "CZ-2.3(8)": "minors",
    "CZ-2.3(9)": "other",
    "CZ-3": "unreviewed",
    "HL-9(1)": "constitution",
    "HL-9(2)": "state_security classified",
    "HL-9(3)": "national_honour",
    "HL-9(4)": "ethnic_unity",
    "HL-9(5)": "cult superstition",
    "HL-9(6)": "rumour",
    "HL-9(7)": "pornography gambling violence",
    "HL-9(8)": "abuse infringement",
    "HL-9(9)": "fraud",
    "HL-10": "unreviewed",
    "PZ-10(1)": "constitution",
    "PZ-10(2)": "state_security classified",
    "PZ-10(3)": "national_honour",
    "PZ-10(4)": "ethnic_unity",
    "PZ-10(5)": "cult superstition",
    "PZ-10(6)": "rumour",
    "PZ-10(7)": "pornography gambling violence",
    "PZ-10(8)": "abuse infringement",
    "PZ-10(9)": "infringement",
    "PZ-10(10)": "fraud",
    "PZ-18~state_security": "state_security",
    "PZ-18~classified": "classified",
    "PZ-18~other_unlawful": "fraud",
    "PZ-18~sensitive": "sensitive",
    "PZ-18~pornography": "pornography",
    "PZ-18~rumour": "rumour",
    "PZ-18~off_topic": "off_topic",
    "PZ-18~image_of_the_office": "image_of_the_office",
    "BS-8": "classified personal_information",
    "BS-19": "classified personal_information",
    "BS-24": "classified unreviewed",
    "BS-27/1~unreviewed": "unreviewed",
    "BS-27/1~personal_opinion": "other",
    "BS-27/1~advertisement": "advertisement",
    "BS-27/1~infringement": "infringement",
    "BS-27/1~clickbait": "clickbait",
    "BS-27/1~pornography": "pornography",
    "BS-27/1~rumour": "rumour",
    "BS-27/1~irregular_media": "other",
    "BS-27/1~malicious_link": "malicious_link",
    "BS-30(1)": "constitution",
    "BS-30(2)": "classified sensitive",
    "BS-30(3)": "sensitive",
    "BS-30(4)": "abuse",
    "BS-30(5)": "not_public",
    "BS-30(6)": "cult superstition",
    "BS-30(7)": "sensitive",
    "BS-30(8)": "rumour",
    "BS-30(9)": "inaccurate",
}

MISPRINTS = {
    "HS-2/2": ("OO群", "QQ群"),
    "HS-3": ("工作群应", "工作群组应"),
    "HL-9(7)": ("散步", "散布"),
    "HL-17": ("第一时闻", "第一时间"),
    "PZ-10(5)": ("封建送信", "封建迷信"),
    "BS-18": ("使用户账号", "使用用户账号"),
    "BS-27/1": ("不否曲", "不歪曲"),
    "BS-27/1~clickbait": ("不否曲", "不歪曲"),
}

HEADER = """
[regulation]
code = "AB"
order = 1
title = "某单位群组管理办法"
short = "办法"
issuer = "某单位"
issued = "2024-01-01"
binds = ["work_group"]
"""

CLAUSE = """
[[clause]]
code = "AB-1"
citation = "办法第一条"
title = "赌博"
topics = ["gambling"]
applies_to = ["work_group"]
wording = "严禁赌博。"
"""


@pytest.fixture(scope="module")
def clauses() -> Clauses:
    return load_clauses(FOLDER)


def test_the_regulations_stand_in_their_order(clauses):
    codes = [regulation.code for regulation in clauses.regulations]

    assert codes == ["HS", "CZ", "HL", "PZ", "BS"]


@pytest.mark.parametrize("regulation", CODES)
def test_every_clause_of_a_regulation_is_there_in_order(clauses, regulation):
    codes = [clause.code for clause in clauses.of(regulation)]

    assert codes == CODES[regulation].split()


@pytest.mark.parametrize("regulation", CODES)
def test_every_clause_carries_its_topics_and_no_others(clauses, regulation):
    topics = {one.code: " ".join(one.topics) for one in clauses.of(regulation) if one.topics}

    assert topics == {
        code: words for code, words in TOPICS.items() if code.startswith(f"{regulation}-")
    }


def test_every_duty_is_named_and_nothing_else_is_a_duty(clauses):
    duties = [
        one.code for regulation in clauses.regulations for one in regulation.clauses if one.duty
    ]

    assert duties == DUTIES.split()


def test_only_the_core_clauses_bind_work_groups(clauses):
    binding = [
        clause.code
        for regulation in clauses.regulations
        for clause in regulation.clauses
        if "work_group" in clause.applies_to
    ]

    core = ("HS-2/2", "HS-3", "HS-8", "HS-9", "HS-10", "HS-11", "HS-12")
    assert binding == [code for code in CODES["HS"].split() if code.startswith(core)]


@pytest.mark.parametrize("regulation", TEXT_OF)
def test_every_wording_stands_in_the_text_of_its_regulation(clauses, regulation):
    if not TEXTS.is_dir():
        pytest.skip("the texts of the regulations are not beside this repository")
    text = _squeezed((TEXTS / TEXT_OF[regulation]).read_text(encoding="utf-8"))

    missing = [
        clause.code
        for clause in clauses.of(regulation)
        if _squeezed(clause.as_printed or clause.wording) not in text
    ]

    assert missing == []


def test_exactly_the_known_misprints_are_corrected(clauses):
    corrected = {
        clause.code: clause
        for regulation in clauses.regulations
        for clause in regulation.clauses
        if clause.as_printed is not None
    }

    assert corrected.keys() == MISPRINTS.keys()
    for code, (printed, right) in MISPRINTS.items():
        assert corrected[code].wording == corrected[code].as_printed.replace(printed, right)


def test_no_wording_carries_the_search_spam_of_the_polluted_page(clauses):
    spam = [clause.code for clause in clauses.of("BS") if re.search("365|bet|璧", clause.wording)]

    assert spam == []


@pytest.mark.parametrize(
    ("code", "citation"),
    [
        ("HS-12(2)~advertisement", "办法第十二条（二）"),
        ("HS-10/2", "办法第十条第二款"),
        ("CZ-2.2(9)", "机制二（二）9"),
        ("CZ-3.2", "机制三（二）"),
        ("HL-9(7)", "制度第九条（七）"),
        ("HL-26b", "制度第二十六条（重号条）"),
        ("PZ-10(10)", "发布办法第十条（十）"),
        ("BS-27/1~malicious_link", "网站办法第二十七条第一款"),
    ],
)
def test_a_citation_reads_as_an_owner_would_write_it(clauses, code, citation):
    clause = clauses.by_code(code)

    assert clause.citation == citation


@pytest.mark.parametrize(
    ("topic", "codes"),
    [
        (Topic.GAMBLING, ["HS-12(2)~gambling"]),
        (Topic.CLASSIFIED, ["HS-12(3)~classified"]),
        (Topic.PERSONAL_INFORMATION, ["HS-12(3)~personal_information"]),
        (Topic.OFF_TOPIC, ["HS-11/2~off_topic"]),
        (Topic.STATE_SECURITY, ["HS-12(2)~state_security", "HS-12(3)~state_security"]),
        (Topic.SUPERSTITION, ["HS-12(2)~other_unlawful"]),
        (Topic.ABUSE, ["HS-12(2)~other_unlawful", "HS-12(2)~civility"]),
        (Topic.CLICKBAIT, []),
    ],
)
def test_the_core_regulation_alone_cites_its_own_clauses(clauses, topic, codes):
    cited = clauses.citing(topic, enabled=frozenset({"HS"}))

    assert [clause.code for clause in cited] == codes


def test_a_regulation_for_others_is_not_cited_unless_the_office_says_so(clauses):
    cited = clauses.citing(Topic.GAMBLING, enabled=ALL, also_for_work_groups=frozenset())

    assert [clause.code for clause in cited] == ["HS-12(2)~gambling"]


def test_a_regulation_that_serves_groups_too_is_cited_after_the_core(clauses):
    cited = clauses.citing(Topic.GAMBLING, enabled=ALL, also_for_work_groups=ALL)

    codes = [clause.code for clause in cited]
    assert codes == ["HS-12(2)~gambling", "CZ-2.2(9)", "HL-9(7)", "PZ-10(7)"]


def test_a_regulation_that_is_not_enabled_is_never_cited(clauses):
    cited = clauses.citing(Topic.GAMBLING, enabled=frozenset({"PZ"}), also_for_work_groups=ALL)

    assert [clause.code for clause in cited] == ["PZ-10(7)"]


@pytest.mark.parametrize(
    "topic", [one for one in Topic if one.decided_by in {Decider.BUILT_IN, Decider.OPERATOR}]
)
def test_every_topic_that_can_be_detected_has_a_clause(clauses, topic):
    cited = clauses.citing(topic, enabled=ALL, also_for_work_groups=ALL)

    assert cited


def test_an_unknown_code_or_regulation_is_refused_with_a_sentence(clauses):
    with pytest.raises(BotError, match=r"没有条款 HS-99"):
        clauses.by_code("HS-99")
    with pytest.raises(BotError, match=r"没有制度 XX，可用的有：HS、CZ、HL、PZ、BS"):
        clauses.of("XX")


def test_clauses_cannot_be_changed(clauses):
    with pytest.raises(dataclasses.FrozenInstanceError):
        clauses.regulations = ()


def test_a_small_regulation_of_an_office_is_read(tmp_path):
    (tmp_path / "AB.toml").write_text(HEADER + CLAUSE, encoding="utf-8")

    loaded = load_clauses(tmp_path)

    assert [clause.code for clause in loaded.of("AB")] == ["AB-1"]
    assert loaded.by_code("AB-1").topics == (Topic.GAMBLING,)


@pytest.mark.parametrize(
    ("spoil", "mistake"),
    [
        (lambda text: text + 'colour = "red"', "AB.toml AB-1：未知的键 colour"),
        (
            lambda text: text.replace("gambling", "chess"),
            "AB.toml AB-1：topics 里的主题 chess 未知",
        ),
        (lambda text: text + CLAUSE, "AB.toml AB-1：代码重复"),
        (lambda text: text.replace('title = "赌博"', ""), "AB.toml AB-1：缺少 title"),
        (
            lambda text: text.replace('title = "赌博"', "title = 3"),
            "AB.toml AB-1：title 应是非空文字",
        ),
        (lambda text: text.replace('code = "AB-1"', ""), "AB.toml 第 1 个 [[clause]]：缺少 code"),
        (lambda text: text.replace("AB-1", "AB1"), "AB.toml AB1：代码应写成 AB-条/款(项)~要素"),
        (lambda text: text.replace("AB-1", "HS-1"), "AB.toml HS-1：代码应写成 AB-条/款(项)~要素"),
        (
            lambda text: text.replace("办法第一条", "第一条"),
            "AB.toml AB-1：citation 应以简称“办法”开头",
        ),
        (
            lambda text: text + 'nearest = ["fraud"]',
            "AB.toml AB-1：nearest 里的 fraud 不在 topics 里",
        ),
        (
            lambda text: text + 'as_printed = "严禁赌博。"',
            "AB.toml AB-1：as_printed 与 wording 相同",
        ),
        (
            lambda text: text.replace('["gambling"]', '["gambling", "gambling"]'),
            "AB.toml AB-1：topics 里 gambling 重复",
        ),
        (
            lambda text: text.replace('["gambling"]', '"gambling"'),
            "AB.toml AB-1：topics 应是文字的列表",
        ),
        (lambda text: text.replace('["gambling"]', "[1]"), "AB.toml AB-1：topics 应是文字的列表"),
        (
            lambda text: text.replace('applies_to = ["work_group"]', 'applies_to = ["club"]'),
            "AB.toml AB-1：applies_to 里的 club 未知",
        ),
        (
            lambda text: text.replace('applies_to = ["work_group"]', ""),
            "AB.toml AB-1：缺少 applies_to",
        ),
        (
            lambda text: text.replace("order = 1", "order = 0"),
            "AB.toml [regulation]：order 应是正整数",
        ),
        (lambda text: text.replace(HEADER, ""), "AB.toml：缺少 [regulation]"),
        (lambda text: text.replace(CLAUSE, ""), "AB.toml：缺少 [[clause]]"),
        (lambda text: text + "[extra]", "AB.toml：未知的键 extra"),
        (lambda text: text + "=", "AB.toml：不是有效的 TOML 文件"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_clause(
    tmp_path: Path, spoil: Callable[[str], str], mistake: str
):
    (tmp_path / "AB.toml").write_text(spoil(HEADER + CLAUSE), encoding="utf-8")

    with pytest.raises(BotError) as raised:
        load_clauses(tmp_path)

    assert mistake in str(raised.value)
    assert "有 1 处错误" in str(raised.value)


def test_all_mistakes_of_all_files_come_in_one_sentence(tmp_path):
    first = (HEADER + CLAUSE).replace("gambling", "chess") + 'colour = "red"'
    (tmp_path / "AB.toml").write_text(first, encoding="utf-8")
    (tmp_path / "CD.toml").write_text(HEADER, encoding="utf-8")
    (tmp_path / "EF.toml").write_bytes(b"\xff")

    with pytest.raises(BotError) as raised:
        load_clauses(tmp_path)

    sentence = str(raised.value)
    assert sentence.startswith("条款文件有 6 处错误")
    for mistake in (
        "AB.toml AB-1：未知的键 colour",
        "AB.toml AB-1：topics 里的主题 chess 未知",
        "CD.toml：缺少 [[clause]]",
        "EF.toml：不是有效的 TOML 文件",
        "制度代码 AB 出现在多个文件里",
        "顺序 order = 1 出现在多个文件里",
    ):
        assert mistake in sentence


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(BotError, match="没有条款文件"):
        load_clauses(tmp_path)


def _squeezed(text: str) -> str:
    return re.sub(r"\s|\*\*", "", text)

"""The filing form: what it says of a group, and that it looks like the official form it is."""

import importlib.util
import re
import shutil
import stat
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from bot.bootstrap import load_plugins
from bot.form import Forms
from bot.model.errors import BotError
from bot.model.filing import (
    ChangeKind,
    ChangeState,
    Content,
    Filing,
    GroupChange,
    Noticed,
    hash_of,
)
from bot.model.group import Activity, Group, Person
from bot.model.register import RegisterEntry
from bot.office_open.pdf import as_pdf
from plugins.forms.filing import FORM, content_of, file_name, reviewed

ROOT = Path(__file__).parents[3]
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
GROUP = Group(
    id=1,
    platform="qq",
    platform_id="700001",
    account="qq:10001",
    name="预算科工作群",
    unit="预算科",
    purpose="预算编制中的工作沟通",
    join_way="群主邀请，核对花名册后进群",
    rules="1.实名进群。2.只谈工作，涉密和内部文件不上网。",
    contact="陆一鸣　0000-2300000",
    approver="周文",
    approved_on=date(2026, 3, 2),
    registered_at=AT,
    member_count=46,
    drawn_at=AT,
)
ENTRY = RegisterEntry(
    group=GROUP,
    owners=[Person(id=1, name="陆一鸣", unit="预算科", post="科长")],
    administrators=[Person(id=2, name="张晓", unit="预算科")],
    leaders=[Person(id=3, name="周文")],
    activity=Activity.ORDINARY,
)
FILING = Filing(
    id=37,
    group=1,
    opened_at=AT,
    starts_at=AT,
    due_on=date(2026, 12, 1),
    rule="自次日起算7个工作日，依据：国务院办公厅公布的放假调休安排。",
)
RENAMED = GroupChange(
    filing=37,
    number=1,
    group=1,
    kind=ChangeKind.RENAMED,
    before="预算科交流群",
    after="预算科工作群",
    earliest_at=AT,
    latest_at=AT,
    noticed_at=AT,
    how=Noticed.LIVE,
)


def content(
    *changes: GroupChange, entry: RegisterEntry = ENTRY, filing: Filing = FILING
) -> Content:
    return content_of(
        entry,
        filing,
        changes or (RENAMED,),
        office="云江市财政局",
        filled_by="陆一鸣",
        on=date(2026, 11, 24),
    )


def words(made: bytes) -> str:
    """Return every paragraph of the form's cells, a line each."""
    document = Document(BytesIO(made))
    cells = {
        cell._tc: cell.text for table in document.tables for row in table.rows for cell in row.cells
    }
    return "\n".join([*(each.text for each in document.paragraphs), *cells.values()])


@pytest.fixture(scope="module")
def forms() -> Forms:
    return Forms((FORM,))


def test_the_form_is_found_among_the_plugins():
    loaded = load_plugins()

    assert loaded.forms == (FORM,)
    assert loaded.faults == ()


def test_the_form_says_all_that_the_regulation_asks_for(forms):
    told = words(forms.render("filing", content()))

    for asked in (
        "互联网工作群组备案表", "填报单位：云江市财政局　　备案编号：2026-0037（首次报送）",
        "开通（　）　　变更（√）　　注销（　）", "预算科工作群", "QQ　700001", "预算科",
        "预算编制中的工作沟通", "群主邀请，核对花名册后进群",
        "1.实名进群。2.只谈工作，涉密和内部文件不上网。", "46人（50人以下），名单取于 2026-11-20",
        "一般（近30天）", "陆一鸣（预算科 科长）", "张晓（预算科）", "周文", "陆一鸣　0000-2300000",
        "2026年3月2日", "预算科交流群", "2026年11月20日发生，最迟2026年12月1日报送",
        "自次日起算7个工作日，依据：国务院办公厅公布的放假调休安排。", "2026年11月24日",
        "回执编号：", "机关党委（盖章）",
    ):  # fmt: skip
        assert asked in told


def test_every_field_has_a_value_that_can_be_kept(forms):
    made = content()

    assert list(made) == [field.key for field in FORM.fields]
    assert hash_of(made) == hash_of(content())
    assert forms.render("filing", made) == forms.render("filing", content())


def test_a_blind_interval_is_said(forms):
    blind = replace(
        RENAMED,
        earliest_at=datetime(2026, 11, 2, 2, tzinfo=UTC),
        latest_at=datetime(2026, 11, 4, 2, tzinfo=UTC),
        how=Noticed.COMPARED,
    )

    told = words(forms.render("filing", content(blind)))

    assert "2026-11-02 至 2026-11-04 之间（期间机器人离线或未取到名单，按最早日期起算）" in told


def test_an_interval_within_one_day_is_that_day():
    within = replace(RENAMED, earliest_at=AT - timedelta(minutes=10), how=Noticed.COMPARED)

    (row,) = content(within)["changes"]

    assert row["when"] == "2026-11-20"


def test_a_dismissed_change_does_not_stand_in_the_form():
    owner = replace(RENAMED, number=2, kind=ChangeKind.OWNER, after="王五")
    dismissed = replace(owner, state=ChangeState.DISMISSED)

    made = content(RENAMED, dismissed)

    assert [row["item"] for row in made["changes"]] == ["群名"]


@pytest.mark.parametrize(
    ("kind", "marks"),
    [
        (ChangeKind.OPENED, "开通（√）　　变更（　）　　注销（　）"),
        (ChangeKind.DISSOLVED, "开通（　）　　变更（　）　　注销（√）"),
    ],
)
def test_opening_and_closing_are_marked(forms, kind, marks):
    told = words(forms.render("filing", content(replace(RENAMED, kind=kind))))

    assert marks in told


def test_what_was_not_observed_is_said():
    unseen = replace(ENTRY, group=replace(GROUP, member_count=None, drawn_at=None), activity=None)

    made = content(entry=unseen)

    assert made["members"] == "尚未取得成员名单"
    assert made["activity"] == "观察未满30天"


def test_a_provisional_day_and_a_later_edition_are_said():
    made = content(filing=replace(FILING, provisional=True, edition=1))

    assert made["due"].endswith("报送（暂定）")
    assert made["edition"] == "第2次报送"


def test_who_approved_stands_in_the_form_that_is_sent(forms):
    made = content()

    sent = reviewed(made, by="周文", on=date(2026, 11, 25))

    assert made["reviewed_by"] == ""
    assert "同意报送　周文" in words(forms.render("filing", sent))
    assert "2026年11月25日" in words(forms.render("filing", sent))


def test_the_file_is_called_after_number_and_group():
    assert file_name(content()) == "互联网工作群组备案表 2026-0037 预算科工作群.docx"


def test_the_form_reads_as_a_message_too():
    told = FORM.text(content())

    assert told.startswith("互联网工作群组备案表\n备案编号：2026-0037\n")
    assert "1．事项：群名；变更前：预算科交流群；变更后：预算科工作群；发生时间：2026-11-20" in told
    assert "审核意见" not in told


def test_the_shipped_template_is_what_its_maker_makes():
    path = ROOT / "docs" / "make_forms.py"
    spec = importlib.util.spec_from_file_location("make_forms", path)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)

    assert maker.filing() == FORM.template.read_bytes()


def test_the_form_is_set_as_official_papers_are(forms):
    with zipfile.ZipFile(BytesIO(forms.render("filing", content()))) as archive:
        text = archive.read("word/document.xml").decode()

    assert {"方正小标宋简体", "宋体", "仿宋"} == set(re.findall('w:eastAsia="([^"]*)"', text))
    assert 'w:w="11907" w:h="16840"' in text  # A4
    assert "<w:tblBorders>" in text


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize(
    ("made", "pages"),
    [
        (content(), 1),
        ({}, 1),
        (content(*(replace(RENAMED, number=n, before="长名" * 60) for n in range(1, 30))), None),
    ],
    ids=["usual", "empty", "long"],
)
def test_libreoffice_makes_a_pdf_of_it(forms, made, pages):
    pdf = as_pdf(forms.render("filing", made))

    assert pdf.startswith(b"%PDF-")
    counted = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert counted == pages if pages else counted > 1


def test_without_libreoffice_the_word_file_is_named_instead(tmp_path, forms):
    with pytest.raises(BotError, match="LibreOffice 启动不了"):
        as_pdf(forms.render("filing", content()), program=str(tmp_path / "soffice"))


def test_a_conversion_that_hangs_is_ended_with_all_it_started(tmp_path, forms):
    waiting = tmp_path / "soffice"
    waiting.write_text("#!/bin/sh\nsleep 600 &\nwait\n")
    waiting.chmod(waiting.stat().st_mode | stat.S_IXUSR)

    with pytest.raises(BotError, match="没有转完"):
        as_pdf(forms.render("filing", content()), program=str(waiting), seconds=0.2)


def test_a_conversion_without_a_result_is_told(forms):
    with pytest.raises(BotError, match="没有转出 PDF"):
        as_pdf(forms.render("filing", content()), program=shutil.which("true"))

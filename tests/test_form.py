"""Forms: what a template may say, what is refused with which sentence, and what comes of it."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document as WordDocument
from hypothesis import given
from hypothesis import strategies as st

from bot.form import Field, Form, Forms
from bot.model.errors import BotError
from bot.model.filing import Content
from bot.office_open.package import packed, plain, unpacked
from bot.office_open.template import LONGEST

ROOT = Path(__file__).parents[1]
FIELDS = (
    Field(key="name", label="名称", needed=True),
    Field(key="note", label="说明"),
    Field(
        key="changes",
        label="变更",
        columns=(Field(key="item", label="事项"), Field(key="after", label="变更后")),
    ),
)
CONTENT: Content = {
    "name": "预算科工作群",
    "note": "",
    "changes": [{"item": "群名", "after": "甲"}, {"item": "群主", "after": "乙"}],
}
USUAL = ("{{ name }}：{{ note }}",)
ROWS = ("{%tr for c in changes %}", "{{ c.item }}{{ c.after }}", "{%tr endfor %}")

Write = Callable[..., Path]


def word(*lines: str, rows: tuple[str, ...] = (), footer: str = "") -> bytes:
    """Return a Word document as an office would write it: lines, a table, a footer."""
    document = WordDocument()
    for line in lines:
        document.add_paragraph(line)
    if rows:
        table = document.add_table(rows=0, cols=1)
        for row in rows:
            table.add_row().cells[0].text = row
    if footer:
        document.sections[0].footer.paragraphs[0].text = footer
    made = BytesIO()
    document.save(made)
    return made.getvalue()


@pytest.fixture
def shipped(tmp_path: Path) -> Form:
    """Return a form whose shipped template prints its name after a word of its own."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "slip.docx").write_bytes(word("自带 {{ name }}"))
    return Form(name="slip", title="示例表", template=folder / "slip.docx", fields=FIELDS)


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """Return the folder of the office's own templates."""
    folder = tmp_path / "forms"
    folder.mkdir()
    return folder


@pytest.fixture
def forms(shipped: Form, office: Path) -> Forms:
    """Return the forms as a bot with such a folder has them."""
    return Forms((shipped,), office)


def own(office: Path, *lines: str, **more: object) -> None:
    (office / "slip.docx").write_bytes(word(*lines, **more))


def printed(made: bytes) -> str:
    """Return the words of a document as Word shows them, paragraph by paragraph, cell by cell."""
    document = WordDocument(BytesIO(made))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in document.paragraphs), *cells])


def test_the_shipped_template_is_filled(forms):
    assert printed(forms.render("slip", CONTENT)) == "自带 预算科工作群"


def test_the_offices_template_is_used_instead_as_soon_as_it_is_there(forms, office):
    before = printed(forms.render("slip", CONTENT))
    own(office, *USUAL, rows=ROWS, footer="共 {{ name }}")

    made = forms.render("slip", CONTENT)

    assert before.startswith("自带")
    assert printed(made) == "预算科工作群：\n群名甲\n群主乙"
    assert WordDocument(BytesIO(made)).sections[0].footer.paragraphs[0].text == "共 预算科工作群"
    assert forms.faults == ()


def test_a_field_that_word_has_cut_into_pieces_is_one_field(forms, office):
    document = WordDocument()
    line = document.add_paragraph()
    for piece in ("{", "{ na", "me", " }", "}。"):
        line.add_run(piece).bold = len(piece) > 1
    document.save(office / "slip.docx")

    assert printed(forms.render("slip", CONTENT)) == "预算科工作群。"


def test_the_same_content_makes_the_same_bytes(shipped, office, forms):
    own(office, *USUAL, rows=ROWS)
    kept = json.loads(json.dumps(CONTENT))

    again = Forms((shipped,), office).render("slip", kept)

    assert again == forms.render("slip", CONTENT)
    with zipfile.ZipFile(BytesIO(again)) as archive:
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = WordDocument(BytesIO(again)).core_properties
    assert (properties.title, properties.author) == ("示例表", "")


def test_what_an_empty_content_leaves_open_stays_blank(forms, office):
    own(office, "{{ name }}|{% if note %}有{% else %}无{% endif %}", rows=ROWS)

    assert printed(forms.render("slip", {})) == "|无"


@pytest.mark.parametrize(
    "text",
    [
        "{{ name }}",
        "{% for x in range(9) %}",
        "{_{ 7*7 }_}",
        "</w:t></w:r></w:p><w:p/>",
        "<w:br/> & &amp; ]]> <!-- \" '",
        "第一行\n第二行\t缩进",
        "😀👩‍👩‍👧 𠮷野家",
        "  前后有空格  ",
    ],
)
def test_hostile_text_comes_out_as_text(forms, office, text):
    own(office, *USUAL, rows=ROWS)

    made = forms.render(
        "slip", {"name": text, "note": text, "changes": [{"item": text, "after": ""}]}
    )

    assert printed(made) == f"{text}：{text}\n{text}"


def test_what_no_file_can_hold_is_left_out(forms, office):
    own(office, *USUAL)

    made = forms.render(
        "slip", {"name": "甲\x00\x07\x0c\x1b\ud800\ufffe\u202e乙\r\n丙", "note": ""}
    )

    assert printed(made) == "甲乙\n丙："


def test_a_text_without_end_is_cut_and_says_so(forms, office):
    own(office, *USUAL)

    made = printed(forms.render("slip", {"name": "字" * (LONGEST + 5)}))

    assert made.startswith("字" * LONGEST + f"……（以下略，共 {LONGEST + 5} 字）")


def test_a_value_of_the_wrong_kind_breaks_nothing(forms, office):
    own(office, *USUAL, rows=ROWS)

    made = forms.render("slip", {"name": [{"x": "y"}], "changes": "甲", "unknown": "乙"})

    assert printed(made) == "："


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_printed_and_read_again(tmp_path_factory, name, item):
    forms = _with_rows(tmp_path_factory)

    made = forms.render("slip", {"name": name, "changes": [{"item": item, "after": "。"}]})

    assert printed(made) == f"{plain(name)}：\n{plain(item)}。"


def _with_rows(factory: pytest.TempPathFactory) -> Forms:
    path = factory.getbasetemp() / "rows.docx"
    if not path.exists():
        path.write_bytes(word("{{ name }}：", rows=ROWS))
    return Forms((Form(name="slip", title="示例表", template=path, fields=FIELDS),))


@pytest.mark.parametrize(
    ("lines", "rows", "complaint"),
    [
        (("{{ nmae }}",), (), "没有字段 nmae，是不是 name；可以写：name、note、changes"),
        (("{{ name }}{{ 群主 }}",), (), "没有字段 群主；可以写"),
        (("{{ name }}",), ("{%tr for c in changes %}", "{{ c.itme }}", "{%tr endfor %}"), "没有字段 c.itme，是不是 c.item"),
        (("{{ name }}",), ("{%tr for c in chnges %}", "{{ c.item }}", "{%tr endfor %}"), "没有字段 chnges，是不是 changes"),
        (("{{ name }}{{ c.item }}",), (), "有不能用的写法"),
        (("{{ name }}",), ("{%tr for note in changes %}", "{{ note }}", "{%tr endfor %}"), "有不能用的写法"),
        (("{{ name }}{{ changes }}",), (), "字段 changes 有多行"),
        (("{{ name }}",), ("{%tr for c in note %}", "甲", "{%tr endfor %}"), "字段 note 只有一个值"),
        (("{{ note }}",), (), "缺少必须有的字段：名称"),
        (("{{ name }",), (), "写法不对，在“"),
        (("{{ name }}{% if note %}",), (), "请检查 {{ }}、{% %} 是否成对"),
        (("{{ name }}{% set x = 1 %}",), (), "只能写字段、for 和 if"),
        (("{{ name.__class__ }}",), (), "只能写字段、for 和 if"),
        (("{{ name }}{{ ''.join(name) }}",), (), "只能写字段、for 和 if"),
        (("{{ name * 999999999 }}",), (), "只能写字段、for 和 if"),
        (("{{ name | upper }}",), (), "只能写字段、for 和 if"),
        (("{{ name }}{% include 'x' %}",), (), "只能写字段、for 和 if"),
        (("{{ name }}{{ range }}",), (), "没有字段 range"),
    ],
)  # fmt: skip
def test_a_template_with_a_mistake_is_refused_and_the_shipped_one_used(
    forms, office, lines, rows, complaint
):
    own(office, *lines, rows=rows)

    (fault,) = forms.faults

    assert fault.startswith(f"模板 {office / 'slip.docx'}：")
    assert complaint in fault
    assert fault.endswith("改好以前用的是自带的模板。")
    assert printed(forms.render("slip", CONTENT)) == "自带 预算科工作群"


def test_every_mistake_of_a_template_is_told_at_once(forms, office):
    own(office, "{{ nmae }}", "{{ ntoe }}", footer="{{ foot }}")

    (fault,) = forms.faults

    assert [line.partition("没有字段 ")[2][:4] for line in fault.splitlines()[:3]] == [
        "nmae",
        "ntoe",
        "foot",
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "已损坏"),
        (b"PK\x03\x04 nothing more", "已损坏"),
        (b"\xd0\xcf\x11\xe0 an old .doc", "已损坏"),
        (packed({"a.txt": b"a"}), "不是完好的 Word 文件"),
        (packed(unpacked(word("{{ name }}")) | {"word/document.xml": b"<w:document"}), "不是完好的"),
        (packed(unpacked(word("{{ name }}")) | {"word/vbaProject.bin": b"x"}), "带有宏"),
        (packed(unpacked(word("{{ name }}")) | {"word/a.bin": bytes(40 << 20)}), "超过 32 MB"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_word_document_is_refused(forms, office, content, complaint):
    (office / "slip.docx").write_bytes(content)

    (fault,) = forms.faults

    assert complaint in fault
    assert printed(forms.render("slip", CONTENT)) == "自带 预算科工作群"


def test_a_workbook_under_the_name_of_a_template_is_refused(forms, office):
    types = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    (office / "slip.docx").write_bytes(packed({"[Content_Types].xml": types}))

    assert "不是 .docx 文件" in forms.faults[0]


def test_a_fault_that_only_shows_when_filled_is_found_before(forms, office):
    broken = unpacked(word("{{ name }}", "{% if note %}", "甲", "{% endif %}"))
    text = broken["word/document.xml"].decode()
    cut = text.replace("{% if note %}", "{% if note %}<w:b>", 1).replace(
        "{% endif %}", "</w:b>{% endif %}</w:p><w:p>", 1
    )
    lopsided = text.replace("甲</w:t>", "{%p endif %}</w:t>").replace("{% endif %}", "")
    (office / "slip.docx").write_bytes(packed(broken | {"word/document.xml": cut.encode()}))
    first = forms.faults
    (office / "slip.docx").write_bytes(packed(broken | {"word/document.xml": lopsided.encode()}))

    second = forms.faults

    assert "不是完好的 Word 文件" in first[0]
    assert "不是完好的 Word 文件" in second[0]


def test_a_mended_template_is_taken_without_a_restart(forms, office):
    own(office, "{{ nmae }}")
    before = forms.faults
    own(office, "本单位的 {{ name }}")

    after = forms.faults

    assert len(before) == 1
    assert after == ()
    assert printed(forms.render("slip", CONTENT)) == "本单位的 预算科工作群"


def test_a_template_taken_away_gives_place_to_the_shipped_one(forms, office):
    own(office, "{{ name }}")
    forms.render("slip", CONTENT)
    (office / "slip.docx").unlink()

    assert printed(forms.render("slip", CONTENT)) == "自带 预算科工作群"


def test_a_template_under_a_wrong_name_is_told(forms, office):
    (office / "silp.docx").write_bytes(word("{{ name }}"))
    (office / "~$slip.docx").write_bytes(b"what Word leaves while it is open")

    (fault,) = forms.faults

    assert fault.endswith("silp.docx 没有用上：没有这个名字的表，可用的文件名：slip.docx。")


def test_a_folder_that_is_gone_is_told(shipped, tmp_path):
    forms = Forms((shipped,), tmp_path / "gone")

    assert "读不出来" in forms.faults[0]
    assert printed(forms.render("slip", CONTENT)) == "自带 预算科工作群"


def test_a_broken_shipped_template_is_an_error_of_its_own(shipped):
    shipped.template.write_bytes(b"")

    with pytest.raises(BotError, match="已损坏"):
        Forms((shipped,)).render("slip", CONTENT)


def test_a_cell_that_is_left_empty_keeps_the_paragraph_that_word_needs(forms, office):
    own(office, "{{ name }}", rows=("{%p if note %}{{ note }}{%p endif %}",))
    parts = unpacked((office / "slip.docx").read_bytes())
    text = parts["word/document.xml"].decode()
    table = (
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>{%p if note %}</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>{{ note }}</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>{%p endif %}</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    )
    start, end = text.index("<w:tbl>"), text.index("</w:tbl>") + len("</w:tbl>")
    changed = (text[:start] + table + text[end:]).encode()
    (office / "slip.docx").write_bytes(packed(parts | {"word/document.xml": changed}))

    made = unpacked(forms.render("slip", {"name": "甲"}))["word/document.xml"].decode()

    assert forms.faults == ()
    assert "<w:tc><w:p/></w:tc>" in made


def test_the_shipped_template_can_be_taken_out_for_editing(forms, shipped):
    name, content = forms.export("slip")

    assert name == "slip.docx"
    assert content == shipped.template.read_bytes()


def test_an_unknown_form_is_named_with_those_there_are(forms):
    with pytest.raises(BotError, match="没有“slop”这个表，可以写：slip"):
        forms.render("slop", CONTENT)


def test_a_form_reads_as_text_too(shipped):
    assert shipped.text(CONTENT) == (
        "示例表\n名称：预算科工作群\n变更：\n1．事项：群名；变更后：甲\n2．事项：群主；变更后：乙"
    )


def test_who_prints_nothing_loads_none_of_the_libraries_for_it():
    heavy = "{'docx', 'docxtpl', 'lxml', 'openpyxl', 'jinja2'}"
    program = (
        "import sys; from bot.bootstrap import load_plugins; load_plugins();"
        f" print(sorted({heavy} & sys.modules.keys()))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"

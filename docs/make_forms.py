"""Makes the Word templates that the forms are shipped with: `python docs/make_forms.py`."""

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from bot.office_open.package import CORE, core_properties, packed
from plugins.forms.filing import FORM

HERE = Path(__file__).parent.parent / "plugins" / "forms"

TITLE_FONT, LABEL_FONT, TEXT_FONT = "方正小标宋简体", "宋体", "仿宋"
MILLIMETRE = 56.7  # twentieths of a point
# Labels and values share a line by twos, a change has four columns: together six of them.
COLUMNS = (28, 38, 15, 23, 5, 53)
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_DOCUMENT_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

RECEIPT = (
    "你单位报送的互联网工作群组备案材料已收悉，予以备案。",
    "回执编号：　　　　　　　　　　　　　　经办人：",
    "",
    "机关党委（盖章）　　　　　",
    "　　　　年　　月　　日　　",
)
NOTE = (
    "依据：管理办法第三条、第八条、第十条。群组开通、变更、注销和基本信息更新，"
    "于7个工作日内报机关党委备案。"
    "成员规模和活跃程度由机器人在群内统计，其余由主体单位填写并负责。"
)


def main() -> None:
    """Write the template of the filing form beside its declaration."""
    (HERE / "filing.docx").write_bytes(filing())


def filing() -> bytes:
    """Return the template of the filing form."""
    body = "".join((
        paragraph(FORM.title, font=TITLE_FONT, points=22, align="center", after=6),
        paragraph(
            "填报单位：{{ office }}　　备案编号：{{ number }}"
            "{% if edition %}（{{ edition }}）{% endif %}",
            after=2,
        ),
        table("".join(_rows())),
        paragraph(NOTE, points=9, before=3),
    ))  # fmt: skip
    footer = paragraph("备案编号 {{ number }}　　第 ", points=9, align="center", fields=True)
    return _package(body, footer)


def _rows() -> Iterator[str]:
    marks = "　　".join(
        f'{matter}（{{% if "{matter}" in matter %}}√{{% else %}}　{{% endif %}}）'
        for matter in ("开通", "变更", "注销")
    )
    yield row((label("备案事由"), 1), (text(marks), 5))
    yield pair("群组名称", "{{ name }}", "归属科室\n（主体单位）", "{{ unit }}")
    yield pair("平台、群号", "{{ platform }}　{{ group_number }}", "填报日期", "{{ filled_on }}")
    yield wide("用途", "{{ purpose }}")
    yield wide("入群方式", "{{ join_way }}")
    yield wide("群规群纪", "{{ rules }}")
    yield pair("成员规模", "{{ members }}", "活跃程度", "{{ activity }}")
    yield pair("群主", "{{ owner }}", "群管理员", "{{ administrators }}")
    yield pair("分管领导", "{{ leader }}", "联系方式", "{{ contact }}")
    yield pair("开通审批人", "{{ approver }}", "审批日期", "{{ approved_on }}")
    yield row(
        (label("事项"), 1), (label("变更前"), 1), (label("变更后"), 2), (label("发生时间"), 2)
    )
    yield row((text("{%tr for change in changes %}"), 6))
    yield row(
        (text("{{ change.item }}", align="center"), 1),
        (text("{{ change.before }}"), 1),
        (text("{{ change.after }}"), 2),
        (text("{{ change.when }}"), 2),
    )
    yield row((text("{%tr endfor %}"), 6))
    yield row((label("办理期限"), 1), (text("{{ due }}") + text("{{ due_rule }}", points=9), 5))
    signed = text("（签字）　　　　", keep=True, align="right")
    filled = text("{{ filled_by }}", keep=True) + text("", keep=True) + signed
    reviewed = text("{{ reviewed_by }}", keep=True) + text("{{ reviewed_on }}", keep=True) + signed
    yield row(
        (label("填报人\n（群主）"), 1),
        (filled, 2),
        (label("审核意见\n（分管领导）"), 2),
        (reviewed, 1),
        height=20,
    )
    said, number, space, seal, day = RECEIPT
    receipt = text(said) + text(number) + text(space)
    receipt += text(seal, align="right") + text(day, align="right")
    yield row((label("机关党委\n回执"), 1), (receipt, 5), height=40)


def pair(left: str, left_words: str, right: str, right_words: str) -> str:
    """Return a row of two labels, each with what is filled in."""
    return row((label(left), 1), (text(left_words), 2), (label(right), 2), (text(right_words), 1))


def wide(name: str, words: str) -> str:
    """Return a row of one label with what is filled in."""
    return row((label(name), 1), (text(words), 5))


def label(words: str) -> str:
    """Return the lines of a label."""
    return "".join(paragraph(line, font=LABEL_FONT, align="center") for line in words.split("\n"))


def text(words: str, *, points: float = 12, align: str = "left", keep: bool = False) -> str:
    """Return words that are filled in."""
    return paragraph(words, points=points, align=align, before=1.5, after=1.5, keep=keep)


def paragraph(
    words: str,
    *,
    font: str = TEXT_FONT,
    points: float = 12,
    align: str = "left",
    before: float = 0,
    after: float = 0,
    keep: bool = False,
    fields: bool = False,
) -> str:
    """Return a paragraph; with `fields` the page and the number of pages follow the words."""
    look = (
        f'<w:rPr><w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}"/>'
        f'<w:sz w:val="{round(points * 2)}"/><w:szCs w:val="{round(points * 2)}"/></w:rPr>'
    )
    made = _run(words, look)
    if fields:
        made += _field("PAGE", look) + _run(" 页　共 ", look) + _field("NUMPAGES", look)
        made += _run(" 页", look)
    return (
        f"<w:p><w:pPr>{'<w:keepNext/>' if keep else ''}"
        f'<w:spacing w:before="{round(before * 20)}" w:after="{round(after * 20)}"/>'
        f'<w:jc w:val="{align}"/></w:pPr>{made}</w:p>'
    )


def _run(words: str, look: str) -> str:
    return f'<w:r>{look}<w:t xml:space="preserve">{escape(words)}</w:t></w:r>' if words else ""


def _field(name: str, look: str) -> str:
    return f'<w:fldSimple w:instr=" {name} ">{_run("1", look)}</w:fldSimple>'


def row(*cells: tuple[str, int], height: float = 8.5) -> str:
    """Return a row of cells, each with what it holds and how many columns it takes."""
    made, column = "", 0
    for content, span in cells:
        width = sum(COLUMNS[column : column + span])
        column += span
        made += (
            f'<w:tc><w:tcPr><w:tcW w:w="{_twips(width)}" w:type="dxa"/><w:gridSpan w:val="{span}"/>'
            f'<w:vAlign w:val="center"/></w:tcPr>{content}</w:tc>'
        )
    whole = "<w:cantSplit/>" if height > 10 else ""
    return f'<w:tr><w:trPr>{whole}<w:trHeight w:val="{_twips(height)}"/></w:trPr>{made}</w:tr>'


def table(rows: str) -> str:
    """Return a table with borders, its outer ones thicker."""
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="000000"/>'
        for side, size in (
            ("top", 12), ("left", 12), ("bottom", 12), ("right", 12),
            ("insideH", 4), ("insideV", 4),
        )
    )  # fmt: skip
    grid = "".join(f'<w:gridCol w:w="{_twips(width)}"/>' for width in COLUMNS)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{_twips(sum(COLUMNS))}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{sides}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
    )


def _twips(millimetres: float) -> int:
    return round(millimetres * MILLIMETRE)


def _package(body: str, footer: str) -> bytes:
    """Return a .docx of A4 pages with nothing in it that the form does not need."""
    page = (
        f'<w:sectPr><w:footerReference w:type="default" r:id="rId2"/>'
        f'<w:pgSz w:w="{_twips(210)}" w:h="{_twips(297)}"/>'
        f'<w:pgMar w:top="{_twips(22)}" w:bottom="{_twips(18)}" w:left="{_twips(24)}"'
        f' w:right="{_twips(24)}" w:header="{_twips(10)}" w:footer="{_twips(10)}" w:gutter="0"/>'
        "</w:sectPr>"
    )
    relations = {"rId1": ("styles", "styles.xml"), "rId2": ("footer", "footer1.xml")}
    types = {
        "/word/document.xml": f"{_WORD_TYPE}.document.main+xml",
        "/word/styles.xml": f"{_WORD_TYPE}.styles+xml",
        "/word/footer1.xml": f"{_WORD_TYPE}.footer+xml",
        f"/{CORE}": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package'
        '.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        + "".join(
            f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in types.items()
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_DOCUMENT_RELATIONS}/officeDocument"'
        ' Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties"'
        f' Target="{CORE}"/></Relationships>',
        "word/document.xml": f'<w:document {_W} xmlns:r="{_DOCUMENT_RELATIONS}">'
        f"<w:body>{body}{page}</w:body></w:document>",
        "word/footer1.xml": f"<w:ftr {_W}>{footer}</w:ftr>",
        "word/styles.xml": f"<w:styles {_W}><w:docDefaults><w:rPrDefault><w:rPr>"
        f'<w:rFonts w:ascii="{TEXT_FONT}" w:hAnsi="{TEXT_FONT}" w:eastAsia="{TEXT_FONT}"/>'
        '<w:sz w:val="24"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault/></w:docDefaults>"
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        '</w:style><w:style w:type="table" w:default="1" w:styleId="TableNormal">'
        '<w:name w:val="Normal Table"/></w:style></w:styles>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="{number}" Type="{_DOCUMENT_RELATIONS}/{kind}" Target="{target}"/>'
            for number, (kind, target) in relations.items()
        )
        + "</Relationships>",
    }
    whole = {name: (_HEAD + content).encode() for name, content in parts.items()}
    return packed(whole | {CORE: core_properties(FORM.title)})


if __name__ == "__main__":
    main()

"""Word templates: read once, checked whole, then filled as often as wanted.

A template may write fields, `for` over a field with rows, and `if`; nothing else of Jinja. What is
filled in is text: it is escaped, and never read as template again. The same content makes the same
bytes, so that a hash proves which file was sent.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from bot.model.errors import BotError
from bot.model.filing import Content
from bot.office_open.package import CORE, core_properties, packed, plain, unpacked

Fields = Mapping[str, Sequence[str]]
"""The columns of each field by its key; a field of text has none."""

Filled = Callable[[Content], bytes]

LONGEST: Final = 20_000
"""Characters of one field; nobody reads more of them in a form."""

_TYPES: Final = "[Content_Types].xml"
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_MAIN: Final = f"{_WORD}document.main+xml"
_FILLED: Final = (_MAIN, f"{_WORD}header+xml", f"{_WORD}footer+xml", f"{_WORD}footnotes+xml")
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SHOWN: Final = 40
_LOOP: Final = ("index", "first", "last", "length")
_PLAIN_NODES: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.CondExpr, nodes.Const,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip


def read_template(
    content: bytes, *, title: str, fields: Fields, needed: Mapping[str, str], where: str
) -> Filled:
    """Return what fills a template with a content; `needed` are labels by key, `where` its file.

    Raises BotError with a line for each mistake: no .docx, an unknown field, a needed one left out.
    """
    try:
        parts = unpacked(content)
        sources = {name: _source(parts[name]) for name in _names(parts)}
    except (BotError, KeyError, etree.XMLSyntaxError) as error:
        why = str(error) if isinstance(error, BotError) else "不是完好的 Word 文件，请另存后再试"
        raise BotError(f"模板 {where}：{why}。") from error
    reader = _Reader(fields)
    language = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    language.globals.clear()
    for source in sources.values():
        reader.read(source, language)
    faults = list(dict.fromkeys(reader.faults))
    if not faults and (left_out := [needed[key] for key in needed if key not in reader.used]):
        faults = [f"缺少必须有的字段：{'、'.join(left_out)}"]
    if faults:
        raise BotError("\n".join(f"模板 {where}：{fault}。" for fault in faults))
    templates = {name: language.from_string(source) for name, source in sources.items()}
    if CORE in parts:
        parts[CORE] = core_properties(title)

    def fill(values: Content) -> bytes:
        known = {key: _value(values.get(key, ""), columns) for key, columns in fields.items()}
        try:
            made = {name: _finished(each.render(known)) for name, each in templates.items()}
        except (TemplateError, etree.XMLSyntaxError) as error:
            raise BotError(
                f"模板 {where}：填好后不是完好的 Word 文件，"
                "表格里整行重复要写 {%tr for … %} 和 {%tr endfor %}，各占一行。"
            ) from error
        return packed(parts | made)

    _try(fill, fields)
    return fill


def _names(parts: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the parts that may hold fields: text, headers, footers, footnotes."""
    types = {
        each.get("PartName", "").lstrip("/"): each.get("ContentType", "")
        for each in _parsed(parts[_TYPES]).iter("{*}Override")
    }
    if _MAIN not in types.values():
        macros = any("macroEnabled" in each for each in types.values())
        raise BotError(
            "带有宏，请另存为不带宏的 .docx" if macros else "不是 .docx 文件，请另存为 .docx"
        )
    if any(name.lower().endswith("vbaproject.bin") for name in parts):
        raise BotError("带有宏，请另存为不带宏的 .docx")
    yield from (name for name, kind in types.items() if kind in _FILLED)


def _source(part: bytes) -> str:
    """Return a part as a template of Jinja, each paragraph on a line of its own."""
    text = etree.tostring(_parsed(part), encoding="unicode")
    return re.sub(r"<w:p([ >])", r"\n<w:p\1", _writer().patch_xml(text))


def _writer() -> DocxTemplate:
    """Return what knows where in Word's XML the pieces of a field may lie, without a file."""
    return DocxTemplate("")


def _parsed(part: bytes) -> etree._Element:
    return etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True))


class _Reader:
    """Goes through the parts of a template, and notes what they use and what is wrong."""

    def __init__(self, fields: Fields) -> None:
        self.used: set[str] = set()
        self.faults: list[str] = []
        self._fields = fields
        self._lines: Sequence[str] = ()

    def read(self, source: str, language: ImmutableSandboxedEnvironment) -> None:
        """Go through one part."""
        self._lines = source.split("\n")
        try:
            self._visit(language.parse(source), {})
        except TemplateSyntaxError as error:
            self.faults.append(
                f"写法不对，在{self._near(error.lineno)}附近："
                "请检查 {{ }}、{% %} 是否成对，for 有没有 endfor，if 有没有 endif"
            )

    def _visit(self, node: nodes.Node, rows: Fields) -> None:
        """Look at a node; `rows` are the columns of each name that stands for a row here."""
        match node:
            case nodes.For():
                self._loop(node, rows)
            case nodes.Getattr(node=nodes.Name(name=name), attr=column) if name in rows:
                if column not in rows[name]:
                    self._unknown(f"{name}.{column}", [f"{name}.{each}" for each in rows[name]])
            case nodes.Name(name=name):
                self.used.add(name)
                if name not in self._fields:
                    self._unknown(name, [*self._fields, *rows])
            case _ if isinstance(node, _PLAIN_NODES):
                self._print(node)
                for each in node.iter_child_nodes():
                    self._visit(each, rows)
            case _:
                self._refuse(node)

    def _loop(self, node: nodes.For, rows: Fields) -> None:
        match node:
            case nodes.For(
                target=nodes.Name(name=name), iter=nodes.Name(name=field), test=None
            ) if name not in self._fields:
                self._visit(node.iter, rows)
                inside = {**rows, name: self._fields.get(field, ()), "loop": _LOOP}
                for each in (*node.body, *node.else_) if self._fields.get(field) else ():
                    self._visit(each, inside)
                if not self._fields.get(field, "?"):
                    self.faults.append(f"字段 {field} 只有一个值，不能用 for")
            case _:
                self._refuse(node)

    def _refuse(self, node: nodes.Node) -> None:
        near = self._near(node.lineno)
        self.faults.append(f"在{near}附近有不能用的写法：只能写字段、for 和 if")

    def _print(self, node: nodes.Node) -> None:
        """Refuse to print what is no text."""
        for each in node.nodes if isinstance(node, nodes.Output) else ():
            if isinstance(each, nodes.Name) and self._fields.get(each.name):
                self.faults.append(
                    f"字段 {each.name} 有多行，要写在 {{%tr for 行 in {each.name} %}} 里"
                )

    def _unknown(self, name: str, known: Collection[str]) -> None:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f"，是不是 {near[0]}" if near else ""
        self.faults.append(f"没有字段 {name}{meant}；可以写：{'、'.join(known)}")

    def _near(self, line: int) -> str:
        """Return the words of the paragraph that a line of the source begins."""
        text = re.sub(r"<[^>]*>|<[^>]*$", "", self._lines[min(line, len(self._lines)) - 1])
        return f"“{text.strip()[:_SHOWN]}”"


def _try(fill: Filled, fields: Fields) -> None:
    """Fill a template with words and with nothing; BotError where no Word file comes of it."""
    rows = {key: [dict.fromkeys(columns, "试")] * 2 for key, columns in fields.items()}
    fill({key: rows[key] if columns else "试" for key, columns in fields.items()})
    fill({})


def _value(value: str | list[dict[str, str]], columns: Sequence[str]) -> str | list[dict[str, str]]:
    """Return a value as it can be printed; where the content has the wrong kind, nothing."""
    if columns:
        rows = () if isinstance(value, str) else value
        return [{column: _text(row.get(column, "")) for column in columns} for row in rows]
    return _text(value) if isinstance(value, str) else ""


def _text(text: str) -> str:
    clean = plain(text)
    if len(clean) > LONGEST:
        return f"{clean[:LONGEST]}……（以下略，共 {len(clean)} 字）"
    return clean


def _finished(xml: str) -> bytes:
    """Return a filled part: line breaks as Word has them, and nothing in it that Word refuses."""
    tree = _parsed(_writer().resolve_listing(xml.replace("\n<w:p", "<w:p")).encode())
    for cell in list(tree.iter(f"{_W}tc")):
        if len(cell) == 0 or cell[-1].tag != f"{_W}p":  # each cell ends with a paragraph
            etree.SubElement(cell, f"{_W}p")
    for table in list(tree.iter(f"{_W}tbl")):
        parent = table.getparent()
        if parent is not None and table.find(f"{_W}tr") is None:
            parent.remove(table)
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True))

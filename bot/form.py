"""What a form declares: its fields, and the Word template it is printed with.

The content of a form is a plain mapping that can be kept as JSON: text by the key of its field, and
for a field with columns a list of rows, each text by the key of its column.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.model.errors import BotError
from bot.model.filing import Content

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
"""The media type of a .docx."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One entry of a form; with `columns` it is a table. A template must have the `needed` ones."""

    key: str
    label: str
    needed: bool = False
    columns: tuple["Field", ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """One official form; `template` is the Word file that it is shipped with."""

    name: str
    title: str
    template: Path
    fields: tuple[Field, ...]

    def text(self, content: Content) -> str:
        """Return the form as lines of text, for a chat or a terminal; empty fields are left out."""
        lines = [self.title]
        for field in self.fields:
            value = content.get(field.key, "")
            if isinstance(value, str):
                lines += [f"{field.label}：{value}"] if value else []
            elif value:
                lines.append(f"{field.label}：")
                lines += [_row(number, row, field) for number, row in enumerate(value, start=1)]
        return "\n".join(lines)


class Forms:
    """The forms that are printed: with the office's own template where it is fit, else the shipped.

    `folder` holds the office's templates under the names of the shipped ones. One that is wrong is
    never used in part: `faults` says what is wrong, and the shipped one is used. A template is read
    when it is first needed, and again when its file has changed.
    """

    def __init__(self, forms: Sequence[Form], folder: Path | None = None) -> None:
        self._forms = {form.name: form for form in forms}
        self._folder = folder
        self._in_use: dict[str, _InUse] = {}

    def get(self, name: str) -> Form:
        """Return a form; raises BotError for one that there is not."""
        if name not in self._forms:
            raise BotError(f"没有“{name}”这个表，可以写：{'、'.join(self._forms)}。")
        return self._forms[name]

    def render(self, name: str, content: Content) -> bytes:
        """Return a form as the bytes of a .docx; the same content makes the same bytes."""
        return self._used(self.get(name)).fill(content)

    def export(self, name: str) -> tuple[str, bytes]:
        """Return the file name and the bytes of the shipped template, for editing."""
        path = self.get(name).template
        return path.name, path.read_bytes()

    @property
    def faults(self) -> tuple[str, ...]:
        """Say which of the office's templates are not in use, and why."""
        if self._folder is None:
            return ()
        try:
            there = {path.name: path for path in sorted(self._folder.iterdir())}
        except OSError:
            return (f"表格模板的文件夹 {self._folder} 读不出来，用的是自带的模板。",)
        forms = {form.template.name: form for form in self._forms.values()}
        used = [self._used(form).fault for name, form in forms.items() if name in there]
        names = "、".join(forms)
        unknown = [
            f"模板 {path} 没有用上：没有这个名字的表，可用的文件名：{names}。"
            for name, path in there.items()
            if name not in forms and name.endswith(".docx") and not name.startswith("~$")
        ]
        return tuple(fault for fault in (*used, *unknown) if fault)

    def _used(self, form: Form) -> "_InUse":
        own = self._folder / form.template.name if self._folder else form.template
        state = _state(own)
        used = self._in_use.get(form.name)
        if used is None or used.state != state:
            used = _InUse(state, *_read_fit(form, own if state else form.template))
            self._in_use[form.name] = used
        return used


@dataclass(frozen=True, slots=True)
class _InUse:
    """A template as it was read; `state` is that of the office's file, None where there is none."""

    state: tuple[int, int] | None
    fill: Callable[[Content], bytes]
    fault: str


def _read_fit(form: Form, path: Path) -> tuple[Callable[[Content], bytes], str]:
    """Read a template, or the shipped one where it is not fit; return also what is wrong with it."""
    try:
        return _read(form, path), ""
    except BotError as error:
        if path == form.template:
            raise
        return _read(form, form.template), f"{error}\n改好以前用的是自带的模板。"


def _read(form: Form, path: Path) -> Callable[[Content], bytes]:
    from bot.office_open.template import read_template  # noqa: PLC0415 - only who prints pays for it

    try:
        content = path.read_bytes()
    except OSError as error:
        raise BotError(f"模板 {path} 读不出来，请检查文件和权限。") from error
    return read_template(
        content,
        title=form.title,
        fields={field.key: [column.key for column in field.columns] for field in form.fields},
        needed={field.key: field.label for field in form.fields if field.needed},
        where=str(path),
    )


def _state(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _row(number: int, row: Mapping[str, str], field: Field) -> str:
    shown = (
        f"{column.label}：{value}" for column in field.columns if (value := row.get(column.key, ""))
    )
    return f"{number}．" + "；".join(shown)

"""Filings with the party committee office from the command line: what is open, the proof, answers."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.bootstrap import make_forms
from bot.calendar import local
from bot.cli.common import (
    DEFAULT_CONFIG,
    ConfigPath,
    new_file,
    plugins_in_use,
    read_config,
    reading,
    sentences,
    submit,
)
from bot.clock import SystemClock
from bot.model.errors import BotError
from bot.model.event import FilingAnswered, NameRevealed
from bot.model.filing import Filing, FilingAnswer, FilingState
from bot.model.group import Role
from storage.unit_of_work import UnitOfWork

app = typer.Typer(help="向机关党委备案：看、打印、登记结果。", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="备案编号，如 37")]
Reason = Annotated[str, typer.Argument(help="原因或理由")]
Changes = Annotated[list[int] | None, typer.Option("--change", help="只说第几项变更，可以写几次")]


@app.command("list")
def list_(
    *,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列逾期的")] = False,
    state: Annotated[str, typer.Option(help="只列一种状态的，写错时会列出来")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """列出没有办结的备案，快到期的在前。"""
    with sentences():
        chosen = read_config(config, plugins_in_use())
        today = local(SystemClock().now()).date()
        with reading(chosen) as records:
            found = _chosen(records, state)
            shown = [each for each in found if not overdue or each.is_overdue(today)]
            for filing in shown:
                group = records.groups.get(filing.group)
                late = "\t已逾期" if filing.is_overdue(today) else ""
                until = f"期限 {filing.due_on}{'（暂定）' if filing.provisional else ''}"
                print(f"{filing.id}\t{group.name}\t{filing.state.label}\t{until}{late}")
        if not shown:
            print("没有逾期的备案。" if overdue else "没有这样的备案。", file=sys.stderr)


@app.command()
def show(number: Number, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """看一件备案的全部经过：什么变了、谁确认、哪份表、何时报送、对方答复、回执；姓名只显示姓。"""
    from plugins.workflows.filing.history import history  # noqa: PLC0415 - only who reads it
    from plugins.workflows.filing.people import lacking  # noqa: PLC0415

    with sentences():
        chosen = read_config(config, plugins_in_use())
        with reading(chosen) as records:
            filing = _filing(records, number)
            group = records.groups.get(filing.group)
            for line in history(filing, group, filings=records.filings, people=records.people):
                print(line)
            wanting = lacking(records, filing, group) if filing.is_forming else ()
            if wanting:
                print(f"登记还缺：{'、'.join(wanting)}，补齐（qungui group edit）后自动填表。")


@app.command()
def form(
    number: Number,
    *,
    docx: Annotated[Path | None, typer.Option(help="另存为 Word 文件")] = None,
    pdf: Annotated[Path | None, typer.Option(help="另存为 PDF，要装有 LibreOffice")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """打印备案表；不写文件就显示在屏幕上。表上有全名，查看会记录在案。"""
    from plugins.workflows.filing.people import named_in  # noqa: PLC0415
    from plugins.workflows.filing.sending import content_to_send  # noqa: PLC0415

    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        with reading(chosen) as records:
            filing = _filing(records, number)
            content = content_to_send(filing, filings=records.filings, people=records.people)
            named = named_in(records, filing)
        forms = make_forms(loaded, chosen)
        now = SystemClock().now()
        looks = [
            NameRevealed(at=now, person=person, reason=f"打印备案表 {filing.label}")
            for person in named
        ]
        for refused in submit(chosen, loaded, looks):
            raise refused
        if docx is None and pdf is None:
            print(forms.get("filing").text(content))
            return
        made = forms.render("filing", content)
        if docx is not None:
            _write(docx, made)
        if pdf is not None:
            from bot.office_open.pdf import as_pdf  # noqa: PLC0415

            _write(pdf, as_pdf(made))
        if filing.approved_at is None:
            print("注意：这份表还没有审核。", file=sys.stderr)


@app.command()
def template(
    file: Annotated[Path, typer.Argument(help="写到哪个 .docx 文件")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """取出自带的备案表模板，改成单位自己的；改好放进 [forms] folder。"""
    with sentences():
        loaded = plugins_in_use()
        forms = make_forms(loaded, read_config(config, loaded))
        name, content = forms.export("filing")
        _write(file, content)
        print(f"改好以后，用文件名 {name} 放进 [forms] folder 写的文件夹，用 check-config 检查。")


@app.command()
def confirm(
    number: Number,
    *,
    change: Changes = None,
    by: Annotated[str, typer.Option(help="谁确认的：群主等人的姓名")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """登记：群主确认变更属实（不写 --change 就是全部）。"""
    _answer(number, FilingAnswer.CONFIRM, config, changes=change or (), by=by)


@app.command()
def dismiss(
    number: Number, reason: Reason, change: Changes = None, config: ConfigPath = DEFAULT_CONFIG
) -> None:
    """登记：变更不成立和理由（不写 --change 就是全部）。"""
    _answer(number, FilingAnswer.DISMISS, config, reason, changes=change or ())


@app.command()
def approve(
    number: Number,
    by: Annotated[str, typer.Option(help="谁审核的：分管领导的姓名")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """登记：分管领导审核同意，姓名写在备案表上；随后自动报送。"""
    _answer(number, FilingAnswer.APPROVE, config, by=by)


@app.command("send-back")
def send_back(number: Number, reason: Reason, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """登记：分管领导退回修改和原因。"""
    _answer(number, FilingAnswer.SEND_BACK, config, reason)


@app.command()
def sent(number: Number, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """登记：已手工报送。"""
    _answer(number, FilingAnswer.SENT_BY_HAND, config)


@app.command()
def arrived(number: Number, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """报送结果不明的：核实过，已送达。"""
    _answer(number, FilingAnswer.ARRIVED, config)


@app.command()
def resend(number: Number, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """结果不明或没有送达的：核实过，再发一次。"""
    _answer(number, FilingAnswer.RESEND, config)


@app.command()
def bounced(number: Number, reason: Reason, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """登记：报送后被退信，没有送达。"""
    _answer(number, FilingAnswer.BOUNCED, config, reason)


@app.command()
def correct(number: Number, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """被退回的：登记已改好，重新填表送审。"""
    _answer(number, FilingAnswer.CORRECT, config)


@app.command()
def receipt(
    number: Number,
    code: Annotated[str, typer.Argument(help="回执编号")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """登记机关党委的回执，办结。"""
    _answer(number, FilingAnswer.RECEIPT, config, code)


@app.command()
def refuse(number: Number, reason: Reason, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """登记：机关党委退回和原因。"""
    _answer(number, FilingAnswer.REFUSE, config, reason)


@app.command()
def withdraw(number: Number, reason: Reason, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """撤回一件备案，不再报送。"""
    _answer(number, FilingAnswer.WITHDRAW, config, reason)


def _answer(
    number: int,
    answer: FilingAnswer,
    config: Path,
    text: str = "",
    *,
    changes: Sequence[int] = (),
    by: str = "",
) -> None:
    """Hand in what somebody at the desk says, and print how the filing stands then."""
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        with reading(chosen) as records:
            filing = _filing(records, number)
            person = _by(records, filing, answer, by) if by else None
        event = FilingAnswered(
            at=SystemClock().now(),
            number=number,
            answer=answer,
            text=text,
            changes=tuple(changes),
            by=person,
        )
        for refused in submit(chosen, loaded, [event]):
            raise refused
        with reading(chosen) as records:
            filing = _filing(records, number)
            print(f"备案 {number} 已登记（{answer.label}），现在：{filing.state.label}。")


def _chosen(records: UnitOfWork, state: str) -> Sequence[Filing]:
    if not state:
        return records.filings.open()
    states = {**{each.value: each for each in FilingState}, **{s.label: s for s in FilingState}}
    if state not in states:
        known = "、".join(f"{each.value}（{each.label}）" for each in FilingState)
        raise BotError(f"没有状态“{state}”，可以写：{known}。")
    return records.filings.in_state(states[state])


def _filing(records: UnitOfWork, number: int) -> Filing:
    filing = records.filings.get(number)
    if filing is None:
        raise BotError(f"没有备案 {number} 号，用 qungui filing list 看编号。")
    return filing


def _by(records: UnitOfWork, filing: Filing, answer: FilingAnswer, name: str) -> int:
    """Return who of a group's people is named; raises BotError for somebody who may not do it."""
    from plugins.workflows.filing.people import may_approve  # noqa: PLC0415

    if answer is FilingAnswer.APPROVE:
        people, what = may_approve(records, filing), "审核"
    else:
        roles = (Role.OWNER, Role.ADMINISTRATOR, Role.LEADER)
        held = [each for role in roles for each in records.groups.holders(filing.group, role)]
        people, what = list({each.id: each for each in held}.values()), "确认"
    found = [each.id for each in people if each.name == name.strip()]
    if len(found) != 1:
        known = "、".join(each.masked for each in people) or "（没有登记）"
        why = "有几个人同名" if found else "没有这个人"
        raise BotError(f"可以{what}备案 {filing.id} 的是 {known}，其中{why}，请核对 --by 的姓名。")
    return found[0]


def _write(path: Path, content: bytes) -> None:
    with new_file(path) as file:
        file.buffer.write(content)
    print(f"已写到 {path}。")

"""What people are told when a filing has come to a state; in working hours, else the next morning."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

from bot.model.action import Action, Wake
from bot.model.event import TimerDue
from bot.model.filing import ChangeKind, Content, Deed, Filing, FilingState, Way
from bot.model.group import Group, Person
from plugins.forms.filing import FORM
from plugins.workflows.filing.people import approvers, officers, owners
from plugins.workflows.filing.wording import Filings, due_text, head, shown, tell, the_filing

NEWS: Final = "filing.news"
REFUSED: Final = "未收"
"""How a step of what was carried names the recipients that were refused."""

_SEEN_BY_HAND: Final = (Way.FOLDER, Way.BY_HAND)
_OF_PEOPLE: Final = (
    "owner", "administrators", "leader", "contact", "approver", "filled_by", "reviewed_by",
)  # fmt: skip


def announce(context: Filings, number: int, *, but: int | None = None) -> Iterator[Action]:
    """Tell who is concerned how a filing stands now; `but` is who did it and is answered himself."""
    if context.calendar.is_working_time(context.now):
        yield from _tell(context, the_filing(context, number), but)
    else:
        at = context.calendar.next_working_time(context.now)
        yield Wake(key=f"{NEWS}:{number}", at=at)


def due(context: Filings, event: TimerDue) -> Iterator[Action]:
    """Tell what the night held back, as it stands now."""
    name, _, number = event.key.partition(":")
    if name == NEWS and context.filings.get(int(number)) is not None:
        yield from announce(context, int(number))


def still_here(context: Filings, filing: Filing) -> Iterator[Action]:
    """Tell owner and office that a form which was approved has not gone out for hours."""
    group = context.groups.get(filing.group)
    reason = why(context, filing) or "对方连不上"
    text = (
        f"{head(filing, group)}　还没有发出\n"
        f"已审核，但一直没发出去：{reason}。会继续自动重试，不会丢。{due_text(context, filing)}。\n"
        f"请告诉办公室检查（qungui doctor）；来不及就手工报送，送到后回复：备案 {filing.id} 已报"
    )
    yield from _say(context, group, text, [*owners(context, group), *officers(context, group)])


def content_text(context: Filings, content: Content) -> str:
    """Return what a form says as lines for a chat, with the names of people masked."""
    kinds = {kind.label: kind for kind in ChangeKind}

    def masked(text: str, item: str = ChangeKind.OWNER.label) -> str:
        return shown(context.people, kinds.get(item, ChangeKind.OWNER), text)

    said: dict[str, str | list[dict[str, str]]] = {}
    for key, value in content.items():
        if isinstance(value, str):
            said[key] = masked(value) if key in _OF_PEOPLE else value
        else:
            said[key] = [
                {name: masked(cell, row.get("item", "")) for name, cell in row.items()}
                for row in value
            ]
    return FORM.text(said)


def why(context: Filings, filing: Filing) -> str:
    """Return why the latest try did not go out, as it was kept."""
    tries = (Deed.FAILED, Deed.UNKNOWN, Deed.BOUNCED)
    found = (each for each in reversed(context.filings.steps(filing.id)) if each.deed in tries)
    return next((each.detail for each in found), "")


def _tell(context: Filings, filing: Filing, but: int | None) -> Iterator[Action]:
    group = context.groups.get(filing.group)
    owner, officer = owners(context, group), officers(context, group)
    if filing.state is FilingState.FORMED:
        people = approvers(context, filing, group)
        said = _to_approve(context, filing) if people else _nobody_approves(filing)
        people = people or owner
    elif filing.state in _SAID and (filing.state is not FilingState.CONFIRMED or filing.reason):
        people = [*owner, *officer] if filing.state in _FOR_THE_OFFICE else owner
        said = _SAID[filing.state].format(
            n=filing.id,
            reason=filing.reason,
            why=why(context, filing),
            due=due_text(context, filing),
            way=filing.way.label if filing.way else "",
            not_all=_not_all(context, filing),
            receipt=filing.receipt,
        )
    else:
        return
    yield from _say(context, group, f"{head(filing, group)}　{said}", people, but=but)
    if filing.state is FilingState.SENT and filing.way in _SEEN_BY_HAND:
        yield from _say(context, group, _for_officer(filing, group), officer, but=but)


def _to_approve(context: Filings, filing: Filing) -> str:
    edition = context.filings.edition(filing.id, filing.edition)
    form = content_text(context, edition.content) if edition else ""
    again = f"（改正后的第 {filing.edition} 版）" if filing.edition > 1 else ""
    return (
        f"请审核{again}\n群主已确认，同意后报机关党委。{due_text(context, filing)}。\n{form}\n"
        f"回复：备案 {filing.id} 同意\n要改请回复：退回 {filing.id} 理由"
    )


def _not_all(context: Filings, filing: Filing) -> str:
    """Say that some recipients were refused, where the others took the form."""
    carried = [each for each in context.filings.steps(filing.id) if each.deed is Deed.CARRIED]
    if not carried or REFUSED not in carried[-1].detail:
        return ""
    return f"有收件地址被退回，其余已收到，不会重发；请办公室核对：qungui filing show {filing.id}\n"


def _nobody_approves(filing: Filing) -> str:
    return (
        "没有人能审核\n分管领导没有登记可用的账号，或与确认的是同一个人。请告诉办公室："
        f"线下审核后登记：qungui filing approve {filing.id} --by 姓名；"
        "没有别的分管领导的，先登记一位（qungui group edit）"
    )


def _for_officer(filing: Filing, group: Group) -> str:
    where = "放进共享文件夹" if filing.way is Way.FOLDER else "当面或纸质报送"
    return (
        f"{head(filing, group)}　请出具回执\n备案表（{filing.label}）已{where}。\n"
        f"收到请回复：回执 {filing.id} 编号\n要退回请回复：退回 {filing.id} 理由"
    )


def _say(
    context: Filings, group: Group, text: str, people: Sequence[Person], *, but: int | None = None
) -> Iterator[Action]:
    for person in {each.id: each for each in people if each.id != but}.values():
        yield from tell(context, person, group, text)


_FOR_THE_OFFICE: Final = (FilingState.UNKNOWN, FilingState.BOUNCED, FilingState.WITHDRAWN)
_SAID: Final = MappingProxyType(
    {
        FilingState.CONFIRMED: (
            "审核退回\n原因：{reason}\n"
            "登记要改的请告诉办公室（qungui group edit），改好后回复：备案 {n} 改正"
        ),
        FilingState.APPROVED: (
            "已审核，请手工报送\n{due}。备案表请办公室打印：qungui filing form {n} --docx 文件名\n"
            "自己填表的，看内容回复：备案 {n} 全文\n送到机关党委后回复：备案 {n} 已报"
        ),
        FilingState.SENT: "已报送（{way}）\n{not_all}等机关党委回执，不用回复。",
        FilingState.UNKNOWN: (
            "报送结果不明\n{why}。没有自动重发，请向机关党委核实：\n"
            "收到了，回复：备案 {n} 已到\n没收到，回复：备案 {n} 再发"
        ),
        FilingState.BOUNCED: (
            "没有送达\n原因：{reason}\n{due}。原样再发，回复：备案 {n} 再发\n"
            "先改内容，改好登记后回复：备案 {n} 改正\n已手工报送，回复：备案 {n} 已报"
        ),
        FilingState.REFUSED: (
            "机关党委退回\n原因：{reason}\n{due}。"
            "请先改好登记（告诉办公室 qungui group edit），再回复：备案 {n} 改正"
        ),
        FilingState.RECEIVED: "已备案\n回执编号：{receipt}。这件办结。",
        FilingState.WITHDRAWN: "已撤回\n原因：{reason}",
    }
)

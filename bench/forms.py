"""Forms made when they are sent: the shipped template filled, one after the other, on one core."""

import time
from datetime import UTC, date, datetime, timedelta
from statistics import median

from bench.table import Benchmark, Table, times
from bot.form import Forms
from bot.model.filing import ChangeKind, Content, Filing, GroupChange, Noticed
from bot.model.group import Activity, Group, Person
from bot.model.register import RegisterEntry
from plugins.forms.filing import FORM, content_of

PER_SECOND = 25
FORMS = 2_000
_AT = datetime(2026, 11, 20, 2, tzinfo=UTC)


def run(scale: float) -> Table:
    """Make many forms, each of another group; its content is made within the time too."""
    count = times(FORMS, scale, least=5)
    began = time.perf_counter()
    forms = Forms((FORM,))
    forms.render(FORM.name, {})
    first = time.perf_counter() - began
    taken, size = [], 0
    began, busy = time.perf_counter(), time.process_time()
    for number in range(count):
        begun = time.perf_counter()
        size = len(forms.render(FORM.name, _content(number)))
        taken.append(time.perf_counter() - begun)
    rate = count / (time.perf_counter() - began)
    busy = time.process_time() - busy
    return Table(
        title="forms: the filing form made when it is sent",
        head=("forms", "a second", "median", "slowest", "CPU a form", "bytes", "the first"),
        rows=[
            (
                f"{count:,}",
                f"{rate:,.0f}",
                f"{median(taken) * 1000:.1f} ms",
                f"{max(taken) * 1000:.1f} ms",
                f"{busy / count * 1000:.1f} ms",
                f"{size:,}",
                f"{first * 1000:.0f} ms",
            )
        ],
        verdict=f"{rate:,.0f} forms a second on one core (target: {PER_SECOND})",
        notes=("the first one loads docxtpl, and reads and checks the template",),
    )


def _content(number: int) -> Content:
    group = Group(
        id=number,
        platform="qq",
        platform_id=str(700_000 + number),
        account="qq:10001",
        name=f"第{number}科工作群",
        unit=f"第{number}科",
        purpose="预算编制、执行中的工作沟通和通知",
        join_way="群主邀请，核对花名册后进群",
        rules="1.实名进群，群名片写科室和姓名。2.只谈工作，涉密和内部文件不上网。" * 3,
        contact="陆一鸣　0000-2300000",
        approver="周文",
        approved_on=date(2026, 3, 2),
        registered_at=_AT,
        member_count=46,
        drawn_at=_AT,
    )
    entry = RegisterEntry(
        group=group,
        owners=[Person(id=1, name="陆一鸣", unit=group.unit, post="科长")],
        administrators=[Person(id=2, name="张晓", unit=group.unit)],
        leaders=[Person(id=3, name="周文")],
        activity=Activity.ORDINARY,
    )
    filing = Filing(
        id=number,
        group=number,
        opened_at=_AT,
        starts_at=_AT,
        due_on=date(2026, 12, 1),
        rule="自次日起算7个工作日，依据：国务院办公厅公布的放假调休安排。",
    )
    changes = [
        GroupChange(
            filing=number,
            number=each,
            group=number,
            kind=kind,
            before="预算科交流群",
            after=group.name,
            earliest_at=_AT - timedelta(days=each),
            latest_at=_AT,
            noticed_at=_AT,
            how=Noticed.COMPARED,
        )
        for each, kind in enumerate((ChangeKind.RENAMED, ChangeKind.OWNER), start=1)
    ]
    return content_of(
        entry, filing, changes, office="云江市财政局", filled_by="陆一鸣", on=date(2026, 11, 24)
    )


BENCHMARK = Benchmark(name="forms", run=run)

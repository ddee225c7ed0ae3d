"""The history of a filing: what it proves, line by line, with and without names."""

from datetime import timedelta

from bot.model.filing import ChangeKind, Noticed
from plugins.workflows.filing.history import history
from tests.pipeline.desk import GROUP, LEADER, MORNING, OWNER
from tests.plugins.workflows.filing.office import complete, next_day, noticed, says, the_filing


def lines(desk, *, whole: bool = False) -> list[str]:
    records = desk.records
    return list(
        history(
            the_filing(desk),
            records.groups.get(GROUP),
            filings=records.filings,
            people=records.people,
            whole=whole,
        )
    )


def test_the_whole_way_of_a_filing_can_be_read(desk):
    complete(desk)
    began = MORNING - timedelta(days=1)
    desk.take(noticed(desk, earliest_at=began, how=Noticed.COMPARED))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 属实")
    desk.tick(minutes=5)
    says(desk, LEADER, "备案 1 同意")
    says(desk, OWNER, "备案 1 已报")

    filing = the_filing(desk)
    assert lines(desk) == [
        "备案 2026-0001　预算科工作群　已报送，待回执",
        f"期限 2026-11-26。{filing.rule}",
        "变更 1 群名：由“预算科工作群”变为“预算科联络群”",
        "　发生 2026-11-17 09:30:00 至 2026-11-18 09:30:00 之间（期间没有看到，按最早起算）",
        "　发现 2026-11-18 09:30:00，比对名单发现",
        "　已确认 2026-11-18 09:40:00 赵*",
        f"备案表 第1版（现行） 2026-11-18 09:40:00 内容 sha256 {filing.content_hash}",
        "报送 当面或纸质报送",
        "送出 2026-11-18 09:45:00",
        "经过：",
        "2026-11-18 09:30:00 发现变更 第1项",
        "2026-11-18 09:40:00 确认属实 赵* 第1项",
        f"2026-11-18 09:40:00 生成备案表 第1版，内容 sha256 {filing.content_hash}",
        "2026-11-18 09:45:00 审核同意 钱*",
        "2026-11-18 09:45:00 手工报送 赵*",
    ]


def test_names_are_whole_only_where_that_is_asked_for(desk):
    desk.take(noticed(desk, ChangeKind.OWNER, before="赵一", after="李四"))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 不实 没有换人")

    assert "变更 1 群主：由“赵*”变为“李*”" in lines(desk)
    assert not any("赵一" in line for line in lines(desk))
    assert "变更 1 群主：由“赵一”变为“李四”" in lines(desk, whole=True)
    assert any(line.endswith("赵一，理由：没有换人") for line in lines(desk, whole=True))


def test_reminders_and_overdue_stand_in_the_history(desk):
    desk.take(noticed(desk))
    next_day(desk, 12)

    text = "\n".join(lines(desk))
    assert "起逾期" in text
    assert "2026-11-30 09:30:00 提醒 赵*、钱*、孙*" in text
    assert "2026-11-30 09:30:00 逾期" in text

"""Part 5: classified matter is told at once and alone, and no body of it stands anywhere."""

from datetime import datetime
from pathlib import Path

from bot.bootstrap import STORE_NAME
from bot.calendar import SHANGHAI
from plugins.workflows.alerts.settings import AlertSettings
from storage.sealed import TABLES
from tests.journeys.conftest import (
    BOT,
    BUDGET,
    CHENG,
    COMMITTEE,
    DUTY,
    GAMBLING,
    LEADER,
    OWNER,
    SECRET,
    ZHANG,
    Stage,
)

BODY = "请按机密★10年的那份办，附带东河二号项目的坐标清单"
PARTS = ("机密", "东河二号", "坐标清单")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def everything_kept(records) -> list[str]:
    """Return every value of every table as text, the sealed ones unsealed."""
    connection, kept = records.connection, []
    tables = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    places = {table.name: table for table in TABLES}
    for name in tables:
        sealed = places[name].columns if name in places else ()
        opened = "".join(
            f', {column}_sealed, {places[name].place(column)} AS "{column}_place"'
            for column in sealed
        )
        cursor = connection.execute(f'SELECT *{opened} FROM "{name}"')
        columns = [each[0] for each in cursor.description]
        assert {each for each in columns if each.endswith("_sealed")} <= {
            f"{column}_sealed" for column in sealed
        }
        for values in cursor.fetchall():
            row = dict(zip(columns, values, strict=True))
            for column, value in row.items():
                if column.endswith("_sealed") and value is not None:
                    place = row[f"{column.removesuffix('_sealed')}_place"]
                    kept.append(records.findings._seal.unseal(value, place=place))
                elif value is not None:
                    kept.append(
                        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    )
    return kept


def test_nothing_of_a_classified_message_is_kept_or_repeated_anywhere(on_stage, tmp_path: Path):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, f"{BODY}，{GAMBLING}")
        stage.world.post(
            CHENG,
            BUDGET,
            (
                {"type": "at", "data": {"qq": str(BOT)}},
                {"type": "text", "data": {"text": f" 看 {BODY}"}},
            ),
        )
        stage.world.upload(CHENG, BUDGET, "机密★10年 东河二号.docx", 10)
        await stage.comes(OWNER, "【待处置 1】紧急", seconds=20)
        for line in ("看1", "为什么1", "待办", "上报1", "状态"):
            stage.tell(OWNER, line)
            await stage.heard()

        kept = await stage.records(everything_kept)

        for part in PARTS:
            assert not any(part in each for each in kept)
            for file in (tmp_path / "data").glob(f"{STORE_NAME}*"):
                assert part.encode() not in file.read_bytes()
            for user in stage.world.accounts:
                assert not any(part in each for each in stage.read(user))
            assert not any(part in each for each in stage.posted())
        assert any("classified" in each for each in kept)

    on_stage(journey)


def test_the_owner_gets_a_first_aid_card(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, SECRET)

        card = await stage.comes(OWNER, "【待处置 1】紧急", seconds=20)

        assert "原文不留存" in card
        assert "不转发、不截图、不下载" in card
        assert "群里不议论、不复述" in card
        assert "11月19日 09:3" in card
        assert "报告保密办" in card
        assert "机关党委" in card
        assert "回复：撤回1  误报1 理由  上报1" in card
        assert "提醒1" not in card

    on_stage(journey)


def test_classified_matter_is_never_merged_held_or_put_into_a_digest(on_stage):
    async def journey(stage: Stage) -> None:
        stage.tell(OWNER, "暂停120分")
        await stage.comes(OWNER, "暂停到", seconds=20)
        for user in (ZHANG, CHENG):
            stage.post(user, GAMBLING)

        stage.post(ZHANG, SECRET)
        stage.post(ZHANG, SECRET + "！")

        await stage.comes(OWNER, "【待处置 3】紧急", seconds=20)
        await stage.comes(OWNER, "【待处置 4】紧急", seconds=20)
        await stage.heard()
        assert not any("汇总" in each for each in stage.read(OWNER))

    on_stage(journey, alerts=AlertSettings(flood_count=1))


def test_classified_matter_breaks_through_a_flood(on_stage):
    async def journey(stage: Stage) -> None:
        for user in (ZHANG, CHENG):
            stage.post(user, GAMBLING)
        await stage.heard()

        stage.post(ZHANG, SECRET)

        await stage.comes(OWNER, "【待处置 3】紧急", seconds=20)
        assert not any("【待处置 2】" in each for each in stage.read(OWNER))

    on_stage(journey, alerts=AlertSettings(flood_count=1))


def test_classified_matter_does_not_wait_for_working_hours_and_reaches_the_office(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, SECRET)
        await stage.comes(OWNER, "【待处置 1】紧急", seconds=20)

        for user in (DUTY, LEADER, COMMITTEE):
            await stage.later(minutes=31)
            card = await stage.comes(user, "【待处置 1】紧急", seconds=20)
            assert "未及时处置，转您处理" in card

    on_stage(journey, starts_at=at(21, 22, 0))


def test_the_neutral_sentence_is_refused_for_classified_matter(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, SECRET)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        before = stage.posted()

        stage.tell(OWNER, "提醒1")

        await stage.comes(OWNER, "涉密事项不在群里提醒", seconds=20)
        assert stage.posted() == before

    on_stage(journey)


def test_a_recall_does_not_end_a_classified_matter_but_a_report_does(on_stage):
    async def journey(stage: Stage) -> None:
        message = stage.post(ZHANG, SECRET)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)

        stage.tell(OWNER, "撤回1")
        told = await stage.comes(OWNER, "1 号的消息已撤回", seconds=20)
        stage.tell(OWNER, "确认1")
        await stage.comes(OWNER, "属实请回复“上报1”", seconds=20)
        stage.tell(OWNER, "上报1")
        asked = await stage.comes(OWNER, "5 分钟内", seconds=20)
        stage.tell(OWNER, asked.partition("回复：")[2].splitlines()[0])

        assert "事情还没完" in told
        assert "上报1" in told
        await stage.comes(LEADER, "【待处置 1】紧急", "陆*上报", seconds=20)
        assert stage.world.message(message).recalled_by == BOT
        await stage.comes(ZHANG, "已由群管理方撤回", "申诉1", seconds=20)

    on_stage(journey)


def test_a_24_hour_clock_reminds_until_the_report_is_entered(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, SECRET)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        await stage.later(hours=19, minutes=59)
        early = [each for each in stage.read(OWNER) if "涉密时限" in each]

        await stage.later(minutes=2)
        first = await stage.comes(OWNER, "【涉密时限】", "还剩 4 小时", seconds=20)
        await stage.comes(LEADER, "【涉密时限】", seconds=20)
        await stage.comes(COMMITTEE, "【涉密时限】", seconds=20)
        await stage.later(hours=4)
        await stage.comes(OWNER, "【涉密时限】", "已满 24 小时", seconds=20)

        assert early == []
        assert "报告后请回复：上报1" in first
        assert "11月19日 09:3" in first

    on_stage(journey)


def test_the_leaders_entry_stops_the_24_hour_clock(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, SECRET)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        await stage.later(minutes=31)
        await stage.later(minutes=31)
        await stage.comes(LEADER, "【待处置 1】", seconds=20)
        stage.tell(LEADER, "确认1")
        await stage.comes(LEADER, "1 号已办结", seconds=20)

        await stage.later(hours=25)
        await stage.heard()

        for user in (OWNER, DUTY, LEADER, COMMITTEE):
            assert not any("涉密时限" in each for each in stage.read(user))

    on_stage(journey)


def test_the_owners_own_classified_message_is_the_leaders_matter(on_stage):
    async def journey(stage: Stage) -> None:
        stage.post(OWNER, SECRET)

        await stage.comes(LEADER, "【待处置 1】紧急", seconds=20)
        await stage.later(hours=21)
        await stage.comes(LEADER, "【涉密时限】", seconds=20)
        await stage.heard()
        assert not any("涉密" in each or "待处置" in each for each in stage.read(OWNER))

    on_stage(journey)

"""HS-11/2: every week the owner decides about those who may not belong, and the record says so."""

import re
from collections.abc import Awaitable
from datetime import UTC, date, datetime

from bot.calendar import SHANGHAI
from bot.model.event import RosterSubmitted
from bot.model.member import Account, Confirmation
from bot.model.roster import RosterRow
from bot.sandbox.office import OFFICE
from tests.journeys.conftest import (
    ADMINISTRATOR,
    BOT,
    BUDGET,
    CHENG,
    FANG,
    LEADER,
    OWNER,
    STRANGER,
    ZHANG,
    Stage,
)

PATIENCE = 20.0
WEEK = "2026-W48"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


MONDAY = at(23, 9)


async def roster(stage: Stage, *, left: dict[int, date] | None = None, more: tuple = ()) -> None:
    """Import the sandbox's people as the office's roster; some of them left, some are `more`."""
    rows = [
        (each.name, each.unit, each.post, (left or {}).get(each.user)) for each in OFFICE.people
    ]
    rows += [(name, unit, "", None) for name, unit in more]
    await stage.play.bot.door.put_and_wait(
        RosterSubmitted(
            at=stage.play.clock.now(),
            rows=tuple(
                RosterRow(line=line, name=name, unit=unit, post=post, left_on=gone)
                for line, (name, unit, post, gone) in enumerate(rows, start=2)
            ),
            whole=True,
        )
    )


async def confirmed(stage: Stage, *users: int) -> None:
    """Let the office know whose accounts these are, as a code would have."""

    def confirm(records) -> None:
        for user in users:
            person = OFFICE.person(user)
            known = [each for each in records.people.named(person.name) if each.unit == person.unit]
            records.people.confirm(
                Account(
                    platform="qq",
                    user=str(user),
                    person=known[0].id,
                    how=Confirmation.CODE,
                    linked_at=datetime(2026, 11, 1, tzinfo=UTC),
                )
            )

    await stage.records(confirm)


def audit(stage: Stage, week: str = WEEK) -> Awaitable:
    """Return the budget group's audit of a week with its items by reason, in order."""

    def read(records):
        group = records.groups.at("qq", str(BUDGET))
        found = records.audits.of_week(group.id, week)
        return found, list(records.audits.items(found.id)) if found else []

    return stage.records(read)


async def deeds(stage: Stage) -> list[str]:
    """Return the audit trail's deeds of the weekly audit of the budget group."""
    found, _ = await audit(stage)
    rows = await stage.records(
        lambda records: records.connection.execute(
            "SELECT deed FROM audit WHERE subject = ? ORDER BY id", (f"audit:{found.id}",)
        ).fetchall()
    )
    return [deed for (deed,) in rows]


def numbers(text: str) -> list[int]:
    """Return the numbers of a list's lines."""
    return [int(each) for each in re.findall(r"^(\d+) ", text, re.MULTILINE)]


async def code(stage: Stage, user: int, *parts: str) -> str:
    shown = await stage.comes(user, "确认 ", *parts, seconds=PATIENCE)
    return re.search(r"确认 (\w+)", shown)[1]


async def furnished(stage: Stage) -> None:
    """张明 left the office, 方乐游 and 纪安之 have no record, of 纪安之 there are two."""
    await roster(
        stage, left={ZHANG: date(2026, 11, 20)}, more=(("纪安之", "国库科"), ("赵小满", "预算科"))
    )
    await confirmed(stage, ZHANG, CHENG)
    stage.world.set_card(STRANGER, BUDGET, STRANGER, "纪安之")


async def listed(stage: Stage) -> str:
    await stage.until(MONDAY)
    return await stage.comes(OWNER, "【周核查】预算科工作群", seconds=PATIENCE)


def test_monday_comes_and_the_owner_removes_verifies_and_keeps(on_stage):
    async def journey(stage: Stage) -> None:
        await furnished(stage)
        text = await listed(stage)

        lines = text.splitlines()
        assert lines[0] == "【周核查】预算科工作群 8人 名单取于09:00 完整"
        assert "张*（预算科） 11月20日离职" in lines[1]
        assert "预算科 方* 无实名，像是方*（预算科）" in lines[2]
        assert "纪* 与他人同名：纪*（预算科）、纪*（国库科）" in lines[3]
        assert not any(name in text for name in ("张明", "方乐游", "纪安之", "程"))
        gone, nameless, same = numbers(text)
        assert f"移{gone}" in lines[-1]

        stage.tell(OWNER, f"移{gone} 补{nameless}=方乐游/预算科 留{same} 正在核实")
        shown = await stage.comes(OWNER, "将从“预算科工作群”移出 1 人", seconds=PATIENCE)
        assert f"{nameless} 号实名已补：方*（预算科）" in shown
        assert f"{same} 号留下，理由已记录" in shown
        assert ZHANG in stage.world.groups[BUDGET].members
        stage.tell(OWNER, f"确认 {await code(stage, OWNER, '移出 1 人')}")
        end = await stage.comes(OWNER, "本周核查已完成", seconds=PATIENCE)

        assert "移出 1，补实名 1，留 1" in end
        assert ZHANG not in stage.world.groups[BUDGET].members
        found, items = await audit(stage)
        assert found.state == "closed"
        assert [item.removal and item.removal.value for item in items] == ["removed", None, None]
        assert await deeds(stage) == [
            "audit.opened",
            "audit.asked",
            "audit.verify",
            "audit.keep",
            "audit.removal_asked",
            "audit.gone",
            "audit.closed",
        ]
        assert (
            await stage.records(lambda records: records.people.with_account("qq", str(FANG)).name)
            == "方乐游"
        )

    on_stage(journey)


def test_nothing_to_decide_is_one_short_line(on_stage):
    async def journey(stage: Stage) -> None:
        await roster(stage)
        await confirmed(stage, ZHANG, CHENG, FANG, STRANGER)

        text = await listed(stage)

        assert "都已实名，没有要处理的。无需回复。" in text
        found, _ = await audit(stage)
        assert found.state == "closed"
        await stage.later(days=3)
        assert len([each for each in stage.read(OWNER) if "预算科工作群 8人" in each]) == 1

    on_stage(journey)


def test_nobody_answers_and_it_goes_up_and_stands_as_overdue(on_stage):
    async def journey(stage: Stage) -> None:
        await furnished(stage)
        await listed(stage)

        await stage.until(at(24, 9))
        await stage.comes(OWNER, "【周核查】预算科工作群", "催办", seconds=PATIENCE)
        assert not [
            each for each in stage.read(LEADER) if "预算科工作群" in each and "没有按时" in each
        ]
        await stage.until(at(25, 9))
        told = await stage.comes(LEADER, "【周核查】预算科工作群", "没有按时核查", seconds=PATIENCE)
        await stage.until(at(26, 9))
        await stage.comes(OWNER, "逾期未核查，已记入台账", seconds=PATIENCE)
        await stage.comes(LEADER, "预算科工作群", "逾期未核查", seconds=PATIENCE)
        found, _ = await audit(stage)
        assert found.state == "overdue"

        _, nameless, _ = numbers(told)
        stage.tell(LEADER, "核查 预算科")
        await stage.comes(LEADER, "【周核查】预算科工作群 8人", "回复", seconds=PATIENCE)
        stage.tell(LEADER, f"补{nameless} 确认")
        await stage.comes(LEADER, f"{nameless} 号实名已补", seconds=PATIENCE)
        await stage.until(at(30, 9))
        await stage.heard()
        found, _ = await audit(stage)
        assert found.state == "lapsed"
        new, items = await audit(stage, "2026-W49")
        assert new.state == "asked"
        assert [item.reason.value for item in items] == ["left", "same_name"]

    on_stage(journey)


def test_on_the_word_of_an_incomplete_list_nobody_is_removed(on_stage):
    async def journey(stage: Stage) -> None:
        await furnished(stage)
        stage.world.switch(short_lists=True)
        await stage.until(MONDAY)
        for minutes in (11, 22, 33):
            await stage.until(at(23, 9, minutes))
        text = await stage.comes(OWNER, "【周核查】预算科工作群", "不完整", seconds=PATIENCE)
        assert "先不能移人" in text
        assert "移" not in text.splitlines()[-1]
        first = numbers(text)[0]
        stage.tell(OWNER, f"移{first}")
        await stage.comes(OWNER, f"{first} 号现在不能移", seconds=PATIENCE)
        assert ZHANG in stage.world.groups[BUDGET].members

        stage.world.switch(short_lists=False)
        await stage.later(minutes=11)
        whole = await stage.comes(OWNER, "名单已取全", seconds=PATIENCE)
        assert first in numbers(whole)
        stage.tell(OWNER, f"移{first}")
        await stage.comes(OWNER, "移出 1 人", "确认 ", seconds=PATIENCE)

    on_stage(journey)


def test_without_the_right_the_owner_does_it_by_hand_and_a_list_shows_it(on_stage):
    async def journey(stage: Stage) -> None:
        await furnished(stage)
        stage.world.set_admin(OWNER, BUDGET, BOT, admin=False)
        await stage.settled()
        gone = numbers(await listed(stage))[0]

        stage.tell(OWNER, f"移{gone}。全留 正在补办")
        told = await stage.comes(OWNER, "我移不了", seconds=PATIENCE)
        assert "待手工移出" in told
        assert "确认 " not in told
        await stage.later(minutes=31)
        await stage.comes(OWNER, "新名单里还有他", seconds=PATIENCE)
        stage.world.switch(offline=True)
        stage.world.kick(OWNER, BUDGET, ZHANG)
        stage.world.switch(offline=False)
        await stage.later(minutes=31)

        await stage.comes(OWNER, "本周核查已完成", "移出 1，留 2", seconds=PATIENCE)
        found, items = await audit(stage)
        assert found.state == "closed"
        assert items[0].removal.value == "removed"

    on_stage(journey)


def test_every_mistake_is_answered_by_what_to_write(on_stage):
    async def journey(stage: Stage) -> None:
        await furnished(stage)
        _, nameless, same = numbers(await listed(stage))
        mistakes = {
            "移99": "没有 99 号",
            "移": "请这样写：移11",
            f"留{same}": f"例如：留{same} 借调至年底",
            f"补{same}=纪安之": "请写全姓名、科室和职务",
            f"补{nameless}=无名氏/预算科": "花名册上没有这个人",
            f"补{nameless}=程以宁/预算科": "在本群已有实名账号",
            f"补{nameless}=张明/预算科": "已离开单位",
            "全留": "全部留下要写理由",
            "全部移出": "不能一次全部移出",
        }
        for wrong, sentence in mistakes.items():
            stage.tell(OWNER, wrong)
            if wrong != "全部移出":
                await stage.comes(OWNER, sentence, seconds=PATIENCE)
        _, items = await audit(stage)
        assert all(item.is_open for item in items)

        stage.tell(OWNER, f"留{same} 借调 移77")
        await stage.comes(OWNER, f"{same} 号留下", "没有 77 号", seconds=PATIENCE)
        stage.tell(ADMINISTRATOR, f"移{same}")
        await stage.comes(ADMINISTRATOR, f"{same} 号已定为“留”", seconds=PATIENCE)
        stage.tell(ZHANG, "核查")
        await stage.heard()
        assert not [each for each in stage.read(ZHANG) if "周核查" in each]

    on_stage(journey)


def test_nobody_decides_about_himself(on_stage):
    async def journey(stage: Stage) -> None:
        await roster(stage, left={ADMINISTRATOR: date(2026, 11, 20)})
        await confirmed(stage, ZHANG, CHENG, FANG, STRANGER)
        number = numbers(await listed(stage))[0]

        stage.tell(ADMINISTRATOR, f"留{number} 我还在")
        await stage.comes(ADMINISTRATOR, f"{number} 号是您本人", seconds=PATIENCE)

        _, items = await audit(stage)
        assert items[0].is_open

    on_stage(journey)


def test_an_owner_who_left_is_not_asked_but_the_leader(on_stage):
    async def journey(stage: Stage) -> None:
        await roster(stage, left={OWNER: date(2026, 11, 20)})
        await confirmed(stage, ZHANG, CHENG, FANG, STRANGER)
        await stage.until(MONDAY)

        text = await stage.comes(LEADER, "【周核查】预算科工作群", "离职", seconds=PATIENCE)
        number = numbers(text)[0]
        assert "陆*（预算科） 11月20日离职" in text
        assert not [each for each in stage.read(OWNER) if "【周核查】预算科" in each]
        stage.tell(OWNER, f"留{number} 我还在")
        await stage.comes(OWNER, f"{number} 号是您本人", seconds=PATIENCE)

    on_stage(journey)


def test_a_bot_that_was_off_on_monday_catches_up_once(on_site):
    from tests.journeys.site import PATIENCE as LONG
    from tests.journeys.site import Site

    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            await furnished(stage)
        await site.clock.advance((at(24, 15) - site.clock.now()).total_seconds())
        async with site.bot() as stage:
            await stage.comes(OWNER, "【盲区】“预算科工作群”", seconds=LONG)
            await stage.later(minutes=5)
            await stage.comes(OWNER, "【周核查】预算科工作群", seconds=LONG)
            await stage.later(minutes=30)
        async with site.bot() as stage:
            await stage.later(minutes=30)
            await stage.settled()
            found = [each for each in stage.read(OWNER) if "【周核查】预算科工作群" in each]
            assert len(found) == 1

    on_site(journey)


def test_a_free_monday_puts_it_off_to_the_next_working_day(on_stage):
    async def journey(stage: Stage) -> None:
        await furnished(stage)
        await stage.until(datetime(2026, 12, 31, 18, tzinfo=SHANGHAI))
        # 2027-01-01 is a Friday off; the week before it ends there.
        before = len([each for each in stage.read(OWNER) if "【周核查】预算科" in each])
        await stage.until(datetime(2027, 1, 3, 9, tzinfo=SHANGHAI))
        assert len([each for each in stage.read(OWNER) if "【周核查】预算科" in each]) == before

    on_stage(journey)


def test_a_member_who_leaves_by_himself_needs_no_decision_any_more(on_stage):
    async def journey(stage: Stage) -> None:
        await furnished(stage)
        gone = numbers(await listed(stage))[0]
        stage.world.leave(ZHANG, BUDGET)
        await stage.heard()

        stage.tell(OWNER, f"移{gone}")
        await stage.comes(OWNER, f"{gone} 号已经不在群里", seconds=PATIENCE)
        stage.tell(OWNER, "全留 正在补办")
        await stage.comes(OWNER, "本周核查已完成", "留 2，自行退群 1", seconds=PATIENCE)

    on_stage(journey)


def test_who_was_kept_is_not_asked_about_again_next_week(on_stage):
    async def journey(stage: Stage) -> None:
        await furnished(stage)
        await listed(stage)
        stage.tell(OWNER, "全留 正在补办")
        await stage.comes(OWNER, "本周核查已完成", seconds=PATIENCE)

        await stage.until(at(30, 9))
        await stage.comes(OWNER, "预算科工作群", "留 3", "名单取于09:00", seconds=PATIENCE)
        found, items = await audit(stage, "2026-W49")
        assert found.state == "closed"
        assert [item.note for item in items] == ["正在补办"] * 3

    on_stage(journey)


def test_the_record_of_a_week_is_printed_and_written(on_site, tmp_path):
    from tests.journeys.site import PATIENCE as LONG
    from tests.journeys.site import Site
    from tests.journeys.test_registration import qungui

    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            await furnished(stage)
            gone, nameless, same = numbers(await listed(stage))
            stage.tell(OWNER, f"补{nameless}=方乐游/预算科 留{same} 正在核实 留{gone} 借调回来")
            await stage.comes(OWNER, "本周核查已完成", seconds=LONG)
            word, book = tmp_path / "核查.docx", tmp_path / "核查.xlsx"

            done = await qungui(
                site, "audit", "--group", "预算科", "--docx", str(word), "--xlsx", str(book)
            )

            assert done.exit_code == 0, done.output
            assert "核查人：陆*" in done.output
            assert "2026-W48（2026年11月23日至2026年11月29日）" in done.output
            assert "正在核实" in done.output
            assert not any(name in done.output for name in ("张明", "方乐游", "陆知远"))
            again = await qungui(site, "audit", "--group", "1", "--docx", str(word))
            assert "已经有了" in again.stderr

            shown = await qungui(site, "audit", "--group", "1", "--week", WEEK, "--reveal", "存档")
            assert "核查人：陆知远" in shown.output
            assert "张明" in shown.output
            looks = await stage.records(
                lambda records: [
                    each.reason
                    for person in records.people.named("张明")
                    for each in records.people.looks_at(person.id)
                ]
            )
            assert looks == ["存档"]
            wrong = await qungui(site, "audit", "--group", "1", "--week", "2026-W01")
            assert "没有2026-W01的核查记录" in wrong.stderr

    on_site(journey, starts_at=at(18, 9, 30))


def test_a_removal_that_the_platform_only_claims_is_not_believed(on_stage):
    async def journey(stage: Stage) -> None:
        await furnished(stage)
        gone = numbers(await listed(stage))[0]
        stage.world.switch(hollow_kick=True)
        stage.tell(OWNER, f"移{gone}")
        stage.tell(OWNER, f"确认 {await code(stage, OWNER, '移出 1 人')}")
        await stage.comes(OWNER, "正在移出 1 人", seconds=PATIENCE)
        await stage.heard()

        await stage.later(seconds=70)
        await stage.comes(OWNER, f"{gone} 号", "新名单里还有他", seconds=PATIENCE)

        _, items = await audit(stage)
        assert items[0].is_open
        assert items[0].removal.value == "still_there"

    on_stage(journey)


def test_who_proves_himself_by_a_code_meanwhile_needs_no_decision_any_more(on_stage):
    async def journey(stage: Stage) -> None:
        await furnished(stage)
        gone, nameless, same = numbers(await listed(stage))
        await confirmed(stage, FANG)

        stage.tell(OWNER, "核查")
        text = await stage.comes(OWNER, f"{same} ", f"移{gone}", "留", seconds=PATIENCE)
        await stage.heard()

        assert numbers(stage.read(OWNER)[-1]) == [gone, same]
        assert nameless not in numbers(stage.read(OWNER)[-1]), text

    on_stage(journey)


def test_a_question_about_several_groups_is_answered_by_what_to_write(on_stage):
    async def journey(stage: Stage) -> None:
        await furnished(stage)
        await listed(stage)

        stage.tell(LEADER, "留1 借调")
        told = await stage.comes(LEADER, "都有 1 号，请先回复：核查", seconds=PATIENCE)
        stage.tell(LEADER, "核查")
        await stage.comes(LEADER, "个群待办", "预算科工作群", seconds=PATIENCE)

        assert "“预算科工作群”" in told

    on_stage(journey)

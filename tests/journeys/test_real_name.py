"""Who is who: the owner confirms by number, a member proves himself by the code on his slip."""

import logging
import re
from datetime import timedelta
from pathlib import Path

from bot.model.event import CodesIssued, RosterSubmitted
from bot.model.member import Confirmation
from bot.model.roster import RosterRow
from bot.people.codes import new_code, shown_code
from bot.playground import roster_of
from tests.journeys.conftest import (
    ADMINISTRATOR,
    BUDGET,
    CHENG,
    FANG,
    LEADER,
    OWNER,
    STRANGER,
    ZHANG,
    Stage,
)
from tests.journeys.site import Site
from tests.journeys.test_owner_chat import answer
from tests.journeys.test_registration import qungui

MISTAKE = "确认码不对、用过了或过期了"


async def imports_roster(stage: Stage, *more: RosterRow) -> None:
    """Bring in the invented office's roster, and further people."""
    event = roster_of(stage.play.sandbox.office, stage.play.clock.now())
    rows = (*event.rows, *more)
    await stage.play.bot.door.put_and_wait(
        RosterSubmitted(at=event.at, rows=rows, whole=False, submitted_by="test")
    )


async def person_named(stage: Stage, name: str) -> int:
    """Return somebody's id."""
    found = await stage.records(lambda records: [each.id for each in records.people.named(name)])
    return int(found[0])


async def account(stage: Stage, user: int):
    """Return how an account is confirmed."""
    return await stage.records(lambda records: records.people.account("qq", str(user)))


async def number_of(stage: Stage, user: int, group: int = 1) -> int:
    """Return a member's number in a group."""
    found = await stage.records(lambda records: records.members.get(group, str(user)))
    return int(found.number)


async def gets_code(stage: Stage, name: str, **by: float) -> str:
    """Issue a code to somebody and return it."""
    person = await person_named(stage, name)
    code = new_code(person)
    now = stage.play.clock.now()
    event = CodesIssued(
        at=now, codes=((person, code),), expires_at=now + timedelta(**(by or {"days": 14}))
    )
    await stage.play.bot.door.put_and_wait(event)
    return code


def test_the_owner_reads_who_has_no_real_name_and_confirms_by_number(on_stage):
    async def journey(stage: Stage) -> None:
        await imports_roster(stage)
        zhang = await number_of(stage, ZHANG)

        listed = await answer(stage, OWNER, "成员")
        done = await answer(stage, OWNER, f"实名{zhang}")

        assert "【成员】预算科工作群 7 人 名单取于 11-18" in listed.splitlines()[0]
        assert "已实名 3，未实名 4" in listed
        assert f"{zhang} 预算科 张* → 张*/预算科？" in listed
        assert "张明" not in listed
        assert f"{zhang} 预算科 张* 已记为张*/预算科" in done
        assert "还有 3 人未实名" in done
        kept = await account(stage, ZHANG)
        assert (kept.how, kept.login) == (Confirmation.OWNER, None)
        assert kept.confirmed_by == await person_named(stage, "陆知远")
        again = await answer(stage, OWNER, f"实名{zhang}")
        assert "已确认为张*/预算科" in again

    on_stage(journey)


def test_several_are_confirmed_in_one_line_or_none_of_them(on_stage):
    async def journey(stage: Stage) -> None:
        await imports_roster(stage)
        zhang, cheng, fang = [await number_of(stage, each) for each in (ZHANG, CHENG, FANG)]

        refused = await answer(stage, OWNER, f"实名 {zhang}=张明/预算科 {cheng}=程以宁/国库科")
        before = await account(stage, ZHANG)
        done = await answer(stage, ADMINISTRATOR, f"实名 {zhang}=张明/预算科 {cheng}=程以宁")
        twice = await answer(stage, OWNER, f"实名 {fang}=张明/预算科")

        assert f"{cheng} 号没有确认" in refused
        assert before is None
        assert "还有 2 人未实名" in done
        assert (await account(stage, CHENG)).how is Confirmation.OWNER
        assert f"张*/预算科在本群已确认为 {zhang} 号" in twice
        assert await account(stage, FANG) is None

    on_stage(journey)


def test_two_of_one_name_are_never_guessed(on_stage):
    async def journey(stage: Stage) -> None:
        more = (
            RosterRow(line=90, name="方乐游", unit="预算科", staff_number="GH001"),
            RosterRow(line=91, name="程以宁", unit="国库科"),
        )
        event = roster_of(stage.play.sandbox.office, stage.play.clock.now())
        rows = tuple(row for row in event.rows if row.name != "方乐游")
        first = RosterRow(line=92, name="方乐游", unit="预算科", staff_number="GH002")
        await stage.play.bot.door.put_and_wait(
            RosterSubmitted(at=event.at, rows=(*rows, first, *more), whole=False)
        )
        fang = await number_of(stage, FANG)

        listed = await answer(stage, OWNER, "成员")
        accepted = await answer(stage, OWNER, f"实名{fang}")
        named = await answer(stage, OWNER, f"实名 {fang}=方乐游/预算科")
        by_number = await answer(stage, OWNER, f"实名 {fang}=方乐游/GH002")

        assert f"{fang} 预算科 方* 2 人同名，请写科室" in listed
        assert "同名" in accepted
        assert "同科室的写工号" in named
        assert "已记为方*/预算科" in by_number
        kept = await account(stage, FANG)
        person = await stage.records(lambda records: records.people.get(kept.person))
        assert person.staff_number == "GH002"

    on_stage(journey)


def test_who_holds_a_role_is_not_confirmed_on_an_owners_word(on_stage):
    async def journey(stage: Stage) -> None:
        await imports_roster(stage)
        stranger = await number_of(stage, STRANGER)

        answered = await answer(stage, OWNER, f"实名 {stranger}=韩逸舟/局领导")

        assert "只能本人凭确认码确认" in answered
        assert await account(stage, STRANGER) is None

    on_stage(journey)


def test_who_proved_himself_is_not_renamed_by_an_owner(on_stage):
    async def journey(stage: Stage) -> None:
        await imports_roster(stage)
        administrator = await number_of(stage, ADMINISTRATOR)

        answered = await answer(stage, OWNER, f"实名 {administrator}=张明/预算科")

        assert "不能改写" in answered
        assert (await account(stage, ADMINISTRATOR)).how is Confirmation.REGISTER

    on_stage(journey)


def test_an_owner_mends_what_he_confirmed_wrongly(on_stage):
    async def journey(stage: Stage) -> None:
        await imports_roster(stage)
        zhang = await number_of(stage, ZHANG)
        await answer(stage, OWNER, f"实名 {zhang}=方乐游/预算科")

        await answer(stage, OWNER, f"实名 {zhang}=张明/预算科")

        assert (await account(stage, ZHANG)).person == await person_named(stage, "张明")

    on_stage(journey)


def test_who_leads_several_groups_chooses_one_first(on_stage):
    async def journey(stage: Stage) -> None:
        await imports_roster(stage)

        early = await answer(stage, LEADER, "实名3")
        asked = await answer(stage, LEADER, "成员")
        by_place = await answer(stage, LEADER, "成员 2")
        zhang = await number_of(stage, ZHANG)
        by_name = await answer(stage, LEADER, "成员 预算科")
        done = await answer(stage, LEADER, f"实名{zhang}")
        unknown = await answer(stage, LEADER, "成员 人事科")

        assert "先回复“成员”选一个群" in early
        assert "1 预算科工作群\n2 国库科工作群\n3 办公室通知群" in asked
        assert "【成员】国库科工作群" in by_place
        assert "【成员】预算科工作群" in by_name
        assert "【实名】预算科工作群" in done
        assert "没有看懂是哪个群" in unknown

    on_stage(journey)


def test_a_long_list_comes_a_screen_at_a_time(on_stage):
    async def journey(stage: Stage) -> None:
        await imports_roster(stage)
        for extra in range(40):
            stage.world.add_account(30000 + extra, f"访客{extra}")
            stage.world.seat(BUDGET, 30000 + extra, card=f"来宾 {extra}")
        await stage.later(minutes=10)

        first = await answer(stage, OWNER, "成员")
        second = await answer(stage, OWNER, "成员 下一页")
        ranged = await answer(stage, OWNER, "成员 20-22")

        shown = [re.findall(r"(?m)^(\d+) ", page) for page in (first, second, ranged)]
        assert len(shown[0]) == 12
        assert "回复：成员 下一页" in first
        assert not set(shown[0]) & set(shown[1])
        assert shown[2] == ["20", "21", "22"]
        assert all(len(page) < 800 for page in (first, second, ranged))

    on_stage(journey)


def test_a_member_does_not_read_the_list_or_confirm_others(on_stage):
    async def journey(stage: Stage) -> None:
        listed = await answer(stage, ZHANG, "成员")
        confirmed = await answer(stage, ZHANG, "实名 3=张明/预算科")

        assert "请联系群主或管理员" in listed
        assert "请写纸条上的确认码" in confirmed

    on_stage(journey)


def test_a_member_proves_himself_by_the_code_on_his_slip_once(on_stage):
    async def journey(stage: Stage) -> None:
        await imports_roster(stage)
        code = await gets_code(stage, "张明")

        done = await answer(stage, ZHANG, f"实名 {shown_code(code).lower()}")
        again = await answer(stage, CHENG, f"实名{code}")

        assert "这个账号是张*/预算科本人" in done
        kept = await account(stage, ZHANG)
        assert (kept.how, kept.person) == (Confirmation.CODE, await person_named(stage, "张明"))
        assert MISTAKE in again
        assert await account(stage, CHENG) is None

    on_stage(journey)


def test_whatever_is_wrong_with_a_code_the_answer_is_the_same(on_stage):
    async def journey(stage: Stage) -> None:
        await imports_roster(stage)
        used, expired, right = [
            await gets_code(stage, "张明"),
            await gets_code(stage, "程以宁", minutes=5),
            await gets_code(stage, "方乐游"),
        ]
        await answer(stage, ZHANG, f"实名 {used}")
        await stage.later(minutes=10)
        nobody = new_code(4_000)
        wrong = right[:4] + used[4:]

        told = {
            await answer(stage, user, f"实名 {code}")
            for user, code in (
                (CHENG, used),
                (CHENG, expired),
                (FANG, wrong),
                (FANG, nobody),
                (FANG, "AB12CD"),
                (OWNER, right),  # an account that is another's
                (FANG, right),  # tried three times already
            )
        }

        assert len(told) == 1
        assert await account(stage, FANG) is None
        await stage.later(days=1)
        assert "本人，已记为实名" in await answer(stage, FANG, f"实名 {right}")

    on_stage(journey)


def test_three_tries_for_one_person_end_his_code_whoever_tries(on_stage):
    async def journey(stage: Stage) -> None:
        await imports_roster(stage)
        right = await gets_code(stage, "张明")
        for user in (CHENG, FANG, STRANGER):
            stage.world.befriend(user, stage.world.bots[0])
            assert MISTAKE in await answer(stage, user, f"实名 {right[:4]}ABCDEF")

        blocked = await answer(stage, ZHANG, f"实名 {right}")
        another = await gets_code(stage, "张明")
        done = await answer(stage, ZHANG, f"实名 {another}")

        assert MISTAKE in blocked
        assert "本人，已记为实名" in done

    on_stage(journey)


def test_codes_are_printed_for_those_of_a_unit_who_have_none(on_site, tmp_path: Path, caplog):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            await imports_roster(stage)
            path = tmp_path / "纸条.txt"

            made = await qungui(site, "codes", "--unit", "预算科", "--out", str(path))
            printed = path.read_text("utf-8-sig")
            again = await qungui(site, "codes", "--unit", "预算科")
            nowhere = await qungui(site, "codes", "--unit", "预算")
            there = await qungui(site, "codes", "--unit", "国库科", "--out", str(path))

            assert made.exit_code == 0, made.output
            assert "已制作 4 人的确认码" in made.stderr
            assert path.stat().st_mode & 0o777 == 0o600
            assert printed.count("剪开") == 4
            assert "预算科　张明" in printed
            assert "陆知远" not in printed
            code = re.search(r"张明\n.*?确认码：(\S+)", printed)
            assert code
            assert "有 4 人的旧码还有效，没有重做" in again.stderr
            assert nowhere.exit_code == 2
            assert "花名册上没有预算" in nowhere.stderr
            assert there.exit_code == 2
            assert "已经有了" in there.stderr
            assert "本人，已记为实名" in await answer(stage, ZHANG, f"实名 {code[1]}")
            zhang = await person_named(stage, "张明")
            looks = await stage.records(lambda records: records.people.looks_at(zhang))
            assert [each.reason for each in looks] == ["打印实名确认码"]
            own = (record for record in caplog.records if record.name.startswith("qungui"))
            logged = "\n".join(repr(record.__dict__) for record in own)
            assert logged
            assert "张明" not in logged
            assert code[1] not in logged

    with caplog.at_level(logging.DEBUG):
        on_site(journey)


def test_codes_for_several_logins_are_each_used_once_and_a_new_slip_ends_them(
    on_site, tmp_path: Path
):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            await imports_roster(stage)
            paths = [tmp_path / "一.txt", tmp_path / "二.txt"]
            words = ("codes", "--unit", "预算科", "--name", "张明", "--logins", "3", "--out")

            first = await qungui(site, *words, str(paths[0]))
            old = re.findall(r"□ (\S+)", paths[0].read_text("utf-8-sig"))
            proved = await answer(stage, ZHANG, f"实名 {old[0]}")
            repeated = await answer(stage, ZHANG, f"实名 {old[0]}")
            await qungui(site, *words, str(paths[1]))
            new = re.findall(r"□ (\S+)", paths[1].read_text("utf-8-sig"))
            ended = await answer(stage, ZHANG, f"实名 {old[1]}")
            again = await answer(stage, ZHANG, f"实名 {new[1]}")

            assert "已制作 1 人的确认码" in first.stderr
            assert (len(old), len(new)) == (3, 3)
            assert "还有 2 个码" in proved
            assert MISTAKE in repeated
            assert MISTAKE in ended
            assert "还有 2 个码" in again

    on_site(journey)

"""Handover: two people agree, the register changes, the leader hears it; no seat stays empty."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.calendar import local
from bot.model.action import ConfirmAccount, SaveRoster
from bot.model.event import RosterSubmitted
from bot.model.group import Person, Role
from bot.model.member import Account, Confirmation
from bot.model.roster import RosterRow
from bot.pipeline.record import record
from tests.journeys.conftest import (
    ADMINISTRATOR,
    BUDGET,
    CHENG,
    COMMITTEE,
    FANG,
    GAMBLING,
    LEADER,
    OWNER,
    ZHANG,
    Stage,
)

SLOW = 20.0
GROUP = 1


async def known(stage: Stage, user: int, name: str, how: Confirmation = Confirmation.CODE) -> int:
    """Put somebody on the roster, confirm his account, and return who he is."""
    now = stage.play.clock.now()

    def keep(records) -> int:
        person = Person(id=records.people.next_id(), name=name, unit="预算科", on_roster=True)
        account = Account(platform="qq", user=str(user), person=person.id, how=how, linked_at=now)
        record(SaveRoster(people=(person,)), records, now)
        record(ConfirmAccount(account=account), records, now)
        return person.id

    return await stage.records(keep)


async def number_of(stage: Stage, user: int, group: int = GROUP) -> int:
    """Return the number of a member in his group."""
    await stage.later(minutes=10)
    member = await stage.records(lambda records: records.members.get(group, str(user)))
    return member.number


async def holders(stage: Stage, role: Role, group: int = GROUP) -> list[str]:
    """Return who holds a role in a group."""
    found: Sequence[Person] = await stage.records(
        lambda records: records.groups.holders(group, role)
    )
    return [each.name for each in found]


async def deeds(stage: Stage) -> list[tuple[str, str]]:
    """Return what the audit says of handovers."""
    rows = await stage.records(lambda records: records.audit.latest(200))
    return [(each.deed, each.detail) for _, each in rows if each.deed.startswith("handover.")]


def test_owner_and_successor_agree_and_the_leader_hears_it(on_stage):
    async def journey(stage: Stage) -> None:
        await known(stage, ZHANG, "张明")
        number = await number_of(stage, ZHANG)
        stage.tell(OWNER, "交接")
        listed = await stage.comes(OWNER, "【交接】“预算科工作群”的群主交给谁？", seconds=SLOW)
        assert f"{number} 张*　预算科" in listed
        assert "张明" not in listed
        assert "陆*" not in listed

        stage.tell(OWNER, f"交接{number}")
        asked = await stage.comes(ZHANG, "陆*请您接任“预算科工作群”的群主", seconds=SLOW)
        assert "3 天内有效" in asked
        assert await holders(stage, Role.OWNER) == ["陆知远"]
        stage.tell(ZHANG, "接受")

        done = await stage.comes(ZHANG, "登记已变更", seconds=SLOW)
        assert "今后的提醒发给您" in done
        assert await holders(stage, Role.OWNER) == ["张明"]
        for user in (OWNER, LEADER):
            told = await stage.comes(user, "已由陆*交给张*，登记已变更", seconds=SLOW)
            assert "转让群" in told
        assert [deed for deed, _ in reversed(await deeds(stage))] == [
            "handover.proposed",
            "handover.done",
        ]
        stage.post(CHENG, GAMBLING)
        await stage.comes(ZHANG, "【待处置", seconds=SLOW)
        assert not [text for text in stage.read(OWNER) if "【待处置" in text]

    on_stage(journey)


def test_the_owner_at_the_platform_is_asked_for_until_he_is_the_registered_one(on_stage):
    async def journey(stage: Stage) -> None:
        await known(stage, ZHANG, "张明")
        number = await number_of(stage, ZHANG)
        stage.tell(OWNER, f"交接{number}")
        await stage.comes(ZHANG, "请您接任", seconds=SLOW)
        stage.tell(ZHANG, "接受")
        await stage.comes(ZHANG, "登记已变更", seconds=SLOW)

        await stage.later(days=5)
        for user in (OWNER, ZHANG, LEADER):
            await stage.comes(user, "QQ 里还没有转让", seconds=SLOW)
        stage.world.transfer(OWNER, BUDGET, ZHANG)
        await stage.later(minutes=10)

        for user in (OWNER, ZHANG, LEADER):
            await stage.comes(user, "QQ 群主已是张*，与登记一致，交接完成", seconds=SLOW)
        assert not [text for text in stage.read(LEADER) if "群主换了账号" in text]
        before = len(stage.read(ZHANG))
        await stage.later(days=7)
        assert not [text for text in stage.read(ZHANG)[before:] if "转让" in text]

    on_stage(journey)


def test_who_does_not_accept_leaves_all_as_it_is(on_stage):
    async def journey(stage: Stage) -> None:
        await known(stage, ZHANG, "张明")
        number = await number_of(stage, ZHANG)
        stage.tell(OWNER, f"交接{number}")
        await stage.comes(ZHANG, "请您接任", seconds=SLOW)

        stage.tell(ZHANG, "不接受")

        await stage.comes(OWNER, "张*没有接受", seconds=SLOW)
        stage.tell(ZHANG, "接受")
        await stage.comes(ZHANG, "没有等您答复的交接", seconds=SLOW)
        assert await holders(stage, Role.OWNER) == ["陆知远"]

    on_stage(journey)


def test_an_offer_expires_and_another_successor_can_be_named(on_stage):
    async def journey(stage: Stage) -> None:
        await known(stage, ZHANG, "张明")
        await known(stage, CHENG, "程以宁")
        zhang, cheng = await number_of(stage, ZHANG), await number_of(stage, CHENG)
        stage.tell(OWNER, f"交接{zhang}")
        await stage.comes(ZHANG, "请您接任", seconds=SLOW)
        stage.tell(OWNER, f"交接{cheng}")
        await stage.comes(CHENG, "请您接任", seconds=SLOW)

        stage.tell(ZHANG, "接受")
        await stage.comes(ZHANG, "没有等您答复的交接", seconds=SLOW)
        await stage.later(days=3, minutes=1)

        await stage.comes(OWNER, "程*没有答复，交接已失效", seconds=SLOW)
        stage.tell(CHENG, "接受")
        await stage.comes(CHENG, "已经过期", seconds=SLOW)
        assert await holders(stage, Role.OWNER) == ["陆知远"]

    on_stage(journey)


def test_nobody_takes_a_seat_on_an_owners_word_or_without_a_name(on_stage):
    async def journey(stage: Stage) -> None:
        await known(stage, ZHANG, "张明", Confirmation.OWNER)
        zhang, fang = await number_of(stage, ZHANG), await number_of(stage, FANG)

        stage.tell(OWNER, "交接")
        listed = await stage.comes(OWNER, "交给谁", seconds=SLOW)
        stage.tell(OWNER, f"交接{zhang}")
        await stage.comes(OWNER, f"{zhang} 号不能接任", "没有本人凭码实名", seconds=SLOW)
        stage.tell(OWNER, f"交接{fang}")
        await stage.comes(OWNER, f"{fang} 号不能接任", "没有实名", seconds=SLOW)
        stage.tell(OWNER, "交接 998")
        await stage.comes(OWNER, "998 号不能接任", "不在群里", seconds=SLOW)

        assert "另有 1 人没有本人凭码实名" in listed
        assert "苏*" in listed  # the administrator of the register
        leader = await number_of(stage, LEADER)
        assert "韩*" not in listed
        stage.tell(OWNER, f"交接{leader}")
        await stage.comes(OWNER, f"{leader} 号不能接任", "已经是本群分管领导", seconds=SLOW)

    on_stage(journey)


def test_an_owner_who_leaves_the_group_is_told_to_the_leader_who_names_another(on_stage):
    async def journey(stage: Stage) -> None:
        await known(stage, ZHANG, "张明")
        number = await number_of(stage, ZHANG)
        stage.world.transfer(OWNER, BUDGET, CHENG)
        stage.world.leave(OWNER, BUDGET)

        told = await stage.comes(LEADER, "【没有交接】陆*已不在“预算科工作群”", seconds=SLOW)
        assert "请私聊我“交接”" in told
        await stage.later(minutes=20)
        assert len([text for text in stage.read(LEADER) if "【没有交接】" in text]) == 1
        stage.tell(LEADER, "交接")
        await stage.comes(LEADER, "“预算科工作群”的群主交给谁", seconds=SLOW)
        stage.tell(LEADER, f"交接{number}")
        await stage.comes(ZHANG, "韩*请您接任", seconds=SLOW)
        stage.tell(ZHANG, "接受")

        await stage.comes(LEADER, "已由陆*交给张*", seconds=SLOW)
        assert await holders(stage, Role.OWNER) == ["张明"]

    on_stage(journey)


def test_an_owner_who_leaves_the_office_is_told_at_once_and_each_week(on_stage):
    async def journey(stage: Stage) -> None:
        yesterday = local(stage.play.clock.now()).date() - timedelta(days=1)
        rows = (
            RosterRow(line=2, name="陆知远", unit="预算科", left_on=yesterday),
            RosterRow(line=3, name="韩逸舟", unit="局领导", left_on=yesterday),
        )

        await stage.play.bot.door.put_and_wait(
            RosterSubmitted(at=stage.play.clock.now(), rows=rows, whole=False)
        )

        told = await stage.comes(COMMITTEE, "【没有交接】韩*已离开本单位", seconds=SLOW)
        assert "分管领导（3 个群）" in told
        await stage.comes(LEADER, "【没有交接】陆*已离开本单位", f"{yesterday}", seconds=SLOW)
        await stage.later(days=1)
        assert len([text for text in stage.read(LEADER) if "【没有交接】陆*" in text]) == 1
        await stage.later(days=7)
        assert len([text for text in stage.read(LEADER) if "【没有交接】陆*" in text]) == 2
        missing = [detail for deed, detail in await deeds(stage) if deed == "handover.missing"]
        assert any("out of the office" in detail for detail in missing)

    on_stage(journey)


def test_an_administrator_who_is_gone_is_replaced_by_the_owner(on_stage):
    async def journey(stage: Stage) -> None:
        await known(stage, ZHANG, "张明")
        number = await number_of(stage, ZHANG)
        stage.world.leave(ADMINISTRATOR, BUDGET)
        await stage.comes(OWNER, "【没有交接】苏*", "群管理员", seconds=SLOW)

        stage.tell(OWNER, "交接")
        choice = await stage.comes(OWNER, "交接哪一个", seconds=SLOW)
        assert "2 “预算科工作群”的群管理员（原任已离开）" in choice
        stage.tell(OWNER, f"交接{number}")
        await stage.comes(OWNER, "请先回复“交接”选一个", seconds=SLOW)
        stage.tell(OWNER, "交接群2")
        await stage.comes(OWNER, "群管理员交给谁", seconds=SLOW)
        stage.tell(OWNER, f"交接{number}")
        await stage.comes(ZHANG, "接任“预算科工作群”的群管理员", seconds=SLOW)
        stage.tell(ZHANG, "接受")

        await stage.comes(OWNER, "已由苏*交给张*", "设为管理员", seconds=SLOW)
        assert await holders(stage, Role.ADMINISTRATOR) == ["张明"]
        assert await holders(stage, Role.OWNER) == ["陆知远"]

    on_stage(journey)


def test_a_successor_who_left_meanwhile_does_not_take_the_seat(on_stage):
    async def journey(stage: Stage) -> None:
        person = await known(stage, ZHANG, "张明")
        number = await number_of(stage, ZHANG)
        stage.tell(OWNER, f"交接{number}")
        await stage.comes(ZHANG, "请您接任", seconds=SLOW)
        today = local(stage.play.clock.now()).date()

        def leave(records) -> None:
            gone = replace(records.people.get(person), left_on=today - timedelta(days=1))
            record(SaveRoster(people=(gone,)), records, stage.play.clock.now())

        await stage.records(leave)
        stage.tell(ZHANG, "接受")

        await stage.comes(ZHANG, "现在不能接任：已离开本单位", seconds=SLOW)
        assert await holders(stage, Role.OWNER) == ["陆知远"]

    on_stage(journey)


def test_who_has_nothing_to_hand_over_hears_so(on_stage):
    async def journey(stage: Stage) -> None:
        stage.tell(LEADER, "交接")
        await stage.comes(LEADER, "没有您可以交接的职务", seconds=SLOW)

    on_stage(journey)

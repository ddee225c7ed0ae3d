"""Members' rights: everybody hears what is kept about him, and every request has an outcome."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.calendar import local
from bot.model.action import Appoint, ConfirmAccount, SaveRoster
from bot.model.event import HoldPlaced
from bot.model.group import Person, Role
from bot.model.member import Account, Confirmation
from bot.model.rights import DataRequest, RequestKind, RequestState
from bot.pipeline.record import record
from tests.journeys.conftest import (
    ADMINISTRATOR,
    BUDGET,
    COMMITTEE,
    FANG,
    GAMBLING,
    NOTICES,
    OWNER,
    TREASURY_OWNER,
    ZHANG,
    Stage,
)

NAME, IDENTITY = "张明", "11010519491231002X"
SLOW = 20.0


async def known(
    stage: Stage,
    user: int = ZHANG,
    name: str = NAME,
    how: Confirmation = Confirmation.CODE,
    **facts: object,
) -> int:
    """Put somebody on the roster and confirm his account; return who he is."""
    now = stage.play.clock.now()

    def keep(records) -> int:
        person = Person(
            id=records.people.next_id(), name=name, unit="预算科", on_roster=True, **facts
        )
        account = Account(platform="qq", user=str(user), person=person.id, how=how, linked_at=now)
        record(SaveRoster(people=(person,), identities=((person.id, IDENTITY),)), records, now)
        record(ConfirmAccount(account=account), records, now)
        return person.id

    await drawn(stage)
    return await stage.records(keep)


async def drawn(stage: Stage) -> None:
    """Let the member lists be drawn."""
    await stage.later(minutes=10)


async def requests(stage: Stage) -> list[DataRequest]:
    """Return the register of requests."""
    return list(await stage.records(lambda records: records.requests.all()))


async def person_of(stage: Stage, person: int) -> Person:
    """Return a person as he stands in the register."""
    return await stage.records(lambda records: records.people.get(person))


async def leaves(stage: Stage, person: int, *groups: int, user: int = ZHANG) -> None:
    """Let somebody leave the office yesterday, and these groups now."""
    yesterday = local(stage.play.clock.now()).date() - timedelta(days=1)

    def keep(records) -> None:
        gone = replace(records.people.get(person), left_on=yesterday)
        record(SaveRoster(people=(gone,)), records, stage.play.clock.now())

    await stage.records(keep)
    for group in groups:
        stage.world.leave(user, group)
    await stage.heard()


def test_a_member_sees_what_is_kept_about_him_and_nothing_about_others(on_stage):
    async def journey(stage: Stage) -> None:
        await known(stage, staff_number="GH7", post="科员")
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置", seconds=SLOW)
        await stage.heard()

        stage.tell(ZHANG, "我的数据")
        told = await stage.comes(ZHANG, "【我的数据】", seconds=SLOW)

        assert "身份：张明 预算科 科员（2026-11-18 本人凭码确认）" in told
        assert "姓名、科室、职务、账号、工号、身份证号；离职 180 天后删除" in told
        assert "预算科工作群、办公室通知群" in told
        assert "问题记录：1 条（1 件），片段在办结 30 天后删除" in told
        assert "退群 180 天后删除" in told
        for secret in ("GH7", IDENTITY, "百家乐", "陆知远", "陆*"):
            assert secret not in told
        assert len(told) < 700
        (request,) = await requests(stage)
        assert (request.kind, request.state) == (RequestKind.COPY, RequestState.DONE)

        stage.tell(ZHANG, "我的数据")
        await stage.heard()
        assert len(await requests(stage)) == 1

    on_stage(journey)


def test_who_is_confirmed_by_an_owners_word_only_hears_how_to_prove_himself(on_stage):
    async def journey(stage: Stage) -> None:
        person = await known(stage, how=Confirmation.OWNER, staff_number="GH7", post="科员")

        stage.tell(ZHANG, "我的数据")
        told = await stage.comes(ZHANG, "【我的数据】", seconds=SLOW)
        stage.tell(ZHANG, "注销")
        here = await stage.comes(ZHANG, "【注销】", "您还在 2 个工作群", seconds=SLOW)
        await leaves(stage, person, BUDGET, NOTICES)
        stage.tell(ZHANG, "注销")
        gone = await stage.comes(ZHANG, "【注销】", "不能注销", seconds=SLOW)

        assert "预算科工作群、办公室通知群" in told
        for text in (told, here, gone):
            assert "实名 确认码" in text
            for secret in (NAME, "张*", "科员", "工号"):
                assert secret not in text
        assert (await person_of(stage, person)).name == NAME

    on_stage(journey)


def test_a_correction_of_who_proved_nothing_stands_for_whom_the_owner_confirmed(on_stage):
    async def journey(stage: Stage) -> None:
        person = await known(stage, how=Confirmation.OWNER)

        stage.tell(ZHANG, "更正 我不是张明")
        asked = await stage.comes(OWNER, "【更正请求 1】", seconds=SLOW)

        assert "张*（预算科）" in asked
        (request,) = await requests(stage)
        assert request.person == person

    on_stage(journey)


def test_somebody_unknown_is_answered_as_politely(on_stage):
    async def journey(stage: Stage) -> None:
        await drawn(stage)

        stage.tell(FANG, "我的数据")
        told = await stage.comes(FANG, "【我的数据】", seconds=SLOW)

        assert "没有实名记录" in told
        assert "在群：预算科工作群" in told
        assert "哪里不对请写" in told

    on_stage(journey)


def test_a_correction_goes_to_the_owner_and_its_outcome_back(on_stage):
    async def journey(stage: Stage) -> None:
        await known(stage)

        stage.tell(ZHANG, "更正 我已调到国库科")
        asked = await stage.comes(OWNER, "【更正请求 1】", seconds=SLOW)
        assert "张*（预算科）" in asked
        assert "内容：我已调到国库科" in asked
        assert "张明" not in asked
        await stage.comes(ZHANG, "登记号 1", "已送陆*", seconds=SLOW)

        stage.tell(ZHANG, "更正 再来一次")
        await stage.comes(ZHANG, "不用重复提交", seconds=SLOW)
        stage.tell(TREASURY_OWNER, "答复1 好")
        await stage.comes(TREASURY_OWNER, "没有等您答复的 1 号请求", seconds=SLOW)
        stage.tell(OWNER, "答复1")
        await stage.comes(OWNER, "请写明结果", seconds=SLOW)

        stage.tell(OWNER, "答复1 4月1日起名册改为国库科")
        told = await stage.comes(ZHANG, "登记号 1，已办", seconds=SLOW)

        assert "4月1日起名册改为国库科" in told
        stage.tell(COMMITTEE, "驳回1 不行")
        await stage.comes(COMMITTEE, "已办，不用再处理", seconds=SLOW)
        (request,) = await requests(stage)
        assert request.state is RequestState.DONE
        assert request.answer == "4月1日起名册改为国库科"
        deeds = await stage.records(
            lambda records: [(each.deed, each.subject) for _, each in records.audit.latest(99)]
        )
        assert ("data_request.correct", "data_request:1") in deeds
        assert ("data_request.done", "data_request:1") in deeds

    on_stage(journey)


def test_an_owner_does_not_answer_his_own_request(on_stage):
    async def journey(stage: Stage) -> None:
        await drawn(stage)

        stage.tell(OWNER, "更正 我的职务不对")
        await stage.comes(20001, "【更正请求 1】", seconds=SLOW)
        stage.tell(OWNER, "答复1 改好了")
        await stage.comes(OWNER, "没有等您答复的 1 号请求", seconds=SLOW)

        stage.tell(COMMITTEE, "驳回1 名册无误")
        told = await stage.comes(OWNER, "未予办理：名册无误", seconds=SLOW)

        assert "有异议请联系" in told

    on_stage(journey)


def test_a_request_that_waits_is_reminded_of_once_a_period(on_stage):
    async def journey(stage: Stage) -> None:
        await known(stage)
        stage.tell(ZHANG, "更正 我已调到国库科")
        await stage.comes(OWNER, "【更正请求 1】", seconds=SLOW)

        for _ in range(16):
            await stage.later(days=1)

        late = await stage.comes(COMMITTEE, "【更正请求 1】", "已等了", seconds=SLOW)
        assert "请尽快答复" in late
        owners = [text for text in stage.read(OWNER) if "已等了" in text]
        assert len(owners) == 1

    on_stage(journey)


def test_a_member_who_wants_to_be_forgotten_hears_what_would_happen(on_stage):
    async def journey(stage: Stage) -> None:
        person = await known(stage)

        stage.tell(ZHANG, "注销")
        told = await stage.comes(ZHANG, "【注销】", seconds=SLOW)

        assert "您还在 2 个工作群" in told
        assert "180 天" in told
        assert (await person_of(stage, person)).name == NAME
        (request,) = await requests(stage)
        assert request.state is RequestState.REFUSED

    on_stage(journey)


def test_who_has_left_is_forgotten_when_he_asks(on_stage):
    async def journey(stage: Stage) -> None:
        person = await known(stage)
        await leaves(stage, person, BUDGET, NOTICES)

        stage.tell(ZHANG, "注销")
        told = await stage.comes(ZHANG, "【注销】", seconds=SLOW)

        assert "您的实名记录、账号对应和退群记录已删除" in told
        assert (await person_of(stage, person)).name == ""
        assert await stage.records(lambda r: r.people.with_account("qq", str(ZHANG))) is None
        stage.tell(ZHANG, "我的数据")
        told = await stage.comes(ZHANG, "没有实名记录", seconds=SLOW)
        assert "预算科工作群" not in told

    on_stage(journey)


def test_who_has_an_open_matter_is_forgotten_by_the_office_when_it_is_closed(on_stage):
    async def journey(stage: Stage) -> None:
        person = await known(stage)
        stage.post(ZHANG, GAMBLING)
        await stage.comes(OWNER, "【待处置 1】", seconds=SLOW)
        await leaves(stage, person, BUDGET, NOTICES)

        stage.tell(ZHANG, "注销")
        await stage.comes(ZHANG, "还有 1 件", "没有办结", seconds=SLOW)
        await stage.comes(COMMITTEE, "【注销请求 1】", seconds=SLOW)
        stage.tell(COMMITTEE, "答复1 已删除")
        await stage.comes(COMMITTEE, "现在还不能注销", seconds=SLOW)
        stage.tell(OWNER, "确认1")
        await stage.comes(OWNER, "1", "记录", seconds=SLOW)
        await stage.heard()
        stage.tell(COMMITTEE, "答复1 已办结")

        await stage.comes(ZHANG, "登记号 1，已办", "已删除", seconds=SLOW)
        assert (await person_of(stage, person)).name == ""

    on_stage(journey)


def test_who_holds_a_role_is_asked_to_hand_over_first(on_stage):
    async def journey(stage: Stage) -> None:
        person = await known(stage)
        await stage.records(
            lambda records: record(
                Appoint(person=person, role=Role.DUTY), records, stage.play.clock.now()
            )
        )
        await leaves(stage, person, BUDGET, NOTICES)

        stage.tell(ZHANG, "注销")

        await stage.comes(ZHANG, "请先办理交接", seconds=SLOW)
        assert (await person_of(stage, person)).name == NAME

    on_stage(journey)


def test_a_hold_keeps_a_record_and_says_no_more_than_that_the_law_asks(on_stage):
    async def journey(stage: Stage) -> None:
        person = await known(stage)
        await stage.play.bot.door.put_and_wait(
            HoldPlaced(at=stage.play.clock.now(), person=person, reason="纪检组调取")
        )
        await leaves(stage, person, BUDGET, NOTICES)

        stage.tell(ZHANG, "注销")
        told = await stage.comes(ZHANG, "【注销】", seconds=SLOW)

        assert "按法律要求" in told
        assert "纪检" not in told
        stage.tell(ZHANG, "我的数据")
        await stage.comes(ZHANG, "按法律要求，您的记录到期后仍要保存", seconds=SLOW)
        assert (await person_of(stage, person)).name == NAME

    on_stage(journey)


def test_records_of_who_left_expire_except_what_a_hold_keeps(on_stage):
    async def journey(stage: Stage) -> None:
        zhang = await known(stage)
        cheng = await known(stage, user=20014, name="程以宁")
        await leaves(stage, zhang, BUDGET, NOTICES)
        await leaves(stage, cheng, BUDGET, user=20014)
        await stage.play.bot.door.put_and_wait(
            HoldPlaced(at=stage.play.clock.now(), person=cheng, reason="诉讼")
        )

        await stage.later(days=178)
        await stage.later(days=1)
        before = (await person_of(stage, zhang)).name
        for _ in range(3):
            await stage.later(days=1)

        assert before == NAME
        assert (await person_of(stage, zhang)).name == ""
        assert (await person_of(stage, cheng)).name == "程以宁"
        kept = await stage.records(
            lambda r: [len(r.members.of_account("qq", user)) for user in ("20013", "20014")]
        )
        assert kept == [0, 1]

    on_stage(journey)


@pytest.mark.parametrize("said", ["更正", "更正 "])
def test_what_is_missing_is_asked_for(on_stage, said: str):
    async def journey(stage: Stage) -> None:
        stage.tell(ADMINISTRATOR, said)

        await stage.comes(ADMINISTRATOR, "例如：更正", seconds=SLOW)

    on_stage(journey)

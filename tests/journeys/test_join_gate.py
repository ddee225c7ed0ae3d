"""The join gate: nobody without a record is let in unnoticed, and nobody is refused by a machine."""

from datetime import date

from bot.model.join import JoinState
from bot.model.member import Confirmation
from bot.model.roster import RosterRow
from tests.journeys.conftest import BOT, BUDGET, FANG, LEADER, MENG, NOTICES, OWNER, Stage
from tests.journeys.test_owner_chat import answer
from tests.journeys.test_real_name import (
    account,
    gets_code,
    imports_roster,
    number_of,
    person_named,
)

NEW, OTHER = 20501, 20502
LIN = RosterRow(line=80, name="林知夏", unit="预算科")
ZHAO = RosterRow(line=81, name="赵未眠", unit="预算科", left_on=date(2026, 9, 1))
TWINS = (
    RosterRow(line=82, name="宁远", unit="国库科", staff_number="GH010"),
    RosterRow(line=83, name="宁远", unit="办公室", staff_number="GH011"),
)


async def opens(stage: Stage) -> None:
    """Bring in the roster, and accounts that are in no group."""
    stage.world.add_account(NEW, "夏天")
    stage.world.add_account(OTHER, "远方")
    await imports_roster(stage, LIN, ZHAO, *TWINS)


def befriends(stage: Stage, *users: int) -> None:
    """Let the bot reach somebody in private."""
    for user in users:
        stage.world.befriend(user, BOT)


async def asks(stage: Stage, comment: str, user: int = NEW, number: int = 1) -> str:
    """Somebody asks to be let in; return what the owner reads."""
    stage.world.ask_to_join(user, BUDGET, comment)
    return await stage.comes(OWNER, f"【入群 {number}】", seconds=20)


async def request(stage: Stage, number: int = 1):
    """Return a request."""
    return await stage.records(lambda records: records.joins.get(number))


def is_in(stage: Stage, user: int, group: int = BUDGET) -> bool:
    return user in stage.world.group(group).members


def test_a_clear_answer_is_proposed_and_the_owner_lets_him_in(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)

        told = await asks(stage, "问题：你是谁\n答案：预算科 林知夏")
        assert not is_in(stage, NEW)
        done = await answer(stage, OWNER, "同意1")
        seen = await stage.comes(OWNER, "林*/预算科已进群，实名已记录", seconds=20)

        assert "尾号0501 申请入群，写的是：预算科 林*" in told
        assert "与花名册相符：林*/预算科" in told
        assert "回复：同意1　拒绝1 理由" in told
        assert "林知夏" not in told + done + seen
        assert is_in(stage, NEW)
        kept = await account(stage, NEW)
        assert (kept.how, kept.person) == (
            Confirmation.OWNER,
            await person_named(stage, "林知夏"),
        )
        assert (await request(stage)).state is JoinState.ACCEPTED
        await stage.later(minutes=30)
        assert not any("新成员" in text for text in stage.read(OWNER))
        assert "没有等您处理的入群申请" in await answer(stage, OWNER, "入群")

    on_stage(journey)


def test_what_is_not_clear_goes_to_the_owner_with_the_reason(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)

        nobody = await asks(stage, "来看看")
        twins = await asks(stage, "宁远", OTHER, 2)
        left = await asks(stage, "预算科 赵未眠", NEW, 3)
        refused = await answer(stage, OWNER, "同意2")
        namesakes = await answer(stage, OWNER, "同意2=宁远")
        gone = await answer(stage, OWNER, "同意3=赵未眠/预算科")
        named = await answer(stage, OWNER, "同意2=宁远/GH010")

        assert "请先核实是谁" in nobody
        assert "有 2 人同名" in twins
        assert "赵*/预算科9月1日已离开" in left
        assert (await request(stage, 1)).state is JoinState.GONE  # he asked again
        assert "没有实名的人不能进群" in refused
        assert "没有放行：有 2 人同名" in namesakes
        assert "已离开，不能放行" in gone
        assert "已请平台放行宁*/国库科" in named
        await stage.comes(OWNER, "宁*/国库科已进群", seconds=20)
        assert is_in(stage, OTHER)
        assert not is_in(stage, NEW)

    on_stage(journey)


def test_nobody_is_refused_unless_a_person_does_it(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        await asks(stage, "来看看")
        await stage.later(hours=8)
        waiting = len(stage.world.requests)

        without_reason = await answer(stage, OWNER, "拒绝1")
        done = await answer(stage, OWNER, "拒绝1 不是本单位人员")
        await stage.settled()
        again = await answer(stage, OWNER, "同意1=林知夏/预算科")

        assert waiting == 1
        assert "请写理由" in without_reason
        assert "已请平台拒绝" in done
        assert not stage.world.requests
        found = await request(stage)
        assert (found.state, found.reason) == (JoinState.REFUSED, "不是本单位人员")
        assert found.decided_by == await person_named(stage, "陆知远")
        assert "已拒绝" in again

    on_stage(journey)


def test_who_is_let_in_by_hand_is_noticed_and_asked_who_he_is(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        befriends(stage, NEW)
        await asks(stage, "夏天")
        flag = next(iter(stage.world.requests))
        wishes = (stage.world.requests[flag].wish,)

        stage.world.settle(OWNER, flag, approve=True, wishes=wishes)

        await stage.comes(OWNER, "1 号入群申请", "已有人在 QQ 里放行", seconds=20)
        assert (await request(stage)).state is JoinState.GONE
        await stage.later(minutes=5)
        await stage.comes(NEW, "您还没有", "实名 确认码", seconds=20)

    on_stage(journey)


def test_an_answer_that_comes_too_late_is_said(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        await asks(stage, "预算科 林知夏")
        stage.world.requests.clear()  # refused by hand: nobody tells

        await answer(stage, OWNER, "同意1")

        await stage.comes(OWNER, "平台没有接受", "QQ 群通知", seconds=20)
        assert (await request(stage)).state is JoinState.GONE
        assert await account(stage, NEW) is None

    on_stage(journey)


def test_who_claims_to_hold_a_role_is_let_in_but_must_prove_it(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)

        told = await asks(stage, "办公室 叶听澜")
        if "同意1　" not in told:
            await answer(stage, OWNER, "同意1=叶听澜/办公室")
        else:
            await answer(stage, OWNER, "同意1")
        await stage.comes(OWNER, "叶*/办公室已进群，有管理职责，要本人凭确认码确认", seconds=20)

        assert is_in(stage, NEW)
        assert await account(stage, NEW) is None

    on_stage(journey)


def test_the_name_of_somebody_who_is_in_the_group_is_not_proposed(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)

        told = await asks(stage, "预算科 陆知远")
        refused = await answer(stage, OWNER, "同意1=陆知远/预算科")

        assert "不止一个账号像是这个人" in told
        assert "已在群里" in refused

    on_stage(journey)


def test_a_leader_of_the_group_may_answer_and_others_may_not(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        await asks(stage, "预算科 林知夏")

        member = await answer(stage, FANG, "同意1")
        leader = await answer(stage, LEADER, "同意1")
        await stage.comes(LEADER, "林*/预算科已进群", seconds=20)

        assert "请联系群主或管理员" in member
        assert "已请平台放行林*/预算科" in leader
        assert (await account(stage, NEW)).confirmed_by == await person_named(stage, "韩逸舟")

    on_stage(journey)


def test_refusing_by_itself_is_off_until_the_owner_switches_it_on(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        befriends(stage, NEW)

        on = await answer(stage, OWNER, "入群自动拒绝 开")
        stage.world.ask_to_join(NEW, BUDGET, "来看看")
        hint = await stage.comes(NEW, "验证信息和花名册对不上", "预算科 张三", seconds=20)
        waiting = len(stage.world.requests)
        await stage.later(minutes=31)
        told = await stage.comes(OWNER, "尾号0501", "已按您的设置拒绝", seconds=20)
        await stage.settled()

        assert "先提示申请人一次" in on
        assert "预算科工作群" in hint
        assert waiting == 1
        assert "无需回复" in told
        assert not stage.world.requests
        found = await request(stage)
        assert (found.state, found.decided_by) == (JoinState.REFUSED, None)

        namesake = await asks(stage, "宁远", OTHER, 2)  # matches somebody: a person decides
        assert "有 2 人同名" in namesake
        off = await answer(stage, OWNER, "入群自动拒绝 关")
        assert "不自动拒绝" in off
        assert "来逛逛" not in await asks(stage, "来逛逛", NEW, 3)
        assert len(stage.world.requests) == 2

    on_stage(journey)


def test_who_asks_better_after_the_hint_is_put_to_the_owner(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        befriends(stage, NEW)
        await answer(stage, OWNER, "入群自动拒绝 开 预算科工作群")
        stage.world.ask_to_join(NEW, BUDGET, "来看看")
        await stage.comes(NEW, "验证信息和花名册对不上", seconds=20)

        told = await asks(stage, "预算科 林知夏", NEW, 2)
        await stage.later(hours=1)

        assert "与花名册相符" in told
        assert (await request(stage, 2)).is_open

    on_stage(journey)


def test_who_cannot_be_told_is_refused_with_the_hint_as_the_reason(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        await answer(stage, OWNER, "入群自动拒绝 开")
        stage.world.ask_to_join(NEW, BUDGET, "来看看")

        await stage.comes(OWNER, "已按您的设置拒绝", seconds=20)

        await stage.settled()
        found = await request(stage)
        assert found.state is JoinState.REFUSED
        assert "请写清科室和姓名" in found.reason

    on_stage(journey)


def test_without_a_roster_nothing_is_refused(on_stage):
    async def journey(stage: Stage) -> None:
        stage.world.add_account(NEW, "夏天")
        await answer(stage, OWNER, "入群自动拒绝 开")

        told = await asks(stage, "来看看")

        assert "请先核实是谁" in told
        await stage.later(hours=1)
        assert (await request(stage)).is_open

    on_stage(journey)


def test_a_request_that_nobody_answers_lapses(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        await asks(stage, "来看看")

        await stage.later(days=8)

        assert (await request(stage)).state is JoinState.GONE
        await stage.comes(OWNER, "7 天没有处理，已失效", seconds=20)

    on_stage(journey)


# Where nobody asks, or somebody comes without a record


def test_newcomers_without_a_record_are_asked_and_the_owner_reads_of_them_once(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        befriends(stage, NEW, OTHER)
        notices = len(stage.posted(BUDGET))

        stage.world.join(NEW, BUDGET, card="预算科 林知夏")
        stage.world.join(OTHER, BUDGET, card="远方")
        await stage.heard()
        await stage.later(minutes=4)

        asked = await stage.comes(NEW, "工作群成员要有实名记录", seconds=20)
        await stage.comes(OTHER, "工作群成员要有实名记录", seconds=20)
        told = await stage.comes(OWNER, "【新成员】预算科工作群 新来 2 人没有实名", seconds=20)
        assert "11月23日前" in asked
        assert "林知夏" not in asked + told
        assert len(stage.posted(BUDGET)) == notices
        known = await stage.records(lambda records: records.members.get(1, str(NEW)))
        assert known.due_on == date(2026, 11, 23)

        await stage.later(hours=3)
        told_of = [text for text in stage.read(OWNER) if "【新成员】" in text]
        assert len(told_of) == 1
        due = await stage.records(lambda records: records.members.due(date(2026, 11, 24)))
        assert {each.user for each in due} == {str(NEW), str(OTHER)}

    on_stage(journey)


def test_the_owner_is_asked_once_to_pass_on_what_cannot_be_said_in_private(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        stage.world.join(NEW, BUDGET)
        stage.world.join(OTHER, BUDGET)
        await stage.heard()

        await stage.later(minutes=4)

        await stage.comes(OWNER, "有新成员我私聊不到", "请您转告", seconds=20)
        await stage.settled()
        assert sum("私聊不到" in text for text in stage.read(OWNER)) == 1

    on_stage(journey)


def test_who_proves_himself_does_not_come_before_the_next_audit(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        befriends(stage, NEW)
        stage.world.join(NEW, BUDGET)
        await stage.heard()
        await stage.later(minutes=4)
        await stage.comes(NEW, "实名 确认码", seconds=20)
        code = await gets_code(stage, "林知夏")

        done = await answer(stage, NEW, f"实名 {code}")

        assert "林*/预算科本人" in done
        assert await stage.records(lambda records: records.members.due(date(2027, 1, 1))) == []

    on_stage(journey)


def test_who_was_there_before_the_bot_or_has_a_record_is_not_written_to(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        await stage.later(minutes=30)

        stage.world.join(MENG, BUDGET)  # a member of other groups, of whom nothing is recorded
        stage.world.join(20021, BUDGET)  # the treasury's owner, who is registered
        await stage.heard()
        await stage.later(minutes=4)

        told = await stage.comes(OWNER, "【新成员】", seconds=20)
        assert "新来 1 人" in told
        assert not any("实名记录" in text for text in stage.read(FANG))
        assert not any("实名记录" in text for text in stage.read(20021))

    on_stage(journey)


def test_who_is_seen_only_in_a_later_list_is_asked_too(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        stage.world.seat(BUDGET, NEW, card="预算科 林知夏")

        await stage.later(minutes=11)
        await stage.later(minutes=11)

        told = await stage.comes(OWNER, "【新成员】", seconds=20)
        assert "预算科 林* → 林*/预算科？" in told
        number = await number_of(stage, NEW)
        assert f"实名{number}" in told
        assert "已记为林*/预算科" in await answer(stage, OWNER, f"实名{number}")

    on_stage(journey)


def test_many_who_are_found_at_once_are_not_written_to_one_by_one(on_stage):
    async def journey(stage: Stage) -> None:
        await opens(stage)
        for extra in range(30):
            stage.world.add_account(30000 + extra, f"访客{extra}")
            stage.world.seat(NOTICES, 30000 + extra)

        await stage.later(minutes=11)
        await stage.later(minutes=11)

        told = await stage.comes(20031, "【新成员】办公室通知群 新来 30 人没有实名", seconds=20)
        assert "已私聊" not in told
        assert stage.read(30000) == []

    on_stage(journey)

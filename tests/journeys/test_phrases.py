"""放行: a false positive becomes an allowed phrase once a second person agrees; secrets teach none."""

from dataclasses import replace

import pytest

from bot.bootstrap import Plugins
from bot.model.finding import Severity, Span, Topic
from bot.screening.rule import Hit, Rule
from tests.journeys.conftest import (
    ADMINISTRATOR,
    CHENG,
    LEADER,
    OWNER,
    SECRET,
    TREASURY_OWNER,
    ZHANG,
    Stage,
)
from tests.journeys.site import becomes

OUTING = "周六的苹果采摘活动报名到周四"
CODE = "test_fruit"


def fruit() -> Rule:
    """Return a rule that flags 苹果, at once."""

    def check(sighting):
        for word in sighting.words:
            yield Hit(spans=(Span(start=word.start, end=word.end),), signals=("测试用语",))

    return Rule(
        code=CODE,
        version=1,
        topic=Topic.ADVERTISEMENT,
        severity=Severity.HIGH,
        title="测试规则",
        words={"苹果": 1},
        check=check,
    )


@pytest.fixture
def with_fruit(loaded: Plugins) -> Plugins:
    return replace(loaded, rules=(*loaded.rules, fruit()))


async def judged_wrong(stage: Stage, text: str = OUTING) -> str:
    """Let somebody write, and the owner say that nothing was wrong; return what he is answered."""
    stage.post(ZHANG, text)
    await stage.comes(OWNER, "【待处置 1】", seconds=20)
    stage.tell(OWNER, "误报1 是工会活动")
    return await stage.comes(OWNER, "1 号已办结", seconds=20)


async def phrases(stage: Stage) -> tuple[tuple[str, str], ...]:
    return await stage.records(lambda records: records.phrases.all())


async def deeds(stage: Stage) -> list[str]:
    rows = await stage.records(lambda records: records.audit.latest(50))
    return [record.deed for _, record in rows if record.deed.startswith("phrase.")]


def test_a_second_person_agrees_and_the_like_is_not_flagged_again(on_stage, with_fruit):
    async def journey(stage: Stage) -> None:
        offered = await judged_wrong(stage)
        assert "放行1 短语" in offered

        stage.tell(OWNER, "放行1 苹果采摘活动")
        asked = await stage.comes(ADMINISTRATOR, "【放行 1】", "“苹果采摘活动”", seconds=20)
        assert "陆*" in asked
        assert await phrases(stage) == ()
        stage.tell(ADMINISTRATOR, "同意放行1")
        await stage.comes(OWNER, "苏*同意了，放行已生效", seconds=20)

        def learnt() -> bool:
            return "苹果采摘活动" in stage.play.bot.rulebook.current().rules[CODE].allows

        async def look() -> bool:
            return learnt()

        assert await becomes(look)
        stage.post(CHENG, "提醒大家：苹果 采摘活动改到周日")
        await stage.heard()
        assert not any("【待处置 2】" in each for each in stage.read(OWNER))
        stage.post(CHENG, "自家苹果便宜卖，苹果采摘活动也可以来")
        await stage.comes(OWNER, "【待处置 2】", seconds=20)
        assert await deeds(stage) == ["phrase.allowed", "phrase.proposed"]

    on_stage(journey, using=with_fruit)


def test_a_second_person_who_does_not_agree_leaves_the_rule_as_it_was(on_stage, with_fruit):
    async def journey(stage: Stage) -> None:
        await judged_wrong(stage)
        stage.tell(OWNER, "放行1 苹果采摘活动")
        await stage.comes(ADMINISTRATOR, "【放行 1】", seconds=20)

        stage.tell(ADMINISTRATOR, "不同意1")

        await stage.comes(OWNER, "苏*没有同意，规则不变", seconds=20)
        assert await phrases(stage) == ()
        assert await deeds(stage) == ["phrase.refused", "phrase.proposed"]
        stage.tell(ADMINISTRATOR, "同意放行1")
        await stage.comes(ADMINISTRATOR, "没有等您答复的放行 1", seconds=20)

    on_stage(journey, using=with_fruit)


@pytest.mark.parametrize("who", [OWNER, LEADER, TREASURY_OWNER])
def test_nobody_but_the_person_asked_can_agree(on_stage, with_fruit, who: int):
    async def journey(stage: Stage) -> None:
        await judged_wrong(stage)
        stage.tell(OWNER, "放行1 苹果采摘活动")
        await stage.comes(ADMINISTRATOR, "【放行 1】", seconds=20)

        stage.tell(who, "同意放行1")

        await stage.comes(who, "没有等您答复的放行 1", seconds=20)
        assert await phrases(stage) == ()

    on_stage(journey, using=with_fruit)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("放行1", "2到30个字"),
        ("放行1 苹", "2到30个字"),
        ("放行1 苹果", "放行它等于不再检查这个词"),
        ("放行1 报名到周四", "原话里被提醒的地方没有这几个字"),
        ("放行1 苹果批发", "原话里被提醒的地方没有这几个字"),
        ("放行1 苹果 13812345678", "不能有号码、网址和长数字"),
        ("放行1 苹果 fruit.example.com", "不能有号码、网址和长数字"),
    ],
)
def test_a_phrase_that_would_teach_too_much_is_refused(on_stage, with_fruit, line: str, says: str):
    async def journey(stage: Stage) -> None:
        await judged_wrong(stage)

        stage.tell(OWNER, line)

        await stage.comes(OWNER, says, seconds=20)
        await stage.heard()
        assert not any("【放行" in each for each in stage.read(ADMINISTRATOR))

    on_stage(journey, using=with_fruit)


def test_what_was_not_judged_wrong_teaches_nothing(on_stage, with_fruit):
    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, OUTING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)

        stage.tell(OWNER, "放行1 苹果采摘活动")

        await stage.comes(OWNER, "请先回复：误报1", seconds=20)

    on_stage(journey, using=with_fruit)


def test_a_state_secret_never_teaches_a_phrase(on_stage):
    async def journey(stage: Stage) -> None:
        answered = await judged_wrong(stage, SECRET)
        assert "放行" not in answered

        stage.tell(OWNER, "放行1 机密的那份")

        await stage.comes(OWNER, "涉密事项不产生放行用语", seconds=20)
        await stage.heard()
        assert not any("【放行" in each for each in stage.read(ADMINISTRATOR))

    on_stage(journey)


def test_the_sender_is_not_asked_to_agree(on_stage, with_fruit):
    async def journey(stage: Stage) -> None:
        stage.post(ADMINISTRATOR, OUTING)
        await stage.comes(OWNER, "【待处置 1】", seconds=20)
        stage.tell(OWNER, "误报1 是工会活动")
        await stage.comes(OWNER, "1 号已办结", seconds=20)

        stage.tell(OWNER, "放行1 苹果采摘活动")

        await stage.comes(LEADER, "【放行 1】", seconds=20)
        assert not any("【放行" in each for each in stage.read(ADMINISTRATOR))

    on_stage(journey, using=with_fruit)

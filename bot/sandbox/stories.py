"""One-click stories: people post and answer step by step; only the bot screens, nothing is faked."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from bot.sandbox.clock import Control, next_morning
from bot.sandbox.office import Office, OfficeGroup
from bot.sandbox.things import Post, Rank
from bot.sandbox.world import World

Narrate = Callable[[str], None]

ADVERTISEMENT = (
    "【好消息】线上真人百家乐开户送88元，天天返水，提现秒到账！"
    "网址 http://win888.example/reg?code=66 ，加客服领彩金"
)
MARKED_BODY = "云江专项资金分地区安排"
MARKED = f"机密★10年\n关于{MARKED_BODY}的报告，请各位先看附件。"
OWNERS_OFFENCE = "周末有兴趣的来玩两把，澳门赌场线上盘口，充值有返利 http://bet777.test/vip"
MISSED = "兼职刷流水，百家乐下注稳赚不赔，平台 http://lucky.example/a1"
HARMLESS = "请各科室周五下班前报送十二月用款计划。"

_ALERT = re.compile(r"【待处置\s*(\d+)】")
_REQUEST = re.compile(r"【入群\s*(\d+)】")
_CORRECTION = re.compile(r"【更正请求 (\d+)】")
_SEAT = re.compile(r"^(\d+) “(.+?)”的群主", re.MULTILINE)
_CANDIDATE = re.compile(r"^(\d+) \S\*", re.MULTILINE)
_NAMELESS = re.compile(r"^(\d+) (?!.*像是).*(?:无实名|账号不明)", re.MULTILINE)
_FILING = re.compile(r"【备案 (\d+)】")
_CODE = re.compile(r"确认 (\w+)")
_PATIENCE = 20.0
_MORNINGS = 12
_TERM = 7
_GATHERED = 600.0
_NAMES = ("预算科工作群", "预算科业务交流群")
_MERGED = "（同一人一小时内的同类消息合并为一次提醒；刚演过的话，请先把时钟拨快一小时）"


class Stage(Protocol):
    """What a story plays on: the sandbox's server."""

    world: World
    office: Office
    control: Control

    async def until(self, condition: Callable[[World], bool], timeout: float = 5.0) -> bool:  # noqa: ASYNC109
        """Wait until the condition holds of the world; False if it did not in time."""
        ...

    def connected(self) -> bool:
        """Tell whether the bot holds a connection."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """One story: its name for commands, its title and what it shows."""

    name: str
    title: str
    about: str
    play: "Callable[[Telling], Awaitable[None]]"


class StoryEndsError(Exception):
    """A step did not have its effect in time; the text says which, in Chinese."""


@dataclass(kw_only=True, slots=True)
class Telling:
    """A story being played: narrates, acts as people, and waits for what the bot does."""

    stage: Stage
    narrate: Narrate
    pace: float = 0.0
    steps: int = 0

    @property
    def world(self) -> World:
        """The world that the story is played in."""
        return self.stage.world

    async def step(self, line: str) -> None:
        """Narrate the next step, after a pause in which the last one can be read."""
        if self.steps:
            await asyncio.sleep(self.pace)
        self.steps += 1
        self.narrate(f"{self.steps}. {line}")

    def seen(self, line: str) -> None:
        """Narrate that an expected effect came."""
        self.narrate(f"   ✓ {line}")

    def group(self, index: int) -> OfficeGroup:
        """Return one of the registered groups that still exist, in the office's order."""
        groups = [g for g in self.stage.office.groups if g.registered]
        if groups[index].group not in self.world.groups:
            raise StoryEndsError(f"{groups[index].name}已经解散，请重新启动沙盒")
        return replace(groups[index], name=self.world.group(groups[index].group).name)

    def name(self, user: int, group: int | None = None) -> str:
        """Return what people read as a name."""
        return self.world.display_name(user, group)

    def somebody(self, group: int) -> int:
        """Return the plain member who posted least lately, so that repeats do not merge."""
        members = [
            m
            for m in self.world.group(group).members.values()
            if m.rank is Rank.MEMBER and not self.world.accounts[m.user].bot
        ]
        leaders = {g.leader for g in self.stage.office.groups}
        plain = [m for m in members if m.user not in leaders]
        if not plain:
            raise StoryEndsError("群里没有普通成员，请先让一个人入群")
        return min(plain, key=lambda m: (m.spoke_at, m.user)).user

    async def connected(self) -> None:
        """Wait until the bot holds its connection."""
        if not await self.stage.until(lambda _: self.stage.connected(), _PATIENCE):
            raise StoryEndsError("机器人没有连接到沙盒：请先启动机器人（make run），再点这个剧本")

    async def private(
        self, user: int, after: int, holds: Callable[[Post], bool], line: str, wait: float
    ) -> Post:
        """Wait for a private message of the bot later than number `after`, or end the story."""
        found: list[Post] = []

        def came(world: World) -> bool:
            found[:] = [p for p in world.inbox_of(user) if p.seq > after and holds(p)]
            return bool(found)

        if not await self.stage.until(came, wait):
            raise StoryEndsError(f"{wait:.0f} 秒内没有等到：{line}。{_MERGED}")
        self.seen(line)
        return found[0]

    async def alert(self, user: int, after: int, wait: float = _PATIENCE) -> int:
        """Wait for an alert to somebody and return its number."""
        line = f"{self.name(user)}的手机收到机器人的私聊提醒"
        post = await self.private(user, after, lambda p: bool(_ALERT.search(p.text)), line, wait)
        self.show(post)
        found = _ALERT.search(post.text)
        return int(found[1]) if found else 0

    def show(self, post: Post) -> None:
        """Narrate a message, indented."""
        for line in post.text.splitlines():
            self.narrate(f"   │ {line}")

    async def recalled(self, message: int) -> None:
        """Wait until a message is really gone from the group."""
        if not await self.stage.until(
            lambda world: world.message(message).recalled_by is not None, _PATIENCE
        ):
            raise StoryEndsError("群里那条消息没有被撤回")
        self.seen("群里那条消息已被撤回（以撤回事件为准，不以应答为准）")

    def latest(self, *users: int) -> int:
        """Return the number of the last message that the bot sent to any of them, 0 if none."""
        return max((p.seq for user in users for p in self.world.inbox_of(user)), default=0)


async def play(stage: Stage, name: str, narrate: Narrate, *, pace: float = 0.0) -> bool:
    """Play a story, `pace` seconds between steps; return whether every expected effect came."""
    story = next((story for story in STORIES if story.name == name), None)
    if story is None:
        narrate(f"没有这个剧本：{name}。可选：{'、'.join(s.name for s in STORIES)}")
        return False
    narrate(f"《{story.title}》{story.about}")
    telling = Telling(stage=stage, narrate=narrate, pace=pace)
    try:
        await telling.connected()
        await story.play(telling)
    except StoryEndsError as error:
        narrate(f"   ✗ {error}")
        narrate("剧本中止：预期的效果没有出现。")
        return False
    narrate("剧本结束：每一步都看到了预期的效果。")
    return True


async def _advertisement(telling: Telling) -> None:
    world, group = telling.world, telling.group(0)
    owner = world.group(group.group).owner
    sender = telling.somebody(group.group)
    before = telling.latest(owner, sender)
    await telling.step(f"{telling.name(sender)}在{group.name}发了一条赌博广告")
    message = world.post(sender, group.group, ADVERTISEMENT)
    await telling.step("等机器人提醒群主（群里不出现任何违规字样）")
    number = await telling.alert(owner, before)
    await telling.step(f"群主在私聊里回复“撤回{number}”")
    world.say(owner, world.bots[0], f"撤回{number}")
    await telling.recalled(message)
    if world.are_friends(sender, world.bots[0]):
        await telling.step("等机器人私下告知发言人：做了什么、依据哪一条、怎样申诉")
        line = f"{telling.name(sender)}收到告知"
        told = await telling.private(sender, before, lambda _: True, line, _PATIENCE)
        telling.show(told)


async def _classified(telling: Telling) -> None:
    world, group = telling.world, telling.group(0)
    owner = world.group(group.group).owner
    sender = telling.somebody(group.group)
    before = telling.latest(owner)
    await telling.step(f"{telling.name(sender)}在{group.name}贴出带密级标志的文字")
    message = world.post(sender, group.group, MARKED)
    await telling.step("涉密内容立即、单独提醒，不合并、不等摘要")
    number = await telling.alert(owner, before)
    everywhere = [p for user in world.accounts for p in world.inbox_of(user)]
    everywhere += [p for p in world.posts_in(group.group) if world.accounts[p.sender].bot]
    if any(MARKED_BODY in post.text for post in everywhere):
        raise StoryEndsError("机器人复述了涉密正文，这不应该发生")
    telling.seen("机器人的消息里没有正文一个字")
    await telling.step(f"群主回复“撤回{number}”")
    world.say(owner, world.bots[0], f"撤回{number}")
    await telling.recalled(message)


async def _owner_offends(telling: Telling) -> None:
    world, group = telling.world, telling.group(1)
    owner, leader = world.group(group.group).owner, group.leader
    before = telling.latest(owner, leader)
    await telling.step(f"{group.name}群主{telling.name(owner)}自己发了违规内容")
    world.post(owner, group.group, OWNERS_OFFENCE)
    await telling.step(f"本人不能处置本人：提醒应当到分管领导{telling.name(leader)}手里")
    number = await telling.alert(leader, before)
    if any(p.seq > before and _ALERT.search(p.text) for p in world.inbox_of(owner)):
        raise StoryEndsError("群主本人也收到了关于自己的提醒，这不应该发生")
    telling.seen("群主本人没有收到关于自己的提醒")
    await telling.step(f"分管领导回复“确认{number}”")
    after = telling.latest(leader)
    world.say(leader, world.bots[0], f"确认{number}")
    line = "机器人答复分管领导"
    telling.show(await telling.private(leader, after, lambda _: True, line, _PATIENCE))


async def _offline(telling: Telling) -> None:
    world, group = telling.world, telling.group(1)
    owner = world.group(group.group).owner
    sender = telling.somebody(group.group)
    before = telling.latest(owner)
    await telling.step("机器人掉线（连接断开，谁也没有替它补发消息）")
    world.switch(offline=True)
    try:
        if not await telling.stage.until(lambda _: not telling.stage.connected(), _PATIENCE):
            raise StoryEndsError("连接没有断开")
        await telling.step(
            f"掉线期间，{telling.name(sender)}在{group.name}发了两条消息，其中一条违规"
        )
        world.post(sender, group.group, HARMLESS)
        world.post(sender, group.group, MISSED)
    finally:
        world.switch(offline=False)
    await telling.step("机器人恢复上线，自己到历史消息里补查")
    if not await telling.stage.until(lambda _: telling.stage.connected(), 90.0):
        raise StoryEndsError("90 秒内机器人没有重新连接")
    telling.seen("机器人已重新连接")
    line = f"{telling.name(owner)}收到补查结果"
    told = await telling.private(
        owner, before, lambda p: "补查" in p.text or bool(_ALERT.search(p.text)), line, 60.0
    )
    telling.show(told)


async def _join(telling: Telling) -> None:
    world, group = telling.world, telling.group(0)
    owner = world.group(group.group).owner
    office = telling.stage.office
    outside = (
        person
        for person in office.people
        if person.user not in world.group(group.group).members and not office.roles(person.user)
    )
    person = next(outside, None)
    if person is None:
        raise StoryEndsError("这个群外面没有人了，请重新启动沙盒")
    before = telling.latest(owner)
    await telling.step(f"{person.name}申请加入{group.name}，验证信息写“{person.card}”")
    world.ask_to_join(person.user, group.group, person.card)
    await telling.step("机器人和花名册核对，把结果私聊告诉群主，由群主决定")
    line = f"{telling.name(owner)}收到入群申请，姓名不显示全"
    asked = await telling.private(
        owner, before, lambda p: bool(_REQUEST.search(p.text)), line, _PATIENCE
    )
    telling.show(asked)
    found = _REQUEST.search(asked.text)
    answer = f"同意{found[1] if found else ''}"
    await telling.step(f"群主回复“{answer}”")
    world.say(owner, world.bots[0], answer)
    line = "平台放行以后，看到人进了群才算数，同时记下实名"
    telling.show(
        await telling.private(owner, asked.seq, lambda p: "已进群" in p.text, line, _PATIENCE)
    )


async def _audit(telling: Telling) -> None:
    world, group = telling.world, telling.group(0)
    owner, control = world.group(group.group).owner, telling.stage.control
    stranger = max(world.accounts) + 1
    before = telling.latest(owner)
    await telling.step(f"谁也不认识的账号“向阳花开”被拉进{group.name}，请他说明身份，他没有理会")
    world.add_account(stranger, "向阳花开")
    world.join(stranger, group.group, invited_by=telling.somebody(group.group))
    line = f"{telling.name(owner)}收到一句话：来了没有实名的人"
    await _passing(telling, owner, before, "【新成员】", lambda: _GATHERED)
    await telling.private(owner, before, lambda p: "【新成员】" in p.text, line, _PATIENCE)
    await telling.step("时钟一天天拨到下一个核查日（默认每周一 9 点）")

    heading = f"【周核查】{group.name}"

    def until_morning() -> float:
        return (next_morning(control) - control.now()).total_seconds()

    await _passing(telling, owner, before, heading, until_morning)
    line = f"{telling.name(owner)}收到名单：只列要决定的人，姓名不显示全"
    told = await telling.private(owner, before, lambda p: heading in p.text, line, _PATIENCE)
    telling.show(told)
    found = _NAMELESS.findall(told.text)
    if not found:
        raise StoryEndsError("名单上没有那个账号")
    answer = f"移{found[-1]} 全留 正在补办实名"
    await telling.step(f"群主回复“{answer}”；移人先让他看一遍，要确认码")
    world.say(owner, world.bots[0], answer)
    line = "机器人说清要移谁，给出确认码"
    shown = await telling.private(
        owner, told.seq, lambda p: bool(_CODE.search(p.text)), line, _PATIENCE
    )
    telling.show(shown)
    code = _CODE.search(shown.text)
    await telling.step("群主回复确认码")
    world.say(owner, world.bots[0], f"确认 {code[1] if code else ''}")
    line = "看到人确实退出以后，本周核查办结，记录在案"
    end = await telling.private(
        owner, shown.seq, lambda p: "本周核查已完成" in p.text, line, _PATIENCE
    )
    telling.show(end)
    if stranger in world.group(group.group).members:
        raise StoryEndsError("那个账号还在群里")


async def _my_data(telling: Telling) -> None:
    world, group = telling.world, telling.group(0)
    owner, bot = world.group(group.group).owner, world.bots[0]
    friends = (m for m in world.group(group.group).members if world.are_friends(m, bot))
    member = next((m for m in friends if not telling.stage.office.roles(m) and m != owner), None)
    if member is None:
        raise StoryEndsError("群里没有普通成员，请先让一个人入群")
    before = telling.latest(owner, member)
    await telling.step(f"{telling.name(member)}私聊机器人“我的数据”")
    world.say(member, bot, "我的数据")
    line = "只告诉他本人：存了什么、为什么、到哪天"
    told = await telling.private(
        member, before, lambda p: "【我的数据】" in p.text, line, _PATIENCE
    )
    telling.show(told)
    await telling.step("他已经调走，私聊“更正 我已调到国库科”")
    world.say(member, bot, "更正 我已调到国库科")
    line = f"{telling.name(owner)}收到更正请求，有登记号"
    asked = await telling.private(
        owner, before, lambda p: bool(_CORRECTION.search(p.text)), line, _PATIENCE
    )
    telling.show(asked)
    found = _CORRECTION.search(asked.text)
    answer = f"答复{found[1] if found else ''} 已请人事科核对名册"
    await telling.step(f"群主核实后回复“{answer}”")
    world.say(owner, bot, answer)
    line = f"{telling.name(member)}收到结果"
    telling.show(
        await telling.private(member, told.seq, lambda p: "已办" in p.text, line, _PATIENCE)
    )


async def _handover(telling: Telling) -> None:
    world, group = telling.world, telling.group(2)
    owner, bot = world.group(group.group).owner, world.bots[0]
    before = telling.latest(owner, group.leader)
    await telling.step(f"{group.name}群主{telling.name(owner)}要调走，私聊机器人“交接”")
    await telling.stage.control.advance(_GATHERED)
    world.say(owner, bot, "交接")
    line = "机器人列出谁可以接任：在群里，并且有登记或本人凭码实名"
    listed = await telling.private(owner, before, lambda p: "【交接】" in p.text, line, _PATIENCE)
    seat = next((each[1] for each in _SEAT.finditer(listed.text) if each[2] == group.name), None)
    if seat is not None:
        world.say(owner, bot, f"交接群{seat}")
        listed = await telling.private(
            owner, listed.seq, lambda p: "交给谁" in p.text, "他有几个职务，先选一个", _PATIENCE
        )
    telling.show(listed)
    number = _CANDIDATE.findall(listed.text)
    if not number:
        raise StoryEndsError("群里还没有可以接任的人")
    heirs = {user: telling.latest(user) for user in world.group(group.group).members}
    await telling.step(f"群主回复“交接{number[0]}”")
    world.say(owner, bot, f"交接{number[0]}")
    offered: list[int] = []

    def came(world: World) -> bool:
        offered[:] = [
            user
            for user, seq in heirs.items()
            for p in world.inbox_of(user)
            if p.seq > seq and "请您接任" in p.text
        ]
        return bool(offered)

    if not await telling.stage.until(came, _PATIENCE):
        raise StoryEndsError("接任人没有收到邀请")
    heir = offered[0]
    telling.seen(f"{telling.name(heir)}收到邀请；对方同意以前，登记不变")
    await telling.step(f"{telling.name(heir)}回复“接受”")
    world.say(heir, bot, "接受")
    line = f"分管领导{telling.name(group.leader)}收到通知，QQ 里怎样转让也写明了"
    after = listed.seq
    telling.show(
        await telling.private(
            group.leader, before, lambda p: "登记已变更" in p.text, line, _PATIENCE
        )
    )
    await telling.step("原群主在 QQ 里转让群；机器人下次取名单时看到，才算交接完成")
    world.transfer(owner, group.group, heir)
    await _passing(telling, heir, after, "交接完成", lambda: _GATHERED)
    line = f"{telling.name(heir)}收到：与登记一致"
    telling.show(
        await telling.private(heir, after, lambda p: "交接完成" in p.text, line, _PATIENCE)
    )


async def _filing(telling: Telling) -> None:
    world, group = telling.world, telling.group(0)
    owner, bot, officer = (
        world.group(group.group).owner,
        world.bots[0],
        telling.stage.office.committee,
    )
    renamed = _NAMES[group.name == _NAMES[0]]
    before = telling.latest(owner, group.leader, officer)
    await telling.step(f"群主{telling.name(owner)}把“{group.name}”改名为“{renamed}”")
    world.rename(owner, group.group, renamed)
    await telling.step("十分钟内的变更合成一件；期限是变更之后第七个工作日")
    line = f"{telling.name(owner)}被告知要备案，不实的可以说明理由"
    told = await _arrives(telling, owner, before, "属实请回复", line)
    found = _FILING.search(told.text)
    number = found[1] if found else ""
    await telling.step(f"群主核实后回复“备案 {number} 属实”")
    world.say(owner, bot, f"备案 {number} 属实")
    line = f"备案表自动填好，分管领导{telling.name(group.leader)}收到全文，姓名不显示全"
    await _arrives(telling, group.leader, before, f"【备案 {number}】", line)
    await telling.step(f"分管领导回复“备案 {number} 同意”")
    world.say(group.leader, bot, f"备案 {number} 同意")
    line = f"备案表放进共享文件夹，{telling.name(officer)}（机关党委）收到通知"
    await _arrives(telling, officer, before, f"【备案 {number}】", line)
    receipt = f"机党备〔{telling.stage.control.now().year}〕18号"
    await telling.step(f"机关党委回复“回执 {number} {receipt}”")
    world.say(officer, bot, f"回执 {number} {receipt}")
    line = f"{telling.name(owner)}收到回执编号，这件办结；全过程可查：备案 {number} 经过"
    await _arrives(telling, owner, told.seq, receipt, line)


async def _overdue(telling: Telling) -> None:
    world, group, control = telling.world, telling.group(1), telling.stage.control
    owner, officer = world.group(group.group).owner, telling.stage.office.committee
    before = telling.latest(owner, group.leader, officer)
    await telling.step(f"群主{telling.name(owner)}给“{group.name}”改了名，之后谁也没有回复")
    world.rename(owner, group.group, f"{group.name}（新）")
    line = f"{telling.name(owner)}被告知要备案，最迟哪天也写明"
    told = await _arrives(telling, owner, before, "属实请回复", line)
    found = _FILING.search(told.text)
    await telling.step("时钟一天天拨过期限：期限前三天、前一天、当天各催一次，逾期以后每个工作日催")
    for _ in range(_TERM + 1):
        await control.advance((next_morning(control) - control.now()).total_seconds())
    for user, who in ((owner, "群主"), (group.leader, "分管领导"), (officer, "机关党委")):
        line = f"{who}{telling.name(user)}收到催办：已逾期"
        await _arrives(telling, user, before, "已逾期", line)
    await telling.step("群主把群名改回去：还没有报送的变更自行撤销，逾期的经过留在记录里")
    world.rename(owner, group.group, group.name)
    line = f"备案 {found[1] if found else ''} 办结，不用回复"
    await _arrives(telling, owner, told.seq, "不用备案", line)


async def _arrives(telling: Telling, user: int, after: int, part: str, line: str) -> Post:
    """Wait for a private message; what is told in working hours may need the clock moved on."""
    control = telling.stage.control
    steps = iter((0.0, _GATHERED))

    def step() -> float:
        return next(steps, (next_morning(control) - control.now()).total_seconds())

    await _passing(telling, user, after, part, step)
    post = await telling.private(user, after, lambda p: part in p.text, line, _PATIENCE)
    telling.show(post)
    return post


async def _passing(
    telling: Telling, user: int, after: int, part: str, step: Callable[[], float]
) -> None:
    """Move the clock on, step by step, until somebody has a message with a certain part."""
    for _ in range(_MORNINGS):
        await telling.stage.control.advance(step())
        if await telling.stage.until(
            lambda world: any(p.seq > after and part in p.text for p in world.inbox_of(user)), 3.0
        ):
            return


STORIES: tuple[Story, ...] = (
    Story(
        name="advertisement",
        title="有人发赌博广告",
        about="群主手机收到提醒，一句回复就处置完。",
        play=_advertisement,
    ),
    Story(
        name="classified",
        title="出现密级标志",
        about="立即提醒，只说在哪里，不复述正文。",
        play=_classified,
    ),
    Story(
        name="owner",
        title="群主自己违规",
        about="提醒到分管领导，本人不处置本人。",
        play=_owner_offends,
    ),
    Story(
        name="offline",
        title="机器人掉线期间",
        about="恢复后自己补查，漏看了多久说清楚。",
        play=_offline,
    ),
    Story(
        name="join",
        title="有人申请入群",
        about="验证信息和花名册核对，群主一句话放行并记下实名。",
        play=_join,
    ),
    Story(
        name="audit",
        title="每周核查",
        about="名单取来和花名册比对，群主一行话定完，移人要确认码。",
        play=_audit,
    ),
    Story(
        name="rights",
        title="我的数据",
        about="成员问存了他的什么，要求更正，有登记、有结果。",
        play=_my_data,
    ),
    Story(
        name="handover",
        title="群主交接",
        about="双方同意，登记才变；分管领导知道，QQ 里转让以后才算完。",
        play=_handover,
    ),
    Story(
        name="filing",
        title="改名备案",
        about="改了群名，核实、审核、报送、回执，每步一句话，期限不误。",
        play=_filing,
    ),
    Story(
        name="overdue",
        title="备案逾期",
        about="没有人理会：先催群主，再催分管领导，逾期报机关党委。",
        play=_overdue,
    ),
)

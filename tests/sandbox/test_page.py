"""The page in a real browser: pick somebody, write, recall, switch, look at the raw frames."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from bot.sandbox.desk import Desk, Question
from bot.sandbox.office import OfficeGroup
from bot.sandbox.server import SandboxServer
from tests.sandbox.client import connected

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MEMBER, OWNER, GROUP, NEW = 20013, 20011, 700001, 700004

Scene = Callable[[SandboxServer, Page], Awaitable[None]]


@pytest.fixture
def on_page() -> Callable[[Scene], None]:
    """Return what plays a scene on the page and fails if the browser complained."""
    if not CHROMIUM.exists():
        sentence = "needs a browser: sudo apt-get install chromium"
        if os.environ.get("QUNGUI_CI") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)

    async def play(scene: Scene, desk: Desk | None) -> list[str]:
        complaints: list[str] = []
        async with SandboxServer(desk=desk) as server, async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=ARGUMENTS
            )
            page = await browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(5000)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda line: complaints.append(line.text))
            await page.goto(server.page_url)
            await page.locator("#people .item").first.wait_for()
            await scene(server, page)
            await browser.close()
        return complaints

    def run(scene: Scene, desk: Desk | None = None) -> None:
        assert asyncio.run(play(scene, desk)) == []

    return run


def test_one_picks_somebody_and_writes(on_page):
    async def scene(server: SandboxServer, page: Page) -> None:
        await page.locator("#people .item", has_text="程以宁").click()
        await page.get_by_label("消息内容").fill("<b>早</b>\n上好")
        await page.get_by_role("button", name="发送").first.click()
        await page.locator("#messages .bubble").wait_for()

        assert await page.locator("#messages .bubble").inner_text() == "<b>早</b>\n上好"
        assert [(post.sender, post.text) for post in server.world.posts_in(GROUP)] == [
            (20014, "<b>早</b>\n上好")
        ]

    on_page(scene)


def test_one_recalls_what_one_wrote(on_page):
    async def scene(server: SandboxServer, page: Page) -> None:
        server.world.post(MEMBER, GROUP, "写错了")
        await page.locator("#messages .line").hover()
        await page.get_by_role("button", name="撤回", exact=True).click()
        await page.get_by_text("撤回了一条消息").wait_for()

        assert server.world.posts_in(GROUP)[0].recalled_by == MEMBER

    on_page(scene)


def test_the_owner_reads_an_alert_on_the_phone_and_answers_with_one_thumb(on_page):
    async def scene(server: SandboxServer, page: Page) -> None:
        alert = "【待处置 3】高 | 预算科工作群\n状态：未撤回\n回复：撤回3  误报3"
        server.world.say(server.world.bots[0], OWNER, alert)
        await page.locator("#phone-messages .bubble").wait_for()
        shown = await page.locator("#phone-messages .bubble").inner_text()
        await page.get_by_role("button", name="撤回3").click()
        said = await server.until(lambda world: len(world.chat(OWNER, 10001)) == 2)

        assert shown.splitlines() == alert.splitlines()
        assert said
        assert server.world.chat(OWNER, 10001)[1].text == "撤回3"

    on_page(scene)


def test_a_switch_is_a_switch_of_the_world(on_page):
    async def scene(server: SandboxServer, page: Page) -> None:
        await page.get_by_text("故障开关").click()
        await page.locator("[data-switch=hollow_recall]").check()
        await page.locator("[data-switch=sending]").select_option("times_out_lost")
        turned = await server.until(
            lambda world: (
                world.switches.hollow_recall and world.switches.sending == "times_out_lost"
            )
        )
        await page.locator("#faults").get_by_text("2").wait_for()

        assert turned

    on_page(scene)


def test_the_drawer_shows_the_frames(on_page):
    async def scene(server: SandboxServer, page: Page) -> None:
        async with connected(server) as client:
            await page.get_by_text("机器人在线").wait_for()
            await page.get_by_role("button", name="原始事件").click()
            server.world.post(MEMBER, GROUP, "早上好")
            await client.call("send_group_msg", group_id=GROUP, message="收到")
            await page.locator(".frame.call", has_text="send_group_msg").wait_for()
            row = page.locator(".frame.event", has_text="message / group")
            await row.click()

            assert '"raw_message": "早上好"' in await row.locator("pre").inner_text()

    on_page(scene)


def test_the_owner_renames_and_dissolves(on_page):
    async def scene(server: SandboxServer, page: Page) -> None:
        await page.locator("#people .item", has_text="陆知远").click()
        await page.get_by_text("我是群主").wait_for()
        await page.get_by_text("群操作").click()
        await page.get_by_role("button", name="改群名").click()
        await page.locator("#ask-text").fill("预算科新群")
        await page.get_by_role("button", name="确定").click()
        await page.locator("h1", has_text="预算科新群").wait_for()
        await page.get_by_text("群操作").click()
        await page.get_by_role("button", name="解散本群").click()
        await page.get_by_role("button", name="确定").click()

        assert await server.until(lambda world: GROUP not in world.groups)

    on_page(scene)


def test_one_asks_to_join_and_the_owner_lets_him_in_by_hand(on_page):
    async def scene(server: SandboxServer, page: Page) -> None:
        server.world.add_account(20501, "夏天")
        server.world.ask_to_join(20501, GROUP, "预算科 林知夏")
        await page.locator("#people .item", has_text="陆知远").click()
        await page.get_by_text("我是群主").wait_for()
        await page.get_by_text("群操作").click()
        await page.get_by_role("button", name="同意入群：夏天（预算科 林知夏）").click()

        assert await server.until(lambda world: 20501 in world.group(GROUP).members)

        await page.locator("#people .item", has_text="夏天").click()
        await page.locator("#chats .item", has_text="国库科工作群").click()
        await page.get_by_text("群操作").click()
        await page.get_by_role("button", name="申请入群…").click()
        await page.locator("#ask-text").fill("预算科 夏天")
        await page.get_by_role("button", name="确定").click()

        assert await server.until(lambda world: len(world.requests) == 1)

    on_page(scene)


class PaperDesk:
    """A desk that keeps what is filled in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[tuple[str, Mapping[str, str], Mapping[str, object]]] = []

    def questions(self, group: OfficeGroup) -> Sequence[Question]:
        """Ask for one field of each kind."""
        return (
            Question(key="unit", heading="归属科室", text=group.unit),
            Question(key="rules", heading="群规", kind="long", text="只谈工作"),
            Question(key="opened_on", heading="开通日期", kind="day", text="2026-11-20"),
            Question(key="owner", heading="群主", kind="one", people=(group.owner,), needed=True),
            Question(
                key="administrator", heading="管理员", kind="many", people=group.administrators
            ),
            Question(key="leader", heading="分管领导", kind="one", people=(group.leader,)),
        )

    async def register(
        self,
        group: OfficeGroup,
        texts: Mapping[str, str],
        people: Mapping[str, Sequence[tuple[str, int]]],
    ) -> None:
        """Keep a form."""
        self.taken.append((group.name, texts, people))

    def forms(self) -> Sequence[Path]:
        """Return what lies in the folder."""
        return sorted(self.folder.glob("*.docx"))


def test_a_group_is_registered_with_people_picked_by_name(on_page, tmp_path):
    desk = PaperDesk(tmp_path)

    async def scene(server: SandboxServer, page: Page) -> None:
        await page.locator("#chats .item", has_text="同学聚餐群").click()
        private = await page.get_by_role("button", name="登记这个群").is_visible()
        await page.locator("#chats .item", has_text="绩效评价工作群").click()
        await page.get_by_role("button", name="登记这个群").click()
        await page.locator("[name=unit]").fill("国库科")
        await page.locator(".ticks").get_by_text("孟初晴").click()
        await page.get_by_role("button", name="登记", exact=True).click()
        await page.locator("#chat-sub", has_text="已登记").wait_for()

        assert not private
        assert desk.taken == [
            (
                "绩效评价工作群",
                {"unit": "国库科", "rules": "只谈工作", "opened_on": "2026-11-20"},
                {
                    "owner": [("程以宁", 20014)],
                    "administrator": [("张明", 20013), ("孟初晴", 20022)],
                    "leader": [("韩逸舟", 20001)],
                },
            )
        ]
        assert server.office.roles(20022) == ("群管理员",)
        assert not await page.get_by_role("button", name="登记这个群").is_visible()

    on_page(scene, desk)


def test_a_form_in_the_folder_is_downloaded(on_page, tmp_path):
    async def scene(server: SandboxServer, page: Page) -> None:
        (tmp_path / "备案表 2026-0001.docx").write_bytes(b"PK")
        server.world.touch()
        await page.locator("#forms summary").click()
        async with page.expect_download() as download:
            await page.get_by_text("备案表 2026-0001.docx").click()
        fetched = await download.value
        response = await page.request.get(f"{server.page_url}forms/..%2Fsecret")

        assert fetched.suggested_filename == "备案表 2026-0001.docx"
        assert response.status in {404, 409}

    on_page(scene, PaperDesk(tmp_path))


def test_the_officer_gives_a_receipt_with_one_thumb_and_the_number(on_page):
    async def scene(server: SandboxServer, page: Page) -> None:
        server.world.say(
            server.world.bots[0], OWNER, "【备案 3】群\n收到请回复：回执 3 编号\n备案 3 属实"
        )
        await page.get_by_role("button", name="回执 3 编号…").click()
        begun = await page.locator("#phone-text").input_value()
        await page.get_by_role("button", name="备案 3 属实").click()
        await server.until(lambda world: len(world.chat(OWNER, 10001)) == 2)

        assert begun == "回执 3 "
        assert server.world.chat(OWNER, 10001)[1].text == "备案 3 属实"

    on_page(scene)

"""The page in a real browser: pick somebody, write, recall, switch, look at the raw frames."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

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
MEMBER, OWNER, GROUP = 20013, 20011, 700001

Scene = Callable[[SandboxServer, Page], Awaitable[None]]


@pytest.fixture
def on_page() -> Callable[[Scene], None]:
    """Return what plays a scene on the page and fails if the browser complained."""
    if not CHROMIUM.exists():
        sentence = "needs a browser: sudo apt-get install chromium"
        if os.environ.get("QUNGUI_CI") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)

    async def play(scene: Scene) -> list[str]:
        complaints: list[str] = []
        async with SandboxServer() as server, async_playwright() as playwright:
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

    def run(scene: Scene) -> None:
        assert asyncio.run(play(scene)) == []

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

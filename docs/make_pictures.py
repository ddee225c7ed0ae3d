"""Takes the pictures of the sandbox that the READMEs show: `python docs/make_pictures.py`.

Needs Debian's chromium and fonts-wqy-zenhei.
"""

import asyncio
from pathlib import Path

from playwright.async_api import Page, async_playwright

from bot.bootstrap import load_plugins
from bot.playground import Playground, for_show, playground
from bot.sandbox.world import World

HERE = Path(__file__).parent / "pictures"
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WORK = (
    (20012, "各位早，预算调整表请今天下班前报我，谢谢。"),
    (20014, "收到。"),
    (20013, "收到，我这边中午前发群里。"),
)
OFFENCE = "【好消息】线上真人百家乐开户送88元，提现秒到账！网址 http://win888.example/reg?code=66"


async def main() -> None:
    """Play the sandbox and take the pictures."""
    HERE.mkdir(exist_ok=True)
    loaded = load_plugins()
    async with playground(loaded, **for_show(loaded)) as play, async_playwright() as driver:
        await play.ready()
        browser = await driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(CHROMIUM)
        )
        desk = await browser.new_page(viewport={"width": 1440, "height": 900})
        await desk.goto(play.sandbox.page_url)
        await desk.click("[data-clock=morning]")
        world = play.sandbox.world
        for user, text in WORK:
            world.post(user, 700001, text)
        world.post(20015, 700001, OFFENCE)
        await play.sandbox.until(
            lambda now: any("待处置" in post.text for post in now.inbox_of(20011)), 10
        )
        await _take(desk, "alert")
        await desk.click("text=出现密级标志")
        await desk.wait_for_timeout(500)
        await play.sandbox.until(lambda _: not play.sandbox.sight.telling.running, 40)
        await _take(desk, "story")
        phone = await browser.new_page(viewport={"width": 390, "height": 844})
        await phone.goto(f"{play.sandbox.page_url}#me=20013&group=700001&phone=20011")
        await phone.click("nav >> text=手机")
        await _take(phone, "phone")
        await _file(play, phone)
        await browser.close()


async def _file(play: Playground, phone: Page) -> None:
    """Let a renamed group be filed, and take the owner's conversation."""
    world = play.sandbox.world
    owner, leader, officer = 20011, 20001, 20003
    await phone.select_option("#phone-who", str(owner))
    world.rename(owner, 700001, "预算科业务交流群")
    steps = (
        (owner, "属实请回复", owner, "备案 1 属实"),
        (leader, "请审核", leader, "备案 1 同意"),
        (officer, "请出具回执", officer, "回执 1 机党备〔2026〕18号"),
    )
    for reader, part, writer, answer in steps:
        for _ in range(12):
            if await play.sandbox.until(lambda now: _has(now, reader, part), 2):  # noqa: B023
                break
            await play.clock.advance(600)
        world.say(writer, world.bots[0], answer)
    await play.sandbox.until(lambda now: _has(now, owner, "已备案"), 10)
    await _take(phone, "filing")


def _has(world: World, user: int, part: str) -> bool:
    return any(part in post.text for post in world.inbox_of(user))


async def _take(page: Page, name: str) -> None:
    await page.wait_for_timeout(600)
    await page.screenshot(path=HERE / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(main())

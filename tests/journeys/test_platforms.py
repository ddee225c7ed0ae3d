"""The same matter is told alike on every platform, but for what the account can do there."""

import asyncio
import re
from pathlib import Path
from typing import Final

import pytest

from bot.model.event import Ability
from tests.journeys.conftest import GAMBLING, MORNING, OWNER, ZHANG, Stage
from tests.journeys.site import PATIENCE

RECALL: Final = "撤回1"
BY_HAND: Final = "机器人撤不了这条消息：请在群里长按它手工撤回，再回复“确认1”。"


def on_the_sandbox(on_stage) -> tuple[str, frozenset[Ability]]:
    """Return how an alert reads on QQ, and what the account can do there."""
    found: list[tuple[str, frozenset[Ability]]] = []

    async def journey(stage: Stage) -> None:
        stage.post(ZHANG, GAMBLING)
        alert = await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)
        found.append((alert, stage.play.bot.adapters[0].abilities))

    on_stage(journey)
    return found[0]


def on_wechaty(loaded, folder: Path) -> tuple[str, frozenset[Ability]]:
    """Return how an alert reads over wechaty, and what the account can do there."""
    pytest.importorskip("grpclib", reason="needs the wechaty libraries")
    from tests.journeys import wechaty_site
    from tests.peers.wechaty_gateway import CURRENT

    async def journey() -> tuple[str, frozenset[Ability]]:
        async with wechaty_site.a_wechaty_site(
            loaded, folder, generation=CURRENT, starts_at=MORNING
        ) as site:
            await site.post(wechaty_site.MEMBER, GAMBLING)
            alert = await site.comes(wechaty_site.OWNER, "【待处置 1】")
            return alert, site.bot.adapters[0].abilities

    return asyncio.run(asyncio.wait_for(journey(), 180))


def on_itchat(loaded, folder: Path) -> tuple[str, frozenset[Ability]]:
    """Return how an alert reads over web WeChat, and what the account can do there."""
    pytest.importorskip("itchat", reason="needs itchat-uos")
    from tests.journeys import itchat_site

    async def journey() -> tuple[str, frozenset[Ability]]:
        async with itchat_site.an_itchat_site(loaded, folder, starts_at=MORNING) as site:
            site.prove("wang", itchat_site.OWNER)
            await site.comes("wang", "确认好了")
            site.post("zhou", GAMBLING)
            alert = await site.comes("wang", "【待处置 1】")
            return alert, site.bot.adapters[0].abilities

    return asyncio.run(asyncio.wait_for(journey(), 180))


def plain(alert: str) -> str:
    """Return an alert without its sender and hour, and without what depends on the platform."""
    head, who, *rest = alert.splitlines()
    who = re.sub(r"^.* \d\d:\d\d ", "", who)
    rest = [line.replace(f"{RECALL}  ", "") for line in rest if line != BY_HAND]
    return "\n".join([head, who, *rest])


def test_an_alert_differs_only_by_what_the_account_can_do(on_stage, loaded, tmp_path):
    qq, *wechat = told = [
        on_the_sandbox(on_stage),
        on_wechaty(loaded, tmp_path / "wechaty"),
        on_itchat(loaded, tmp_path / "itchat"),
    ]

    assert {plain(alert) for alert, _ in told} == {plain(qq[0])}
    assert Ability.RECALL in qq[1]
    for alert, abilities in told:
        can = Ability.RECALL in abilities
        assert (RECALL in alert, BY_HAND in alert) == (can, not can)
    assert not any(Ability.RECALL in abilities for _, abilities in wechat)

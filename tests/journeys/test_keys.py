"""Keys change while the bot runs, nothing sealed is lost, and a wrong key file harms nothing."""

import hashlib
from pathlib import Path

import pytest

from bot.bootstrap import Bot, opened
from bot.model.errors import BotError
from bot.vault import Suite, Vault, key_id
from storage.sealed import heads
from tests.journeys.conftest import GAMBLING, OWNER, ZHANG, Stage
from tests.journeys.site import AT_ONCE, PATIENCE, QUICK, Site, becomes
from tests.journeys.test_registration import qungui


def key_file(site: Site) -> Path:
    """Return where the keys of a site's store lie."""
    return site.folder / "vault.key"


async def keys_in_use(stage: Stage) -> list[int]:
    """Return the ids of the keys that something sealed still needs."""
    found = await stage.records(lambda records: heads(records.connection))
    return sorted({key_id(head) for head in found})


def checksum(site: Site) -> str:
    """Return the hash of the database file."""
    return hashlib.sha256((site.folder / "qungui.db").read_bytes()).hexdigest()


def test_keys_rotate_while_the_bot_runs_and_everything_is_sealed_again(on_site):
    async def journey(site: Site) -> None:
        async with site.registered(alerts=site.quick_alerts()) as stage:
            stage.post(ZHANG, GAMBLING)
            await stage.comes(OWNER, "【待处置 1】", seconds=PATIENCE)

            done = await qungui(site, "keys", "rotate")

            assert done.exit_code == 0, done.output
            assert "已换用 2 号密钥" in done.output
            assert "请马上重新备份密钥文件" in done.output

            async def only_the_new_one() -> bool:
                return await keys_in_use(stage) == [2]

            assert await becomes(only_the_new_one)
            stage.tell(OWNER, "看1")
            await stage.comes(OWNER, "百家乐", seconds=PATIENCE)
            listed = await qungui(site, "keys", "list")
            first, second, index = listed.output.splitlines()
            assert first.startswith("2 号　AES-256-GCM　在用，")
            assert second == "1 号　AES-256-GCM　没有内容在用，旧备份可能要用"
            assert index == "查找用的散列　HMAC-SHA256"
            deeds = await stage.records(
                lambda records: [(each.deed, each.subject) for _, each in records.audit.latest(99)]
            )
            assert ("key.rotated", "key:2") in deeds
        async with site.bot() as stage:
            stage.tell(OWNER, "待办")
            await stage.comes(OWNER, "预算科工作群", seconds=PATIENCE)

    on_site(journey)


def test_keys_rotate_while_no_bot_runs(on_site):
    async def journey(site: Site) -> None:
        async with site.registered():
            pass

        done = await qungui(site, "keys", "rotate")

        assert done.exit_code == 0, done.output
        assert "已存的内容都已重新加密" in done.output
        assert {key_id(h) for h in site.records(lambda records: heads(records.connection))} == {2}
        owners = site.records(lambda records: [p.name for p in records.people.all()])
        assert "陆知远" in owners

    on_site(journey)


def test_the_suite_of_guomi_is_taken_up_at_the_next_start(on_site):
    async def journey(site: Site) -> None:
        async with site.registered():
            pass
        usual = site.config()
        store = usual.store.model_copy(update={"suite": "sm"})
        bot = Bot(
            usual.model_copy(update={"store": store}),
            site.loaded,
            clock=site.clock.clock,
            timing=QUICK,
            pace=AT_ONCE,
            alarm=False,
        )

        async with bot.running():

            async def only_the_new_one() -> bool:
                found = await bot.door.read(lambda records: heads(records.connection))
                return {key_id(head) for head in found} == {2}

            assert await becomes(only_the_new_one)

        assert Vault.open(key_file(site)).keys == {2: Suite.SM, 1: Suite.AES}
        assert len(site.records(lambda records: records.people.named("陆知远"))) == 1

    on_site(journey)


@pytest.mark.parametrize("wrong", ["older", "another", "none"])
def test_a_wrong_key_file_is_refused_by_the_id_of_the_key_and_harms_nothing(on_site, wrong: str):
    async def journey(site: Site) -> None:
        async with site.registered():
            pass
        older = key_file(site).read_text()
        await qungui(site, "keys", "rotate")
        right, before = key_file(site).read_text(), checksum(site)
        key_file(site).unlink()
        if wrong == "older":
            key_file(site).write_text(older)
            key_file(site).chmod(0o600)
        elif wrong == "another":
            Vault.open(key_file(site), create=True).rotate()

        with pytest.raises(BotError) as refused, opened(site.config()):
            pass

        named = {
            "older": "没有加密时用的 2 号密钥",
            "another": "2 号密钥不是原来的",
            "none": "不存在",
        }
        assert named[wrong] in str(refused.value)
        assert checksum(site) == before
        assert key_file(site).exists() == (wrong != "none")
        if wrong == "older":
            listed = await qungui(site, "keys", "list")
            assert "2 号　密钥文件里没有，" in listed.output
        key_file(site).write_text(right)
        key_file(site).chmod(0o600)
        async with site.bot() as stage:
            stage.tell(OWNER, "状态")
            await stage.comes(OWNER, "预算科工作群", seconds=PATIENCE)

    on_site(journey)


def test_there_is_nothing_to_rotate_before_the_first_run(on_site):
    async def journey(site: Site) -> None:
        done = await qungui(site, "keys", "rotate")

        assert done.exit_code == 2
        assert "第一次运行时会自动生成密钥" in done.output
        assert not key_file(site).exists()

    on_site(journey)

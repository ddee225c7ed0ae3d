"""The composition root: what starts also ends, also when a part cannot start."""

import asyncio
import socket
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.onebot import OneBotSettings
from bot.bootstrap import (
    Bot,
    Plugins,
    _workflow_settings,
    load_plugins,
    opened,
    submit_offline,
)
from bot.config import Config
from bot.control import NAME, ask
from bot.model.errors import BotError
from bot.model.event import OfficeRoleGiven, PersonNamed
from bot.model.port import Adapter
from bot.vault import Vault
from storage.codec import encode
from tests.pipeline.desk import MORNING, furnish


@pytest.fixture(scope="module")
def loaded() -> Plugins:
    """Read every plugin once."""
    return load_plugins()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a configuration of one account that nobody answers."""
    return Config.default_for_sandbox(
        folder=tmp_path / "data",
        settings=OneBotSettings(way="forward", url="ws://127.0.0.1:1"),
        token="none",
    )


def worker_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "qungui-worker"]


def test_a_bot_that_cannot_have_its_port_ends_in_order_and_says_why(config, loaded):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = config.model_copy(
            update={"web": config.web.model_copy(update={"port": taken.getsockname()[1]})}
        )
        with pytest.raises(BotError, match="端口"):
            asyncio.run(start_with(busy, loaded))

    asyncio.run(start_with(config, loaded))
    assert worker_threads() == []
    assert not (config.store.folder / NAME).exists()


async def start_with(config: Config, loaded: Plugins) -> None:
    async with Bot(config, loaded).running():
        pass


MISSING = '没有安装，请运行：pip install ".[absent]"'


def without_library(config: Config, loaded: Plugins) -> tuple[Config, Plugins]:
    """Return both with a second account, of a platform whose library is not there."""

    def unopened(_: object) -> Adapter:
        raise BotError(MISSING)

    onebot = loaded.platforms["onebot"]
    absent = replace(onebot, name="absent", open=unopened, limits=("不能撤回别人的消息",))
    (account,) = config.accounts
    second = account.model_copy(update={"name": "微信号", "platform": "absent"})
    platforms = {**loaded.platforms, "absent": absent}
    accounts = config.model_copy(update={"accounts": (second, account)})
    return accounts, replace(loaded, platforms=platforms)


def test_an_account_whose_library_is_missing_does_not_keep_the_others_from_work(
    config, loaded, capsys
):
    config, loaded = without_library(config, loaded)

    async def whole() -> dict[str, object]:
        async with Bot(config, loaded, alarm=False).running():
            return await asyncio.to_thread(ask, config.store.folder, {"do": "status"})

    status = asyncio.run(asyncio.wait_for(whole(), 60))

    missing, other = status["accounts"]
    assert missing == {"name": "微信号", "account": None, "trouble": MISSING}
    assert other["trouble"] != MISSING
    told = capsys.readouterr().out
    assert f"账号 微信号：{MISSING}" in told
    assert "账号 微信号做不到的：不能撤回别人的消息" in told


def test_where_no_account_can_be_opened_the_bot_ends_and_says_why(config, loaded):
    config, loaded = without_library(config, loaded)
    only = config.model_copy(update={"accounts": config.accounts[:1]})

    with pytest.raises(BotError, match=r"账号 微信号：没有安装.*absent"):
        asyncio.run(start_with(only, loaded))

    assert worker_threads() == []


@pytest.mark.parametrize(("own", "told"), [("10001", []), ("10009", ["1 个登记的群所在的账号"])])
def test_groups_whose_account_is_no_longer_there_are_told(config, loaded, own, told):
    with opened(config) as records:
        furnish(records)
    settings = OneBotSettings(way="forward", url="ws://127.0.0.1:1", self_id=own)
    (account,) = config.accounts
    account = account.model_copy(update={"settings": settings})
    config = config.model_copy(update={"accounts": (account,)})

    async def whole() -> dict[str, object]:
        async with Bot(config, loaded, alarm=False).running():
            return await asyncio.to_thread(ask, config.store.folder, {"do": "status"})

    faults = asyncio.run(asyncio.wait_for(whole(), 60))["faults"]

    assert len(faults) == len(told)
    assert all(part in fault for part, fault in zip(told, faults, strict=True))


def test_whatever_is_in_the_data_folder_only_its_owner_reads(config, loaded):
    async def look() -> dict[str, int]:
        async with Bot(config, loaded).running():
            return {
                path.name: stat.S_IMODE(path.stat().st_mode)
                for path in config.store.folder.iterdir()
                if path.name != "qungui.lock"
            }

    config.store.folder.mkdir(mode=0o755)

    modes = asyncio.run(look())

    assert {"qungui.db", "qungui.db-wal", "vault.key", NAME} <= modes.keys()
    assert {mode & 0o077 for mode in modes.values()} == {0}


def test_a_store_is_not_opened_with_the_key_of_another(config):
    with opened(config) as records:
        furnish(records)
    config.store.key_file.unlink()
    Vault.open(config.store.key_file, create=True)

    with pytest.raises(BotError, match="密钥文件"), opened(config):
        pass


def test_a_store_whose_key_is_lost_gets_no_new_one(config):
    with opened(config) as records:
        furnish(records)
    config.store.key_file.unlink()

    with pytest.raises(BotError, match="密钥文件"), opened(config):
        pass

    assert not config.store.key_file.exists()


ROLE = OfficeRoleGiven(
    at=MORNING, role="duty", platform="qq", person=PersonNamed(name="周五", user="20005")
)


def test_a_command_goes_through_the_pipeline_while_no_bot_runs(config, loaded):
    refused = submit_offline(config, loaded, [ROLE])

    assert refused == []
    with opened(config) as records:
        assert records.people.with_account("qq", "20005").name == "周五"
        assert [row.deed for _, row in records.audit.latest(5)] == ["role.given"]


def test_a_command_that_is_refused_says_why_while_no_bot_runs(config, loaded):
    another = replace(ROLE, person=PersonNamed(name="郑七", user="20005"))
    third = replace(ROLE, person=PersonNamed(name="吴六", user="20006"))

    (refused,) = submit_offline(config, loaded, [ROLE, another, third])

    assert "不符" in str(refused)
    with opened(config) as records:
        assert records.people.with_account("qq", "20006").name == "吴六"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"do": "dance"}, "不认识的命令"),
        ({"do": "submit", "kind": "TimerDue", "body": "{}"}, "不能从这里提交"),
        ({"do": "submit", "kind": "OfficeRoleGiven", "body": "{}"}, "不完整"),
        ({"do": "submit", "kind": "OfficeRoleGiven", "body": "no json"}, "不完整"),
        (
            {
                "do": "submit",
                "kind": "OfficeRoleGiven",
                "body": encode(replace(ROLE, role="owner"))[1],
            },
            "角色",
        ),
    ],
)
def test_what_the_socket_cannot_take_is_refused_with_a_sentence(config, loaded, request_, said):
    async def whole() -> BaseException | None:
        async with Bot(config, loaded, alarm=False).running():
            (answer,) = await asyncio.gather(
                asyncio.to_thread(ask, config.store.folder, request_), return_exceptions=True
            )
            return answer

    refused = asyncio.run(asyncio.wait_for(whole(), 60))

    assert isinstance(refused, BotError)
    assert said in str(refused)


def test_the_terms_of_retention_are_the_settings_of_housekeeping(config, loaded):
    terms = config.retention.model_copy(update={"message_ids_days": 12, "audit_days": 200})

    found = _workflow_settings(config.model_copy(update={"retention": terms}), loaded)

    assert found["housekeeping"].message_ids_days == 12
    assert found["housekeeping"].audit_days == 200
    assert "housekeeping" not in loaded.workflow_settings

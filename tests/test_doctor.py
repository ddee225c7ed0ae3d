"""doctor: what is out of order is named, with what to do about it."""

import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.adapters.itchat import ItchatSettings
from bot.adapters.onebot import OneBotSettings
from bot.adapters.wechaty import WechatySettings
from bot.bootstrap import Plugins, load_plugins
from bot.config import Account, Config, FilingFolder, Mail, Screening, Templates
from bot.doctor import examine
from bot.model.action import Record
from bot.vault import Vault
from storage.database import open_store
from storage.unit_of_work import UnitOfWork
from tests.pipeline.desk import MORNING, furnish


@pytest.fixture(scope="module")
def loaded() -> Plugins:
    """Read every plugin once."""
    return load_plugins()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a configuration whose store holds one group and its people."""
    made = Config.default_for_sandbox(
        folder=tmp_path,
        settings=OneBotSettings(way="forward", url="ws://127.0.0.1:1"),
        token="none",
    )
    records = UnitOfWork(open_store(tmp_path / "qungui.db"), Vault.open(key(made), create=True))
    furnish(records)
    with records.transaction():
        for number in range(3):
            records.audit.add(Record(actor="bot", deed="x", subject=f"alert:{number}"), MORNING)
    records.connection.close()
    return made


def key(config: Config) -> Path:
    return config.store.key_file


def change(config: Config, sql: str) -> None:
    connection = open_store(config.store.folder / "qungui.db", migrate=False)
    connection.execute(sql)
    connection.close()


def complaints(config: Config, loaded: Plugins) -> list[str]:
    return [verdict.text for verdict in examine(config, loaded) if not verdict.fine]


def test_what_is_in_order_brings_no_complaint(config, loaded):
    assert complaints(config, loaded) == []


def test_a_folder_without_a_store_is_in_order(tmp_path, loaded):
    config = Config.default_for_sandbox(
        folder=tmp_path,
        settings=OneBotSettings(way="forward", url="ws://127.0.0.1:1"),
        token="none",
    )

    assert complaints(config, loaded) == []


def test_a_line_of_a_list_that_is_not_in_use_is_named(config, loaded, tmp_path):
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "rumour.txt").write_text("蓝\n蓝月亮传闻\n", "utf-8")
    (lists / "weather.txt").write_text("雷阵雨\n", "utf-8")
    config = config.model_copy(update={"screening": Screening(word_lists=(lists,))})

    found = complaints(config, loaded)

    assert "rumour.txt 第1行" in found[0]
    assert "weather.txt" in found[1]
    assert len(found) == 2


def test_a_plugin_that_is_not_in_use_is_named(config, loaded):
    broken = replace(loaded, faults=("插件 甲 未启用：SyntaxError",))

    assert complaints(config, broken) == ["插件 甲 未启用：SyntaxError"]


def test_an_audit_row_that_was_changed_is_named(config, loaded):
    change(config, "UPDATE audit SET actor = 'nobody' WHERE id = 2")

    assert complaints(config, loaded) == ["审计链从第 2 条起断开，可能被改动"]


def test_audit_rows_that_were_cut_off_are_named(config, loaded):
    change(config, "DELETE FROM audit WHERE id = 3")

    assert complaints(config, loaded) == ["审计链从第 3 条起断开，可能被改动"]


def test_a_step_that_is_pending_is_named(config, loaded):
    change(config, "DELETE FROM _sqlite_migrations")

    (complaint,) = complaints(config, loaded)
    assert "qungui migrate" in complaint


def test_a_missing_key_file_is_named(config, loaded):
    key(config).unlink()

    (complaint,) = complaints(config, loaded)
    assert "密钥文件" in complaint


def test_a_key_file_open_to_others_is_named(config, loaded):
    key(config).chmod(0o644)

    (complaint,) = complaints(config, loaded)
    assert "chmod 600" in complaint


def test_the_key_file_of_another_store_is_named(config, loaded):
    key(config).unlink()
    Vault.open(key(config), create=True)

    (complaint,) = complaints(config, loaded)
    assert "密钥文件" in complaint


def test_a_ruined_store_is_named(config, loaded):
    (config.store.folder / "qungui.db").write_bytes(b"ruined" * 4000)

    (complaint,) = complaints(config, loaded)
    assert "备份" in complaint


def test_a_mail_server_and_a_folder_that_do_not_serve_are_named(config, loaded, tmp_path):
    told = config.model_copy(
        update={
            "mail": Mail(
                host="127.0.0.1",
                port=a_port_nobody_listens_on(),
                security="none",
                sender="gzq@example.cn",
            ),
            "filing_folder": FilingFolder(path=tmp_path / "drive"),
        }
    )

    mail, folder = complaints(told, loaded)

    assert mail.startswith("邮件：连不上邮件服务器")
    assert folder.startswith("备案文件夹：没有备案文件夹")


def test_a_folder_that_serves_is_said_to(config, loaded, tmp_path):
    (tmp_path / "drive").mkdir()
    fine = config.model_copy(update={"filing_folder": FilingFolder(path=tmp_path / "drive")})

    said = [verdict.text for verdict in examine(fine, loaded)]

    assert "备案文件夹：可用" in said
    assert list((tmp_path / "drive").iterdir()) == []


def test_a_template_of_the_office_that_is_not_in_use_is_named(config, loaded, tmp_path):
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "filing.docx").write_bytes(b"no template")
    told = config.model_copy(update={"forms": Templates(folder=tmp_path / "forms")})

    (complaint,) = complaints(told, loaded)

    assert "filing.docx：已损坏" in complaint
    assert complaint.endswith("改好以前用的是自带的模板。")


@pytest.mark.parametrize(
    ("platform", "settings", "limit"),
    [
        ("wechaty", WechatySettings(endpoint="127.0.0.1:1"), "不能撤回别人的消息"),
        ("itchat", ItchatSettings(self_id="office1"), "每次登录都要有人扫码"),
    ],
)
def test_what_an_account_cannot_do_is_said_also_while_no_bot_runs(
    config, loaded, platform, settings, limit
):
    account = Account(
        name="微信号", platform=platform, settings=settings, token=SecretStr("t"), pace_seconds=1
    )
    config = config.model_copy(update={"accounts": (account,)})

    said = [verdict.text for verdict in examine(config, loaded)]

    assert any(text.startswith("账号 微信号做不到的：") and limit in text for text in said)


def a_port_nobody_listens_on() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_a_calendar_that_differs_from_the_published_days_is_named(config, loaded, tmp_path):
    table = tmp_path / "calendar.toml"
    table.write_text(
        "[2026]\noff = [2026-01-01, 2026-05-01, 2026-05-02, 2026-10-01, 2026-10-02, 2026-10-03]\n"
    )
    office = config.office.model_copy(update={"calendar": table})

    told = complaints(config.model_copy(update={"office": office}), loaded)

    assert any("2026-02-14：公布的安排是上班" in each for each in told)


@pytest.mark.parametrize(
    ("settings", "library"),
    [
        (WechatySettings(endpoint="127.0.0.1:1"), "wechaty_puppet_service"),
        (ItchatSettings(self_id="office1"), "itchat"),
    ],
)
def test_a_platform_whose_library_is_missing_is_named(
    config, loaded, monkeypatch, settings, library
):
    platform = library.partition("_")[0]
    account = Account(
        name="微信号", platform=platform, settings=settings, token=SecretStr("t"), pace_seconds=1
    )
    config = config.model_copy(update={"accounts": (account,)})
    there = complaints(config, loaded)

    monkeypatch.setitem(sys.modules, library, None)  # as it is where nobody installed it

    (missing,) = complaints(config, loaded)
    assert there == []
    assert missing.startswith("账号 微信号：")
    assert f'pip install ".[{platform}]"' in missing

"""How a WeChat account reaches its gateway, loses it and finds it again."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.adapters.wechaty.settings import Timing
from bot.clock import SystemClock
from bot.model.action import (
    SayPrivately,
)
from bot.model.event import (
    AccountConnected,
    ConnectionLost,
    MessagePosted,
    OutcomeState,
)
from tests.adapters.wechaty_account import (
    ACCOUNT,
    QUICK,
    Counts,
    an_adapter,
    both,
    running,
)
from tests.peers.wechaty_gateway import (
    CURRENT,
    LI,
    OLD,
    ROOM,
    a_gateway,
    free_port,
)

pytestmark = pytest.mark.anyio


async def test_a_wrong_token_is_refused_and_said(tmp_path):
    counts = Counts()
    async with a_gateway(CURRENT) as gateway:
        adapter = an_adapter(gateway, tmp_path, token="another-token", count=counts)

        async with running(adapter, connected=False) as inbox:
            await counts.wait_for("connection", "token", times=3)

            assert "token" in (adapter.trouble or "")
            assert inbox.events == []


async def test_waits_grow_to_a_minute_while_refused_and_to_four_seconds_while_away(tmp_path):
    asked: dict[str, list[float]] = {"token": [], "unreachable": []}
    async with a_gateway(CURRENT) as gateway:
        nobody = f"127.0.0.1:{free_port()}"
        for reason, changes in (
            ("token", {"token": "another-token"}),
            ("unreachable", {"settings": {"endpoint": nobody}}),
        ):
            enough = asyncio.Event()

            async def sleep(seconds, waits=asked[reason], enough=enough):
                waits.append(seconds)
                if len(waits) == 9:
                    enough.set()
                    await asyncio.Event().wait()

            adapter = an_adapter(
                gateway, tmp_path, timing=Timing(), sleep=sleep, chance=lambda: 1.0, **changes
            )
            async with running(adapter, connected=False):
                await asyncio.wait_for(enough.wait(), 60)

    assert asked["token"] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert asked["unreachable"] == [0.5, 1, 2, 4, 4, 4, 4, 4, 4]


async def test_with_tls_only_a_trusted_gateway_is_spoken_to(tmp_path):
    trusted, stranger = _certificate("gateway.test"), _certificate("gateway.test")
    files = []
    for name, (certificate, _) in (("trusted", trusted), ("stranger", stranger)):
        file = tmp_path / f"{name}.pem"
        file.write_text(certificate, encoding="ascii")
        files.append(file)
    async with a_gateway(CURRENT, tls=trusted) as gateway:
        good = {"tls": True, "tls_ca": files[0], "tls_name": "gateway.test"}
        counts = Counts()
        others = [{**good, "tls_ca": files[1]}, {**good, "tls_name": "other.test"}, {}]
        for number, stated in enumerate(others, 1):
            adapter = an_adapter(gateway, tmp_path, settings=stated, count=counts)
            async with running(adapter, connected=False) as inbox:
                if stated:
                    await counts.wait_for("connection", "tls", times=number)
                    assert "tls" in (adapter.trouble or "")
                else:
                    await counts.wait_for("connection", "hung_up")
                assert inbox.events == []

        async with running(an_adapter(gateway, tmp_path, settings=good)) as inbox:
            await gateway.post("加密的")

            await inbox.wait_for_text("加密的")


@both
async def test_a_gateway_that_dies_and_comes_back_is_found_again(generation, tmp_path):
    async with a_gateway(generation) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        for time in range(1, 4):
            await gateway.post(f"第{time}次")
            await inbox.wait_for_text(f"第{time}次")
            await gateway.die()
            lost = await inbox.wait_for(ConnectionLost, times=time)
            last = inbox.of(MessagePosted)[-1].message.posted_at
            assert last - timedelta(seconds=2) <= lost.at <= SystemClock().now()
            await gateway.start()
            await inbox.wait_for(AccountConnected, times=time + 1)

        await gateway.post("都在")
        await inbox.wait_for_text("都在")

        assert inbox.texts() == ["第1次", "第2次", "第3次", "都在"]


async def test_what_was_read_when_the_gateway_died_stands_before_the_loss_or_is_blind(tmp_path):
    async with a_gateway(CURRENT) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        await gateway.do("burst", room=ROOM, sender=LI, count=400)
        await inbox.wait_for(MessagePosted, times=20)
        await gateway.die()

        lost = await inbox.wait_for(ConnectionLost)

        texts = inbox.texts()
        assert texts == [f"第{index}条" for index in range(len(texts))]
        assert len(texts) == 400 or lost.at <= inbox.of(MessagePosted)[-1].at


@both
async def test_a_second_program_at_one_gateway_waits_and_says_so(generation, tmp_path):
    counts = Counts()
    async with a_gateway(generation) as gateway:
        second = an_adapter(gateway, tmp_path, count=counts)
        async with (
            running(an_adapter(gateway, tmp_path)) as first_inbox,
            running(second, connected=False) as inbox,
        ):
            await counts.wait_for("connection", "second", times=2)
            assert "另一个程序" in (second.trouble or "")
            assert inbox.events == []
            await gateway.post("第一个还在")
            await first_inbox.wait_for_text("第一个还在")

        async with running(second) as inbox:
            assert second.trouble is None
            assert inbox.of(AccountConnected)


@both
async def test_another_login_is_a_new_beginning(generation, tmp_path):
    async with a_gateway(generation) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        await gateway.do("again")

        await inbox.wait_for(AccountConnected, times=2)

        kinds = [type(each) for each in inbox.events]
        assert kinds == [AccountConnected, ConnectionLost, AccountConnected]
        assert inbox.of(ConnectionLost)[0].reason == "login_again"


@both
async def test_a_login_is_asked_for_by_qr_code_and_the_code_goes_with_it(generation, tmp_path):
    shown: list[str] = []
    counts = Counts()
    async with a_gateway(generation, login=False) as gateway:
        adapter = an_adapter(gateway, tmp_path, out=shown.append, count=counts)
        async with running(adapter, connected=False) as inbox:
            # Nobody is told that it waits for a login: that is no event.
            while "还没有登录" not in (adapter.trouble or ""):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await gateway.do("scan", code="https://login.example.com/l/abc")
            await gateway.do("scan", code="https://login.example.com/l/abc")
            await gateway.do("error")
            await counts.wait_for("error", "reported")

            assert "扫码" in (adapter.trouble or "")
            assert str(adapter.qr_path) in (adapter.trouble or "")
            assert adapter.qr_path.stat().st_mode & 0o777 == 0o600
            assert adapter.qr_path.read_bytes().startswith(b"\x89PNG")
            assert len(shown) == 1

            await gateway.do("login")
            await inbox.wait_for(AccountConnected)

            assert adapter.trouble is None
            assert not adapter.qr_path.exists()


@both
async def test_a_logout_is_a_loss_until_the_next_login(generation, tmp_path):
    async with a_gateway(generation) as gateway:
        adapter = an_adapter(gateway, tmp_path)
        async with running(adapter) as inbox:
            await gateway.do("logout")
            lost = await inbox.wait_for(ConnectionLost)
            trouble = adapter.trouble
            unsent = await adapter.perform(SayPrivately(account=ACCOUNT, user=LI, text="在吗"))
            await gateway.do("login")
            await inbox.wait_for(AccountConnected, times=2)

            assert lost.reason == "account_offline"
            assert "扫码" in (trouble or "")
            assert (unsent.state, unsent.reason) == (OutcomeState.FAILED, "offline")
            assert adapter.trouble is None


async def test_another_account_than_the_configured_is_refused(tmp_path):
    counts = Counts()
    async with a_gateway(CURRENT) as gateway:
        stated = {"self_id": "wxid_other"}
        adapter = an_adapter(gateway, tmp_path, settings=stated, count=counts)

        async with running(adapter, connected=False) as inbox:
            await counts.wait_for("connection", "other_account")

            assert "self_id" in (adapter.trouble or "")
            assert inbox.events == []


async def test_a_gateway_that_answers_no_ding_is_left(tmp_path):
    quick = replace(QUICK, silence=0.2, probe=0.2)
    async with (
        a_gateway(CURRENT) as gateway,
        running(an_adapter(gateway, tmp_path, timing=quick)) as inbox,
    ):
        await gateway.do("fault", call="ding", kind="mute")

        lost = await inbox.wait_for(ConnectionLost)

        assert lost.reason == "silent"


async def test_two_accounts_in_one_process_keep_their_own_gateways(tmp_path):
    async with (
        a_gateway(CURRENT, token="first") as one,
        a_gateway(OLD, token="second") as two,
        running(an_adapter(one, tmp_path)) as inbox,
        running(an_adapter(two, tmp_path)) as other,
    ):
        await one.post("一")
        await two.post("二")

        await inbox.wait_for_text("一")
        await other.wait_for_text("二")

        assert (inbox.texts(), other.texts()) == (["一"], ["二"])


async def test_nothing_of_people_or_tokens_is_logged_or_printed(tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    async with a_gateway(CURRENT) as gateway, running(an_adapter(gateway, tmp_path)) as inbox:
        await gateway.post("一句不该记下的话")
        await inbox.wait_for_text("一句不该记下的话")
        await gateway.do("error")
        await gateway.die()
        await inbox.wait_for(ConnectionLost)

        ours = "".join(
            json.dumps([record.getMessage(), vars(record)], default=repr, ensure_ascii=False)
            for record in caplog.records
            if record.name.startswith("qungui")
        )
        printed = "".join(capfd.readouterr())
        for secret in (gateway.token, "一句不该记下的话", "李晓", "小李", LI):
            assert secret not in ours
            assert secret not in printed


def _certificate(name: str) -> tuple[str, str]:
    """Return a certificate for a name, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = SystemClock().now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    )

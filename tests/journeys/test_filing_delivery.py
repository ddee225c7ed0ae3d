"""An approved filing reaches the officer, exactly once, by whatever way, and comes back as a receipt."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from bot.bootstrap import Plugins
from bot.doctor import examine
from bot.model.event import GroupAmended, OfficeRoleGiven, PersonNamed
from bot.model.filing import FilingAnswer, FilingState
from bot.model.group import Role
from tests.journeys.conftest import COMMITTEE, DUTY, LEADER, MORNING, OWNER
from tests.journeys.filing_site import AFTER, BEFORE, GROUP, OFFICER, Filed, FilingSite
from tests.journeys.site import PATIENCE, a_site
from tests.peers.mail_server import Fault, Mail, MailServer, mail_server

Run = Callable[[Callable[[FilingSite, MailServer], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def by_mail(loaded: Plugins, tmp_path: Path) -> Run:
    """Run a journey with a real mail server and a folder beside the sandbox."""

    def run(journey: Callable[[FilingSite, MailServer], Coroutine[Any, Any, None]]) -> None:
        async def whole() -> None:
            shared = tmp_path / "shared"
            shared.mkdir()
            async with (
                mail_server() as server,
                a_site(loaded, tmp_path, starts_at=MORNING) as site,
            ):
                await journey(
                    FilingSite(
                        sandbox=site.sandbox,
                        clock=site.clock,
                        folder=site.folder,
                        loaded=loaded,
                        mail_port=server.port,
                        put_into=shared,
                    ),
                    server,
                )

        asyncio.run(asyncio.wait_for(whole(), 120))

    return run


def attached(mail: Mail) -> tuple[str, bytes]:
    """Return the one attachment of a mail, with its name."""
    (part,) = mail.message.iter_attachments()
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return part.get_filename() or "", content


def printed(document: bytes) -> str:
    """Return the text of a .docx."""
    with ZipFile(BytesIO(document)) as file:
        return file.read("word/document.xml").decode()


def test_an_approved_filing_arrives_as_the_form_that_was_recorded_and_a_receipt_ends_it(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        async with site.filed("mail") as filed:
            number = await filed.approved()
            await filed.stands(FilingState.SENT)
            sent = await filed.latest()
            await filed.received(number)

            (mail,) = server.received
            name, document = attached(mail)
            assert mail.recipients == (OFFICER,)
            assert mail.message["Message-ID"] == sent.message_id
            assert name == f"互联网工作群组备案表 {sent.label} 预算科工作群.docx"
            assert hashlib.sha256(document).hexdigest() == sent.document_hash
            text = printed(document)
            for said in (sent.label, BEFORE, AFTER, "陆知远", "苏映雪", "同意报送", "韩逸舟"):
                assert said in text
            assert f"回执 {number} 编号" in mail.message.get_body().get_content()
            await filed.stage.comes(OWNER, f"【备案 {number}】", "已备案", "机备〔2026〕12号")
            assert await filed.steps() == [
                *("noticed", "confirmed", "formed", "approved"),
                *("sending", "carried", "sent", "received"),
            ]

    by_mail(journey)


def test_the_leader_sees_the_form_with_names_masked_and_may_send_it_back(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        async with site.filed("mail") as filed:
            number = await filed.confirmed()
            shown = await filed.stage.comes(LEADER, f"【备案 {number}】", "请审核")
            filed.stage.tell(LEADER, f"退回 {number} 用途写得太简单")
            told = await filed.stage.comes(OWNER, f"【备案 {number}】", "审核退回", "太简单")
            filed.stage.tell(OWNER, f"备案 {number} 改正")
            again = await filed.stands(FilingState.FORMED)

            assert BEFORE in shown
            assert "陆知远" not in shown
            assert f"备案 {number} 改正" in told
            assert again.edition == 2
            assert not server.received

    by_mail(journey)


def test_a_server_that_is_busy_gets_the_same_mail_later_under_the_same_id(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        async with site.filed("mail") as filed:
            server.fault = Fault.BUSY
            await filed.approved()
            waiting = await filed.stands(FilingState.APPROVED)
            for _ in range(3):
                await filed.stage.later(hours=2)
            assert waiting.tries == 1
            still = await filed.latest()
            told = await filed.stage.comes(OWNER, "还没有发出", "451")
            await filed.stage.later(hours=4)
            server.fault = Fault.NONE
            await filed.stage.later(hours=4)
            sent = await filed.stands(FilingState.SENT)

            assert "不会丢" in told
            assert still.tries > 1
            assert sum("还没有发出" in text for text in filed.stage.read(COMMITTEE)) == 1
            (mail,) = server.received
            assert mail.message["Message-ID"] == waiting.message_id == sent.message_id

    by_mail(journey)


def test_a_refusal_for_good_returns_to_owner_and_office_and_goes_out_again_on_a_yes(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        async with site.filed("mail") as filed:
            server.fault = Fault.REFUSES
            number = await filed.approved()
            await filed.stands(FilingState.BOUNCED)
            told = await filed.stage.comes(OWNER, f"【备案 {number}】", "没有送达")
            await filed.stage.comes(COMMITTEE, f"【备案 {number}】", "没有送达")
            await filed.stage.later(hours=24)
            assert not server.received
            server.fault = Fault.NONE
            filed.stage.tell(OWNER, f"备案 {number} 再发")
            await filed.stands(FilingState.SENT)

            assert "对方拒收（554）" in told
            assert len(server.received) == 1

    by_mail(journey)


def test_what_was_taken_without_an_answer_is_sent_again_only_on_a_persons_yes(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        async with site.filed("mail") as filed:
            server.fault = Fault.TAKES_AND_DROPS
            number = await filed.approved()
            await filed.stands(FilingState.UNKNOWN)
            server.fault = Fault.NONE
            told = await filed.stage.comes(OWNER, f"【备案 {number}】", "报送结果不明")
            for _ in range(3):
                await filed.stage.later(hours=24)
            assert len(server.received) == 1

            filed.stage.tell(OWNER, f"备案 {number} 再发")
            await filed.stands(FilingState.SENT)

            assert f"备案 {number} 已到" in told
            ids = {mail.message["Message-ID"] for mail in server.received}
            assert (len(server.received), len(ids)) == (2, 1)

    by_mail(journey)


def test_what_was_taken_without_an_answer_is_done_when_a_person_saw_it_there(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        async with site.filed("mail") as filed:
            server.fault = Fault.TAKES_AND_DROPS
            number = await filed.approved()
            await filed.stands(FilingState.UNKNOWN)

            filed.stage.tell(COMMITTEE, f"备案 {number} 已到")
            await filed.stands(FilingState.SENT)
            await filed.received(number)

            assert len(server.received) == 1

    by_mail(journey)


def test_of_several_recipients_the_refused_one_is_told_and_the_form_counts_as_sent(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        gone = "old@yunjiang.example.cn"
        async with site.filed("mail", recipients=(OFFICER, gone)) as filed:
            server.fault, server.refused = Fault.SOME, {gone: "550 5.1.1 no such user"}
            number = await filed.approved()
            await filed.stands(FilingState.SENT)

            told = await filed.stage.comes(OWNER, f"【备案 {number}】", "已报送")
            assert "有收件地址被退回" in told
            assert gone not in told
            assert [mail.recipients for mail in server.received] == [(OFFICER,)]

    by_mail(journey)


def test_a_filing_is_put_into_the_folder_and_the_officer_is_told(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        assert site.put_into is not None
        async with site.filed("folder") as filed:
            number = await filed.approved()
            sent = await filed.stands(FilingState.SENT)
            await filed.stage.comes(COMMITTEE, f"【备案 {number}】", "共享文件夹")
            await filed.received(number)

            (path,) = site.put_into.iterdir()
            assert sent.label in path.name
            assert hashlib.sha256(path.read_bytes()).hexdigest() == sent.document_hash
            assert not server.received

    by_mail(journey)


def test_a_folder_that_is_not_there_is_tried_again_until_it_is(by_mail):
    async def journey(site: FilingSite, _: MailServer) -> None:
        assert site.put_into is not None
        site.put_into.rmdir()
        async with site.filed("folder") as filed:
            await filed.approved()
            await filed.stands(FilingState.APPROVED)
            site.put_into.mkdir()
            await filed.stage.later(minutes=2)
            await filed.stands(FilingState.SENT)

            assert len(list(site.put_into.iterdir())) == 1

    by_mail(journey)


def test_a_private_message_brings_the_whole_form_to_the_officer(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        async with site.filed("private") as filed:
            number = await filed.approved()
            sent = await filed.stands(FilingState.SENT)
            text = await filed.stage.comes(COMMITTEE, f"【备案表 {sent.label}】")
            await filed.received(number)

            for said in ("陆知远", "苏映雪", BEFORE, AFTER, f"回执 {number} 编号"):
                assert said in text
            assert hashlib.sha256(text.encode()).hexdigest() == sent.document_hash
            assert not server.received

    by_mail(journey)


def test_without_a_way_the_owner_hands_it_in_and_says_so(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        async with site.filed("by_hand") as filed:
            number = await filed.approved()
            told = await filed.stage.comes(OWNER, f"【备案 {number}】", "请手工报送")
            filed.stage.tell(OWNER, f"备案 {number} 已报")
            await filed.stands(FilingState.SENT)
            await filed.stage.comes(COMMITTEE, f"【备案 {number}】", "请出具回执")
            await filed.received(number)

            assert f"qungui filing form {number}" in told
            assert not server.received

    by_mail(journey)


def test_a_broken_template_of_the_office_does_not_hold_a_filing_up(by_mail, tmp_path):
    async def journey(site: FilingSite, server: MailServer) -> None:
        site.templates = tmp_path / "templates"
        site.templates.mkdir()
        (site.templates / "filing.docx").write_bytes(b"no document at all")
        async with site.filed("mail") as filed:
            await filed.approved()
            await filed.stands(FilingState.SENT)
            faults = await filed.stage.play.bot.answer({"do": "status"})

            assert BEFORE in printed(attached(server.received[0])[1])
            assert any("filing.docx" in each for each in faults["faults"])

    by_mail(journey)


def test_what_the_officer_refuses_is_corrected_and_goes_out_as_the_second_edition(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        async with site.filed("mail") as filed:
            number = await filed.approved()
            first = await filed.stands(FilingState.SENT)
            filed.stage.tell(COMMITTEE, f"退回 {number} 群规没有写全")
            told = await filed.stage.comes(OWNER, f"【备案 {number}】", "机关党委退回", "没有写全")
            filed.stage.tell(OWNER, f"备案 {number} 改正")
            await filed.stands(FilingState.FORMED)
            filed.stage.tell(LEADER, f"备案 {number} 同意")
            second = await filed.stands(FilingState.SENT)
            await filed.received(number)

            assert f"备案 {number} 改正" in told
            assert (first.edition, second.edition) == (1, 2)
            assert first.message_id != second.message_id
            assert "第2次报送" in printed(attached(server.received[1])[1])

    by_mail(journey)


def test_a_bounce_that_a_person_reports_comes_back_to_the_owner(by_mail):
    async def journey(site: FilingSite, _: MailServer) -> None:
        async with site.filed("mail") as filed:
            number = await filed.approved()
            await filed.stands(FilingState.SENT)
            await filed.answer(FilingAnswer.BOUNCED, "邮箱满了，退信")

            await filed.stage.comes(OWNER, f"【备案 {number}】", "没有送达", "邮箱满了")
            await filed.answer(FilingAnswer.SENT_BY_HAND)
            await filed.answer(FilingAnswer.RECEIPT, "机备13")
            await filed.stage.comes(OWNER, f"【备案 {number}】", "已备案", "机备13")

    by_mail(journey)


def test_at_night_nobody_is_told_until_the_morning(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        async with site.filed("mail") as filed:
            number = await filed.noticed()
            await filed.stage.later(hours=12)
            filed.stage.tell(OWNER, f"备案 {number} 属实")
            await filed.stands(FilingState.FORMED)
            await filed.stage.settled()
            assert not [each for each in filed.stage.read(LEADER) if "请审核" in each]

            await filed.stage.later(hours=12)
            await filed.stage.comes(LEADER, f"【备案 {number}】", "请审核", seconds=PATIENCE)

    by_mail(journey)


def test_a_bot_that_stops_while_a_filing_waits_for_its_next_try_sends_it_when_it_is_back(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        server.fault = Fault.BUSY
        async with site.filed("mail") as filed:
            await filed.approved()
            await filed.stands(FilingState.APPROVED)
        server.fault = Fault.NONE
        async with site.bot(filing=site.filing("mail")) as stage:
            again = Filed(stage=stage)
            await stage.later(minutes=3)
            sent = await again.stands(FilingState.SENT)

            assert sent.tries == 2
            assert len(server.received) == 1

    by_mail(journey)


def test_a_bot_that_ends_in_the_middle_of_a_send_does_not_send_again_by_itself(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        server.fault = Fault.TAKES_AND_HANGS
        async with site.filed("mail") as filed:
            await filed.approved()
            await asyncio.wait_for(server.taken.wait(), PATIENCE)
        server.fault = Fault.NONE
        async with site.bot(filing=site.filing("mail")) as stage:
            again = Filed(stage=stage)
            await again.stands(FilingState.UNKNOWN)
            await stage.comes(OWNER, "报送结果不明", "没有自动重发", seconds=PATIENCE)
            verdicts = await asyncio.to_thread(lambda: list(examine(site.config(), site.loaded)))
            assert any("备案 1 报送结果不明" in each.text for each in verdicts if not each.fine)
            await stage.later(hours=24)
            assert len(server.received) == 1

            await again.answer(FilingAnswer.ARRIVED)
            await again.received((await again.latest()).id)

            assert len(server.received) == 1

    by_mail(journey)


def test_of_two_officers_each_gets_the_form_and_one_outcome_is_enough(by_mail):
    async def journey(site: FilingSite, _: MailServer) -> None:
        async with site.filed("private") as filed:
            await filed.stage.play.bot.door.put_and_wait(
                OfficeRoleGiven(
                    at=site.clock.now(),
                    role=Role.COMMITTEE.value,
                    platform="qq",
                    person=PersonNamed(name="贺云帆", unit="办公室", user=str(DUTY)),
                )
            )
            await filed.approved()
            sent = await filed.stands(FilingState.SENT)
            for user in (COMMITTEE, DUTY):
                await filed.stage.comes(user, f"【备案表 {sent.label}】", seconds=PATIENCE)
            await filed.stage.settled()

            assert (await filed.steps()).count("sent") == 1

    by_mail(journey)


def test_a_receipt_that_comes_before_the_outcome_of_the_send_ends_the_filing(by_mail):
    async def journey(site: FilingSite, server: MailServer) -> None:
        server.fault = Fault.TAKES_AND_HANGS
        async with site.filed("mail") as filed:
            number = await filed.approved()
            await asyncio.wait_for(server.taken.wait(), PATIENCE)
            await filed.received(number)
            server.fault = Fault.NONE
        async with site.bot(filing=site.filing("mail")) as stage:
            await stage.settled()
            await stage.later(hours=24)

            assert (await Filed(stage=stage).latest()).state is FilingState.RECEIVED
            assert len(server.received) == 1

    by_mail(journey)


def test_what_is_missing_is_told_once_and_the_form_is_made_when_it_is_there(by_mail):
    async def journey(site: FilingSite, _: MailServer) -> None:
        async with site.filed("mail") as filed:
            group = await filed.stage.records(lambda records: records.groups.get(GROUP))
            await filed.stage.records(
                lambda records: records.connection.execute(
                    "UPDATE groups SET approved_on = NULL WHERE id = ?", (group.id,)
                )
            )
            await filed.stage.records(lambda records: records.groups.forget_read())
            number = await filed.noticed()
            filed.stage.tell(OWNER, f"备案 {number} 属实")
            await filed.stage.comes(OWNER, f"【备案 {number}】", "还不能填表", "批准日期")
            await filed.answer(FilingAnswer.FORM)
            await filed.stage.play.bot.door.put_and_wait(
                GroupAmended(at=site.clock.now(), group=GROUP, approved_on=date(2026, 3, 2))
            )
            await filed.stage.later(seconds=1)
            await filed.stands(FilingState.FORMED)

            told = [each for each in filed.stage.read(OWNER) if "还不能填表" in each]
            assert len(told) == 1

    by_mail(journey)

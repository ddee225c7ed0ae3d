"""What was refused or sent back is corrected: the correction joins it and becomes the next edition."""

import pytest

from bot.model.event import BotRemoved, FilingAnswered, GroupAmended, GroupRegistered
from bot.model.filing import ChangeKind, ChangeState, Deed, FilingAnswer, FilingState, Noticed
from tests.pipeline.desk import ACCOUNT, COMMITTEE, GROUP, LEADER, OWNER, PLACE
from tests.plugins.workflows.filing.office import (
    NAME,
    NEW_NAME,
    complete,
    noticed,
    says,
    the_filing,
    told,
)


def deeds(desk) -> list[Deed]:
    return [each.deed for each in desk.records.filings.steps(1)]


def amend(desk, purpose: str) -> None:
    """Let the desk state another purpose, later on the same day."""
    desk.tick(minutes=10)
    desk.take(GroupAmended(at=desk.clock.now(), group=GROUP, purpose=purpose))
    desk.tick(minutes=11)


@pytest.fixture
def confirmed(desk):
    """Return a desk at which the owner has confirmed a change."""
    complete(desk)
    desk.take(noticed(desk))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 属实")
    return desk


@pytest.fixture
def sent(confirmed):
    """Return a desk whose filing was handed in."""
    says(confirmed, LEADER, "备案 1 同意")
    says(confirmed, OWNER, "备案 1 已报")
    return confirmed


def test_what_is_stated_anew_after_a_refusal_joins_the_refused_filing(sent):
    says(sent, COMMITTEE, "退回 1 用途没有写清")
    amend(sent, "预算编制和执行的工作联系")

    assert sent.records.filings.get(2) is None
    assert the_filing(sent).state is FilingState.NOTICED
    assert deeds(sent)[-2:] == [Deed.CORRECTED, Deed.NOTICED]
    assert "上次退回的原因：用途没有写清" in told(sent)[-1]
    assert "2 用途" in told(sent)[-1]

    assert "等分管领导审核" in says(sent, OWNER, "备案 1 属实")
    filing = the_filing(sent)
    assert (filing.state, filing.edition, filing.reason) == (FilingState.FORMED, 2, "")
    edition = sent.records.filings.edition(1, 2)
    assert edition.content["purpose"] == "预算编制和执行的工作联系"
    assert edition.content["edition"] == "第2次报送"
    assert len(edition.content["changes"]) == 2


def test_what_is_stated_anew_after_a_bounce_joins_it(sent):
    sent.take(
        FilingAnswered(at=sent.clock.now(), number=1, answer=FilingAnswer.BOUNCED, text="邮箱满")
    )
    amend(sent, "预算编制和执行的工作联系")
    says(sent, OWNER, "备案 1 属实")

    assert sent.records.filings.get(2) is None
    assert the_filing(sent).edition == 2


def test_what_is_stated_anew_after_the_leader_sent_it_back_makes_the_next_edition(confirmed):
    says(confirmed, LEADER, "退回 1 用途没有写清")
    amend(confirmed, "预算编制和执行的工作联系")
    says(confirmed, OWNER, "备案 1 属实")

    assert confirmed.records.filings.get(2) is None
    assert the_filing(confirmed).edition == 2


def test_a_change_that_corrects_nothing_joins_and_waits_until_it_is_corrected(sent):
    says(sent, COMMITTEE, "退回 1 用途没有写清")
    sent.take(noticed(sent, ChangeKind.SCALE, before="50人以下", after="50—199人"))
    said = says(sent, OWNER, "备案 1 属实 2")

    assert sent.records.filings.get(2) is None
    assert the_filing(sent).state is FilingState.CONFIRMED
    assert "备案 1 改正" in said
    assert "备案 1 改正" in says(sent, OWNER, "备案 1")
    says(sent, OWNER, "备案 1 改正")
    assert (the_filing(sent).state, the_filing(sent).edition) == (FilingState.FORMED, 2)


def test_a_correction_that_is_dismissed_corrects_nothing(sent):
    says(sent, COMMITTEE, "退回 1 用途没有写清")
    amend(sent, "预算编制和执行的工作联系")
    says(sent, OWNER, "备案 1 不实 2 写错了")

    assert the_filing(sent).state is FilingState.CONFIRMED
    assert the_filing(sent).reason == "用途没有写清"


def test_who_says_corrected_before_he_has_confirmed_is_told_what_to_reply(sent):
    says(sent, COMMITTEE, "退回 1 用途没有写清")
    amend(sent, "预算编制和执行的工作联系")

    assert "备案 1 属实" in says(sent, OWNER, "备案 1 改正")
    assert "备案 1 属实" in says(sent, OWNER, "备案 1")


def test_a_dismissed_part_of_what_was_sent_back_is_its_correction(desk):
    complete(desk)
    desk.take(noticed(desk), noticed(desk, ChangeKind.PURPOSE, before="甲", after="乙"))
    desk.tick(minutes=10)
    says(desk, OWNER, "备案 1 属实")
    desk.tick(minutes=10)
    says(desk, LEADER, "退回 1 用途没有变")
    says(desk, OWNER, "备案 1 不实 2 看错了")

    assert (the_filing(desk).state, the_filing(desk).edition) == (FilingState.FORMED, 2)


def test_a_group_renamed_back_after_the_refusal_has_nothing_to_file(sent):
    says(sent, COMMITTEE, "退回 1 群名不规范，请改回")
    sent.tick(minutes=30)
    sent.take(noticed(sent, before=NEW_NAME, after=NAME))

    assert sent.records.filings.get(2) is None
    assert the_filing(sent).state is FilingState.DISMISSED


def test_a_group_renamed_back_after_the_form_was_sent_is_the_next_filing(sent):
    sent.take(noticed(sent, before=NEW_NAME, after=NAME))

    assert the_filing(sent).state is FilingState.SENT
    assert the_filing(sent, 2).state is FilingState.NOTICED


def test_the_end_of_a_group_takes_along_what_was_refused(sent):
    says(sent, COMMITTEE, "退回 1 用途没有写清")
    sent.take(noticed(sent, ChangeKind.DISSOLVED, before="已登记", after="已解散"))
    says(sent, OWNER, "备案 1 属实")

    assert sent.records.filings.get(2) is None
    filing = the_filing(sent)
    assert (filing.state, filing.edition) == (FilingState.FORMED, 2)
    assert sent.records.filings.edition(1, 2).content["matter"] == "注销"


def test_the_end_of_a_group_while_its_filing_is_at_the_officer_is_the_next(sent):
    sent.take(noticed(sent, ChangeKind.DISSOLVED, before="已登记", after="已解散"))

    assert the_filing(sent).state is FilingState.SENT
    assert the_filing(sent, 2).state is FilingState.NOTICED
    says(sent, COMMITTEE, "回执 1 机备1")
    assert the_filing(sent).state is FilingState.RECEIVED


def test_a_correction_prefers_the_refused_filing_to_the_one_that_is_not_formed(sent):
    sent.take(noticed(sent, ChangeKind.SCALE, before="50人以下", after="50—199人"))
    says(sent, COMMITTEE, "退回 1 用途没有写清")
    amend(sent, "预算编制和执行的工作联系")

    kinds = [each.kind for each in sent.records.filings.changes(1)]
    assert kinds == [ChangeKind.RENAMED, ChangeKind.PURPOSE]
    assert [each.state for each in sent.records.filings.changes(2)] == [ChangeState.NOTICED]


def test_an_owner_of_the_platform_whom_the_register_does_not_know_is_asked_about(desk):
    complete(desk)
    after = "账号尾号0031（平台上的群主，没有登记）"
    desk.take(noticed(desk, ChangeKind.OWNER, before="赵一", after=after, how=Noticed.LIVE))
    desk.tick(minutes=10)

    assert "登记的群主没有变" in told(desk)[-1]


def test_what_was_refused_because_it_is_not_so_may_be_dismissed(sent):
    says(sent, COMMITTEE, "退回 1 群名没有变")
    said = says(sent, OWNER, "备案 1 不实 平台显示有误")

    assert "没有要备案的了" in said
    assert the_filing(sent).state is FilingState.DISMISSED


def test_a_group_in_which_the_bot_is_again_takes_back_a_closing_that_was_refused(desk):
    complete(desk)
    desk.take(BotRemoved(at=desk.clock.now(), account=ACCOUNT, group=PLACE))
    desk.tick(minutes=11)
    says(desk, OWNER, "备案 1 属实")
    says(desk, LEADER, "备案 1 同意")
    says(desk, OWNER, "备案 1 已报")
    says(desk, COMMITTEE, "退回 1 群还在用")
    desk.take(GroupRegistered(at=desk.clock.now(), group=GROUP))

    assert the_filing(desk).state is FilingState.DISMISSED


def test_a_name_that_goes_back_over_two_filings_undoes_both(confirmed):
    confirmed.take(noticed(confirmed, before=NEW_NAME, after="丙群"))
    assert the_filing(confirmed, 2).state is FilingState.NOTICED
    confirmed.tick(minutes=10)
    confirmed.take(noticed(confirmed, before="丙群", after=NAME))

    assert the_filing(confirmed, 1).state is FilingState.DISMISSED
    assert the_filing(confirmed, 2).state is FilingState.DISMISSED
    assert confirmed.records.filings.get(3) is None


def test_a_name_that_goes_back_by_one_filing_leaves_the_earlier_one(confirmed):
    confirmed.take(noticed(confirmed, before=NEW_NAME, after="丙群"))
    confirmed.take(noticed(confirmed, before="丙群", after=NEW_NAME))

    assert the_filing(confirmed, 1).state is FilingState.FORMED
    assert the_filing(confirmed, 2).state is FilingState.DISMISSED

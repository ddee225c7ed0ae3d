"""The weekly audit and what else waits for a person's word: what can follow what."""

# ruff: noqa: D102 - the names say it

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.model.errors import BotError
from bot.model.join import JoinRequest, JoinState
from bot.model.rights import DataRequest, RequestKind, RequestState
from bot.model.weekly_audit import (
    AuditItem,
    AuditReason,
    AuditState,
    ItemDecision,
    Removal,
    WeeklyAudit,
)

NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OWNER, LEADER = 1, 2


def an_audit() -> WeeklyAudit:
    return WeeklyAudit(id=1, group=1, week="2026-W47", opened_at=NOW)


def asked() -> WeeklyAudit:
    return an_audit().asked(
        drawn_at=NOW, members=46, complete=True, recipient=OWNER, due_at=NOW + DAY
    )


def an_item(**changes) -> AuditItem:
    values = {"audit": 1, "number": 11, "user": "20013", "reason": AuditReason.NO_RECORD}
    return AuditItem(**(values | changes))


def test_an_audit_is_asked_reminded_escalated_and_overdue_in_this_order():
    audit = asked()

    audit = audit.reminded(NOW + DAY, NOW + 2 * DAY)
    audit = audit.escalated(NOW + 2 * DAY, NOW + 3 * DAY, LEADER)
    audit = audit.overdue(NOW + 3 * DAY)

    assert audit.state is AuditState.OVERDUE
    assert audit.is_open
    assert (audit.escalated_to, audit.due_at) == (LEADER, None)
    with pytest.raises(BotError, match="逾期"):
        audit.reminded(NOW, NOW)


def test_a_late_answer_still_closes_an_overdue_audit():
    audit = asked().overdue(NOW).answered(OWNER, NOW + DAY).closed(NOW + DAY)

    assert audit.state is AuditState.CLOSED
    assert not audit.is_open
    assert audit.answered_by == OWNER


@pytest.mark.parametrize("audit", [an_audit(), asked().closed(NOW), asked().lapsed(NOW)])
def test_only_a_list_that_stands_can_be_answered(audit):
    with pytest.raises(BotError, match="最新的名单"):
        audit.answered(OWNER, NOW)


def test_the_next_list_takes_the_place_of_one_that_was_never_drawn():
    assert an_audit().lapsed(NOW).state is AuditState.LAPSED


def test_a_removal_stays_open_until_it_was_seen():
    item = an_item().decided(ItemDecision.REMOVE, OWNER, NOW)

    waiting = item.removing(Removal.ASKED, NOW)
    done = waiting.removing(Removal.REMOVED, NOW + DAY)

    assert item.is_open
    assert waiting.is_open
    assert not done.is_open
    assert done.removing(Removal.STILL_THERE, NOW) == done


def test_the_second_person_hears_what_the_first_decided():
    item = an_item().decided(ItemDecision.KEEP, OWNER, NOW, "借调")

    with pytest.raises(BotError, match="11 号已定为“留”"):
        item.decided(ItemDecision.REMOVE, LEADER, NOW)
    assert item.decided(ItemDecision.REMOVE, OWNER, NOW).decision is ItemDecision.REMOVE


@pytest.mark.parametrize("removal", [Removal.ASKED, Removal.REMOVED])
def test_a_removal_under_way_is_not_decided_again(removal):
    item = an_item().decided(ItemDecision.REMOVE, OWNER, NOW).removing(removal, NOW)

    with pytest.raises(BotError, match="移出"):
        item.decided(ItemDecision.KEEP, OWNER, NOW)


@pytest.mark.parametrize("removal", [Removal.BY_HAND, Removal.FAILED, Removal.STILL_THERE])
def test_a_removal_that_did_not_happen_can_be_decided_again(removal):
    item = an_item().decided(ItemDecision.REMOVE, OWNER, NOW).removing(removal, NOW)

    again = item.decided(ItemDecision.KEEP, OWNER, NOW)

    assert (again.decision, again.removal) == (ItemDecision.KEEP, None)


def test_only_who_is_to_be_removed_is_removed():
    with pytest.raises(BotError, match="没有定为移出"):
        an_item().removing(Removal.ASKED, NOW)


def test_a_request_to_join_is_answered_once():
    request = JoinRequest(id=1, group=1, user="20013", flag="f", number=3, asked_at=NOW)

    answered = request.decided(JoinState.ACCEPTED, OWNER, NOW)

    with pytest.raises(BotError, match="3 号入群申请已同意"):
        answered.decided(JoinState.REFUSED, OWNER, NOW)


def test_a_request_about_ones_data_has_one_outcome():
    request = DataRequest(
        id=1, kind=RequestKind.ERASE, account="qq:10001", user="20013", made_at=NOW
    )

    closed = request.closed(RequestState.REFUSED, NOW, answer="仍在职")

    assert (closed.answer, closed.closed_by) == ("仍在职", None)
    with pytest.raises(BotError, match="未予办理"):
        closed.closed(RequestState.DONE, NOW)


@pytest.mark.parametrize(
    "kind", [AuditState, AuditReason, ItemDecision, Removal, JoinState, RequestKind, RequestState]
)
def test_everything_has_a_name_that_people_read(kind):
    labels = [each.label for each in kind]

    assert len(set(labels)) == len(labels)


class Deciding(RuleBasedStateMachine):
    """Whatever people and the platform do to an item, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.item = an_item()

    @rule(decision=st.sampled_from(ItemDecision), by=st.sampled_from([OWNER, LEADER]))
    def decide(self, decision, by):
        try:
            self.item = self.item.decided(decision, by, NOW)
        except BotError:
            assert self.item.decision is not None

    @precondition(lambda self: self.item.decision is ItemDecision.REMOVE)
    @rule(removal=st.sampled_from(Removal))
    def remove(self, removal):
        was = self.item.removal
        self.item = self.item.removing(removal, NOW)
        assert was is not Removal.REMOVED or self.item.removal is Removal.REMOVED

    @invariant()
    def only_a_removal_has_a_removal(self):
        assert self.item.removal is None or self.item.decision is ItemDecision.REMOVE

    @invariant()
    def who_decided_is_known(self):
        assert (self.item.decision is None) == (self.item.decided_by is None)


TestDeciding = Deciding.TestCase

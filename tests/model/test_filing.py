"""Filings: what can follow what, whatever people, servers and calendars do."""

# ruff: noqa: D102 - the names say it

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.model.errors import BotError
from bot.model.filing import (
    ChangeKind,
    ChangeState,
    Deed,
    Edition,
    Filing,
    FilingAnswer,
    FilingState,
    GroupChange,
    Matter,
    Noticed,
    Way,
    hash_of,
    matter_of,
    missing,
    undone_by,
)
from bot.model.group import Activity, Group, GroupState, Person, Role, Scale
from bot.model.register import REGISTER, RegisterEntry, Source, filing_state

NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OWNER, LEADER = 1, 2
CONTENT = {"name": "预算科工作群", "changes": [{"before": "甲", "after": "乙"}]}


def a_change(number: int = 1, **changes: object) -> GroupChange:
    values: dict[str, object] = {
        "filing": 1,
        "number": number,
        "group": 1,
        "kind": ChangeKind.RENAMED,
        "before": "甲",
        "after": "乙",
        "earliest_at": NOW,
        "latest_at": NOW,
        "noticed_at": NOW,
        "how": Noticed.LIVE,
    }
    return GroupChange(**(values | changes))


def a_filing(state: FilingState = FilingState.NOTICED) -> Filing:
    """Return a filing in a state, reached step by step."""
    fresh = Filing(id=37, group=1, opened_at=NOW, starts_at=NOW, due_on=date(2026, 11, 25))
    if state is FilingState.NOTICED:
        return fresh
    if state is FilingState.DISMISSED:
        return fresh.judged([a_change().dismissed(OWNER, NOW, "看错了")], NOW)
    confirmed = fresh.judged([a_change().confirmed(OWNER, NOW)], NOW)
    formed = confirmed.formed(CONTENT, NOW)
    approved = formed.approved(LEADER, NOW)
    sending = approved.sending(Way.MAIL, "<37@example.test>")
    return {
        FilingState.CONFIRMED: confirmed,
        FilingState.FORMED: formed,
        FilingState.APPROVED: approved,
        FilingState.SENDING: sending,
        FilingState.SENT: sending.sent(NOW, "abc"),
        FilingState.UNKNOWN: sending.unknown(),
        FilingState.BOUNCED: sending.bounced("550"),
        FilingState.REFUSED: sending.sent(NOW).refused("缺用途"),
        FilingState.RECEIVED: sending.sent(NOW).received("2026-11", NOW),
        FilingState.WITHDRAWN: confirmed.withdrawn("群已停用", NOW),
    }[state]


def moves(filing: Filing) -> Iterator[Filing]:
    """Yield what may follow a filing."""
    tries: tuple[Callable[[], Filing], ...] = (
        lambda: filing.judged([a_change().confirmed(OWNER, NOW)], NOW),
        lambda: filing.judged([a_change().dismissed(OWNER, NOW, "x")], NOW),
        lambda: filing.formed(CONTENT, NOW),
        lambda: filing.approved(LEADER, NOW),
        lambda: filing.sent_back("x"),
        lambda: filing.sending(Way.MAIL, "<m>"),
        filing.failed,
        filing.unknown,
        lambda: filing.sent(NOW),
        lambda: filing.bounced("x"),
        filing.resent,
        lambda: filing.refused("x"),
        filing.corrected,
        lambda: filing.received("9", NOW),
        lambda: filing.withdrawn("x", NOW),
    )
    for each in tries:
        try:
            yield each()
        except BotError:
            continue


def test_a_filing_goes_from_noticed_to_its_receipt():
    filing = a_filing(FilingState.SENT)

    received = filing.received(" 机关党备〔2026〕11号 ", NOW + DAY)

    assert received.state is FilingState.RECEIVED
    assert received.receipt == "机关党备〔2026〕11号"
    assert (received.edition, received.tries, received.document_hash) == (1, 1, "abc")
    assert received.content_hash == hash_of(CONTENT)
    assert received.closed_at == NOW + DAY
    assert not received.is_overdue(date(2027, 1, 1))


@pytest.mark.parametrize("state", FilingState)
def test_every_open_filing_can_still_be_received(state):
    seen = {state}
    wave = [a_filing(state)]
    while wave:
        wave = [new for old in wave for new in moves(old) if new.state not in seen]
        seen |= {each.state for each in wave}

    assert state.is_end or FilingState.RECEIVED in seen
    assert not state.is_end or seen == {state}


@pytest.mark.parametrize("state", [each for each in FilingState if not each.is_end])
def test_every_open_filing_can_be_withdrawn_except_in_the_midst_of_sending(state):
    filing = a_filing(state)

    if state is FilingState.SENDING:
        with pytest.raises(BotError, match="正在报送"):
            filing.withdrawn("群已停用", NOW)
    else:
        assert filing.withdrawn("群已停用", NOW).closed_at == NOW


def test_the_term_runs_from_the_earliest_change_that_stands():
    first = a_change(1, earliest_at=NOW - 3 * DAY, latest_at=NOW)
    second = a_change(2, kind=ChangeKind.UNIT, earliest_at=NOW - DAY, latest_at=NOW - DAY)

    both = a_filing().judged([first, second], NOW)
    one = both.judged([first.dismissed(OWNER, NOW, "没有改名"), second], NOW)

    assert both.starts_at == NOW - 3 * DAY
    assert one.starts_at == NOW - DAY
    assert first.is_blind
    assert not second.is_blind


def test_a_change_that_joins_waits_for_a_word_again():
    confirmed = a_change().confirmed(OWNER, NOW)
    filing = a_filing(FilingState.CONFIRMED)

    again = filing.judged([confirmed, a_change(2, kind=ChangeKind.UNIT)], NOW)

    assert again.state is FilingState.NOTICED


def test_nothing_joins_a_filing_whose_form_is_made():
    with pytest.raises(BotError, match=r"备案 37 号待分管领导审核.*请先退回"):
        a_filing(FilingState.FORMED).judged([a_change()], NOW)


def test_a_filing_without_any_true_change_is_done():
    filing = a_filing().judged([a_change().dismissed(None, NOW, "备案前已改回")], NOW)

    assert (filing.state, filing.closed_at) == (FilingState.DISMISSED, NOW)


@pytest.mark.parametrize(
    ("values", "undone"),
    [
        (["甲乙", "乙甲"], [1]),
        (["甲乙", "乙丙", "丙乙"], [2]),
        (["甲乙", "乙丙", "丙甲"], [1, 2]),
        (["甲乙", "乙丙"], []),
    ],
)
def test_a_return_to_an_earlier_value_undoes_what_lies_between(values, undone):
    changes = [
        a_change(number, before=value[0], after=value[1])
        for number, value in enumerate(values[:-1], start=1)
    ]

    found = undone_by(changes, ChangeKind.RENAMED, values[-1][1])

    assert [each.number for each in found] == undone


def test_an_opening_is_not_undone_by_its_end():
    opened = a_change(kind=ChangeKind.OPENED, before="", after="")

    assert undone_by([opened], ChangeKind.DISSOLVED, "") == ()
    assert matter_of([opened]) is Matter.OPENING
    assert matter_of([opened, a_change(2, kind=ChangeKind.DISSOLVED)]) is Matter.CLOSING
    assert matter_of([a_change()]) is Matter.CHANGE


def test_a_change_is_decided_with_a_reason_and_can_be_thought_over():
    change = a_change()

    dismissed = change.dismissed(OWNER, NOW, "看错了")

    assert not dismissed.counts
    assert dismissed.confirmed(OWNER, NOW).reason == ""
    with pytest.raises(BotError, match="理由"):
        change.dismissed(OWNER, NOW, "  ")
    with pytest.raises(BotError, match="已定为不成立"):
        dismissed.dismissed(OWNER, NOW, "x")
    with pytest.raises(BotError, match="已确认"):
        change.confirmed(OWNER, NOW).confirmed(OWNER, NOW)


def test_a_correction_is_the_next_edition_and_begins_anew():
    refused = a_filing(FilingState.REFUSED)

    again = refused.corrected().formed(CONTENT | {"name": "新名"}, NOW + DAY)

    assert (again.edition, again.tries, again.message_id, again.way) == (2, 0, "", None)
    assert again.content_hash != refused.content_hash
    assert (again.approved_by, again.sent_at, again.reason) == (None, None, "")


def test_all_tries_of_an_edition_have_one_message_id():
    filing = a_filing(FilingState.SENDING).failed()

    again = filing.sending(Way.MAIL, "<another@example.test>")

    assert (again.tries, again.message_id) == (2, "<37@example.test>")


def test_what_may_have_arrived_is_sent_again_only_on_a_yes():
    unknown = a_filing(FilingState.UNKNOWN)

    with pytest.raises(BotError, match="报送结果不明"):
        unknown.sending(Way.MAIL)

    assert unknown.resent().sending(Way.MAIL).tries == 2
    assert unknown.sent(NOW).way is Way.MAIL


@pytest.mark.parametrize("state", [FilingState.APPROVED, FilingState.BOUNCED])
def test_a_person_may_hand_it_in_himself(state):
    filing = a_filing(state).sent(NOW)

    assert (filing.state, filing.way) == (FilingState.SENT, Way.BY_HAND)


def test_a_filing_becomes_overdue_once_and_a_table_can_relieve_it():
    filing = a_filing(FilingState.SENT)
    day = filing.due_on
    overdue = filing.overdue(NOW + 10 * DAY).overdue(NOW + 11 * DAY)

    relieved = overdue.timed(day + 3 * DAY, provisional=False, rule="r", today=day + DAY)
    earlier = overdue.timed(day - DAY, provisional=False, rule="r", today=day + DAY)
    set_back = overdue.timed(day, provisional=False, rule="r", today=day - 9 * DAY)

    assert overdue.overdue_at == NOW + 10 * DAY
    assert relieved.overdue_at is None
    assert earlier.overdue_at == set_back.overdue_at == NOW + 10 * DAY
    assert filing.is_overdue(day + DAY)
    assert not filing.is_overdue(day)


@pytest.mark.parametrize("said", ["sent_back", "refused", "bounced"])
def test_who_refuses_says_why(said):
    with pytest.raises(BotError, match="请写明"):
        getattr(a_filing(FilingState.SENT if said != "sent_back" else FilingState.FORMED), said)(
            " "
        )


def test_a_receipt_needs_its_number():
    with pytest.raises(BotError, match="回执编号"):
        a_filing(FilingState.SENT).received("", NOW)


def test_the_number_is_shown_with_the_year_of_its_opening_in_china():
    filing = Filing(
        id=3,
        group=1,
        opened_at=datetime(2026, 12, 31, 17, tzinfo=UTC),
        starts_at=NOW,
        due_on=date(2027, 1, 11),
    )

    assert filing.label == "2027-0003"


def test_a_hash_does_not_depend_on_the_order_of_fields():
    other = dict(reversed(CONTENT.items()))

    assert hash_of(other) == hash_of(CONTENT)
    assert Edition(filing=1, number=1, content=other, made_at=NOW).content_hash == hash_of(CONTENT)
    assert hash_of({"name": "\ud800"}) == hash_of({"name": "?"})


def a_group(**changes: object) -> Group:
    values: dict[str, object] = {
        "id": 1,
        "platform": "qq",
        "platform_id": "700001",
        "account": "qq:10001",
        "name": "预算科工作群",
        "unit": "预算科",
        "purpose": "工作联系",
        "join_way": "群主邀请",
        "rules": "只谈工作",
        "approver": "钱二",
        "approved_on": date(2026, 11, 2),
        "contact": "孙三 0571-0000",
        "registered_at": NOW,
    }
    return Group(**(values | changes))


ZHAO, QIAN, SUN = (Person(id=n, name=name) for n, name in enumerate(("赵一", "钱二", "孙三"), 1))


def test_a_filing_needs_an_administrator_beside_the_owner():
    whole = missing(a_group(), owners=[ZHAO], administrators=[ZHAO, SUN], leaders=[QIAN])
    alone = missing(a_group(), owners=[ZHAO], administrators=[ZHAO], leaders=[QIAN])

    assert whole == ()
    assert alone == ("专职群管理员（群主以外）",)


def test_what_is_missing_is_said_by_name():
    bare = a_group(
        unit="", purpose="", rules="", join_way="", approver="", approved_on=None, contact=""
    )

    everything = missing(bare, owners=[], administrators=[], leaders=[])
    closing = missing(
        bare, owners=[ZHAO], administrators=[SUN], leaders=[QIAN], matter=Matter.CLOSING
    )

    assert everything == (
        "归属科室",
        "用途",
        "入群方式",
        "群规",
        "批准人",
        "批准日期",
        "联系人及联系方式",
        "群主",
        "专职群管理员（群主以外）",
        "分管领导",
    )
    assert closing == ("归属科室",)


def test_the_register_tells_every_field_it_declares():
    entry = RegisterEntry(
        group=a_group(member_count=31, contact="孙三 0571-0000"),
        owners=[ZHAO],
        administrators=[ZHAO, SUN],
        leaders=[QIAN],
        accounts={1: "20011", 3: "20003"},
        activity=Activity.QUIET,
        filing=a_filing(FilingState.RECEIVED),
    )

    cells = entry.cells()

    assert list(cells) != []
    assert set(cells) == {each.key for each in REGISTER}
    assert cells["administrator"] == "赵一、孙三"
    assert cells["administrator_user"] == "20011、20003"
    assert cells["scale"] == "50人以下"
    assert cells["filing"] == "已备案（2026-0037，回执 2026-11）"
    observed = {each.key for each in REGISTER if each.source is Source.OBSERVED}
    assert {"member_count", "scale", "activity"} <= observed
    assert "20011" not in repr(entry)
    assert "孙三" not in repr(entry)


def test_how_a_group_stands_is_told_by_its_latest_filing():
    assert filing_state(a_group(), None) == "未备案"
    assert filing_state(a_group(filed_as="甲1"), None) == "已备案（回执 甲1）"
    dismissed = a_filing(FilingState.DISMISSED)
    assert filing_state(a_group(filed_as="甲1"), dismissed) == "已备案（回执 甲1）"
    late = a_filing().overdue(NOW)
    assert filing_state(a_group(), late) == "待群主确认（2026-0037），已逾期"


@pytest.mark.parametrize(
    ("count", "before", "scale"),
    [
        (49, None, Scale.SMALL),
        (50, None, Scale.MEDIUM),
        (54, Scale.SMALL, Scale.SMALL),
        (55, Scale.SMALL, Scale.MEDIUM),
        (46, Scale.MEDIUM, Scale.MEDIUM),
        (44, Scale.MEDIUM, Scale.SMALL),
        (500, Scale.SMALL, Scale.HUGE),
    ],
)
def test_a_band_is_left_only_when_its_border_is_well_behind(count, before, scale):
    assert Scale.of(count, before) is scale


@pytest.mark.parametrize(
    ("messages", "activity"),
    [
        (0, Activity.DORMANT),
        (29, Activity.QUIET),
        (30, Activity.ORDINARY),
        (600, Activity.BUSY),
    ],
)
def test_activity_is_told_by_messages_a_day(messages, activity):
    assert Activity.of(messages, 30) is activity


@pytest.mark.parametrize(
    "kind",
    [
        Activity, ChangeKind, ChangeState, Deed, FilingAnswer, FilingState, GroupState, Matter,
        Noticed, Scale, Source, Way,
    ],
)  # fmt: skip
def test_everything_has_a_name_that_people_read(kind):
    labels = [each.label for each in kind]

    assert len(set(labels)) == len(labels)


def test_who_has_to_act_is_known_for_each_state():
    assert FilingState.FORMED.waits_for is Role.LEADER
    assert FilingState.SENT.waits_for is Role.COMMITTEE
    assert FilingState.SENDING.waits_for is None


class Filed(RuleBasedStateMachine):
    """One filing, and whatever its people, its server and its calendar do, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.filing = a_filing()
        self.changes = [a_change()]
        self.now = NOW
        self.may_have_arrived = False
        self.yes = False

    def do(self, step: Callable[[], Filing]) -> bool:
        was = self.filing
        try:
            self.filing = step()
        except BotError:
            return False
        assert not was.state.is_end
        return True

    @rule(hours=st.integers(-48, 96))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @precondition(lambda self: self.filing.is_forming)
    @rule(kind=st.sampled_from(ChangeKind), late=st.integers(0, 9))
    def something_changes(self, kind, late):
        joined = a_change(
            len(self.changes) + 1, kind=kind, earliest_at=self.now - late * DAY, latest_at=self.now
        )
        self.changes.append(joined)
        assert self.do(lambda: self.filing.judged(self.changes, self.now))

    @precondition(lambda self: self.filing.is_forming)
    @rule(data=st.data(), confirm=st.booleans())
    def a_change_is_decided(self, data, confirm):
        index = data.draw(st.integers(0, len(self.changes) - 1))
        change = self.changes[index]
        try:
            self.changes[index] = (
                change.confirmed(OWNER, self.now)
                if confirm
                else change.dismissed(OWNER, self.now, "看错了")
            )
        except BotError:
            return
        assert self.do(lambda: self.filing.judged(self.changes, self.now))

    @rule(text=st.text(max_size=3))
    def form(self, text):
        self.do(lambda: self.filing.formed({"name": text}, self.now))
        # Another content is another matter: that it may arrive as well is what is wanted.
        if self.filing.state is FilingState.FORMED:
            self.may_have_arrived = self.yes = False

    @rule()
    def approve(self):
        self.do(lambda: self.filing.approved(LEADER, self.now))

    @rule()
    def send_back(self):
        self.do(lambda: self.filing.sent_back("再看看"))

    @rule(way=st.sampled_from(Way), message_id=st.sampled_from(["<a>", "<b>"]))
    def send(self, way, message_id):
        was = self.filing
        if self.do(lambda: self.filing.sending(way, message_id)):
            assert not self.may_have_arrived or self.yes
            assert was.message_id in {"", self.filing.message_id}
            assert self.filing.tries == was.tries + 1
            self.yes = False

    @rule(outcome=st.sampled_from(["sent", "failed", "unknown", "bounced"]))
    def the_server_answers(self, outcome):
        if self.filing.state is FilingState.SENDING:
            self.may_have_arrived |= outcome in {"sent", "unknown"}
        match outcome:
            case "sent":
                if self.do(lambda: self.filing.sent(self.now, "abc")):
                    self.may_have_arrived = True
            case "failed":
                self.do(self.filing.failed)
            case "unknown":
                self.do(self.filing.unknown)
            case "bounced":
                self.do(lambda: self.filing.bounced("550"))

    @rule()
    def somebody_says_resend(self):
        self.yes |= self.do(self.filing.resent)

    @rule()
    def the_officer_refuses(self):
        self.do(lambda: self.filing.refused("缺用途"))

    @rule()
    def it_is_corrected(self):
        self.do(self.filing.corrected)

    @rule()
    def the_receipt_comes(self):
        self.do(lambda: self.filing.received("11", self.now))

    @rule()
    def it_is_withdrawn(self):
        self.do(lambda: self.filing.withdrawn("群已停用", self.now))

    @rule(days=st.integers(-3, 9))
    def the_calendar_speaks(self, days):
        today = self.now.date()
        was = self.filing
        self.filing = was.timed(today + days * DAY, provisional=days > 5, rule="r", today=today)
        if self.filing.is_overdue(today):
            self.filing = self.filing.overdue(self.now)

    @invariant()
    def an_end_has_its_moment(self):
        assert self.filing.state.is_end == (self.filing.closed_at is not None)

    @invariant()
    def no_change_that_stands_began_before_the_term(self):
        if self.filing.is_open:
            live = [each.earliest_at for each in self.changes if each.counts]
            assert self.filing.starts_at == min(live)

    @invariant()
    def only_what_is_confirmed_is_formed(self):
        if self.filing.state not in {
            FilingState.NOTICED, FilingState.DISMISSED, FilingState.WITHDRAWN,
        }:  # fmt: skip
            assert all(c.state is ChangeState.CONFIRMED for c in self.changes if c.counts)

    @invariant()
    def nothing_is_sent_that_no_leader_approved(self):
        if self.filing.tries:
            assert self.filing.approved_by == LEADER or self.filing.state is FilingState.CONFIRMED

    @invariant()
    def the_form_is_that_of_its_edition(self):
        assert (self.filing.edition == 0) == (self.filing.content_hash == "")


TestFiled = Filed.TestCase

"""Changes of groups: noticed once, each with an honest moment or interval."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.calendar import local
from bot.model.action import Append, OpenBlind
from bot.model.errors import BotError
from bot.model.event import (
    BotRemoved,
    FilingAnswered,
    GroupAmended,
    GroupDissolved,
    GroupRenamed,
    GroupsDrawn,
    GroupSubmitted,
    MembersDrawn,
    OutcomeState,
    OutgoingSettled,
    OwnerChanged,
    PersonNamed,
    RolesChanged,
    StandingChanged,
)
from bot.model.filing import ChangeKind, FilingAnswer, FilingState, GroupChange, Noticed
from bot.model.group import Activity, GroupListing, GroupState, Member, Person, Role, Scale
from bot.model.message import Standing
from bot.pipeline.record import record
from tests.pipeline.desk import ACCOUNT, GROUP, LEADER, MEMBER, MORNING, OWNER, PLACE, Desk

NAME, NEW_NAME = "预算科工作群", "预算绩效科工作群"
BOT = ACCOUNT.partition(":")[2]
HEIR, STRANGER = "20031", "20099"
OPENED_ON = date(2026, 11, 12)


def noticed(desk: Desk, kind: ChangeKind | None = None) -> list[GroupChange]:
    """Return what was noticed and was not taken back, oldest first."""
    filings = desk.records.filings
    changes = [change for filing in filings.all() for change in filings.changes(filing.id)]
    return [each for each in changes if each.counts and kind in {None, each.kind}]


def said(desk: Desk, kind: ChangeKind | None = None) -> list[tuple[str, str]]:
    """Return from what to what."""
    return [(each.before, each.after) for each in noticed(desk, kind)]


def span(change: GroupChange) -> tuple[datetime, datetime]:
    """Return when it happened."""
    return change.earliest_at, change.latest_at


def listing(desk: Desk, name: str = NAME, *others: GroupListing) -> GroupsDrawn:
    """Return the account's list of groups as it is now."""
    here = GroupListing(platform_id=PLACE, name=name)
    return GroupsDrawn(at=desk.clock.now(), account=ACCOUNT, groups=(here, *others))


def members(
    desk: Desk, *, count: int = 10, complete: bool = True, **standings: str
) -> MembersDrawn:
    """Return the group's member list: `owner=`, `administrator=` (users, separated by blanks)."""
    named = {
        user: Standing(standing) for standing, users in standings.items() for user in users.split()
    }
    users = [BOT, OWNER, LEADER, MEMBER, HEIR, STRANGER, *(str(40000 + n) for n in range(count))]
    return MembersDrawn(
        at=desk.clock.now(),
        account=ACCOUNT,
        group=PLACE,
        members=tuple(
            Member(user=user, standing=named.get(user, Standing.MEMBER)) for user in users[:count]
        ),
        complete=complete,
    )


def enrol(desk: Desk, number: int, name: str, user: str) -> None:
    """Bring one more person into the register."""
    with desk.records.transaction():
        desk.records.people.enrol(Person(id=number, name=name), "qq", user, MORNING)


def roles(desk: Desk, role: Role, before: tuple[int, ...], after: tuple[int, ...]) -> None:
    """Let the register name others, as a handover does."""
    with desk.records.transaction():
        for person in before:
            desk.records.groups.dismiss(person, role, GROUP)
        for person in after:
            desk.records.groups.appoint(person, role, GROUP, desk.clock.now())
        event = RolesChanged(
            at=desk.clock.now(), group=GROUP, role=role, before=before, after=after
        )
        record(Append(event=event), desk.records, desk.clock.now())
    desk.worker.run_batch(())


def owner_now(desk: Desk, user: str, before: str = OWNER) -> None:
    """Let the platform show another owner."""
    desk.take(
        OwnerChanged(
            at=desk.clock.now(),
            account=ACCOUNT,
            group=PLACE,
            owner=user,
            before=before,
            since=desk.clock.now() - timedelta(hours=1),
        )
    )


def stands(desk: Desk, user: str, standing: Standing) -> None:
    """Let the platform say that somebody became administrator, or ceased to be."""
    desk.take(
        StandingChanged(
            at=desk.clock.now(), account=ACCOUNT, group=PLACE, user=user, standing=standing
        )
    )


def amended(desk: Desk, **stated) -> Exception | None:
    """State something of the group anew."""
    (ended,) = desk.take(GroupAmended(at=desk.clock.now(), group=GROUP, **stated))
    return ended.exception(timeout=0)


def submitted(desk: Desk, **stated) -> GroupSubmitted:
    """Return the form of a group, by default of one that is new."""
    values = {
        "platform": "qq",
        "platform_id": "700077",
        "account": ACCOUNT,
        "name": "档案室工作群",
        "unit": "办公室",
        "approver": "钱二",
        "owner": PersonNamed(name="赵一", user=OWNER),
        "administrators": (PersonNamed(name="周五", user="20012"),),
        "leader": PersonNamed(name="钱二", user=LEADER),
    }
    return GroupSubmitted(at=desk.clock.now(), **(values | stated))


# Names


def test_a_name_that_a_list_shows_changed_since_the_list_before(desk):
    desk.take(listing(desk))
    desk.clock.move(days=2)

    desk.take(listing(desk, NEW_NAME))

    (change,) = noticed(desk)
    assert (change.kind, change.before, change.after) == (ChangeKind.RENAMED, NAME, NEW_NAME)
    assert span(change) == (MORNING, MORNING + timedelta(days=2))
    assert change.is_blind
    assert change.how is Noticed.COMPARED
    assert desk.records.groups.get(GROUP).name == NEW_NAME


def test_the_next_name_changed_since_the_last_one_was_seen(desk):
    desk.take(listing(desk))
    desk.clock.move(days=2)
    desk.take(listing(desk, NEW_NAME))
    desk.clock.move(minutes=10)

    desk.take(listing(desk, "第三个名字"))

    assert span(noticed(desk)[1]) == (MORNING + timedelta(days=2), desk.clock.now())


def test_a_name_that_was_never_listed_changed_since_the_group_was_registered(desk):
    desk.clock.move(hours=3)

    desk.take(listing(desk, NEW_NAME))

    assert span(noticed(desk)[0]) == (MORNING, MORNING + timedelta(hours=3))


def test_a_rename_that_was_told_at_once_has_its_moment_and_is_noticed_once(desk):
    desk.take(listing(desk))
    desk.clock.move(minutes=5)
    at = desk.clock.now()
    desk.take(GroupRenamed(at=at, account=ACCOUNT, group=PLACE, name=NEW_NAME))
    desk.clock.move(minutes=5)

    desk.take(listing(desk, NEW_NAME), listing(desk, NEW_NAME))

    (change,) = noticed(desk)
    assert span(change) == (at, at)
    assert change.how is Noticed.LIVE


def test_a_clock_set_back_makes_no_interval_that_ends_before_it_begins(desk):
    desk.take(listing(desk), members(desk, owner=OWNER))
    desk.clock.move(days=-3)

    desk.take(listing(desk, NEW_NAME), members(desk, owner=HEIR, count=60, administrator=MEMBER))

    assert {each.kind for each in noticed(desk)} == {
        ChangeKind.RENAMED,
        ChangeKind.OWNER,
        ChangeKind.ADMINISTRATORS,
        ChangeKind.SCALE,
    }
    for change in noticed(desk):
        assert change.earliest_at <= change.latest_at == desk.clock.now()


def test_a_group_that_is_not_registered_is_left_alone(desk):
    other = GroupListing(platform_id="700099", name="家长群", owner=STRANGER)
    desk.take(listing(desk, NAME, other))

    desk.take(
        listing(desk, NAME, GroupListing(platform_id="700099", name="新家长群", owner=OWNER)),
        GroupRenamed(at=MORNING, account=ACCOUNT, group="700099", name="又一个"),
        GroupDissolved(at=MORNING, account=ACCOUNT, group="700099"),
    )

    assert noticed(desk) == []
    assert desk.records.groups.at("qq", "700099") is None


# Owners


@pytest.mark.parametrize("register_first", [True, False])
def test_another_owner_is_noticed_once_in_whatever_order_he_comes(desk, register_first):
    enrol(desk, 5, "周五", HEIR)
    steps = [
        lambda: roles(desk, Role.OWNER, (1,), (5,)),
        lambda: owner_now(desk, HEIR),
    ]
    first, second = steps if register_first else reversed(steps)
    first()
    desk.clock.move(days=1)

    second()

    assert said(desk) == [("赵一", "周五")]


def test_an_owner_who_is_nobody_of_the_register_is_noticed_and_later_known(desk):
    owner_now(desk, HEIR)
    (change,) = noticed(desk, ChangeKind.OWNER)
    enrol(desk, 5, "周五", HEIR)

    roles(desk, Role.OWNER, (1,), (5,))

    assert change.before == "赵一"
    assert "尾号0031" in change.after
    assert "平台上的群主，没有登记" in change.after
    assert len(noticed(desk)) == 1


def test_an_owner_who_gives_the_group_back_undoes_the_change(desk):
    enrol(desk, 5, "周五", HEIR)
    owner_now(desk, HEIR)

    owner_now(desk, OWNER, before=HEIR)

    assert noticed(desk) == []
    owner_now(desk, HEIR)
    assert said(desk) == [("赵一", "周五")]


def test_an_owner_of_the_same_name_is_another_owner(desk):
    enrol(desk, 5, "赵一", HEIR)

    roles(desk, Role.OWNER, (1,), (5,))

    assert said(desk) == [("赵一（账号尾号0011）", "赵一（账号尾号0031）")]


def test_the_registered_owner_who_takes_his_group_is_no_change(desk):
    owner_now(desk, OWNER, before=STRANGER)

    assert noticed(desk) == []


def test_an_owner_who_was_dismissed_as_untrue_is_noticed_when_the_register_follows(desk):
    enrol(desk, 5, "周五", HEIR)
    owner_now(desk, HEIR)
    (change,) = noticed(desk)
    desk.take(
        FilingAnswered(at=MORNING, number=change.filing, answer=FilingAnswer.DISMISS, text="点错了")
    )
    assert noticed(desk) == []

    roles(desk, Role.OWNER, (1,), (5,))

    assert said(desk) == [("赵一", "周五")]


# Administrators and leaders


@pytest.mark.parametrize("register_first", [True, False])
def test_another_administrator_is_noticed_once_in_whatever_order_he_comes(desk, register_first):
    enrol(desk, 5, "周五", MEMBER)
    enrol(desk, 6, "吴六", HEIR)
    with desk.records.transaction():
        desk.records.groups.appoint(5, Role.ADMINISTRATOR, GROUP, MORNING)
    desk.take(members(desk, owner=OWNER, administrator=MEMBER))

    def at_the_platform() -> None:
        stands(desk, HEIR, Standing.ADMINISTRATOR)
        stands(desk, MEMBER, Standing.MEMBER)

    def in_the_register() -> None:
        roles(desk, Role.ADMINISTRATOR, (5,), (6,))

    steps = [in_the_register, at_the_platform]
    for step in steps if register_first else reversed(steps):
        step()
    desk.clock.move(minutes=10)
    desk.take(members(desk, owner=OWNER, administrator=HEIR))

    found = said(desk, ChangeKind.ADMINISTRATORS)
    expected = (
        [("周五", "吴六")] if register_first else [("周五", "周五、吴六"), ("周五、吴六", "吴六")]
    )
    assert found == expected


def test_who_names_the_first_administrator_completes_the_register(desk):
    enrol(desk, 5, "周五", MEMBER)

    roles(desk, Role.ADMINISTRATOR, (), (5,))

    assert noticed(desk) == []


def test_an_administrators_seat_that_was_left_and_is_taken_is_noticed_both_times(desk):
    enrol(desk, 5, "周五", MEMBER)
    enrol(desk, 6, "吴六", HEIR)

    roles(desk, Role.ADMINISTRATOR, (5,), ())
    roles(desk, Role.ADMINISTRATOR, (), (6,))

    assert said(desk) == [("周五", ""), ("", "吴六")]


def test_an_administrator_who_got_a_name_meanwhile_is_the_same_when_he_goes(desk):
    stands(desk, HEIR, Standing.ADMINISTRATOR)
    enrol(desk, 5, "周五", HEIR)

    stands(desk, HEIR, Standing.MEMBER)

    assert noticed(desk) == []


def test_an_administrator_whom_no_event_told_is_seen_in_the_next_list(desk):
    desk.take(members(desk, owner=OWNER))
    desk.clock.move(hours=2)

    desk.take(members(desk, owner=OWNER, administrator=f"{HEIR} {BOT}"))

    (change,) = noticed(desk)
    assert (change.before, change.after) == ("", "账号尾号0031（没有登记）")
    assert span(change) == (MORNING, MORNING + timedelta(hours=2))


def test_an_administrator_whom_nobody_knew_is_the_one_the_register_names(desk):
    stands(desk, HEIR, Standing.ADMINISTRATOR)
    enrol(desk, 5, "周五", HEIR)

    roles(desk, Role.ADMINISTRATOR, (), (5,))

    assert said(desk) == [("", "账号尾号0031（没有登记）")]


def test_another_login_with_other_ids_is_no_change_of_people(desk):
    desk.take(members(desk, owner=OWNER, administrator=MEMBER))
    later = tuple(
        Member(user=f"9{each.user}", standing=each.standing)
        for each in members(desk, owner=OWNER, administrator=MEMBER).members
    )

    desk.take(replace(members(desk), members=later))

    assert noticed(desk) == []


def test_neither_the_first_list_nor_one_that_is_cut_short_says_who_is_new(desk):
    desk.take(members(desk, owner=OWNER, administrator=MEMBER))
    desk.take(members(desk, owner=OWNER, administrator=HEIR, complete=False))

    assert noticed(desk) == []


def test_the_bot_itself_is_no_administrator_to_file(desk):
    stands(desk, BOT, Standing.ADMINISTRATOR)

    assert noticed(desk) == []


def test_another_leader_is_noticed(desk):
    enrol(desk, 5, "周五", HEIR)

    roles(desk, Role.LEADER, (2,), (5,))

    (change,) = noticed(desk)
    assert (change.kind, change.before, change.after) == (ChangeKind.LEADER, "钱二", "周五")
    assert change.how is Noticed.STATED


# Size


def test_a_size_that_leaves_its_band_is_noticed_since_the_last_whole_list(desk):
    desk.take(members(desk, count=40))
    first = desk.records.groups.get(GROUP).noted_scale
    desk.clock.move(days=1)
    desk.take(members(desk, count=51))
    beside = noticed(desk)
    desk.clock.move(days=1)
    desk.take(members(desk, count=90, complete=False))
    desk.clock.move(hours=1)

    desk.take(members(desk, count=90))

    assert (first, beside) == (Scale.SMALL, [])
    (change,) = noticed(desk)
    assert (change.before, change.after) == ("50人以下", "50至199人")
    assert span(change) == (MORNING + timedelta(days=1), desk.clock.now())
    assert desk.records.groups.get(GROUP).noted_scale is Scale.MEDIUM
    desk.take(members(desk, count=48))
    assert len(noticed(desk)) == 1


# Silence


def silent(desk: Desk, **since: float) -> None:
    """Let time pass in which the daily duty is done, in a group in which the bot is."""
    if desk.records.members.drawn(GROUP) is None:
        desk.take(members(desk, owner=OWNER))
    desk.tick()
    for _ in range(int(since["days"])):
        desk.tick(days=1)


def test_thirty_days_without_a_message_are_noticed_and_so_is_the_next_one(desk):
    desk.take(desk.posted(1))
    silent(desk, days=29)
    assert noticed(desk) == []

    silent(desk, days=3)

    (change,) = noticed(desk)
    assert (change.kind, change.after) == (ChangeKind.DORMANT, Activity.DORMANT.label)
    assert span(change) == (MORNING + timedelta(days=30),) * 2
    desk.take(desk.posted(2))
    spoken = local(desk.clock.now()).date()
    filing = desk.records.filings.get(change.filing)
    assert filing is not None
    with desk.records.transaction():
        desk.records.filings.save(filing.withdrawn("已线下说明", desk.clock.now()))
    desk.tick(days=1)
    again = noticed(desk)[-1]
    assert (again.before, again.after) == (Activity.DORMANT.label, "有消息往来")
    assert local(again.earliest_at).date() == local(again.latest_at).date() == spoken


def test_a_message_before_the_silence_was_filed_takes_it_back(desk):
    silent(desk, days=32)
    assert len(noticed(desk)) == 1
    desk.take(desk.posted(1))

    desk.tick(days=1)

    assert noticed(desk) == []


def test_a_group_in_which_the_bot_never_was_is_not_called_silent(desk):
    desk.tick()

    for _ in range(40):
        desk.tick(days=1)

    assert noticed(desk) == []


def test_a_time_that_was_not_seen_is_no_silence(desk):
    with desk.records.transaction():
        since = MORNING + timedelta(days=10)
        record(OpenBlind(group=GROUP, since=since, cause="not running"), desk.records, MORNING)
        desk.records.groups.close_blind(GROUP, since + timedelta(days=2), caught_up=False)

    silent(desk, days=36)
    assert noticed(desk) == []

    silent(desk, days=10)
    (change,) = noticed(desk)
    assert change.earliest_at == MORNING + timedelta(days=30)
    assert change.is_blind


def test_a_short_blind_time_leaves_the_beginning_of_the_silence_open(desk):
    with desk.records.transaction():
        since = MORNING + timedelta(days=10)
        record(OpenBlind(group=GROUP, since=since, cause="offline"), desk.records, MORNING)
        desk.records.groups.close_blind(GROUP, since + timedelta(hours=2), caught_up=False)
    desk.take(members(desk, owner=OWNER))
    desk.clock.move(hours=2)

    silent(desk, days=31)

    (change,) = noticed(desk)
    assert change.earliest_at == MORNING + timedelta(days=30)
    assert change.latest_at > change.earliest_at


# What is stated


def test_a_new_group_is_opened_on_its_day(desk):
    desk.take(submitted(desk, opened_on=OPENED_ON))

    (change,) = noticed(desk)
    assert change.kind is ChangeKind.OPENED
    assert [local(each).date() for each in span(change)] == [OPENED_ON, OPENED_ON]
    assert not change.is_blind
    filing = desk.records.filings.get(change.filing)
    assert filing is not None
    assert filing.due_on == date(2026, 11, 23)


def test_a_group_without_a_day_of_opening_was_opened_between_approval_and_registration(desk):
    desk.take(submitted(desk, approved_on=OPENED_ON))

    (change,) = noticed(desk)
    assert local(change.earliest_at).date() == OPENED_ON
    assert change.latest_at == MORNING


def test_a_group_that_states_no_day_was_opened_when_it_was_registered(desk):
    desk.take(submitted(desk, approved_on=date(2027, 1, 1)))

    assert span(noticed(desk)[0]) == (MORNING, MORNING)


def test_a_group_that_was_filed_before_the_bot_is_not_opened(desk):
    desk.take(submitted(desk, filed_as="备字〔2025〕12号"))

    assert noticed(desk) == []
    assert desk.records.groups.get(2).filed_as == "备字〔2025〕12号"


def test_a_day_of_opening_that_has_not_come_is_refused(desk):
    (ended,) = desk.take(submitted(desk, opened_on=date(2026, 12, 1)))

    with pytest.raises(BotError, match="开通日期 2026-12-01 还没有到"):
        ended.result(timeout=0)


def test_another_day_of_opening_corrects_the_one_that_is_not_filed(desk):
    desk.take(submitted(desk))
    (first,) = noticed(desk)

    desk.take(GroupAmended(at=MORNING, group=2, opened_on=OPENED_ON))

    (change,) = noticed(desk)
    assert change.filing == first.filing
    assert local(change.earliest_at).date() == OPENED_ON


def test_a_filing_before_the_bot_takes_the_opening_back(desk):
    desk.take(submitted(desk))

    desk.take(GroupAmended(at=MORNING, group=2, filed_as="备字〔2025〕12号"))

    assert noticed(desk) == []
    (filing,) = desk.records.filings.all()
    assert filing.state is FilingState.DISMISSED


def test_what_is_stated_otherwise_than_before_is_noticed_on_its_day(desk):
    assert amended(desk, purpose="预算执行", contact="赵一 8001") is None
    completed = noticed(desk)

    trouble = amended(
        desk, unit="预算绩效科", purpose="预算绩效", contact="赵一 8001", happened_on=OPENED_ON
    )

    assert (trouble, completed) == (None, [])
    assert said(desk, ChangeKind.UNIT) == [("预算科", "预算绩效科")]
    assert said(desk, ChangeKind.PURPOSE) == [("预算执行", "预算绩效")]
    assert len(noticed(desk)) == 2
    for change in noticed(desk):
        assert [local(each).date() for each in span(change)] == [OPENED_ON, OPENED_ON]
        assert change.how is Noticed.STATED
    group = desk.records.groups.get(GROUP)
    assert (group.unit, group.purpose, group.contact) == ("预算绩效科", "预算绩效", "赵一 8001")
    (row,) = [each for _, each in desk.records.audit.latest(20) if each.detail == "unit purpose"]
    assert row.deed == "group.amended"


def test_people_who_are_named_anew_take_the_place_of_those_before(desk):
    trouble = amended(
        desk,
        owner=PersonNamed(name="周五", unit="预算科", user=HEIR),
        leader=PersonNamed(name="钱二", user=LEADER),
        happened_on=OPENED_ON,
    )

    assert trouble is None
    assert [each.name for each in desk.records.groups.holders(GROUP, Role.OWNER)] == ["周五"]
    (change,) = noticed(desk)
    assert (change.kind, change.before, change.after) == (ChangeKind.OWNER, "赵一", "周五")
    assert local(change.earliest_at).date() == OPENED_ON


def test_an_account_under_another_name_is_refused_and_nothing_is_amended(desk):
    trouble = amended(desk, unit="办公室", owner=PersonNamed(name="周五", user=LEADER))

    assert isinstance(trouble, BotError)
    assert desk.records.groups.get(GROUP).unit == "预算科"
    assert noticed(desk) == []


def test_a_day_of_change_that_has_not_come_is_refused(desk):
    trouble = amended(desk, unit="办公室", happened_on=date(2026, 11, 19))

    assert "变更日期 2026-11-19 还没有到" in str(trouble)


# The end of a group


def removed(desk: Desk) -> GroupChange:
    """Let the bot be removed, and return what was noticed."""
    desk.take(BotRemoved(at=desk.clock.now(), account=ACCOUNT, group=PLACE))
    (change,) = noticed(desk)
    return change


def test_the_removal_of_the_bot_asks_whether_the_group_goes_on(desk):
    change = removed(desk)

    assert change.kind is ChangeKind.REMOVED
    assert change.after == "已注销（机器人已不在群内）"
    assert span(change) == (MORNING, MORNING)
    assert desk.records.groups.get(GROUP).state is GroupState.REMOVED


def test_a_group_that_is_gone_from_the_list_ended_since_it_was_last_seen(desk):
    desk.take(listing(desk), members(desk, owner=OWNER))
    desk.clock.move(hours=5)
    desk.take(desk.posted(1))
    seen = desk.clock.now()
    desk.clock.move(days=3)

    desk.take(
        OutgoingSettled(
            at=desk.clock.now(),
            ref=f"gone:{GROUP}",
            state=OutcomeState.FAILED,
            reason="refused: no such group",
        )
    )

    (change,) = noticed(desk)
    assert change.kind is ChangeKind.DISSOLVED
    assert span(change) == (seen, desk.clock.now())
    assert change.after == "已注销（群列表中已没有此群）"


def test_a_group_that_is_back_before_its_end_was_filed_has_not_ended(desk):
    removed(desk)
    desk.clock.move(days=1)

    desk.take(listing(desk))

    assert noticed(desk) == []
    (filing,) = desk.records.filings.all()
    assert filing.state is FilingState.DISMISSED
    assert desk.records.groups.get(GROUP).state is GroupState.REGISTERED


def test_a_group_that_is_back_after_its_end_was_filed_is_opened_anew(desk):
    change = removed(desk)
    filing = desk.records.filings.get(change.filing)
    assert filing is not None
    with desk.records.transaction():
        desk.records.filings.save_changes([change.confirmed(1, MORNING)])
        formed = filing.judged([change.confirmed(1, MORNING)], MORNING).formed({}, MORNING)
        sent = formed.approved(2, MORNING).sent(MORNING)
        desk.records.filings.save(sent.received("2026-9", MORNING))
    desk.clock.move(days=1)

    desk.take(listing(desk))

    opened = noticed(desk, ChangeKind.OPENED)
    assert [(each.before, each.after) for each in opened] == [("已注销", "恢复使用")]
    assert span(opened[0]) == (MORNING, desk.clock.now())


def test_a_group_that_is_registered_again_takes_its_end_back_and_has_new_people(desk):
    removed(desk)

    (ended,) = desk.take(
        submitted(
            desk,
            platform_id=PLACE,
            name=NEW_NAME,
            unit="办公室",
            owner=PersonNamed(name="周五", user="20012"),
            administrators=(),
        )
    )

    assert ended.exception(timeout=0) is None
    group = desk.records.groups.get(GROUP)
    assert (group.state, group.name, group.unit) == (GroupState.REGISTERED, NEW_NAME, "办公室")
    assert {each.kind for each in noticed(desk)} == {
        ChangeKind.RENAMED,
        ChangeKind.UNIT,
        ChangeKind.OWNER,
    }
    assert [each.name for each in desk.records.groups.holders(GROUP, Role.OWNER)] == ["周五"]


def test_moments_are_kept_in_utc(desk):
    desk.take(submitted(desk, opened_on=OPENED_ON))

    assert noticed(desk)[0].earliest_at == datetime(2026, 11, 11, 16, tzinfo=UTC)

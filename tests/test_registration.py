"""What a person states of groups, compared with the register: named by row, nothing by halves."""

import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.model.errors import BotError
from bot.model.group import Activity, Group, GroupState, Person
from bot.model.register import REGISTER, RegisterEntry, Source
from bot.registration import (
    amendment,
    entry_of,
    form,
    lacking,
    masked,
    named,
    plan,
    read_day,
)
from bot.vault import Vault
from plugins.forms.group_register import as_xlsx, read_register
from storage.database import open_store
from storage.unit_of_work import UnitOfWork
from tests.pipeline.desk import MORNING, OWNER, furnish

NOW = datetime(2026, 11, 18, 1, 30, tzinfo=UTC)
GROUP = Group(
    id=3,
    platform="qq",
    platform_id="700001",
    account="qq:10001",
    name="预算科工作群",
    unit="预算科",
    purpose="预算编制",
    join_way="群主邀请",
    rules="1.只谈工作。\n2.涉密不上网。",
    contact="陆知远 8001",
    approver="韩逸舟",
    approved_on=date(2026, 11, 1),
    registered_at=NOW,
    member_count=9,
    drawn_at=NOW,
)
ENTRY = RegisterEntry(
    group=GROUP,
    owners=[Person(id=1, name="陆知远")],
    administrators=[Person(id=2, name="苏映雪"), Person(id=3, name="张明")],
    leaders=[Person(id=4, name="韩逸舟")],
    accounts={1: "20011", 2: "20012", 3: "20013", 4: "20001"},
)
ROW = {each.key: ENTRY.cells()[each.key] for each in REGISTER if each.source is Source.STATED}
NEW = ROW | {"platform_id": "700002", "name": "国库科工作群"}


def planned(
    *rows, entries=(ENTRY,), accounts=("qq:10001",), platforms=("qq",), holder=None, listed=()
):
    """Return what rows would do; the first stands in row 2."""
    known = {(each.group.platform, each.group.platform_id): each for each in entries}
    return plan(
        enumerate(rows, start=2),
        known=lambda *at: known.get(at),
        holder=holder or (lambda *_: None),
        listed=lambda: listed,
        accounts=accounts,
        platforms=platforms,
        now=NOW,
    )


# One group


def test_a_form_holds_all_that_was_stated():
    made = form(ROW | {"filed_as": "机备1", "opened_on": "2026/11/2"}, account="qq:10001", now=NOW)

    assert (made.platform, made.platform_id, made.account) == ("qq", "700001", "qq:10001")
    assert (made.contact, made.filed_as, made.opened_on) == (
        "陆知远 8001",
        "机备1",
        date(2026, 11, 2),
    )
    assert [(each.name, each.user) for each in made.administrators] == [
        ("苏映雪", "20012"),
        ("张明", "20013"),
    ]


def test_on_a_platform_whose_ids_nobody_knows_any_id_and_none_will_do():
    cells = ROW | {"platform_id": "room:预算 科", "owner_user": "wxid_a-1", "leader_user": ""}

    made = form(cells, account="wechat:office1", now=NOW)

    assert (made.platform, made.platform_id) == ("wechat", "room:预算 科")
    assert (made.owner.user, made.leader.user) == ("wxid_a-1", "")


@pytest.mark.parametrize("text", ["2026-3-2", "2026/03/02", "2026.3.2", "2026年3月2日", "20260302"])
def test_a_day_is_read_as_people_write_it(text):
    assert read_day(text) == date(2026, 3, 2)


def test_only_what_is_stated_otherwise_is_amended():
    found = amendment(ENTRY, {**ROW, "purpose": "预算执行", "approved_on": "2026.11.1"}, now=NOW)

    assert found is not None
    assert found.told == ("用途：预算编制 → 预算执行",)
    event = found.event
    assert (event.purpose, event.rules, event.approved_on, event.owner) == (
        "预算执行",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    "cells",
    [
        ROW,
        {},
        {"owner": "陆知远"},
        {"administrator": "张明，苏映雪", "administrator_user": "20013,20012"},
        {"rules": "1.只谈工作。\r\n2.涉密不上网。 "},
        {"approved_on": ""},
    ],
)
def test_what_is_stated_as_it_stands_amends_nothing(cells):
    assert amendment(ENTRY, cells, now=NOW) is None


def test_another_person_is_told_by_his_surname_only():
    cells = {"owner": "钱二", "owner_user": "20099", "contact": "钱二 8002"}

    found = amendment(ENTRY, cells, now=NOW, happened_on=date(2026, 11, 12))

    assert found is not None
    assert found.told == (
        "联系人及联系方式：陆* → 钱*",
        "群主：陆*（尾号0011） → 钱*（尾号0099）",
    )
    assert found.event.owner is not None
    assert (found.event.owner.name, found.event.owner.user) == ("钱二", "20099")
    assert found.event.happened_on == date(2026, 11, 12)


def test_an_administrator_more_keeps_the_accounts_of_the_others():
    cells = {"administrator": "苏映雪、张明、周五", "administrator_user": "、、20014"}

    found = amendment(ENTRY, cells, now=NOW)

    assert found is not None
    assert [each.user for each in found.event.administrators or ()] == ["20012", "20013", "20014"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"unit": ""}, "归属科室不能是空的"),
        ({"owner": "钱二"}, "群主账号要写数字"),
        ({"owner": "钱二、赵一", "owner_user": "1、2"}, "群主要写一个人"),
        ({"opened_on": "2026-11-19"}, "开通日期还没有到"),
        ({"approved_on": "十一月"}, "批准日期要写成 2026-11-20 这样的日期"),
        ({"rules": "长" * 1000}, "群规太长，最多 999 个字"),
    ],
)
def test_what_cannot_be_kept_is_said(cells, said):
    with pytest.raises(BotError, match=said):
        amendment(ENTRY, cells, now=NOW)


def test_a_change_of_tomorrow_is_not_taken():
    with pytest.raises(BotError, match="变更日期还没有到"):
        amendment(ENTRY, {"unit": "国库科"}, now=NOW, happened_on=date(2026, 11, 19))


def test_an_entry_is_shown_without_names_and_numbers():
    cells = masked(ENTRY).cells()

    shown = " ".join(cells.values())
    assert all(text not in shown for text in ("陆知远", "苏映雪", "韩逸舟", "20011", "8001"))
    assert (cells["owner"], cells["owner_user"], cells["contact"]) == (
        "陆*",
        "尾号0011",
        "（已填）",
    )


def test_an_owner_who_is_his_own_administrator_makes_no_complete_entry():
    alone = replace(ENTRY, administrators=ENTRY.owners, group=replace(GROUP, rules="", contact=""))

    assert lacking(ENTRY) == ()
    assert lacking(alone) == ("群规", "联系人及联系方式", "专职群管理员（群主以外）")


@pytest.mark.parametrize(
    ("wanted", "found"), [("3", 3), ("700009", 9), ("国库科", 4), ("预算科", 5), ("4", 4)]
)
def test_a_group_is_named_by_number_id_or_name(wanted, found):
    groups = [
        replace(GROUP, id=3, platform_id="700003", name="预算科工作群"),
        replace(GROUP, id=4, platform_id="3", name="国库科工作群"),
        replace(GROUP, id=5, platform_id="700005", name="预算科"),
        replace(GROUP, id=9, platform_id="700009", name="办公室"),
    ]

    assert named(groups, wanted).id == found


@pytest.mark.parametrize(("wanted", "said"), [("工作群", "有几个群叫"), ("八", "没有登记的群")])
def test_a_name_of_several_groups_or_of_none_is_said(wanted, said):
    groups = [GROUP, replace(GROUP, id=4, platform_id="700004", name="国库科工作群")]

    with pytest.raises(BotError, match=said):
        named(groups, wanted)


# A table


def test_a_table_registers_what_is_new_and_amends_what_is_known():
    found = planned(ROW, NEW, {**ROW, "platform_id": "700003"}, dict.fromkeys(ROW, ""))

    assert found.faults == ()
    assert [each.platform_id for each in found.forms] == ["700002", "700003"]
    assert (found.amendments, found.unchanged, found.notes) == ((), 1, ())


def test_an_empty_cell_of_a_known_group_says_nothing():
    cells = {"platform_id": "700001", "name": "预算科工作群", "purpose": "", "rules": "新群规"}

    found = planned(cells)

    (amended,) = found.amendments
    assert (amended.event.rules, amended.event.purpose) == ("新群规", None)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"platform_id": ""}, "群号要写数字"),
        ({"platform_id": "7.00001E+05"}, "群号要写数字"),
        ({"owner": "", "unit": ""}, "没有填归属科室、群主"),
        ({"owner_user": "二〇〇一一"}, "群主账号要写数字"),
        ({"account": "小助手"}, "机器人账号要写数字"),
        ({"platform": "飞信"}, "平台要写 QQ 或 微信"),
        ({"approved_on": "十一月一日"}, "批准日期要写成 2026-11-20 这样"),
        ({"administrator_user": "20012"}, "管理员的姓名和账号个数不一样"),
        ({"leader_user": "20011"}, "账号尾号 0011 写了两个姓名"),
    ],
)
def test_a_row_with_a_problem_is_named_and_nothing_is_taken(change, fault):
    found = planned(ROW, NEW, {**NEW, "platform_id": "700003"} | change)

    assert (found.forms, found.amendments) == ((), ())
    (said,) = found.faults
    assert said.startswith("第 4 行：")
    assert fault in said


def test_a_group_that_stands_twice_is_named_with_both_rows():
    assert planned(NEW, {}, NEW).faults == ("第 4 行：群号 700002 与第 2 行重复。",)


def test_an_account_that_is_registered_under_another_name_is_named():
    found = planned(NEW, holder=lambda *of: "程以宁" if of == ("qq", "20011") else None)

    assert found.faults == ("第 2 行：账号尾号 0011 已登记为程*，与填写的姓名不符。",)


def test_rows_without_an_account_take_the_only_one():
    row = NEW | {"account": "", "platform": ""}

    with_one = planned(row, accounts=["qq:10009"])
    with_two = planned(row, accounts=["qq:10009", "qq:10008"])
    unclear = planned(row, platforms=("qq", "wechat"))

    assert with_one.forms[0].account == "qq:10009"
    assert "没有唯一的机器人账号" in with_two.faults[0]
    assert "没有填平台" in unclear.faults[0]


def test_a_platform_may_stand_before_the_account():
    (made,) = planned(NEW | {"account": "wechat:office1", "platform": ""}).forms

    assert (made.platform, made.account) == ("wechat", "wechat:office1")


def test_a_group_without_a_dedicated_administrator_is_taken_and_said_to_be_incomplete():
    found = planned(NEW | {"administrator": "", "administrator_user": ""})

    assert len(found.forms) == 1
    assert found.notes == ("第 2 行：没有群主以外的专职管理员，登记不完整，备案前要补上。",)


def test_what_a_table_cannot_change_is_said():
    gone = replace(ENTRY, group=replace(GROUP, platform_id="700005", state=GroupState.DISSOLVED))
    ended = ROW | {"platform_id": "700005", "purpose": "别的"}

    found = planned({**ROW, "name": "别的名字"}, ended, entries=(ENTRY, gone))

    assert (found.amendments, found.unchanged) == ((), 1)
    assert [note.partition("：")[2] for note in found.notes] == [
        "群名以聊天平台上的为准，没有改。",
        "“预算科工作群”已注销，没有改；重新启用请用 qungui group add。",
    ]


def test_another_account_watches_a_group_that_it_is_in():
    found = planned(ROW | {"account": "10002"}, listed={("qq:10002", "700001")})

    assert [each.event.account for each in found.amendments] == ["qq:10002"]
    assert found.amendments[0].told == ("账号：10001 → 10002",)


def test_an_account_that_is_not_in_the_group_is_a_fault():
    found = planned(ROW | {"account": "10002"}, listed={("qq:10002", "700002")})

    assert found.faults == (
        "第 2 行：机器人没有登录账号 10002，或它不在“预算科工作群”里，请先让它登录、把它拉进群。",
    )


HARD = [
    ENTRY,
    replace(
        ENTRY,
        group=replace(
            GROUP,
            id=4,
            platform_id="00700004",
            account="qq:00123",
            name="=1+1\u200b群",
            unit="国库科",
            purpose="  前后有空格 ",
            rules="一、只谈工作；\r\n\r\n二、“引号”,逗号;\t制表",
            contact="",
            approved_on=None,
            filed_as="'007",
        ),
        administrators=[],
    ),
    replace(
        ENTRY,
        group=replace(
            GROUP,
            id=5,
            platform="wechat",
            platform_id="room:预算 科",
            account="wechat:office1",
            state=GroupState.REMOVED,
            purpose="",
        ),
        accounts={1: "wxid_a", 3: "@b-c"},
        activity=Activity.BUSY,
    ),
]


def test_what_is_exported_comes_back_and_changes_nothing(tmp_path):
    path = tmp_path / "登记表.xlsx"
    path.write_bytes(as_xlsx(HARD, office="云江市财政局", on=date(2026, 11, 18)))

    read = read_register(path)
    found = planned(*(row.cells for row in read.rows), entries=HARD, accounts=())

    assert (read.faults, found.faults, found.notes) == ((), (), ())
    assert (found.forms, found.amendments) == ((), ())
    assert found.unchanged == 3


def test_an_entry_is_made_of_the_records(tmp_path):
    with contextlib.closing(open_store(tmp_path / "qungui.db")) as connection:
        records = UnitOfWork(connection, Vault.open(tmp_path / "vault.key", create=True))
        furnish(records)
        (group,) = records.groups.all()

        fresh = entry_of(records, group, MORNING)
        later = entry_of(records, group, MORNING + timedelta(days=40))

    assert fresh.cells()["owner_user"] == OWNER
    assert [each.id for each in fresh.owners] == [1]
    assert (fresh.activity, later.activity, fresh.filing) == (None, None, None)

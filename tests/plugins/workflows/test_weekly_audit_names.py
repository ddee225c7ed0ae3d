"""Whom 补 may name: an owner's word says no more here than with 实名."""

import pytest

from bot.model.event import CommandGiven
from bot.model.group import Member, Role
from bot.model.member import Account, Confirmation
from bot.model.weekly_audit import AuditItem
from tests.pipeline.desk import ACCOUNT, GROUP, OWNER, Desk
from tests.plugins.workflows.test_weekly_audit import MONDAY, OWN, begin, come, enrol

CARD = "小太阳"


def says(desk: Desk, text: str) -> str:
    before = len(desk.sent)
    desk.take(CommandGiven(at=desk.clock.now(), account=ACCOUNT, user=OWNER, text=text))
    return "\n".join(each.text for each in desk.sent[before:] if each.user == OWNER)


def confirm(desk: Desk, user: str, person: int, how: Confirmation) -> None:
    account = Account(platform="qq", user=user, person=person, how=how, linked_at=MONDAY)
    desk.records.people.confirm(account)


def audited(desk: Desk, *members: Member) -> dict[str, AuditItem]:
    """Draw a list on a Monday and return who is on the audit's list, by account."""
    desk.clock.moment = MONDAY
    begin(desk)
    come(desk, *OWN, *members)
    audit = desk.records.audits.latest(GROUP)
    return {item.user: item for item in desk.records.audits.items(audit.id)}


@pytest.mark.parametrize("how", [Confirmation.CODE, Confirmation.REGISTER])
def test_an_account_that_was_proved_is_not_named_anew(desk: Desk, how: Confirmation):
    enrol(desk, 901, "王小明", "国库科")
    enrol(desk, 902, "程以宁")
    confirm(desk, "5", 901, how)
    number = audited(desk, Member(user="5", card="王小明"))["5"].number

    told = says(desk, f"补{number}=程以宁/预算科")

    assert f"{number} 号已由{how.label}，不能改写" in told
    assert desk.records.people.account("qq", "5").person == 901


def test_on_an_owners_word_an_account_may_be_named_anew(desk: Desk):
    enrol(desk, 901, "王小明", "国库科")
    enrol(desk, 902, "程以宁")
    confirm(desk, "5", 901, Confirmation.OWNER)
    number = audited(desk, Member(user="5", card="王小明"))["5"].number

    told = says(desk, f"补{number}=程以宁/预算科")

    assert "实名已补：程*" in told
    assert desk.records.people.account("qq", "5").person == 902


def test_neither_a_robot_nor_somebody_with_a_role_or_an_account_there_is_named(desk: Desk):
    enrol(desk, 902, "程以宁")
    enrol(desk, 903, "方乐游")
    desk.records.groups.appoint(903, Role.DUTY, None, MONDAY)
    confirm(desk, "8", 902, Confirmation.OWNER)
    listed = audited(
        desk,
        Member(user="6", card="群管家", robot=True),
        Member(user="7", card=CARD),
        Member(user="8", card="程以宁"),
    )
    robot, stranger = listed["6"].number, listed["7"].number

    told = [
        says(desk, line)
        for line in (
            f"补{robot}=程以宁/预算科",
            f"补{stranger}=方乐游/预算科",
            f"补{stranger}=程以宁/预算科",
        )
    ]

    assert f"{robot} 号是机器人账号" in told[0]
    assert "只能本人凭确认码确认" in told[1]
    assert "在本群已有实名账号" in told[2]
    assert [desk.records.people.account("qq", user) for user in ("6", "7")] == [None, None]

"""What an owner's word may not say."""

import pytest

from bot.model.errors import BotError
from bot.model.group import Person
from bot.model.member import Confirmation
from bot.people.vouching import check_vouched

ZHANG = Person(id=1, name="张三", unit="预算科")
FREE = {"how": None, "robot": False, "has_role": False, "contact": "机关党委"}


@pytest.mark.parametrize("how", [None, Confirmation.OWNER])
def test_who_is_unknown_or_stands_on_an_owners_word_may_be_vouched_for(how):
    check_vouched(12, ZHANG, **{**FREE, "how": how})


@pytest.mark.parametrize(
    ("taken", "told"),
    [
        ({"robot": True}, "12 号是机器人账号"),
        ({"how": Confirmation.CODE}, "12 号已由本人凭码确认，不能改写"),
        ({"how": Confirmation.REGISTER}, "12 号已由登记，不能改写"),
        ({"has_role": True}, "张\\*/预算科有群主、管理等职责，只能本人凭确认码确认"),
    ],
)
def test_what_is_proved_or_has_a_role_is_not_for_an_owner_to_say(taken, told):
    with pytest.raises(BotError, match=told):
        check_vouched(12, ZHANG, **{**FREE, **taken})

"""The operator gets a mail about trouble that stays, and not one after the other."""

# ruff: noqa: D101 - a fake whose name says it

from datetime import UTC, datetime, timedelta

from bot.trouble import TroubleWatch

NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)


class Account:
    def __init__(self, name: str, trouble: str | None = None) -> None:
        self.name, self.trouble = name, trouble


def told(watch: TroubleWatch, accounts: list[Account], minutes: range) -> dict[int, str]:
    """Return what was told after how many minutes."""
    said = {each: watch.look(accounts, NOON + timedelta(minutes=each)) for each in minutes}
    return {minute: text for minute, text in said.items() if text}


def test_trouble_of_ten_minutes_is_told_and_again_after_an_hour():
    accounts = [Account("值守号", "QQ 端还没有登录"), Account("备用号")]

    said = told(TroubleWatch(), accounts, range(140))

    assert said == {
        10: "值守号：QQ 端还没有登录（已 10 分钟）。",
        70: "值守号：QQ 端还没有登录（已 70 分钟）。",
        130: "值守号：QQ 端还没有登录（已 130 分钟）。",
    }


def test_trouble_that_passes_by_itself_is_not_told():
    watch, account = TroubleWatch(), Account("值守号", "连接断开")
    first = told(watch, [account], range(9))
    account.trouble = None
    second = told(watch, [account], range(9, 11))
    account.trouble = "连接断开"
    third = told(watch, [account], range(11, 20))

    assert first | second | third == {}


def test_a_second_account_in_the_same_hour_waits_for_the_next_mail():
    watch, second = TroubleWatch(), Account("备用号")
    accounts = [Account("值守号", "连不上"), second]
    first = told(watch, accounts, range(20))
    second.trouble = "连不上"
    later = told(watch, accounts, range(20, 80))

    assert list(first) == [10]
    assert list(later) == [70]
    assert later[70].count("\n") == 1


def test_a_clock_set_back_neither_floods_nor_silences():
    watch, account = TroubleWatch(), Account("值守号", "连不上")
    told(watch, [account], range(20))

    said = told(watch, [account], range(-300, -280))

    assert len(said) == 1

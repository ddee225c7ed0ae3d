"""What an operator should know of groups: whom nothing reaches, and what nobody watches."""

from collections.abc import Collection
from typing import Final

from bot.model.group import Group, GroupState, Role
from bot.model.port import UNWATCHED, Groups, People

_UNCONFIRMED: Final = (
    "{count} 个群的群主在本次登录后还没有确认身份，提醒发不出去："
    "请群主私聊机器人“实名 确认码”，确认码用 qungui codes 制作"
)
_UNWATCHED: Final = "{count} 个登记的群现在看不到，没有检查：同名的请改名，没有保存到通讯录的请保存"

_UNSERVED: Final = (
    "{count} 个登记的群所在的账号不在配置里，没有检查："
    "请核对现在登录的账号，或用 qungui group edit 换成看管它的账号"
)


def unreached(groups: Groups, people: People, accounts: Collection[str]) -> tuple[str, ...]:
    """Return, as sentences, what is amiss in the groups that some accounts watch."""
    watched = [group for account in accounts for group in groups.watched_by(account)]
    counts = (
        (sum(not is_reached(groups, people, each) for each in watched), _UNCONFIRMED),
        (sum(_is_unwatched(groups, each) for each in watched), _UNWATCHED),
    )
    return tuple(text.format(count=count) for count, text in counts if count)


def unserved(groups: Groups, accounts: Collection[str]) -> tuple[str, ...]:
    """Return, as a sentence, how many groups no account of this bot watches."""
    count = sum(
        each.state is GroupState.REGISTERED and each.account not in accounts
        for each in groups.all()
    )
    return (_UNSERVED.format(count=count),) if count else ()


def is_reached(groups: Groups, people: People, group: Group) -> bool:
    """Whether an owner of a group can be written to."""
    owners = groups.holders(group.id, Role.OWNER)
    return any(people.account_of(each.id, group.account) for each in owners)


def _is_unwatched(groups: Groups, group: Group) -> bool:
    if groups.blind_since(group.id) is None:
        return False
    return groups.blind_intervals(group.id)[-1][2] in UNWATCHED

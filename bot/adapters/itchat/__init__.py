"""WeChat through itchat-uos and web WeChat: best effort; wechaty is the better way."""

from typing import Final

from bot.adapters import Opening, Platform
from bot.adapters.itchat.settings import ItchatSettings, Timing
from bot.model.port import Adapter

LIMITS: Final = (
    "每次登录都要有人扫码",
    "登录后每个人（包括群主、管理员）都要用确认码重新确认，确认前不接受口令，也不发消息内容给他",
    "群只能靠群名认：同名的群一个也不管，离线时改了名的群要重新登记",
    "没有保存到通讯录、登录后也没有人说话的群看不到",
    "不能撤回别人的消息，不能补查离线时的消息，不能接受好友和入群邀请，看不到别人谁是群主",
    "微信可能拒绝网页登录，也可能限制账号；能用 wechaty 的请优先用 wechaty",
)


def _open(opening: Opening) -> Adapter:
    # What it needs is large: only who has such an account pays for it.
    from bot.adapters.itchat.adapter import ItchatAdapter  # noqa: PLC0415

    return ItchatAdapter(
        opening.name,
        settings=opening.settings,
        folder=opening.folder,
        out=opening.out,
        clock=opening.clock,
        count=opening.count,
        timing=opening.timing or Timing(),
    )


ADAPTER = Platform(
    name="itchat",
    settings=ItchatSettings,
    open=_open,
    chat="wechat",
    needs_token=False,
    limits=LIMITS,
)

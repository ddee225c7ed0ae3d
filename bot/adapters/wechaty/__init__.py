"""WeChat through wechaty gateways, of the old protocol (0.25) and the current one (1.x)."""

from typing import Final

from bot.adapters import Opening, Platform
from bot.adapters.wechaty.settings import Timing, WechatySettings
from bot.model.port import Adapter

LIMITS: Final = (
    "不能撤回别人的消息，不能补查离线时的消息，不能放行入群申请",
    "没有写 stable_ids = true 的，每次登录、重新连接后每个人都要用确认码重新确认",
    "重新登录后群号会变的网关（网页协议的）不能用：登记的群会认不出来",
    "不是微信的官方接口，微信可能限制、封禁账号",
)


def _open(opening: Opening) -> Adapter:
    # Only who has such an account pays for what it needs.
    from bot.adapters.wechaty.adapter import WechatyAdapter  # noqa: PLC0415

    return WechatyAdapter(
        opening.name,
        settings=opening.settings,
        token=opening.token,
        folder=opening.folder,
        out=opening.out,
        clock=opening.clock,
        count=opening.count,
        timing=opening.timing or Timing(),
    )


ADAPTER = Platform(
    name="wechaty", settings=WechatySettings, open=_open, chat="wechat", limits=LIMITS
)

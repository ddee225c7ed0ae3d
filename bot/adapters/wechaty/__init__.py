"""WeChat through wechaty gateways, of the old protocol (0.25) and the current one (1.x)."""

from bot.adapters import Opening, Platform
from bot.adapters.wechaty.settings import Timing, WechatySettings
from bot.model.port import Adapter


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


ADAPTER = Platform(name="wechaty", settings=WechatySettings, open=_open, chat="wechat")

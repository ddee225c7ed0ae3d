"""WeChat through itchat-uos and web WeChat: best effort; wechaty is the better way."""

from bot.adapters import Opening, Platform
from bot.adapters.itchat.settings import ItchatSettings, Timing
from bot.model.port import Adapter


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
    name="itchat", settings=ItchatSettings, open=_open, chat="wechat", needs_token=False
)

"""QQ through OneBot v11, for NapCat and LuckyLilliaBot, tolerant of the others."""

from collections.abc import Mapping, Sequence

from bot.adapters import Endpoint, Opening, Platform
from bot.adapters.onebot.actions import OFFLINE
from bot.adapters.onebot.adapter import OneBotAdapter
from bot.adapters.onebot.decode import decode
from bot.adapters.onebot.frame import PLATFORM
from bot.adapters.onebot.link import Timing
from bot.adapters.onebot.reverse import PATHS, reverse_endpoint
from bot.adapters.onebot.settings import OneBotSettings
from bot.model.port import Adapter

__all__ = [
    "ADAPTER", "OFFLINE", "OneBotAdapter", "OneBotSettings", "Timing", "decode", "reverse_endpoint",
]  # fmt: skip


def _open(opening: Opening) -> OneBotAdapter:
    settings: OneBotSettings = opening.settings
    return OneBotAdapter(
        opening.name,
        url=settings.url or None,
        token=opening.token,
        self_id=settings.self_id or None,
        clock=opening.clock,
        count=opening.count,
        timing=opening.timing or Timing(),
    )


def _doors(adapters: Sequence[Adapter]) -> Mapping[str, Endpoint]:
    ours = [adapter for adapter in adapters if isinstance(adapter, OneBotAdapter)]
    return dict.fromkeys(PATHS, reverse_endpoint(ours))


ADAPTER = Platform(name="onebot", settings=OneBotSettings, open=_open, chat=PLATFORM, doors=_doors)

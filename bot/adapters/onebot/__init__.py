"""QQ through OneBot v11, for NapCat and LuckyLilliaBot, tolerant of the others."""

from bot.adapters.onebot.actions import OFFLINE
from bot.adapters.onebot.adapter import OneBotAdapter
from bot.adapters.onebot.decode import decode
from bot.adapters.onebot.link import Timing
from bot.adapters.onebot.reverse import reverse_endpoint

__all__ = ["OFFLINE", "OneBotAdapter", "Timing", "decode", "reverse_endpoint"]

"""A NoneBot bot for test_nonebot.py: answers the first group message, recalls it, prints a line."""

import os
import sys

import nonebot
from nonebot import on_message
from nonebot.adapters.onebot.v11 import Adapter, Bot, GroupMessageEvent

nonebot.init(
    driver="~websockets",
    log_level="ERROR",
    onebot_ws_urls=[os.environ["JUDGED"]],
    onebot_access_token=os.environ["TOKEN"],
)
nonebot.get_driver().register_adapter(Adapter)
matcher = on_message()


@matcher.handle()
async def answer(bot: Bot, event: GroupMessageEvent) -> None:
    """Answer a group message and take the answer back."""
    sent = await bot.send(event, "收到：请文明发言")
    await bot.delete_msg(message_id=sent["message_id"])
    line = (
        f"judged: {type(event).__name__} {event.group_id} {event.user_id} {event.get_plaintext()}"
    )
    sys.stdout.write(f"{line} {event.sender.card}\n")
    sys.stdout.flush()


nonebot.run()

"""A process that starts one bot after another, each in a process that a test may kill.

It loads everything once; then each line on its standard input starts a bot, whose process id it
prints. The first line says where: folder, address of the peer, token.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from pydantic import SecretStr

from bot.adapters.onebot import OneBotSettings
from bot.bootstrap import Bot, Plugins, load_plugins
from bot.config import Config
from bot.log import configure
from tests.journeys.filing_site import OFFICER, a_mail
from tests.journeys.site import AT_ONCE, QUICK


def main() -> None:
    """Start bots as asked, one at a time."""
    configure("ERROR")
    loaded = load_plugins()
    place = json.loads(sys.stdin.readline())
    while sys.stdin.readline():
        child = os.fork()
        if child == 0:
            asyncio.run(serve(loaded, **place))
        print(child, flush=True)  # noqa: T201 - the answer
        os.waitpid(child, 0)


async def serve(loaded: Plugins, *, folder: str, url: str, token: str, mail_port: int = 0) -> None:
    """Run a bot until it is killed; every finding is an alert of its own.

    With `mail_port` it sends what is to be filed to a mail server there.
    """
    kinds = loaded.workflow_settings
    config = Config.default_for_sandbox(
        folder=Path(folder),
        settings=OneBotSettings(way="forward", url=url),
        token=SecretStr(token).get_secret_value(),
        workflows={
            "registration": kinds["registration"](trial_working_days=0),
            "alerts": kinds["alerts"](merge_minutes=0, flood_count=10_000, caught_up_seconds=1),
        },
    )
    if mail_port:
        filing = kinds["filing"](way="mail", recipients=(OFFICER,))
        update = {"mail": a_mail(mail_port), "workflows": {**config.workflows, "filing": filing}}
        config = config.model_copy(update=update)
    async with Bot(config, loaded, timing=QUICK, pace=AT_ONCE).running():
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()

"""The account of an office's mail: sends forms, and says what is wrong with its server."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.adapters.documents import Render
from bot.adapters.mail.letter import compose
from bot.adapters.mail.server import ADDRESS, Ending, Server
from bot.log import event_logger
from bot.model.action import Outgoing, SendMail
from bot.model.errors import BotError
from bot.model.event import Ability, FilingCarried, OutcomeState
from bot.model.port import OFFLINE, Clock, Inflow, Outcome

ACCOUNT: Final = "mail:office"
"""The account to which mails are addressed, whoever the sender is."""
_MESSAGE_ID: Final = re.compile(r"<?([!-;=?A-~]+@[!-;=?A-~]+)>?")
_REST: Final = (30.0, 900.0)
_REST_OF_LOGIN: Final = 1800.0
"""Seconds until a server that did not serve us is asked again; wrong logins lock an account."""
_TROUBLES: Final = MappingProxyType(
    {
        "unreachable": "连不上邮件服务器：请核对 [mail] 的 host、port 和 security，并确认网络可用",
        "greeting": "邮件服务器现在不接受连接：请稍后再看，一直这样就联系邮件管理员",
        "no_tls": "邮件服务器不提供 STARTTLS，没有用明文发送：请核对 [mail] 的 port 和 security",
        "tls": "与邮件服务器加密连接没有成功：请核对 [mail] 的 port 和 security",
        "certificate": "邮件服务器的证书不可信或过期：请核对 host，单位自己的证书写在 [mail] ca_file",
        "ca_file": "[mail] ca_file 的证书文件读不出来，请核对",
        "auth": "邮件服务器不接受用户名或密码：请核对 [mail] 的 user 和密码，"
        "不少邮箱要用“授权码”代替密码",
        "no_login": "邮件服务器不提供登录：请核对 [mail] 的 port 和 security，不需要登录就删去 user",
        "sender": "邮件服务器不许用这个发件人：请核对 [mail] 的 sender 是不是这个账号的地址",
    }
)
_log = event_logger("qungui.mail")


class MailAdapter:
    """One sender at one mail server; implements the port Adapter and brings no events.

    A server that does not serve us (down, wrong password, untrusted) is let rest: until it has been
    asked again, a send fails with "offline", and nothing was tried. `sleep` is for tests.
    """

    name: Final = "邮件"
    account: Final = ACCOUNT
    abilities: Final[frozenset[Ability]] = frozenset()

    def __init__(
        self,
        server: Server,
        *,
        sender: str,
        sender_name: str = "",
        render: Render,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._server = server
        self._sender = sender
        self._sender_name = sender_name
        self._render = render
        self._clock = clock
        self._sleep = sleep
        self._trouble = ""
        self._troubled = asyncio.Event()

    @property
    def trouble(self) -> str | None:
        """What keeps mail from going out, as a sentence for people; None as far as is known."""
        return _TROUBLES.get(self._trouble)

    async def run(self, inflow: Inflow) -> None:
        """Ask a server that did not serve us again, later each time, until cancelled."""
        del inflow
        wait, longest = _REST
        while True:
            await self._troubled.wait()
            await self._sleep(_REST_OF_LOGIN if self._trouble == "auth" else wait)
            wait = min(wait * 2, longest) if await self.check() else _REST[0]

    async def check(self) -> str | None:
        """Connect, log in and name the sender, without a mail; return the trouble, or None."""
        from bot.adapters.mail.session import (  # noqa: PLC0415 - aiosmtplib only where used
            UnusableError,
            knock,
        )

        try:
            await knock(self._server, sender=self._sender)
        except UnusableError as error:
            self._note(error.what, error.reply)
        else:
            self._note("")
        return self.trouble

    async def perform(self, action: Outgoing) -> Outcome:
        """Send one mail once; the reasons of a failure are "temporary: ..." or "refused: ..."."""
        if not isinstance(action, SendMail):
            return Outcome(state=OutcomeState.FAILED, reason="unsupported")
        if self._trouble:
            return Outcome(state=OutcomeState.FAILED, reason=OFFLINE)
        to = tuple(each for each in dict.fromkeys(action.to) if ADDRESS.fullmatch(each))
        message_id = _MESSAGE_ID.fullmatch(action.message_id)
        if not to or message_id is None:
            what = "message_id" if to else "address"
            return Outcome(state=OutcomeState.FAILED, reason=f"refused: {what}")
        try:
            attachment = await asyncio.to_thread(self._render, action.document)
        except BotError:
            return Outcome(state=OutcomeState.FAILED, reason="refused: form")
        content = compose(
            sender=self._sender,
            sender_name=self._sender_name,
            to=to,
            subject=action.subject,
            text=action.text,
            message_id=f"<{message_id[1]}>",
            at=self._clock.now(),
            attachment=attachment,
        )
        ending = await self._hand_over(to, content)
        if ending.state is not OutcomeState.DONE:
            return Outcome(state=ending.state, reason=ending.reason)
        refused = [*ending.refused, *((each, "address") for each in action.to if each not in to)]
        carried = FilingCarried(
            at=self._clock.now(),
            ref=action.ref,
            sha256=hashlib.sha256(attachment[2]).hexdigest(),
            message_id=action.message_id,
            recipients=ending.taken,
            refused=tuple(f"{address} {answer}" for address, answer in refused),
            answer=ending.answer,
        )
        return Outcome(
            state=OutcomeState.DONE,
            reason="some_refused" if refused else "",
            message_id=action.message_id,
            answers=(carried,),
        )

    async def tell(self, to: str, subject: str, text: str) -> bool:
        """Send the operator a few lines of our own, once; return whether the server took them."""
        if not ADDRESS.fullmatch(to):
            return False
        now = self._clock.now()
        content = compose(
            sender=self._sender,
            sender_name=self._sender_name,
            to=[to],
            subject=subject,
            text=text,
            message_id=f"<trouble-{int(now.timestamp())}@{self._sender.rpartition('@')[2]}>",
            at=now,
        )
        ending = await self._hand_over((to,), content)
        _log.info("trouble mailed", state=ending.state.value, reason=ending.reason)
        return ending.state is OutcomeState.DONE

    async def find(self, action: Outgoing, *, since: datetime) -> Outcome:
        """Nobody can tell: a mail server shows no history of what it took."""
        del action, since
        return Outcome(state=OutcomeState.UNKNOWN, reason="no_history")

    async def _hand_over(self, to: tuple[str, ...], content: bytes) -> Ending:
        from bot.adapters.mail.session import (  # noqa: PLC0415 - aiosmtplib only where used
            UnusableError,
            hand_over,
            session,
        )

        try:
            async with session(self._server, sender=self._sender) as client:
                return await hand_over(
                    client,
                    sender=self._sender,
                    to=to,
                    content=content,
                    patience=self._server.patience,
                )
        except UnusableError as error:
            self._note(error.what, error.reply)
            code = f" {error.reply}" if error.reply else ""
            return Ending(state=OutcomeState.FAILED, reason=f"temporary: {error.what}{code}")

    def _note(self, what: str, reply: int = 0) -> None:
        """Keep what is wrong with the server, or that nothing is."""
        if what != self._trouble:
            _log.warning("mail server", trouble=what or "over", reply=reply)
        self._trouble = what
        if what:
            self._troubled.set()
        else:
            self._troubled.clear()

"""What an operator states about an account of web WeChat, and how long we wait for what."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

SERVICE: Final = "https://login.weixin.qq.com"


class ItchatSettings(BaseModel):
    """One account that logs in through web WeChat.

    The service says no lasting id of an account, so `self_id` is a name that the operator gives it;
    a stated `nickname` is compared with the one that logs in. `server` is another one in tests only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    self_id: str = Field(description='自己起的固定名字，例如 "office1"：微信网页版不给固定号码')
    nickname: str = ""
    server: str = SERVICE

    @field_validator("self_id")
    @classmethod
    def _lasting(cls, self_id: str) -> str:
        if not self_id or any(mark.isspace() or mark in ":@" for mark in self_id):
            raise ValueError(
                '请自己起一个固定的名字，不能有空格、冒号和 @，例如 "office1"；定了就不要再改'
            )
        return self_id

    @field_validator("server")
    @classmethod
    def _an_address(cls, server: str) -> str:
        address = urlsplit(server)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise ValueError("要以 http:// 或 https:// 开头；一般不用填写，请删去")
        return server


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """How long to wait for what, in seconds; `waiting` messages at most wait for the bot.

    `connect`, `answer` and `poll` (a long poll, normally 25) are time-outs of requests. After
    `silence` without an answered poll the account is offline, after `give_up` a new login is asked
    for. A login that held for `steady` starts the backoff anew.
    """

    connect: float = 10
    answer: float = 20
    poll: float = 35
    silence: float = 60
    give_up: float = 300
    backoff: float = 2
    backoff_limit: float = 60
    steady: float = 60
    between_parts: float = 1.5
    waiting: int = 1_000

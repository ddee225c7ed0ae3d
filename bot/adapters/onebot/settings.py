"""What an account behind OneBot is told in the configuration."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)


def _as_text(value: object) -> object:
    """Let a number stand for its digits: people write account numbers without quotes."""
    return str(value) if type(value) is int else value


class OneBotSettings(BaseModel):
    """How to reach the peer; `forward` connects to `url`, `reverse` waits for the peer."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    way: Literal["forward", "reverse"] = Field(description='"forward" 或 "reverse"')
    url: str = Field(default="", validate_default=True, repr=False)
    self_id: Annotated[str, BeforeValidator(_as_text)] = Field(default="", validate_default=True)

    @field_validator("url")
    @classmethod
    def _address(cls, url: str, info: ValidationInfo) -> str:
        way = info.data.get("way")
        if way == "reverse" and url:
            raise ValueError('way = "reverse" 时由对方连过来，不写 url')
        if way == "forward" and not _is_websocket(url):
            raise ValueError(
                'way = "forward" 时要写 ws:// 或 wss:// 开头的地址，例如 "ws://127.0.0.1:3001"，'
                "地址中不能带令牌、用户名和密码"
            )
        return url

    @field_validator("self_id")
    @classmethod
    def _own_number(cls, self_id: str, info: ValidationInfo) -> str:
        if self_id and not re.fullmatch(r"[0-9]+", self_id):
            raise ValueError("要写机器人的账号，只有数字")
        if not self_id and info.data.get("way") == "reverse":
            raise ValueError('way = "reverse" 时必须写机器人的账号，用来认出连过来的是谁')
        return self_id


def _is_websocket(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"ws", "wss"}
            and bool(parts.hostname)
            and parts.port != 0
            and parts.username is None
            and "token" not in parts.query
        )
    except ValueError:
        return False

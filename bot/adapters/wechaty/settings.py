"""How an account's gateway is reached, and how long we wait for what."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

_ENDPOINT: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):(?P<port>[0-9]{1,5})")
_LAST_PORT: Final = 65_535


class WechatySettings(BaseModel):
    """One WeChat account behind a wechaty gateway.

    `endpoint` is host:port. `tls_ca` is the file of the certificate to trust (empty: those of the
    system), `tls_name` the name it must bear (empty: the host). `self_id` is the account that is
    expected (empty: any). `stable_ids` says that this gateway's ids of people outlive a login: true
    of paid pad protocols, false of web ones, and the protocol has no way to ask. While it is
    false, what was confirmed about an account ends with each login.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    endpoint: str = Field(description='网关的地址，例如 "127.0.0.1:8788"')
    tls: bool = False
    tls_ca: Path | None = Field(default=None, validate_default=True)
    tls_name: str = Field(default="", validate_default=True)
    self_id: str = ""
    stable_ids: bool = False

    @field_validator("endpoint")
    @classmethod
    def _host_and_port(cls, endpoint: str) -> str:
        found = _ENDPOINT.fullmatch(endpoint)
        if found is None or not 0 < int(found["port"]) <= _LAST_PORT:
            raise ValueError(
                '要写成 主机:端口，例如 "127.0.0.1:8788"，不写 http://、https:// 和路径'
            )
        return endpoint

    @field_validator("tls_ca")
    @classmethod
    def _there(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path is None:
            return None
        if not info.data.get("tls"):
            raise ValueError("只在 tls = true 时才写")
        if not (path.is_absolute() and path.is_file()):
            raise ValueError(
                "没有这个文件；请写证书文件的完整路径（以 / 开头），用系统的证书就删去"
            )
        return path

    @field_validator("tls_name")
    @classmethod
    def _only_with_tls(cls, name: str, info: ValidationInfo) -> str:
        if name and not info.data.get("tls"):
            raise ValueError("只在 tls = true 时才写")
        return name

    @property
    def host(self) -> str:
        """The gateway's host, without brackets."""
        return self.endpoint.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The gateway's port."""
        return int(self.endpoint.rpartition(":")[2])


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """How long to wait for what, in seconds.

    `connect` bounds the opening of the stream of events, `answer` one call, `download` one file. A
    gateway silent for `silence` is asked (ding) and has `probe` to answer (dong). Room lists are
    whole once the gateway is ready, or `ready` after the login. Backoff doubles up to
    `backoff_limit` while the gateway is away, up to `refused_limit` while it refuses us; a
    connection that held for `steady` starts it anew. `between_parts` lies between the parts of a
    long text, `again` between two tries to read one message. What was
    read before a connection ended has `rest` to be handed over; a
    blind interval begins `lag` before what came last.
    """

    connect: float = 10
    answer: float = 15
    download: float = 120
    silence: float = 20
    probe: float = 10
    ready: float = 5
    backoff: float = 0.5
    backoff_limit: float = 4
    refused_limit: float = 60
    steady: float = 60
    between_parts: float = 1.5
    again: float = 0.5
    rest: float = 3
    lag: float = 1

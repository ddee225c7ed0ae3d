"""Loads config.toml; reports every mistake at once, each with its key and line."""

import difflib
import ipaddress
import json
import os
import re
import stat
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import time
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self, TypeGuard

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from bot.adapters import Platform
from bot.adapters.mail import ADDRESS
from bot.model.errors import BotError
from bot.model.finding import Mode
from bot.toml_lines import Key as _Key
from bot.toml_lines import lines_of


def _under_folder(path: object, info: ValidationInfo) -> Path:
    """Resolve a relative path from the folder of the configuration file."""
    if not path or not isinstance(path, str | Path):
        raise ValueError("要写成带引号的路径")
    return Path(path) if info.context is None else info.context["folder"] / path


def _as_hours(value: object) -> object:
    """Read "09:00-12:00"; what is no text has been read before."""
    if not isinstance(value, str):
        return value
    try:
        # Digits and colons only: an offset from UTC would be read too.
        stretch = re.fullmatch(r"\s*([0-9:]+)\s*-\s*([0-9:]+)\s*", value)
        clocks = stretch.groups() if stretch else ()
        begin, end = (time.fromisoformat(clock.zfill(5)) for clock in clocks)
    except ValueError:
        raise ValueError('要写成 "09:00-12:00" 这样的时间段') from None
    if begin >= end:
        raise ValueError("时间段的结束要晚于开始")
    return begin, end


def _known(codes: str) -> Callable[[str, ValidationInfo], str]:
    """Check a code against those named in the context, if it names any."""

    def check(code: str, info: ValidationInfo) -> str:
        known = info.context and info.context[codes]
        if known is not None and code not in known:
            raise ValueError(f"没有这个代号{_suggestion(code, known)}；可以写：{_list(known)}")
        return code

    return check


_Text = Annotated[str, Field(min_length=1)]
_Located = Annotated[Path, PlainValidator(_under_folder)]
_Hours = Annotated[tuple[time, time], BeforeValidator(_as_hours)]
_Regulation = Annotated[_Text, AfterValidator(_known("regulations"))]
_Days = Annotated[int, Field(le=36_600)]


class _Section(BaseModel):
    """One table of the file: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Office(_Section):
    """The office that answers for the groups; `contact` is whom operators and members can call."""

    name: _Text = Field(description="单位名称")
    contact: _Text = Field(description="联系人和电话，遇到问题时找谁")
    working_hours: tuple[_Hours, ...] = ((time(9), time(12)), (time(14), time(18)))
    trouble_mail: str = ""
    regulations: tuple[_Regulation, ...] = ("HS",)
    also_for_work_groups: tuple[_Regulation, ...] = ()
    calendar: _Located | None = None
    official_hosts: tuple[_Text, ...] = ()

    @field_validator("working_hours")
    @classmethod
    def _in_order(cls, hours: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
        ends = [moment for stretch in hours for moment in stretch]
        if not ends or sorted(set(ends)) != ends:
            raise ValueError("至少写一段，按先后排列，互不相接")
        return hours

    @field_validator("trouble_mail")
    @classmethod
    def _mail(cls, address: str) -> str:
        if address and not re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", address):
            raise ValueError("要写成一个邮箱地址，不需要邮件时留空")
        return address

    @field_validator("also_for_work_groups")
    @classmethod
    def _switched_on(cls, codes: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        off = set(codes) - set(info.data.get("regulations", codes))
        if off:
            raise ValueError(f"只能写 regulations 中已启用的制度，{_list(off)} 没有启用")
        return codes

    @field_validator("calendar")
    @classmethod
    def _there(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path is not None and info.context is not None and not path.is_file():
            raise ValueError("没有这个文件；不用自己的工作日历表就删去这一行")
        return path

    @field_validator("official_hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[\w-]+(\.[\w-]+)+", host) for host in hosts):
            raise ValueError('只写域名，例如 "www.example.gov.cn"，不写 https:// 和路径')
        return tuple(host.lower() for host in hosts)


class Screening(_Section):
    """Files of the operator's own: word lists and blocklists, or folders of them."""

    word_lists: tuple[_Located, ...] = ()
    blocklists: tuple[_Located, ...] = ()

    @field_validator("word_lists", "blocklists")
    @classmethod
    def _there(cls, paths: tuple[Path, ...], info: ValidationInfo) -> tuple[Path, ...]:
        missing = [path.name for path in paths if info.context is not None and not path.exists()]
        if missing:
            raise ValueError(f"没有这个文件或文件夹：{'、'.join(missing)}；不用就删去")
        return paths


class Templates(_Section):
    """The office's own templates of forms, under the names of the shipped ones."""

    folder: _Located | None = None

    @field_validator("folder")
    @classmethod
    def _there(cls, folder: Path | None, info: ValidationInfo) -> Path | None:
        if folder is not None and info.context is not None and not folder.is_dir():
            raise ValueError("没有这个文件夹；用自带的表格模板就删去这一行")
        return folder


class Store(_Section):
    """Where records and keys lie."""

    folder: _Located = Field(default=Path("data"), validate_default=True)
    key_file: _Located = Field(
        default_factory=lambda data: data["folder"] / "vault.key", validate_default=True
    )
    suite: Literal["aes", "sm"] = "aes"


class Retention(_Section):
    """How many days which records are kept."""

    message_ids_days: _Days = Field(default=30, ge=1)
    excerpts_days_after_close: _Days = Field(default=30, ge=0)
    audit_days: _Days = 1096
    settled_days: _Days = Field(default=30, ge=1)
    people_days_after_leaving: _Days = Field(default=180, ge=1)

    @field_validator("audit_days")
    @classmethod
    def _six_months(cls, days: int) -> int:
        if days < _SIX_MONTHS:
            raise ValueError(
                f"不能少于 {_SIX_MONTHS} 天：网络安全法要求日志至少留存六个月（最长有184天）"
            )
        return days


class Account(_Section):
    """One account at a chat platform; `settings` are those its platform declares."""

    name: _Text = Field(description="自己起的名字，状态页和日志用它称呼这个账号")
    platform: _Text = Field(description='平台，例如 "onebot"')
    token_env: str = ""
    token_file: _Located | None = None
    token: SecretStr = Field(default=SecretStr(""), validate_default=True, exclude=True)
    pace_seconds: float = Field(default=1.5, ge=0, le=3600, allow_inf_nan=False)
    settings: Any = Field(default=None, repr=False)

    @property
    def self_id(self) -> str:
        """The account's own id, where the configuration states it."""
        return str(getattr(self.settings, "self_id", ""))

    @field_validator("platform")
    @classmethod
    def _one_of(cls, platform: str, info: ValidationInfo) -> str:
        known = info.context and info.context["platforms"]
        if known is not None and platform not in known:
            raise ValueError("只能写 " + " 或 ".join(f'"{name}"' for name in sorted(known)))
        return platform

    @field_validator("token_env")
    @classmethod
    def _set(cls, variable: str, info: ValidationInfo) -> str:
        if variable and info.context is not None:
            _check_token(info.context["environ"].get(variable, ""), f"环境变量 {variable} ")
        return variable

    @field_validator("token_file")
    @classmethod
    def _readable(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is not None and info.context is not None:
            _check_token(_private_text(file), f"文件 {file} ")
        return file

    @field_validator("token", mode="plain")
    @classmethod
    def _find_token(cls, token: object, info: ValidationInfo) -> SecretStr:
        if not isinstance(token, SecretStr):
            raise ValueError(_NO_SECRETS_HERE)  # noqa: TRY004 - pydantic collects ValueErrors
        if info.context is None or not {"platform", "token_env", "token_file"} <= info.data.keys():
            return token
        variable, file = info.data["token_env"], info.data["token_file"]
        platforms = info.context["platforms"] or {}
        platform = platforms.get(info.data["platform"])
        if not variable and file is None and platform is not None and not platform.needs_token:
            return token
        if bool(variable) == (file is not None):
            raise ValueError(
                "令牌要有，且只写一处：token_env 写环境变量名，或 token_file 写权限0600的文件的路径"
            )
        return SecretStr(_private_text(file) if file else info.context["environ"][variable])


class Web(_Section):
    """Where the pages are served, and the reverse connections taken."""

    behind_tls_proxy: bool = False
    host: str = "127.0.0.1"
    port: int = Field(default=8790, ge=0, le=65535)

    @field_validator("host")
    @classmethod
    def _private(cls, host: str, info: ValidationInfo) -> str:
        try:
            address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
        except ValueError:
            raise ValueError('要写 IP 地址，例如 "127.0.0.1"') from None
        if not address.is_loopback and info.data.get("behind_tls_proxy") is False:
            raise ValueError(
                "只能写本机地址 127.0.0.1；前面有加密（TLS）的反向代理时，"
                "先写 behind_tls_proxy = true 再写别的地址"
            )
        return host


class Mail(_Section):
    """The office's mail server, by which forms go out; `security` "none" is for this machine."""

    host: _Text = Field(description='邮件服务器的域名或地址，例如 "smtp.example.gov.cn"')
    security: Literal["starttls", "tls", "none"] = "starttls"
    port: int = Field(default_factory=lambda data: _MAIL_PORTS[data["security"]], ge=1, le=65535)
    ca_file: _Located | None = None
    sender: str = Field(description='发件人的邮箱地址，例如 "gzq@example.gov.cn"')
    user: str = ""
    password_env: str = ""
    password_file: _Located | None = None
    password: SecretStr = Field(default=SecretStr(""), validate_default=True, exclude=True)
    timeout_seconds: float = Field(default=30.0, ge=1, le=600, allow_inf_nan=False)
    pace_seconds: float = Field(default=2.0, ge=0, le=3600, allow_inf_nan=False)

    @field_validator("host")
    @classmethod
    def _name(cls, host: str) -> str:
        if not re.fullmatch(r"[\w.-]+|[0-9a-fA-F:]+", host):
            raise ValueError("只写服务器的域名或地址，不写 smtp:// 和端口")
        return host

    @field_validator("security")
    @classmethod
    def _sealed(cls, security: str, info: ValidationInfo) -> str:
        if security == "none" and not _is_here(info.data.get("host", "localhost")):
            raise ValueError(
                '明文（"none"）只能用于本机的邮件服务器；别的服务器要写 "starttls" 或 "tls"'
            )
        return security

    @field_validator("ca_file")
    @classmethod
    def _there(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is not None and info.context is not None and not file.is_file():
            raise ValueError("没有这个证书文件；服务器的证书不是单位自己签发的就删去这一行")
        return file

    @field_validator("sender")
    @classmethod
    def _address(cls, sender: str) -> str:
        if not ADDRESS.fullmatch(sender):
            raise ValueError("要写成一个邮箱地址，只用英文字母、数字和符号")
        return sender

    @field_validator("password_env")
    @classmethod
    def _set(cls, variable: str, info: ValidationInfo) -> str:
        if variable and info.context is not None and not info.context["environ"].get(variable):
            raise ValueError(f"环境变量 {variable} 中没有密码，请先设置")
        return variable

    @field_validator("password_file")
    @classmethod
    def _readable(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is not None and info.context is not None and not _private_text(file):
            raise ValueError(f"文件 {file} 中没有密码，请先写入")
        return file

    @field_validator("password", mode="plain")
    @classmethod
    def _find_password(cls, password: object, info: ValidationInfo) -> SecretStr:
        if not isinstance(password, SecretStr):
            raise ValueError(_NO_PASSWORDS_HERE)  # noqa: TRY004 - pydantic collects ValueErrors
        if (
            info.context is None
            or not {"user", "password_env", "password_file"} <= info.data.keys()
        ):
            return password
        variable, file = info.data["password_env"], info.data["password_file"]
        if bool(variable) + (file is not None) != bool(info.data["user"]):
            raise ValueError(
                "写了 user 就要有密码，且只写一处：password_env 写环境变量名，"
                "或 password_file 写权限0600的文件的路径；不需要登录就都不写"
            )
        if file is not None:
            return SecretStr(_private_text(file))
        return SecretStr(info.context["environ"][variable] if variable else "")


class FilingFolder(_Section):
    """The folder, often on a shared drive, into which forms are put."""

    path: _Located = Field(description="文件夹的路径；它要先建好，共享盘要先连上")


class RuleSetting(_Section):
    """How one rule runs."""

    mode: Mode = Field(description='"off"、"observe" 或 "enforce"')


class Config(_Section):
    """All settings; `workflows` holds a settings object per workflow, by its name."""

    office: Office
    screening: Screening = Field(default_factory=Screening)
    forms: Templates = Field(default_factory=Templates)
    store: Store = Field(default_factory=Store)
    retention: Retention = Field(default_factory=Retention)
    web: Web = Field(default_factory=Web)
    mail: Mail | None = None
    filing_folder: FilingFolder | None = None
    accounts: tuple[Account, ...] = ()
    rules: Mapping[Annotated[str, AfterValidator(_known("rules"))], RuleSetting] = {}
    workflows: Mapping[str, object] = {}

    @classmethod
    def default_for_sandbox(
        cls,
        *,
        folder: Path,
        settings: object,
        token: str,
        port: int = 0,
        workflows: Mapping[str, object] = MappingProxyType({}),
    ) -> Self:
        """Return settings for one account in the sandbox, with its store in `folder`."""
        return cls(
            office=Office(name="云江市财政局（虚构）", contact="机关党委（内线 8201）"),
            store=Store(folder=folder),
            web=Web(port=port),
            accounts=(
                Account(
                    name="沙盒",
                    platform="onebot",
                    settings=settings,
                    token=SecretStr(token),
                    pace_seconds=0,
                ),
            ),
            workflows=workflows,
        )


def load_config(
    path: Path,
    *,
    workflows: Mapping[str, type] = MappingProxyType({}),
    platforms: Mapping[str, Platform] | None = None,
    environ: Mapping[str, str],
    rules: Collection[str] | None = None,
    regulations: Collection[str] | None = None,
) -> Config:
    """Read and check the configuration file.

    `workflows` maps each workflow's name to its settings dataclass, `platforms` each platform's to
    what its adapter declares; `rules` and `regulations` are the codes that exist (None: not
    checked). Raises one BotError with a line per mistake.
    """
    text = _read(path)
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BotError(_syntax_fault(path, text, str(error))) from None
    context = {
        "folder": path.absolute().parent,
        "environ": environ,
        "platforms": platforms,
        "rules": rules,
        "regulations": regulations,
    }
    faults = [*_repeated_names(raw.get("accounts"))]
    settings, more = _read_workflows(raw.pop("workflows", {}), workflows)
    faults += more
    own, more = _read_accounts(raw.get("accounts"), platforms or {})
    faults += more
    faults += _repeated_ids(raw.get("accounts"), own, platforms or {})
    try:
        # Every section is there, so that defaults are checked and paths resolved too.
        present = {"store": {}, "retention": {}, "web": {}} | raw
        config = Config.model_validate_json(_as_json(present), context=context)
        faults += _ways_that_lead_nowhere(settings, config)
    except ValidationError as error:
        faults += _translate(error)
    if faults:
        raise BotError(_told(faults, lines_of(text), path))
    accounts = tuple(
        account.model_copy(update={"settings": each})
        for account, each in zip(config.accounts, own, strict=True)
    )
    return config.model_copy(update={"workflows": settings, "accounts": accounts})


_Fault = tuple[_Key, str]
"""Where a mistake is, and the sentence about it."""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BotError(
            f"没有配置文件 {path}，请把 config.example.toml 复制成这个名字再修改。"
        ) from None
    except OSError as error:
        raise BotError(f"配置文件 {path} 读不出来，请检查权限。") from error
    except UnicodeDecodeError:
        raise BotError(f"配置文件 {path} 不是 UTF-8 编码，请用编辑器另存为 UTF-8。") from None


def _syntax_fault(path: Path, text: str, english: str) -> str:
    """Say where the file is no TOML, without quoting it: what stands there may be a secret."""
    place = re.search(r"at line (\d+), column (\d+)", english)
    line, column = place.groups() if place else (text.count("\n") + 1, 1)
    if "overwrite" in english or "twice" in english or "Cannot" in english:
        return f"{path.name} 第{line}行：这个键或表前面已经写过，请合并成一处。"
    return (
        f"{path.name} 第{line}行第{column}列：写法不对。每行写成 键 = 值；文字加英文双引号，"
        "反斜杠写成 \\\\；列表用 [ ]，各项之间用英文逗号。"
    )


def _as_json(table: object) -> str:
    """Return TOML values as JSON: in it lists may be tuples, but "5" is no number."""
    return json.dumps(table, default=_in_words)


def _in_words(value: object) -> str:
    whole_minute = isinstance(value, time) and not (value.second or value.microsecond)
    return f"{value:%H:%M}" if whole_minute else str(value)


def _repeated_names(accounts: object) -> Iterator[_Fault]:
    if not isinstance(accounts, list):
        return
    names = [account.get("name") for account in accounts if isinstance(account, dict)]
    often = Counter(name for name in names if isinstance(name, str))
    for place, name in enumerate(names):
        if isinstance(name, str) and often[name] > 1:
            yield ("accounts", place, "name"), "账号的名字不能相同"


def _repeated_ids(
    accounts: object, own: Sequence[object], platforms: Mapping[str, Platform]
) -> Iterator[_Fault]:
    """Tell accounts that state one id: what is meant for one would go through the other."""
    if not isinstance(accounts, list):
        return
    ids = []
    for account, settings in zip(accounts, own, strict=True):
        platform = platforms.get(str(account.get("platform"))) if _is_table(account) else None
        number = getattr(settings, "self_id", "")
        ids.append((platform.chat or platform.name, number) if platform and number else None)
    often = Counter(ids)
    for place, each in enumerate(ids):
        if each is not None and often[each] > 1:
            yield ("accounts", place, "self_id"), "另一个账号也写了这个 self_id，一个账号只写一段"


def _read_accounts(
    accounts: object, platforms: Mapping[str, Platform]
) -> tuple[list[object], list[_Fault]]:
    """Take what only its platform knows out of each account; return it read, and the faults."""
    if not isinstance(accounts, list):
        return [], []
    settings: list[object] = []
    faults: list[_Fault] = []
    for number, account in enumerate(accounts):
        place = ("accounts", number)
        platform = platforms.get(str(account.get("platform"))) if _is_table(account) else None
        settings.append(None)
        if platform is None:
            # Which keys it may have is not known: only those that no platform has are mistakes.
            names = {name for each in platforms.values() for name in _names_of(each.settings)}
            for name in names & account.keys() if _is_table(account) else ():
                del account[name]
            continue
        names = _names_of(platform.settings)
        common = Account.model_fields.keys() - {"settings"}
        given = {name: account.pop(name) for name in list(account) if name not in common}
        allowed = names | common - {"token"}
        faults += [((*place, name), _unknown(name, allowed)) for name in given.keys() - names]
        given = {name: value for name, value in given.items() if name in names}
        try:
            settings[-1] = TypeAdapter(platform.settings).validate_json(
                _as_json(given), strict=True
            )
        except ValidationError as error:
            faults += _translate(error, place, platform.settings)
        except BotError as error:
            faults.append((place, str(error).rstrip("。")))
    return settings, faults


def _is_table(account: object) -> TypeGuard[dict[str, object]]:
    return isinstance(account, dict)


def _names_of(settings: type[Any]) -> set[str]:
    if issubclass(settings, BaseModel):
        return set(settings.model_fields)
    return {field.name for field in fields(settings)}


def _read_workflows(
    tables: object, workflows: Mapping[str, type]
) -> tuple[Mapping[str, object], list[_Fault]]:
    """Return the settings of every workflow, and the faults found in their tables."""
    if not isinstance(tables, dict):
        return {}, [(("workflows",), "要写成 [workflows.名字] 这样的表")]
    faults: list[_Fault] = [
        (("workflows", name), f"没有这个工作流{_suggestion(name, workflows)}" + _allowed(workflows))
        for name in tables.keys() - workflows.keys()
    ]
    settings: dict[str, object] = {}
    for name, settings_type in workflows.items():
        place = ("workflows", name)
        table = tables.get(name, {})
        if not isinstance(table, dict):
            faults.append((place, f"要写成 [workflows.{name}] 这样的表"))
            continue
        known = {field.name for field in fields(settings_type)}
        faults += [((*place, key), _unknown(key, known)) for key in table.keys() - known]
        given = _as_json({key: value for key, value in table.items() if key in known})
        try:
            settings[name] = TypeAdapter(settings_type).validate_json(given, strict=True)
        except ValidationError as error:
            faults += _translate(error, place)
        except BotError as error:
            faults.append((place, str(error).rstrip("。")))
    return settings, faults


def _translate(
    error: ValidationError, place: _Key = (), settings: type[Any] | None = None
) -> Iterator[_Fault]:
    """Turn what pydantic found into sentences that never quote the value.

    `settings` describes the keys of the place, where the section's own class does not.
    """
    for found in error.errors(include_url=False, include_input=False):
        # A default that rests on a faulty key is no mistake of its own.
        if found["type"] != "default_factory_not_called":
            key = (*place, *found["loc"])
            # The name of a rule is reported as its key, with this mark behind it.
            yield key[:-1] if key[-1:] == ("[key]",) else key, _sentence(found, key, settings)


def _sentence(found: Mapping[str, Any], key: _Key, settings: type[Any] | None) -> str:
    kind, about = found["type"], found.get("ctx", {})
    if kind == "missing":
        return _missing(key, settings)
    if kind == "extra_forbidden":
        section = _SECTIONS.get(str(key[0])) if len(key) > 1 else Config
        secrets = {"token", "password"}
        return _unknown(str(key[-1]), section.model_fields.keys() - secrets if section else ())
    if kind in {"literal_error", "enum"}:
        return "只能写 " + str(about["expected"]).replace("'", '"').replace(" or ", " 或 ")
    for kinds, sentence in _SENTENCES.items():
        if re.fullmatch(kinds, kind):
            return sentence.format_map(about)
    return f"这里的值不合要求（{kind}）"


def _missing(key: _Key, settings: type[Any] | None) -> str:
    name = str(key[-1])
    if key == (name,) and name in _SECTIONS:
        required = (f for f, about in _SECTIONS[name].model_fields.items() if about.is_required())
        return f"缺少 [{name}] 一节，其中必须写：{'、'.join(required)}"
    section = settings or _SECTIONS.get(str(key[0]))
    about = getattr(section, "model_fields", {}).get(name)
    return "缺少这一项" + (f"，要写：{about.description}" if about and about.description else "")


def _unknown(name: str, known: Collection[str]) -> str:
    if re.search(r"token|secret|password|passwd", name, re.IGNORECASE) and "token_env" in known:
        return _NO_SECRETS_HERE
    if re.search(r"secret|password|passwd", name, re.IGNORECASE) and "password_env" in known:
        return _NO_PASSWORDS_HERE
    if name == "people":
        return "人员和角色登记在名册里，不写在配置文件里"
    return f"没有这个设置{_suggestion(name, known)}" + _allowed(known)


def _allowed(known: Collection[str]) -> str:
    return f"；可以写：{_list(known)}" if known else ""


def _suggestion(name: str, known: Iterable[str]) -> str:
    by_lower = {right.lower(): right for right in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f"，是不是 {by_lower[near[0]]}" if near else ""


def _list(names: Iterable[str]) -> str:
    return "、".join(sorted(names))


def _check_token(token: str, where: str) -> None:
    if not token:
        raise ValueError(f"{where}中没有令牌，请先设置")
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError(f"{where}中的令牌只能有英文字母、数字和符号，不能有空格")


def _private_text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            content = opened.read(_LONGEST_TOKEN)
    except OSError:
        raise ValueError(f"文件 {file} 不存在或读不出来") from None
    if mode & 0o077:
        raise ValueError(f"文件 {file} 别人也能读写，请执行 chmod 600 {file}")
    return content.decode("utf-8", "replace").strip()


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _ways_that_lead_nowhere(workflows: Mapping[str, object], config: Config) -> Iterator[_Fault]:
    """Find forms that are to go a way which is not configured."""
    way = getattr(workflows.get("filing"), "way", "")
    for name, section in (("mail", config.mail), ("folder", config.filing_folder)):
        if way == name and section is None:
            needed = "mail" if name == "mail" else "filing_folder"
            yield ("workflows", "filing", "way"), f'写 "{name}" 就要有 [{needed}] 一节'


def _told(faults: Iterable[_Fault], lines: Mapping[_Key, int], path: Path) -> str:
    """Put the faults in the order of the file, a line each."""

    def line_of(key: _Key) -> int:
        while key and key not in lines:
            key = key[:-1]
        return lines.get(key, 0)

    told = sorted(
        (line_of(key), ".".join(part for part in key if isinstance(part, str)), sentence)
        for key, sentence in faults
    )
    return "\n".join(
        f"{path.name}{f' 第{line}行' if line else ''} {key}：{sentence}。"
        for line, key, sentence in told
    )


_SIX_MONTHS: Final = 184
_LONGEST_TOKEN: Final = 4096
_NO_SECRETS_HERE: Final = (
    "令牌不能写在配置文件里：请放进环境变量，用 token_env 写变量名；"
    "或者放进权限为0600的文件，用 token_file 写文件路径"
)
_NO_PASSWORDS_HERE: Final = (
    "密码不能写在配置文件里：请放进环境变量，用 password_env 写变量名；"
    "或者放进权限为0600的文件，用 password_file 写文件路径"
)
_MAIL_PORTS: Final[Mapping[str, int]] = MappingProxyType({"starttls": 587, "tls": 465, "none": 25})

_SECTIONS: Final[Mapping[str, type[_Section]]] = MappingProxyType(
    {
        "office": Office,
        "screening": Screening,
        "forms": Templates,
        "store": Store,
        "retention": Retention,
        "web": Web,
        "mail": Mail,
        "filing_folder": FilingFolder,
        "accounts": Account,
        "rules": RuleSetting,
    }
)

_SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "value_error": "{error}",
        "int_.*": "要写整数，不加引号",
        "float_.*|finite_number": "要写数字，不加引号",
        "bool_.*": "只能写 true 或 false，不加引号",
        "string_type|path_type": "要写成带引号的文字",
        "string_too_short|too_short": "不能为空",
        "greater_than_equal": "不能小于 {ge}",
        "greater_than": "要大于 {gt}",
        "less_than_equal": "不能大于 {le}",
        "less_than": "要小于 {lt}",
        "time_.*": '要写成 "09:30" 这样的时间',
        "date_.*": '要写成 "2027-01-01" 这样的日期',
        "tuple_type|list_type|set_type|frozen_set_type": '要写成列表，例如 ["…", "…"]',
        "model_.*|dict_type|dataclass_.*|mapping_type": "要写成一个表（方括号中的名字独占一行）",
    }
)

"""Settings: what is accepted, and how mistakes are told."""

import json
import re
import tomllib
import traceback
from dataclasses import dataclass
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.adapters import Platform, itchat, wechaty
from bot.adapters.onebot import ADAPTER, OneBotSettings
from bot.bootstrap import load_plugins
from bot.config import (
    Account,
    Config,
    FilingFolder,
    Mail,
    Office,
    Retention,
    RuleSetting,
    Screening,
    Store,
    Templates,
    Web,
    load_config,
)
from bot.model.errors import BotError
from bot.model.finding import Mode
from bot.toml_lines import lines_of

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"
TOKEN = "s3cret-of-the-peer"
PASSWORD = "not a real password"
ENVIRON = {"QUNGUI_TOKEN": TOKEN, "QUNGUI_MAIL_PASSWORD": PASSWORD}
PLATFORMS = {"onebot": ADAPTER}
SHIPPED = {"onebot": ADAPTER, "wechaty": wechaty.ADAPTER, "itchat": itchat.ADAPTER}

OFFICE = """
[office]
name = "示范局"
contact = "赵一 0000-0000000"
"""

ACCOUNT = """
[[accounts]]
name = "值守号"
platform = "onebot"
way = "forward"
url = "ws://127.0.0.1:3001"
token_env = "QUNGUI_TOKEN"
"""

MAIL = """
[mail]
host = "smtp.example.cn"
sender = "gzq@example.cn"
user = "gzq"
password_env = "QUNGUI_MAIL_PASSWORD"
"""


@dataclass(frozen=True, kw_only=True)
class AlertSettings:
    """Settings as a workflow declares them."""

    minutes: int = 30
    digest: bool = True
    digest_at: time = time(17, 30)
    quiet_from: str = "22:00"
    roles: tuple[str, ...] = ("duty", "leader")

    def __post_init__(self):
        if self.minutes > 480:
            raise ValueError("minutes 不能大于 480")


@dataclass(frozen=True, kw_only=True)
class StrictSettings:
    """Settings without a default, that refuse in their own words."""

    clause: str

    def __post_init__(self):
        if self.clause == "HS-99":
            raise BotError("没有 HS-99 这一条，请核对。")


@pytest.fixture
def write(tmp_path):
    def write(text, name="config.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def load(write):
    def load(text, **more):
        return load_config(write(text), **({"environ": ENVIRON, "platforms": PLATFORMS} | more))

    return load


@pytest.fixture
def faults(load):
    def faults(text, **more):
        with pytest.raises(BotError) as refused:
            load(text, **more)
        return str(refused.value).splitlines()

    return faults


def test_the_example_loads_without_mistakes():
    config = load_config(EXAMPLE, environ=ENVIRON, platforms=PLATFORMS)

    assert config.accounts[0].token.get_secret_value() == TOKEN
    assert config.store.key_file == EXAMPLE.parent / "data" / "vault.key"
    assert config.store == Store(folder=EXAMPLE.parent / "data")


def test_the_example_states_the_defaults():
    config = load_config(EXAMPLE, environ=ENVIRON, platforms=PLATFORMS)

    assert config.screening == Screening()
    assert config.retention == Retention()
    assert config.web == Web()
    assert config.office.working_hours == Office(name="甲", contact="乙").working_hours
    assert config.accounts[0].pace_seconds == 1.5


def test_the_example_loads_with_every_line_switched_on(load, write, tmp_path):
    write("[2027]\n", name="calendar.toml").write_text("")
    (tmp_path / "forms").mkdir()
    text = EXAMPLE.read_text(encoding="utf-8")
    everything = re.sub(r"(?m)^# (?=[a-z_]+ =|\[)(?!(token|password|ca)_file|tls_)", "", text)

    kinds = load_plugins().workflow_settings

    config = load(everything, workflows=kinds, platforms=SHIPPED, rules=["gambling"])

    assert config.rules["gambling"].mode is Mode.OBSERVE
    assert config.workflows == {name: kind() for name, kind in kinds.items()}
    assert config.office.calendar.name == "calendar.toml"
    assert config.forms.folder == tmp_path / "forms"
    assert config.accounts[0].self_id == "10001"
    assert config.mail.password.get_secret_value() == PASSWORD
    assert (config.mail.port, config.mail.timeout_seconds) == (587, 30.0)
    assert config.filing_folder.path == tmp_path / "filings"


@pytest.mark.parametrize(
    ("section", "model"),
    [
        (r"\[office\]", Office),
        (r"\[screening\]", Screening),
        (r"\[forms\]", Templates),
        (r"\[store\]", Store),
        (r"\[retention\]", Retention),
        (r"\[web\]", Web),
        (r"\[mail\]", Mail),
        (r"\[filing_folder\]", FilingFolder),
        (r"\[\[accounts\]\]", Account),
        (r"\[rules\.\w+\]", RuleSetting),
    ],
)
def test_every_setting_is_explained_in_the_example(section, model):
    text = EXAMPLE.read_text(encoding="utf-8")
    body = re.split(rf"(?m)^(?:# )?{section}$", text)[1]
    body = re.split(r"(?m)^(?:# )?\[", body)[0]

    keys = re.findall(r"(?m)^(?:# )?(\w+) = ", body)

    expected = model.model_fields.keys() - {"token", "password", "settings"}
    if model is Account:
        expected |= OneBotSettings.model_fields.keys()
    assert set(keys) == expected


@pytest.mark.parametrize("platform", SHIPPED.values(), ids=lambda each: each.name)
def test_every_setting_of_a_platform_is_explained_in_the_example(platform):
    text = EXAMPLE.read_text(encoding="utf-8")
    (body,) = (
        part
        for part in re.split(r"(?m)^(?:# )?\[+\w.*\]$", text)
        if f'platform = "{platform.name}"' in part
    )

    keys = re.findall(r"(?m)^(?:# )?(\w+) = ", body)

    assert set(platform.settings.model_fields) == set(keys) - Account.model_fields.keys()


def test_every_section_is_in_the_example():
    text = EXAMPLE.read_text(encoding="utf-8")

    sections = set(re.findall(r"(?m)^(?:# )?\[+(\w+)", text))

    assert sections == set(Config.model_fields)


def test_lists_start_at_the_files_folder_and_must_be_there(load, faults, tmp_path):
    (tmp_path / "words").mkdir()

    config = load(OFFICE + '[screening]\nword_lists = ["words"]\n')
    (said,) = faults(OFFICE + '[screening]\nblocklists = ["words", "hosts.txt"]\n')

    assert config.screening.word_lists == (tmp_path / "words",)
    assert "没有这个文件或文件夹：hosts.txt" in said


def test_a_small_file_is_enough(load, tmp_path):
    config = load(OFFICE)

    assert config.office.working_hours == ((time(9), time(12)), (time(14), time(18)))
    assert config.office.regulations == ("HS",)
    assert config.store.key_file == tmp_path / "data" / "vault.key"
    assert config.accounts == ()


def test_paths_start_at_the_files_folder(load, tmp_path):
    config = load(OFFICE + '[store]\nfolder = "records"\nkey_file = "/keys/a.key"')

    assert config.store.folder == tmp_path / "records"
    assert config.store.key_file == Path("/keys/a.key")


def test_a_workflow_gets_its_settings_or_the_defaults(load):
    text = OFFICE + (
        '[workflows.alerts]\nminutes = 20\ndigest_at = "08:30"\n'
        'quiet_from = 21:00:00\nroles = ["leader"]\n'
    )

    config = load(text, workflows={"alerts": AlertSettings, "audit": AlertSettings})

    assert config.workflows["alerts"] == AlertSettings(
        minutes=20, digest_at=time(8, 30), quiet_from="21:00", roles=("leader",)
    )
    assert config.workflows["audit"] == AlertSettings()


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("[workflows.alerts]\nminuts = 3", "minuts：没有这个设置，是不是 minutes"),
        ("[workflows.alerts]\nminutes = true", "minutes：要写整数"),
        ("[workflows.alerts]\nminutes = 999", "workflows.alerts：minutes 不能大于 480"),
        ("[workflows.alerts]\ndigest = 1", "digest：只能写 true 或 false"),
        ("[workflows.alerts]\ndigest_at = '25:00'", 'digest_at：要写成 "09:30" 这样的时间'),
        ("[workflows.alerts]\nroles = 'duty'", "roles：要写成列表"),
        ("[workflows.alert]", "没有这个工作流，是不是 alerts"),
        ("[workflows]\nalerts = 1", r"要写成 \[workflows.alerts\]"),
    ],
)
def test_a_workflows_mistake_is_told_with_its_line(faults, table, complaint):
    (fault,) = faults(OFFICE + "\n" + table, workflows={"alerts": AlertSettings})

    assert re.search(complaint, fault)
    line = OFFICE.count("\n") + 2 + ("\n" in table and "999" not in table)
    assert f"第{line}行" in fault


def test_a_workflow_may_demand_a_setting(faults):
    (fault,) = faults(OFFICE, workflows={"strict": StrictSettings})

    assert fault == "config.toml workflows.strict.clause：缺少这一项。"


def test_a_workflow_may_refuse_in_its_own_words(faults):
    text = OFFICE + '[workflows.strict]\nclause = "HS-99"'

    (fault,) = faults(text, workflows={"strict": StrictSettings})

    assert fault == "config.toml 第5行 workflows.strict：没有 HS-99 这一条，请核对。"


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('[office]\nname = ""\ncontact = "乙"', "第2行 office.name：不能为空"),
        ('[office]\nname = "甲"', "第1行 office.contact：缺少这一项，要写：联系人和电话"),
        ('[ofice]\nname = "甲"', "第1行 ofice：没有这个设置，是不是 office"),
        ("", "office：缺少 [office] 一节，其中必须写：name、contact"),
        (OFFICE + "[people]", "人员和角色登记在名册里"),
        (OFFICE + "[retention]\naudit_days = 183", "网络安全法"),
        (OFFICE + "[retention]\nmessage_ids_days = 0", "第6行 retention.message_ids_days：不能小于 1"),
        (OFFICE + "[retention]\nmessage_ids_days = '9'", "要写整数"),
        (OFFICE + "[store]\nfolder = ''", "要写成带引号的路径"),
        (OFFICE + '[web]\nhost = "0.0.0.0"', "第6行 web.host：只能写本机地址"),
        (OFFICE + '[web]\nhost = "example.com"', "要写 IP 地址"),
        (OFFICE + "[web]\nport = 70000", "不能大于 65535"),
        (OFFICE + "web = 1", "office.web：没有这个设置"),
        (OFFICE + '[rules.gamblin]\nmode = "observe"', "第5行 rules.gamblin：没有这个代号，是不是 gambling"),
        (OFFICE + '[rules.gambling]\nmode = "on"', '只能写 "off", "observe" 或 "enforce"'),
        (OFFICE + "[rules.gambling]", '第5行 rules.gambling.mode：缺少这一项，要写："off"'),
        (OFFICE + 'regulations = ["HS", "hs"]', "是不是 HS"),
        (OFFICE + 'also_for_work_groups = ["BS"]', "BS 没有启用"),
        (OFFICE + 'trouble_mail = "赵一"', "要写成一个邮箱地址"),
        (OFFICE + 'calendar = "none.toml"', "没有这个文件"),
        (OFFICE + '[forms]\nfolder = "none"', "没有这个文件夹"),
        (OFFICE + 'official_hosts = ["https://www.gov.cn/"]', "只写域名"),
        (OFFICE + 'working_hours = ["09:00-12:00",\n\n"14-18"]', "第7行"),
        (OFFICE + 'working_hours = ["09:00+08:00-12:00"]', "09:00-12:00"),
        (OFFICE + 'working_hours = ["12:00-09:00"]', "结束要晚于开始"),
        (OFFICE + 'working_hours = ["14:00-18:00", "09:00-12:00"]', "按先后排列"),
        (OFFICE + "working_hours = []", "至少写一段"),
        (OFFICE + "accounts = 1", "没有这个设置"),
        ("accounts = 1\n" + OFFICE, "第1行 accounts：要写成列表"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_key_line_and_what_is_allowed(faults, table, complaint):
    told = faults(table, rules=["gambling"], regulations=["HS", "BS"])

    assert all(fault.startswith("config.toml ") for fault in told)
    assert sum(complaint in fault for fault in told) == 1, told


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ('url = "ws://127.0.0.1:3001"\n', "", '第6行 accounts.url：way = "forward" 时要写 ws://'),
        ("ws://127", "http://127", "ws:// 或 wss://"),
        ("3001", "3001/?access_token=geheim", "不能带令牌"),
        ('"forward"', '"reverse"', 'way = "reverse" 时由对方连过来，不写 url'),
        ('"forward"\nurl = "ws://127.0.0.1:3001"', '"reverse"', "必须写机器人的账号"),
        ('"onebot"', '"wechat"', '只能写 "onebot"'),
        ("token_env", 'self_id = "abc"\ntoken_env', "只有数字"),
        ('token_env = "QUNGUI_TOKEN"', "", "令牌要有，且只写一处"),
        ("QUNGUI_TOKEN", "OTHER", "第11行 accounts.token_env：环境变量 OTHER 中没有令牌"),
        ('token_env = "QUNGUI_TOKEN"', 'token = "geheim"', "第11行 accounts.token：令牌不能写在"),
        ('token_env = "QUNGUI_TOKEN"', 'access_token = "geheim"', "令牌不能写在配置文件里"),
        ('token_env = "QUNGUI_TOKEN"', 'token_file = "none"', "不存在或读不出来"),
        ("token_env", "pace_seconds = -1\ntoken_env", "pace_seconds：不能小于 0"),
        ("token_env", "pace_seconds = inf\ntoken_env", "pace_seconds：要写数字"),
        ("platform", "platfrom", "是不是 platform"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_account_is_told(faults, right, wrong, complaint):
    told = faults(OFFICE + ACCOUNT.replace(right, wrong))

    assert any(complaint in fault for fault in told), told
    assert not any("geheim" in fault for fault in told)


def test_two_accounts_need_two_names(faults):
    told = faults(OFFICE + ACCOUNT + ACCOUNT)

    assert [fault.split("：")[0] for fault in told] == [
        "config.toml 第7行 accounts.name",
        "config.toml 第14行 accounts.name",
    ]


def test_a_reverse_account_may_write_its_number_without_quotes(load):
    text = ACCOUNT.replace('"forward"\nurl = "ws://127.0.0.1:3001"', '"reverse"\nself_id = 10001')

    config = load(OFFICE + text)

    assert config.accounts[0].self_id == "10001"


def test_a_token_is_read_from_a_private_file(load, write):
    write(TOKEN + "\n", name="token.txt").chmod(0o600)

    config = load(OFFICE + ACCOUNT.replace("token_env", "token_file").replace(
        "QUNGUI_TOKEN", "token.txt"))  # fmt: skip

    assert config.accounts[0].token.get_secret_value() == TOKEN


def test_a_token_file_open_to_others_is_refused(faults, write):
    write(TOKEN, name="token.txt").chmod(0o644)

    (fault,) = faults(OFFICE + ACCOUNT.replace("token_env", "token_file").replace(
        "QUNGUI_TOKEN", "token.txt"))  # fmt: skip

    assert "第11行 accounts.token_file" in fault
    assert "chmod 600" in fault


@pytest.mark.parametrize("token", ["", "two words", "口令甲", "a\nb"])
def test_a_token_no_header_can_carry_is_refused(faults, token):
    (fault,) = faults(OFFICE + ACCOUNT, environ={"QUNGUI_TOKEN": token})

    assert "accounts.token_env" in fault
    assert token == "" or token not in fault


def test_a_configuration_never_shows_its_token(load):
    config = load(OFFICE + ACCOUNT)

    assert TOKEN not in repr(config)
    assert TOKEN not in str(config)
    assert TOKEN not in str(config.model_dump())


def test_a_refusal_leaks_no_token_in_its_traceback(write):
    path = write(OFFICE + ACCOUNT.replace("3001", "x") + 'token = "geheim"')

    with pytest.raises(BotError) as refused:
        load_config(path, environ=ENVIRON, platforms=PLATFORMS)

    told = "".join(traceback.format_exception(refused.value))
    assert "geheim" not in told
    assert TOKEN not in told


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ('host = "smtp.example.cn"\n', "", "mail.host：缺少这一项，要写：邮件服务器的域名或地址"),
        ("smtp.example.cn", "smtp://example.cn:25", "不写 smtp:// 和端口"),
        ("host", 'security = "none"\nhost', "mail.security：明文"),
        ("host", 'security = "ssl"\nhost', 'mail.security：只能写 "starttls", "tls" 或 "none"'),
        ("host", "port = 0\nhost", "mail.port：不能小于 1"),
        ("host", 'ca_file = "gone.pem"\nhost', "mail.ca_file：没有这个证书文件"),
        ("host", "timeout_seconds = 0\nhost", "mail.timeout_seconds：不能小于 1"),
        ("gzq@example.cn", "机关@example.cn", "mail.sender：要写成一个邮箱地址"),
        ("gzq@example.cn", "gzq@example.cn\\r\\nx", "mail.sender：要写成一个邮箱地址"),
        ('user = "gzq"\n', "", "mail.password：写了 user 就要有密码"),
        ('password_env = "QUNGUI_MAIL_PASSWORD"', "", "mail.password：写了 user 就要有密码"),
        ("QUNGUI_MAIL_PASSWORD", "OTHER", "mail.password_env：环境变量 OTHER 中没有密码"),
        ("password_env", 'password = "geheim"\npassword_env', "mail.password：密码不能写在配置"),
        ("password_env", 'smtp_password = "geheim"\npassword_env', "密码不能写在配置文件里"),
        ("password_env", 'password_file = "none"\npassword_env', "不存在或读不出来"),
        ("sender", "sendr", "是不是 sender"),
    ],
)
def test_a_mistake_about_mail_is_told(faults, right, wrong, complaint):
    assert right in MAIL

    told = faults(OFFICE + MAIL.replace(right, wrong))

    assert any(complaint in fault for fault in told), told
    assert not any("geheim" in fault for fault in told)


def test_a_mail_server_has_the_port_of_its_way_and_its_password_is_never_shown(load, write):
    write("another password\n", name="mail.txt").chmod(0o600)
    here = '[mail]\nhost = "127.0.0.1"\nsecurity = "none"\nsender = "gzq@example.cn"\n'

    sealed, plain = load(OFFICE + MAIL).mail, load(OFFICE + here).mail
    from_file = load(OFFICE + MAIL.replace("password_env", "password_file").replace(
        "QUNGUI_MAIL_PASSWORD", "mail.txt")).mail  # fmt: skip

    assert (sealed.port, plain.port) == (587, 25)
    assert (sealed.password.get_secret_value(), plain.user) == (PASSWORD, "")
    assert from_file.password.get_secret_value() == "another password"
    assert PASSWORD not in repr(sealed) + str(sealed.model_dump())


def test_a_password_file_open_to_others_is_refused(faults, write):
    write("another password", name="mail.txt").chmod(0o644)

    (fault,) = faults(OFFICE + MAIL.replace("password_env", "password_file").replace(
        "QUNGUI_MAIL_PASSWORD", "mail.txt"))  # fmt: skip

    assert "mail.password_file" in fault
    assert "chmod 600" in fault


def test_a_form_cannot_go_a_way_that_is_not_configured(load, faults):
    @dataclass(frozen=True, kw_only=True)
    class Ways:
        way: str = "by_hand"

    text = OFFICE + '[workflows.filing]\nway = "{}"\n'
    folder = '[filing_folder]\npath = "filings"\n'
    told = [faults(text.format(way), workflows={"filing": Ways}) for way in ("mail", "folder")]
    fine = load(text.format("folder") + folder, workflows={"filing": Ways})

    assert told == [
        ['config.toml 第6行 workflows.filing.way：写 "mail" 就要有 [mail] 一节。'],
        ['config.toml 第6行 workflows.filing.way：写 "folder" 就要有 [filing_folder] 一节。'],
    ]
    assert fine.filing_folder.path.name == "filings"


MISTAKES = (
    ("[office]\nname = 1\ncontact = '乙'", "office.name"),
    ("[store]\nfoler = 'x'", "store.foler"),
    ("[retention]\nmessage_ids_days = 1.5", "retention.message_ids_days"),
    ("[web]\nport = -1", "web.port"),
    ("[rules.gambling]\nmode = 3", "rules.gambling.mode"),
    ("[[accounts]]\nname='甲'\nplatform='onebot'\nway='sideways'\ntoken_env='T'", "accounts.way"),
    ("[[accounts]]\nname='乙'\nplatform='onebot'\nway='forward'\ntoken_env='T'", "accounts.url"),
    ("[[accounts]]\nname='丙'\nplatform='qq'\nway='reverse'\ntoken_env='T'\nself_id='5'",
     "accounts.platform"),
    ("[workflows.alerts]\nminutes = '3'", "workflows.alerts.minutes"),
    ("[workflows.other]", "workflows.other"),
    ("[offices]", "offices"),
)  # fmt: skip


@given(st.permutations(MISTAKES), st.integers(1, len(MISTAKES)))
def test_all_mistakes_are_told_at_once(tmp_path_factory, mistakes, number):
    chosen = list(mistakes[:number])
    right = () if MISTAKES[0] in chosen else (OFFICE,)
    path = tmp_path_factory.mktemp("config") / "config.toml"
    path.write_text("\n".join((*(text for text, _ in chosen), *right)), encoding="utf-8")

    with pytest.raises(BotError) as refused:
        load_config(
            path, environ={"T": "t"}, platforms=PLATFORMS, workflows={"alerts": AlertSettings}
        )

    told = str(refused.value).splitlines()
    assert [re.search(r"行 ([\w.]+)：", fault)[1] for fault in told] == [key for _, key in chosen]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[office]\nname = "甲', "第2行"),
        ("[office]\nname = 甲", "第2行第8列"),
        ("[office]\nname = '甲'\nname = '乙'", "前面已经写过"),
        ("[office]\n[office]", "前面已经写过"),
        ("a = " + "[" * 5000, "写法不对"),
        ("a = " + "9" * 5000, "写法不对"),
        ("a = " + "[" * 300 + "]" * 300, "不合要求"),
    ],
)
def test_a_file_that_is_no_toml_is_told_with_its_line(faults, text, complaint):
    (fault,) = faults(text)

    assert complaint in fault
    assert "甲" not in fault


def test_a_missing_file_is_told_with_the_remedy(tmp_path):
    with pytest.raises(BotError, match=r"config\.example\.toml"):
        load_config(tmp_path / "config.toml", environ={})


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(BotError, match="读不出来"):
        load_config(tmp_path, environ={})


def test_a_file_in_another_encoding_is_told(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes("[office]\nname = '示范局'".encode("gbk"))

    with pytest.raises(BotError, match="UTF-8"):
        load_config(path, environ={})


def test_a_file_from_windows_is_read(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes(("\ufeff" + OFFICE.replace("\n", "\r\n")).encode())

    assert load_config(path, environ={}).office.name == "示范局"


def test_the_sandbox_has_settings_without_a_file(tmp_path):
    config = Config.default_for_sandbox(
        folder=tmp_path,
        settings=OneBotSettings(way="forward", url="ws://127.0.0.1:1"),
        token=TOKEN,
        workflows={"alerts": AlertSettings()},
    )

    assert config.accounts[0].token.get_secret_value() == TOKEN
    assert config.store.key_file == tmp_path / "vault.key"
    assert config.workflows["alerts"] == AlertSettings()


def test_settings_made_in_code_are_checked_too():
    with pytest.raises(ValidationError):
        OneBotSettings(way="forward", url="")


NASTY = '''\
top = 1 # [not.a.table]
"quoted \\u7532" = "a # b ] } , = 'c' \\" d"
'literal' = 'x\\'
a . b . "c.d" = [ # comment with ] and "
  1, [2,
  3], { x = 1, y = "}" },
  2027-01-01 08:00:00, """
  [trap]
  still = "text" \\""" quoted""""",
  \'\'\'
[[trap]]\'\'\', # end
]
empty = [ ]
inline = { one . two = {}, "three" = [ ] }

[ table . "sub" ] # here
key = """"first"" line"""
[[list]]
name = 1
[[list.inner]]
name = 2
[[list.inner]]
name = 3
[list.inner.deep]
name = 4
[[list]]
name = 5
'''


def test_lines_are_found_in_any_toml():
    lines = lines_of(NASTY)

    assert set(paths_of(tomllib.loads(NASTY))) == lines.keys()
    assert lines["quoted 甲",] == 2
    assert lines["a", "b", "c.d", 1, 1] == 6
    assert lines["a", "b", "c.d", 2, "y"] == 6
    assert lines["a", "b", "c.d", 5] == 10
    assert lines["inline", "one", "two"] == 14
    assert lines["table", "sub", "key"] == 17
    assert lines["list", 0, "inner", 1, "deep", "name"] == 25
    assert lines["list", 1] == 26
    assert lines["list", 1, "name"] == 27


CHARACTERS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
VALUES = st.recursive(
    CHARACTERS | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CHARACTERS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(CHARACTERS, VALUES, max_size=5))
def test_lines_are_found_for_any_values(table):
    text = "".join(f"\n{quoted(key)} =\t{as_toml(value)}\n" for key, value in table.items())

    lines = lines_of(text)

    assert set(paths_of(table)) == lines.keys()
    assert [lines[key,] for key in table] == list(range(2, 2 * len(table) + 2, 2))


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def as_toml(value):
    if isinstance(value, dict):
        pairs = (f"{quoted(key)} = {as_toml(inner)}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return quoted(value)


def paths_of(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from paths_of(inner, (*path, key))


@pytest.mark.parametrize(("second", "repeated"), [("office1", True), ("office2", False)])
def test_two_accounts_of_one_chat_need_two_ids(load, second, repeated):
    settings = dataclass(frozen=True)(type("S", (), {"__annotations__": {"self_id": str}}))
    one, other = (
        Platform(
            name=name, settings=settings, open=lambda _: None, needs_token=False, chat="wechat"
        )
        for name in ("one", "other")
    )
    text = OFFICE + "".join(
        f'[[accounts]]\nname = "{name}"\nplatform = "{name}"\nself_id = "{own}"\n'
        for name, own in (("one", "office1"), ("other", second))
    )

    try:
        load(text, platforms={"one": one, "other": other})
        told = ""
    except BotError as error:
        told = str(error)

    assert ("第12行 accounts.self_id：另一个账号也写了这个 self_id" in told) == repeated
    assert bool(told) == repeated


def test_a_platform_that_needs_no_token_does_without(load):
    settings = dataclass(frozen=True)(type("S", (), {"__annotations__": {"self_id": str}}))
    quiet = Platform(name="quiet", settings=settings, open=lambda _: None, needs_token=False)
    text = OFFICE + '[[accounts]]\nname = "丁"\nplatform = "quiet"\nself_id = "小群"\n'

    config = load(text, platforms={"quiet": quiet})

    assert config.accounts[0].self_id == "小群"
    assert config.accounts[0].token.get_secret_value() == ""


def test_the_keys_of_a_platform_nobody_knows_are_not_blamed(faults):
    (fault,) = faults(OFFICE + ACCOUNT.replace('"onebot"', '"onebto"'))

    assert 'accounts.platform：只能写 "onebot"' in fault

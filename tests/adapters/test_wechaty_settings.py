"""What a WeChat account is told in the configuration, and the libraries it needs."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.adapters.wechaty.adapter import WechatyAdapter
from bot.adapters.wechaty.settings import WechatySettings
from bot.clock import SystemClock
from bot.model.errors import BotError


@pytest.mark.parametrize(
    ("stated", "key", "sentence"),
    [
        ({"endpoint": "http://127.0.0.1:8788"}, "endpoint", "主机:端口"),
        ({"endpoint": "127.0.0.1"}, "endpoint", "主机:端口"),
        ({"endpoint": "127.0.0.1:99999"}, "endpoint", "主机:端口"),
        ({"endpoint": "gateway:8788", "tls_name": "insecure"}, "tls_name", "tls = true"),
        ({"endpoint": "gateway:8788", "tls_ca": Path("/ca.pem")}, "tls_ca", "tls = true"),
        (
            {"endpoint": "gateway:8788", "tls": True, "tls_ca": Path("/nowhere/ca.pem")},
            "tls_ca",
            "没有这个文件",
        ),
    ],
)
def test_settings_that_cannot_work_say_which_key_and_why(stated, key, sentence):
    with pytest.raises(ValidationError) as refused:
        WechatySettings(**stated)

    (fault,) = refused.value.errors()
    assert fault["loc"] == (key,)
    assert sentence in fault["msg"]


@pytest.mark.parametrize(("token", "sentence"), [("", "没有令牌"), ("有 空格", "不能有空格")])
def test_a_token_is_needed(token, sentence, tmp_path):
    with pytest.raises(BotError, match=sentence):
        WechatyAdapter(
            "微信号",
            settings=WechatySettings(endpoint="[::1]:8788"),
            token=token,
            folder=tmp_path,
            out=print,
            clock=SystemClock(),
            count=print,
        )


def test_without_the_libraries_the_package_is_imported_and_an_account_says_what_is_missing():
    code = """
import sys
sys.modules["wechaty_puppet_service"] = None
from bot.adapters.wechaty.adapter import WechatyAdapter
from bot.adapters.wechaty.settings import WechatySettings
assert "grpclib" not in sys.modules and "betterproto" not in sys.modules
try:
    WechatyAdapter("a", settings=WechatySettings(endpoint="127.0.0.1:1"), token="t", folder=None,
                   out=print, clock=None, count=print)
except Exception as error:
    print(type(error).__name__, error)
"""

    told = _python(code)

    assert told.startswith("BotError")
    assert 'pip install ".[wechaty]"' in told


def test_wechaty_itself_is_imported_quietly_and_leaves_nothing_where_it_runs(tmp_path):
    code = """
import logging, os, sys
from pathlib import Path
from bot.adapters.wechaty.mending import load, load_wechaty
os.chdir(sys.argv[1])
load()
assert load_wechaty(Path(sys.argv[1], "cache")).Wechaty
loud = [name for name, logger in logging.root.manager.loggerDict.items()
        if getattr(logger, "propagate", True) is False and not logger.disabled]
assert loud == [], loud
assert set(os.listdir()) <= {"cache"}, os.listdir()
"""

    assert _python(code, str(tmp_path)) == ""


def _python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr

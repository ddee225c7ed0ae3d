"""A stand-in of the web-WeChat service on loopback, in threads of its own; faults on demand."""

# ruff: noqa: D102 - the names say it

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.peers.web_wechat.world import OWN, World

PREFIX = "/cgi-bin/mmwebwx-bin"
_POLL_SECONDS = 0.2
"""How long an empty long poll lasts; the service takes about 25 seconds."""


class WebWechat:
    """The service: `world` is what is true, `scan()` a person with a telephone.

    `sent` holds (to, text); `requests` counts endpoints. Faults: `fail` answers a status, `break_`
    answers nonsense, `hang` does not answer until `release`, `retcode` is what a sync check says.
    """

    def __init__(self, *, scans: bool = True) -> None:
        self.world = World()
        self.url = ""
        self.sent: list[tuple[str, str]] = []
        self.requests: Counter[str] = Counter()
        self.qr_codes = 0
        self.refused = ""
        self.send_ret = 0
        self.uploads = 0
        self._scans = scans
        self._scanned = 0
        self._waiting: list[dict[str, object]] = []
        self._changed: list[dict[str, object]] = []
        self._retcodes: list[str] = []
        self._faults: dict[str, list[object]] = {}
        self._free = threading.Event()
        self._news = threading.Condition()
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                peer.answer(self)

            do_POST = do_GET  # noqa: N815 - the name that http.server asks for

            def log_message(self, *_: object) -> None: ...

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._free.set()
        with self._news:
            self._news.notify_all()
        self._server.shutdown()
        self._server.server_close()

    # --- what a person with a telephone does

    def scan(self) -> None:
        with self._news:
            self._scanned += 1
            self._news.notify_all()

    # --- what happens in the world

    def post(self, room: str | None, sender: str | None, text: str = "", **fields: object) -> str:
        """Let somebody write; return the message's id."""
        content = text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br/>")
        message = self.world.message(room, sender, **{"Content": content, **fields})
        self.hand_out(message)
        return str(message["MsgId"])

    def note(self, room: str, text: str) -> None:
        self.hand_out(self.world.message(room, None, MsgType=10000, Content=text))

    def recall(self, room: str, sender: str, message_id: str) -> None:
        content = (
            '&lt;sysmsg type="revokemsg"&gt;&lt;revokemsg&gt;&lt;session&gt;x&lt;/session&gt;'
            f"&lt;oldmsgid&gt;1&lt;/oldmsgid&gt;&lt;msgid&gt;{message_id}&lt;/msgid&gt;"
            "&lt;replacemsg&gt;&lt;![CDATA[撤回了一条消息]]&gt;&lt;/replacemsg&gt;"
            "&lt;/revokemsg&gt;&lt;/sysmsg&gt;"
        )
        self.hand_out(self.world.message(room, sender, MsgType=10002, Content=content))

    def hand_out(self, *messages: dict[str, object]) -> None:
        with self._news:
            self._waiting.extend(messages)
            self._news.notify_all()

    def change(self, room: str) -> None:
        """Hand out a changed room as the service does, without its members."""
        with self._news:
            self._changed.append(self.world.room_contact(room, members=False))
            self._news.notify_all()

    # --- faults

    def retcode(self, code: str) -> None:
        """Let the next sync check end the login: 1100, 1101 (another login), 1102."""
        with self._news:
            self._retcodes.append(code)
            self._news.notify_all()

    def fail(self, endpoint: str, status: int = 502, times: int = 1) -> None:
        self._fault(endpoint, [status] * times)

    def break_(self, endpoint: str, times: int = 1) -> None:
        self._fault(endpoint, ["broken"] * times)

    def hang(self, endpoint: str) -> None:
        self._fault(endpoint, ["hang"] * 1000)

    def release(self) -> None:
        """Let what hangs be answered, and what comes too."""
        self._faults.clear()
        self._free.set()

    # --- the wire

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        parts = urlsplit(handler.path)
        endpoint = parts.path.removeprefix(PREFIX).strip("/") or "home"
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.requests[endpoint] += 1
        status, text, cookies = 200, "", ()
        fault = self._next_fault(endpoint)
        if fault == "hang":
            self._free.wait(30)
        if isinstance(fault, int):
            status, text = fault, "<html>bad gateway</html>"
        elif fault == "broken":
            text = "{half of an answ"
        else:
            reply = getattr(self, f"_{endpoint}", None)
            if reply is None:
                status = 404
            elif endpoint == "webwxnewloginpage":
                text, cookies = self._webwxnewloginpage(query)
            else:
                text = reply(query, _loads(body))
        data = text.encode()
        try:
            handler.send_response(status)
            for cookie in cookies:
                handler.send_header("Set-Cookie", f"{cookie}; Path=/")
            handler.send_header("Content-Type", "text/plain")
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)
        except OSError:
            handler.close_connection = True  # the bot no longer waits for it

    def _fault(self, endpoint: str, faults: list[object]) -> None:
        self._free.clear()
        self._faults.setdefault(endpoint, []).extend(faults)

    def _next_fault(self, endpoint: str) -> object:
        waiting = self._faults.get(endpoint)
        return waiting.pop(0) if waiting else None

    def _wait(self, ready: Callable[[], object]) -> None:
        with self._news:
            self._news.wait_for(ready, _POLL_SECONDS)

    def _home(self, _: dict[str, str], __: dict[str, object]) -> str:
        return "<html></html>"

    def _jslogin(self, _: dict[str, str], __: dict[str, object]) -> str:
        self.qr_codes += 1
        return f'window.QRLogin.code = 200; window.QRLogin.uuid = "qr{self.qr_codes}==";'

    def _login(self, _: dict[str, str], __: dict[str, object]) -> str:
        if not self._scans:
            self._wait(lambda: self._scanned)
            with self._news:
                if not self._scanned:
                    return "window.code=408;"
                self._scanned -= 1
        page = f"{self.url}{PREFIX}/webwxnewloginpage?ticket=t&uuid=u&lang=zh_CN&scan=1"
        return f'window.code=200;\nwindow.redirect_uri="{page}";'

    def _webwxnewloginpage(self, _: dict[str, str]) -> tuple[str, tuple[str, ...]]:
        if self.refused:
            error = f"<error><ret>{self.refused}</ret><message>当前无法登录</message></error>"
            return error, ()
        self.world.login += 1
        with self._news:
            self._waiting.clear()
            self._changed.clear()
            self._retcodes.clear()
        return "<error><ret>0</ret></error>", (
            f"wxsid=sid{self.world.login}",
            "wxuin=123456",
            "webwx_data_ticket=ticket",
        )

    def _webwxinit(self, _: dict[str, str], __: dict[str, object]) -> str:
        listed = [key for key, room in self.world.rooms.items() if room.listed]
        return _ok(
            User=self.world.contact(OWN),
            InviteStartCount=40,
            SyncKey=self._key(),
            ContactList=[self.world.room_contact(key, members=False) for key in listed],
        )

    def _webwxstatusnotify(self, _: dict[str, str], __: dict[str, object]) -> str:
        return _ok(MsgID="1")

    def _webwxpushloginurl(self, _: dict[str, str], __: dict[str, object]) -> str:
        return json.dumps({"ret": "1", "msg": "all"})

    def _webwxgetcontact(self, _: dict[str, str], __: dict[str, object]) -> str:
        friends = [self.world.contact(key) for key in self.world.people if key != OWN]
        return _ok(MemberCount=len(friends), MemberList=friends, Seq=0)

    def _webwxbatchgetcontact(self, _: dict[str, str], body: dict[str, object]) -> str:
        asked = [str(each["UserName"]) for each in body["List"]]  # type: ignore[attr-defined]
        found = []
        for user in asked:
            key = self.world.key_of(user)
            if key in self.world.rooms:
                found.append(self.world.room_contact(key))
            elif key is not None:
                found.append(self.world.contact(key))
        return _ok(Count=len(found), ContactList=found)

    def _synccheck(self, query: dict[str, str], _: dict[str, object]) -> str:
        sid = query.get("sid")
        self._wait(lambda: self._waiting or self._changed or self._retcodes)
        with self._news:
            code = "0"
            if sid != f"sid{self.world.login}":
                code = "1101"
            elif self._retcodes:
                code = self._retcodes.pop(0)
            selector = "2" if self._waiting or self._changed else "0"
        return f'window.synccheck={{retcode:"{code}",selector:"{selector}"}}'

    def _webwxsync(self, _: dict[str, str], __: dict[str, object]) -> str:
        with self._news:
            messages, self._waiting = self._waiting, []
            rooms, self._changed = self._changed, []
        return _ok(
            AddMsgCount=len(messages),
            AddMsgList=messages,
            ModContactList=rooms,
            SyncKey=self._key(),
            SyncCheckKey=self._key(),
        )

    def _webwxsendmsg(self, _: dict[str, str], body: dict[str, object]) -> str:
        message: dict[str, object] = body["Msg"]  # type: ignore[assignment]
        if self.send_ret:
            return json.dumps({"BaseResponse": {"Ret": self.send_ret, "ErrMsg": ""}})
        if self.world.key_of(str(message["ToUserName"])) is None:
            return json.dumps({"BaseResponse": {"Ret": 1, "ErrMsg": ""}})
        self.sent.append((str(message["ToUserName"]), str(message["Content"])))
        return _ok(MsgID=f"9{len(self.sent):09}", LocalID="1")

    def _webwxupdatechatroom(self, query: dict[str, str], body: dict[str, object]) -> str:
        key = self.world.key_of(str(body["ChatRoomName"]))
        room = self.world.rooms.get(key or "")
        if room is None or room.owner != OWN:
            return json.dumps({"BaseResponse": {"Ret": -23, "ErrMsg": ""}})
        if query.get("fun") == "delmember":
            for user in str(body["DelMemberList"]).split(","):
                room.members.pop(self.world.key_of(user) or "", None)
        elif query.get("fun") == "modtopic":
            room.topic = str(body["NewTopic"])
        return _ok()

    def _webwxoplog(self, _: dict[str, str], __: dict[str, object]) -> str:
        return _ok()

    _webwxrevokemsg = _webwxoplog
    _webwxlogout = _webwxoplog

    def _webwxuploadmedia(self, _: dict[str, str], __: dict[str, object]) -> str:
        self.uploads += 1
        return _ok(MediaId="media")

    def _webwxsendappmsg(self, _: dict[str, str], __: dict[str, object]) -> str:
        self.uploads += 1
        return _ok(MsgID="1")

    _webwxsendmsgimg = _webwxsendappmsg
    _webwxgetmsgimg = _home
    _webwxgetmedia = _home

    def _key(self) -> dict[str, object]:
        return {"Count": 1, "List": [{"Key": 1, "Val": self.requests["webwxsync"]}]}


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that went away."""


def _ok(**fields: object) -> str:
    return json.dumps({"BaseResponse": {"Ret": 0, "ErrMsg": ""}, **fields}, ensure_ascii=False)


def _loads(body: bytes) -> dict[str, object]:
    if not re.match(rb"\s*\{", body):
        return {}
    read = json.loads(body)
    return read if isinstance(read, dict) else {}

"""The ways in which the shop is told, each against a server that answers as the real one does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.inbox import calling
from bot.inbox.delivery import Failed, Refused, Sender, Unknown
from bot.inbox.notices import DingTalk, Events, Feishu, Mail, Webhook, WeCom, senders
from bot.settings import Settings
from bot.store import Delivery
from tests.claims.builders import NOW

TEXT = "买家要找人；买家a**；T恤少1；建议回：您好\nSF-20261120-ABC234"
DELIVERY = Delivery(1, "handoff:1:webhook", "webhook", {"event": "handoff", "text": TEXT}, 1, NOW)
AT = 1_795_000_000.25


def clock() -> float:
    return AT


class Server:
    """Answers every request with ``status`` and ``answer``; ``asked`` is what came."""

    def __init__(self, status: int = 200, answer: Any = None, headers: dict[str, str] | None = None) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.hangs_up = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                if outer.hangs_up:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(json.dumps(answer if answer is not None else {}).encode())

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook?key=secret-key"

    def __enter__(self) -> Server:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def body(self) -> Any:
        return json.loads(self.asked[-1][2])


def signed(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def test_a_conversation_may_have_a_chinese_name() -> None:
    with Server() as server:
        Webhook(server.url, "hush", clock).send(
            Delivery(1, "handoff:1:webhook:会话一", "webhook", {"text": "x"}, 1, NOW)
        )
    ((_, headers, body),) = server.asked
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(b"hush", signed, "sha256")).decode()


def test_a_program_can_check_an_event_by_either_secret() -> None:
    event = Delivery(1, "event:1", "event", {"event": "claim", "conversation_id": "会话", "data": {}}, 1, NOW)
    with Server() as server:
        Events(server.url, ("new", "old"), clock).send(event)
        Events(server.url, ("new",), clock).send(event)
    (_, headers, body), (_, again, _) = server.asked
    stamp = headers["x-shaofa-timestamp"]
    signed = stamp.encode() + b"." + body
    seals = [f"sha256={hmac.new(key, signed, hashlib.sha256).hexdigest()}" for key in (b"new", b"old")]
    assert stamp == "1795000000" and headers["x-shaofa-signature"].split(",") == seals
    assert again["x-shaofa-signature"] == seals[0]
    told = json.loads(body)
    assert told["event"] == "claim" and told["id"] == headers["x-shaofa-event-id"] == again["x-shaofa-event-id"]


def test_the_shops_own_server_can_check_who_sends() -> None:
    with Server() as server:
        Webhook(server.url, "hush", clock).send(DELIVERY)
    (_, headers, body), said = server.asked[0], server.body
    assert said == DELIVERY.payload
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (DELIVERY.key, "1795000000")
    assert headers["webhook-signature"] == f"v1,{signed('hush', f'{DELIVERY.key}.1795000000.{body.decode()}')}"


def test_dingtalk_is_signed_in_the_address() -> None:
    with Server(answer={"errcode": 0, "errmsg": "ok"}) as server:
        DingTalk(server.url, "SEC1", clock).send(DELIVERY)
    query = parse_qs(urlsplit(server.asked[0][0]).query)
    stamp = "1795000000250"
    assert query == {"key": ["secret-key"], "timestamp": [stamp], "sign": [signed("SEC1", f"{stamp}\nSEC1")]}
    assert server.body == {"msgtype": "text", "text": {"content": TEXT}}


def test_feishu_is_signed_in_the_body() -> None:
    with Server(answer={"code": 0, "msg": "success"}) as server:
        Feishu(server.url, "hush", clock).send(DELIVERY)
    sign = signed("1795000000\nhush", "")
    assert server.body == {"timestamp": "1795000000", "sign": sign, "msg_type": "text", "content": {"text": TEXT}}


def test_wecom_has_its_key_in_the_address() -> None:
    with Server(answer={"errcode": 0, "errmsg": "ok"}) as server:
        WeCom(server.url).send(DELIVERY)
    assert server.body == {"msgtype": "text", "text": {"content": TEXT}}


@pytest.mark.parametrize("robot", [DingTalk, Feishu])
def test_a_robot_without_a_secret_is_not_signed(robot: type) -> None:
    with Server(answer={"errcode": 0, "code": 0}) as server:
        robot(server.url, None, clock).send(DELIVERY)
    assert "sign" not in server.asked[0][0] and "sign" not in server.body


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (200, {"errcode": 0, "code": 0}, None),
        (200, {"errcode": 130101, "code": 11232}, Failed),  # too many in a minute
        (200, {"errcode": 310000, "code": 19021}, Refused),  # the signature does not fit
        (200, ["?"], Refused),
        (429, {}, Failed),
        (503, {}, Failed),
        (302, {}, Refused),
        (404, {}, Refused),
    ],
)
@pytest.mark.parametrize("robot", ["dingtalk", "feishu"])
def test_what_a_robot_answers(robot: str, status: int, answer: Any, error: type[Exception] | None) -> None:
    with Server(status, answer) as server:
        sender: Sender = (DingTalk if robot == "dingtalk" else Feishu)(server.url, "s", clock)
        if error is None:
            sender.send(DELIVERY)
            return
        with pytest.raises(error) as told:
            sender.send(DELIVERY)
    assert "secret-key" not in str(told.value), "the address holds a key"


def test_wecom_is_busy_or_does_not_know_the_key() -> None:
    for code, error in ((45009, Failed), (93000, Refused)):
        with Server(answer={"errcode": code}) as server, pytest.raises(error, match=f"errcode {code}"):
            WeCom(server.url).send(DELIVERY)


def test_how_long_to_wait_is_taken_from_the_answer() -> None:
    with Server(429, headers={"Retry-After": "30"}) as server, pytest.raises(Failed) as failed:
        Webhook(server.url, "s", clock).send(DELIVERY)
    assert failed.value.after_s == 30


def test_nobody_there_is_a_failure_and_a_line_that_is_cut_leaves_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Failed, match="no line"):
        WeCom(f"http://127.0.0.1:{port}/").send(DELIVERY)
    with Server() as server, pytest.raises(Unknown, match="cut"):
        server.hangs_up = True
        WeCom(server.url).send(DELIVERY)
    monkeypatch.setattr(calling, "_PATIENCE", (1, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unknown, match="no answer"):
        WeCom(f"http://127.0.0.1:{silent.getsockname()[1]}/").send(DELIVERY)


class MailServer(socketserver.StreamRequestHandler):
    """As much of SMTP as a mail takes; ``refuses`` answers a command by a line of its own."""

    mails: ClassVar[list[str]] = []
    refuses: ClassVar[dict[str, str]] = {}

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            command = line.split()[0].upper()
            if command in self.refuses:
                self.say(self.refuses[command])
            elif command == "DATA":
                self.say("354 go on")
                self.mails.append("".join(iter(lambda: self.rfile.readline().decode(), ".\r\n")))
                self.say("250 taken")
            else:
                self.say("221 bye" if command == "QUIT" else "250 fine")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server(**refuses: str) -> Iterator[str]:
    MailServer.mails, MailServer.refuses = [], refuses
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_mail_has_the_reason_in_its_subject() -> None:
    with mail_server() as url:
        Mail(url, "bot@shop.example", ("a@shop.example", "b@shop.example")).send(DELIVERY)
    (mail,) = MailServer.mails
    assert "To: a@shop.example, b@shop.example" in mail and "Subject: =?utf-8?" in mail
    assert base64.b64encode(TEXT.encode()[:30]).decode() in mail.replace("\r\n", "")


def test_a_mail_that_is_not_taken() -> None:
    for refusal, error in (("550 nobody", Refused), ("451 later", Failed)):
        with mail_server(MAIL=refusal) as url, pytest.raises(error, match=f"SMTP {refusal[:3]}"):
            Mail(url, "bot@shop.example", ("a@shop.example",)).send(DELIVERY)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Failed, match="ConnectionRefusedError"):
        Mail(f"smtp://127.0.0.1:{port}", "a@b.c", ("a@b.c",)).send(DELIVERY)


def test_who_is_told_is_said_by_the_settings() -> None:
    assert senders(Settings(), clock) == {} and Settings().notices == ()
    every = Settings(
        notice_url="https://shop.example/hook",
        notice_secret="s" * 32,
        dingtalk_url="https://oapi.dingtalk.com/robot/send?access_token=t",
        feishu_url="https://open.feishu.cn/open-apis/bot/v2/hook/t",
        feishu_secret="s",
        wecom_url="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k",
        smtp_url="smtps://user:pass@mail.example",
        mail_to="a@shop.example, b@shop.example",
    )
    found = senders(every, clock)
    assert tuple(found) == every.notices == ("webhook", "dingtalk", "feishu", "wecom", "mail")
    assert found["mail"] == Mail(
        "smtps://user:pass@mail.example", "a@shop.example", ("a@shop.example", "b@shop.example")
    )
    assert "access_token" not in repr(every) and "pass@" not in repr(every)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("notice_url", "https://shop.example", "SHAOFA_NOTICE_URL"),  # without a secret
        ("wecom_url", "qyapi.weixin.qq.com", "http://"),
        ("smtp_url", "mail.example", "smtp://"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(name: str, value: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Settings(**{name: value})

"""How the shop is told of a hand-off: its own server, the robots of DingTalk, Feishu and WeCom groups, e-mail; and its
programs of whatever else happens.

Each sender is one ``Sender`` of ``bot.inbox.delivery``; a notice that comes twice harms nobody. Which there are is said
by the settings.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from bot.desk.telling import KIND
from bot.inbox.calling import check, post
from bot.inbox.delivery import Failed, Refused, Sender
from bot.settings import Settings
from bot.store import Delivery

_MAIL_PATIENCE_S = 20

Clock = Callable[[], float]  # seconds since 1970


@dataclass(frozen=True)
class Webhook:
    """The shop's own server, signed as https://www.standardwebhooks.com says: ``webhook-id`` stays the same when it is
    sent again."""

    url: str
    secret: str
    clock: Clock
    may_repeat: bool = True

    def send(self, delivery: Delivery) -> None:
        body = json.dumps(delivery.payload, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", **self._signed(delivery.key, body)}
        check(post(self.url, body, headers))

    def _signed(self, key: str, body: bytes) -> dict[str, str]:
        key = key if key.isascii() else hashlib.sha256(key.encode()).hexdigest()  # a head takes nothing else
        stamp = str(int(self.clock()))
        signed = b".".join((key.encode(), stamp.encode(), body))
        signature = f"v1,{_hmac(self.secret.encode(), signed)}"
        return {"webhook-id": key, "webhook-timestamp": stamp, "webhook-signature": signature}


@dataclass(frozen=True)
class Events:
    """A program of the shop's own. Each of the secrets signs, so that one can be changed for another without a gap."""

    url: str
    secrets: tuple[str, ...]
    clock: Clock
    may_repeat: bool = True

    def send(self, delivery: Delivery) -> None:
        event_id = hashlib.sha256(delivery.key.encode()).hexdigest()[:32]
        body = json.dumps({"id": event_id, **delivery.payload}, ensure_ascii=False).encode()
        stamp = str(int(self.clock()))
        signed = f"{stamp}.".encode() + body
        signatures = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in self.secrets)
        headers = {
            "content-type": "application/json",
            "x-shaofa-event-id": event_id,
            "x-shaofa-timestamp": stamp,
            "x-shaofa-signature": ",".join(f"sha256={signature}" for signature in signatures),
        }
        check(post(self.url, body, headers))


@dataclass(frozen=True)
class DingTalk:
    """自定义机器人, 加签: HMAC-SHA256 by the secret over the milliseconds and the secret, in the address."""

    url: str
    secret: str | None
    clock: Clock
    may_repeat: bool = True

    def send(self, delivery: Delivery) -> None:
        stamp = str(int(self.clock() * 1000))
        sign = _hmac(self.secret.encode(), f"{stamp}\n{self.secret}".encode()) if self.secret else ""
        signed = {"timestamp": stamp, "sign": sign} if sign else {}
        answer = _post_json(self.url, {"msgtype": "text", "text": {"content": _text(delivery)}}, signed)
        _check_code(answer, "errcode", busy={-1, 130101, 410100})


@dataclass(frozen=True)
class Feishu:
    """自定义机器人, 签名校验: HMAC-SHA256 of nothing, keyed by the seconds and the secret, in the body."""

    url: str
    secret: str | None
    clock: Clock
    may_repeat: bool = True

    def send(self, delivery: Delivery) -> None:
        stamp = str(int(self.clock()))
        signed = {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{self.secret}".encode(), b"")} if self.secret else {}
        body = {**signed, "msg_type": "text", "content": {"text": _text(delivery)}}
        _check_code(_post_json(self.url, body), "code", busy={11232})


@dataclass(frozen=True)
class WeCom:
    """群机器人: its key stands in the address."""

    url: str
    may_repeat: bool = True

    def send(self, delivery: Delivery) -> None:
        answer = _post_json(self.url, {"msgtype": "text", "text": {"content": _text(delivery)}})
        _check_code(answer, "errcode", busy={-1, 45009})


@dataclass(frozen=True)
class Mail:
    """``url``: ``smtp://user:password@host:587`` (with STARTTLS where the server has it) or ``smtps://…``."""

    url: str
    sender: str
    to: tuple[str, ...]
    may_repeat: bool = True

    def send(self, delivery: Delivery) -> None:
        mail = EmailMessage()
        text = _text(delivery)
        mail["Subject"] = text.splitlines()[0][:60]
        mail["From"], mail["To"] = self.sender, ", ".join(self.to)
        mail["Message-ID"] = f"<{hashlib.sha256(delivery.key.encode()).hexdigest()[:32]}@shaofa>"
        mail.set_content(text)
        try:
            self._send(mail)
        except smtplib.SMTPResponseException as error:
            kind = Refused if 500 <= error.smtp_code < 600 else Failed
            raise kind(f"SMTP {error.smtp_code}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Failed(type(error).__name__) from error

    def _send(self, mail: EmailMessage) -> None:
        at = urlsplit(self.url)
        is_tls = at.scheme == "smtps"
        server = smtplib.SMTP_SSL if is_tls else smtplib.SMTP
        with server(at.hostname or "", at.port or (465 if is_tls else 587), timeout=_MAIL_PATIENCE_S) as line:
            if not is_tls:
                line.ehlo()
                if line.has_extn("starttls"):
                    line.starttls()
            if at.username:
                line.login(unquote(at.username), unquote(at.password or ""))
            line.send_message(mail)


def senders(settings: Settings, clock: Clock) -> dict[str, Sender]:
    """Those that the settings name, by the kind of delivery."""
    found: dict[str, Sender] = {}
    if (url := _open(settings.notice_url)) and (secret := _open(settings.notice_secret)):
        found["webhook"] = Webhook(url, secret, clock)
    if url := _open(settings.events_url):
        found[KIND] = Events(url, settings.events_secrets, clock)
    if url := _open(settings.dingtalk_url):
        found["dingtalk"] = DingTalk(url, _open(settings.dingtalk_secret), clock)
    if url := _open(settings.feishu_url):
        found["feishu"] = Feishu(url, _open(settings.feishu_secret), clock)
    if url := _open(settings.wecom_url):
        found["wecom"] = WeCom(url)
    if (url := _open(settings.smtp_url)) and (to := settings.mail_addresses):
        found["mail"] = Mail(url, settings.mail_from or to[0], to)
    return found


def _open(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _text(delivery: Delivery) -> str:
    return str(delivery.payload["text"])


def _hmac(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def _post_json(url: str, body: Mapping[str, Any], query: Mapping[str, str] | None = None) -> Any:
    """What the other side answers, as JSON."""
    data = json.dumps(body, ensure_ascii=False).encode()
    answer = post(url, data, {"content-type": "application/json; charset=utf-8"}, query)
    check(answer)
    try:
        return answer.json()
    except ValueError as error:
        raise Refused("no JSON came back") from error


def _check_code(answer: Any, field: str, busy: frozenset[int] | set[int]) -> None:
    """All three answer 200 and say in the body how it went."""
    code = answer.get(field, 0) if isinstance(answer, dict) else None
    if code in busy:
        raise Failed(f"{field} {code}")
    if code != 0:
        raise Refused(f"{field} {code}")

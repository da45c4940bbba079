"""Setting the door up, and finding out what is wrong with it: for the commands. All of it blocks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.doors.chatwoot.client import api
from bot.doors.chatwoot.inboxes import ChatwootInbox
from bot.doors.chatwoot.signature import sign
from bot.inbox.calling import post
from bot.inbox.delivery import Failed, Refused, Unknown

PATH = "/v1/chatwoot/webhook"
_WRONG = (Failed, Refused, Unknown, ValueError)


@dataclass(frozen=True)
class Found:
    """One thing that was looked at; ``says`` what is so, or what to do about it."""

    is_well: bool
    says: str


@dataclass(frozen=True)
class Registered:
    """``secret`` is None on servers that do not sign."""

    bot_id: int
    token: str
    secret: str | None


def register(url: str, account: int, admin_token: str, our_address: str) -> Registered:
    """A new agent bot. ``admin_token`` is an administrator's own, used for this and not kept.

    Raises:
        Failed, Refused, Unknown: Chatwoot does not make one. ValueError: what it answers is no bot.
    """
    bot = {"name": "少发", "description": "处理少发、漏发投诉", "outgoing_url": our_address.rstrip("/") + PATH}
    address = f"{url.rstrip('/')}/api/v1/accounts/{account}/agent_bots"
    made: Any = api("POST", address, admin_token, json.dumps(bot).encode()).json()
    if not isinstance(made, dict) or not isinstance(made.get("id"), int) or not made.get("access_token"):
        raise ValueError("no bot came back")
    return Registered(made["id"], str(made["access_token"]), made.get("secret") or None)


def give_inbox(url: str, account: int, admin_token: str, bot_id: int, inbox: int) -> None:
    """From now on new conversations of the inbox begin with the bot."""
    address = f"{url.rstrip('/')}/api/v1/accounts/{account}/inboxes/{inbox}/set_agent_bot"
    api("POST", address, admin_token, json.dumps({"agent_bot": bot_id}).encode())


def look_at(door: ChatwootInbox, server: str, account: int) -> Iterator[Found]:
    """Chatwoot, the token, our own server and the signature, in this order. Nothing is changed by it."""
    try:
        version = api("GET", f"{door.url}/api", door.token).json().get("version")
        yield Found(True, f"Chatwoot 连得上，版本 {version or '没有说'}")
    except (*_WRONG, AttributeError) as error:
        yield Found(False, f"Chatwoot 连不上（{error}）：核对 url，应当是 https://你的Chatwoot，后面不带路径")
        return
    yield _token(door, account)
    yield from _our_end(door, server)


def _token(door: ChatwootInbox, account: int) -> Found:
    """There is no conversation 0: who may ask for it hears that, who may not hears 401."""
    address = f"{door.url}/api/v1/accounts/{account}/conversations/0/toggle_status"
    try:
        api("POST", address, door.token, b'{"status": "open"}')
    except Refused as refused:
        if "404" in str(refused):
            return Found(True, "机器人的令牌有效")
        return Found(
            False,
            f"令牌不对（{refused}）：到机器人页面重新复制访问令牌，核对账户号 {account}",
        )
    except _WRONG as error:
        return Found(False, f"令牌没能核对（{error}）：请稍后再试")
    return Found(True, "机器人的令牌有效")


def _our_end(door: ChatwootInbox, server: str) -> Iterator[Found]:
    """By the real way: what is signed is taken, what is not is refused. It is an event that changes nothing."""
    body = json.dumps({"event": "webwidget_triggered", "id": 0}).encode()
    stamp = str(int(time.time()))
    taken = _posted(server, body, stamp, sign(door.secret, stamp, body))
    if taken == 200:
        yield Found(True, "少发收得到，签名对得上")
    elif taken == 404:
        yield Found(False, "少发在运行，但没有开这道门：设好 SHAOFA_CHATWOOT_… 或 doors.yml 后要重启")
    elif taken == 401:
        yield Found(False, "正在运行的少发用的是另一个密钥：改过设置要重启")
    else:
        yield Found(False, f"少发没有应答（{taken or '连不上'}）：先 shaofa run，或用 --server 指出它的地址")
        return
    forged = _posted(server, body, stamp, "sha256=" + "0" * 64)
    yield Found(forged == 401, "伪造的签名会被拒绝" if forged == 401 else f"伪造的签名没有被拒绝（{forged}）")


def _posted(server: str, body: bytes, stamp: str, signature: str) -> int:
    """The status; 0 where nobody answers."""
    headers = {"content-type": "application/json", "x-chatwoot-signature": signature, "x-chatwoot-timestamp": stamp}
    try:
        return post(server.rstrip("/") + PATH, body, headers).status_code
    except _WRONG:
        return 0

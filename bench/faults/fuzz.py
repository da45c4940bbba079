"""Requests that no client sends, over raw sockets, to every route that the server has."""

from __future__ import annotations

import hashlib
import random
import re
import socket
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from bench.faults.bodies import body, framed, mutated, parameters
from bench.serving import resident_kib
from bot.doors import acs3
from bot.office import now
from tests.server import Server

WITHIN_S = 5
GROWS_AT_MOST_MIB = 300
_WARM_UP = 50
_CLIENTS = 32
_SILENCE_S = 1
_KEY_ID, _KEY = "fuzz", "fuzz-secret"
# With these every door is open.
_SETTINGS = {"SHAOFA_ALIME_KEY_ID": _KEY_ID, "SHAOFA_ALIME_KEY_SECRET": _KEY, "SHAOFA_WIDGET_SECRET": ""}


@dataclass(frozen=True)
class Target:
    path: str
    methods: tuple[str, ...]


def run(new_server: Callable[..., Server], url: str, count: int, seed: int = 1) -> dict[str, Any]:
    """What each answer must keep: see ``_judged``."""
    wrong: list[str] = []
    statuses: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="shaofa-faults-") as name:
        server = new_server(Path(name), SHAOFA_DATABASE_URL=url, **_SETTINGS)
        try:
            port = int(server.url.rpartition(":")[2])
            session = requests.post(f"{server.url}/v1/web/session", json={}, timeout=WITHIN_S).json()["session"]
            every = targets()

            def ask(number: int) -> tuple[bytes, bytes, float]:
                raw = raw_request(random.Random(f"{seed} {number}"), every, session)
                return raw, *send(port, raw)

            with ThreadPoolExecutor(_CLIENTS) as together:
                for _ in together.map(ask, range(_WARM_UP)):
                    pass
                before = resident_kib(server.pid)
                for number, (raw, answer, seconds) in enumerate(together.map(ask, range(_WARM_UP, _WARM_UP + count))):
                    status = answer[9:12].decode("latin-1") or "closed"
                    statuses[status] = statuses.get(status, 0) + 1
                    wrong += [f"{number}: {what}: {raw[:300]!r}" for what in _judged(answer, seconds)]
            grown = (resident_kib(server.pid) - before) // 1024
            if grown > GROWS_AT_MOST_MIB:
                wrong.append(f"it has grown by {grown} MiB")
            wrong += _is_well(server)
        finally:
            server.stop()
    shown = dict(sorted(statuses.items()))
    return {"requests": count, "answers": shown, "grown_mib": grown, "wrong": len(wrong), "what was wrong": wrong[:20]}


def targets() -> list[Target]:
    """All that the routing table has, and one address that it has not."""
    from bot.inbox.opening import open_inbox
    from bot.server import make_app
    from tests.inboxes import Echo

    return [*_targets(make_app(open_inbox(Echo())).routes), Target("/nothing/here", ("GET",))]  # type: ignore[arg-type]


def _targets(routes: Sequence[BaseRoute], before: str = "") -> list[Target]:
    found = []
    for route in routes:
        if isinstance(route, Mount):
            found += _targets(route.routes, before + route.path)
        elif isinstance(route, WebSocketRoute):
            found.append(Target(before + route.path, ("WEBSOCKET",)))
        elif isinstance(route, Route):
            path = before + re.sub(r"\{[^}]*\}", "a" * 64, route.path)
            found.append(Target(path, tuple(sorted(route.methods or {"GET"}))))
    return found


def raw_request(dice: random.Random, every: Sequence[Target], session: str) -> bytes:
    """One request, or what is taken for one: mostly right, and wrong in a place or two."""
    target = dice.choice(every)
    method = dice.choice(target.methods)
    payload = body(dice)
    websocket = method == "WEBSOCKET"
    head = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {session}",
        "Connection": "close",
    }
    if websocket:
        method = "GET"
        head |= {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": "13",
        }
    path = target.path
    if path == "/" and method == "POST":
        path, signed_head = _signed(dice, payload)
        head |= signed_head
    lines = [f"{name}: {value}".encode() for name, value in head.items()]
    return mutated(dice, method, path, lines, framed(dice, payload) if websocket else payload, websocket)


def _signed(dice: random.Random, payload: bytes) -> tuple[str, dict[str, str]]:
    """An address and a head in 小蜜's form, rightly signed: without that, nothing behind the signature is reached."""
    query = parameters(dice)
    head = {
        "host": "127.0.0.1",
        "x-acs-action": dice.choice(["Chat", "Chat", "Chat", "BeginSession", "Nothing"]),
        "x-acs-version": "2022-04-08",
        "x-acs-date": now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": dice.randbytes(16).hex(),
        "x-acs-content-sha256": hashlib.sha256(payload).hexdigest(),
    }
    canonical = acs3.canonical_request(acs3.Signed("POST", "/", query, [*head.items()], payload), head)
    names, signature = ";".join(sorted(head)), acs3.signature(_KEY, canonical)
    authorization = f"{acs3.ALGORITHM} Credential={_KEY_ID},SignedHeaders={names},Signature={signature}"
    return f"/?{query}", {
        **{name: value for name, value in head.items() if name != "host"},
        "Authorization": authorization,
    }


def send(port: int, raw: bytes) -> tuple[bytes, float]:
    """What comes back until the line is closed, and the longest that was waited for more of it.

    A server that waits for more hears after a second that there is none; that second is not its own.
    """
    answer, waited, since = b"", 0.0, time.monotonic()
    with socket.create_connection(("127.0.0.1", port), WITHIN_S) as line, suppress(OSError):
        line.settimeout(_SILENCE_S)
        with suppress(OSError):  # it may have been refused before all of it was said
            line.sendall(raw)
        for patience in (_SILENCE_S, 2 * WITHIN_S):
            line.settimeout(patience)
            with suppress(TimeoutError):
                while part := line.recv(65536):
                    answer += part
                    waited, since = max(waited, time.monotonic() - since), time.monotonic()
                break
            line.shutdown(socket.SHUT_WR)
            since = time.monotonic()
    return answer, max(waited, time.monotonic() - since)


_COUNTERS_POLICY = b"content-security-policy: default-src 'none'; script-src 'self'"


def _judged(answer: bytes, seconds: float) -> list[str]:
    """No 5xx but a 503 that says when to come again, no page for an error but the counter's, nobody kept waiting."""
    wrong = [f"took {seconds:.1f} s"] if seconds > WITHIN_S else []
    for one in re.split(rb"(?=HTTP/1\.1 \d{3} )", answer):  # more than one where they were sent in a row
        head = one.partition(b"\r\n\r\n")[0].lower()
        status = one[9:12]
        if status.startswith(b"5") and not (status == b"503" and b"\r\nretry-after:" in head):
            wrong.append(f"answered {one[:80]!r}")
        is_page = b"text/html" in head or b"<html" in one.lower()
        is_counters = _COUNTERS_POLICY in head  # the answer to a HEAD has a head alone
        if status >= b"400" and ((is_page and not is_counters) or b"Traceback" in one):
            wrong.append(f"answered a page: {one[:200]!r}")
    return wrong


def _is_well(server: Server) -> list[str]:
    message = {"conversation_id": "well", "sender": {"id": "demo-well"}, "text": "T恤少了一件"}
    try:
        requests.post(f"{server.url}/demo/session", json={"buyer_id": "demo-well"}, timeout=WITHIN_S).raise_for_status()
        answer = requests.post(f"{server.url}/v1/messages", json=message, timeout=WITHIN_S)
        answer.raise_for_status()
        return [] if answer.json()["case"]["status"] == "offered" else [f"afterwards it says {answer.text}"]
    except (requests.RequestException, TypeError) as error:
        return [f"afterwards it is not well: {error}"]

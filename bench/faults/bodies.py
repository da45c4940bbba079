"""Bodies and heads for ``fuzz``: what each draws, it draws from the dice alone."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from urllib.parse import quote

_TEXTS = (
    "T恤少了一件",
    "接受",
    "转人工",
    "",
    " ",
    "\x00",
    "\u202e",
    "a" * 3000,
    "🙂" * 500,
    "/restart",
    "{}",
    "\ufeff",
)
_NUMBERS = (0, -1, 1.5, 10**30, -(10**30), 2**63, True, None)
_FIELDS = (
    *("conversation_id", "sender", "id", "type", "event", "text", "attachments", "context", "channel"),
    *("messages", "model", "stream", "user", "metadata", "stream_options", "session", "token", "buyer_id", "order_id"),
    *("Utterance", "SessionId", "SenderId", "KnowledgeId", "query", "inputs", "files", "after"),
)


def body(dice: random.Random) -> bytes:
    return dice.choice(_BODIES)(dice)


def _message(dice: random.Random) -> bytes:
    said = {"conversation_id": f"f{dice.randrange(50)}", "sender": {"id": f"demo-f{dice.randrange(5)}"}}
    said |= {"text": dice.choice(_TEXTS), "id": f"m{dice.randrange(10**6)}"}
    return _json(said)


def _chat(dice: random.Random) -> bytes:
    content = dice.choice([dice.choice(_TEXTS), [{"type": "text", "text": "在吗"}], [{"type": "image_url"}], None, 5])
    said = {"model": dice.choice(["shaofa", "x", 1]), "messages": [{"role": "user", "content": content}]}
    return _json({**said, "stream": dice.choice([True, False, "maybe"]), "user": f"demo-f{dice.randrange(5)}"})


def _any_fields(dice: random.Random) -> bytes:
    return _json({dice.choice(_FIELDS): _value(dice, 3) for _ in range(dice.randint(0, 8))})


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _value(dice: random.Random, depth: int) -> object:
    kind = dice.randrange(5 if depth else 3)
    if kind == 3:
        return [_value(dice, depth - 1) for _ in range(dice.randint(0, 4))]
    if kind == 4:
        return {dice.choice(_FIELDS): _value(dice, depth - 1) for _ in range(dice.randint(0, 4))}
    return dice.choice(_NUMBERS) if kind else dice.choice(_TEXTS)


def _nested(dice: random.Random) -> bytes:
    depth = dice.choice([10, 1000, 100_000])
    opening, closing = dice.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return opening * depth + b"1" + (closing * depth if dice.random() < 0.5 else b"")


def _huge_number(dice: random.Random) -> bytes:
    digits = b"9" * dice.choice([400, 5000, 100_000])
    number = dice.choice([digits, b"-" + digits, b"1e" + digits[:400], b"0." + digits])
    return b'{"conversation_id":"n","sender":{"id":"n"},"text":"n","id":%b,"after":%b}' % (number, number)


def _no_json(dice: random.Random) -> bytes:
    return dice.choice(
        [
            b"NaN",
            b'{"text": NaN, "a": Infinity}',
            rb'{"conversation_id":"\ud800","sender":{"id":"\udfff"},"text":"\ud83d"}',
            rb'{"conversation_id":"s","sender":{"id":"demo-s"},"text":"\ud83d \u0000"}',
            b'{"text": "\xff\xfe\xc3\x28"}',
            b"\xef\xbb\xbf{}",
            '{"text": "少"}'.encode("utf-16"),
            '{"text": "少"}'.encode("gb18030"),
            b"{" * 50,
            b"",
            b"null",
            b"Action=Chat&Version=2022-04-08&Utterance=%E5%B0%91%FF&x=%",
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx',
            b"\xff\xd8\xff\xe0" + dice.randbytes(200),
            b"\x89PNG\r\n\x1a\n" + dice.randbytes(200),
            b"\x00\x00\x00\x18ftypmp42" + dice.randbytes(200),
            dice.randbytes(dice.choice([1, 100, 10_000])),
        ]
    )


def _large(dice: random.Random) -> bytes:
    return b'{"text": "' + b"x" * dice.choice([255_000, 256_001, 1_000_000]) + b'"}'


_BODIES: tuple[Callable[[random.Random], bytes], ...] = (
    *(_message, _message, _chat, _any_fields, _any_fields, _any_fields),
    *(_nested, _huge_number, _no_json, _no_json, _large),
)


def parameters(dice: random.Random) -> str:
    """A query in 小蜜's form."""
    values = (*_TEXTS, "1", "选2", "-1", '{"order_id": "1"}', '{"order_id": [1]}', "[" * 2000, "a" * 200, "\ud83d")
    named = {dice.choice(_PARAMETERS): dice.choice(values) for _ in range(dice.randint(1, 5))}
    pairs = [f"{name}={quote(value, safe='', errors='surrogatepass')}" for name, value in named.items()]
    return "&".join([*pairs, *(["Utterance=%FF%00%E5"] if dice.random() < 0.1 else [])])


_PARAMETERS = (
    "Utterance",
    "Utterance",
    "Utterance",
    "SessionId",
    "SenderId",
    "KnowledgeId",
    "VendorParam",
    "Perspective",
)


def framed(dice: random.Random, payload: bytes) -> bytes:
    """The payload as WebSocket frames, some of which are none."""
    frames = b""
    for _ in range(dice.randint(1, 3)):
        first = dice.choice([0x81, 0x81, 0x81, 0x82, 0x01, 0x80, 0x88, 0x89, 0x8F, 0xF1, dice.randrange(256)])
        part = dice.choice([payload[:100], payload[:70_000], b"", dice.randbytes(50)])
        length = dice.choice([len(part)] * 5 + [len(part) + 5, 2**62])
        size = (
            bytes([0x80 | length])
            if length < 126
            else bytes([0xFE]) + struct.pack(">H", length)
            if length < 65536
            else bytes([0xFF]) + struct.pack(">Q", length)
        )
        mask = dice.randbytes(4)
        frames += bytes([first]) + size + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(part))
    return frames


_METHODS = (
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "CONNECT",
    "get",
    "P\u00d6ST",
    "X" * 300,
    "",
)
_VERSIONS = ("HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/0.9", "HTTP/9.9", "HTTP/1.", "http/1.1", "", "HTTP/1.1 x")
_TAILS = (
    "?",
    "?a=%",
    "?after=-1",
    "?after=99999999999",
    "?after=٣",
    "?id=%00",
    "?id=" + "y" * 5000,
    "/",
    "//",
    "/../..",
    "%2e%2e",
    "%ff",
    "%u0041",
    "%",
    ";",
    "#x",
    "?thumb=1&thumb=2",
    "?x-acs-action=Chat&Action=Chat",
    "/" + "a" * 3000,
    "\xff",
)
_LINES = (
    *("Expect: 100-continue", "Expect: x", "Upgrade: h2c", "Upgrade: websocket", "Connection: Upgrade", "Accept: \xff"),
    *("Content-Encoding: gzip", "Content-Type: text/plain", "Content-Type: ", "Content-Type: multipart/form-data"),
    *(
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: image/png",
        "Content-Type: application/json; charset=utf-7",
    ),
    *(
        "Authorization: Bearer",
        "Authorization: Basic Og==",
        "Authorization: Bearer \xff",
        "X-API-Key: \u00e4",
        "Cookie: a=b; ;;=;",
    ),
    *(
        "Host: shop.example",
        "Host: ",
        "Host: [::1",
        "Host: a b",
        "Origin: null",
        "Origin: https://evil.example",
        "Origin: \xff",
    ),
    *("x-acs-action: Chat", "x-acs-version: 2022-04-08", "x-acs-date: never", "anthropic-version: 2023-06-01"),
    *(
        "X-Request-Id: " + "r" * 500,
        "X-Request-Id: \x01",
        "X: " + "y" * 9000,
        "X: " + "y" * 70_000,
        ": empty",
        "No colon",
    ),
    *(
        "X\x00: y",
        "X : y",
        " folded: y",
        "Range: bytes=9-1,,",
        "If-None-Match: \xff",
        "If-Modified-Since: x",
        "Accept-Encoding: \xff",
    ),
    *(
        "Sec-WebSocket-Key: short",
        "Sec-WebSocket-Version: 99",
        "Sec-WebSocket-Protocol: " + "p," * 200,
        "TE: trailers",
        "Trailer: X",
    ),
    *("X-Forwarded-For: 127.0.0.1", "Idempotency-Key: \xff", "Keep-Alive: timeout=-1", "Via: 1.1 x"),
)


def mutated(dice: random.Random, method: str, path: str, lines: list[bytes], payload: bytes, websocket: bool) -> bytes:
    """The request with nothing, one or several things wrong in it."""
    version = "HTTP/1.1"
    length = [] if websocket else [f"Content-Length: {len(payload)}".encode()]
    again = 1
    for _ in range(dice.choice([0, 1, 1, 1, 2, 3])):
        what = dice.randrange(12)
        if what == 0:
            method = dice.choice(_METHODS)
        elif what == 1:
            version = dice.choice(_VERSIONS)
        elif what == 2:
            path += dice.choice(_TAILS)
        elif what in (3, 4, 5):
            lines = [*lines, dice.choice(_LINES).encode("latin-1", "replace")]
        elif what == 6:
            lines = [*lines, dice.choice(lines)] if dice.random() < 0.5 else [b"X: %d" % n for n in range(500)] + lines
        elif what == 7:
            lines.pop(dice.randrange(len(lines)))
            if not lines:
                lines = [b"A: b"]
        elif what == 8:
            length = [dice.choice(_LENGTHS).replace(b"%d", b"%d" % len(payload))]
        elif what == 9 and not websocket:
            length, payload = [b"Transfer-Encoding: " + dice.choice(_ENCODINGS)], _chunked(dice, payload)
        elif what == 10:
            payload = payload[: dice.randint(0, len(payload))]  # and then the line is closed
        else:
            again = dice.choice([2, 3, 20])
    start = f"{method} {path} {version}".encode("latin-1", "replace")
    raw = b"\r\n".join([start, *lines, *length, b"", payload])
    if again > 1:
        raw = raw.replace(b"Connection: close", b"Connection: keep-alive") * (again - 1) + raw
    if dice.random() < 0.1:
        junk = bytearray(raw)
        for _ in range(dice.randint(1, 5)):
            junk[dice.randrange(min(len(junk), 500))] = dice.randrange(256)
        raw = bytes(junk)
    return raw[: dice.randint(1, len(raw))] if dice.random() < 0.05 else raw


_LENGTHS = (
    b"Content-Length: %d",
    b"Content-Length: -1",
    b"Content-Length: +%d",
    b"Content-Length: 1e3",
    b"Content-Length: 0x2",
    b"Content-Length: ",
    b"Content-Length: 99999999999999999999999",
    b"Content-Length: 3000000000",
    b"Content-Length: 0",
    b"Content-Length: %d\r\nContent-Length: 1",
)
_ENCODINGS = (
    b"chunked",
    b"chunked",
    b"chunked",
    b"gzip",
    b"chunked, chunked",
    b"identity",
    b"Chunked ",
    b"xchunked",
    b"",
)


def _chunked(dice: random.Random, payload: bytes) -> bytes:
    size = dice.choice([b"%x", b"%X", b"0%x", b"%x;a=b", b"%x ", b"-%x", b"0x%x", b"fffffffffffffffff%x", b"zz%x"])
    end = dice.choice([b"\r\n0\r\n\r\n", b"\r\n0\r\nX: y\r\n\r\n", b"\r\n", b"", b"\n0\n\n"])
    return size % len(payload) + b"\r\n" + payload + end

"""A double of the web channel (docs/web-channel.md) whose network fails on demand: ``fake_server.py PORT FOLDER``.

It answers from a short script instead of a model, keeps its log in a file, so that it can be killed and started again,
and serves the pages that the browser tests open. `POST /fake` sets faults and speaks for the bot:

    {"block": ["socket", "events"], "fail": 2, "lose": 1, "delay": 0.5, "repeat": true, "mute": true,
     "say": {entry}, "times": 60}

`fail`: so many messages are answered 502 and not taken. `lose`: so many are taken, but the answer never arrives.
`repeat`: every entry is pushed twice. `mute`: the bot says nothing by itself. `say`: so many `times`, # its number.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from PIL import Image, UnidentifiedImageError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.claims.model import Order
from bot.orders.demo import demo_orders

WEB = Path(__file__).resolve().parents[2] / "bot" / "web"
LIMITS = {"text_chars": 2000, "picture_bytes": 10_000_000, "video_bytes": 100_000_000, "files": 9}
AT_ONCE = 50
POLICY = {"Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:"}
PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>一家店</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<script type="module" src="/widget/shaofa-chat.js"></script>
<main><h1>一家店</h1><p><a href="#">一个链接</a></p></main><shaofa-chat{attributes}></shaofa-chat></html>"""

ORDERS = [
    {"order_id": "4011284788485025804", "title": "纯棉T恤 白色 L码", "count": 3, "placed_at": "2026-11-21T21:00:24Z",
     "paid_total_fen": 10969, "payload": "订单4011284788485025804"},
    {"order_id": "4011284788485060752", "title": "北欧书架 五层(含螺丝包、说明书)", "count": 1,
     "placed_at": "2026-11-17T17:00:24Z", "paid_total_fen": 27900, "payload": "订单4011284788485060752"},
    {"order_id": "4011284788485099411", "title": "<img src=x onerror=alert(1)>", "count": 4,
     "placed_at": "2026-11-14T17:00:24Z", "paid_total_fen": 23600, "payload": "订单4011284788485099411"},
]  # fmt: skip
SUMS = [
    "缺件退款：「纯棉T恤 白色 L码」实付109.69元÷3件×缺2件=73.13元，四舍五入到分。〔《消费者权益保护法》第五十二条〕",
    "违约金可申请：（实付109.69元－邮费0元）×30%=32.91元。〔天猫错发漏发规则〕",
    "违约金能不能拿到、拿多少，以平台判定为准。〔天猫错发漏发规则〕",
    "运费：由商家承担。〔天猫错发漏发规则〕",
]
LAW, RULE = ["《消费者权益保护法》第五十二条"], ["天猫错发漏发规则"]
ROWS = [
    {"label": "缺件退款", "sum": "「纯棉T恤 白色 L码」实付109.69元÷3件×缺2件", "amount_fen": 7313,
     "note": "四舍五入到分", "rules": LAW},
    {"label": "违约金可申请", "sum": "（实付109.69元－邮费0元）×30%", "amount_fen": 3291, "note": "", "rules": RULE},
    {"label": "", "sum": "", "amount_fen": None, "note": "违约金能不能拿到、拿多少，以平台判定为准。", "rules": RULE},
    {"label": "运费", "sum": "", "amount_fen": None, "note": "由商家承担", "rules": RULE},
]  # fmt: skip
AGREED = {
    "claim_id": "SF-20261123-ECZFSC",
    "amount_fen": 7313,
    "due_at": "2026-11-25T18:53:00Z",
    "title": "退您73.13元",
    "parts": [{"text": "退您"}, {"text": "73.13元", "amount_fen": 7313}],
}
LABELS = yaml.safe_load((WEB.parents[1] / "words.yml").read_text("utf-8"))["cards"]
# What the buyer says, and what the bot then says; the first that is contained counts.
SCRIPT: list[tuple[str, dict[str, Any]]] = [
    ("漏发", {"text": "您好，是哪一单少了？",
              "card": {"type": "orders", "orders": ORDERS, "labels": LABELS["orders"]}}),
    ("订单", {"text": "这单实际到了几件？", "buttons": [{"title": "到了一件", "payload": "到了一件"},
                                                       {"title": "一件都没有", "payload": "一件都没有"}]}),
    ("到了一件", {"text": "查到出库时就少了，是我们的问题。退您73.13元，11月26日 02:53前原路退回。这样可以吗？",
                  "card": {**AGREED, "type": "offer", "remedy": "refund", "accept": "接受", "refuse": "换个方案",
                           "labels": LABELS["offer"]}}),
    ("换个方案", {"text": "好，您说说想怎么办。"}),
    ("接受", {"text": "定了：退您73.13元。登记号SF-20261123-ECZFSC，随时回“查进度”。",
              "card": {**AGREED, "type": "promise", "remedy": "refund", "kept": False, "labels": LABELS["promise"]}}),
    ("怎么赔", {"text": "现在该给您的：退缺件的钱。要是没按说好的时间办到，可以这样算：\n" + "\n".join(SUMS),
                "card": {"type": "compensation", "lines": SUMS, "rows": ROWS, "sources": ["天猫规则"],
                         "claimable": True, "labels": LABELS["compensation"]}}),
    ("链接", {"text": "看这里：https://example.com/a?b=1，还有 javascript:alert(1)。"}),
    ("标记", {"text": "<b>粗</b><script>alert(1)</script>"}),
    ("改了说法", {"text": "退您73.13元，行吗？",
                  "card": {**AGREED, "type": "offer", "remedy": "refund", "accept": "接受", "refuse": "换个方案",
                           "labels": {**LABELS["offer"], "heading": "这样办好不好", "accept": "就这么办"}}}),
    ("旧卡片", {"text": "退您73.13元，这样可以吗？", "buttons": [{"title": "接受", "payload": "接受"}],
                "card": {"type": "offer", "title": "退您73.13元", "remedy": "refund", "accept": "接受"}}),
    ("新卡片", {"text": "这张卡片您看不到。", "card": {"type": "hologram"}}),
]  # fmt: skip


class Conversation:
    def __init__(self, kept: dict[str, Any]) -> None:
        self.id: str = kept["id"]
        self.entries: list[dict[str, Any]] = kept["entries"]
        self.grown = asyncio.Condition()


class Shop:
    """Sessions, logs and files, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "log.json"
        self.files = folder / "files"
        self.files.mkdir(parents=True, exist_ok=True)
        kept = json.loads(self._path.read_text("utf-8")) if self._path.exists() else {}
        self.sessions = {secret: Conversation(one) for secret, one in kept.items()}
        self.faults: dict[str, Any] = {}

    def open(self, secret: str | None) -> str:
        if secret not in self.sessions:
            secret = secrets.token_urlsafe(32)
            self.sessions[secret] = Conversation({"id": secrets.token_hex(8), "entries": []})
            self._save()
        return str(secret)

    async def add(self, talk: Conversation, **entry: Any) -> int:
        """The number of the entry; of the one that is there already when its id is known."""
        known = next((one["seq"] for one in talk.entries if one["id"] == entry.get("id")), None)
        if known:
            return int(known)
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        seq = len(talk.entries) + 1
        talk.entries.append({"seq": seq, "id": secrets.token_hex(8), "at": now, **entry})
        self._save()
        async with talk.grown:
            talk.grown.notify_all()
        return seq

    async def answer(self, talk: Conversation, text: str) -> None:
        if self.faults.get("mute") or any(one.get("state") for one in talk.entries):
            return
        await asyncio.sleep(self.faults.get("delay", 0.3))
        if "转人工" in text:
            await self.add(talk, **{"from": "bot", "text": "好的，这就请同事来。"})
            await self.add(talk, **{"from": "system", "text": "", "state": "handed_off"})
            return
        fallback = {"text": f"收到：{text}"}
        await self.add(talk, **{"from": "bot", **next((said for word, said in SCRIPT if word in text), fallback)})

    def _save(self) -> None:
        kept = {secret: {"id": talk.id, "entries": talk.entries} for secret, talk in self.sessions.items()}
        half = self._path.with_suffix(".half")
        half.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
        half.replace(self._path)


class Protocol(HttpToolsProtocol):
    """Hands the line to the application, which may cut it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["line"] = self.transport  # type: ignore[typeddict-unknown-key]


def make_app(folder: Path) -> Starlette:
    shop = Shop(folder)
    answering: set[asyncio.Task[None]] = set()  # the loop holds tasks only weakly

    def talk_of(request: Request) -> Conversation:
        secret = request.headers.get("authorization", "").removeprefix("Bearer ")
        if secret not in shop.sessions:
            raise HTTPException(401)
        return shop.sessions[secret]

    def refused(status: int, code: str, message: str) -> Response:
        return JSONResponse({"error": {"code": code, "message": message}}, status)

    def failing() -> bool:
        left = shop.faults.get("fail", 0)
        shop.faults["fail"] = max(0, left - 1)
        return bool(left)

    def answer(talk: Conversation, text: str) -> None:
        task = asyncio.create_task(shop.answer(talk, text))
        answering.add(task)
        task.add_done_callback(answering.discard)

    def taken(request: Request, seq: int) -> Response:
        if shop.faults.get("lose"):
            shop.faults["lose"] -= 1
            request.scope["line"].abort()
        return JSONResponse({"seq": seq}, 202)

    async def session(request: Request) -> Response:
        secret = shop.open((await request.json()).get("session"))
        talk = shop.sessions[secret]
        return JSONResponse({
            "session": secret, "conversation_id": talk.id, "last": len(talk.entries), "limits": LIMITS,
            "state": next((one["state"] for one in reversed(talk.entries) if one.get("state")), None),
            "shop": "示例小店", "greeting": "您好，我是机器人小发，专门处理少发、漏发。哪样东西少了？直接说就行。",
        })  # fmt: skip

    async def messages(request: Request) -> Response:
        talk = talk_of(request)
        if failing():
            return refused(502, "bad_gateway", "服务器忙")
        said = await request.json()
        before = len(talk.entries)
        seq = await shop.add(talk, id=said["id"], text=said["text"], **{"from": "buyer"})
        if len(talk.entries) > before:
            answer(talk, said["text"])
        return taken(request, seq)

    async def upload(request: Request) -> Response:
        talk, data = talk_of(request), await request.body()
        await asyncio.sleep(shop.faults.get("slow", 0))
        if failing():
            return refused(502, "bad_gateway", "服务器忙")
        if len(data) > LIMITS["picture_bytes"]:
            return refused(413, "too_large", "图片太大了")
        video = data[4:8] == b"ftyp"
        if not video:
            try:
                Image.open(io.BytesIO(data)).verify()
            except UnidentifiedImageError:
                return refused(415, "not_a_picture", "这不是图片")
        sha256 = hashlib.sha256(data).hexdigest()
        (shop.files / sha256).write_bytes(data)
        kept = {"sha256": sha256, "video": video, "name": request.query_params.get("name", "")}
        seq = await shop.add(talk, id=request.query_params["id"], text="", file=kept, **{"from": "buyer"})
        answer(talk, "图片")
        return taken(request, seq)

    async def stored(request: Request) -> Response:
        talk_of(request)
        return FileResponse(shop.files / request.path_params["sha256"], media_type="image/jpeg")

    async def log(request: Request) -> Response:
        entries, given = talk_of(request).entries, request.query_params
        if "after" in given:
            return JSONResponse({"entries": entries[int(given["after"]) :][:AT_ONCE]})
        return JSONResponse({"entries": entries[: int(given.get("before", len(entries) + 1)) - 1][-AT_ONCE:]})

    async def events(request: Request) -> Response:
        talk = talk_of(request)
        after = int(request.query_params.get("after", max(0, len(talk.entries) - AT_ONCE)))
        if "events" in shop.faults.get("block", []):
            return JSONResponse({}, 502)

        async def push() -> AsyncIterator[str]:
            yield ": ping\n\n"
            async for entry in _news(talk, after):
                yield f"data: {json.dumps(entry, ensure_ascii=False)}\n\n"

        return StreamingResponse(push(), media_type="text/event-stream")

    async def socket(line: WebSocket) -> None:
        if "socket" in shop.faults.get("block", []):
            await line.close()  # before it is accepted: no handshake
            return
        await line.accept()
        with suppress(WebSocketDisconnect):
            hello = await line.receive_json()
            if hello["session"] not in shop.sessions:
                await line.close(4401)
                return
            talk = shop.sessions[hello["session"]]
            async for entry in _news(talk, hello.get("after", max(0, len(talk.entries) - AT_ONCE))):
                for _ in range(2 if shop.faults.get("repeat") else 1):
                    await line.send_text(json.dumps(entry, ensure_ascii=False))

    async def fake(request: Request) -> Response:
        """Sets the faults anew; ``say`` and ``forget`` act at once, on every conversation."""
        shop.faults = await request.json()
        if shop.faults.get("forget"):
            shop.sessions.clear()
        for talk in shop.sessions.values():
            for _ in range(shop.faults.get("times", 1) if "say" in shop.faults else 0):
                said = shop.faults["say"]
                await shop.add(talk, **{**said, "text": said["text"].replace("#", str(len(talk.entries) + 1))})
        return JSONResponse({"entries": [talk.entries for talk in shop.sessions.values()]})

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def page(request: Request) -> Response:
        given = "".join(f" {name}" + (f'="{value}"' if value else "") for name, value in request.query_params.items())
        return HTMLResponse(PAGE.replace("{attributes}", given.replace(" plain", "")), headers=POLICY)

    async def index(request: Request) -> Response:
        return FileResponse(WEB / "demo" / "index.html", headers=POLICY)

    async def demo(request: Request) -> Response:
        buyer = (await request.json()).get("buyer_id") or f"demo-{secrets.token_hex(8)}"
        orders = [_order_as_json(order) for order in demo_orders(buyer, datetime.now(timezone.utc))]
        return JSONResponse({"buyer_id": buyer, "shop": "示例小店", "orders": orders})

    return Starlette(
        routes=[
            Route("/v1/web/session", session, methods=["POST"]),
            Route("/v1/web/messages", messages, methods=["POST"]),
            Route("/v1/web/files", upload, methods=["POST"]),
            Route("/v1/web/files/{sha256}", stored),
            Route("/v1/web/log", log),
            Route("/v1/web/events", events),
            WebSocketRoute("/v1/web/socket", socket),
            Route("/fake", fake, methods=["POST"]),
            Route("/health", health),
            Route("/page", page),
            Mount("/widget", StaticFiles(directory=WEB / "widget")),
            Route("/", index),
            Route("/demo/session", demo, methods=["POST"]),
            Mount("/", StaticFiles(directory=WEB / "demo")),
        ]
    )


def _order_as_json(order: Order) -> dict[str, Any]:
    """As ``bot.doors.demo`` does, which would bring Rasa along."""
    return {
        "order_id": order.order_id,
        "platform": order.platform.value,
        "placed_at": order.placed_at.isoformat(),
        "paid_total_fen": order.paid_total_fen,
        "lines": [
            {
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "is_gift": line.is_gift,
                "status": line.status.value,
            }
            for line in order.lines
        ],
        "parcels": [{"state": parcel.state.value} for parcel in order.parcels],
    }


async def _news(talk: Conversation, after: int) -> AsyncIterator[dict[str, Any]]:
    """Entries after that number, and then every new one."""
    while True:
        async with talk.grown:
            while len(talk.entries) <= after:
                await talk.grown.wait()
        for entry in talk.entries[after:]:
            yield entry
            after = entry["seq"]


if __name__ == "__main__":
    uvicorn.run(make_app(Path(sys.argv[2])), port=int(sys.argv[1]), http=Protocol, ws="wsproto", log_level="warning")

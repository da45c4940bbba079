"""Orders over HTTP, against a real server: what it may answer, how long it may take, and whose orders are shown."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot import office
from bot.claims.codec import to_json
from bot.claims.model import Order
from bot.claims.rulebook import Rulebook
from bot.claims.shop import ShopPolicy
from bot.db import make_engine
from bot.desk import Desk, Speaker
from bot.orders import http
from bot.orders.base import OrdersUnavailable, OrdersUnreadable
from bot.orders.demo import demo_orders
from bot.orders.http import HttpOrders
from bot.orders.sql import SqlOrders
from bot.settings import Settings
from bot.store import Store
from tests.claims.builders import NOW, order

ROOT = Path(__file__).resolve().parents[2]
ORDER = order()


@dataclass
class Shop:
    """The shop's own system: it answers what ``answers`` has for a path, and remembers what it was asked."""

    url: str = ""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, list[str]], str | None]] = field(default_factory=list)
    wait_s: float = 0.0
    drip_s: float = 0.0

    def has(self, path: str, body: Any, status: int = 200) -> None:
        self.answers[path] = (status, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            shop.asked.append((url.path, parse_qs(url.query), self.headers["Authorization"]))
            time.sleep(shop.wait_s)
            status, body = shop.answers.get(url.path, (404, b"{}"))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", body.decode())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not shop.drip_s:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(shop.drip_s)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    shop.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield shop
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def orders(shop: Shop) -> HttpOrders:
    return HttpOrders(shop.url + "/")


def path_of(wanted: Order) -> str:
    return f"/orders/{wanted.order_id}"


# --- what it answers ---


@pytest.mark.parametrize("wanted", demo_orders("buyer", NOW), ids=lambda order: order.order_id)
def test_an_order_comes_as_the_codec_writes_it(shop: Shop, orders: HttpOrders, wanted: Order) -> None:
    shop.has(path_of(wanted), to_json(wanted))
    assert orders.get(wanted.order_id) == wanted


def test_an_unknown_order_is_none_and_asked_for_again(shop: Shop, orders: HttpOrders) -> None:
    assert orders.get(ORDER.order_id) is None
    shop.has(path_of(ORDER), to_json(ORDER))
    assert orders.get(ORDER.order_id) == ORDER


def test_recent_orders_come_newest_first_and_limited_whatever_the_server_does(shop: Shop, orders: HttpOrders) -> None:
    made = [replace(order(order_id=f"day-{day}"), placed_at=NOW - timedelta(days=day)) for day in (3, 1, 2, 0)]
    shop.has("/orders", [to_json(one) for one in made])
    assert [one.order_id for one in orders.recent("buyer", 3)] == ["day-0", "day-1", "day-2"]
    assert shop.asked == [("/orders", {"buyer_id": ["buyer"], "limit": ["3"]}, None)]


def test_a_buyer_without_orders_has_none(shop: Shop, orders: HttpOrders) -> None:
    shop.has("/orders", [])
    assert orders.recent("小鱼儿 & co") == []
    assert shop.asked[0][1]["buyer_id"] == ["小鱼儿 & co"]


def test_fields_that_it_does_not_know_are_ignored(shop: Shop, orders: HttpOrders) -> None:
    shop.has(path_of(ORDER), {**to_json(ORDER), "warehouse": "杭州"})
    assert orders.get(ORDER.order_id) == ORDER


@pytest.mark.parametrize("order_id", ["", ".", "..", "../admin", "1/2", "1?x=1", "1#2", "%2e%2e", "订单", "1" * 40])
def test_what_is_no_order_number_is_never_part_of_an_address(shop: Shop, orders: HttpOrders, order_id: str) -> None:
    assert orders.get(order_id) is None
    assert shop.asked == []


def test_the_example_in_the_documentation_is_an_order(shop: Shop, orders: HttpOrders) -> None:
    text = (ROOT / "docs" / "orders.md").read_text(encoding="utf-8")
    example = json.loads(text.partition("```json\n")[2].partition("```")[0])
    shop.has(f"/orders/{example['order_id']}", example)
    read = orders.get(example["order_id"])
    assert read and to_json(read).keys() == example.keys()


# --- token ---


def test_the_token_goes_along_and_a_netrc_does_not_replace_it(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    HttpOrders(shop.url, "s3cret").get("1")
    assert shop.asked[0][2] == "Bearer s3cret"


# --- when it goes wrong ---


def changed(**more: Any) -> dict[str, Any]:
    return {**to_json(ORDER), **more}


def line(**more: Any) -> list[dict[str, Any]]:
    return [{**to_json(ORDER)["lines"][0], **more}]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"Internal Server Error"),
        (401, b"{}"),
        (204, b""),
        (200, b""),
        (200, b"<html>please log in</html>"),
        (200, b"\xff\xfe\x00garbage"),
        (200, b"[" * 100_000),
        (200, []),
        (200, {"order_id": ORDER.order_id}),
        (200, changed(order_id="4012345678901234568")),
        (200, changed(platform="Amazon 亚马逊")),
        (200, changed(placed_at="2026-11-20T10:00:00")),  # of which zone?
        (200, changed(paid_total_fen=90.00)),  # yuan, by mistake
        (200, changed(paid_total_fen=8999)),  # does not add up
        (200, changed(lines=[])),
        (200, changed(buyer_id="")),
        (200, changed(lines=line(sku="s" * 129))),
        (200, changed(lines=line(quantity=0))),
        (200, changed(lines=line(refunded_fen=9001))),
        (200, changed(lines=line(paid_fen=-9000), paid_total_fen=-9000)),
        (200, changed(lines=line() * 2, paid_total_fen=18000)),
        (200, changed(parcels=[{**to_json(ORDER)["parcels"][0], "contents": {"another": 1}}])),
    ],
)
def test_an_answer_that_makes_no_sense_is_one_clear_line(
    shop: Shop, orders: HttpOrders, status: int, body: Any
) -> None:
    shop.has(path_of(ORDER), body, status)
    with pytest.raises(OrdersUnavailable, match="the order source answered") as error:
        orders.get(ORDER.order_id)
    assert isinstance(error.value, OrdersUnreadable) is (status == 200)
    assert "\n" not in str(error.value) and "buyer" not in str(error.value).replace("buyer_id", "")


@pytest.mark.parametrize("body", [{}, "text", 3, [{}], [None]])
def test_a_list_that_is_none_is_said(shop: Shop, orders: HttpOrders, body: Any) -> None:
    shop.has("/orders", body)
    with pytest.raises(OrdersUnavailable):
        orders.recent("buyer")


def test_a_redirect_is_not_followed_so_the_token_stays_here(shop: Shop) -> None:
    shop.has(path_of(ORDER), f"{shop.url}/elsewhere".encode(), 302)
    with pytest.raises(OrdersUnavailable, match="302"):
        HttpOrders(shop.url, "s3cret").get(ORDER.order_id)
    assert [path for path, _, _ in shop.asked] == [path_of(ORDER)]


def test_a_slow_answer_is_given_up(shop: Shop, orders: HttpOrders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT_S", (0.2, 0.2))
    shop.wait_s = 10.0
    before = time.monotonic()
    with pytest.raises(OrdersUnavailable, match="cannot be reached"):
        orders.recent("小鱼儿")
    assert time.monotonic() - before < 8
    assert len(shop.asked) == 1  # a server that is slow is not asked twice


def test_a_dripping_answer_is_given_up(shop: Shop, orders: HttpOrders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TOTAL_S", 0.3)
    shop.has("/orders", b"[" + b" " * 400 + b"]")
    shop.drip_s = 0.05
    before = time.monotonic()
    with pytest.raises(OrdersUnavailable, match="answered for more than"):
        orders.recent("buyer")
    assert time.monotonic() - before < 8


def test_an_answer_without_end_is_given_up(shop: Shop, orders: HttpOrders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_BYTES", 1000)
    shop.has("/orders", b"[" + b" " * 1000 + b"]")
    with pytest.raises(OrdersUnavailable, match="more than 1000 bytes"):
        orders.recent("buyer")


def test_nobody_there_is_said_without_the_buyers_name() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        orders = HttpOrders(f"http://127.0.0.1:{taken.getsockname()[1]}", "s3cret")
        with pytest.raises(OrdersUnavailable) as error:
            orders.recent("xiaoyuer")
    assert "xiaoyuer" not in str(error.value) and "s3cret" not in str(error.value)
    assert error.value.__suppress_context__


def test_a_refused_connection_is_tried_once_more(orders: HttpOrders) -> None:
    retries = orders._source._session.get_adapter("http://shop").max_retries
    assert (retries.connect, retries.read, retries.redirect, retries.status, retries.other) == (1, 0, 0, 0, 0)


# --- whose orders are shown ---


@pytest.fixture
def desk(orders: HttpOrders, tmp_path: Path) -> Iterator[Desk]:
    engine = make_engine(f"sqlite:///{tmp_path}/shaofa.db")
    rulebook, policy = Rulebook.load(ROOT / "rulebook"), ShopPolicy.load(ROOT / "shop.yml")
    yield Desk(orders, Store(engine), rulebook, policy, lambda: NOW)
    engine.dispose()


def test_a_buyer_does_not_get_to_see_anothers_order_by_its_number(shop: Shop, desk: Desk) -> None:
    shop.has(path_of(ORDER), to_json(ORDER))
    assert desk.open(Speaker("c", "buyer")).order(ORDER.order_id) == ORDER
    assert desk.open(Speaker("c", "somebody-else")).order(ORDER.order_id) is None


def test_a_server_that_mixes_buyers_up_shows_nothing(shop: Shop, desk: Desk) -> None:
    shop.has("/orders", [to_json(ORDER), {**to_json(ORDER), "order_id": "9", "buyer_id": "somebody-else"}])
    with pytest.raises(OrdersUnavailable, match="another buyer"):
        desk.open(Speaker("c", "buyer")).recent_orders()


# --- settings ---


def test_the_setting_picks_the_source(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/shaofa.db")
    assert isinstance(office._orders(Settings(), engine), SqlOrders)
    assert isinstance(office._orders(Settings(orders_url="http://shop", orders_token="x"), engine), HttpOrders)

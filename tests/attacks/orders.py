"""A shop's order system that takes half a minute, or as long as the test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from bot.claims.codec import to_json
from bot.orders.demo import demo_orders

SLOW_S = 30


class SlowOrders:
    """Every buyer has the demo orders. ``let_go`` ends the waiting, of those who come later too."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.let_go = threading.Event()
        self.asked = threading.Event()


@contextmanager
def slow_orders() -> Iterator[SlowOrders]:
    begins = datetime.now(timezone.utc)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            orders.asked.set()
            orders.let_go.wait(SLOW_S)
            asked = urlsplit(self.path)
            buyer_id = parse_qs(asked.query).get("buyer_id", [""])[0]
            body = json.dumps([to_json(order) for order in demo_orders(buyer_id, begins)]).encode()
            status = 200 if asked.path == "/orders" else 404
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                pass  # nobody has waited for it

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    orders = SlowOrders(server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield orders
    finally:
        orders.let_go.set()
        server.shutdown()
        server.server_close()

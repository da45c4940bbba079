"""Ctrl-C: it says so, finishes what is begun, and stops at once when it is pressed again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.attacks.orders import slow_orders
from tests.attacks.test_held_up import PATIENCE_S, ask, replies, until
from tests.server import Server

SOON_S = 2

Serve = Callable[..., Server]


def is_gone(server: Server) -> bool:
    return not server.is_alive()


def test_ctrl_c_is_answered_at_once_and_what_is_begun_is_finished(serve: Serve) -> None:
    with slow_orders() as orders, ThreadPoolExecutor(1) as beside:
        server = serve(SHAOFA_ORDERS_URL=orders.url)
        begun = beside.submit(ask, server.url, "begun", "T恤少了一件")
        assert orders.asked.wait(PATIENCE_S)
        before = server.log()
        os.kill(server.pid, signal.SIGINT)
        said = until(lambda: server.log().removeprefix(before).strip(), SOON_S)
        assert any("一" <= char <= "鿿" for char in said) and "Traceback" not in said
        orders.let_go.set()
        assert replies(begun.result()[1])
        until(lambda: is_gone(server), PATIENCE_S)


def test_a_second_ctrl_c_stops_it_at_once(serve: Serve) -> None:
    with slow_orders() as orders, ThreadPoolExecutor(1) as beside:
        server = serve(SHAOFA_ORDERS_URL=orders.url)
        begun = beside.submit(ask, server.url, "begun", "T恤少了一件")
        assert orders.asked.wait(PATIENCE_S)
        os.kill(server.pid, signal.SIGINT)
        time.sleep(0.5)
        os.kill(server.pid, signal.SIGINT)
        until(lambda: is_gone(server), SOON_S)
        assert "Traceback" not in server.log()
        orders.let_go.set()
        assert begun.exception() is not None or begun.result()[1].status_code == 503


def test_with_nothing_to_do_it_stops_within_a_moment(serve: Serve) -> None:
    server = serve()
    os.kill(server.pid, signal.SIGINT)
    until(lambda: is_gone(server), 5)
    assert "Traceback" not in server.log()

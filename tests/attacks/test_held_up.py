"""Something is slow, locked, or asked for by too many: the others are answered all the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import requests
import sqlalchemy as sa

from bench.faults.clients import Desk, Widget
from tests.attacks.orders import slow_orders
from tests.server import Server

SOON_S = 2
PATIENCE_S = 40
LOCKED_S = 3

Serve = Callable[..., Server]


def ask(url: str, talk: str, text: str, message_id: str = "m") -> tuple[float, requests.Response]:
    """How long it took, and the answer."""
    body = {"conversation_id": talk, "sender": {"id": talk}, "id": message_id, "text": text}
    began = time.monotonic()
    answer = requests.post(f"{url}/v1/messages", json=body, timeout=PATIENCE_S)
    return time.monotonic() - began, answer


def replies(answer: requests.Response) -> str:
    return "\n".join(reply["text"] for reply in answer.json()["replies"])


def by_bot(widget: Widget) -> list[str]:
    log = requests.get(f"{widget.url}/v1/web/log", headers=widget.headers, timeout=PATIENCE_S).json()
    return [entry["text"] for entry in log["entries"] if entry["from"] == "bot"]


def until(enough: Callable[[], Any], within_s: float) -> Any:
    end = time.monotonic() + within_s
    while not (found := enough()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
    return found


def is_refused_for_now(answer: requests.Response) -> bool:
    return answer.status_code == 503 and answer.headers.get("Retry-After", "").isdecimal()


# --- a slow order system --------------------------------------------------------------------------


def test_who_waits_for_a_slow_order_system_keeps_nobody_else_waiting(serve: Serve) -> None:
    with slow_orders() as orders, ThreadPoolExecutor(10) as together:
        server = serve(SHAOFA_ORDERS_URL=orders.url)
        waiting = [together.submit(ask, server.url, f"slow-{number}", "T恤少了一件") for number in range(10)]
        assert orders.asked.wait(PATIENCE_S)
        for number in range(3):
            took, answer = ask(server.url, f"quick-{number}", "你是机器人吗")
            assert took < SOON_S and "机器人" in replies(answer)
        orders.let_go.set()
        for future in waiting:
            assert replies(future.result()[1])


def test_in_the_widget_the_answer_comes_by_itself_when_the_orders_are_there(serve: Serve) -> None:
    with slow_orders() as orders:
        server = serve(SHAOFA_ORDERS_URL=orders.url)
        widget = Widget(server.url, "demo-slow")
        widget.post("/v1/web/messages", {"id": "m", "text": "T恤少了一件"}, **widget.headers)
        said = until(lambda: by_bot(widget), 12)
        time.sleep(SOON_S)
        assert by_bot(widget) == said and len(said) == 1, "said once"
        assert "T恤" not in said[0]
        orders.let_go.set()
        until(lambda: "补发" in "".join(by_bot(widget)), PATIENCE_S)


def test_inline_the_answer_comes_with_the_next_message(serve: Serve) -> None:
    with slow_orders() as orders:
        server = serve(SHAOFA_ORDERS_URL=orders.url)
        took, first = ask(server.url, "slow", "T恤少了一件", "m1")
        assert took < 12 and replies(first) and "T恤" not in replies(first)
        orders.let_go.set()
        said = ""
        for number in range(2, 6):
            time.sleep(SOON_S)
            said += replies(ask(server.url, "slow", "好了吗", f"m{number}")[1])
            if "补发" in said:
                return
        raise AssertionError(said)


# --- a locked database ----------------------------------------------------------------------------


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Nobody else may write, on PostgreSQL not even read."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as line:
        if engine.dialect.name == "sqlite":
            line.exec_driver_sql("BEGIN EXCLUSIVE")
        else:
            tables = "entries, conversations, claims, sessions, handoffs"
            line.exec_driver_sql(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        yield
        line.exec_driver_sql("ROLLBACK")


def test_a_locked_database_freezes_nothing_and_loses_nothing(serve: Serve, url: str) -> None:
    server = serve(SHAOFA_DATABASE_URL=url)
    desk, widget = Desk(server.url, "demo-desk"), Widget(server.url, "demo-widget")
    listening = requests.get(f"{server.url}/v1/web/events", headers=widget.headers, stream=True, timeout=PATIENCE_S)
    with ThreadPoolExecutor(3) as together:
        with locked(url):
            said = together.submit(ask, server.url, "locked", "你好")
            others = [together.submit(one.say, "T恤少了一件", "m") for one in (desk, widget)]
            end = time.monotonic() + LOCKED_S
            while time.monotonic() < end:
                alive = requests.get(f"{server.url}/livez", timeout=1)
                assert alive.status_code == 200
                time.sleep(0.2)
        _, answer = said.result()
        assert is_refused_for_now(answer) or replies(answer)
        assert all("补发" in "".join(future.result()) for future in others), "said again until it was taken"
    listening.close()


# --- too many -------------------------------------------------------------------------------------


def test_two_hundred_buyers_at_once_each_hear_something(demo: Server) -> None:
    gate = threading.Barrier(200)

    def buyer(number: int) -> tuple[float, requests.Response]:
        gate.wait(PATIENCE_S)
        return ask(demo.url, f"crowd-{number}", "在吗")

    with ThreadPoolExecutor(200) as together:
        heard = list(together.map(buyer, range(200)))
    for took, answer in heard:
        assert is_refused_for_now(answer) or replies(answer), answer.text
        assert took < PATIENCE_S


def test_a_burst_of_one_buyer_starves_nobody(demo: Server) -> None:
    ask(demo.url, "calm", "你好", "warm")
    with ThreadPoolExecutor(100) as together:
        burst = [together.submit(ask, demo.url, "burst", f"在吗{number}", f"b{number}") for number in range(100)]
        for number in range(5):
            took, answer = ask(demo.url, "calm", "你是机器人吗", f"m{number}")
            assert took < SOON_S and "机器人" in replies(answer)
        answers = [future.result()[1] for future in burst]
    assert all(is_refused_for_now(answer) or answer.status_code == 200 for answer in answers)

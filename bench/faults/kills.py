"""``kill -9`` under load, again and again: what was acknowledged is kept, answered, and answered once."""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from bench.faults.clients import Client, Desk, Widget, hasty_shop
from bench.faults.ends import end_of, shape_of
from bot.db import make_engine
from bot.store import Store
from tests.server import Server

SAID = ("T恤少了一件", "运费谁出", "退款", "接受", "谢谢")
_LIVES_S = (0.05, 1.5)  # from the moment it is ready


def run(new_server: Callable[..., Server], url: str, rounds: int, clients: int, seed: int = 1) -> dict[str, Any]:
    """A conversation is "lost" where an acknowledged message has no answer, "doubled" where one has two."""
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="shaofa-faults-") as name:
        server = new_server(Path(name), SHAOFA_DATABASE_URL=url, SHAOFA_SHOP_FILE=hasty_shop(Path(name)))
        talks = {kind: kind(server.url, f"demo-kills-{kind.__name__}") for kind in (Desk, Widget)}
        for talk in talks.values():
            talk.have(SAID)
        load = _Load(server.url, clients)
        try:
            for _ in range(rounds):
                time.sleep(moments.uniform(*_LIVES_S))
                server.kill()
                server.start()
            load.end()
        finally:
            load.give_up()
            server.stop()
        store = Store(make_engine(url))
        wanted = {kind: shape_of(end_of(store, talk.conversation_id)) for kind, talk in talks.items()}
        return {"kills": rounds, **_counted(store, load.had, wanted)}


class _Load:
    """So many buyers at a time, two in three by a desk, the others in the widget; one after the other."""

    def __init__(self, url: str, clients: int) -> None:
        self.had: list[Client] = []
        self.failures: list[BaseException] = []
        self._url, self._over = url, threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(clients)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Let what is begun be said to the end."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def give_up(self) -> None:
        """Begin nothing more."""
        self._over.set()

    def _work(self, number: int) -> None:
        kind = Widget if number % 3 == 0 else Desk
        count = 0
        try:
            while not self._over.is_set():
                client = kind(self._url, f"demo-kills-{number}-{count}")
                self.had.append(client)
                client.have(SAID)
                count += 1
        except (requests.RequestException, AssertionError, TimeoutError) as error:
            self.failures.append(error)


def _counted(store: Store, had: list[Client], wanted: dict[type[Client], dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, list[str]] = {"lost": [], "doubled": [], "wrong ends": []}
    messages = 0
    for client in had:
        end = end_of(store, client.conversation_id)
        shape, right = shape_of(end), wanted[type(client)]
        messages += len(client.acknowledged)
        answered = {entry_id for entry_id, answer in end["answers"].items() if answer is not None}
        if set(client.acknowledged) - answered:
            found["lost"].append(f"{client.conversation_id}: {set(client.acknowledged) - answered}")
        elif len(shape["authors"]) > len(right["authors"]) or len(shape["claims"]) > len(right["claims"]):
            found["doubled"].append(f"{client.conversation_id}: {shape}")
        elif shape != right or end["unsound"]:
            found["wrong ends"].append(f"{client.conversation_id}: {end['unsound']} {shape} instead of {right}")
    return {
        "conversations": len(had),
        "messages": messages,
        "said again": sum(client.said_again for client in had),
        **{name: len(those) for name, those in found.items()},
        "what was wrong": [f"{name}: {one}" for name, those in found.items() for one in those[:5]],
    }

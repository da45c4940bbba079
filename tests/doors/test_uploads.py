"""What uploads cost the server: bombs at once, by each door, in a process whose memory is watched."""

from __future__ import annotations

import base64
import subprocess
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.bombs import BOMBS
from tests.movies import box, movie
from tests.server import Server

MOST_KB = 100_000
PATIENCE_S = 60  # a busy machine
STATUS = {None: 202, "too_large": 413, "unreadable": 415}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("uploads"))
    warm = requests.post(f"{running.url}/v1/messages", json=message("在吗"), timeout=60)
    assert warm.status_code == 200
    yield running
    running.kill()


def message(text: str, **more: object) -> dict[str, object]:
    return {"conversation_id": uuid.uuid4().hex, "sender": {"id": "b"}, "text": text, **more}


def memory_kb(server: Server) -> int:
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(server.pid)], capture_output=True, text=True, check=True)
    return int(shown.stdout)


@contextmanager
def small(server: Server) -> Iterator[None]:
    """Meanwhile the server grows by less than 100 MB."""
    before, seen, over = memory_kb(server), [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            seen.append(memory_kb(server))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
    assert max(seen) - before < MOST_KB


def upload(url: str, name: str) -> requests.Response:
    opened = requests.post(f"{url}/v1/web/session", json={}, timeout=PATIENCE_S).json()
    headers = {"Authorization": f"Bearer {opened['session']}", "Content-Type": "image/png"}
    address = f"{url}/v1/web/files?id=1"
    return requests.post(address, data=BOMBS[name][0](), headers=headers, timeout=PATIENCE_S)


@pytest.mark.parametrize("name", ["webp_of_49_megapixels", "webp_of_25_megapixels"])
def test_eight_of_one_kind_at_once_stay_small(server: Server, name: str) -> None:
    make, code = BOMBS[name]
    make()
    with small(server), ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(upload, server.url, name) for _ in range(8)]
        assert {answer.result().status_code for answer in answers} == {STATUS[code]}


def test_every_bomb_is_taken_or_refused_in_words(server: Server) -> None:
    for make, _ in BOMBS.values():
        make()
    with small(server), ThreadPoolExecutor(8) as pool:
        answers = dict(zip(BOMBS, pool.map(lambda name: upload(server.url, name), BOMBS), strict=True))
    assert {name: answer.status_code for name, answer in answers.items()} == {
        name: STATUS[code] for name, (_, code) in BOMBS.items()
    }
    texts = [answer.json()["error"]["message"] for answer in answers.values() if answer.status_code != 202]
    assert all("再发一次" in text for text in texts)


def test_nine_in_one_message_stay_small(server: Server) -> None:
    data = base64.b64encode(BOMBS["webp_of_49_megapixels"][0]()).decode()
    with small(server):
        bombs = message("发了", attachments=[{"data": data}] * 9)
        answer = requests.post(f"{server.url}/v1/messages", json=bombs, timeout=PATIENCE_S)
    assert answer.status_code == 200 and "太大" in str(answer.json()["replies"])


def test_a_large_video_is_never_in_memory(server: Server, tmp_path: Path) -> None:
    opened = requests.post(f"{server.url}/v1/web/session", json={}, timeout=PATIENCE_S).json()
    headers = {"Authorization": f"Bearer {opened['session']}", "Content-Type": "video/mp4"}
    film = tmp_path / "film.mp4"
    film.write_bytes(movie(behind=box("free", bytes(90_000_000))))
    with small(server), film.open("rb") as data:
        answer = requests.post(f"{server.url}/v1/web/files?id=1", data=data, headers=headers, timeout=PATIENCE_S)
    assert answer.status_code == 202
    with small(server), film.open("rb") as data:
        parts = {"message": (None, '{"conversation_id": "film", "sender": {"id": "b"}}'), "file": ("film.mp4", data)}
        answer = requests.post(f"{server.url}/v1/messages", files=parts, timeout=PATIENCE_S)
    assert answer.status_code == 200 and answer.json()["replies"]

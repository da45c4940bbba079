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


def session(url: str) -> str:
    return str(requests.post(f"{url}/v1/web/session", json={}, timeout=PATIENCE_S).json()["session"])


def upload(url: str, data: bytes) -> requests.Response:
    headers = {"Authorization": f"Bearer {session(url)}", "Content-Type": "image/png"}
    return requests.post(f"{url}/v1/web/files?id=1", data=data, headers=headers, timeout=PATIENCE_S)


@pytest.mark.parametrize("name", ["webp_of_49_megapixels", "png_of_25_megapixels"])
def test_eight_of_one_kind_at_once_stay_small(server: Server, name: str) -> None:
    make, code = BOMBS[name]
    data = make()
    with small(server), ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(upload, server.url, data) for _ in range(8)]
        assert {answer.result().status_code for answer in answers} == {STATUS[code]}


def test_every_bomb_is_taken_or_refused_in_words(server: Server) -> None:
    data = {name: make() for name, (make, _) in BOMBS.items()}
    with small(server), ThreadPoolExecutor(8) as pool:
        answers = dict(zip(BOMBS, pool.map(lambda bomb: upload(server.url, bomb), data.values()), strict=True))
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
    headers = {"Authorization": f"Bearer {session(server.url)}", "Content-Type": "video/mp4"}
    film = tmp_path / "film.mp4"
    film.write_bytes(movie(behind=box("free", bytes(90_000_000))))
    with small(server), film.open("rb") as data:
        answer = requests.post(f"{server.url}/v1/web/files?id=1", data=data, headers=headers, timeout=PATIENCE_S)
    assert answer.status_code == 202
    with small(server), film.open("rb") as data:
        parts = {"message": (None, '{"conversation_id": "film", "sender": {"id": "b"}}'), "file": ("film.mp4", data)}
        answer = requests.post(f"{server.url}/v1/messages", files=parts, timeout=PATIENCE_S)
    assert answer.status_code == 200 and answer.json()["replies"]


def test_who_would_wait_for_minutes_is_asked_to_come_again(server: Server) -> None:
    picture = BOMBS["gif_of_100_000_frames"][0]()
    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(lambda _: upload(server.url, picture), range(60)))
    assert {answer.status_code for answer in answers} <= {202, 503}
    assert all("过几分钟" in answer.text for answer in answers if answer.status_code == 503)
    assert upload(server.url, picture).status_code == 202

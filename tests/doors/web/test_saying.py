"""What the buyer sends: words and files, each once."""

from __future__ import annotations

import io
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from bot.doors.http import JSON_BYTES
from tests.doors.web.widget import LIMITS, Widget, code, picture, said_by
from tests.movies import movie


def test_a_burst_is_answered_once_and_in_order(url: str) -> None:
    widget = Widget(url)
    burst = ["我拍了三件T恤", "怎么", "就到", "两件"]
    assert [widget.say(text) for text in burst] == [1, 2, 3, 4]
    entries = widget.answered()
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert said_by(entries, "buyer") == burst
    assert [entry["from"] for entry in entries[:5]] == ["buyer"] * 4 + ["bot"]
    assert "收到2件" in "".join(said_by(entries, "bot")) and 1 <= len(said_by(entries, "bot")) <= 3
    time.sleep(2 * LIMITS.wait_seconds)
    assert widget.log() == entries


def test_a_repeat_changes_nothing(url: str) -> None:
    widget = Widget(url)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: widget.say("在吗", "m1"), range(4))) == {1}
    entries = widget.answered()
    assert widget.say("在吗", "m1") == 1
    time.sleep(2 * LIMITS.wait_seconds)
    assert widget.log() == entries and len(entries) == 2


@pytest.mark.parametrize("text", ["/restart", "少" * 10_000, "\ud83d少了", "<b>少了</b>\u2028一件", "\x00a"])
def test_whatever_is_typed_is_kept_and_answered(url: str, text: str) -> None:
    widget = Widget(url)
    widget.say(text)
    entries = widget.answered()
    kept = entries[0]["text"]
    assert kept == text or (len(kept.strip("\ufffd")) < len(text) and kept)
    assert not any("state" in entry for entry in entries)


@pytest.mark.parametrize(
    ("text", "message_id"),
    [("", "1"), (" \x00 ", "1"), (1, "1"), (None, "1"), ("x", "a b"), ("x", "x" * 129), ("x", 1)],
)
def test_what_is_no_message_is_refused(url: str, text: Any, message_id: Any) -> None:
    widget = Widget(url)
    assert code(widget.post(text, message_id)) == (400, "bad_request")
    assert widget.log() == []


def test_a_body_beyond_all_measure_is_refused(url: str) -> None:
    assert code(Widget(url).post("x" * (JSON_BYTES + 1))) == (413, "too_long")


def test_who_says_too_much_has_to_wait(url: str, folder: Path) -> None:
    widget = Widget(url)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: widget.post("在吗", f"m{n}"), range(LIMITS.max_per_minute + 5)))
    taken = [answer for answer in answers if answer.status_code == 202]
    assert LIMITS.max_per_minute <= len(taken) < len(answers)
    assert code(widget.post("在吗")) == (429, "too_many")
    evidence = folder / "evidence"
    before = list(evidence.rglob("*.jpg"))
    assert code(widget.upload(picture())) == (429, "too_many")
    assert list(evidence.rglob("*.jpg")) == before
    assert widget.say("在吗", next(entry["id"] for entry in widget.log() if entry["from"] == "buyer")) == 1


# --- files ----------------------------------------------------------------------------------------


def test_a_picture_is_kept_shown_again_and_evidence(url: str) -> None:
    widget = Widget(url)
    widget.say("我拍了三件T恤就到一件")
    widget.until(lambda entries: "照片" in entries[-1]["text"])
    sent = widget.upload(picture(), "收到的.jpg", id="p1")
    assert sent.status_code == 202
    assert widget.upload(picture(), "收到的.jpg", id="p1").json() == sent.json()
    entries = widget.answered()
    file = next(entry["file"] for entry in entries if "file" in entry)
    assert (file["name"], file["video"]) == ("收到的.jpg", False)
    assert entries[-1]["card"]["type"] == "offer"
    original, small = widget.fetch(file["sha256"]), widget.fetch(file["sha256"], thumb="1")
    for answer, size in ((original, (640, 480)), (small, (480, 360))):
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        with Image.open(io.BytesIO(answer.content)) as seen:
            assert seen.size == size
    stranger = Widget(url)
    assert code(stranger.fetch(file["sha256"])) == (404, "not_found")
    assert code(widget.fetch("0" * 64)) == (404, "not_found")


@pytest.mark.parametrize(
    ("data", "kind", "refused"),
    [
        (b"%PDF-1.4", "image/png", (415, "not_a_picture")),
        (b"", "image/png", (415, "not_a_picture")),
        (picture()[:500], "image/jpeg", (415, "unreadable")),
        (b"\xff" * 10_000_001, "image/jpeg", (413, "too_large")),
        (picture((20, 20)) + bytes(10_000_001), "video/mp4", (413, "too_large")),
        (b"\0\0\0\x18ftypisom" + bytes(1000), "video/mp4", (415, "unreadable")),
    ],
)
def test_what_is_refused_is_not_in_the_log(url: str, data: bytes, kind: str, refused: tuple[int, str]) -> None:
    widget = Widget(url)
    assert code(widget.upload(data, kind=kind)) == refused
    assert widget.log() == []
    assert code(widget.upload(picture(), id="")) == (400, "bad_request")


def test_a_video_is_shown_to_its_own_conversation_only(url: str) -> None:
    widget = Widget(url)
    assert widget.upload(movie("vide", "soun"), "开箱.mp4", "video/mp4").status_code == 202
    file = widget.log()[0]["file"]
    assert file["video"] is True
    shown = widget.fetch(file["sha256"])
    assert shown.content == movie("vide", "soun") and shown.headers["Content-Type"] == "video/mp4"
    assert shown.headers["Content-Disposition"].startswith("attachment")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert code(widget.fetch(file["sha256"], thumb="1")) == (404, "not_found")
    assert code(Widget(url).fetch(file["sha256"])) == (404, "not_found")


def test_an_upload_that_is_cut_off_leaves_nothing(url: str, folder: Path) -> None:
    widget = Widget(url)
    before = stored(folder)
    host, port = url.removeprefix("http://").split(":")
    head = (
        f"POST /v1/web/files?id=cut HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {widget.session}\r\n"
        "Content-Type: image/jpeg\r\nContent-Length: 1000000\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as line:
        line.sendall(head.encode() + picture()[:50_000])
        time.sleep(0.3)
    time.sleep(0.3)
    assert widget.log() == [] and stored(folder) == before


def stored(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "evidence").rglob("*") if path.is_file())


def test_too_large_is_said_before_the_file_is_sent(url: str) -> None:
    widget = Widget(url)
    headers = {**widget.headers, "Content-Length": "200000000", "Content-Type": "video/mp4"}
    request = requests.Request("POST", f"{widget.url}/files?id=v1", headers=headers).prepare()
    request.headers["Content-Length"] = "200000000"
    with requests.Session() as browser:
        assert code(browser.send(request, timeout=10)) == (413, "too_large")

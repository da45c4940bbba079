"""What a page of another origin may load, and what nobody may."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.doors.refusals import errors_in, neutral_form, refusals
from bot.doors.widget_files import routes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.js").write_text("no", encoding="utf-8")
    folder = tmp_path / "widget"
    (folder / "parts").mkdir(parents=True)
    for name in ("shaofa-chat.js", "parts/wording.js", "notes.txt"):
        (folder / name).write_text(f"// {name} 少发", encoding="utf-8")
    return folder


@pytest.fixture
def browser(folder: Path) -> TestClient:
    app = Starlette(
        routes=routes(folder), middleware=errors_in(neutral_form), exception_handlers=refusals(neutral_form)
    )
    return TestClient(app)


@pytest.mark.parametrize("name", ["shaofa-chat.js", "parts/wording.js"])
def test_a_module_may_be_loaded_from_anywhere(browser: TestClient, name: str) -> None:
    answer = browser.get(f"/widget/{name}", headers={"Accept-Encoding": "identity"})
    assert answer.status_code == 200 and answer.text == f"// {name} 少发"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Content-Encoding" not in answer.headers


def test_it_is_compressed_for_who_can_read_that(browser: TestClient) -> None:
    answer = browser.get("/widget/shaofa-chat.js", headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip" and answer.headers["Vary"] == "Accept-Encoding"
    assert answer.text == "// shaofa-chat.js 少发"


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_what_has_not_changed_is_not_sent_again(folder: Path, browser: TestClient, coding: str) -> None:
    def ask(tag: str) -> tuple[int, bytes, str]:
        headers = {"Accept-Encoding": coding, "If-None-Match": tag}
        answer = browser.get("/widget/shaofa-chat.js", headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        return answer.status_code, answer.content, answer.headers["ETag"]

    tag = ask("")[2]
    assert ask(tag) == (304, b"", tag)
    (folder / "shaofa-chat.js").write_text("new", encoding="utf-8")
    assert ask(tag)[0] == 200


@pytest.mark.parametrize(
    "name",
    [
        "../secret.js",
        "..%2fsecret.js",
        "parts/..%2f..%2fsecret.js",
        "/etc/hosts.js",
        "%2fetc%2fhosts.js",
        "notes.txt",
        "parts",
        "",
        "x.js",
        "%00.js",
        "x" * 300 + ".js",
    ],
)
def test_nothing_else_is_served(browser: TestClient, name: str) -> None:
    assert browser.get(f"/widget/{name}").status_code == 404

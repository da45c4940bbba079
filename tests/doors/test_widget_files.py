"""What a page of another origin may load, and what nobody may."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.doors.widget_files import widget_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.js").write_text("no", encoding="utf-8")
    folder = tmp_path / "widget"
    (folder / "parts").mkdir(parents=True)
    for name in ("shaofa-chat.js", "parts/wording.js", "notes.txt"):
        (folder / name).write_text(f"// {name} 少发", encoding="utf-8")
    return folder


def get(folder: Path, name: str, **headers: str) -> Any:
    request: Any = SimpleNamespace(headers=headers)
    return asyncio.run(widget_file(request, name, folder))


@pytest.mark.parametrize("name", ["shaofa-chat.js", "parts/wording.js"])
def test_a_module_may_be_loaded_from_anywhere(folder: Path, name: str) -> None:
    answer = get(folder, name)
    assert answer.status == 200 and answer.body.decode() == f"// {name} 少发"
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_it_is_compressed_for_who_can_read_that(folder: Path) -> None:
    answer = get(folder, "shaofa-chat.js", **{"accept-encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip" and answer.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.body).decode() == "// shaofa-chat.js 少发"


def test_what_has_not_changed_is_not_sent_again(folder: Path) -> None:
    tag = get(folder, "shaofa-chat.js").headers["ETag"]
    again = get(folder, "shaofa-chat.js", **{"if-none-match": tag})
    assert (again.status, again.body) == (304, b"")
    (folder / "shaofa-chat.js").write_text("new", encoding="utf-8")
    assert get(folder, "shaofa-chat.js", **{"if-none-match": tag}).status == 200


@pytest.mark.parametrize(
    "name",
    ["../secret.js", "parts/../../secret.js", "/etc/hosts.js", "notes.txt", "parts", "", "x.js", "x" * 300 + ".js"],
)
def test_nothing_else_is_served(folder: Path, name: str) -> None:
    assert get(folder, name).status == 404

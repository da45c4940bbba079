"""The widget's door of a real server, over HTTP and WebSocket; ``docs/web-channel.md`` is what it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.web.widget import SECRET, SHOP
from tests.server import serve


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """The demo: no token, no key."""
    with serve(folder) as address:
        yield address


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A shop with tokens and a page of its own."""
    settings = {
        "SHAOFA_API_KEY": "k",
        "SHAOFA_WIDGET_SECRET": SECRET,
        "SHAOFA_WIDGET_ORIGINS": f"{SHOP}, https://b.example/",
    }
    with serve(tmp_path_factory.mktemp("shop"), **settings) as address:
        yield address

"""Debian's chromium, never a downloaded one; and the double of the web channel, a process that can be killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.server import ROOT, free_port

CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_DOUBLE = Path(__file__).with_name("fake_server.py")
_PATIENCE_S = 30


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the session: while it is there an event loop runs in this thread, in the way of other tests' own."""
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


class Double:
    """The double of the web channel; see ``fake_server.py``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        with (self._folder / "server.log").open("a") as log:
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            command = [sys.executable, str(_DOUBLE), str(self._port), str(self._folder)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment)
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            try:
                requests.get(f"{self.url}/health", timeout=1).raise_for_status()
                return
            except requests.RequestException:
                time.sleep(0.1)
        raise AssertionError((self._folder / "server.log").read_text("utf-8")[-2000:])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(_PATIENCE_S)

    def fake(self, **faults: Any) -> list[list[dict[str, Any]]]:
        """Set the faults anew; returns the log of every conversation."""
        answer = requests.post(f"{self.url}/fake", json=faults, timeout=_PATIENCE_S)
        logs: list[list[dict[str, Any]]] = answer.json()["entries"]
        return logs

    def said(self) -> list[str]:
        """What buyers said, as the server has it."""
        return [entry["text"] for log in self.fake() for entry in log if entry["from"] == "buyer"]


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    server = Double(tmp_path_factory.mktemp("double"))
    yield server
    server.kill()


@pytest.fixture
def server(double: Double) -> Double:
    """Without the conversations and faults of the test before."""
    double.fake(forget=True)
    double.fake()
    return double


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a browser of its own. An error in a script, or something that a policy blocks, fails the test."""
    complaints: list[str] = []
    opened: list[BrowserContext] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)

    def open_one(**options: Any) -> BrowserContext:
        context = browser.new_context(**options)
        context.on("page", listen)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()
    assert complaints == []


@pytest.fixture
def page(visit: Callable[..., BrowserContext], server: Double) -> Page:
    """A shop's page with the widget, as a buyer opens it."""
    tab = visit().new_page()
    tab.goto(f"{server.url}/page")
    return tab

"""A real ``shaofa run`` in a process of its own, over a store that is thrown away."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.office import fresh

ROOT = Path(__file__).resolve().parent.parent
_PATIENCE_S = 120  # a model may have to be trained first


@contextmanager
def serve(folder: Path, **environment: str) -> Iterator[str]:
    """The base URL of a server that answers; ``environment`` adds to the variables of the process."""
    port = _free_port()
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, **fresh(folder), **environment},
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process, folder / "server.log")
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            requests.get(f"{url}/health", timeout=1).raise_for_status()
            return
        except requests.RequestException:
            time.sleep(0.2)
    raise AssertionError(f"the server did not come up: {log.read_text(encoding='utf-8')[-2000:]}")

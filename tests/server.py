"""A real ``shaofa run`` or ``shaofa actions`` in a process of its own, over a store that is thrown away."""

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


class Server:
    """Starts at once and answers at ``url``; started again after ``kill`` it has the same address and store.

    ``environment`` adds to the variables of the process.
    """

    def __init__(self, folder: Path, command: str = "run", **environment: str) -> None:
        self._port = free_port()
        self._command = command
        self._log = folder / "server.log"
        self._environment = {**os.environ, **fresh(folder), **environment}
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", self._command, "--port", str(self._port)],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        self._wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)

    def kill(self) -> None:
        """As when the power fails."""
        self._process.kill()
        self._process.wait(30)

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                requests.get(f"{self.url}/health", timeout=1).raise_for_status()
                return
            except requests.RequestException:
                time.sleep(0.2)
        raise AssertionError(f"the server did not come up: {self._log.read_text(encoding='utf-8')[-2000:]}")


@contextmanager
def serve(folder: Path, command: str = "run", **environment: str) -> Iterator[str]:
    """The base URL of a server that answers."""
    server = Server(folder, command, **environment)
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def small(script: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A server of a few lines, without a bot: its port, which is the script's first argument, and its process."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
    assert process.stderr is not None
    try:
        assert process.stderr.readline() == f"少发已就绪：http://127.0.0.1:{port}\n"
        yield port, process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

"""A real ``shaofa run`` or ``shaofa actions`` in a process of its own, over a store that is thrown away."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import requests

from bot.engine.protocol import Engine
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
        return int(self._process.pid or 0)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)

    def kill(self) -> None:
        """As when the power fails."""
        self._process.kill()
        self._process.wait(30)

    def log(self) -> str:
        """What it has written."""
        return self._log.read_text(encoding="utf-8")

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and self.is_alive():
            try:
                requests.get(f"{self.url}/health", timeout=1).raise_for_status()
                return
            except requests.RequestException:
                time.sleep(0.2)
        raise AssertionError(f"the server did not come up: {self.log()[-2000:]}")


class ForkedServer(Server):
    """The same, forked from this process, which has loaded the model: it is there in a tenth of a second.

    ``lease_s``: so long does the lease of a worker last that is heard of no more.
    """

    def __init__(self, engine: Engine, folder: Path, lease_s: float | None = None, **environment: str) -> None:
        self._engine, self._lease_s = engine, lease_s
        super().__init__(folder, **environment)

    def start(self) -> None:
        self._process = get_context("fork").Process(target=self._serve)
        self._process.start()
        self._wait()

    def stop(self) -> None:
        self._process.terminate()
        self._process.join(30)

    def kill(self) -> None:
        self._process.kill()
        self._process.join(30)

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def _serve(self) -> None:
        """``shaofa run``, with nothing to be loaded any more."""
        from bot import cli, db, office, settings
        from bot.inbox import inbox, opening

        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
        os.environ.update(self._environment)
        for cached in (settings.settings, office.desk, db.make_engine):
            cached.cache_clear()
        office.default_buyer.cache_clear()
        opening.load_engine = lambda model: self._engine  # type: ignore[assignment]
        if self._lease_s:
            inbox._LEASE = timedelta(seconds=self._lease_s)
        sys.exit(cli.main(["run", "--port", str(self._port)]))


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

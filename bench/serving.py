"""Starts what ``bench.server`` measures: ``shaofa run`` of a checkout over a store that is thrown away."""

from __future__ import annotations

import http.client
import os
import re
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from bench.load import Client

IN_TREE = Path(__file__).resolve().parent / "in_tree"
KEY = "bench-key"
_PATIENCE_S = 900  # a model may have to be trained first


class Tree:
    """A checkout with its interpreter. Nothing of it is imported here: it may be another version."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        own = self.path / ".venv" / "bin" / "python"
        self.python = str(own) if own.exists() else sys.executable

    @property
    def framework(self) -> str:
        """What serves it: Sanic before the rebuild, Starlette after."""
        source = (self.path / "bot" / "server.py").read_text(encoding="utf-8")
        return "sanic" if re.search(r"^\s*(from|import) sanic\b", source, re.MULTILINE) else "starlette"

    def describe(self) -> dict[str, str]:
        git = ["git", "-C", str(self.path)]
        commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
        return {"commit": commit.stdout.strip(), "framework": self.framework}


class Process:
    """Serves on a free port from entry to exit of the ``with``."""

    def __init__(self, tree: Tree, folder: Path, arguments: Sequence[str], **environment: str) -> None:
        """``{port}`` in an argument becomes the port; ``folder`` takes all that is written."""
        self.port = free_port()
        self._log = folder / "log"
        self._arguments = [argument.format(port=self.port) for argument in arguments]
        self._tree = tree
        self._environment = {**store(tree, folder), **environment}

    def __enter__(self) -> Process:
        start = time.monotonic()
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [self._tree.python, *self._arguments],
                cwd=self._tree.path,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait()
        except BaseException:
            self._process.kill()
            raise
        self.ready_s = round(time.monotonic() - start, 1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def client(self) -> Client:
        return Client(self.port, KEY)

    def resident_mib(self) -> int:
        return resident_kib(self._process.pid) // 1024

    def cpu_s(self) -> float:
        """Processor time so far, of all threads: what other work on the machine does hardly changes it."""
        after_name = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and self._process.poll() is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            try:
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
            finally:
                connection.close()
        raise RuntimeError(f"the server did not come up: {self._log.read_text(encoding='utf-8')[-2000:]}")


def bot(tree: Tree, folder: Path, **environment: str) -> Process:
    return Process(tree, folder, ["-m", "bot", "run", "--port", "{port}"], **environment)


def counted_bot(tree: Tree, folder: Path) -> tuple[Process, Counts]:
    """The same with every SQL statement counted; slower by that, so not for times."""
    counts = Counts(folder / "counts")
    script = str(IN_TREE / "counted.py")
    return Process(tree, folder, [script, "run", "--port", "{port}"], COUNTS=str(counts.path)), counts


def empty(tree: Tree, folder: Path) -> Process:
    return Process(tree, folder, [str(IN_TREE / "empty.py"), tree.framework, "{port}"])


class Counts:
    """Statements and commits so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(16))

    def read(self) -> tuple[int, int]:
        statements, commits = struct.unpack("<qq", self.path.read_bytes())
        return statements, commits


def seed(tree: Tree, folder: Path, buyers: Sequence[str]) -> None:
    """Give the buyers orders of their own, before the server starts."""
    subprocess.run(
        [tree.python, str(IN_TREE / "seed.py")],
        cwd=tree.path,
        env=store(tree, folder),
        input="".join(f"{buyer}\n" for buyer in buyers).encode(),
        check=True,
    )


def store(tree: Tree, folder: Path) -> dict[str, str]:
    """The environment of a process of that checkout that keeps everything under ``folder``."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SHAOFA_")}
    return {
        **ours,
        "PYTHONPATH": str(tree.path),  # before the checkout that is installed in the environment
        "SHAOFA_DATABASE_URL": f"sqlite:///{folder / 'shaofa.db'}",
        "SHAOFA_TRACKER_URL": f"sqlite:///{folder / 'tracker.db'}",
        "SHAOFA_EVIDENCE_DIR": str(folder / "evidence"),
        "SHAOFA_API_KEY": KEY,
        "SHAOFA_DEMO": "true",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def resident_kib(pid: int) -> int:
    """Of the process and of those it has started, in whichever thread; not of its own image, about to become one."""
    found = re.search(r"VmRSS:\s+(\d+) kB", _read(f"/proc/{pid}/status"))
    threads = Path(f"/proc/{pid}/task").glob("*")
    children = " ".join(_read(f"{thread}/children") for thread in threads).split()
    itself = _read(f"/proc/{pid}/cmdline")
    others = [child for child in children if _read(f"/proc/{child}/cmdline") != itself]
    return (int(found[1]) if found else 0) + sum(resident_kib(int(child)) for child in others)


def _read(path: str) -> str:
    """Nothing, should the process have ended just now."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""

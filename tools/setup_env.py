"""Make ``.venv`` hold what a lock file pins, and the project itself in editable form.

Usage: ``setup_env.py [--check] run|dev``. ``run`` installs requirements.lock, ``dev`` requirements-dev.lock, which
holds all of the former. Exits 0 when the environment is right (``--check`` only looks), 1 with one line otherwise.

Standard library only: this runs before anything is installed. Needs Python 3.10 with ``venv``; see find_python.sh.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Protocol

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
# An environment made for the tests serves as well.
COVERED_BY = {"run": ("run", "dev"), "dev": ("dev",)}
BUILDERS = re.compile(r"^(?:setuptools|wheel)==.*\n(?: +--hash=.*\n)+", re.MULTILINE)

_ARRIVED = re.compile(r"Collecting |Requirement already satisfied")  # a line of pip's for each package
_UNPACKING = "Installing collected packages"  # pip's last line, for a minute
_LAST_LINES = 25  # of an installer's output, shown when it fails


class Run(Protocol):
    def __call__(self, command: Sequence[str], step: str) -> None:
        """Run a command or raise. ``step``: what it does, for who waits."""


def fingerprint(root: Path, profile: str) -> str:
    """What the environment depends on. The root counts: scripts and the editable install hold its path."""
    digest = hashlib.sha256(f"{root}\n{profile}\n".encode())
    for name in (LOCKS[profile], "pyproject.toml"):
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def stamp(root: Path, profile: str) -> Path:
    return root / ".venv" / f".installed-{profile}"


def unfinished(root: Path) -> Path:
    """There while an installation is at work, and left behind by one that was cut short."""
    return root / ".venv" / ".unfinished"


def is_current(root: Path, profile: str) -> bool:
    if unfinished(root).exists() or not (root / ".venv" / "bin" / "python").exists():
        return False
    return any(_stamped(root, covering) for covering in COVERED_BY[profile])


def _stamped(root: Path, profile: str) -> bool:
    path = stamp(root, profile)
    return path.exists() and path.read_text() == fingerprint(root, profile)


def ensure(root: Path, profile: str, run: Run) -> bool:
    """Bring ``root/.venv`` in line; False when nothing was to be done. ``run`` runs a command or raises."""
    with _alone(root):
        if is_current(root, profile):  # somebody else was installing while we waited
            return False
        venv = root / ".venv"
        if not _can_build_on(root):
            shutil.rmtree(venv, ignore_errors=True)
        venv.mkdir(exist_ok=True)
        unfinished(root).touch()
        for known in LOCKS:
            stamp(root, known).unlink(missing_ok=True)
        python = str(venv / "bin" / "python")
        if not Path(python).exists():
            run([sys.executable, "-m", "venv", str(venv)], "建环境 / environment")
        # Some packages come as source only. They and the project itself are built with the setuptools of the lock file:
        # left alone, pip would fetch today's newest, unpinned and unhashed.
        lock = root / LOCKS[profile]
        builders = venv / "build-requirements.txt"
        builders.write_text("".join(BUILDERS.findall(lock.read_text())))
        install = [*_installer(python), "--no-deps"]
        run([*install, "--require-hashes", "-r", str(builders)], "装构建工具 / build tools")
        run([*install, "--no-build-isolation", "--require-hashes", "-r", str(lock)], "装依赖 / packages")
        run([*install, "--no-build-isolation", "-e", str(root)], "装少发 / shaofa")
        stamp(root, profile).write_text(fingerprint(root, profile))
        unfinished(root).unlink()
        return True


def _installer(python: str) -> list[str]:
    """uv, where it is installed, takes a third of pip's time."""
    uv = shutil.which("uv")
    return [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]


def _can_build_on(root: Path) -> bool:
    """Whether the environment that is there may be brought up to date instead of being made anew."""
    python = root / ".venv" / "bin" / "python"
    if unfinished(root).exists() or not python.exists():
        return False
    # In a moved folder the scripts point to the old place: pip would call all of it installed, and nothing would start.
    if f"{root}{os.sep}" not in _head(root / ".venv" / "bin" / "pip"):
        return False
    check = "import sys; sys.exit(sys.version_info[:2] != (3, 10))"
    return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0


def _head(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(4096)
    except OSError:
        return ""


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One installation at a time. The kernel lets go when a process dies, so no lock is ever left behind."""
    with (root / "pyproject.toml").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str], step: str) -> None:
    """Shows the step, how far it is and how long it has been at it; of what the command prints, only why it failed."""
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0", "PIP_PROGRESS_BAR": "off"}
    lines: deque[str] = deque(maxlen=_LAST_LINES)
    arrived, unpacking = 0, ""
    began = time.monotonic()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:

        def read() -> None:
            nonlocal arrived, unpacking
            for line in process.stdout or ():
                lines.append(line)
                arrived += bool(_ARRIVED.match(line))
                if line.startswith(_UNPACKING):
                    unpacking = "，解开 / unpacking"

        reader = Thread(target=read, daemon=True)
        reader.start()
        every = 1 if sys.stderr.isatty() else 15
        while reader.is_alive():
            reader.join(every)
            _show(
                f"  {step}{f' {arrived}' if arrived > 2 else ''}{unpacking}  {time.monotonic() - began:.0f} s",
                last=not reader.is_alive(),
            )
    if process.returncode:
        sys.stderr.writelines(lines)
        raise subprocess.CalledProcessError(process.returncode, command)


def _show(line: str, *, last: bool) -> None:
    """On a terminal a line that is written over, elsewhere one after the other."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="\n" if last else "", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Bring .venv in line with a lock file.")
    parser.add_argument("--check", action="store_true", help="only look; exit 1 when something is to be done")
    parser.add_argument("profile", choices=sorted(LOCKS))
    options = parser.parse_args(arguments)
    if is_current(ROOT, options.profile):
        return 0
    if options.check:
        return 1
    print("准备 .venv：首次需几分钟、3 GB 磁盘 / Preparing .venv: minutes and 3 GB the first time", file=sys.stderr)
    try:
        ensure(ROOT, options.profile, _run)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"环境没有装好，修正后重新运行即可 / Set-up failed, run it again once fixed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("已中断，重新运行会重来 / Interrupted; the next run starts over.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
# An environment made for the tests serves as well.
COVERED_BY = {"run": ("run", "dev"), "dev": ("dev",)}
BUILDERS = re.compile(r"^(?:setuptools|wheel)==.*\n(?: +--hash=.*\n)+", re.MULTILINE)

Run = Callable[[Sequence[str]], None]


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
            run([sys.executable, "-m", "venv", str(venv)])
        # Some packages come as source only. They and the project itself are built with the setuptools of the lock file:
        # left alone, pip would fetch today's newest, unpinned and unhashed.
        lock = root / LOCKS[profile]
        builders = venv / "build-requirements.txt"
        builders.write_text("".join(BUILDERS.findall(lock.read_text())))
        pip = [python, "-m", "pip", "install", "--no-deps"]
        run([*pip, "--quiet", "--require-hashes", "-r", str(builders)])
        run([*pip, "--no-build-isolation", "--require-hashes", "-r", str(lock)])
        run([*pip, "--quiet", "--no-build-isolation", "-e", str(root)])
        stamp(root, profile).write_text(fingerprint(root, profile))
        unfinished(root).unlink()
        return True


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


def _run(command: Sequence[str]) -> None:
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}
    subprocess.run(command, check=True, env=environment, stdout=sys.stderr)


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

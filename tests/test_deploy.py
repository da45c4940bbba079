"""What the project is deployed with: the image and the systemd unit, as far as they can be tried here."""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.engine.training import fingerprint
from tests.server import ROOT, free_port

UNIT = ROOT / "deploy" / "shaofa.service"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    lines = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE)).splitlines()
    pairs = (line.split(maxsplit=1) for line in lines if line.strip())
    return [(name, re.sub(r"\s+", " ", rest)) for name, rest in pairs]


def let_in(path: str) -> bool:
    """Is this file of the project sent to the builder? By ``.dockerignore``, in the forms that ours has."""
    inside = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        if not pattern or pattern.startswith("#"):
            continue
        named = path.split("/") if line.startswith("**/") else ["/".join(path.split("/")[:n]) for n in range(1, 9)]
        if any(fnmatch.fnmatch(part, pattern) for part in named):
            inside = line.startswith("!")
    return inside


def sent() -> Iterator[str]:
    for top in ROOT.iterdir():
        for path in top.rglob("*") if top.is_dir() and top.name != ".venv" else [top]:
            name = path.relative_to(ROOT).as_posix()
            if path.is_file() and let_in(name):
                yield name


# --- the image ------------------------------------------------------------------------------------


def test_every_file_of_the_image_is_there_and_let_in() -> None:
    for name, rest in instructions():
        if name == "COPY" and "--from" not in rest:
            *sources, _ = rest.split()
            for source in sources:
                assert source == "." or ((ROOT / source).exists() and let_in(source)), source


@pytest.mark.parametrize(
    "path", [".env", "var/shaofa.db", "var/evidence/ab/x.jpg", ".venv/bin/python", ".git/config", "models/x.tar.gz",
             "tests/server.py", "notes.txt", "bot/__pycache__/x.pyc", "shaofa.tar.gz"],
)  # fmt: skip
def test_what_the_image_does_not_need_stays_out(path: str) -> None:
    assert not let_in(path)


def test_the_image_is_of_the_projects_python_and_nobody_in_it_is_root() -> None:
    steps = instructions()
    python = (ROOT / ".python-version").read_text().strip()
    assert {rest.split()[0].partition("-")[0] for name, rest in steps if name == "FROM"} == {f"python:{python}"}
    last_stage = steps[max(index for index, (name, _) in enumerate(steps) if name == "FROM") :]
    assert [rest for name, rest in last_stage if name == "USER"] == ["10001"]
    assert any(name == "HEALTHCHECK" and "/livez" in rest for name, rest in last_stage)
    assert not re.search(
        r"(KEY|SECRET|TOKEN|PASSWORD)=", "".join(rest for name, rest in steps if name in ("ENV", "ARG"))
    )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the image, in a folder."""
    folder = tmp_path_factory.mktemp("image")
    for name in sent():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_the_image_has_all_that_the_model_is_made_from(image: Path) -> None:
    assert fingerprint(image) == fingerprint(ROOT)


@pytest.mark.slow
def test_what_is_in_the_image_answers(image: Path, tmp_path: Path) -> None:
    """With the image's settings, /data elsewhere, and a healthcheck as the image has it."""
    env = dict(re.findall(r"(SHAOFA_\w+)=(\S+)", dict(reversed(instructions()))["ENV"]))
    env = {name: value.replace("/data", str(tmp_path)) for name, value in env.items()}
    port = str(free_port())
    python = str(ROOT / ".venv" / "bin" / "python")
    environment = {**os.environ, **env, "SHAOFA_API_KEY": "k", "SHAOFA_MODELS_DIR": str(ROOT / "models")}
    (start,) = [rest for name, rest in instructions() if name == "CMD" and "shaofa" in rest]
    _, *arguments = re.findall(r'"([^"]+)"', start)
    process = subprocess.Popen([python, "-m", "bot", *arguments, "--port", port], cwd=image, env=environment)
    try:
        for _ in range(300):
            try:
                assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
                break
            except requests.ConnectionError:
                assert process.poll() is None
                time.sleep(0.2)
        check = re.findall(r'"([^"]+)"', dict(instructions())["HEALTHCHECK"])[-1].replace("5005", port)
        assert subprocess.run([python, "-c", check], check=False).returncode == 0
    finally:
        process.terminate()
        process.wait(30)
    assert (tmp_path / "shaofa.db").exists()
    assert subprocess.run([python, "-c", check], check=False, stderr=subprocess.DEVNULL).returncode != 0


@pytest.fixture(scope="module")
def docker() -> Iterator[str]:
    """The image, built."""
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker engine answers")
    tag = f"shaofa-test:{uuid.uuid4().hex[:8]}"
    subprocess.run(["docker", "build", "--tag", tag, "."], cwd=ROOT, check=True)
    yield tag
    subprocess.run(["docker", "image", "rm", "--force", tag], check=False)


@pytest.mark.slow
def test_the_container_runs_on_a_read_only_disk(docker: str) -> None:
    port, name = free_port(), f"shaofa-{uuid.uuid4().hex[:8]}"
    options = f"--rm --detach --read-only --name {name} --volume {name}:/data --publish 127.0.0.1:{port}:5005"
    subprocess.run(["docker", "run", *options.split(), "--env", "SHAOFA_API_KEY=k", docker], check=True)
    try:
        for _ in range(120):
            try:
                assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
                break
            except requests.ConnectionError:
                time.sleep(1)
        asked = {"conversation_id": "c", "sender": {"id": "demo"}, "text": "T恤少了一件"}
        headers = {"Authorization": "Bearer k"}
        answer = requests.post(f"http://127.0.0.1:{port}/v1/messages", json=asked, headers=headers, timeout=60)
        assert answer.json()["replies"]
        who = subprocess.run(["docker", "exec", name, "id", "-u"], capture_output=True, text=True, check=True)
        assert who.stdout.strip() == "10001"
    finally:
        subprocess.run(["docker", "stop", "--time", "25", name], check=False)
        subprocess.run(["docker", "volume", "rm", "--force", name], check=False)


# --- the unit -------------------------------------------------------------------------------------


def settings_of_unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_gives_the_server_the_time_to_stop() -> None:
    """What is under way is answered within 20 seconds of SIGTERM (``bot.serving``)."""
    from bot.serving import _STOP_WITHIN_S

    (patience,) = settings_of_unit()["TimeoutStopSec"]
    assert _STOP_WITHIN_S < int(patience) <= 30


def test_the_unit_writes_to_its_own_folder_alone() -> None:
    unit = settings_of_unit()
    paths = [value.partition("=")[2] for value in unit["Environment"] if "/" in value]
    assert len(paths) == 4 and all("/var/lib/shaofa/" in path for path in paths)
    assert unit["StateDirectory"] == ["shaofa"] and unit["ProtectSystem"] == ["strict"]
    assert shlex.split(unit["ExecStart"][0]) == ["/opt/shaofa/.venv/bin/shaofa", "run"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit_and_finds_it_well_locked_in(tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/shaofa", str(ROOT)), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(here)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(here)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    level = re.search(r"exposure level for shaofa.service: ([\d.]+)", said)
    assert level and float(level[1]) < 2, said

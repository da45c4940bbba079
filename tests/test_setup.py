"""The set-up that stands behind `make run` and `make test`, with interpreters and installers that only pretend."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import setup_env

ROOT = Path(__file__).resolve().parent.parent
GOOD = '#!/bin/sh\necho "$0"\n'  # stands for a Python 3.10: it runs the question and prints a path
REFUSES = "#!/bin/sh\necho 'pyenv: python3.10: command not found' >&2\nexit 127\n"


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine with a shell and no Python at all; tests put programs into its ``bin``."""
    for tool in ("sh", "env"):
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def find_python(machine: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(machine / "bin" / "sh"), str(ROOT / "tools" / "find_python.sh")],
        env={"PATH": str(machine / "bin"), "HOME": str(machine), **environment},
        cwd=machine,
        capture_output=True,
        text=True,
        check=False,
    )


def test_python_on_path_is_taken_first(machine: Path) -> None:
    python = program(machine / "bin" / "python3.10", GOOD)
    program(machine / ".pyenv" / "versions" / "3.10.1" / "bin" / "python3.10", GOOD)
    assert find_python(machine).stdout.strip() == str(python)


def test_shim_that_refuses_gives_way_to_pyenv(machine: Path) -> None:
    program(machine / "bin" / "python3.10", REFUSES)
    python = program(machine / "pyenv" / "versions" / "3.10.13" / "bin" / "python3.10", GOOD)
    program(machine / "bin" / "pyenv", f"#!/bin/sh\necho {machine / 'pyenv'}\n")
    assert find_python(machine).stdout.strip() == str(python)


def test_pyenv_that_is_not_on_path_is_found_at_home(machine: Path) -> None:
    python = program(machine / ".pyenv" / "versions" / "3.10.13" / "bin" / "python3.10", GOOD)
    assert find_python(machine).stdout.strip() == str(python)


def test_active_environment_is_seen_through(machine: Path) -> None:
    here = Path(sys.prefix)
    answer = find_python(machine, PATH=f"{here / 'bin'}{os.pathsep}{machine / 'bin'}")
    assert here not in Path(answer.stdout.strip()).parents


def test_uv_comes_last_and_may_fetch(machine: Path) -> None:
    fetched = machine / "managed" / "python3.10"
    waiting = program(machine / "managed" / "not-yet-fetched", GOOD.replace("$0", str(fetched)))
    fetch = f"[ $2 = install ] && {shutil.which('mv')} {waiting} {fetched}"
    program(machine / "bin" / "uv", f"#!/bin/sh\n{fetch}\n[ -x {fetched} ] && echo {fetched}\n")
    assert find_python(machine).stdout.strip() == str(fetched)


def test_newer_python_only_gets_one_clear_line(machine: Path) -> None:
    program(machine / "bin" / "python3", f'#!/bin/sh\nexec {sys.executable} -c "raise SystemExit(1)"\n')
    answer = find_python(machine)
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1
    assert "Python 3.10" in answer.stderr and "pyenv install" in answer.stderr


class Installer:
    """Notes the commands, makes what `python -m venv` would make, and fails when told to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.commands: list[list[str]] = []
        self.fails_at = ""

    def __call__(self, command: Sequence[str], step: str) -> None:
        line = " ".join(command)
        if self.fails_at and self.fails_at in line:
            raise KeyboardInterrupt
        self.commands.append(list(command))
        if "-m venv" in line:
            (self.root / ".venv" / "bin").mkdir(parents=True)
            (self.root / ".venv" / "bin" / "python").symlink_to(sys.executable)
            (self.root / ".venv" / "bin" / "pip").write_text(f"#!{self.root}/.venv/bin/python\n")

    def did(self, words: str) -> bool:
        return any(words in " ".join(command) for command in self.commands)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_installs_by_hash_and_only_once(project: Path) -> None:
    first, second = Installer(project), Installer(project)
    assert setup_env.ensure(project, "run", first)
    assert first.did(f"--no-deps --no-build-isolation --require-hashes -r {project / 'requirements.lock'}")
    assert first.did(f"--no-build-isolation -e {project}")
    assert not setup_env.ensure(project, "run", second)
    assert second.commands == []


def test_environment_of_the_tests_serves_run_but_not_the_reverse(project: Path) -> None:
    setup_env.ensure(project, "run", Installer(project))
    assert not setup_env.is_current(project, "dev")
    setup_env.ensure(project, "dev", Installer(project))
    assert setup_env.is_current(project, "run")


def test_uv_installs_where_it_is_there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/opt/uv" if name == "uv" else None)
    installer = Installer(project)
    setup_env.ensure(project, "run", installer)
    python = project / ".venv" / "bin" / "python"
    hashed = f"--no-deps --no-build-isolation --require-hashes -r {project / 'requirements.lock'}"
    assert installer.did(f"/opt/uv pip install --python {python} {hashed}")


def test_an_installer_says_how_far_it_is_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    chatty = (
        "import time; [print('Collecting', n, flush=True) for n in range(7)]; print('Installing collected packages: x')"
    )
    setup_env._run([sys.executable, "-c", chatty], "装依赖")
    said = capfd.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"  装依赖 7，解开 / unpacking  \d+ s\n", said.err)


def test_an_installer_that_fails_says_why(capfd: pytest.CaptureFixture[str]) -> None:
    failing = "import sys; print('Collecting rasa'); sys.exit('no space left')"
    with pytest.raises(subprocess.CalledProcessError):
        setup_env._run([sys.executable, "-c", failing], "装依赖")
    assert "no space left" in capfd.readouterr().err


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_change_is_installed_on_top(project: Path, changed: str) -> None:
    setup_env.ensure(project, "run", Installer(project))
    (project / changed).write_text("changed")
    again = Installer(project)
    assert setup_env.ensure(project, "run", again)
    assert not again.did("-m venv")


@pytest.mark.parametrize("step", ["-m venv", "--require-hashes", "-e "])
def test_interrupted_installation_starts_over(project: Path, step: str) -> None:
    cut_short = Installer(project)
    cut_short.fails_at = step
    with pytest.raises(KeyboardInterrupt):
        setup_env.ensure(project, "run", cut_short)
    assert not setup_env.is_current(project, "run")
    (project / ".venv" / "half-written").touch()
    again = Installer(project)
    assert setup_env.ensure(project, "run", again)
    assert again.did("-m venv")
    assert not (project / ".venv" / "half-written").exists()


def test_moved_folder_is_made_anew(project: Path) -> None:
    setup_env.ensure(project, "run", Installer(project))
    moved = project.rename(project.with_name(f"{project.name}-moved"))
    again = Installer(moved)
    assert setup_env.ensure(moved, "run", again)
    assert again.did("-m venv")


def test_interpreter_that_went_away_is_noticed(project: Path) -> None:
    setup_env.ensure(project, "run", Installer(project))
    (project / ".venv" / "bin" / "python").unlink()
    (project / ".venv" / "bin" / "python").symlink_to(project / "uninstalled")
    assert not setup_env.is_current(project, "run")
    again = Installer(project)
    assert setup_env.ensure(project, "run", again)
    assert again.did("-m venv")


def pins(name: str) -> set[str]:
    return set(re.findall(r"^[a-zA-Z0-9._-]+==\S+", (ROOT / name).read_text(), re.MULTILINE))


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_what_builds_packages_is_pinned_and_hashed_too() -> None:
    for lock in setup_env.LOCKS.values():
        builders = setup_env.BUILDERS.findall((ROOT / lock).read_text())
        assert [builder.split("==")[0] for builder in builders] == ["setuptools", "wheel"]


def test_help_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    documented = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert set(phony[1].split()) - documented == {"env", "env-dev"}


SKIPPING = """
import pytest

def test_wanting():
    pytest.skip("no browser")

def test_excused():
    pytest.skip("../shared is absent")

@pytest.mark.skipif(True, reason="no browser")
def test_marked():
    pass

@pytest.mark.xfail
def test_known_defect():
    assert False
"""


def pytest_on(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "test_skips.py").write_text(SKIPPING)
    (folder / "test_module.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    options = ["-p", "no:cacheprovider", "--continue-on-collection-errors", "--rootdir", str(folder)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(folder)],
        env=os.environ | {"CI": ci},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skip_is_fine_at_home(tmp_path: Path) -> None:
    done = pytest_on(tmp_path, ci="")
    assert done.returncode == 0
    assert "4 skipped, 1 xfailed" in done.stdout


def test_ci_takes_no_skip_that_is_not_listed(tmp_path: Path) -> None:
    done = pytest_on(tmp_path, ci="true")
    assert done.returncode == 1
    assert "1 skipped, 1 xfailed" in done.stdout
    for wanting in ("test_wanting", "test_marked", "test_module.py"):
        assert f"{wanting} was skipped in CI" in done.stdout


# --- the types of what a browser loads ------------------------------------------------------------


@pytest.mark.parametrize(("setting", "passes"), [({}, True), ({"CI": "true"}, False)])
def test_without_node_types_are_not_checked_and_that_is_said(
    machine: Path, setting: dict[str, str], passes: bool
) -> None:
    (machine / "bin" / "dirname").symlink_to(shutil.which("dirname") or "")
    command = [machine / "bin" / "sh", ROOT / "tools" / "lint_web.sh"]
    ran = subprocess.run(
        command, env={"PATH": str(machine / "bin"), **setting}, capture_output=True, text=True, check=False
    )
    assert (ran.returncode == 0) is passes
    assert ran.stdout == "" and re.fullmatch(r"lint-web: node and npm are not installed.*\n", ran.stderr)


def test_what_checks_the_types_is_pinned_and_comes_from_whichever_registry_is_set_up() -> None:
    lock = json.loads((ROOT / "tools" / "web" / "package-lock.json").read_text(encoding="utf-8"))
    asked = json.loads((ROOT / "tools" / "web" / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    locked = {place.removeprefix("node_modules/"): package for place, package in lock["packages"].items() if place}
    assert {name: package["version"] for name, package in locked.items()} == asked
    assert all(package["integrity"] and "resolved" not in package for package in locked.values())

"""Every room of the house stands in the layers of pyproject.toml: one that did not would be held to nothing."""

from __future__ import annotations

import re
from pathlib import Path

import tomli

ROOT = Path(__file__).resolve().parent.parent


def test_every_room_has_its_layer() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (house,) = [contract for contract in project["tool"]["importlinter"]["contracts"] if contract["type"] == "layers"]
    named = re.findall(r"bot\.(\w+)", " ".join(house["layers"]))
    assert len(named) == len(set(named))

    rooms = {path.parent.name for path in (ROOT / "bot").glob("*/__init__.py")}
    files = {path.stem for path in (ROOT / "bot").glob("*.py")} - {"__init__", "__main__"}
    assert rooms | files <= {*named}

"""How a process says how it is, over HTTP against a real server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.server import serve

KEY = "a-key-for-tests"
PARTS = ("database", "disk", "model", "answers")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("health")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with serve(folder, SHAOFA_API_KEY=KEY) as address:
        yield address


@pytest.mark.parametrize("path", ["/health", "/livez"])
def test_it_lives(url: str, path: str) -> None:
    assert requests.get(url + path, timeout=5).json() == {"status": "ok"}
    assert requests.head(url + path, timeout=5).status_code == 200


def test_ready_or_not_and_why_not(url: str, folder: Path) -> None:
    """Without a key, for balancers have none."""
    answer = requests.get(f"{url}/readyz", timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": dict.fromkeys(PARTS, "ok")})
    evidence = folder / "evidence"
    shutil.rmtree(evidence)
    evidence.write_text("a file where the folder should be")
    answer = requests.get(f"{url}/readyz", timeout=10)
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "checks": {**dict.fromkeys(PARTS, "ok"), "disk": "failed"}}
    assert requests.get(f"{url}/livez", timeout=5).status_code == 200  # a restart would mend nothing
    evidence.unlink()
    assert requests.get(f"{url}/readyz", timeout=10).status_code == 200


def test_the_figures_are_behind_the_key(url: str) -> None:
    assert requests.get(f"{url}/metrics", timeout=5).status_code == 401
    message = {"conversation_id": "c", "sender": {"id": "demo"}, "text": "T恤少了一件", "channel": "13800138000"}
    headers = {"Authorization": f"Bearer {KEY}"}
    assert requests.post(f"{url}/v1/messages", json=message, headers=headers, timeout=60).json()["replies"]
    answer = requests.get(f"{url}/metrics", headers=headers, timeout=10)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert [(s.labels, s.value) for s in families["shaofa_messages"].samples if s.name.endswith("_total")] == [
        ({"door": "api"}, 1)
    ]
    assert families["process_resident_memory_bytes"].samples[0].value > 10**8
    assert "13800138000" not in answer.text

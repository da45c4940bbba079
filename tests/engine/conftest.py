"""The trained model as the inbox's engine, and a case of Anna's to talk about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.db import make_engine
from bot.desk import Desk
from bot.engine import no_tensorflow
from bot.engine.training import ensure_model
from bot.settings import ROOT
from tests.desks import Clock, seeded_desk

no_tensorflow.spare(ROOT / "config.yml")


@pytest.fixture(scope="session")
def model() -> Path:
    return ensure_model()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path}/shaofa.db"
    yield seeded_desk(url, Clock())
    make_engine(url).dispose()

"""A test that CI skips is a test that nobody runs: with ``CI`` set, a skip fails unless its reason is listed here."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from bot import logs

if TYPE_CHECKING:
    from tests.databases import NewDatabase
    from tests.office import TestOffice

logs.configure()
# A busy machine is no mistake of the code.
settings.register_profile("any machine", deadline=None)
settings.register_profile("mutants", deadline=None, derandomize=True, max_examples=20)
settings.load_profile("any machine")

# Held-out data that lies beside the project where it is developed, and nowhere else; an engine that builds images.
SKIPS_CI_MAY_HAVE = ("../shared is absent", "no Docker engine answers")


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestOffice]:
    """The trained model with the real actions over a store of its own; see ``tests/office.py``."""
    from bot.office import default_buyer, desk
    from bot.settings import settings
    from tests.office import TestOffice, fresh

    patch = pytest.MonkeyPatch()
    for name, value in fresh(Path(tmp_path_factory.mktemp("office"))).items():
        patch.setenv(name, value)
    for cached in (settings, desk, default_buyer):
        cached.cache_clear()
    yield TestOffice()
    patch.undo()
    for cached in (settings, desk, default_buyer):
        cached.cache_clear()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewDatabase]:
    """Gives the URL of an empty database with each call. Every test that asks runs on both kinds."""
    from tests import databases

    if request.param == "sqlite":
        yield databases.sqlite(tmp_path_factory.mktemp("databases"))
    else:
        with databases.postgresql() as new:
            yield new


@pytest.fixture
def url(new_database: NewDatabase) -> str:
    """An empty database of the test's own."""
    return new_database()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    outcome = yield
    _no_skip_in_ci(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, None]:
    outcome = yield
    _no_skip_in_ci(outcome.get_result())


def _no_skip_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    expected_failure = hasattr(report, "wasxfail")
    if not os.environ.get("CI") or not report.skipped or expected_failure:
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(reason == f"Skipped: {allowed}" for allowed in SKIPS_CI_MAY_HAVE):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped in CI, which should have what it needs: {reason}"

"""Can messages be taken right now? What a load balancer asks before it sends any."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from bot.db import sqlite_file
from bot.inbox.inbox import Inbox
from bot.settings import settings

logger = logging.getLogger(__name__)

_ROOM_BYTES = 100_000_000  # a video as large as it may be
_OLDEST = timedelta(minutes=5)  # a lease, and what is tried again after it, take two
_PATIENCE_S = 3


class Readiness:
    """One for a process."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        # Threads of their own: all others may be busy just when it is asked.
        self._threads = ThreadPoolExecutor(4, "readiness")
        self._looks: dict[str, Callable[[], bool]] = {
            "database": self._database,
            "disk": self._disk,
            "model": self._model,
            "answers": self._answers,
        }
        self._running: dict[str, asyncio.Future[bool]] = {}

    async def checks(self) -> dict[str, bool]:
        """Each part, and is it well? One that does not say so within seconds is not."""
        names = list(self._looks)
        return dict(zip(names, await asyncio.gather(*map(self._is_well, names)), strict=True))

    async def _is_well(self, name: str) -> bool:
        """However many ask, one looks; nobody waits for ever for a look that does not end."""
        look = self._running.get(name)
        if look is None or look.done():
            look = self._running[name] = asyncio.get_running_loop().run_in_executor(self._threads, self._look, name)
        await asyncio.wait({look}, timeout=_PATIENCE_S)
        return look.done() and look.result()

    def _look(self, name: str) -> bool:
        try:
            return self._looks[name]()
        except Exception as error:
            logger.warning("not ready, %s: %s", name, error)
            return False

    def _database(self) -> bool:
        self._inbox.desk.store.conversations.get("")
        return True

    def _disk(self) -> bool:
        """Room for what comes in, where it may be written."""
        return all(_has_room(folder) for folder in _folders())

    def _model(self) -> bool:
        return "intent" in self._inbox.engine.parse("在吗")

    def _answers(self) -> bool:
        """Does nobody wait for an answer that should long be there?"""
        _, oldest = self._inbox.desk.store.conversations.waiting()
        return oldest is None or self._inbox.desk.clock() - oldest < _OLDEST


def _folders() -> set[Path]:
    database = sqlite_file(settings().database_url)
    return {settings().evidence_dir, *([database.parent] if database else [])}


def _has_room(folder: Path) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"?")
    return shutil.disk_usage(folder).free >= _ROOM_BYTES

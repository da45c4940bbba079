"""What a buyer reads, as the files say it now: a reworded reply is said at once, without training or a restart."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.claims.yaml_file import FileError, read_mapping
from bot.settings import ROOT

logger = logging.getLogger(__name__)


class Wording:
    """A mapping in a YAML file, ``part`` of it or the whole; read anew when the file's time or size has changed.

    Half an edit, or one that is no YAML, is logged once, and what stood there before is said until it is mended.
    """

    def __init__(self, path: Path, part: str | None = None) -> None:
        self._path, self._part = path, part
        self._seen: tuple[int, int] | None = None
        self._words: Mapping[str, Any] = {}

    def now(self) -> Mapping[str, Any]:
        """
        Raises:
            FileError: the file cannot be used, and has not been read before.
        """
        try:
            found = self._path.stat()
            if (found.st_mtime_ns, found.st_size) != self._seen:
                words = read_mapping(self._path)
                self._words = words[self._part] if self._part else words
                self._seen = (found.st_mtime_ns, found.st_size)
        except (FileError, OSError, KeyError) as error:
            if not self._words:
                raise
            logger.error("the former words are used: %s", error)
        return self._words


RESPONSES = Wording(ROOT / "domain.yml", "responses")

"""Files that a component is configured with, and that travel inside the model. Needs no Rasa."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(paths: Iterable[Path]) -> str:
    """A hash over names and contents, whatever the order. Missing files count as absent, not as an error."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.name}:{len(content)}:".encode())
            digest.update(content)
    return digest.hexdigest()


def fingerprint_of(option: str | None) -> str | None:
    """The hash of the file that a component's option names.

    None without the option: for a node whose output came from its cache Rasa asks once more, with an empty config.
    """
    return fingerprint([Path(option)]) if option else None

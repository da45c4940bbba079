"""Reads the YAML files that decide over money. Strict: a key written twice is a mistake, not an override."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError


class FileError(ValueError):
    """The file cannot be read, is no YAML, or is no mapping. The message names the file and the reason."""


def read_mapping(path: Path) -> dict[Any, Any]:
    """
    Raises:
        FileError: naming the file and the reason.
    """
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: 不是 UTF-8 编码，请另存为 UTF-8 (is not in UTF-8)") from error
    except (YAMLError, ValueError) as error:  # ValueError: a day that is in no calendar
        reason = " ".join(str(error).split())  # YAML errors draw over several lines; whoever calls prints one
        raise FileError(f"{path}: is no valid YAML ({reason})") from error
    if not isinstance(content, dict):
        raise FileError(f"{path}: must be a mapping")
    return content

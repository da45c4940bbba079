"""Standard input and output as commands need them: UTF-8 whatever the locale, and nobody else's lines among ours."""

from __future__ import annotations

import contextlib
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, _SubParsersAction
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    Subparsers = _SubParsersAction[ArgumentParser]


def port(value: str) -> int:
    """Of an argument.

    Raises:
        ArgumentTypeError: it is none.
    """
    number = int(value)
    if not 0 < number < 65536:
        raise ArgumentTypeError(f"{value} is no port")
    return number


def say(text: str) -> None:
    """Print a line; half an emoji, which cannot be printed, as a question mark."""
    print(text.encode("utf-8", "replace").decode())


def stdin() -> TextIO:
    """Standard input as UTF-8; bytes that are none are replaced, not fatal."""
    return open(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False)


@contextlib.contextmanager
def only_ours_on_stdout() -> Iterator[TextIO]:
    """Libraries print to standard output; while this holds, that goes to standard error and only we write out."""
    with open(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as out:
        with contextlib.redirect_stdout(sys.stderr):
            os.dup2(sys.stderr.fileno(), 1)
            yield out
        out.flush()
        os.dup2(out.fileno(), 1)

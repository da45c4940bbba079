"""`shaofa fulfil`; that it keeps a promise is in test_chat.py, in the conversation it belongs to."""

from __future__ import annotations

from pathlib import Path

from tests.cli.calling import shaofa


def test_a_claim_that_nobody_knows_is_said(tmp_path: Path) -> None:
    done = shaofa("fulfil", "SF-0", folder=tmp_path)
    assert (done.returncode, done.stderr.decode()) == (1, "shaofa: 没有登记号 SF-0\n")

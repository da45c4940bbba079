"""Nothing of the log shows a phone number or an address."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog

from bot import logs
from bot.settings import ROOT

PHONE = "13812345678"
ADDRESS = "杭州市余杭区文一西路969号3幢501室"


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the configured handler writes."""
    written = io.StringIO()
    root = logging.getLogger()
    level = root.level
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure()
    yield written
    root.setLevel(level)


def test_a_message_comes_out_masked(stream: io.StringIO) -> None:
    logging.getLogger("bot.test").warning("buyer 13812345678 lives at %s", ADDRESS)
    assert stream.getvalue() == "WARNING bot.test: buyer 138****5678 lives at [地址]\n"


def test_arguments_come_out_masked(stream: io.StringIO) -> None:
    logging.getLogger("bot.test").error("%s %r %d", PHONE, {"phone": PHONE}, int(PHONE))
    assert PHONE not in stream.getvalue()
    assert stream.getvalue().count("138****5678") == 3


def test_an_exception_comes_out_masked(stream: io.StringIO) -> None:
    try:
        raise ValueError(f"cannot call {PHONE} at {ADDRESS}")
    except ValueError:
        logging.getLogger("bot.test").exception("failed")
    assert "ValueError: cannot call 138****5678 at [地址]" in stream.getvalue()
    assert PHONE not in stream.getvalue()
    assert "文一西路" not in stream.getvalue()


def test_the_cause_of_an_exception_comes_out_masked(stream: io.StringIO) -> None:
    try:
        try:
            raise KeyError(PHONE)
        except KeyError as error:
            raise RuntimeError("lookup") from error
    except RuntimeError:
        logging.getLogger("bot.test").exception("failed")
    assert "KeyError: '138****5678'" in stream.getvalue()
    assert PHONE not in stream.getvalue()


def test_structlog_comes_out_masked(stream: io.StringIO) -> None:
    structlog.get_logger("bot.test").error("failed for 13812345678", phone=PHONE, who={"id": "110101199003071234"})
    assert PHONE not in stream.getvalue()
    assert stream.getvalue().count("138****5678") == 2
    assert "110101********1234" in stream.getvalue()


def test_an_exception_through_structlog_comes_out_masked(stream: io.StringIO) -> None:
    try:
        raise ValueError(f"cannot call {PHONE}")
    except ValueError:
        structlog.get_logger("bot.test").exception("failed", phone=PHONE)
    assert "138****5678" in stream.getvalue()
    assert PHONE not in stream.getvalue()


def test_a_phone_number_that_is_wrapped_comes_out_masked(stream: io.StringIO) -> None:
    try:
        raise ValueError("收" * 35 + PHONE)
    except ValueError:
        structlog.get_logger("bot.test").exception("failed")
    last = stream.getvalue().rpartition("ValueError")[2]
    assert "138" in last
    assert PHONE not in last.replace("\n", "")


@pytest.mark.parametrize("log", ["debug", "info"])
def test_below_a_warning_nothing_is_written(stream: io.StringIO, log: str) -> None:
    getattr(logging.getLogger("bot.test"), log)("buyer %s", PHONE)
    getattr(structlog.get_logger("bot.test"), log)("buyer", phone=PHONE)
    assert stream.getvalue() == ""


def test_configuring_twice_writes_a_line_once(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure()
    logging.getLogger("bot.test").warning("once")
    assert stream.getvalue() == "WARNING bot.test: once\n"


def test_a_handler_of_somebody_else_masks_too(stream: io.StringIO) -> None:
    theirs = io.StringIO()
    handler = logging.StreamHandler(theirs)
    handler.setFormatter(logging.Formatter("theirs: %(message)s"))
    logging.getLogger("theirs").addHandler(handler)
    try:
        raise ValueError(f"cannot call {PHONE}")
    except ValueError:
        logging.getLogger("theirs").exception("call %s", PHONE)
    assert theirs.getvalue().startswith("theirs: call 138****5678\nTraceback")
    assert PHONE not in theirs.getvalue() and "ValueError: cannot call 138****5678" in theirs.getvalue()


def test_a_line_that_cannot_be_put_together_is_written_and_masked(stream: io.StringIO) -> None:
    logging.getLogger("bot.test").warning("%d pieces for %s", PHONE)
    assert stream.getvalue() == "WARNING bot.test: %d pieces for %s ('138****5678',)\n"


def test_a_notice_of_ours_keeps_an_order_number_that_looks_like_a_phone_number(stream: io.StringIO) -> None:
    logging.getLogger("bot.test").warning("订单%s", PHONE, extra=logs.OURS)
    assert stream.getvalue() == f"WARNING bot.test: 订单{PHONE}\n"


NOBODY_CATCHES = """
import threading
from bot import logs
logs.configure()

class Unpleasant:
    def __del__(self):
        raise KeyError("一 138 1234 5678")

def fail():
    raise ValueError("call 13812345678")

thread = threading.Thread(target=fail)
thread.start()
thread.join()
del_me = Unpleasant()
del del_me
fail()
"""


def test_what_nobody_catches_comes_out_masked() -> None:
    process = subprocess.run([sys.executable, "-c", NOBODY_CATCHES], cwd=ROOT, capture_output=True, text=True)
    assert process.returncode == 1
    assert process.stderr.count("138****5678") == 3 and process.stderr.count("Traceback") == 3
    assert "1234" not in process.stderr


def test_what_libraries_deprecate_is_not_shown_though_they_ask_for_it() -> None:
    code = (
        "from bot import logs; logs.configure()\n"
        "import warnings; warnings.simplefilter('always'); warnings.warn('old', DeprecationWarning)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stderr == ""

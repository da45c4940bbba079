"""Logging: warnings and worse, on standard error, with phone numbers and addresses masked."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import Any

import structlog

from bot.privacy import mask

LEVEL = logging.WARNING
# ``extra`` of a line for the seller that says nothing of a buyer: an order number may look like a phone number.
OURS = {"ours": True}

logger = logging.getLogger(__name__)


class MaskedRecord(logging.LogRecord):
    """A line of the log, whoever logs it and whichever handler writes it: no argument or traceback slips through."""

    ours = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info:
            self.exc_text = mask(logging.Formatter().formatException(self.exc_info))

    def getMessage(self) -> str:
        try:
            message = super().getMessage()
        except Exception:  # logging would print the arguments as they are
            message = f"{self.msg} {self.args}"
        return message if self.ours else mask(message)


def mask_records() -> None:
    """From now on, also where somebody else decides what is logged where: under ``rasa run``."""
    logging.setLogRecordFactory(MaskedRecord)
    logging.captureWarnings(True)
    # Nobody's exceptions would be printed as they are.
    sys.excepthook = _uncaught
    threading.excepthook = lambda left: _uncaught(left.exc_type, left.exc_value, left.exc_traceback)
    sys.unraisablehook = lambda left: _uncaught(left.exc_type, left.exc_value, left.exc_traceback)


def configure() -> None:
    """Call before Rasa is imported: it logs whole trackers at debug level, and structlog prints them by default."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ.setdefault("LOG_LEVEL", logging.getLevelName(LEVEL))
    # Not by a filter: libraries put their own before it when they are imported.
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    structlog.configure(
        # Tracebacks in one piece: the default renderer wraps them, and half a phone number cannot be masked.
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer(key_order=["event"])],
        wrapper_class=structlog.make_filtering_bound_logger(LEVEL),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    mask_records()
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # its warnings quote addresses, with buyers in them
    logging.basicConfig(level=LEVEL, format="%(levelname)s %(name)s: %(message)s", force=True)


def _uncaught(kind: Any, error: Any, traceback: Any) -> None:
    logger.critical("nobody caught this", exc_info=(kind, error, traceback) if error else None)

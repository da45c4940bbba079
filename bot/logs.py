"""Logging: warnings and worse, on standard error, with phone numbers and addresses masked."""

from __future__ import annotations

import logging
import os

import structlog

from bot.privacy import mask

LEVEL = logging.WARNING


class MaskingFormatter(logging.Formatter):
    """Masks the finished line, so that no argument or traceback slips through."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


def configure() -> None:
    """Call before Rasa is imported: it logs whole trackers at debug level, and structlog prints them by default."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ.setdefault("LOG_LEVEL", logging.getLevelName(LEVEL))
    # Not by a filter: libraries put their own before it when they are imported.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    structlog.configure(
        # Tracebacks in one piece: the default renderer wraps them, and half a phone number cannot be masked.
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer(key_order=["event"])],
        wrapper_class=structlog.make_filtering_bound_logger(LEVEL),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler()
    handler.setFormatter(MaskingFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # its warnings quote addresses, with buyers in them
    logging.basicConfig(level=LEVEL, handlers=[handler], force=True)

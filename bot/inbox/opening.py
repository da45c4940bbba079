"""Puts an inbox together: the trained model, the handlers, desk and files of the settings."""

from __future__ import annotations

from pathlib import Path

from bot.engine import no_tensorflow
from bot.inbox.inbox import Inbox
from bot.office import desk, file_store
from bot.settings import ROOT, settings


def open_inbox(model: Path) -> Inbox:
    """The inbox over the model file at ``model``."""
    no_tensorflow.spare(ROOT / "config.yml")
    from actions import HANDLERS
    from bot.engine.carrying_over import OldTrackers
    from bot.engine.rasa_engine import RasaEngine

    old = settings().old_trackers
    return Inbox(RasaEngine(model, HANDLERS, OldTrackers(old) if old else None), desk(), file_store())

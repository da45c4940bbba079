"""Puts an inbox together: the trained model, the handlers, desk and files of the settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.engine import no_tensorflow
from bot.engine.protocol import Engine
from bot.inbox.inbox import Inbox
from bot.office import desk, file_store
from bot.orders.patience import PatientOrders, PatientTracking
from bot.settings import ROOT, settings
from bot.talk.answers import answers

if TYPE_CHECKING:
    from bot.engine.rasa_engine import RasaEngine


def open_inbox(engine: Engine) -> Inbox:
    """The inbox over an engine, with desk and files of the settings.

    Raises:
        ShopPolicyError, RulebookError, AnswersError: when a file that the shop has written cannot be used.
    """
    answers()  # what is wrong with the file is said now, not to the first buyer who asks
    our_desk = desk()
    if settings().orders_url:
        our_desk = replace(our_desk, orders=PatientOrders(our_desk.orders))
    if our_desk.tracking:
        our_desk = replace(our_desk, tracking=PatientTracking(our_desk.tracking))
    return Inbox(engine, our_desk, file_store())


def load_engine(model: Path) -> RasaEngine:
    """Rasa over the model file at ``model``, with our handlers; without TensorFlow where nothing asks for it."""
    no_tensorflow.spare(ROOT / "config.yml")
    from actions import HANDLERS
    from bot.engine.carrying_over import OldTrackers
    from bot.engine.rasa_engine import RasaEngine

    old = settings().old_trackers
    engine = RasaEngine(model, HANDLERS, OldTrackers(old) if old else None)
    engine.parse("少了两件")  # what reading loads when it first needs it is not waited for by the first buyer
    return engine

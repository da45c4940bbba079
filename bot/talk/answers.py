"""The shop's own answers: asked before the bot says that something is not its business."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

from bot.claims.model import Order
from bot.settings import settings
from bot.talk.handoff import hand_over
from bot.talk.turn import Step, Turn
from bot.understanding.answers import Answers
from bot.understanding.answers_file import Answer, AnswersError, load, states

logger = logging.getLogger(__name__)


class AnswersNow:
    """The answers of a file, read anew when its time or size has changed.

    An edit that cannot be used is logged once, and what stood there before is said until it is mended. Samples are
    said with ``samples`` only: nobody has written them for this shop.
    """

    def __init__(self, path: Path, *, samples: bool) -> None:
        self._path, self._samples = path, samples
        self._seen: tuple[int, int] | None = None
        self._answers: Answers | None = None

    def now(self) -> Answers:
        """
        Raises:
            AnswersError: the file cannot be used, and has not been read before.
        """
        found = self._found()
        if self._answers is None or found != self._seen:
            try:
                entries = load(self._path)
            except AnswersError as error:
                if self._answers is None:
                    raise
                logger.error("the former answers are used: %s", error)
            else:
                used = [entry for entry in entries if self._samples or not entry.sample]
                if len(used) < len(entries):
                    logger.warning("%s：还有%s条示例，店里不会用", self._path, len(entries) - len(used))
                self._answers = Answers(used)
            self._seen = found
        return self._answers

    def _found(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


@cache
def _of(path: Path, samples: bool) -> AnswersNow:
    return AnswersNow(path, samples=samples)


def answers() -> Answers:
    """The shop's answers as they are now.

    Raises:
        AnswersError: the file cannot be used, and has not been read before.
    """
    return _of(settings().answers_file, settings().demo).now()


def asked_for(turn: Turn) -> list[Answer]:
    """The entries that the message asks for, for the order that is spoken of."""
    return answers().find(turn.text, turn.case.today, lambda: states(_order(turn)))


def give(turn: Turn, entries: list[Answer]) -> Step:
    """Say them; to a person, if one of them says so."""
    for entry in sorted(entries, key=lambda entry: entry.person):
        if entry.answer:
            buttons = [{"title": title, "payload": title} for title in entry.buttons]
            turn.say("utter_shop_answer", answer=entry.answer, buttons=buttons)
    if any(entry.person for entry in entries):
        return hand_over(turn, "shop_answer", "utter_hand_off_shop_answer")
    return Step()


def _order(turn: Turn) -> Order | None:
    """The order that the message names, or the claim is about, or the door has passed, or else the latest."""
    claim = turn.case.active
    named = turn.case.order(turn.heard().order_id)
    found = named or (turn.case.order_of(claim) if claim else None) or turn.case.order(turn.order_id)
    return found or next(iter(turn.case.recent_orders(1)), None)

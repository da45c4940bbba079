"""What a buyer is told while a person is waited for, and when the bot goes on. Facts from ``bot.desk``, words here."""

from __future__ import annotations

from typing import Any

from bot.claims.deadlines import spoken
from bot.claims.model import ClaimState
from bot.desk import Case
from bot.desk.waiting import Wait, wait_of
from bot.store import Author
from bot.talk import phrases
from bot.talk.wording import WORDS

_BUTTON = ("title", "payload")
_IN_TURN = "case_no place minutes"
_CLOSED = "case_no opens"
_FIRST = WORDS.piece("waiting.first")
_AHEAD = WORDS.piece("waiting.ahead", "count")
_MINUTES = WORDS.piece("waiting.minutes", "minutes")
_OPENS_UNKNOWN = WORDS.piece("waiting.opens_unknown")
_BEGUN = WORDS.piece("waiting.begun", _IN_TURN)
_BEGUN_CLOSED = WORDS.piece("waiting.begun_closed", _CLOSED)
_ASKED = (WORDS.piece("waiting.asked", _IN_TURN), WORDS.piece("waiting.asked_again", _IN_TURN))
_ASKED_CLOSED = (WORDS.piece("waiting.asked_closed", _CLOSED), WORDS.piece("waiting.asked_closed_again", _CLOSED))
_LEFT_WORD = WORDS.piece("waiting.left_word", _CLOSED)
_LATE = WORDS.piece("waiting.late", _IN_TURN)
_OFFERED_BACK = WORDS.piece("waiting.offered_back", "by")
_STILL_NOBODY = WORDS.piece("waiting.still_nobody")
_STAYS = WORDS.piece("waiting.stays", "case_no")
_RESUMED = WORDS.piece("waiting.resumed", "agreed")
_RESUMED_PROMISED = WORDS.piece("waiting.resumed_promised", "promised due")
_RESUMED_KEPT = WORDS.piece("waiting.resumed_kept", "promised")
_RESUMED_OFFERED = WORDS.piece("waiting.resumed_offered", "offer")
_GO_ON = WORDS.family("waiting.go_on", _BUTTON)
_STAY = WORDS.family("waiting.stay", _BUTTON)
_LATE_FOR_SHOP = WORDS.piece("for_shop.late", "minutes summary")


def begun(case: Case) -> dict[str, Any]:
    """With the hand-off: its number, the place in the queue and the likely wait, or when people are back."""
    wait = wait_of(case)
    return _reply(_BEGUN(**_in_turn(case, wait)) if wait.is_open else _BEGUN_CLOSED(**_closed(case, wait)))


def asked(case: Case) -> dict[str, Any]:
    """人呢: the same, in other words than the last time."""
    wait = wait_of(case)
    turn = _said_since(case) % len(_ASKED)
    if wait.is_open:
        return _reply(_ASKED[turn](**_in_turn(case, wait)))
    return _reply(_ASKED_CLOSED[turn](**_closed(case, wait)))


def left_word(case: Case) -> dict[str, Any] | None:
    """Outside the hours: it is kept, and will be read. Said once."""
    wait = wait_of(case)
    if wait.is_open or _said_since(case) > 0:
        return None
    return _reply(_LEFT_WORD(**_closed(case, wait)))


def late(case: Case) -> dict[str, Any]:
    """Nobody has come in time."""
    return _reply(_LATE(**_in_turn(case, wait_of(case))))


def late_for_shop(case: Case) -> str:
    assert case.handoff is not None
    minutes = int((case.now - case.handoff.at).total_seconds() // 60)
    return _LATE_FOR_SHOP(minutes=minutes, summary=f"{case.handoff.summary}\n{case.handoff.case_no}")


def may_i(by: str | None = None) -> dict[str, Any]:
    """May the bot go on? ``by`` is the colleague who has given it back; None: nobody has said a word for long."""
    return _reply(_OFFERED_BACK(by=by) if by else _STILL_NOBODY(), _GO_ON.all(), _STAY.all())


def give_back(case: Case, by: str) -> None:
    """A colleague gives the conversation back: the buyer is asked, and the bot is silent until the yes."""
    case.custody.offer_back()
    asking = may_i(by)
    case.tell_buyer(Author.BOT, {"text": asking["text"], "buttons": asking["buttons"]})


def stays(case: Case) -> dict[str, Any]:
    """Not the bot: a person again."""
    assert case.handoff is not None
    return _reply(_STAYS(case_no=case.handoff.case_no))


def resumed(case: Case) -> dict[str, Any]:
    """The bot goes on, with what was agreed meanwhile."""
    return _reply(_RESUMED(agreed=_agreed(case)))


def _agreed(case: Case) -> str:
    claim = case.current
    if claim and claim.promise and claim.promise.kept_at:
        return _RESUMED_KEPT(promised=phrases.promised(claim))
    if claim and claim.promise and claim.offer:
        return _RESUMED_PROMISED(promised=phrases.promised(claim), due=phrases.promise_due(claim, case.now))
    if claim and claim.state is ClaimState.OFFERED and claim.offer:
        return _RESUMED_OFFERED(offer=phrases.offer(claim, claim.offer, case.now))
    return ""


def _in_turn(case: Case, wait: Wait) -> dict[str, Any]:
    assert case.handoff is not None
    return {
        "case_no": case.handoff.case_no,
        "place": _AHEAD(count=wait.ahead) if wait.ahead else _FIRST(),
        "minutes": _MINUTES(minutes=wait.minutes) if wait.minutes else "",
    }


def _closed(case: Case, wait: Wait) -> dict[str, Any]:
    assert case.handoff is not None
    opens = spoken(wait.opens_at, case.now) if wait.opens_at else _OPENS_UNKNOWN()
    return {"case_no": case.handoff.case_no, "opens": opens}


def _said_since(case: Case) -> int:
    """How many lines of the bot have come since the hand-off, those that said so not counted."""
    return case.desk.store.log.lines_since_state(case.speaker.conversation_id, Author.BOT)


def _reply(text: str, *buttons: dict[str, str]) -> dict[str, Any]:
    return {"text": text, "buttons": list(buttons), "custom": None}

"""What the widget's door refuses: the buyer may read the message as it is, so ``domain.yml`` has the words."""

from __future__ import annotations

from starlette.responses import Response

from bot.doors.http import ErrorForm, Refused, neutral_form
from bot.inbox.inbox import Inbox

STATUS = {
    "bad_request": 400,
    "bad_token": 401,
    "no_session": 401,
    "not_yours": 403,
    "bad_origin": 403,
    "not_found": 404,
    "too_long": 413,
    "too_many": 429,
}
UPLOAD_STATUS = {"too_large": 413, "not_a_picture": 415, "unreadable": 415, "unavailable": 503}


def refusal(code: str) -> Refused:
    """``code``: one of the above."""
    return Refused(STATUS.get(code) or UPLOAD_STATUS[code], code)


def web_form(inbox: Inbox) -> ErrorForm:
    def form(refused: Refused, request_id: str) -> Response:
        code, message = refused.code, refused.message
        if code in UPLOAD_STATUS:
            limit = inbox.desk.policy.evidence.max_picture_bytes // 1_000_000
            message = inbox.wording(f"utter_upload_{code}", limit=limit)
        elif code in STATUS:
            message = inbox.wording(f"utter_web_{code}")
        return neutral_form(Refused(refused.status, code, message, refused.headers), request_id)

    return form

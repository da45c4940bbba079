"""What the widget's door refuses: the buyer may read the message as it is, so ``domain.yml`` has the Chinese words."""

from __future__ import annotations

from starlette.responses import Response

from bot.doors.refusals import ENGLISH, ErrorForm, Refused, error_as_json, said
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
UPLOAD_STATUS = {"too_large": 413, "not_a_picture": 415, "unreadable": 415, "no_room": 503}


def refusal(code: str) -> Refused:
    """``code``: one of the above."""
    return Refused(STATUS.get(code) or UPLOAD_STATUS[code], code)


def web_form(inbox: Inbox) -> ErrorForm:
    def form(refused: Refused, request_id: str) -> Response:
        code, message = refused.code, refused.message
        group = "upload" if code in UPLOAD_STATUS else "web" if code in STATUS else None
        if group:
            about = {"limit": inbox.desk.policy.evidence.max_picture_bytes // 1_000_000} if group == "upload" else {}
            if refused.language == ENGLISH:
                message = said(f"{group}_{code}", ENGLISH, about)
            else:
                message = inbox.wording(f"utter_{group}_{code}", **about)
        return error_as_json(refused, message, request_id)

    return form

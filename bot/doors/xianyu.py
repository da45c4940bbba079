"""The plain webhook of xianyu-auto-reply (默认回复 API): ``POST /v1/hooks/xianyu/{secret}``.

See ``docs/sellers/xianyu-auto-reply.md``. Nothing is signed there: who knows the secret in the address is the tool.
"""

from __future__ import annotations

import hmac

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute

from bot.doors.http import JSON_BYTES, STORABLE, check_json, parse, read_body
from bot.doors.refusals import Refused, VendorRoute, neutral_form
from bot.inbox.inbox import Inbox
from bot.inbox.modes import spoken
from bot.inbox.posted import Posted, answer
from bot.inbox.upstream import Upstream
from bot.settings import settings

DOOR = "xianyu"


class Hook(BaseModel):
    """The body. Other fields are ignored. ``chat_id``: one buyer about one thing on sale."""

    message: str
    account_id: str = Field(default="", max_length=64, regex=STORABLE)
    chat_id: str | None = Field(default=None, max_length=64, regex=STORABLE)
    send_user_id: str | None = Field(default=None, max_length=64, regex=STORABLE)


def routes(inbox: Inbox, upstream: Upstream | None = None) -> list[BaseRoute]:
    async def hook(request: Request) -> JSONResponse:
        _check_secret(request.path_params["secret"])
        check_json(request.headers)
        said = parse(Hook, await read_body(request, JSON_BYTES))
        policy = inbox.desk.policy.door(DOOR)
        posted = Posted(
            DOOR,
            said.account_id or "shop",
            said.message,
            session=said.chat_id or None,
            buyer_id=said.send_user_id or None,
        )
        dealt = (await answer(inbox, posted, policy, upstream=upstream)).dealt
        return JSONResponse({"success": True, "reply": spoken(dealt, policy), "decision": dealt.decision})

    return [VendorRoute("/v1/hooks/xianyu/{secret}", hook, neutral_form, methods=["POST"])]


def _check_secret(given: str) -> None:
    """
    Raises:
        Refused: 404, whether it is wrong or there is none: the address does not say that it is one.
    """
    secret = settings().hook_secret
    if secret is None or not hmac.compare_digest(given.encode(), secret.get_secret_value().encode()):
        raise Refused(404, "not_found", "no_hook")

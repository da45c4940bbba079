"""Is it Chatwoot that calls? ``sha256=HMAC(secret, "{timestamp}." + body)``, not older than five minutes; servers of
before March 2026 sign nothing and show the secret in the path."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping

from bot.doors.chatwoot.inboxes import ChatwootInbox
from bot.doors.refusals import Refused

_WINDOW_S = 300


def check(
    inboxes: Iterable[ChatwootInbox], headers: Mapping[str, str], body: bytes, shown: str | None, now_s: float
) -> ChatwootInbox:
    """The inbox whose secret it is; ``shown`` is what stands in the path.

    Raises:
        Refused: 401, with what is wrong.
    """
    if shown is not None:
        return _found(inboxes, lambda each: hmac.compare_digest(each.secret.encode(), shown.encode()), "chatwoot_path")
    signature, stamp = headers.get("x-chatwoot-signature", ""), headers.get("x-chatwoot-timestamp", "")
    if not signature:
        raise Refused(401, "unauthorized", "chatwoot_unsigned")
    if not stamp.isdecimal() or len(stamp) > 12 or abs(now_s - int(stamp)) > _WINDOW_S:
        raise Refused(401, "unauthorized", "chatwoot_stale")
    given = signature.encode("latin-1", "replace")
    return _found(
        inboxes, lambda each: hmac.compare_digest(sign(each.secret, stamp, body).encode(), given), "chatwoot_signature"
    )


def sign(secret: str, stamp: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def _found(inboxes: Iterable[ChatwootInbox], is_its: Callable[[ChatwootInbox], bool], says: str) -> ChatwootInbox:
    known = list(inboxes)
    for each in known:
        if is_its(each):
            return each
    raise Refused(401, "unauthorized", says, {"names": "、".join(each.name for each in known)})

"""Alibaba Cloud's request signature, version 3 (``ACS3-HMAC-SHA256``), from the server's side. Pure: time is passed in.

What is signed is the request as it was sent: method, path, query, the named headers, and the hash of the body.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, quote

from cachetools import TTLCache

ALGORITHM = "ACS3-HMAC-SHA256"
WINDOW = timedelta(minutes=15)
# Without these under the signature, a request could be turned into another one or sent again.
_MUST_BE_SIGNED = {
    "host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256",
}  # fmt: skip
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<key_id>[^,\s]+),\s*SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>\w+)\s*"
)
_DATE = "%Y-%m-%dT%H:%M:%SZ"


class SignatureError(ValueError):
    """Alibaba Cloud's error ``code`` with its HTTP ``status``; ``says`` and ``about`` as in ``Refused``."""

    def __init__(self, code: str, says: str, status: int = 400, **about: str) -> None:
        super().__init__(code)
        self.code, self.says, self.status, self.about = code, says, status, about


@dataclass(frozen=True)
class Signed:
    """A request as it came over the wire. ``query`` is the raw one; header names in lower case, a name may repeat."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes = b""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


def canonical_request(request: Signed, signed: Iterable[str]) -> str:
    """The text whose hash is signed. ``signed``: the names of the headers that count, in lower case."""
    names = sorted(signed)
    query = sorted(parse_qsl(request.query, keep_blank_values=True))
    values = {name: sorted(value.strip() for key, value in request.headers if key == name) for name in names}
    return "\n".join(
        [
            request.method,
            request.path or "/",
            "&".join(f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in query),
            *(f"{name}:{','.join(values[name])}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )


def signature(secret: str, canonical: str) -> str:
    to_sign = f"{ALGORITHM}\n{_hash(canonical)}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


class Gate:
    """Lets each properly signed request in once. One for a process, for it remembers the nonces.

    Without a key of ours it is closed.
    """

    def __init__(self, key_id: str | None, secret: str | None) -> None:
        self._key_id = key_id
        self._secret = secret
        # A request dated 15 minutes ahead is good for 30. The cache lives by its own clock.
        self._seen: TTLCache[str, bool] = TTLCache(maxsize=100_000, ttl=2 * WINDOW.total_seconds())

    def check(self, request: Signed, now: datetime) -> None:
        """
        Raises:
            SignatureError: when the request is not signed with our key, too old, or came before.
        """
        match = _AUTHORIZATION.fullmatch(request.header("authorization").strip())
        if not match:
            raise SignatureError("IncompleteSignature", "no_signature", algorithm=ALGORITHM)
        signed = set(match["signed"].lower().split(";"))
        if not signed >= _MUST_BE_SIGNED:
            missing = ", ".join(sorted(_MUST_BE_SIGNED - signed))
            raise SignatureError("IncompleteSignature", "unsigned_headers", names=missing)
        if not (self._key_id and self._secret and _same(match["key_id"], self._key_id)):
            raise SignatureError("InvalidAccessKeyId.NotFound", "unknown_key_id", 404)
        canonical = canonical_request(request, signed)
        body_as_said = request.header("x-acs-content-sha256") == canonical.rsplit("\n", 1)[1]
        if not (_same(match["signature"], signature(self._secret, canonical)) and body_as_said):
            raise SignatureError("SignatureDoesNotMatch", "wrong_signature", signed=_hash(canonical))
        self._check_time(request.header("x-acs-date"), now)
        nonce = request.header("x-acs-signature-nonce")
        if not nonce or nonce in self._seen:
            raise SignatureError("SignatureNonceUsed", "used_nonce")
        self._seen[nonce] = True

    def _check_time(self, date: str, now: datetime) -> None:
        try:
            sent = datetime.strptime(date, _DATE).replace(tzinfo=timezone.utc)
        except ValueError as error:
            raise SignatureError("InvalidTimeStamp.Format", "wrong_date") from error
        if abs(now - sent) > WINDOW:
            raise SignatureError("InvalidTimeStamp.Expired", "old_date")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _same(given: str, ours: str) -> bool:
    return hmac.compare_digest(given.encode(), ours.encode())

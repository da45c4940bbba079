"""Alibaba Cloud's request signatures, from the server's side: version 3 (``ACS3-HMAC-SHA256``) and the older one of RPC
calls (``HMAC-SHA1`` over the parameters). Time is passed in.

What is signed is the request as it was sent: in version 3 method, path, query, the named headers, and the hash of the
body; in the older one the method and all parameters, wherever they stand.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from urllib.parse import parse_qsl, quote

_FORM = "application/x-www-form-urlencoded"
ALGORITHM = "ACS3-HMAC-SHA256"
WINDOW = timedelta(minutes=15)
# Without these under the signature, a request could be turned into another one or sent again.
_MUST_BE_SIGNED = {
    "host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256",
}  # fmt: skip
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<key_id>[^,\s]+),\s*SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>\w+)\s*"
)
_RPC_ALGORITHM = "HMAC-SHA1"
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

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Those of the query and of a form in the body: SDKs differ in where they put them."""
        is_form = self.header("content-type").startswith(_FORM)
        form = parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True) if is_form else []
        return dict([*form, *parse_qsl(self.query, keep_blank_values=True)])

    @property
    def action(self) -> str:
        return self.header("x-acs-action") or self.parameters.get("Action", "")

    @property
    def version(self) -> str:
        return self.header("x-acs-version") or self.parameters.get("Version", "")


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


def rpc_signature(secret: str, method: str, parameters: Mapping[str, str]) -> str:
    """The older one: of all parameters but itself, by name, each quoted, and the whole quoted once more."""
    said = sorted((name, value) for name, value in parameters.items() if name != "Signature")
    canonical = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in said)
    to_sign = f"{method}&%2F&{quote(canonical, safe='~')}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), to_sign.encode(), hashlib.sha1).digest()).decode()


class Gate:
    """Lets each properly signed request in once.

    Without a key of ours it is closed. ``use``: remembers a nonce from now until then; False when it has come before.
    """

    def __init__(self, key_id: str | None, secret: str | None, use: Callable[[str, datetime, datetime], bool]) -> None:
        self._key_id = key_id
        self._secret = secret
        self._use = use

    def check(self, request: Signed, now: datetime) -> None:
        """
        Raises:
            SignatureError: when the request is not signed with our key, too old, or came before.
        """
        if not request.header("authorization") and "Signature" in request.parameters:
            self._check_rpc(request, now)
        else:
            self._check_acs3(request, now)

    def _check_rpc(self, request: Signed, now: datetime) -> None:
        given = request.parameters
        if given.get("SignatureMethod") != _RPC_ALGORITHM:
            raise SignatureError("IncompleteSignature", "no_signature", algorithm=f"{ALGORITHM} / {_RPC_ALGORITHM}")
        secret = self._secret_of(given.get("AccessKeyId", ""))
        if not _same(given["Signature"], rpc_signature(secret, request.method, given)):
            raise SignatureError("SignatureDoesNotMatch", "wrong_signature", signed=request.method)
        self._check_time(given.get("Timestamp", ""), now)
        self._check_nonce(given.get("SignatureNonce", ""), now)

    def _secret_of(self, key_id: str) -> str:
        if not (self._key_id and self._secret and _same(key_id, self._key_id)):
            raise SignatureError("InvalidAccessKeyId.NotFound", "unknown_key_id", 404)
        return self._secret

    def _check_acs3(self, request: Signed, now: datetime) -> None:
        match = _AUTHORIZATION.fullmatch(request.header("authorization").strip())
        if not match:
            raise SignatureError("IncompleteSignature", "no_signature", algorithm=ALGORITHM)
        signed = set(match["signed"].lower().split(";"))
        if not signed >= _MUST_BE_SIGNED:
            missing = ", ".join(sorted(_MUST_BE_SIGNED - signed))
            raise SignatureError("IncompleteSignature", "unsigned_headers", names=missing)
        secret = self._secret_of(match["key_id"])
        canonical = canonical_request(request, signed)
        body_as_said = request.header("x-acs-content-sha256") == canonical.rsplit("\n", 1)[1]
        if not (_same(match["signature"], signature(secret, canonical)) and body_as_said):
            raise SignatureError("SignatureDoesNotMatch", "wrong_signature", signed=_hash(canonical))
        self._check_time(request.header("x-acs-date"), now)
        self._check_nonce(request.header("x-acs-signature-nonce"), now)

    def _check_nonce(self, nonce: str, now: datetime) -> None:
        """A request dated 15 minutes ahead is good for 30."""
        if not nonce or not self._use(nonce, now, now + 2 * WINDOW):
            raise SignatureError("SignatureNonceUsed", "used_nonce")

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

"""Alibaba Cloud's signature, against what its official SDK sent (``tests/sdk/alime_vectors.py``)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.doors.acs3 import ALGORITHM, Gate, SignatureError, Signed, canonical_request, rpc_signature, signature

RECORDED = json.loads(Path(__file__).with_name("acs3_vectors.json").read_text(encoding="utf-8"))
KEY_ID, SECRET = RECORDED["key_id"], RECORDED["secret"]


def as_signed(recorded: dict[str, Any]) -> Signed:
    path, _, query = recorded["target"].partition("?")
    headers = [(name.lower(), value) for name, value in recorded["headers"].items()]
    return Signed(recorded["method"], path, query, headers, recorded["body"].encode())


REQUESTS = [as_signed(recorded) for recorded in RECORDED["requests"]]
CHAT = REQUESTS[0]
NOW = datetime.strptime(CHAT.header("x-acs-date"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def once() -> Callable[[str, datetime, datetime], bool]:
    """Remembers every nonce, as the store does for half an hour."""
    seen: set[str] = set()

    def use(nonce: str, now: datetime, until: datetime) -> bool:
        is_new = nonce not in seen
        seen.add(nonce)
        return is_new

    return use


@pytest.fixture
def gate() -> Gate:
    return Gate(KEY_ID, SECRET, once())


def code(gate: Gate, request: Signed, now: datetime = NOW) -> str:
    with pytest.raises(SignatureError) as refused:
        gate.check(request, now)
    return refused.value.code


def with_header(request: Signed, name: str, value: str) -> Signed:
    return replace(request, headers=[(key, value if key == name else old) for key, old in request.headers])


def signed_anew(request: Signed, secret: str = SECRET, without: str = "") -> Signed:
    """Signed by our own hand, so that what is wrong is only what the test makes wrong."""
    names = [name for name, _ in request.headers if name.startswith("x-acs-") or name == "host"]
    names = [name for name in names if name != without]
    seal = signature(secret, canonical_request(request, names))
    signed = ";".join(sorted(names))
    return with_header(
        request, "authorization", f"{ALGORITHM} Credential={KEY_ID},SignedHeaders={signed},Signature={seal}"
    )


@pytest.mark.parametrize("request_", REQUESTS)
def test_what_the_official_sdk_signed_comes_in(gate: Gate, request_: Signed) -> None:
    gate.check(request_, NOW)


def test_the_canonical_request_is_as_documented() -> None:
    request = Signed("POST", "/", "b=2+%2B&a=%E5%B0%91~*", [("host", " shop.example "), ("x-acs-action", "Chat")])
    assert canonical_request(request, ["x-acs-action", "host"]).split("\n") == [
        "POST",
        "/",
        "a=%E5%B0%91~%2A&b=2%20%2B",
        "host:shop.example",
        "x-acs-action:Chat",
        "",
        "host;x-acs-action",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        lambda r: replace(r, method="GET"),
        lambda r: replace(r, path="/x"),
        lambda r: replace(r, query=r.query.replace("%B0%91", "%A4%9A")),
        lambda r: replace(r, query=r.query + "&SenderId=somebody"),
        lambda r: replace(r, query=r.query + "&SenderId=%ff"),
        lambda r: replace(r, body=b"SenderId=somebody"),
        lambda r: with_header(r, "x-acs-action", "BeginSession"),
        lambda r: with_header(r, "host", "elsewhere"),
        lambda r: with_header(r, "x-acs-content-sha256", "0" * 64),
    ],
)
def test_nothing_can_be_changed_under_way(gate: Gate, changed: Callable[[Signed], Signed]) -> None:
    assert code(gate, changed(CHAT)) == "SignatureDoesNotMatch"


def test_the_hash_of_the_body_must_be_true_even_when_signed(gate: Gate) -> None:
    lied = signed_anew(with_header(CHAT, "x-acs-content-sha256", "0" * 64))
    assert code(gate, lied) == "SignatureDoesNotMatch"


def test_the_secret_is_needed(gate: Gate) -> None:
    gate.check(signed_anew(CHAT), NOW)
    assert code(gate, signed_anew(CHAT, "another secret")) == "SignatureDoesNotMatch"


def test_a_request_comes_in_once(gate: Gate) -> None:
    gate.check(CHAT, NOW)
    assert code(gate, CHAT) == "SignatureNonceUsed"
    assert code(gate, signed_anew(with_header(CHAT, "x-acs-signature-nonce", ""))) == "SignatureNonceUsed"


def test_a_forged_request_does_not_use_up_the_nonce(gate: Gate) -> None:
    assert code(gate, replace(CHAT, query="Utterance=x")) == "SignatureDoesNotMatch"
    gate.check(CHAT, NOW)


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_a_clock_may_be_wrong_by_a_quarter_of_an_hour(gate: Gate, minutes: int) -> None:
    gate.check(CHAT, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("seconds", [-901, 901, 86400])
def test_and_no_more(gate: Gate, seconds: int) -> None:
    assert code(gate, CHAT, NOW + timedelta(seconds=seconds)) == "InvalidTimeStamp.Expired"


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 27 Nov 2026 17:17:38 GMT"])
def test_a_date_of_another_form_is_named(gate: Gate, date: str) -> None:
    assert code(gate, signed_anew(with_header(CHAT, "x-acs-date", date))) == "InvalidTimeStamp.Format"


@pytest.mark.parametrize(
    "authorization", ["", "Bearer key", "ACS3-HMAC-SHA256", "ACS3-HMAC-SHA256 Credential=a,Signature=b"]
)
def test_an_unsigned_request_is_refused(gate: Gate, authorization: str) -> None:
    assert code(gate, with_header(CHAT, "authorization", authorization)) == "IncompleteSignature"
    assert code(gate, replace(CHAT, headers=[])) == "IncompleteSignature"


@pytest.mark.parametrize(
    "name", ["host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"]
)
def test_what_counts_must_be_under_the_signature(gate: Gate, name: str) -> None:
    assert code(gate, signed_anew(CHAT, without=name)) == "IncompleteSignature"


@pytest.mark.parametrize("keys", [(None, None), (KEY_ID, None), (None, SECRET), ("", ""), ("other", SECRET)])
def test_without_our_key_the_door_is_closed(keys: tuple[str | None, str | None]) -> None:
    assert code(Gate(*keys, once()), CHAT) == "InvalidAccessKeyId.NotFound"


@given(st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=4), st.binary(max_size=20))
def test_whatever_comes_is_refused_not_a_crash(query: str, headers: list[tuple[str, str]], body: bytes) -> None:
    authorization = next(value for key, value in CHAT.headers if key == "authorization")
    request = Signed("POST", "/", query, [*headers, ("authorization", authorization)], body)
    code(Gate(KEY_ID, SECRET, once()), request)


# --- the older signature --------------------------------------------------------------------------


def rpc(method: str = "GET", secret: str = SECRET, **changed: str) -> Signed:
    given = {
        "Action": "Chat",
        "Version": "2017-10-11",
        "AccessKeyId": KEY_ID,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "n-1",
        "Timestamp": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Utterance": "少了 一件*~",
        **changed,
    }
    given.setdefault("Signature", rpc_signature(secret, method, given))
    return Signed(method, "/", urlencode(given), [])


def test_the_older_signature_is_as_documented() -> None:
    """The example of Alibaba Cloud's documentation of ECS."""
    given = {
        "Timestamp": "2016-02-23T12:46:24Z",
        "Format": "XML",
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "Version": "2014-05-26",
        "SignatureVersion": "1.0",
    }
    assert rpc_signature("testsecret", "GET", given) == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_older_signature_lets_in_once(gate: Gate, method: str) -> None:
    gate.check(rpc(method), NOW)
    assert code(gate, rpc(method)) == "SignatureNonceUsed"


def test_nothing_under_the_older_signature_can_be_changed(gate: Gate) -> None:
    sent = rpc()
    assert code(gate, replace(sent, query=f"{sent.query}&SenderId=somebody")) == "SignatureDoesNotMatch"
    assert code(gate, replace(sent, method="POST")) == "SignatureDoesNotMatch"
    assert code(gate, rpc(secret="another secret")) == "SignatureDoesNotMatch"
    assert code(gate, rpc(AccessKeyId="other")) == "InvalidAccessKeyId.NotFound"
    assert code(gate, rpc(SignatureMethod="none")) == "IncompleteSignature"
    assert code(gate, rpc(), NOW + timedelta(seconds=901)) == "InvalidTimeStamp.Expired"
    gate.check(sent, NOW)

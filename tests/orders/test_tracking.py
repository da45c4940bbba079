"""Where a parcel is, over HTTP: whatever the other side answers, the buyer hears what is known, or that it is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checking
from hypothesis import strategies as st

from bot.claims.codec import to_json
from bot.claims.model import Parcel, ParcelState, TrackingEvent, TrackingKind
from bot.orders import http, patience
from bot.orders.base import OrdersSlow, OrdersUnavailable, OrdersUnreadable
from bot.orders.patience import PatientTracking
from bot.orders.tracking import HttpTracking
from tests.claims.builders import NOW
from tests.orders.test_http import Shop, shop  # noqa: F401  (a fixture)

PARCEL = Parcel("YT8812345678901", "圆通速递", ParcelState.IN_TRANSIT, {})
PATH = f"/parcels/{PARCEL.tracking_number}"


@pytest.fixture
def tracking(shop: Shop) -> HttpTracking:  # noqa: F811
    return HttpTracking(shop.url + "/", "s3cret")


def test_a_parcel_comes_as_the_codec_writes_it(shop: Shop, tracking: HttpTracking) -> None:  # noqa: F811
    event = TrackingEvent(NOW, TrackingKind.PICKED_UP)
    seen = replace(PARCEL, state=ParcelState.SIGNED, signed_at=NOW, signed_by="驿站", events=(event,))
    shop.has(PATH, to_json(seen))
    assert tracking.parcel(PARCEL.tracking_number, PARCEL.courier) == seen
    assert shop.asked == [(PATH, {"courier": ["圆通速递"]}, "Bearer s3cret")]


def test_one_that_the_courier_does_not_know_is_none(tracking: HttpTracking) -> None:
    assert tracking.parcel(PARCEL.tracking_number, PARCEL.courier) is None


@pytest.mark.parametrize("number", ["", "../orders", "1 2", "a/b", "x" * 33, "１２", "YT?x=1"])
def test_what_is_no_waybill_is_never_part_of_an_address(shop: Shop, tracking: HttpTracking, number: str) -> None:  # noqa: F811
    assert tracking.parcel(number, "圆通") is None and shop.asked == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b'"signed"',
        b"{}",
        b"[" * 100_000,
        b'{"tracking_number": NaN}',
        json.dumps({**to_json(PARCEL), "tracking_number": "YT0000000000000"}).encode(),
        json.dumps({**to_json(PARCEL), "state": "somewhere"}).encode(),
        json.dumps({**to_json(PARCEL), "signed_at": "2026-11-20T10:00:00"}).encode(),
        json.dumps({**to_json(PARCEL), "events": [{"at": "x", "kind": "weighed"}]}).encode(),
    ],
)
def test_what_makes_no_sense_is_unreadable(shop: Shop, tracking: HttpTracking, body: bytes) -> None:  # noqa: F811
    shop.has(PATH, body)
    with pytest.raises(OrdersUnreadable, match="tracking source"):
        tracking.parcel(PARCEL.tracking_number, PARCEL.courier)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(to_json(PARCEL))), JSON, max_size=5))
@checking(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_it_answers_is_a_parcel_or_an_error_of_ours(shop: Shop, said: dict[str, Any]) -> None:  # noqa: F811
    shop.has(PATH, {**to_json(PARCEL), **said})
    try:
        seen = HttpTracking(shop.url).parcel(PARCEL.tracking_number, PARCEL.courier)
    except OrdersUnavailable:
        return
    assert seen is not None and seen.tracking_number == PARCEL.tracking_number and seen.contents == {}


@pytest.mark.parametrize("status", [201, 301, 302, 401, 403, 429, 500, 503])
def test_another_status_is_an_error_without_the_number(shop: Shop, tracking: HttpTracking, status: int) -> None:  # noqa: F811
    shop.has(PATH, b"http://127.0.0.1:1/", status=status)
    with pytest.raises(OrdersUnavailable) as error:
        tracking.parcel(PARCEL.tracking_number, PARCEL.courier)
    assert PARCEL.tracking_number not in str(error.value)


def test_an_endless_answer_is_cut(shop: Shop, tracking: HttpTracking, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(http, "MAX_BYTES", 100)
    shop.has(PATH, b"1" * 101)
    with pytest.raises(OrdersUnreadable, match="more than 100 bytes"):
        tracking.parcel(PARCEL.tracking_number, PARCEL.courier)


def test_a_slow_one_holds_nobody_up(shop: Shop, tracking: HttpTracking, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(patience, "PATIENCE_S", 0.05)
    shop.has(PATH, to_json(PARCEL))
    shop.wait_s = 0.4
    patient = PatientTracking(tracking)
    with pytest.raises(OrdersSlow) as slow:
        patient.parcel(PARCEL.tracking_number, PARCEL.courier)
    slow.value.coming.result(10)
    assert patient.parcel(PARCEL.tracking_number, PARCEL.courier) == PARCEL
    assert len(shop.asked) == 1

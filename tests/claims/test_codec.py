"""Orders and claims as JSON and back, and bodies written before a field was there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from bot.claims.codec import from_json, to_json
from bot.claims.model import Claim, Fault, Order, Platform, TrackingEvent, TrackingKind
from tests.claims.builders import NOW, claim, claimed, order, parcel

SHIRT = "纯棉T恤 白色"
TRACED = parcel(
    {SHIRT: 3},
    signed_at=NOW,
    signed_by="驿站",
    events=(
        TrackingEvent(NOW, TrackingKind.PICKED_UP, 560),
        TrackingEvent(NOW + timedelta(hours=9), TrackingKind.REPACKED),
    ),
)


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        (Order, order(parcels=(TRACED,), merged_with=("4012345678901234999",), confirmed_at=NOW)),
        (Claim, claim(claimed(), fault=Fault.UNCLEAR, box_torn=True)),
    ],
)
def test_a_record_comes_back_as_it_was(kind: type[Order | Claim], record: Order | Claim) -> None:
    assert from_json(kind, to_json(record)) == record


def test_a_body_from_before_these_fields_still_loads() -> None:
    body = to_json(order(parcels=(TRACED,), merged_with=("4012345678901234999",)))
    del body["merged_with"], body["parcels"][0]["events"]
    old = from_json(Order, body)
    assert old.merged_with == () and old.parcels[0].events == ()
    before = to_json(claim(claimed(), box_torn=True))
    del before["box_torn"]
    assert not from_json(Claim, before).box_torn


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(ValidationError, match="order_id"):
        from_json(Order, {})


# --- a platform is an open id ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "platform", ["tmall", "taobao", "unknown", "jd", "weixin_shop", "1688", "no_file_is_called_so"]
)
def test_a_record_of_any_platform_comes_back(platform: str) -> None:
    bought = order(platform=Platform(platform))
    assert to_json(bought)["platform"] == platform
    back = from_json(Order, to_json(bought))
    assert back == bought and back.platform is Platform(platform) and back.platform.value == platform


@pytest.mark.parametrize("platform", ["", "Amazon", "a" * 33, "亚马逊", "a b", "../tmall", 5, None])
def test_what_can_be_no_id_is_no_platform(platform: object) -> None:
    with pytest.raises(ValidationError, match="platform"):
        from_json(Order, {**to_json(order()), "platform": platform})


def test_the_platforms_that_code_names_are_still_these() -> None:
    assert [platform.value for platform in Platform] == ["tmall", "taobao", "unknown"]
    assert Platform("tmall") is Platform.TMALL

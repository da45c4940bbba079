"""Where a parcel is, from the shop's own tracking over HTTP; the protocol is in docs/orders.md."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from bot.claims.codec import from_json
from bot.claims.model import Parcel
from bot.orders.base import OrdersUnreadable
from bot.orders.http import JsonSource

_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,31}")


class HttpTracking:
    """A ``TrackingSource`` over HTTP."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self._source = JsonSource("the tracking source", base_url, token)

    def parcel(self, tracking_number: str, courier: str) -> Parcel | None:
        if not _NUMBER.fullmatch(tracking_number):
            return None  # never part of an address
        body = self._source.ask(f"/parcels/{tracking_number}", courier=courier)
        return None if body is None else _parcel(body, tracking_number)


def _parcel(body: Any, tracking_number: str) -> Parcel:
    try:
        parcel = from_json(Parcel, {**body, "contents": {}})
    except (ValueError, TypeError) as error:  # pydantic's own error is a ValueError
        reason = " ".join(str(error).split())
        raise OrdersUnreadable(f"the tracking source answered with what is no parcel: {reason}") from None
    if parcel.tracking_number != tracking_number:
        raise OrdersUnreadable("the tracking source answered with another parcel than it was asked for")
    times = (parcel.eta, parcel.signed_at, *(event.at for event in parcel.events))
    if any(isinstance(time, datetime) and time.tzinfo is None for time in times):
        raise OrdersUnreadable("the tracking source answered with a time that has no zone")
    return parcel

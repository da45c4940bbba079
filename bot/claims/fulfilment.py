"""What was promised, on its way: what the number of a parcel looks like."""

from __future__ import annotations

import re

_WAYBILL = re.compile(r"[0-9A-Za-z-]{6,32}")


def is_waybill(text: str) -> bool:
    """Could a courier have given this number?"""
    return _WAYBILL.fullmatch(text) is not None

"""Takes phone numbers, identity numbers and addresses out of what goes into logs, exports and notices."""

from __future__ import annotations

import re

_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)")
# From a road or estate down to the door is what leads to somebody's home.
_ADDRESS = re.compile(
    r"[一-鿿A-Za-z0-9]{1,12}(?:路|街|巷|弄|道|村|小区|花园|公寓|大厦)"
    r"[一-鿿A-Za-z0-9\-]{0,12}?\d+\s*(?:号|栋|幢|座|单元|室|楼|弄)(?:[\dA-Za-z\-]+\s*(?:号|栋|幢|座|单元|室|楼|层)?)*"
)


def mask(text: str) -> str:
    """138****5678, 110101********1234, and [地址] instead of an address."""
    text = _IDENTITY.sub(r"\1********\2", text)
    text = _PHONE.sub(r"\1****\2", text)
    return _ADDRESS.sub("[地址]", text)

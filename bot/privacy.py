"""Takes phone numbers, identity numbers and addresses out of what goes into logs, exports and notices."""

from __future__ import annotations

import re

_PHONE = re.compile(r"(?<!\d)((?:\+?86[ -]?)?[1１][3-9３-９]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")
# With a birthday in the middle: an order number may have 18 digits too.
_IDENTITY = re.compile(r"(?<!\d)(\d{6})(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(\d{3}[\dXx])(?!\d)")

# From a road or estate down to the door is what leads to somebody's home. 套路 and 电路 lead nowhere.
_PLACE = (
    r"(?:(?<![套线电思网回短])路|街道|街|巷|弄|大道|国道|胡同|村|小区|花园|公寓|大厦|广场|苑|宿舍)"
    r"\s*(?:[东南西北中]?[一二三四]?段|[东南西北])?"
)
_DOOR = r"\s*(?:[A-Za-z]座\s*)?[\d一二三四五六七八九十百]+(?:-\d+)?\s*(?:号楼|号院|号|栋|幢|座|单元|室|楼|层|弄)"
_ROOM = r"(?:(?<=[栋幢座楼元])\s*\d{2,4}(?![\d*]))?"
_ADDRESS = re.compile(rf"(?:[一-鿿A-Za-z]{{1,12}}|(?=宿舍|小区)){_PLACE}{_DOOR}(?:\s*[一-鿿]{{0,4}}{_DOOR})*{_ROOM}")


def mask(text: str) -> str:
    """138****5678, 110101********1234, and [地址] instead of an address."""
    text = _IDENTITY.sub(r"\1********\2", text)
    text = _PHONE.sub(r"\1****\2", text)
    return _ADDRESS.sub("[地址]", text)


def mask_name(name: str) -> str:
    """张**, tb***23, 小***鱼: enough to tell two people of one case apart, too little to find either."""
    ends = 1 if re.search(r"[一-鿿]", name) else 2
    return f"{name[:ends]}***{name[-ends:]}" if len(name) > 4 else f"{name[:1]}**"

"""Addresses: from a road, a village or an estate down to the door, which is what leads to somebody's home."""

from __future__ import annotations

import re
from collections.abc import Iterator

_GAP = r"[\s+]{0,3}"
_NUMBER = "[0-9一二三四五六七八九十百零〇两]"

# 套路 and 电路 lead nowhere.
_PLACE = (
    r"(?:(?<![套线电思网回短])路|街道|(?<!逛)街|巷|弄(?=\s?\d+\s?号)|大道|国道|胡同|村|屯|庄|小区|社区|花园|家园"
    rf"|公寓|大厦|广场|苑|宿舍){_GAP}(?:[东南西北中]?[一二三四]?段|[东南西北])?"
)
_UNITS = "(?:号楼|号院|号|栋|幢|座|单元|室|楼|层|弄|组|队|户|#)"
_DOOR = (
    rf"{_GAP}(?:(?:[A-Za-z]座{_GAP})?{_NUMBER}{{1,6}}(?:-\d{{1,4}})?{_GAP}{_UNITS}"
    r"|\d{1,4}(?:[\s+]?-[\s+]?\d{1,4}){2,3}(?!\d))"  # 3-2-501
)
_ROOM = rf"(?:(?<=[栋幢座楼元#]){_GAP}-?{_NUMBER}{{2,4}}(?![\d*]))?"
_HOUSE = rf"(?<!\d)(?<!\*{{4}}){_NUMBER}{{1,4}}{_GAP}(?:号楼|栋|幢|座|#)"
_FLAT = rf"(?:{_NUMBER}{{1,3}}{_GAP}单元(?:{_GAP}{_NUMBER}{{2,4}})?|{_NUMBER}{{3,4}})(?:室|号|户)?(?![\d*])"

# 12 Wensan Road, Wensan Road 12, wensan lu 12 hao; the + stands for a blank in what a form sends.
_BEGIN, _BLANK = "(?<![A-Za-z0-9])", r"[\s+]{1,2}"
_WORDS = rf"(?:[A-Za-z]{{1,15}}\.?{_BLANK}){{1,4}}?"
_ROAD = r"(?:road|rd|street|st|avenue|ave|lane|alley|boulevard|blvd)\b\.?"
_LU = "(?:lu|jie|xiang|dadao|hutong|xiaoqu)"
_HAO = "(?:hao|dong|nong)"
_UNIT = "(?:room|rm|unit|apt|apartment|flat|building|bldg|block|floor|suite)"
_IN_HOUSE = rf"(?:{_UNIT}\.?{_GAP}[0-9A-Za-z-]{{1,6}},?{_BLANK})"
_NO = rf"(?:no\.?{_GAP})?\d{{1,5}}(?:-\d{{1,4}})?"
_DISTRICT = rf"(?:,{_GAP}(?:[A-Za-z]{{1,15}}{_BLANK}){{1,2}}(?:district|city|province|county))"

_ADDRESS = re.compile(
    rf"(?P<place>{_PLACE}{_DOOR}(?:{_GAP}[一-鿿]{{0,4}}{_DOOR}){{0,20}}{_ROOM})"
    rf"|(?P<house>{_HOUSE}{_GAP}{_FLAT})"
    rf"|(?i:{_BEGIN}{_IN_HOUSE}{{0,5}}{_NO},?{_BLANK}{_WORDS}{_ROAD}{_DISTRICT}{{0,3}})"
    rf"|(?i:{_BEGIN}{_WORDS}{_ROAD},?{_GAP}{_NO}\b)"
    rf"|(?i:{_BEGIN}(?:[a-z]{{1,15}}{_BLANK}){{0,3}}?[a-z]{{0,15}}?{_LU}{_GAP}\d{{1,5}}{_GAP}{_HAO}\b)"
)
_MOST = 24  # characters of a name
_NAME = re.compile("[一-鿿A-Za-z]")
_NOT_OF_IT = re.compile(".*[到在住寄给址是](?=.)")
_NAMELESS = ("小区", "宿舍")


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where in the text they stand, in order; the names before the road too: 浙江省杭州市余杭区文一西路969号."""
    last = 0
    for match in _ADDRESS.finditer(text):
        start = match.start()
        if match["place"] or match["house"]:
            start = _name(text, start, max(last, start - _MOST))
            if match["place"] and start == match.start() and not match["place"].startswith(_NAMELESS):
                continue
        last = match.end()
        yield start, last


def _name(text: str, end: int, least: int) -> int:
    start = end
    while start > least and _NAME.match(text[start - 1]):
        start -= 1
    other = _NOT_OF_IT.match(text[start:end])
    return start + other.end() if other else start

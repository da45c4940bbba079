"""Takes out of logs, exports and notices what leads to a person: phone, identity and bank numbers, WeChat and QQ ids,
e-mail, addresses, and the names beside them.

They are looked for in the text as it is meant, whatever it is written in (１３８, 幺三八, %E6%9D%AD, \\u676d), and
replaced where they stand, so that nothing else changes. Ids of ours and order numbers stay as they are, but for the few
that cannot be told from a phone number. Takes time in proportion to the text, whatever is in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.privacy.addresses import addresses
from bot.privacy.names import LEAD, names
from bot.privacy.numbers import NUMBERS
from bot.privacy.reading import SPOKEN, is_spoken, read

Found = tuple[int, int, str]  # from, to, and what is put there

# Numbers of ours that blanks or dashes could make a phone number of: claims, requests, and 拼多多's orders.
_IDS = re.compile(
    r"(?<![0-9A-Za-z])(?:SF-\d{8}-[0-9A-Z]{6}|[0-9a-f]{32}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{6}-\d{15})(?![0-9A-Za-z])"
)


def mask(text: str) -> str:
    """138****5678, 0571****321, 110101********1234, 6222****1234, z***@qq.com, 王**, and [地址] for an address."""
    meant, begins = read(text)
    meant = _without(meant, [(*match.span(), "") for match in _IDS.finditer(meant)])
    meant, in_digits = _numbers(meant, spoken=False)
    meant, in_words = _numbers(meant, spoken=True)  # of the rest: in 号码一13812345678 the 一 is no digit
    found = [*in_digits, *in_words, *((start, end, "[地址]") for start, end in addresses(meant))]
    found += names(_without(meant, found, LEAD))
    return _put(text, [(begins[start], begins[end], word) for start, end, word in sorted(found)])


def mask_name(name: str) -> str:
    """张**, tb***23, 小***鱼: enough to tell two people of one case apart, too little to find either."""
    ends = 1 if re.search(r"[一-鿿]", name) else 2
    return f"{name[:ends]}***{name[-ends:]}" if len(name) > 4 else f"{name[:1]}**"


def _numbers(text: str, *, spoken: bool) -> tuple[str, list[Found]]:
    """The text without them, and what was found; of those in words only, where ``spoken``."""
    found: list[Found] = []
    for pattern, shown in NUMBERS:
        here: list[Found] = []
        for match in pattern.finditer(text.translate(SPOKEN) if spoken else text):
            start, end = match.span("id" if "id" in pattern.groupindex else 0)
            word = shown(match) if not spoken or is_spoken(text[start:end]) else None
            if word is not None:
                here.append((start, end, word))
        text = _without(text, here)
        found += here
    return text, found


def _without(text: str, found: Sequence[Found], by: str = "\0") -> str:
    """As long as before; what was found belongs to nothing any more."""
    return _put(text, [(start, end, by * (end - start)) for start, end, _ in sorted(found)]) if found else text


def _put(text: str, found: Sequence[Found]) -> str:
    pieces, at = [], 0
    for start, end, word in found:
        pieces += [text[at:start], word]
        at = end
    return "".join([*pieces, text[at:]])

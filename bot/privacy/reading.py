"""The text as it is meant, character for character: escapes undone, one width, one kind of digits and characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Bytes as in addresses of the web and in Python's repr, characters as in JSON.
_BYTE = r"(?:%|\\{1,8}x)([0-9A-Fa-f]{2})"
_TIMES = 3  # so often one is written in another
_ESCAPED = re.compile(rf"(?P<bytes>(?:{_BYTE})+)|\\{{1,8}}(?:u(?P<code>[0-9A-Fa-f]{{4}})|[nrt])")
_BYTES = re.compile(_BYTE)

# 幺 and 洞, 拐 and 勾 are what digits are called on the phone.
_SPOKEN_DIGITS = "零〇○洞幺一二两三四五六七八九拐勾壹贰叁肆伍陆柒捌玖"
SPOKEN = str.maketrans(_SPOKEN_DIGITS, "00001122345678979123456789")
_FEW_SPOKEN = 3
_SIMPLE = dict(zip("號樓棟單區莊廈廣場國園層鄉組隊縣裡門戶", "号楼栋单区庄厦广场国园层乡组队县里门户", strict=True))


class _Plain(dict[int, str]):
    """For ``str.translate``; learns each character when it comes."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        digit = unicodedata.digit(char, None)
        plain = str(digit) if digit is not None else unicodedata.normalize("NFKC", char)
        self[code] = _SIMPLE.get(char, plain if len(plain) == 1 else char)
        return self[code]


_PLAIN = _Plain()


def read(text: str) -> tuple[str, Sequence[int]]:
    """What is meant, and where in ``text`` each of its characters begins; the last number is where the text ends."""
    meant: str = text
    begins: Sequence[int] = range(len(text) + 1)
    for _ in range(_TIMES):
        escaped = list(_ESCAPED.finditer(meant))
        if not escaped:
            break
        meant, inner = _unescaped(meant, escaped)
        begins = [begins[place] for place in inner]
    return meant.translate(_PLAIN), begins


def _unescaped(text: str, escaped: Sequence[re.Match[str]]) -> tuple[str, list[int]]:
    codec = _codec(b"".join(_as_bytes(match["bytes"]) for match in escaped if match["bytes"]))
    meant: list[str] = []
    begins: list[int] = []
    at = 0
    for match in escaped:
        meant.append(text[at : match.start()])
        begins += range(at, match.start())
        at = match.end()
        if match["bytes"]:
            chars = _as_bytes(match["bytes"]).decode(codec, "surrogateescape")
            starts = [byte.start() + match.start() for byte in _BYTES.finditer(match["bytes"])]
            first = 0
            for char in chars:
                begins.append(starts[first])
                first += len(char.encode(codec, "surrogateescape"))
            meant.append(chars)
        else:
            meant.append(chr(int(match["code"], 16)) if match["code"] else " ")
            begins.append(match.start())
    meant.append(text[at:])
    begins += range(at, len(text) + 1)
    return "".join(meant), begins


def is_spoken(number: str) -> bool:
    """Written in words, or so much of it that it is meant: 一 after 1508179104 begins the next word, 一直."""
    return "幺" in number or sum(char in _SPOKEN_DIGITS for char in number) >= _FEW_SPOKEN


def _as_bytes(escaped: str) -> bytes:
    return bytes(int(byte, 16) for byte in _BYTES.findall(escaped))


def _codec(data: bytes) -> str:
    """UTF-8, though a character may be cut in two, unless most of it makes no sense: 淘宝's addresses are in GBK."""
    chars = [char for char in data.decode("utf-8", "surrogateescape") if not char.isascii()]
    strange = sum(char < "\u2000" or "\udc80" <= char <= "\udcff" for char in chars)
    return "gb18030" if 2 * strange > len(chars) else "utf-8"
